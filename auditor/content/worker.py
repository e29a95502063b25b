"""What visitors were served, read by children: one that dies over a page costs that page."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter, ValidationError

from auditor.content import analyzer
from auditor.content.analyzer import MAX_SHEETS
from auditor.content.page import css_rules
from auditor.content.text import lexicon
from auditor.scans.responses import PageAnalysis, PageVisit, Sheet, SiteBaseline, VisitorResponse
from auditor.web import children
from auditor.web.children import ChildProcessPool, UnreadableContent

PAGE_SECONDS = 2.0
"""Of a processor's time for one address and all its visitors."""
WAIT_SECONDS = 60.0
"""For the answer, when the machine does much else."""
MEMORY = 300_000_000
"""Bytes of addresses of a child."""
_MAX_MESSAGE = 20_000_000
MAX_LINKS, MAX_HOSTS = 500, 100
_ANALYSIS = TypeAdapter(PageAnalysis)
_CHILDREN = ChildProcessPool(__name__, _MAX_MESSAGE)


def analyze_visit_in_child_process(visit: PageVisit, baseline: SiteBaseline, words: Mapping[str, str]) -> PageAnalysis:
    """Return what an address shows to whom; ``words``: what the unit adds to the lexicon.

    Raises UnreadableContent when that cannot be told at a reasonable price.
    """
    answer = _CHILDREN.ask_idle_child(
        {"visited": _pack_visit(visit), "known": _convert_baseline_to_json_fields(baseline), "words": dict(words)},
        WAIT_SECONDS,
    )
    try:
        analysis = _ANALYSIS.validate_python(answer["reading"])
    except (ValidationError, KeyError) as error:
        raise UnreadableContent("its reader said what it cannot have seen") from error
    return PageAnalysis(
        traces=analysis.traces,
        links=_keep_first_short_texts(analysis.links, MAX_LINKS, 2_000),
        title=analysis.title[:200],
        linked_hosts=_keep_first_short_texts(analysis.linked_hosts, MAX_HOSTS, 100),
        framed_hosts=_keep_first_short_texts(analysis.framed_hosts, MAX_HOSTS, 100),
        loaded_hosts=_keep_first_short_texts(analysis.loaded_hosts, MAX_HOSTS, 100),
        landmarks=_keep_first_short_texts(analysis.landmarks, 40, 120),
        tokens=_keep_first_short_texts(analysis.tokens, 20, 120),
        sheets=_keep_first_short_texts(analysis.sheets, MAX_SHEETS, 2_000),
        hides=analysis.hides[: css_rules.MAX_RULES],
        odd_answers=analysis.odd_answers[: len(visit.responses) + 1],
        suspicious=analysis.suspicious,
        whole=analysis.whole,
    )


def _keep_first_short_texts(texts: Iterable[str], max_count: int, max_length: int) -> tuple[str, ...]:
    return tuple(text for text in texts if len(text) <= max_length)[:max_count]


def _convert_baseline_to_json_fields(baseline: SiteBaseline) -> dict[str, Any]:
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in vars(baseline).items()}


def _pack_visit(visit: PageVisit) -> dict[str, Any]:
    responses = [
        {**vars(response), "headers": dict(response.headers), "body": base64.b64encode(response.body).decode()}
        for response in visit.responses
    ]
    return {"url": visit.url, "role": visit.role, "served": responses, "sheets": visit.sheets}


def _restore_sheets_from_json_rows(rows: Iterable[Any]) -> tuple[tuple[str, Sheet], ...]:
    return tuple((address, tuple((selector, way) for selector, way in sheet)) for address, sheet in rows)


def _answer_analysis_request(question: Mapping[str, Any]) -> Mapping[str, Any]:
    visit_fields, baseline_fields = question["visited"], question["known"]
    responses = tuple(
        VisitorResponse(**{**response, "body": base64.b64decode(response["body"])})
        for response in visit_fields["served"]
    )
    values: dict[str, Any] = {
        name: frozenset(value) if isinstance(value, list) else value for name, value in baseline_fields.items()
    }
    analysis = analyzer.analyze_visit(
        PageVisit(
            visit_fields["url"], visit_fields["role"], responses, _restore_sheets_from_json_rows(visit_fields["sheets"])
        ),
        SiteBaseline(**values),
        lexicon.build_lexicon_with_words_of_unit(frozenset(question["words"].items())),
    )
    document = asdict(analysis)
    return {"reading": {**document, "traces": [found_trace.model_dump(mode="json") for found_trace in analysis.traces]}}


if __name__ == "__main__":
    children.answer_questions_as_child(_answer_analysis_request, MEMORY, PAGE_SECONDS, _MAX_MESSAGE)
