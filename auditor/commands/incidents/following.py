"""``auditor incident next`` and ``close``: what comes next, to the end, and all that is in the way of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.commands.given.options import DEFAULT_INVENTORY, DEFAULT_LANG, InventoryOption, JsonOption, LangOption
from auditor.commands.incidents.ledger import IncidentArgument, WhoOption, role, written
from auditor.models import clock

if TYPE_CHECKING:
    from auditor.incidents.case import Case
    from auditor.models import Inventory


def next_step(
    incident: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="Incident ID; default: the open incident with the earliest due report."),
    ] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Print the next step of an incident, its exact command, and the time left for each report that is due.

    The step depends on the case log and the newest audit, in this order: containment, evidence, the first reports,
    manual review and manual steps, another check, the full report, the closing form, closing. The office role in the
    command is the one that acted last: replace it with your own.

    Exit code: 0 there is a step, or no incident is open.

    Example:
      auditor incident next SC-20261127-1 -i inventories/lab

    """
    from auditor.commands.incidents.then import step_of
    from auditor.commands.shown import console
    from auditor.inventory import hosts as inventories
    from auditor.text.words import Words

    known, words, now = inventories.load(inventory), Words(lang), clock.now()
    case = _chosen(known, incident)
    if case is None or not case.open:
        said = words("incidents.next.none") if case is None else words("incidents.next.closed", incident=case.id)
        typer.echo("null" if as_json else console.escape(said))
        return
    step, shown = step_of(known, case, inventory, lang, now)
    if as_json:
        typer.echo(json.dumps(shown.as_data(step), ensure_ascii=False, indent=1))
    else:
        for line in shown.lines(step):
            console.out.print(line, markup=False, soft_wrap=True, highlight=False)


def close(
    incident: IncidentArgument,
    cause: Annotated[
        str, typer.Option("--cause", metavar="TEXT", help="How the intruder got in, or why that is not known.")
    ],
    who: WhoOption,
    control: Annotated[
        str | None,
        typer.Option(
            "--control",
            metavar="CONTROL:SITE|HOST",
            help="The open control that allowed the incident; a later audit shows that it is met.",
        ),
    ] = None,
    gone: Annotated[
        list[str] | None,
        typer.Option(
            "--gone",
            metavar="SITE|HOST",
            help=(
                "A site or host that left the inventory and is no longer in service, so it cannot be checked; "
                "repeat the option for more."
            ),
        ),
    ] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    as_json: JsonOption = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Close an incident that has no report due, a clean audit since, and a closing form.

    Lists all obstacles to closing at once, each with the command that removes it.

    Exit code: 0 closed, 2 an obstacle remains.

    Example:
      auditor incident close SC-20261127-1 --cause "Mật khẩu quản trị bị lộ" --who "Chánh Văn phòng" -i inventories/lab

    """
    from auditor.commands.incidents import steps
    from auditor.commands.shown import console
    from auditor.errors import MISTAKE
    from auditor.history.incidents import Incidents
    from auditor.history.runs import History
    from auditor.incidents import closing
    from auditor.incidents.deciding import still_open
    from auditor.incidents.sentences import sentence
    from auditor.inventory import hosts as inventories
    from auditor.text.words import Words

    known, now = inventories.load(inventory), clock.now()
    where = control.partition(":")[::2] if control else None
    newest, speaker = History().latest(known.path), role(who)
    case = still_open(Incidents().all(known.path), incident)
    root = closing.Cause(sentence("--cause", cause), where, closing.check_gone(case, known.hosts, gone or ()))
    shown = steps.Shown(case, str(inventory), Words(lang), now, speaker)
    left = list(closing.obstacles(case, newest, known.hosts, now, root))
    if left:
        if as_json:
            typer.echo(json.dumps([shown.obstacle_data(one) for one in left], ensure_ascii=False, indent=1))
        else:
            for line in shown.obstacles(left):
                console.err.print(line, markup=False, soft_wrap=True, highlight=False)
        raise typer.Exit(MISTAKE)
    written(known, who, closing.closing(incident, root, newest, known.hosts, now))
    if as_json:
        typer.echo("[]")
    else:
        console.out.print(Words(lang)("incidents.closed.now", incident=incident), markup=False, soft_wrap=True)


def _chosen(known: Inventory, incident: str | None) -> Case | None:
    """The incident that is named, or of the open ones the one of which something is owed first. Raises InputError for one that is none."""
    from auditor.history.incidents import Incidents
    from auditor.incidents.case import cases, fold

    if incident is not None:
        return fold(incident, Incidents().one(known.path, incident))
    some = [case for case in cases(Incidents().all_known(known.path)) if case.open]
    some = [case for case in some if case.owed()] or some
    return min(some, key=lambda case: min((due.by for due in case.owed()), default=case.detected), default=None)
