"""Each PHP-FPM of a host: those of packages, and those that root runs from elsewhere, as hosting panels
install them.
"""

import collections
import glob
import os
import re

from ansible.module_utils.luytre_shared.os import process_table
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader, UnpackagedDaemon, UnreadableFact, read_text

PACKAGES = "/etc/php"
MAX_ELSEWHERE = 20
SECONDS = 5

Fpm = collections.namedtuple("Fpm", ("program", "version", "main", "inis", "prefix", "words"))
"""One PHP-FPM: its ``program`` and ``version`` (None: it has to be asked), the ``main`` file of its configuration,
patterns of the ``inis`` that it reads, what it finds relative paths from as ``prefix``, and the ``words`` that have it
read just these."""


def iter_packaged_fpm_daemons(reader):
    """Yield those of packages, whether they run or not."""
    for version in sorted(os.listdir(PACKAGES)) if os.path.isdir(PACKAGES) else []:
        program = reader.find_program("php-fpm" + version) if re.match(r"\d+\.\d+$", version) else None
        if program is not None:
            yield make_packaged_fpm(program, version)


def make_packaged_fpm(program, version):
    """Return the FPM of a package of that version."""
    folder = "%s/%s/fpm" % (PACKAGES, version)
    inis = (folder + "/php.ini", folder + "/conf.d/*.ini")
    return Fpm(program, version, folder + "/php-fpm.conf", inis, "/usr", ())


def find_unpackaged_fpm_daemons(reader):
    """Return those that root runs from a place of no package's.

    Raises UnpackagedDaemon when it is not known what one was started with.
    """
    daemons = {}
    for process in process_table.iter_processes_outside_paths(("php-fpm",), (), reader.trust):
        main = _get_main_file_of_fpm_process(process)
        if main is not None and not process_table.find_who_can_change_process_code(process.pid, reader.trust):
            daemons.setdefault((process.program, main), _make_unpackaged_fpm(process.program, main))
        else:
            daemons.setdefault((process.program, None), None)
    known_programs = {program for (program, _), fpm in daemons.items() if fpm is not None}
    unknown = [program for (program, _), fpm in daemons.items() if fpm is None and program not in known_programs]
    if unknown:
        raise UnpackagedDaemon(unknown[0])
    return [fpm for fpm in daemons.values() if fpm is not None][:MAX_ELSEWHERE]


def list_fpm_pool_files():
    """Return the files of pools of all of those, and what they include, for those who only look for accounts."""
    try:
        mains = [daemon.main for daemon in find_unpackaged_fpm_daemons(AreaReader({}, SECONDS))]
    except UnreadableFact:
        return []
    patterns = [
        pattern for main in mains for pattern in re.findall(r"(?m)^\s*include\s*=\s*(/\S+)", read_text(main) or "")
    ]
    return [*mains, *(path for pattern in patterns for path in sorted(glob.glob(pattern))[:MAX_ELSEWHERE])]


def _get_main_file_of_fpm_process(process):
    """Return the file that root's own first process was started with, by its title, where that is the very file that we
    see.
    """
    match = re.match(r"php-fpm: master process \((/[^()]{1,300})\)", process.title) if process.uid == 0 else None
    return match.group(1) if match and process_table.is_same_file_seen_by_process(process.pid, match.group(1)) else None


def _make_unpackaged_fpm(program, main_file):
    """Return what an FPM outside of all packages reads: the settings beside its configuration, where there are any."""
    folder, prefix = os.path.dirname(main_file), os.path.dirname(os.path.dirname(program))
    ini = folder + "/php.ini"
    inis = (ini, folder + "/conf.d/*.ini", folder + "/php.d/*.ini")
    words = ("-y", main_file, *(("-c", ini) if os.path.isfile(ini) else ()))
    return Fpm(program, None, main_file, inis, prefix, words)
