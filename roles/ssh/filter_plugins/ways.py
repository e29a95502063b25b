"""Tell plays who gets in over SSH, and who no longer would, as the role's one judge of that says."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

Facts = Mapping[str, Any]


def _load_judge() -> Any:
    """Return the module of the role that judges ways: filters have no package that both could lie in."""
    spec = spec_from_file_location("luytre_ways", Path(__file__).parents[1] / "module_utils" / "luytre_ssh_ways.py")
    if spec is None or spec.loader is None:
        raise ImportError("the ssh role has no judge of ways in")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


JUDGE = _load_judge()


def _areas(areas: Mapping[str, Facts]) -> dict[str, Facts]:
    return {area: areas[area]["data"] for area in ("accounts", "ssh", "sudo", "ways")}


def list_taken_ways(
    areas: Mapping[str, Facts], controls: Iterable[str], admins: Iterable[str], acceptances: Any
) -> list[Facts]:
    """Return the ways that controls would take though nobody accepted it, as ``{control, who}``."""
    data = _areas(areas)
    control_ids = set(controls)
    effects = {control: effect for control, effect in JUDGE.EFFECTS.items() if control in control_ids}
    results = JUDGE.losses(JUDGE.state(data), JUDGE.ways(data, admins), effects, _parse_names(acceptances))
    return [{"control": loss.control, "who": describe_way(loss.way)} for loss in results if not loss.is_accepted]


def list_ways_taken_on_trial(
    areas: Mapping[str, Facts], offers: Iterable[Facts], admins: Iterable[str], acceptances: Any
) -> list[str]:
    """Return the ways that are open now and no longer by what sshd offers on trial, but for accounts accepted for some
    control.
    """
    data, trial_offers = _areas(areas), JUDGE.group_by_connection(offers)
    given_up = {
        who
        for control, _, who in (name.partition(":") for name in _parse_names(acceptances))
        if control in JUDGE.EFFECTS
    }
    results = JUDGE.losses(
        JUDGE.state(data),
        JUDGE.ways(data, admins),
        {"": lambda now: replace(now, offers={**now.offers, **trial_offers})},
    )
    return [describe_way(loss.way) for loss in results if loss.way.account not in given_up]


def _parse_names(acceptances: Any) -> list[str]:
    """Return what somebody accepts: a list, or one text with commas or spaces between."""
    return (
        acceptances.replace(",", " ").split()
        if isinstance(acceptances, str)
        else [str(item) for item in acceptances or ()]
    )


def describe_way(way: Any) -> str:
    """Return a way in few words."""
    how = (
        ("may be " if way.doubtful else "") + "forwarding to " + (way.to or "?")
        if way.to is not None
        else "+".join(way.methods) or JUDGE.ANY
    )
    return f"{way.account} ({way.source or JUDGE.ANY}, {how})"


class FilterModule:
    """Found by Ansible in any play that uses the role."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Filter names to functions."""
        return {
            "ssh_ways_taken": list_taken_ways,
            "ssh_ways_taken_on_trial": list_ways_taken_on_trial,
            "ssh_ways_in": lambda areas: JUDGE.ways_in(_areas(areas)),
        }
