"""What offices are told of an incident by mail.

What happened, to which site and since when, what was done, what comes next. Pure.

It names sites, never hosts, inner addresses or single weaknesses; what is others' is written so that nobody clicks on
it. The same state makes the same mail, whenever it is asked for.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Sequence, Set

from auditor.incidents.case import IncidentCase
from auditor.incidents.deadlines import ReportDeadline
from auditor.inventory import offices
from auditor.mail import summary
from auditor.mail.audience import Dispatch
from auditor.mail.message import Letter
from auditor.models import Inventory, Organisation, Unit, clock
from auditor.models.incidents import JoinedEvent, OpenedEvent, ReportedEvent
from auditor.models.response_actions import FOR_GOOD
from auditor.report.official.anonymization import make_address_and_host_name_replacer
from auditor.text.defang import defang_addresses_in_text
from auditor.text.redact import redact_secrets_in_text
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import Words

SOON_PERIOD = datetime.timedelta(hours=6)
"""Before a report is overdue, that its time is short is said once more."""
UNITS = (".service", ".timer", ".socket", ".path", ".mount", ".target")
"""How names of units end; no domain does."""
RECENT_PERIOD = datetime.timedelta(days=3)
"""So long after its last entry an incident that is over is told of."""
_MAX_LINES = 20
"""Blocks and collections that are listed; the ledger has them all."""


def list_notified_units(organisation: Organisation, case: IncidentCase, inventory: Inventory) -> tuple[Unit, ...]:
    """Return the offices that are told of an incident.

    Those of its sites and hosts, and those above, that name roles for it.
    """
    subjects = {*case.subjects}
    owners = [site.unit or host.unit for host in inventory.hosts for site in host.sites if site.domain in subjects]
    owners += [host.unit for host in inventory.hosts if host.name in subjects]
    owning_units = [unit for owner in owners if (unit := organisation.find_unit_by_id(owner or "")) is not None]
    units_above = (
        above
        for unit in owning_units
        for above in offices.iter_units_upward_to_top(organisation, offices.resolve_successor(organisation, unit))
    )
    return tuple({unit.id: unit for unit in units_above if unit.incidents is not None}.values())


def select_open_and_recently_closed_cases(
    cases: Iterable[IncidentCase], now: datetime.datetime
) -> tuple[IncidentCase, ...]:
    """Return those that offices hear of by a timer: what is open, and for some days what was closed."""
    return tuple(
        case for case in cases if case.is_open or clock.parse_iso_moment(case.entries[-1].at) > now - RECENT_PERIOD
    )


def make_secret_and_host_redactor(
    inventory: Inventory, replacement: str, systemd_units: Set[str] = frozenset()
) -> Callable[[str], str]:
    """Return what makes a text that people or hosts wrote fit for paper and mail.

    No secret, nothing to click, and ``replacement`` in place of hosts and inner addresses.

    ``systemd_units`` are names of systemd's, which look like domains and are none.
    """
    domains = {name for site in inventory.sites for name in (site.domain, *site.aliases)}
    within = {text for host in inventory.hosts for text in (host.name, host.address)} - domains
    anonymize = make_address_and_host_name_replacer(within, replacement)
    ours = domains | within | {unit for unit in systemd_units if unit.endswith(UNITS)}
    return lambda text: anonymize(defang_addresses_in_text(redact_secrets_in_text(text), ours))


def write_incident_notification_letters(
    case: IncidentCase, inventory: Inventory, dispatch: Dispatch, *, now: datetime.datetime, words: Words
) -> tuple[Letter, ...]:
    """Return one letter per recipient."""
    subject = words(
        f"incidents.mail.subject.{case.regime}",
        incident=case.id,
        what=_describe_affected_sites_and_host_count(case, inventory, words),
    )
    return tuple(
        Letter(
            sender=dispatch.sender,
            recipient=recipient.address,
            recipient_name=dispatch.unit.name,
            subject=subject,
            body=_write_incident_notification_body(
                case,
                inventory,
                dispatch.unit,
                [file.name for file in files],
                now,
                words,
            ),
            attachments=files,
            about=case.id,
            foot=summary.write_mail_footer_with_chain_head(dispatch.chain_head, words),
        )
        for recipient in dispatch.recipients
        for files in [dispatch.list_technical_attachments_for(recipient)]
    )


def _write_incident_notification_body(
    case: IncidentCase,
    inventory: Inventory,
    addressed_unit: Unit,
    file_names: Sequence[str],
    now: datetime.datetime,
    words: Words,
) -> str:
    clean = make_secret_and_host_redactor(inventory, words("incidents.withheld"))
    detected_at = words.format_iso_moment(clock.format_iso_moment(case.detected_at))
    about = _describe_affected_sites_and_host_count(case, inventory, words)
    paragraphs = [
        words("mail.internal"),
        words("mail.greeting", unit=escape_text_to_one_line(addressed_unit.name)),
        words(
            "incidents.mail.about",
            incident=case.id,
            when=detected_at,
            what=about,
            sign=_describe_first_sign_of_incident(case, words),
        ),
        *(f"- {escape_text_to_one_line(clean(why))}" for why in _iter_reasons_for_opening_case(case)),
        _summarize_confirmed_actions(case, now, clean, words),
        _summarize_sent_reports(case, clean, words),
        _format_list(words("incidents.mail.next"), _iter_lines_of_owed_reports(case, now, words)),
        _format_list(words("incidents.mail.evidence"), _iter_evidence_lines_with_digests(case, words)),
        _format_list(words("mail.attached"), (f"- {escape_text_to_one_line(name)}" for name in file_names)),
        words("mail.automatic"),
    ]
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def _format_list(title: str, lines: Iterable[str]) -> str:
    all_lines = list(lines)
    more = [f"- … (+{len(all_lines) - _MAX_LINES})"] if len(all_lines) > _MAX_LINES else []
    return "\n".join([title, *all_lines[:_MAX_LINES], *more]) if all_lines else ""


def _describe_affected_sites_and_host_count(case: IncidentCase, inventory: Inventory, words: Words) -> str:
    """Return sites by name, hosts by number."""
    sites = {site.domain for site in inventory.sites}
    site_names = [subject for subject in case.subjects if subject in sites]
    others = len(case.subjects) - len(site_names)
    return ", ".join([*site_names, *([words("hosts_n", n=others)] if others else [])])


def _iter_reasons_for_opening_case(case: IncidentCase) -> Iterator[str]:
    for entry in case.entries:
        if isinstance(entry.deed, OpenedEvent | JoinedEvent) and entry.deed.why:
            yield entry.deed.why


def _describe_first_sign_of_incident(case: IncidentCase, words: Words) -> str:
    """Return what was seen first: traces of an intruder, content that others put in, or something else."""
    areas = {finding.control.split(".", 1)[0] for finding in case.findings}
    kind = "intrusion" if "compromise" in areas else "content" if "content" in areas else "sign"
    return words(f"incidents.mail.sign.{kind}")


def _summarize_confirmed_actions(
    case: IncidentCase, now: datetime.datetime, redact_text: Callable[[str], str], words: Words
) -> str:
    """Return what was contained, removed and collected, as far as it is confirmed.

    What is in doubt is not counted with it.
    """
    actions = case.actions.values()
    done_actions = [action for action in actions if action.was_done_and_checked]
    there = [action for action in done_actions if action.state != "released" and not action.is_lost_by_host]
    in_force = [action for action in there if action.means in FOR_GOOD or action.is_possibly_in_force(now)]
    doubtful = sum(not action.is_outcome_known and not action.is_lost_by_host for action in actions)
    addresses = dict.fromkeys(redact_text(action.what) for action in in_force if action.means == "address")
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


def _summarize_sent_reports(case: IncidentCase, redact_text: Callable[[str], str], words: Words) -> str:
    """Return which reports went out, when and how; that none did only where the ledger has none."""
    sent_reports = [
        words(
            "incidents.mail.sent",
            report=words(f"incidents.report.{entry.deed.report}"),
            when=words.format_iso_moment(entry.happened),
            how=escape_text_to_one_line(redact_text(entry.deed.how), 200),
        )
        for entry in case.entries
        if isinstance(entry.deed, ReportedEvent)
    ]
    return (
        words("incidents.mail.reported", what="; ".join(sent_reports))
        if sent_reports
        else words("incidents.mail.unreported")
    )


def _iter_evidence_lines_with_digests(case: IncidentCase, words: Words) -> Iterator[str]:
    for collection in case.collections.values():
        yield words("incidents.mail.collected", number=str(collection.number), sha256=collection.sha256)


def _iter_lines_of_owed_reports(case: IncidentCase, now: datetime.datetime, words: Words) -> Iterator[str]:
    if not case.is_open:
        yield words("incidents.mail.closed")
        return
    owed = case.list_unsent_owed_reports()
    for due in owed:
        yield f"- {_describe_due(due, now, words)}"
    if not owed:
        yield f"- {words('incidents.mail.nothing_owed')}"
    yield f"- {words('incidents.mail.until_closed')}"


def _describe_due(deadline: ReportDeadline, now: datetime.datetime, words: Words) -> str:
    report, by = (
        words(f"incidents.report.{deadline.report}"),
        words.format_iso_moment(clock.format_iso_moment(deadline.by)),
    )
    if deadline.report == "now":
        return words("incidents.owed_now", report=report)
    if deadline.by <= now:
        return words("incidents.overdue", report=report, by=by)
    soon = f" ({words('incidents.mail.soon')})" if deadline.by - now <= SOON_PERIOD else ""
    return words("incidents.owed", report=report, by=by) + soon
