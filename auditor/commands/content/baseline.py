"""``auditor baseline``: single traces that an office accepts on its sites and hosts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from auditor.commands.options import completions
from auditor.commands.options.common import DEFAULT_INVENTORY, DEFAULT_LANG, InventoryOption, JsonOption, LangOption
from auditor.errors import InputError, find_nearest_known_name
from auditor.models import clock

if TYPE_CHECKING:
    from datetime import date

    from auditor.models import Inventory, Trace

app = typer.Typer(
    help="Accepted traces: accept, list, withdraw.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
SiteArgument = Annotated[
    str,
    typer.Argument(
        metavar="SITE|HOST",
        help="Domain of the site, or name of the host.",
        autocompletion=completions.complete_hosts_and_sites,
    ),
]
KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="Key of the trace, as shown by the audit.")]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Reason, in one sentence.")]


def _parse_day(value: str) -> date:
    try:
        return clock.parse_day(value)
    except ValueError:
        raise typer.BadParameter(f"{value}: not a date; write it as 2026-12-31") from None


@app.command("accept")
def accept_trace(
    site: SiteArgument,
    key: KeyArgument,
    reason: ReasonOption,
    approver: Annotated[
        str, typer.Option("--approver", metavar="ROLE", help="Office role that decided, never a person's name.")
    ],
    inventory: InventoryOption = DEFAULT_INVENTORY,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="DATE", help="Last day of validity; default: until withdrawn."),
    ] = None,
    despite: Annotated[
        bool,
        typer.Option(
            "--despite-high-confidence", help="Accept a high-confidence trace, even though it may be a backdoor."
        ),
    ] = False,
    second: Annotated[
        str | None,
        typer.Option("--second", metavar="ROLE", help="A second office role that agreed; required for such a trace."),
    ] = None,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Accept one trace on one site or host: it is no longer a finding, and every report states who accepted it.

    A certain or likely trace is treated as an intruder's until proven otherwise: open an incident for it. It can be
    accepted only with --despite-high-confidence and two office roles.

    Content injected later has a different key and is still reported.

    Example:
      auditor baseline accept antruc.test 0123456789abcdef --reason "Trang đặt lịch của xã" --approver "Chánh Văn phòng" -i inventories/lab

    """  # noqa: E501  an example of a command stays on one line
    from pydantic import ValidationError

    from auditor.commands.output import console
    from auditor.errors import get_place_and_message_of_first_error
    from auditor.history.hunts import HuntHistory
    from auditor.history.scans import ScanHistory
    from auditor.models import TraceAcceptance
    from auditor.text.translations import Words

    inventory_data = _load_inventory_having_site_or_host(inventory, site)
    looks = ScanHistory()
    last_scan = looks.load_latest_look_by_site(inventory_data.path).get(site) or HuntHistory().load_latest_hunt_by_host(
        inventory_data.path
    ).get(site)
    there = {trace.key: trace for trace in last_scan.traces} if last_scan is not None else {}
    if key not in there:
        raise InputError(
            "the last review of {site} did not find a trace with the key {key}",
            site=site,
            key=key,
            mend="see 'auditor audit', or 'auditor review' the site, or 'auditor hunt' on the host",
            guess=find_nearest_known_name(key, there),
        )
    _check_alarm_acceptance_is_agreed(site, there[key], approver, second, despite=despite)
    last = _parse_day(until) if until is not None else None
    if last is not None and last < clock.today():
        raise InputError("--until {day}: this day has passed", day=last, mend="use a future day, or omit the option")
    try:
        acceptance = TraceAcceptance(
            site=site,
            key=key,
            reason=_require_nonempty_reason(reason),
            approver=approver,
            granted=clock.today(),
            until=last,
            second=second,
        )
    except ValidationError as error:
        place, why = get_place_and_message_of_first_error(error)
        raise InputError(
            "--{option} is not valid: {why}",
            option=".".join(map(str, place)),
            why=why,
            mend="see 'auditor baseline accept --help'",
        ) from error
    looks.store_trace_acceptance(inventory_data.path, acceptance)
    console.out.print(Words(lang)("baseline.accepted", site=site, trace=key), markup=False)


def _check_alarm_acceptance_is_agreed(
    site: str, trace: Trace, approver: str, second: str | None, *, despite: bool
) -> None:
    """Raise InputError for a trace that gives the alarm and that one role alone, or nobody knowingly, would silence."""
    if trace.certainty == "weak":
        return
    if not despite:
        raise InputError(
            "the trace {key} on {site} has high confidence, and accepting it would silence the alarm",
            key=trace.key,
            site=site,
            mend=(
                "open an incident with 'auditor incident open --all-found {site}'; if it belongs to the office, "
                "add --despite-high-confidence and --second ROLE"
            ),
        )
    if second is None or second.strip().casefold() == approver.strip().casefold():
        raise InputError(
            "two office roles must accept a high-confidence trace",
            mend="name a role other than the approver with --second",
        )


@app.command("list")
def list_accepted_traces(
    inventory: InventoryOption = DEFAULT_INVENTORY, as_json: JsonOption = False, lang: LangOption = DEFAULT_LANG
) -> None:
    """List the accepted traces of each site and host: who accepted them, why and until when.

    Example:
      auditor baseline list -i inventories/lab

    """
    from auditor.commands.output import console
    from auditor.commands.output.reviews import build_acceptances_table
    from auditor.history.scans import ScanHistory
    from auditor.inventory import hosts as inventories
    from auditor.text.translations import Words

    acceptances = ScanHistory().load_acceptances(inventories.load_inventory(inventory).path)
    if as_json:
        typer.echo(
            json.dumps([acceptance.model_dump(mode="json") for acceptance in acceptances], ensure_ascii=False, indent=1)
        )
    elif acceptances:
        console.out.print(build_acceptances_table(acceptances, Words(lang), clock.today()))
    else:
        console.out.print(Words(lang)("baseline.none"))


@app.command("withdraw")
def withdraw_acceptance_of_trace(
    site: SiteArgument,
    key: KeyArgument,
    reason: ReasonOption,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Withdraw an acceptance: from now on, the trace is a finding again.

    Example:
      auditor baseline withdraw antruc.test 0123456789abcdef --reason "Trang đã gỡ" -i inventories/lab

    """
    from auditor.commands.output import console
    from auditor.history.scans import ScanHistory
    from auditor.text.translations import Words

    inventory_data = _load_inventory_having_site_or_host(inventory, site)
    if not re.fullmatch("[0-9a-f]{16}", key):
        raise InputError("{key} is not the key of a trace", key=key, mend="see 'auditor baseline list'")
    ScanHistory().withdraw_trace_acceptance(inventory_data.path, site, key, _require_nonempty_reason(reason))
    console.out.print(Words(lang)("baseline.withdrawn", site=site, trace=key), markup=False)


def _require_nonempty_reason(reason: str) -> str:
    if not reason.strip():
        raise InputError("--reason is empty", mend="state the reason in one sentence")
    return reason.strip()[:500]


def _load_inventory_having_site_or_host(path: Path, site: str) -> Inventory:
    """Return the inventory that has the site, or the host of that name. Raises InputError when it has neither."""
    from auditor.inventory import hosts as inventories

    inventory_data = inventories.load_inventory(path)
    names = [
        *(listed_site.domain for listed_site in inventory_data.sites),
        *(listed_host.name for listed_host in inventory_data.hosts),
    ]
    if site not in names:
        raise InputError(
            "the inventory has no site or host {site}",
            site=site,
            mend="see 'auditor inventory check'",
            guess=find_nearest_known_name(site, names),
        )
    return inventory_data
