"""What the pages beside the overview say: controls, frameworks, changes, months, pages of long lists."""

from dataclasses import replace
from datetime import date

import pytest
from selectolax.lexbor import LexborHTMLParser

from auditor.audit.frameworks.assessment import Result
from auditor.models import (
    AppliedWaiver,
    ExceptionScope,
    ExcludedHost,
    Hardening,
    Host,
    HostHardening,
    HostOutcome,
    NotDone,
    Severity,
    Site,
    Status,
    Subject,
    Text,
    Waiver,
    WaiverUse,
)
from auditor.report.html import pages as html
from auditor.report.html.chart import stack_severity_counts_on_bar
from auditor.report.html.pagination import split_list_into_pages
from auditor.results.by_clause import assess_frameworks
from auditor.results.by_control import build_control_results
from auditor.results.compare import build_matrix, compare_runs
from auditor.results.trend import (
    complete_trend_point_from_earlier_ones,
    make_trend_point,
    select_last_trend_point_of_each_month,
)
from tests import factory

CATALOGUE = factory.catalogue()
BEFORE = factory.run(started="2026-11-23T08:21:00+07:00", run_id="before")


def pages(run, **options):
    return {path: LexborHTMLParser(text) for path, text in html.iter_html_report_pages(run, CATALOGUE, "en", **options)}


def rows(page, selector):
    return [" ".join(row.text(separator=" ").split()) for row in page.css(selector)]


def many(sites):
    hosts = tuple(
        Host(name=f"h{n}", address="10.0.0.1", sites=(Site(domain=f"s{n}.test", host=f"h{n}"),)) for n in range(sites)
    )
    outcomes = tuple(HostOutcome(host=host.name, reached=True, seconds=1.4) for host in hosts)
    return factory.run(hosts=()).model_copy(update={"hosts": hosts, "outcomes": outcomes})


def test_a_control_s_page_names_everybody_who_fails_it_with_the_evidence():
    run = factory.run()
    page = pages(run)["controls/ssh.root_by_password.html"]
    told = rows(page, "#who tbody tr")
    assert [row.split()[0] for row in told] == ["web1", "web2", "web3"]
    assert all("ssh.effective.permitrootlogin = yes" in row for row in told)
    assert "Open on 3 of 3 hosts." in page.css_first(".verdict").text()
    assert "auditor harden -i inventories/lab" in page.css_first(".command").text()
    assert page.css_first("#who a").attributes["href"] == "../hosts/web1.html#ssh.root_by_password"


def test_controls_come_in_the_order_in_which_they_matter():
    results = build_control_results(factory.run().findings, CATALOGUE)
    is_open = [bool(result.open) for result in results]
    assert is_open == sorted(is_open, reverse=True) and True in is_open and False in is_open
    ranks = [result.severity.rank for result in results if result.open]
    assert ranks == sorted(ranks, reverse=True)
    assert sum(len(result.open) for result in results) == sum(finding.is_open for finding in factory.run().findings)


def test_what_could_not_be_evaluated_is_told_host_by_host_the_unread_first():
    page = pages(factory.run(unreachable=["web3"]))["unevaluated.html"]
    assert rows(page, "h2 a")[0] == "web3"
    unread = rows(page, "section")[0]
    assert "the SSH port refuses" in unread and "dongvau.test" in unread
    assert "This host could not be read: 124 controls have no result." in unread
    assert "mysqladmin: connect to server failed" in rows(page, "section")[1]


def test_the_matrix_counts_every_change_once():
    run = factory.run(hardened=True, unreachable=["web3"])
    comparison = compare_runs(BEFORE, run)
    table = build_matrix(comparison)
    assert table.changes == ("regressed", "new", "still", "fixed", "unknown")
    for change in table.changes:
        assert sum(table.rows[severity][change] for severity in Severity) == table.totals[change]
    open_before = sum(finding.is_open for finding in BEFORE.findings)
    assert table.totals["still"] + table.totals["fixed"] + table.totals["unknown"] == open_before
    page = pages(run, before=BEFORE)["changes.html"]
    assert rows(page, ".matrix tfoot td")[3] == str(table.totals["fixed"])
    assert len(page.css("#fixed-rows > li")) == table.totals["fixed"]


def test_a_host_that_was_lost_does_not_make_the_comparison_look_better():
    web1 = sum(finding.is_open for finding in BEFORE.findings if finding.host == "web1")
    made = pages(factory.run(unreachable=["web2", "web3"]), before=BEFORE)
    assert rows(made["changes.html"], ".arrow")[0].startswith(f"{web1} → {web1} ")
    made = pages(factory.run(unreachable=["web1", "web2", "web3"]), before=BEFORE)
    assert rows(made["changes.html"], ".arrow")[0].startswith(f"{sum(f.is_open for f in BEFORE.findings)} → ? ")


def test_hosts_that_only_one_run_holds_are_not_compared():
    fewer = factory.run(hosts=factory.HOSTS[:1])
    comparison = compare_runs(BEFORE, fewer)
    assert {finding.host for found in comparison.changes.values() for finding in found} == {"web1"}
    assert "2 hosts are in only one of the audits" in rows(pages(fewer, before=BEFORE)["changes.html"], "section")[0]


def test_a_framework_s_page_has_a_row_for_every_clause_and_leads_to_what_is_open():
    run = factory.run()
    results = {one.framework.id: one for one in assess_frameworks(run, CATALOGUE)}
    assert {"tcvn14423", "nd331"} <= set(results)
    assert list(results)[:2] == ["nd331", "tcvn14423"] and list(results)[-1] == "anssi_bp028"
    decree = results["nd331"]
    assert sum(decree.counts.values()) == len(decree.clauses)
    made = pages(run)
    page = made["frameworks/nd331.html"]
    own = decree.self_checked
    assert f"{own.met} of {own.clauses} clauses" in page.css_first(".gist").text()
    assert len(page.css("#clause-rows tbody tr")) == len(decree.clauses)
    servers = next(one for one in decree.clauses if one.clause.number == "30.4.b")
    assert servers.result is Result.NOT_MET and "ssh.root_by_password" in servers.open
    assert "../controls/ssh.root_by_password.html" in {link.attributes["href"] for link in page.css("#clause-rows a")}
    assert len(made["frameworks.html"].css(".cards > li")) == len(results)


def test_a_month_is_its_last_audit():
    point = make_trend_point(BEFORE)
    at = [
        point.model_copy(update={"run_id": day, "started": f"{day}T08:00:00+07:00"})
        for day in ("2026-09-01", "2026-09-30", "2026-10-01", "2026-11-02", "2026-11-22")
    ]
    assert [one.run_id for one in select_last_trend_point_of_each_month(at)] == [
        "2026-09-30",
        "2026-10-01",
        "2026-11-22",
    ]
    page = pages(BEFORE, trend=at)["index.html"]
    assert rows(page, ".months tbody th") == ["Nov 2026", "Oct 2026", "Sep 2026"]


def test_a_month_that_lost_hosts_says_so():
    lost = make_trend_point(factory.run(unreachable=["web2", "web3"]))
    at = [
        lost.model_copy(update={"run_id": "oct", "started": "2026-10-20T08:00:00+07:00"}),
        make_trend_point(BEFORE).model_copy(update={"started": "2026-11-02T08:00:00+07:00"}),
    ]
    page = pages(BEFORE, trend=at)["index.html"]
    november, october = rows(page, ".months tbody tr")
    assert october.startswith("Oct 2026 2 hosts not read ") and "not read" not in november
    assert "2 hosts not read" in rows(page, "table.figures tbody tr")[-1]
    warning = "fewer findings in them do not mean"
    assert warning in page.body.text() and warning not in pages(BEFORE, trend=at[1:])["index.html"].body.text()


def test_a_limited_run_names_the_sites_that_it_left_out():
    some = factory.run(hosts=factory.HOSTS[:1]).model_copy(
        update={"left_out": (ExcludedHost(host="web2", sites=("bennua.test",)), ExcludedHost(host="db1"))}
    )
    trend = (
        make_trend_point(BEFORE),
        complete_trend_point_from_earlier_ones(make_trend_point(some), [make_trend_point(BEFORE)]),
    )
    page = pages(some, trend=trend)["index.html"]
    (note,) = rows(page, ".lead .unread-note")
    assert "does not include 2 sites or hosts: bennua.test, db1." in note
    assert "1 host from an earlier audit" in rows(page, "table.figures tbody tr")[0]
    assert not rows(pages(BEFORE)["index.html"], ".lead .unread-note")


def test_a_report_written_again_ends_its_trend_with_its_own_run():
    later = factory.run(run_id="later", started="2026-12-01T08:00:00+07:00", hardened=True)
    page = pages(BEFORE, trend=(make_trend_point(BEFORE), make_trend_point(later)))["index.html"]
    assert not rows(page, "#trend")


def test_a_host_s_page_tells_what_changed_and_how_it_went():
    now = factory.run(hardened=True)
    page = pages(now, before=BEFORE, trend=(make_trend_point(BEFORE), make_trend_point(now)))["hosts/web1.html"]
    then, today = (
        sum(f.is_open and f.subject.id == "web1" for f in run.findings if f.subject.kind == "host")
        for run in (BEFORE, now)
    )
    assert then > today
    assert rows(page, ".arrow")[0].startswith(f"{then} → {today} ")
    assert rows(page, "table.figures tbody tr") == [f"23 Nov 2026, 08:30 {today}", f"23 Nov 2026, 08:21 {then}"]


@pytest.mark.parametrize(("validity", "days", "tags"), [("active", 40, ["Equivalent"]), ("expired", -3, [])])
def test_only_a_waiver_in_force_makes_its_measure_equivalent(validity, days, tags):
    waiver = Waiver(
        id="12/QĐ-UBND",
        control="ssh.root_by_password",
        scope=ExceptionScope(hosts=("web1",)),
        reason="r",
        approver="Chủ tịch",
        granted=date(2026, 1, 1),
        expires=date(2026, 11, 20),
        compensating="Giám sát",
    )
    use = WaiverUse(waiver=waiver, validity=validity, days_left=days, waived=0, open=1, not_evaluated=0, met=0)
    page = pages(factory.run().model_copy(update={"waivers": (use,)}))["index.html"]
    assert rows(page, ".papers .tag") == tags


def test_a_stacked_bar_is_as_long_as_its_sum():
    parts = stack_severity_counts_on_bar({Severity.LOW: 1, Severity.CRITICAL: 3, Severity.HIGH: 0}, 8)
    assert [(part.severity, part.x, part.width) for part in parts] == [
        (Severity.CRITICAL, 0, 37.5),
        (Severity.LOW, 37.5, 12.5),
    ]
    assert stack_severity_counts_on_bar({Severity.LOW: 0}, 0) == ()


@pytest.mark.parametrize(("length", "pages"), [(0, [0]), (200, [200]), (201, [200, 1]), (450, [200, 200, 50])])
def test_a_long_list_is_whole_over_its_pages(length, pages):
    sheets = split_list_into_pages(range(length), "index.html", "sites")
    assert [len(sheet.items) for sheet in sheets] == pages
    assert [item for sheet in sheets for item in sheet.items] == list(range(length))
    assert sheets[0].path == "index.html" and sheets[0].previous_page_path is None and sheets[-1].next_page_path is None
    assert [sheet.next_page_path for sheet in sheets[:-1]] == [sheet.path for sheet in sheets[1:]]


def test_a_large_fleet_is_paged_and_every_site_is_found_by_name():
    made = pages(many(401))
    listed = [row for path in ("index.html", "sites-2.html", "sites-3.html") for row in made[path].css("#sites-rows a")]
    assert len(listed) == 401
    assert {link.attributes["href"] for link in made["names.html"].css("#names a")} == {
        link.attributes["href"] for link in listed
    }
    assert [link.attributes["href"] for link in made["sites-2.html"].css(".pager")[0].css("a")] == [
        "index.html", "index.html", "sites-2.html", "sites-3.html", "sites-3.html",
    ]  # fmt: skip


def test_two_hundred_sites_fit_in_a_megabyte():
    index = next(text for path, text in html.iter_html_report_pages(many(200), CATALOGUE, "vi") if path == "index.html")
    assert len(index.encode()) < 1_000_000


def test_a_hardening_is_told_on_the_overview_and_on_each_host_s_page():
    hardening = Hardening(
        id="before",
        inventory="i",
        started=factory.STARTED,
        seconds=300,
        hosts=(
            HostHardening(
                host="web1",
                batch=1,
                controls=("ssh.root_by_password",),
                state="confirmed",
                not_done=(
                    NotDone(
                        control="ssh.root_by_password",
                        subject=Subject(kind="host", id="web1"),
                        why=Text(vi="để <i> nguyên", en="left <i> alone"),
                    ),
                ),
            ),
            HostHardening(host="web2", batch=2, state="reverted", why=Text(vi="trang <b> hỏng", en="site <b> broke")),
        ),
        broken_before=("gotre.test",),
        by_wish=("bibat.test",),
    )
    made = pages(factory.run(hardened=True).model_copy(update={"hardening": hardening}))
    assert [row.split(" ")[0] for row in rows(made["index.html"], ".hardening > li")] == ["Confirmed", "Rolled"]
    assert "Changes confirmed on 1 of 2 hosts." in made["index.html"].body.text()
    assert "not checked, as requested: bibat.test" in made["index.html"].body.text()
    (kept,) = rows(made["hosts/web1.html"], ".hardening > li")
    assert "1 change was not made" in kept
    assert "left <i> alone" in kept
    (told,) = rows(made["hosts/web2.html"], ".hardening > li")
    assert "site <b> broke" in told
    assert made["hosts/web3.html"].css(".hardening > li") == []


def test_a_waived_finding_is_no_longer_among_those_who_fail_the_control():
    run = factory.run()
    waiver = AppliedWaiver(
        id="MT-01", reason="waiting for new hardware", approver="Head of office", granted=date(2026, 1, 1),
        expires=date(2026, 12, 1), days_left=8, validity="expiring", compensating=None,
    )  # fmt: skip
    findings = tuple(
        replace(finding, waiver=waiver)
        if (finding.control, finding.host) == ("ssh.root_by_password", "web2")
        else finding
        for finding in run.findings
    )
    page = pages(run.model_copy(update={"findings": findings}))["controls/ssh.root_by_password.html"]
    assert [row.split()[0] for row in rows(page, "#who tbody tr")] == ["web1", "web3"]
    (waived,) = rows(page, ".others li")
    assert "web2" in waived and "MT-01" in waived and "waiting for new hardware" in waived


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.PASS, "Nothing is open."),
        (Status.NOT_EVALUATED, "requirements could not be evaluated"),
    ],
)
def test_nothing_left_to_do_is_said_only_of_what_was_evaluated(status, words):
    run = factory.run()
    found = tuple(replace(finding, status=status, waiver=None) for finding in run.findings)
    overview = pages(run.model_copy(update={"findings": found}))["index.html"]
    (work,) = (one for one in overview.css("section") if one.css("h2#work"))
    assert words in work.text()
    assert ("Nothing is open." in work.text()) is (status is Status.PASS)
