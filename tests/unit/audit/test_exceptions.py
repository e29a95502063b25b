"""What an office decided is all right, of every kind: in one listing and every report, and over when it is over."""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from selectolax.lexbor import LexborHTMLParser
from typer.testing import CliRunner

from auditor import cli
from auditor.audit import controls, exceptions, inventory_fit, waivers
from auditor.audit.assessors.assessment import AuditInput
from auditor.audit.assessors.scans import judge_sites_by_last_scans
from auditor.audit.judgement import judge_collected_facts
from auditor.compromise.known_good.manifest import ReleaseManifest
from auditor.content.host_facts import list_sites_authorized_for_probes
from auditor.errors import InputError
from auditor.history.known_good import KnownGoodStore
from auditor.history.prior_state import load_prior_state
from auditor.history.scans import ScanHistory
from auditor.inventory.hosts import load_inventory
from auditor.models import (
    Finding,
    HostOutcome,
    Inventory,
    PriorState,
    Run,
    Severity,
    Status,
    Subject,
    TraceAcceptance,
    clock,
)
from auditor.models.exceptions.record import ExceptionState
from auditor.report import json_output
from auditor.report.html.pages import iter_html_report_pages
from auditor.results.exceptions import count_exceptions_expiring_soon, list_exceptions_of_run
from auditor.text.translations import Words
from tests.unit import official
from tests.unit.audit.assessors.test_scans import EXACT, look

CATALOGUE = controls.load_catalogue()
TODAY = clock.today()
FIRST, LAST, AFTER = TODAY - datetime.timedelta(30), TODAY + datetime.timedelta(20), TODAY + datetime.timedelta(21)
ROLE = "Chánh Văn phòng"
HOSTS = """\
all:
  hosts:
    web1:
      ansible_host: 192.0.2.1
      luytre_accept: [ssh.password_auth]
      luytre_sites: [{domain: antruc.test}]
    web2: {ansible_host: 192.0.2.2, luytre_sites: [{domain: b.test}]}
"""
WAIVER = {
    **{"id": "12/QĐ", "control": "tls.hsts", "scope": {"hosts": ["web1"]}, "reason": "chờ <thay> máy"},
    **{"approver": ROLE, "granted": FIRST, "expires": LAST, "compensating": "chặn ở tường lửa"},
}
ATTESTATION = {
    **{"control": "backup.restore_tested", "scope": {"sites": ["antruc.test"]}, "who": "Công chức"},
    **{"when": FIRST, "valid_until": LAST, "evidence": "bien-ban.txt"},
}
AUTHORIZATION = {"document": "Quyết định số 9", "dated": FIRST, "expires": LAST, "scope": {"hosts": ["web1"]}}
STATEMENT = {
    **{"id": "31/TB", "vulnerability": "CVE-2026-12345", "product": "openssl", "scope": {"hosts": ["web1"]}},
    **{"status": "mitigated", "justification": "inline_mitigations_already_exist", "reason": "đã tắt mô-đun"},
    **{"approver": ROLE, "granted": FIRST, "expires": LAST},
}
FILES: dict[str, dict[str, Any]] = {
    "waivers": WAIVER,
    "attestations": ATTESTATION,
    "authorizations": AUTHORIZATION,
    "statements": STATEMENT,
}
KINDS = ["waiver", "attestation", "authorization", "statement", "accepted_trace", "accepted_risk", "known_good"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An inventory with an exception of each kind."""
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path / "state"))
    inventory = tmp_path / "inventory"
    (inventory / "office").mkdir(parents=True)
    (inventory / "hosts.yml").write_text(HOSTS)
    (inventory / "office/bien-ban.txt").write_text("đã khôi phục thử")
    for name, entry in FILES.items():
        (inventory / f"office/{name}.yml").write_text(yaml.safe_dump([entry], allow_unicode=True))
    acceptance = TraceAcceptance(
        site="antruc.test",
        key=EXACT.key,
        reason="trang của xã",
        approver=ROLE,
        granted=FIRST,
        until=LAST,
        second="Văn thư",
    )
    ScanHistory().store_trace_acceptance(str(inventory), acceptance)
    trusted = ReleaseManifest("cong", "1", "thư mục", {"index.php": "0" * 64}, "bản bàn giao", ROLE)
    KnownGoodStore().put((trusted, replace(trusted, version="2", reason="", approver="")))
    return inventory


def states(folder: Path, day: datetime.date = TODAY) -> dict[str, ExceptionState]:
    known = load_inventory(folder)
    there = exceptions.list_exceptions(known, load_prior_state(known.path), CATALOGUE, day)
    assert len({state.kind for state in there}) == len(there)
    return {state.kind: state for state in there}


def audited(folder: Path) -> Run:
    known = load_inventory(folder)
    outcomes = [HostOutcome(host=host.name, reached=False) for host in known.hosts]
    now = datetime.datetime.now(datetime.UTC)
    return judge_collected_facts(
        AuditInput(known, load_prior_state(known.path), CATALOGUE, known.hosts, {}, outcomes, now)
    )


def listed(folder: Path, *options: str) -> Any:
    command = ["exceptions", "list", "-i", str(folder), *options]
    result = CliRunner().invoke(cli.app, command, catch_exceptions=False, env={"COLUMNS": "400"})
    assert result.exit_code == 0
    return json.loads(result.stdout) if "--json" in options else result.stdout


def test_one_listing_has_every_kind_with_who_why_where_and_until_when(folder: Path) -> None:
    there = states(folder)
    assert set(there) == set(KINDS)
    told = {kind: (state.role, state.reason, state.covers, state.last_day) for kind, state in there.items()}
    assert told == {
        "waiver": (ROLE, "chờ <thay> máy", ("antruc.test",), LAST),
        "attestation": ("Công chức", "bien-ban.txt", ("antruc.test",), LAST),
        "authorization": ("", "Quyết định số 9", ("antruc.test",), LAST),
        "statement": (ROLE, "đã tắt mô-đun", ("web1",), LAST),
        "accepted_trace": (ROLE, "trang của xã", ("antruc.test",), LAST),
        "accepted_risk": ("", "", ("web1",), None),
        "known_good": (ROLE, "bản bàn giao", (), None),
    }
    assert {kind for kind, state in there.items() if state.validity == "expiring"} == set(KINDS[:5])
    assert there["known_good"].name == "cong 1", "what came from a release is nobody's exception"


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_command_lists_each_in_both_languages(folder: Path, lang: str) -> None:
    table, words = listed(folder, "--lang", lang), Words(lang)  # type: ignore[arg-type]
    for kind in KINDS:
        assert words(f"exceptions.kind.{kind}") in table
    assert {entry["kind"] for entry in listed(folder, "--json")} == set(KINDS)


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        (["--kind", "waiver", "--kind", "statement"], ["waiver", "statement"]),
        (["--host", "web2"], ["known_good"]),
        (["--site", "antruc.test"], KINDS),
        (["--site", "b.test"], ["known_good"]),
        (["--expires-within", "20"], KINDS[:5]),
        (["--expires-within", "19"], []),
        (["--in-force"], KINDS),
    ],
)
def test_the_listing_is_filtered(folder: Path, options: list[str], kinds: list[str]) -> None:
    assert {entry["kind"] for entry in listed(folder, "--json", *options)} == set(kinds)


@pytest.mark.parametrize("option", ["--kind", "--host", "--site"])
def test_a_filter_that_names_nothing_is_a_mistake(folder: Path, option: str) -> None:
    with pytest.raises(InputError, match=rf"{option}: there is no wavier"):
        listed(folder, option, "wavier")


def test_reports_list_what_is_in_force_and_what_expires_within_30_days(folder: Path) -> None:
    run = audited(folder)
    assert count_exceptions_expiring_soon(list_exceptions_of_run(run)) == 5
    document = json.loads(json_output.render_findings_as_json(run))
    assert {entry["kind"] for entry in document["exceptions"]} == set(KINDS)
    page = LexborHTMLParser(dict(iter_html_report_pages(run, CATALOGUE, lang="vi"))["index.html"])
    entries = [" ".join(node.text(separator=" ").split()) for node in page.css(".papers > li")]
    assert len(entries) == len(KINDS)
    assert [node.text(strip=True) for node in page.css(".lapsing")] == ["5 ngoại lệ hết hạn trong 30 ngày tới"]
    for kind in KINDS:
        (entry,) = [one for one in entries if Words("vi")(f"exceptions.kind.{kind}") in one]
        assert states(folder)[kind].reason in entry and states(folder)[kind].role in entry


def test_an_official_report_lists_them_without_naming_a_server(folder: Path) -> None:
    noted = audited(folder).exceptions
    run = official.factory.run(started=official.NOW).model_copy(update={"exceptions": noted})
    (annex,) = [one for one in official.document("xa-an-truc", run=run).annexes if one.key == "waivers"]
    words = Words("vi")
    for kind in KINDS[1:]:
        (row,) = [row for row in annex.rows if row[2].startswith(words(f"exceptions.kind.{kind}"))]
        assert "web1" not in " ".join(row)
        ends = words("official.waiver.expiring", day=words.format_date(LAST)) if kind in KINDS[:5] else None
        assert row[7] == (ends or words("baseline.no_end"))
        assert kind in ("authorization", "accepted_risk") or row[6] != "–"


def in_force(folder: Path, day: datetime.date) -> set[str]:
    """The kinds that make something all right, by whoever goes by them."""
    known: Inventory = load_inventory(folder)
    prior_state: PriorState = load_prior_state(known.path)
    found = [
        Finding(
            control=control,
            subject=Subject(kind="site", id="antruc.test"),
            host="web1",
            status=status,
            severity=Severity.LOW,
        )
        for control, status in (("tls.hsts", Status.FAIL), ("backup.restore_tested", Status.MANUAL))
    ]
    marked = waivers.mark_findings_covered_by_papers(known, CATALOGUE, known.hosts, found, day)
    now = datetime.datetime.combine(day, datetime.time(12), datetime.UTC)
    judged = judge_sites_by_last_scans(CATALOGUE, known.hosts, [look(EXACT)], prior_state.acceptances, now)
    return {
        kind
        for kind, holds in {
            "waiver": any(one.bucket == "waived" for one in marked.findings),
            "attestation": any(one.bucket == "attested" for one in marked.findings),
            "authorization": bool(list_sites_authorized_for_probes(known, day)),
            "statement": bool(exceptions.group_statements_in_force_by_host(known, day)),
            "accepted_trace": bool(judged.reviews[0].accepted),
        }.items()
        if holds
    }


def test_an_expired_one_is_in_force_nowhere(folder: Path) -> None:
    assert in_force(folder, TODAY) == in_force(folder, LAST) == set(KINDS[:5])
    assert in_force(folder, AFTER) == set()
    assert {kind for kind, state in states(folder, AFTER).items() if state.is_in_force} == set(KINDS[5:])
    assert {kind for kind, state in states(folder, AFTER).items() if state.validity == "expired"} == set(KINDS[:5])


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("change", "line", "why"),
    [
        ({"scope": {"hosts": ["web9"]}}, "scope:", "web9 is not among the inventory's hosts"),
        ({"scope": {}}, "scope:", "scope is empty"),
        ({"expires": FIRST - datetime.timedelta(1)}, "expires:", "is before"),
        ({"colour": "xanh"}, "", "colour"),
    ],
)
def test_a_mistake_in_each_file_is_named_with_file_line_and_fix(
    folder: Path, name: str, change: dict[str, Any], line: str, why: str
) -> None:
    change = {
        "valid_until" if name == "attestations" and key == "expires" else key: value for key, value in change.items()
    }
    text = yaml.safe_dump([{**FILES[name], **change}], allow_unicode=True)
    (folder / f"office/{name}.yml").write_text(text)
    with pytest.raises(InputError, match=re.escape(why)) as caught:
        inventory_fit.read_and_check_inventory(folder, CATALOGUE)
    assert caught.value.file == folder / f"office/{name}.yml" and caught.value.mend
    written = text.splitlines()[(caught.value.line or 0) - 1]
    assert caught.value.line and (not line or next(iter(change)) in written or "web9" in written)


def test_a_risk_that_is_accepted_for_many_hosts_is_one_exception(folder: Path) -> None:
    host = next(host for host in load_inventory(folder).hosts if host.accept)
    other = host.model_copy(update={"name": "web2", "accept": ("ssh.password_auth", "ssh.root_login")})
    found = exceptions.list_accepted_risks([host, other])
    assert [(terms.name, terms.places) for terms in found] == [
        ("ssh.password_auth", ("web1", "web2")),
        ("ssh.root_login", ("web2",)),
    ]


def test_a_mistake_in_an_accepted_risk_is_named_with_file_line_and_fix(folder: Path) -> None:
    (folder / "hosts.yml").write_text(HOSTS.replace("ssh.password_auth", "ssh.pasword_auth"))
    with pytest.raises(InputError, match=r"hosts\.yml:5: host web1: luytre_accept: 'ssh\.pasword_auth'"):
        inventory_fit.read_and_check_inventory(folder, CATALOGUE)


def test_a_run_that_did_not_note_them_still_lists_its_waivers(folder: Path) -> None:
    older = audited(folder).model_copy(update={"exceptions": None})
    assert {state.kind for state in list_exceptions_of_run(older)} == {"waiver", "authorization"}
