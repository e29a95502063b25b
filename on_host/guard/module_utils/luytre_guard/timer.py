"""systemd's part: the timer and the units that bring a host back, also after a reboot."""

import contextlib
import os
import shutil
import time

from . import commands, steps, store

UNITS = "/usr/local/lib/systemd/system"
PYTHON, STARTS = "/usr/bin/python3", "starts"
BOOT, FINISH, RESUME = "luytre-guard-boot.service", "luytre-guard-finish.service", "luytre-guard-resume.service"
PROTECTED = (
    *("sysinit.target", "network-pre.target", "nftables.service", "luytre-firewall.service", "systemd-sysctl.service"),
    *("systemd-modules-load.service", "systemd-tmpfiles-setup.service", "apparmor.service", "ssh.service"),
    *("ssh.socket", "sshd.service", "nginx.service", "apache2.service", "mariadb.service", "cron.service"),
)

# The finishing units run also without a mark: then they take themselves away, which whoever was cut off could not.
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
RequiresMountsFor={home}
After={boot} network.target luytre-firewall.service ssh.service nginx.service apache2.service mariadb.service mysql.service

StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart={python} -I -B {program} finish {run}
{again}
TimeoutStartSec=infinity
"""

RESUME_UNIT = """\
[Unit]
Description=Lũy Tre: go on with rolling back the run {run}
RequiresMountsFor={home}
After=network.target luytre-firewall.service ssh.service nginx.service apache2.service mariadb.service mysql.service

StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart={python} -I -B {program} rollback {run}
{again}
TimeoutStartSec=infinity
"""

AT_BOOT = (
    (BOOT, BOOT_UNIT, "sysinit.target"),
    (FINISH, FINISH_UNIT, "multi-user.target"),
    (RESUME, RESUME_UNIT, "multi-user.target"),
)
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


def must_start(program):
    """Refuse when the program that brings the host back does not start there: neither timer nor boot could."""
    said = commands.said_no([PYTHON, "-I", "-B", program, STARTS])
    if said is not None:
        raise store.Refused("what brings the host back would not start: %s" % said)


def start_unit(kept, unit, arguments):
    """Start a service of ours now. Raises store.Refused."""
    commands.said_no(["systemctl", "reset-failed", unit + ".service"])
    _run_unit(unit, ["--no-block"], kept, arguments)


def _run_unit(unit, options, kept, arguments):
    run = arguments[1]
    argv = ["systemd-run", "--quiet", "--unit=" + unit, "--description=Lũy Tre: %s %s" % tuple(arguments), *options]
    argv += ["--property=" + one for one in ("StartLimitIntervalSec=0", *AGAIN)]
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


def wait_for_jobs(seconds):
    """Wait until systemd has done what it was asked to do: a daemon that is being restarted reads its old files. A job
    that takes longer is not waited for."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and _jobs():
        time.sleep(0.1)


def _jobs():
    try:
        found = commands.run(["systemctl", "list-jobs", "--no-legend", "--plain"]).decode("utf-8", "replace")
    except commands.Failed:
        return []
    words = (line.split() for line in found.splitlines())
    return [one for one in words if one[3:] == ["running"] and not one[1].startswith("luytre-")]


def stop_timer(run):
    """Stop the run's timer."""
    commands.said_no(["systemctl", "stop", unit_of(run) + ".timer"])


def install_boot_units(kept, run, names=(BOOT, FINISH)):
    """Have the host bring itself back, or go on with a rollback, at the next boot while the mark of that is there."""
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
    for name, text, target in (one for one in AT_BOOT if one[0] in names):
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
    """Take timer and boot units of the run away, and leave the folders they lay in as they were. Safe to do again."""
    steps.close_for(kept, run)
    stop_timer(run)
    for room in (kept.file(run, store.ROOM), os.path.join(kept.home, store.ROOM)):
        shutil.rmtree(room, ignore_errors=True)
    remove_boot_units(kept, run)


def remove_boot_units(kept, run):
    """Take what ``install_boot_units`` put there away again."""
    before = store.read_json(kept.file(run, "units.json"))
    if before is None:
        return
    for name, _, target in AT_BOOT:
        wants = os.path.join(UNITS, target + ".wants")
        for path in (os.path.join(wants, name), os.path.join(UNITS, name)):
            with contextlib.suppress(OSError):
                os.unlink(path)
        with contextlib.suppress(OSError):
            os.rmdir(wants)
    for path in sorted(before["made"], reverse=True):
        with contextlib.suppress(OSError):
            os.rmdir(path)
    for path, moment in before["times"].items():
        with contextlib.suppress(OSError):
            os.utime(path, ns=(os.stat(path).st_atime_ns, moment))
    os.unlink(kept.file(run, "units.json"))


def boot_id():
    """What tells this boot from others."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as handle:
        return handle.read().strip()
