"""A list that is kept with a TAXII server: what is new there taken in, in one step."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from auditor.feeds.decompression import BoundedStream
from auditor.feeds.document import SourceDocument
from auditor.indicators import store
from auditor.indicators.indicator import DEFAULT_TLP, Indicator
from auditor.indicators.sources import stix
from auditor.indicators.sources.common import IndicatorCollector
from auditor.indicators.store import IndicatorList
from auditor.indicators.taxii import TaxiiCollection
from auditor.models import clock


def poll_taxii_collection_into_list(
    server: TaxiiCollection, name: str, today: date, path: Path | None = None
) -> IndicatorList:
    """Fetch what was added since the last time into the list, and take out what was revoked there.

    Raises InputError; the list is then as it was.
    """
    after = store.find_poll_position(name, server.collection_url, path)
    objects, last = _fetch_objects_added_after(server, after)
    document = SourceDocument(name, BoundedStream(io.BytesIO(), 0, server.file), server.file)
    collector = IndicatorCollector(document, name, today, DEFAULT_TLP)
    if objects:
        stix.add_indicators_among_stix_objects(objects, collector)
    before = next((entry for entry in store.load_lists(path) if entry.name == name), None) if after else None
    new_ids = {str(stix_object.get("id")) for stix_object in objects if stix_object.get("type") == "indicator"}
    previous: dict[tuple[str, str], Indicator] = {
        (indicator.kind, indicator.text): indicator
        for indicator in store.load_indicators(path, name)
        if before is not None and indicator.id not in new_ids
    }
    indicators = {**previous, **collector.indicators}
    indicator_list = IndicatorList(
        name=name,
        file=server.collection_url,
        kind="taxii",
        source=collector.source or (before.source if before else ""),
        dated=today,
        imported=clock.format_iso_moment(clock.now()),
        sha256="",
        indicators=len(indicators),
        unmatched=len(collector.complex) + (before.unmatched if before else 0),
        never=sum(collector.never.values()) + (before.never if before else 0),
        wrong=len(collector.wrong) + (before.wrong if before else 0),
    )
    with store.open_writer(path) as into:
        into.replace_list_of_same_name(
            indicator_list,
            indicators.values(),
            [*(store.load_unmatched_patterns_of_list(name, path) if before else ()), *collector.complex],
        )
        into.note_poll_position(name, server.collection_url, last)
        into.check_total_indicator_limit()
    return indicator_list


def _fetch_objects_added_after(
    server: TaxiiCollection, after: str | None
) -> tuple[list[Mapping[str, Any]], str | None]:
    """Return what is read of the objects, and up to when they were added."""
    objects: list[Mapping[str, Any]] = []
    last = after
    for page, last_added in server.iter_pages_of_objects_added_after(after):
        objects += [
            {name: stix_object[name] for name in stix_object.keys() & stix.READ}
            for stix_object in page
            if isinstance(stix_object, dict) and stix_object.get("type") in _OBJECT_TYPES
        ]
        last = last_added or last
    return objects, last


_OBJECT_TYPES = ("indicator", "marking-definition", "identity")
