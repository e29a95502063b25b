"""Where the guard keeps things on the host: one folder of root's alone, a lock, a mark while a run is open."""

import contextlib
import errno
import fcntl
import hashlib
import importlib.util
import io
import json
import os
import re
import shutil
import time
import zipfile

from ansible.module_utils.luytre_guard.os import disk_reserve
from ansible.module_utils.luytre_shared.files import atomic_file

HOME = "/var/lib/luytre/guard"
RUN = re.compile(r"\A[0-9A-Za-z][0-9A-Za-z-]{0,63}\Z")
MAX_SNAPSHOTS = 5
LEFT_FILE = "left.json"
LEFT_OF = ("type", "mode", "uid", "gid", "sha256", "target")
LEFT_STATES, MAX_LEFT = 8, 20_000
MAX_KEPT_BYTES = 256 * 1024 * 1024
PROGRAM = "guard.pyz"
ROOM = "room"
"""Of a run, or of the guard: the folder with what ``disk_reserve`` keeps."""
MODULES = (
    *("__init__", "actions", "service"),
    *(
        "changes.__init__",
        "changes.change_attribution",
        "changes.database",
        "changes.package_dependencies",
        "changes.packages",
        "changes.recorder",
    ),
    *(
        "daemons.__init__",
        "daemons.certificates",
        "daemons.config_check",
        "daemons.daemons",
        "daemons.failure_logs",
        "daemons.units",
    ),
    *(
        "files.__init__",
        "files.file_writer",
        "files.identity",
        "files.incident",
        "files.scope",
        "files.store",
        "files.tree",
        "files.untrusted_places",
        "files.walk",
    ),
    *(
        "os.__init__",
        "os.accounts",
        "os.child_worker",
        "os.commands",
        "os.disk_reserve",
        "os.kernel_audit",
        "os.mounts",
        "os.own_tmp",
        "os.runtime_state",
    ),
    *(
        "rollback_point.__init__",
        "rollback_point.restore",
        "rollback_point.restore_plan",
        "rollback_point.rollback_selection",
        "rollback_point.rollback",
        "rollback_point.sessions",
        "rollback_point.snapshot",
        "rollback_point.steps",
        "rollback_point.timer",
        "rollback_point.verify",
    ),
)
OWN, SHARED_PACKAGE = "luytre_guard", "luytre_shared"
SHARED_MODULES = (
    *("__init__", "files.__init__", "incidents.__init__", "os.__init__"),
    *(
        "files.atomic_file",
        "files.file_replacement",
        "files.immutable",
        "files.names",
        "files.ownership",
        "files.safe_open",
    ),
    *(
        "incidents.action_runner",
        "incidents.lines",
        "incidents.web_block_config",
        "os.ports",
        "os.child_process",
        "os.key_pair",
        "os.program",
    ),
)
"""What the collector judges and opens files by, too."""
ROOT = "ansible/module_utils"
"""The program holds our modules under the names that they have when Ansible sends them, and nothing else of Ansible."""
MAIN = "import sys\nfrom ansible.module_utils.luytre_guard.service import main\nsys.exit(main())\n"


class GuardRefusal(Exception):
    """Nothing was done; the message says why."""


class RunStore:
    """The guard's folder. ``armed.json`` is there from the moment a run is armed until it is confirmed or reverted,
    ``rolling.json`` from the moment a rollback begins until it has come to its end."""

    def __init__(self, home=HOME):
        self.home = home
        self.mark = os.path.join(home, "armed.json")
        self.rolling = os.path.join(home, "rolling.json")

    def make_store_folder_of_root(self):
        """Make the folder, root's alone."""
        if not os.path.isdir(self.home):
            _make_folder_keeping_time_of_parent(self.home)
        status = os.lstat(self.home)
        if status.st_uid != os.geteuid() or os.path.islink(self.home):
            raise GuardRefusal("%s is not ours" % self.home)
        os.chmod(self.home, 0o700)

    def get_folder_of_run(self, run):
        """Return the folder of a run. Raises GuardRefusal for a name that no run has."""
        if not RUN.match(run or ""):
            raise GuardRefusal("%r is not the name of a run" % run)
        return os.path.join(self.home, run)

    def get_path_of_run_file(self, run, name):
        """Return a file of a run."""
        return os.path.join(self.get_folder_of_run(run), name)

    @contextlib.contextmanager
    def hold_lock(self, seconds):
        """Hold the host's lock; waits that long for it, then raises GuardRefusal with who has it."""
        self.make_store_folder_of_root()
        handle = os.open(os.path.join(self.home, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        until = time.monotonic() + seconds
        try:
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError as error:
                    if error.errno not in (errno.EAGAIN, errno.EACCES):
                        raise
                    if time.monotonic() > until:
                        raise GuardRefusal("another run is in progress: %s" % (self._get_run_holding_lock() or "?"))
                    time.sleep(0.05)
            yield
        finally:
            os.close(handle)

    def _get_run_holding_lock(self):
        armed_run = self.read_mark_of_open_run()
        return armed_run["run"] if armed_run else None

    def read_mark_of_open_run(self):
        """Return what is open: ``{run, digest, uid, boot, seconds, deadline}``, or None."""
        return read_json(self.mark)

    def read_state_of_run(self, run):
        """Return what the run came to, or None."""
        return read_json(self.get_path_of_run_file(run, "state.json"))

    def update_state_of_run(self, run, changes):
        """Change some of what is recorded about the run."""
        self.write_json(
            self.get_path_of_run_file(run, "state.json"), {**(self.read_state_of_run(run) or {}), **changes, "run": run}
        )

    def write_json(self, path, document):
        """Write a document, also where the disk has run full since the run was armed; its sha256."""
        return disk_reserve.run_and_free_reserve_when_disk_is_full(
            os.path.join(self.home, ROOM), lambda: write_json(path, document)
        )

    def list_runs_with_snapshot_oldest_first(self):
        """Return the runs with a snapshot here, oldest first."""
        dated_names = []
        for name in os.listdir(self.home) if os.path.isdir(self.home) else ():
            if RUN.match(name):
                with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                    dated_names.append((os.stat(self.get_path_of_run_file(name, "manifest.json")).st_mtime_ns, name))
        return [name for _, name in sorted(dated_names)]

    def record_states_of_files_left_by_run(self, entries):
        """Keep how a confirmed run left files, the last states of each, also when its snapshot is forgotten."""
        place = os.path.join(self.home, LEFT_FILE)
        states_by_path = read_json(place) or {}
        for path, entry in entries.items():
            state = {word: entry[word] for word in LEFT_OF if word in entry}
            states_by_path[path] = [
                *(earlier_state for earlier_state in states_by_path.pop(path, ()) if earlier_state != state),
                state,
            ][-LEFT_STATES:]
        write_json(place, dict(list(states_by_path.items())[-MAX_LEFT:]))

    def delete_drafts_and_excess_snapshots(self, run_to_keep):
        """Delete drafts, and the oldest snapshots beyond the bounds on number and bytes.

        That of ``run_to_keep`` stays.
        """
        for entry in list(os.scandir(self.home)):
            if entry.name.startswith(".draft-"):
                shutil.rmtree(entry.path, ignore_errors=True)
        armed_run = self.read_mark_of_open_run()
        kept_runs = {run_to_keep, armed_run["run"] if armed_run else None}
        runs = self.list_runs_with_snapshot_oldest_first()
        sizes = {run: _count_bytes(self.get_folder_of_run(run)) for run in runs}
        for run in runs:
            if len(sizes) <= MAX_SNAPSHOTS and sum(sizes.values()) <= MAX_KEPT_BYTES:
                return
            if run not in kept_runs:
                shutil.rmtree(self.get_folder_of_run(run), ignore_errors=True)
                del sizes[run]


def _make_folder_keeping_time_of_parent(folder):
    """Make a folder and those above it, leaving the time of the one where that begins as it was."""
    above = os.path.dirname(folder)
    if not os.path.isdir(above):
        _make_folder_keeping_time_of_parent(above)
    moment = os.stat(above).st_mtime_ns
    os.mkdir(folder, 0o700)
    if not os.path.exists(os.path.join(above, "guard")):
        os.utime(above, ns=(moment, moment))


def _count_bytes(folder):
    return sum(
        _count_bytes(entry.path) if entry.is_dir(follow_symlinks=False) else entry.stat(follow_symlinks=False).st_size
        for entry in os.scandir(folder)
    )


def read_json(path):
    """Return the document in a file of ours, or None when there is none or it is not one."""
    try:
        with open(path, "rb") as handle:
            return json.loads(handle.read().decode("ascii"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def write_json(path, document):
    """Write a document so that a reader, also after a power cut, sees the old one or the new one; its sha256."""
    content = json.dumps(document, sort_keys=True, separators=(",", ":")).encode("ascii")
    atomic_file.write_file_atomically(path, content)
    return hashlib.sha256(content).hexdigest()


def build_guard_program_archive():
    """Return this package as one file that a host's own Python runs, without controller or Ansible."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder in ("ansible", ROOT):
            archive.writestr("%s/__init__.py" % folder, "")
        for package, modules in ((OWN, MODULES), (SHARED_PACKAGE, SHARED_MODULES)):
            for name in modules:
                archive.writestr("%s/%s/%s.py" % (ROOT, package, name.replace(".", "/")), read_source(name, package))
        archive.writestr("__main__.py", MAIN)
    return target.getvalue()


def read_source(name, package=OWN):
    """Return the text of one of our modules, wherever it was loaded from: a folder, or the archive that
    Ansible sends.
    """
    full = ".".join([*ROOT.split("/"), package, *(part for part in name.split(".") if part != "__init__")])
    return importlib.util.find_spec(full).loader.get_source(full)
