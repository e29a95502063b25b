"""Judge what hosts answered: the run that facts, and what was known beforehand, make.

An audit loads it while the hosts are at work.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

from auditor import __version__, facts
from auditor.audit import controls, evaluate
from auditor.audit.assessors import registry
from auditor.audit.assessors.assessment import Assessment
from auditor.audit.assessors.assessment import AuditInput as AuditInput
from auditor.audit.controls import Catalogue
from auditor.fleet.collect import LOCAL
from auditor.fleet.discover import add_discovered_sites_to_host
from auditor.models import ExcludedHost, Host, Inventory, Run, clock


def load_catalogue() -> Catalogue:
    """Return all controls."""
    return controls.load_catalogue()


def preload_judging_modules(catalogue: Catalogue) -> None:
    """Have what judges, and what facts are made of, before the hosts answer."""
    evaluate.compile_control_expressions_ahead(catalogue)
    facts.load_fact_area_models()


def judge_collected_facts(audit_input: AuditInput) -> Run:
    """Return the run that an audit's facts, and what was known beforehand, make by all assessors."""
    inventory, facts_by_host, started_at = audit_input.inventory, audit_input.facts, audit_input.started_at
    if inventory == LOCAL:
        hosts = [
            add_discovered_sites_to_host(host, facts_by_host[host.name]) if host.name in facts_by_host else host
            for host in audit_input.hosts
        ]
        audit_input = replace(audit_input, hosts=hosts)
    with audit_input.resources:
        assessment = reduce(lambda so_far, assess: assess(audit_input, so_far), registry.ASSESSORS, Assessment())
    return Run(
        id=f"{clock.format_compact_utc_moment(started_at)}-{secrets.token_hex(3)}",
        started=clock.format_iso_moment(started_at),
        seconds=round((clock.now() - started_at).total_seconds(), 3),
        version=__version__,
        inventory=inventory.path,
        purpose=audit_input.purpose,
        hosts=tuple(audit_input.hosts),
        findings=assessment.findings,
        organisation=inventory.organisation,
        left_out=_list_hosts_not_in_run(inventory, audit_input.hosts),
        **assessment.run_fields,
    )


def _list_hosts_not_in_run(inventory: Inventory, hosts: Sequence[Host]) -> tuple[ExcludedHost, ...]:
    read = {host.name for host in hosts}
    return tuple(
        ExcludedHost(host=host.name, sites=tuple(site.domain for site in host.sites))
        for host in inventory.hosts
        if host.name not in read
    )
