"""The guard's verbs: arm before the first change, then confirm, or revert; roll a confirmed run back later.

Everything that brings a host back runs as a unit of its own, so that it outlives the session, the network and the
controller. A run is open while the mark ``armed.json`` is there: taking that away is what confirms or ends it.
"""

import contextlib
import hashlib
import os
import pwd
import sys
import time

from . import commands, restore, sessions, snapshot, store

UNITS = "/usr/local/lib/systemd/system"
PYTHON = "/usr/bin/python3"
BOOT, FINISH = "luytre-guard-boot.service", "luytre-guard-finish.service"
MIN_SECONDS, MAX_SECONDS = 5, 7_200
LOCK_SECONDS = 30
REVERT_LOCK_SECONDS = 300
ANSWER_SECONDS = 600
PROTECTED = (
    *("sysinit.target", "network-pre.target", "nftables.service", "systemd-sysctl.service"),
    *("systemd-modules-load.service", "systemd-tmpfiles-setup.service", "apparmor.service", "ssh.service"),
    *("ssh.socket", "sshd.service", "nginx.service", "apache2.service", "mariadb.service", "cron.service"),
)

# No Restart here: a second start would hold up the jobs that the finishing unit waits for.
BOOT_UNIT = """\
[Unit]
Description=Lũy Tre: bring the host back to before the unconfirmed run {run}
DefaultDependencies=no
ConditionPathExists={mark}
RequiresMountsFor={home}
After=systemd-remount-fs.service
Wants=network-pre.target
Before={before}
Conflicts=shutdown.target

[Service]
Type=oneshot
ExecStart={python} -I -B {program} boot {run}
TimeoutStartSec=120
"""

FINISH_UNIT = """\
[Unit]
Description=Lũy Tre: finish bringing the host back to before the unconfirmed run {run}
ConditionPathExists={mark}
RequiresMountsFor={home}
After={boot} network.target nftables.service ssh.service nginx.service apache2.service mariadb.service mysql.service

[Service]
Type=oneshot
ExecStart={python} -I -B {program} finish {run}
Restart=on-failure
RestartSec=2
TimeoutStartSec=infinity
"""


def unit_of(run):
    """The name, without suffix, of the timer and the service that revert a run."""
    return "luytre-revert-" + run


# --- verbs ---------------------------------------------------------------------------------------------


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
        if armed:
            _stop_timer(run)
            _start_timer(kept, run, seconds)
            store.write_json(kept.mark, {**armed, "seconds": seconds, "deadline": time.time() + seconds})
            return {"changed": True, "run": run, "digest": armed["digest"], "extended": True, "seconds": seconds}
        digest, size = snapshot.take(kept, run, [*touches, *_made_by_ansible()], roots)
        try:
            _install_boot_units(kept, run)
            _start_timer(kept, run, seconds)
            uid, account = _automation()
            mark = {"run": run, "digest": digest, "uid": uid, "account": account, "seconds": seconds}
            kept.put_state(run, {"state": "armed", "armed": time.time(), "digest": digest})
            store.write_json(kept.mark, {**mark, "boot": _boot_id(), "deadline": time.time() + seconds})
        except BaseException:
            _disarm(kept, run)
            raise
    took = round(time.monotonic() - began, 3)
    return {"changed": True, "run": run, "digest": digest, "extended": False, "seconds": seconds, "took": took, **size}


def _would_arm(kept, run, touches, roots):
    armed = kept.armed()
    if armed and armed["run"] != run:
        raise store.Refused(_in_progress(armed))
    scope = snapshot.Scope(touches, roots)
    home = kept.home
    while not os.path.isdir(home):
        home = os.path.dirname(home)
    needed = snapshot.must_fit(store.Store(home), scope)
    return {"changed": True, "run": run, "digest": None, "extended": False, "bytes": needed}


def _in_progress(armed):
    if _timer_runs(armed["run"]):
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
        snap = restore.Snapshot(kept, run, armed["digest"])
        if state and state["state"] == "reverting":
            raise store.Refused("the run %s is being reverted" % run)
        left = restore.after(snap)
        counts = {"changed_paths": sorted(left["paths"])[: restore.LISTED], "count": len(left["paths"])}
        counts["packages"] = left["packages"]
        if check:
            return {"changed": True, "run": run, "state": "armed", "digest": snap.digest, **counts}
        after = store.write_json(kept.file(run, "after.json"), left)
        kept.put_state(run, {"state": "confirming", "after": after, "ended": time.time(), **counts})
        os.unlink(kept.mark)
        store.sync_folder(kept.home)
        _disarm(kept, run)
        kept.put_state(run, {"state": "confirmed"})
        return {"changed": True, "run": run, "state": "confirmed", "digest": snap.digest, "after": after, **counts}


def _not_open(run, state):
    if state and state["state"] in ("reverted", "reverting"):
        return "the run %s was already reverted (%s), so there is nothing left to confirm" % (run, state.get("cause"))
    return "the run %s is not armed on this host" % run


def revert(run, check=False, kept=None):
    """Bring the host back to before an open run, now. Waits for the outcome."""
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
    store.write_json(kept.file(run, "asked.json"), {"spare": sessions.chain(os.getpid())})
    unit = unit_of(run)
    if commands.said_no(["systemctl", "--no-block", "start", unit + ".service"]):
        _start_unit(kept, unit + "-asked", ["revert", run])
    return {"changed": True, **_awaited(unit + "*", lambda: kept.state(run) if kept.armed() is None else None)}


def rollback(run, expect_digest=None, expect_after=None, only=None, check=False, kept=None):
    """Undo what a confirmed run changed and nobody changed since. Waits for the outcome; with ``check`` only tells."""
    kept = kept or store.Store()
    state = kept.state(run)
    if kept.armed() and kept.armed()["run"] == run:
        raise store.Refused("the run %s is still open: confirm or revert it" % run)
    snap, left = _confirmed(kept, run, state, expect_digest, expect_after)
    if check:
        return {"changed": True, "run": run, "state": "confirmed", **restore.roll_back(snap, left, only, True)}
    asked = {"digest": snap.digest, "after": state["after"], "only": only, "number": time.time()}
    store.write_json(kept.file(run, "rollback.json"), asked)
    _start_unit(kept, "luytre-rollback", ["rollback", run])
    answer = _awaited("luytre-rollback", lambda: _answered(kept, run, asked["number"]))
    if "refused" in answer:
        raise store.Refused(answer["refused"])
    did = any(answer.get(word) for word in ("count", "sysctls", "ruleset", "database", "units"))
    return {"changed": bool(did or answer["packages"].get("purged")), **answer}


def _answered(kept, run, number):
    answer = store.read_json(kept.file(run, "rolled-back.json"))
    return answer["outcome"] if answer and answer["number"] == number else None


def _confirmed(kept, run, state, digest, after):
    if state is None or state["state"] not in ("confirming", "confirmed", "rolled_back"):
        raise store.Refused("there is no confirmed run %s on this host" % run)
    snap = restore.Snapshot(kept, run, digest or state["digest"])
    path = kept.file(run, "after.json")
    left = store.read_json(path)
    if left is None or left["snapshot"] != snap.digest:
        raise store.Refused("what the run %s left behind is not recorded" % run)
    with open(path, "rb") as handle:
        present = hashlib.sha256(handle.read()).hexdigest()
    if present != (after or state["after"]):
        raise store.Refused("the record of the run %s is not the one that was made: its digest differs" % run)
    return snap, left


def drift(run=None, kept=None):
    """What differs now from how the run, by default the last confirmed one, left the host."""
    kept = kept or store.Store()
    if run is None:
        confirmed = [one for one in kept.runs() if (kept.state(one) or {}).get("state") in ("confirming", "confirmed")]
        if not confirmed:
            raise store.Refused("no confirmed run on this host")
        run = confirmed[-1]
    snap, left = _confirmed(kept, run, kept.state(run), None, None)
    return {"changed": False, "run": run, **restore.drift(snap, left)}


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
            "timer": _timer_runs(armed["run"]),
            "rebooted": armed["boot"] != _boot_id(),
        }
        if armed
        else None
    )
    return answer


# --- what the host runs by itself --------------------------------------------------------------------


def main(argv=None):
    """``revert|boot|finish|rollback RUN``: the units' own entry."""
    verb, run = (sys.argv[1:] if argv is None else argv)[:2]
    kept = store.Store()
    try:
        {"revert": _revert, "boot": _boot, "finish": _finish, "rollback": _rollback}[verb](kept, run)
    except store.Refused as refusal:
        print("luytre-guard: %s" % refusal, file=sys.stderr)
    return 0


def _open_run(kept, run):
    armed = kept.armed()
    return armed if armed and armed["run"] == run else None


def _revert(kept, run):
    armed = _open_run(kept, run)
    if armed is None:
        return
    asked = store.read_json(kept.file(run, "asked.json"))
    ended = sessions.end(armed["uid"], armed["account"], asked["spare"] if asked else ())
    _bring_back(kept, run, "asked" if asked else "timer", ended)


def _boot(kept, run):
    with kept.locked(REVERT_LOCK_SECONDS):
        armed = _open_run(kept, run)
        if armed is None:
            return
        kept.put_state(run, {"state": "reverting", "cause": "boot", "began": time.time()})
        problems = restore.early(restore.Snapshot(kept, run, armed["digest"]))
        for problem in problems:
            print("luytre-guard: %s" % problem, file=sys.stderr)


def _finish(kept, run):
    if _open_run(kept, run):
        _bring_back(kept, run, "boot", 0)


def _bring_back(kept, run, cause, ended):
    with kept.locked(REVERT_LOCK_SECONDS):
        armed = _open_run(kept, run)
        if armed is None:
            return
        began = (kept.state(run) or {}).get("began") or time.time()
        kept.put_state(run, {"state": "reverting", "cause": cause, "began": began})
        done = restore.everything(restore.Snapshot(kept, run, armed["digest"]))
        outcome = restore.outcome("reverted", cause, began, done)
        kept.put_state(run, {**outcome, "processes_ended": ended})
        os.unlink(kept.mark)
        store.sync_folder(kept.home)
        _disarm(kept, run)


def _rollback(kept, run):
    asked = store.read_json(kept.file(run, "rollback.json"))
    began = time.time()
    try:
        with kept.locked(LOCK_SECONDS):
            snap, left = _confirmed(kept, run, kept.state(run), asked["digest"], asked["after"])
            done = restore.roll_back(snap, left, asked["only"], False)
            outcome = {"run": run, **restore.outcome("rolled_back", "asked", began, done)}
            if asked["only"] is None:
                kept.put_state(run, outcome)
    except store.Refused as refusal:
        outcome = {"refused": str(refusal)}
    store.write_json(kept.file(run, "rolled-back.json"), {"number": asked["number"], "outcome": outcome})


# --- systemd -------------------------------------------------------------------------------------------


def _start_timer(kept, run, seconds):
    unit = unit_of(run)
    commands.said_no(["systemctl", "reset-failed", unit + ".service", unit + ".timer"])
    _run_unit(unit, ["--on-active=%d" % seconds, "--timer-property=AccuracySec=1s"], kept, ["revert", run])
    if not _timer_runs(run):
        raise store.Refused("the timer that brings the host back could not be started")


def _start_unit(kept, unit, arguments):
    commands.said_no(["systemctl", "reset-failed", unit + ".service"])
    _run_unit(unit, ["--no-block"], kept, arguments)


def _run_unit(unit, options, kept, arguments):
    run = arguments[1]
    argv = ["systemd-run", "--quiet", "--unit=" + unit, "--description=Lũy Tre: %s %s" % tuple(arguments), *options]
    argv += ["--property=" + one for one in ("Restart=on-failure", "RestartSec=1", "Slice=system.slice")]
    argv += [PYTHON, "-I", "-B", kept.file(run, store.PROGRAM), *arguments]
    try:
        commands.run(argv)
    except commands.Failed as error:
        raise store.Refused("systemd does not take the unit that brings the host back: %s" % error)


def _timer_runs(run):
    try:
        unit = unit_of(run)
        found = commands.run(["systemctl", "is-active", unit + ".timer", unit + ".service"], ok=(0, 3, 4))
    except commands.Failed:
        return False
    return bool({b"active", b"activating", b"deactivating"} & set(found.split()))


def _stop_timer(run):
    commands.said_no(["systemctl", "stop", unit_of(run) + ".timer"])


def _install_boot_units(kept, run):
    made = [path for path in _ancestors(UNITS) if not os.path.isdir(path)]
    times = {path: os.stat(path).st_mtime_ns for path in _ancestors(UNITS) if os.path.isdir(path)}
    store.write_json(kept.file(run, "units.json"), {"made": made, "times": times})
    words = {
        "run": run,
        "mark": kept.mark,
        "home": kept.home,
        "python": PYTHON,
        "program": kept.file(run, store.PROGRAM),
        "boot": BOOT,
    }
    os.makedirs(UNITS, mode=0o755, exist_ok=True)
    for name, text, target in ((BOOT, BOOT_UNIT, "sysinit.target"), (FINISH, FINISH_UNIT, "multi-user.target")):
        store.write(os.path.join(UNITS, name), text.format(before=" ".join(PROTECTED), **words).encode(), 0o644)
        wants = os.path.join(UNITS, target + ".wants")
        os.makedirs(wants, mode=0o755, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.symlink("../" + name, os.path.join(wants, name))
        store.sync_folder(wants)


def _ancestors(path):
    found = []
    while path != "/":
        found.append(path)
        path = os.path.dirname(path)
    return found


def _disarm(kept, run):
    """Take timer and boot units away, and leave the folders they lay in as they were."""
    _stop_timer(run)
    for name, target in ((BOOT, "sysinit.target"), (FINISH, "multi-user.target")):
        wants = os.path.join(UNITS, target + ".wants")
        for path in (os.path.join(wants, name), os.path.join(UNITS, name)):
            with contextlib.suppress(OSError):
                os.unlink(path)
        with contextlib.suppress(OSError):
            os.rmdir(wants)
    with contextlib.suppress(OSError):
        os.unlink(kept.file(run, "reserve"))
    before = store.read_json(kept.file(run, "units.json")) or {"made": [], "times": {}}
    for path in sorted(before["made"], reverse=True):
        with contextlib.suppress(OSError):
            os.rmdir(path)
    for path, moment in before["times"].items():
        with contextlib.suppress(OSError):
            os.utime(path, ns=(os.stat(path).st_atime_ns, moment))


def _automation():
    """The account through which the run works: the one that became root."""
    uid = int(os.environ.get("SUDO_UID") or os.getuid())
    try:
        return uid, pwd.getpwuid(uid).pw_name
    except KeyError:
        return uid, "root" if uid == 0 else "?"


def _made_by_ansible():
    """What a run makes in the homes of root and of the account it works through; one that is ended leaves files there."""
    made = []
    for uid in {0, int(os.environ.get("SUDO_UID") or os.getuid())}:
        with contextlib.suppress(KeyError):
            home = pwd.getpwuid(uid).pw_dir
            made += [os.path.join(home, ".ansible"), "tree:" + os.path.join(home, ".ansible/tmp")]
    return made


def _boot_id():
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as handle:
        return handle.read().strip()


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
