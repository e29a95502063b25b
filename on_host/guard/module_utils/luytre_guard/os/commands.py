"""The host's own programs: no shell, a fixed environment, always within a time."""

import contextlib
import os
import signal
import subprocess

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "HOME": "/root",
    "DEBIAN_FRONTEND": "noninteractive",
    "NEEDRESTART_SUSPEND": "1",
    "SYSTEMD_PAGER": "",
}
FOLDERS = ("/usr/sbin", "/usr/bin", "/sbin", "/bin")
MAX_MESSAGE = 300
MAX_OUTPUT = 256 * 1024 * 1024
CHUNK = 1 << 20
END_SECONDS = 5


class CommandFailure(Exception):
    """A program is missing, late, or said no; the message says which and why."""


def find_program(name):
    """Return the full path of a program in the system's own folders, or None."""
    for folder in FOLDERS:
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    return None


class RunningCommand:
    """A program under way.

    What it writes goes to memory of ours, not through a pipe: a process that it leaves behind with its output open
    holds nobody up, and it is the program that is waited for.
    """

    def __init__(self, argv, input_bytes=None):
        self.argv = argv
        self._out, self._err, input_fd = (os.memfd_create("luytre-guard", os.MFD_CLOEXEC) for _ in range(3))
        try:
            for start in range(0, len(input_bytes or b""), CHUNK):
                os.write(input_fd, input_bytes[start : start + CHUNK])
            os.lseek(input_fd, 0, os.SEEK_SET)
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL if input_bytes is None else input_fd,
                stdout=self._out,
                stderr=self._err,
                env=ENVIRONMENT,
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            self._close_output_files()
            raise CommandFailure("%s: %s" % (argv[0], error.strerror))
        finally:
            os.close(input_fd)

    def wait_for_output(self, seconds=30, ok=(0,)):
        """Return what it wrote, as bytes. Raises CommandFailure."""
        try:
            code = self._process.wait(seconds)
            out, err = _read_output_file_whole(self._out), _read_output_file_whole(self._err)
        except subprocess.TimeoutExpired:
            self._kill_with_all_it_started()
            raise CommandFailure("%s took longer than %d s" % (" ".join(self.argv[:3]), seconds))
        finally:
            self._close_output_files()
        if code not in ok:
            message = " ".join((err or out).decode("utf-8", "replace").split())[-MAX_MESSAGE:]
            raise CommandFailure("%s ended with %d: %s" % (" ".join(self.argv[:3]), code, message))
        return out

    def _kill_with_all_it_started(self):
        """End it with all that it started; one that cannot be ended is left."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)

    def _close_output_files(self):
        for handle in (self._out, self._err):
            os.close(handle)


def _read_output_file_whole(handle):
    size = os.fstat(handle).st_size
    if size > MAX_OUTPUT:
        raise CommandFailure("a program wrote %d bytes" % size)
    return b"".join(os.pread(handle, CHUNK, start) for start in range(0, size, CHUNK))


def run_program_and_return_output(argv, seconds=30, input_bytes=None, ok=(0,)):
    """Return what a program wrote, as bytes. Raises CommandFailure."""
    return RunningCommand(argv, input_bytes).wait_for_output(seconds, ok)


def run_program_and_return_error_or_none(argv, seconds=60):
    """Return why a program did not end well, or None when it did."""
    try:
        run_program_and_return_output(argv, seconds)
    except CommandFailure as error:
        return str(error)
    return None
