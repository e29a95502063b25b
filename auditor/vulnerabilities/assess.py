"""A whole host: verdicts on all that it has installed, and the area ``vulnerabilities`` of control expressions.

Pure over ``VulnerabilityDatabase``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from auditor.models import clock
from auditor.models.vulnerabilities import ImportedSource, State
from auditor.vulnerabilities import evaluation, exposure, installed_software
from auditor.vulnerabilities.components import COMPOSER
from auditor.vulnerabilities.kinds import PACKAGE_KINDS
from auditor.vulnerabilities.verdicts import SourcePackage, Verdict
from auditor.vulnerabilities.vex_statements import ANSWERABLE_STATES, NO_STATEMENTS, StatementIndex, apply_statement

if TYPE_CHECKING:
    from auditor.vulnerabilities.store import KevEntry, VulnerabilityDatabase

MAX_LISTED = 1_000
"""Of a host's findings: a host that nobody has mended for years has hundreds, and tables count them."""
STALE_DAYS = 35
LIKELY = 0.1
"""EPSS from which a vulnerability counts although the distribution has no fix yet."""
HARMLESS = "unimportant"
"""Debian's word for what is no work for anybody."""
_OPEN = ("affected", "restart_owed")


@dataclass(frozen=True)
class RankedVerdict:
    """A verdict with what tells how urgent it is."""

    verdict: Verdict
    kev_entry: KevEntry | None
    way: str | None
    """How a stranger's bytes come to it."""
    score: float | None

    @property
    def urgency_rank(self) -> tuple[Any, ...]:
        """Return what comes first: ransomware, exploited, within strangers' reach, likely."""
        kev_entry = self.kev_entry
        return (
            not (kev_entry and kev_entry.ransomware),
            kev_entry is None,
            self.way is None,
            -(self.score or 0.0),
            self.verdict.id,
            self.verdict.subject,
        )


@dataclass(frozen=True)
class VerdictSummary:
    """The summary of the verdicts on one source in one version; hosts share most of them."""

    counts: Mapping[State, int]
    exploited_verdicts: tuple[Verdict, ...]
    """What CISA lists and is not known to be clean."""
    mendable: tuple[Verdict, ...]
    """What is open and somebody can do something about, or has to.

    What the distribution calls harmless or leaves unfixed is no work.
    """


def _is_verdict_mendable_or_likely_exploited(verdict: Verdict, database: VulnerabilityDatabase) -> bool:
    return bool(verdict.fixed_version) or (database.get_epss_score(verdict.id) or 0.0) >= LIKELY


def _summarize_package(release: str, package: SourcePackage, database: VulnerabilityDatabase) -> VerdictSummary:
    counts: dict[State, int] = {}
    exploited_verdicts, mendable_verdicts = [], []
    for verdict in evaluation.judge_package(release, package, database):
        counts[verdict.state] = counts.get(verdict.state, 0) + 1
        if verdict.id in database.kev_entries and verdict.state in ANSWERABLE_STATES:
            exploited_verdicts.append(verdict)
        elif (
            verdict.state in _OPEN
            and verdict.notes.urgency != HARMLESS
            and _is_verdict_mendable_or_likely_exploited(verdict, database)
        ):
            mendable_verdicts.append(verdict)
    return VerdictSummary(counts, tuple(exploited_verdicts), tuple(mendable_verdicts))


def is_release_covered_by_data(data: Mapping[str, Any], database: VulnerabilityDatabase) -> bool:
    """Return whether the data tells of the host's release."""
    return installed_software.get_release_codename(data) in database.kind_by_release


def build_vulnerabilities_area(
    data: Mapping[str, Any],
    errors: Mapping[str, str],
    now: int,
    database: VulnerabilityDatabase | None,
    statements: StatementIndex = NO_STATEMENTS,
) -> dict[str, Any]:
    """Return the area ``vulnerabilities``. ``errors`` says why an area is not in ``data``.

    ``about`` tells what data was imported on; what cannot be told of a host is not there, with the reason beside it.
    """
    kinds = {source.kind for source in database.sources} if database is not None else set()
    facts: dict[str, Any] = {
        "about": {
            "packages": not kinds.isdisjoint(PACKAGE_KINDS),
            "components": "wordfence" in kinds,
            "anything": bool(kinds),
        }
    }
    if database is None or not kinds:
        return facts
    facts["release"] = installed_software.get_release_codename(data)
    facts["sources"] = [
        _render_source(source, clock.convert_moment_to_vietnam_day(clock.convert_epoch_to_moment(now)))
        for source in database.sources
    ]
    facts["gaps"] = list(_iter_gaps_in_vulnerability_data(facts, data, database))
    if "packages" not in data:
        facts["untold"] = dict.fromkeys(("known_exploited", "exposed"), errors.get("packages", "not collected"))
    elif not is_release_covered_by_data(data, database):
        why = {"why": "vulnerability_release", "release": facts["release"] or "?"}
        facts.update(known_exploited_unread=why, exposed_unread=why)
    else:
        facts.update(_assess_packages(data, errors, database, statements))
    if "applications" in data:
        facts["components"] = list(_assess_cms_components(data, database, statements))
    else:
        facts.setdefault("untold", {})["components"] = errors.get("applications", "not collected")
    return facts


def _render_source(source: ImportedSource, today: date) -> dict[str, Any]:
    age = (today - source.dated).days
    return {"kind": source.kind, "part": source.part, "dated": str(source.dated), "age_days": age}


def _iter_gaps_in_vulnerability_data(
    facts: Mapping[str, Any], data: Mapping[str, Any], database: VulnerabilityDatabase
) -> Iterator[dict[str, Any]]:
    """Yield what the data is too old for, or does not hold."""
    for source in facts["sources"]:
        if source["age_days"] > STALE_DAYS:
            yield {
                "data": source["kind"],
                "part": source["part"],
                "dated": source["dated"],
                "age_days": source["age_days"],
            }
    for lock in data.get("packages", {}).get("composer", ()):
        if lock["packages"] is None:
            yield {"data": "composer", "path": lock["path"]}
    if facts["about"]["packages"] and not is_release_covered_by_data(data, database):
        yield {"data": "packages", "release": facts["release"] or "?"}


def _assess_packages(
    data: Mapping[str, Any], errors: Mapping[str, str], database: VulnerabilityDatabase, statements: StatementIndex
) -> dict[str, Any]:
    """Assess the packages of a host; ``counts`` are by the data alone."""
    ways, release = exposure.find_processes_strangers_can_reach(data), installed_software.get_release_codename(data)
    counts: dict[State, int] = {}
    exploited_verdicts, exposed_verdicts = [], []
    for package in installed_software.list_source_packages(data):
        summary = database.get_cached((release, package), partial(_summarize_package, release, package, database))
        for state, number in summary.counts.items():
            counts[state] = counts.get(state, 0) + number
        exploited_verdicts += [
            rank_verdict_on_package(verdict, ways or {}, database)
            for verdict in _select_verdicts_without_statement(summary.exploited_verdicts, statements)
        ]
        if summary.mendable and exposure.find_attack_path_to_source_package(package.source, ways or {}) is not None:
            exposed_verdicts += [
                rank_verdict_on_package(verdict, ways or {}, database)
                for verdict in _select_verdicts_without_statement(summary.mendable, statements)
            ]
    way = exposure.find_attack_path_to_sites(ways or {})
    for ranked_verdict in _iter_open_verdicts_on_php_libraries(data, way, database, statements):
        if ranked_verdict.kev_entry is not None:
            exploited_verdicts.append(ranked_verdict)
        elif ranked_verdict.verdict.state == "affected" and way is not None:
            exposed_verdicts.append(ranked_verdict)
    facts = {"counts": counts, "known_exploited": list_most_urgent_verdicts_as_findings(exploited_verdicts)}
    if ways is None:
        return {**facts, "untold": {"exposed": errors.get("firewall", "not collected")}}
    return {**facts, "exposed": list_most_urgent_verdicts_as_findings(exposed_verdicts)}


def _iter_open_verdicts_on_php_libraries(
    data: Mapping[str, Any], attack_path: str | None, database: VulnerabilityDatabase, statements: StatementIndex
) -> Iterator[RankedVerdict]:
    """Yield what is open in packages of PHP, which a stranger's bytes come to as they come to their site."""
    for component in installed_software.iter_composer_packages(data):
        verdicts = (
            verdict
            for verdict, _record in evaluation.judge_component(component, database)
            if verdict.state in ANSWERABLE_STATES
        )
        for verdict in _select_verdicts_without_statement(verdicts, statements):
            yield RankedVerdict(
                verdict, database.kev_entries.get(verdict.id), attack_path, database.get_epss_score(verdict.id)
            )


def _select_verdicts_without_statement(verdicts: Iterable[Verdict], statements: StatementIndex) -> Iterator[Verdict]:
    """Return those that no statement answers."""
    return (verdict for verdict in verdicts if apply_statement(verdict, statements) is verdict)


def rank_verdict_on_package(
    verdict: Verdict, attack_paths: Mapping[str, str], database: VulnerabilityDatabase
) -> RankedVerdict:
    """Return a verdict on a package with what tells how urgent it is."""
    way = exposure.find_attack_path_to_source_package(verdict.subject, attack_paths)
    return RankedVerdict(verdict, database.kev_entries.get(verdict.id), way, database.get_epss_score(verdict.id))


def list_most_urgent_verdicts_as_findings(ranked_verdicts: list[RankedVerdict]) -> list[dict[str, Any]]:
    """Return them as findings show them, what is most urgent first."""
    return [
        _render_verdict(ranked_verdict)
        for ranked_verdict in sorted(ranked_verdicts, key=lambda each: each.urgency_rank)[:MAX_LISTED]
    ]


def _render_verdict(ranked_verdict: RankedVerdict) -> dict[str, Any]:
    verdict = ranked_verdict.verdict
    fields: dict[str, Any] = {
        "vulnerability": verdict.id,
        "package": verdict.subject,
        "installed": verdict.installed_version,
        "state": verdict.state,
        "reason": verdict.reason,
    }
    more = {
        "fixed": verdict.fixed_version,
        "urgency": verdict.notes.urgency,
        "no_advisory": verdict.notes.no_advisory,
        "held": verdict.is_held,
        "still_run_by": list(verdict.still_run_by),
        "path": verdict.where[0] if verdict.subject.startswith(COMPOSER) else "",
        "reached": ranked_verdict.way,
        "epss": ranked_verdict.score,
        "exploited_since": ranked_verdict.kev_entry.added_on if ranked_verdict.kev_entry else "",
        "ransomware": bool(ranked_verdict.kev_entry and ranked_verdict.kev_entry.ransomware),
    }
    return {**fields, **{name: value for name, value in more.items() if value}}


def _assess_cms_components(
    data: Mapping[str, Any], database: VulnerabilityDatabase, statements: StatementIndex
) -> Iterator[dict[str, Any]]:
    entries = []
    for component in installed_software.iter_cms_components(data):
        for verdict, record in evaluation.judge_component(component, database):
            if verdict.state in ANSWERABLE_STATES and apply_statement(verdict, statements) is verdict:
                entries.append(
                    (
                        RankedVerdict(
                            verdict, database.kev_entries.get(verdict.id), "http", database.get_epss_score(verdict.id)
                        ),
                        record,
                    )
                )
    for ranked_verdict, record in sorted(entries, key=lambda each: each[0].urgency_rank)[:MAX_LISTED]:
        fields = {key: value for key, value in _render_verdict(ranked_verdict).items() if key != "reached"}
        fields["component"] = fields.pop("package")
        yield {**fields, "title": record[1], "cvss": record[4] or 0, "path": ranked_verdict.verdict.where[0]}
