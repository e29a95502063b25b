"""The little that the roles themselves need to know of a host before they change it."""

import os

from ansible.module_utils.luytre.os import managed_settings
from ansible.module_utils.luytre.system import kernel
from ansible.module_utils.luytre.web_servers import mod_php

PROGRAMS = {
    "nginx": "nginx",
    "apache": "apache2",
    "mariadb": "mariadbd",
    "sshd": "sshd",
    "php": "php-fpm",
}


def collect_area_facts(reader):
    return {
        "installed": {name: _is_program_installed(reader, program) for name, program in PROGRAMS.items()},
        "in_force": managed_settings.collect_controls_in_force(),
        "sysctl": kernel.read_changeable_sysctl_values(reader),
        "ufw_sysctl": kernel.read_ufw_file_in_force_after_ours(),
        "python_apt": os.path.isdir("/usr/lib/python3/dist-packages/apt"),
    }


def _is_program_installed(reader, program):
    if program == "php-fpm":
        folders = os.listdir("/etc/php") if os.path.isdir("/etc/php") else []
        return any(reader.find_program("php-fpm" + version) for version in folders) or bool(
            mod_php.list_apache_php_versions()
        )
    return reader.find_program(program) is not None
