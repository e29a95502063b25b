"""The host's own programs: no shell, a fixed environment, always within a time."""

import os
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
MAX_SAID = 300


class Failed(Exception):
    """A program is missing, late, or said no; the message says which and why."""


def installed(name):
    """The full path of a program in the system's own folders, or None."""
    for folder in FOLDERS:
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    return None


class Started:
    """A program under way."""

    def __init__(self, argv, given=None):
        self.argv = argv
        self._given = given
        try:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=ENVIRONMENT,
                cwd="/",
            )
        except OSError as error:
            raise Failed("%s: %s" % (argv[0], error.strerror))

    def output(self, seconds=30, ok=(0,)):
        """What it wrote, as bytes. Raises Failed."""
        try:
            out, err = self._process.communicate(self._given, timeout=seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise Failed("%s took longer than %d s" % (" ".join(self.argv[:3]), seconds))
        if self._process.returncode not in ok:
            said = " ".join((err or out).decode("utf-8", "replace").split())[-MAX_SAID:]
            raise Failed("%s ended with %d: %s" % (" ".join(self.argv[:3]), self._process.returncode, said))
        return out


def run(argv, seconds=30, given=None, ok=(0,)):
    """What a program wrote, as bytes. Raises Failed."""
    return Started(argv, given).output(seconds, ok)


def said_no(argv, seconds=60):
    """Why a program did not end well, or None when it did."""
    try:
        run(argv, seconds)
    except Failed as error:
        return str(error)
    return None
