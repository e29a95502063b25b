"""What the host runs by itself: bringing it back when the time is over or the host was restarted; rolling back."""

import contextlib
import os
import sys
import time
import traceback

from . import apart, incident, packages, restore, rollback, sessions, steps, store, timer, work

REVERT_LOCK_SECONDS = 300
LOCK_SECONDS = 30
PAUSES = (0, 1, 2, 5, 10, 20, 40, 60)
"""Seconds before each try at a way back. After the last the next boot, or a start by hand, begins anew."""
SMALL = 4
"""Tries for what does not keep a host from being back: a daemon that does not start, a database that does not answer.

What dpkg has not done with gets all of them: a disk that ran full is soon made room on."""
GONE_SECONDS, JOB_SECONDS = 10, 20
"""For steps to be gone once they were ended, and for what they asked of systemd to come to its end."""
STILL = "a step of the run could not be ended: it may still write"
DONE, AGAIN, SPENT = 0, 1, timer.SPENT
LOOK_SECONDS = 20
"""For whether all is in force that an incident contains: some of it lies where lesser users decide how long a look takes."""


def main(argv=None):
    """``revert|boot|finish|rollback RUN``: the units' own entry. What systemd is told: done, again, or spent.

    ``starts``: nothing but that the program starts, with all its modules, which is tried before a run is armed.
    """
    given = sys.argv[1:] if argv is None else argv
    if given == [timer.STARTS]:
        return DONE
    verb, run = given[:2]
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
        return _tidied(kept, run)
    asked = store.read_json(kept.file(run, "asked.json"))
    return _try(
        kept,
        run,
        "asked" if asked else "timer",
        lambda: sessions.end(run, armed["uid"], armed["account"], asked["spare"] if asked else ()),
    )


def _tidied(kept, run):
    """A run that is over leaves no unit behind, even when who ended it was killed before they were taken away."""
    with kept.locked(LOCK_SECONDS):
        if kept.armed() is None:
            timer.disarm(kept, run)
    return DONE


def _boot(kept, run):
    with kept.locked(REVERT_LOCK_SECONDS):
        armed = _open_run(kept, run)
        if armed is None:
            return DONE
        state = kept.state(run) or {}
        steps.close_for(kept, run)
        _note(kept, run, {"state": "reverting", "cause": "boot", "began": state.get("began") or time.time()})
        for problem in restore.early(work.Snapshot(kept, run, armed["digest"]), state.get("pending")):
            print("luytre-guard: %s" % problem, file=sys.stderr)
    return DONE


def _finish(kept, run):
    return _try(kept, run, "boot", lambda: 0)


def _try(kept, run, cause, end_writers):
    """One try, after its pause. One that was killed is begun anew at once: only those that failed are counted."""
    if _open_run(kept, run) is None:
        return _tidied(kept, run)
    tries = (kept.state(run) or {}).get("tries") or {}
    if tries.get("boot") != timer.boot_id():
        tries = {"boot": timer.boot_id(), "count": 0, "failed": 0}
    failed = tries["failed"] % len(PAUSES)
    time.sleep(PAUSES[failed])
    with kept.locked(REVERT_LOCK_SECONDS):
        armed = _open_run(kept, run)
        if armed is None:
            return DONE
        state = kept.state(run) or {}
        began = state.get("began") or time.time()
        tries = {**tries, "count": tries["count"] + 1, "failed": failed}
        steps.close_for(kept, run)
        _note(kept, run, {"state": "reverting", "cause": cause, "began": began, "tries": tries})
        tries = {**tries, "failed": failed + 1}
        try:
            ended = state.get("processes_ended", 0) + (0 if state.get("pending") else end_writers())
            _note(kept, run, {"processes_ended": ended})
            with steps.none_at_work(kept, run, GONE_SECONDS, end_writers) as alone:
                timer.wait_for_jobs(JOB_SECONDS)
                snap = work.Snapshot(kept, run, armed["digest"])
                done = restore.Revert(snap, state, lambda done: _note(kept, run, done)).all()
        except Exception as error:
            traceback.print_exc()
            problem = {"the way back": "%s: %s" % (type(error).__name__, error)}
            _note(kept, run, {"not_back": problem, "held": True, "tried": time.time(), "tries": tries})
            return AGAIN
        if not alone:
            done["problems"] = [*done["problems"], STILL]
        was_last = failed + 1 == len(PAUSES)
        most = len(PAUSES) if restore.PACKAGES in done["pending"] else SMALL
        if done["pending"] and (done["held"] or failed + 1 < most):
            kept.put_state(run, {**done, "not_back": done["pending"], "tried": time.time(), "tries": tries})
            return SPENT if was_last else AGAIN
        problems = [*done["problems"], *("%s: %s" % one for one in sorted(done["pending"].items())), *_contained()]
        outcome = {**done, "problems": list(dict.fromkeys(problems)), "pending": {}, "not_back": {}}
        kept.put_state(run, {**outcome, "state": "reverted", "ended": time.time()})
        os.unlink(kept.mark)
        store.sync_folder(kept.home)
        timer.disarm(kept, run)
        return DONE


def _contained():
    """Have the host's sites say what an incident has them say, whatever a way back did. What is contained and is not in force, in words."""
    said = incident.put_sites()
    told = [] if said is None else ["what an incident has the web servers say: %s" % said]
    try:
        return told + apart.run(lambda: list(incident.not_in_force()), LOOK_SECONDS)
    except apart.Abandoned:
        return [*told, "whether all is in force that an incident contains could not be told"]


def _note(kept, run, words):
    """Record how far it has come; a disk that takes no record must not hold up the way back."""
    try:
        kept.put_state(run, words)
    except OSError as error:
        print("luytre-guard: %s" % error, file=sys.stderr)


def _rollback(kept, run):
    """A rollback, or what is left of one that was cut off, as it was decided; so also at the next boot."""
    with kept.locked(REVERT_LOCK_SECONDS):
        rolling = store.read_json(kept.rolling)
        asked = rolling or store.read_json(kept.file(run, "rollback.json"))
        answered = store.read_json(kept.file(run, "rolled-back.json"))
        if not answered or answered["number"] != asked["number"]:
            tries = rolling["tries"] + 1 if rolling else 1
            try:
                outcome = _rolled_back(kept, run, asked, rolling, tries)
            except store.Refused as refusal:
                outcome = {"refused": str(refusal)}
            except Exception as error:
                traceback.print_exc()
                if tries < SMALL and os.path.exists(kept.rolling):
                    return AGAIN
                outcome = {"refused": "it failed in the middle: %s: %s" % (type(error).__name__, error)}
            if asked["only"] is None and "refused" not in outcome:
                kept.put_state(run, outcome)
            store.write_json(kept.file(run, "rolled-back.json"), {"number": asked["number"], "outcome": outcome})
        _over(kept, run)
    return DONE


def _rolled_back(kept, run, asked, rolling, tries):
    armed = kept.armed()
    if armed:
        raise store.Refused("another run is in progress on this host: %s" % armed["run"])
    snap, left = rollback.confirmed(kept, run, kept.state(run), asked["digest"], asked["after"])
    began = rolling["began"] if rolling else time.time()

    def decide(plan):
        plan = rolling["plan"] if rolling else plan
        if not rolling:
            _must_have_packages(plan["packages"])
            timer.install_boot_units(kept, run, (timer.RESUME,))
        store.write_json(kept.rolling, {**asked, "run": run, "began": began, "plan": plan, "tries": tries})
        return plan

    if not rolling:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(kept.file(run, restore.TRIAL))
    done = rollback.roll_back(snap, left, asked["only"], False, decide)
    done["problems"] = [*done.get("problems", ()), *_contained()]
    return {"run": run, "state": "rolled_back", "cause": "asked", "began": began, "ended": time.time(), **done}


def _must_have_packages(chosen):
    """Refuse, before anything is undone, what needs dpkg while somebody else is at work with it."""
    by = packages.at_work(packages.LOCK_SECONDS) if any(chosen.values()) else None
    if by is not None:
        raise store.Refused("software is being installed or removed on this host (%s)" % by)


def _over(kept, run):
    """No rollback is under way any more."""
    timer.remove_boot_units(kept, run)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(kept.rolling)
        store.sync_folder(kept.home)
