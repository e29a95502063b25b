"""ssh-audit, which asks from outside what a server offers."""

from __future__ import annotations

import json

from benchmarks.judging.verdict import Verdict

_KINDS = ("kex", "key", "enc", "mac")


def parse(report: str) -> Verdict:
    """Return the report of ``ssh-audit -j``: algorithms that it fails, by their names."""
    said = json.loads(report)
    fails = frozenset(each["algorithm"] for kind in _KINDS for each in said[kind] if each.get("notes", {}).get("fail"))
    return Verdict(len(fails), fails)
