"""What hosts are asked before their sites are looked at: what is on guard there, and which pages there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from auditor.audit import authorizations
from auditor.content import logged
from auditor.content.going.door import HEADERS
from auditor.content.words.lexicon import Lexicon
from auditor.facts import HostFacts
from auditor.facts import pages as known
from auditor.fleet.collect import Asked, collect
from auditor.looks.visits import Pages
from auditor.models import Host, Inventory

AREAS = ("bans", "services", "wordpress", "pages")


def ask(
    inventory: str, hosts: Sequence[Host], engines: Sequence[str], watch: Callable[[str], None]
) -> Mapping[str, HostFacts]:
    """What each host says, by its name; ``watch`` gets that when it has. ``engines``: the networks that they come from."""
    visitors = {
        name: {"agent": said["User-Agent"], "referrer": said.get("Referer", "-")} for name, said in HEADERS.items()
    }
    asked = Asked(AREAS, {"pages": known.Facts}, {"visitors": visitors, "engines": list(engines)})
    facts, _outcomes = collect(inventory, hosts, watch, asked=asked)
    return facts


def pages(facts: Iterable[HostFacts], lexicon: Lexicon) -> Mapping[str, Pages]:
    """By domain which pages sites have, those that nobody but search engines and searchers was served first."""
    said = [area for area in (one.data.get("pages") for one in facts) if isinstance(area, known.Facts)]
    return {site.domain: logged.judge(site, lexicon, verified=area.verified) for area in said for site in area.sites}


def may_be_probed(inventory: Inventory, today: date) -> frozenset[str]:
    """The sites, by domain, that an authorization in force on that day takes in."""
    return frozenset(site for one in authorizations.uses(inventory, today) if one.in_force for site in one.sites)
