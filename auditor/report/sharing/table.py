"""The month's table of protection, connection and monitoring per office: what is counted, and of what nothing is known.

Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from auditor.audit.controls import Catalogue, Tells
from auditor.inventory import offices
from auditor.inventory.sharing_declarations import SharingDeclarations
from auditor.models import Finding, Run, Status, Unit
from auditor.models.run import Protection
from auditor.results.office_month import OfficeMonthFigures
from auditor.results.summary import HostSummary, SiteSummary

SEVERE_CVSS = 7.0
"""From which a component's vulnerability is serious though nobody is known to exploit it."""
_RESULT_STATUSES = (Status.PASS, Status.PARTIAL, Status.FAIL)
_OPEN_STATES = ("affected", "restart_owed")


@dataclass(frozen=True)
class DistinctCount:
    """The number of different things, and of sites or hosts of which nothing is known of them."""

    things: frozenset[str]
    known_subjects: int
    unknown_subjects: int

    @property
    def count_or_none_if_unknown(self) -> int | None:
        """Return the number; None where nothing is known at all."""
        return len(self.things) if self.known_subjects else None


@dataclass(frozen=True)
class OfficeRow:
    """One office."""

    unit: Unit
    sites: tuple[str, ...]
    hosts: int
    """Those that the office runs; where nobody is said to run one, those that serve its sites."""
    running_products: Mapping[str, int]
    """On how many of the hosts a product runs."""
    stopped_products: Mapping[str, int]
    """On how many a product is installed and does not run."""
    guarded_hosts: int
    """Hosts on which any product runs."""
    unread: int
    """Hosts of which nothing is known about products."""
    declarations: SharingDeclarations
    contacts: DistinctCount
    """Addresses that are known to be bad and that its hosts or sites had to do with."""
    injected_sites: DistinctCount
    vulnerable: DistinctCount
    handled_items: DistinctCount
    """What was there at the beginning and is there no longer."""
    served_by: tuple[Unit, ...]
    """Other offices that run hosts of its sites."""
    unaudited_sites: int

    @property
    def is_every_host_protected(self) -> bool:
        """Return whether a product runs on each of its hosts."""
        return 0 < self.hosts == self.guarded_hosts


def build_sharing_rows_by_office(
    figures: OfficeMonthFigures,
    run_before: Run | None,
    declarations: Mapping[str, SharingDeclarations],
    catalogue: Catalogue,
) -> tuple[OfficeRow, ...]:
    """Return a row for each office that has sites or hosts, in the order of the organisation's file.

    ``run_before``: how things stood when the month began.
    """
    then = _FindingIndex(run_before.findings if run_before else (), catalogue)
    return tuple(_iter_sharing_rows_by_office(figures, then, _FindingIndex(figures.findings, catalogue), declarations))


class _FindingIndex:
    """A run's findings that tell of something, by what that is."""

    def __init__(self, findings: Iterable[Finding], catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._by_key = {(finding.control, finding.subject.kind, finding.subject.id): finding for finding in findings}

    def list_findings_with_result_on_subject(
        self, what: Tells, kind: Literal["host", "site"], name: str
    ) -> list[Finding]:
        """Return what controls came to a result on a host or site."""
        candidates = (
            self._by_key.get((control, kind, name))
            for control in self._catalogue.find_controls_that_tell_of(what, kind)
        )
        return [finding for finding in candidates if finding is not None and finding.status in _RESULT_STATUSES]


def _iter_sharing_rows_by_office(
    figures: OfficeMonthFigures,
    before: _FindingIndex,
    now: _FindingIndex,
    declarations: Mapping[str, SharingDeclarations],
) -> Iterator[OfficeRow]:
    sites = {unit.id: unit_sites for unit, unit_sites in figures.owners}
    for unit in figures.units:
        if offices.resolve_successor(figures.organisation, unit).id != unit.id:
            continue
        own = sites.get(unit.id, ())
        hosts = [host for host in figures.summary.hosts if _is_host_run_by_unit(figures, host, unit, own)]
        unaudited_count = sum(
            offices.resolve_successor(figures.organisation, _get_unit_or_reporting_unit(figures, site.unit)).id
            == unit.id
            for site in figures.unaudited_sites
        )
        if not own and not hosts and not unaudited_count:
            continue
        products = [host.outcome.protection for host in hosts]
        injected_sites, vulnerable = (
            _count_sites_with_injected_content(own, now),
            _count_distinct_open_vulnerabilities(own, hosts, now),
        )
        yield OfficeRow(
            unit=unit,
            sites=tuple(site.domain for site in own),
            hosts=len(hosts),
            running_products=_count_hosts_by_protection_product(
                products, lambda running_product: running_product.running
            ),
            stopped_products=_count_hosts_by_protection_product(
                products, lambda stopped_product: not stopped_product.running
            ),
            guarded_hosts=sum(
                any(protection.running for protection in host_products or ()) for host_products in products
            ),
            unread=products.count(None),
            declarations=declarations.get(unit.id, SharingDeclarations()),
            contacts=_count_contacted_indicators(hosts, now),
            injected_sites=injected_sites,
            vulnerable=vulnerable,
            handled_items=_count_things_handled_within_month(own, hosts, before, now),
            served_by=tuple(_iter_other_units_running_hosts_of_sites(figures, unit, own)),
            unaudited_sites=unaudited_count,
        )


def _get_unit_or_reporting_unit(figures: OfficeMonthFigures, unit_id: str | None) -> Unit:
    return figures.organisation.find_unit_by_id(unit_id or "") or figures.unit


def _is_host_run_by_unit(
    figures: OfficeMonthFigures, host: HostSummary, unit: Unit, own_sites: Iterable[SiteSummary]
) -> bool:
    if host.unit is not None:
        return offices.resolve_successor(figures.organisation, host.unit).id == unit.id
    return any(site.host.host.name == host.host.name for site in own_sites)


def _iter_other_units_running_hosts_of_sites(
    figures: OfficeMonthFigures, unit: Unit, own_sites: Iterable[SiteSummary]
) -> Iterator[Unit]:
    units = {}
    for site in own_sites:
        runs = offices.resolve_successor(figures.organisation, site.host.unit) if site.host.unit is not None else unit
        units[runs.id] = runs
    return (other_unit for other_unit in units.values() if other_unit.id != unit.id)


def _count_hosts_by_protection_product(
    host_products: Iterable[tuple[Protection, ...] | None], is_wanted: Callable[[Protection], bool]
) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for products in host_products:
        for product in products or ():
            if is_wanted(product):
                counts[product.product] = counts.get(product.product, 0) + 1
    return dict(sorted(counts.items()))


def _count_contacted_indicators(hosts: Iterable[HostSummary], index: _FindingIndex) -> DistinctCount:
    per = [index.list_findings_with_result_on_subject("contact", "host", host.host.name) for host in hosts]
    violations = (
        violation
        for answers in per
        for finding in answers
        if finding.status.is_open
        for violation in finding.violations
    )
    values = frozenset(str(contact.get("indicator")) for contact in violations if isinstance(contact, Mapping))
    return DistinctCount(values, sum(map(bool, per)), sum(not answers for answers in per))


def _count_sites_with_injected_content(own_sites: Iterable[SiteSummary], index: _FindingIndex) -> DistinctCount:
    answers = {
        site.domain: index.list_findings_with_result_on_subject("injected", "site", site.domain) for site in own_sites
    }
    open_ = frozenset(
        domain for domain, site_findings in answers.items() if any(finding.status.is_open for finding in site_findings)
    )
    return DistinctCount(
        open_, sum(map(bool, answers.values())), sum(not result_findings for result_findings in answers.values())
    )


def _count_distinct_open_vulnerabilities(
    own_sites: Iterable[SiteSummary], hosts: Iterable[HostSummary], index: _FindingIndex
) -> DistinctCount:
    per = [_find_serious_vulnerability_ids_on_host(host.host.name, index) for host in hosts] + [
        ids
        for site in own_sites
        if (ids := _find_application_vulnerability_ids_on_site(site.domain, index)) is not None
    ]
    known_ids = [ids for ids in per if ids is not None]
    return DistinctCount(frozenset().union(*known_ids), len(known_ids), len(per) - len(known_ids))


def _find_serious_vulnerability_ids_on_host(host_name: str, index: _FindingIndex) -> frozenset[str] | None:
    """Return the serious vulnerabilities that are open on a host; None where its packages were not judged."""
    results = index.list_findings_with_result_on_subject("vulnerable", "host", host_name)
    return frozenset(_iter_open_vulnerability_ids(results, lambda _: True)) if results else None


def _find_application_vulnerability_ids_on_site(domain: str, index: _FindingIndex) -> frozenset[str] | None:
    """Return the ids of a site's application; None where that was not judged, as on a site that has none."""
    results = index.list_findings_with_result_on_subject("vulnerable", "site", domain)
    return frozenset(_iter_open_vulnerability_ids(results, _is_vulnerability_exploited_or_severe)) if results else None


def _is_vulnerability_exploited_or_severe(violation: Mapping[str, Any]) -> bool:
    return bool(violation.get("exploited_since")) or (violation.get("cvss") or 0) >= SEVERE_CVSS


def _iter_open_vulnerability_ids(
    findings: Iterable[Finding], is_counted: Callable[[Mapping[str, Any]], bool]
) -> Iterator[str]:
    for finding in findings:
        for violation in finding.violations if finding.status.is_open else ():
            if isinstance(violation, Mapping) and violation.get("state") in _OPEN_STATES and is_counted(violation):
                yield str(violation["vulnerability"])


def _count_things_handled_within_month(
    own_sites: Iterable[SiteSummary], hosts: Iterable[HostSummary], before: _FindingIndex, now: _FindingIndex
) -> DistinctCount:
    """Count what was open at the beginning and is open on none of the same sites and hosts any more."""
    own_sites = tuple(own_sites)
    pairs = [
        (
            _find_serious_vulnerability_ids_on_host(host.host.name, before),
            _find_serious_vulnerability_ids_on_host(host.host.name, now),
        )
        for host in hosts
    ]
    pairs += [
        (
            _find_application_vulnerability_ids_on_site(site.domain, before),
            _find_application_vulnerability_ids_on_site(site.domain, now),
        )
        for site in own_sites
    ]
    pairs += [
        (_find_injected_domain_of_site(site, before), _find_injected_domain_of_site(site, now)) for site in own_sites
    ]
    both = [(then, here) for then, here in pairs if then is not None and here is not None]
    still: frozenset[str] = frozenset().union(*(here for _, here in both))
    initial_ids: frozenset[str] = frozenset().union(*(then for then, _ in both))
    return DistinctCount(initial_ids - still, len(both), len(pairs) - len(both))


def _find_injected_domain_of_site(site: SiteSummary, index: _FindingIndex) -> frozenset[str] | None:
    count = _count_sites_with_injected_content([site], index)
    return count.things if count.known_subjects else None


@dataclass(frozen=True)
class SharingTotals:
    """The totals of the rows. What is in several rows counts once."""

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


def compute_sharing_totals(office_rows: Iterable[OfficeRow]) -> SharingTotals:
    """Return the totals of the table."""
    office_rows = tuple(office_rows)
    declarations = [row.declarations for row in office_rows]
    return SharingTotals(
        units=len(office_rows),
        sites=sum(len(row.sites) for row in office_rows),
        hosts=sum(row.hosts for row in office_rows),
        protected=sum(row.is_every_host_protected for row in office_rows),
        central=sum(
            bool(central_declaration.central and central_declaration.central.in_place)
            for central_declaration in declarations
        ),
        connection=sum(
            bool(connection_declaration.connection and connection_declaration.connection.in_place)
            for connection_declaration in declarations
        ),
        monitoring=sum(
            bool(monitoring_declaration.monitoring and monitoring_declaration.monitoring.in_place)
            for monitoring_declaration in declarations
        ),
        contacts=_count_distinct_things_over_offices(row.contacts for row in office_rows),
        injected=_count_distinct_things_over_offices(row.injected_sites for row in office_rows),
        vulnerable=_count_distinct_things_over_offices(row.vulnerable for row in office_rows),
        handled=_count_distinct_things_over_offices(row.handled_items for row in office_rows),
    )


def _count_distinct_things_over_offices(counts: Iterable[DistinctCount]) -> int | None:
    known_counts = [count for count in counts if count.known_subjects]
    return len(frozenset().union(*(known_count.things for known_count in known_counts))) if known_counts else None
