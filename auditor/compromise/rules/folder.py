"""A folder of rules that a person carries in: its sources, whose they are, and as of when. Nothing of it is run.

Links are not followed, and nothing outside of the folder is read.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from auditor.compromise.rules.compilation import RuleError
from auditor.errors import InputError
from auditor.models import clock

SUFFIXES = (".yar", ".yara")
MAX_RULE_FILE = 20_000_000
MAX_FILES = 5_000
MAX_BYTES = 60_000_000
"""Of all rule files together."""
MAX_ENTRIES = 100_000
"""Names that are looked at."""
MAX_LICENCE = 100_000
_LICENCE_FILE = re.compile(r"(?i)(?:licen[cs]e|copying)(?:[-._].{0,40})?")
_VERSION_FILE = re.compile(r"(?i)version(?:\.txt)?")
_VERSION = re.compile(r"[\w][\w.+~-]{0,49}")
_DATE = re.compile(r'(?i)\b(?:date|modified|last_?modified|updated?)\s*=\s*"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})')
_LICENCES = (
    (re.compile(r"(?i)detection rule license\s*(?:\(DRL\))?\s*(1\.\d(?:\s+STRICT)?)?"), "Detection Rule License"),
    (re.compile(r"(?i)gnu affero general public license\s+version\s+(\d)"), "AGPL"),
    (re.compile(r"(?i)gnu lesser general public license\s+version\s+(\d(?:\.\d)?)"), "LGPL"),
    (re.compile(r"(?i)gnu general public license\s+version\s+(\d)"), "GPL"),
    (re.compile(r"(?i)apache license,?\s+version\s+(\d\.\d)"), "Apache"),
    (re.compile(r"(?i)mozilla public license,?\s+version\s+(\d\.\d)"), "MPL"),
    (re.compile(r"(?i)\bMIT license|permission is hereby granted, free of charge"), "MIT"),
    (re.compile(r"(?i)redistributions? (?:of|in) source (?:code|form)|BSD.{0,20}license"), "BSD"),
    (re.compile(r"(?i)creative commons attribution-noncommercial"), "CC BY-NC"),
    (re.compile(r"(?i)creative commons attribution"), "CC BY"),
)


@dataclass(frozen=True)
class RuleFolder:
    """The content of a folder of rules."""

    sources: Mapping[str, str]
    """By path below the folder."""
    errors: tuple[RuleError, ...]
    """Files that cannot be read."""
    version: str
    licence: str
    licence_text: str
    digest: str
    """SHA-256 over paths and contents of the rule files."""


def read_rule_folder(folder: Path) -> RuleFolder:
    """Return the rule files below a folder. Raises InputError for what is none, or is too large."""
    if not folder.is_dir():
        raise InputError(
            "{path} is not a folder", path=folder, mend="unpack the archive, and give the folder with its rule files"
        )
    sources: dict[str, str] = {}
    errors: list[RuleError] = []
    total = 0
    for file in _iter_rule_files(folder):
        name = _make_displayable(str(file.relative_to(folder)))
        try:
            content = _read_regular_file(file, MAX_RULE_FILE)
            total += len(content)
            sources[name] = content.decode("utf-8-sig")
        except (OSError, ValueError) as error:
            why = "not text in UTF-8" if isinstance(error, UnicodeError) else str(error)
            errors.append(RuleError(name, why[:200]))
        if total > MAX_BYTES:
            raise InputError(
                "its rules are larger than {most} MB",
                most=MAX_BYTES // 1_000_000,
                file=folder,
                mend="import its parts one by one",
            )
    digest = hashlib.sha256()
    for name, text in sorted(sources.items()):
        digest.update(f"{name}\0{hashlib.sha256(text.encode()).hexdigest()}\n".encode())
    if not sources and not errors:
        raise InputError(
            "it contains no rule files ({suffixes})",
            suffixes=", ".join(SUFFIXES),
            file=folder,
            mend="give the folder of a set of YARA rules, unpacked",
        )
    licence, licence_text = _find_licence(folder)
    version = _read_version_file(folder) or _find_newest_day(sources) or digest.hexdigest()[:12]
    return RuleFolder(sources, tuple(errors), version, licence, licence_text, digest.hexdigest())


def _iter_rule_files(folder: Path) -> Iterator[Path]:
    """Yield the rule files in order. Raises InputError for too many names."""
    entries = rule_files = 0
    for here, folders, names in os.walk(folder):
        folders.sort()
        entries += len(folders) + len(names)
        for name in sorted(names):
            if name.lower().endswith(SUFFIXES):
                rule_files += 1
                yield Path(here) / name
        if entries > MAX_ENTRIES or rule_files > MAX_FILES:
            raise InputError(
                "it contains more than {most} files",
                most=MAX_ENTRIES if entries > MAX_ENTRIES else MAX_FILES,
                file=folder,
                mend="import its parts one by one",
            )


def _read_regular_file(file: Path, most: int) -> bytes:
    """Return the bytes of a file. Raises ValueError for a link, a pipe, and for what is too large."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise ValueError("a link" if file.is_symlink() else error.strerror) from error
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError("no regular file")
        content = stream.read(most + 1)
    if len(content) > most:
        raise ValueError(f"more than {most} bytes")
    return content


def _read_text_of(folder: Path, names: re.Pattern[str], most: int) -> str:
    """Return the beginning of the first file of such a name at the top of the folder; empty: there is none."""
    for file in sorted(folder.iterdir())[:MAX_ENTRIES]:
        if names.fullmatch(file.name):
            try:
                return _read_regular_file(file, most).decode("utf-8", "replace")
            except ValueError:
                continue
    return ""


def _read_version_file(folder: Path) -> str:
    match = _VERSION.match(_read_text_of(folder, _VERSION_FILE, 10_000).strip())
    return match[0] if match else ""


def _find_licence(folder: Path) -> tuple[str, str]:
    """Return the name of the set's licence, and its text; of an unknown one its first line."""
    text = _read_text_of(folder, _LICENCE_FILE, MAX_LICENCE)
    for pattern, name in _LICENCES:
        match = pattern.search(text)
        if match:
            version = next((group for group in match.groups() if group), "")
            return f"{name} {version}".rstrip(), text
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return _make_displayable(first)[:80], text


def _find_newest_day(sources: Mapping[str, str]) -> str:
    """Return the newest day that the rules say of themselves and that has come; empty: they say none."""
    today, newest = clock.today(), ""
    for text in sources.values():
        for year, month, day in _DATE.findall(text):
            try:
                said = date(int(year), int(month), int(day))
            except ValueError:
                continue
            if said <= today:
                newest = max(newest, str(said))
    return newest


def _make_displayable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()[:300]
