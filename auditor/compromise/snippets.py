"""Code that sites keep in their databases, judged as code in files is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from auditor.compromise import classifier
from auditor.compromise.autoruns import Autorun
from auditor.compromise.classifier import JudgeRequest
from auditor.compromise.confidence import weigh_judgement
from auditor.compromise.rules import engine
from auditor.models.reviews import Trace
from auditor.scans.traces import build_masked_trace, convert_to_trace_on_host


def find_traces_in_snippets(places: Iterable[Autorun], rules: Path | None = None) -> tuple[Trace, ...]:
    """Return the traces in the snippets among a host's places; ``rules``: a folder of others' rules."""
    snippets = [place for place in places if place.slot == "snippet"]
    judgements = classifier.judge_files_in_child_processes(
        [JudgeRequest("snippet.php", _wrap_snippet_in_php_tag(place.text)) for place in snippets], rules
    )
    traces = []
    for place, judgement in zip(snippets, judgements, strict=True):
        verdict = weigh_judgement(judgement)
        if verdict is not None:
            snippet_trace = build_masked_trace(
                "database_code",
                place.text,
                where=place.where,
                sample=engine.format_credits(judgement.others) + judgement.sample,
                families=verdict.families,
                rules=[rule.lower()[:30] for rule in verdict.rules],
            )
            traces.append(convert_to_trace_on_host(snippet_trace, place.where, verdict.certainty))
    return tuple(traces)


def _wrap_snippet_in_php_tag(text: str) -> bytes:
    """Return what plugins run of it: they put it into PHP unless it opens it."""
    return (text if "<?" in text else f"<?php {text}").encode("utf-8", "replace")
