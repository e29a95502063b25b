"""The technical annex: per host what is not met and what was read there, then the waivers in full.

It alone holds addresses and host names.

Everything that hosts sent is bounded, made visible and given to typst as data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Literal

from auditor.audit.controls import Catalogue
from auditor.models import Bucket, Finding, Lang, Model
from auditor.report import evidence
from auditor.report.official import metrics
from auditor.report.official.document import AnnexColumn, make_annex_columns, split_iso_moment_for_typst
from auditor.report.official.pdf import PrintJob
from auditor.report.official.period import Period
from auditor.results import exceptions
from auditor.results.office_month import OfficeMonthFigures, list_waivers_with_touched_sites
from auditor.results.summary import HostSummary, sort_by_urgency
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import Words

MAX_ROWS = 800
"""So many findings go into one file."""
MAX_EVIDENCE = 400
MAX_MEMBERS = 4
_REPORTED_BUCKETS = ("fail", "partial", "waived", "not_evaluated")


Table = Literal["findings", "waivers"]
COLUMNS: Mapping[Table, tuple[AnnexColumn, ...]] = {
    "findings": make_annex_columns(("subject", 14), ("content", 27), ("severity", 10), ("result", 10), ("read", 39)),
    "waivers": make_annex_columns(
        ("decision", 11),
        ("requirement", 21),
        ("scope", 16),
        ("waiver_reason", 22),
        ("measure_taken", 19),
        ("expires", 11),
    ),
}


class AnnexPart(Model):
    """A host, or the waivers, or so many of their rows as fit into a file."""

    name: str
    facts: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    table: Table = "findings"


def iter_technical_annex_print_jobs(
    figures: OfficeMonthFigures, catalogue: Catalogue, period: Period, *, lang: Lang
) -> Iterator[tuple[str, PrintJob]]:
    """Yield the annex in as many files as it takes, with a suffix for each file's name."""
    words = Words(lang)
    packs = list(
        _pack_annex_parts_into_files(
            (
                *iter_host_parts_with_unmet_findings(figures, catalogue, words),
                *iter_parts_with_all_waivers(figures, catalogue, words),
            )
        )
    )
    for number, pack in enumerate(packs, 1):
        data = _build_typst_data_of_annex_file(figures, period, words, pack, number, len(packs))
        yield f"-{number}" if len(packs) > 1 else "", PrintJob("technical.typ", data)


def _build_typst_data_of_annex_file(
    figures: OfficeMonthFigures,
    period: Period,
    words: Words,
    annex_parts: Iterable[AnnexPart],
    file_number: int,
    file_count: int,
) -> Mapping[str, Any]:
    month = words.format_full_month(period.year, period.month)
    return {
        "lang": words.lang,
        "made": split_iso_moment_for_typst(figures.run.started),
        "keywords": ["luytre-technical"],
        "name": words("official.technical.name", unit=figures.unit.name, month=month),
        "circulation": words("official.circulation"),
        "title": words("official.technical.title"),
        "attached": words("official.technical.of", unit=figures.unit.name, month=month),
        "note": words("official.technical.note"),
        "part": words("official.technical.part", part=file_number, parts=file_count) if file_count > 1 else "",
        "columns": {
            table: [column.model_dump(mode="json") for column in columns] for table, columns in COLUMNS.items()
        },
        "headers": {
            table: [words(f"official.column.{column.key}") for column in columns] for table, columns in COLUMNS.items()
        },
        "parts": [part.model_dump(mode="json") for part in annex_parts],
    }


def iter_host_parts_with_unmet_findings(
    figures: OfficeMonthFigures, catalogue: Catalogue, words: Words
) -> Iterator[AnnexPart]:
    """Yield each host with its findings that are not met or could not be evaluated, worst first."""

    @cache
    def describe_control(control_id: str, bucket: Bucket) -> str:
        control = catalogue.controls_by_id.get(control_id)
        return _make_foreign_text_printable(
            f"{control.get_problem_or_title_for_bucket(bucket).get(words.lang)} ({control_id})"
            if control
            else control_id
        )

    for host in figures.summary.hosts:
        own = [finding for finding in host.findings if finding.bucket in _REPORTED_BUCKETS]
        for site in figures.summary.sites_by_host.get(host.host.name, ()):
            own += [finding for finding in site.own if finding.bucket in _REPORTED_BUCKETS]
        rows = tuple(
            (
                _make_foreign_text_printable(finding.subject.id),
                describe_control(finding.control, finding.bucket),
                words(f"severity.{finding.severity.value}"),
                words(f"status.{finding.bucket}"),
                _make_foreign_text_printable("; ".join(_iter_evidence_lines_of_finding(finding, words))),
            )
            for finding in sort_by_urgency(own)
            if host.is_reached
        )
        yield AnnexPart(
            name=_make_foreign_text_printable(host.host.name), facts=_list_host_fact_lines(host, words), rows=rows
        )


def iter_parts_with_all_waivers(figures: OfficeMonthFigures, catalogue: Catalogue, words: Words) -> Iterator[AnnexPart]:
    """Yield all waivers for these hosts and sites, those that are over as well, with what the document must not say."""
    rows = []
    for use, _ in list_waivers_with_touched_sites(figures, catalogue):
        waiver, control = use.waiver, catalogue.controls_by_id.get(use.waiver.control)
        expires = words(f"official.waiver.{use.validity}", day=words.format_date(waiver.expires))
        title = f"{control.title.get(words.lang)} ({control.id})" if control else waiver.control
        places = exceptions.format_scope_of_exception(waiver.scope, figures.organisation)
        measure = waiver.compensating or words("official.waiver.no_measure")
        rows.append(
            tuple(map(_make_foreign_text_printable, (waiver.id, title, places, waiver.reason, measure, expires)))
        )
    if rows:
        yield AnnexPart(name=words("official.technical.waivers"), facts=(), rows=tuple(rows), table="waivers")


def _make_foreign_text_printable(text: str) -> str:
    """Return foreign text on one line, bounded, in characters that the font has."""
    return metrics.spell_out_characters_font_lacks(escape_text_to_one_line(text, MAX_EVIDENCE))


def _list_host_fact_lines(host: HostSummary, words: Words) -> tuple[str, ...]:
    sites = ", ".join(site.domain for site in host.host.sites) or "–"
    lines = [
        words("official.technical.address", address=host.host.address),
        words("official.technical.sites", sites=sites),
        words("official.technical.os", os=host.outcome.os or "–"),
    ]
    if host.unit is not None:
        lines.insert(0, words("official.technical.unit", unit=host.unit.name))
    if not host.is_reached:
        reason = host.outcome.reason.get(words.lang) if host.outcome.reason else words("unknown")
        lines.append(words("official.technical.unread", reason=reason))
    lines += [
        words("official.technical.area", area=area, error=error)
        for area, error in sorted(host.outcome.area_errors.items())[:20]
    ]
    return tuple(map(_make_foreign_text_printable, lines))


def _iter_evidence_lines_of_finding(finding: Finding, words: Words) -> Iterable[str]:
    if finding.reason is not None:
        yield finding.reason.get(words.lang)
    if finding.waiver is not None:
        yield exceptions.describe_waiver_or_attestation_of_finding(finding, words)
    table = evidence.build_violation_table(finding, words, MAX_MEMBERS)
    if table is None:
        yield from (f"{row.path} = {row.value}" for row in evidence.list_evidence(finding, words)[:MAX_MEMBERS])
        return
    yield from (" · ".join(cell for cell in row if cell) for row in table.rows)
    if len(finding.violations) > MAX_MEMBERS:
        yield words("official.technical.more", n=len(finding.violations) - MAX_MEMBERS)


def _pack_annex_parts_into_files(parts: Iterable[AnnexPart]) -> Iterator[list[AnnexPart]]:
    """Yield the parts in files of at most ``MAX_ROWS`` rows; a host with more goes on in the next."""
    here: list[AnnexPart] = []
    room = MAX_ROWS
    for part in parts:
        rest = part
        while len(rest.rows) > room:
            here.append(rest.model_copy(update={"rows": rest.rows[:room]}))
            rest = rest.model_copy(update={"rows": rest.rows[room:]})
            yield here
            here, room = [], MAX_ROWS
        here.append(rest)
        room -= len(rest.rows)
    if here:
        yield here
