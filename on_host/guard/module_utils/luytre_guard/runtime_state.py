"""Kernel settings and packet filter in force."""

import glob
import re

from . import commands

SYS = "/proc/sys/"
KEY = re.compile(r"\A[A-Za-z0-9_.*/:@-]+\Z")
MAX_VALUE = 4096


def read_sysctls(patterns):
    """Return key (a path below /proc/sys) to value, for what the patterns (``net.ipv4.conf.*.rp_filter``) match."""
    values = {}
    for pattern in patterns:
        if not KEY.match(pattern) or ".." in pattern:
            raise ValueError("%r is not a kernel setting" % pattern)
        for path in glob.glob(SYS + pattern.replace(".", "/")):
            value = _read(path)
            if value is not None:
                values[path[len(SYS) :]] = value
    return values


def reread_sysctls(keys):
    """Return the same settings now; those that are gone (an interface) left out."""
    pairs = ((key, _read(SYS + key)) for key in keys)
    return {key: value for key, value in pairs if value is not None}


def _read(path):
    try:
        with open(path, "rb") as handle:
            return handle.read(MAX_VALUE).decode("utf-8", "replace").rstrip("\n")
    except OSError:
        return None


def put_sysctls(target, problems):
    """Give settings their values. Some change others (forwarding, ``all``): those go first, then everything again."""
    changed_keys = set()
    for _ in range(2):
        for key in sorted(target, key=_first):
            if _read(SYS + key) not in (None, target[key]):
                changed_keys.add(key)
                try:
                    with open(SYS + key, "w", encoding="utf-8") as handle:
                        handle.write(target[key])
                except OSError:
                    continue
    for key in sorted(changed_keys):
        if _read(SYS + key) != target[key]:
            problems.append("sysctl %s could not be given back its value" % key.replace("/", "."))
    return sorted(changed_keys)


def _first(key):
    return ("forward" not in key, "/all/" not in key, "/default/" not in key, key)


# --- packet filter ---------------------------------------------------------------------------------

OWN_TABLE = "inet luytre"
"""The one table that is this product's. Those of others are neither kept nor put back, by nobody of ours."""


class TableQuery:
    """Reading our table of the packet filter, under way."""

    def __init__(self):
        program = commands.find_program("nft")
        self._tables = commands.RunningCommand([program, "list", "tables", "inet"]) if program else None
        self._table = commands.RunningCommand([program, "-s", "list", "table", *OWN_TABLE.split()]) if program else None

    def answer(self):
        """Return ``{nft: whether it can be asked, tables: ours by its name, if it is there}``."""
        if self._tables is None:
            return {"nft": False, "tables": {}}
        try:
            there = "table " + OWN_TABLE in self._tables.output().decode("utf-8", "replace").splitlines()
        except commands.CommandFailure:
            there = None
        try:
            text = self._table.output().decode("utf-8", "surrogateescape")
        except commands.CommandFailure:
            return {"nft": there is not None, "tables": {}}
        return {"nft": True, "tables": {OWN_TABLE: text}}


def make_table_script(target, present):
    """Return what ``nft -f`` is to be given so that our table is as wanted; nothing when it is."""
    text = target["tables"].get(OWN_TABLE)
    if text == present["tables"].get(OWN_TABLE):
        return ""
    return "table {0}\ndelete table {0}\n{1}".format(OWN_TABLE, text or "")


def put_table(target, problems):
    """Have our table as wanted, all at once. Its name in a list, if it changed."""
    program = commands.find_program("nft")
    if program is None:
        if OWN_TABLE in target["tables"]:
            problems.append("nft is gone, so the packet filter could not be put back")
        return []
    script = make_table_script(target, TableQuery().answer())
    if not script:
        return []
    try:
        commands.run([program, "-f", "-"], 20, script.encode("utf-8", "surrogateescape"))
    except commands.CommandFailure as error:
        problems.append("the packet filter could not be put back: %s" % error)
        return []
    if make_table_script(target, TableQuery().answer()):
        problems.append("the packet filter is not as it was")
    return [OWN_TABLE]


def list_foreign_tables():
    """Name of the tables of others that are in force; none where it cannot be told."""
    program = commands.find_program("nft")
    try:
        output = commands.run([program, "list", "tables"]).decode("utf-8", "replace") if program else ""
    except commands.CommandFailure:
        return []
    names = [line.partition(" ")[2].strip() for line in output.splitlines() if line.startswith("table ")]
    return [name for name in names if name != OWN_TABLE]
