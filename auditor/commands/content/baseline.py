"""``auditor baseline``: single traces that an office accepts on its sites and hosts."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import typer
from pydantic import ValidationError

from auditor.commands.output import console
from auditor.commands.output.reviews import build_acceptances_table
from auditor.commands.verbs.content import (
    BaselineAcceptOptions,
    BaselineListOptions,
    BaselineWithdrawOptions,
)
from auditor.errors import InputError, find_nearest_known_name, get_place_and_message_of_first_error
from auditor.history.hunts import HuntHistory
from auditor.history.scans import ScanHistory
from auditor.inventory import hosts as inventories
from auditor.models import Inventory, Trace, TraceAcceptance, clock
from auditor.text.translations import Words


def _parse_day(value: str) -> date:
    try:
        return clock.parse_day(value)
    except ValueError:
        raise typer.BadParameter(f"{value}: not a date; write it as 2026-12-31") from None


def accept_trace(options: BaselineAcceptOptions) -> None:
    """Run ``auditor baseline accept``."""
    inventory_data = _load_inventory_having_site_or_host(options.inventory, options.site)
    looks = ScanHistory()
    last_scan = looks.load_latest_look_by_site(inventory_data.path).get(
        options.site
    ) or HuntHistory().load_latest_hunt_by_host(inventory_data.path).get(options.site)
    there = {trace.key: trace for trace in last_scan.traces} if last_scan is not None else {}
    if options.key not in there:
        raise InputError(
            "the last review of {site} did not find a trace with the key {key}",
            site=options.site,
            key=options.key,
            mend="see 'auditor audit', or 'auditor review' the site, or 'auditor hunt' on the host",
            guess=find_nearest_known_name(options.key, there),
        )
    _check_alarm_acceptance_is_agreed(
        options.site, there[options.key], options.approver, options.second, despite=options.despite
    )
    last = _parse_day(options.until) if options.until is not None else None
    if last is not None and last < clock.today():
        raise InputError("--until {day}: this day has passed", day=last, mend="use a future day, or omit the option")
    try:
        acceptance = TraceAcceptance(
            site=options.site,
            key=options.key,
            reason=_require_nonempty_reason(options.reason),
            approver=options.approver,
            granted=clock.today(),
            until=last,
            second=options.second,
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
    console.out.print(Words(options.lang)("baseline.accepted", site=options.site, trace=options.key), markup=False)


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


def list_accepted_traces(options: BaselineListOptions) -> None:
    """Run ``auditor baseline list``."""
    acceptances = ScanHistory().load_acceptances(inventories.load_inventory(options.inventory).path)
    if options.as_json:
        typer.echo(
            json.dumps([acceptance.model_dump(mode="json") for acceptance in acceptances], ensure_ascii=False, indent=1)
        )
    elif acceptances:
        console.out.print(build_acceptances_table(acceptances, Words(options.lang), clock.today()))
    else:
        console.out.print(Words(options.lang)("baseline.none"))


def withdraw_acceptance_of_trace(options: BaselineWithdrawOptions) -> None:
    """Run ``auditor baseline withdraw``."""
    inventory_data = _load_inventory_having_site_or_host(options.inventory, options.site)
    if not re.fullmatch("[0-9a-f]{16}", options.key):
        raise InputError("{key} is not the key of a trace", key=options.key, mend="see 'auditor baseline list'")
    ScanHistory().withdraw_trace_acceptance(
        inventory_data.path, options.site, options.key, _require_nonempty_reason(options.reason)
    )
    console.out.print(Words(options.lang)("baseline.withdrawn", site=options.site, trace=options.key), markup=False)


def _require_nonempty_reason(reason: str) -> str:
    if not reason.strip():
        raise InputError("--reason is empty", mend="state the reason in one sentence")
    return reason.strip()[:500]


def _load_inventory_having_site_or_host(path: Path, site: str) -> Inventory:
    """Return the inventory that has the site, or the host of that name. Raises InputError when it has neither."""
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
