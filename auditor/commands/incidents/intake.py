"""``auditor incident open``: the subject of an incident, the start of its deadlines, its first containment."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import datetime

import typer

from auditor.audit.evaluate import MAX_VIOLATIONS
from auditor.commands.incidents import notify
from auditor.commands.incidents.auto_contain import CaseInHand, contain_what_findings_name
from auditor.commands.incidents.case_log import (
    parse_office_role,
    parse_past_moment,
    parse_sites_and_hosts,
    write_decided_event_to_ledger,
)
from auditor.commands.incidents.hosts import list_hosts_of_subjects
from auditor.commands.incidents.next_steps import load_newest_run_minus_accepted_traces, show_next_step_of_open_incident
from auditor.commands.incidents.timing_warnings import warn_that_detection_time_is_kept
from auditor.commands.options.selection import parse_unjudged_sites
from auditor.commands.output import console
from auditor.commands.output import incidents as shown
from auditor.commands.output.incidents import show_containable_and_manual_traces
from auditor.commands.output.progress import ask_confirmation
from auditor.commands.verbs.incidents.case_log import IncidentOpenOptions
from auditor.errors import InputError
from auditor.history.incidents import IncidentStore
from auditor.history.runs import RunHistory
from auditor.incidents import detection, transitions
from auditor.incidents.case import fold_case
from auditor.incidents.response.alarms import find_open_trace_findings_on_hosts
from auditor.incidents.response.auto_containment import build_responses
from auditor.incidents.sentences import validate_and_redact_user_sentence
from auditor.inventory import hosts as inventories
from auditor.models import Host, Inventory, Lang, Run, clock
from auditor.models.incidents import FindingReference, OpenedEvent
from auditor.text.translations import Words

MAX_RUNS_BACK = 200
"""How many runs are read to learn when a finding was first seen."""


def open_incident(options: IncidentOpenOptions) -> None:
    """Run ``auditor incident open``."""
    inventory_data = inventories.load_inventory(options.inventory)
    newest, chosen_findings = (
        load_newest_run_minus_accepted_traces(inventory_data) if options.findings or options.all_found else None,
        [],
    )
    for finding_name in options.findings or ():
        control, _, subject = finding_name.partition(":")
        if newest is None:
            raise InputError(
                "--finding {name}: no audit is stored", name=finding_name, mend="run 'auditor audit' first"
            )
        chosen_findings.append(transitions.get_open_finding(newest, control, subject))
    _check_opening_options_fit_together(
        chosen_findings,
        contain=options.contain,
        all_found=options.all_found,
        dry_run=options.dry_run,
        has_unjudged=bool(options.unjudged_names),
        joins_new=options.join is not None and options.new,
    )
    left_out = parse_unjudged_sites(options.unjudged_names, inventory_data)
    named_subjects = parse_sites_and_hosts(inventory_data, options.subjects or [])
    if options.all_found:
        chosen_findings = list(
            _confirm_all_high_confidence_findings(
                inventory_data,
                newest,
                named_subjects,
                options.lang,
                yes=options.yes,
                dry_run=options.dry_run,
            )
        )
    about = tuple(dict.fromkeys((*named_subjects, *(finding.subject for finding in chosen_findings))))
    if not about:
        raise InputError("no site, host or finding is given", mend="specify at least one site, host or --finding")
    speaker, reason = (
        parse_office_role(options.who),
        validate_and_redact_user_sentence("--why", options.why) if options.why is not None else None,
    )
    detected_at = min(
        parse_past_moment(options.when) or _find_first_detection_of_findings(newest, chosen_findings) or clock.now(),
        clock.now(),
    )
    regime = inventory_data.organisation.regime if inventory_data.organisation else "2026"
    opening = OpenedEvent(
        detected=clock.format_iso_moment(detected_at),
        subjects=about,
        findings=tuple(chosen_findings),
        regime=regime,
        why=reason,
    )
    decide = transitions.make_case_opening_decision(opening, force_new=options.new, join_incident=options.join)
    incident = write_decided_event_to_ledger(inventory_data, options.who, decide, detected_at)
    warn_that_detection_time_is_kept(inventory_data, incident, parse_past_moment(options.when), options.lang)
    whole = _show_contain_and_notify_opened_case(
        CaseInHand(inventory_data, options.inventory, incident, speaker, options.lang),
        chosen_findings,
        newest if options.contain or options.all_found else None,
        left_out,
    )
    raise typer.Exit(0 if whole else 1)


def _check_opening_options_fit_together(
    chosen_findings: list[FindingReference],
    *,
    contain: bool,
    all_found: bool,
    dry_run: bool,
    has_unjudged: bool,
    joins_new: bool,
) -> None:
    """Raise InputError for options that have nothing to be about."""
    if contain and not (chosen_findings or all_found):
        raise InputError(
            "--contain requires findings", mend="name one with --finding, or use 'auditor incident contain'"
        )
    if has_unjudged and not (contain or all_found):
        raise InputError(
            "--unjudged works only with --contain", mend="omit it, or use --contain to contain what the findings name"
        )
    if joins_new:
        raise InputError("--join and --new contradict each other", mend="omit one of them")
    if all_found and chosen_findings:
        raise InputError("--all-found already includes every finding", mend="omit --finding")
    if dry_run and not all_found:
        raise InputError(
            "--dry-run works only with --all-found", mend="omit it, or use 'auditor incident contain --dry-run'"
        )


def _confirm_all_high_confidence_findings(
    inventory_data: Inventory,
    newest: Run | None,
    subject_names: tuple[str, ...],
    lang: Lang,
    *,
    yes: bool,
    dry_run: bool,
) -> Iterator[FindingReference]:
    """Yield all that the last hunts and reviews are sure of there, once a person has agreed.

    Raises InputError for what was not looked at, Exit for nothing to do.
    """
    words, hosts = (
        Words(lang),
        list_hosts_of_subjects(inventory_data, subject_names) if subject_names else inventory_data.hosts,
    )
    hunted_hosts = {hunt.host for hunt in newest.hunts} if newest else set()
    unseen = [host.name for host in hosts if host.name not in hunted_hosts]
    if newest is None or (unseen and (subject_names or len(unseen) == len(hosts))):
        raise InputError(
            "no hunt on {hosts} is stored", hosts=",".join(unseen), mend="run 'auditor hunt --limit {hosts}' first"
        )
    open_ones = find_open_trace_findings_on_hosts(newest, hosts)
    responses = build_responses(open_ones, hosts)
    if not responses:
        _show_that_nothing_was_found(newest, hosts, words)
        raise typer.Exit(0)
    if dry_run or not yes:
        show_containable_and_manual_traces(responses, words)
    if any(len(finding.violations) >= MAX_VIOLATIONS for finding in open_ones):
        console.out.print(words("incidents.all_found.more", most=str(MAX_VIOLATIONS)), soft_wrap=True)
    if dry_run:
        raise typer.Exit(0)
    if not yes:
        if not sys.stdin.isatty():
            raise InputError(
                "cannot ask for confirmation: this is not an interactive terminal",
                mend="add --yes to open the incident and contain these",
            )
        if not ask_confirmation(words("incidents.all_found.ask"), words):
            raise typer.Exit(1)
    yield from (
        FindingReference(control=finding.control, subject=finding.subject.id, run=newest.id) for finding in open_ones
    )


def _show_that_nothing_was_found(newest: Run, hosts: Sequence[Host], words: Words) -> None:
    names = {host.name for host in hosts}
    moments = [words.format_iso_moment(hunt.started) for hunt in newest.hunts if hunt.host in names]
    console.out.print(console.escape_markup(words("incidents.all_found.none", when=", ".join(dict.fromkeys(moments)))))


def _show_contain_and_notify_opened_case(
    in_hand: CaseInHand,
    chosen_findings: Sequence[FindingReference],
    newest: Run | None,
    left_out: frozenset[str],
) -> bool:
    """Show what was opened, contain what ``newest`` has of it, and tell the offices.

    Return whether all of it is contained.
    """
    inventory_data, incident, lang = in_hand.inventory_data, in_hand.incident, in_hand.lang
    shown.show_case(fold_case(incident, IncidentStore().load_case_log_of_incident(inventory_data.path, incident)), lang)
    whole = True
    if newest is not None:
        about_these = {(case_finding.control, case_finding.subject) for case_finding in chosen_findings}
        open_ones = [finding for finding in newest.findings if (finding.control, finding.subject.id) in about_these]
        whole = contain_what_findings_name(in_hand, open_ones, left_out, newest.hunts)
    notify.notify_offices_set_to_automatic(inventory_data, incident, in_hand.office_role, lang)
    show_next_step_of_open_incident(inventory_data, incident, in_hand.inventory, lang)
    return whole


def _find_first_detection_of_findings(
    newest: Run | None, chosen_findings: Sequence[FindingReference]
) -> datetime | None:
    """Return when what the incident is about was first seen; None without findings."""
    if newest is None or not chosen_findings:
        return None
    history, finding_keys = (
        RunHistory(),
        {(case_finding.control, case_finding.subject) for case_finding in chosen_findings},
    )
    earlier = (history.run(entry.id) for entry in history.entries(newest.inventory, limit=MAX_RUNS_BACK))
    return detection.find_first_detection(
        [finding for finding in newest.findings if (finding.control, finding.subject.id) in finding_keys], earlier
    )
