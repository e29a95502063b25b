"""A month, and the state of an inventory at its end as the kept runs know it."""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass
from typing import Protocol, Self

from auditor.errors import InputError
from auditor.models import Run
from auditor.models.clock import format_month


@dataclass(frozen=True, order=True)
class Period:
    """One calendar month."""

    year: int
    month: int

    @classmethod
    def parse_year_and_month(cls, year_and_month: str) -> Self:
        """Parse ``2026-11``. Raises InputError for anything else."""
        if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", year_and_month):
            raise InputError("--period {period} is not a month", period=year_and_month, mend="write it like 2026-11")
        return cls(int(year_and_month[:4]), int(year_and_month[5:]))

    @classmethod
    def from_moment(cls, iso_moment: str) -> Self:
        """Return the month of an ISO 8601 moment."""
        return cls.parse_year_and_month(format_month(iso_moment))

    @property
    def last_day(self) -> datetime.date:
        """Return the day on which it ends."""
        return datetime.date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02}"


class RunReference(Protocol):
    """A kept run, without its findings."""

    @property
    def id(self) -> str:
        """Return its id."""
        ...

    @property
    def started(self) -> str:
        """Return when it began, ISO 8601 with offset."""
        ...


@dataclass(frozen=True)
class MonthState:
    """The findings of the last run of a month with each host in it, as one run, and when those runs were."""

    run: Run
    parts: tuple[tuple[str, frozenset[str]], ...]
    """When each of the runs was, and which hosts are taken from it; the newest first."""

    @property
    def run_start_moments(self) -> tuple[str, ...]:
        """Return when those runs were."""
        return tuple(moment for moment, _ in self.parts)

    def list_start_moments_of_runs_with_hosts(self, hosts: Set[str]) -> tuple[str, ...]:
        """Return when those of the runs were that these hosts are taken from; of none, when all were."""
        return tuple(moment for moment, of in self.parts if of & hosts) or self.run_start_moments


def build_state_at_end_of_month(
    read_run: Callable[[str], Run], entries: Iterable[RunReference], period: Period, hosts: Set[str]
) -> MonthState | None:
    """Return the state at the end of a month; None when there is no run in it.

    ``read_run`` gives a run by its id; ``entries`` come newest first. Each of ``hosts`` is taken from the newest run
    that has it, since a run may have been limited to some. Of entries that come oldest first it is the state at the
    month's beginning.
    """
    newest_runs = _iter_newest_runs_covering_hosts(
        read_run, (entry for entry in entries if Period.from_moment(entry.started) == period), hosts
    )
    parts = tuple(newest_runs)
    if not parts:
        return None
    newest = parts[0]
    if len(parts) == 1:
        return MonthState(newest, (_get_start_and_host_names_of_run(newest),))
    whole = newest.model_copy(
        update={
            "hosts": tuple(host for part in parts for host in part.hosts),
            "outcomes": tuple(outcome for part in parts for outcome in part.outcomes),
            "findings": tuple(finding for part in parts for finding in part.findings),
            "exceptions": tuple(
                {
                    (state.kind, state.name, state.places): state
                    for part in reversed(parts)
                    for state in part.exceptions or ()
                }.values()
            ),
            "waivers": tuple({use.waiver.id: use for part in reversed(parts) for use in part.waivers}.values()),
        }
    )
    return MonthState(whole, tuple(map(_get_start_and_host_names_of_run, parts)))


def _get_start_and_host_names_of_run(run: Run) -> tuple[str, frozenset[str]]:
    return run.started, frozenset(host.name for host in run.hosts)


def _iter_newest_runs_covering_hosts(
    read_run: Callable[[str], Run], entries: Iterable[RunReference], hosts: Set[str]
) -> Iterator[Run]:
    """Yield the newest run, then of older ones what the newer ones lack of ``hosts``."""
    known_hosts: set[str] = set()
    for number, entry in enumerate(entries):
        missing_hosts = hosts - known_hosts
        if number and not missing_hosts:
            return
        run = read_run(entry.id)
        part = run if number == 0 else _narrow_run_to_hosts(run, missing_hosts)
        if part.hosts:
            known_hosts |= {host.name for host in part.hosts}
            yield part


def _narrow_run_to_hosts(run: Run, hosts: Set[str]) -> Run:
    return run.model_copy(
        update={
            "hosts": tuple(host for host in run.hosts if host.name in hosts),
            "outcomes": tuple(outcome for outcome in run.outcomes if outcome.host in hosts),
            "findings": tuple(finding for finding in run.findings if finding.host in hosts),
        }
    )


def find_last_month_with_run_before(entries: Iterable[RunReference], period: Period) -> Period | None:
    """Return the last month before ``period`` that has a run."""
    return max((month for entry in entries if (month := Period.from_moment(entry.started)) < period), default=None)
