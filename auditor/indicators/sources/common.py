"""What the readers of lists share: what came of a list, and days as others write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from auditor.errors import InputError
from auditor.indicators.indicator import DEFAULT_TLP, MAX_INDICATORS, Indicator, Tlp
from auditor.indicators.values import ExclusionReason, get_exclusion, parse_value
from auditor.models import clock
from auditor.vulnerabilities.advisory.parser import day_in
from auditor.vulnerabilities.sources.common import SourceDocument

MAX_WRONG = 1_000
MAX_NOTE = 200
_EARLIEST, _LATEST = date(1990, 1, 1), date(2500, 1, 1)
ListKind = Literal["stix", "misp", "csv"]


@dataclass
class IndicatorCollector:
    """The contents of a list, while it is read."""

    document: SourceDocument
    name: str
    """What the list is called here."""
    today: date
    default_tlp: Tlp = DEFAULT_TLP
    source: str = ""
    """Whose it is, in its own words."""
    list_date: date | None = None
    indicators: dict[tuple[str, str], Indicator] = field(default_factory=dict)
    complex: list[tuple[str, str]] = field(default_factory=list)
    """Id and words of what is kept and not matched."""
    never: dict[ExclusionReason, int] = field(default_factory=dict)
    wrong: list[tuple[str, str]] = field(default_factory=list)
    """Where it is, and what is meant for an indicator and is none."""

    def add(
        self,
        text: str,
        *,
        where: str,
        id: str = "",
        tlp: Tlp | None = None,
        first: date | None = None,
        last: date | None = None,
        note: str = "",
    ) -> None:
        """Take one value in. Raises InputError for more of them than there may be."""
        got = parse_value(text)
        if got is None:
            self.add_invalid(where, text)
            return
        why = get_exclusion(got)
        if why is not None:
            self.never[why] = self.never.get(why, 0) + 1
            return
        first = first or self.today
        indicator = Indicator(
            got.kind,
            got.text,
            id[:100],
            tlp or self.default_tlp,
            min(first, last or first),
            last,
            note[:MAX_NOTE],
            self.name,
        )
        before = self.indicators.get((got.kind, got.text))
        if before is None or indicator.until > before.until:
            self.indicators[got.kind, got.text] = indicator
        self._check_limit()

    def keep_unmatched(self, id: str, words: str) -> None:
        """Keep what is not matched."""
        self.complex.append((id[:100], words[:20_000]))
        self._check_limit()

    def add_invalid(self, where: str, text: str) -> None:
        """Note what is none. Raises InputError when nearly everything is."""
        if len(self.wrong) >= MAX_WRONG:
            raise self.document.make_error(
                "more than {most} of its entries are invalid, the first one in {where}: {text}",
                "check that it is the list itself",
                most=MAX_WRONG,
                where=self.wrong[0][0],
                text=repr(self.wrong[0][1]),
            )
        self.wrong.append((where, text[:80]))

    def _check_limit(self) -> None:
        if len(self.indicators) + len(self.complex) > MAX_INDICATORS:
            raise make_limit_error(self.document)


def parse_day(text: object) -> date | None:
    """Return the day of a moment as others write it: ISO 8601, day/month/year, or seconds since 1970.

    None for anything else.

    What is to hold for ever holds to the last day that there is room to count on from.
    """
    result = _parse_any_day(text)
    return min(max(result, _EARLIEST), _LATEST) if result is not None else None


def _parse_any_day(text: object) -> date | None:
    plain = str(text).strip() if text is not None else ""
    if re.fullmatch(r"1\d{9}(?:\.\d+)?", plain):
        return clock.to_day(clock.from_epoch(float(plain)))
    if re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:", plain):
        try:
            moment = plain.replace(" ", "T", 1).replace("Z", "+00:00")
            return clock.to_day(clock.read(moment if re.search(r"[+-]\d\d:?\d\d$", moment) else f"{moment}+07:00"))
        except ValueError:
            return day_in(plain[:10])
    return day_in(plain.split(" ")[0])


def get_text(entry: Mapping[str, object], name: str) -> str:
    """Return a text out of foreign data, which any file can hold; empty for what is none."""
    text = entry.get(name)
    if not isinstance(text, str):
        return ""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def make_missing_error(document: SourceDocument, lacks: str) -> InputError:
    """Return that it has none of what it should have."""
    return document.make_error("it has no {lacks}", "check that it is the list itself", lacks=lacks)


def make_limit_error(document: SourceDocument) -> InputError:
    """Return that it has more than there may be."""
    return document.make_error(
        "it has more than {most} indicators",
        "import only the entries that are still valid, or a part of the list",
        most=MAX_INDICATORS,
    )
