"""Which kept runs may go. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Protocol

from auditor.models.clock import format_month, parse_iso_moment

KEEP_DAYS = 730
"""Two years: the report of a year can be set against the year before."""


class PrunableRun(Protocol):
    """The properties of a run that retention has to know."""

    @property
    def started(self) -> str:
        """Return ISO 8601 with offset."""

    @property
    def inventory(self) -> str:
        """Return what it was of."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """Return the hosts in it."""

    @property
    def sites(self) -> tuple[str, ...]:
        """Return the sites in it."""


def select_runs_to_prune[T: PrunableRun](
    runs: Iterable[T], now: datetime.datetime, keep_days: int = KEEP_DAYS
) -> tuple[T, ...]:
    """Return the runs older than ``keep_days``, oldest first, but for those that the report of a month rests on.

    Those are, of each month of each inventory by Vietnam's clock, the last run, and the last of every host and site:
    a run may have been limited to some. ``runs`` come newest first, those of one second the last kept first.
    """
    limit = now - datetime.timedelta(days=keep_days)
    covered_names: set[tuple[str, str, str | None]] = set()
    old = []
    for run in sorted(runs, key=_parse_run_start, reverse=True):
        names = {(run.inventory, format_month(run.started), name) for name in (None, *run.hosts, *run.sites)}
        if names <= covered_names and _parse_run_start(run) < limit:
            old.append(run)
        covered_names |= names
    return tuple(reversed(old))


def _parse_run_start(run: PrunableRun) -> datetime.datetime:
    return parse_iso_moment(run.started)
