"""Each PHP-FPM of a host: those of packages, and those that root runs from elsewhere, as hosting panels
install them.
"""

import collections
import glob
import os
import re

from ansible.module_utils.luytre import _processes
from ansible.module_utils.luytre._area_reader import AreaReader, UnpackagedDaemon, UnreadableFact, read_text

PACKAGES = "/etc/php"
MAX_ELSEWHERE = 20
SECONDS = 5

Fpm = collections.namedtuple("Fpm", ("program", "version", "main", "inis", "prefix", "words"))
"""One PHP-FPM: its ``program`` and ``version`` (None: it has to be asked), the ``main`` file of its configuration,
patterns of the ``inis`` that it reads, what it finds relative paths from as ``prefix``, and the ``words`` that have it
read just these."""


def iter_installed(reading):
    """Yield those of packages, whether they run or not."""
    for version in sorted(os.listdir(PACKAGES)) if os.path.isdir(PACKAGES) else []:
        program = reading.find_program("php-fpm" + version) if re.match(r"\d+\.\d+$", version) else None
        if program is not None:
            yield make_packaged(program, version)


def make_packaged(program, version):
    """Return the FPM of a package of that version."""
    folder = "%s/%s/fpm" % (PACKAGES, version)
    inis = (folder + "/php.ini", folder + "/conf.d/*.ini")
    return Fpm(program, version, folder + "/php-fpm.conf", inis, "/usr", ())


def find_elsewhere(reading):
    """Return those that root runs from a place of no package's.

    Raises Elsewhere when it is not known what one was started with.
    """
    daemons = {}
    for process in _processes.all_elsewhere(("php-fpm",), (), reading.trust):
        main = _get_main_file(process)
        if main is not None and not _processes.loose_code(process.pid, reading.trust):
            daemons.setdefault((process.program, main), _make_placed(process.program, main))
        else:
            daemons.setdefault((process.program, None), None)
    known_programs = {program for (program, _), fpm in daemons.items() if fpm is not None}
    unknown = [program for (program, _), fpm in daemons.items() if fpm is None and program not in known_programs]
    if unknown:
        raise UnpackagedDaemon(unknown[0])
    return [fpm for fpm in daemons.values() if fpm is not None][:MAX_ELSEWHERE]


def list_pool_files():
    """Return the files of pools of all of those, and what they include, for those who only look for accounts."""
    try:
        mains = [daemon.main for daemon in find_elsewhere(AreaReader({}, SECONDS))]
    except UnreadableFact:
        return []
    patterns = [
        pattern for main in mains for pattern in re.findall(r"(?m)^\s*include\s*=\s*(/\S+)", read_text(main) or "")
    ]
    return [*mains, *(path for pattern in patterns for path in sorted(glob.glob(pattern))[:MAX_ELSEWHERE])]


def _get_main_file(process):
    """Return the file that root's own first process was started with, by its title, where that is the very file that we
    see.
    """
    match = re.match(r"php-fpm: master process \((/[^()]{1,300})\)", process.title) if process.uid == 0 else None
    return match.group(1) if match and _processes.same_file(process.pid, match.group(1)) else None


def _make_placed(program, main):
    """Return what an FPM outside of all packages reads: the settings beside its configuration, where there are any."""
    folder, prefix = os.path.dirname(main), os.path.dirname(os.path.dirname(program))
    ini = folder + "/php.ini"
    inis = (ini, folder + "/conf.d/*.ini", folder + "/php.d/*.ini")
    words = ("-y", main, *(("-c", ini) if os.path.isfile(ini) else ()))
    return Fpm(program, None, main, inis, prefix, words)
