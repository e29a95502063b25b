"""What a host's guard answered, in the host's own words: bounded, never interpreted. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from auditor.fleet.runner import Playbook, Task
from auditor.models import Text
from auditor.text.redact import redact
from auditor.text.visible import one_line

ACTION = "guard"
_DIGEST = re.compile(r"[0-9a-f]{64}")
MAX_MEMBERS = 200
_MAX_CHARS = 1_000
_MAX_PATH = 200
_MAX_LAST_WORDS = 5
_CONTROL = re.compile(r"[a-z][a-z0-9_]{1,40}\.[a-z][a-z0-9_]{1,60}")
_NOT_KEPT: Mapping[str, Text] = {
    "deep": Text(vi="thư mục lồng nhau quá sâu", en="folders are nested too deep"),
    "many": Text(vi="có quá nhiều mục", en="there are too many"),
    "large": Text(vi="dung lượng quá lớn", en="they are too large"),
    "late": Text(vi="đọc quá lâu", en="reading them took too long"),
    "unreadable": Text(vi="không đọc được", en="they could not be read"),
    "blocked": Text(vi="việc đọc không kết thúc", en="reading them did not end"),
    "broken": Text(vi="việc đọc bị lỗi", en="reading them failed"),
}
"""Why a guard does not keep something, by its word."""
_HELD = Text(vi="đường lui không giữ", en="the way back does not hold")


def task(played: Playbook, host: str) -> Task | None:
    """The guard's task on the host, if the playbook came to it."""
    return next((task for task in played.of(host) if task.action == ACTION), None)


def answer(played: Playbook, host: str) -> Mapping[str, Any] | None:
    """What the guard answered, or None when it refused or was not heard."""
    found = task(played, host)
    return found.result if found is not None and found.outcome in ("ok", "changed") else None


def complaint(played: Playbook, host: str) -> str:
    """Why there is no answer, in Ansible's or the guard's words."""
    failed = played.failure(host)
    return failed.message if failed is not None else played.complaint


def digest(said: Mapping[str, Any], key: str) -> str | None:
    """A sha256 in hexadecimal, or None for anything else."""
    value = said.get(key)
    return value if isinstance(value, str) and _DIGEST.fullmatch(value) else None


def notes(said: Mapping[str, Any], what: Text = _HELD) -> tuple[Text, ...]:
    """What the way back does not hold, since lesser users on the host shape it: where, how much of it, and why.

    ``what`` begins each sentence; a plain number of entries follows.
    """
    return tuple(_note(one, what) for one in mappings(said.get("notes")))


def _note(one: Mapping[str, Any], what: Text) -> Text:
    count, path = one.get("count"), one_line(word(one.get("path"))[:_MAX_PATH])
    why = _NOT_KEPT.get(str(one.get("why")), Text(vi="không rõ lý do", en="for no known reason"))
    number = count if isinstance(count, int) and not isinstance(count, bool) and 0 < count < 2**40 else 1
    return Text(
        vi=f"{what.vi} {number} mục trong {path}: {why.vi}",
        en=f"{what.en} {number} {'entry' if number == 1 else 'entries'} in {path}: {why.en}",
    )


def not_back(said: Mapping[str, Any]) -> tuple[str, ...]:
    """What is not yet back, in the host's words, while it goes on trying; else what could not be brought back."""
    for pending in (said.get("not_back"), said.get("differs")):
        if isinstance(pending, Mapping) and pending:
            return tuple(word(f"{key}: {why}") for key, why in list(pending.items())[:MAX_MEMBERS])
    return tuple(word(one) for one in _members(said.get("problems")))


def left(said: Mapping[str, Any]) -> tuple[str, ...]:
    """What a way back left to somebody who changed it meanwhile, or put aside, in the host's words."""
    stayed = [word(f"{one.get('path')} ({one.get('reason')})") for one in mappings(said.get("left"))]
    aside = said.get("aside")
    kept = [f"{path} -> {where}" for path, where in aside.items()] if isinstance(aside, Mapping) else []
    return tuple(word(one) for one in (stayed + kept)[:MAX_MEMBERS])


def staying(said: Mapping[str, Any]) -> tuple[str, ...]:
    """Packages that a way back leaves upgraded, each with its version before and now, in the host's words."""
    packages = said.get("packages")
    found = packages.get("staying") if isinstance(packages, Mapping) else None
    each = found.items() if isinstance(found, Mapping) else ()
    return tuple(word(f"{name} {step}") for name, step in list(each)[:MAX_MEMBERS])


def differs(said: Mapping[str, Any]) -> bool:
    """Whether a host that was brought back is not in everything as it was."""
    return bool(said.get("differs"))


def last_words(said: Mapping[str, Any]) -> tuple[tuple[str, str, str | None], ...]:
    """``(unit, line, control)`` of daemons that stopped in the run: what each said, and whose line of ours it named."""
    found = []
    for one in mappings(said.get("said")):
        unit, line = (one_line(word(one.get(key)), 300) for key in ("unit", "line"))
        control = one.get("control")
        found.append((unit, line, control if isinstance(control, str) and _CONTROL.fullmatch(control) else None))
    return tuple(found[:_MAX_LAST_WORDS])


def word(value: Any) -> str:
    """A value as text that can be written anywhere, without secrets: a name may hold bytes that are not characters."""
    return redact(str(value)[:_MAX_CHARS]).encode("utf-8", "backslashreplace").decode()


def words(value: Any) -> tuple[str, ...]:
    """The members of a list, or the keys of a mapping, as text."""
    return tuple(word(member) for member in _members(value))


def mappings(value: Any) -> tuple[Mapping[str, Any], ...]:
    """The mappings in a list."""
    return tuple(member for member in _members(value) if isinstance(member, Mapping))


def _members(value: Any) -> Iterable[Any]:
    return list(value)[:MAX_MEMBERS] if isinstance(value, list | tuple | Mapping) else []
