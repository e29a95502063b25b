"""A hardening as its journal has it while it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from auditor.errors import InputError
from auditor.hardening.journal import Journal
from auditor.models import Hardening, clock


class HardeningRecord:
    """A hardening as it goes on: every step is in the journal before the next."""

    def __init__(self, journal: Journal, hardening: Hardening) -> None:
        self.journal, self.now = journal, hardening
        self._end_anyhow = False
        journal.write(hardening)

    def end_anyhow(self) -> None:
        """Begin nothing new from here on: what cannot be written is still known, and holds nobody up."""
        self._end_anyhow = True

    def update(self, **changes: Any) -> None:
        """Record the changed state of the hardening."""
        self.now = self.now.model_copy(update=changes)
        with suppress(*((InputError,) if self._end_anyhow else ())):
            self.journal.write(self.now)

    def put(self, hosts: Sequence[str], **changes: Any) -> None:
        """Record the changed state of these hosts."""
        self.update(
            hosts=tuple(entry.model_copy(update=changes) if entry.host in hosts else entry for entry in self.now.hosts)
        )


def now() -> str:
    """Return the moment, as a journal has it."""
    return clock.format_stamp(clock.now())
