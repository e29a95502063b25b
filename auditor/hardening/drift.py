"""What changed on hosts since the last confirmed hardening, and which controls that concerns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field

from auditor.fleet.reasons import explain
from auditor.fleet.runner import play
from auditor.hardening import guard_answers, touches
from auditor.models import ControlId, Hardening, Host, Inventory, Model, Run, Text

DRIFT_SECONDS = 300

Touches = Mapping[ControlId, Sequence[str]]
"""What each control in force on a host touches there."""


class Change(Model):
    """One thing that is not as it was left: a path, a live setting, a table of the packet filter."""

    what: str
    how: str = Field(description="content, attributes, missing or new; changed for a live setting")
    controls: tuple[ControlId, ...] = Field(default=(), description="those in force that touch it")


class Drift(Model):
    """What one host says."""

    host: str
    run: str | None = Field(default=None, description="the confirmed hardening that it is compared with")
    changes: tuple[Change, ...] = ()
    count: int = Field(default=0, description="of all changes; the host lists the first 200 paths")
    notes: tuple[Text, ...] = Field(default=(), description="what could not be compared, and why")
    refused: Text | None = None
    reopened: tuple[ControlId, ...] | None = Field(
        default=None,
        description="of the controls that the changes concern those that an audit finds open; None: not audited",
    )

    @property
    def concerned(self) -> tuple[ControlId, ...]:
        """The controls in force that the changes concern, each once."""
        return tuple(sorted({control for change in self.changes for control in change.controls}))


def look(inventory: Inventory, hosts: Sequence[Host], known: Iterable[Hardening]) -> tuple[Drift, ...]:
    """Ask every host. ``known``: the hardenings in the journal, newest first, from which it is learnt what is in force."""
    in_force: dict[str, dict[ControlId, Sequence[str]]] = {}
    taken_back: dict[str, set[ControlId]] = {}
    for hardening in known:
        for entry in hardening.having("confirmed"):
            out = taken_back.setdefault(entry.host, set())
            here = in_force.setdefault(entry.host, {})
            here.update(
                {control: known for control, known in entry.touches.items() if control not in out | here.keys()}
            )
            out.update(entry.released)
    played = play("drift.yml", inventory=inventory.path, limit=[host.name for host in hosts], timeout=DRIFT_SECONDS)
    found = []
    for host in hosts:
        said = guard_answers.answer(played, host.name)
        if said is None:
            found.append(Drift(host=host.name, refused=_refusal(guard_answers.complaint(played, host.name))))
        else:
            found.append(_drift(host.name, said, in_force.get(host.name, {})))
    return tuple(found)


def judged(found: Iterable[Drift], run: Run) -> tuple[Drift, ...]:
    """The same with what the audit says of the controls that the changes concern, for each host that it could read."""
    read = {outcome.host for outcome in run.outcomes if outcome.reached}
    is_open = {(finding.host, finding.control) for finding in run.findings if finding.is_open}
    return tuple(
        one.model_copy(update={"reopened": tuple(name for name in one.concerned if (one.host, name) in is_open)})
        if one.host in read
        else one
        for one in found
    )


def _refusal(said: str) -> Text:
    if "no confirmed run" in said:
        return Text(
            vi="chưa có lần gia cố nào được xác nhận trên máy chủ này",
            en="no hardening has been confirmed on this host yet",
        )
    return explain(said)


def _drift(host: str, said: Mapping[str, Any], in_force: Touches) -> Drift:
    found = [
        (guard_answers.word(one.get("path")), guard_answers.word(one.get("what")))
        for one in guard_answers.mappings(said.get("paths"))
    ]
    changes = [Change(what=path, how=how, controls=_touching(in_force, path)) for path, how in found]
    changes += [
        Change(what=f"sysctl {key}", how="changed", controls=_touching(in_force, f"sysctl:{key}"))
        for key in guard_answers.words(said.get("sysctls"))
    ]
    changes += [
        Change(what=f"nft {name}", how="changed", controls=_touching(in_force, f"nft:{name}"))
        for name in guard_answers.words(said.get("tables"))
    ]
    count = said.get("count")
    return Drift(
        host=host,
        run=guard_answers.word(said.get("run")),
        changes=tuple(changes),
        count=max(len(changes), count if isinstance(count, int) else 0),
        notes=guard_answers.notes(said, _UNSEEN),
    )


_UNSEEN = Text(vi="không so sánh được", en="not compared:")


def _touching(in_force: Touches, what: str) -> tuple[ControlId, ...]:
    return tuple(
        sorted(
            control
            for control, known in in_force.items()
            if not touches.upgrades(known) and touches.any_covers(known, what)
        )
    )
