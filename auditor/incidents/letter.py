"""What offices are told of an incident by mail: what happened, to which site and since when, what was done, what comes next. Pure.

It names sites, never hosts, inner addresses or single weaknesses; what is others' is written so that nobody clicks on it.
The same state makes the same mail, whenever it is asked for.
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
from auditor.models.incidents import Joined, Opened, Reported
from auditor.models.ranks import FOR_GOOD
from auditor.report.official.anonymous import guard
from auditor.text.defang import defang
from auditor.text.redact import redact
from auditor.text.visible import one_line
from auditor.text.words import Words

SOON = datetime.timedelta(hours=6)
"""Before a report is overdue, that its time is short is said once more."""
UNITS = (".service", ".timer", ".socket", ".path", ".mount", ".target")
"""How names of units end; no domain does."""
LATELY = datetime.timedelta(days=3)
"""So long after its last entry an incident that is over is told of."""
_MOST = 20
"""Blocks and collections that are listed; the ledger has them all."""


def told(organisation: Organisation, case: Case, inventory: Inventory) -> tuple[Unit, ...]:
    """The offices that are told of an incident: those of its sites and hosts, and those above, that name roles for it."""
    subjects = {*case.subjects}
    owners = [site.unit or host.unit for host in inventory.hosts for site in host.sites if site.domain in subjects]
    owners += [host.unit for host in inventory.hosts if host.name in subjects]
    concerned = [unit for owner in owners if (unit := organisation.unit(owner or "")) is not None]
    found = (above for unit in concerned for above in offices.upward(organisation, offices.today(organisation, unit)))
    return tuple({unit.id: unit for unit in found if unit.incidents is not None}.values())


def to_tell(cases: Iterable[Case], now: datetime.datetime) -> tuple[Case, ...]:
    """Those that offices hear of by a timer: what is open, and for some days what was closed."""
    return tuple(case for case in cases if case.open or clock.read(case.entries[-1].at) > now - LATELY)


def cleaned(inventory: Inventory, instead: str, units: Set[str] = frozenset()) -> Callable[[str], str]:
    """What makes a text that people or hosts wrote fit for paper and mail: no secret, nothing to click, and ``instead`` of hosts and inner addresses.

    ``units`` are names of systemd's, which look like domains and are none.
    """
    domains = {name for site in inventory.sites for name in (site.domain, *site.aliases)}
    within = {text for host in inventory.hosts for text in (host.name, host.address)} - domains
    guarded = guard(within, instead)
    ours = domains | within | {unit for unit in units if unit.endswith(UNITS)}
    return lambda text: guarded(defang(redact(text), ours))


def letters(
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
    """One letter per recipient; ``technical`` goes only to those who may get it. ``head``: the hash of the chain's last link."""
    subject = words(f"incidents.mail.subject.{case.regime}", incident=case.id, what=_subjects(case, inventory, words))
    return tuple(
        Letter(
            sender=sender,
            recipient=recipient.address,
            recipient_name=to.name,
            subject=subject,
            body=_body(
                case, inventory, to, [file.name for file in technical] if recipient.technical else [], now, words
            ),
            attachments=tuple(technical) if recipient.technical else (),
            about=case.id,
            foot=summary.foot(head, words),
        )
        for recipient in recipients
    )


def _body(
    case: Case, inventory: Inventory, to: Unit, attached: Sequence[str], now: datetime.datetime, words: Words
) -> str:
    clean = cleaned(inventory, words("incidents.withheld"))
    detected = words.moment(clock.stamp(case.detected))
    about = _subjects(case, inventory, words)
    paragraphs = [
        words("mail.internal"),
        words("mail.greeting", unit=one_line(to.name)),
        words("incidents.mail.about", incident=case.id, when=detected, what=about, sign=_sign(case, words)),
        *(f"- {one_line(clean(why))}" for why in _whys(case)),
        _done(case, now, clean, words),
        _reported(case, clean, words),
        _listed(words("incidents.mail.next"), _next(case, now, words)),
        _listed(words("incidents.mail.evidence"), _evidence(case, words)),
        _listed(words("mail.attached"), (f"- {one_line(name)}" for name in attached)),
        words("mail.automatic"),
    ]
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def _listed(title: str, lines: Iterable[str]) -> str:
    found = list(lines)
    more = [f"- … (+{len(found) - _MOST})"] if len(found) > _MOST else []
    return "\n".join([title, *found[:_MOST], *more]) if found else ""


def _subjects(case: Case, inventory: Inventory, words: Words) -> str:
    """Sites by name, hosts by number."""
    sites = {site.domain for site in inventory.sites}
    named = [subject for subject in case.subjects if subject in sites]
    others = len(case.subjects) - len(named)
    return ", ".join([*named, *([words("hosts_n", n=others)] if others else [])])


def _whys(case: Case) -> Iterator[str]:
    for entry in case.entries:
        if isinstance(entry.deed, Opened | Joined) and entry.deed.why:
            yield entry.deed.why


def _sign(case: Case, words: Words) -> str:
    """What was seen first: traces of an intruder, content that others put in, or something else."""
    areas = {found.control.split(".", 1)[0] for found in case.findings}
    kind = "intrusion" if "compromise" in areas else "content" if "content" in areas else "sign"
    return words(f"incidents.mail.sign.{kind}")


def _done(case: Case, now: datetime.datetime, clean: Callable[[str], str], words: Words) -> str:
    """What was contained, removed and collected, as far as it is confirmed; what is in doubt is not counted with it."""
    actions = case.actions.values()
    confirmed = [one for one in actions if one.done]
    there = [one for one in confirmed if one.state != "released" and not one.lost]
    in_force = [one for one in there if one.means in FOR_GOOD or one.open(now)]
    doubtful = sum(not one.settled and not one.lost for one in actions)
    addresses = dict.fromkeys(clean(one.what) for one in in_force if one.means == "address")
    told = [
        words("incidents.mail.done", count=len(confirmed), in_force=len(in_force))
        if confirmed
        else words("incidents.mail.nothing_done")
    ]
    if addresses:
        told.append(words("incidents.mail.address", what=", ".join(list(addresses)[:_MOST])))
    if doubtful:
        told.append(words("incidents.mail.doubtful", count=doubtful))
    if case.collections:
        told.append(words("incidents.mail.kept", count=len(case.collections)))
    return " ".join(told)


def _reported(case: Case, clean: Callable[[str], str], words: Words) -> str:
    """Which reports went out, when and how; that none did only where the ledger has none."""
    sent = [
        words(
            "incidents.mail.sent",
            report=words(f"incidents.report.{entry.deed.report}"),
            when=words.moment(entry.happened),
            how=one_line(clean(entry.deed.how), 200),
        )
        for entry in case.entries
        if isinstance(entry.deed, Reported)
    ]
    return words("incidents.mail.reported", what="; ".join(sent)) if sent else words("incidents.mail.unreported")


def _evidence(case: Case, words: Words) -> Iterator[str]:
    for one in case.collections.values():
        yield words("incidents.mail.collected", number=str(one.number), sha256=one.sha256)


def _next(case: Case, now: datetime.datetime, words: Words) -> Iterator[str]:
    if not case.open:
        yield words("incidents.mail.closed")
        return
    owed = case.owed()
    for due in owed:
        yield f"- {_due(due, now, words)}"
    if not owed:
        yield f"- {words('incidents.mail.nothing_owed')}"
    yield f"- {words('incidents.mail.until_closed')}"


def _due(due: Due, now: datetime.datetime, words: Words) -> str:
    report, by = words(f"incidents.report.{due.report}"), words.moment(clock.stamp(due.by))
    if due.report == "now":
        return words("incidents.owed_now", report=report)
    if due.by <= now:
        return words("incidents.overdue", report=report, by=by)
    soon = f" ({words('incidents.mail.soon')})" if due.by - now <= SOON else ""
    return words("incidents.owed", report=report, by=by) + soon
