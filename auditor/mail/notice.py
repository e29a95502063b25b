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


def prepare_webhook_message_about_run(run: Run, webhook_origin: str, chain_link_hash: str | None) -> PreparedMail:
    """Return the message about a run; the same run is the same message, and is sent once.

    ``chain_link_hash``: its link in the history's chain.
    """
    body = json.dumps(build_webhook_message_about_run(run, chain_link_hash), ensure_ascii=False, separators=(",", ":"))
    letter = Letter(sender="", recipient=webhook_origin, recipient_name="", subject=SCHEMA, body=body, about=run.id)
    return PreparedMail(letter, body.encode())


def build_webhook_message_about_run(run: Run, chain_link_hash: str | None) -> Mapping[str, Any]:
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
        "sites": [_build_site_entry_of_webhook_message(site) for site in summary.sites],
        "seal": chain_link_hash,
    }


def _build_site_entry_of_webhook_message(site_summary: SiteSummary) -> Mapping[str, Any]:
    return {
        "domain": site_summary.domain,
        "unit": site_summary.unit.id if site_summary.unit else None,
        "standing": site_summary.posture,
        **_build_open_and_waived_counts(site_summary.counts),
    }


def _build_open_and_waived_counts(counts: FindingCounts) -> Mapping[str, Any]:
    return {
        "open": {severity.value: counts.open[severity] for severity in SEVERITIES},
        "waived": counts.waived,
        "not_evaluated": counts.not_evaluated,
    }
