"""Lynis."""

from __future__ import annotations

import re

from benchmarks.judging.verdict import Verdict

SCRIPT = """cd lynis
./lynis audit system --quick --no-colors --no-plugins --profile default.prf --logfile ../lynis.log --report-file ../lynis.dat >/dev/null 2>&1
cat ../lynis.dat
grep -E 'Performing test ID|Hardening: assigned' ../lynis.log"""

"""Its report file, and after it the lines of its log that tell where points were given."""

_INDEX = re.compile(r"^hardening_index=(\d+)$", re.M)
_PART = re.compile(r"^details\[\]=(?P<test>[A-Z]+-\d+)\|.*?;field:(?P<part>[^;]+);", re.M)
_TEST = re.compile(r"^(?:warning|suggestion)\[\]=(?P<test>[A-Z]+-\d+)\|", re.M)


def parse(report: str) -> Verdict:
    """Lynis' report file: the hardening index, and the tests that it warns of or suggests something for.

    A test of many settings is named with each setting, as ``SSH-7408:Port``. Raises ValueError for a report without an
    index.
    """
    index = _INDEX.search(report)
    if index is None:
        raise ValueError(f"Lynis did not end: {report[-300:]!r}")
    parts = {(match["test"], match["part"]) for match in _PART.finditer(report)}
    whole = {match["test"] for match in _TEST.finditer(report)} - {test for test, _ in parts}
    return Verdict(int(index[1]), frozenset({f"{test}:{part}" for test, part in parts} | whole))
