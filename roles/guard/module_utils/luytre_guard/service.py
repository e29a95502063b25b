"""What the host runs by itself: bringing it back when the time is over or the host was restarted; rolling back."""

import os
import sys
import time
import traceback

from . import restore, rollback, sessions, store, timer, work

REVERT_LOCK_SECONDS = 300
LOCK_SECONDS = 30
PAUSES = (0, 1, 2, 5, 10, 20, 40, 60)
"""Seconds before each try at a way back. After the last the next boot, or a start by hand, begins anew."""
SMALL = 4
"""Tries for what does not keep a host from being back: a daemon that does not start, a database that does not answer."""
DONE, AGAIN, SPENT = 0, 1, timer.SPENT


def main(argv=None):
    """``revert|boot|finish|rollback RUN``: the units' own entry. What systemd is told: done, again, or spent."""
    verb, run = (sys.argv[1:] if argv is None else argv)[:2]
    kept = store.Store()
    try:
        return {"revert": _revert, "boot": _boot, "finish": _finish, "rollback": _rollback}[verb](kept, run)
    except store.Refused as refusal:
        print("luytre-guard: %s" % refusal, file=sys.stderr)
        return AGAIN if store.RUN.match(run) and _open_run(kept, run) else SPENT


def _open_run(kept, run):
    armed = kept.armed()
    return armed if armed and armed["run"] == run else None


def _revert(kept, run):
    armed = _open_run(kept, run)
    if armed is None:
        return DONE
    asked = store.read_json(kept.file(run, "asked.json"))
    return _try(
        kept,
        run,
        "asked" if asked else "timer",
        lambda: sessions.end(armed["uid"], armed["account"], asked["spare"] if asked else ()),
    )


def _boot(kept, run):
    with kept.locked(REVERT_LOCK_SECONDS):
        armed = _open_run(kept, run)
        if armed is None:
            return DONE
        state = kept.state(run) or {}
        kept.close_to_changes(run)
        _note(kept, run, {"state": "reverting", "cause": "boot", "began": state.get("began") or time.time()})
        for problem in restore.early(work.Snapshot(kept, run, armed["digest"]), state.get("pending")):
            print("luytre-guard: %s" % problem, file=sys.stderr)
    return DONE


def _finish(kept, run):
    return _try(kept, run, "boot", lambda: 0)


def _try(kept, run, cause, end_writers):
    """One try, after its pause."""
    if _open_run(kept, run) is None:
        return DONE
    tries = (kept.state(run) or {}).get("tries") or {}
    number = tries["count"] % len(PAUSES) if tries.get("boot") == timer.boot_id() else 0
    time.sleep(PAUSES[number])
    with kept.locked(REVERT_LOCK_SECONDS):
        armed = _open_run(kept, run)
        if armed is None:
            return DONE
        state = kept.state(run) or {}
        began = state.get("began") or time.time()
        tries = {"boot": timer.boot_id(), "count": number + 1}
        kept.close_to_changes(run)
        _note(kept, run, {"state": "reverting", "cause": cause, "began": began, "tries": tries})
        try:
            ended = state.get("processes_ended", 0) + (0 if state.get("pending") else end_writers())
            _note(kept, run, {"processes_ended": ended})
            snap = work.Snapshot(kept, run, armed["digest"])
            done = restore.Revert(snap, state, lambda done: _note(kept, run, done)).all()
        except Exception as error:
            traceback.print_exc()
            problem = {"the way back": "%s: %s" % (type(error).__name__, error)}
            _note(kept, run, {"not_back": problem, "held": True, "tried": time.time()})
            return AGAIN
        if done["pending"] and number + 1 < (len(PAUSES) if done["held"] else SMALL):
            kept.put_state(run, {**done, "not_back": done["pending"], "tried": time.time()})
            return AGAIN
        if done["held"]:
            kept.put_state(run, {**done, "not_back": done["pending"], "tried": time.time()})
            return SPENT
        problems = [*done["problems"], *("%s: %s" % one for one in sorted(done["pending"].items()))]
        outcome = {**done, "problems": problems, "pending": {}, "not_back": {}}
        kept.put_state(run, {**outcome, "state": "reverted", "ended": time.time()})
        os.unlink(kept.mark)
        store.sync_folder(kept.home)
        timer.disarm(kept, run)
        return DONE


def _note(kept, run, words):
    """Record how far it has come; a disk that takes no record must not hold up the way back."""
    try:
        kept.put_state(run, words)
    except OSError as error:
        print("luytre-guard: %s" % error, file=sys.stderr)


def _rollback(kept, run):
    asked = store.read_json(kept.file(run, "rollback.json"))
    began = time.time()
    try:
        with kept.locked(LOCK_SECONDS):
            armed = kept.armed()
            if armed:
                raise store.Refused("another run is in progress on this host: %s" % armed["run"])
            snap, left = rollback.confirmed(kept, run, kept.state(run), asked["digest"], asked["after"])
            done = rollback.roll_back(snap, left, asked["only"], False)
            outcome = {
                "run": run,
                "state": "rolled_back",
                "cause": "asked",
                "began": began,
                "ended": time.time(),
                **done,
            }
            if asked["only"] is None:
                kept.put_state(run, outcome)
    except store.Refused as refusal:
        outcome = {"refused": str(refusal)}
    store.write_json(kept.file(run, "rolled-back.json"), {"number": asked["number"], "outcome": outcome})
    return DONE
