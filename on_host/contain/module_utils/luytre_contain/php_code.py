"""What keeps code of PHP in memory, and runs it on where it looks for no changes: which services do, and having them forget it.

A service is told to reload, and goes on with what it keeps until it has done so: whoever visits a site before that sees what was.
"""

import contextlib
import os
import re
import time

from ansible.module_utils.luytre._reading import Reading, Unreadable
from ansible.module_utils.luytre_change import startable
from ansible.module_utils.luytre_shared import acting, starting

FPM = re.compile(r"^(php[0-9.]+-fpm\.service)\s", re.MULTILINE)
APACHE = "apache2.service"
MOD_PHP = "/etc/apache2/mods-enabled"
SECONDS = 10
"""For a daemon's own test."""
RELOAD_SECONDS, PAUSE = 5, 0.05
"""Until a service that was told to reload has done so, but for requests that go on; between two looks."""


def units():
    """The services that do."""
    running = acting.ran(
        [starting.SYSTEMCTL, "list-units", "--state=active", "--plain", "--no-legend", "php*-fpm.service"]
    )
    found = FPM.findall(running or "")
    with contextlib.suppress(FileNotFoundError):
        if any(re.match(r"php[0-9.]*\.load\Z", name) for name in os.listdir(MOD_PHP)):
            found.append(APACHE)
    return found


def faulty():
    """Those of them that would not start with their configuration as it is: told to read it again they end, and all sites with them."""
    return [unit for unit in units() if not _starts(unit)]


def forgotten():
    """Have it forget what was replaced. Return whether all did; one that would not start again goes on with what it has."""
    ended = faulty()
    some = {unit: Running(unit) for unit in units() if unit not in ended}
    reloaded = [unit for unit in some if _reloaded(unit)]
    ends = time.monotonic() + RELOAD_SECONDS
    while time.monotonic() < ends and not all(some[unit].is_over() for unit in reloaded):
        time.sleep(PAUSE)
    return not ended and len(reloaded) == len(some)


class Running:
    """What runs of a service: its main process, and the processes that this has started, which serve visitors."""

    def __init__(self, unit):
        self.unit, self.main = unit, _main(unit)
        self.image, self.children = _image(self.main), _children(self.main)

    def is_over(self):
        """Return whether others serve visitors by now: its main process has begun anew, and what it had started has ended."""
        if self.main is None:
            return True
        anew = self.unit == APACHE or _image(self.main) != self.image
        return anew and not self.children & _children(self.main)


def _main(unit):
    said = acting.ran([starting.SYSTEMCTL, "show", "--property=MainPID", "--value", "--", unit]) or ""
    return int(said) if said.strip().isdigit() and int(said) else None


def _image(pid):
    """Return what differs when a process has begun another program, or the same anew, under its number: where that lies in memory."""
    try:
        with open("/proc/%s/auxv" % pid, "rb") as file:
            return file.read(4096)
    except OSError:
        return None


def _children(pid):
    """Return ``(number, when it began)`` of each process that one has started."""
    found = set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError, ValueError, IndexError), open("/proc/%s/stat" % name, "rb") as file:
            words = file.read(4096).rpartition(b")")[2].split()
            if words[0] != b"Z" and int(words[1]) == pid:
                found.add((int(name), words[19]))
    return found


def _starts(unit):
    try:
        return startable.fault(unit, Reading({}, SECONDS)) is None
    except Unreadable:
        return False


def _reloaded(unit):
    return acting.ran([starting.SYSTEMCTL, "reload", unit]) is not None
