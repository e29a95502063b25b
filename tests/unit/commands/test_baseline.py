"""Single traces are accepted, listed and withdrawn by name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from auditor.cli import app
from auditor.errors import InputError
from auditor.history.scans import ScanHistory
from auditor.models import Scan
from auditor.scans.frontier import CrawlFrontier
from auditor.system import resources
from tests.unit.scans.test_traces import seen

SITE = "antruc.test"
TRACE = seen("88bet.example", exact=True)
WHO = ("--approver", "Chánh Văn phòng", "--despite-high-confidence", "--second", "Văn thư")


@pytest.fixture
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path / "state"))
    path = str(shutil.copytree(resources.get_shipped_inventories_folder() / "lab", tmp_path / "inventory"))
    look = Scan(
        id="l1",
        site=SITE,
        started="2026-11-24T10:00:00+07:00",
        seconds=1.0,
        known=1,
        fresh=1,
        visited=1,
        engine=True,
        traces=(TRACE,),
    )
    ScanHistory().store_look_and_frontier(path, look, CrawlFrontier(site=SITE))
    return path


def auditor(*arguments: str) -> Result:
    result = CliRunner().invoke(app, ["baseline", *arguments, "--lang", "en"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((), "has high confidence"),
        (("--second", "Văn thư"), "has high confidence"),
        (("--despite-high-confidence",), "two office roles"),
        (("--despite-high-confidence", "--second", " chánh văn phòng "), "two office roles"),
    ],
)
def test_what_gives_the_alarm_is_not_silenced_by_one_role_or_unknowingly(
    inventory: str, given: tuple[str, ...], words: str
) -> None:
    with pytest.raises(InputError, match=words) as refused:
        auditor("accept", SITE, TRACE.key, "-i", inventory, "--reason", "ours", *WHO[:2], *given)
    assert "auditor incident open --all-found antruc.test" in str(refused.value) or given
    assert auditor("list", "-i", inventory).stdout == "No trace is accepted.\n"


def test_both_roles_that_accept_are_told(inventory: str) -> None:
    auditor("accept", SITE, TRACE.key, "-i", inventory, "--reason", "ours", *WHO)
    (listed,) = json.loads(auditor("list", "-i", inventory, "--json").stdout)
    assert (listed["approver"], listed["second"]) == ("Chánh Văn phòng", "Văn thư")
    assert "Chánh Văn phòng, Văn thư" in auditor("list", "-i", inventory).stdout


def test_a_trace_is_accepted_listed_and_withdrawn(inventory: str) -> None:
    given = ("-i", inventory, "--reason", "ours", *WHO, "--until", "2099-12-31")
    assert TRACE.key in auditor("accept", SITE, TRACE.key, *given).stdout
    (listed,) = json.loads(auditor("list", "-i", inventory, "--json").stdout)
    assert (listed["site"], listed["key"], listed["until"]) == (SITE, TRACE.key, "2099-12-31")
    assert "Chánh Văn phòng" in auditor("list", "-i", inventory).stdout
    auditor("withdraw", SITE, TRACE.key, "-i", inventory, "--reason", "gone")
    assert auditor("list", "-i", inventory).stdout == "No trace is accepted.\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("accept", "antruk.test", TRACE.key, "--reason", "x", *WHO), "no site or host antruk.test"),
        (("accept", SITE, "0" * 16, "--reason", "x", *WHO), "did not find a trace"),
        (("accept", SITE, TRACE.key, "--reason", " ", *WHO), "--reason is empty"),
        (("accept", SITE, TRACE.key, "--reason", "x", "--approver", "a@b.vn", *WHO[2:]), "--approver"),
        (("accept", SITE, TRACE.key, "--reason", "x", *WHO, "--until", "2020-01-01"), "this day has passed"),
        (("accept", SITE, TRACE.key, "--reason", "x", *WHO, "--until", "soon"), "not a date"),
        (("withdraw", SITE, TRACE.key, "--reason", "x"), "no trace with the key"),
        (("withdraw", SITE, "x", "--reason", "x"), "is not the key"),
    ],
)
def test_a_mistake_is_one_line(inventory: str, arguments: tuple[str, ...], words: str) -> None:
    try:
        result = CliRunner().invoke(app, ["baseline", *arguments, "-i", inventory], catch_exceptions=False)
    except InputError as error:
        assert words in str(error)
    else:
        assert result.exit_code == 2
        assert words in result.stderr
