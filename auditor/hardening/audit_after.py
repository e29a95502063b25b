"""The audit after a hardening: its hosts are judged as they were read when they were settled."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.audit.controls import Catalogue
from auditor.audit.run import compare, judge
from auditor.facts import HostFacts
from auditor.fleet.collect import collect
from auditor.hardening import not_done
from auditor.hardening.harden import Hardened
from auditor.hardening.plan import Plan
from auditor.models import Hardening, Host, HostOutcome, Inventory, Run, clock


def audit_after(
    inventory: Inventory, catalogue: Catalogue, hosts: Sequence[Host], plan: Plan, hardened: Hardened
) -> Run:
    """The run after: hosts as read when they were settled; those that were not, read now. It says what is not done.

    A host of which something that was planned could not be looked at, as where reading it ran out of its time, is read once more.

    What hosts have to do with imported indicators is not asked while they are settled, and so is not evaluated.
    """
    started = clock.now()
    facts: dict[str, HostFacts] = dict(hardened.facts)
    outcomes: dict[str, HostOutcome] = dict(hardened.outcomes)
    rest = [host for host in hosts if host.name not in outcomes]
    if rest:
        more, read = collect(inventory.path, rest)
        facts.update(more)
        outcomes.update({outcome.host: outcome for outcome in read})
    made = {entry.host for entry in hardened.hardening.hosts if entry.made_record}
    known = {host: digest for host, digest in inventory.records.items() if host not in made}

    def judged() -> tuple[Run, Hardening]:
        run = judge(
            inventory.model_copy(update={"records": known}),
            catalogue,
            hosts,
            facts,
            [outcomes[host.name] for host in hosts],
            started=started,
            purpose="after",
            comparison=compare(inventory, clock.day(started)),
        )
        return run, not_done.told(hardened.hardening, plan, run, hardened.left, hardened.dropped)

    run, hardening = judged()
    unseen = not_done.unseen(hardening, run)
    again = [host for host in hosts if host.name in unseen and host not in rest]
    if again:
        more, read = collect(inventory.path, again)
        facts.update(more)
        outcomes.update({outcome.host: outcome for outcome in read if outcome.host in more})
        run, hardening = judged()
    seconds = max((outcome.seconds for outcome in run.outcomes), default=0.0)
    return run.model_copy(update={"hardening": hardening, "seconds": seconds})
