"""What the shell offers by Tab."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from auditor.cli import app
from auditor.commands import completion
from auditor.commands.options.choices import inventory
from auditor.commands.verbs.base import COMPLETION_VARIABLE
from auditor.commands.verbs.machine import Shell
from auditor.hardening.journal import Journal
from auditor.history.runs import RunHistory
from auditor.models import Hardening, HostHardening
from tests import factory

LAB = str(Path(__file__).parents[3] / "inventories/lab")


def offered(*typed: str, by: str = "bash") -> list[str]:
    """What is offered for the last of these words, after ``auditor``."""
    completion.register_shells_for_completion()
    asked = {
        COMPLETION_VARIABLE: f"complete_{by}",
        "COMP_WORDS": " ".join(("auditor", *typed)),
        "COMP_CWORD": str(len(typed)),
        "_TYPER_COMPLETE_ARGS": " ".join(("auditor", *typed)),
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    return CliRunner().invoke(app, [], env=asked, prog_name="auditor").stdout.split("\n")[:-1]


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        (("inv",), {"inventory"}),
        (("audit", "-i", LAB, "--limit", "w"), {"web1", "web2", "web3"}),
        (("audit", "-i", LAB, "--limit", "web1,antr"), {"web1,antruc.test"}),
        (("audit", "-i", LAB, "--limit", "web1,web1"), set()),
        (("audit", "-i", "/nowhere", "--limit", "w"), set()),
        (("harden", "-i", LAB, "--accept", "ssh.password_a"), {"ssh.password_auth"}),
        (("harden", "-i", LAB, "--unjudged", "antr"), {"antruc.test"}),
        (("controls", "show", "accounts.uid0"), {"accounts.uid0_only"}),
        (("controls", "coverage", "--framework", "nd"), {"nd331"}),
        (("report", "official", "-i", LAB, "--unit", "xa-an"), {"xa-an-truc"}),
        (("audit", "--format", "html,js"), {"html,json"}),
        (("audit", "--fail-on", "c"), {"critical"}),
    ],
)
def test_values_are_offered_where_they_are_known(typed: tuple[str, ...], values: set[str]) -> None:
    assert set(offered(*typed)) == (values or {""})


def test_kept_runs_are_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path))
    RunHistory().keep(factory.run(run_id="20261124T010000Z-aaaaaa"))
    assert offered("history", "show", "2026") == ["20261124T010000Z-aaaaaa"]
    assert offered("rollback", "2026") == [""]


def test_the_inventorys_hardenings_are_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path))
    for name, of in (("20261124T0-a", LAB), ("20261125T0-b", "another")):
        host = HostHardening(host="web1", state="confirmed")
        Journal().write_progress_of_hardening(
            Hardening(id=name, inventory=of, started="2026-11-24T09:00:00+07:00", seconds=1, hosts=(host,))
        )
    assert offered("rollback", "-i", LAB, "2026") == ["20261124T0-a"]


@pytest.mark.parametrize("name", ["web1$(id)", "web1;id", "`id`", "a b"])
def test_nothing_that_a_shell_could_run_is_offered(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = [(name, "x"), ("web1", "'$(id)`\\\n; a")]
    monkeypatch.setattr(inventory, "iter_hosts_and_sites", lambda _inventory: known)
    (only,) = offered("audit", "--limit", "", by="fish")
    assert only.split() == ["web1", "id", "a"]


@pytest.mark.parametrize("shell", Shell)
def test_the_script_asks_us(shell: Shell) -> None:
    script = CliRunner().invoke(app, ["completion", shell.value]).stdout
    assert f"{COMPLETION_VARIABLE}=complete_{shell.value}" in script
    if shell is Shell.BASH:
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
