"""What a browser sees of a page beside what is in its bytes. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pydantic import ValidationError

from auditor.models import Trace
from auditor.models.reviews import MAX_FAMILIES, MAX_RULES, RENDERED_RULE, Hindrance
from auditor.scans.responses import PageAnalysis, VisitorResponse
from auditor.scans.traces import compute_certainty_by_families
from auditor.web.browser import RenderedPage


def make_responses_from_rendered_page(plain: VisitorResponse, rendered_page: RenderedPage) -> Iterable[VisitorResponse]:
    """Yield the page as scripts left it, and where they wanted to go, as if it had been served like that."""
    headers = {"content-type": "text/html; charset=utf-8"}
    yield replace(plain, headers=headers, body=rendered_page.html.encode("utf-8", "replace"), location=None)
    if rendered_page.led_to:
        yield replace(plain, status=302, headers=headers, body=b"", location=rendered_page.led_to)


def find_hindrance_of_rendered_page(
    plain: VisitorResponse, rendered_page: RenderedPage, reading: PageAnalysis
) -> Hindrance | None:
    """Return what a browser was shown in place of the page that people get; ``reading``: of what it was shown."""
    if rendered_page.status is not None and rendered_page.status >= 400 > plain.status:
        return "status"
    oddities = [why for _, why in reading.odd_answers]
    if "empty" in oddities:
        return "led_away" if rendered_page.led_to else "empty"
    return "challenge" if "challenge" in oddities else None


def add_traces_only_browser_saw(reading: PageAnalysis, browser_readings: Iterable[PageAnalysis]) -> PageAnalysis:
    """Return what was read of the page, with the traces that only a browser saw."""
    known_keys = {trace.key for trace in reading.traces}
    new_traces = {
        trace.key: _mark_trace_as_rendered(trace)
        for more in browser_readings
        for trace in more.traces
        if trace.key not in known_keys
    }
    return replace(reading, traces=(*reading.traces, *new_traces.values()))


def _mark_trace_as_rendered(trace: Trace) -> Trace:
    """Return a trace marked as found in a browser alone; a redirect is one of hidden code, too."""
    families = dict.fromkeys((*trace.families, "code") if trace.kind == "redirect" else trace.families)
    fields = {
        **trace.model_dump(),
        "families": tuple(families)[:MAX_FAMILIES],
        "rules": (RENDERED_RULE, *trace.rules)[:MAX_RULES],
        "certainty": compute_certainty_by_families(families, exact=trace.certainty == "exact"),
    }
    try:
        return Trace.model_validate(fields)
    except ValidationError:  # longer than a trace may be
        return trace
