"""An incident on the command line: opened, shown, reported and closed; a mistake is one line."""

from __future__ import annotations

import csv
import datetime
import io
import json
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from auditor.cli import app
from auditor.compromise.known_good import archives
from auditor.errors import InputError
from auditor.fleet import ssh_exec
from auditor.hardening.health import smoke
from auditor.history.known_good import KnownGoodStore
from auditor.history.runs import RunHistory
from auditor.models import clock
from auditor.system import resources
from tests.unit.incidents.filled import clean

WHO = ("--who", "Văn phòng")
CLEANED = json.dumps({"state": "confirmed", "sha256": "0" * 64}).encode()


@pytest.fixture
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(smoke, "visit_smoke_urls_of_sites", lambda *_, **__: {})
    return str(shutil.copytree(resources.get_shipped_inventories_folder() / "lab", tmp_path / "inventory"))


def auditor(inventory: str, *arguments: str, code: int = 0) -> Result:
    languages = () if "--json" in arguments else ("--lang", "en")
    result = CliRunner().invoke(app, ["incident", *arguments, "-i", inventory, *languages], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


def the_only(inventory: str) -> dict[str, object]:
    (one,) = json.loads(auditor(inventory, "list", "--json").stdout)
    return dict(one)


def test_its_entries_are_exported_for_a_spreadsheet(inventory: str, tmp_path: Path) -> None:
    auditor(inventory, "open", "antruc.test", *WHO, "--when", "2026-01-31 23:59")
    incident = str(the_only(inventory)["id"])
    auditor(inventory, "note", incident, "=1+1\nsecond line", *WHO)
    file = tmp_path / "timeline.csv"
    assert auditor(inventory, "export", incident, str(file)).stdout == f"{file}\n"
    heading, first, second = csv.reader(io.StringIO(file.read_text("utf-8-sig"), newline=""))
    assert heading == ["Happened", "Recorded", "Recorded by", "Event"]
    assert (first[0], first[2:]) == ("2026-01-31T23:59:00+07:00", ["Văn phòng", "incident opened: antruc.test"])
    assert second[3] == "'=1+1⏎second line"
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_incident_is_opened_reported_noted_and_closed(inventory: str) -> None:
    for verb in ("list", "due"):
        with pytest.raises(InputError, match=r"has no audit and no incident of the inventory"):
            auditor(inventory, verb)
    RunHistory().keep(
        clean("2026-01-30T08:00:00+07:00", inventory=inventory).model_copy(update={"id": "20260130T010000Z-0"})
    )
    assert auditor(inventory, "list").stdout == "No incident is recorded.\n"
    said = auditor(inventory, "open", "antruc.test", *WHO, "--when", "2026-01-31 23:59", "--why", "[red]hacked").stdout
    assert "OVERDUE since 1 Feb 2026, 23:59: initial notice" in said
    assert "[red]hacked" in said
    incident = str(the_only(inventory)["id"])
    assert "OVERDUE" in auditor(inventory, "due", code=1).stdout
    auditor(inventory, "spare", incident, "now", "--why", "not serious", *WHO)
    for report in ("first", "full"):
        auditor(inventory, "reported", incident, report, "--how", "45/BC-UBND", *WHO)
    assert auditor(inventory, "due").stdout == "No report is due.\n"
    auditor(inventory, "note", incident, "called the operator", *WHO)
    close = ("close", incident, "--cause", "a password was known", *WHO)
    said = auditor(inventory, *close, code=2).stderr
    assert "antruc.test was not reviewed since" in said
    assert f"    auditor review --limit antruc.test -i {inventory}\n" in said
    assert f"    auditor hunt --limit web1 -i {inventory}\n" in said
    assert f"    auditor incident form {incident} --form end --who 'Văn phòng' -i {inventory}\n" in said
    RunHistory().keep(clean(clock.format_iso_moment(clock.now() + datetime.timedelta(minutes=1)), inventory=inventory))
    said = auditor(inventory, *close, code=2).stderr
    assert re.search("^- the closing form of .* is missing$", said, re.MULTILINE)
    assert len(json.loads(auditor(inventory, *close, "--json", code=2).stdout)) == 1
    assert json.loads(auditor(inventory, "next", incident, "--json").stdout)["step"] == "answer"
    auditor(inventory, "form", incident, "--form", "end", "--output", f"{inventory}/out", *WHO, code=1)
    assert f"auditor incident close {incident} --cause" in auditor(inventory, "next", incident).stdout
    auditor(inventory, *close)
    assert auditor(inventory, "next").stdout == "No incident is open.\n"
    shown = auditor(inventory, "show", incident).stdout
    for words in (
        "waived: immediate notification to the authority",
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
        (("open", *WHO), "is given"),
        (("open", "--finding", "compromise.shell:web1", *WHO), "no audit is stored"),
        (("open", "antruc.test", "--who", "a@b.vn"), "--who is not valid"),
        (("open", "antruc.test", *WHO, "--when", "2099-01-01 00:00"), "in the future"),
        (("open", "antruc.test", *WHO, "--when", "soon"), "not a date and time"),
        (("show", "SC-20260101-1"), "no incident SC-20260101-1"),
        (("note", "SC-20260101-1", " ", *WHO), "TEXT is empty"),
        (("contain", "SC-20260101-1", "address", "203.0.113.0/24", *WHO), "is not a single address"),
        (("contain", "SC-20260101-1", "address", "203.0.113.7", "--for", "9m", *WHO), "--for 9m is not a duration"),
        (("contain", "SC-20260101-1", "address", "203.0.113.7", *WHO), "no incident SC-20260101-1"),
        (("contain", "SC-20260101-1", "adress", "203.0.113.7", *WHO), "did you mean 'address'?"),
        (("contain", "SC-20260101-1", "file", "/x.php", "address", *WHO), "address must be followed by its target"),
        (("contain", "SC-20260101-1", "file", "/x.php", "address", "x", *WHO), "x is not a single address"),
        (("open", "antruc.test", *WHO, "--why", " "), "--why is empty"),
        (("contain", "SC-20260101-1", "file", "/" + "x" * 1_000, *WHO), "is not the full path of a file"),
        (("contain", "SC-20260101-1", "file", "x.php", *WHO), "is not the full path of a file"),
        (("contain", "SC-20260101-1", "file", "/var/www/../x.php", *WHO), "is not the full path of a file"),
        (
            ("contain", "SC-20260101-1", "file", "/x.php", "--for", "24h", *WHO),
            "--for works only with time-limited actions",
        ),
        (("contain", "SC-20260101-1", "site", "antruc.test/x", *WHO), "antruc.test/x is not a site's domain"),
        (("contain", "SC-20260101-1", "site", "an truc", *WHO), "an truc is not a site's domain"),
        (("contain", "SC-20260101-1", "path", "antruc.test", *WHO), "antruc.test is not a path of a site"),
        (("contain", "SC-20260101-1", "path", "antruc.test/", *WHO), "is not a path of a site"),
        (("contain", "SC-20260101-1", "path", "antruc.test/a//b", *WHO), "is not a path of a site"),
        (("contain", "SC-20260101-1", "path", "antruc.test/a/%2e%2e/b", *WHO), "is not a path of a site"),
        (("contain", "SC-20260101-1", "path", "antruc.test/a%00", *WHO), "is not a path of a site"),
        (("contain", "SC-20260101-1", "path", "antruc.test/a?id=1", *WHO), "contains more than a path"),
        (("contain", "SC-20260101-1", "path", "antruc.test/" + "%20" * 701, *WHO), "longer than 700 bytes"),
        (("contain", "SC-20260101-1", "path", ".x/a", *WHO), "is not a site's domain"),
        (("release", "SC-20260101-1", *WHO), "no incident SC-20260101-1"),
    ],
)
def test_a_mistake_is_one_line(inventory: str, arguments: tuple[str, ...], words: str) -> None:
    try:
        result = CliRunner().invoke(app, ["incident", *arguments, "-i", inventory], catch_exceptions=False)
    except InputError as error:
        assert words in str(error)
    else:
        assert result.exit_code == 2
        assert words in result.stderr


def test_an_address_is_blocked_on_the_incidents_hosts_and_released(
    inventory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [b'{"state": "on_trial", "left": 60}', b'{"state": "confirmed", "left": 86400}', b'{"state": "none"}']
    monkeypatch.setattr(ssh_exec, "run_as_root", lambda *_: answers.pop(0))
    auditor(inventory, "open", "antruc.test", *WHO)
    incident = str(the_only(inventory)["id"])
    given = ("contain", incident, "address", "::ffff:203.0.113.7", *WHO)
    with pytest.raises(InputError, match="not a host of the incident"):
        auditor(inventory, *given, "--host", "web2")
    assert "203.0.113.7 is blocked on web1 until" in auditor(inventory, *given).stdout
    assert "Blocked (number 1): 203.0.113.7 on web1" in auditor(inventory, "show", incident).stdout
    assert "unblocked on web1" in auditor(inventory, "release", incident, *WHO).stdout
    assert auditor(inventory, "release", incident, *WHO).stdout == "Nothing is contained.\n"
    answers = [b'{"state": "refused", "why": "proxy", "about": "104.16.0.0/13"}']
    assert "proxy or CDN" in auditor(inventory, *given, code=1).stdout


def test_a_file_is_taken_away_by_its_bytes_and_put_back(inventory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    forgotten = b'{"state": "confirmed"}'
    answers = [b'{"state": "confirmed", "sha256": "%s"}' % (b"a" * 64), forgotten, b'{"state": "none"}']
    monkeypatch.setattr(ssh_exec, "run_as_root", lambda *given: (asked.append(given[2]), answers.pop(0))[1])
    auditor(inventory, "open", "antruc.test", *WHO)
    incident = str(the_only(inventory)["id"])
    said = auditor(inventory, "contain", incident, "file", "/var/www/antruc.test/[b]\n%\udcff.php", *WHO).stdout
    assert "/var/www/antruc.test/[b]%0A%25%FF.php is quarantined on web1 (sha256 aaaa" in said
    assert asked[0]["what"] == "/var/www/antruc.test/[b]%0A%25%FF.php"
    assert asked[0]["roots"][0] == "/var/www/antruc.test"
    assert "/etc/profile.d" in asked[0]["roots"]
    assert asked[1] == {"do": "forget"}
    assert "Quarantined (number 1)" in auditor(inventory, "show", incident).stdout
    assert "the file is restored on web1" in auditor(inventory, "release", incident, *WHO).stdout


def test_nothing_is_done_when_one_of_several_must_not_be(inventory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_exec, "run_as_root", lambda *_: pytest.fail("a host was asked"))
    auditor(inventory, "open", "dongvau.test", *WHO)
    incident = str(the_only(inventory)["id"])
    both = ("address", "203.0.113.7", "address", "10.213.47.99")
    with pytest.raises(InputError, match=r"10\.213\.47\.99 is in 10\.213\.47\.0/24, a trusted network of web3"):
        auditor(inventory, "contain", incident, *both, *WHO)
    assert the_only(inventory)["actions"] == []


def test_several_are_contained_at_once_and_each_says_what_it_came_to(
    inventory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [
        b'{"state": "refused", "why": "no_file"}',
        b'{"state": "on_trial", "left": 60}',
        b'{"state": "confirmed", "left": 3600}',
    ]
    monkeypatch.setattr(ssh_exec, "run_as_root", lambda *_: answers.pop(0))
    auditor(inventory, "open", "antruc.test", *WHO)
    incident = str(the_only(inventory)["id"])
    both = ("file", "/srv/x.php", "address", "203.0.113.7", "file", "/srv/x.php", "--for", "1h")
    said = auditor(inventory, "contain", incident, *both, *WHO, code=1).stdout.splitlines()
    assert said[0] == "number 1: /srv/x.php is not quarantined on web1: there is no regular file"
    assert said[1].startswith("number 2: 203.0.113.7 is blocked on web1 until ")
    assert (len(said), answers) == (2, [])


def test_what_was_done_and_what_would_be_is_told_as_json(inventory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [
        b'{"state": "planned", "would": ["SIGKILL 7"]}',
        b'{"state": "confirmed"}',
        b'{"state": "refused", "why": "no_file"}',
    ]
    monkeypatch.setattr(ssh_exec, "run_as_root", lambda *_: answers.pop(0))
    auditor(inventory, "open", "antruc.test", *WHO)
    incident = str(the_only(inventory)["id"])
    given = ("clean", incident, "process-end", "7/srv/x", *WHO, "--json")
    (planned,) = json.loads(auditor(inventory, *given, "--dry-run").stdout)
    assert (planned["kind"], planned["steps"], planned["host"]) == ("planned", ["SIGKILL 7"], "web1")
    told = json.loads(auditor(inventory, *given, "trigger", "antruc.test/x", code=1).stdout)
    assert [(one["kind"], one["means"], one["state"], one["number"]) for one in told] == [
        ("contained", "process-end", "confirmed", 1),
        ("contained", "trigger", "refused", 2),
    ]
    assert all(one["says"] for one in told)


def test_of_several_hosts_each_thing_says_on_which_it_is(inventory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(*given: Any) -> bytes:
        asked.extend([given[2]["what"]] if given[2]["do"] == "contain" else [])
        return b'{"state": "confirmed"}'

    monkeypatch.setattr(ssh_exec, "run_as_root", answer)
    auditor(inventory, "open", "web1", "web2", *WHO)
    incident = str(the_only(inventory)["id"])
    auditor(inventory, "contain", incident, "file", "web2:/srv/x:3", "file", "web1:/srv/x:3", *WHO)
    assert asked == ["/srv/x:3", "/srv/x:3"]
    told: Any = the_only(inventory)
    assert [(one["host"], one["what"]) for one in told["actions"]] == [("web2", "/srv/x:3"), ("web1", "/srv/x:3")]
    with pytest.raises(InputError, match="web3 is not a host of the incident"):
        auditor(inventory, "contain", incident, "file", "web3:/srv/x", *WHO)
    with pytest.raises(InputError, match="not the full path of a file"):
        auditor(inventory, "contain", incident, "file", "web9:/srv/x", *WHO)


def test_what_comes_next_is_said_after_each_entry(inventory: str) -> None:
    auditor(inventory, "open", "antruc.test", *WHO, "--when", "2026-01-31 23:59")
    incident = str(the_only(inventory)["id"])
    for said in (
        auditor(inventory, "note", incident, "x", *WHO),
        auditor(inventory, "answer", incident, "kind=malware", *WHO),
    ):
        assert said.stderr == auditor(inventory, "next", incident).stdout
    assert json.loads(auditor(inventory, "next", incident, "--json").stdout)["step"] == "report"


def test_a_dry_run_shows_each_step_and_does_none(inventory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [
        b'{"state": "planned", "would": ["nft -f -\\ntable [red] {\\u001b}", "write /x"]}',
        b'{"state": "refused", "why": "no_file"}',
    ]
    asked: list[str] = []

    def answer(*given: Any) -> bytes:
        asked.append(given[2]["do"])
        return answers.pop(0)

    monkeypatch.setattr(ssh_exec, "run_as_root", answer)
    auditor(inventory, "open", "antruc.test", *WHO)
    incident = str(the_only(inventory)["id"])
    both = ("address", "203.0.113.7", "file", "/srv/x.php", "--dry-run")
    said = auditor(inventory, "contain", incident, *both, *WHO, code=1).stdout.splitlines()
    assert asked == ["plan", "plan"]
    assert said[0] == "On web1, address 203.0.113.7 would be contained as follows:"
    assert said[1:4:2] == ["  nft -f -", "  write /x"]
    assert "[red]" in said[2]
    assert "\x1b" not in said[2]
    assert said[4] == "On web1, file /srv/x.php would not be contained: there is no regular file"
    assert the_only(inventory)["actions"] == []


def test_a_path_is_gone_and_a_site_closed_where_the_site_is(inventory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def answer(*given: Any) -> bytes:
        asked.append(given[2])
        return b'{"state": "none"}' if given[2]["do"] == "release" else b'{"state": "confirmed"}'

    monkeypatch.setattr(ssh_exec, "run_as_root", answer)
    auditor(inventory, "open", "web1", "web3", *WHO)
    incident = str(the_only(inventory)["id"])
    given = ("path", "https://WWW.antruc.test/a%20b/%E1%BA%A1%ff\udcfe{$/", "site", "dongvau.test")
    said = auditor(inventory, "contain", incident, *given, *WHO).stdout
    assert "www.antruc.test/a b/ạ%FF%FE{$ is blocked on web1" in said
    assert "dongvau.test is closed on web3" in said
    assert [one["what"] for one in asked] == ["www.antruc.test/a b/ạ%FF%FE{$", "dongvau.test"]
    assert asked[0]["names"] == ["antruc.test", "www.antruc.test"]
    assert asked[0]["others"] == []
    assert asked[1]["trusted"] == ("10.213.47.0/24",)
    assert "gotre.test" in asked[1]["others"]
    shown = auditor(inventory, "show", incident).stdout
    assert "Path blocked (number 1): www.antruc.test/a b/" in shown
    assert "Site closed (number 2): dongvau.test on web3" in shown
    said = auditor(inventory, "release", incident, *WHO).stdout
    assert "the path is unblocked on web1" in said
    assert "the site is open again on web3" in said
    with pytest.raises(InputError, match="bennua\\.test is not a site on the hosts of the incident"):
        auditor(inventory, "contain", incident, "site", "bennua.test", *WHO)


def test_what_is_cleaned_is_a_step_of_the_ledger_and_undone_by_its_number_alone(
    inventory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def answer(*given: Any) -> bytes:
        asked.append(given[2])
        return {
            "plan": b'{"state": "planned", "would": ["DELETE"]}',
            "contain": CLEANED,
            "release": b'{"state": "none"}',
        }[given[2]["do"]]

    monkeypatch.setattr(ssh_exec, "run_as_root", answer)
    auditor(inventory, "open", "antruc.test", *WHO)
    incident = str(the_only(inventory)["id"])
    rows = ("row", "antruc.test/posts/66", "row", "antruc.test/options/widget_text")
    planned = auditor(inventory, "clean", incident, *rows, "--dry-run", *WHO).stdout
    assert planned.startswith("On web1, row antruc.test/posts/66 would be cleaned as follows:\n  DELETE\n")
    assert the_only(inventory)["actions"] == []
    said = auditor(inventory, "clean", incident, *rows, *WHO).stdout.splitlines()
    assert said[0] == f"number 1: row antruc.test/posts/66 is removed on web1 (sha256 {'0' * 64})"
    assert said[1].startswith("number 2: row antruc.test/options/widget_text is removed on web1")
    assert (asked[-1]["table"], asked[-1]["key"], asked[-1]["root"]) == (
        "options",
        "widget_text",
        "/var/www/antruc.test",
    )
    assert auditor(inventory, "release", incident, *WHO).stdout == "Nothing is contained.\n"
    assert "the row is restored on web1" in auditor(inventory, "release", incident, "2", *WHO).stdout
    again = auditor(inventory, "clean", incident, *rows[2:], *WHO).stdout
    assert again.startswith("number 3: ")
    assert len(asked) == 6


@pytest.mark.parametrize(
    ("verb", "given", "why"),
    [
        ("clean", ("file", "/srv/x.php"), "'file' belongs to 'auditor incident contain'"),
        ("contain", ("row", "antruc.test/posts/1"), "'row' belongs to 'auditor incident clean'"),
        ("clean", ("administrator", "antruc.test/an"), "'administrator' belongs to 'auditor incident contain'"),
        ("contain", ("process-end", "7/srv/x"), "'process-end' belongs to 'auditor incident clean' — use"),
        ("contain", ("salts", "antruc.test"), "'salts' belongs to 'auditor incident clean'"),
        ("contain", ("administrator", "antruc.test"), "antruc.test is not an administrator of a site"),
        ("clean", ("database-password", "gotre.test"), "is not a site on the hosts of the incident"),
        ("clean", ("row",), "row must be followed by its target"),
        ("clean", ("row", "gotre.test/posts/1"), "is not a site on the hosts of the incident"),
    ],
)
def test_what_contains_does_not_clean_nor_the_other_way_round(
    inventory: str, monkeypatch: pytest.MonkeyPatch, verb: str, given: tuple[str, ...], why: str
) -> None:
    monkeypatch.setattr(ssh_exec, "run_as_root", lambda *_: pytest.fail("a host was asked"))
    auditor(inventory, "open", "antruc.test", *WHO)
    with pytest.raises(InputError, match=why):
        auditor(inventory, verb, str(the_only(inventory)["id"]), *given, *WHO)


def test_a_core_is_cleaned_from_a_release_that_is_known_and_what_it_finds_besides_is_taken_away(
    inventory: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[tuple[str, dict[str, Any], dict[str, Any]]] = []

    def answer(*given: Any) -> bytes:
        asked.append((given[1].name, given[2], dict(given[4] if len(given) > 4 and given[4] else {})))
        state = "planned" if given[2]["do"] == "plan" else "confirmed"
        found = ["/var/www/antruc.test/wp-admin/x%20y.php", "no path"] if given[1].name == "core.py" else []
        return json.dumps({"state": state, "why": "", "found": found}).encode()

    monkeypatch.setattr(ssh_exec, "run_as_root", answer)
    auditor(inventory, "open", "antruc.test", *WHO)
    incident = str(the_only(inventory)["id"])
    release = tmp_path / "wordpress-6.8.2.zip"
    with zipfile.ZipFile(release, "w") as packed:
        packed.writestr("wordpress/index.php", "<?php\n")
    core, given = ("clean", incident, "core", "antruc.test"), ("--from", str(release), *WHO)
    with pytest.raises(InputError, match="'core' requires the release archive"):
        auditor(inventory, *core, *WHO)
    with pytest.raises(InputError, match="--from works only with 'core'"):
        auditor(inventory, "clean", incident, "row", "antruc.test/posts/1", *given)
    with pytest.raises(InputError, match="is not a known-good release"):
        auditor(inventory, *core, *given)
    assert asked == []
    KnownGoodStore().put((archives.read_release_manifest(release),))
    planned = auditor(inventory, *core, *given, "--dry-run").stdout.splitlines()
    assert planned[1] == "On web1, file /var/www/antruc.test/wp-admin/x y.php would be contained as follows:"
    said = auditor(inventory, *core, *given).stdout.splitlines()
    assert said == [
        "number 1: the application of antruc.test on web1 matches its release",
        "number 2: /var/www/antruc.test/wp-admin/x y.php is quarantined on web1",
    ]
    assert [name for name, _, _ in asked] == [*["core.py", "quarantine.py"] * 2, "forget.py"]
    assert {"release.zip", "release.json"} <= asked[0][2].keys()
    assert asked[1][2].keys().isdisjoint(asked[0][2])
    (entry,) = [one["deed"] for one in the_only(inventory)["entries"] if one["deed"].get("found")]  # type: ignore[attr-defined]
    assert entry["found"][0] == "/var/www/antruc.test/wp-admin/x%20y.php"


def test_secrets_are_made_anew_on_the_host_and_no_answer_of_it_holds_one(
    inventory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def answer(*given: Any) -> bytes:
        asked.append(given[2])
        return b'{"state": "confirmed", "why": "others_unread", "about": "/srv/www/tulieu"}'

    monkeypatch.setattr(ssh_exec, "run_as_root", answer)
    auditor(inventory, "open", "antruc.test", *WHO)
    incident = str(the_only(inventory)["id"])
    steps = ("salts", "antruc.test", "database-password", "antruc.test/blog")
    said = auditor(inventory, "clean", incident, *steps, *WHO).stdout.splitlines()
    assert said[0].startswith("number 1: the keys and salts of antruc.test are regenerated on web1")
    assert said[1].endswith("; but it could not be read whether these use the same account (/srv/www/tulieu)")
    assert [(one["folder"], one["root"]) for one in asked] == [
        ("", "/var/www/antruc.test"),
        ("blog", "/var/www/antruc.test"),
    ]
    assert asked[1]["sites"] == [{"domain": "antruc.test", "document_root": "/var/www/antruc.test"}]
