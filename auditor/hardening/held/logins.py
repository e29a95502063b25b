"""Who gets into a host over SSH, as the ssh role judges it: the auditor's door to that one judge. No I/O but its loading.

``data`` are a host's facts by area, as plain data.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

from auditor.audit.controls import Fix, having
from auditor.audit.effects import Effect
from auditor.models import ControlId
from auditor.system import resources

Facts = Mapping[str, Any]
AREAS = ("accounts", "ssh", "sudo", "ways")


@cache
def judge() -> Any:
    """The role's own module: plays without the auditor have nothing else."""
    spec = spec_from_file_location("luytre_ways", resources.roles() / "ssh" / "filter_plugins" / "ways.py")
    if spec is None or spec.loader is None:
        raise ImportError("the ssh role has no judge of ways in")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def known(data: Facts) -> bool:
    """Whether accounts, sudo and sshd of the host could be read."""
    told = all(area in data for area in AREAS) and "grants" in data["sudo"]
    return told and data["ssh"]["effective"] is not None


def decisive(
    fixes: Mapping[ControlId, Fix], networks: Iterable[str] = (), closed: Collection[str] = ()
) -> dict[ControlId, Callable[[Any], Any]]:
    """Those of the controls that decide who gets in, with what they do to that.

    ``networks`` are the only ones that may reach sshd, ``closed`` the accounts whose shells are taken.
    """
    allowed, shut = tuple(networks), frozenset(closed)
    changes = {Effect.TAKES_SHELLS: lambda now: replace(now, closed=now.closed | shut)}
    if allowed:
        changes = {Effect.CLOSES_OTHER_NETWORKS: lambda now: replace(now, networks=allowed), **changes}
    known = {control: change for control, change in judge().EFFECTS.items() if control in fixes}
    more = {control: change for effect, change in changes.items() for control in having(fixes, effect)}
    return {**known, **more}


def lost(data: Facts, admins: Iterable[str], effects: Mapping[str, Any], accepted: Collection[str]) -> list[Any]:
    """The ways that the controls take, one control after the other; each a ``Loss`` of the role's."""
    found: list[Any] = judge().losses(judge().state(data), judge().ways(data, admins), effects, accepted)
    return found


def lost_to_us(
    data: Facts, account: str, source: str, port: int, effects: Mapping[str, Any], closing: Collection[ControlId]
) -> tuple[ControlId, ...]:
    """The controls of which each alone, or together with those before it, takes the way by which the facts came.

    Where that way does not look open even now, nobody knows what it hangs on: then those that close passwords, ``closing``.
    """
    rules, now = judge(), judge().state(data)
    way = rules.own(data, account, source)
    now = now.about([way])
    at = {port} if port in now.of(way) else set(now.of(way))
    if not at <= rules.open_on(way, now):
        return tuple(control for control in effects if control in closing)
    taking, kept = [], now
    for control, effect in effects.items():
        after = effect(kept)
        if at <= rules.open_on(way, after):
            kept = after
        else:
            taking.append(control)
    return tuple(taking)


def opens(data: Facts, account: str) -> bool:
    """Whether a key alone opens the account from somewhere."""
    found: bool = judge().opens(data, account)
    return found


def ways_in(data: Facts) -> list[str]:
    """The accounts that could administer the host with a key: root, and those whom sudo lets do anything."""
    found: list[str] = judge().ways_in(data)
    return found


def within(source: str, networks: Iterable[str]) -> bool:
    """Whether an address may come in where only these networks may."""
    found: bool = judge().within(source, networks)
    return found
