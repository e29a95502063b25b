"""The audit after a hardening: its hosts are judged as they were read when they were settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from auditor.audit.assessors.assessment import AuditInput
from auditor.audit.controls import Catalogue
from auditor.audit.judgement import judge_collected_facts
from auditor.audit.run import build_comparison_with_indicators
from auditor.facts import HostFacts
from auditor.fleet.collect import collect
from auditor.hardening import unapplied_controls
from auditor.hardening.harden import HardeningResult
from auditor.hardening.plan import HardeningPlan
from auditor.models import Hardening, Host, HostOutcome, Inventory, PriorState, Run, clock


def audit_hosts_after_hardening(
    inventory: Inventory,
    prior_state: PriorState,
    catalogue: Catalogue,
    hosts: Sequence[Host],
    plan: HardeningPlan,
    result: HardeningResult,
) -> Run:
    """Return the run after: hosts as read when they were settled; those that were not, read now.

    It says what is not done.

    A host of which something that was planned could not be looked at, as where reading it ran out of its time, is read
    once more.

    What hosts have to do with imported indicators is not asked while they are settled, and so is not evaluated.
    """
    started_at = clock.now()
    facts: dict[str, HostFacts] = dict(result.facts)
    outcomes: dict[str, HostOutcome] = dict(result.outcomes)
    rest = [host for host in hosts if host.name not in outcomes]
    if rest:
        more, read = collect(inventory.path, rest)
        facts.update(more)
        outcomes.update({outcome.host: outcome for outcome in read})
    hosts_with_record = {entry.host for entry in result.hardening.hosts if entry.has_recorded_programs_and_settings}
    prior_state = replace(
        prior_state,
        record_digests={
            host: digest for host, digest in prior_state.record_digests.items() if host not in hosts_with_record
        },
    )

    def judge_hosts() -> tuple[Run, Hardening]:
        run = judge_collected_facts(
            AuditInput(
                inventory,
                prior_state,
                catalogue,
                hosts,
                facts,
                [outcomes[host.name] for host in hosts],
                started_at=started_at,
                purpose="after",
                comparison=build_comparison_with_indicators(inventory, clock.convert_moment_to_vietnam_day(started_at)),
            )
        )
        return run, unapplied_controls.record_controls_not_in_force_afterwards(
            result.hardening, plan, run, result.skipped_items, result.dropped_controls
        )

    run, hardening = judge_hosts()
    unseen = unapplied_controls.find_hosts_not_evaluated_afterwards(hardening, run)
    again = [host for host in hosts if host.name in unseen and host not in rest]
    if again:
        more, read = collect(inventory.path, again)
        facts.update(more)
        outcomes.update({outcome.host: outcome for outcome in read if outcome.host in more})
        run, hardening = judge_hosts()
    seconds = max((outcome.seconds for outcome in run.outcomes), default=0.0)
    return run.model_copy(update={"hardening": hardening, "seconds": seconds})
