"""The yearly table of information systems, form 08 of Decree 331/2026/NĐ-CP: what it says and what it counts. Pure."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Self

from auditor.errors import InputError
from auditor.inventory.systems import System
from auditor.models import UnitId

_BUILT_STATES = ("submitted", "appraised", "approved")
_APPRAISED_STATES = ("appraised", "approved")


@dataclass(frozen=True)
class ReportingYear:
    """A year of reporting: data from 15 December of the year before to 14 December (Article 35)."""

    year: int

    @classmethod
    def parse(cls, year_text: str) -> Self:
        """Parse ``2026``. Raises InputError for anything else."""
        if not re.fullmatch(r"20[0-9]{2}", year_text):
            raise InputError("--year {year} is not a year", year=year_text, mend="write it like 2026")
        return cls(int(year_text))

    @property
    def first(self) -> datetime.date:
        """Return the first day of its data."""
        return datetime.date(self.year - 1, 12, 15)

    @property
    def last(self) -> datetime.date:
        """Return the last day of its data."""
        return datetime.date(self.year, 12, 14)


@dataclass(frozen=True)
class YearlyTotals:
    """Section 1 of the form."""

    systems: int
    classified: int
    """Those with a level."""
    built: int
    """Those whose dossier is written."""
    appraised: int
    approved: int
    approved_and_checked: int
    """Those approved and checked within the year, as is done again and again."""
    done_by: datetime.date | None
    """The latest day by which something is still to be approved or put in place; None when nothing is, or
    nobody says.
    """


def select_systems_owned_or_operated_by_units(
    systems: Iterable[System], units: Collection[UnitId]
) -> tuple[System, ...]:
    """Return the systems that these offices own or operate."""
    return tuple(system for system in systems if system.owner in units or system.operator in units)


def compute_yearly_totals(systems: Iterable[System], year: ReportingYear) -> YearlyTotals:
    """Return what the systems come to."""
    systems = tuple(systems)
    approved_systems = [system for system in systems if system.dossier == "approved"]
    return YearlyTotals(
        systems=len(systems),
        classified=sum(system.level is not None for system in systems),
        built=sum(system.dossier in _BUILT_STATES for system in systems),
        appraised=sum(system.dossier in _APPRAISED_STATES for system in systems),
        approved=len(approved_systems),
        approved_and_checked=sum(
            system.checked is not None and year.first <= system.checked <= year.last for system in approved_systems
        ),
        done_by=max((day for system in systems for day in _list_expected_completion_days(system)), default=None),
    )


def _list_expected_completion_days(system: System) -> tuple[datetime.date, ...]:
    days = (
        system.approval_expected if system.dossier != "approved" else None,
        system.measures_expected if system.measures != "all" else None,
    )
    return tuple(day for day in days if day is not None)


def find_systems_dated_after_year(
    systems: Iterable[System], year: ReportingYear
) -> tuple[tuple[System, datetime.date], ...]:
    """Return systems whose decision or check is of after the year's last day, with that day.

    The table is as of then.
    """
    dated_systems = (
        (system, day)
        for system in systems
        for day in (
            system.decision.day if system.decision else None,
            system.regulation.day if system.regulation else None,
            system.checked_before_use,
            system.checked,
        )
    )
    return tuple((system, day) for system, day in dated_systems if day is not None and day > year.last)
