"""``auditor incident open``: what an incident is about, from when its deadlines count, and what of it is contained at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
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
    LangOption,
    UnjudgedSiteOption,
    YesOption,
)
from auditor.commands.incidents.doubts import doubts
from auditor.commands.incidents.ledger import WhoOption, past, role, subjects_of, written
from auditor.commands.incidents.then import newest_run, show_then
from auditor.errors import InputError
from auditor.models import clock

if TYPE_CHECKING:
    from auditor.models import Inventory, Lang, Run
    from auditor.models.incidents import Found

MAX_RUNS_BACK = 200
"""How many runs are read to learn when a finding was first seen."""


def open_incident(
    subjects: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SITE|HOST]...",
            help="The affected sites and hosts.",
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
            help=(
                "An open finding of the last audit that shows the incident, as CONTROL:PLACE; repeat the option "
                "for more."
            ),
        ),
    ] = None,
    why: Annotated[
        str | None, typer.Option("--why", metavar="TEXT", help="What was observed, in one sentence.")
    ] = None,
    when: Annotated[
        str | None,
        typer.Option(
            "--when",
            metavar="MOMENT",
            help=(
                "Time of detection, such as 2026-11-27 20:15; deadlines count from it. Default: when a finding was "
                "first seen, otherwise now."
            ),
        ),
    ] = None,
    join: Annotated[
        str | None,
        typer.Option(
            "--join", metavar="ID", help="The open incident to add this to, if several affect the same sites or hosts."
        ),
    ] = None,
    new: Annotated[
        bool, typer.Option("--new", help="Open a separate incident, even if one on the same sites or hosts is open.")
    ] = False,
    contain: Annotated[
        bool,
        typer.Option(
            "--contain", help="Contain at once what the findings name, and list what needs manual review first."
        ),
    ] = False,
    all_found: Annotated[
        bool,
        typer.Option(
            "--all-found",
            help=(
                "Open one incident for all high-confidence traces of the last hunts and reviews of these hosts and "
                "sites (default: all), and contain at once what can be contained."
            ),
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="With --all-found: only list what would be contained and what needs manual review."
        ),
    ] = False,
    yes: YesOption = False,
    unjudged: UnjudgedSiteOption = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Open an incident, or add to the one open on the same sites or hosts, and list the reports due.

    Entries are links in the history chain: they cannot be changed or deleted later.

    With --contain, whatever the findings name is contained as with 'auditor incident contain', if it can be clearly
    identified: files that only an intruder could have placed, pages, keys, accounts, scheduled jobs, units, processes.
    Sites are visited before and after: if a site no longer serves, the files, units and processes that it depends on
    are restored, except for a site in --unjudged. The rest is listed with the command to run.

    With --all-found, all certain or likely traces on the given hosts and sites go into one incident and are contained
    as with --contain, after one confirmation.

    Exit code: 0 opened, and everything requested is contained; 1 not everything is contained, or not confirmed.

    Examples:
      auditor incident open antruc.test --who "Văn phòng" --why "Trang chủ bị thay đổi" -i inventories/lab

      auditor incident open --finding CONTROL:web1 --who "Văn phòng" -i inventories/lab

      auditor incident open --finding CONTROL:web1 --contain --who "Văn phòng" -i inventories/lab

      auditor incident open --all-found web1 --who "Văn phòng" -i inventories/lab

    """
    from auditor.incidents import deciding
    from auditor.incidents.sentences import sentence
    from auditor.inventory import hosts as inventories

    known = inventories.load(inventory)
    newest, found = newest_run(known) if findings or all_found else None, []
    for named in findings or ():
        control, _, subject = named.partition(":")
        if newest is None:
            raise InputError("--finding {name}: no audit is stored", name=named, mend="run 'auditor audit' first")
        found.append(deciding.found_in(newest, control, subject))
    _check_options(
        found,
        contain=contain,
        all_found=all_found,
        dry_run=dry_run,
        unjudged=bool(unjudged),
        joins_new=join is not None and new,
    )
    left_out = given.unjudged(unjudged, known)
    named_subjects = subjects_of(known, subjects or [])
    if all_found:
        found = list(_all_found(known, newest, named_subjects, inventory, lang, yes=yes, dry_run=dry_run))
    about = tuple(dict.fromkeys((*named_subjects, *(one.subject for one in found))))
    if not about:
        raise InputError("no site, host or finding is given", mend="specify at least one site, host or --finding")
    speaker, seen = role(who), sentence("--why", why) if why is not None else None
    detected = min(past(when) or _first_seen(newest, found) or clock.now(), clock.now())
    regime = known.organisation.regime if known.organisation else "2026"
    decide = deciding.opening(about, found, detected, regime, seen, new=new, join=join)
    incident = written(known, who, decide, detected)
    doubts(known, incident, past(when), lang)
    whole = _opened(
        known, inventory, incident, speaker, found, newest if contain or all_found else None, left_out, lang
    )
    raise typer.Exit(0 if whole else 1)


def _check_options(
    found: list[Found],
    *,
    contain: bool,
    all_found: bool,
    dry_run: bool,
    unjudged: bool,
    joins_new: bool,
) -> None:
    """Raise InputError for options that have nothing to be about."""
    if contain and not (found or all_found):
        raise InputError(
            "--contain requires findings", mend="name one with --finding, or use 'auditor incident contain'"
        )
    if unjudged and not (contain or all_found):
        raise InputError(
            "--unjudged works only with --contain", mend="omit it, or use --contain to contain what the findings name"
        )
    if joins_new:
        raise InputError("--join and --new contradict each other", mend="omit one of them")
    if all_found and found:
        raise InputError("--all-found already includes every finding", mend="omit --finding")
    if dry_run and not all_found:
        raise InputError(
            "--dry-run works only with --all-found", mend="omit it, or use 'auditor incident contain --dry-run'"
        )


def _all_found(
    known: Inventory,
    newest: Run | None,
    named: tuple[str, ...],
    inventory: Path,
    lang: Lang,
    *,
    yes: bool,
    dry_run: bool,
) -> Iterator[Found]:
    """All that the last hunts and reviews are sure of there, once a person has agreed. Raises InputError for what was not looked at, Exit for nothing to do."""
    from auditor.audit.evaluate import MAX_VIOLATIONS
    from auditor.commands.incidents.hosts import hosts_of
    from auditor.commands.shown import console
    from auditor.commands.shown.doing import confirmed
    from auditor.commands.shown.incidents import show_found
    from auditor.incidents.response.alarms import alarms
    from auditor.incidents.response.at_once import responses_to
    from auditor.models.incidents import Found
    from auditor.text.words import Words

    words, hosts = Words(lang), hosts_of(known, named) if named else known.hosts
    seen = {one.host for one in newest.hunts} if newest else set()
    unseen = [host.name for host in hosts if host.name not in seen]
    if newest is None or (unseen and (named or len(unseen) == len(hosts))):
        raise InputError(
            "no hunt on {hosts} is stored", hosts=", ".join(unseen), mend="run 'auditor hunt --limit {hosts}' first"
        )
    open_ones = alarms(newest, hosts)
    found = responses_to(open_ones, hosts)
    if not found:
        moments = [words.moment(one.started) for one in newest.hunts if one.host in {host.name for host in hosts}]
        console.out.print(console.escape(words("incidents.all_found.none", when=", ".join(dict.fromkeys(moments)))))
        raise typer.Exit(0)
    if dry_run or not yes:
        show_found(found, words)
    if any(len(one.violations) >= MAX_VIOLATIONS for one in open_ones):
        console.out.print(words("incidents.all_found.more", most=str(MAX_VIOLATIONS)), soft_wrap=True)
    if dry_run:
        raise typer.Exit(0)
    if not yes:
        if not sys.stdin.isatty():
            raise InputError(
                "cannot ask for confirmation: this is not an interactive terminal",
                mend="add --yes to open the incident and contain these",
            )
        if not confirmed(words("incidents.all_found.ask"), words):
            raise typer.Exit(1)
    yield from (Found(control=one.control, subject=one.subject.id, run=newest.id) for one in open_ones)


def _opened(
    known: Inventory,
    inventory: Path,
    incident: str,
    who: str,
    found: Sequence[Found],
    newest: Run | None,
    left_out: frozenset[str],
    lang: Lang,
) -> bool:
    """Show what was opened, contain what ``newest`` has of it, and tell the offices; return whether all of it is contained."""
    from auditor.commands.incidents import notify
    from auditor.commands.shown import incidents as shown
    from auditor.history.incidents import Incidents
    from auditor.incidents.case import fold

    shown.case(fold(incident, Incidents().one(known.path, incident)), lang)
    whole = True
    if newest is not None:
        from auditor.commands.incidents.at_once import contain_at_once

        about_these = {(one.control, one.subject) for one in found}
        open_ones = [one for one in newest.findings if (one.control, one.subject.id) in about_these]
        whole = contain_at_once(known, inventory, incident, who, open_ones, lang, left_out, newest.hunts)
    notify.at_once(known, incident, who, lang)
    show_then(known, incident, inventory, lang)
    return whole


def _first_seen(newest: Run | None, found: Sequence[Found]) -> datetime | None:
    """Return when what the incident is about was first seen; None without findings."""
    from auditor.history.runs import History
    from auditor.incidents import detection

    if newest is None or not found:
        return None
    history, named = History(), {(one.control, one.subject) for one in found}
    earlier = (history.run(entry.id) for entry in history.entries(newest.inventory, limit=MAX_RUNS_BACK))
    return detection.first_seen([one for one in newest.findings if (one.control, one.subject.id) in named], earlier)
