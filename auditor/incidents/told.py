"""What the entries of a ledger say, in sentences, and as a table that programs read. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from auditor.looks.traces import defanged
from auditor.models.incidents import (
    Answered,
    AnyDeed,
    Closed,
    Collected,
    Contained,
    Custody,
    FilledIn,
    Found,
    Joined,
    Noted,
    Notified,
    Opened,
    Released,
    Reported,
    Spared,
    Stamped,
)
from auditor.models.ranks import FOR_GOOD
from auditor.report.csv_output import inert
from auditor.results.contained import what_of
from auditor.text.visible import one_line
from auditor.text.words import Words

if TYPE_CHECKING:  # audits say what is contained, and load none of what contains
    from auditor.hardening.serving.smoke import Difference
    from auditor.incidents.case import Case
    from auditor.incidents.containing import Plan, Wanted
    from auditor.incidents.evidence.verifying import Damage
    from auditor.incidents.response.at_once import Response
    from auditor.incidents.response.manual import Manual
    from auditor.incidents.visited import Fell, Serving, Unseen

WHY = (
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
    *("no_application", "no_table", "no_row", "row_changed", "row_again", "not_asked", "odd_columns"),
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
MOST_TYPED = 4_000
"""Characters of a command: more than any has, as half of one is none."""
MOST_URLS = 3
"""Of a site that are named when they no longer serve."""


def deed(of: AnyDeed, words: Words) -> str:
    """What an entry says, in a sentence."""
    match of:
        case Opened(subjects=subjects, findings=findings, why=why):
            return words("incidents.opened", what=_what(subjects, findings, why))
        case Joined(subjects=subjects, findings=findings, why=why):
            return words("incidents.joined", what=_what(subjects, findings, why))
        case Noted(text=text):
            return text
        case Spared(report=report, why=why):
            return words("incidents.spared", report=words(f"incidents.report.{report}"), why=why)
        case Reported(report=report, how=how):
            return words("incidents.reported", report=words(f"incidents.report.{report}"), how=how)
        case Answered(answers=answers):
            told = (
                f"{words(f'form.field.{question}')}: {'; '.join(_answer(question, one, words) for one in given)}"
                for question, given in answers.items()
            )
            return words("incidents.answered", answers=". ".join(told))
        case FilledIn(form=form, docx=docx, pdf=pdf):
            return words("incidents.filled_in", form=words(f"form.name.{form}"), docx=docx, pdf=pdf)
        case Notified(unit=unit, roles=roles):
            return words("incidents.notified", unit=unit, roles=", ".join(roles))
        case Contained() | Released():
            return _action(of, words)
        case Collected() | Custody() | Stamped():
            return _held(of, words)
        case Closed(cause=cause, control=control, gone=gone):
            named = f"{cause} ({control.control}:{control.subject})" if control else cause
            said = words("incidents.ended", cause=named)
            return f"{said}; {words('incidents.ended.gone', names=', '.join(gone))}" if gone else said


def _answer(question: str, given: str, words: Words) -> str:
    """An answer: of a box that is ticked, what stands beside it."""
    from auditor.incidents.forms.asked import CHOICES

    box, sign, text = given.partition(":")
    if box not in CHOICES.get(question, ()):
        return given
    said = words(f"form.choice.{question}.{box}")
    return f"{said}: {text}" if sign else said


def fell(of: Fell, words: Words) -> Iterator[str]:
    """That a site no longer serves, what was put back for it, and what stays in force with which it does not serve."""
    lost = _urls(of.lost, words)
    others = ", ".join(of.others)
    if not of.released:
        yield words("incidents.fell.left", site=of.domain, lost=lost, **_undoing(of))
        if of.shut:
            yield _shut([of.domain], of.shut, words)
        elif others:
            yield words("incidents.fell.others", others=others)
        return
    yield words(f"incidents.fell.back{'.others' if others else ''}", site=of.domain, lost=lost, others=others)
    yield from (deed(one, words) for one in of.released)
    if of.shut:
        yield _shut([of.domain], of.shut, words)
        return
    if not of.still:
        yield words("incidents.fell.serves", site=of.domain)
        return
    still = _urls(of.still, words)
    yield words(f"incidents.fell.still{'.left' if of.left else ''}", site=of.domain, lost=still, **_undoing(of))


def _undoing(of: Fell) -> dict[str, str]:
    """The words of the command that would undo what stays in force."""
    return {"incident": of.incident, "numbers": " ".join(map(str, of.left))}


def _urls(lost: Sequence[Difference], words: Words) -> str:
    """Some URLs with what is wrong with each."""
    return "; ".join(f"{one_line(one.url, 200)}: {one.what.get(words.lang)}" for one in lost[:MOST_URLS])


def unseen(of: Unseen, words: Words) -> str:
    """That nothing tells of these sites whether they live by what was done."""
    return _shut(of.domains, of.shut, words) if of.shut else words("incidents.unseen", sites=", ".join(of.domains))


def serving(some: Sequence[Serving], words: Words) -> str:
    """That the sites of all hosts still serve, as they were visited after what was done."""
    sites = words("sites_n", n=sum(one.sites for one in some))
    return words("incidents.serving", n=sum(one.urls for one in some), sites=sites)


def _shut(domains: Sequence[str], others: Sequence[str], words: Words) -> str:
    return words("incidents.unseen.shut", sites=", ".join(domains), others=", ".join(others))


def left(of: Response, words: Words) -> Iterator[str]:
    """That something which a finding names is left to a person, then the steps by hand."""
    yield words("incidents.left", host=of.host, kind=words(f"content.kind.{of.kind}"), where=_where(of))
    for one in of.steps:
        yield from step(one, of.host, words)


def step(of: Manual, host: str, words: Words) -> Iterator[str]:
    """One step by hand, and its commands."""
    yield f"  {words(f'incidents.manual.{of.says}', host=host)}"
    yield from (f"    {one_line(line, MOST_TYPED)}" for line in of.commands)


def thing(of: Response, words: Words) -> str:
    """One thing that a finding names: what it is, and where."""
    return words("incidents.thing", host=of.host, kind=words(f"content.kind.{of.kind}"), where=_where(of))


def _where(of: Response) -> str:
    """Where it is, and what tells it from others there: an account, a key, a foreign name."""
    told_by = of.who if of.kind == "account" else of.typed[1] if of.kind == "key" and of.typed is not None else ""
    return one_line(", ".join(filter(None, (told_by or defanged(of.target), of.where))))


def plan(wanted: Wanted, host: str, made: Plan, words: Words) -> Iterator[str]:
    """What containing something would do on a host, line by line, or why it would not."""
    named = {"means": words(f"incidents.means.{wanted.means}"), "what": wanted.what, "host": host}
    verb = "cleaned" if wanted.means in FOR_GOOD else "contained"
    if made.why:
        yield words(f"incidents.plan.refused.{verb}", why=_why(made.why, made.about, words), **named)
        return
    yield words(f"incidents.plan.would.{verb}", **named)
    yield from (f"  {one_line(line)}" for step in made.steps for line in _step(step, words))


def _step(step: str | tuple[str, ...], words: Words) -> Iterator[str]:
    """Return a step's lines: a command as it is, what is done in words, once for each line of what it is done with."""
    if isinstance(step, str):
        yield from step.splitlines()
        return
    name, what, *more = step
    if STEPS.get(name) != 1 + len(more):  # the host may be somebody else's
        yield " ".join((name, what, *more))
        return
    with_it = dict(zip(("to", "about"), more, strict=False))
    yield from (words(f"incidents.step_of.{name}", what=each, **with_it) for each in what.splitlines())


def _held(of: Collected | Custody | Stamped, words: Words) -> str:
    """What became of evidence."""
    number = str(of.number)
    if isinstance(of, Stamped):
        return words("incidents.stamped", number=number, sha256=of.sha256)
    if isinstance(of, Custody):
        step = "checked_damaged" if of.damages else of.step
        given = {"number": number, "to": of.to or "", "damages": str(of.damages), "sha256": of.sha256}
        said = words(f"incidents.step.{step}", **given)
        return f"{said}; {of.how}" if of.how else said
    size = words.decimal(of.size / 1_000_000)
    said = words("incidents.collected", number=number, host=of.host, files=str(of.files), size=size, sha256=of.sha256)
    return f"{said}; {words(f'incidents.stopped.{of.stopped}')}" if of.stopped else said


def custody(case: Case, collected: Collected, words: Words) -> Iterator[str]:
    """Who had evidence when, a line each."""
    yield words("incidents.custody", number=str(collected.number), incident=case.id, host=collected.host)
    for entry in case.custody(collected.number):
        yield f"{words.moment(entry.happened)}  {one_line(entry.who)}: {one_line(deed(entry.deed, words))}"


def custody_data(case: Case, collected: Collected, words: Words) -> dict[str, Any]:
    """Return who had evidence when, as JSON has it."""
    entries = case.custody(collected.number)
    about = collected.model_dump(mode="json", exclude={"kind"})
    steps = [{**entry.model_dump(mode="json"), "says": deed(entry.deed, words)} for entry in entries]
    return {"incident": case.id, **about, "entries": steps}


def damage(of: Damage, words: Words) -> str:
    """One thing that is not as it was collected."""
    return words(f"incidents.damage.{of.kind}", what=one_line(of.what))


def _action(of: Contained | Released, words: Words) -> str:
    """What became of containing something, or of releasing it."""
    number, host = str(of.number), of.host
    why = _why(of.why, of.about, words)
    if isinstance(of, Released):
        if of.state == "released" and of.why in ("none_kept", "kept_gone", "still_contained"):
            return words(f"incidents.release.{of.why}", number=number, host=host, other=one_line(of.about))
        said = words(f"incidents.release.{of.means}.{of.state}", number=number, host=host, why=why)
        return f"{said}; {why}" if why and of.state == "released" else said
    until = words.moment(of.until) if of.until else ""
    said = words(
        f"incidents.contain.{of.means}.{of.state}",
        number=number,
        host=host,
        what=what_of(of.means, of.what, words),
        until=until,
        why=why,
    )
    if of.state != "confirmed":
        return said
    return said + (f" (sha256 {of.sha256})" if of.sha256 else "") + (f"; {why}" if why else "")


def _why(name: str, about: str, words: Words) -> str:
    if not name:
        return ""
    said = words(f"incidents.why.{name if name in WHY else 'other'}")
    return f"{said} ({one_line(about)})" if about else said


def _what(subjects: Iterable[str], findings: Iterable[Found], why: str | None) -> str:
    named = [*subjects, *(f"{found.control}:{found.subject}" for found in findings)]
    return ", ".join(named) + (f" ({why})" if why else "")


def timeline(case: Case, words: Words) -> bytes:
    """Every entry a row: when it was written and when it happened (ISO 8601), who says so, what. As ``findings.csv`` is written."""
    written = io.BytesIO()
    text = io.TextIOWrapper(written, encoding="utf-8-sig", newline="")
    lines = csv.writer(text)
    lines.writerow([words(f"incidents.col.{name}") for name in ("happened", "written", "who", "what")])
    for entry in case.entries:
        lines.writerow(map(inert, (entry.happened, entry.at, entry.who, deed(entry.deed, words))))
    text.flush()
    return written.getvalue()
