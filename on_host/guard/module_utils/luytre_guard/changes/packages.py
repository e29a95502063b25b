"""Debian's packages: what a run installed goes again, what it upgraded stays, what it removed comes back if it can."""

import contextlib
import errno
import fcntl
import grp
import hashlib
import itertools
import os
import pwd
import re
import struct
import time

from ansible.module_utils.luytre_guard.files import file_writer, tree, walk
from ansible.module_utils.luytre_guard.os import commands, kernel_audit
from ansible.module_utils.luytre_shared.files import atomic_file

QUERY = ["dpkg-query", "--show", "--showformat=${binary:Package}\t${Version}\t${db:Status-Abbrev}\n"]
DPKG = "/var/lib/dpkg"
NOT_KEPT = ("info", "parts", "methods")
JOURNAL = DPKG + "/updates"
"""What dpkg changed last and has not yet put into its records; and, until it ends, ``tmp.i``."""
SKELETON = ("/usr", "/var")
LEFT_OUT = (
    "/var/lib/luytre",
    "/var/www",
    "/var/lib/mysql",
    "/var/log/journal",
    "/var/tmp",
    "/var/lib/docker",
    "/var/lib/containerd",
)
MAX_FOLDERS = 60_000
MAX_RECORDS, MAX_RECORD_WORDS, RECORD_SECONDS = 50_000, 32 * 1024 * 1024, 120
LOCK_SECONDS = 120
"""For whoever is at work with packages, once for all that is to be done."""
LOCKS = (DPKG + "/lock-frontend", DPKG + "/lock")
"""What apt holds as long as it is at work, and what dpkg holds."""
LOCK_ERROR = re.compile(r"lock (?:is|was) locked by another process")
PURGE = ("--purge", "--force-remove-reinstreq")
MAX_CONFFILE = 4 * 1024 * 1024
APT = (
    *("apt-get", "-qq", "-y", "-o", "DPkg::Lock::Timeout=60", "-o", "Acquire::Retries=1"),
    *("-o", "Acquire::http::Timeout=15", "-o", "Dpkg::Options::=--force-confold"),
    *("install", "--no-install-recommends", "--allow-downgrades"),
)
STATE_INSTALLED = "ii "
AUDITD = "auditd"


class InstalledPackagesQuery:
    """Asking for the installed packages, under way."""

    def __init__(self):
        self._query = commands.RunningCommand(QUERY) if commands.find_program("dpkg-query") else None

    def answer(self):
        """Name to ``[version, state]``, state in dpkg's three letters."""
        if self._query is None:
            return {}
        rows = (line.split("\t") for line in self._query.wait_for_output(60).decode("utf-8", "replace").splitlines())
        return {name: [version, state] for name, version, state in rows if name}


def compare_installed_packages(before, now):
    """Return ``(installed, upgraded, removed)`` since: names, ``{name: [version before, now]}``, names."""
    there = {name for name, (_, state) in before.items() if state == STATE_INSTALLED}
    installed_names = sorted(name for name, (_, state) in now.items() if name not in before and state[1] != "n")
    installed_names += sorted(
        name for name, (_, state) in now.items() if name in before and name not in there and state == STATE_INSTALLED
    )
    upgraded_versions = {
        name: [before[name][0], now[name][0]] for name in sorted(there & set(now)) if before[name][0] != now[name][0]
    }
    removed_names = sorted(name for name in there if name not in now or now[name][1] in ("rc ", "un ", "pn ", "in "))
    return installed_names, upgraded_versions, removed_names


def find_package_changes_of_run_remaining(run, before, now):
    """Return ``{installed, removed}`` of what a run did, those that nobody has undone since."""
    installed_names, _, removed_names = compare_installed_packages(before, now)
    return {
        "installed": [name for name in run["installed"] if name in installed_names],
        "removed": [name for name in run["removed"] if name in removed_names],
    }


def find_package_changes_not_made_by_run(before, run):
    """Return packages that are not as before through no doing of the run.

    They are not among those that the run installed, upgraded or removed.
    """
    now = InstalledPackagesQuery().answer()
    changed_names = {name for name in {*before, *now} if before.get(name) != now.get(name)}
    return sorted(changed_names - set().union(*run.values()))


def restore_packages_of_before(before, problems, only=None, needed_names=()):
    """Have the packages of before, as far as that goes. ``{purged, staying, reinstalled, needed}``.

    ``needed_names``: those that came and are not to go, each with why.
    """
    if not before:
        return {}
    now = InstalledPackagesQuery().answer()
    installed_names, upgraded_versions, removed_names = compare_installed_packages(before, now)
    _remove_stat_overrides_of_gone_accounts()
    if only is not None:
        installed_names, removed_names = (
            [name for name in names if name in wanted]
            for names, wanted in ((installed_names, only["installed"]), (removed_names, only["removed"]))
        )
    needed_names = {name: needed_names[name] for name in installed_names if name in needed_names}
    installed_names = [name for name in installed_names if name not in needed_names]
    outcome = {
        "purged": [],
        "needed": needed_names,
        "staying": {name: "%s -> %s" % tuple(pair) for name, pair in upgraded_versions.items()},
        "reinstalled": [],
    }
    until = time.monotonic() + LOCK_SECONDS
    _finish_interrupted_dpkg_configuration(now, until)
    outcome["reinstalled"] = [name for name in removed_names if _install_again(name, before[name][0], problems)]
    if removed_names:
        installed_now = InstalledPackagesQuery().answer()
        installed_names = [name for name in installed_names if name in installed_now]
    if AUDITD in installed_names:
        kernel_audit.clear_rules(problems)
    _stop_services_of_packages(installed_names)
    problems += [
        "packages: %s" % error_text for error_text in _purge_as_many_packages_as_possible(installed_names, until)
    ]
    states_after = (
        _finish_interrupted_dpkg_configuration(InstalledPackagesQuery().answer(), until) if installed_names else now
    )
    outcome["purged"] = _list_names_with_state_of_before(installed_names, before, states_after)
    return outcome


def _list_names_with_state_of_before(names, before, after):
    return [name for name in names if after.get(name, before.get(name)) == before.get(name)]


def _install_again(name, version, problems):
    """Install a package that the run removed, and return whether that succeeded."""
    try:
        commands.run_program_and_return_output([*APT, "%s=%s" % (name, version)], 300)
    except commands.CommandFailure as error:
        problems.append("the package %s, removed by the run, could not be put back: %s" % (name, error))
        return False
    return True


def find_packages_not_yet_restored(before, staying_names):
    """Return those that are neither as before nor ``staying_names``, and that dpkg has not done with or has not purged.

    Name to state.
    """
    now = {name: state for name, (_, state) in InstalledPackagesQuery().answer().items() if name not in staying_names}
    then = {name: state for name, (_, state) in before.items()}
    changed_states = {
        name: state for name, state in now.items() if state != then.get(name, state if state[1] == "n" else "")
    }
    return {
        name: state for name, state in changed_states.items() if name not in then or _is_package_half_installed(state)
    }


def _is_package_half_installed(package_state):
    return package_state[1] not in "inc" or package_state[2] != " "


def _finish_interrupted_dpkg_configuration(now, deadline):
    """Have dpkg end what it left in the middle, if ``now`` tells of such. What is installed then."""
    if not any(_is_package_half_installed(state) for _, state in now.values()):
        return now
    _run_dpkg_and_return_error(["--configure", "-a", "--force-confold"], deadline)
    return InstalledPackagesQuery().answer()


def _purge_as_many_packages_as_possible(package_names, deadline):
    """Purge packages together or, where dpkg refuses that, as many of them as go. Why others stay, in words.

    One that another needs goes after that one, whatever their names: so those that did not go are tried again as long
    as any goes.
    """
    error = _run_dpkg_and_return_error([*PURGE, *package_names], deadline) if package_names else None
    if error is None or LOCK_ERROR.search(error):
        return [] if error is None else [error]
    names_left, refusals = list(package_names), {}
    while names_left:
        refusals = {
            name: why
            for name in names_left
            if (why := _run_dpkg_and_return_error([*PURGE, name], deadline)) is not None
        }
        if len(refusals) == len(names_left):
            break
        names_left = list(refusals)
    return list(dict.fromkeys(refusals.values()))


def _remove_stat_overrides_of_gone_accounts():
    """Drop overrides that name an account that went when /etc came back.

    dpkg does nothing at all while there is one.
    """
    path = os.path.join(DPKG, "statoverride")
    with open(path, encoding="utf-8", errors="surrogateescape") as handle:
        lines = handle.readlines()
    alive = [line for line in lines if _is_user_and_group_known(line.split(" ")[:2])]
    if alive != lines:
        atomic_file.write_file_atomically(path, "".join(alive).encode("utf-8", "surrogateescape"), 0o644)


def _is_user_and_group_known(names):
    for name, look_up in zip(names, (pwd.getpwnam, grp.getgrnam)):
        try:
            if not name.startswith("#"):
                look_up(name)
        except KeyError:
            return False
    return True


def _stop_services_of_packages(package_names):
    """Stop the services that packages brought before they go; not all of them do so themselves."""
    folders = ("/lib/systemd/system/", "/usr/lib/systemd/system/")
    units = {os.path.basename(path) for path in list_paths_of_packages(package_names) if path.startswith(folders)}
    units = [
        unit for unit in sorted(units) if unit.endswith((".service", ".socket", ".timer", ".path")) and "@" not in unit
    ]
    for verb in (["stop"], ["kill", "--signal=KILL"]) if units else ():
        commands.run_program_and_return_error_or_none(["systemctl", *verb, *units], 20)


def _run_dpkg_and_return_error(arguments, deadline):
    """Return why dpkg did not do it, or None.

    Until that moment it is tried again while another program has its lock.
    """
    while True:
        error = commands.run_program_and_return_error_or_none(["dpkg", *arguments], 300)
        if error is None or not LOCK_ERROR.search(error) or time.monotonic() > deadline:
            return error
        time.sleep(2)


def wait_and_find_running_package_work(seconds):
    """Return who works with packages even after so many seconds, in words; None when nobody does."""
    until = time.monotonic() + seconds
    while (process := next(filter(None, map(_get_lock_holder, LOCKS)), None)) and time.monotonic() < until:
        time.sleep(0.5)
    return process and "%s, process %d" % (_get_command_name_of_process(process), process)


def _get_lock_holder(path):
    """Return the number of a process that has a lock, or None. Both files are root's, and nobody else can open them."""
    with contextlib.suppress(OSError), open(path, "rb") as handle:
        query = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        kind, _, _, _, process = struct.unpack("hhqqi4x", fcntl.fcntl(handle, fcntl.F_GETLK, query))
        return process if kind != fcntl.F_UNLCK and process > 0 else None
    return None


def _get_command_name_of_process(pid):
    with contextlib.suppress(OSError), open("/proc/%d/comm" % pid, encoding="utf-8", errors="replace") as handle:
        return handle.read().strip() or "?"
    return "?"


def list_paths_of_packages(package_names):
    """Return paths that belong to packages."""
    paths = set()
    for name in package_names:
        try:
            paths |= set(
                commands.run_program_and_return_output(["dpkg-query", "--listfiles", name])
                .decode("utf-8", "surrogateescape")
                .splitlines()
            )
        except commands.CommandFailure:
            continue
    return paths


def find_paths_as_their_package_brought_them(package_names, paths):
    """Return those of the paths that are as a package that owns them has brought them, by dpkg's record.

    Whatever changed them, nobody edited them.
    """
    recorded_digests = {}
    for name in package_names if paths else ():
        with contextlib.suppress(commands.CommandFailure):
            output = commands.run_program_and_return_output(
                ["dpkg-query", "--show", "--showformat=${Conffiles}\n", name]
            )
            rows = (line.split() for line in output.decode("utf-8", "surrogateescape").splitlines())
            recorded_digests.update((row[0], row[1]) for row in rows if len(row) > 1)
    return {path for path in paths if path in recorded_digests and _compute_md5(path) == recorded_digests[path]}


def _compute_md5(path):
    """Return the MD5 as dpkg notes it, of what is small.

    It tells one state from another, and nobody from root.
    """
    digests = {}

    def keep(chunks, status):
        if status.st_size <= MAX_CONFFILE:
            digests["md5"] = hashlib.md5(b"".join(chunks)).hexdigest()  # noqa: S324
        return {}

    with contextlib.suppress(OSError, tree.UnsafeTarget):
        tree.read_entry_of_path(path, keep)
    return digests.get("md5")


@contextlib.contextmanager
def hold_dpkg_lock_within_seconds(seconds):
    """Keep dpkg from its records meanwhile; whether it left them within that many seconds."""
    until = time.monotonic() + seconds
    handle = os.open(os.path.join(DPKG, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
    try:
        while not (got := _try_to_acquire_dpkg_lock(handle)) and time.monotonic() < until:
            time.sleep(0.1)
        yield got
    finally:
        os.close(handle)


def _try_to_acquire_dpkg_lock(lock_file):
    """Return a lock of this opening: one of the process would go as soon as the file is read and closed."""
    try:
        fcntl.fcntl(lock_file, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        return False
    return True


def read_entries_of_dpkg_database(keep_of):
    """Return dpkg's own records but for the files lists, which come and go with the packages."""
    entries = {}
    with tree.open_folder_without_following_links(DPKG) as handle:
        names = sorted(os.listdir(handle))
    for name in names:
        if name not in NOT_KEPT:
            budget = walk.WalkBudget(MAX_RECORDS, MAX_RECORD_WORDS, RECORD_SECONDS)
            entries.update(
                walk.iter_entries_at_and_below_path(os.path.join(DPKG, name), keep_of, budget, walk.RefusingNotes())
            )
    return entries


def read_package_folder_skeleton():
    """Return folder to ``{mtime, names, entries}`` where packages put things; entries (the very names) below /usr only.

    What lies in folders that others than root can change does not count, and is not looked at.
    """
    folders, queue, out = {}, list(SKELETON), {*LEFT_OUT, *tree.list_served_mounts()}
    while queue:
        folder = queue.pop()
        try:
            with tree.open_folder_without_following_links(folder) as handle, os.scandir(handle) as iterator:
                dir_entries = list(itertools.islice(iterator, tree.MAX_NAMES + 1))
                if len(dir_entries) > tree.MAX_NAMES:
                    continue
                status, inside = os.fstat(handle), [entry.name for entry in dir_entries]
                folders[folder] = {"mtime": status.st_mtime_ns, "names": tree.compute_names_digest(inside)}
                if tree.is_changeable_by_others_than_root(status):
                    continue
                below = [
                    os.path.join(folder, entry.name) for entry in dir_entries if entry.is_dir(follow_symlinks=False)
                ]
                queue += [path for path in below if path not in out]
        except (OSError, tree.UnsafeTarget):
            continue
        if folder.startswith("/usr/") and not folder.startswith("/usr/local"):
            folders[folder]["entries"] = sorted(inside)
        if len(folders) > MAX_FOLDERS:
            return {}
    return folders


def remove_new_usr_files_of_no_package(target_skeleton, upgraded_names, problems):
    """Remove below /usr what was not there and belongs to no package that stays upgraded."""
    owned_paths = list_paths_of_packages(upgraded_names)
    for folder in sorted(target_skeleton, key=lambda path: -path.count("/")):
        if "entries" not in target_skeleton[folder]:
            continue
        try:
            new = set(os.listdir(folder)) - set(target_skeleton[folder]["entries"])
        except OSError:
            continue
        for path in (os.path.join(folder, name) for name in new):
            if path not in owned_paths:
                try:
                    file_writer.remove_path_recursively(path)
                except (OSError, tree.UnsafeTarget) as error:
                    problems.append("%s: %s" % (path, error))


def put_mtimes_of_package_folders(target_skeleton):
    """Give folders that hold the same names as before their times, deepest first."""
    for folder in sorted(target_skeleton, key=lambda path: -path.count("/")):
        file_writer.put_mtime_of_folder_with_same_names(folder, target_skeleton[folder])
