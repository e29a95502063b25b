"""Reviews of many sites: hosts abreast, the sites of one host one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Event
from typing import Protocol

from auditor.content.going.door import Door, Pace
from auditor.content.guards import Ways
from auditor.content.review import Budget, Review
from auditor.fleet.inside import Inside
from auditor.looks.ledger import Ledger
from auditor.looks.visits import Known, Pages
from auditor.models import Host, Look, Site
from auditor.web import browser
from auditor.web.browser import Rendered
from auditor.web.fetch import Client

HOSTS_ABREAST = 8


class Shelf(Protocol):
    """Where looks, and how far they got, are kept."""

    def ledger(self, inventory: str, site: str) -> Ledger:
        """How far earlier looks got with a site."""

    def put(self, inventory: str, ledger: Ledger) -> None:
        """Keep how far a look has got."""

    def store(self, inventory: str, site: str, name: str, content: bytes) -> str:
        """Keep the answers of one address as a file, and tell its name."""

    def keep(self, inventory: str, look: Look, ledger: Ledger) -> None:
        """Keep a look."""


@dataclass(frozen=True)
class Reviewing:
    """What all reviews of one time have in common."""

    inventory: str
    shelf: Shelf
    last: Mapping[str, Look]
    """The last look at each site, by domain."""
    own: frozenset[str]
    """All names of all sites that are declared."""
    ways: Mapping[str, Ways] = field(default_factory=dict)
    """How visitors go to the sites of hosts, by name; the usual way where nothing is said."""
    inside: Callable[[Host], Inside] | None = None
    """Who visits a host's sites from there."""
    pages: Mapping[str, Pages] = field(default_factory=dict)
    """Which pages sites have, by domain, where their hosts said so."""
    may_probe: frozenset[str] = frozenset()
    """Sites, by domain, that may be asked for what nobody names."""
    budget: Budget = field(default_factory=Budget)
    words: Mapping[str, str] = field(default_factory=dict)
    """What the unit adds to the lexicon, as ``lexicon.own`` reads it."""
    ports: Mapping[str, int] = field(default_factory=dict)
    """By scheme, where it is not the usual one."""
    pace: Callable[[], Pace] = Pace
    render: bool = False
    """Whether a browser is shown the home page and what is suspicious, too: never where people are visited from the host itself."""
    _ended: Event = field(default_factory=Event, init=False)

    def all(self, hosts: Sequence[Host], sites: Iterable[str], watch: Callable[[str], None]) -> tuple[Look, ...]:
        """One look at each of these sites, kept as soon as it is over; ``watch`` is told its domain then.

        Hosts that share an address are one host.
        """
        wanted = frozenset(sites)
        by_address: dict[str, list[tuple[Host, Site]]] = {}
        for host in hosts:
            by_address.setdefault(host.address, []).extend((host, site) for site in host.sites if site.domain in wanted)
        with ThreadPoolExecutor(max_workers=HOSTS_ABREAST) as pool:
            try:
                found = pool.map(lambda served: self._of_address(served, watch), by_address.values())
                return tuple(look for looks in found for look in looks)
            except BaseException:  # Ctrl-C, or a disk that is full: nobody waits for the other hosts
                self._ended.set()
                raise

    def _of_address(self, served: Sequence[tuple[Host, Site]], watch: Callable[[str], None]) -> list[Look]:
        pace = self.pace()
        looks = []
        with ExitStack() as entered:
            inside: dict[str, Inside] = {}
            for host, site in served:
                if self._ended.is_set():
                    break
                if self.inside is not None and host.name not in inside:
                    inside[host.name] = entered.enter_context(self.inside(host))
                looks.append(self._one(host, site, pace, inside.get(host.name)))
                watch(site.domain)
        return looks

    def _browser(self, host: Host, site: Site) -> Callable[[str], Rendered]:
        names = (site.domain, *site.aliases)
        return lambda url: browser.render(url, names, host.address, self.ports)

    def _one(self, host: Host, site: Site, pace: Pace, inside: Inside | None) -> Look:
        ways = self.ways.get(host.name, Ways())
        last = self.last.get(site.domain)
        review = Review(
            door=Door(
                client=Client(),
                address=host.address,
                domain=site.domain,
                own=frozenset({site.domain, *site.aliases}),
                pace=pace,
                inside=inside,
                through=ways.inside,
                ports=self.ports,
            ),
            ledger=self.shelf.ledger(self.inventory, site.domain),
            known=Known(
                domain=site.domain,
                own=self.own,
                title=last.title if last else "",
                looked=last is not None and last.fresh >= last.known > 0,
                hosts=frozenset((*last.framed, *last.loaded)) if last else frozenset(),
                landmarks=frozenset(last.landmarks) if last else frozenset(),
                tokens=frozenset(last.tokens) if last else frozenset(),
            ),
            last=last,
            engine=ways.engine and (inside is not None or "engine" not in ways.inside),
            store=lambda name, content: self.shelf.store(self.inventory, site.domain, name, content),
            save=lambda ledger: self.shelf.put(self.inventory, ledger),
            budget=self.budget,
            ended=self._ended,
            words=self.words,
            pages=self.pages.get(site.domain),
            browser=self._browser(host, site) if self.render else None,
            obey_robots=site.obey_robots,
            may_probe=site.domain in self.may_probe,
        )
        look = review.run()
        self.shelf.keep(self.inventory, look, review.ledger)
        return look
