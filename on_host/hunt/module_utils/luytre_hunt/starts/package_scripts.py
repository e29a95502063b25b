"""What runs with packages and was changed afterward: dpkg's scripts and records, and what stands in another's place.

dpkg keeps no digest of its scripts. It writes a script together with the list of its package, and both keep the time at
which that was done: a script that is younger was written by another.
"""

import glob
import os
import re

from ansible.module_utils.luytre_hunt.package_index import DIVERSIONS, INFO
from ansible.module_utils.luytre_hunt.places import CHANGED
from ansible.module_utils.luytre_shared.os.area_reader import read_text

SCRIPTS = ("preinst", "postinst", "prerm", "postrm", "config", "triggers", "md5sums")
AFTERWARD = 300
"""Seconds by which a script is younger than the files that came with it: unpacking takes that long at most."""
MAX_INFO = 2_000_000
_PROGRAM = re.compile(r"^/(?:usr/)?(?:s?bin|lib|libexec)/|^/etc/")


def add_rows_of_changed_package_scripts(places, info=INFO, diversions=DIVERSIONS):
    """Add the rows of maintainer scripts and records that dpkg did not write so, and of local diversions."""
    for kind in SCRIPTS:
        for path in sorted(glob.glob(os.path.join(info, "*." + kind))):
            places.seen += 1
            if _is_younger_than_its_package(path):
                text = "" if kind == "md5sums" else places.read_text_of_root_file("hook", path)
                lines = [
                    line.strip() for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#")
                ]
                places.add_row_in_slot("hook", path, "root", CHANGED, "\n".join(lines), ["maintainer"])
    lines = (read_text(diversions, MAX_INFO) or "").splitlines()
    for whence, whither, package in zip(lines[::3], lines[1::3], lines[2::3]):
        if package == ":" and _PROGRAM.match(whence) and os.path.lexists(whence):
            origin = places.packaged.get_package_origin_of_file(whence)
            places.add_row_in_slot("hook", whence, "root", origin, "%s \u2192 %s" % (whence, whither), ["diverted"])


def _is_younger_than_its_package(path):
    """Return whether a file of dpkg's was written after its package came, by times that nobody sets at will."""
    try:
        status, beside = os.stat(path), os.stat(re.sub(r"\.\w+$", ".list", path))
    except OSError:
        return False
    return status.st_mtime > beside.st_ctime + 2 or status.st_ctime > beside.st_ctime + AFTERWARD
