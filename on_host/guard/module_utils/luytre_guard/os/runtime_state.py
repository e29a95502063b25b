"""Kernel settings and packet filter in force."""

import glob
import re

from ansible.module_utils.luytre_guard.os import commands

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
            value = _read_sysctl_value_or_none(path)
            if value is not None:
                values[path[len(SYS) :]] = value
    return values


def reread_sysctls(keys):
    """Return the same settings now; those that are gone (an interface) left out."""
    pairs = ((key, _read_sysctl_value_or_none(SYS + key)) for key in keys)
    return {key: value for key, value in pairs if value is not None}


def _read_sysctl_value_or_none(path):
    try:
        with open(path, "rb") as handle:
            return handle.read(MAX_VALUE).decode("utf-8", "replace").rstrip("\n")
    except OSError:
        return None


def put_sysctls(target_values, problems):
    """Give settings their values. Some change others (forwarding, ``all``): those go first, then everything again."""
    changed_keys = set()
    for _ in range(2):
        for key in sorted(target_values, key=_make_sort_key_for_sysctl_order):
            if _read_sysctl_value_or_none(SYS + key) not in (None, target_values[key]):
                changed_keys.add(key)
                try:
                    with open(SYS + key, "w", encoding="utf-8") as handle:
                        handle.write(target_values[key])
                except OSError:
                    continue
    for key in sorted(changed_keys):
        if _read_sysctl_value_or_none(SYS + key) != target_values[key]:
            problems.append("sysctl %s could not be given back its value" % key.replace("/", "."))
    return sorted(changed_keys)


def _make_sort_key_for_sysctl_order(sysctl_key):
    return ("forward" not in sysctl_key, "/all/" not in sysctl_key, "/default/" not in sysctl_key, sysctl_key)


# --- packet filter ---------------------------------------------------------------------------------

OWN_TABLE = "inet luytre"
"""The one table that is this product's. Those of others are neither kept nor put back, by nobody of ours."""


class OwnNftTableQuery:
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
            there = "table " + OWN_TABLE in self._tables.wait_for_output().decode("utf-8", "replace").splitlines()
        except commands.CommandFailure:
            there = None
        try:
            text = self._table.wait_for_output().decode("utf-8", "surrogateescape")
        except commands.CommandFailure:
            return {"nft": there is not None, "tables": {}}
        return {"nft": True, "tables": {OWN_TABLE: text}}


def make_nft_script_to_reach_target_table(target_ruleset, present_ruleset):
    """Return what ``nft -f`` is to be given so that our table is as wanted; nothing when it is."""
    text = target_ruleset["tables"].get(OWN_TABLE)
    if text == present_ruleset["tables"].get(OWN_TABLE):
        return ""
    return "table {0}\ndelete table {0}\n{1}".format(OWN_TABLE, text or "")


def put_own_nft_table_into_target_state(target_ruleset, problems):
    """Have our table as wanted, all at once. Its name in a list, if it changed."""
    program = commands.find_program("nft")
    if program is None:
        if OWN_TABLE in target_ruleset["tables"]:
            problems.append("nft is gone, so the packet filter could not be put back")
        return []
    script = make_nft_script_to_reach_target_table(target_ruleset, OwnNftTableQuery().answer())
    if not script:
        return []
    try:
        commands.run_program_and_return_output([program, "-f", "-"], 20, script.encode("utf-8", "surrogateescape"))
    except commands.CommandFailure as error:
        problems.append("the packet filter could not be put back: %s" % error)
        return []
    if make_nft_script_to_reach_target_table(target_ruleset, OwnNftTableQuery().answer()):
        problems.append("the packet filter is not as it was")
    return [OWN_TABLE]


def list_nft_tables_of_others():
    """Name of the tables of others that are in force; none where it cannot be told."""
    program = commands.find_program("nft")
    try:
        output = (
            commands.run_program_and_return_output([program, "list", "tables"]).decode("utf-8", "replace")
            if program
            else ""
        )
    except commands.CommandFailure:
        return []
    names = [line.partition(" ")[2].strip() for line in output.splitlines() if line.startswith("table ")]
    return [name for name in names if name != OWN_TABLE]
