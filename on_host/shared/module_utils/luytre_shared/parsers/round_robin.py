"""Several that share an effort: each is given a turn after the other, so that none waits for one that never ends."""

TURN = 0.02


def advance_walks_in_turns(walks, time_budget):
    """Advance each walk until all are done or the time is used up.

    ``walk_on_within_budget(budget)`` tells whether there is more.
    """
    pending = list(walks)
    while pending and not time_budget.is_used_up:
        pending = [task for task in pending if task.walk_on_within_budget(time_budget.part(TURN))]
