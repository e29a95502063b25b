"""What the host runs by itself: bringing it back when the time is over or the host was restarted; rolling back."""

import contextlib
import os
import sys
import time
import traceback

from ansible.module_utils.luytre_guard.changes import packages
from ansible.module_utils.luytre_guard.files import incident, store
from ansible.module_utils.luytre_guard.os import child_worker
from ansible.module_utils.luytre_guard.rollback_point import restore, restore_plan, rollback, sessions, steps, timer
from ansible.module_utils.luytre_shared.files import atomic_file

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
EXIT_DONE, EXIT_AGAIN, EXIT_SPENT = 0, 1, timer.EXIT_SPENT
LOOK_SECONDS = 20
"""For whether all is in force that an incident contains.

Some of it lies where lesser users decide how long a look takes.
"""


def main(argv=None):
    """Return ``revert|boot|finish|rollback RUN``: the units' own entry. What systemd is told: done, again, or spent.

    ``starts``: nothing but that the program starts, with all its modules, which is tried before a run is armed.
    """
    arguments = sys.argv[1:] if argv is None else argv
    if arguments == [timer.STARTS]:
        return EXIT_DONE
    verb, run = arguments[:2]
    run_store = store.RunStore()
    try:
        return {
            "revert": _revert_run_by_timer_or_on_request,
            "boot": _revert_files_of_run_during_boot,
            "finish": _finish_revert_of_run_after_boot,
            "rollback": _carry_out_or_resume_rollback_of_run,
        }[verb](run_store, run)
    except store.GuardRefusal as refusal:
        print("luytre-guard: %s" % refusal, file=sys.stderr)
        return EXIT_AGAIN if store.RUN.match(run) and _read_mark_if_run_is_open(run_store, run) else EXIT_SPENT


def _read_mark_if_run_is_open(run_store, run):
    armed_run = run_store.read_mark_of_open_run()
    return armed_run if armed_run and armed_run["run"] == run else None


def _revert_run_by_timer_or_on_request(run_store, run):
    armed_run = _read_mark_if_run_is_open(run_store, run)
    if armed_run is None:
        return _remove_units_left_by_finished_run(run_store, run)
    request = store.read_json(run_store.get_path_of_run_file(run, "asked.json"))
    return _try_to_revert_run_after_pause(
        run_store,
        run,
        "asked" if request else "timer",
        lambda: sessions.kill_steps_of_run_and_account_sessions(
            run, armed_run["uid"], armed_run["account"], request["spare"] if request else ()
        ),
    )


def _remove_units_left_by_finished_run(run_store, run):
    """Remove the units that a run which is over has left, as whoever ended it was killed before that."""
    with run_store.hold_lock(LOCK_SECONDS):
        if run_store.read_mark_of_open_run() is None:
            timer.remove_timer_and_boot_units_of_run(run_store, run)
    return EXIT_DONE


def _revert_files_of_run_during_boot(run_store, run):
    with run_store.hold_lock(REVERT_LOCK_SECONDS):
        armed_run = _read_mark_if_run_is_open(run_store, run)
        if armed_run is None:
            return EXIT_DONE
        state = run_store.read_state_of_run(run) or {}
        steps.remove_interpreter(run_store, run)
        _record_progress_of_run(
            run_store, run, {"state": "reverting", "cause": "boot", "began": state.get("began") or time.time()}
        )
        for problem in restore.restore_root_files_early_in_boot(
            restore_plan.Snapshot(run_store, run, armed_run["digest"]), state.get("pending")
        ):
            print("luytre-guard: %s" % problem, file=sys.stderr)
    return EXIT_DONE


def _finish_revert_of_run_after_boot(run_store, run):
    return _try_to_revert_run_after_pause(run_store, run, "boot", lambda: 0)


def _try_to_revert_run_after_pause(run_store, run, cause, end_writers):
    """Return one try, after its pause.

    One that was killed is begun anew at once: only those that failed are counted.
    """
    if _read_mark_if_run_is_open(run_store, run) is None:
        return _remove_units_left_by_finished_run(run_store, run)
    tries = (run_store.read_state_of_run(run) or {}).get("tries") or {}
    if tries.get("boot") != timer.read_boot_id():
        tries = {"boot": timer.read_boot_id(), "count": 0, "failed": 0}
    failed_tries = tries["failed"] % len(PAUSES)
    time.sleep(PAUSES[failed_tries])
    with run_store.hold_lock(REVERT_LOCK_SECONDS):
        armed_run = _read_mark_if_run_is_open(run_store, run)
        if armed_run is None:
            return EXIT_DONE
        state = run_store.read_state_of_run(run) or {}
        began = state.get("began") or time.time()
        tries = {**tries, "count": tries["count"] + 1, "failed": failed_tries}
        steps.remove_interpreter(run_store, run)
        _record_progress_of_run(run_store, run, {"state": "reverting", "cause": cause, "began": began, "tries": tries})
        tries = {**tries, "failed": failed_tries + 1}
        try:
            ended_count = state.get("processes_ended", 0) + (0 if state.get("pending") else end_writers())
            _record_progress_of_run(run_store, run, {"processes_ended": ended_count})
            with steps.hold_lock_against_steps_of_run(run_store, run, GONE_SECONDS, end_writers) as alone:
                timer.wait_for_running_systemd_jobs(JOB_SECONDS)
                snap = restore_plan.Snapshot(run_store, run, armed_run["digest"])
                report = restore.HostRevert(
                    snap, state, lambda progress: _record_progress_of_run(run_store, run, progress)
                ).revert_host_completely()
        except Exception as error:
            traceback.print_exc()
            problem = {"the way back": "%s: %s" % (type(error).__name__, error)}
            _record_progress_of_run(
                run_store, run, {"not_back": problem, "held": True, "tried": time.time(), "tries": tries}
            )
            return EXIT_AGAIN
        if not alone:
            report["problems"] = [*report["problems"], STILL]
        was_last = failed_tries + 1 == len(PAUSES)
        most = len(PAUSES) if restore.PACKAGES in report["pending"] else SMALL
        if report["pending"] and (report["held"] or failed_tries + 1 < most):
            run_store.update_state_of_run(
                run, {**report, "not_back": report["pending"], "tried": time.time(), "tries": tries}
            )
            return EXIT_SPENT if was_last else EXIT_AGAIN
        problems = [
            *report["problems"],
            *("%s: %s" % item for item in sorted(report["pending"].items())),
            *_reapply_site_blocks_and_report(),
        ]
        outcome = {**report, "problems": list(dict.fromkeys(problems)), "pending": {}, "not_back": {}}
        run_store.update_state_of_run(run, {**outcome, "state": "reverted", "ended": time.time()})
        os.unlink(run_store.mark)
        atomic_file.sync_folder(run_store.home)
        timer.remove_timer_and_boot_units_of_run(run_store, run)
        return EXIT_DONE


def _reapply_site_blocks_and_report():
    """Have the host's sites say what an incident has them say, whatever a way back did.

    What is contained and is not in force, in words.
    """
    error = incident.reapply_site_blocks_to_web_servers()
    sentences = [] if error is None else ["what an incident has the web servers say: %s" % error]
    try:
        return sentences + child_worker.run_in_child_process_within_seconds(
            lambda: list(incident.find_recorded_containment_not_in_force()), LOOK_SECONDS
        )
    except child_worker.WorkerFailure:
        return [*sentences, "whether all is in force that an incident contains could not be told"]


def _record_progress_of_run(run_store, run, progress):
    """Record how far it has come; a disk that takes no record must not hold up the way back."""
    try:
        run_store.update_state_of_run(run, progress)
    except OSError as error:
        print("luytre-guard: %s" % error, file=sys.stderr)


def _carry_out_or_resume_rollback_of_run(run_store, run):
    """Return a rollback, or what is left of one that was cut off, as it was decided; so also at the next boot."""
    with run_store.hold_lock(REVERT_LOCK_SECONDS):
        pending_rollback = store.read_json(run_store.rolling)
        request = pending_rollback or store.read_json(run_store.get_path_of_run_file(run, "rollback.json"))
        answer = store.read_json(run_store.get_path_of_run_file(run, "rolled-back.json"))
        if not answer or answer["number"] != request["number"]:
            tries = pending_rollback["tries"] + 1 if pending_rollback else 1
            try:
                outcome = _run_rollback_as_decided(run_store, run, request, pending_rollback, tries)
            except store.GuardRefusal as refusal:
                outcome = {"refused": str(refusal)}
            except Exception as error:
                traceback.print_exc()
                if tries < SMALL and os.path.exists(run_store.rolling):
                    return EXIT_AGAIN
                outcome = {"refused": "it failed in the middle: %s: %s" % (type(error).__name__, error)}
            if request["only"] is None and "refused" not in outcome:
                run_store.update_state_of_run(run, outcome)
            store.write_json(
                run_store.get_path_of_run_file(run, "rolled-back.json"),
                {"number": request["number"], "outcome": outcome},
            )
        _record_end_of_rollback(run_store, run)
    return EXIT_DONE


def _run_rollback_as_decided(run_store, run, request, pending_rollback, tries):
    armed_run = run_store.read_mark_of_open_run()
    if armed_run:
        raise store.GuardRefusal("another run is in progress on this host: %s" % armed_run["run"])
    snap, after_state = rollback.load_snapshot_and_after_state_of_run(
        run_store, run, run_store.read_state_of_run(run), request["digest"], request["after"]
    )
    began = pending_rollback["began"] if pending_rollback else time.time()

    def decide(plan):
        plan = pending_rollback["plan"] if pending_rollback else plan
        if not pending_rollback:
            _check_no_other_package_work_is_running(plan["packages"])
            timer.install_units_that_revert_run_at_boot(run_store, run, (timer.RESUME,))
        store.write_json(run_store.rolling, {**request, "run": run, "began": began, "plan": plan, "tries": tries})
        return plan

    if not pending_rollback:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(run_store.get_path_of_run_file(run, restore.TRIAL))
    report = rollback.roll_back(snap, after_state, request["only"], False, decide)
    report["problems"] = [*report.get("problems", ()), *_reapply_site_blocks_and_report()]
    return {"run": run, "state": "rolled_back", "cause": "asked", "began": began, "ended": time.time(), **report}


def _check_no_other_package_work_is_running(chosen_packages):
    """Refuse, before anything is undone, what needs dpkg while somebody else is at work with it."""
    by = packages.wait_and_find_running_package_work(packages.LOCK_SECONDS) if any(chosen_packages.values()) else None
    if by is not None:
        raise store.GuardRefusal("software is being installed or removed on this host (%s)" % by)


def _record_end_of_rollback(run_store, run):
    """Note that no rollback is under way any more."""
    timer.remove_units_that_revert_run_at_boot(run_store, run)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(run_store.rolling)
        atomic_file.sync_folder(run_store.home)
