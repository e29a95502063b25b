"""What keeps code of PHP in memory, and runs it on where it looks for no changes.

Which services do, and having them forget it.

A service is told to reload, and goes on with what it keeps until it has done so: whoever visits a site before that sees
what was.
"""

import contextlib
import os
import re
import time

from ansible.module_utils.luytre_change import start_test
from ansible.module_utils.luytre_shared.incidents import action_runner, systemd_units
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader, UnreadableFact

FPM = re.compile(r"^(php[0-9.]+-fpm\.service)\s", re.MULTILINE)
APACHE = "apache2.service"
MOD_PHP = "/etc/apache2/mods-enabled"
SECONDS = 10
"""For a daemon's own test."""
RELOAD_SECONDS, PAUSE = 5, 0.05
"""Until a service that was told to reload has done so, but for requests that go on; between two looks."""


def list_services_caching_php_code():
    """Return the services that keep PHP code in memory."""
    output = action_runner.run_program(
        [systemd_units.SYSTEMCTL, "list-units", "--state=active", "--plain", "--no-legend", "php*-fpm.service"]
    )
    names = FPM.findall(output or "")
    with contextlib.suppress(FileNotFoundError):
        if any(re.match(r"php[0-9.]*\.load\Z", name) for name in os.listdir(MOD_PHP)):
            names.append(APACHE)
    return names


def find_php_units_that_would_not_start():
    """Return the services keeping PHP code in memory that would not start with their configuration as it is.

    Told to read it again they end, and all sites with them.
    """
    return [unit for unit in list_services_caching_php_code() if not _can_unit_start_with_its_config(unit)]


def reload_php_services_to_clear_code_cache():
    """Reload the services that keep PHP code in memory, so that they forget what was replaced.

    Return whether all did; one that would not start again goes on with what it has.
    """
    faulty_units = find_php_units_that_would_not_start()
    services = {unit: ServiceProcesses(unit) for unit in list_services_caching_php_code() if unit not in faulty_units}
    reloaded_units = [unit for unit in services if _reload_unit_by_systemctl(unit)]
    ends = time.monotonic() + RELOAD_SECONDS
    while time.monotonic() < ends and not all(
        services[unit].has_been_replaced_by_new_processes() for unit in reloaded_units
    ):
        time.sleep(PAUSE)
    return not faulty_units and len(reloaded_units) == len(services)


class ServiceProcesses:
    """The running processes of a service.

    These are its main process, and the processes that this has started, which serve visitors.
    """

    def __init__(self, unit):
        self.unit, self.main = unit, _get_main_pid(unit)
        self.image, self.children = _read_identity_of_running_program(self.main), _list_children(self.main)

    def has_been_replaced_by_new_processes(self):
        """Return whether others serve visitors by now.

        Its main process has begun anew, and what it had started has ended.
        """
        if self.main is None:
            return True
        anew = self.unit == APACHE or _read_identity_of_running_program(self.main) != self.image
        return anew and not self.children & _list_children(self.main)


def _get_main_pid(unit):
    output = (
        action_runner.run_program([systemd_units.SYSTEMCTL, "show", "--property=MainPID", "--value", "--", unit]) or ""
    )
    return int(output) if output.strip().isdigit() and int(output) else None


def _read_identity_of_running_program(pid):
    """Return what differs when a process has begun another program, or the same anew, under its number.

    Where that lies in memory.
    """
    try:
        with open("/proc/%s/auxv" % pid, "rb") as file:
            return file.read(4096)
    except OSError:
        return None


def _list_children(pid):
    """Return ``(number, when it began)`` of each process that one has started."""
    children = set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError, ValueError, IndexError), open("/proc/%s/stat" % name, "rb") as file:
            words = file.read(4096).rpartition(b")")[2].split()
            if words[0] != b"Z" and int(words[1]) == pid:
                children.add((int(name), words[19]))
    return children


def _can_unit_start_with_its_config(unit):
    try:
        return start_test.find_reason_daemon_would_not_start(unit, AreaReader({}, SECONDS)) is None
    except UnreadableFact:
        return False


def _reload_unit_by_systemctl(unit):
    return action_runner.run_program([systemd_units.SYSTEMCTL, "reload", unit]) is not None
