"""The little that the roles themselves need to know of a host before they change it."""

import os

from ansible.module_utils.luytre import _in_force, _sshd, kernel

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
        "in_force": _in_force.collect(),
        "sshd": _settings(reading),
        "sysctl": kernel.survey(reading),
    }


def _is_installed(reading, program):
    if program == "php-fpm":
        return os.path.isdir("/etc/php") and any(
            reading.installed("php-fpm" + version) for version in os.listdir("/etc/php")
        )
    return reading.installed(program) is not None


def _settings(reading):
    """Effective sshd settings that carry one value, as ``sshd -T`` prints them."""
    if reading.installed("sshd") is None:
        return {}
    pairs = (line.split(" ", 1) for line in _sshd.ask(reading).splitlines() if " " in line)
    return {key: value for key, value in pairs if key not in ("hostkey", "listenaddress", "acceptenv", "setenv")}
