"""What the parts of an official report say in the same words. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from auditor.audit.frameworks.assessment import Result
from auditor.audit.frameworks.clauses import Clause
from auditor.models import Severity, Site, Unit
from auditor.report.official.content.given import NAMED, Given
from auditor.results.office_month import Requirement


def where(given: Given, one: Requirement) -> str:
    """The sites that do not meet a requirement, and how many hosts."""
    words = given.words
    if not one.of_host:
        return listed(given, one.domains)
    hosts = words("hosts_n", n=len(one.hosts))
    if not one.domains:
        return hosts
    return words("official.where.hosts", hosts=hosts, sites=listed(given, one.domains))


def level_of(given: Given, site: Site) -> int | None:
    """Return the level that the inventory declares for a site, else the one of its information system; None: neither is declared."""
    return site.level if site.level_declared else given.levels.get(site.domain)


def clauses(given: Given, one: Requirement) -> str:
    """The clauses of the framework that a requirement meets, at the levels of its sites."""
    by_level = one.references.get(given.framework.key)
    if not isinstance(by_level, Mapping):
        return ""
    told = (clause for level in sorted(one.levels or {2}) for clause in by_level.get(f"l{level}") or ())
    return "; ".join(dict.fromkeys(str(clause) for clause in told))


def listed(given: Given, domains: Iterable[str]) -> str:
    """Sites by name, beyond ``NAMED`` by number."""
    names = tuple(dict.fromkeys(domains))
    if len(names) <= NAMED:
        return ", ".join(names)
    return given.words("official.where.more", names=", ".join(names[:NAMED]), n=len(names) - NAMED)


def of_severity(given: Given, severity: Severity, count: int) -> str:
    """How many findings of which severity."""
    return given.words(
        "official.of_severity",
        points=given.words("official.points_n", n=count),
        severity=given.words(f"official.severity.{severity.value}"),
    )


def with_former_name(given: Given, unit: Unit) -> str:
    """An office by its name, with the one that people know it by."""
    if not unit.former_name:
        return unit.name
    return given.words("official.formerly", name=unit.name, former=unit.former_name)


def tally(given: Given, counted: Iterable[tuple[Clause, Result, int]]) -> str:
    """How many have which result, best first; what nothing checks is apart from what could not be read."""
    told: dict[str, int] = Counter()
    for clause, result, count in sorted(counted, key=lambda one: one[1].rank):
        told[came_to(given, clause, result)] += count
    return "; ".join(given.words("official.clauses.of", result=result, count=count) for result, count in told.items())


def came_to(given: Given, clause: Clause, result: Result) -> str:
    """What a clause came to, in words."""
    if result is not Result.NOT_EVALUATED:
        return given.words(f"result.{result.value}")
    outside = clause.status == "not_covered"
    return given.words("coverage.not_covered" if outside else "official.clauses.not_read")
