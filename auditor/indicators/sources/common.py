"""What the readers of lists share: what came of a list."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from auditor.errors import InputError
from auditor.feeds.document import SourceDocument
from auditor.indicators.indicator import DEFAULT_TLP, MAX_INDICATORS, Indicator, Tlp
from auditor.indicators.values import ExclusionReason, get_reason_value_never_matches, parse_value

MAX_WRONG = 1_000
MAX_NOTE = 200


class ValidDays(NamedTuple):
    """From which day to which a list says that a value of it counts; None for what it does not say."""

    first: date | None = None
    last: date | None = None


ANY_DAY = ValidDays()


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

    def add_value(
        self,
        text: str,
        *,
        where: str,
        id: str = "",
        tlp: Tlp | None = None,
        valid: ValidDays = ANY_DAY,
        note: str = "",
    ) -> None:
        """Take one value in. Raises InputError for more of them than there may be."""
        got = parse_value(text)
        if got is None:
            self.note_invalid_value(where, text)
            return
        why = get_reason_value_never_matches(got)
        if why is not None:
            self.never[why] = self.never.get(why, 0) + 1
            return
        first = valid.first or self.today
        indicator = Indicator(
            got.kind,
            got.text,
            id[:100],
            tlp or self.default_tlp,
            min(first, valid.last or first),
            valid.last,
            note[:MAX_NOTE],
            self.name,
        )
        before = self.indicators.get((got.kind, got.text))
        if before is None or indicator.last_valid_day > before.last_valid_day:
            self.indicators[got.kind, got.text] = indicator
        self._check_indicator_limit()

    def keep_unmatched_pattern(self, id: str, words: str) -> None:
        """Keep what is not matched."""
        self.complex.append((id[:100], words[:20_000]))
        self._check_indicator_limit()

    def note_invalid_value(self, where: str, text: str) -> None:
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

    def _check_indicator_limit(self) -> None:
        if len(self.indicators) + len(self.complex) > MAX_INDICATORS:
            raise make_too_many_indicators_error(self.document)


def make_missing_content_error(document: SourceDocument, missing_content: str) -> InputError:
    """Return that it has none of what it should have."""
    return document.make_error("it has no {lacks}", "check that it is the list itself", lacks=missing_content)


def make_too_many_indicators_error(document: SourceDocument) -> InputError:
    """Return that it has more than there may be."""
    return document.make_error(
        "it has more than {most} indicators",
        "import only the entries that are still valid, or a part of the list",
        most=MAX_INDICATORS,
    )
