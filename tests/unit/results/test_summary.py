import pytest

from auditor.models import Evidence, Finding, Host, HostOutcome, Run, Severity, Site, Subject, Text
from auditor.results.by_control import list_work
from auditor.results.summary import summarize_run
from auditor.results.trend import make_trend_point
from tests import factory


def finding(control, subject, status, severity="high", host="web1", evidence=()):
    kind = "site" if "." in subject else "host"
    return Finding(
        control=control,
        subject=Subject(kind=kind, id=subject),
        host=host,
        status=status,
        severity=severity,
        evidence=tuple(Evidence(path=path, value=value) for path, value in evidence),
    )


def run_of(*findings, hosts=factory.HOSTS, unreached=()):
    return Run(
        id="r",
        started=factory.STARTED,
        seconds=1,
        version="0",
        inventory="i",
        hosts=hosts,
        outcomes=tuple(HostOutcome(host=host.name, reached=host.name not in unreached) for host in hosts),
        findings=findings,
    )


def test_a_shared_finding_shows_on_every_site_and_counts_once():
    summary = summarize_run(run_of(finding("ssh.root_by_password", "web3", "fail", host="web3")))
    assert summary.find_site_by_domain("dongvau.test").counts.open_total == 1
    assert summary.find_site_by_domain("gotre.test").counts.open_total == 1
    assert summary.find_site_by_domain("gotre.test").own_counts.open_total == 0
    assert summary.find_site_by_domain("antruc.test").counts.open_total == 0
    assert summary.totals.open_total == 1


def test_partial_is_open_and_neither_manual_nor_not_evaluated_is():
    statuses = ("partial", "manual", "not_evaluated", "not_applicable", "pass")
    counts = summarize_run(run_of(*(finding(f"a.c{n}", "web1", status) for n, status in enumerate(statuses)))).totals
    assert (counts.open_total, counts.not_evaluated, counts.evaluated, counts.total) == (1, 1, 2, 5)


def test_what_matters_first_comes_first():
    summary = summarize_run(
        run_of(
            finding("a.x", "antruc.test", "fail", "low"),
            finding("a.x", "bennua.test", "fail", "critical", host="web2"),
            finding("a.x", "dongvau.test", "not_evaluated", host="web3"),
            finding("a.x", "gotre.test", "not_evaluated", host="web3"),
            unreached=("web3",),
        )
    )
    assert [(site.domain, site.posture) for site in summary.sites] == [
        ("bennua.test", "urgent"),
        ("dongvau.test", "unread"),
        ("gotre.test", "unread"),
        ("antruc.test", "open"),
    ]


def test_a_site_without_a_single_result_is_never_clean():
    assert {site.posture for site in summarize_run(run_of()).sites} == {"unsure"}
    passed = summarize_run(
        run_of(finding("a.x", "antruc.test", "pass"), finding("a.y", "antruc.test", "not_evaluated"))
    )
    assert passed.find_site_by_domain("antruc.test").posture == "unsure"
    assert (
        summarize_run(run_of(finding("a.x", "antruc.test", "pass"))).find_site_by_domain("antruc.test").posture
        == "clean"
    )


def test_a_host_that_no_outcome_tells_of_was_not_reached():
    run = run_of().model_copy(update={"outcomes": ()})
    assert [host.is_reached for host in summarize_run(run).hosts] == [False, False, False]


def test_certificate_and_backup_days_come_from_the_evidence():
    def days(control, field, seconds):
        site = summarize_run(
            run_of(finding(control, "antruc.test", "fail", evidence=[(field, factory.NOW + seconds)]))
        ).find_site_by_domain("antruc.test")
        return site.certificate_days, site.backup_days

    assert days("tls.certificate_in_date", "site.certificate.not_after", 10 * factory.DAY + 5) == (10, None)
    assert days("tls.certificate_in_date", "site.certificate.not_after", -5) == (-1, None)
    assert days("backup.recent", "site.backup.newest", -3 * factory.DAY - 5) == (None, 3)
    assert days("backup.recent", "site.backup.newest", -factory.NOW) == (None, None)


@pytest.mark.parametrize(("read", "https"), [(True, True), (False, False), ("yes", None)])
def test_whether_a_site_has_https_comes_from_the_evidence(read: object, https: bool | None):
    status = "pass" if read is True else "fail"
    run = run_of(finding("tls.available", "antruc.test", status, evidence=[("site.https", read)]))
    assert summarize_run(run).find_site_by_domain("antruc.test").https is https
    assert summarize_run(run).find_site_by_domain("gotre.test").https is None


def test_the_same_fault_in_many_places_is_one_piece_of_work():
    catalogue = factory.catalogue()
    items = list_work(
        run_of(
            finding("tls.https_remembered", "antruc.test", "fail", "low"),
            finding("ssh.root_by_password", "web3", "fail", "critical", host="web3"),
            finding("ssh.root_by_password", "web1", "partial", "critical"),
            finding("tls.https_remembered", "gotre.test", "fail", "low", host="web3"),
            finding("tls.https_remembered", "bennua.test", "pass", "low", host="web2"),
        ),
        catalogue,
    )
    assert [(item.control.id, item.domains, item.hosts) for item in items] == [
        ("ssh.root_by_password", ("dongvau.test", "gotre.test", "antruc.test"), ("web3", "web1")),
        ("tls.https_remembered", ("antruc.test", "gotre.test"), ("web1", "web3")),
    ]


@pytest.mark.parametrize(
    ("findings", "once"),
    [
        ([("ssh.root_by_password", "web3", "web3")], True),
        ([("ssh.root_by_password", "web3", "web3"), ("ssh.root_by_password", "web1", "web1")], True),
        ([("updates.supported_release", "web3", "web3")], True),
        ([("updates.supported_release", "web3", "web3"), ("updates.supported_release", "web1", "web1")], False),
    ],
    ids=["automated on one host", "automated on two", "by hand on one host, for both its sites", "by hand on two"],
)
def test_work_is_done_once_by_a_hardening_or_on_one_host(findings: list[tuple[str, str, str]], once: bool):
    run = run_of(*(finding(control, at, "fail", host=host) for control, at, host in findings))
    (item,) = list_work(run, factory.catalogue())
    assert item.is_fixed_once_for_all_sites is once


def test_trend_counts_what_the_summary_counts():
    run = factory.run()
    point = make_trend_point(run)
    assert sum(point.open.values()) == summarize_run(run).totals.open_total
    assert point.sites["gotre.test"] == summarize_run(run).find_site_by_domain("gotre.test").counts.open_total
    assert point.open[Severity.CRITICAL] == summarize_run(run).totals.open[Severity.CRITICAL]


def test_a_fleet_without_sites_is_told_by_its_hosts():
    hosts = (Host(name="may-chu", address="localhost"),)
    summary = summarize_run(run_of(finding("a.x", "may-chu", "fail", host="may-chu"), hosts=hosts))
    assert summary.count_sites_or_hosts_in_postures("urgent") == 1


def test_the_reason_for_an_unread_host_is_kept():
    reason = Text(vi="hết thời gian chờ", en="timed out")
    run = run_of(hosts=(Host(name="w", address="a", sites=(Site(domain="a.test", host="w"),)),))
    run = run.model_copy(update={"outcomes": (HostOutcome(host="w", reached=False, reason=reason),)})
    assert summarize_run(run).unread_hosts[0].outcome.reason == reason
