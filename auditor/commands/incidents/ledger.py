"""The ledger of incidents: entries are added, none is changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.commands.given import completions
from auditor.commands.given import options as given
from auditor.commands.given.options import (
    DEFAULT_INVENTORY,
    DEFAULT_LANG,
    InventoryOption,
    JsonOption,
    LangOption,
    UnjudgedSiteOption,
)
from auditor.errors import InputError, first_wrong, nearest
from auditor.models import clock
from auditor.models.ranks import Report

if TYPE_CHECKING:
    from auditor.history.incidents import Decided, Ledgers
    from auditor.models import Inventory, Lang, Run
    from auditor.models.incidents import Found

MAX_RUNS_BACK = 200
"""How many runs are read to learn when a finding was first seen."""
IncidentArgument = Annotated[
    str, typer.Argument(metavar="ID", help="The incident, as 'auditor incident list' names it.")
]
WhoOption = Annotated[
    str, typer.Option("--who", metavar="ROLE", help="The office role that says so, never a person's name.")
]
WhenOption = Annotated[
    str | None,
    typer.Option("--when", metavar="MOMENT", help="When it happened, as 2026-11-27 20:15; by default now."),
]
ReportArgument = Annotated[
    Report,
    typer.Argument(
        metavar="now|first|full|personal",
        help="The report: word at once, the first notice, the full report, or that data of persons may be harmed.",
    ),
]


def open_incident(
    subjects: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SITE|HOST]...",
            help="The sites and hosts that it is about.",
            autocompletion=completions.hosts_and_sites,
        ),
    ] = None,
    *,
    who: WhoOption,
    findings: Annotated[
        list[str] | None,
        typer.Option(
            "--finding",
            metavar="CONTROL:SITE|HOST",
            help="An open finding of the last audit that shows it, by its control and where it is; repeat for more.",
        ),
    ] = None,
    why: Annotated[str | None, typer.Option("--why", metavar="TEXT", help="What was seen, in a sentence.")] = None,
    when: Annotated[
        str | None,
        typer.Option(
            "--when",
            metavar="MOMENT",
            help="When it was detected, as 2026-11-27 20:15, from which deadlines count; by default when a finding was first seen, else now.",
        ),
    ] = None,
    new: Annotated[
        bool, typer.Option("--new", help="An incident of its own, though one on the same sites or hosts is open.")
    ] = False,
    contain: Annotated[
        bool,
        typer.Option(
            "--contain", help="Contain at once what the findings name, and list what has to be looked at before."
        ),
    ] = False,
    unjudged: UnjudgedSiteOption = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Open an incident, and tell what is owed by when. What is about the same sites or hosts joins the one that is open.

    Entries are links of the history's chain: none is changed or taken away later.

    With --contain, what the findings name is contained as by 'auditor incident contain', if it can be told from all else: files that only an intruder put there,
    pages, keys, accounts, scheduled jobs, units, processes. Sites are visited before and after: where one no longer serves, what it lives by is put
    back, files, units and processes, but not for a site that --unjudged names. The rest is listed with the command to type.

    Exit code: 0 opened, and all that findings name is contained if that was asked for; 1 not all of it.

    Examples:
      auditor incident open antruc.test --who "Văn phòng" --why "Trang chủ bị thay đổi" -i inventories/lab

      auditor incident open --finding CONTROL:web1 --who "Văn phòng" -i inventories/lab

      auditor incident open --finding CONTROL:web1 --contain --who "Văn phòng" -i inventories/lab

    """
    from auditor.commands.incidents import notify
    from auditor.commands.shown import incidents as shown
    from auditor.history.incidents import Incidents
    from auditor.history.runs import History
    from auditor.incidents import deciding
    from auditor.incidents.case import fold
    from auditor.incidents.sentences import sentence
    from auditor.inventory import hosts as inventories

    known = inventories.load(inventory)
    newest, found = History().latest(known.path) if findings else None, []
    for named in findings or ():
        control, _, subject = named.partition(":")
        if newest is None:
            raise InputError("--finding {name}: no audit is kept", name=named, mend="run 'auditor audit' first")
        found.append(deciding.found_in(newest, control, subject))
    if contain and not found:
        raise InputError(
            "--contain is of what findings name", mend="name one with --finding, or use 'auditor incident contain'"
        )
    if unjudged and not contain:
        raise InputError("--unjudged is of --contain", mend="leave it out, or contain what the findings name")
    left_out = given.unjudged(unjudged, known)
    about = tuple(dict.fromkeys((*_subjects(known, subjects or []), *(one.subject for one in found))))
    if not about:
        raise InputError("an incident is about something", mend="name a site or a host, or a --finding")
    detected = _past(when) or _first_seen(newest, found) or clock.now()
    seen = sentence("--why", why) if why is not None else None
    regime = known.organisation.regime if known.organisation else "2026"
    decide = deciding.opening(about, found, detected, regime, seen, new=new)
    ledgers = Incidents()
    incident = _written(known, who, decide, detected)
    shown.case(fold(incident, ledgers.one(known.path, incident)), lang)
    whole = True
    if contain and newest is not None:
        from auditor.commands.incidents.at_once import contain_named

        about_these = {(one.control, one.subject) for one in found}
        open_ones = [one for one in newest.findings if (one.control, one.subject.id) in about_these]
        whole = contain_named(known, inventory, incident, role(who), open_ones, lang, left_out)
    notify.at_once(known, incident, role(who), lang)
    raise typer.Exit(0 if whole else 1)


def list_incidents(
    inventory: InventoryOption = DEFAULT_INVENTORY, as_json: JsonOption = False, lang: LangOption = DEFAULT_LANG
) -> None:
    """List the incidents, what each is about, and what is owed next.

    Example:
      auditor incident list -i inventories/lab

    """
    from auditor.commands.shown import console
    from auditor.commands.shown import incidents as shown
    from auditor.history.incidents import Incidents
    from auditor.incidents.case import cases
    from auditor.inventory import hosts as inventories
    from auditor.text.words import Words

    all_cases = cases(Incidents().all_known(inventories.load(inventory).path))
    if as_json:
        typer.echo(json.dumps([shown.as_data(case) for case in all_cases], ensure_ascii=False, indent=1))
    elif all_cases:
        console.out.print(shown.table(all_cases, clock.now(), Words(lang)))
    else:
        console.out.print(Words(lang)("incidents.none"))


def show(
    incident: IncidentArgument,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Show an incident: what is owed, and every entry of its ledger.

    Example:
      auditor incident show SC-20261127-1 -i inventories/lab

    """
    from auditor.commands.shown import incidents as shown
    from auditor.history.incidents import Incidents
    from auditor.incidents.case import fold
    from auditor.inventory import hosts as inventories

    case = fold(incident, Incidents().one(inventories.load(inventory).path, incident))
    if as_json:
        typer.echo(json.dumps(shown.as_data(case), ensure_ascii=False, indent=1))
    else:
        shown.case(case, lang)


def export(
    incident: IncidentArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="The file to write.")],
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Write an incident's entries as CSV, one a row: when it happened, when it was written, who says so, what.

    The file is for its owner only.

    Example:
      auditor incident export SC-20261127-1 dien-bien.csv -i inventories/lab

    """
    from auditor.history.incidents import Incidents
    from auditor.incidents import told
    from auditor.incidents.case import fold
    from auditor.inventory import hosts as inventories
    from auditor.system import files
    from auditor.text.words import Words

    case = fold(incident, Incidents().one(inventories.load(inventory).path, incident))
    files.private(file, [told.timeline(case, Words(lang))])
    typer.echo(str(file))


def note(
    incident: IncidentArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What was seen, decided or done.")],
    who: WhoOption,
    when: WhenOption = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Write what was seen, decided or done into an incident's ledger.

    Example:
      auditor incident note SC-20261127-1 "Đã gọi đơn vị vận hành" --who "Văn phòng" -i inventories/lab

    """
    from auditor.incidents import deciding
    from auditor.incidents.sentences import sentence
    from auditor.inventory import hosts as inventories
    from auditor.models.incidents import Noted

    known = inventories.load(inventory)
    decide = deciding.adding(incident, Noted(text=sentence("TEXT", text)))
    _say_written(_written(known, who, decide, _past(when)), lang)


def waive(
    incident: IncidentArgument,
    report: ReportArgument,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Why, in a sentence.")],
    who: WhoOption,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Waive one report: record that it is not owed, and why, for instance because the incident is not serious.

    Example:
      auditor incident waive SC-20261127-1 now --why "Không ảnh hưởng trật tự, an toàn xã hội" --who "Chánh Văn phòng" -i inventories/lab

    """
    from auditor.incidents import deciding
    from auditor.incidents.sentences import sentence
    from auditor.inventory import hosts as inventories
    from auditor.models.incidents import Spared

    known = inventories.load(inventory)
    decide = deciding.adding(incident, Spared(report=report, why=sentence("--why", why)))
    _say_written(_written(known, who, decide), lang)


def reported(
    incident: IncidentArgument,
    report: ReportArgument,
    how: Annotated[
        str, typer.Option("--how", metavar="TEXT", help="The document's number, or by what way the report went.")
    ],
    who: WhoOption,
    when: WhenOption = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Write down that a report went out.

    Example:
      auditor incident reported SC-20261127-1 first --how "45/BC-UBND" --who "Văn phòng" -i inventories/lab

    """
    from auditor.incidents import deciding
    from auditor.incidents.sentences import sentence
    from auditor.inventory import hosts as inventories
    from auditor.models.incidents import Reported

    known = inventories.load(inventory)
    decide = deciding.adding(incident, Reported(report=report, how=sentence("--how", how)))
    _say_written(_written(known, who, decide, _past(when)), lang)


def due(
    inventory: InventoryOption = DEFAULT_INVENTORY, as_json: JsonOption = False, lang: LangOption = DEFAULT_LANG
) -> None:
    """List the reports that open incidents still owe, the earliest first.

    Exit code: 0 nothing is overdue, 1 something is.

    Example:
      auditor incident due -i inventories/lab

    """
    from auditor.commands.shown import console
    from auditor.commands.shown import incidents as shown
    from auditor.history.incidents import Incidents
    from auditor.incidents.case import cases
    from auditor.inventory import hosts as inventories
    from auditor.text.words import Words

    now = clock.now()
    open_cases = [case for case in cases(Incidents().all_known(inventories.load(inventory).path)) if case.open]
    owed = sorted(((due, case.id) for case in open_cases for due in case.owed()), key=lambda one: one[0].by)
    if as_json:
        data = [
            {"incident": of, "report": due.report, "by": clock.stamp(due.by), "overdue": due.by <= now}
            for due, of in owed
        ]
        typer.echo(json.dumps(data, ensure_ascii=False, indent=1))
    elif owed:
        for due, of in owed:
            console.out.print(f"{of}  {shown.due_line(due, now, Words(lang))}", markup=False)
    else:
        console.out.print(Words(lang)("incidents.nothing_owed"))
    raise typer.Exit(1 if any(due.by <= now for due, _ in owed) else 0)


def close(
    incident: IncidentArgument,
    cause: Annotated[
        str, typer.Option("--cause", metavar="TEXT", help="How the intruder came in, or why that is not known.")
    ],
    who: WhoOption,
    control: Annotated[
        str | None,
        typer.Option(
            "--control",
            metavar="CONTROL:SITE|HOST",
            help="What was open and let it happen; an audit since says that it is met.",
        ),
    ] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Close an incident: no report is owed, nothing is contained without an end, an audit since then says that findings, reviews and hunts are clean, and the closing form is written.

    Example:
      auditor incident close SC-20261127-1 --cause "Mật khẩu quản trị bị lộ" --who "Chánh Văn phòng" -i inventories/lab

    """
    from auditor.history.runs import History
    from auditor.incidents import closing
    from auditor.incidents.sentences import sentence
    from auditor.inventory import hosts as inventories

    known = inventories.load(inventory)
    where = control.partition(":")[::2] if control else None
    root = closing.Cause(sentence("--cause", cause), where)
    decide = closing.closing(incident, root, History().latest(known.path), known.hosts, clock.now())
    _say_written(_written(known, who, decide), lang)


def _written(known: Inventory, who: str, decide: Callable[[Ledgers], Decided], happened: datetime | None = None) -> str:
    """Write what is decided; the incident's id. Raises InputError for a role that will not do."""
    from auditor.history.incidents import Incidents

    return Incidents().write(known.path, role(who), decide, happened)[0]


def role(who: str) -> str:
    """An office role. Raises InputError for what is none."""
    from pydantic import TypeAdapter, ValidationError

    from auditor.models import Role

    try:
        named: str = TypeAdapter(Role).validate_python(who)
    except ValidationError as error:
        raise InputError(
            "--who will not do: {why}", why=first_wrong(error)[1], mend="name an office role, as 'Chánh Văn phòng'"
        ) from error
    return named


def _say_written(incident: str, lang: Lang) -> None:
    from auditor.commands.shown import console
    from auditor.text.words import Words

    console.out.print(Words(lang)("incidents.written", incident=incident), markup=False)


def _subjects(known: Inventory, named: list[str]) -> tuple[str, ...]:
    """Sites by their domains, and hosts. Raises InputError for what is neither."""
    sites = {name: site.domain for site in known.sites for name in (site.domain, *site.aliases)}
    hosts = {host.name: host.name for host in known.hosts}
    for name in named:
        if name not in sites and name not in hosts:
            raise InputError(
                "no site or host {site} in this inventory",
                site=name,
                mend="see 'auditor inventory check'",
                guess=nearest(name, [*sites, *hosts]),
            )
    return tuple((hosts | sites)[name] for name in named)


def _first_seen(newest: Run | None, found: Sequence[Found]) -> datetime | None:
    """Return when what the incident is about was first seen; None without findings."""
    from auditor.history.runs import History
    from auditor.incidents import detection

    if newest is None or not found:
        return None
    history, named = History(), {(one.control, one.subject) for one in found}
    earlier = (history.run(entry.id) for entry in history.entries(newest.inventory, limit=MAX_RUNS_BACK))
    return detection.first_seen([one for one in newest.findings if (one.control, one.subject.id) in named], earlier)


def _past(text: str | None) -> datetime | None:
    """A moment by Vietnam's clock that is over."""
    if text is None:
        return None
    try:
        moment = clock.moment_written(text)
    except ValueError:
        raise typer.BadParameter(f"{text}: not a moment; write it as 2026-11-27 20:15") from None
    if moment > clock.now():
        raise InputError("--when {moment} is still to come", moment=text, mend="give a moment that is over")
    return moment
