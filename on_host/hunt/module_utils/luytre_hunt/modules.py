"""Modules in the kernel: of no package, not what their package brought, or kept out of the kernel's own list."""

import glob
import gzip
import lzma
import os
import re

from ansible.module_utils.luytre._processes import MAX_TABLE
from ansible.module_utils.luytre._reading import Unreadable, read_text
from ansible.module_utils.luytre_hunt.packaged import in_usr
from ansible.module_utils.luytre_hunt.places import CHANGED, FOREIGN, GONE, OURS
from ansible.module_utils.luytre_shared import safe_open

FILES = "/usr/lib/modules"
DKMS = "/var/lib/dkms"
LOOKS = 3
"""A module that seems hidden is looked for so often, since modules come and go."""
MAX_MODULE = 100_000_000
"""Bytes of a module's file, unpacked."""
SIGNED = b"~Module signature appended~\n"
_TAINTS = re.compile(r"\(([A-Z]+)[+-]*\)$")
_UNSIGNED = "E"
_PIECE = 1 << 20
_UNPACKED = {".xz": lzma.open, ".gz": gzip.open}


def gather(places, proc="/proc", sys="/sys/module", files=FILES, dkms=DKMS):
    """All of them; nothing where the kernel is another machine's, and in part where the files of this kernel are gone."""
    release = os.uname().release
    if not os.path.isdir(files) or not os.listdir(files):
        return
    brought = _brought(os.path.join(files, release), places.packaged)
    if not brought:
        places.cut("kernel_module")
    for name in _hidden(proc, sys):
        places.add("kernel_module", name, "root", GONE, name, ["hidden", "loaded"])
    for name, taints in sorted(_listed(proc).items()):
        places.seen += 1
        path = brought.get(_one_name(name))
        where, standing = _judged(places, name, path, taints) if brought else (name, GONE if taints else OURS)
        if standing != OURS:
            built = standing in (GONE, FOREIGN) and _is_built(dkms, release, name)
            marks = [
                "loaded",
                *(["dkms"] if built else []),
                *(["other_than_file"] if path not in (None, where) else []),
            ]
            places.add("kernel_module", where, "root", standing, "%s %s" % (name, taints), marks)


def _judged(places, name, path, taints):
    """Where a module lies, and how it stands to packages; by its name alone where its file is gone, or is another's."""
    if path is None:
        return name, GONE
    if not places.packaged.knows(in_usr(path)):
        return path, FOREIGN
    if places.packaged.standing(path) == CHANGED:
        return path, CHANGED
    return (name, FOREIGN) if _UNSIGNED in taints and _is_signed(path) else (path, OURS)


def _brought(folder, packaged):
    """The files of modules for this kernel, by the names that the kernel gives them; of two for one name that of no package, which is loaded first."""
    found = {}
    for here, _folders, names in os.walk(folder):
        for name in names:
            one, path = _one_name(name.partition(".ko")[0]), os.path.join(here, name)
            if ".ko" in name and (one not in found or not packaged.knows(in_usr(path))):
                found[one] = path
    return found


def _one_name(name):
    return name.replace("-", "_")


def _listed(proc):
    """What the kernel lists: the taints of each module by its name."""
    lines = [line.split() for line in _text("%s/modules" % proc, MAX_TABLE).split("\n")]
    return {fields[0]: (_TAINTS.findall(fields[-1]) or [""])[0] for fields in lines if fields}


def _hidden(proc, sys):
    """The names of modules that the kernel has below /sys and does not list, which only a module brings about."""
    missing = None
    for _ in range(LOOKS):
        there = {path.split("/")[-2] for path in glob.glob("%s/*/initstate" % sys)}
        missing = (there if missing is None else missing & there) - set(_listed(proc))
        if not missing:
            break
    return sorted(missing)[:50]


def _is_built(dkms, release, name):
    """Whether DKMS built a module of that name for this kernel."""
    built = glob.glob("%s/*/*/%s/*/module/*.ko*" % (dkms, release))
    return any(_one_name(os.path.basename(path).partition(".ko")[0]) == _one_name(name) for path in built)


def _is_signed(path):
    """Whether a module's file ends with a signature; False where its end cannot be read.

    What a package signed is never without a signature in the kernel: another has its name there.
    """
    unpacked = _UNPACKED.get(os.path.splitext(path)[1], lambda file: file)
    end, left = b"", MAX_MODULE
    try:
        with os.fdopen(safe_open.path(path, links=safe_open.FOLLOWED), "rb") as file, unpacked(file) as content:
            while left > 0:
                piece = content.read(min(_PIECE, left))
                if not piece:
                    return end.endswith(SIGNED)
                end, left = (end + piece)[-len(SIGNED) :], left - len(piece)
    except (OSError, EOFError, lzma.LZMAError):
        pass
    return False


def _text(path, limit):
    try:
        return read_text(path, limit) or ""
    except (OSError, Unreadable):
        return ""
