"""Mistakes on this machine that show up when the hosts' answers are there: told last, so that no report is lost."""

from __future__ import annotations

from collections.abc import Callable

from auditor.errors import InputError


class DeferredErrors:
    """Holds back the first mistake until what can be done without is done."""

    def __init__(self) -> None:
        self.mistake: InputError | None = None

    def run_or_defer_error[Result, Other](self, action: Callable[[], Result], otherwise: Other) -> Result | Other:
        """Return what ``action`` gives, or ``otherwise`` when it finds a mistake."""
        try:
            return action()
        except InputError as error:
            self.mistake = self.mistake or error
            return otherwise
