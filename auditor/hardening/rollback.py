"""Undo a confirmed hardening, whole or one control of it, as far as nobody changed since what it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from auditor.fleet.reasons import explain
from auditor.fleet.runner import Playbook, play
from auditor.hardening import guard_answers, touches
from auditor.models import ControlId, Hardening, Host, HostHardening, Inventory, Model, Text

ROLLBACK_SECONDS = 1_200


class Left(Model):
    """What a rollback leaves alone."""

    path: str
    reason: str


class Undone(Model):
    """What a rollback does, or did, on one host, in the host's own words: bounded, never interpreted."""

    files: tuple[str, ...] = Field(default=(), description="put back")
    removed: tuple[str, ...] = Field(default=(), description="what the run had made")
    sysctls: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    purged: tuple[str, ...] = Field(default=(), description="packages that the run had installed")
    staying: tuple[str, ...] = Field(default=(), description="upgrades, which are not reversed")
    database: bool = False
    left: tuple[Left, ...] = ()
    brings_back: tuple[str, ...] = Field(default=(), description="keys, accounts and rights that come back")
    problems: tuple[str, ...] = ()

    @property
    def anything(self) -> bool:
        """Whether there is anything to undo."""
        return bool(self.files or self.removed or self.sysctls or self.purged or self.units or self.database)


class Step(Model):
    """One host's part of a rollback: what came of it, or why nothing did."""

    host: str
    undone: Undone | None = None
    refused: Text | None = None


def affected(
    hardening: Hardening, hosts: Sequence[Host], control: ControlId | None, *, again: bool = False
) -> tuple[HostHardening, ...]:
    """The confirmed hosts of a hardening among these, with a control only those where it was put in force.

    ``again``: also those that were rolled back whole, since something may have been left then.
    """
    names = {host.name for host in hosts}
    return tuple(
        entry
        for entry in hardening.having("confirmed", *(("rolled_back",) if again and control is None else ()))
        if entry.host in names and (control is None or control in entry.controls)
    )


def own_touches(entry: HostHardening, control: ControlId, in_force: Sequence[HostHardening]) -> tuple[str, ...]:
    """What the control alone touches of all that are in force on the host, in the guard's words.

    What others share with it is theirs too, and so is what they touch below its folders: that is named with ``but:``.
    """
    others = {
        touch for one in in_force for other, theirs in one.touches.items() if other != control for touch in theirs
    }
    own = tuple(touch for touch in entry.touches.get(control, ()) if touch not in others)
    inside = sorted(touch for touch in others if any(touches.any_within([touch], mine) for mine in own))
    return (*own, *(f"but:{touch}" for touch in inside))


def run(
    inventory: Inventory,
    hardening: Hardening,
    entries: Sequence[HostHardening],
    only: Mapping[str, Sequence[str]] | None = None,
    *,
    check: bool = False,
) -> tuple[Step, ...]:
    """Have the hosts undo the hardening, or with ``check`` say what they would undo. ``only``: touches by host."""
    if not entries:
        return ()
    played = play(
        "rollback.yml",
        inventory=inventory.path,
        limit=[entry.host for entry in entries],
        variables={
            "luytre_run": hardening.id,
            "luytre_expect": {entry.host: {"digest": entry.digest, "after": entry.after} for entry in entries},
            **({"luytre_only": {host: list(touches) for host, touches in only.items()}} if only is not None else {}),
        },
        check=check,
        timeout=ROLLBACK_SECONDS,
    )
    return tuple(_step(played, entry.host) for entry in entries)


def _step(played: Playbook, host: str) -> Step:
    said = guard_answers.answer(played, host)
    if said is None:
        return Step(host=host, refused=_refusal(guard_answers.complaint(played, host)))
    return Step(host=host, undone=_undone(said))


def _refusal(said: str) -> Text:
    if "digest differs" in said:
        return Text(
            vi="bản chụp trên máy chủ không đúng bản đã ghi nhận ở đây: không khôi phục gì",
            en="the snapshot on the host is not the one recorded here: nothing is brought back",
        )
    return explain(said)


def _undone(said: Mapping[str, Any]) -> Undone:
    packages = said.get("packages")
    packages = packages if isinstance(packages, Mapping) else {}
    return Undone(
        **{
            key: guard_answers.words(said.get(key))
            for key in ("files", "removed", "sysctls", "units", "brings_back", "problems")
        },
        purged=guard_answers.words(packages.get("purged") or packages.get("installed")),
        staying=guard_answers.staying(said),
        database=said.get("database") is True,
        left=tuple(
            Left(path=guard_answers.word(one.get("path")), reason=guard_answers.word(one.get("reason")))
            for one in guard_answers.mappings(said.get("left"))
        ),
    )
