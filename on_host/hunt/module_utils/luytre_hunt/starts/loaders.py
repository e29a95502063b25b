"""Libraries that programs load by their place or by a name in settings, and that no package has."""

import glob
import os
import re

from ansible.module_utils.luytre_hunt.package_index import move_to_usr
from ansible.module_utils.luytre_hunt.places import FOREIGN, parse_lines
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.os.area_reader import read_text

NSSWITCH = "/etc/nsswitch.conf"
FOLDERS = (
    *("/usr/lib/*-linux-gnu/*.so*", "/usr/lib/*.so*", "/usr/lib64/*.so*", "/usr/lib/*-linux-gnu/gconv/*.so"),
    *(
        "/usr/lib/*-linux-gnu/engines-*/*.so",
        "/usr/lib/*-linux-gnu/ossl-modules/*.so",
        "/usr/lib/*-linux-gnu/sasl2/*.so*",
    ),
    *("/usr/libexec/sudo/*.so*", "/usr/lib/sudo/*.so*", "/usr/lib/*-linux-gnu/krb5/plugins/*/*.so"),
    *("/usr/lib/*-linux-gnu/rsyslog/*.so", "/usr/lib/*-linux-gnu/systemd/*.so*", "/usr/lib/systemd/*.so*"),
    *("/usr/lib/*-linux-gnu/perl-base/*.p[lm]", "/usr/lib/*-linux-gnu/audit/*.so", "/usr/lib/postgresql/*/lib/*.so"),
)
LOCAL = "/usr/local/lib/*.so*"
"""Where the loader looks before the folders of packages."""
MAX_FILES = 20_000
_SERVICE = re.compile(r"\[[^\]]*\]|(\w{1,40})")


def add_rows_of_foreign_libraries(places):
    """Add the rows of libraries of no package in folders that programs load from, and those that nsswitch names."""
    named = _list_services_of_nsswitch()
    places.seen += len(named)
    paths = [path for pattern in FOLDERS for path in glob.glob(pattern)]
    if len(paths) > MAX_FILES:
        places.mark_part_as_cut_short("library")
    for path in sorted(paths)[:MAX_FILES]:
        if _is_foreign_library(places, path):
            _add_row_of_library(places, path, named, ())
    packaged = None
    for path in sorted(glob.glob(LOCAL))[:MAX_FILES]:
        if _is_foreign_library(places, path):
            if packaged is None:
                packaged = {os.path.basename(name) for name in places.packaged.names if ".so" in name}
            name = os.path.basename(path)
            if name in packaged or name.startswith("libnss_"):
                _add_row_of_library(places, path, named, ("replaces",) if name in packaged else ())


def _add_row_of_library(places, path, named, marks):
    service = re.match(r"libnss_(\w+)\.so", os.path.basename(path))
    is_named = service is not None and service.group(1) in named
    places.add_row_in_slot("library", path, "root", FOREIGN, "", [*marks, "names"] if is_named else marks)


def _is_foreign_library(places, path):
    """Return whether neither a path nor what it leads to is a package's."""
    places.seen += 1
    if places.packaged.is_path_of_any_package(path) or not os.path.isfile(path):
        return False
    real = safe_open.resolve_real_path(path)
    return not places.packaged.is_path_of_any_package(move_to_usr(real))


def _list_services_of_nsswitch():
    """Return the names of services that nsswitch has programs load a library for."""
    services = set()
    for _number, line in parse_lines(read_text(NSSWITCH, 20_000) or ""):
        services.update(filter(None, _SERVICE.findall(line.partition(":")[2])))
    return services
