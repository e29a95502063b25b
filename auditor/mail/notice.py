"""What a webhook is told of a run: what a report's mail tells, for a program. Pure.

It names sites and how they stand, never addresses, hosts or single weaknesses.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from auditor.mail.message import Letter, Written
from auditor.models import Run
from auditor.results.summary import SEVERITIES, Counts, SiteSummary, fleet

SCHEMA = "luytre/webhook/1"


def written(run: Run, origin: str, seal: str | None) -> Written:
    """The message about a run; the same run is the same message, and is sent once. ``seal``: its link in the history's chain."""
    body = json.dumps(told(run, seal), ensure_ascii=False, separators=(",", ":"))
    letter = Letter(sender="", recipient=origin, recipient_name="", subject=SCHEMA, body=body, about=run.id)
    return Written(letter, body.encode())


def told(run: Run, seal: str | None) -> Mapping[str, Any]:
    """The message as data."""
    summary = fleet(run)
    return {
        "schema": SCHEMA,
        "run": run.id,
        "purpose": run.purpose,
        "started": run.started,
        "organisation": run.organisation.name if run.organisation else None,
        "hosts": len(summary.hosts),
        "hosts_not_read": sum(not host.reached for host in summary.hosts),
        "sites": [_site(site) for site in summary.sites],
        "seal": seal,
    }


def _site(site: SiteSummary) -> Mapping[str, Any]:
    return {
        "domain": site.domain,
        "unit": site.unit.id if site.unit else None,
        "standing": site.standing,
        **_counted(site.counts),
    }


def _counted(counts: Counts) -> Mapping[str, Any]:
    return {
        "open": {severity.value: counts.open[severity] for severity in SEVERITIES},
        "waived": counts.waived,
        "not_evaluated": counts.not_evaluated,
    }
