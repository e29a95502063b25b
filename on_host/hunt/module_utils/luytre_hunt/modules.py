"""Modules in the kernel: of no package, not what their package brought, or kept out of the kernel's own list."""

import glob
import gzip
import lzma
import os
import re

from ansible.module_utils.luytre_hunt.package_index import move_to_usr
from ansible.module_utils.luytre_hunt.places import CHANGED, FOREIGN, GONE, OURS
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact, read_text
from ansible.module_utils.luytre_shared.os.process_table import MAX_TABLE

FILES = "/usr/lib/modules"
DKMS = "/var/lib/dkms"
LOOKS = 3
"""A module that seems hidden is looked for so often, since modules come and go."""
MAX_MODULE = 100_000_000
"""Bytes of a module's file, unpacked."""
SIGNATURE = b"~Module signature appended~\n"
_TAINTS = re.compile(r"\(([A-Z]+)[+-]*\)$")
_UNSIGNED_TAINT = "E"
_PIECE = 1 << 20
_OPENERS = {".xz": lzma.open, ".gz": gzip.open}


def add_rows_of_kernel_modules(places, proc="/proc", sys="/sys/module", files=FILES, dkms=DKMS):
    """Add the rows of kernel modules.

    There is nothing where the kernel is another machine's, and only a part where the files of this kernel are gone.
    """
    release = os.uname().release
    if not os.path.isdir(files) or not os.listdir(files):
        return
    module_paths = _index_module_files_by_kernel_name(os.path.join(files, release), places.packaged)
    if not module_paths:
        places.mark_part_as_cut_short("kernel_module")
    for name in _find_modules_hidden_from_kernel_list(proc, sys):
        places.add_row_in_slot("kernel_module", name, "root", GONE, name, ["hidden", "loaded"])
    for name, taints in sorted(_read_taints(proc).items()):
        places.seen += 1
        path = module_paths.get(_normalize_name(name))
        where, origin = (
            _find_module_file_and_its_origin(places, name, path, taints)
            if module_paths
            else (name, GONE if taints else OURS)
        )
        if origin != OURS:
            is_dkms = origin in (GONE, FOREIGN) and _is_module_built_by_dkms(dkms, release, name)
            marks = [
                "loaded",
                *(["dkms"] if is_dkms else []),
                *(["other_than_file"] if path not in (None, where) else []),
            ]
            places.add_row_in_slot("kernel_module", where, "root", origin, "%s %s" % (name, taints), marks)


def _find_module_file_and_its_origin(places, name, path, taints):
    """Return where a module lies, and how it stands to packages.

    By its name alone where its file is gone, or is another's.
    """
    if path is None:
        return name, GONE
    if not places.packaged.is_path_of_any_package(move_to_usr(path)):
        return path, FOREIGN
    if places.packaged.get_package_origin_of_file(path) == CHANGED:
        return path, CHANGED
    return (name, FOREIGN) if _UNSIGNED_TAINT in taints and _is_signed(path) else (path, OURS)


def _index_module_files_by_kernel_name(folder, packages):
    """Return the files of modules for this kernel, by the names that the kernel gives them.

    Of two for one name that of no package, which is loaded first.
    """
    paths = {}
    for here, _folders, names in os.walk(folder):
        for name in names:
            module_name, path = _normalize_name(name.partition(".ko")[0]), os.path.join(here, name)
            if ".ko" in name and (module_name not in paths or not packages.is_path_of_any_package(move_to_usr(path))):
                paths[module_name] = path
    return paths


def _normalize_name(name):
    return name.replace("-", "_")


def _read_taints(proc):
    """Return what the kernel lists: the taints of each module by its name."""
    lines = [line.split() for line in _read_or_empty("%s/modules" % proc, MAX_TABLE).split("\n")]
    return {fields[0]: (_TAINTS.findall(fields[-1]) or [""])[0] for fields in lines if fields}


def _find_modules_hidden_from_kernel_list(proc, sys):
    """Return the names of modules that the kernel has below /sys and does not list, which only a module
    brings about.
    """
    hidden_names = None
    for _ in range(LOOKS):
        there = {path.split("/")[-2] for path in glob.glob("%s/*/initstate" % sys)}
        hidden_names = (there if hidden_names is None else hidden_names & there) - set(_read_taints(proc))
        if not hidden_names:
            break
    return sorted(hidden_names)[:50]


def _is_module_built_by_dkms(dkms, release, name):
    """Return whether DKMS built a module of that name for this kernel."""
    built_paths = glob.glob("%s/*/*/%s/*/module/*.ko*" % (dkms, release))
    return any(
        _normalize_name(os.path.basename(path).partition(".ko")[0]) == _normalize_name(name) for path in built_paths
    )


def _is_signed(path):
    """Return whether a module's file ends with a signature; False where its end cannot be read.

    What a package signed is never without a signature in the kernel: another has its name there.
    """
    opener = _OPENERS.get(os.path.splitext(path)[1], lambda file: file)
    end, bytes_left = b"", MAX_MODULE
    try:
        with os.fdopen(safe_open.open_path(path, links=safe_open.ALL_LINKS), "rb") as file, opener(file) as content:
            while bytes_left > 0:
                piece = content.read(min(_PIECE, bytes_left))
                if not piece:
                    return end.endswith(SIGNATURE)
                end, bytes_left = (end + piece)[-len(SIGNATURE) :], bytes_left - len(piece)
    except (OSError, EOFError, lzma.LZMAError):
        pass
    return False


def _read_or_empty(path, limit):
    try:
        return read_text(path, limit) or ""
    except (OSError, UnreadableFact):
        return ""
