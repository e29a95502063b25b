"""What one site alone of its kind has: a host that it loads scripts from, a plugin, an administrator, an odd file, a key. Pure.

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
from auditor.models import Application, Host, Look, OnlyHere, Site, Trace
from auditor.models.hunts import OUTSIDE, Hunt
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


def find(
    hosts: Sequence[Host], facts: Mapping[str, HostFacts], looks: Iterable[Look], hunts: Iterable[Hunt] = ()
) -> tuple[OnlyHere, ...]:
    """By site what no other site of its kind among these hosts' has, where three or more of the kind could be read.

    Of files those in which a hunt saw something. A key lets somebody in on a host, and so on all of its sites: it is sought among hosts.
    """
    by_site, by_host = {look.site: look for look in looks}, {hunt.host: hunt for hunt in hunts}
    seen = [one for host in hosts for one in _of_host(host, facts.get(host.name), by_site, by_host.get(host.name))]
    told = [_alone(group) for group in grouped(seen, lambda one: (one.kind, one.what)).values() if len(group) >= AMONG]
    hunted = [(host, by_host[host.name]) for host in hosts if host.name in by_host]
    told += [_keys(hunted)] if len(hunted) >= AMONG else []
    return tuple(sorted(itertools.chain.from_iterable(told), key=lambda one: (one.site, one.what, one.name)))


def _alone(group: Sequence[_Seen]) -> Iterator[OnlyHere]:
    having = Counter(name for one in group for name in one.names)
    for one in group:
        for name in sorted(name for name in one.names if having[name] == 1)[:MOST]:
            yield OnlyHere(site=one.site, what=one.what, name=name, kind=one.kind, among=len(group))


def _keys(hunted: Sequence[tuple[Host, Hunt]]) -> Iterator[OnlyHere]:
    keys = {host.name: _names(_fingerprint(one) for one in hunt.traces if one.kind == "key") for host, hunt in hunted}
    having = Counter(name for names in keys.values() for name in names)
    for host, _hunt in hunted:
        for name in sorted(name for name in keys[host.name] if having[name] == 1)[:MOST]:
            for site in host.sites:
                yield OnlyHere(site=site.domain, what="key", name=name, kind=None, among=len(hunted))


def _fingerprint(trace: Trace) -> str:
    """Kind and digest of a public key; nothing of what says something else."""
    words = trace.sample.split()
    return next((f"{kind} {digest}" for kind, digest in itertools.pairwise(words) if digest.startswith("SHA256:")), "")


def _files(site: Site, hunt: Hunt) -> Iterator[str]:
    root = f"{(site.document_root or '').rstrip('/')}/"
    places = (one.where for one in hunt.traces if one.kind not in OUTSIDE)
    return (where.removeprefix(root) for where in places if len(root) > 1 and where.startswith(root))


def _of_host(host: Host, facts: HostFacts | None, looks: Mapping[str, Look], hunt: Hunt | None) -> Iterator[_Seen]:
    data = facts.context(*_AREAS) if facts is not None else {}
    for site in host.sites:
        told = view(site, data, {}) if data else site.model_dump()
        if hunt is not None and site.document_root:
            yield _Seen(site.domain, told["application"], "file", _names(_files(site, hunt)))
        if site.domain in looks:
            yield _Seen(site.domain, told["application"], "script_host", _names(looks[site.domain].loaded))
        wordpress = told.get("wordpress")
        if wordpress is not None:
            plugins = (one["slug"] for one in wordpress["plugins"])
            loaded = (*wordpress["must_use"], *wordpress["drop_ins"])
            yield _Seen(site.domain, "wordpress", "plugin", _names((*plugins, *loaded)))
            if wordpress["database"] is not None:
                yield _Seen(site.domain, "wordpress", "administrator", _names(_logins(wordpress["database"])))

        joomla = told.get("joomla")
        if joomla is not None and joomla["database"] is not None:
            logins = (one["login"] for one in joomla["database"]["super_users"])
            yield _Seen(site.domain, "joomla", "administrator", _names(logins))


def _logins(database: Mapping[str, Any]) -> Iterator[str]:
    return (one["login"] for one in database["administrators"])


def _names(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name[:MAX_THING] for name in names if name)
