"""Carry out a hardening after the first audit: plan, ask, change, audit again, report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

import typer

from auditor.audit.controls import Catalogue
from auditor.commands.hardening.flow import HardeningOutcome, HardeningSession, ask_to_confirm_plan
from auditor.commands.output import console
from auditor.commands.output.deferred_errors import DeferredErrors
from auditor.commands.output.hardenings import show_hardening, show_interrupted_hardening, show_rollback_beginning
from auditor.commands.output.incidents import record_and_show_lapsed_containments
from auditor.commands.output.plans import show_held_changes_and_refused_hosts, show_plan
from auditor.commands.output.progress import describe_task
from auditor.commands.output.run import show_run
from auditor.facts import HostFacts
from auditor.hardening import harden as hardener
from auditor.hardening import plan_facts
from auditor.hardening import release as releasing
from auditor.hardening.audit_after import audit_hosts_after_hardening
from auditor.hardening.interruption import HardeningInterrupt, HardeningStopError
from auditor.hardening.journal import Journal
from auditor.hardening.plan import HardeningPlan
from auditor.hardening.release import ControlRelease
from auditor.hardening.steps.rollout_state import Renewal
from auditor.history.runs import RunHistory
from auditor.models import Hardening, Host, Inventory, Lang, PriorState, Run
from auditor.report.files import ReportComparison, write_report_files_of_run
from auditor.report.formats import Format
from auditor.results.summary import summarize_run
from auditor.text.translations import Words


def plan_and_harden(session: HardeningSession, before: Run, facts: Mapping[str, HostFacts]) -> HardeningOutcome:
    """Plan by the audit ``before``, show it, ask, and change what was agreed to."""
    catalogue, lang, shown = session.catalogue, session.lang, session.progress_console
    history = RunHistory()
    history.keep(before)
    make = partial(
        plan_facts.make_plan_after_site_visits,
        catalogue,
        only_sites=session.only_sites,
        accepted_controls=session.accepted_controls,
    )
    with _show_hosts_when_hardening_interrupted(lang):
        plan = make(before, facts)
        if session.ask or shown is not None:
            show_run(before, summarize_run(before), lang, console=shown or console.err)
            show_plan(plan, catalogue, lang, console=shown or console.err)
        has_refused_hosts = any(host.refused for host in plan.hosts)
        if plan.has_no_changes_to_make and not has_refused_hosts:
            report_files = write_report_files_of_run(
                before,
                catalogue,
                output=session.output,
                lang=lang,
                comparison=ReportComparison(trend=history.trend(before.inventory)),
            )
            return HardeningOutcome(before, plan, None, before, report_files.files[Format.HTML])
        if session.ask and not plan.has_no_changes_to_make and not ask_to_confirm_plan(lang):
            return HardeningOutcome(before, plan, None, before, None, declined=True)

        def make_plan_again(remaining_hosts: Sequence[Host]) -> tuple[HardeningPlan, Mapping[str, HostFacts]]:
            run, read = session.audit(remaining_hosts)
            return make(run, {**facts, **read}), read

        renewal = Renewal(before.ended_at, make_plan_again)
        return _apply_plan_and_audit_again(session, plan, before, facts, renewal)


def _apply_plan_and_audit_again(
    session: HardeningSession, plan: HardeningPlan, before: Run, facts: Mapping[str, HostFacts], renewal: Renewal
) -> HardeningOutcome:
    catalogue, lang, shown = session.catalogue, session.lang, session.progress_console
    words, history, late = session.words, RunHistory(), DeferredErrors()
    with console.show_activity(words("doing.harden")) as show_task:
        hardening_result = hardener.harden_hosts_in_batches(
            hardener.HardeningOrder(
                session.inventory,
                session.hosts,
                plan,
                catalogue,
                session.journal,
                before.id,
                session.rollout,
                watch=lambda task: show_task(describe_task(task, words)),
                facts=facts,
                renewal=renewal,
                going_back=lambda names, why: show_rollback_beginning(names, why, lang),
            )
        )
    after = audit_hosts_after_hardening(
        session.inventory, session.prior_state, catalogue, session.hosts, plan, hardening_result
    )
    hardening = after.hardening or hardening_result.hardening
    if after.hardening is not None:
        late.run_or_defer_error(lambda: session.journal.write_progress_of_hardening(hardening), None)
    late.run_or_defer_error(lambda: history.keep(after), None)
    late.run_or_defer_error(lambda: _record_lapsed_containments(session.inventory, hardening, lang), None)
    trend = late.run_or_defer_error(lambda: history.trend(after.inventory), ())
    report = late.run_or_defer_error(
        lambda: write_report_files_of_run(
            after, catalogue, output=session.output, lang=lang, comparison=ReportComparison(before, trend)
        ).files[Format.HTML],
        None,
    )
    if shown is not None:
        show_hardening(hardening, lang, shown)
        show_held_changes_and_refused_hosts(plan, lang, shown)
        show_run(after, summarize_run(after), lang, summarize_run(before), shown)
    return HardeningOutcome(before, plan, after.hardening, after, report, late.mistake)


def recover_and_show_killed_hardenings(
    inventory: Inventory, hosts: Sequence[Host], journal: Journal, lang: Lang
) -> None:
    """Bring to an end the hardenings that were killed, and say how they ended."""
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
    record_and_show_lapsed_containments(
        inventory,
        (
            (host_hardening.host, host_hardening.why.en)
            for host_hardening in hardening.hosts
            if host_hardening.why is not None
        ),
        lang,
    )


def undo_control_and_audit_again(
    inventory: Inventory,
    prior_state: PriorState,
    catalogue: Catalogue,
    journal: Journal,
    release: ControlRelease,
    lang: Lang,
) -> tuple[Run, bool]:
    """Take a control back on these hosts; the audit afterwards, and whether each serves as before without it.

    Where a host would not serve as before, that is said.
    """
    with _show_hosts_when_hardening_interrupted(lang):
        release_result = releasing.release_control_from_shared_files(inventory, catalogue, journal, release)
    if not release_result.hardening.is_kept_and_fully_in_force:
        show_hardening(release_result.hardening, lang, console.err)
    return audit_hosts_after_hardening(
        inventory, prior_state, catalogue, release.before.hosts, HardeningPlan(hosts=()), release_result
    ), release_result.hardening.is_kept_and_fully_in_force


@contextmanager
def _show_hosts_when_hardening_interrupted(lang: Lang) -> Iterator[None]:
    """Show, when a hardening does not reach its end, the state of its hosts.

    Exits with 130 when the hardening was told to end.
    """
    try:
        yield
    except (HardeningInterrupt, HardeningStopError) as ended:
        show_interrupted_hardening(ended.hardening, lang)
        if isinstance(ended, HardeningStopError):
            raise ended.why from ended
        raise typer.Exit(130) from ended
