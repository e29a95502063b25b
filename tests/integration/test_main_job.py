from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auditor import inventory as inventories
from auditor import lab
from auditor.review import smoke
from tests.integration.conftest import INVENTORY, Ended

OPEN = ("fail", "partial")


def findings(output: Path) -> list[dict[str, Any]]:
    return json.loads((output / "findings.json").read_text("utf-8"))["findings"]


def status(found: list[dict[str, Any]], weakness: lab.Weakness) -> str:
    subject = weakness.site or weakness.host
    matching = [f["status"] for f in found if f["control"] == weakness.control and f["subject"]["id"] == subject]
    assert len(matching) == 1, (weakness.control, subject, matching)
    return str(matching[0])


def pages(again: smoke.Answers | None = None) -> smoke.Answers:
    known = inventories.load(Path(INVENTORY))
    reach = inventories.reach(Path(INVENTORY))
    return smoke.visit(known.hosts, {name: value.ca_file for name, value in reach.items()}, again=again)


def test_audit_harden_audit(fresh: Callable[..., None], auditor: Callable[..., Ended], tmp_path: Path) -> None:
    fresh()
    out = tmp_path / "out"
    before_pages = pages()

    audited = auditor("audit", "-i", INVENTORY, "--output", str(out))
    assert audited.code == 1, audited.err
    for name in ("findings.json", "junit.xml", "report/index.html"):
        assert (out / name).stat().st_size > 0
    before = findings(out)
    missed = [f"{w.host} {w.site or ''} {w.control}" for w in lab.weaknesses() if status(before, w) not in OPEN]
    assert missed == []
    assert [f for f in before if f["status"] == "not_evaluated"] == []

    hardened = auditor("harden", "-i", INVENTORY, "--output", str(out), "--yes")
    assert hardened.code == 0, hardened.out[-3000:] + hardened.err
    after = findings(out)
    left = [
        f"{w.host} {w.site or ''} {w.control}" for w in lab.weaknesses() if w.automated and status(after, w) != "pass"
    ]
    assert left == []
    passed = {(f["control"], f["subject"]["id"]) for f in before if f["status"] == "pass"}
    worse = [f for f in after if f["status"] in OPEN and (f["control"], f["subject"]["id"]) in passed]
    assert worse == []
    assert smoke.compare(smoke.learn(before_pages), pages(before_pages)) == ()

    again = auditor("harden", "-i", INVENTORY, "--output", str(out), "--json", "--yes")
    assert again.code == 0, again.err
    assert all(host["changes"] == [] for host in again.json["plan"]["hosts"]), again.out

    listed = auditor("history", "list", "--json")
    assert [entry["purpose"] for entry in listed.json] == ["before", "after", "before", "audit"]


def recap(ended: Ended) -> dict[str, dict[str, int]]:
    lines = re.findall(r"^(\w+)\s+: (ok=.*)$", ended.out, re.MULTILINE)
    return {host: {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", rest)} for host, rest in lines}


def test_the_whole_playbook_without_a_plan(fresh: Callable[..., None], playbook: Callable[..., Ended]) -> None:
    fresh()
    before_pages = pages()
    checked = playbook("playbooks/harden.yml", "--check")
    assert checked.code == 0, checked.out[-3000:]
    first = playbook("playbooks/harden.yml")
    assert first.code == 0, first.out[-3000:]
    assert all(host["changed"] > 0 for host in recap(first).values())
    second = playbook("playbooks/harden.yml")
    assert second.code == 0, second.out[-3000:]
    changed = re.findall(r"TASK \[(.*?)\] \*+\n(?:(?!TASK ).*\n)*?changed: \[(\w+)", second.out)
    assert {host: counts["changed"] for host, counts in recap(second).items()} == {"web1": 0, "web2": 0, "web3": 0}, (
        changed
    )
    assert smoke.compare(smoke.learn(before_pages), pages(before_pages)) == ()


def manifest(host: str) -> dict[str, tuple[int, int, int]]:
    """What differs from the image below /etc: path to mode, size and modification time."""
    top = lab.upper(host) / "etc"
    entries = sorted(top.rglob("*")) if top.exists() else []
    return {
        str(path.relative_to(top)): (path.lstat().st_mode, path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in entries
    }


def test_one_tag_in_check_mode_changes_nothing(fresh: Callable[..., None], playbook: Callable[..., Ended]) -> None:
    fresh("web1")
    before = manifest("web1")
    ended = playbook("playbooks/harden.yml", "--tags", "ssh.root_login", "--check", "--diff", "--limit", "web1")
    assert ended.code == 0, ended.out[-3000:]
    assert recap(ended)["web1"]["changed"] >= 1
    assert "PermitRootLogin" in ended.out
    assert manifest("web1") == before
    effective = lab.run("web1", ["sshd", "-T"]).stdout.decode().lower()
    assert "permitrootlogin yes" in effective


def test_plan_shows_the_diff_and_changes_nothing(fresh: Callable[..., None], auditor: Callable[..., Ended]) -> None:
    fresh("web3")
    before = manifest("web3")
    ended = auditor("plan", "-i", INVENTORY, "--limit", "web3", "--lang", "en")
    assert ended.code == 0, ended.err
    assert "ssh.root_login" in ended.out
    assert "+PermitRootLogin" in ended.out
    assert manifest("web3") == before


def test_a_site_limit_leaves_its_host_and_neighbours_alone(
    fresh: Callable[..., None], auditor: Callable[..., Ended]
) -> None:
    fresh("web3")
    ended = auditor("plan", "-i", INVENTORY, "--limit", "gotre.test", "--no-diff", "--json")
    (host,) = [entry for entry in ended.json["hosts"] if entry["changes"]]
    assert host["host"] == "web3"
    assert {site for change in host["changes"] for site in change["sites"]} == {"gotre.test"}


@pytest.mark.parametrize("severity", ["critical", "low"])
def test_fail_on_decides_the_exit_code(
    auditor: Callable[..., Ended], fresh: Callable[..., None], severity: str, tmp_path: Path
) -> None:
    fresh("web3")
    ended = auditor(
        "audit", "-i", INVENTORY, "--limit", "web3", "--fail-on", severity, "--json", "--output", str(tmp_path / "o")
    )
    worst = [
        f for f in ended.json["findings"] if f["status"] in OPEN and (severity == "low" or f["severity"] == severity)
    ]
    assert (ended.code == 1) == bool(worst)
