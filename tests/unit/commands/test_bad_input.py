"""What people meet when an incident is not as the book has it: each is one line with the fix, and nothing is lost."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre_shared.incidents import action_runner

from auditor.errors import MISTAKE, InputError
from auditor.fleet import ssh_exec
from auditor.history.incidents import IncidentStore
from auditor.history.runs import RunHistory
from auditor.incidents.actions import persistence
from auditor.models import HostOutcome, Run, Text, clock
from auditor.models.incidents import ContainedEvent
from auditor.system import resources
from tests.unit.commands.test_incident import WHO, auditor, inventory
from tests.unit.incidents.filled import LAST_FORM, clean
from tests.unit.on_host.contain.programs import program
from tests.unit.results.test_verdict import finding

__all__ = ["inventory"]
SHELL = {"kind": "program", "where": "/var/www/antruc.test/x.php", "key": "0" * 16, "rules": ["command"]}
CONTROL = "compromise.shell"


def moment(hours: float) -> str:
    return clock.format_iso_moment(clock.now() + datetime.timedelta(hours=hours))


def keep(inventory: str, hours: float, *members: Any, **changes: Any) -> Run:
    """An audit of that hour from now, after a hunt on web1 that saw these."""
    found = replace(finding("fail" if members else "pass", control=CONTROL), violations=members)
    run = clean(moment(hours), found, inventory=inventory).model_copy(
        update={"id": f"20260101T000000Z-{hours}", **changes}
    )
    RunHistory().keep(run)
    return run


def ids(inventory: str) -> list[str]:
    return list(IncidentStore().load_case_logs_of_inventory(inventory))


def deeds(inventory: str, incident: str) -> int:
    return len(IncidentStore().load_case_log_of_incident(inventory, incident))


def ready(inventory: str, incident: str) -> None:
    """Have all reports and the closing form of an incident."""
    for report in ("now", "first", "full"):
        auditor(inventory, "reported", incident, report, "--how", "45/BC-UBND", *WHO)
    IncidentStore().write(inventory, WHO[1], lambda _ledgers: (incident, LAST_FORM))


def test_a_finding_that_has_gone_since_is_said_to_have_gone_and_leads_to_closing(inventory: str) -> None:
    keep(inventory, -30, SHELL)
    auditor(inventory, "open", "--finding", f"{CONTROL}:web1", *WHO)
    (incident,) = ids(inventory)
    keep(inventory, 0.02)
    said = auditor(inventory, "next", incident).stdout
    assert (
        "1 finding of the incident, on web1, was not found by the last check: make sure that evidence is preserved"
        in said
    )
    ready(inventory, incident)
    assert "nothing prevents closing any more" in auditor(inventory, "next", incident).stdout
    auditor(inventory, "close", incident, "--cause", "x", *WHO)
    with pytest.raises(InputError, match=rf"no longer finds {CONTROL} on web1") as gone:
        auditor(inventory, "open", "--finding", f"{CONTROL}:web1", *WHO)
    assert (gone.value.exit_code, "open the incident on web1 itself" in gone.value.mend) == (MISTAKE, True)
    assert ids(inventory) == [incident]


def test_a_host_that_is_down_keeps_neither_reports_nor_the_others_waiting(
    inventory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object) -> bytes:
        raise ssh_exec.NoAnswer("Connection timed out")

    monkeypatch.setattr(ssh_exec, "run_as_root", silent)
    keep(inventory, -1, SHELL)
    said = auditor(inventory, "open", "--finding", f"{CONTROL}:web1", "--contain", *WHO, code=1).stdout
    (incident,) = ids(inventory)
    assert "Connection timed out" in said
    assert IncidentStore().load_case_log_of_incident(inventory, incident)[-1].deed.state == "unknown"  # type: ignore[union-attr]
    down = HostOutcome(host="web1", reached=False, reason=Text(vi="x", en="timed out"))
    keep(inventory, 0.02, SHELL, outcomes=(down,))
    assert f"incident reported {incident} now" in auditor(inventory, "next", incident).stdout
    for report in ("now", "first"):
        auditor(inventory, "reported", incident, report, "--how", "x", *WHO)
    said = auditor(inventory, "next", incident).stdout
    assert "web1 cannot be reached: start the host" in said
    assert "  web1: timed out\n" in said
    assert f"auditor hunt --limit web1 -i {inventory}" in said
    assert "release" in auditor(inventory, "close", incident, "--cause", "x", *WHO, code=2).stderr


def test_a_host_that_left_the_inventory_keeps_no_incident_open_for_ever(inventory: str) -> None:
    keep(inventory, -1, SHELL)
    auditor(inventory, "open", "--finding", f"{CONTROL}:web1", *WHO)
    (incident,) = ids(inventory)
    isolated = ContainedEvent(number=1, host="web1", means="isolation", what="web1", state="unknown", why="no_answer")
    IncidentStore().write(inventory, WHO[1], lambda _ledgers: (incident, isolated))
    with pytest.raises(InputError, match="--gone web1: it is still in the inventory"):
        auditor(inventory, "close", incident, "--cause", "x", "--gone", "web1", *WHO)
    hosts = Path(inventory) / "hosts.yml"
    hosts.write_text(hosts.read_text("utf-8").replace("web1:", "web9:"), "utf-8")
    for verb in (("contain", "address", "203.0.113.7"), ("clean", "salts", "antruc.test"), ("collect",), ("deindex",)):
        words = (verb[0], incident, *verb[1:], *(WHO if verb[0] != "deindex" else ()))
        with pytest.raises(InputError, match="web1: no longer in the inventory, so there is no host to connect to"):
            auditor(inventory, *words)
    assert "could not be read; check manually: web1" in auditor(inventory, "todo", incident, code=1).stdout
    ready(inventory, incident)
    said = auditor(inventory, "close", incident, "--cause", "x", *WHO, code=2).stderr
    assert "- web1: no longer in the inventory, so nothing shows that it is clean" in said
    assert f"    auditor incident close {incident} --gone web1 --cause 'not established' --who" in said
    assert f"incident close {incident} --gone web1 --cause" in auditor(inventory, "next", incident).stdout
    auditor(inventory, "close", incident, "--cause", "x", "--gone", "web1", *WHO)
    assert "no longer in the inventory, so not checked: web1" in auditor(inventory, "show", incident).stdout


def test_a_moment_to_come_opens_nothing_and_one_before_a_clean_hunt_is_doubted(inventory: str) -> None:
    keep(inventory, -2)
    with pytest.raises(InputError, match="is in the future") as future:
        auditor(inventory, "open", "web1", *WHO, "--when", moment(2)[:16].replace("T", " "))
    assert (future.value.exit_code, ids(inventory)) == (MISTAKE, [])
    early = moment(-5)[:16].replace("T", " ")
    said = auditor(inventory, "open", "web1", *WHO, "--when", early)
    assert "on web1 found nothing, although it ran after" in said.stderr
    assert "auditor hunt --whole --limit web1" in said.stderr
    (incident,) = ids(inventory)
    again = auditor(inventory, "open", "web1", *WHO, "--when", moment(-9)[:16].replace("T", " ")).stderr
    assert f"{incident} was already open: its deadlines still count from" in again
    ready(inventory, incident)
    said = auditor(inventory, "close", incident, "--cause", "x", *WHO, code=2).stderr
    assert "no hunt on web1 since" in said, "the hunt before it was written down missed it"


def test_an_audit_dated_in_the_future_moves_no_deadline(inventory: str) -> None:
    keep(inventory, 5, SHELL)
    auditor(inventory, "open", "--finding", f"{CONTROL}:web1", *WHO)
    (incident,) = ids(inventory)
    detected = IncidentStore().load_case_log_of_incident(inventory, incident)[0].deed.detected  # type: ignore[union-attr]
    assert clock.parse_iso_moment(detected) <= clock.now()


def test_of_two_incidents_on_one_site_each_step_names_its_own(inventory: str) -> None:
    keep(inventory, -1, SHELL)
    auditor(inventory, "open", "web1", *WHO)
    auditor(inventory, "open", "web1", "--new", *WHO)
    first, second = ids(inventory)
    with pytest.raises(InputError, match=f"{first}, {second} all affect web1") as several:
        auditor(inventory, "open", "web1", *WHO, "--why", "x")
    assert (several.value.exit_code, f"--join {first}" in several.value.mend) == (MISTAKE, True)
    assert (deeds(inventory, first), deeds(inventory, second)) == (1, 1)
    for incident in (first, second):
        said = auditor(inventory, "next", incident).stdout
        assert f"auditor incident open --all-found web1 --join {incident} --who" in said
    auditor(inventory, "open", "web1", "--join", first, *WHO)
    assert (deeds(inventory, first), deeds(inventory, second)) == (2, 1)
    with pytest.raises(InputError, match="contradict"):
        auditor(inventory, "open", "web1", "--join", first, "--new", *WHO)
    with pytest.raises(InputError, match="the inventory has no incident SC-1"):
        auditor(inventory, "open", "web1", "--join", "SC-1", *WHO)


def test_a_unit_without_an_authority_leaves_the_line_blank_and_says_where_to_write_it(inventory: str) -> None:
    papers = Path(inventory) / "office/organisation.yml"
    lines = papers.read_text("utf-8").splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if line.startswith("incident_authority:"))
    after = next(number for number in range(first + 1, len(lines)) if not lines[number].startswith((" ", "#")))
    papers.write_text("".join([*lines[:first], *lines[after:]]), "utf-8")
    auditor(inventory, "open", "antruc.test", *WHO)
    (incident,) = ids(inventory)
    said = auditor(inventory, "form", incident, "--form", "first", *WHO, "--output", f"{inventory}/out", code=1)
    assert "incident_authority" in said.stderr
    assert f"{papers}" in said.stderr or "office/organisation.yml" in said.stderr
    assert list(Path(inventory, "out").glob("*.docx"))


def history_of(inventory: str) -> tuple[str, Path]:
    keep(inventory, -1, SHELL)
    auditor(inventory, "open", "--finding", f"{CONTROL}:web1", *WHO)
    (incident,) = ids(inventory)
    auditor(inventory, "note", incident, "x", *WHO)
    with sqlite3.connect(RunHistory().path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return incident, RunHistory().path


@pytest.mark.parametrize("verb", ["list", "due", "next"])
def test_a_case_log_that_was_cut_off_is_one_line_with_its_file_and_stays_as_it_is(inventory: str, verb: str) -> None:
    _, path = history_of(inventory)
    for beside in path.parent.glob("*-*"):
        beside.unlink()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    before = path.read_bytes()
    with pytest.raises(InputError) as damaged:
        auditor(inventory, verb)
    assert damaged.value.file == path
    assert "restore" in damaged.value.mend
    assert path.read_bytes()[100:] == before[100:]


def test_a_case_log_whose_last_links_were_taken_away_goes_on_and_lacks_the_hash_that_was_written_down(
    inventory: str,
) -> None:
    incident, path = history_of(inventory)
    written_down = RunHistory().head()
    with sqlite3.connect(path) as database:
        database.execute("DELETE FROM chain WHERE position = (SELECT max(position) FROM chain)")
    database.close()
    assert deeds(inventory, incident) == 1
    assert RunHistory().verify(written_down).seen_at is None
    auditor(inventory, "note", incident, "x", *WHO)
    assert deeds(inventory, incident) == 2


def test_the_case_log_of_another_organisation_is_told_from_an_empty_one(
    inventory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident, _ = history_of(inventory)
    other = str(shutil.copytree(resources.get_shipped_inventories_folder() / "lab", tmp_path / "other"))
    for verb in ("list", "due", "next"):
        with pytest.raises(InputError, match=r"has no audit and no incident of the inventory .*other") as told:
            auditor(other, verb)
        assert "LUYTRE_STATE" in told.value.mend
    for verb in (
        ("show", incident),
        ("close", incident, "--cause", "x", *WHO),
        ("contain", incident, "site", "antruc.test", *WHO),
    ):
        with pytest.raises(InputError, match=f"has no incident {incident}"):
            auditor(other, *verb)
    assert ids(other) == []


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A crontab of a host on which the program that contains jobs runs as it is sent, with its record."""
    own = program("job.py")
    path = tmp_path / "cron.d/x"
    path.parent.mkdir()
    path.write_text("1 * * * * root /tmp/a\n2 * * * * root /tmp/b\n3 * * * * root /tmp/c\n")
    monkeypatch.setattr(own, "TABLES", str(path.parent))
    monkeypatch.setattr(persistence, "CRONTABS", (str(path.parent),))
    monkeypatch.setattr(own, "RECORD", action_runner.ActionRecord(str(tmp_path / "host/jobs")))
    monkeypatch.setattr(own, "list_uids_allowed_to_own_crontab", lambda _path: (os.getuid(),))
    actions = {
        "plan": own.plan_commenting_out_of_cron_job,
        "contain": own.comment_out_cron_job_once,
        "release": own.put_cron_job_back,
    }

    def asked(_reach: object, _program: object, question: dict[str, Any], *_: object) -> bytes:
        return json.dumps(
            action_runner.run_action_and_turn_errors_into_answer(
                actions, question, ["198.51.100.1", "50000", "192.0.2.10", "22"]
            )
        ).encode()

    monkeypatch.setattr(ssh_exec, "run_as_root", asked)
    return path


def in_force(table: Path) -> list[str]:
    return [line.rpartition("/")[2] for line in table.read_text().splitlines() if not line.startswith("#")]


def test_an_older_case_log_contains_what_is_asked_for_and_loses_nothing_of_what_the_host_holds(
    inventory: str, table: Path, tmp_path: Path
) -> None:
    auditor(inventory, "open", "web1", *WHO)
    (incident,) = ids(inventory)
    state = RunHistory().path.parent
    auditor(inventory, "contain", incident, "job", f"{table}:1", *WHO)
    shutil.copytree(state, tmp_path / "backup")
    auditor(inventory, "contain", incident, "job", f"{table}:2", *WHO)
    newer = shutil.copytree(state, tmp_path / "newer")
    assert in_force(table) == ["c"]

    restored(state, tmp_path / "backup")
    said = auditor(inventory, "contain", incident, "job", f"{table}:3", *WHO).stdout
    assert "number 3" in said
    assert in_force(table) == []
    assert "the case log is older than the host" in auditor(inventory, "show", incident).stdout
    auditor(inventory, "release", incident, "3", *WHO)
    assert in_force(table) == ["c"]
    auditor(inventory, "release", incident, "2", *WHO)
    assert in_force(table) == ["c"], "what the log does not know of stays contained"

    restored(state, newer)
    auditor(inventory, "release", incident, *WHO)
    assert in_force(table) == ["a", "b", "c"]


def test_a_newer_case_log_than_the_host_says_that_nothing_is_kept_there_and_contains_anew(
    inventory: str, table: Path, tmp_path: Path
) -> None:
    auditor(inventory, "open", "web1", *WHO)
    (incident,) = ids(inventory)
    before = table.read_bytes()
    auditor(inventory, "contain", incident, "job", f"{table}:1", *WHO)
    shutil.rmtree(tmp_path / "host")  # the host is installed anew, with its backup of that crontab
    table.write_bytes(before)
    assert "number 2" in auditor(inventory, "contain", incident, "job", f"{table}:1", *WHO).stdout
    assert in_force(table) == ["b", "c"]
    assert "web1 has no record of it" in auditor(inventory, "release", incident, "1", *WHO).stdout
    assert in_force(table) == ["b", "c"]


def restored(state: Path, backup: Path) -> None:
    shutil.rmtree(state)
    shutil.copytree(backup, state)
