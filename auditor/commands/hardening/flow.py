"""The steps that ``harden`` and ``demo`` share: audit, plan, ask, apply, audit again, report before and after.

What plans and changes is imported when the hosts have been asked, or when there is something to change.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import typer

from auditor.commands.output import console
from auditor.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from auditor.audit.assessors.assessment import Purpose
    from auditor.audit.controls import Catalogue
    from auditor.facts import HostFacts
    from auditor.hardening.journal import Journal
    from auditor.hardening.plan import HardeningPlan
    from auditor.hardening.rollout import RolloutOptions
    from auditor.hardening.steps.rollout_state import Renewal
    from auditor.models import ControlId, Hardening, Host, HostHardening, Inventory, Lang, PriorState, Run


@dataclass(frozen=True)
class HardeningFlowOutcome:
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


def audit_plan_and_harden_hosts(
    inventory: Inventory,
    catalogue: Catalogue,
    hosts: Sequence[Host],
    only_sites: frozenset[str],
    output: Path,
    lang: Lang,
    *,
    ask: bool,
    options: RolloutOptions | None = None,
    progress_console: Console | None = console.out,
    accepted_controls: frozenset[str] = frozenset(),
) -> HardeningFlowOutcome:
    """Audit, plan and harden, showing each step on ``progress_console``.

    When that is None, only what is asked about is shown, on standard error.

    An empty plan ends after the first audit.

    Raises InputError before any host is asked when the output, the history or the terminal will not do.
    """
    from auditor.hardening.journal import Journal
    from auditor.history.prior_state import load_prior_state
    from auditor.history.runs import RunHistory
    from auditor.system import files

    files.check_and_make_output_folder(output)
    RunHistory().check()
    prior_state = load_prior_state(inventory.path)
    if ask:
        require_interactive_terminal()
    journal = Journal()
    with journal.hold_lock_of_controller():
        report_interrupted_hardenings(inventory, hosts, journal, lang)
        with _show_hosts_when_hardening_interrupted(lang):
            return _audit_plan_and_harden_hosts(
                inventory,
                prior_state,
                catalogue,
                hosts,
                only_sites,
                output,
                lang,
                journal,
                options,
                accepted_controls,
                ask=ask,
                progress_console=progress_console,
            )


def list_hosts_missed_by_last_hardening(inventory: Inventory, hosts: Sequence[Host]) -> tuple[Host, ...]:
    """Return those of these hosts that the last hardening was to reach and did not.

    Raises InputError when there are none.
    """
    from auditor.hardening.journal import Journal

    last = Journal().find_hardening_by_id_or_last(inventory.path, None)
    waiting_names = {entry.host for entry in last.select_by_state("waiting", "refused")}
    remaining_hosts = tuple(host for host in hosts if host.name in waiting_names)
    if not remaining_hosts:
        raise InputError(f"the hardening run {last.id} did not skip any host", mend="run it without --resume")
    return remaining_hosts


def report_interrupted_hardenings(inventory: Inventory, hosts: Sequence[Host], journal: Journal, lang: Lang) -> None:
    """Say how hardenings that were killed ended. The caller holds the journal's lock."""
    if not journal.find_hardenings_of_unknown_end(inventory.path):
        return
    from auditor.commands.output.hardenings import show_interrupted_hardening
    from auditor.commands.output.progress import describe_task
    from auditor.hardening import harden as hardener
    from auditor.text.translations import Words

    words = Words(lang)
    with console.show_activity(words("doing.find_out")) as show_task:
        hardenings = hardener.recover_killed_hardenings(
            inventory, hosts, journal, watch=lambda task: show_task(describe_task(task, words))
        )
    for hardening in hardenings:
        show_interrupted_hardening(hardening, lang)
        _record_lapsed_containments(inventory, hardening, lang)


def _record_lapsed_containments(inventory: Inventory, hardening: Hardening, lang: Lang) -> None:
    """Have the case log know what hosts that were brought back do not hold of incidents any more."""
    from auditor.commands.output.incidents import record_and_show_lapsed_containments

    record_and_show_lapsed_containments(
        inventory,
        (
            (host_hardening.host, host_hardening.why.en)
            for host_hardening in hardening.hosts
            if host_hardening.why is not None
        ),
        lang,
    )


def _audit_plan_and_harden_hosts(
    inventory: Inventory,
    prior_state: PriorState,
    catalogue: Catalogue,
    hosts: Sequence[Host],
    only_sites: frozenset[str],
    output: Path,
    lang: Lang,
    journal: Journal,
    options: RolloutOptions | None,
    accepted_controls: frozenset[str],
    *,
    ask: bool,
    progress_console: Console | None,
) -> HardeningFlowOutcome:
    from auditor.audit.run import audit_hosts
    from auditor.history.runs import RunHistory
    from auditor.text.translations import Words

    words = Words(lang)
    names = [host.name for host in hosts]
    with console.show_progress(words("doing.audit"), names) as report_done:
        before, facts = audit_hosts(
            inventory,
            prior_state,
            catalogue,
            hosts,
            purpose="before",
            watch=report_done,
            meanwhile=lambda: _preload_plan_modules(lang),
        )

    from auditor.commands.output.plans import show_plan
    from auditor.commands.output.run import show_run
    from auditor.hardening import plan_facts
    from auditor.hardening.steps.rollout_state import Renewal
    from auditor.report.files import write_report_files_of_run
    from auditor.report.formats import Format
    from auditor.results.summary import summarize_run

    history = RunHistory()
    history.keep(before)
    make = partial(
        plan_facts.make_plan_after_site_visits, catalogue, only_sites=only_sites, accepted_controls=accepted_controls
    )
    plan = make(before, facts)
    if ask or progress_console is not None:
        show_run(before, summarize_run(before), lang, console=progress_console or console.err)
        show_plan(plan, catalogue, lang, console=progress_console or console.err)
    has_refused_hosts = any(host.refused for host in plan.hosts)
    if plan.has_no_changes_to_make and not has_refused_hosts:
        report_files = write_report_files_of_run(
            before, catalogue, output=output, lang=lang, trend=history.trend(before.inventory)
        )
        return HardeningFlowOutcome(before, plan, None, before, report_files.files[Format.HTML])
    if ask and not plan.has_no_changes_to_make and not ask_to_confirm_plan(lang):
        return HardeningFlowOutcome(before, plan, None, before, None, declined=True)

    def make_plan_again(remaining_hosts: Sequence[Host]) -> tuple[HardeningPlan, Mapping[str, HostFacts]]:
        run, read = audit_hosts(inventory, prior_state, catalogue, remaining_hosts, purpose="before")
        return make(run, {**facts, **read}), read

    renewal = Renewal(before.ended_at, make_plan_again)
    return _apply_plan_and_audit_again(
        inventory,
        prior_state,
        catalogue,
        hosts,
        output,
        lang,
        journal,
        options,
        plan,
        before,
        facts,
        renewal,
        progress_console=progress_console,
    )


def _apply_plan_and_audit_again(
    inventory: Inventory,
    prior_state: PriorState,
    catalogue: Catalogue,
    hosts: Sequence[Host],
    output: Path,
    lang: Lang,
    journal: Journal,
    options: RolloutOptions | None,
    plan: HardeningPlan,
    before: Run,
    facts: Mapping[str, HostFacts],
    renewal: Renewal,
    *,
    progress_console: Console | None,
) -> HardeningFlowOutcome:
    from auditor.commands.output.deferred_errors import DeferredErrors
    from auditor.commands.output.hardenings import show_hardening, show_rollback_beginning
    from auditor.commands.output.plans import show_held_changes_and_refused_hosts
    from auditor.commands.output.progress import describe_task
    from auditor.commands.output.run import show_run
    from auditor.hardening import harden as hardener
    from auditor.hardening.audit_after import audit_hosts_after_hardening
    from auditor.history.runs import RunHistory
    from auditor.report.files import write_report_files_of_run
    from auditor.report.formats import Format
    from auditor.results.summary import summarize_run
    from auditor.text.translations import Words

    words, history, late = Words(lang), RunHistory(), DeferredErrors()
    with console.show_activity(words("doing.harden")) as show_task:
        hardening_result = hardener.harden_hosts_in_batches(
            inventory,
            hosts,
            plan,
            catalogue,
            journal,
            before.id,
            options,
            watch=lambda task: show_task(describe_task(task, words)),
            facts=facts,
            renewal=renewal,
            going_back=lambda names, why: show_rollback_beginning(names, why, lang),
        )
    after = audit_hosts_after_hardening(inventory, prior_state, catalogue, hosts, plan, hardening_result)
    if after.hardening is not None:
        hardening = after.hardening
        late.run_or_defer_error(lambda: journal.write_progress_of_hardening(hardening), None)
    late.run_or_defer_error(lambda: history.keep(after), None)
    late.run_or_defer_error(
        lambda: _record_lapsed_containments(inventory, after.hardening or hardening_result.hardening, lang), None
    )
    trend = late.run_or_defer_error(lambda: history.trend(after.inventory), ())
    report = late.run_or_defer_error(
        lambda: write_report_files_of_run(after, catalogue, output=output, lang=lang, before=before, trend=trend).files[
            Format.HTML
        ],
        None,
    )
    if progress_console is not None:
        show_hardening(after.hardening or hardening_result.hardening, lang, progress_console)
        show_held_changes_and_refused_hosts(plan, lang, progress_console)
        show_run(after, summarize_run(after), lang, summarize_run(before), progress_console)
    return HardeningFlowOutcome(before, plan, after.hardening, after, report, late.mistake)


def _preload_plan_modules(lang: Lang) -> None:
    """Have what plans and tells before the hosts answer."""
    from auditor.commands.audit import preload_code_and_templates
    from auditor.commands.output import plans  # noqa: F401  loaded ahead
    from auditor.hardening import plan_facts  # noqa: F401  loaded ahead

    preload_code_and_templates(lang)


def audit_hosts_with_progress(
    inventory: Inventory,
    prior_state: PriorState,
    catalogue: Catalogue,
    hosts: Sequence[Host],
    lang: Lang,
    purpose: Purpose = "audit",
) -> Run:
    """Return an audit of these hosts, with its progress on the terminal."""
    from auditor.audit.run import audit_hosts
    from auditor.text.translations import Words

    with console.show_progress(Words(lang)("doing.audit"), [host.name for host in hosts]) as report_done:
        return audit_hosts(inventory, prior_state, catalogue, hosts, purpose=purpose, watch=report_done)[0]


def undo_control_and_audit_again(
    inventory: Inventory,
    prior_state: PriorState,
    catalogue: Catalogue,
    journal: Journal,
    entries: Sequence[HostHardening],
    control: ControlId,
    before: Run,
    lang: Lang,
    by_wish: frozenset[str] = frozenset(),
) -> tuple[Run, bool]:
    """Take a control back on these hosts; the audit afterwards, and whether each serves as before without it.

    ``before``: the audit before it, of the same hosts. Where a host would not serve as before, that is said.
    """
    from auditor.commands.output.hardenings import show_hardening
    from auditor.hardening import release as releasing
    from auditor.hardening.audit_after import audit_hosts_after_hardening
    from auditor.hardening.plan import HardeningPlan

    with _show_hosts_when_hardening_interrupted(lang):
        release_result = releasing.release_control_from_shared_files(
            inventory, catalogue, journal, entries, control, before.id, by_wish
        )
    if not release_result.hardening.is_kept_and_fully_in_force:
        show_hardening(release_result.hardening, lang, console.err)
    return audit_hosts_after_hardening(
        inventory, prior_state, catalogue, before.hosts, HardeningPlan(hosts=()), release_result
    ), release_result.hardening.is_kept_and_fully_in_force


@contextmanager
def _show_hosts_when_hardening_interrupted(lang: Lang) -> Iterator[None]:
    """Show, when a hardening does not reach its end, the state of its hosts.

    Exits with 130 when the hardening was told to end.
    """
    from auditor.hardening.interruption import HardeningInterrupt, HardeningStopError

    try:
        yield
    except (HardeningInterrupt, HardeningStopError) as ended:
        from auditor.commands.output.hardenings import show_interrupted_hardening

        show_interrupted_hardening(ended.hardening, lang)
        if isinstance(ended, HardeningStopError):
            raise ended.why from ended
        raise typer.Exit(130) from ended


def require_interactive_terminal() -> None:
    """Raise InputError when nobody is at the terminal who could agree."""
    if not console.err.is_terminal:
        raise InputError(
            "cannot ask for confirmation: this is not an interactive terminal", mend="add --yes to accept the plan"
        )


def ask_to_confirm_plan(lang: Lang) -> bool:
    """Return whether the person at the terminal says yes."""
    from auditor.commands.output.progress import ask_confirmation
    from auditor.text.translations import Words

    words = Words(lang)
    return ask_confirmation(words("harden.confirm"), words)
