"""What a host's files come to: known good first, then what judges say, and of it the traces. Pure but for the judges' children."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from auditor.compromise.certainty import weighed
from auditor.compromise.judge import Judgement
from auditor.compromise.known import checksums, matching
from auditor.compromise.known.manifest import Manifest
from auditor.compromise.known.matching import Lying, Told
from auditor.compromise.listing import CACHE, PHP, PROGRAM, SCRIPT, SWAPPED, UNREAD, UPLOAD, File
from auditor.looks.gathered import bounded, merged_by_place
from auditor.looks.traces import on_host, trace
from auditor.models.reviews import Certainty, Family, Kind, Trace


@dataclass(frozen=True)
class Seen:
    """A host's files, and what is known of them."""

    files: Sequence[File]
    told: Told
    wanted: Sequence[File]
    """Those whose content has to be judged: they hold code, and nothing explains them."""
    known: int


def seen(files: Sequence[File], manifests: Sequence[Manifest], *, whole: bool = True) -> Seen:
    """What manifests explain of a host's files, and what they leave to be judged.

    ``whole``: these are all that the host has; else nothing is told to be missing.
    """
    if any(map(checksums.by_md5, manifests)):
        known_by = {file.md5: file.sha256 for file in files if file.md5 is not None and file.sha256 is not None}
        manifests = [checksums.by_sha256(one, known_by) for one in manifests]
    lying = [Lying(file.where, file.sha256, file.size, bool(file.what & (PHP | SCRIPT))) for file in files]
    told = matching.told(lying, manifests)
    if not whole:
        told = replace(told, missing=())
    standing = {path: how for path, (how, _release) in told.standings.items()}
    known = sum(1 for how in standing.values() if how == "known")
    wanted = [file for file in files if file.is_code and standing.get(file.where) != "known"]
    return Seen(files, told, sorted(wanted, key=lambda file: (-file.changed, file.path)), known)


@dataclass(frozen=True)
class Found:
    """The traces of one hunt."""

    traces: tuple[Trace, ...]
    left_out: int
    unjudged: int = field(default=0)
    generated: int = field(default=0)
    """Files that an application makes by itself, known by their shape."""


def found(seen: Seen, judgements: Mapping[str, Judgement]) -> Found:
    """The traces in a host's files, by what was judged of their contents (by SHA-256)."""
    traces, left_out = bounded(merged_by_place(_traces(seen, judgements)))
    unjudged = sum(1 for file in seen.wanted if file.sha256 is None or file.sha256 not in judgements)
    generated = sum(1 for file in seen.wanted if _is_generated(judgements.get(file.sha256 or "")))
    return Found(traces, left_out, unjudged, generated)


def _is_generated(judgement: Judgement | None) -> bool:
    return judgement is not None and bool(judgement.generated)


def _traces(seen: Seen, judgements: Mapping[str, Judgement]) -> Iterator[Trace]:
    wanted = {file.where for file in seen.wanted}
    installers = {
        file.where.removesuffix(_NUKEVIET) + _INSTALLER for file in seen.files if file.where.endswith(f"/{_NUKEVIET}")
    }
    for file in seen.files:
        where = file.where
        how, release = seen.told.standings.get(where, (None, ""))
        if how == "known":
            continue
        judgement = judgements.get(file.sha256 or "") if where in wanted else None
        explained = any(where.startswith(base.rstrip("/") + "/") for base, _release in seen.told.found)
        yield from _of_file(file, where, how, release, judgement, near_release=explained, at_home=where in installers)
    yield from _gone(seen)


def _gone(seen: Seen) -> Iterator[Trace]:
    """What releases have and the host has not; a folder that is not there at all is told once."""
    there = {folder for file in seen.files for folder in _above(file.where)}
    told = set()
    for path, release in seen.told.missing:
        where = next((folder for folder in _above(path) if folder not in there), path)
        if where not in told:
            told.add(where)
            yield _trace("missing", where, where, release, ("known",), ("missing",), "weak")


def _above(path: str) -> Iterator[str]:
    """The folders that a file lies in, from the top."""
    at = path.find("/", 1)
    while at > 0:
        yield path[:at]
        at = path.find("/", at + 1)


def _of_file(
    file: File,
    where: str,
    how: matching.Standing | None,
    release: str,
    judgement: Judgement | None,
    *,
    near_release: bool,
    at_home: bool,
) -> Iterator[Trace]:
    if file.what & UNREAD:
        yield _trace("unjudged", where, where, "", ("structure",), ("unread",), "weak")
        return
    filled = bool(file.place & (UPLOAD | CACHE))
    slot = file.is_code and _LOADED_UNASKED.search(file.path) is not None
    unexplained = how in ("unknown", "changed")
    essence = file.sha256 or where
    placed = {"filled": filled or slot, "unexplained": unexplained, "at_home": at_home}
    said = weighed(judgement, **placed) if judgement is not None else None
    if said is not None and (said.certainty != "weak" or how is None):
        sample = (judgement.differs or judgement.sample) if judgement is not None else ""
        if judgement is not None and judgement.settings:
            sample = judgement.settings[0].line
        yield _trace(said.kind, essence, where, sample, said.families, said.rules, said.certainty)
    elif how == "changed":
        sure: Certainty = "strong" if file.is_code else "weak"
        differs = judgement.differs if judgement is not None else ""
        yield _trace("changed", essence, where, f"{release} {differs}".rstrip(), ("known",), ("changed",), sure)
    elif how == "unknown" and _is_generated(judgement):
        return
    elif how == "unknown":
        yield _trace("unknown", essence, where, release, ("known",), ("unknown",), "weak")
    elif how == "left_over":
        yield _trace("left_over", essence, where, release, ("known",), ("left_over",), "weak")
    elif how == "misplaced":
        yield _trace(
            "misplaced", essence, where, release, ("known", "place"), ("misplaced",), "strong" if filled else "weak"
        )
    elif file.place & UPLOAD and file.what & PROGRAM:
        yield _trace("executable", essence, where, "", ("place",), ("program",), "weak")
    elif slot and (_ALWAYS_FOREIGN.search(file.path) or near_release) and file.size > _STUB:
        yield _trace("unknown", essence, where, "", ("place",), ("loaded_unasked",), "weak")
    elif file.is_code and (file.what & SWAPPED or file.sha256 is None):
        yield _trace("unjudged", where, where, "", ("structure",), ("unread",), "weak")


_NUKEVIET, _INSTALLER = "includes/mainfile.php", "install/index.php"
"""By what a NukeViet is known, and where it has its installer."""
_ALWAYS_FOREIGN = re.compile(
    r"(?:^|/)wp-content/(?:mu-plugins/[^/]+\.php|(?:advanced-cache|db|db-error|install|maintenance|object-cache|sunrise|php-error|fatal-error-handler)\.php)$"
)
"""What WordPress loads by itself at each request, and no release of it has."""
_LOADED_UNASKED = re.compile(rf"{_ALWAYS_FOREIGN.pattern}|(?:^|/)plugins/system/[^/]+/[^/]+\.php$")
"""Those, and Joomla's system plugins, of which it has some of its own."""
_STUB = 60
"""Bytes: a page that says nothing is no longer."""


def _trace(
    kind: Kind,
    essence: str,
    where: str,
    sample: str,
    families: Iterable[Family],
    rules: Iterable[str],
    certainty: Certainty,
) -> Trace:
    made = trace(kind, essence, where=where, sample=sample, families=families, rules=[_named(rule) for rule in rules])
    return on_host(made, where, certainty)


def _named(rule: str) -> str:
    """A rule's name as traces have it."""
    kept = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "_.-") else "_" for letter in rule.lower()
    )
    return (kept if kept[:1].isalpha() else f"r{kept}")[:30]
