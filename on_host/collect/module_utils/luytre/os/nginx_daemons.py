"""Each nginx of a host: the package's, and those that root runs from elsewhere, as hosting panels install them.

A program that a lesser user could change is not run, and what it is started with is taken from root's own processes
alone.
"""

import collections
import os
import re

from ansible.module_utils.luytre_shared.os import process_table
from ansible.module_utils.luytre_shared.os.area_reader import (
    WITH_ERRORS,
    AreaReader,
    NotRun,
    UnpackagedDaemon,
    UnreadableFact,
)

NAMES = ("nginx", "openresty", "angie")
MAIN = "/etc/nginx/nginx.conf"
PREFIX = "/usr/share/nginx"
"""Where a package's nginx has its configuration, and what it finds paths of modules and logs from."""
MAX_ELSEWHERE = 5
SECONDS = 5
"""For the one question to each nginx where it has its files."""

Nginx = collections.namedtuple("Nginx", ("program", "masters", "main", "prefix"))
"""One nginx: its ``program``, root's ``masters`` of it, the ``main`` file of its configuration, its ``prefix``."""


def list_running_nginx_daemons(reader):
    """Return the nginx of the package first, unless only others run, then those. None is an empty list.

    Raises UnpackagedDaemon when one runs that root did not start, so that its configuration is not known.
    """
    program = reader.find_program("nginx")
    masters = process_table.list_processes_of_program(program) if program else []
    ours = [program] if program else []
    away = list(process_table.iter_processes_outside_paths(NAMES, ours, reader.trust))
    others = [
        daemon
        for daemon in (_inspect_unpackaged_nginx(reader, path) for path in _list_root_program_paths(away))
        if daemon is not None
    ]
    if away and not masters and not others:
        raise UnpackagedDaemon(away[0].program)
    package_daemons = [Nginx(program, masters, get_config_of_running_nginx(masters) or MAIN, PREFIX)] if program else []
    return (package_daemons if masters or not others else []) + others


def list_nginx_main_files():
    """Return the main configuration files of all of them, for those who only look for virtual hosts."""
    try:
        paths = [daemon.main for daemon in list_running_nginx_daemons(AreaReader({}, SECONDS))]
    except UnreadableFact:
        paths = [MAIN]
    return [path for path in paths if os.path.exists(path)]


def get_config_of_running_nginx(masters):
    """Return the configuration that root's own nginx was started with, where that is the very file that we see.

    Else None.
    """
    for master in masters:
        path = _get_option_from_process_title(master.title, "c")
        if path is not None and path.startswith("/") and process_table.is_same_file_seen_by_process(master.pid, path):
            return path
    return None


def parse_nginx_build_paths(text):
    """Return ``(prefix, main file)`` that ``nginx -V`` says it was built with; None for what it does not say."""
    options = dict(re.findall(r"--(prefix|conf-path)=(/[^\s']{1,300})", text))
    prefix = options.get("prefix")
    main = options.get("conf-path") or (os.path.join(prefix, "conf/nginx.conf") if prefix else None)
    return prefix, main


def _list_root_program_paths(processes):
    """Return the paths of their programs, each once, root's own processes alone."""
    return list(dict.fromkeys(process.program for process in processes if process.uid == 0))[:MAX_ELSEWHERE]


def _inspect_unpackaged_nginx(reader, program):
    """Return the nginx that root runs from a place of no package's; None when its files are not known for sure."""
    masters = [
        process
        for process in process_table.list_processes_of_program(program)
        if process.title.startswith("nginx: master process ")
    ]
    if not masters or process_table.find_who_can_change_process_code(masters[0].pid, reader.trust):
        return None
    try:
        prefix, main = parse_nginx_build_paths(reader.run([program, "-V"], ok=None, output=WITH_ERRORS))
    except NotRun:
        return None
    prefix = _get_option_from_process_title(masters[0].title, "p") or prefix or "/"
    config_path = _get_option_from_process_title(masters[0].title, "c") or main
    main = os.path.normpath(os.path.join(prefix, config_path)) if config_path else None
    if main is None or not process_table.is_same_file_seen_by_process(masters[0].pid, main):
        return None
    return Nginx(program, masters, main, prefix)


def _get_option_from_process_title(title, letter):
    """Return what follows an option in the title that nginx gives its first process, or None."""
    match = re.match(r"nginx: master process .*?\s-%s\s*(\S+)" % letter, title)
    return match.group(1) if match else None
