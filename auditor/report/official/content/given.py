"""What an official report is made of, and the words that its parts share. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from auditor.audit.controls import Catalogue
from auditor.audit.frameworks.clauses import Framework
from auditor.inventory import offices
from auditor.models import Bucket, DocumentKind, Finding, Lang, Regime, Severity, Unit
from auditor.report.official import metrics
from auditor.report.official.deadlines import Deadlines
from auditor.report.official.document import (
    HEADER_COLUMNS,
    MARGIN_LEFT,
    MARGIN_RIGHT,
    PAGE,
    SIZE_AGENCY,
    Block,
)
from auditor.report.official.period import Period
from auditor.results.office_month import Figures, Requirement, requirements
from auditor.text.words import Words

NOTABLE = 5
"""So many requirements are named in the body, the worst; all are in the annex."""
NAMED = 10
"""So many sites are named where sites are listed; beyond them they are counted."""
GREETED = 10
"""So many offices are greeted by name; more by what they are."""

_COMMITTEE = "Ủy ban nhân dân"
_PLACES = ("tỉnh", "thành phố", "thị xã", "thị trấn", "huyện", "quận", "phường", "xã", "đặc khu")
_BLANK = "\u00a0" * 7
_OPEN: tuple[Bucket, ...] = ("fail", "partial")
_APART: tuple[Bucket, ...] = ("attested", "not_applicable", "manual", "not_evaluated")
_ROMAN = ("I", "II", "III", "IV", "V")
_POINTS = "abcdđeg"
"""How the points of a letter are counted."""


class Given:
    """One document's givens, so that its sentences need not pass them on."""

    def __init__(
        self,
        figures: Figures,
        catalogue: Catalogue,
        period: Period,
        moments: Sequence[str],
        deadlines: Deadlines,
        regime: Regime,
        kind: DocumentKind,
        lang: Lang,
        previous: str | None,
        framework: Framework,
    ) -> None:
        self.figures, self.catalogue, self.period, self.moments = figures, catalogue, period, moments
        self.regime, self.kind, self.lang, self.previous = regime, kind, lang, previous
        self.framework, self.deadlines = framework, deadlines
        self.words = Words(lang)
        self.unit = figures.unit
        self.above = offices.addressees(figures.organisation, figures.unit)
        self.below = tuple(unit for unit, _ in figures.owners if unit.id != figures.unit.id)
        self.downward = kind == "cong-van" and bool(self.below)
        self.open = requirements(figures.run, catalogue, *_OPEN)
        self.security = self.words(f"official.security.{regime}")
        self.month = self.words.whole_month(period.year, period.month)

    def _kind(self) -> str:
        return self.words(f"official.kind.{self.kind}")

    def _symbol(self) -> str:
        own = self.unit.abbreviation or ("UBND" if self.unit.name.startswith(_COMMITTEE) else "…")
        if self.kind == "cong-van":
            return f"{own}-{self.unit.drafter}" if self.unit.drafter else own
        return f"BC-{own}"

    @cached_property
    def _open_findings(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.figures.findings if finding.is_open)

    # --- small parts ------------------------------------------------------------------------------------

    def _where(self, one: Requirement) -> str:
        words = self.words
        if not one.of_host:
            return self._domains(one.domains)
        hosts = words("hosts_n", n=len(one.hosts))
        if not one.domains:
            return hosts
        return words("official.where.hosts", hosts=hosts, sites=self._domains(one.domains))

    def _clauses(self, one: Requirement) -> str:
        by_level = one.references.get(self.framework.key)
        if not isinstance(by_level, Mapping):
            return ""
        told = (clause for level in sorted(one.levels or {2}) for clause in by_level.get(f"l{level}") or ())
        return "; ".join(dict.fromkeys(str(clause) for clause in told))

    def _domains(self, domains: Iterable[str]) -> str:
        names = tuple(dict.fromkeys(domains))
        if len(names) <= NAMED:
            return ", ".join(names)
        return self.words("official.where.more", names=", ".join(names[:NAMED]), n=len(names) - NAMED)

    def _list(self, parts: Sequence[str]) -> str:
        return ", ".join(parts)

    def _of_severity(self, severity: Severity, count: int) -> str:
        return self.words(
            "official.of_severity",
            points=self.words("official.points_n", n=count),
            severity=self.words(f"official.severity.{severity.value}"),
        )

    def _with_former_name(self, unit: Unit) -> str:
        if not unit.former_name:
            return unit.name
        return self.words("official.formerly", name=unit.name, former=unit.former_name)

    def _last_deadline(self) -> datetime.date:
        asked = map(self.deadlines.asked, self._open_findings)
        return max(asked, default=self.deadlines.within(Severity.MEDIUM))


_TEXT_WIDTH = PAGE[0] - MARGIN_LEFT - MARGIN_RIGHT


def _agency(name: str) -> tuple[str, ...]:
    """The office's name in the header: a people's committee in two lines, its kind and its place."""
    rest = name.removeprefix(_COMMITTEE).strip()
    parts = (_COMMITTEE, rest) if rest != name and rest else (name,)
    return tuple(line for part in parts for line in _fitted(part.upper(), HEADER_COLUMNS[0], SIZE_AGENCY, bold=True))


def _fitted(text: str, width: float, size: float, *, bold: bool) -> tuple[str, ...]:
    return metrics.lines(text, lambda line: metrics.width(line, size, bold=bold), width)


def _kind_of_place(name: str) -> str | None:
    """What a people's committee is of: a commune, a ward, …; None for another office."""
    place = name.removeprefix(_COMMITTEE).strip()
    return next((kind for kind in _PLACES if place != name and place.startswith(f"{kind} ")), None)


def _addressees(names: Sequence[str]) -> tuple[str, ...]:
    """One stands beside the greeting; several stand below it, one a line."""
    return tuple(names) if len(names) == 1 else _listed(names)


def _listed(names: Sequence[str]) -> tuple[str, ...]:
    """Lines with a dash, each with a semicolon, the last with a full stop."""
    return tuple(f"- {name}{'.' if number == len(names) else ';'}" for number, name in enumerate(names, 1))


def _numbered(rows: Iterable[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    return tuple((str(number), *row) for number, row in enumerate(rows, 1))


def _punctuated(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Of items that follow each other each ends with a semicolon, the last with a full stop."""
    found = list(blocks)
    for index, block in enumerate(found):
        if block.kind == "item":
            last = index + 1 == len(found) or found[index + 1].kind != "item"
            found[index] = block.model_copy(update={"text": f"- {block.text}{'.' if last else ';'}"})
    return tuple(found)


def _paragraph(text: str) -> Block:
    return Block(kind="paragraph", text=text)


def _closing(text: str) -> Block:
    return Block(kind="closing", text=f"{text}./.")


def _item(text: str) -> Block:
    return Block(kind="item", text=text)
