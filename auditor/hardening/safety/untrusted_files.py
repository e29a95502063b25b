"""Files that others could have written and root's programs would believe.

Why a change is held, and what accepting does.

A finding's violations carry a file's ``doubt`` (``auditor.facts._base.Doubt``). Its control is held on that host until
somebody accepts it by name; then what can be moved aside is, and what cannot be still holds it. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from auditor.models import Finding, Text
from auditor.text.translations import make_text

ASIDE = "/var/lib/luytre/aside"
MAX_FILES = 5
MAX_LINES = 3
MAX_CHARS = 120


@dataclass(frozen=True)
class UntrustedFile:
    """A file that another could have written."""

    path: str
    is_folder: bool
    doubt: Mapping[str, Any]

    @property
    def is_mended_by_acceptance(self) -> bool:
        """Return whether accepting the control mends it: a file is moved aside, a folder closed."""
        return bool(self.doubt["movable"])


def find_untrusted_files(findings: Iterable[Finding], control: str) -> tuple[UntrustedFile, ...]:
    """Return the doubtful files of a control's findings on one host."""
    members = (member for finding in findings if finding.control == control for member in finding.violations)
    return tuple(
        UntrustedFile(str(member.get("path")), member.get("kind") == "dir", member["doubt"])
        for member in members
        if isinstance(member, Mapping) and isinstance(member.get("doubt"), Mapping)
    )


def explain_hold_for_untrusted_files(
    control: str, suspect_files: tuple[UntrustedFile, ...], *, is_accepted: bool
) -> Text | None:
    """Return why a control's change is held for these files, or None when it need not be."""
    closed_paths = {file.path for file in suspect_files if file.is_folder and file.is_mended_by_acceptance}
    unmovable_files = tuple(
        file for file in suspect_files if not file.is_mended_by_acceptance and file.doubt["place"] not in closed_paths
    )
    if unmovable_files:
        return _join_descriptions_of_untrusted_files(unmovable_files, _BY_HAND)
    if suspect_files and not is_accepted:
        return _join_descriptions_of_untrusted_files(
            suspect_files,
            make_text(
                ("look at it and remove it, or add --accept {control} to have it moved to {aside}"),
                control=control,
                aside=ASIDE,
            ),
        )
    return None


def describe_files_moved_aside(suspect_files: tuple[UntrustedFile, ...]) -> Text | None:
    """Return what accepting does to these files, None when there are none."""
    files = [file.path for file in suspect_files if not file.is_folder and file.doubt["place"] == file.path]
    if not files:
        return None
    names = ", ".join(files[:MAX_FILES]) + (" …" if len(files) > MAX_FILES else "")
    return make_text("moves files that others could have written to {aside}: {names}", aside=ASIDE, names=names)


def _join_descriptions_of_untrusted_files(suspect_files: tuple[UntrustedFile, ...], advice: Text) -> Text:
    descriptions, rest = (
        [_describe_untrusted_file_with_first_lines(file) for file in suspect_files[:MAX_FILES]],
        len(suspect_files) - MAX_FILES,
    )
    if rest > 0:
        descriptions.append(make_text("and {rest} more", rest=rest))
    descriptions.append(advice)
    return Text.join(descriptions)


def _describe_untrusted_file_with_first_lines(file: UntrustedFile) -> Text:
    who = _describe_possible_writer_of_file(file.doubt)
    through = "" if file.doubt["place"] == file.path else f" ({file.doubt['place']})"
    lines = " ⏎ ".join(_iter_shortened_nonempty_lines(file.doubt["beginning"]))
    text = make_text("{path} could have been written by {who}{through}", path=file.path, who=who, through=through)
    return make_text("{text}, first lines: {lines}", text=text, lines=lines) if lines else text


def _iter_shortened_nonempty_lines(first_lines: Iterable[Any]) -> Iterator[str]:
    lines = [str(line).strip() for line in first_lines]
    for line in [line for line in lines if line][:MAX_LINES]:
        yield line if len(line) <= MAX_CHARS else line[: MAX_CHARS - 1] + "…"


def _describe_possible_writer_of_file(doubt: Mapping[str, Any]) -> Text:
    name = doubt["name"]
    return {
        "user": make_text("user {name}", name=name),
        "group": make_text("group {name}", name=name),
        "everybody": make_text("anybody"),
    }.get(doubt["kind"], make_text("somebody unknown"))


_BY_HAND = make_text("the host needs it, so look at it and put it right by hand")
