"""A run as tables: what the XLSX annex and the CSV hold. Pure; rows are made one at a time."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from auditor.audit.controls import Catalogue, Control
from auditor.audit.frameworks.assessment import host_level
from auditor.models import Bucket, Finding, Run, Severity
from auditor.report import evidence as shown
from auditor.results import by_clause, papers
from auditor.results.by_clause import FrameworkResult
from auditor.results.by_control import WorkItem, work
from auditor.results.compare import CHANGES, Change, between
from auditor.results.summary import SEVERITIES, Counts, FleetSummary, by_urgency, fleet
from auditor.text.visible import one_line, visible
from auditor.text.words import Words

MAX_TEXT = 2000
"""Characters of a cell, a quarter of what spreadsheets are comfortable with; a cut is marked."""

MAX_LINES = 5
"""Lines of a cell that is meant for paper."""
MAX_LINE = 160
Cell = str | int | datetime.date | None


@dataclass(frozen=True)
class Column:
    """A heading, and how wide its cells are in characters."""

    heading: str
    width: int


@dataclass(frozen=True)
class Sheet:
    """One table."""

    name: str
    columns: tuple[Column, ...]
    rows: Iterable[tuple[Cell, ...]]
    printed: int | None = None
    """How many of the columns go on paper; None: all."""
    pages: int = 0
    """On how many pages it is printed; 0: on as many as it takes."""


def sheets(run: Run, catalogue: Catalogue, words: Words, before: Run | None = None) -> tuple[Sheet, ...]:
    """The annex: sites and hosts, what is open, the work, what could not be evaluated, what waivers and attestations say.

    Then the clauses of the organisation's standard, and what changed since the run ``before``.
    """
    summary = fleet(run)
    told = _Told(run, catalogue, words)
    unsure = (f for f in run.findings if f.bucket in ("not_evaluated", "manual"))
    apart = by_urgency(f for f in run.findings if f.bucket in ("waived", "attested"))
    judged = by_clause.standard(run, catalogue)
    return (
        Sheet(words("sites.title"), _site_columns(words), _sites(summary, words)),
        Sheet(words("hosts.title"), _host_columns(words), _hosts(summary, words)),
        Sheet(
            words("sheet.findings"),
            _open_columns(words),
            map(told.open, by_urgency(f for f in run.findings if f.is_open)),
            printed=7,
        ),
        Sheet(words("sheet.controls"), _work_columns(words), (_work(item, words) for item in work(run, catalogue))),
        Sheet(words("sheet.not_evaluated"), _unsure_columns(words), map(told.unsure, by_urgency(unsure))),
        *(
            [Sheet(words("sheet.waivers"), _waiver_columns(words), _waivers(run, catalogue, words), printed=13)]
            if run.waivers
            else []
        ),
        *([Sheet(words("sheet.papers"), _unsure_columns(words), map(told.unsure, apart))] if apart else []),
        *(
            [Sheet(words("sheet.clauses"), _clause_columns(words), _clauses(judged, catalogue, words))]
            if judged
            else []
        ),
        *([Sheet(words("sheet.changes"), _change_columns(words), _changes(told, before, run))] if before else []),
    )


def findings(run: Run, catalogue: Catalogue, words: Words) -> Sheet:
    """Every finding of the run, a row each."""
    told = _Told(run, catalogue, words)
    columns = (
        *_finding_columns(words),
        Column(words("reason"), 44),
        Column(words("site.level"), 8),
        Column(words("references"), 26),
    )
    rows = (
        (*told.finding(finding), told.reason(finding), told.level(finding), told.references(finding.control))
        for finding in run.findings
    )
    return Sheet(words("sheet.all_findings"), columns, rows)


# --- sites and hosts ----------------------------------------------------------------------------------


def _counted_columns(words: Words) -> tuple[Column, ...]:
    severities = (Column(words(f"severity.{severity.value}"), 10) for severity in SEVERITIES)
    return (*severities, Column(words("col.unevaluated").replace("\u00a0", " "), 11))


def _counted(counts: Counts) -> tuple[int, ...]:
    return (*(counts.open[severity] for severity in SEVERITIES), counts.not_evaluated)


def _site_columns(words: Words) -> tuple[Column, ...]:
    return (
        Column(words("col.site"), 28),
        Column(words("col.unit"), 36),
        Column(words("col.host"), 16),
        Column(words("application"), 14),
        Column(words("site.level"), 8),
        Column(words("col.standing"), 18),
        *_counted_columns(words),
        Column(words("col.certificate_days"), 12),
        Column(words("col.backup_days"), 12),
    )


def _sites(summary: FleetSummary, words: Words) -> Iterator[tuple[Cell, ...]]:
    for site in summary.sites:
        yield (
            site.domain,
            site.unit.name if site.unit else None,
            site.host.host.name,
            words.application(site.site.application) if site.site.application else None,
            site.site.level if site.site.level_declared else words("site.level_undeclared"),
            words(f"standing.{site.standing}"),
            *_counted(site.counts),
            site.certificate_days,
            site.backup_days,
        )


def _host_columns(words: Words) -> tuple[Column, ...]:
    return (
        Column(words("col.host"), 16),
        Column(words("col.unit"), 36),
        Column(words("col.os"), 30),
        Column(words("col.sites"), 8),
        Column(words("col.standing"), 18),
        *_counted_columns(words),
        Column(words("outside"), 44),
    )


def _hosts(summary: FleetSummary, words: Words) -> Iterator[tuple[Cell, ...]]:
    for host in summary.hosts:
        outcome = host.outcome
        areas = "\n".join(f"{one_line(area, 40)}: {one_line(why, 300)}" for area, why in outcome.area_errors.items())
        yield (
            host.host.name,
            host.unit.name if host.unit else None,
            one_line(outcome.os, 200) if outcome.os else None,
            len(host.host.sites),
            words(f"standing.{host.standing}"),
            *_counted(host.counts),
            visible(outcome.reason.get(words.lang), MAX_TEXT) if outcome.reason else areas[:MAX_TEXT] or None,
        )


# --- findings -----------------------------------------------------------------------------------------


def _subject_columns(words: Words) -> tuple[Column, ...]:
    return (
        Column(words("col.severity"), 11),
        Column(words("col.control"), 21),
        Column(words("col.finding"), 30),
        Column(words("col.status"), 10),
        Column(words("col.subject"), 8),
        Column(words("col.name"), 18),
        Column(words("col.host"), 11),
        Column(words("col.unit"), 22),
    )


def _finding_columns(words: Words) -> tuple[Column, ...]:
    return (*_subject_columns(words), Column(words("evidence"), 28), Column(words("violations"), 36))


def _open_columns(words: Words) -> tuple[Column, ...]:
    severity, control, title, status, subject, name, host, unit = _subject_columns(words)
    return (
        *(severity, title, status, name, host),
        Column(words("evidence"), 30),
        Column(words("violations"), 36),
        *(control, subject, unit),
    )


def _unsure_columns(words: Words) -> tuple[Column, ...]:
    return (*_subject_columns(words), Column(words("reason"), 44))


class _Told:
    """Findings in words, what many share looked up once."""

    def __init__(self, run: Run, catalogue: Catalogue, words: Words) -> None:
        self._catalogue, self.words = catalogue, words
        office = run.organisation
        names = {unit.id: unit.name for unit in office.units} if office else {}
        self._units: Mapping[tuple[str, str], str | None] = {
            **{("host", host.name): names.get(host.unit or "") for host in run.hosts},
            **{
                ("site", site.domain): names.get(site.unit or host.unit or "")
                for host in run.hosts
                for site in host.sites
            },
        }
        self._levels: Mapping[tuple[str, str], int] = {
            **{("host", host.name): host_level(host) for host in run.hosts},
            **{("site", site.domain): site.level for host in run.hosts for site in host.sites},
        }
        self.references = cache(self._references_of)
        self._reason = lru_cache(maxsize=1024)(lambda text: visible(text, MAX_TEXT))
        self._head = cache(self._head_of)

    def _references_of(self, control: str) -> str | None:
        return _references(self._catalogue[control], self.words)

    def _head_of(self, control: str, severity: Severity, bucket: Bucket, kind: str) -> tuple[Cell, ...]:
        words = self.words
        return (
            words(f"severity.{severity.value}"),
            control,
            self._catalogue[control].told(bucket).get(words.lang),
            words(f"status.{bucket}"),
            words("site") if kind == "site" else words("host"),
        )

    def _subject(self, finding: Finding) -> tuple[Cell, ...]:
        subject = finding.subject
        return (
            *self._head(finding.control, finding.severity, finding.bucket, subject.kind),
            subject.id,
            finding.host,
            self._units.get((subject.kind, subject.id)),
        )

    def finding(self, finding: Finding) -> tuple[Cell, ...]:
        """What it is about, what was read, where it is not met."""
        evidence, violations = self._evidence_lines(finding), self._violation_lines(finding)
        return (*self._subject(finding), _lines(evidence), _lines(violations))

    def open(self, finding: Finding) -> tuple[Cell, ...]:
        """The same for paper: in a few lines, and what tells it from others for a program last."""
        severity, control, title, status, subject, name, host, unit = self._subject(finding)
        evidence, violations = (
            _few(self._evidence_lines(finding), self.words),
            _few(self._violation_lines(finding), self.words),
        )
        return (severity, title, status, name, host, evidence, violations, control, subject, unit)

    def changed(self, change: Change, finding: Finding) -> tuple[Cell, ...]:
        """What became of it, and what it is about."""
        return (self.words(f"change.{change}").capitalize(), *self._subject(finding))

    def level(self, finding: Finding) -> int | None:
        """The level of its site; of a host that of its sites."""
        return self._levels.get((finding.subject.kind, finding.subject.id))

    def unsure(self, finding: Finding) -> tuple[Cell, ...]:
        """What it is about, and why it is not counted as met or open."""
        return (*self._subject(finding), self.reason(finding))

    def reason(self, finding: Finding) -> str | None:
        """Why it is not counted as met or open."""
        if finding.bucket in ("waived", "attested"):
            return self._reason(papers.said(finding, self.words))
        return self._reason(finding.reason.get(self.words.lang)) if finding.reason else None

    def _evidence_lines(self, finding: Finding) -> Sequence[str]:
        return [f"{row.path} = {row.value}" for row in shown.evidence(finding, self.words)]

    def _violation_lines(self, finding: Finding) -> Sequence[str]:
        table = shown.violations(finding, self.words)
        if table is None:
            return []
        lines = (
            ", ".join(f"{column}={value}" for column, value in zip(table.columns, row, strict=True))
            if table.columns
            else row[0]
            for row in table.rows
        )
        cut = [self.words("violations.first", n=len(table.rows))] if table.cut else []
        return [*lines, *cut]


def _few(lines: Sequence[str], words: Words) -> str | None:
    """The first lines, each cut, and how many are left."""
    told = [one_line(line, MAX_LINE) for line in lines[:MAX_LINES]]
    left = len(lines) - MAX_LINES
    return _lines([*told, words("more_lines", n=left)] if left > 0 else told)


def _lines(lines: Iterable[str]) -> str | None:
    """The lines that fit, then a mark."""
    kept: list[str] = []
    room = MAX_TEXT
    for line in lines:
        if room < len(line):
            kept.append(f"{line[:room]}…")
            break
        kept.append(line)
        room -= len(line) + 1
    return "\n".join(kept) or None


# --- work ---------------------------------------------------------------------------------------------


def _work_columns(words: Words) -> tuple[Column, ...]:
    return (
        Column(words("col.severity"), 11),
        Column(words("col.control"), 21),
        Column(words("col.finding"), 30),
        Column(words("col.sites"), 8),
        Column(words("col.hosts"), 8),
        Column(words("auto"), 8),
        Column(words("disruption"), 16),
        Column(words("fix"), 34),
        Column(words("danger"), 24),
        Column(words("references"), 26),
        Column(words("sites.title"), 20),
    )


def _work(item: WorkItem, words: Words) -> tuple[Cell, ...]:
    control, fix = item.control, item.control.fix
    return (
        words(f"severity.{item.severity.value}"),
        control.id,
        control.problem.get(words.lang),
        len(item.domains),
        len(item.hosts),
        words("yes") if item.automated else words("no"),
        words(f"disruption.{fix.disruption}") if fix else None,
        control.remedy.get(words.lang),
        fix.danger.get(words.lang) if fix and fix.danger else None,
        _references(control, words),
        _few(item.domains, words),
    )


def _references(control: Control, words: Words) -> str | None:
    return _lines(f"{framework}: {clauses}" for framework, clauses in shown.references(control.references, words))


# --- waivers, clauses, changes ------------------------------------------------------------------------


def _waiver_columns(words: Words) -> tuple[Column, ...]:
    return (
        Column(words("col.validity"), 13),
        Column(words("col.paper"), 14),
        Column(words("col.title"), 26),
        Column(words("col.covers"), 20),
        Column(words("reason"), 24),
        Column(words("waiver.compensating"), 24),
        Column(words("waiver.approver"), 18),
        Column(words("col.granted"), 11),
        Column(words("col.expires"), 11),
        Column(words("status.waived"), 9),
        Column(words("status.fail"), 9),
        Column(words("col.unevaluated").replace("\u00a0", " "), 9),
        Column(words("status.pass"), 9),
        Column(words("col.control"), 21),
    )


def _waivers(run: Run, catalogue: Catalogue, words: Words) -> Iterator[tuple[Cell, ...]]:
    """One row a waiver, in force or not, with what it comes to in the run."""
    for use in papers.waivers(run):
        waiver = use.waiver
        yield (
            words(f"validity.{use.validity}").capitalize(),
            waiver.id,
            catalogue[waiver.control].title.get(words.lang),
            visible(papers.places(waiver.scope, run.organisation), MAX_TEXT),
            visible(waiver.reason, MAX_TEXT),
            visible(waiver.compensating, MAX_TEXT) if waiver.compensating else None,
            visible(waiver.approver, MAX_TEXT),
            waiver.granted,
            waiver.expires,
            use.waived,
            use.open,
            use.not_evaluated,
            use.met,
            waiver.control,
        )


def _clause_columns(words: Words) -> tuple[Column, ...]:
    return (
        Column(words("coverage.clause"), 12),
        Column(words("coverage.requirement"), 60),
        Column(words("col.status"), 20),
        Column(words("coverage.how"), 16),
        Column(words("clause.where"), 30),
        Column(words("sheet.controls"), 50),
    )


def _clauses(judged: FrameworkResult, catalogue: Catalogue, words: Words) -> Iterator[tuple[Cell, ...]]:
    for one in judged.clauses:
        open_ = [f"{catalogue[control].problem.get(words.lang)} ({number})" for control, number in one.open.items()]
        yield (
            one.clause.number,
            one.clause.text.get(words.lang),
            words(f"result.{one.result.value}"),
            words(f"coverage.{one.clause.status}"),
            _few(one.worst, words) if one.open else None,
            _lines(open_),
        )


def _change_columns(words: Words) -> tuple[Column, ...]:
    return (Column(words("col.change"), 22), *_subject_columns(words))


def _changes(told: _Told, before: Run, run: Run) -> Iterator[tuple[Cell, ...]]:
    """What is no longer as it was, in the order in which a reader asks."""
    changes = between(before, run).changes
    for change in CHANGES:
        if change != "still":
            yield from (told.changed(change, finding) for finding in by_urgency(changes.get(change, ())))
