"""What a webhook is told of a run: what a report's mail tells, for a program. Pure.

It names sites and how they stand, never addresses, hosts or single weaknesses.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from auditor.mail.message import Letter, PreparedMail
from auditor.models import Run
from auditor.results.summary import SEVERITIES, FindingCounts, SiteSummary, summarize_run

SCHEMA = "luytre/webhook/1"


def prepare_message(run: Run, origin: str, seal: str | None) -> PreparedMail:
    """Return the message about a run; the same run is the same message, and is sent once.

    ``seal``: its link in the history's chain.
    """
    body = json.dumps(build_message(run, seal), ensure_ascii=False, separators=(",", ":"))
    letter = Letter(sender="", recipient=origin, recipient_name="", subject=SCHEMA, body=body, about=run.id)
    return PreparedMail(letter, body.encode())


def build_message(run: Run, seal: str | None) -> Mapping[str, Any]:
    """Return the message as data."""
    summary = summarize_run(run)
    return {
        "schema": SCHEMA,
        "run": run.id,
        "purpose": run.purpose,
        "started": run.started,
        "organisation": run.organisation.name if run.organisation else None,
        "hosts": len(summary.hosts),
        "hosts_not_read": sum(not host.is_reached for host in summary.hosts),
        "sites": [_build_site(site) for site in summary.sites],
        "seal": seal,
    }


def _build_site(site: SiteSummary) -> Mapping[str, Any]:
    return {
        "domain": site.domain,
        "unit": site.unit.id if site.unit else None,
        "standing": site.posture,
        **_build_counts(site.counts),
    }


def _build_counts(counts: FindingCounts) -> Mapping[str, Any]:
    return {
        "open": {severity.value: counts.open[severity] for severity in SEVERITIES},
        "waived": counts.waived,
        "not_evaluated": counts.not_evaluated,
    }
