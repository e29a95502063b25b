"""Which kept runs may go. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Protocol

from auditor.vietnam import month

KEEP_DAYS = 730
"""Two years: the report of a year can be set against the year before."""


class Dated(Protocol):
    """What retention has to know of a run."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def started(self) -> str:
        """ISO 8601 with offset."""

    @property
    def inventory(self) -> str:
        """What it was of."""


def prunable[T: Dated](runs: Iterable[T], now: datetime.datetime, keep_days: int = KEEP_DAYS) -> tuple[T, ...]:
    """The runs older than ``keep_days``, oldest first, but for the last of each month of each inventory, by Vietnam's clock."""
    ordered = sorted(runs, key=lambda run: (datetime.datetime.fromisoformat(run.started), run.id))
    last = {(run.inventory, month(run.started)): run.id for run in ordered}
    limit = now - datetime.timedelta(days=keep_days)
    return tuple(
        run
        for run in ordered
        if datetime.datetime.fromisoformat(run.started) < limit and run.id != last[run.inventory, month(run.started)]
    )
