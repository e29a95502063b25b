"""Whether evidence is what was collected: each damage by its name. Needs no host and no network."""

from __future__ import annotations

import datetime
import errno
import hashlib
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from auditor.incidents.case import Case
from auditor.incidents.evidence import signing, stamping
from auditor.incidents.evidence.manifest import ANSWER, BESIDE, MANIFEST, MAX_BYTES, SIGNATURE, SUMS, Manifest, sums
from auditor.models import clock
from auditor.models.incidents import Collected, Stamped

MOST_NAMED = 1_000
"""Of what lies in a folder beside what was collected."""


@dataclass(frozen=True)
class Damage:
    """One thing that is not as it was. Its words: ``incidents.damage.KIND``."""

    kind: str
    what: str = ""


@dataclass(frozen=True)
class Known:
    """What the chain says of a collection."""

    collected: Collected
    at: str
    """When it was written."""
    stamped: Stamped | None = None
    """The last answer of an authority."""
    stamped_at: str = ""


def known(case: Case, collected: Collected) -> Known:
    """What a ledger says of one of its collections."""
    entries = case.custody(collected.number)
    written = next((entry.at for entry in entries if entry.deed == collected), "")
    stamps = [(entry.deed, entry.at) for entry in entries if isinstance(entry.deed, Stamped)]
    return Known(collected, written, *stamps[-1]) if stamps else Known(collected, written)


def damages(folder: Path, office: Path, chain: Known | None) -> Iterator[Damage]:
    """What is wrong with a collection. Without a ``chain``: it does not know it."""
    try:
        content = _start(folder / MANIFEST, MAX_BYTES + 1)
        manifest = Manifest.model_validate_json(content)
    except OSError:
        yield Damage("no_manifest", str(folder))
        return
    except ValidationError:
        yield Damage("manifest_unreadable", str(folder))
        return
    digest = hashlib.sha256(content).hexdigest()
    if chain is None:
        yield Damage("not_in_chain", digest)
    elif chain.collected.sha256 != digest:
        yield Damage("manifest_changed", digest)
    when = clock.read(chain.at if chain is not None else manifest.begun)
    doubt, key = signing.doubt(office, folder / MANIFEST, folder / SIGNATURE, when)
    if doubt is not None:
        yield Damage(doubt, key)
    yield from _misplaced(manifest)
    yield from _files(folder, manifest, digest)
    if chain is not None and chain.stamped is not None:
        yield from _stamp(folder, chain.stamped, clock.read(chain.stamped_at))


def meant(folder: Path, collections: Iterable[Collected]) -> Collected | None:
    """Which collection a folder is a copy of: by its manifest, else by its name; None: of none of these."""
    try:
        digest = hashlib.sha256(_start(folder / MANIFEST, MAX_BYTES)).hexdigest()
    except OSError:
        digest = ""
    ours = list(collections)
    by_name = [one for one in ours if one.folder == folder.resolve().name]
    return next((one for one in [*(each for each in ours if each.sha256 == digest), *by_name]), None)


def _misplaced(manifest: Manifest) -> Iterator[Damage]:
    paths = [file.path for file in manifest.files]
    for before, after in itertools.pairwise(paths):
        if before >= after:
            yield Damage("reordered", after)


def _files(folder: Path, manifest: Manifest, digest: str) -> Iterator[Damage]:
    listed = {file.path for file in manifest.files}
    for file in manifest.files:
        path = folder / file.path
        if not _below(path, folder) or not path.is_file() or path.is_symlink():
            yield Damage("missing", file.path)
        elif path.stat().st_size != file.size or _digest(path) != file.sha256:
            yield Damage("changed", file.path)
    folders = {str(parent) for path in listed for parent in Path(path).parents}
    for number, name in enumerate(sorted(_names(folder) - listed - folders - BESIDE)):
        if number == MOST_NAMED:
            break
        yield Damage("extra", name)
    try:
        expected = sums(manifest, digest)
        if _start(folder / SUMS, len(expected) + 1) != expected:
            yield Damage("sums_changed", SUMS)
    except OSError:
        yield Damage("missing", SUMS)


def _stamp(folder: Path, stamped: Stamped, at: datetime.datetime) -> Iterator[Damage]:
    if not (folder / ANSWER).is_file():
        yield Damage("missing", ANSWER)
    elif _digest(folder / ANSWER) != stamped.answer:
        yield Damage("changed", ANSWER)
    elif not stamping.holds(folder, at):
        yield Damage("stamp_wrong", ANSWER)


def _below(path: Path, folder: Path) -> bool:
    """Whether a path of a manifest, which may be anybody's, stays in its folder and goes through no link."""
    return (
        ".." not in path.parts
        and path.is_relative_to(folder)
        and path.parent.resolve().is_relative_to(folder.resolve())
    )


def _names(folder: Path) -> set[str]:
    """All that lies there: files, links, and folders with nothing in them."""
    return {
        str((place / name).relative_to(folder))
        for place, folders, names in folder.walk()
        for name in (
            *names,
            *(one for one in folders if (place / one).is_symlink() or not any((place / one).iterdir())),
        )
    }


def _start(path: Path, most: int) -> bytes:
    """The start of a file. A copy may come from anybody: no pipe is waited for, and no more is taken in. Raises OSError."""
    if not path.is_file():
        raise FileNotFoundError(errno.ENOENT, "no regular file", str(path))
    with path.open("rb") as file:
        return file.read(most)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
