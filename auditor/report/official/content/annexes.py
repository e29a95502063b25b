"""The tables of an official report. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from auditor.models import Bucket, Status, WaiverUse
from auditor.report.official.content.form import kind, symbol
from auditor.report.official.content.given import BLANK, ROMAN, Given
from auditor.report.official.content.incidents import rows as incident_rows
from auditor.report.official.content.phrases import came_to, clauses, level_of, listed, tally, where, with_former_name
from auditor.report.official.content.work import done_rows
from auditor.report.official.document import COLUMNS, Annex, AnnexKey
from auditor.results.intrusions import is_intrusion
from auditor.results.office_month import Requirement, by_office, requirements, waivers
from auditor.results.summary import SiteSummary
from auditor.text.visible import one_line
from auditor.text.words import Words

type Rows = Mapping[AnnexKey, tuple[tuple[str, ...], ...]]


def tables(given: Given, labels: Mapping[AnnexKey, str], rows: Rows) -> tuple[Annex, ...]:
    """The annexes that have a label."""
    return tuple(_annex(given, labels, key, rows[key]) for key in rows if key in labels)


def labels(given: Given, rows: Rows) -> Mapping[AnnexKey, str]:
    """What the annexes are called, in their order. One with nothing in it is left out; the last is always there."""
    present = [key for key, found in rows.items() if found or key == "clauses"]
    if len(present) == 1:
        return {present[0]: given.words("official.annex.only")}
    return {key: given.words("official.annex", number=number) for number, key in zip(ROMAN, present, strict=False)}


def rows(given: Given) -> Rows:
    """What stands in which annex, by row."""
    found: dict[AnnexKey, Iterable[tuple[str, ...]]] = {
        "units": _unit_rows(given),
        given.list_of_open: _asked_rows(given) if given.downward else _open_rows(given),
        "waivers": _waiver_rows(given),
        "unsure": _unsure_rows(given),
        "done": done_rows(given),
        "incidents": incident_rows(given),
        **{key: _besides(given, its) for key, its in given.besides.items()},
        "clauses": _clause_rows(given),
    }
    return {key: _numbered(its) for key, its in found.items()}


def _besides(given: Given, rows: Iterable[tuple[str, ...]]) -> Iterable[tuple[str, ...]]:
    return (tuple(given.anonymous(one_line(cell, 600)) for cell in row) for row in rows)


def _annex(given: Given, labels: Mapping[AnnexKey, str], key: AnnexKey, rows: tuple[tuple[str, ...], ...]) -> Annex:
    words = given.words
    return Annex(
        key=key,
        label=labels[key],
        title=words(f"official.annex.{key}.title"),
        attached=words(
            "official.annex.attached",
            kind=kind(given),
            number=words("official.number.inline", blank=BLANK, symbol=symbol(given.unit, given.kind)),
            blank=BLANK,
            unit=given.unit.name,
        ),
        note=words(f"official.annex.{key}.note", merged=words(f"official.clauses.merged.{given.regime}"))
        if rows
        else words("official.annex.empty"),
        columns=tuple(_heading(words, key, column.key) for column in COLUMNS[key]),
        rows=rows,
    )


def _heading(words: Words, key: AnnexKey, column: str) -> str:
    if key == "sharing":
        return words(f"sharing.column.{column}")
    return words(f"official.answers.{column}") if key == "answers" else words(f"official.column.{column}")


def _numbered(rows: Iterable[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    return tuple((str(number), *row) for number, row in enumerate(rows, 1))


def _unit_rows(given: Given) -> Iterable[tuple[str, ...]]:
    for unit, sites in given.figures.owners:
        for site in sites:
            yield (with_former_name(given, unit), *_site_cells(given, site))


def _site_cells(given: Given, site: SiteSummary) -> tuple[str, ...]:
    counts, number = site.counts, given.words.number
    figures = (
        counts.status[Status.PASS],
        sum(finding.bucket == "partial" for finding in site.findings),
        sum(finding.bucket == "fail" for finding in site.findings),
        counts.urgent,
        counts.not_evaluated + counts.unanswered,
    )
    told = (
        tuple(number(figure) for figure in figures) if site.host.reached else ("–", "–", "–", "–", number(figures[-1]))
    )
    level = level_of(given, site.site)
    return (site.domain, "–" if level is None else str(level), *told, given.words(f"standing.{site.standing}"))


def _open_rows(given: Given) -> Iterable[tuple[str, ...]]:
    words = given.words
    for one in (*given.intruded, *given.open):
        yield (
            one.title.get(given.lang),
            words(f"severity.{one.severity.value}"),
            clauses(given, one) or "–",
            where(given, one),
            _how(given, one),
            _due(given, one),
        )


def _asked_rows(given: Given) -> Iterable[tuple[str, ...]]:
    words = given.words
    for unit, asked in by_office(given.figures, given.catalogue):
        for one in asked:
            yield (
                with_former_name(given, unit),
                one.title.get(given.lang),
                words(f"severity.{one.severity.value}"),
                where(given, one),
                _how(given, one),
                _due(given, one),
            )


def _how(given: Given, one: Requirement) -> str:
    if any(map(is_intrusion, one.findings)):
        return given.words("official.how.incident")
    return given.words("auto") if one.automated else given.words("by_hand")


def _due(given: Given, one: Requirement) -> str:
    """The first day that is asked for, and what is late; an intrusion is handled at once."""
    words, deadlines = given.words, given.deadlines
    if any(map(is_intrusion, one.findings)):
        return words("official.due.incident")
    day = words.day(min(map(deadlines.asked, one.findings)))
    late = deadlines.late(one.findings)
    if not late:
        return day
    oldest = min(map(deadlines.first, late))
    return words("official.due.late", n=len(late), day=day, month=f"{oldest.month:02}/{oldest.year}")


def _waiver_rows(given: Given) -> Iterable[tuple[str, ...]]:
    words = given.words
    for use, domains in waivers(given.figures, given.catalogue):
        waiver = use.waiver
        control = given.catalogue.by_id.get(waiver.control)
        yield (
            _guarded(given, waiver.id),
            control.title.get(given.lang) if control else waiver.control,
            listed(given, domains),
            _guarded(given, waiver.reason),
            _measure(given, use),
            _guarded(given, waiver.approver),
            words(f"official.waiver.{use.validity}", day=words.day(waiver.expires)),
        )


def _measure(given: Given, use: WaiverUse) -> str:
    """The compensating measure, as long as the waiver that counts it as equivalent holds."""
    if use.waiver.compensating is None:
        return given.words("official.waiver.no_measure")
    if use.validity in ("expired", "future"):
        return given.words(f"official.waiver.not_equivalent.{use.validity}")
    return _guarded(given, use.waiver.compensating)


def _guarded(given: Given, text: str) -> str:
    """What somebody wrote, on one line, without addresses and the names of hosts."""
    return given.anonymous(one_line(text, 300))


def _unsure_rows(given: Given) -> Iterable[tuple[str, ...]]:
    words, figures = given.words, given.figures
    unread = {host.host.name for host in figures.summary.unread}
    for host in figures.summary.unread:
        names = [site.domain for site in host.host.sites]
        yield (
            words("official.unsure.everything"),
            listed(given, names) if names else words("official.where.bare_n", n=1),
            words("official.unsure.unread"),
        )
    read = figures.run.model_copy(
        update={"findings": tuple(finding for finding in figures.findings if finding.host not in unread)}
    )
    whys: tuple[tuple[Bucket, str], ...] = (
        ("not_evaluated", words("official.unsure.not_evaluated")),
        ("manual", words("official.unsure.manual")),
    )
    for bucket, why in whys:
        for one in requirements(read, given.catalogue, bucket):
            yield (one.title.get(given.lang), where(given, one), why)


def _clause_rows(given: Given) -> Iterable[tuple[str, ...]]:
    words = given.words
    outside = [one.clause.number for one in given.clause_totals if one.clause.status == "not_covered"]
    for one in given.clause_totals:
        if one.clause.status == "not_covered":
            continue
        yield (
            one.clause.number,
            one.clause.text.get(given.lang),
            words(f"coverage.{one.clause.status}"),
            came_to(given, one.clause, one.result),
            tally(given, ((one.clause, result, count) for result, count in one.counts.items())),
        )
    if outside:
        told = words("coverage.not_covered")
        yield ("–", words("official.clauses.outside", n=len(outside), numbers="; ".join(outside)), told, told, "–")
