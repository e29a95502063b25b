"""Who gets into a host over SSH, as the ssh role judges it: the auditor's door to that one judge.

No I/O but its loading.

``data`` are a host's facts by area, as plain data.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

from auditor.audit.controls import Fix, select_controls_by_fix_effects
from auditor.audit.effects import Effect
from auditor.models import ControlId
from auditor.system import resources

Facts = Mapping[str, Any]
AREAS = ("accounts", "ssh", "sudo", "ways")


@cache
def load_ways_module_of_ssh_role() -> Any:
    """Return the role's own module: plays without the auditor have nothing else."""
    spec = spec_from_file_location(
        "luytre_ways", resources.get_roles_folder() / "ssh" / "module_utils" / "luytre_ssh_ways.py"
    )
    if spec is None or spec.loader is None:
        raise ImportError("the ssh role has no judge of ways in")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def has_facts_on_accounts_sudo_and_sshd(data: Facts) -> bool:
    """Return whether accounts, sudo and sshd of the host could be read."""
    has_areas = all(area in data for area in AREAS) and "grants" in data["sudo"]
    return has_areas and data["ssh"]["effective"] is not None


def select_controls_that_change_ssh_access(
    fixes: Mapping[ControlId, Fix], networks: Iterable[str] = (), closed_accounts: Collection[str] = ()
) -> dict[ControlId, Callable[[Any], Any]]:
    """Return those of the controls that decide who gets in, with what they do to that.

    ``networks`` are the only ones that may reach sshd, ``closed_accounts`` the accounts whose shells are taken.
    """
    allowed_networks, shut = tuple(networks), frozenset(closed_accounts)
    changes = {Effect.TAKES_SHELLS: lambda now: replace(now, closed_accounts=now.closed_accounts | shut)}
    if allowed_networks:
        changes = {Effect.CLOSES_OTHER_NETWORKS: lambda now: replace(now, networks=allowed_networks), **changes}
    known_changes = {
        control: change for control, change in load_ways_module_of_ssh_role().EFFECTS.items() if control in fixes
    }
    more = {
        control: change
        for effect, change in changes.items()
        for control in select_controls_by_fix_effects(fixes, effect)
    }
    return {**known_changes, **more}


def find_ways_in_lost_to_controls(
    data: Facts, admins: Iterable[str], effects: Mapping[str, Any], accepted_names: Collection[str]
) -> list[Any]:
    """Return the ways that the controls take, one control after the other; each a ``Loss`` of the role's."""
    losses: list[Any] = load_ways_module_of_ssh_role().losses(
        load_ways_module_of_ssh_role().state(data),
        load_ways_module_of_ssh_role().ways(data, admins),
        effects,
        accepted_names,
    )
    return losses


def find_controls_that_take_our_own_way_in(
    data: Facts,
    account: str,
    source: str,
    port: int,
    effects: Mapping[str, Any],
    closing_controls: Collection[ControlId],
) -> tuple[ControlId, ...]:
    """Return the controls of which each alone, or together with those before it, takes the way by which the facts came.

    Where that way does not look open even now, nobody knows what it hangs on: then those that close passwords,
    ``closing_controls``.
    """
    rules, now = load_ways_module_of_ssh_role(), load_ways_module_of_ssh_role().state(data)
    way = rules.own(data, account, source)
    now = now.about([way])
    at = {port} if port in now.of(way) else set(now.of(way))
    if not at <= rules.open_on(way, now):
        return tuple(control for control in effects if control in closing_controls)
    taking_controls, current_state = [], now
    for control, effect in effects.items():
        after = effect(current_state)
        if at <= rules.open_on(way, after):
            current_state = after
        else:
            taking_controls.append(control)
    return tuple(taking_controls)


def can_key_alone_open_account(data: Facts, account: str) -> bool:
    """Return whether a key alone opens the account from somewhere."""
    is_open: bool = load_ways_module_of_ssh_role().opens(data, account)
    return is_open


def list_accounts_able_to_administer_by_key(data: Facts) -> list[str]:
    """Return the accounts that could administer the host with a key: root, and those whom sudo lets do anything."""
    accounts: list[str] = load_ways_module_of_ssh_role().ways_in(data)
    return accounts


def is_address_within_networks(address: str, networks: Iterable[str]) -> bool:
    """Return whether an address may come in where only these networks may."""
    is_inside: bool = load_ways_module_of_ssh_role().within(address, networks)
    return is_inside
