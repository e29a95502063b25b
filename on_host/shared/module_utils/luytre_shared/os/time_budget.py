"""How much work a walk may do.

Seconds of the processor's time of who walks, which others on a busy host do not use up, and a clock far above that, for
a file system that stalls."""

import time

PATIENCE = 6
"""Seconds by the clock for each second of the processor's, where nobody says more."""


class TimeBudget:
    """The remaining effort. A part has no more than the whole."""

    def __init__(self, seconds, clock=None):
        self._processor = time.thread_time() + seconds
        self._clock = time.monotonic() + (seconds * PATIENCE if clock is None else clock)

    @property
    def seconds_left(self):
        """Return seconds of the processor's time; none when the clock is over."""
        return max(0.0, self._processor - time.thread_time()) if time.monotonic() < self._clock else 0.0

    @property
    def is_used_up(self):
        """Return whether nothing is left."""
        return self.seconds_left <= 0

    def part(self, seconds):
        """Return so many seconds of it, as far as they are there, by the same clock."""
        return TimeBudget(min(seconds, self.seconds_left), self._clock - time.monotonic())

    def share(self, share_count):
        """Return what one of so many has of what is left, of the clock too: one that stalls leaves the others
        theirs.
        """
        return TimeBudget(self.seconds_left / share_count, max(0.0, self._clock - time.monotonic()) / share_count)
