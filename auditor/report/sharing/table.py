"""The month's table of protection, connection and monitoring per office: what is counted, and of what nothing is known. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from auditor.audit.controls import Catalogue, Tells
from auditor.inventory import offices
from auditor.inventory.sharing import Sharing
from auditor.models import Finding, Run, Status, Unit
from auditor.models.run import Protection
from auditor.results.office_month import Figures
from auditor.results.summary import HostSummary, SiteSummary

SEVERE_CVSS = 7.0
"""From which a component's vulnerability is serious though nobody is known to exploit it."""
_ANSWERED = (Status.PASS, Status.PARTIAL, Status.FAIL)
_OPEN = ("affected", "restart_owed")


@dataclass(frozen=True)
class Counted:
    """How many different things there are, and on how many sites or hosts nothing is known of them."""

    things: frozenset[str]
    known: int
    unknown: int

    @property
    def value(self) -> int | None:
        """The number; None where nothing is known at all."""
        return len(self.things) if self.known else None


@dataclass(frozen=True)
class Row:
    """One office."""

    unit: Unit
    sites: tuple[str, ...]
    hosts: int
    """Those that the office runs; where nobody is said to run one, those that serve its sites."""
    protected: Mapping[str, int]
    """On how many of the hosts a product runs."""
    stopped: Mapping[str, int]
    """On how many a product is installed and does not run."""
    guarded: int
    """Hosts on which any product runs."""
    unread: int
    """Hosts of which nothing is known about products."""
    declared: Sharing
    contacts: Counted
    """Addresses that are known to be bad and that its hosts or sites had to do with."""
    injected: Counted
    vulnerable: Counted
    handled: Counted
    """What was there at the beginning and is there no longer."""
    served_by: tuple[Unit, ...]
    """Other offices that run hosts of its sites."""
    unaudited: int

    @property
    def is_protected(self) -> bool:
        """Whether a product runs on each of its hosts."""
        return 0 < self.hosts == self.guarded


def rows(of: Figures, before: Run | None, declared: Mapping[str, Sharing], catalogue: Catalogue) -> tuple[Row, ...]:
    """A row for each office that has sites or hosts, in the order of the organisation's file.

    ``before``: how things stood when the month began.
    """
    then = _Found(before.findings if before else (), catalogue)
    return tuple(_rows(of, then, _Found(of.findings, catalogue), declared))


class _Found:
    """A run's findings that tell of something, by what that is."""

    def __init__(self, findings: Iterable[Finding], catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._by_key = {(one.control, one.subject.kind, one.subject.id): one for one in findings}

    def answers(self, what: Tells, kind: Literal["host", "site"], name: str) -> list[Finding]:
        """What controls came to a result on a host or site."""
        found = (self._by_key.get((control, kind, name)) for control in self._catalogue.telling(what, kind))
        return [one for one in found if one is not None and one.status in _ANSWERED]


def _rows(of: Figures, before: _Found, now: _Found, declared: Mapping[str, Sharing]) -> Iterator[Row]:
    sites = {unit.id: found for unit, found in of.owners}
    for unit in of.units:
        if offices.today(of.organisation, unit).id != unit.id:
            continue
        own = sites.get(unit.id, ())
        hosts = [host for host in of.summary.hosts if _is_run_by(of, host, unit, own)]
        unaudited = sum(offices.today(of.organisation, _unit(of, site.unit)).id == unit.id for site in of.unaudited)
        if not own and not hosts and not unaudited:
            continue
        products = [host.outcome.protection for host in hosts]
        injected, vulnerable = _injected(own, now), _vulnerable(own, hosts, now)
        yield Row(
            unit=unit,
            sites=tuple(site.domain for site in own),
            hosts=len(hosts),
            protected=_products(products, lambda one: one.running),
            stopped=_products(products, lambda one: not one.running),
            guarded=sum(any(one.running for one in told or ()) for told in products),
            unread=products.count(None),
            declared=declared.get(unit.id, Sharing()),
            contacts=_contacts(hosts, now),
            injected=injected,
            vulnerable=vulnerable,
            handled=_handled(own, hosts, before, now),
            served_by=tuple(_others(of, unit, own)),
            unaudited=unaudited,
        )


def _unit(of: Figures, unit_id: str | None) -> Unit:
    return of.organisation.unit(unit_id or "") or of.unit


def _is_run_by(of: Figures, host: HostSummary, unit: Unit, own: Iterable[SiteSummary]) -> bool:
    if host.unit is not None:
        return offices.today(of.organisation, host.unit).id == unit.id
    return any(site.host.host.name == host.host.name for site in own)


def _others(of: Figures, unit: Unit, own: Iterable[SiteSummary]) -> Iterator[Unit]:
    found = {}
    for site in own:
        runs = offices.today(of.organisation, site.host.unit) if site.host.unit is not None else unit
        found[runs.id] = runs
    return (one for one in found.values() if one.id != unit.id)


def _products(told: Iterable[tuple[Protection, ...] | None], wanted: Callable[[Protection], bool]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for products in told:
        for one in products or ():
            if wanted(one):
                found[one.product] = found.get(one.product, 0) + 1
    return dict(sorted(found.items()))


def _contacts(hosts: Iterable[HostSummary], found: _Found) -> Counted:
    per = [found.answers("contact", "host", host.host.name) for host in hosts]
    seen = (told for answers in per for one in answers if one.status.is_open for told in one.violations)
    values = frozenset(str(told.get("indicator")) for told in seen if isinstance(told, Mapping))
    return Counted(values, sum(map(bool, per)), sum(not answers for answers in per))


def _injected(own: Iterable[SiteSummary], found: _Found) -> Counted:
    answers = {site.domain: found.answers("injected", "site", site.domain) for site in own}
    open_ = frozenset(domain for domain, told in answers.items() if any(one.status.is_open for one in told))
    return Counted(open_, sum(map(bool, answers.values())), sum(not told for told in answers.values()))


def _vulnerable(own: Iterable[SiteSummary], hosts: Iterable[HostSummary], found: _Found) -> Counted:
    per = [_ids_on_host(host.host.name, found) for host in hosts] + [
        ids for site in own if (ids := _ids_on_site(site.domain, found)) is not None
    ]
    known = [ids for ids in per if ids is not None]
    return Counted(frozenset().union(*known), len(known), len(per) - len(known))


def _ids_on_host(name: str, found: _Found) -> frozenset[str] | None:
    """The serious vulnerabilities that are open on a host; None where its packages were not judged."""
    known = found.answers("vulnerable", "host", name)
    return frozenset(_ids(known, lambda _: True)) if known else None


def _ids_on_site(domain: str, found: _Found) -> frozenset[str] | None:
    """Likewise of a site's application; None where that was not judged, as on a site that has none."""
    known = found.answers("vulnerable", "site", domain)
    return frozenset(_ids(known, _is_severe)) if known else None


def _is_severe(told: Mapping[str, Any]) -> bool:
    return bool(told.get("exploited_since")) or (told.get("cvss") or 0) >= SEVERE_CVSS


def _ids(findings: Iterable[Finding], counts: Callable[[Mapping[str, Any]], bool]) -> Iterator[str]:
    for finding in findings:
        for told in finding.violations if finding.status.is_open else ():
            if isinstance(told, Mapping) and told.get("state") in _OPEN and counts(told):
                yield str(told["vulnerability"])


def _handled(own: Iterable[SiteSummary], hosts: Iterable[HostSummary], before: _Found, now: _Found) -> Counted:
    """Of what was open at the beginning, what is open on none of the same sites and hosts any more."""
    own = tuple(own)
    pairs = [(_ids_on_host(host.host.name, before), _ids_on_host(host.host.name, now)) for host in hosts]
    pairs += [(_ids_on_site(site.domain, before), _ids_on_site(site.domain, now)) for site in own]
    pairs += [(_as_set(site, before), _as_set(site, now)) for site in own]
    both = [(then, here) for then, here in pairs if then is not None and here is not None]
    still: frozenset[str] = frozenset().union(*(here for _, here in both))
    begun: frozenset[str] = frozenset().union(*(then for then, _ in both))
    return Counted(begun - still, len(both), len(pairs) - len(both))


def _as_set(site: SiteSummary, found: _Found) -> frozenset[str] | None:
    counted = _injected([site], found)
    return counted.things if counted.known else None


@dataclass(frozen=True)
class Totals:
    """What the rows come to. What is in several rows counts once."""

    units: int
    sites: int
    hosts: int
    protected: int
    """Offices on each of whose hosts a product runs."""
    central: int
    connection: int
    monitoring: int
    contacts: int | None
    injected: int | None
    vulnerable: int | None
    handled: int | None


def totals(found: Iterable[Row]) -> Totals:
    """The totals of the table."""
    found = tuple(found)
    declared = [row.declared for row in found]
    return Totals(
        units=len(found),
        sites=sum(len(row.sites) for row in found),
        hosts=sum(row.hosts for row in found),
        protected=sum(row.is_protected for row in found),
        central=sum(bool(one.central and one.central.in_place) for one in declared),
        connection=sum(bool(one.connection and one.connection.in_place) for one in declared),
        monitoring=sum(bool(one.monitoring and one.monitoring.in_place) for one in declared),
        contacts=_together(row.contacts for row in found),
        injected=_together(row.injected for row in found),
        vulnerable=_together(row.vulnerable for row in found),
        handled=_together(row.handled for row in found),
    )


def _together(counted: Iterable[Counted]) -> int | None:
    known = [one for one in counted if one.known]
    return len(frozenset().union(*(one.things for one in known))) if known else None
