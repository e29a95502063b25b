import io
import re
from dataclasses import replace
from datetime import date

import pytest
from rich.console import Console

from auditor.commands.output import history
from auditor.models import AppliedWaiver, Status
from auditor.report.html.pages import iter_html_report_pages
from auditor.report.sheets import build_annex_sheets_of_run
from auditor.results.compare import (
    CHANGES,
    build_run_difference_json_data,
    compare_findings_by_control_and_subject,
    compare_runs,
    compare_subjects,
    compute_difference,
    count_unshared_hosts,
)
from auditor.results.summary import summarize_run
from auditor.text.translations import Words
from tests import factory
from tests.unit.results.test_summary import finding, run_of

WAIVER = AppliedWaiver(
    id="1/QD",
    reason="a machine is on its way",
    approver="chair",
    granted=date(2026, 1, 1),
    expires=date(2027, 1, 1),
    days_left=39,
    validity="active",
    compensating=None,
)
STANDINGS = ("absent", *(status.value for status in Status), "waived")
"""How a control can stand on a subject in one run."""
BECAME_OPEN = {"pass": "regressed", "partial": "still", "fail": "still", "waived": "still"}
"""What an open finding is, by how it stood before; new where it stood otherwise."""
BECAME_OF_OPEN = {"pass": "fixed", "waived": "waived", "not_evaluated": "unknown"}
"""What becomes of an open finding that is not open now; gone where it stands otherwise."""


def standing(name):
    if name == "absent":
        return []
    if name == "waived":
        return [replace(finding("a.x", "web1", "fail"), waiver=WAIVER)]
    return [finding("a.x", "web1", name)]


def expected(before, after):
    if after in ("partial", "fail"):
        return BECAME_OPEN.get(before, "new")
    if before in ("partial", "fail", "waived") and (before, after) != ("waived", "waived"):
        return BECAME_OF_OPEN.get(after, "gone")
    return None


@pytest.mark.parametrize("before", STANDINGS)
@pytest.mark.parametrize("after", STANDINGS)
def test_every_pair_of_before_and_after_has_its_name(before, after):
    comparison = compare_findings_by_control_and_subject(standing(before), standing(after))
    names = [change for change, members in comparison.changes.items() if members]
    assert names == ([expected(before, after)] if expected(before, after) else [])


def test_what_one_run_could_not_evaluate_makes_the_other_neither_better_nor_worse():
    def told(before, after):
        pairs = [
            [finding(f"a.c{n}", "web1", status) for n, status in enumerate(statuses)] for statuses in (before, after)
        ]
        comparison = compare_findings_by_control_and_subject(*pairs)
        return comparison.open_count_before, comparison.open_count_after

    assert told(["fail", "fail", "pass"], ["fail", "not_evaluated", "pass"]) == (1, 1)
    assert told(["fail", "not_evaluated"], ["fail", "partial"]) == (1, 1)
    assert told(["fail", "fail"], ["pass", "not_evaluated"]) == (1, 0)
    assert told(["pass", "not_applicable"], ["fail", "fail"]) == (0, 2)
    assert told(["fail", "fail"], ["not_evaluated", "not_evaluated"]) == (2, 0)


def test_only_hosts_that_both_runs_hold_are_compared():
    one, two, three = factory.HOSTS
    before = run_of(
        *(finding("a.x", host.name, "fail", host=host.name) for host in (one, two)),
        finding("a.y", "antruc.test", "fail"),
        hosts=(one, two),
    )
    after = run_of(
        *(finding("a.x", host.name, "pass", host=host.name) for host in (one, three)),
        finding("a.y", "antruc.test", "fail"),
        hosts=(one, three),
    )
    totals = compare_runs(before, after)
    assert (
        totals.count_findings_with_change("fixed"),
        totals.count_findings_with_change("still"),
        totals.count_findings_with_change("gone"),
        totals.after.total,
    ) == (1, 1, 0, 2)
    assert count_unshared_hosts(before, after) == 2
    assert compare_runs(before, after, frozenset()).before.total == 0
    found = compute_difference(before, after)
    assert found.totals == totals
    assert [(host.id, host.comparison.count_findings_with_change("fixed")) for host in found.hosts] == [("web1", 1)]
    assert [(site.id, site.comparison.count_findings_with_change("still")) for site in found.sites] == [
        ("antruc.test", 1)
    ]
    assert [site.domain for site, _ in compare_subjects(summarize_run(before).sites, summarize_run(after).sites)] == [
        "antruc.test"
    ]
    assert found.only_before == ("bennua.test", "web2")
    assert found.only_after == ("dongvau.test", "gotre.test", "web3")


def in_order(names):
    return [change for change in CHANGES if change in names]


def test_changes_are_told_in_one_order_everywhere(monkeypatch):
    before, after = factory.run(run_id="before", unreachable=["web1"]), factory.run(hardened=True, unreachable=["web3"])
    words = Words("en")
    by_word = {words(f"change.{change}"): change for change in CHANGES}
    found = compute_difference(before, after)

    shown = io.StringIO()
    monkeypatch.setattr(history, "out", Console(file=shown, width=400))
    history.show_difference(before, after, found, factory.catalogue(), "en")
    heading = next(line for line in shown.getvalue().splitlines() if "fixed" in line)
    assert [by_word[word] for word in re.split(r"\s{2,}", heading.strip()) if word in by_word] == list(CHANGES)

    rows = [row[0] for row in build_annex_sheets_of_run(after, factory.catalogue(), words, before)[-1].rows]
    told = [by_word[word[0].lower() + word[1:]] for word in dict.fromkeys(rows)]
    assert len(told) > 1 and told == in_order(told)

    page = dict(iter_html_report_pages(after, factory.catalogue(), "en", before))["index.html"]
    told = re.findall(r'<li class="(\w+)[^"]*"><b>', page)
    once = list(dict.fromkeys(told))
    assert len(once) > 3 and once == in_order(once)
    assert told == 2 * once, "on the chair's form and on the page"

    assert [name for name in build_run_difference_json_data(before, after, found)["totals"] if name in CHANGES] == list(
        CHANGES
    )
