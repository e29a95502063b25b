"""The little that the roles themselves need to know of a host before they change it."""

import json
import os

from ansible.module_utils.luytre import _sshd, kernel
from ansible.module_utils.luytre._reading import read_text

ENFORCED = "/etc/ansible/facts.d/luytre.fact"
PROGRAMS = {
    "nginx": "nginx",
    "apache": "apache2",
    "mariadb": "mariadbd",
    "sshd": "sshd",
    "php": "php-fpm",
}


def collect(reading):
    return {
        "installed": {name: _is_installed(reading, program) for name, program in PROGRAMS.items()},
        "enforced": _enforced(),
        "sshd": _settings(reading),
        "sysctl": kernel.survey(reading),
    }


def _is_installed(reading, program):
    if program == "php-fpm":
        return os.path.isdir("/etc/php") and any(
            reading.installed("php-fpm" + version) for version in os.listdir("/etc/php")
        )
    return reading.installed(program) is not None


def _enforced():
    """Controls that earlier runs put in force, by id, with the domains of site controls."""
    try:
        found = json.loads(read_text(ENFORCED, 200_000) or "{}")
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: [str(d) for d in value] for key, value in found.items() if isinstance(value, list)}


def _settings(reading):
    """Effective sshd settings that carry one value, as ``sshd -T`` prints them."""
    if reading.installed("sshd") is None:
        return {}
    pairs = (line.split(" ", 1) for line in _sshd.ask(reading).splitlines() if " " in line)
    return {key: value for key, value in pairs if key not in ("hostkey", "listenaddress", "acceptenv", "setenv")}
