"""The office's statements on vulnerabilities that hold on a day, by host. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from auditor.audit.waivers import determine_paper_validity_on_day, list_hosts_or_sites_in_scope
from auditor.models import Inventory, Statement
from auditor.vulnerabilities.vex_statements import StatementIndex


def group_statements_in_force_by_host(inventory: Inventory, today: date) -> Mapping[str, StatementIndex]:
    """Return, by host, the statements on a vulnerability in a product.

    Of several on one, the one that holds longest counts.
    """
    statements_by_host: dict[str, dict[tuple[str, str], Statement]] = {}
    for statement in sorted(inventory.statements, key=lambda sorted_statement: sorted_statement.expires):
        if determine_paper_validity_on_day(statement.granted, statement.expires, today) in ("active", "expiring"):
            for subject in list_hosts_or_sites_in_scope(
                statement.scope, "host", inventory.organisation, inventory.hosts
            ):
                statements_by_host.setdefault(subject.id, {})[statement.vulnerability, statement.product] = statement
    return statements_by_host


def find_expired_statements(inventory: Inventory, today: date) -> Iterator[Statement]:
    """Return those that hold no longer: what they answered is open again."""
    return (
        statement
        for statement in inventory.statements
        if determine_paper_validity_on_day(statement.granted, statement.expires, today) == "expired"
    )
