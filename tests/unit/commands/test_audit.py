"""``auditor audit`` from its options to its files, terminal and exit code; reading the hosts left out."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from auditor.audit import run as audit
from auditor.cli import app
from auditor.errors import InputError
from auditor.history.runs import RunHistory
from auditor.inventory import hosts
from auditor.models import Run
from auditor.models.prior_state import NOTHING_KNOWN
from auditor.report import json_output
from tests import factory

INVENTORY = str(Path(__file__).parents[3] / "inventories/lab")
GOOD = factory.run(clean=True, run_id="20261101T010000Z-aaaaaa").model_copy(update={"inventory": INVENTORY})
BAD = factory.run(run_id="20261102T010000Z-bbbbbb", started="2026-11-24T08:30:00+07:00").model_copy(
    update={"inventory": INVENTORY}
)


@pytest.fixture
def auditor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """``auditor(run, *options)``: an audit that finds what ``run`` holds, or gives."""
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("auditor.audit.controls.load_catalogue", factory.catalogue)

    def invoke(run: Run | Callable[[], Run], *options: str) -> Result:
        answer = (lambda: run) if isinstance(run, Run) else run
        monkeypatch.setattr("auditor.audit.run.audit_hosts", lambda *_arguments, **_options: (answer(), {}))
        arguments = ["audit", "-i", INVENTORY, "--output", str(tmp_path / "out"), *options]
        return CliRunner().invoke(app, arguments, catch_exceptions=False)

    return invoke


def causes(result: Result) -> list[tuple[str, str]]:
    return [(cause["control"], cause["why"]) for cause in json.loads(result.stdout)["verdict"]["causes"]]


def test_without_a_baseline_every_open_finding_counts(auditor) -> None:
    result = auditor(BAD, "--json")
    assert result.exit_code == 1
    grave = [f for f in BAD.findings if f.status.is_open and f.severity in ("high", "critical")]
    assert causes(result) == [(f.control, "open") for f in grave]


def test_last_is_the_run_before_this_one(auditor) -> None:
    RunHistory().keep(GOOD)
    worse = auditor(BAD, "--baseline", "last", "--json")
    assert worse.exit_code == 1
    assert json.loads(worse.stdout)["verdict"]["baseline"] == GOOD.id
    assert {why for _control, why in causes(worse)} == {"regressed"}
    again = auditor(BAD.model_copy(update={"id": "20261103T010000Z-cccccc"}), "--baseline", "last", "--json")
    assert again.exit_code == 3  # nothing new, but some could not be evaluated
    assert causes(again) == []


def test_a_run_and_a_file_are_baselines(auditor, tmp_path: Path) -> None:
    RunHistory().keep(GOOD)
    (tmp_path / "known.json").write_bytes(json_output.render_findings_as_json(BAD))
    by_run = auditor(BAD, "--baseline", "20261101T01", "--json", "--fail-on", "low")
    by_file = auditor(
        BAD.model_copy(update={"id": "x"}), "--baseline", str(tmp_path / "known.json"), "--json", "--fail-on", "low"
    )
    assert (by_run.exit_code, by_file.exit_code) == (1, 3)
    assert json.loads(by_file.stdout)["verdict"]["known"] == sum(f.is_open for f in BAD.findings)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("vi", ["điểm trước đạt, nay chưa đạt:", "ssh.root_by_password  web1", "… và"]),
        ("en", ["passed before and are now open:", "ssh.root_by_password  web1", "… and"]),
    ],
)
def test_the_terminal_says_which(auditor, lang: str, said: list[str]) -> None:
    RunHistory().keep(GOOD)
    shown = auditor(BAD, "--baseline", "last", "--lang", lang).stdout
    for words in said:
        assert words in shown


def test_the_terminal_names_the_worst_and_says_why_it_fails(auditor) -> None:
    result = auditor(BAD, "--lang", "en", "--fail-on", "critical")
    shown = result.stdout.splitlines()
    first = shown.index("not met, most severe first:") + 1
    rows = shown[first : first + 10]
    places = {}
    for finding in BAD.findings:
        if finding.is_open:
            places.setdefault(finding.control, []).append(finding)
    worst = sorted(places, key=lambda name: (-max(f.severity.rank for f in places[name]), -len(places[name]), name))
    assert [row.split()[1] for row in rows] == worst[:10]
    one = places[worst[0]][0]
    assert (
        rows[0].startswith("critical")
        and one.subject.id in rows[0]
        and factory.catalogue().get_problem_or_title_of_finding(one).en in rows[0]
    )
    left = sum(len(places[name]) for name in worst[10:])
    assert shown[first + 10] == f"… and {left} more open: auditor history show {BAD.id}"
    grave = sum(f.is_open and f.severity == "critical" for f in BAD.findings)
    assert shown[-1] == f"exit 1: {grave} open at critical or above (--fail-on critical)"


def test_an_exit_code_is_explained_in_both_languages(auditor) -> None:
    RunHistory().keep(BAD)
    again = auditor(BAD.model_copy(update={"id": "x"}), "--baseline", "last")
    unread = sum(f.status == "not_evaluated" for f in BAD.findings)
    assert again.exit_code == 3 and f"mã thoát 3: {unread} điểm chưa đánh giá được" in again.stdout
    RunHistory().keep(GOOD.model_copy(update={"id": "20261120T010000Z-dddddd", "started": "2026-11-24T08:00:00+07:00"}))
    worse = auditor(BAD.model_copy(update={"id": "y"}), "--baseline", "20261120T", "--lang", "en")
    assert "worse than in 20261120T010000Z-dddddd" in worse.stdout.splitlines()[-1]


def test_this_machine_and_an_inventory_are_not_both_asked_for(auditor) -> None:
    with pytest.raises(InputError, match="use only one of them"):
        auditor(GOOD, "--local")


def test_a_run_without_anything_open_names_nothing(auditor) -> None:
    shown = auditor(GOOD, "--lang", "en").stdout
    assert "most severe first" not in shown and "controls show" not in shown


def test_nothing_worse_is_said_too(auditor) -> None:
    RunHistory().keep(BAD)
    shown = auditor(BAD.model_copy(update={"id": "x"}), "--baseline", "last").stdout
    assert f"So với lần rà soát {BAD.id}: không có gì xấu đi." in shown
    assert "đã biết" in shown


def test_the_first_run_of_all_is_judged_alone_and_says_so(auditor) -> None:
    result = auditor(BAD, "--baseline", "last")
    assert result.exit_code == 1
    assert "Chưa có lần rà soát nào trước đó để so sánh" in result.stdout


def test_the_verdict_is_in_the_file_and_the_states_are_in_sarif(auditor, tmp_path: Path) -> None:
    RunHistory().keep(GOOD)
    auditor(BAD, "--baseline", "last", "--format", "json,sarif,csv")
    out = tmp_path / "out"
    assert {path.name for path in out.iterdir()} == {"findings.json", "findings.sarif", "findings.csv"}
    assert json.loads((out / "findings.json").read_bytes())["verdict"]["code"] == 1
    results = json.loads((out / "findings.sarif").read_bytes())["runs"][0]["results"]
    assert {result["baselineState"] for result in results} == {"new", "unchanged"}


def test_formats_are_what_was_asked_for_and_an_unknown_one_is_told(auditor, tmp_path: Path) -> None:
    shown = auditor(GOOD, "--format", "xlsx,oscal").stdout
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"annex.xlsx", "oscal-ar.json"}
    assert "annex.xlsx" in shown and "oscal-ar.json" in shown
    wrong = auditor(GOOD, "--format", "html,docx")
    assert wrong.exit_code == 2 and "docx" in wrong.stderr


@pytest.mark.parametrize(
    ("wanted", "content", "why"),
    [
        ("20250101T00", None, "no stored run begins with"),
        ("known.json", None, "cannot be read"),
        ("known.json", b"{", "not JSON"),
        ("known.json", b'{"schema": "luytre/findings/9"}', "luytre/findings/9"),
        ("known.json", json_output.render_findings_as_json(factory.run(hosts=())), "contains none of these hosts"),
    ],
)
def test_a_baseline_that_is_none_is_told_before_the_audit(
    auditor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: str, content: bytes | None, why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path(wanted).write_bytes(content)
    with pytest.raises(InputError, match=why):
        auditor(BAD, "--baseline", wanted)
    assert not (tmp_path / "out/findings.json").exists()
    assert RunHistory().entries() == ()


def test_a_history_that_will_not_do_is_told_before_any_host_is_asked(auditor, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state/history.sqlite").write_text("no database")
    asked: list[str] = []
    with pytest.raises(InputError, match=r"history\.sqlite"):
        auditor(lambda: asked.append("hosts") or BAD)
    assert asked == []


def test_a_history_that_breaks_meanwhile_costs_no_report(auditor, tmp_path: Path) -> None:
    def answers() -> Run:
        RunHistory().path.write_text("no database")
        return BAD

    with pytest.raises(InputError, match=r"history\.sqlite"):
        auditor(answers, "--baseline", "last")
    findings = json.loads((tmp_path / "out/findings.json").read_bytes())
    assert findings["run"]["id"] == BAD.id and findings["verdict"]["code"] == 1
    assert (tmp_path / "out/report/index.html").exists()


def test_a_paper_on_no_control_is_told_before_any_host_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(INVENTORY, tmp_path / "i")
    (tmp_path / "i/office/waivers.yml").write_text(
        "- {id: GP-1, control: ssh.root_logn, scope: {hosts: [web1]}, reason: r, approver: a, granted: 2026-11-01,"
        " expires: 2027-03-31}\n"
    )
    monkeypatch.setattr("auditor.audit.run.collect", lambda *_arguments: pytest.fail("hosts were asked"))
    known = hosts.load_inventory(tmp_path / "i")
    with pytest.raises(InputError, match=r"waivers\.yml:1: GP-1: there is no control ssh\.root_logn"):
        audit.audit_hosts(known, NOTHING_KNOWN, factory.catalogue(), known.hosts)


ASKED = """
import json, sys
from auditor.audit import run
def collect(_inventory, _hosts, _watch, meanwhile):
    asked = list(sys.modules)
    meanwhile()
    sys.exit(json.dumps([asked, list(sys.modules)]))
run.collect = collect
from auditor.cli import main
main()
"""
JUDGING = ("jinja2", "auditor.facts", "auditor.audit.controls", "auditor.text.redact", "auditor.report.files")


def test_what_judges_is_imported_when_hosts_have_been_asked_and_before_they_answer(tmp_path: Path) -> None:
    copied = shutil.copytree(INVENTORY, tmp_path / "inventory")
    done = subprocess.run(
        [sys.executable, "-c", ASKED, "audit", "-i", copied, "--output", tmp_path / "out"],
        env={**os.environ, "LUYTRE_STATE": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        check=False,
    )
    asked, answered = json.loads(done.stderr)
    assert "auditor.fleet.runner" in asked
    assert [name for name in asked if name.startswith(JUDGING)] == []
    later = {*JUDGING, "auditor.audit.evaluate", "auditor.audit.waivers", "auditor.facts.web.nginx"}
    assert later <= set(answered)
