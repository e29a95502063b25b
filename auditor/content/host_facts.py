"""What hosts are asked before their sites are looked at: what is on guard there, and which pages there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from auditor.audit import exceptions
from auditor.content.crawler.session import HEADERS
from auditor.content.detectors import access_log
from auditor.content.text.lexicon import Lexicon
from auditor.facts import HostFacts
from auditor.facts import pages as known
from auditor.fleet.collect import FactsRequest, collect
from auditor.models import Host, Inventory
from auditor.scans.responses import PageInventory

AREAS = ("bans", "services", "applications", "pages")


def query_facts_about_sites_on_hosts(
    inventory: str, hosts: Sequence[Host], engines: Sequence[str], watch: Callable[[str], None]
) -> Mapping[str, HostFacts]:
    """Return what each host says, by its name; ``watch`` gets that when it has.

    ``engines``: the networks that they come from.
    """
    visitors = {
        name: {"agent": headers["User-Agent"], "referrer": headers.get("Referer", "-")}
        for name, headers in HEADERS.items()
    }
    fact_query = FactsRequest(AREAS, {"pages": known.PagesFacts}, {"visitors": visitors, "engines": list(engines)})
    facts, _outcomes = collect(inventory, hosts, watch, request=fact_query)
    return facts


def build_page_inventories_by_domain(facts: Iterable[HostFacts], lexicon: Lexicon) -> Mapping[str, PageInventory]:
    """Return, by domain, which pages sites have.

    Those come first that nobody but search engines and searchers was served.
    """
    areas = [
        area for area in (host_facts.data.get("pages") for host_facts in facts) if isinstance(area, known.PagesFacts)
    ]
    return {
        site.domain: access_log.judge_addresses_by_access_logs(site, lexicon, is_verified=area.verified)
        for area in areas
        for site in area.sites
    }


def list_sites_authorized_for_probes(inventory: Inventory, today: date) -> frozenset[str]:
    """Return the sites, by domain, that an authorization in force on that day takes in."""
    return frozenset(
        site
        for authorization in exceptions.list_authorization_uses_on_day(inventory, today)
        if authorization.is_authorization_in_force
        for site in authorization.sites
    )
