"""systemd's part: the timer and the units that bring a host back, also after a reboot."""

import contextlib
import os
import shutil
import time

from ansible.module_utils.luytre_guard.files import store
from ansible.module_utils.luytre_guard.os import commands
from ansible.module_utils.luytre_guard.rollback_point import steps
from ansible.module_utils.luytre_shared.files import atomic_file

UNITS = "/usr/local/lib/systemd/system"
PYTHON, STARTS = "/usr/bin/python3", "starts"
BOOT, FINISH, RESUME = "luytre-guard-boot.service", "luytre-guard-finish.service", "luytre-guard-resume.service"
PROTECTED_UNITS = (
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
After={boot} network.target luytre-firewall.service ssh.service nginx.service apache2.service \
mariadb.service mysql.service

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
EXIT_SPENT = 3
"""What a service ends with that has tried often enough for now."""
AGAIN = (
    *("Restart=on-failure", "RestartSec=1", "RestartPreventExitStatus=%d" % EXIT_SPENT),
    *("KillMode=process", "Slice=system.slice"),
)
"""How the units are run: tried again, and not held up by a process that cannot be ended."""


def get_revert_unit_name_of_run(run):
    """Return the name, without suffix, of the timer and the service that revert a run."""
    return "luytre-revert-" + run


def start_timer_that_reverts_run(run_store, run, seconds):
    """Start the timer that reverts the run. Raises store.GuardRefusal when systemd does not take it."""
    unit = get_revert_unit_name_of_run(run)
    commands.run_program_and_return_error_or_none(["systemctl", "reset-failed", unit + ".service", unit + ".timer"])
    _run_transient_unit_with_options(
        unit, ["--on-active=%d" % seconds, "--timer-property=AccuracySec=1s"], run_store, ["revert", run]
    )
    if not is_timer_running(run):
        raise store.GuardRefusal("the timer that brings the host back could not be started")


def check_guard_program_starts_on_host(program):
    """Refuse when the program that brings the host back does not start there: neither timer nor boot could."""
    error = commands.run_program_and_return_error_or_none([PYTHON, "-I", "-B", program, STARTS])
    if error is not None:
        raise store.GuardRefusal("what brings the host back would not start: %s" % error)


def start_unit(run_store, unit, arguments):
    """Start a service of ours now. Raises store.GuardRefusal."""
    commands.run_program_and_return_error_or_none(["systemctl", "reset-failed", unit + ".service"])
    _run_transient_unit_with_options(unit, ["--no-block"], run_store, arguments)


def _run_transient_unit_with_options(unit, options, run_store, arguments):
    run = arguments[1]
    argv = ["systemd-run", "--quiet", "--unit=" + unit, "--description=Lũy Tre: %s %s" % tuple(arguments), *options]
    argv += ["--property=" + setting for setting in ("StartLimitIntervalSec=0", *AGAIN)]
    argv += [PYTHON, "-I", "-B", run_store.get_path_of_run_file(run, store.PROGRAM), *arguments]
    try:
        commands.run_program_and_return_output(argv)
    except commands.CommandFailure as error:
        raise store.GuardRefusal("systemd does not take the unit that brings the host back: %s" % error)


def is_timer_running(run):
    """Return whether the run's timer, or what it starts, is under way."""
    try:
        unit = get_revert_unit_name_of_run(run)
        output = commands.run_program_and_return_output(
            ["systemctl", "is-active", unit + ".timer", unit + ".service"], ok=(0, 3, 4)
        )
    except commands.CommandFailure:
        return False
    return bool({b"active", b"activating", b"deactivating"} & set(output.split()))


def is_reverting(run):
    """Return whether a service is bringing the run back, or about to try again."""
    unit = get_revert_unit_name_of_run(run)
    try:
        output = commands.run_program_and_return_output(
            ["systemctl", "is-active", unit + ".service", unit + "-asked.service"], ok=(0, 3, 4)
        )
    except commands.CommandFailure:
        return False
    return bool({b"active", b"activating", b"deactivating"} & set(output.split()))


def wait_for_running_systemd_jobs(seconds):
    """Wait until systemd has done what it was asked to do: a daemon that is being restarted reads its old files. A job
    that takes longer is not waited for."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and _list_running_systemd_jobs():
        time.sleep(0.1)


def _list_running_systemd_jobs():
    try:
        output = commands.run_program_and_return_output(["systemctl", "list-jobs", "--no-legend", "--plain"]).decode(
            "utf-8", "replace"
        )
    except commands.CommandFailure:
        return []
    words = (line.split() for line in output.splitlines())
    return [fields for fields in words if fields[3:] == ["running"] and not fields[1].startswith("luytre-")]


def stop_revert_timer_of_run(run):
    """Stop the run's timer."""
    commands.run_program_and_return_error_or_none(["systemctl", "stop", get_revert_unit_name_of_run(run) + ".timer"])


def install_units_that_revert_run_at_boot(run_store, run, units=(BOOT, FINISH)):
    """Have the host bring itself back, or go on with a rollback, at the next boot while the mark of that is there."""
    new_folders = [path for path in _list_path_and_folders_above(UNITS) if not os.path.isdir(path)]
    times = {path: os.stat(path).st_mtime_ns for path in _list_path_and_folders_above(UNITS) if os.path.isdir(path)}
    store.write_json(run_store.get_path_of_run_file(run, "units.json"), {"made": new_folders, "times": times})
    words = {
        "run": run,
        "mark": run_store.mark,
        "home": run_store.home,
        "python": PYTHON,
        "program": run_store.get_path_of_run_file(run, store.PROGRAM),
        "boot": BOOT,
        "again": "\n".join(AGAIN),
    }
    os.makedirs(UNITS, mode=0o755, exist_ok=True)
    for name, text, target in (row for row in AT_BOOT if row[0] in units):
        atomic_file.write_file_atomically(
            os.path.join(UNITS, name), text.format(before=" ".join(PROTECTED_UNITS), **words).encode(), 0o644
        )
        wants = os.path.join(UNITS, target + ".wants")
        os.makedirs(wants, mode=0o755, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.symlink("../" + name, os.path.join(wants, name))
        atomic_file.sync_folder(wants)


def _list_path_and_folders_above(path):
    paths = []
    while path != "/":
        paths.append(path)
        path = os.path.dirname(path)
    return paths


def remove_timer_and_boot_units_of_run(run_store, run):
    """Take timer and boot units of the run away, and leave the folders they lay in as they were. Safe to do again."""
    steps.remove_interpreter(run_store, run)
    stop_revert_timer_of_run(run)
    for room in (run_store.get_path_of_run_file(run, store.ROOM), os.path.join(run_store.home, store.ROOM)):
        shutil.rmtree(room, ignore_errors=True)
    remove_units_that_revert_run_at_boot(run_store, run)


def remove_units_that_revert_run_at_boot(run_store, run):
    """Take what ``install_units_that_revert_run_at_boot`` put there away again."""
    before = store.read_json(run_store.get_path_of_run_file(run, "units.json"))
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
    os.unlink(run_store.get_path_of_run_file(run, "units.json"))


def read_boot_id():
    """Return what tells this boot from others."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as handle:
        return handle.read().strip()
