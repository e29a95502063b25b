"""Reviews of many sites: hosts abreast, the sites of one host one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Event
from typing import Protocol

from auditor.content.bot_protection import VisitRoutes
from auditor.content.crawler.session import RequestPacer, SiteSession
from auditor.content.review import ScanBudget, SiteScanner
from auditor.fleet.host_proxy import HostPageFetcher
from auditor.models import Host, Scan, Site
from auditor.models.reviews import Hindrance
from auditor.scans.frontier import CrawlFrontier
from auditor.scans.responses import PageInventory, SiteBaseline
from auditor.web import browser
from auditor.web.browser import RenderedPage
from auditor.web.fetch import Client

HOSTS_ABREAST = 8


class ScanStore(Protocol):
    """The store of looks, and of how far they got."""

    def load_crawl_frontier_of_site(self, inventory: str, site: str) -> CrawlFrontier:
        """Return how far earlier looks got with a site."""

    def store_crawl_frontier(self, inventory: str, frontier: CrawlFrontier) -> None:
        """Keep how far a look has got."""

    def store_responses_file_of_site(self, inventory: str, site: str, file_name: str, content: bytes) -> str:
        """Keep the answers of one address as a file, and tell its name."""

    def store_look_and_frontier(self, inventory: str, look: Scan, frontier: CrawlFrontier) -> None:
        """Keep a look."""


@dataclass(frozen=True)
class ScanRun:
    """The settings that all reviews of one time have in common."""

    inventory: str
    shelf: ScanStore
    last: Mapping[str, Scan]
    """The last look at each site, by domain."""
    own: frozenset[str]
    """All names of all sites that are declared."""
    ways: Mapping[str, VisitRoutes] = field(default_factory=dict)
    """How visitors go to the sites of hosts, by name; the usual way where nothing is said."""
    inside: Callable[[Host], HostPageFetcher] | None = None
    """Who visits a host's sites from there."""
    pages: Mapping[str, PageInventory] = field(default_factory=dict)
    """Which pages sites have, by domain, where their hosts said so."""
    may_probe: frozenset[str] = frozenset()
    """Sites, by domain, that may be asked for what nobody names."""
    budget: ScanBudget = field(default_factory=ScanBudget)
    words: Mapping[str, str] = field(default_factory=dict)
    """What the unit adds to the lexicon, as ``read_lexicon_files_of_unit`` reads it."""
    ports: Mapping[str, int] = field(default_factory=dict)
    """By scheme, where it is not the usual one."""
    pace: Callable[[], RequestPacer] = RequestPacer
    render: bool = False
    """Whether a browser is shown the home page and what is suspicious, too.

    Never where people are visited from the host itself.
    """
    _stop_event: Event = field(default_factory=Event, init=False)

    def scan_sites(self, hosts: Sequence[Host], sites: Iterable[str], watch: Callable[[str], None]) -> tuple[Scan, ...]:
        """Return one look at each of these sites, kept as soon as it is over; ``watch`` is told its domain then.

        Hosts that share an address are one host.
        """
        domains = frozenset(sites)
        by_address: dict[str, list[tuple[Host, Site]]] = {}
        for host in hosts:
            by_address.setdefault(host.address, []).extend(
                (host, site) for site in host.sites if site.domain in domains
            )
        with ThreadPoolExecutor(max_workers=HOSTS_ABREAST) as pool:
            try:
                results = pool.map(
                    lambda sites_of_address: self._scan_sites_at_one_address(sites_of_address, watch),
                    by_address.values(),
                )
                return tuple(look for looks in results for look in looks)
            except BaseException:  # Ctrl-C, or a disk that is full: nobody waits for the other hosts
                self._stop_event.set()
                raise

    def _scan_sites_at_one_address(
        self, hosts_and_sites: Sequence[tuple[Host, Site]], watch: Callable[[str], None]
    ) -> list[Scan]:
        pace = self.pace()
        looks = []
        with ExitStack() as stack:
            inside: dict[str, HostPageFetcher] = {}
            for host, site in hosts_and_sites:
                if self._stop_event.is_set():
                    break
                if self.inside is not None and host.name not in inside:
                    inside[host.name] = stack.enter_context(self.inside(host))
                looks.append(self._scan_site(host, site, pace, inside.get(host.name)))
                watch(site.domain)
        return looks

    def _make_page_renderer(self, host: Host, site: Site) -> Callable[[str], RenderedPage]:
        names = (site.domain, *site.aliases)
        return lambda url: browser.render_page_in_browser(url, names, host.address, self.ports)

    def _scan_site(self, host: Host, site: Site, pace: RequestPacer, host_proxy: HostPageFetcher | None) -> Scan:
        ways = self.ways.get(host.name, VisitRoutes())
        last = self.last.get(site.domain)
        review = SiteScanner(
            door=SiteSession(
                client=Client(),
                address=host.address,
                domain=site.domain,
                own=frozenset({site.domain, *site.aliases}),
                pace=pace,
                inside=host_proxy,
                through=ways.inside,
                ports=self.ports,
            ),
            ledger=self.shelf.load_crawl_frontier_of_site(self.inventory, site.domain),
            baseline=SiteBaseline(
                domain=site.domain,
                own=self.own,
                title=last.title if last else "",
                is_complete=last is not None and last.fresh >= last.known > 0,
                hosts=frozenset((*last.framed, *last.loaded)) if last else frozenset(),
                landmarks=frozenset(last.landmarks) if last else frozenset(),
                tokens=frozenset(last.tokens) if last else frozenset(),
            ),
            last=last,
            engine_hindrance=_find_engine_hindrance(ways, host_proxy),
            store=lambda name, content: self.shelf.store_responses_file_of_site(
                self.inventory, site.domain, name, content
            ),
            save=lambda ledger: self.shelf.store_crawl_frontier(self.inventory, ledger),
            budget=self.budget,
            stop_event=self._stop_event,
            words=self.words,
            pages=self.pages.get(site.domain),
            browser=self._make_page_renderer(host, site) if self.render else None,
            obey_robots=site.obey_robots,
            may_probe=site.domain in self.may_probe,
        )
        look = review.scan_site_until_stopped()
        self.shelf.store_look_and_frontier(self.inventory, look, review.ledger)
        return look


def _find_engine_hindrance(ways: VisitRoutes, host_proxy: HostPageFetcher | None) -> Hindrance | None:
    """Return why nobody comes as a search engine."""
    if not ways.engine:
        return "guards_unknown"
    return "no_way_inside" if host_proxy is None and "engine" in ways.inside else None
