"""Each nginx of a host: the package's, and those that root runs from elsewhere, as hosting panels install them.

A program that a lesser user could change is not run, and what it is started with is taken from root's own processes alone.
"""

import collections
import os
import re

from ansible.module_utils.luytre import _processes
from ansible.module_utils.luytre._reading import Elsewhere, NotRun, Reading, Unreadable

NAMES = ("nginx", "openresty", "angie")
MAIN = "/etc/nginx/nginx.conf"
PREFIX = "/usr/share/nginx"
"""Where a package's nginx has its configuration, and what it finds paths of modules and logs from."""
MAX_ELSEWHERE = 5
SECONDS = 5
"""For the one question to each nginx where it has its files."""

Nginx = collections.namedtuple("Nginx", ("program", "masters", "main", "prefix"))
"""One nginx: its ``program``, root's ``masters`` of it, the ``main`` file of its configuration, its ``prefix``."""


def running(reading):
    """The nginx of the package first, unless only others run, then those. None is an empty list.

    Raises Elsewhere when one runs that root did not start, so that its configuration is not known.
    """
    program = reading.installed("nginx")
    masters = _processes.running(program) if program else []
    ours = [program] if program else []
    away = list(_processes.all_elsewhere(NAMES, ours, reading.trust))
    others = [one for one in (_elsewhere(reading, path) for path in _programs(away)) if one is not None]
    if away and not masters and not others:
        raise Elsewhere(away[0].program)
    packaged = [Nginx(program, masters, started_with(masters) or MAIN, PREFIX)] if program else []
    return (packaged if masters or not others else []) + others


def mains():
    """The main configuration files of all of them, for those who only look for virtual hosts."""
    try:
        found = [one.main for one in running(Reading({}, SECONDS))]
    except Unreadable:
        found = [MAIN]
    return [path for path in found if os.path.exists(path)]


def started_with(masters):
    """The configuration that root's own nginx was started with, where that is the very file that we see; else None."""
    for master in masters:
        path = _option(master.title, "c")
        if path is not None and path.startswith("/") and _processes.same_file(master.pid, path):
            return path
    return None


def built(text):
    """``(prefix, main file)`` that ``nginx -V`` says it was built with; None for what it does not say."""
    said = dict(re.findall(r"--(prefix|conf-path)=(/[^\s']{1,300})", text))
    prefix = said.get("prefix")
    main = said.get("conf-path") or (os.path.join(prefix, "conf/nginx.conf") if prefix else None)
    return prefix, main


def _programs(processes):
    """The paths of their programs, each once, root's own processes alone."""
    return list(dict.fromkeys(one.program for one in processes if one.uid == 0))[:MAX_ELSEWHERE]


def _elsewhere(reading, program):
    """The nginx that root runs from a place of no package's; None when its files are not known for sure."""
    masters = [one for one in _processes.running(program) if one.title.startswith("nginx: master process ")]
    if not masters or _processes.loose_code(masters[0].pid, reading.trust):
        return None
    try:
        prefix, main = built(reading.run([program, "-V"], both=True, ok=None))
    except NotRun:
        return None
    prefix = _option(masters[0].title, "p") or prefix or "/"
    wanted = _option(masters[0].title, "c") or main
    main = os.path.normpath(os.path.join(prefix, wanted)) if wanted else None
    if main is None or not _processes.same_file(masters[0].pid, main):
        return None
    return Nginx(program, masters, main, prefix)


def _option(title, letter):
    """What follows an option in the title that nginx gives its first process, or None."""
    found = re.match(r"nginx: master process .*?\s-%s\s*(\S+)" % letter, title)
    return found.group(1) if found else None
