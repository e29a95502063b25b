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
from auditor.hardening.steps.failure_reasons import RUN_INTERRUPTED, explain_stop
from auditor.hardening.steps.record import now
from auditor.hardening.steps.related_hosts import with_others
from auditor.hardening.steps.rollout_state import REVERT_SECONDS, Rollout
from auditor.inventory import reach as reaching
from auditor.models import Host, clock


def harden_batch(rollout: Rollout, hosts: Sequence[Host]) -> None:
    """Harden one batch, to its end."""
    reach = reaching.load_reach(Path(rollout.inventory.path))
    names = [host.name for host in hosts]
    try:
        hosts = renewal.renew(rollout, hosts)
        if not hosts:
            return
        names = [host.name for host in hosts]
        watched_hosts = with_others(rollout.around, hosts)
        first = snapshot.take_snapshot(watched_hosts, reach, None, rollout.endpoints)
        baseline = snapshot.learn_baseline(
            first, snapshot.take_snapshot(watched_hosts, reach, first), frozenset(rollout.record.now.by_wish)
        )
        rollout.record.update(
            broken_before=(
                *rollout.record.now.broken_before,
                *(
                    domain
                    for domain in baseline.broken_sites
                    if domain not in health_check.list_contained_domains(rollout)
                ),
            ),
            unjudged=(*rollout.record.now.unjudged, *baseline.exclusions),
        )
        rollout.record.put(names, state="applying")
        run = apply.apply(rollout, names)
        wrong = apply.find_unfinished(rollout, run, names)
        probed_hosts = [host for host in hosts if rollout.state(host.name) == "armed" and host.name not in wrong]
        wrong.update(
            health_check.record_suspects(rollout, health_check.find_regressions(rollout, probed_hosts, baseline, reach))
        )
        open_hosts = dict.fromkeys((*rollout.list_armed(names), *wrong))
        commit.commit_or_revert(
            rollout, hosts, {name: "revert" if name in wrong else "confirm" for name in open_hosts}, wrong
        )
    except BaseException as why:
        begun_hosts = [name for name in names if rollout.state(name) in ("applying", "armed")]
        rollout.record.end_anyhow()
        with suppress(KeyboardInterrupt, InputError, OSError):  # told again, or nothing works here: timers run
            _report_rollback(rollout, begun_hosts, why)
            commit.commit_or_revert(
                rollout, hosts, dict.fromkeys(begun_hosts, "revert"), dict.fromkeys(begun_hosts, explain_stop(why))
            )
            rollout.record.update(ended=now())
        if isinstance(why, KeyboardInterrupt):
            raise HardeningInterrupt(rollout.record.now) from None
        if isinstance(why, Exception):
            raise HardeningStopError(rollout.record.now, why) from why
        raise
    health_check.recheck_hosts(rollout, hosts, baseline, reach)


def _report_rollback(rollout: Rollout, begun_hosts: Sequence[str], why: BaseException) -> None:
    """Say which hosts go back now; a terminal that is gone keeps none of them from it."""
    if begun_hosts and rollout.going_back is not None:
        with suppress(Exception, SystemExit):  # rich ends the program where nobody reads
            rollout.going_back(begun_hosts, explain_stop(why))


def recover_hosts(rollout: Rollout, hosts: Sequence[Host]) -> None:
    """Recover hosts of a hardening that was killed: note their state, and bring back those where it is still open.

    One whose own time is long over is asked once: what it has not said by now, nobody has to wait for.
    """
    names = [host.name for host in hosts]
    for name in names:
        entry = rollout.record.now.find_host(name)
        if entry is not None and entry.deadline is not None:
            remaining_seconds = (clock.read(entry.deadline) - clock.now()).total_seconds() + REVERT_SECONDS
            rollout.until[name] = time.monotonic() + min(remaining_seconds, rollout.record.now.seconds + REVERT_SECONDS)
    commit.commit_or_revert(rollout, hosts, dict.fromkeys(names, "revert"), dict.fromkeys(names, RUN_INTERRUPTED))
