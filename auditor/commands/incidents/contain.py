"""``auditor incident contain`` and ``release``.

Addresses, files, paths and sites contained on an incident's hosts, and back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

import typer

from auditor.commands.incidents.case_log import parse_office_role
from auditor.commands.incidents.hosts import require_hosts_of_incident, select_hosts
from auditor.commands.incidents.next_steps import show_next_step_of_open_incident
from auditor.commands.options.selection import parse_unjudged_sites
from auditor.commands.output import console
from auditor.commands.output.incidents import ActionReporter
from auditor.commands.verbs.incidents.response import (
    IncidentCleanOptions,
    IncidentContainOptions,
    IncidentReleaseOptions,
)
from auditor.errors import InputError, find_nearest_known_name
from auditor.history.incidents import IncidentStore
from auditor.incidents import descriptions, transitions
from auditor.incidents.actions.base import ActionKind
from auditor.incidents.actions.registry import ACTION_KINDS, CONTAINMENT_KINDS, ERADICATION_KINDS
from auditor.incidents.containment import ActionPlan, ActionRequest, Responder
from auditor.incidents.health_check import check_sites_and_undo_actions_breaking_them
from auditor.inventory import hosts as inventories
from auditor.inventory.reach import Reach, load_reach
from auditor.models import Host, Inventory, Lang, clock
from auditor.models.incidents import ContainedEvent
from auditor.models.response_actions import Means
from auditor.results.containment import describe_containment_target
from auditor.text.translations import Words

type Besides = Callable[[Iterable[str]], Iterator[ActionRequest]]


_UNITS = {"m": 60, "h": 3_600, "d": 86_400}
MIN_SECONDS, MAX_SECONDS = 600, 30 * 86_400
"""Seconds: less is over before it is looked at, more outlives whoever holds the address."""
DEFAULT_TIME = "24h"


def contain_incident(options: IncidentContainOptions) -> None:
    """Run ``auditor incident contain``."""
    request = ResponseCommand.from_options(options)
    inventory_data = request.load_validated_inventory()
    requests = list(parse_action_requests(options.words_typed, CONTAINMENT_KINDS, options.duration, inventory_data))
    raise typer.Exit(0 if request.carry_out_actions_on_hosts(inventory_data, requests, dry_run=options.dry_run) else 1)


@dataclass(frozen=True)
class ResponseCommand:
    """The options that ``contain`` and ``clean`` share, without the things themselves."""

    incident: str
    who: str
    hosts: list[str] | None
    unjudged_sites: list[str] | None
    inventory: Path
    lang: Lang
    as_json: bool = False

    @classmethod
    def from_options(cls, options: IncidentContainOptions | IncidentCleanOptions) -> Self:
        """Return those of a verb's options that both have."""
        return cls(**{option.name: getattr(options, option.name) for option in fields(cls)})

    def load_validated_inventory(self) -> Inventory:
        """Return the inventory. Raises InputError for one that cannot be read."""
        return inventories.load_inventory(self.inventory)

    def carry_out_actions_on_hosts(
        self,
        inventory_data: Inventory,
        requests: Sequence[ActionRequest],
        *,
        dry_run: bool,
        besides: Besides | None = None,
    ) -> bool:
        """Contain or clean it on the incident's hosts, one after the other, and show what each step came to.

        Return whether all is done.

        ``besides``: what of that a step finds to be done, too. Raises InputError for the first that must not be begun,
        after all others.
        """
        ways, ledgers = load_reach(self.inventory), IncidentStore()
        left_out = parse_unjudged_sites(self.unjudged_sites, inventory_data)
        case = transitions.get_open_case(ledgers.load_case_logs_of_inventory(inventory_data.path), self.incident)
        todo = list(
            pair_requests_with_hosts(
                requests, select_hosts(require_hosts_of_incident(inventory_data, case), self.hosts)
            )
        )
        command = Responder(inventory_data.path, self.incident, parse_office_role(self.who), ways, ledgers, left_out)
        reporter, errors = ActionReporter(Words(self.lang), as_json=self.as_json), list[InputError]()
        for host in {there.name: there for there, _ in todo}.values():
            here = [host_request for there, host_request in todo if there is host]
            if dry_run:
                for request, plan in iter_planned_actions_on_host(command, host, here, besides):
                    reporter.report_planned_action(request, host.name, plan)
                continue
            for came_to in check_sites_and_undo_actions_breaking_them(
                command,
                host,
                iter_carried_out_actions_on_host(command, host, here, errors, besides),
                get_ca_file_for_sites_of_host(ways, host),
            ):
                reporter.report_outcome_of_action_or_site(came_to)
        reporter.report_summary_and_print_json()
        if errors:
            raise errors[0]
        if not (dry_run or self.as_json):
            show_next_step_of_open_incident(inventory_data, self.incident, self.inventory, self.lang)
        return reporter.well


def undo_containment_actions(options: IncidentReleaseOptions) -> None:
    """Run ``auditor incident release``."""
    inventory_data = inventories.load_inventory(options.inventory)
    ledgers, words = IncidentStore(), Words(options.lang)
    actions = transitions.select_actions_to_release(
        options.incident, options.numbers or (), clock.now(), ledgers.load_case_logs_of_inventory(inventory_data.path)
    )
    if not actions:
        console.out.print(words("incidents.nothing_contained"))
        return
    command = Responder(
        inventory_data.path, options.incident, parse_office_role(options.who), load_reach(options.inventory), ledgers
    )
    is_complete = True
    for action in actions:
        came_to = command.release(action)
        line = (
            f"{descriptions.describe_case_log_event(came_to, words)} ("
            f"{describe_containment_target(action.means, action.what, words)})"
        )
        console.out.print(console.escape_markup(line), soft_wrap=True)
        is_complete = is_complete and came_to.state == "released"
    show_next_step_of_open_incident(inventory_data, options.incident, options.inventory, options.lang)
    raise typer.Exit(0 if is_complete else 1)


def iter_carried_out_actions_on_host(
    command: Responder,
    host: Host,
    requests: Iterable[ActionRequest],
    errors: list[InputError],
    besides: Besides | None = None,
) -> Iterator[ContainedEvent]:
    """Contain or clean one thing after the other; yield each as it is done.

    ``errors`` receives what must not be begun, such as what is contained already: whoever types the same command again
    after an interruption gets the rest. Sites are visited after everything is done.
    """
    for request in requests:
        try:
            came_to = command.contain(host, request)
        except InputError as error:
            errors.append(error)
            continue
        yield came_to
        if besides is not None:
            yield from iter_carried_out_actions_on_host(command, host, besides(came_to.found), errors)


def iter_planned_actions_on_host(
    command: Responder, host: Host, requests: Iterable[ActionRequest], besides: Besides | None = None
) -> Iterator[tuple[ActionRequest, ActionPlan]]:
    """Yield the same of what would be done."""
    for request in requests:
        plan = command.plan(host, request)
        yield request, plan
        if besides is not None:
            yield from iter_planned_actions_on_host(command, host, besides(plan.found_paths))


def get_ca_file_for_sites_of_host(reach_by_host: Mapping[str, Reach], host: Host) -> str | None:
    """Return the authority by which certificates of a host's sites are judged besides the usual ones."""
    return reach_by_host[host.name].ca_file if host.name in reach_by_host else None


def parse_action_requests(
    words_typed: Sequence[str],
    kinds: Mapping[Means, ActionKind],
    duration: str | None = None,
    inventory: Inventory | None = None,
) -> Iterator[ActionRequest]:
    """Yield, for each pair of words, what it asks for.

    The host is the one of the ``inventory`` that the second word begins with, as in ``web1:/tmp/x``.

    Raises InputError for what is none, and for a time that nothing has.
    """
    if len(words_typed) % 2:
        raise InputError(
            "{means} must be followed by its target", means=words_typed[-1], mend="write pairs: ACTION TARGET"
        )
    seconds, has_timed_action = _parse_duration(duration or DEFAULT_TIME), False
    names = {host.name for host in inventory.hosts} if inventory is not None else set()
    requests: dict[ActionRequest, None] = {}
    for name, what in zip(words_typed[::2], words_typed[1::2], strict=True):
        means = next((known_means for known_means in kinds if known_means == name), None)
        if means is None and name in ACTION_KINDS:
            raise InputError(
                "'{means}' belongs to 'auditor incident {verb}'",
                means=name,
                verb="clean" if name in ERADICATION_KINDS else "contain",
                mend="use 'auditor incident {verb}' instead",
            )
        if means is None:
            raise InputError(
                "there is no action {means}",
                means=name,
                mend="one of: {known}",
                known=", ".join(kinds),
                guess=find_nearest_known_name(name, kinds),
            )
        kind = kinds[means]
        has_timed_action = has_timed_action or kind.has_end
        host, colon, rest = what.partition(":")
        only, target = (host, rest) if colon and host in names else ("", what)
        requests[ActionRequest(means, kind.read(target), seconds if kind.has_end else None, only_host=only)] = None
    if duration is not None and not has_timed_action:
        raise InputError(
            "--for works only with time-limited actions", mend="all others last until 'auditor incident release'"
        )
    yield from requests


def pair_requests_with_hosts(
    requests: Sequence[ActionRequest], hosts: tuple[Host, ...]
) -> Iterator[tuple[Host, ActionRequest]]:
    """Yield what is to be contained or cleaned with each host where it is.

    Raises InputError for what must not be begun.
    """
    for request in requests:
        kind = ACTION_KINDS[request.means]
        for host in kind.hosts(request.what, select_hosts(hosts, [request.only_host] if request.only_host else None)):
            kind.build_question(host, request.what)
            yield host, request


def _parse_duration(text: str) -> int:
    match = re.fullmatch(r"([1-9][0-9]{0,5})([mhd])", text.strip())
    seconds = int(match[1]) * _UNITS[match[2]] if match else 0
    if not MIN_SECONDS <= seconds <= MAX_SECONDS:
        raise InputError(
            "--for {time} is not a duration from 10 minutes to 30 days", time=text, mend="write it like 24h"
        )
    return seconds
