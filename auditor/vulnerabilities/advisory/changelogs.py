"""What hosts are asked of a list: which installed packages' own changelogs name its ids."""

from __future__ import annotations

from auditor.facts.changelogs import Facts
from auditor.fleet.collect import Asked
from auditor.vulnerabilities.advisory.reading import Advisory


def asked(advisory: Advisory) -> Asked:
    """Besides what an audit asks: the ids go to the hosts, and what names them comes back."""
    ids = sorted({one for item in advisory.items for one in item.ids})
    return Asked(models={"changelogs": Facts}, told={"vulnerabilities": ids})
