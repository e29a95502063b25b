"""How hosts and their sites serve at one moment, and whether they still do so later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from auditor.inventory import Reach
from auditor.models import Host, Text
from auditor.review import smoke


@dataclass(frozen=True)
class Look:
    """What was seen of hosts and their sites at one moment."""

    hosts: tuple[Host, ...]
    pages: Mapping[str, tuple[smoke.Answer, ...]]


@dataclass(frozen=True)
class Expectation:
    """How hosts served before."""

    before: Look

    @property
    def broken_sites(self) -> tuple[str, ...]:
        """Sites that served nothing, and are not judged."""
        return smoke.broken(self.before.pages)


@dataclass(frozen=True)
class Failed:
    """Something that a host no longer does as before."""

    what: Text
    areas: frozenset[str]
    """The rooms whose controls may have done it."""


def take(hosts: Sequence[Host], reach: Mapping[str, Reach]) -> Look:
    """Probe the hosts and visit their sites, all at once."""
    return Look(tuple(hosts), smoke.visit(hosts, {name: one.ca_file for name, one in reach.items()}))


def learn(first: Look, second: Look) -> Expectation:
    """What to expect of hosts that were looked at twice."""
    return Expectation(first)


def compare(expected: Expectation, now: Look) -> dict[str, tuple[Failed, ...]]:
    """What the hosts of a later look no longer do as before; a host without any is not in it."""
    found: dict[str, tuple[Failed, ...]] = {}
    for host in now.hosts:
        domains = {site.domain for site in host.sites}
        before = {domain: expected.before.pages[domain] for domain in domains}
        failures = tuple(
            Failed(Text(vi=f"{one.url}: {one.what}", en=f"{one.url}: {one.what}"), frozenset())
            for one in smoke.compare(before, now.pages)
        )
        if failures:
            found[host.name] = failures
    return found
