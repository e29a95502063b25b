"""Whether evidence is what was collected: each damage by its name. Needs no host and no network."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from auditor.incidents.evidence import signing
from auditor.incidents.evidence.manifest import BESIDE, MANIFEST, MAX_BYTES, SIGNATURE, SUMS, Manifest, sums
from auditor.models import clock
from auditor.models.incidents import Collected

MOST_NAMED = 1_000
"""Of what lies in a folder beside what was collected."""


@dataclass(frozen=True)
class Damage:
    """One thing that is not as it was. Its words: ``incidents.damage.KIND``."""

    kind: str
    what: str = ""


def damages(folder: Path, office: Path, collected: Collected | None, at: str | None) -> Iterator[Damage]:
    """What is wrong with a collection. ``collected``: what the chain says of it, written ``at`` that moment; None: it does not know it."""
    try:
        content = (folder / MANIFEST).read_bytes()[: MAX_BYTES + 1]
        manifest = Manifest.model_validate_json(content)
    except OSError:
        yield Damage("no_manifest", str(folder))
        return
    except ValidationError:
        yield Damage("manifest_unreadable", str(folder))
        return
    digest = hashlib.sha256(content).hexdigest()
    if collected is None:
        yield Damage("not_in_chain", digest)
    elif collected.sha256 != digest:
        yield Damage("manifest_changed", digest)
    when = clock.read(at or manifest.begun)
    doubt, key = signing.doubt(office, folder / MANIFEST, folder / SIGNATURE, when)
    if doubt is not None:
        yield Damage(doubt, key)
    yield from _misplaced(manifest)
    yield from _files(folder, manifest, digest)


def meant(folder: Path, collections: Iterable[Collected]) -> Collected | None:
    """Which collection a folder is a copy of: by its manifest, else by its name; None: of none of these."""
    try:
        with (folder / MANIFEST).open("rb") as file:
            digest = hashlib.sha256(file.read(MAX_BYTES)).hexdigest()
    except OSError:
        digest = ""
    known = list(collections)
    by_name = [one for one in known if one.folder == folder.resolve().name]
    return next((one for one in [*(each for each in known if each.sha256 == digest), *by_name]), None)


def _misplaced(manifest: Manifest) -> Iterator[Damage]:
    paths = [file.path for file in manifest.files]
    for before, after in itertools.pairwise(paths):
        if before >= after:
            yield Damage("reordered", after)


def _files(folder: Path, manifest: Manifest, digest: str) -> Iterator[Damage]:
    known = {file.path for file in manifest.files}
    for file in manifest.files:
        path = folder / file.path
        if not _below(path, folder) or not path.is_file() or path.is_symlink():
            yield Damage("missing", file.path)
        elif path.stat().st_size != file.size or _digest(path) != file.sha256:
            yield Damage("changed", file.path)
    folders = {str(parent) for path in known for parent in Path(path).parents}
    for number, name in enumerate(sorted(_names(folder) - known - folders - BESIDE)):
        if number == MOST_NAMED:
            break
        yield Damage("extra", name)
    try:
        if (folder / SUMS).read_bytes() != sums(manifest, digest):
            yield Damage("sums_changed", SUMS)
    except OSError:
        yield Damage("missing", SUMS)


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


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
