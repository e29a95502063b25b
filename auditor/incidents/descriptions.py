"""What the entries of a ledger say, in sentences, and as a table that programs read. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from auditor.incidents.forms.schema import CHOICES
from auditor.models import Text
from auditor.models.incidents import (
    AnsweredEvent,
    AnyEvent,
    ClosedEvent,
    CollectedEvent,
    ContainedEvent,
    CustodyEvent,
    FilledFormEvent,
    FindingReference,
    JoinedEvent,
    LiftedEvent,
    NotedEvent,
    NotifiedEvent,
    OpenedEvent,
    ReportedEvent,
    TimestampedEvent,
    WaivedReportEvent,
)
from auditor.models.response_actions import FOR_GOOD
from auditor.report.csv_output import defuse_spreadsheet_formulas_in_cell
from auditor.results.containment import describe_containment_target, get_action_name, load_action_texts
from auditor.scans.traces import defang_address
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import Words

if TYPE_CHECKING:  # audits say what is contained, and load none of what contains
    from auditor.hardening.health.smoke import SiteRegression
    from auditor.incidents.case import IncidentCase
    from auditor.incidents.containment import ActionPlan, ActionRequest
    from auditor.incidents.evidence.verification import Damage
    from auditor.incidents.health_check import ServingSites, SiteOutage, UncheckedSites
    from auditor.incidents.response.auto_containment import TraceResponse
    from auditor.incidents.response.instructions import Instructions

REASONS = (
    *("connection", "trusted", "own", "gateway", "resolver", "proxy", "no_stranger", "no_nft"),
    *(
        "not_loaded",
        "no_answer",
        "no_host",
        "not_confirmed",
        "elsewhere",
        "no_file",
        "unsafe",
        "swapped",
        "folder_gone",
    ),
    *(
        "no_site",
        "no_block",
        "shared",
        "too_long",
        "not_read",
        "not_edited",
        "not_valid",
        "not_reloaded",
        "still_answers",
    ),
    *("not_visited", "all_closed", "not_taken_back"),
    *("name_taken", "late", "back_again", "changed", "other_names", "held_open", "leased"),
    *(
        "no_process",
        "other_process",
        "ours",
        "keeper",
        "not_stopped",
        "not_ended",
        "children",
        "children_left",
        "let_in",
    ),
    *(
        "no_account",
        "no_shadow",
        "automation",
        "last_admin",
        "runs_on",
        "not_locked",
        "no_key",
        "our_key",
        "key_again",
        "in_files",
    ),
    *("files_aside", "unread_files", "old_one_in", "files_left", "kept_there", "kept_gone"),
    *("not_undone", "no_unit", "no_such_unit", "shared_number", "transient", "no_job", "job_again"),
    *(
        "no_application",
        "two_applications",
        "no_table",
        "no_row",
        "row_changed",
        "row_again",
        "not_asked",
        "odd_columns",
    ),
    *("other_release", "too_large", "replaced", "still_runs", "changed_since", "not_all_seen"),
    *(
        "no_such_administrator",
        "object_cache",
        "in_tables",
        "unread_config",
        "config_stays",
        "not_plain",
    ),
    *("by_a_person", "second_factor", "not_tried", "still_lets_in", "other_login", "other_server", "others_unread"),
    *(
        "still_takes",
        "still_open",
        "others_file",
        "php_faulty",
        "hardening_open",
        "not_serving",
        "also_in",
        "sessions_ended",
    ),
    *("no_trigger", "trigger_again", "of_another"),
    *("no_password", "other_password", "not_proven", "of_another_incident", "number_taken"),
    *("not_in_force", "not_on_record", "key_changed"),
)
"""Reasons that have words of their own; a host may give any other."""
STEPS: Mapping[str, int] = {
    **dict.fromkeys(("write", "remove", "put", "replace", "both_passwords", "password_in", "new_password"), 1),
    **dict.fromkeys(("rename", "link", "copy_away", "beside", "comment", "update", "secrets"), 2),
    **dict.fromkeys(("comment_key", "visit"), 3),
}
"""What is done by steps that are no commands, in words of their own; with how many things."""
MAX_COMMAND = 4_000
"""Characters of a command: more than any has, as half of one is none."""
MAX_URLS = 3
"""Of a site that are named when they no longer serve."""


def describe_case_log_event(event: AnyEvent, words: Words) -> str:
    """Return what an entry says, in a sentence."""
    match event:
        case OpenedEvent(subjects=subjects, findings=findings, why=why):
            return words("incidents.opened", what=_describe_subjects(subjects, findings, why))
        case JoinedEvent(subjects=subjects, findings=findings, why=why):
            return words("incidents.joined", what=_describe_subjects(subjects, findings, why))
        case NotedEvent(text=text):
            return text
        case WaivedReportEvent(report=report, why=why):
            return words("incidents.spared", report=words(f"incidents.report.{report}"), why=why)
        case ReportedEvent(report=report, how=how):
            return words("incidents.reported", report=words(f"incidents.report.{report}"), how=how)
        case AnsweredEvent(answers=answers):
            answer_texts = (
                (
                    f"{words(f'form.field.{question}')}: "
                    f"{'; '.join(_describe_answer_to_form_question(question, value, words) for value in values)}"
                )
                for question, values in answers.items()
            )
            return words("incidents.answered", answers=". ".join(answer_texts))
        case FilledFormEvent(form=form, docx=docx, pdf=pdf):
            return words("incidents.filled_in", form=words(f"form.name.{form}"), docx=docx, pdf=pdf)
        case NotifiedEvent(unit=unit, roles=roles):
            return words("incidents.notified", unit=unit, roles=", ".join(roles))
        case ContainedEvent() | LiftedEvent():
            return _describe_containment_or_release_event(event, words)
        case CollectedEvent() | CustodyEvent() | TimestampedEvent():
            return _describe_custody_event(event, words)
        case ClosedEvent(cause=cause, control=control, gone=gone):
            cause_text = f"{cause} ({control.control}:{control.subject})" if control else cause
            sentence = words("incidents.ended", cause=cause_text)
            return f"{sentence}; {words('incidents.ended.gone', names=', '.join(gone))}" if gone else sentence


def _describe_answer_to_form_question(question: str, answer_text: str, words: Words) -> str:
    """Return an answer: of a box that is ticked, what stands beside it."""
    box, sign, text = answer_text.partition(":")
    if box not in CHOICES.get(question, ()):
        return answer_text
    choice_text = words(f"form.choice.{question}.{box}")
    return f"{choice_text}: {text}" if sign else choice_text


def describe_outage(outage: SiteOutage, words: Words) -> Iterator[str]:
    """Yield that a site no longer serves, what was put back for it, and what stays in force nevertheless.

    The site does not serve with what stays in force.
    """
    failed_urls = _format_failing_urls_with_reasons(outage.failures, words)
    others = ", ".join(outage.others)
    if not outage.lift_events:
        yield words("incidents.fell.left", site=outage.domain, lost=failed_urls, **_build_undo_command_values(outage))
        if outage.shut:
            yield _describe_sites_closed_by_others([outage.domain], outage.shut, words)
        elif others:
            yield words("incidents.fell.others", others=others)
        return
    yield words(
        f"incidents.fell.back{'.others' if others else ''}", site=outage.domain, lost=failed_urls, others=others
    )
    yield from (describe_case_log_event(event, words) for event in outage.lift_events)
    if outage.shut:
        yield _describe_sites_closed_by_others([outage.domain], outage.shut, words)
        return
    if not outage.persisting_failures:
        yield words("incidents.fell.serves", site=outage.domain)
        return
    still = _format_failing_urls_with_reasons(outage.persisting_failures, words)
    yield words(
        f"incidents.fell.still{'.left' if outage.remaining_numbers else ''}",
        site=outage.domain,
        lost=still,
        **_build_undo_command_values(outage),
    )


def _build_undo_command_values(outage: SiteOutage) -> dict[str, str]:
    """Return the words of the command that would undo what stays in force."""
    return {"incident": outage.incident, "numbers": " ".join(map(str, outage.remaining_numbers))}


def _format_failing_urls_with_reasons(failures: Sequence[SiteRegression], words: Words) -> str:
    """Return some URLs with what is wrong with each."""
    return "; ".join(
        f"{escape_text_to_one_line(failure.url, 200)}: {failure.what.get(words.lang)}"
        for failure in failures[:MAX_URLS]
    )


def describe_unchecked_sites(unchecked_sites: UncheckedSites, words: Words) -> str:
    """Return that nothing tells of these sites whether they live by what was done."""
    return (
        _describe_sites_closed_by_others(unchecked_sites.domains, unchecked_sites.shut, words)
        if unchecked_sites.shut
        else words("incidents.unseen", sites=", ".join(unchecked_sites.domains))
    )


def describe_that_all_sites_still_serve(checks: Sequence[ServingSites], words: Words) -> str:
    """Return that the sites of all hosts still serve, as they were visited after what was done."""
    sites = words("sites_n", n=sum(check.sites for check in checks))
    return words("incidents.serving", n=sum(check.urls for check in checks), sites=sites)


def _describe_sites_closed_by_others(domains: Sequence[str], closing_actions: Sequence[str], words: Words) -> str:
    return words("incidents.unseen.shut", sites=", ".join(domains), others=", ".join(closing_actions))


def describe_trace_left_to_person(response: TraceResponse, words: Words) -> Iterator[str]:
    """Yield that something which a finding names is left to a person, then the steps by hand."""
    yield words(
        "incidents.left",
        host=response.host,
        kind=words(f"content.kind.{response.kind}"),
        where=_describe_trace_place(response),
    )
    for instructions in response.steps:
        yield from format_manual_step_with_commands(instructions, response.host, words)


def format_manual_step_with_commands(instructions: Instructions, host: str, words: Words) -> Iterator[str]:
    """Yield one step by hand, and its commands."""
    yield f"  {words(f'incidents.manual.{instructions.says}', host=host)}"
    yield from (f"    {escape_text_to_one_line(line, MAX_COMMAND)}" for line in instructions.commands)


def describe_trace_kind_and_place(response: TraceResponse, words: Words) -> str:
    """Return one thing that a finding names: what it is, and where."""
    return words(
        "incidents.thing",
        host=response.host,
        kind=words(f"content.kind.{response.kind}"),
        where=_describe_trace_place(response),
    )


def _describe_trace_place(response: TraceResponse) -> str:
    """Return where it is, and what tells it from others there: an account, a key, a foreign name."""
    told_by = (
        response.who
        if response.kind == "account"
        else response.manual_action[1]
        if response.kind == "key" and response.manual_action is not None
        else ""
    )
    return escape_text_to_one_line(
        ", ".join(filter(None, (told_by or defang_address(response.target), response.where)))
    )


def describe_plan(request: ActionRequest, host: str, action_plan: ActionPlan, words: Words) -> Iterator[str]:
    """Yield what containing something would do on a host, line by line, or why it would not."""
    values = {"means": get_action_name(request.means, words), "what": request.what, "host": host}
    verb = "cleaned" if request.means in FOR_GOOD else "contained"
    if action_plan.why:
        yield words(
            f"incidents.plan.refused.{verb}",
            why=_translate_reason_with_details(action_plan.why, action_plan.about, words),
            **values,
        )
        return
    yield words(f"incidents.plan.would.{verb}", **values)
    yield from (
        f"  {escape_text_to_one_line(line)}"
        for step in action_plan.steps
        for line in _format_plan_step_lines(step, words)
    )


def _format_plan_step_lines(plan_step: str | tuple[str, ...], words: Words) -> Iterator[str]:
    """Return a step's lines: a command as it is, what is done in words, once for each line of what it is done with."""
    if isinstance(plan_step, str):
        yield from plan_step.splitlines()
        return
    name, what, *more = plan_step
    if STEPS.get(name) != 1 + len(more):  # the host may be somebody else's
        yield " ".join((name, what, *more))
        return
    with_it = dict(zip(("to", "about"), more, strict=False))
    yield from (words(f"incidents.step_of.{name}", what=each, **with_it) for each in what.splitlines())


def _describe_custody_event(event: CollectedEvent | CustodyEvent | TimestampedEvent, words: Words) -> str:
    """Return what became of evidence."""
    number = str(event.number)
    if isinstance(event, TimestampedEvent):
        return words("incidents.stamped", number=number, sha256=event.sha256)
    if isinstance(event, CustodyEvent):
        step = "checked_damaged" if event.damages else event.step
        values = {"number": number, "to": event.to or "", "damages": str(event.damages), "sha256": event.sha256}
        text = words(f"incidents.step.{step}", **values)
        return f"{text}; {event.how}" if event.how else text
    size = words.format_decimal(event.size / 1_000_000)
    text = words(
        "incidents.collected", number=number, host=event.host, files=str(event.files), size=size, sha256=event.sha256
    )
    return f"{text}; {words(f'incidents.stopped.{event.stopped}')}" if event.stopped else text


def format_chain_of_custody_lines(case: IncidentCase, collection_event: CollectedEvent, words: Words) -> Iterator[str]:
    """Yield who had evidence when, a line each."""
    yield words("incidents.custody", number=str(collection_event.number), incident=case.id, host=collection_event.host)
    for entry in case.list_custody_entries_of_collection(collection_event.number):
        yield (
            f"{words.format_iso_moment(entry.happened)}  {escape_text_to_one_line(entry.who)}: "
            f"{escape_text_to_one_line(describe_case_log_event(entry.deed, words))}"
        )


def build_chain_of_custody_json(case: IncidentCase, collection_event: CollectedEvent, words: Words) -> dict[str, Any]:
    """Return who had evidence when, as JSON has it."""
    entries = case.list_custody_entries_of_collection(collection_event.number)
    about = collection_event.model_dump(mode="json", exclude={"kind"})
    steps = [{**entry.model_dump(mode="json"), "says": describe_case_log_event(entry.deed, words)} for entry in entries]
    return {"incident": case.id, **about, "entries": steps}


def describe_damage(damage: Damage, words: Words) -> str:
    """Return one thing that is not as it was collected."""
    return words(f"incidents.damage.{damage.kind}", what=escape_text_to_one_line(damage.what))


def _describe_containment_or_release_event(event: ContainedEvent | LiftedEvent, words: Words) -> str:
    """Return what became of containing something, or of releasing it."""
    number, host = str(event.number), event.host
    texts = load_action_texts()[event.means]
    why = _translate_reason_with_details(event.why, event.about, words)
    if isinstance(event, LiftedEvent):
        if event.state == "released" and event.why in ("none_kept", "kept_gone", "still_contained"):
            return words(
                f"incidents.release.{event.why}", number=number, host=host, other=escape_text_to_one_line(event.about)
            )
        release_text: Text = getattr(texts.release, event.state)
        text = release_text.get(words.lang).format(number=number, host=host, why=why)
        return f"{text}; {why}" if why and event.state == "released" else text
    until = words.format_iso_moment(event.until) if event.until else ""
    what = describe_containment_target(event.means, event.what, words)
    contain_text: Text = getattr(texts.contain, event.state)
    text = contain_text.get(words.lang).format(number=number, host=host, what=what, until=until, why=why)
    if event.state != "confirmed":
        return text
    return text + (f" (sha256 {event.sha256})" if event.sha256 else "") + (f"; {why}" if why else "")


def _translate_reason_with_details(reason_name: str, details: str, words: Words) -> str:
    if not reason_name:
        return ""
    text = words(f"incidents.why.{reason_name if reason_name in REASONS else 'other'}")
    return f"{text} ({escape_text_to_one_line(details)})" if details else text


def _describe_subjects(subjects: Iterable[str], findings: Iterable[FindingReference], reason: str | None) -> str:
    names = [*subjects, *(f"{finding.control}:{finding.subject}" for finding in findings)]
    return ", ".join(names) + (f" ({reason})" if reason else "")


def render_case_timeline_csv(case: IncidentCase, words: Words) -> bytes:
    """Return every entry a row: when it was written and when it happened (ISO 8601), who says so, what.

    As ``findings.csv`` is written.
    """
    buffer = io.BytesIO()
    text = io.TextIOWrapper(buffer, encoding="utf-8-sig", newline="")
    lines = csv.writer(text)
    lines.writerow([words(f"incidents.col.{name}") for name in ("happened", "written", "who", "what")])
    for entry in case.entries:
        lines.writerow(
            map(
                defuse_spreadsheet_formulas_in_cell,
                (entry.happened, entry.at, entry.who, describe_case_log_event(entry.deed, words)),
            )
        )
    text.flush()
    return buffer.getvalue()
