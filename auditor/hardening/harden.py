"""Put a plan in force so that no host is lost: snapshot, timer, apply, probe, then confirm or bring back.

Hosts go in batches. A host that does not serve as before is brought back at once, and the rollout stops. What
happens is on this machine's disk before it happens on a host, so that a run that was killed can be told of.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from pathlib import Path

from auditor.audit.controls import Catalogue
from auditor.facts import HostFacts
from auditor.fleet.runner import AnsibleTask, interrupt_on_sigterm, play
from auditor.hardening import rollout
from auditor.hardening.health import other_endpoints
from auditor.hardening.journal import Journal
from auditor.hardening.plan import HardeningPlan
from auditor.hardening.rollout import RolloutOptions
from auditor.hardening.steps import batch, related_hosts
from auditor.hardening.steps.apply import make_apply_order
from auditor.hardening.steps.commit import make_reserve_of_disk_space
from auditor.hardening.steps.failure_reasons import END_REASONS, explain_playbook_failure_on_host
from auditor.hardening.steps.preview import TaskPreview, list_changing_tasks_of_check_run
from auditor.hardening.steps.record import HardeningRecord, format_present_moment_for_journal
from auditor.hardening.steps.rollout_state import Renewal, Rollout
from auditor.hardening.unapplied_controls import SkippedItem
from auditor.models import ControlId, Hardening, Host, HostHardening, HostOutcome, Inventory, Text


@dataclass(frozen=True)
class HardeningResult:
    """The result of putting a plan in force, and the last reading of its hosts."""

    hardening: Hardening
    facts: Mapping[str, HostFacts]
    outcomes: Mapping[str, HostOutcome]
    skipped_items: tuple[SkippedItem, ...] = ()
    """What tasks let be."""
    dropped_controls: Mapping[tuple[str, ControlId], Text] = field(default_factory=dict)
    """By host and control, why what was agreed to was not begun."""


def preview_plan_by_check_run(
    inventory: Inventory, plan: HardeningPlan
) -> tuple[tuple[TaskPreview, ...], Mapping[str, Text]]:
    """Return what the plan's tasks would change, by a check run that changes nothing.

    The hosts where that failed are returned with the reason.
    """
    if plan.has_no_changes_to_make:
        return (), {}
    order = make_apply_order(
        inventory,
        plan.build_luytre_plan_variable(),
        {"luytre_asides": plan.build_luytre_asides_variable(), "luytre_lost": plan.build_luytre_lost_variable()},
    )
    run = play(replace(order, check=True))
    end_reason = END_REASONS.get(run.status)
    return list_changing_tasks_of_check_run(run), {
        host: why
        for host in plan.build_luytre_plan_variable()
        if (why := explain_playbook_failure_on_host(run, host) or end_reason)
    }


@dataclass(frozen=True)
class HardeningOrder:
    """What is put in force, where, how carefully, and who is told of it."""

    inventory: Inventory
    hosts: Sequence[Host]
    plan: HardeningPlan
    catalogue: Catalogue
    journal: Journal
    run_id: str
    options: RolloutOptions = field(default_factory=RolloutOptions)
    watch: Callable[[AnsibleTask], None] | None = None
    release: Sequence[ControlId] = ()
    """Controls that are no longer to be in force on the plan's hosts."""
    facts: Mapping[str, HostFacts] = field(default_factory=dict)
    """They tell what answers on hosts besides the declared sites, and which others of the inventory need them: both
    have to go on as before."""
    renewal: Renewal | None = None
    """Has hosts read anew whose plan is old when their turn comes; what may not be made by then is left out."""
    going_back: Callable[[Sequence[str], Text], None] | None = None
    """Is told at once which hosts are brought back, and why, when the run does not go on."""

    @cached_property
    def controls_by_host(self) -> Mapping[str, Mapping[str, Sequence[str]]]:
        """Return the plan as Ansible reads it."""
        return self.plan.build_luytre_plan_variable()

    @cached_property
    def batches(self) -> tuple[tuple[str, ...], ...]:
        """Return the names of the hosts, in the order of their turns."""
        return rollout.split_batches(tuple(self.controls_by_host), self.options.batch)

    def make_hardening(self) -> Hardening:
        """Return the hardening before anything is done."""
        touches = {
            host_plan.host: {change.control: change.touches for change in host_plan.changes_to_be_made}
            for host_plan in self.plan.hosts
        }
        return Hardening(
            id=self.run_id,
            inventory=self.inventory.path,
            started=format_present_moment_for_journal(),
            seconds=self.options.seconds,
            by_wish=tuple(sorted(self.options.by_wish)),
            hosts=(
                *(
                    HostHardening(
                        host=name,
                        batch=number,
                        controls=() if self.release else tuple(self.controls_by_host[name]),
                        touches={} if self.release else touches[name],
                        released=tuple(self.release),
                    )
                    for number, names in enumerate(self.batches, start=1)
                    for name in names
                ),
                *(
                    HostHardening(host=host_plan.host, state="refused", why=host_plan.refused)
                    for host_plan in self.plan.hosts
                    if host_plan.refused
                ),
            ),
        )

    def begin_rollout(self, record: HardeningRecord, sockets: Path) -> Rollout:
        """Return the rollout before its first batch, with what has to go on as before besides the declared sites."""
        effects = self.catalogue.collect_effects_of_fixes
        begun = Rollout(
            self.inventory,
            self.plan,
            self.catalogue,
            record,
            sockets,
            self.watch,
            tuple(self.release),
            self.renewal,
            self.going_back,
        )
        by_name = {host.name: host for host in self.hosts}
        begun.endpoints = {
            name: other_endpoints.find_endpoints_besides_declared_sites(
                by_name[name], read, effects(self.controls_by_host[name])
            )
            for name, read in self.facts.items()
            if name in self.controls_by_host
        }
        if self.facts:
            begun.around = related_hosts.find_hosts_that_depend_on_each_host(
                self.inventory,
                tuple(self.controls_by_host),
                self.facts,
                effects(chain.from_iterable(self.controls_by_host.values())),
            )
        return begun


def harden_hosts_in_batches(order: HardeningOrder) -> HardeningResult:
    """Put the plan in force, batch by batch; ends with every host confirmed, brought back, or untouched.

    The caller holds the journal's lock. On Ctrl-C and SIGTERM the hosts under way are brought back, then
    HardeningInterrupt is raised; told once more, it leaves them to their own timers. An error of this machine, such as
    a full disk, brings them back, too, and raises HardeningStopError; room for that is kept aside, and without it
    InputError is raised. Only a host that answers no more is left to its own timer, and waited for.
    """
    by_name = {host.name: host for host in order.hosts}
    hardening = order.make_hardening()
    with order.journal.reserve, interrupt_on_sigterm(), _make_ssh_sockets_folder_with_reserve() as sockets:
        record = HardeningRecord(order.journal, hardening)
        current_rollout = order.begin_rollout(record, sockets)
        for current_names in order.batches:
            batch.harden_batch(current_rollout, [by_name[name] for name in current_names])
            if record.now.select_by_state("reverted", "in_part", "lost"):
                break
        record.record_changes_of_hardening(ended=format_present_moment_for_journal())
    return HardeningResult(
        record.now,
        current_rollout.facts,
        current_rollout.outcomes,
        tuple(current_rollout.skipped_items),
        current_rollout.dropped_controls,
    )


def recover_killed_hardenings(
    inventory: Inventory, hosts: Sequence[Host], journal: Journal, watch: Callable[[AnsibleTask], None] | None = None
) -> tuple[Hardening, ...]:
    """Learn how hardenings that were killed ended, bringing back what is still open. The hardenings, as known now.

    The caller holds the journal's lock.
    """
    hardenings = []
    for hardening in journal.find_hardenings_of_unknown_end(inventory.path):
        record = HardeningRecord(journal, hardening)
        open_hosts = {entry.host for entry in hardening.select_by_state("applying", "armed", "lost")}
        with journal.reserve, interrupt_on_sigterm(), _make_ssh_sockets_folder_with_reserve() as sockets:
            current_rollout = Rollout(
                inventory, HardeningPlan(hosts=()), Catalogue(controls=()), record, sockets, watch
            )
            batch.recover_hosts_of_killed_hardening(
                current_rollout, [host for host in hosts if host.name in open_hosts]
            )
        if not record.now.select_by_state("applying", "armed", "lost"):
            record.record_changes_of_hardening(ended=record.now.ended or format_present_moment_for_journal())
        hardenings.append(record.now)
    return tuple(hardenings)


@contextmanager
def _make_ssh_sockets_folder_with_reserve() -> Iterator[Path]:
    """Make a folder for connections, with room kept beside them for ending a run."""
    with tempfile.TemporaryDirectory(prefix="luytre-ssh-") as folder, make_reserve_of_disk_space(Path(folder)):
        yield Path(folder)
