"""Files that others could have written and root's programs would believe: why a change is held, and what accepting does.

A finding's violations carry a file's ``doubt`` (``auditor.facts._base.Doubt``). Its control is held on that host until
somebody accepts it by name; then what can be moved aside is, and what cannot be still holds it. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from auditor.models import Finding, Text

ASIDE = "/var/lib/luytre/aside"
MAX_FILES = 5
MAX_LINES = 3
MAX_CHARS = 120


@dataclass(frozen=True)
class Doubted:
    """A file that another could have written."""

    path: str
    is_folder: bool
    doubt: Mapping[str, Any]

    @property
    def movable(self) -> bool:
        """Whether accepting the control mends it: a file is moved aside, a folder closed."""
        return bool(self.doubt["movable"])


def of(findings: Iterable[Finding], control: str) -> tuple[Doubted, ...]:
    """The doubtful files of a control's findings on one host."""
    members = (member for finding in findings if finding.control == control for member in finding.violations)
    return tuple(
        Doubted(str(member.get("path")), member.get("kind") == "dir", member["doubt"])
        for member in members
        if isinstance(member, Mapping) and isinstance(member.get("doubt"), Mapping)
    )


def held(control: str, doubted: tuple[Doubted, ...], *, accepted: bool) -> Text | None:
    """Why a control's change is held for these files, or None when it need not be."""
    closed = {one.path for one in doubted if one.is_folder and one.movable}
    stuck = tuple(one for one in doubted if not one.movable and one.doubt["place"] not in closed)
    if stuck:
        return _both(stuck, _BY_HAND)
    if doubted and not accepted:
        return _both(
            doubted,
            Text(
                vi=f"xem tệp rồi xóa đi, hoặc thêm --accept {control} để chuyển nó vào {ASIDE}",
                en=f"look at it and remove it, or add --accept {control} to have it moved to {ASIDE}",
            ),
        )
    return None


def moved(doubted: tuple[Doubted, ...]) -> Text | None:
    """What accepting does to these files, None when there are none."""
    files = [one.path for one in doubted if not one.is_folder and one.doubt["place"] == one.path]
    if not files:
        return None
    named = ", ".join(files[:MAX_FILES]) + (" …" if len(files) > MAX_FILES else "")
    return Text(
        vi=f"chuyển vào {ASIDE} tệp người khác có thể đã viết: {named}",
        en=f"moves files that others could have written to {ASIDE}: {named}",
    )


def _both(doubted: tuple[Doubted, ...], advice: Text) -> Text:
    told, left = [_told(one) for one in doubted[:MAX_FILES]], len(doubted) - MAX_FILES
    if left > 0:
        told.append(Text(vi=f"và {left} tệp khác", en=f"and {left} more"))
    told.append(advice)
    return Text.joined(told)


def _told(one: Doubted) -> Text:
    who = _who(one.doubt)
    through = "" if one.doubt["place"] == one.path else f" ({one.doubt['place']})"
    lines = " ⏎ ".join(_lines(one.doubt["beginning"]))
    return Text(
        vi=f"{one.path} có thể đã do {who.vi} viết{through}" + (f", dòng đầu: {lines}" if lines else ""),
        en=f"{one.path} could have been written by {who.en}{through}" + (f", first lines: {lines}" if lines else ""),
    )


def _lines(beginning: Iterable[Any]) -> Iterator[str]:
    told = [str(line).strip() for line in beginning]
    for line in [line for line in told if line][:MAX_LINES]:
        yield line if len(line) <= MAX_CHARS else line[: MAX_CHARS - 1] + "…"


def _who(doubt: Mapping[str, Any]) -> Text:
    name = doubt["name"]
    return {
        "user": Text(vi=f"tài khoản {name}", en=f"user {name}"),
        "group": Text(vi=f"nhóm {name}", en=f"group {name}"),
        "everybody": Text(vi="bất kỳ ai", en="anybody"),
    }.get(doubt["kind"], Text(vi="ai đó không rõ", en="somebody unknown"))


_BY_HAND = Text(
    vi="máy chủ cần tệp này nên phải xem và sửa bằng tay",
    en="the host needs it, so look at it and put it right by hand",
)
