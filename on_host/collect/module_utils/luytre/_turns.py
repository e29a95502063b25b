"""Several that share a time: each is given a turn after the other, so that none waits for one that never ends."""

import time

TURN = 0.02


def take_turns(several, deadline):
    """Advance each (``advance(until)`` tells whether there is more) until all are done or the deadline has come."""
    waiting = list(several)
    while waiting and time.monotonic() < deadline:
        waiting = [one for one in waiting if one.advance(min(deadline, time.monotonic() + TURN))]
