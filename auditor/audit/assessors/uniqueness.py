"""What one site alone of its kind has.

A host that it loads scripts from, a plugin, an administrator, an odd file, a key. Pure.

A page to read, and no finding: most of it is honest. What was put on one site of many stands out there all the same.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.audit.assessors.assessment import Assessment, AuditInput
from auditor.facts import HostFacts
from auditor.facts.site import build_site_view
from auditor.models import Application, Host, OnlyHere, Scan, Site, Trace
from auditor.models.applications.cms import CmsProfile
from auditor.models.applications.registry import CMSS
from auditor.models.hunts import OUTSIDE, Hunt
from auditor.models.run import MAX_THING, Thing
from auditor.system.groups import group_by

MIN_SITES = 3
"""Sites of a kind from which it says something that one alone has a thing."""
MAX_ITEMS = 50
"""Things of one sort that are told of one site."""
_AREAS = ("nginx", "apache", "applications")
"""Areas that tell which application is whose."""


@dataclass(frozen=True)
class _SiteTraits:
    """All things of one sort that were seen of one site."""

    site: str
    kind: Application | None
    what: Thing
    names: frozenset[str]


def assess_uniqueness(audit_input: AuditInput, so_far: Assessment) -> Assessment:
    """Add what one site alone of its kind has."""
    prior_state = audit_input.prior_state
    return so_far.add(
        only_here=find_items_unique_to_one_site(
            audit_input.hosts, audit_input.facts, prior_state.scans, prior_state.hunts
        )
    )


def find_items_unique_to_one_site(
    hosts: Sequence[Host], facts: Mapping[str, HostFacts], scans: Iterable[Scan], hunts: Iterable[Hunt] = ()
) -> tuple[OnlyHere, ...]:
    """Return, by site, what no other site of its kind among these hosts' has.

    Only kinds count of which three or more sites could be read.

    Of files those in which a hunt saw something. A key lets somebody in on a host, and so on all of its sites: it is
    sought among hosts.
    """
    by_site, by_host = {scan.site: scan for scan in scans}, {hunt.host: hunt for hunt in hunts}
    trait_sets = [
        trait_set
        for host in hosts
        for trait_set in _collect_traits_of_each_site(host, facts.get(host.name), by_site, by_host.get(host.name))
    ]
    unique_groups = [
        _find_names_unique_to_one_site(group)
        for group in group_by(trait_sets, lambda trait_entry: (trait_entry.kind, trait_entry.what)).values()
        if len(group) >= MIN_SITES
    ]
    hunted_hosts = [(host, by_host[host.name]) for host in hosts if host.name in by_host]
    unique_groups += [_find_keys_unique_to_one_host(hunted_hosts)] if len(hunted_hosts) >= MIN_SITES else []
    return tuple(
        sorted(itertools.chain.from_iterable(unique_groups), key=lambda item: (item.site, item.what, item.name))
    )


def _find_names_unique_to_one_site(group: Sequence[_SiteTraits]) -> Iterator[OnlyHere]:
    counts = Counter(name for counted_set in group for name in counted_set.names)
    for trait_set in group:
        for name in sorted(name for name in trait_set.names if counts[name] == 1)[:MAX_ITEMS]:
            yield OnlyHere(site=trait_set.site, what=trait_set.what, name=name, kind=trait_set.kind, among=len(group))


def _find_keys_unique_to_one_host(hunted_hosts: Sequence[tuple[Host, Hunt]]) -> Iterator[OnlyHere]:
    keys = {
        host.name: _shorten_nonempty_names(
            _get_public_key_fingerprint_in_trace(trace) for trace in hunt.traces if trace.kind == "key"
        )
        for host, hunt in hunted_hosts
    }
    counts = Counter(name for names in keys.values() for name in names)
    for host, _hunt in hunted_hosts:
        for name in sorted(name for name in keys[host.name] if counts[name] == 1)[:MAX_ITEMS]:
            for site in host.sites:
                yield OnlyHere(site=site.domain, what="key", name=name, kind=None, among=len(hunted_hosts))


def _get_public_key_fingerprint_in_trace(trace: Trace) -> str:
    """Return kind and digest of a public key; nothing of what says something else."""
    words = trace.sample.split()
    return next((f"{kind} {digest}" for kind, digest in itertools.pairwise(words) if digest.startswith("SHA256:")), "")


def _iter_traced_files_below_site_root(site: Site, hunt: Hunt) -> Iterator[str]:
    root = f"{(site.document_root or '').rstrip('/')}/"
    places = (trace.where for trace in hunt.traces if trace.kind not in OUTSIDE)
    return (where.removeprefix(root) for where in places if len(root) > 1 and where.startswith(root))


def _collect_traits_of_each_site(
    host: Host, facts: HostFacts | None, scans: Mapping[str, Scan], hunt: Hunt | None
) -> Iterator[_SiteTraits]:
    data = facts.build_context_for_control_expressions(*_AREAS) if facts is not None else {}
    for site in host.sites:
        site_data = build_site_view(site, data, {}) if data else site.model_dump()
        if hunt is not None and site.document_root:
            yield _SiteTraits(
                site.domain,
                site_data["application"],
                "file",
                _shorten_nonempty_names(_iter_traced_files_below_site_root(site, hunt)),
            )
        if site.domain in scans:
            yield _SiteTraits(
                site.domain, site_data["application"], "script_host", _shorten_nonempty_names(scans[site.domain].loaded)
            )
        for cms in CMSS:
            yield from _iter_traits_of_cms(site, cms, site_data.get(cms.kind))


def _iter_traits_of_cms(site: Site, cms: CmsProfile, instance: Mapping[str, Any] | None) -> Iterator[_SiteTraits]:
    if instance is None:
        return
    if "plugins" in instance:
        plugins = (plugin["slug"] for plugin in instance["plugins"])
        loaded_plugins = (*instance.get("must_use", ()), *instance.get("drop_ins", ()))
        yield _SiteTraits(site.domain, cms.kind, "plugin", _shorten_nonempty_names((*plugins, *loaded_plugins)))
    if cms.account_field is not None and instance["database"] is not None:
        logins = cms.list_administrator_names(instance["database"])
        yield _SiteTraits(site.domain, cms.kind, "administrator", _shorten_nonempty_names(logins))


def _shorten_nonempty_names(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name[:MAX_THING] for name in names if name)
