"""The guard's verbs: arm before the first change, then confirm, or revert; roll a confirmed run back later.

Everything that brings a host back runs as a unit of its own, so that it outlives the session, the network and the
controller. A run is open while the mark ``armed.json`` is there: taking that away is what confirms or ends it.
"""

import contextlib
import os
import pwd
import shutil
import time

from ansible.module_utils.luytre_guard.files import scope, store
from ansible.module_utils.luytre_guard.os import commands, disk_reserve
from ansible.module_utils.luytre_guard.rollback_point import restore_plan, sessions, snapshot, steps, timer
from ansible.module_utils.luytre_guard.rollback_point import rollback as rollbacks
from ansible.module_utils.luytre_shared.files import atomic_file
from ansible.module_utils.luytre_shared.files.names import user_name

MIN_SECONDS, MAX_SECONDS = 5, 7_200
LOCK_SECONDS = 30
STEP_SECONDS = 10
"""For a step that is at its end, before a run is confirmed."""
ANSWER_SECONDS = 600
ROLLBACK = "luytre-rollback"


def take_snapshot_and_start_revert_timer(run, seconds, touches, web_roots, check=False, run_store=None):
    """Take the snapshot, then start the timer. On a run that is already armed only the timer starts anew.

    Raises store.GuardRefusal, with the host as it was, when another run is open, the disk is too full, or the timer
    cannot be started.
    """
    run_store = run_store or store.RunStore()
    run_store.get_folder_of_run(run)
    if not MIN_SECONDS <= seconds <= MAX_SECONDS:
        raise store.GuardRefusal("seconds must be from %d to %d" % (MIN_SECONDS, MAX_SECONDS))
    began = time.monotonic()
    if check:
        return _preview_arming_of_run(run_store, run, touches, web_roots)
    with run_store.hold_lock(0):
        armed_run = run_store.read_mark_of_open_run()
        if armed_run and armed_run["run"] != run:
            raise store.GuardRefusal(_describe_run_still_open_on_host(armed_run))
        if pending_rollback := store.read_json(run_store.rolling):
            raise store.GuardRefusal(
                "the rollback of the run %s is still in progress on this host" % pending_rollback["run"]
            )
        if armed_run and (run_store.read_state_of_run(run) or {}).get("state") == "reverting":
            raise store.GuardRefusal("the run %s is being reverted" % run)
        if armed_run:
            timer.stop_revert_timer_of_run(run)
            timer.start_timer_that_reverts_run(run_store, run, seconds)
            store.write_json(run_store.mark, {**armed_run, "seconds": seconds, "deadline": time.time() + seconds})
            notes = (run_store.read_state_of_run(run) or {}).get("notes", [])
            answer = {"digest": armed_run["digest"], "extended": True, "seconds": seconds, "notes": notes}
            return {"changed": True, "run": run, "interpreter": steps.install_interpreter(run_store, run), **answer}
        _reserve_disk_room_for_records(run_store)
        digest, size = snapshot.take_snapshot(
            run_store, run, [*touches, *_list_paths_ansible_makes_in_homes()], web_roots
        )
        try:
            timer.start_timer_that_reverts_run(run_store, run, seconds)
            timer.install_units_that_revert_run_at_boot(run_store, run)
            uid, account = _get_account_that_became_root()
            mark = {"run": run, "digest": digest, "uid": uid, "account": account, "seconds": seconds}
            run_store.update_state_of_run(
                run, {"state": "armed", "armed": time.time(), "digest": digest, "notes": size["notes"]}
            )
            store.write_json(run_store.mark, {**mark, "boot": timer.read_boot_id(), "deadline": time.time() + seconds})
            interpreter = steps.install_interpreter(run_store, run)
        except BaseException:
            timer.remove_timer_and_boot_units_of_run(run_store, run)
            raise
    took = round(time.monotonic() - began, 3)
    answer = {"digest": digest, "interpreter": interpreter, "extended": False, "seconds": seconds, "took": took}
    return {"changed": True, "run": run, **answer, **size}


def _reserve_disk_room_for_records(run_store):
    """Have room for records on a disk that runs full while the run is open."""
    room = os.path.join(run_store.home, store.ROOM)
    shutil.rmtree(room, ignore_errors=True)
    try:
        disk_reserve.reserve_disk_space_in_folder(room, 0)
    except OSError as error:
        shutil.rmtree(room, ignore_errors=True)
        raise store.GuardRefusal("%s: no room for the records of a way back" % error.strerror)


def _preview_arming_of_run(run_store, run, touches, web_roots):
    armed_run = run_store.read_mark_of_open_run()
    if armed_run and armed_run["run"] != run:
        raise store.GuardRefusal(_describe_run_still_open_on_host(armed_run))
    target_scope = scope.SnapshotScope(touches, web_roots)
    home = run_store.home
    while not os.path.isdir(home):
        home = os.path.dirname(home)
    required_bytes = snapshot.check_disk_room_for_snapshot(store.RunStore(home), target_scope)
    return {"changed": True, "run": run, "digest": None, "extended": False, "bytes": required_bytes}


def _describe_run_still_open_on_host(armed_run):
    if timer.is_timer_running(armed_run["run"]):
        return "another run is in progress on this host: %s" % armed_run["run"]
    return "the run %s was neither confirmed nor reverted on this host: revert it first" % armed_run["run"]


def confirm_run_and_keep_its_changes(run_id, check=False, run_store=None):
    """Keep what the run changed: note how it left the host, then take the mark away. The digest of that note.

    Raises store.GuardRefusal when the host has been brought back already.
    """
    run_store = run_store or store.RunStore()
    with run_store.hold_lock(LOCK_SECONDS):
        armed_run, state = run_store.read_mark_of_open_run(), run_store.read_state_of_run(run_id)
        if armed_run is None or armed_run["run"] != run_id:
            if state and state["state"] in ("confirming", "confirmed"):
                return {"changed": False, "run": run_id, "state": "confirmed", "digest": state["digest"]}
            raise store.GuardRefusal(_describe_why_run_is_not_armed(run_id, state))
        snap = restore_plan.Snapshot(run_store, run_id, armed_run["digest"])
        if state and state["state"] == "reverting":
            raise store.GuardRefusal("the run %s is being reverted" % run_id)
        with steps.hold_lock_against_steps_of_run(run_store, run_id, STEP_SECONDS) as alone:
            if not alone:
                raise store.GuardRefusal("a step of the run %s is still at work on this host" % run_id)
            return _record_confirmation_of_run(run_store, run_id, snap, check)


def _record_confirmation_of_run(run_store, run, snap, check):
    after_state = rollbacks.collect_state_run_left_behind(snap)
    counts = {
        "changed_paths": sorted(after_state["paths"])[: restore_plan.MAX_LISTED],
        "count": len(after_state["paths"]),
    }
    counts["packages"], counts["notes"] = after_state["packages"], after_state["notes"]
    if check:
        return {"changed": True, "run": run, "state": "armed", "digest": snap.digest, **counts}
    after = store.write_json(run_store.get_path_of_run_file(run, "after.json"), after_state)
    run_store.record_states_of_files_left_by_run(after_state["entries"])
    run_store.update_state_of_run(run, {"state": "confirming", "after": after, "ended": time.time(), **counts})
    os.unlink(run_store.mark)
    atomic_file.sync_folder(run_store.home)
    timer.remove_timer_and_boot_units_of_run(run_store, run)
    run_store.update_state_of_run(run, {"state": "confirmed"})
    return {"changed": True, "run": run, "state": "confirmed", "digest": snap.digest, "after": after, **counts}


def _describe_why_run_is_not_armed(run, state):
    if state and state["state"] in ("reverted", "reverting"):
        return "the run %s was already reverted (%s), so there is nothing left to confirm" % (run, state.get("cause"))
    return "the run %s is not armed on this host" % run


def revert_host_to_before_open_run(run, check=False, run_store=None):
    """Bring the host back to before an open run, now. Waits until it is back, or a try has failed: then the state is
    ``reverting``, with what is ``not_back`` and why, and the host goes on trying by itself for some minutes."""
    run_store = run_store or store.RunStore()
    armed_run, state = run_store.read_mark_of_open_run(), run_store.read_state_of_run(run)
    if armed_run is None or armed_run["run"] != run:
        if state and state["state"] == "reverted":
            return {"changed": False, **state}
        if state and state["state"] in ("confirming", "confirmed"):
            raise store.GuardRefusal("the run %s is confirmed: roll it back instead" % run)
        raise store.GuardRefusal("the run %s is not armed on this host" % run)
    if check:
        return {"changed": True, "run": run, "state": "armed"}
    run_store.write_json(
        run_store.get_path_of_run_file(run, "asked.json"), {"spare": sessions.list_ancestors(os.getpid())}
    )
    unit, earlier_try = timer.get_revert_unit_name_of_run(run), (state or {}).get("tried")
    if not timer.is_reverting(run):
        run_store.update_state_of_run(run, {"tries": None})
        if commands.run_program_and_return_error_or_none(["systemctl", "--no-block", "start", unit + ".service"]):
            timer.start_unit(run_store, unit + "-asked", ["revert", run])

    def read_outcome():
        now = run_store.read_state_of_run(run)
        if run_store.read_mark_of_open_run() is None:
            return now
        return now if now and now.get("held") and now.get("tried") != earlier_try else None

    return {"changed": True, **_wait_for_answer_of_unit(unit + "*", read_outcome)}


def roll_back_confirmed_run(run, expect_digest=None, expect_after=None, only=None, check=False, run_store=None):
    """Undo what a confirmed run changed and nobody changed since. Waits for the outcome; with ``check`` only tells."""
    run_store = run_store or store.RunStore()
    state = run_store.read_state_of_run(run)
    armed_run = run_store.read_mark_of_open_run()
    if (
        armed_run
    ):  # what it undid would be gone again if the open run went back, and be that run's own if it is confirmed
        still = "the run %s is still open: confirm or revert it" % run
        raise store.GuardRefusal(still if armed_run["run"] == run else _describe_run_still_open_on_host(armed_run))
    snap, after_state = rollbacks.load_snapshot_and_after_state_of_run(
        run_store, run, state, expect_digest, expect_after
    )
    if check:
        return {"changed": True, "run": run, "state": "confirmed", **rollbacks.roll_back(snap, after_state, only, True)}
    pending_rollback = store.read_json(run_store.rolling)
    if pending_rollback and (pending_rollback["run"], pending_rollback["only"]) != (run, only):
        raise store.GuardRefusal(
            "the rollback of the run %s is still in progress on this host" % pending_rollback["run"]
        )
    request = pending_rollback or {
        "run": run,
        "digest": snap.digest,
        "after": state["after"],
        "only": only,
        "number": time.time(),
    }
    if not pending_rollback:
        store.write_json(run_store.get_path_of_run_file(run, "rollback.json"), request)
    timer.start_unit(run_store, ROLLBACK, ["rollback", run])
    answer = _wait_for_answer_of_unit(
        ROLLBACK, lambda: _read_rollback_outcome_of_number(run_store, run, request["number"])
    )
    if "refused" in answer:
        raise store.GuardRefusal(answer["refused"])
    did = any(answer.get(word) for word in ("count", "sysctls", "ruleset", "database", "units"))
    return {"changed": bool(did or answer["packages"].get("purged")), **answer}


def _read_rollback_outcome_of_number(run_store, run, number):
    answer = store.read_json(run_store.get_path_of_run_file(run, "rolled-back.json"))
    return answer["outcome"] if answer and answer["number"] == number else None


def find_drift_since_confirmed_run(run=None, run_store=None):
    """Return what differs now from how the run, by default the last confirmed one, left the host."""
    run_store = run_store or store.RunStore()
    if run is None:
        confirmed_runs = [
            name
            for name in run_store.list_runs_with_snapshot_oldest_first()
            if (run_store.read_state_of_run(name) or {}).get("state") in ("confirming", "confirmed")
        ]
        if not confirmed_runs:
            raise store.GuardRefusal("no confirmed run on this host")
        run = confirmed_runs[-1]
    snap, after_state = rollbacks.load_snapshot_and_after_state_of_run(
        run_store, run, run_store.read_state_of_run(run), None, None
    )
    return {"changed": False, "run": run, **rollbacks.find_drift(snap, after_state)}


def report_open_run_and_snapshots(run=None, run_store=None):
    """Return what is open, what the run (by default the open or the last one) came to, and which snapshots are here."""
    run_store = run_store or store.RunStore()
    armed_run = run_store.read_mark_of_open_run()
    runs = run_store.list_runs_with_snapshot_oldest_first()
    run = run or (armed_run["run"] if armed_run else None) or (runs[-1] if runs else None)
    state = run_store.read_state_of_run(run) if run else None
    if state and state["state"] == "confirming" and armed_run is None:
        state["state"] = "confirmed"
    answer = {"changed": False, "run": run, "state": "none", "armed": None, **(state or {})}
    answer["snapshots"] = [
        {"run": name, "state": (run_store.read_state_of_run(name) or {}).get("state", "?")} for name in runs
    ]
    answer["armed"] = (
        {
            "run": armed_run["run"],
            "digest": armed_run["digest"],
            "deadline": armed_run["deadline"],
            "timer": timer.is_timer_running(armed_run["run"]),
            "rebooted": armed_run["boot"] != timer.read_boot_id(),
        }
        if armed_run
        else None
    )
    return answer


def _get_account_that_became_root():
    """Return the account through which the run works: the one that became root."""
    uid = _get_uid_of_account_that_became_root()
    name = user_name(uid)
    return uid, "root" if name == "0" else name


def _get_uid_of_account_that_became_root():
    return int(os.environ.get("SUDO_UID") or os.getuid())


def _list_paths_ansible_makes_in_homes():
    """Return what a run makes in the homes of root and of the account it works through.

    One that is ended leaves files there.
    """
    paths = []
    for uid in {0, _get_uid_of_account_that_became_root()}:
        with contextlib.suppress(KeyError):
            home = pwd.getpwuid(uid).pw_dir
            paths += [os.path.join(home, ".ansible"), "tree:" + os.path.join(home, ".ansible/tmp")]
    return paths


def _wait_for_answer_of_unit(unit_name, read_answer):
    until = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < until:
        outcome = read_answer()
        if outcome is not None:
            return outcome
        time.sleep(0.1)
        if (
            commands.run_program_and_return_error_or_none(["systemctl", "--quiet", "is-failed", unit_name + ".service"])
            is None
            and read_answer() is None
        ):
            raise store.GuardRefusal("%s.service failed on the host; its journal says why" % unit_name)
    raise store.GuardRefusal("no outcome after %d s" % ANSWER_SECONDS)
