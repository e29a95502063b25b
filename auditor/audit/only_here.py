"""What one site alone of its kind has: a host that it loads scripts from, a plugin, an administrator. Pure.

A page to read, and no finding: most of it is honest. What was put on one site of many stands out there all the same.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.facts import HostFacts
from auditor.facts.site import view
from auditor.models import Application, Host, Look, OnlyHere
from auditor.models.run import MAX_THING, Thing
from auditor.system.grouped import grouped

AMONG = 3
"""Sites of a kind from which it says something that one alone has a thing."""
MOST = 50
"""Things of one sort that are told of one site."""
_AREAS = ("nginx", "apache", "wordpress")
"""What tells which WordPress is whose."""


@dataclass(frozen=True)
class _Seen:
    """All things of one sort that were seen of one site."""

    site: str
    kind: Application | None
    what: Thing
    names: frozenset[str]


def find(hosts: Sequence[Host], facts: Mapping[str, HostFacts], looks: Iterable[Look]) -> tuple[OnlyHere, ...]:
    """By site what no other site of its kind among these hosts' has, where three or more of the kind could be read."""
    by_site = {look.site: look for look in looks}
    seen = [one for host in hosts for one in _of_host(host, facts.get(host.name), by_site)]
    told = (_alone(group) for group in grouped(seen, lambda one: (one.kind, one.what)).values() if len(group) >= AMONG)
    return tuple(sorted(itertools.chain.from_iterable(told), key=lambda one: (one.site, one.what, one.name)))


def _alone(group: Sequence[_Seen]) -> Iterator[OnlyHere]:
    having = Counter(name for one in group for name in one.names)
    for one in group:
        for name in sorted(name for name in one.names if having[name] == 1)[:MOST]:
            yield OnlyHere(site=one.site, what=one.what, name=name, kind=one.kind, among=len(group))


def _of_host(host: Host, facts: HostFacts | None, looks: Mapping[str, Look]) -> Iterator[_Seen]:
    data = facts.context(*_AREAS) if facts is not None else {}
    for site in host.sites:
        told = view(site, data, {}) if data else site.model_dump()
        if site.domain in looks:
            yield _Seen(site.domain, told["application"], "script_host", _names(looks[site.domain].loaded))
        wordpress = told.get("wordpress")
        if wordpress is not None:
            plugins = (one["slug"] for one in wordpress["plugins"])
            yield _Seen(site.domain, "wordpress", "plugin", _names((*plugins, *wordpress["must_use"])))
            if wordpress["database"] is not None:
                yield _Seen(site.domain, "wordpress", "administrator", _names(_logins(wordpress["database"])))


def _logins(database: Mapping[str, Any]) -> Iterator[str]:
    return (one["login"] for one in database["administrators"])


def _names(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name[:MAX_THING] for name in names if name)
