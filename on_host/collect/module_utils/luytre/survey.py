"""The little that the roles themselves need to know of a host before they change it."""

import os

from ansible.module_utils.luytre import _managed_settings, _mod_php, kernel

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
        "in_force": _managed_settings.collect(),
        "sysctl": kernel.survey(reading),
        "ufw_sysctl": kernel.survey_ufw(),
        "python_apt": os.path.isdir("/usr/lib/python3/dist-packages/apt"),
    }


def _is_installed(reading, program):
    if program == "php-fpm":
        folders = os.listdir("/etc/php") if os.path.isdir("/etc/php") else []
        return any(reading.find_program("php-fpm" + version) for version in folders) or bool(_mod_php.list_versions())
    return reading.find_program(program) is not None
