"""What the readers of lists share: what came of a list, and days as others write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from auditor.errors import InputError
from auditor.indicators.indicator import MAX_INDICATORS, UNMARKED, Indicator, Tlp
from auditor.indicators.values import Never, never, value
from auditor.models import clock
from auditor.vulnerabilities.advisory.reading import day_in
from auditor.vulnerabilities.sources.reading import Document

MAX_WRONG = 1_000
MAX_NOTE = 200
_EARLIEST, _LATEST = date(1990, 1, 1), date(2500, 1, 1)
ListKind = Literal["stix", "misp", "csv"]


@dataclass
class Gathered:
    """What is in a list, while it is read."""

    document: Document
    name: str
    """What the list is called here."""
    today: date
    unmarked: Tlp = UNMARKED
    source: str = ""
    """Whose it is, in its own words."""
    dated: date | None = None
    found: dict[tuple[str, str], Indicator] = field(default_factory=dict)
    complex: list[tuple[str, str]] = field(default_factory=list)
    """Id and words of what is kept and not matched."""
    never: dict[Never, int] = field(default_factory=dict)
    wrong: list[tuple[str, str]] = field(default_factory=list)
    """Where it is, and what is meant for an indicator and is none."""

    def add(self, text: str, *, where: str, id: str = "", tlp: Tlp | None = None, first: date | None = None, last: date | None = None, note: str = "") -> None:  # fmt: skip
        """Take one value in. Raises InputError for more of them than there may be."""
        got = value(text)
        if got is None:
            self.amiss(where, text)
            return
        why = never(got)
        if why is not None:
            self.never[why] = self.never.get(why, 0) + 1
            return
        first = first or self.today
        one = Indicator(
            got.kind,
            got.text,
            id[:100],
            tlp or self.unmarked,
            min(first, last or first),
            last,
            note[:MAX_NOTE],
            self.name,
        )
        before = self.found.get((got.kind, got.text))
        if before is None or one.until > before.until:
            self.found[got.kind, got.text] = one
        self._bound()

    def keep(self, id: str, words: str) -> None:
        """Keep what is not matched."""
        self.complex.append((id[:100], words[:20_000]))
        self._bound()

    def amiss(self, where: str, text: str) -> None:
        """Note what is none. Raises InputError when nearly everything is."""
        if len(self.wrong) >= MAX_WRONG:
            raise self.document.error(
                "more than {most} of its entries are invalid, the first one in {where}: {text}",
                "check that it is the list itself",
                most=MAX_WRONG,
                where=self.wrong[0][0],
                text=repr(self.wrong[0][1]),
            )
        self.wrong.append((where, text[:80]))

    def _bound(self) -> None:
        if len(self.found) + len(self.complex) > MAX_INDICATORS:
            raise too_many(self.document)


def day(text: object) -> date | None:
    """The day of a moment as others write it: ISO 8601, day/month/year, or seconds since 1970. None for anything else.

    What is to hold for ever holds to the last day that there is room to count on from.
    """
    found = _day(text)
    return min(max(found, _EARLIEST), _LATEST) if found is not None else None


def _day(text: object) -> date | None:
    plain = str(text).strip() if text is not None else ""
    if re.fullmatch(r"1\d{9}(?:\.\d+)?", plain):
        return clock.day(clock.at(float(plain)))
    if re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:", plain):
        try:
            moment = plain.replace(" ", "T", 1).replace("Z", "+00:00")
            return clock.day(clock.read(moment if re.search(r"[+-]\d\d:?\d\d$", moment) else f"{moment}+07:00"))
        except ValueError:
            return day_in(plain[:10])
    return day_in(plain.split(" ")[0])


def text_of(entry: Mapping[str, object], name: str) -> str:
    """A text out of foreign data, which any file can hold; empty for what is none."""
    found = entry.get(name)
    if not isinstance(found, str):
        return ""
    return found if found.isascii() else found.encode("utf-8", "replace").decode()


def lacking(document: Document, lacks: str) -> InputError:
    """That it has none of what it should have."""
    return document.error("it has no {lacks}", "check that it is the list itself", lacks=lacks)


def too_many(document: Document) -> InputError:
    """That it has more than there may be."""
    return document.error(
        "it has more than {most} indicators",
        "import only the entries that are still valid, or a part of the list",
        most=MAX_INDICATORS,
    )
