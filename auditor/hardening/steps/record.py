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
        journal.write_progress_of_hardening(hardening)

    def ignore_write_errors_from_now_on(self) -> None:
        """Begin nothing new from here on: what cannot be written is still known, and holds nobody up."""
        self._end_anyhow = True

    def record_changes_of_hardening(self, **changes: Any) -> None:
        """Record the changed state of the hardening."""
        self.now = self.now.model_copy(update=changes)
        with suppress(*((InputError,) if self._end_anyhow else ())):
            self.journal.write_progress_of_hardening(self.now)

    def record_changes_of_hosts(self, hosts: Sequence[str], **changes: Any) -> None:
        """Record the changed state of these hosts."""
        self.record_changes_of_hardening(
            hosts=tuple(entry.model_copy(update=changes) if entry.host in hosts else entry for entry in self.now.hosts)
        )


def format_present_moment_for_journal() -> str:
    """Return the moment, as a journal has it."""
    return clock.format_iso_moment(clock.now())
