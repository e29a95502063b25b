"""A hardening from the first audit to the report after: what ``harden`` and ``lab demo`` share.

``steps`` has what comes when the hosts have answered, and is loaded while they do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType

from rich.console import Console

from auditor.audit import run as audits
from auditor.audit.assessors.assessment import Purpose
from auditor.audit.controls import Catalogue
from auditor.commands.audit import preload_code_and_templates
from auditor.commands.output import console
from auditor.commands.output.progress import ask_confirmation
from auditor.errors import InputError
from auditor.facts import HostFacts
from auditor.hardening.journal import Journal
from auditor.hardening.plan import HardeningPlan
from auditor.hardening.rollout import RolloutOptions
from auditor.history.prior_state import load_prior_state
from auditor.history.runs import RunHistory
from auditor.models import Hardening, Host, Inventory, Lang, PriorState, Run
from auditor.system import files
from auditor.text.translations import Words


@dataclass(frozen=True)
class HardeningOutcome:
    """One hardening from first audit to report. ``hardening`` is None when there was nothing to do, or it was declined.

    ``mistake`` is why the run after could not be kept or its report not be written, told last.
    """

    before: Run
    plan: HardeningPlan
    hardening: Hardening | None
    after: Run
    report: Path | None
    mistake: InputError | None = None
    declined: bool = False

    @property
    def is_sound(self) -> bool:
        """Return whether it did its work.

        No host refused, every one that was begun confirmed, every change found in force.
        """
        has_refused_hosts = any(host.refused is not None for host in self.plan.hosts)
        return not has_refused_hosts and (self.hardening is None or self.hardening.is_kept_and_fully_in_force)

    def as_json(self) -> str:
        """Plan and what came of it, for a pipeline."""
        return json.dumps(
            {
                "before": self.before.id,
                "after": self.after.id,
                "plan": self.plan.model_dump(mode="json"),
                "held": self.plan.total_of_held_changes,
                "not_done": self.hardening.total_of_planned_changes_not_in_force if self.hardening else 0,
                "declined": self.declined,
                "hardening": self.hardening.model_dump(mode="json") if self.hardening else None,
            },
            ensure_ascii=False,
        )


@dataclass(frozen=True)
class HardeningSession:
    """A hardening as somebody asked for it: of which hosts, how carefully, and where each step is shown."""

    inventory: Inventory
    catalogue: Catalogue
    hosts: Sequence[Host]
    output: Path
    lang: Lang
    ask: bool
    only_sites: frozenset[str] = frozenset()
    accepted_controls: frozenset[str] = frozenset()
    rollout: RolloutOptions = field(default_factory=RolloutOptions)
    progress_console: Console | None = console.out
    """When None, only what is asked about is shown, on standard error."""
    journal: Journal = field(default_factory=Journal)

    @cached_property
    def prior_state(self) -> PriorState:
        """Return what was known before."""
        return load_prior_state(self.inventory.path)

    @property
    def words(self) -> Words:
        """Return the texts of the language that is spoken."""
        return Words(self.lang)

    def audit_plan_and_harden(self) -> HardeningOutcome:
        """Audit, plan and harden, showing each step. An empty plan ends after the first audit.

        Raises InputError before any host is asked when the output, the history or the terminal will not do.
        """
        files.check_and_make_output_folder(self.output)
        RunHistory().check()
        if self.ask:
            require_interactive_terminal()
        with self.journal.hold_lock_of_controller():
            report_interrupted_hardenings(self.inventory, self.hosts, self.journal, self.lang)
            before, facts = self._audit_before()
            outcome: HardeningOutcome = _load_steps().plan_and_harden(self, before, facts)
            return outcome

    def audit(self, hosts: Sequence[Host]) -> tuple[Run, Mapping[str, HostFacts]]:
        """Return an audit before a hardening, and what it read."""
        return audits.audit_hosts(self.inventory, self.prior_state, self.catalogue, hosts, purpose="before")

    def _audit_before(self) -> tuple[Run, Mapping[str, HostFacts]]:
        with console.show_progress(self.words("doing.audit"), [host.name for host in self.hosts]) as report_done:
            return audits.audit_hosts(
                self.inventory,
                self.prior_state,
                self.catalogue,
                self.hosts,
                purpose="before",
                while_reading=audits.WhileReading(watch=report_done, meanwhile=self._preload_steps),
            )

    def _preload_steps(self) -> None:
        """Have what plans and reports before the hosts answer."""
        _load_steps()
        preload_code_and_templates(self.lang)


def list_hosts_missed_by_last_hardening(inventory: Inventory, hosts: Sequence[Host]) -> tuple[Host, ...]:
    """Return those of these hosts that the last hardening was to reach and did not.

    Raises InputError when there are none.
    """
    last = Journal().find_hardening_by_id_or_last(inventory.path, None)
    waiting_names = {entry.host for entry in last.select_by_state("waiting", "refused")}
    remaining_hosts = tuple(host for host in hosts if host.name in waiting_names)
    if not remaining_hosts:
        raise InputError("the hardening run {run} did not skip any host", mend="run it without --resume", run=last.id)
    return remaining_hosts


def report_interrupted_hardenings(inventory: Inventory, hosts: Sequence[Host], journal: Journal, lang: Lang) -> None:
    """Say how hardenings that were killed ended. The caller holds the journal's lock."""
    if journal.find_hardenings_of_unknown_end(inventory.path):
        _load_steps().recover_and_show_killed_hardenings(inventory, hosts, journal, lang)


def audit_hosts_with_progress(
    inventory: Inventory,
    prior_state: PriorState,
    catalogue: Catalogue,
    hosts: Sequence[Host],
    lang: Lang,
    purpose: Purpose = "audit",
) -> Run:
    """Return an audit of these hosts, with its progress on the terminal."""
    with console.show_progress(Words(lang)("doing.audit"), [host.name for host in hosts]) as report_done:
        return audits.audit_hosts(
            inventory,
            prior_state,
            catalogue,
            hosts,
            purpose=purpose,
            while_reading=audits.WhileReading(watch=report_done),
        )[0]


def _load_steps() -> ModuleType:
    """Return ``steps``, loaded while the hosts answer."""
    from auditor.commands.hardening import steps  # noqa: PLC0415  the hosts are asked first

    return steps


def require_interactive_terminal() -> None:
    """Raise InputError when nobody is at the terminal who could agree."""
    if not console.err.is_terminal:
        raise InputError(
            "cannot ask for confirmation: this is not an interactive terminal", mend="add --yes to accept the plan"
        )


def ask_to_confirm_plan(lang: Lang) -> bool:
    """Return whether the person at the terminal says yes."""
    words = Words(lang)
    return ask_confirmation(words("harden.confirm"), words)
