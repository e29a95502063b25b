"""One batch from the look beforehand to its end, whatever happens here meanwhile."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from auditor.errors import InputError
from auditor.hardening.health import snapshot
from auditor.hardening.interruption import HardeningInterrupt, HardeningStopError
from auditor.hardening.steps import apply, commit, health_check, renewal
from auditor.hardening.steps.failure_reasons import RUN_INTERRUPTED, explain_stop_of_hardening
from auditor.hardening.steps.record import format_present_moment_for_journal
from auditor.hardening.steps.related_hosts import add_related_hosts
from auditor.hardening.steps.rollout_state import REVERT_SECONDS, Rollout
from auditor.inventory import reach as reaching
from auditor.models import Host, clock


def harden_batch(rollout: Rollout, hosts: Sequence[Host]) -> None:
    """Harden one batch, to its end."""
    reach = reaching.load_reach(Path(rollout.inventory.path))
    names = [host.name for host in hosts]
    try:
        hosts = renewal.renew_stale_plans_of_hosts(rollout, hosts)
        if not hosts:
            return
        names = [host.name for host in hosts]
        watched_hosts = add_related_hosts(rollout.around, hosts)
        first = snapshot.take_snapshot(watched_hosts, reach, None, rollout.endpoints)
        baseline = snapshot.learn_health_baseline_from_two_snapshots(
            first, snapshot.take_snapshot(watched_hosts, reach, first), frozenset(rollout.record.now.by_wish)
        )
        rollout.record.record_changes_of_hardening(
            broken_before=(
                *rollout.record.now.broken_before,
                *(
                    domain
                    for domain in baseline.domains_that_served_nothing
                    if domain not in health_check.list_domains_contained_by_incidents(rollout)
                ),
            ),
            unjudged=(*rollout.record.now.unjudged, *baseline.sentences_on_what_is_not_judged),
        )
        rollout.record.record_changes_of_hosts(names, state="applying")
        run = apply.apply_plan_to_hosts(rollout, names)
        wrong = apply.find_hosts_that_did_not_get_through(rollout, run, names)
        probed_hosts = [
            host for host in hosts if rollout.get_state_of_host(host.name) == "armed" and host.name not in wrong
        ]
        wrong.update(
            health_check.record_suspect_controls_of_regressions(
                rollout, health_check.find_lasting_regressions_at_second_look(rollout, probed_hosts, baseline, reach)
            )
        )
        open_hosts = dict.fromkeys((*rollout.list_hosts_armed_to_revert_themselves(names), *wrong))
        commit.confirm_or_revert_hosts(
            rollout, hosts, {name: "revert" if name in wrong else "confirm" for name in open_hosts}, wrong
        )
    except BaseException as why:
        begun_hosts = [name for name in names if rollout.get_state_of_host(name) in ("applying", "armed")]
        rollout.record.ignore_write_errors_from_now_on()
        with suppress(KeyboardInterrupt, InputError, OSError):  # told again, or nothing works here: timers run
            _report_hosts_that_go_back(rollout, begun_hosts, why)
            commit.confirm_or_revert_hosts(
                rollout,
                hosts,
                dict.fromkeys(begun_hosts, "revert"),
                dict.fromkeys(begun_hosts, explain_stop_of_hardening(why)),
            )
            rollout.record.record_changes_of_hardening(ended=format_present_moment_for_journal())
        if isinstance(why, KeyboardInterrupt):
            raise HardeningInterrupt(rollout.record.now) from None
        if isinstance(why, Exception):
            raise HardeningStopError(rollout.record.now, why) from why
        raise
    health_check.recheck_health_of_reverted_hosts(rollout, hosts, baseline, reach)


def _report_hosts_that_go_back(rollout: Rollout, begun_hosts: Sequence[str], error: BaseException) -> None:
    """Say which hosts go back now; a terminal that is gone keeps none of them from it."""
    if begun_hosts and rollout.going_back is not None:
        with suppress(Exception, SystemExit):  # rich ends the program where nobody reads
            rollout.going_back(begun_hosts, explain_stop_of_hardening(error))


def recover_hosts_of_killed_hardening(rollout: Rollout, hosts: Sequence[Host]) -> None:
    """Recover hosts of a hardening that was killed: note their state, and bring back those where it is still open.

    One whose own time is long over is asked once: what it has not said by now, nobody has to wait for.
    """
    names = [host.name for host in hosts]
    for name in names:
        entry = rollout.record.now.find_host(name)
        if entry is not None and entry.deadline is not None:
            remaining_seconds = (clock.parse_iso_moment(entry.deadline) - clock.now()).total_seconds() + REVERT_SECONDS
            rollout.until[name] = time.monotonic() + min(remaining_seconds, rollout.record.now.seconds + REVERT_SECONDS)
    commit.confirm_or_revert_hosts(
        rollout, hosts, dict.fromkeys(names, "revert"), dict.fromkeys(names, RUN_INTERRUPTED)
    )
