"""Kernel settings and packet filter in force."""

import glob
import re

from . import commands

SYS = "/proc/sys/"
KEY = re.compile(r"\A[A-Za-z0-9_.*/:@-]+\Z")
MAX_VALUE = 4096


def sysctls(patterns):
    """Key (a path below /proc/sys) to value, for what the patterns (``net.ipv4.conf.*.rp_filter``) match."""
    found = {}
    for pattern in patterns:
        if not KEY.match(pattern) or ".." in pattern:
            raise ValueError("%r is not a kernel setting" % pattern)
        for path in glob.glob(SYS + pattern.replace(".", "/")):
            value = _read(path)
            if value is not None:
                found[path[len(SYS) :]] = value
    return found


def sysctls_now(keys):
    """The same settings now; those that are gone (an interface) left out."""
    found = ((key, _read(SYS + key)) for key in keys)
    return {key: value for key, value in found if value is not None}


def _read(path):
    try:
        with open(path, "rb") as handle:
            return handle.read(MAX_VALUE).decode("utf-8", "replace").rstrip("\n")
    except OSError:
        return None


def put_sysctls(wanted, problems):
    """Give settings their values. Some change others (forwarding, ``all``): those go first, then everything again."""
    changed = set()
    for _ in range(2):
        for key in sorted(wanted, key=_first):
            if _read(SYS + key) not in (None, wanted[key]):
                changed.add(key)
                try:
                    with open(SYS + key, "w", encoding="utf-8") as handle:
                        handle.write(wanted[key])
                except OSError:
                    continue
    for key in sorted(changed):
        if _read(SYS + key) != wanted[key]:
            problems.append("sysctl %s could not be given back its value" % key.replace("/", "."))
    return sorted(changed)


def _first(key):
    return ("forward" not in key, "/all/" not in key, "/default/" not in key, key)


# --- packet filter ---------------------------------------------------------------------------------

OWN_TABLE = "inet luytre"
"""The one table that is this product's. Those of others are neither kept nor put back, by nobody of ours."""


class AskedTable:
    """Reading our table of the packet filter, under way."""

    def __init__(self):
        program = commands.installed("nft")
        self._tables = commands.Started([program, "list", "tables", "inet"]) if program else None
        self._table = commands.Started([program, "-s", "list", "table", *OWN_TABLE.split()]) if program else None

    def answer(self):
        """``{nft: whether it can be asked, tables: ours by its name, if it is there}``."""
        if self._tables is None:
            return {"nft": False, "tables": {}}
        try:
            there = "table " + OWN_TABLE in self._tables.output().decode("utf-8", "replace").splitlines()
        except commands.Failed:
            there = None
        try:
            text = self._table.output().decode("utf-8", "surrogateescape")
        except commands.Failed:
            return {"nft": there is not None, "tables": {}}
        return {"nft": True, "tables": {OWN_TABLE: text}}


def table_change(wanted, present):
    """What ``nft -f`` is to be given so that our table is as wanted; nothing when it is."""
    text = wanted["tables"].get(OWN_TABLE)
    if text == present["tables"].get(OWN_TABLE):
        return ""
    return "table {0}\ndelete table {0}\n{1}".format(OWN_TABLE, text or "")


def put_table(wanted, problems):
    """Have our table as wanted, all at once. Its name in a list, if it changed."""
    program = commands.installed("nft")
    if program is None:
        if OWN_TABLE in wanted["tables"]:
            problems.append("nft is gone, so the packet filter could not be put back")
        return []
    script = table_change(wanted, AskedTable().answer())
    if not script:
        return []
    try:
        commands.run([program, "-f", "-"], 20, script.encode("utf-8", "surrogateescape"))
    except commands.Failed as error:
        problems.append("the packet filter could not be put back: %s" % error)
        return []
    if table_change(wanted, AskedTable().answer()):
        problems.append("the packet filter is not as it was")
    return [OWN_TABLE]


def others_tables():
    """Names of the tables of others that are in force; none where it cannot be told."""
    program = commands.installed("nft")
    try:
        said = commands.run([program, "list", "tables"]).decode("utf-8", "replace") if program else ""
    except commands.Failed:
        return []
    names = [line.partition(" ")[2].strip() for line in said.splitlines() if line.startswith("table ")]
    return [name for name in names if name != OWN_TABLE]
