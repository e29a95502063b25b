"""A list that is kept with a TAXII server: what is new there taken in, in one step."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from auditor.indicators import store
from auditor.indicators.indicator import UNMARKED, Indicator
from auditor.indicators.sources import stix
from auditor.indicators.sources.reading import Gathered
from auditor.indicators.store import Listed
from auditor.indicators.taxii import Server
from auditor.models import clock
from auditor.vulnerabilities.sources.reading import Document
from auditor.vulnerabilities.unpacking import Bounded


def poll(server: Server, name: str, today: date, path: Path | None = None) -> Listed:
    """Fetch what was added since the last time into the list, and take out what was revoked there. Raises InputError; the list is then as it was."""
    after = store.polled(name, server.collection, path)
    objects: list[Mapping[str, Any]] = []
    last = after
    for page, added in server.pages(after):
        objects += [
            {name: one[name] for name in one.keys() & stix.READ}
            for one in page
            if isinstance(one, dict) and one.get("type") in _WANTED
        ]
        last = added or last
    document = Document(name, Bounded(io.BytesIO(), 0, server.file), server.file)
    gathered = Gathered(document, name, today, UNMARKED)
    if objects:
        stix.take(objects, gathered)
    before = next((one for one in store.lists(path) if one.name == name), None) if after else None
    told = {str(one.get("id")) for one in objects if one.get("type") == "indicator"}
    kept: dict[tuple[str, str], Indicator] = {
        (one.kind, one.text): one
        for one in store.all_indicators(path, name)
        if before is not None and one.id not in told
    }
    found = {**kept, **gathered.found}
    listed = Listed(
        name=name,
        file=server.collection,
        kind="taxii",
        source=gathered.source or (before.source if before else ""),
        dated=today,
        imported=clock.stamp(clock.now()),
        sha256="",
        indicators=len(found),
        unmatched=len(gathered.complex) + (before.unmatched if before else 0),
        never=sum(gathered.never.values()) + (before.never if before else 0),
        wrong=len(gathered.wrong) + (before.wrong if before else 0),
    )
    with store.writing(path) as into:
        into.put(listed, found.values(), [*(store.patterns(name, path) if before else ()), *gathered.complex])
        into.note_polled(name, server.collection, last)
        into.check()
    return listed


_WANTED = ("indicator", "marking-definition", "identity")
