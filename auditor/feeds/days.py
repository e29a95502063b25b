"""Days as others write them."""

from __future__ import annotations

import re
from datetime import date, timedelta

from auditor.models import clock

_EARLIEST, _LATEST = date(1990, 1, 1), date(2500, 1, 1)
_FIRST_SERIAL, _LAST_SERIAL = 36_526, 73_050
"""Days since the end of 1899 in spreadsheets: of 2000 to 2099."""


def parse_day_at_start_of_iso_text(value: object) -> date | None:
    """Return the day that an ISO 8601 text begins with."""
    try:
        return clock.parse_day(str(value)[:10])
    except ValueError:
        return None


def parse_day_in_any_form(text: str) -> date | None:
    """Return a day written as 2026-11-30, 30/11/2026, or as a spreadsheet counts days; None for anything else."""
    text = text.strip()
    first = re.match(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]00:00(?::00)?)?\Z", text)
    last = re.match(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\Z", text)
    try:
        if first:
            return date(int(first[1]), int(first[2]), int(first[3]))
        if last:
            return date(int(last[3]), int(last[2]), int(last[1]))
    except ValueError:
        return None
    if text.isascii() and text.isdigit() and _FIRST_SERIAL <= int(text[:6]) <= _LAST_SERIAL:
        return date(1899, 12, 30) + timedelta(int(text))
    return None


def parse_day_of_foreign_moment(text: object) -> date | None:
    """Return the day of a moment as others write it: ISO 8601, day/month/year, or seconds since 1970.

    None for anything else.

    What is to hold for ever holds to the last day that there is room to count on from.
    """
    result = _parse_day_in_any_format(text)
    return min(max(result, _EARLIEST), _LATEST) if result is not None else None


def _parse_day_in_any_format(text: object) -> date | None:
    plain = str(text).strip() if text is not None else ""
    if re.fullmatch(r"1\d{9}(?:\.\d+)?", plain):
        return clock.convert_moment_to_vietnam_day(clock.convert_epoch_to_moment(float(plain)))
    if re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:", plain):
        try:
            moment = plain.replace(" ", "T", 1).replace("Z", "+00:00")
            return clock.convert_moment_to_vietnam_day(
                clock.parse_iso_moment(moment if re.search(r"[+-]\d\d:?\d\d$", moment) else f"{moment}+07:00")
            )
        except ValueError:
            return parse_day_in_any_form(plain[:10])
    return parse_day_in_any_form(plain.split(" ")[0])
