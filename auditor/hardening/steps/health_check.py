"""Whether a batch's hosts serve as before, and whose change it was when they do not."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from auditor.errors import InputError
from auditor.hardening.health import snapshot
from auditor.hardening.steps.failure_reasons import UNKNOWN_REASON
from auditor.hardening.steps.related_hosts import add_related_hosts, add_related_regressions
from auditor.hardening.steps.rollout_state import Rollout
from auditor.history.prior_state import load_state_of_incidents
from auditor.inventory import reach as reaching
from auditor.models import Host, Text
from auditor.models.prior_state import NOTHING_KNOWN
from auditor.text.translations import make_text

PAUSES = (1, 2, 4, 8, 16)
"""Seconds before each further look at what was brought back.

Its daemons have only just been started, perhaps on a busy machine.
"""


def find_lasting_regressions_at_second_look(
    rollout: Rollout, hosts: Sequence[Host], baseline: snapshot.HealthBaseline, reach: Mapping[str, reaching.Reach]
) -> dict[str, tuple[snapshot.Regression, ...]]:
    """Return what hosts, and those around them, do no longer as before.

    A second look tells it from a hiccup of a daemon that was just reloaded.
    """
    watched_hosts, own = add_related_hosts(rollout.around, hosts), {host.name for host in hosts}
    now = snapshot.take_snapshot(watched_hosts, reach, baseline.first)
    rollout.record.record_changes_of_hardening(
        unjudged=(*rollout.record.now.unjudged, *snapshot.describe_unjudged_changes(baseline, now))
    )
    regressions = _find_regressions_without_logs_of_others(baseline, now, own)
    if not regressions:
        return {}
    baseline = dataclasses.replace(baseline, by_wish=baseline.by_wish | list_domains_contained_by_incidents(rollout))
    suspects = [host for host in watched_hosts if host.name in regressions]
    return add_related_regressions(
        rollout.around,
        hosts,
        _find_regressions_without_logs_of_others(
            baseline, snapshot.take_snapshot(suspects, reach, baseline.first), own
        ),
    )


def _find_regressions_without_logs_of_others(
    baseline: snapshot.HealthBaseline, now: snapshot.HealthSnapshot, own_host_names: Collection[str]
) -> dict[str, tuple[snapshot.Regression, ...]]:
    """Return what hosts do no longer as before.

    Of others than ``own_host_names`` what their logs say is their own affair.
    """
    regressions, plainly = (
        snapshot.find_regressions_since_health_baseline(baseline, now),
        snapshot.find_regressions_since_health_baseline(baseline, now, logs=False),
    )
    return {name: what for name, what in regressions.items() if name in own_host_names} | {
        name: what for name, what in plainly.items() if name not in own_host_names
    }


def list_domains_contained_by_incidents(rollout: Rollout) -> frozenset[str]:
    """Return the domains of sites that visitors get another answer from because of an incident.

    The incident closed them, or made a path of theirs answer as gone.

    None of a history that cannot be read now: nothing stops a hardening on its way.
    """
    inventory, state = rollout.inventory, NOTHING_KNOWN
    with suppress(InputError, OSError):
        state = load_state_of_incidents(inventory.path)
    contained_names = {containment.closed_site_domain for containment in state.containments}
    return frozenset(site.domain for site in inventory.sites if contained_names & {site.domain, *site.aliases})


def record_suspect_controls_of_regressions(
    rollout: Rollout, regressions: Mapping[str, tuple[snapshot.Regression, ...]]
) -> dict[str, Text]:
    """Return what failed on a host; the controls that may have done it are remembered."""
    reasons = {}
    for host, failures in regressions.items():
        entry = rollout.record.now.find_host(host)
        controls = entry.controls if entry else ()
        suspects = [c for c in controls if any(c.split(".")[0] in failure.areas for failure in failures)] or controls
        rollout.suspects[host] = suspects
        reasons[host] = Text.join(regression.what for regression in failures[:5])
    return reasons


def recheck_health_of_reverted_hosts(
    rollout: Rollout, hosts: Sequence[Host], baseline: snapshot.HealthBaseline, reach: Mapping[str, Any]
) -> None:
    """Say of hosts that were brought back whether they serve as before."""
    back = [host for host in hosts if rollout.get_state_of_host(host.name) in ("reverted", "in_part")]
    still = (
        _find_regressions_left_after_pauses(add_related_hosts(rollout.around, back), baseline, reach) if back else {}
    )
    still = add_related_regressions(rollout.around, back, still)
    for host in back:
        entry = rollout.record.now.find_host(host.name)
        why = (entry.why if entry else None) or UNKNOWN_REASON
        failures = still.get(host.name, ())
        if failures:
            lasting = Text.join(failure.what for failure in failures[:5])
            after = make_text("; still so after the rollback: {failures}", failures=lasting)
        elif rollout.get_state_of_host(host.name) == "in_part":
            after = make_text("; what is looked at serves as before")
        else:
            after = make_text("; rolled back, everything serves as before")
        rollout.record.record_changes_of_hosts([host.name], why=Text.join((why, after), ""))


def _find_regressions_left_after_pauses(
    hosts: Sequence[Host], baseline: snapshot.HealthBaseline, reach: Mapping[str, reaching.Reach]
) -> dict[str, tuple[snapshot.Regression, ...]]:
    """Return what hosts still do not do as before when they have had their time for coming up."""
    regressions = snapshot.find_regressions_since_health_baseline(
        baseline, snapshot.take_snapshot(hosts, reach, baseline.first), logs=False
    )
    for pause in PAUSES:
        hosts = [host for host in hosts if host.name in regressions]
        if not hosts:
            break
        time.sleep(pause)
        regressions = snapshot.find_regressions_since_health_baseline(
            baseline, snapshot.take_snapshot(hosts, reach, baseline.first), logs=False
        )
    return regressions
