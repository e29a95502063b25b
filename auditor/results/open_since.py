"""Since which month each finding is open, as the runs of an inventory saw it one after another. Pure."""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Mapping

from auditor.models import ControlId, Run, Status
from auditor.models.clock import format_month

type Key = tuple[ControlId, str]
"""A control and the host's name or the site's domain that it was checked on."""
type Since = Mapping[Key, str]
"""The month, as ``2026-11``, in which what is open now was first seen open and never met since."""


def update_open_since_after_run(since_before: Since, run: Run) -> Since:
    """Return what is known after a run. What it did not evaluate, or did not look at, stays as it was known before."""
    since = dict(since_before)
    current_month = format_month(run.started)
    for finding in run.findings:
        key = (finding.control, finding.subject.id)
        if finding.is_open:
            since.setdefault(key, current_month)
        elif finding.status is not Status.NOT_EVALUATED:
            since.pop(key, None)
    return since


def compress_open_since(since: Since) -> bytes:
    """Return the dates as they are kept: JSON by month and control, deflated."""
    by_month: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for (control, subject), first_month in since.items():
        by_month[first_month][control].append(subject)
    return zlib.compress(json.dumps(by_month, ensure_ascii=False, separators=(",", ":")).encode())


def decompress_open_since(compressed_data: bytes) -> Since:
    """Return the same read again."""
    by_month: dict[str, dict[str, list[str]]] = json.loads(zlib.decompress(compressed_data))
    return {
        (control, subject): first_month
        for first_month, controls in by_month.items()
        for control, subjects in controls.items()
        for subject in subjects
    }
