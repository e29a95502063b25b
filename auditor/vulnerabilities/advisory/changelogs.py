"""What hosts are asked of a list: which installed packages' own changelogs name its ids."""

from __future__ import annotations

from auditor.facts.changelogs import ChangelogsFacts
from auditor.fleet.collect import FactsRequest
from auditor.vulnerabilities.advisory.parser import Advisory


def build_fact_request_for_advisory_ids(advisory: Advisory) -> FactsRequest:
    """Return the request of an audit with the ids besides: they go to the hosts, and what names them comes back."""
    ids = sorted({vulnerability_id for item in advisory.items for vulnerability_id in item.ids})
    return FactsRequest(models={"changelogs": ChangelogsFacts}, extra_variables={"vulnerabilities": ids})
