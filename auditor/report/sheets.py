"""A run as tables: what the XLSX annex and the CSV hold. Pure; rows are made one at a time."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from auditor.audit.controls import Catalogue, Control
from auditor.audit.frameworks.assessment import get_highest_site_level_of_host
from auditor.models import Bucket, Finding, Run, Severity
from auditor.report import evidence as shown
from auditor.results import by_clause, exceptions
from auditor.results.by_clause import FrameworkResult
from auditor.results.by_control import WorkItem, list_work
from auditor.results.compare import CHANGES, Change, compare_runs
from auditor.results.summary import SEVERITIES, FindingCounts, FleetSummary, sort_by_urgency, summarize_run
from auditor.text.sanitize import escape_invisible_characters, escape_text_to_one_line
from auditor.text.translations import Words

MAX_TEXT = 2000
"""Characters of a cell, a quarter of what spreadsheets are comfortable with; a cut is marked."""

MAX_LINES = 5
"""Lines of a cell that is meant for paper."""
MAX_LINE = 160
Cell = str | int | datetime.date | None


@dataclass(frozen=True)
class SheetColumn:
    """A heading, and how wide its cells are in characters."""

    heading: str
    width: int


@dataclass(frozen=True)
class Sheet:
    """One table."""

    name: str
    columns: tuple[SheetColumn, ...]
    rows: Iterable[tuple[Cell, ...]]
    printed_columns: int | None = None
    """How many of the columns go on paper; None: all."""
    pages: int = 0
    """On how many pages it is printed; 0: on as many as it takes."""


def build_annex_sheets_of_run(
    run: Run, catalogue: Catalogue, words: Words, run_before: Run | None = None
) -> tuple[Sheet, ...]:
    """Return the annex as sheets.

    They show sites and hosts, what is open, the work, what could not be evaluated, and what waivers and attestations
    say.

    Then the clauses of the organisation's standard, and what changed since the run ``run_before``.
    """
    summary = summarize_run(run)
    formatter = _FindingFormatter(run, catalogue, words)
    unsure = (f for f in run.findings if f.bucket in ("not_evaluated", "manual"))
    apart = sort_by_urgency(f for f in run.findings if f.bucket in ("waived", "attested"))
    framework_result = by_clause.assess_standard_of_organisation(run, catalogue)
    return (
        Sheet(words("sites.title"), _build_site_columns(words), _iter_site_rows(summary, words)),
        Sheet(words("hosts.title"), _build_host_columns(words), _iter_host_rows(summary, words)),
        Sheet(
            words("sheet.findings"),
            _build_open_finding_columns(words),
            map(formatter.format_cells_of_open_finding, sort_by_urgency(f for f in run.findings if f.is_open)),
            printed_columns=7,
        ),
        Sheet(
            words("sheet.controls"),
            _build_work_item_columns(words),
            (_format_cells_of_work_item(item, words) for item in list_work(run, catalogue)),
        ),
        Sheet(
            words("sheet.not_evaluated"),
            _build_unsure_finding_columns(words),
            map(formatter.format_cells_of_unsure_finding, sort_by_urgency(unsure)),
        ),
        *(
            [
                Sheet(
                    words("sheet.waivers"),
                    _build_waiver_columns(words),
                    _iter_waiver_rows(run, catalogue, words),
                    printed_columns=13,
                )
            ]
            if run.waivers
            else []
        ),
        *(
            [
                Sheet(
                    words("sheet.papers"),
                    _build_unsure_finding_columns(words),
                    map(formatter.format_cells_of_unsure_finding, apart),
                )
            ]
            if apart
            else []
        ),
        *(
            [
                Sheet(
                    words("sheet.clauses"),
                    _build_clause_columns(words),
                    _iter_clause_rows_of_framework(framework_result, catalogue, words),
                )
            ]
            if framework_result
            else []
        ),
        *(
            [
                Sheet(
                    words("sheet.changes"),
                    _build_change_columns(words),
                    _iter_rows_of_changed_findings(formatter, run_before, run),
                )
            ]
            if run_before
            else []
        ),
    )


def build_findings_sheet(run: Run, catalogue: Catalogue, words: Words) -> Sheet:
    """Return every finding of the run, a row each."""
    formatter = _FindingFormatter(run, catalogue, words)
    columns = (
        *_build_finding_columns(words),
        SheetColumn(words("reason"), 44),
        SheetColumn(words("site.level"), 8),
        SheetColumn(words("references"), 26),
    )
    rows = (
        (
            *formatter.format_cells_of_finding(finding),
            formatter.get_reason_why_not_met_or_open(finding),
            formatter.get_level_of_site_or_of_host_sites(finding),
            formatter.references(finding.control),
        )
        for finding in run.findings
    )
    return Sheet(words("sheet.all_findings"), columns, rows)


# --- sites and hosts ----------------------------------------------------------------------------------


def _build_open_count_columns(words: Words) -> tuple[SheetColumn, ...]:
    severities = (SheetColumn(words(f"severity.{severity.value}"), 10) for severity in SEVERITIES)
    return (*severities, SheetColumn(words("col.unevaluated").replace("\u00a0", " "), 11))


def _list_open_and_unevaluated_counts(counts: FindingCounts) -> tuple[int, ...]:
    return (*(counts.open[severity] for severity in SEVERITIES), counts.not_evaluated)


def _build_site_columns(words: Words) -> tuple[SheetColumn, ...]:
    return (
        SheetColumn(words("col.site"), 28),
        SheetColumn(words("col.unit"), 36),
        SheetColumn(words("col.host"), 16),
        SheetColumn(words("application"), 14),
        SheetColumn(words("site.level"), 8),
        SheetColumn(words("col.standing"), 18),
        *_build_open_count_columns(words),
        SheetColumn(words("col.certificate_days"), 12),
        SheetColumn(words("col.backup_days"), 12),
    )


def _iter_site_rows(summary: FleetSummary, words: Words) -> Iterator[tuple[Cell, ...]]:
    for site in summary.sites:
        yield (
            site.domain,
            site.unit.name if site.unit else None,
            site.host.host.name,
            words.get_application_name(site.site.application) if site.site.application else None,
            site.site.level if site.site.level_declared else words("site.level_undeclared"),
            words(f"standing.{site.posture}"),
            *_list_open_and_unevaluated_counts(site.counts),
            site.certificate_days,
            site.backup_days,
        )


def _build_host_columns(words: Words) -> tuple[SheetColumn, ...]:
    return (
        SheetColumn(words("col.host"), 16),
        SheetColumn(words("col.unit"), 36),
        SheetColumn(words("col.os"), 30),
        SheetColumn(words("col.sites"), 8),
        SheetColumn(words("col.standing"), 18),
        *_build_open_count_columns(words),
        SheetColumn(words("outside"), 44),
    )


def _iter_host_rows(summary: FleetSummary, words: Words) -> Iterator[tuple[Cell, ...]]:
    for host in summary.hosts:
        outcome = host.outcome
        areas = "\n".join(
            f"{escape_text_to_one_line(area, 40)}: {escape_text_to_one_line(why, 300)}"
            for area, why in outcome.area_errors.items()
        )
        yield (
            host.host.name,
            host.unit.name if host.unit else None,
            escape_text_to_one_line(outcome.os, 200) if outcome.os else None,
            len(host.host.sites),
            words(f"standing.{host.posture}"),
            *_list_open_and_unevaluated_counts(host.counts),
            escape_invisible_characters(outcome.reason.get(words.lang), MAX_TEXT)
            if outcome.reason
            else areas[:MAX_TEXT] or None,
        )


# --- findings -----------------------------------------------------------------------------------------


def _build_control_and_subject_columns(words: Words) -> tuple[SheetColumn, ...]:
    return (
        SheetColumn(words("col.severity"), 11),
        SheetColumn(words("col.control"), 21),
        SheetColumn(words("col.finding"), 30),
        SheetColumn(words("col.status"), 10),
        SheetColumn(words("col.subject"), 8),
        SheetColumn(words("col.name"), 18),
        SheetColumn(words("col.host"), 11),
        SheetColumn(words("col.unit"), 22),
    )


def _build_finding_columns(words: Words) -> tuple[SheetColumn, ...]:
    return (
        *_build_control_and_subject_columns(words),
        SheetColumn(words("evidence"), 28),
        SheetColumn(words("violations"), 36),
    )


def _build_open_finding_columns(words: Words) -> tuple[SheetColumn, ...]:
    severity, control, title, status, subject, name, host, unit = _build_control_and_subject_columns(words)
    return (
        *(severity, title, status, name, host),
        SheetColumn(words("evidence"), 30),
        SheetColumn(words("violations"), 36),
        *(control, subject, unit),
    )


def _build_unsure_finding_columns(words: Words) -> tuple[SheetColumn, ...]:
    return (*_build_control_and_subject_columns(words), SheetColumn(words("reason"), 44))


class _FindingFormatter:
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
            **{("host", host.name): get_highest_site_level_of_host(host) for host in run.hosts},
            **{("site", site.domain): site.level for host in run.hosts for site in host.sites},
        }
        self.references = cache(self._format_references_of_control)
        self._reason = lru_cache(maxsize=1024)(lambda text: escape_invisible_characters(text, MAX_TEXT))
        self._head = cache(self._format_first_cells_of_control)

    def _format_references_of_control(self, control: str) -> str | None:
        return _format_references_of_control_as_lines(self._catalogue[control], self.words)

    def _format_first_cells_of_control(
        self, control: str, severity: Severity, bucket: Bucket, kind: str
    ) -> tuple[Cell, ...]:
        words = self.words
        return (
            words(f"severity.{severity.value}"),
            control,
            self._catalogue[control].get_problem_or_title_for_bucket(bucket).get(words.lang),
            words(f"status.{bucket}"),
            words("site") if kind == "site" else words("host"),
        )

    def _format_control_and_subject_cells(self, finding: Finding) -> tuple[Cell, ...]:
        subject = finding.subject
        return (
            *self._head(finding.control, finding.severity, finding.bucket, subject.kind),
            subject.id,
            finding.host,
            self._units.get((subject.kind, subject.id)),
        )

    def format_cells_of_finding(self, finding: Finding) -> tuple[Cell, ...]:
        """Return what it is about, what was read, where it is not met."""
        evidence, violations = (
            self._list_evidence_lines_of_finding(finding),
            self._list_violation_lines_of_finding(finding),
        )
        return (
            *self._format_control_and_subject_cells(finding),
            _join_lines_that_fit_in_cell(evidence),
            _join_lines_that_fit_in_cell(violations),
        )

    def format_cells_of_open_finding(self, finding: Finding) -> tuple[Cell, ...]:
        """Return an open finding's cells for paper, in a few lines; what tells it from others for a program is last."""
        severity, control, title, status, subject, name, host, unit = self._format_control_and_subject_cells(finding)
        evidence, violations = (
            _join_first_lines_and_count_rest(self._list_evidence_lines_of_finding(finding), self.words),
            _join_first_lines_and_count_rest(self._list_violation_lines_of_finding(finding), self.words),
        )
        return (severity, title, status, name, host, evidence, violations, control, subject, unit)

    def format_cells_of_change(self, change: Change, finding: Finding) -> tuple[Cell, ...]:
        """Return what became of it, and what it is about."""
        return (self.words(f"change.{change}").capitalize(), *self._format_control_and_subject_cells(finding))

    def get_level_of_site_or_of_host_sites(self, finding: Finding) -> int | None:
        """Return the level of its site; of a host that of its sites."""
        return self._levels.get((finding.subject.kind, finding.subject.id))

    def format_cells_of_unsure_finding(self, finding: Finding) -> tuple[Cell, ...]:
        """Return what it is about, and why it is not counted as met or open."""
        return (*self._format_control_and_subject_cells(finding), self.get_reason_why_not_met_or_open(finding))

    def get_reason_why_not_met_or_open(self, finding: Finding) -> str | None:
        """Return why it is not counted as met or open."""
        if finding.bucket in ("waived", "attested"):
            return self._reason(exceptions.describe_waiver_or_attestation_of_finding(finding, self.words))
        return self._reason(finding.reason.get(self.words.lang)) if finding.reason else None

    def _list_evidence_lines_of_finding(self, finding: Finding) -> Sequence[str]:
        return [f"{row.path} = {row.value}" for row in shown.list_evidence(finding, self.words)]

    def _list_violation_lines_of_finding(self, finding: Finding) -> Sequence[str]:
        table = shown.build_violation_table(finding, self.words)
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


def _join_first_lines_and_count_rest(lines: Sequence[str], words: Words) -> str | None:
    """Return the first lines, each cut, and how many are left."""
    first_lines = [escape_text_to_one_line(line, MAX_LINE) for line in lines[:MAX_LINES]]
    extra_count = len(lines) - MAX_LINES
    return _join_lines_that_fit_in_cell(
        [*first_lines, words("more_lines", n=extra_count)] if extra_count > 0 else first_lines
    )


def _join_lines_that_fit_in_cell(lines: Iterable[str]) -> str | None:
    """Return the lines that fit, then a mark."""
    fitting_lines: list[str] = []
    room = MAX_TEXT
    for line in lines:
        if room < len(line):
            fitting_lines.append(f"{line[:room]}…")
            break
        fitting_lines.append(line)
        room -= len(line) + 1
    return "\n".join(fitting_lines) or None


# --- work ---------------------------------------------------------------------------------------------


def _build_work_item_columns(words: Words) -> tuple[SheetColumn, ...]:
    return (
        SheetColumn(words("col.severity"), 11),
        SheetColumn(words("col.control"), 21),
        SheetColumn(words("col.finding"), 30),
        SheetColumn(words("col.sites"), 8),
        SheetColumn(words("col.hosts"), 8),
        SheetColumn(words("auto"), 8),
        SheetColumn(words("disruption"), 16),
        SheetColumn(words("fix"), 34),
        SheetColumn(words("danger"), 24),
        SheetColumn(words("references"), 26),
        SheetColumn(words("sites.title"), 20),
    )


def _format_cells_of_work_item(work_item: WorkItem, words: Words) -> tuple[Cell, ...]:
    control, fix = work_item.control, work_item.control.fix
    return (
        words(f"severity.{work_item.severity.value}"),
        control.id,
        control.problem.get(words.lang),
        len(work_item.domains),
        len(work_item.hosts),
        words("yes") if work_item.is_automated else words("no"),
        words(f"disruption.{fix.disruption}") if fix else None,
        control.remedy.get(words.lang),
        fix.danger.get(words.lang) if fix and fix.danger else None,
        _format_references_of_control_as_lines(control, words),
        _join_first_lines_and_count_rest(work_item.domains, words),
    )


def _format_references_of_control_as_lines(control: Control, words: Words) -> str | None:
    return _join_lines_that_fit_in_cell(
        f"{framework}: {clauses}"
        for framework, clauses in shown.list_frameworks_with_clauses(control.references, words)
    )


# --- waivers, clauses, changes ------------------------------------------------------------------------


def _build_waiver_columns(words: Words) -> tuple[SheetColumn, ...]:
    return (
        SheetColumn(words("col.validity"), 13),
        SheetColumn(words("col.paper"), 14),
        SheetColumn(words("col.title"), 26),
        SheetColumn(words("col.covers"), 20),
        SheetColumn(words("reason"), 24),
        SheetColumn(words("waiver.compensating"), 24),
        SheetColumn(words("waiver.approver"), 18),
        SheetColumn(words("col.granted"), 11),
        SheetColumn(words("col.expires"), 11),
        SheetColumn(words("status.waived"), 9),
        SheetColumn(words("status.fail"), 9),
        SheetColumn(words("col.unevaluated").replace("\u00a0", " "), 9),
        SheetColumn(words("status.pass"), 9),
        SheetColumn(words("col.control"), 21),
    )


def _iter_waiver_rows(run: Run, catalogue: Catalogue, words: Words) -> Iterator[tuple[Cell, ...]]:
    """Yield one row a waiver, in force or not, with what it comes to in the run."""
    for use in exceptions.list_waiver_uses_of_run_by_validity(run):
        waiver = use.waiver
        yield (
            words(f"validity.{use.validity}").capitalize(),
            waiver.id,
            catalogue[waiver.control].title.get(words.lang),
            escape_invisible_characters(exceptions.format_scope_of_exception(waiver.scope, run.organisation), MAX_TEXT),
            escape_invisible_characters(waiver.reason, MAX_TEXT),
            escape_invisible_characters(waiver.compensating, MAX_TEXT) if waiver.compensating else None,
            escape_invisible_characters(waiver.approver, MAX_TEXT),
            waiver.granted,
            waiver.expires,
            use.waived,
            use.open,
            use.not_evaluated,
            use.met,
            waiver.control,
        )


def _build_clause_columns(words: Words) -> tuple[SheetColumn, ...]:
    return (
        SheetColumn(words("coverage.clause"), 12),
        SheetColumn(words("coverage.requirement"), 60),
        SheetColumn(words("col.status"), 20),
        SheetColumn(words("coverage.how"), 16),
        SheetColumn(words("clause.where"), 30),
        SheetColumn(words("sheet.controls"), 50),
    )


def _iter_clause_rows_of_framework(
    framework_result: FrameworkResult, catalogue: Catalogue, words: Words
) -> Iterator[tuple[Cell, ...]]:
    for clause_total in framework_result.clauses:
        open_ = [
            f"{catalogue[control].problem.get(words.lang)} ({number})" for control, number in clause_total.open.items()
        ]
        yield (
            clause_total.clause.number,
            clause_total.clause.text.get(words.lang),
            words(f"result.{clause_total.result.value}"),
            words(f"coverage.{clause_total.clause.status}"),
            _join_first_lines_and_count_rest(clause_total.worst, words) if clause_total.open else None,
            _join_lines_that_fit_in_cell(open_),
        )


def _build_change_columns(words: Words) -> tuple[SheetColumn, ...]:
    return (SheetColumn(words("col.change"), 22), *_build_control_and_subject_columns(words))


def _iter_rows_of_changed_findings(
    formatter: _FindingFormatter, run_before: Run, run: Run
) -> Iterator[tuple[Cell, ...]]:
    """Yield what is no longer as it was, in the order in which a reader asks."""
    changes = compare_runs(run_before, run).changes
    for change in CHANGES:
        if change != "still":
            yield from (
                formatter.format_cells_of_change(change, finding)
                for finding in sort_by_urgency(changes.get(change, ()))
            )
