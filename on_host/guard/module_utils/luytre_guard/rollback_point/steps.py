"""The steps of a run on the host.

None begins unless the run is in force, none is at work while the host is brought back.

A run changes the host by a Python of its own (``install_interpreter``). That asks, with a lock held that it keeps to
its end, whether it is still there itself: taking it away and then the lock, exclusively, leaves no step at work and
lets none begin.
"""

import contextlib
import errno
import fcntl
import os
import sys
import time

from ansible.module_utils.luytre_guard.changes import change_attribution, recorder
from ansible.module_utils.luytre_guard.files import store
from ansible.module_utils.luytre_shared.files import atomic_file

PYTHON, LOCK = "python", "steps"
HANDLE = 9
SCRIPT = """\
#!/bin/sh
# A step of the run {run}: only while that can be taken back, and held to the end of its work.
exec {handle}<"{lock}" && flock --shared --nonblock {handle} && test -e "{python}" || {{
  echo "{python}: the run is no longer in force on this host" >&2
  exit 127
}}
{word}={run}
export {word}
PYTHONPATH="{record}${{PYTHONPATH:+:$PYTHONPATH}}"
export PYTHONPATH
exec "{interpreter}" "$@"
"""
BEGINS = ".step"
STEP = """\
# How a step of the run {run} begins in a process that is a Python already: what {python} does before it is one.
import fcntl, importlib.util, os, sys
try:
    held = os.open("{lock}", os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    os.stat("{python}")
except OSError:
    sys.stderr.write("{python}: the run is no longer in force on this host\\n")
    raise SystemExit(127)
os.dup2(held, {handle})
os.close(held)
os.environ["{word}"] = "{run}"
os.environ["PYTHONPATH"] = ":".join(["{record}", *filter(None, [os.environ.get("PYTHONPATH")])])
sys.path.insert(0, "{record}")
spec = importlib.util.spec_from_file_location("sitecustomize", "{record}/sitecustomize.py")
sys.modules["sitecustomize"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["sitecustomize"])
"""


def install_interpreter(run_store, run):
    """Have the run change the host by a Python of its own, whose path is told, until ``remove_interpreter``.

    Raises store.GuardRefusal where nothing can be run from the guard's folder.
    """
    path, lock = run_store.get_path_of_run_file(run, PYTHON), run_store.get_path_of_run_file(run, LOCK)
    if os.statvfs(run_store.get_folder_of_run(run)).f_flag & os.ST_NOEXEC:
        raise store.GuardRefusal("%s is mounted noexec, so a run could not be ended there" % run_store.home)
    os.close(os.open(lock, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    record = run_store.get_path_of_run_file(run, change_attribution.FOLDER)
    os.makedirs(record, mode=0o700, exist_ok=True)
    atomic_file.write_file_atomically(
        os.path.join(record, "sitecustomize.py"), store.read_source("changes.recorder").encode("utf-8")
    )
    words = {"record": record, "run": run, "python": path, "lock": lock, "word": recorder.WORD, "handle": HANDLE}
    atomic_file.write_file_atomically(path + BEGINS, STEP.format(**words).encode())
    atomic_file.write_file_atomically(
        path, SCRIPT.format(interpreter=os.path.realpath(sys.executable), **words).encode(), 0o700
    )
    return path


def remove_interpreter(run_store, run):
    """Remove the interpreter: whatever the run still sends, it begins no more steps."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(run_store.get_path_of_run_file(run, PYTHON))


@contextlib.contextmanager
def hold_lock_against_steps_of_run(run_store, run, seconds, meanwhile=lambda: None):
    """Hold the run's lock, so that no step is at work; whether it was got within that many seconds.

    ``meanwhile`` is done again and again until then.
    """
    handle = os.open(
        run_store.get_path_of_run_file(run, LOCK), os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
    )
    until = time.monotonic() + seconds
    try:
        while not (got := _try_lock(handle)) and time.monotonic() < until:
            meanwhile()
            time.sleep(0.02)
        yield got
    finally:
        os.close(handle)


def _try_lock(lock_file):
    try:
        fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        return False
    return True


def find_run_of_process(pid, environment):
    """Return the run that a process is a step of, by what it holds or by the environment it was given.

    None for others'.
    """
    with contextlib.suppress(OSError):
        folder, name = os.path.split(os.readlink("/proc/%d/fd/%d" % (pid, HANDLE)))
        if name == LOCK:
            return os.path.basename(folder)
    word = recorder.WORD.encode() + b"="
    value = next((entry[len(word) :] for entry in environment if entry.startswith(word)), None)
    return value.decode("ascii", "replace") if value is not None else None
