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
from auditor.report.official.document import Column, columns, datetime_parts
from auditor.report.official.pdf import Sheet
from auditor.report.official.period import Period
from auditor.results import papers
from auditor.results.office_month import Figures, waivers
from auditor.results.summary import HostSummary, by_urgency
from auditor.text.visible import one_line
from auditor.text.words import Words

MAX_ROWS = 800
"""So many findings go into one file."""
MAX_EVIDENCE = 400
MAX_MEMBERS = 4
_TOLD = ("fail", "partial", "waived", "not_evaluated")


Table = Literal["findings", "waivers"]
COLUMNS: Mapping[Table, tuple[Column, ...]] = {
    "findings": columns(("subject", 14), ("content", 27), ("severity", 10), ("result", 10), ("read", 39)),
    "waivers": columns(
        ("decision", 11),
        ("requirement", 21),
        ("scope", 16),
        ("waiver_reason", 22),
        ("measure_taken", 19),
        ("expires", 11),
    ),
}


class Part(Model):
    """A host, or the waivers, or so many of their rows as fit into a file."""

    name: str
    facts: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    table: Table = "findings"


def sheets(figures: Figures, catalogue: Catalogue, period: Period, *, lang: Lang) -> Iterator[tuple[str, Sheet]]:
    """The annex in as many files as it takes, with a suffix for each file's name."""
    words = Words(lang)
    packed = list(_packed((*parts(figures, catalogue, words), *waived(figures, catalogue, words))))
    for number, some in enumerate(packed, 1):
        data = _data(figures, period, words, some, number, len(packed))
        yield f"-{number}" if len(packed) > 1 else "", Sheet("technical.typ", data)


def _data(
    figures: Figures, period: Period, words: Words, some: Iterable[Part], number: int, of: int
) -> Mapping[str, Any]:
    month = words.whole_month(period.year, period.month)
    return {
        "lang": words.lang,
        "made": datetime_parts(figures.run.started),
        "keywords": ["luytre-technical"],
        "name": words("official.technical.name", unit=figures.unit.name, month=month),
        "circulation": words("official.circulation"),
        "title": words("official.technical.title"),
        "attached": words("official.technical.of", unit=figures.unit.name, month=month),
        "note": words("official.technical.note"),
        "part": words("official.technical.part", part=number, parts=of) if of > 1 else "",
        "columns": {
            table: [column.model_dump(mode="json") for column in columns] for table, columns in COLUMNS.items()
        },
        "headers": {
            table: [words(f"official.column.{column.key}") for column in columns] for table, columns in COLUMNS.items()
        },
        "parts": [part.model_dump(mode="json") for part in some],
    }


def parts(figures: Figures, catalogue: Catalogue, words: Words) -> Iterator[Part]:
    """Each host with its findings that are not met or could not be evaluated, worst first."""

    @cache
    def told(control_id: str, bucket: Bucket) -> str:
        control = catalogue.by_id.get(control_id)
        return _shown(f"{control.told(bucket).get(words.lang)} ({control_id})" if control else control_id)

    for host in figures.summary.hosts:
        own = [finding for finding in host.findings if finding.bucket in _TOLD]
        for site in figures.summary.served.get(host.host.name, ()):
            own += [finding for finding in site.own if finding.bucket in _TOLD]
        rows = tuple(
            (
                _shown(finding.subject.id),
                told(finding.control, finding.bucket),
                words(f"severity.{finding.severity.value}"),
                words(f"status.{finding.bucket}"),
                _shown("; ".join(_read(finding, words))),
            )
            for finding in by_urgency(own)
            if host.reached
        )
        yield Part(name=_shown(host.host.name), facts=_facts(host, words), rows=rows)


def waived(figures: Figures, catalogue: Catalogue, words: Words) -> Iterator[Part]:
    """All waivers for these hosts and sites, those that are over as well, with what the document must not say."""
    rows = []
    for use, _ in waivers(figures, catalogue):
        waiver, control = use.waiver, catalogue.by_id.get(use.waiver.control)
        expires = words(f"official.waiver.{use.validity}", day=words.day(waiver.expires))
        title = f"{control.title.get(words.lang)} ({control.id})" if control else waiver.control
        places = papers.places(waiver.scope, figures.organisation)
        measure = waiver.compensating or words("official.waiver.no_measure")
        rows.append(tuple(map(_shown, (waiver.id, title, places, waiver.reason, measure, expires))))
    if rows:
        yield Part(name=words("official.technical.waivers"), facts=(), rows=tuple(rows), table="waivers")


def _shown(text: str) -> str:
    """Foreign text on one line, bounded, in characters that the font has."""
    return metrics.drawable(one_line(text, MAX_EVIDENCE))


def _facts(host: HostSummary, words: Words) -> tuple[str, ...]:
    sites = ", ".join(site.domain for site in host.host.sites) or "–"
    told = [
        words("official.technical.address", address=host.host.address),
        words("official.technical.sites", sites=sites),
        words("official.technical.os", os=host.outcome.os or "–"),
    ]
    if host.unit is not None:
        told.insert(0, words("official.technical.unit", unit=host.unit.name))
    if not host.reached:
        reason = host.outcome.reason.get(words.lang) if host.outcome.reason else words("unknown")
        told.append(words("official.technical.unread", reason=reason))
    told += [
        words("official.technical.area", area=area, error=error)
        for area, error in sorted(host.outcome.area_errors.items())[:20]
    ]
    return tuple(map(_shown, told))


def _read(finding: Finding, words: Words) -> Iterable[str]:
    if finding.reason is not None:
        yield finding.reason.get(words.lang)
    if finding.waiver is not None:
        yield papers.said(finding, words)
    table = evidence.violations(finding, words, MAX_MEMBERS)
    if table is None:
        yield from (f"{row.path} = {row.value}" for row in evidence.evidence(finding, words)[:MAX_MEMBERS])
        return
    yield from (" · ".join(cell for cell in row if cell) for row in table.rows)
    if len(finding.violations) > MAX_MEMBERS:
        yield words("official.technical.more", n=len(finding.violations) - MAX_MEMBERS)


def _packed(parts: Iterable[Part]) -> Iterator[list[Part]]:
    """The parts in files of at most ``MAX_ROWS`` rows; a host with more goes on in the next."""
    here: list[Part] = []
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
