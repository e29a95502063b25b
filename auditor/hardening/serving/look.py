"""How hosts and their sites serve at one moment, and whether they still do so later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from auditor.hardening.serving import beside, probes, smoke
from auditor.hardening.serving.beside import Beside
from auditor.hardening.serving.probes import HostProbes
from auditor.inventory.reach import Reach
from auditor.models import Host, Text


@dataclass(frozen=True)
class Look:
    """What was seen of hosts and their sites at one moment."""

    hosts: tuple[Host, ...]
    pages: smoke.Answers
    probes: Mapping[str, HostProbes]
    known: Mapping[str, Beside] = field(default_factory=dict)
    """What answers on a host besides its sites, as far as its facts tell."""
    beside: Mapping[str, beside.Seen] = field(default_factory=dict)


@dataclass(frozen=True)
class Expectation:
    """How hosts served before."""

    first: Look
    second: Look
    pages: smoke.Expectation
    by_wish: frozenset[str] = frozenset()
    """Domains of the sites whose answers are told, and never judged."""

    @property
    def broken_sites(self) -> tuple[str, ...]:
        """Sites that served nothing, and are not judged."""
        return smoke.broken(self.first.pages)

    @property
    def unjudged(self) -> tuple[Text, ...]:
        """What failed or varied by itself, in sentences: nothing later is measured by it."""
        hosts = (what.of(host) for host in self.first.probes for what in probes.unjudged(self.probed(host)))
        others = (
            what.of(host)
            for host, known in self.first.known.items()
            if (seen := self.seen(host))
            for what in beside.unjudged(known, seen)
        )
        said = {*self.broken_sites, *self.by_wish}
        return (*hosts, *others, *(one.sentence for one in self.pages.grouped_unjudged if one.domain not in said))

    def probed(self, host: str) -> tuple[HostProbes, ...]:
        """A host's probes of both looks."""
        return tuple(look.probes[host] for look in (self.first, self.second) if host in look.probes)

    def seen(self, host: str) -> tuple[beside.Seen, ...]:
        """What answered besides a host's sites at both looks."""
        return tuple(look.beside[host] for look in (self.first, self.second) if host in look.beside)


@dataclass(frozen=True)
class Failed:
    """Something that a host no longer does as before."""

    what: Text
    areas: frozenset[str]
    """The areas whose controls may have done it."""


_SITE_AREAS = frozenset(
    {"nginx", "apache", "php_fpm", "tls", "web", "wordpress", "joomla", "nukeviet", "mariadb", "filesystem", "firewall"}
)


_PORT_AREAS = frozenset({"firewall", "services", "kernel", "ssh", "mariadb", "php_fpm", "nginx", "apache"})


def take(
    hosts: Sequence[Host],
    reach: Mapping[str, Reach],
    again: Look | None = None,
    known: Mapping[str, Beside] | None = None,
) -> Look:
    """Probe the hosts, visit their sites and ``known`` others, all at once.

    ``again`` is an earlier look, at the very same URLs and others.
    """
    ca_files = {name: one.ca_file for name, one in reach.items()}
    known = known or (again.known if again else {})
    with ThreadPoolExecutor(max_workers=2) as aside:
        probing = aside.submit(probes.probe_all, hosts, reach)
        others = aside.submit(beside.look, hosts, known, again.beside if again else None)
        pages = smoke.visit(hosts, ca_files, again=again.pages if again else None)
        return Look(tuple(hosts), pages, probing.result(), known, others.result())


def learn(first: Look, second: Look, by_wish: frozenset[str] = frozenset()) -> Expectation:
    """What to expect of hosts that were looked at twice; ``by_wish`` are domains of sites that are not to be judged."""
    return Expectation(first, second, smoke.learn(first.pages, second.pages), by_wish)


def compare(expected: Expectation, now: Look, *, logs: bool = True) -> dict[str, tuple[Failed, ...]]:
    """What the hosts of a later look no longer do as before; a host without any is not in it.

    Not ``logs``: what they say by now may be over.
    """
    found: dict[str, tuple[Failed, ...]] = {}
    for host in now.hosts:
        pages = expected.pages.of({site.domain for site in host.sites} - expected.by_wish)
        asked = probes.compare(expected.probed(host.name), now.probes[host.name])
        judged = [one for one in asked if not probes.is_logged(one)]
        logged = [one for one in asked if probes.is_logged(one)] if logs and not expected.by_wish else []
        failures = (
            *(Failed(one.what, one.areas) for one in judged),
            *(Failed(one.sentence, _SITE_AREAS) for one in smoke.compare(pages, now.pages)),
            *_beside(expected, now, host),
            *(Failed(one.what, one.areas) for one in logged),
        )
        if failures:
            found[host.name] = failures
    return found


def _beside(expected: Expectation, now: Look, host: Host) -> tuple[Failed, ...]:
    seen, known = expected.seen(host.name), expected.first.known.get(host.name)
    if known is None or not seen or host.name not in now.beside:
        return ()
    by_wish = {name for site in host.sites if site.domain in expected.by_wish for name in (site.domain, *site.aliases)}
    found = beside.compare(known, seen, now.beside[host.name], by_wish)
    return tuple(Failed(what, _SITE_AREAS if is_site else _PORT_AREAS) for what, is_site in found)


def told(expected: Expectation, now: Look) -> tuple[Text, ...]:
    """What is new and not judged: sites' answers by wish, and what logs say that is not a fault for certain."""
    logged = (what.of(host) for host, seen in now.probes.items() for what in probes.told(expected.probed(host), seen))
    pages = smoke.compare(expected.pages.of(expected.by_wish), now.pages)
    return (*(one.sentence for one in pages), *logged)
