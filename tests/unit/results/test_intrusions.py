"""An intrusion is an incident: it stands before all that is configured badly, under a label of its own, and is no piece of work."""

from __future__ import annotations

import pytest

from auditor.results.by_control import list_work
from auditor.results.intrusions import (
    build_next_command_for_intrusion,
    describe_incidents,
    describe_traces_since_incidents,
    find_intrusions,
    is_intrusion,
)
from auditor.results.summary import FOR_AN_INCIDENT, POSTURES, summarize_run
from auditor.text.translations import Words
from tests.unit import intruded

EN = Words("en")


def test_an_intruded_site_never_stands_as_one_with_an_open_firewall() -> None:
    summary = summarize_run(intruded.run(*intruded.TRACES))
    standing = {site.domain: site.posture for site in summary.sites}
    assert standing["antruc.test"] == "intruded"
    assert summary.sites[0].domain == "antruc.test"
    assert {one for domain, one in standing.items() if domain != "antruc.test"} <= {
        "urgent",
        "open",
        "unsure",
        "unread",
    }
    assert {host.host.name: host.posture for host in summary.hosts}["web1"] == "intruded"
    assert set(POSTURES[:6]) == set(FOR_AN_INCIDENT)


@pytest.mark.parametrize(
    ("traces", "incidents", "standing"),
    [
        ((intruded.TRACES[0],), (), "intruded"),  # a web shell among the site's own files
        ((intruded.left("program", "/var/www/antruc.test: wp_posts 66"),), (), "intruded"),
        ((intruded.TRACES[1],), (), "host_intruded"),  # a process of the host's
        ((intruded.TRACES[1], intruded.TRACES[2]), (), "host_intruded"),
        ((intruded.left("program", "/var/www/antruc.test.old/a.php"),), (), "host_intruded"),
        ((intruded.left("process", "/run/x", "strong"),), (), "host_suspected"),
        ((), (intruded.INCIDENT,), "incident"),
        ((), (intruded.INCIDENT.model_copy(update={"subjects": ("web1",)}),), "host_incident"),
    ],
)
def test_a_site_of_an_intruded_host_says_so_of_its_host_and_not_of_itself(traces, incidents, standing) -> None:
    summary = summarize_run(intruded.run(*traces, incidents=incidents))
    site = summary.find_site_by_domain("antruc.test")
    assert site is not None
    assert site.posture == standing
    assert summary.sites[0] is site
    assert site.host.posture == standing.removeprefix("host_")


def test_the_findings_with_traces_are_those_of_the_catalogue() -> None:
    run = intruded.run(*intruded.TRACES, injected=True)
    theirs = {
        one.control
        for one in run.findings
        if one.violations and one.control in intruded.CATALOGUE.control_ids_judged_from_looks_and_hunts
    }
    assert {one.control for one in run.findings if is_intrusion(one)} == theirs
    assert len(theirs) == 4


def test_what_two_signs_say_is_suspected_and_an_open_incident_stays_until_it_is_closed() -> None:
    likely = summarize_run(intruded.run(intruded.TRACES[2]))
    assert likely.hosts[0].host.name == "web1"
    assert likely.hosts[0].posture == "suspected"
    cleaned = summarize_run(intruded.run(incidents=(intruded.INCIDENT,)))
    assert {host.host.name: host.posture for host in cleaned.hosts}["web1"] == "incident"
    assert {site.domain: site.posture for site in cleaned.sites}["antruc.test"] == "incident"


def test_it_is_counted_by_trace_and_no_piece_of_work() -> None:
    run = intruded.run(*intruded.TRACES, injected=True)
    first, second = find_intrusions(run)
    assert (first.subject.id, first.certain, first.likely) == ("web1", 2, 1)
    assert (second.subject.id, second.certain) == ("gotre.test", 1)
    items = list_work(run, intruded.CATALOGUE)
    assert not any(is_intrusion(finding) for item in items for finding in item.findings)
    assert items


@pytest.mark.parametrize(
    ("incidents", "said"),
    [
        (None, "This audit did not read the case log."),
        ((), "No incident was open at the time of the audit."),
        ((intruded.INCIDENT,), "Incident SC-20261124-1 is open, detected 24 Nov 2026 08:00"),
    ],
)
def test_whether_an_incident_is_open_is_said_of_what_the_case_log_says(incidents, said) -> None:
    (found,) = find_intrusions(intruded.run(intruded.TRACES[0], incidents=incidents))
    assert describe_incidents(found.incidents, EN).startswith(said[:30])
    assert said.split(",")[0] in describe_incidents(found.incidents, EN)


def test_nothing_seen_is_said_only_after_a_whole_hunt_since_the_detection() -> None:
    incidents = (intruded.INCIDENT,)
    assert describe_traces_since_incidents(intruded.run(incidents=incidents), incidents, EN) == EN(
        "intrusion.nothing_seen"
    )
    early = intruded.run(incidents=incidents, hunted="2026-11-24T07:59:00+07:00")
    assert describe_traces_since_incidents(early, incidents, EN) == EN("intrusion.not_seen_since")
    never = early.model_copy(update={"hunts": ()})
    assert describe_traces_since_incidents(never, incidents, EN) == EN("intrusion.not_seen_since")


def test_the_next_step_opens_the_incident_or_goes_on_with_it() -> None:
    (found,) = find_intrusions(intruded.run(intruded.TRACES[0]))
    assert (
        build_next_command_for_intrusion(found, "inv", EN)
        == f"auditor incident open --all-found web1 --who '{EN('incidents.on_duty')}' -i inv"
    )
    (going_on,) = find_intrusions(intruded.run(intruded.TRACES[0], incidents=(intruded.INCIDENT,)))
    assert build_next_command_for_intrusion(going_on, "inv", EN) == "auditor incident next SC-20261124-1 -i inv"
