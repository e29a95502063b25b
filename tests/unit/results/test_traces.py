"""Traces of a run by site, and those that several sites share."""

from __future__ import annotations

from auditor.audit import controls
from auditor.audit.assessors.scans import judge_sites_by_last_scans
from auditor.models import ScanSummary
from auditor.results import traces
from auditor.text.translations import Words
from tests.unit.audit.assessors.test_scans import EXACT, HOST, NOW, SITE, STRONG, WEAK, accepted, audited, look

CATALOGUE = controls.load_catalogue()


def test_traces_go_by_site_and_sites_without_a_look_are_named() -> None:
    run = audited(look(EXACT, STRONG, WEAK))
    (site,) = traces.list_site_traces(run, CATALOGUE)
    assert (site.site_domain, site.alarming_traces, site.review.weak) == (SITE, (EXACT, STRONG), (WEAK,))
    assert traces.list_unreviewed_sites(run) == ("b.test",)
    assert traces.find_alarming_traces_on_several_subjects([(site.site_domain, site.alarming_traces)]) == ()


def test_what_several_sites_have_is_one_piece_of_work() -> None:
    run = audited(look(EXACT, STRONG), look(EXACT).model_copy(update={"site": "b.test"}))
    (shared,) = traces.find_alarming_traces_on_several_subjects(
        (one.site_domain, one.alarming_traces) for one in traces.list_site_traces(run, CATALOGUE)
    )
    assert (shared.trace.key, shared.where) == (EXACT.key, (SITE, "b.test"))


def told(reviewed: ScanSummary) -> str:
    return traces.describe_time_and_coverage_of_review(reviewed, Words("en"))


def test_a_look_is_told_with_what_it_did_not_see() -> None:
    whole, cut = (
        judge_sites_by_last_scans(CATALOGUE, [HOST], [one], [accepted(EXACT)], NOW).reviews[0]
        for one in (
            look(EXACT),
            look(
                fresh=2, unread=1, engine=False, logs="none", stopped={"why": "refused", "status": 403, "where": "/x"}
            ),
        )
    )
    assert told(whole).endswith("3 of 3 known addresses within 7 days")
    assert told(cut).endswith(
        "2 of 3 known addresses within 7 days; 1 address could not be read; the site began to refuse "
        "(status 403 at /x); its access logs could not be read"
    )
    assert traces.describe_manners_not_seen(whole, Words("en")) == ()
    engine, people = sorted(traces.describe_manners_not_seen(cut, Words("en")))
    assert engine.startswith("the last review did not see the site as a search engine: the review did not record why")
    assert people.startswith(
        "the last review did not see the site as an ordinary visitor: the site refused it (status 403"
    )
    assert "; to fix it: let requests from this machine's address through" in people
    (known,) = whole.accepted
    line = traces.describe_acceptance(known.trace, known.by, Words("en"))
    assert line == f"accepted by Văn phòng (until withdrawn): link to another site; ours [{EXACT.key}]"
