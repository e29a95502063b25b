"""The office's exceptions of all kinds on a day: what each covers, and what of it is in force. Pure.

What waivers and attestations make of findings is in ``waivers``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Literal

from auditor.audit.controls import Catalogue
from auditor.inventory import offices
from auditor.models import (
    Attestation,
    AuthorizationUse,
    ExceptionScope,
    Host,
    Inventory,
    Organisation,
    PriorState,
    Statement,
    Subject,
    Waiver,
)
from auditor.models.exceptions.record import ExceptionState, ExceptionTerms
from auditor.vulnerabilities.vex_statements import StatementIndex


def list_exceptions(
    inventory: Inventory, prior_state: PriorState, catalogue: Catalogue, today: date
) -> tuple[ExceptionState, ...]:
    """Return all exceptions of an inventory's offices, whatever an audit finds, in the order in which they end."""
    papers: tuple[Waiver | Attestation, ...] = (*inventory.waivers, *inventory.attestations)
    states = [
        *(make_state_of_paper(paper, inventory, catalogue, today) for paper in papers),
        *(
            make_exception_state(use.authorization.terms, today, (Subject(kind="site", id=site) for site in use.sites))
            for use in list_authorization_uses_on_day(inventory, today)
        ),
        *(
            make_exception_state(statement.terms, today, _list_hosts_of_statement(statement, inventory))
            for statement in inventory.statements
        ),
        *(make_exception_state(acceptance.terms, today) for acceptance in prior_state.acceptances),
        *(make_exception_state(terms, today) for terms in list_accepted_risks(inventory.hosts)),
        *(make_exception_state(terms, today) for terms in prior_state.trusted_folders),
    ]
    return tuple(sorted(states, key=lambda state: (state.last_day is None, state.last_day or today)))


def list_accepted_risks(hosts: Iterable[Host]) -> tuple[ExceptionTerms, ...]:
    """Return the risks of fixes that owners accept, as exceptions without role, reason and last day.

    One that the inventory accepts for many hosts is one exception, which names them all.
    """
    places: dict[str, list[str]] = {}
    for host in hosts:
        for name in host.accept:
            places.setdefault(name, []).append(host.name)
    return tuple(
        ExceptionTerms(kind="accepted_risk", name=name, about=name.partition(":")[0], places=tuple(names))
        for name, names in places.items()
    )


def make_state_of_paper(
    paper: Waiver | Attestation, inventory: Inventory, catalogue: Catalogue, today: date
) -> ExceptionState:
    """Return where a waiver or attestation stands on a day, with the hosts or sites that its scope takes in."""
    kind = catalogue[paper.control].subject
    subjects = list_hosts_or_sites_in_scope(paper.scope, kind, inventory.organisation, inventory.hosts)
    return make_exception_state(paper.terms, today, subjects)


def make_exception_state(
    terms: ExceptionTerms, today: date, subjects: Iterable[Subject] | None = None
) -> ExceptionState:
    """Return where an exception stands on a day; without ``subjects`` it covers the places that it names."""
    return ExceptionState(
        **dict(terms),
        validity=terms.determine_validity_on_day(today),
        days_left=terms.count_days_left_on_day(today),
        covers=tuple(subject.id for subject in subjects) if subjects is not None else terms.places,
    )


def select_exceptions_of_hosts(states: Iterable[ExceptionState], hosts: Iterable[Host]) -> tuple[ExceptionState, ...]:
    """Return those that cover one of these hosts or of their sites, or are in force everywhere."""
    names = {name for host in hosts for name in (host.name, *(site.domain for site in host.sites))}
    return tuple(state for state in states if not state.places or names.intersection(state.covers))


def select_exceptions_of_sites(
    states: Iterable[ExceptionState], hosts: Iterable[Host], domains: Collection[str]
) -> tuple[ExceptionState, ...]:
    """Return those that cover one of these sites or its host, or are in force everywhere."""
    serving = {host.name for host in hosts for site in host.sites if site.domain in domains}
    names = {*domains, *serving}
    return tuple(state for state in states if not state.places or names.intersection(state.covers))


def list_hosts_or_sites_in_scope(
    scope: ExceptionScope, kind: Literal["host", "site"], organisation: Organisation | None, hosts: Sequence[Host]
) -> tuple[Subject, ...]:
    """Return the hosts, or the sites, that a scope takes in.

    Those of its units and the units below these, as a report sees it, and the sites of its hosts.

    A site belongs to its own unit, and to its host's only when it has none.
    """
    units = offices.list_unit_ids_within_units(organisation, scope.units)
    if kind == "host":
        return tuple(
            Subject(kind="host", id=host.name) for host in hosts if host.name in scope.hosts or host.unit in units
        )
    return tuple(
        Subject(kind="site", id=site.domain)
        for host in hosts
        for site in host.sites
        if site.domain in scope.sites or host.name in scope.hosts or (site.unit or host.unit) in units
    )


def list_authorization_uses_on_day(inventory: Inventory, today: date) -> tuple[AuthorizationUse, ...]:
    """Return every authorization on a day, in the file's order, with the declared sites that its scope takes in."""
    return tuple(
        AuthorizationUse(
            authorization=authorization,
            validity=authorization.determine_validity_on_day(today),
            days_left=(authorization.expires - today).days,
            sites=tuple(
                subject.id
                for subject in list_hosts_or_sites_in_scope(
                    authorization.scope, "site", inventory.organisation, inventory.hosts
                )
            ),
        )
        for authorization in inventory.authorizations
    )


def group_statements_in_force_by_host(inventory: Inventory, today: date) -> Mapping[str, StatementIndex]:
    """Return, by host, the statements on a vulnerability in a product.

    Of several on one, the one that holds longest counts.
    """
    statements_by_host: dict[str, dict[tuple[str, str], Statement]] = {}
    for statement in sorted(inventory.statements, key=lambda sorted_statement: sorted_statement.expires):
        if statement.is_in_force_on_day(today):
            for subject in _list_hosts_of_statement(statement, inventory):
                statements_by_host.setdefault(subject.id, {})[statement.vulnerability, statement.product] = statement
    return statements_by_host


def _list_hosts_of_statement(statement: Statement, inventory: Inventory) -> tuple[Subject, ...]:
    return list_hosts_or_sites_in_scope(statement.scope, "host", inventory.organisation, inventory.hosts)


def find_expired_statements(inventory: Inventory, today: date) -> Iterator[Statement]:
    """Return the statements on vulnerabilities that hold no longer: what they answered is open again."""
    return (statement for statement in inventory.statements if statement.determine_validity_on_day(today) == "expired")
