"""Code that sites keep in their databases, judged as code in files is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from auditor.compromise import judge
from auditor.compromise.certainty import weighed
from auditor.compromise.judge import Asked
from auditor.compromise.places import Place
from auditor.looks.traces import on_host, trace
from auditor.models.reviews import Trace


def found(places: Iterable[Place], rules: Path | None = None) -> tuple[Trace, ...]:
    """The traces in the snippets among a host's places; ``rules``: a folder of others' rules."""
    kept = [place for place in places if place.slot == "snippet"]
    told = judge.all_judged([Asked("snippet.php", _code(place.said)) for place in kept], rules)
    traces = []
    for place, judgement in zip(kept, told, strict=True):
        said = weighed(judgement)
        if said is not None:
            made = trace(
                "database_code",
                place.said,
                where=place.where,
                sample=judgement.sample,
                families=said.families,
                rules=[rule.lower()[:30] for rule in said.rules],
            )
            traces.append(on_host(made, place.where, said.certainty))
    return tuple(traces)


def _code(said: str) -> bytes:
    """What plugins run of it: they put it into PHP unless it opens it."""
    return (said if "<?" in said else f"<?php {said}").encode("utf-8", "replace")
