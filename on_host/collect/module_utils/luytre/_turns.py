"""Several that share an effort: each is given a turn after the other, so that none waits for one that never ends."""

TURN = 0.02


def take_turns(several, effort):
    """Advance each (``advance(effort)`` tells whether there is more) until all are done or there is no more of the effort."""
    waiting = list(several)
    while waiting and not effort.is_used_up:
        waiting = [one for one in waiting if one.advance(effort.part(TURN))]
