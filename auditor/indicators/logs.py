"""Logs as somebody brought them, plain, gzip or zip, against indicators: which stand in them, and how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from auditor.feeds import decompression
from auditor.indicators.index import IndicatorIndex
from auditor.indicators.indicator import Indicator

_PIECE = 1 << 20


def count_indicators_in_log(file: Path, index: IndicatorIndex) -> Mapping[Indicator, int]:
    """Return in how many places each indicator stands in a log. Raises InputError for what cannot be read."""
    decompression.compute_digest(file)
    counts: Counter[Indicator] = Counter()
    with decompression.open_documents(file) as documents:
        for _, stream in documents:
            for text in _iter_chunks_of_whole_lines(stream):
                counts.update(index.find_in_text(text))
    return counts


def _iter_chunks_of_whole_lines(stream: decompression.BoundedStream) -> Iterator[str]:
    """Yield whole lines, a megabyte at a time."""
    rest = b""
    while part := stream.read(_PIECE):
        stream.mark_record()
        whole, newline, rest = (rest + part).rpartition(b"\n")
        if newline:
            yield whole.decode("utf-8", "replace")
        if len(rest) > _PIECE:
            yield rest.decode("utf-8", "replace")
            rest = b""
    if rest:
        yield rest.decode("utf-8", "replace")
