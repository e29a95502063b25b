"""What keeps code of PHP in memory, and runs it on where it looks for no changes: which services do, and having them forget it."""

import contextlib
import os
import re

from ansible.module_utils.luytre._reading import Reading, Unreadable
from ansible.module_utils.luytre_change import startable
from ansible.module_utils.luytre_shared import acting, starting

FPM = re.compile(r"^(php[0-9.]+-fpm\.service)\s", re.MULTILINE)
APACHE = "apache2.service"
MOD_PHP = "/etc/apache2/mods-enabled"
SECONDS = 10
"""For a daemon's own test."""


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
    """Have it forget what was replaced. Whether all did; one that would not start again goes on with what it has."""
    ended = faulty()
    return all([unit not in ended and _reloaded(unit) for unit in units()])  # noqa: C419  each is told


def _starts(unit):
    try:
        return startable.fault(unit, Reading({}, SECONDS)) is None
    except Unreadable:
        return False


def _reloaded(unit):
    return acting.ran([starting.SYSTEMCTL, "reload", unit]) is not None
