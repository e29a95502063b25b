"""systemd-analyze security."""

from __future__ import annotations

import re

from benchmarks.judging.verdict import Verdict

SCRIPT = """for try in 1 2 3; do
    systemd-analyze security --no-pager && break
    sleep 5
done"""
"""On a busy machine systemd may answer too late the first time."""

MOST = 5.0
"""The exposure, of 10, that no service of the web stack is to be above."""

_WEB = re.compile(r"^(?P<unit>(?:apache2|nginx|mariadb|php[0-9.]+-fpm)\.service)\s+(?P<exposure>[0-9.]+)\s", re.M)


def exposures(said: str) -> dict[str, float]:
    """Return the web stack's services with their exposure. Raises ValueError when there is none."""
    found = {match["unit"]: float(match["exposure"]) for match in _WEB.finditer(said)}
    if not found:
        raise ValueError(f"systemd-analyze knows no service of the web stack: {said[-300:]!r}")
    return found


def parse(said: str) -> Verdict:
    """Return the highest exposure of the web stack, and its services above ``MOST``."""
    found = exposures(said)
    return Verdict(max(found.values()), frozenset(unit for unit, exposure in found.items() if exposure > MOST))
