"""How a hardening tells that it did not get to its end, with what its hosts came to."""

from __future__ import annotations

from auditor.models import Hardening


class HardeningInterrupt(KeyboardInterrupt):
    """A hardening was told to end; its hosts are confirmed, brought back, or untouched."""

    def __init__(self, hardening: Hardening) -> None:
        super().__init__()
        self.hardening = hardening


class HardeningStopError(Exception):
    """A hardening could not go on for a reason of this machine's, ``why``.

    Its hosts are brought back as far as known.
    """

    def __init__(self, hardening: Hardening, why: Exception) -> None:
        super().__init__(str(why))
        self.hardening, self.why = hardening, why
