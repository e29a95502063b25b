"""The yearly table: what counts, by which day, and that the form says what the file says."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from auditor.errors import InputError
from auditor.inventory.systems import System
from auditor.report.yearly.table import (
    ReportingYear,
    YearlyTotals,
    compute_yearly_totals,
    find_systems_dated_after_year,
    select_systems_owned_or_operated_by_units,
)

YEAR = ReportingYear(2026)
DECISION = {"number": "1/QĐ-UBND", "day": "2026-05-01"}


def system(name: str = "a", **given: Any) -> System:
    return System.model_validate({"id": name, "name": f"Trang {name}", "owner": "tinh", "operator": "xa", **given})


def test_a_year_is_of_the_days_of_the_decree() -> None:
    assert (YEAR.first, YEAR.last) == (datetime.date(2025, 12, 15), datetime.date(2026, 12, 14))


@pytest.mark.parametrize("text", ["26", "2026-11", "1999", "20260", "năm"])
def test_what_is_no_year_is_told(text: str) -> None:
    with pytest.raises(InputError) as told:
        ReportingYear.parse(text)
    assert told.value.what == f"--year {text} is not a year"


@pytest.mark.parametrize(
    ("given", "counted"),
    [
        ({}, (1, 0, 0, 0, 0, 0)),
        ({"level": 2}, (1, 1, 0, 0, 0, 0)),
        ({"level": 2, "dossier": "draft"}, (1, 1, 0, 0, 0, 0)),
        ({"level": 2, "dossier": "submitted"}, (1, 1, 1, 0, 0, 0)),
        ({"level": 2, "dossier": "appraised"}, (1, 1, 1, 1, 0, 0)),
        ({"level": 2, "dossier": "approved", "decision": DECISION}, (1, 1, 1, 1, 1, 0)),
        ({"level": 2, "dossier": "approved", "decision": DECISION, "checked": "2025-12-15"}, (1, 1, 1, 1, 1, 1)),
        ({"level": 2, "dossier": "approved", "decision": DECISION, "checked": "2026-12-14"}, (1, 1, 1, 1, 1, 1)),
        ({"level": 2, "dossier": "approved", "decision": DECISION, "checked": "2025-12-14"}, (1, 1, 1, 1, 1, 0)),
        ({"level": 2, "dossier": "approved", "decision": DECISION, "checked": "2026-12-15"}, (1, 1, 1, 1, 1, 0)),
        ({"level": 2, "dossier": "appraised", "checked": "2026-05-05"}, (1, 1, 1, 1, 0, 0)),
    ],
)
def test_each_total_counts_what_the_form_means(given: dict[str, Any], counted: tuple[int, ...]) -> None:
    assert compute_yearly_totals([system(**given)], YEAR) == YearlyTotals(*counted, done_by=None)


def test_it_is_done_by_the_last_day_that_something_still_waits_for() -> None:
    waits = system(level=2, dossier="draft", approval_expected="2027-02-01", measures_expected="2027-06-30")
    done = system(
        "b", level=2, dossier="approved", decision=DECISION, approval_expected="2030-01-01", measures="all",
        measures_expected="2031-01-01",
    )  # fmt: skip
    assert compute_yearly_totals([waits, done], YEAR).done_by == datetime.date(2027, 6, 30)
    assert compute_yearly_totals([done], YEAR).done_by is None


def test_a_system_belongs_to_whoever_owns_or_operates_it() -> None:
    own, run, other = system("a", owner="x"), system("b", operator="x"), system("c")
    assert select_systems_owned_or_operated_by_units([own, run, other], {"x"}) == (own, run)


def test_what_is_of_after_the_year_is_named() -> None:
    late = system(level=2, dossier="approved", decision={"number": "9/QĐ", "day": "2026-12-15"}, checked="2026-12-20")
    assert [day.day for _, day in find_systems_dated_after_year([late, system("b", checked="2026-12-14")], YEAR)] == [
        15,
        20,
    ]
