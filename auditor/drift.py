"""What changed on hosts since the last confirmed hardening, and which controls that concerns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field

from auditor.controls import Catalogue
from auditor.models import ControlId, Hardening, Host, Inventory, Model, Text
from auditor.reasons import explain
from auditor.runner import play

DRIFT_SECONDS = 300
_GUARD = "guard"
_MAX_ITEMS = 200
_MAX_CHARS = 1_000


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
    refused: Text | None = None


def look(
    inventory: Inventory, hosts: Sequence[Host], catalogue: Catalogue, known: Iterable[Hardening]
) -> tuple[Drift, ...]:
    """Ask every host. ``known``: the hardenings in the journal, from which the controls in force are learnt."""
    in_force: dict[str, set[ControlId]] = {}
    for hardening in known:
        for entry in hardening.having("confirmed"):
            in_force.setdefault(entry.host, set()).update(entry.controls)
    played = play("drift.yml", inventory=inventory.path, limit=[host.name for host in hosts], timeout=DRIFT_SECONDS)
    found = []
    for host in hosts:
        task = next((task for task in played.of(host.name) if task.action == _GUARD), None)
        failed = played.failure(host.name)
        if task is None or failed is not None:
            found.append(Drift(host=host.name, refused=_refusal(failed.message if failed else played.complaint)))
        else:
            found.append(_drift(host.name, task.result, catalogue, sorted(in_force.get(host.name, ()))))
    return tuple(found)


def _refusal(said: str) -> Text:
    if "no confirmed run" in said:
        return Text(
            vi="chưa có lần gia cố nào được giữ trên máy chủ này", en="no hardening has been confirmed on this host yet"
        )
    return explain(said)


def _drift(host: str, answer: Mapping[str, Any], catalogue: Catalogue, in_force: Sequence[ControlId]) -> Drift:
    paths = [
        (str(one.get("path"))[:_MAX_CHARS], str(one.get("what"))[:20])
        for one in _members(answer.get("paths"))
        if isinstance(one, Mapping)
    ]
    changes = [
        Change(what=path, how=how, controls=tuple(c for c in in_force if _touches_path(catalogue, c, path)))
        for path, how in paths
    ]
    changes += [
        Change(
            what=f"sysctl {key}",
            how="changed",
            controls=tuple(c for c in in_force if _touches_sysctl(catalogue, c, key)),
        )
        for key in map(_word, _members(answer.get("sysctls")))
    ]
    changes += [
        Change(what=f"nft {name}", how="changed", controls=tuple(c for c in in_force if c.startswith("firewall.")))
        for name in map(_word, _members(answer.get("tables")))
    ]
    count = answer.get("count")
    return Drift(
        host=host,
        run=_word(answer.get("run")),
        changes=tuple(changes),
        count=max(len(changes), count if isinstance(count, int) else 0),
    )


def _touches(catalogue: Catalogue, control: ControlId) -> tuple[str, ...]:
    fix = catalogue[control].fix if control in catalogue.by_id else None
    return fix.touches if fix else ()


def _touches_path(catalogue: Catalogue, control: ControlId, path: str) -> bool:
    return any(
        path == touch.rstrip("/") or (touch.endswith("/") and path.startswith(touch))
        for touch in _touches(catalogue, control)
        if touch.startswith("/")
    )


def _touches_sysctl(catalogue: Catalogue, control: ControlId, key: str) -> bool:
    return any(
        _glob(touch.removeprefix("sysctl:"), key)
        for touch in _touches(catalogue, control)
        if touch.startswith("sysctl:")
    )


def _glob(pattern: str, key: str) -> bool:
    wanted, given = pattern.split("."), key.split(".")
    return len(wanted) == len(given) and all(one in ("*", other) for one, other in zip(wanted, given, strict=True))


def _members(value: Any) -> list[Any]:
    return list(value)[:_MAX_ITEMS] if isinstance(value, list) else []


def _word(value: Any) -> str:
    return str(value)[:_MAX_CHARS]
