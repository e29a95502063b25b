"""What the parts of an official report say in the same words. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from auditor.audit.frameworks.assessment import Result
from auditor.audit.frameworks.clauses import Clause
from auditor.models import Severity, Site, Unit
from auditor.report.official.content.context import MAX_NAMED_SITES, ReportContext
from auditor.results.office_month import Requirement


def format_sites_failing_requirement(context: ReportContext, requirement: Requirement) -> str:
    """Return the sites that do not meet a requirement, and how many hosts."""
    words = context.words
    if not requirement.of_host:
        return format_site_names_or_count(context, requirement.domains)
    hosts = words("hosts_n", n=len(requirement.hosts))
    if not requirement.domains:
        return hosts
    return words("official.where.hosts", hosts=hosts, sites=format_site_names_or_count(context, requirement.domains))


def get_declared_level_of_site(context: ReportContext, site: Site) -> int | None:
    """Return the level that the inventory declares for a site, else the one of its information system.

    None: neither is declared.
    """
    return site.level if site.level_declared else context.levels.get(site.domain)


def format_clauses_met_by_requirement(context: ReportContext, requirement: Requirement) -> str:
    """Return the clauses of the framework that a requirement meets, at the levels of its sites."""
    by_level = requirement.references.get(context.framework.key)
    if not isinstance(by_level, Mapping):
        return ""
    numbers = (clause for level in sorted(requirement.levels or {2}) for clause in by_level.get(f"l{level}") or ())
    return "; ".join(dict.fromkeys(str(clause) for clause in numbers))


def format_site_names_or_count(context: ReportContext, domains: Iterable[str]) -> str:
    """Return sites by name, beyond ``MAX_NAMED_SITES`` by number."""
    names = tuple(dict.fromkeys(domains))
    if len(names) <= MAX_NAMED_SITES:
        return ", ".join(names)
    return context.words(
        "official.where.more", names=", ".join(names[:MAX_NAMED_SITES]), n=len(names) - MAX_NAMED_SITES
    )


def format_finding_count_of_severity(context: ReportContext, severity: Severity, count: int) -> str:
    """Return how many findings of which severity."""
    return context.words(
        "official.of_severity",
        points=context.words("official.points_n", n=count),
        severity=context.words(f"official.severity.{severity.value}"),
    )


def format_unit_name(context: ReportContext, unit: Unit) -> str:
    """Return an office by its name, with the one that people know it by."""
    if not unit.former_name:
        return unit.name
    return context.words("official.formerly", name=unit.name, former=unit.former_name)


def format_clause_counts_by_result(context: ReportContext, clause_counts: Iterable[tuple[Clause, Result, int]]) -> str:
    """Return how many have which result, best first; what nothing checks is apart from what could not be read."""
    counts_by_text: dict[str, int] = Counter()
    for clause, result, count in sorted(clause_counts, key=lambda entry: entry[1].rank):
        counts_by_text[format_result_of_clause(context, clause, result)] += count
    return "; ".join(
        context.words("official.clauses.of", result=result, count=count) for result, count in counts_by_text.items()
    )


def format_result_of_clause(context: ReportContext, clause: Clause, result: Result) -> str:
    """Return what a clause came to, in words."""
    if result is not Result.NOT_EVALUATED:
        return context.words(f"result.{result.value}")
    outside = clause.status == "not_covered"
    return context.words("coverage.not_covered" if outside else "official.clauses.not_read")
