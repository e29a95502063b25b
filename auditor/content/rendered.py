"""What a browser sees of a page beside what is in its bytes. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pydantic import ValidationError

from auditor.looks.traces import certainty
from auditor.looks.visits import Reading, Served
from auditor.models import Trace
from auditor.models.reviews import MAX_FAMILIES, MAX_RULES, RENDERED
from auditor.web.browser import Rendered


def answers(plain: Served, seen: Rendered) -> Iterable[Served]:
    """The page as scripts left it, and where they wanted to go, as if it had been served like that."""
    headers = {"content-type": "text/html; charset=utf-8"}
    yield replace(plain, headers=headers, body=seen.html.encode("utf-8", "replace"), location=None)
    if seen.led_to:
        yield replace(plain, status=302, headers=headers, body=b"", location=seen.led_to)


def added(reading: Reading, theirs: Iterable[Reading]) -> Reading:
    """What was read of the page, with the traces that only a browser saw."""
    known = {one.key for one in reading.traces}
    found = {one.key: _marked(one) for more in theirs for one in more.traces if one.key not in known}
    return replace(reading, traces=(*reading.traces, *found.values()))


def _marked(one: Trace) -> Trace:
    """A script that leads away and does not tell so in its text hides what it does."""
    families = dict.fromkeys((*one.families, "code") if one.kind == "redirect" else one.families)
    told = {
        **one.model_dump(),
        "families": tuple(families)[:MAX_FAMILIES],
        "rules": (RENDERED, *one.rules)[:MAX_RULES],
        "certainty": certainty(families, exact=one.certainty == "exact"),
    }
    try:
        return Trace.model_validate(told)
    except ValidationError:  # longer than a trace may be
        return one
