"""What a step of a run changes below /etc, noted by the step's own Python, which loads this as ``sitecustomize``.

A line of JSON is written to a file of the step's own before each change: ``{path}`` for what its own code is about to
change, ``{program, began, up}`` for a program that it starts and that may change anything. At the step's end follow,
once for each path, ``{path, by, after}``: how it left it, ``by`` a program or not; and ``{ended}``, unless something
that it started is still at work.
"""

import atexit
import base64
import gc
import json
import os
import stat
import sys
import time

WORD = "LUYTRE_STEP"
"""The variable by which what a step starts can be told from others' processes: its value is the run."""
TREE = "/etc/"
MAX_CONTENT, MAX_PATHS = 256 * 1024, 20_000
SLACK = 0.05
"""Seconds by which a file's time may be before the clock's."""
READERS = frozenset(
    (
        *("nginx", "sshd", "apache2ctl", "apachectl", "apache2", "nft", "visudo", "getent", "id", "stat", "dpkg-query"),
        *("mariadb", "mysql", "sysctl", "findmnt", "ss", "mount", "php"),
    )
)
"""Programs that change nothing below /etc, in the way that steps start them."""
ENABLING_VERBS = frozenset(
    ("enable", "disable", "mask", "unmask", "preset", "start", "restart", "reload-or-restart", "revert")
)
FIRST = frozenset(("os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.chown", "os.truncate", "os.utime"))
SECOND = frozenset(("os.symlink",))
BOTH = frozenset(("os.rename", "os.link"))
START_EVENTS = frozenset(("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system"))
RECORDED_EVENTS = START_EVENTS | FIRST | SECOND | BOTH | {"open"}
OBJECTS = 100_000
"""More of them than Ansible's own code makes have to come together before Python looks for garbage: 6 % of a step's
time.
"""
APPEND_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class StepRecorder:
    """The record of one step."""

    def __init__(self, folder):
        self._pid = os.getpid()
        self._file = os.path.join(folder, "%d-%d.step" % (time.time_ns(), self._pid))
        self._handle = os.open(self._file, APPEND_FLAGS | os.O_CREAT, 0o600)
        self._status = os.fstat(self._handle)
        self._paths, self._began = set(), None

    def record_event(self, audit_event, arguments):
        """Record an event of Python's own audit.

        Raises OSError, and so keeps the step from a change, when that cannot be noted.
        """
        if audit_event not in RECORDED_EVENTS:
            return
        try:
            if audit_event in START_EVENTS:
                paths, program = (
                    (),
                    _get_program_if_it_may_change_files(arguments[0], arguments[1] if len(arguments) > 1 else None),
                )
            else:
                paths, program = (
                    [_make_absolute(*target) for target in _list_paths_changed_by_audit_event(audit_event, arguments)],
                    None,
                )
        except Exception:
            return
        for path in paths:
            if path.startswith(TREE) and path not in self._paths and len(self._paths) < MAX_PATHS:
                self._append_record_to_file({"path": path})
                self._paths.add(path)
        if program and self._began is None:
            self._began = time.time(), time.clock_gettime(time.CLOCK_BOOTTIME)
            self._append_record_to_file({"program": program, "began": self._began[0], "up": self._began[1]})

    def _append_record_to_file(self, record):
        if not self._is_record_file_still_open():
            self._handle = os.open(self._file, APPEND_FLAGS)
        os.write(self._handle, json.dumps(record).encode("ascii") + b"\n")

    def _is_record_file_still_open(self):
        """Return whether the handle still is the record's: what a process forks may close it, and use its
        number again.
        """
        try:
            return os.path.samestat(os.fstat(self._handle), self._status)
        except OSError:
            return False

    def record_paths_left_at_step_end(self):
        """Note how the step leaves what it changed. For the step's own process, not for one that it forked."""
        if os.getpid() != self._pid:
            return
        for path in sorted(self._paths):
            self._append_record_to_file({"path": path, "by": False, "after": read_type_and_small_content_of_path(path)})
        if self._began is not None:
            for path in find_paths_changed_since_below_folder(convert_moment_to_present_clock(*self._began) - SLACK):
                if path not in self._paths:
                    self._append_record_to_file(
                        {"path": path, "by": True, "after": read_type_and_small_content_of_path(path)}
                    )
        if self._began is None or not has_run_other_processes_still_at_work(os.environ.get(WORD, "")):
            self._append_record_to_file({"ended": time.time()})


def _list_paths_changed_by_audit_event(audit_event, arguments):
    """Return the paths that an event is about to change, each with the descriptor of the folder that it is relative to,
    or -1.
    """
    if audit_event == "open":
        return [(arguments[0], -1)] if isinstance(arguments[2], int) and arguments[2] & WRITE_FLAGS else []
    if audit_event in FIRST:
        return [(arguments[0], -1 if audit_event == "os.truncate" else arguments[-1])]
    if audit_event in SECOND:
        return [(arguments[1], arguments[2])]
    return [(arguments[0], arguments[2]), (arguments[1], arguments[3])] if audit_event in BOTH else []


def _get_program_if_it_may_change_files(program, argv):
    """Return the name of a program that may change something, or None."""
    words = [os.fsdecode(word) for word in argv] if isinstance(argv, (list, tuple)) and argv else [os.fsdecode(program)]
    name = os.path.basename(words[0].split(" ")[0])
    if name == "systemctl" and not set(words) & ENABLING_VERBS:
        return None
    return None if name in READERS else name


def _make_absolute(path, folder):
    if isinstance(path, int):
        return os.readlink("/proc/self/fd/%d" % path)
    path = os.fsdecode(path)
    if not path.startswith("/"):
        above = os.readlink("/proc/self/fd/%d" % folder) if isinstance(folder, int) and folder >= 0 else os.getcwd()
        path = os.path.join(above, path)
    if path.startswith("/proc/self/fd/"):
        return os.path.realpath(path)
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


def convert_moment_to_present_clock(moment, uptime):
    """Return a moment in seconds since 1970, by the clock as it is set now if it was set back since, as by a time
    daemon that a step starts. ``uptime``: what the host's uptime was then, in seconds."""
    set_forward = (time.time() - moment) - (time.clock_gettime(time.CLOCK_BOOTTIME) - uptime)
    return moment + min(0, set_forward)


def has_run_other_processes_still_at_work(run):
    """Return whether something that a step of that run started is at work beside this process, and no step above
    answers for it.
    """
    marker = ("%s=%s" % (WORD, run)).encode()
    if not run or marker in _read_environment_of_root_process(str(os.getppid())):
        return False
    others = (name for name in os.listdir("/proc") if name.isdecimal() and int(name) != os.getpid())
    return any(marker in _read_environment_of_root_process(name) for name in others)


def _read_environment_of_root_process(pid):
    """Return what a process was begun with; nothing where it is not root's altogether.

    Of su, which is at work for anybody, anybody gave it.
    """
    try:
        with open("/proc/%s/status" % pid, "rb") as handle:
            uids = next((line.split()[1:] for line in handle if line.startswith(b"Uid:")), [])
        if set(uids) != {b"0"}:
            return []
        with open("/proc/%s/environ" % pid, "rb") as handle:
            return handle.read(200_000).split(b"\0")
    except OSError:
        return []


def read_type_and_small_content_of_path(path):
    """Return how a path is: ``{type}``, of a small file its bytes as base64."""
    try:
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode):
            return {"type": "other"}
        if status.st_size > MAX_CONTENT:
            return {"type": "file"}
        with open(path, "rb") as handle:
            return {"type": "file", "content": base64.b64encode(handle.read(MAX_CONTENT)).decode("ascii")}
    except OSError:
        return {"type": "absent"}


def find_paths_changed_since_below_folder(moment, folder=TREE):
    """Return paths below a folder that changed since, by the times that the kernel keeps."""
    paths, queue = [], [folder.rstrip("/")]
    while queue:
        try:
            with os.scandir(queue.pop()) as inside:
                for entry in inside:
                    if entry.stat(follow_symlinks=False).st_ctime >= moment:
                        paths.append(entry.path)
                    if entry.is_dir(follow_symlinks=False):
                        queue.append(entry.path)
        except OSError:
            continue
    return paths[:MAX_PATHS]


def start_recording_changes_of_this_process(folder):
    """Record this process into a file of its own in the folder. Where that cannot be, the process ends."""
    try:
        recorder = StepRecorder(folder)
    except OSError as error:
        os.write(2, ("%s: what this step changes cannot be noted\n" % error.strerror).encode())
        os._exit(1)
    gc.set_threshold(OBJECTS)
    sys.addaudithook(recorder.record_event)
    atexit.register(recorder.record_paths_left_at_step_end)


if __name__ == "sitecustomize":
    start_recording_changes_of_this_process(os.path.dirname(os.path.abspath(__file__)))
