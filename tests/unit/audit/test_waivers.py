"""What waivers and attestations make of a run, from the files an office writes to the exit code."""

from __future__ import annotations

import datetime
import json
import re
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from rich.console import Console
from selectolax.lexbor import LexborHTMLParser
from typer.testing import CliRunner, Result

from auditor import cli
from auditor.audit import controls, inventory_fit, waivers
from auditor.audit.controls import Catalogue
from auditor.commands.output import exceptions
from auditor.errors import InputError
from auditor.hardening import plan
from auditor.inventory import hosts as inventory
from auditor.models import Finding, Inventory, Lang, Run, Severity, Status, Subject, clock
from auditor.report import json_output, junit
from auditor.report.html import pages as html
from auditor.results import verdict
from auditor.results.by_control import list_work
from auditor.results.compare import compare_findings_by_control_and_subject
from auditor.results.summary import summarize_run
from auditor.results.trend import make_trend_point
from auditor.system import resources
from auditor.text.translations import Words
from tests.unit.audit.test_evaluate import control
from tests.unit.hardening.test_plan import STARTED, facts

ORGANISATION = """\
name: UBND tỉnh Thử
units:
  - {id: tinh, name: UBND tỉnh Thử}
  - {id: xa, name: UBND xã Thử, parent: tinh}
  - {id: phuong, name: UBND phường Thử, parent: tinh}
"""
HOSTS = """\
all:
  hosts:
    a:
      luytre_unit: xa
      luytre_sites: [{domain: a.test, unit: xa}]
    b:
      luytre_unit: phuong
      luytre_sites: [{domain: b.test}]
"""
FIX = {"touches": ["/etc/x"]}
CATALOGUE = Catalogue(
    controls=(
        control("x.host", that="true", fix=FIX),
        control("x.site", that="true", subject="site", fix=FIX),
        control("x.other", that="true", fix=FIX, severity="low"),
        control("x.grave", that="true", severity="critical"),
        control("x.asked", manual=True),
        control("x.asked_of_a_site", manual=True, subject="site"),
        *controls.read_controls_file(resources.get_roles_folder() / "office/controls.yml"),
    )
)
TABLE = yaml.safe_load((Path(__file__).parents[1] / "fixtures/waivers/truth_table.yml").read_text("utf-8"))
TODAY: datetime.date = TABLE["today"]
NAMES = {"host": ("hosts", "a", "b"), "site": ("sites", "a.test", "b.test")}


def folder(tmp_path: Path, waivers: Any = None, attestations: Any = None) -> Path:
    papers = tmp_path / "office"
    papers.mkdir()
    (tmp_path / "hosts.yml").write_text(HOSTS, "utf-8")
    (papers / "organisation.yml").write_text(ORGANISATION, "utf-8")
    (papers / "bien-ban.txt").write_text("đã thử khôi phục\n", "utf-8")
    for name, entries in (("waivers.yml", waivers), ("attestations.yml", attestations)):
        if entries is not None:
            text = entries if isinstance(entries, str) else yaml.safe_dump(entries, allow_unicode=True)
            (papers / name).write_text(text, "utf-8")
    return tmp_path


def waiver(number: int = 1, **more: Any) -> dict[str, Any]:
    base = {
        "id": f"{number}/QĐ-UBND",
        "control": "x.host",
        "scope": {"hosts": ["a"]},
        "reason": "Chờ thay máy",
        "approver": "Chủ tịch UBND xã",
        "granted": datetime.date(2026, 6, 1),
        "expires": datetime.date(2026, 12, 31),
    }
    return {**base, **more}


def attestation(**more: Any) -> dict[str, Any]:
    base = {
        "control": "x.asked",
        "scope": {"hosts": ["a"]},
        "who": "Công chức văn phòng",
        "when": datetime.date(2026, 6, 1),
        "valid_until": datetime.date(2026, 12, 31),
        "evidence": "bien-ban.txt",
    }
    return {**base, **more}


def finding(
    control_id: str, status: Status = Status.FAIL, host: str = "a", severity: Severity = Severity.HIGH
) -> Finding:
    kind = CATALOGUE[control_id].subject
    subject = Subject(kind=kind, id=host if kind == "host" else f"{host}.test")
    return Finding(control=control_id, subject=subject, host=host, status=status, severity=severity)


def run_of(known: Inventory, *findings: Finding, today: datetime.date = TODAY, limit: str | None = None) -> Run:
    inventory_fit.check_controls_of_papers(known, CATALOGUE)
    hosts = tuple(host for host in known.hosts if limit in (None, host.name))
    marked = waivers.mark_findings_covered_by_papers(known, CATALOGUE, hosts, findings, today)
    return Run(
        id="r",
        started=STARTED,
        seconds=1,
        version="0",
        inventory=known.path,
        hosts=hosts,
        outcomes=(),
        findings=marked.findings,
        organisation=known.organisation,
        waivers=marked.waivers,
    )


def _scope(scope: dict[str, Any], kind: str) -> dict[str, Any]:
    plural, a, b = NAMES[kind]
    return {plural if key == "kind" else key: [name.format(a=a, b=b) for name in names] for key, names in scope.items()}


@pytest.mark.parametrize("kind", ["host", "site"])
@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: case["case"])
def test_the_truth_table(tmp_path: Path, case: dict[str, Any], kind: str) -> None:
    entries = [
        waiver(**{"number": n, "control": f"x.{kind}", **entry, "scope": _scope(entry["scope"], kind)})
        for n, entry in enumerate(case["waivers"])
    ]
    known = inventory.load_inventory(folder(tmp_path, entries))
    assert set(case["table"]) == {status.value for status in Status}
    for status, (bucket, planned, code) in case["table"].items():
        run = run_of(known, finding(f"x.{kind}", Status(status)), limit="a")
        found, *papers = run.findings
        assert (found.status, found.bucket) == (status, bucket)
        made = plan.make_hardening_plan(CATALOGUE, run, {"a": facts()})
        assert (not made.has_no_changes_to_make) is planned, status
        assert verdict.judge_run_for_exit_code(run, CATALOGUE, Severity.HIGH).code == code, status
        judged = next(f for f in papers if f.subject == found.subject)
        assert judged.status == case["papers"], status
        if bucket == "waived":
            assert found.waiver is not None
            assert found.waiver.model_dump(include={"validity", "days_left", "compensating"}) == case["holds"]
        else:
            assert found.waiver is None
        counts = summarize_run(run).totals
        assert counts.waived == (bucket == "waived")
        assert counts.open_total == (bucket in ("partial", "fail")) + (case["papers"] == "fail")
        assert make_trend_point(run).waived == counts.waived
        assert {item.control.id for item in list_work(run, CATALOGUE)} == (
            ({f"x.{kind}"} if planned else set()) | ({f"office.{kind}_waivers"} if case["papers"] == "fail" else set())
        )


def test_a_waiver_holds_for_its_own_control_alone(tmp_path: Path) -> None:
    known = inventory.load_inventory(folder(tmp_path, [waiver(control="x.other")]))
    assert run_of(known, finding("x.host")).findings[0].bucket == "fail"


def test_a_run_exits_1_on_the_day_after_the_waiver_s_last(tmp_path: Path) -> None:
    known = inventory.load_inventory(folder(tmp_path, [waiver(expires=TODAY)]))
    codes = [
        verdict.judge_run_for_exit_code(run_of(known, finding("x.host"), today=day), CATALOGUE, Severity.HIGH).code
        for day in (TODAY, TODAY + datetime.timedelta(days=1))
    ]
    assert codes == [0, 1]


@pytest.mark.parametrize(
    ("waived", "severity"),
    [("x.other", Severity.HIGH), ("x.host", Severity.HIGH), ("x.grave", Severity.CRITICAL)],
)
def test_an_expired_waiver_is_as_grave_as_what_it_waived_and_high_at_least(
    tmp_path: Path, waived: str, severity: Severity
) -> None:
    known = inventory.load_inventory(folder(tmp_path, [waiver(control=waived, expires=datetime.date(2026, 11, 1))]))
    run = run_of(known, finding(waived, Status.PASS))
    (expired,) = [f for f in run.findings if f.is_open]
    assert (expired.control, expired.subject.id, expired.severity) == ("office.host_waivers", "a", severity)
    assert expired.violations == (
        {"waiver": "1/QĐ-UBND", "control": waived, "expires": "2026-11-01", "days_left": -23},
    )


def test_an_expired_waiver_is_a_finding_on_a_host_that_cannot_be_read(tmp_path: Path) -> None:
    known = inventory.load_inventory(folder(tmp_path, [waiver(expires=datetime.date(2026, 11, 1))]))
    run = run_of(known, finding("x.host", Status.NOT_EVALUATED))
    assert [f.control for f in run.findings if f.is_open] == ["office.host_waivers"]


def test_each_waiver_says_what_it_is_used_for(tmp_path: Path) -> None:
    entries = [
        waiver(1),
        waiver(2, scope={"hosts": ["b"]}),
        waiver(3, control="x.site", scope={"units": ["tinh"]}),
        waiver(4, control="x.grave", granted=datetime.date(2026, 12, 1)),
        waiver(5, control="x.other", expires=datetime.date(2026, 12, 2)),
    ]
    known = inventory.load_inventory(folder(tmp_path, entries))
    run = run_of(
        known,
        finding("x.host"),
        finding("x.host", Status.PASS, host="b"),
        finding("x.site", Status.NOT_EVALUATED),
        finding("x.site", Status.NOT_APPLICABLE, host="b"),
        finding("x.grave"),
    )
    assert [
        (use.waiver.id[0], use.waived, use.open, use.not_evaluated, use.met, use.is_unused) for use in run.waivers
    ] == [
        ("1", 1, 0, 0, 0, False),
        ("2", 0, 0, 0, 1, True),
        ("3", 0, 0, 1, 1, False),
        ("4", 0, 1, 0, 0, False),
    ], "and nothing of number 5, since nothing in its scope was looked at"


@pytest.mark.parametrize(
    ("begins", "ends", "bucket", "validity", "days_left"),
    [
        ("2026-06-01", "2026-12-31", "attested", "active", 37),
        ("2026-06-01", "2026-11-24", "attested", "expiring", 0),
        ("2026-06-01", "2026-11-23", "manual", "expired", -1),
        ("2026-11-25", "2027-01-01", "manual", None, None),
    ],
)
@pytest.mark.parametrize("control_id", ["x.asked", "x.asked_of_a_site"])
def test_an_attestation_answers_while_it_is_valid(
    tmp_path: Path, control_id: str, begins: str, ends: str, bucket: str, validity: str | None, days_left: int | None
) -> None:
    paper = attestation(control=control_id, when=begins, valid_until=ends)
    known = inventory.load_inventory(folder(tmp_path, attestations=[paper]))
    run = run_of(known, finding(control_id, Status.MANUAL))
    found = run.findings[0]
    assert (found.status, found.bucket) == (Status.MANUAL, bucket)
    told = found.attestation
    assert (told.validity, told.days_left) == (validity, days_left) if told else validity is None
    if told is not None:
        assert told.sha256 == "19553bd02fcf741c7b73ffe70b101064e4268d891c0c783b496eda56e3f152a5"
    counts = summarize_run(run).totals
    assert (counts.attested, counts.unanswered) == ((1, 0) if bucket == "attested" else (0, 1))
    assert verdict.judge_run_for_exit_code(run, CATALOGUE, Severity.LOW).code == 0


def test_an_attestation_may_say_what_is_done_instead(tmp_path: Path) -> None:
    paper = attestation(compensating="Sao chép <hằng ngày> sang máy khác")
    known = inventory.load_inventory(folder(tmp_path, attestations=[paper]))
    run = run_of(known, finding("x.asked", Status.MANUAL))
    (answered,) = [one for one in run.findings if one.control == "x.asked"]
    assert answered.attestation is not None
    assert answered.attestation.compensating == paper["compensating"]
    made = dict(html.iter_html_report_pages(run, CATALOGUE, "vi"))
    assert "Tương đương" in texts(made["index.html"], ".papers > li")[0]
    assert "Biện pháp thay thế Sao chép <hằng ngày> sang máy khác" in texts(made["hosts/a.html"], ".fold.attested")[0]


def test_an_attestation_answers_nothing_but_a_manual_finding(tmp_path: Path) -> None:
    known = inventory.load_inventory(folder(tmp_path, attestations=[attestation()]))
    assert run_of(known, finding("x.asked", Status.NOT_EVALUATED)).findings[0].bucket == "not_evaluated"


def test_before_and_after_tell_a_waiver_from_a_mended_fault(tmp_path: Path) -> None:
    known = inventory.load_inventory(folder(tmp_path, [waiver()]))
    bare = known.model_copy(update={"waivers": ()})
    (open_, _, _), (waived, _, _) = (run_of(of, finding("x.host")).findings[:3] for of in (bare, known))
    passed = finding("x.host", Status.PASS)
    changes = {
        name: {
            change
            for change, found in compare_findings_by_control_and_subject([before], [after]).changes.items()
            if found
        }
        for name, before, after in (
            ("waived now", open_, waived),
            ("waived still", waived, waived),
            ("no longer waived", waived, open_),
            ("mended", waived, passed),
        )
    }
    assert changes == {
        "waived now": {"waived"},
        "waived still": set(),
        "no longer waived": {"still"},
        "mended": {"fixed"},
    }


def test_findings_json_and_junit_tell_of_the_waiver(tmp_path: Path) -> None:
    known = inventory.load_inventory(folder(tmp_path, [waiver(reason="chờ <thay> máy")], [attestation()]))
    run = run_of(known, finding("x.host"), finding("x.asked", Status.MANUAL))
    document = json.loads(json_output.render_findings_as_json(run))
    assert document["findings"][0]["status"] == "fail"
    assert document["findings"][0]["waiver"]["expires"] == "2026-12-31"
    assert document["waivers"][0]["waived"] == 1
    assert document["findings"][1]["attestation"]["who"] == "Công chức văn phòng"
    suite = ElementTree.fromstring(junit.render_findings_as_junit_xml(run, CATALOGUE, "vi"))
    assert (suite.get("failures"), suite.get("errors")) == ("0", "0")
    said = [skipped.get("message") for skipped in suite.iter("skipped")][:2]
    assert said == [
        "Được miễn trừ đến 31/12/2026 (1/QĐ-UBND): chờ <thay> máy",
        "Đã xác nhận, có giá trị đến 31/12/2026",
    ]


WAIVER = """\
- id: 1/QĐ
  control: x.host
  scope:
    hosts: [a]
  reason: Chờ thay máy
  approver: Chủ tịch UBND xã
  granted: 2026-06-01
  expires: 2026-12-31
"""
ATTESTATION = """\
- control: x.asked
  scope: {hosts: [a]}
  who: Công chức văn phòng
  when: 2026-06-01
  valid_until: 2026-12-31
  evidence: bien-ban.txt
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("x.host", "x.hots", 2, "there is no control x.hots"),
        ("x.host", "x.asked", 2, "only a person can confirm"),
        ("x.host", "office.host_waivers", 2, "cannot be waived"),
        ("hosts: [a]", "hosts: [a, c]", 4, "c is not among the inventory's hosts"),
        ("hosts: [a]", "sites: [c.test]", 4, "c.test is not among the inventory's sites"),
        ("hosts: [a]", "units: [huyen]", 4, "huyen is not among the inventory's units"),
        ("hosts: [a]", "sites: [a.test]", 4, "to a host, not to a site"),
        ("hosts: [a]", "hosts: []", 3, "scope is empty"),
        ("hosts: [a]", "host: [a]", 4, "host"),
        ("Chủ tịch UBND xã", "nguyen@xa.test", 6, "not of a person"),
        ("2026-12-31", "2026-05-31", 8, "before granted"),
        ("2026-12-31", "2027-06-03", 8, "longer than a year"),
        ("2026-12-31", "2026-11-31", 8, "expires"),
        ("2026-12-31", "mai sau", 8, "expires"),
        ("  reason: Chờ thay máy\n", "", 1, "reason"),
        ("  reason: Chờ thay máy\n", "  reason: ''\n", 5, "reason"),
        ("  reason", "  compensation: x\n  reason", 5, "compensation"),
        ("1/QĐ", "'a b'", 1, "id"),
        (WAIVER, WAIVER + WAIVER, 9, "two waivers have this ID"),
        (WAIVER, "id: 1\n", 1, "must be a list"),
        (WAIVER, "- 1/QĐ\n", 1, "not a mapping"),
    ],
)
def test_a_mistake_in_a_waiver_names_file_line_and_mend(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    assert old in WAIVER
    with pytest.raises(InputError) as caught:
        inventory_fit.check_controls_of_papers(
            inventory.load_inventory(folder(tmp_path, WAIVER.replace(old, new))), CATALOGUE
        )
    assert words in caught.value.what
    assert (caught.value.file, caught.value.line) == (tmp_path / "office/waivers.yml", line)
    assert caught.value.mend


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("x.asked", "x.host", 1, "the audit"),
        ("x.asked", "x.ask", 1, "there is no control x.ask"),
        ("hosts: [a]", "sites: [a.test]", 2, "to a host, not to a site"),
        ("Công chức văn phòng", "a@b.test", 3, "not of a person"),
        ("valid_until: 2026-12-31", "valid_until: 2026-05-31", 5, "before when"),
        ("bien-ban.txt", "mat.txt", 6, "cannot be read"),
        ("bien-ban.txt", "../hosts.yml", 6, "outside the office folder"),
        ("bien-ban.txt", "/etc/hostname", 6, "outside the office folder"),
        ("bien-ban.txt", ".", 6, "cannot be read"),
        ("  evidence: bien-ban.txt\n", "", 1, "has no evidence file"),
        ("bien-ban.txt\n", f"bien-ban.txt\n  sha256: {'f' * 64}\n", 7, "changed since it was attested"),
    ],
)
def test_a_mistake_in_an_attestation_names_file_line_and_mend(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    assert old in ATTESTATION
    with pytest.raises(InputError) as caught:
        inventory_fit.check_controls_of_papers(
            inventory.load_inventory(folder(tmp_path, attestations=ATTESTATION.replace(old, new))), CATALOGUE
        )
    assert words in caught.value.what
    assert (caught.value.file, caught.value.line) == (tmp_path / "office/attestations.yml", line)
    assert caught.value.mend


def test_evidence_is_followed_through_no_link_out_of_the_folder(tmp_path: Path) -> None:
    path = folder(tmp_path, attestations=ATTESTATION.replace("bien-ban.txt", "lien-ket.txt"))
    (path / "office/lien-ket.txt").symlink_to("/etc/hostname")
    with pytest.raises(InputError, match="outside the office folder"):
        inventory.load_inventory(path)


@pytest.mark.parametrize("name", ["waivers.yml", "attestations.yml"])
def test_the_examples_are_sound_once_taken_into_use(tmp_path: Path, name: str) -> None:
    path = tmp_path / "example"
    shutil.copytree(resources.get_shipped_inventories_folder() / "example", path)
    file = path / "office" / name
    file.write_text(re.sub(r"^# ((- | {2,})\S.*)$", r"\1", file.read_text("utf-8"), flags=re.MULTILINE), "utf-8")
    evidence = path / "office/bien-ban/khoi-phuc-2026-11.pdf"
    evidence.parent.mkdir()
    evidence.write_bytes(b"%PDF-1.7")
    known = inventory.load_inventory(path)
    inventory_fit.check_controls_of_papers(known, controls.load_catalogue())
    assert len(known.waivers if name == "waivers.yml" else known.attestations) == 1


def pages(tmp_path: Path, lang: Lang) -> dict[str, str]:
    entries = [
        waiver(1, reason="chờ <thay> máy", compensating="Chặn ở tường lửa"),
        waiver(2, control="x.site", scope={"units": ["tinh"]}, expires=datetime.date(2026, 12, 5)),
        waiver(3, control="x.grave", expires=datetime.date(2026, 11, 1)),
        waiver(4, control="x.other", scope={"hosts": ["b"]}),
    ]
    old = attestation(control="x.asked_of_a_site", valid_until=datetime.date(2026, 11, 1))
    known = inventory.load_inventory(folder(tmp_path, entries, [attestation(), old]))
    run = run_of(
        known,
        finding("x.host"),
        finding("x.site", Status.PARTIAL),
        finding("x.grave"),
        finding("x.other", Status.PASS, host="b"),
        finding("x.asked", Status.MANUAL),
        finding("x.asked_of_a_site", Status.MANUAL),
    )
    return dict(html.iter_html_report_pages(run, CATALOGUE, lang))


def texts(page: str, selector: str) -> list[str]:
    return [" ".join(node.text(separator=" ").split()) for node in LexborHTMLParser(page).css(selector)]


def test_the_fleet_s_page_lists_the_papers_what_is_over_first(tmp_path: Path) -> None:
    page = pages(tmp_path, "vi")["index.html"]
    assert texts(page, ".papers .paper") == [
        "hết hạn 23 ngày trước",
        "hết hạn 23 ngày trước",
        "còn 11 ngày",
        "còn 37 ngày",
        "còn 37 ngày",
        "còn 37 ngày",
    ]
    assert texts(page, ".lapsing") == ["1 ngoại lệ hết hạn trong 30 ngày tới"]
    assert "2 điểm đang được miễn trừ" in page
    assert "Không còn điểm nào cần miễn" in texts(page, ".papers > li")[3]
    assert "chờ &lt;thay&gt; máy" in page
    assert "UBND tỉnh Thử" in texts(page, ".papers > li")[2]


@pytest.mark.parametrize(
    ("lang", "until"), [("vi", "Được miễn trừ đến 31/12/2026"), ("en", "Waived until 31 Dec 2026")]
)
def test_a_host_s_page_shows_what_is_waived_apart_from_what_is_open(tmp_path: Path, lang: Lang, until: str) -> None:
    page = pages(tmp_path, lang)["hosts/a.html"]
    (waived,) = texts(page, "section[aria-labelledby=waived]")
    assert until in waived and "chờ <thay> máy" in waived and "Chặn ở tường lửa" in waived
    assert "auditor harden" not in waived
    assert texts(page, "section[aria-labelledby=own] .id code") == ["office.host_waivers", "x.grave"]
    assert "bien-ban.txt" in texts(page, ".fold.attested")[0]


def test_a_site_s_page_says_which_waiver_is_the_host_s_and_which_attestation_is_over(tmp_path: Path) -> None:
    page = pages(tmp_path, "vi")["sites/a.test.html"]
    tags = [texts(node.html or "", ".tag") for node in LexborHTMLParser(page).css("#waived ~ ul > li")]
    assert tags == [
        ["Được miễn trừ đến 31/12/2026", "Tương đương", "máy chủ a"],
        ["Được miễn trừ đến 05/12/2026"],
    ]
    assert "Lời xác nhận đã hết hạn ngày 01/11/2026" in texts(page, ".fold.manual")[0]


def auditor(*arguments: str, exit_code: int = 0) -> Result:
    result = CliRunner().invoke(cli.app, ["waivers", *arguments], catch_exceptions=False)
    assert result.exit_code == exit_code, result.output
    return result


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """An inventory whose waivers hold from 2020 and some of them for ever, as far as a test may live."""
    past, future = datetime.date(2020, 1, 1), clock.today() + datetime.timedelta(days=9)
    entries = [
        waiver(1, control="tls.hsts", scope={"units": ["tinh"]}, granted=past, expires=datetime.date(2020, 6, 1)),
        waiver(2, control="ssh.root_login", granted=future - datetime.timedelta(days=99), expires=future),
    ]
    return folder(tmp_path, entries)


def test_list_shows_where_each_paper_stands_and_what_it_covers(kept: Path) -> None:
    head, first, second = auditor("list", "-i", str(kept), "--lang", "en").stdout.splitlines()
    assert head.split()[:3] == ["Validity", "Left", "Document"]
    assert first.startswith("expired") and "1/QĐ-UBND" in first and "a.test, b.test" in first
    assert second.startswith("about to expire") and "ssh.root_login" in second
    listed = json.loads(auditor("list", "-i", str(kept), "--json").stdout)
    assert [(paper["kind"], paper["validity"], paper["covers"]) for paper in listed] == [
        ("waiver", "expired", ["a.test", "b.test"]),
        ("waiver", "expiring", ["a"]),
    ]


def test_check_fails_when_something_has_expired(kept: Path) -> None:
    checked = auditor("check", "-i", str(kept), exit_code=1)
    assert checked.stdout == "2 miễn trừ, 0 lời xác nhận\n"
    (kept / "office/waivers.yml").write_text("", "utf-8")
    assert auditor("check", "-i", str(kept), "--lang", "en").stdout == "0 waivers, 0 attestations\n"


def test_the_terminal_warns_of_papers_that_end_and_of_those_that_nothing_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [
        waiver(1, expires=datetime.date(2026, 12, 5)),
        waiver(2, control="x.other"),
        waiver(3, control="x.grave"),
    ]
    known = inventory.load_inventory(folder(tmp_path, entries, [attestation(valid_until=TODAY)]))
    run = run_of(
        known,
        finding("x.host"),
        finding("x.other", Status.PASS),
        finding("x.grave"),
        finding("x.asked", Status.MANUAL),
    )
    monkeypatch.setattr(exceptions, "err", Console(width=200, highlight=False, stderr=True))
    exceptions.show_waivers_and_attestations(run, summarize_run(run), Words("en"), Console(width=200, highlight=False))
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        "2 findings are currently waived and not counted above.",
        "1 requirement is confirmed by a person.",
    ]
    assert shown.err.splitlines() == [
        "1/QĐ-UBND: x.host: 11 days left",
        "2/QĐ-UBND: x.other: 37 days left, Nothing is left to waive: delete this waiver.",
        "x.asked: a: last day today",
    ]


def test_without_papers_an_inventory_has_none(tmp_path: Path) -> None:
    known = inventory.load_inventory(folder(tmp_path, "---\n# not yet\n"))
    assert (known.waivers, known.attestations) == ((), ())
