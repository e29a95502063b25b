"""systemd's part: the timer and the units that bring a host back, also after a reboot."""

import contextlib
import os
import shutil

from . import commands, store

UNITS = "/usr/local/lib/systemd/system"
PYTHON = "/usr/bin/python3"
BOOT, FINISH = "luytre-guard-boot.service", "luytre-guard-finish.service"
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

StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart={python} -I -B {program} finish {run}
{again}
TimeoutStartSec=infinity
"""

SPENT = 3
"""What a service ends with that has tried often enough for now."""
AGAIN = (
    *("Restart=on-failure", "RestartSec=1", "RestartPreventExitStatus=%d" % SPENT),
    *("KillMode=process", "Slice=system.slice"),
)
"""How the units are run: tried again, and not held up by a process that cannot be ended."""


def unit_of(run):
    """The name, without suffix, of the timer and the service that revert a run."""
    return "luytre-revert-" + run


def start_timer(kept, run, seconds):
    """Start the timer that reverts the run. Raises store.Refused when systemd does not take it."""
    unit = unit_of(run)
    commands.said_no(["systemctl", "reset-failed", unit + ".service", unit + ".timer"])
    _run_unit(unit, ["--on-active=%d" % seconds, "--timer-property=AccuracySec=1s"], kept, ["revert", run])
    if not timer_runs(run):
        raise store.Refused("the timer that brings the host back could not be started")


def start_unit(kept, unit, arguments):
    """Start a service of ours now. Raises store.Refused."""
    commands.said_no(["systemctl", "reset-failed", unit + ".service"])
    _run_unit(unit, ["--no-block"], kept, arguments)


def _run_unit(unit, options, kept, arguments):
    run = arguments[1]
    argv = ["systemd-run", "--quiet", "--unit=" + unit, "--description=Lũy Tre: %s %s" % tuple(arguments), *options]
    argv += ["--property=" + one for one in AGAIN]
    argv += [PYTHON, "-I", "-B", kept.file(run, store.PROGRAM), *arguments]
    try:
        commands.run(argv)
    except commands.Failed as error:
        raise store.Refused("systemd does not take the unit that brings the host back: %s" % error)


def timer_runs(run):
    """Whether the run's timer, or what it starts, is under way."""
    try:
        unit = unit_of(run)
        found = commands.run(["systemctl", "is-active", unit + ".timer", unit + ".service"], ok=(0, 3, 4))
    except commands.Failed:
        return False
    return bool({b"active", b"activating", b"deactivating"} & set(found.split()))


def at_work(run):
    """Whether a service is bringing the run back, or about to try again."""
    unit = unit_of(run)
    try:
        found = commands.run(["systemctl", "is-active", unit + ".service", unit + "-asked.service"], ok=(0, 3, 4))
    except commands.Failed:
        return False
    return bool({b"active", b"activating", b"deactivating"} & set(found.split()))


def stop_timer(run):
    """Stop the run's timer."""
    commands.said_no(["systemctl", "stop", unit_of(run) + ".timer"])


def install_boot_units(kept, run):
    """Have the host bring itself back at the next boot, while the mark is there."""
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
        "again": "\n".join(AGAIN),
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


def disarm(kept, run):
    """Take timer and boot units away, and leave the folders they lay in as they were."""
    kept.close_to_changes(run)
    stop_timer(run)
    for name, target in ((BOOT, "sysinit.target"), (FINISH, "multi-user.target")):
        wants = os.path.join(UNITS, target + ".wants")
        for path in (os.path.join(wants, name), os.path.join(UNITS, name)):
            with contextlib.suppress(OSError):
                os.unlink(path)
        with contextlib.suppress(OSError):
            os.rmdir(wants)
    for room in (kept.file(run, store.ROOM), os.path.join(kept.home, store.ROOM)):
        shutil.rmtree(room, ignore_errors=True)
    before = store.read_json(kept.file(run, "units.json")) or {"made": [], "times": {}}
    for path in sorted(before["made"], reverse=True):
        with contextlib.suppress(OSError):
            os.rmdir(path)
    for path, moment in before["times"].items():
        with contextlib.suppress(OSError):
            os.utime(path, ns=(os.stat(path).st_atime_ns, moment))


def boot_id():
    """What tells this boot from others."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as handle:
        return handle.read().strip()
