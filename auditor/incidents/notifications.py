"""What offices are told of an incident by mail.

What happened, to which site and since when, what was done, what comes next. Pure.

It names sites, never hosts, inner addresses or single weaknesses; what is others' is written so that nobody clicks on
it. The same state makes the same mail, whenever it is asked for.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Sequence, Set

from auditor.incidents.case import Case
from auditor.incidents.deadlines import Due
from auditor.inventory import offices
from auditor.mail import summary
from auditor.mail.audience import Recipient
from auditor.mail.message import Attachment, Letter
from auditor.models import Inventory, Organisation, Unit, clock
from auditor.models.incidents import JoinedEvent, OpenedEvent, ReportedEvent
from auditor.models.ranks import FOR_GOOD
from auditor.report.official.anonymization import make_anonymizer
from auditor.text.defang import defang
from auditor.text.redact import redact
from auditor.text.sanitize import make_one_line
from auditor.text.translations import Words

SOON_PERIOD = datetime.timedelta(hours=6)
"""Before a report is overdue, that its time is short is said once more."""
UNITS = (".service", ".timer", ".socket", ".path", ".mount", ".target")
"""How names of units end; no domain does."""
RECENT_PERIOD = datetime.timedelta(days=3)
"""So long after its last entry an incident that is over is told of."""
_MAX_LINES = 20
"""Blocks and collections that are listed; the ledger has them all."""


def list_notified_units(organisation: Organisation, case: Case, inventory: Inventory) -> tuple[Unit, ...]:
    """Return the offices that are told of an incident.

    Those of its sites and hosts, and those above, that name roles for it.
    """
    subjects = {*case.subjects}
    owners = [site.unit or host.unit for host in inventory.hosts for site in host.sites if site.domain in subjects]
    owners += [host.unit for host in inventory.hosts if host.name in subjects]
    owning_units = [unit for owner in owners if (unit := organisation.unit(owner or "")) is not None]
    units_above = (
        above
        for unit in owning_units
        for above in offices.iter_upward(organisation, offices.resolve_successor(organisation, unit))
    )
    return tuple({unit.id: unit for unit in units_above if unit.incidents is not None}.values())


def select_cases_to_report(cases: Iterable[Case], now: datetime.datetime) -> tuple[Case, ...]:
    """Return those that offices hear of by a timer: what is open, and for some days what was closed."""
    return tuple(case for case in cases if case.is_open or clock.read(case.entries[-1].at) > now - RECENT_PERIOD)


def make_text_cleaner(inventory: Inventory, instead: str, units: Set[str] = frozenset()) -> Callable[[str], str]:
    """Return what makes a text that people or hosts wrote fit for paper and mail.

    No secret, nothing to click, and ``instead`` of hosts and inner addresses.

    ``units`` are names of systemd's, which look like domains and are none.
    """
    domains = {name for site in inventory.sites for name in (site.domain, *site.aliases)}
    within = {text for host in inventory.hosts for text in (host.name, host.address)} - domains
    anonymize = make_anonymizer(within, instead)
    ours = domains | within | {unit for unit in units if unit.endswith(UNITS)}
    return lambda text: anonymize(defang(redact(text), ours))


def write_letters(
    case: Case,
    inventory: Inventory,
    to: Unit,
    recipients: Sequence[Recipient],
    technical: Sequence[Attachment],
    *,
    sender: str,
    head: str | None,
    now: datetime.datetime,
    words: Words,
) -> tuple[Letter, ...]:
    """Return one letter per recipient; ``technical`` goes only to those who may get it.

    ``head``: the hash of the chain's last link.
    """
    subject = words(
        f"incidents.mail.subject.{case.regime}", incident=case.id, what=_describe_subjects(case, inventory, words)
    )
    return tuple(
        Letter(
            sender=sender,
            recipient=recipient.address,
            recipient_name=to.name,
            subject=subject,
            body=_write_body(
                case, inventory, to, [file.name for file in technical] if recipient.technical else [], now, words
            ),
            attachments=tuple(technical) if recipient.technical else (),
            about=case.id,
            foot=summary.write_foot(head, words),
        )
        for recipient in recipients
    )


def _write_body(
    case: Case, inventory: Inventory, to: Unit, file_names: Sequence[str], now: datetime.datetime, words: Words
) -> str:
    clean = make_text_cleaner(inventory, words("incidents.withheld"))
    detected_at = words.moment(clock.format_stamp(case.detected_at))
    about = _describe_subjects(case, inventory, words)
    paragraphs = [
        words("mail.internal"),
        words("mail.greeting", unit=make_one_line(to.name)),
        words("incidents.mail.about", incident=case.id, when=detected_at, what=about, sign=_describe_sign(case, words)),
        *(f"- {make_one_line(clean(why))}" for why in _iter_reasons(case)),
        _summarize_actions(case, now, clean, words),
        _summarize_reports(case, clean, words),
        _format_list(words("incidents.mail.next"), _iter_next_lines(case, now, words)),
        _format_list(words("incidents.mail.evidence"), _iter_evidence_lines(case, words)),
        _format_list(words("mail.attached"), (f"- {make_one_line(name)}" for name in file_names)),
        words("mail.automatic"),
    ]
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def _format_list(title: str, lines: Iterable[str]) -> str:
    all_lines = list(lines)
    more = [f"- … (+{len(all_lines) - _MAX_LINES})"] if len(all_lines) > _MAX_LINES else []
    return "\n".join([title, *all_lines[:_MAX_LINES], *more]) if all_lines else ""


def _describe_subjects(case: Case, inventory: Inventory, words: Words) -> str:
    """Return sites by name, hosts by number."""
    sites = {site.domain for site in inventory.sites}
    site_names = [subject for subject in case.subjects if subject in sites]
    others = len(case.subjects) - len(site_names)
    return ", ".join([*site_names, *([words("hosts_n", n=others)] if others else [])])


def _iter_reasons(case: Case) -> Iterator[str]:
    for entry in case.entries:
        if isinstance(entry.deed, OpenedEvent | JoinedEvent) and entry.deed.why:
            yield entry.deed.why


def _describe_sign(case: Case, words: Words) -> str:
    """Return what was seen first: traces of an intruder, content that others put in, or something else."""
    areas = {finding.control.split(".", 1)[0] for finding in case.findings}
    kind = "intrusion" if "compromise" in areas else "content" if "content" in areas else "sign"
    return words(f"incidents.mail.sign.{kind}")


def _summarize_actions(case: Case, now: datetime.datetime, clean: Callable[[str], str], words: Words) -> str:
    """Return what was contained, removed and collected, as far as it is confirmed.

    What is in doubt is not counted with it.
    """
    actions = case.actions.values()
    done_actions = [action for action in actions if action.is_done]
    there = [action for action in done_actions if action.state != "released" and not action.is_lost]
    in_force = [action for action in there if action.means in FOR_GOOD or action.is_open(now)]
    doubtful = sum(not action.is_settled and not action.is_lost for action in actions)
    addresses = dict.fromkeys(clean(action.what) for action in in_force if action.means == "address")
    sentences = [
        words("incidents.mail.done", count=len(done_actions), in_force=len(in_force))
        if done_actions
        else words("incidents.mail.nothing_done")
    ]
    if addresses:
        sentences.append(words("incidents.mail.address", what=", ".join(list(addresses)[:_MAX_LINES])))
    if doubtful:
        sentences.append(words("incidents.mail.doubtful", count=doubtful))
    if case.collections:
        sentences.append(words("incidents.mail.kept", count=len(case.collections)))
    return " ".join(sentences)


def _summarize_reports(case: Case, clean: Callable[[str], str], words: Words) -> str:
    """Return which reports went out, when and how; that none did only where the ledger has none."""
    sent_reports = [
        words(
            "incidents.mail.sent",
            report=words(f"incidents.report.{entry.deed.report}"),
            when=words.moment(entry.happened),
            how=make_one_line(clean(entry.deed.how), 200),
        )
        for entry in case.entries
        if isinstance(entry.deed, ReportedEvent)
    ]
    return (
        words("incidents.mail.reported", what="; ".join(sent_reports))
        if sent_reports
        else words("incidents.mail.unreported")
    )


def _iter_evidence_lines(case: Case, words: Words) -> Iterator[str]:
    for collection in case.collections.values():
        yield words("incidents.mail.collected", number=str(collection.number), sha256=collection.sha256)


def _iter_next_lines(case: Case, now: datetime.datetime, words: Words) -> Iterator[str]:
    if not case.is_open:
        yield words("incidents.mail.closed")
        return
    owed = case.list_owed()
    for due in owed:
        yield f"- {_describe_due(due, now, words)}"
    if not owed:
        yield f"- {words('incidents.mail.nothing_owed')}"
    yield f"- {words('incidents.mail.until_closed')}"


def _describe_due(due: Due, now: datetime.datetime, words: Words) -> str:
    report, by = words(f"incidents.report.{due.report}"), words.moment(clock.format_stamp(due.by))
    if due.report == "now":
        return words("incidents.owed_now", report=report)
    if due.by <= now:
        return words("incidents.overdue", report=report, by=by)
    soon = f" ({words('incidents.mail.soon')})" if due.by - now <= SOON_PERIOD else ""
    return words("incidents.owed", report=report, by=by) + soon
