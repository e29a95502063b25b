"""An incident on the command line: opened, shown, reported and closed; a mistake is one line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from auditor.commands.incidents import app
from auditor.errors import InputError
from auditor.system import resources

WHO = ("--who", "Văn phòng")


@pytest.fixture
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path / "state"))
    return str(shutil.copytree(resources.inventories() / "lab", tmp_path / "inventory"))


def auditor(inventory: str, *arguments: str, code: int = 0) -> Result:
    languages = () if "--json" in arguments else ("--lang", "en")
    result = CliRunner().invoke(app, [*arguments, "-i", inventory, *languages], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


def the_only(inventory: str) -> dict[str, object]:
    (one,) = json.loads(auditor(inventory, "list", "--json").stdout)
    return dict(one)


def test_an_incident_is_opened_reported_noted_and_closed(inventory: str) -> None:
    assert auditor(inventory, "list").stdout == "No incident is on record.\n"
    said = auditor(inventory, "open", "antruc.test", *WHO, "--when", "2026-01-31 23:59", "--why", "[red]hacked").stdout
    assert "OVERDUE since 1 Feb 2026, 23:59: first notice" in said
    assert "[red]hacked" in said
    incident = str(the_only(inventory)["id"])
    assert "OVERDUE" in auditor(inventory, "due", code=1).stdout
    auditor(inventory, "spare", incident, "now", "--why", "not serious", *WHO)
    for report in ("first", "full"):
        auditor(inventory, "reported", incident, report, "--how", "45/BC-UBND", *WHO)
    assert auditor(inventory, "due").stdout == "No report is owed.\n"
    auditor(inventory, "note", incident, "called the operator", *WHO)
    auditor(inventory, "close", incident, "--cause", "a password was known", *WHO)
    shown = auditor(inventory, "show", incident).stdout
    for words in (
        "not owed: word to the authority",
        "45/BC-UBND",
        "Văn phòng: called the operator",
        "a password was known",
    ):
        assert words in shown
    assert the_only(inventory)["open"] is False
    assert "closed" in auditor(inventory, "list").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("open", "antruk.test", *WHO), "no site or host antruk.test"),
        (("open", *WHO), "is about something"),
        (("open", "--finding", "compromise.shell:web1", *WHO), "no audit is kept"),
        (("open", "antruc.test", "--who", "a@b.vn"), "--who will not do"),
        (("open", "antruc.test", *WHO, "--when", "2099-01-01 00:00"), "still to come"),
        (("open", "antruc.test", *WHO, "--when", "soon"), "not a moment"),
        (("show", "SC-20260101-1"), "no incident SC-20260101-1"),
        (("note", "SC-20260101-1", " ", *WHO), "TEXT is empty"),
    ],
)
def test_a_mistake_is_one_line(inventory: str, arguments: tuple[str, ...], words: str) -> None:
    try:
        result = CliRunner().invoke(app, [*arguments, "-i", inventory], catch_exceptions=False)
    except InputError as error:
        assert words in str(error)
    else:
        assert result.exit_code == 2
        assert words in result.stderr
