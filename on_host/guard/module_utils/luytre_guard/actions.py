"""The guard's verbs: arm before the first change, then confirm, or revert; roll a confirmed run back later.

Everything that brings a host back runs as a unit of its own, so that it outlives the session, the network and the
controller. A run is open while the mark ``armed.json`` is there: taking that away is what confirms or ends it.
"""

import contextlib
import os
import pwd
import shutil
import time

from ansible.module_utils.luytre_shared.names import user_name

from . import commands, scope, sessions, snapshot, spare, steps, store, timer, work
from . import rollback as rollbacks

MIN_SECONDS, MAX_SECONDS = 5, 7_200
LOCK_SECONDS = 30
STEP_SECONDS = 10
"""For a step that is at its end, before a run is confirmed."""
ANSWER_SECONDS = 600
ROLLBACK = "luytre-rollback"


def arm(run, seconds, touches, roots, check=False, kept=None):
    """Take the snapshot, then start the timer. On a run that is already armed only the timer starts anew.

    Raises store.Refused, with the host as it was, when another run is open, the disk is too full, or the timer
    cannot be started.
    """
    kept = kept or store.Store()
    kept.folder(run)
    if not MIN_SECONDS <= seconds <= MAX_SECONDS:
        raise store.Refused("seconds must be from %d to %d" % (MIN_SECONDS, MAX_SECONDS))
    began = time.monotonic()
    if check:
        return _would_arm(kept, run, touches, roots)
    with kept.locked(0):
        armed = kept.armed()
        if armed and armed["run"] != run:
            raise store.Refused(_in_progress(armed))
        if rolling := store.read_json(kept.rolling):
            raise store.Refused("the rollback of the run %s is still in progress on this host" % rolling["run"])
        if armed and (kept.state(run) or {}).get("state") == "reverting":
            raise store.Refused("the run %s is being reverted" % run)
        if armed:
            timer.stop_timer(run)
            timer.start_timer(kept, run, seconds)
            store.write_json(kept.mark, {**armed, "seconds": seconds, "deadline": time.time() + seconds})
            notes = (kept.state(run) or {}).get("notes", [])
            answer = {"digest": armed["digest"], "extended": True, "seconds": seconds, "notes": notes}
            return {"changed": True, "run": run, "interpreter": steps.open_for(kept, run), **answer}
        _keep_room(kept)
        digest, size = snapshot.take(kept, run, [*touches, *_made_by_ansible()], roots)
        try:
            timer.start_timer(kept, run, seconds)
            timer.install_boot_units(kept, run)
            uid, account = _automation()
            mark = {"run": run, "digest": digest, "uid": uid, "account": account, "seconds": seconds}
            kept.put_state(run, {"state": "armed", "armed": time.time(), "digest": digest, "notes": size["notes"]})
            store.write_json(kept.mark, {**mark, "boot": timer.boot_id(), "deadline": time.time() + seconds})
            interpreter = steps.open_for(kept, run)
        except BaseException:
            timer.disarm(kept, run)
            raise
    took = round(time.monotonic() - began, 3)
    answer = {"digest": digest, "interpreter": interpreter, "extended": False, "seconds": seconds, "took": took}
    return {"changed": True, "run": run, **answer, **size}


def _keep_room(kept):
    """Have room for records on a disk that runs full while the run is open."""
    room = os.path.join(kept.home, store.ROOM)
    shutil.rmtree(room, ignore_errors=True)
    try:
        spare.keep(room, 0)
    except OSError as error:
        shutil.rmtree(room, ignore_errors=True)
        raise store.Refused("%s: no room for the records of a way back" % error.strerror)


def _would_arm(kept, run, touches, roots):
    armed = kept.armed()
    if armed and armed["run"] != run:
        raise store.Refused(_in_progress(armed))
    wanted = scope.Scope(touches, roots)
    home = kept.home
    while not os.path.isdir(home):
        home = os.path.dirname(home)
    needed = snapshot.must_fit(store.Store(home), wanted)
    return {"changed": True, "run": run, "digest": None, "extended": False, "bytes": needed}


def _in_progress(armed):
    if timer.timer_runs(armed["run"]):
        return "another run is in progress on this host: %s" % armed["run"]
    return "the run %s was neither confirmed nor reverted on this host: revert it first" % armed["run"]


def confirm(run, check=False, kept=None):
    """Keep what the run changed: note how it left the host, then take the mark away. The digest of that note.

    Raises store.Refused when the host has been brought back already.
    """
    kept = kept or store.Store()
    with kept.locked(LOCK_SECONDS):
        armed, state = kept.armed(), kept.state(run)
        if armed is None or armed["run"] != run:
            if state and state["state"] in ("confirming", "confirmed"):
                return {"changed": False, "run": run, "state": "confirmed", "digest": state["digest"]}
            raise store.Refused(_not_open(run, state))
        snap = work.Snapshot(kept, run, armed["digest"])
        if state and state["state"] == "reverting":
            raise store.Refused("the run %s is being reverted" % run)
        with steps.none_at_work(kept, run, STEP_SECONDS) as alone:
            if not alone:
                raise store.Refused("a step of the run %s is still at work on this host" % run)
            return _confirmed(kept, run, snap, check)


def _confirmed(kept, run, snap, check):
    left = rollbacks.after(snap)
    counts = {"changed_paths": sorted(left["paths"])[: work.LISTED], "count": len(left["paths"])}
    counts["packages"], counts["notes"] = left["packages"], left["notes"]
    if check:
        return {"changed": True, "run": run, "state": "armed", "digest": snap.digest, **counts}
    after = store.write_json(kept.file(run, "after.json"), left)
    kept.note_left(left["entries"])
    kept.put_state(run, {"state": "confirming", "after": after, "ended": time.time(), **counts})
    os.unlink(kept.mark)
    store.sync_folder(kept.home)
    timer.disarm(kept, run)
    kept.put_state(run, {"state": "confirmed"})
    return {"changed": True, "run": run, "state": "confirmed", "digest": snap.digest, "after": after, **counts}


def _not_open(run, state):
    if state and state["state"] in ("reverted", "reverting"):
        return "the run %s was already reverted (%s), so there is nothing left to confirm" % (run, state.get("cause"))
    return "the run %s is not armed on this host" % run


def revert(run, check=False, kept=None):
    """Bring the host back to before an open run, now. Waits until it is back, or a try has failed: then the state is
    ``reverting``, with what is ``not_back`` and why, and the host goes on trying by itself for some minutes."""
    kept = kept or store.Store()
    armed, state = kept.armed(), kept.state(run)
    if armed is None or armed["run"] != run:
        if state and state["state"] == "reverted":
            return {"changed": False, **state}
        if state and state["state"] in ("confirming", "confirmed"):
            raise store.Refused("the run %s is confirmed: roll it back instead" % run)
        raise store.Refused("the run %s is not armed on this host" % run)
    if check:
        return {"changed": True, "run": run, "state": "armed"}
    kept.write_json(kept.file(run, "asked.json"), {"spare": sessions.chain(os.getpid())})
    unit, tried = timer.unit_of(run), (state or {}).get("tried")
    if not timer.at_work(run):
        kept.put_state(run, {"tries": None})
        if commands.said_no(["systemctl", "--no-block", "start", unit + ".service"]):
            timer.start_unit(kept, unit + "-asked", ["revert", run])

    def came():
        now = kept.state(run)
        if kept.armed() is None:
            return now
        return now if now and now.get("held") and now.get("tried") != tried else None

    return {"changed": True, **_awaited(unit + "*", came)}


def rollback(run, expect_digest=None, expect_after=None, only=None, check=False, kept=None):
    """Undo what a confirmed run changed and nobody changed since. Waits for the outcome; with ``check`` only tells."""
    kept = kept or store.Store()
    state = kept.state(run)
    armed = kept.armed()
    if armed:  # what it undid would be gone again if the open run went back, and be that run's own if it is confirmed
        still = "the run %s is still open: confirm or revert it" % run
        raise store.Refused(still if armed["run"] == run else _in_progress(armed))
    snap, left = rollbacks.confirmed(kept, run, state, expect_digest, expect_after)
    if check:
        return {"changed": True, "run": run, "state": "confirmed", **rollbacks.roll_back(snap, left, only, True)}
    rolling = store.read_json(kept.rolling)
    if rolling and (rolling["run"], rolling["only"]) != (run, only):
        raise store.Refused("the rollback of the run %s is still in progress on this host" % rolling["run"])
    asked = rolling or {"run": run, "digest": snap.digest, "after": state["after"], "only": only, "number": time.time()}
    if not rolling:
        store.write_json(kept.file(run, "rollback.json"), asked)
    timer.start_unit(kept, ROLLBACK, ["rollback", run])
    answer = _awaited(ROLLBACK, lambda: _answered(kept, run, asked["number"]))
    if "refused" in answer:
        raise store.Refused(answer["refused"])
    did = any(answer.get(word) for word in ("count", "sysctls", "ruleset", "database", "units"))
    return {"changed": bool(did or answer["packages"].get("purged")), **answer}


def _answered(kept, run, number):
    answer = store.read_json(kept.file(run, "rolled-back.json"))
    return answer["outcome"] if answer and answer["number"] == number else None


def drift(run=None, kept=None):
    """What differs now from how the run, by default the last confirmed one, left the host."""
    kept = kept or store.Store()
    if run is None:
        confirmed = [one for one in kept.runs() if (kept.state(one) or {}).get("state") in ("confirming", "confirmed")]
        if not confirmed:
            raise store.Refused("no confirmed run on this host")
        run = confirmed[-1]
    snap, left = rollbacks.confirmed(kept, run, kept.state(run), None, None)
    return {"changed": False, "run": run, **rollbacks.drift(snap, left)}


def status(run=None, kept=None):
    """What is open, what the run (by default the open or the last one) came to, and which snapshots are here."""
    kept = kept or store.Store()
    armed = kept.armed()
    runs = kept.runs()
    run = run or (armed["run"] if armed else None) or (runs[-1] if runs else None)
    state = kept.state(run) if run else None
    if state and state["state"] == "confirming" and armed is None:
        state["state"] = "confirmed"
    answer = {"changed": False, "run": run, "state": "none", "armed": None, **(state or {})}
    answer["snapshots"] = [{"run": one, "state": (kept.state(one) or {}).get("state", "?")} for one in runs]
    answer["armed"] = (
        {
            "run": armed["run"],
            "digest": armed["digest"],
            "deadline": armed["deadline"],
            "timer": timer.timer_runs(armed["run"]),
            "rebooted": armed["boot"] != timer.boot_id(),
        }
        if armed
        else None
    )
    return answer


def _automation():
    """The account through which the run works: the one that became root."""
    uid = _uid()
    name = user_name(uid)
    return uid, "root" if name == "0" else name


def _uid():
    return int(os.environ.get("SUDO_UID") or os.getuid())


def _made_by_ansible():
    """What a run makes in the homes of root and of the account it works through; one that is ended leaves files there."""
    made = []
    for uid in {0, _uid()}:
        with contextlib.suppress(KeyError):
            home = pwd.getpwuid(uid).pw_dir
            made += [os.path.join(home, ".ansible"), "tree:" + os.path.join(home, ".ansible/tmp")]
    return made


def _awaited(unit, answer):
    until = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < until:
        found = answer()
        if found is not None:
            return found
        time.sleep(0.1)
        if commands.said_no(["systemctl", "--quiet", "is-failed", unit + ".service"]) is None and answer() is None:
            raise store.Refused("%s.service failed on the host; its journal says why" % unit)
    raise store.Refused("no outcome after %d s" % ANSWER_SECONDS)
