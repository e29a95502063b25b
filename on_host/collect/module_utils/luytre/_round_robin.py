"""Several that share an effort: each is given a turn after the other, so that none waits for one that never ends."""

TURN = 0.02


def take_turns(several, effort):
    """Advance each (``advance(effort)`` tells whether there is more) until all are done or there is no more of the
    effort.
    """
    pending = list(several)
    while pending and not effort.is_used_up:
        pending = [task for task in pending if task.advance(effort.part(TURN))]
