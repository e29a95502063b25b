"""Every id of a list on every host: the verdict, what proves it, and by when it has to be done.

Pure over ``VulnerabilityDatabase``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from auditor.inventory.spreadsheet_import.columns import fold_case_accents_and_spaces
from auditor.models.vulnerabilities import State
from auditor.vulnerabilities import evaluation, installed_software
from auditor.vulnerabilities.advisory.parser import Advisory, AdvisoryItem
from auditor.vulnerabilities.kinds import COMPONENT_KINDS, PACKAGE_KINDS
from auditor.vulnerabilities.verdicts import Verdict, judge_package_fixed_by_its_changelog
from auditor.vulnerabilities.vex_statements import NO_STATEMENTS, StatementIndex, apply_statement

if TYPE_CHECKING:
    from auditor.vulnerabilities.store import KevEntry, VulnerabilityDatabase

WORST: tuple[State, ...] = (
    *("affected", "restart_owed", "unknown", "mitigated", "fixed", "not_affected", "not_installed"),
)


@dataclass(frozen=True)
class VerdictLine:
    """One verdict on an id, with all hosts that it holds for."""

    verdict: Verdict
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class VulnerabilityAnswer:
    """One id of a list."""

    id: str
    numbers: tuple[int, ...]
    """The rows or entries that name it."""
    product: str
    due: date | None
    kev_entry: KevEntry | None
    score: float | None
    lines: tuple[VerdictLine, ...]

    @property
    def worst_state(self) -> State:
        """Return the worst of its lines."""
        return min((line.verdict.state for line in self.lines), key=WORST.index, default="unknown")


@dataclass(frozen=True)
class AdvisoryResult:
    """The result of a list."""

    title: str
    answers: tuple[VulnerabilityAnswer, ...]
    wrong: tuple[tuple[int, str], ...]
    """Row or entry, and what was meant for an id, or a date, and is none."""


def answer_advisory(
    advisory: Advisory,
    hosts: Mapping[str, Mapping[str, Any] | None],
    database: VulnerabilityDatabase,
    products: Sequence[str],
    due: date | None,
    statements: Mapping[str, StatementIndex] = MappingProxyType({}),
) -> AdvisoryResult:
    """Return the answers to a list.

    ``hosts``: facts by area as plain data, None for a host that could not be read.

    ``products``: what no host of ours has.

    ``due`` holds where a row has no day of its own; ``statements`` by host what the office says. Order: what is worst,
    then what ransomware uses, what is exploited, what is likely.
    """
    by_id: dict[str, list[AdvisoryItem]] = {}
    for item in advisory.items:
        for vulnerability_id in item.ids:
            by_id.setdefault(vulnerability_id, []).append(item)
    answers = []
    for name, items in by_id.items():
        is_foreign = is_product_in_list_of_foreign_ones(_find_product_of_items(items), products)
        lines = _group_hosts_by_verdict(name, hosts, database, statements, is_product_foreign=is_foreign)
        answers.append(_build_answer(name, items, lines, database, due))
    wrong = [(item.number, text) for item in advisory.items for text in (*item.wrong, item.due_text) if text]
    return AdvisoryResult(advisory.title, tuple(sorted(answers, key=_rank_answer_by_urgency)), tuple(wrong))


def _rank_answer_by_urgency(answer: VulnerabilityAnswer) -> tuple[Any, ...]:
    kev_entry = answer.kev_entry
    return (
        WORST.index(answer.worst_state),
        not (kev_entry and kev_entry.ransomware),
        kev_entry is None,
        -(answer.score or 0.0),
        answer.numbers[0],
    )


def _find_product_of_items(items: Sequence[AdvisoryItem]) -> str:
    return next((item.product for item in items if item.product), "")


def _group_hosts_by_verdict(
    vulnerability: str,
    hosts: Mapping[str, Mapping[str, Any] | None],
    database: VulnerabilityDatabase,
    statements: Mapping[str, StatementIndex],
    *,
    is_product_foreign: bool,
) -> Mapping[Verdict, Sequence[str]]:
    lines: dict[Verdict, list[str]] = {}
    for host, data in hosts.items():
        for verdict in _judge_vulnerability_on_host(vulnerability, data, database, is_product_foreign):
            lines.setdefault(apply_statement(verdict, statements.get(host, NO_STATEMENTS)), []).append(host)
    return lines


def _build_answer(
    vulnerability: str,
    items: Sequence[AdvisoryItem],
    lines: Mapping[Verdict, Sequence[str]],
    database: VulnerabilityDatabase,
    due: date | None,
) -> VulnerabilityAnswer:
    own = [item.due for item in items if item.due]
    return VulnerabilityAnswer(
        id=vulnerability,
        numbers=tuple(item.number for item in items),
        product=_find_product_of_items(items),
        due=min(own) if own else due,
        kev_entry=database.kev_entries.get(vulnerability),
        score=database.get_epss_score(vulnerability),
        lines=tuple(
            VerdictLine(verdict, tuple(names))
            for verdict, names in sorted(lines.items(), key=lambda each: WORST.index(each[0].state))
        ),
    )


def _judge_vulnerability_on_host(
    vulnerability: str, data: Mapping[str, Any] | None, database: VulnerabilityDatabase, is_product_foreign: bool
) -> Iterable[Verdict]:
    about, changelog_verdicts = (
        database.find_subjects(vulnerability),
        tuple(_iter_verdicts_by_package_changelogs(vulnerability, data or {})),
    )
    if not about and is_product_foreign and not changelog_verdicts:
        return [_make_verdict(vulnerability, "not_installed", "product")]
    if not about:
        return changelog_verdicts or [
            _make_verdict(vulnerability, "unknown", _explain_why_vulnerability_is_unknown(data or {}))
        ]
    if data is None:
        return [_make_verdict(vulnerability, "unknown", "unread")]
    proven = {(verdict.subject, verdict.installed_version): verdict for verdict in changelog_verdicts}
    verdicts = [
        proven.get((verdict.subject, verdict.installed_version), verdict) if verdict.state == "unknown" else verdict
        for verdict in _iter_verdicts_on_subjects_on_host(vulnerability, about, data, database)
    ]
    return verdicts or [
        _make_verdict(
            vulnerability, "not_installed", "none_of_it", ", ".join(sorted({subject for _kind, subject in about}))[:200]
        )
    ]


def _explain_why_vulnerability_is_unknown(data: Mapping[str, Any]) -> str:
    """Return why nothing is known of an id that no data names."""
    if "changelogs" not in data:
        return "no_data"
    read = data["changelogs"]
    return (
        "no_changelogs"
        if read["without"] == read["packages"]
        else "some_changelogs"
        if read["cut_short"]
        else "no_changelog"
    )


def _iter_verdicts_by_package_changelogs(vulnerability: str, data: Mapping[str, Any]) -> Iterator[Verdict]:
    """Yield what of the host's packages has a changelog that names the id, where that was asked."""
    entries = {
        mention["package"]: mention["entry"]
        for mention in data.get("changelogs", {}).get("named", ())
        if mention["vulnerability"] == vulnerability
    }
    for package in installed_software.list_source_packages(data) if entries and "packages" in data else ():
        version = next((entries[binary] for binary in package.binaries if binary in entries), None)
        if version is not None:
            yield judge_package_fixed_by_its_changelog(vulnerability, package, version)


def _make_verdict(vulnerability: str, state: State, reason: str, subject: str = "") -> Verdict:
    return Verdict(vulnerability, subject, "", state, reason)


def _iter_verdicts_on_subjects_on_host(
    vulnerability: str, subjects: Sequence[tuple[str, str]], data: Mapping[str, Any], database: VulnerabilityDatabase
) -> Iterator[Verdict]:
    """Yield what the host has of what the id is about."""
    sources = {source for kind, source in subjects if kind in PACKAGE_KINDS}
    if sources and "packages" not in data:
        yield _make_verdict(vulnerability, "unknown", "unread")
    elif sources:
        release = installed_software.get_release_codename(data)
        for package in installed_software.list_source_packages(data):
            if package.source in sources:
                yield next(
                    (
                        verdict
                        for verdict in evaluation.judge_package(release, package, database)
                        if verdict.id == vulnerability
                    ),
                    Verdict(
                        vulnerability,
                        package.source,
                        package.version,
                        "unknown",
                        "not_in_release",
                        where=package.binaries,
                    ),
                )
    components = {subject for kind, subject in subjects if kind in COMPONENT_KINDS}
    for component in installed_software.iter_components(data):
        if component.name in components:
            yield from (
                verdict
                for verdict, _record in evaluation.judge_component(component, database)
                if verdict.id == vulnerability
            )


def is_product_in_list_of_foreign_ones(product: str, foreign_products: Sequence[str]) -> bool:
    """Return whether a product is one that no host of ours has."""
    product_words = f" {fold_case_accents_and_spaces(product)} "
    return any(
        re.search(rf" {re.escape(fold_case_accents_and_spaces(term))} ", product_words)
        for term in foreign_products
        if fold_case_accents_and_spaces(term)
    )
