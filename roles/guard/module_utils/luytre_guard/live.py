"""Kernel settings and packet filter in force."""

import glob
import json
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


class AskedRuleset:
    """Reading the ruleset, under way."""

    def __init__(self):
        program = commands.installed("nft")
        legacy = None if program else commands.installed("iptables-save")
        self._nft = commands.Started([program, "-s", "list", "ruleset"]) if program else None
        self._iptables = commands.Started([legacy]) if legacy else None

    def answer(self):
        """``{nft: whether it can be asked, tables: name to text, iptables: whether it holds rules}``."""
        try:
            text = self._nft.output().decode("utf-8", "surrogateescape") if self._nft else ""
            older = self._iptables.output().decode("utf-8", "replace") if self._iptables else ""
        except commands.Failed:
            return {"nft": False, "tables": {}, "iptables": True}
        return {"nft": self._nft is not None, "tables": tables(text), "iptables": "\n:" in "\n" + older}


def tables(ruleset):
    """``inet filter`` to that table's text, from what ``nft list ruleset`` prints."""
    found, name, lines = {}, None, []
    for line in ruleset.splitlines():
        opening = re.match(r"table (\S+ \S+) \{", line)
        if opening:
            name, lines = opening.group(1), []
        if name is not None:
            lines.append(line)
        if line == "}" and name is not None:
            found[name] = "\n".join(lines) + "\n"
            name = None
    return found


def ruleset_change(wanted, present, only=None):
    """What ``nft -f`` is to be given so that the tables are as wanted, and the names of those that change.

    A host without nft had no tables of its own, unless iptables' rules were there, which are then left alone.
    """
    if not wanted["nft"] and wanted["iptables"]:
        own = {name: text for name, text in present["tables"].items() if name.startswith("inet ")}
        present = {**present, "tables": own}
    names = sorted(set(wanted["tables"]) | set(present["tables"]))
    changed = [name for name in names if wanted["tables"].get(name) != present["tables"].get(name)]
    if only is not None:
        changed = [name for name in changed if name in only]
    script = "".join("table %s\ndelete table %s\n%s" % (name, name, wanted["tables"].get(name, "")) for name in changed)
    return script, changed


def put_ruleset(wanted, problems, only=None):
    """Have the packet filter as wanted, all at once. The names of the tables that changed."""
    program = commands.installed("nft")
    if program is None:
        if wanted["tables"]:
            problems.append("nft is gone, so its ruleset could not be put back")
        return []
    script, changed = ruleset_change(wanted, AskedRuleset().answer(), only)
    if changed:
        try:
            commands.run([program, "-f", "-"], 20, script.encode("utf-8", "surrogateescape"))
        except commands.Failed as error:
            problems.append("the packet filter could not be put back: %s" % error)
            return []
    return changed


def fingerprint(ruleset):
    """What tells one ruleset from another."""
    return json.dumps(ruleset["tables"], sort_keys=True)
