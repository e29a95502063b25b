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

from auditor.incidents.case import IncidentCase
from auditor.incidents.evidence import signatures, timestamps
from auditor.incidents.evidence.manifest import (
    ANSWER,
    BESIDE,
    MANIFEST,
    MAX_BYTES,
    SIGNATURE,
    SUMS,
    EvidenceManifest,
    render_sha256sum_lines,
)
from auditor.models import clock
from auditor.models.incidents import CollectedEvent, TimestampedEvent

MAX_EXTRA_NAMES = 1_000
"""Of what lies in a folder beside what was collected."""


@dataclass(frozen=True)
class Damage:
    """One thing that is not as it was. Its words: ``incidents.damage.KIND``."""

    kind: str
    what: str = ""


@dataclass(frozen=True)
class CollectionRecord:
    """The entry of a collection in the chain."""

    collection_event: CollectedEvent
    at: str
    """When it was written."""
    timestamp: TimestampedEvent | None = None
    """The last answer of an authority."""
    stamped_at: str = ""


def load_case_log_record_of_collection(case: IncidentCase, collection_event: CollectedEvent) -> CollectionRecord:
    """Return what a ledger says of one of its collections."""
    entries = case.list_custody_entries_of_collection(collection_event.number)
    written_at = next((entry.at for entry in entries if entry.deed == collection_event), "")
    stamps = [(entry.deed, entry.at) for entry in entries if isinstance(entry.deed, TimestampedEvent)]
    return (
        CollectionRecord(collection_event, written_at, *stamps[-1])
        if stamps
        else CollectionRecord(collection_event, written_at)
    )


def find_damages_of_evidence_collection(
    collection_folder: Path, office: Path, record: CollectionRecord | None
) -> Iterator[Damage]:
    """Yield what is wrong with a collection.

    ``record``: what the case log has of it, None where it does not know it.
    """
    try:
        content = _read_start(collection_folder / MANIFEST, MAX_BYTES + 1)
        manifest = EvidenceManifest.model_validate_json(content)
    except OSError:
        yield Damage("no_manifest", str(collection_folder))
        return
    except ValidationError:
        yield Damage("manifest_unreadable", str(collection_folder))
        return
    digest = hashlib.sha256(content).hexdigest()
    if record is None:
        yield Damage("not_in_chain", digest)
    elif record.collection_event.sha256 != digest:
        yield Damage("manifest_changed", digest)
    when = clock.parse_iso_moment(record.at if record is not None else manifest.begun)
    doubt, key = signatures.find_doubt_about_manifest_signature(
        office, collection_folder / MANIFEST, collection_folder / SIGNATURE, when
    )
    if doubt is not None:
        yield Damage(doubt, key)
    yield from _find_manifest_files_out_of_order(manifest)
    yield from _find_missing_changed_and_extra_files(collection_folder, manifest, digest)
    if record is not None and record.timestamp is not None:
        yield from _find_damage_of_timestamp_answer(
            collection_folder, record.timestamp, clock.parse_iso_moment(record.stamped_at)
        )


def identify_collection(copy_folder: Path, collections: Iterable[CollectedEvent]) -> CollectedEvent | None:
    """Return which collection a folder is a copy of: by its manifest, else by its name; None: of none of these."""
    try:
        digest = hashlib.sha256(_read_start(copy_folder / MANIFEST, MAX_BYTES)).hexdigest()
    except OSError:
        digest = ""
    ours = list(collections)
    by_name = [collection for collection in ours if collection.folder == copy_folder.resolve().name]
    return next((collection for collection in [*(each for each in ours if each.sha256 == digest), *by_name]), None)


def _find_manifest_files_out_of_order(manifest: EvidenceManifest) -> Iterator[Damage]:
    paths = [file.path for file in manifest.files]
    for before, after in itertools.pairwise(paths):
        if before >= after:
            yield Damage("reordered", after)


def _find_missing_changed_and_extra_files(
    folder: Path, manifest: EvidenceManifest, manifest_digest: str
) -> Iterator[Damage]:
    listed_paths = {file.path for file in manifest.files}
    for file in manifest.files:
        path = folder / file.path
        if not _is_below_folder_without_links(path, folder) or not path.is_file() or path.is_symlink():
            yield Damage("missing", file.path)
        elif path.stat().st_size != file.size or _compute_file_sha256(path) != file.sha256:
            yield Damage("changed", file.path)
    folders = {str(parent) for path in listed_paths for parent in Path(path).parents}
    for number, name in enumerate(sorted(_list_all_names_below_folder(folder) - listed_paths - folders - BESIDE)):
        if number == MAX_EXTRA_NAMES:
            break
        yield Damage("extra", name)
    try:
        checksums = render_sha256sum_lines(manifest, manifest_digest)
        if _read_start(folder / SUMS, len(checksums) + 1) != checksums:
            yield Damage("sums_changed", SUMS)
    except OSError:
        yield Damage("missing", SUMS)


def _find_damage_of_timestamp_answer(
    folder: Path, timestamp: TimestampedEvent, at: datetime.datetime
) -> Iterator[Damage]:
    if not (folder / ANSWER).is_file():
        yield Damage("missing", ANSWER)
    elif _compute_file_sha256(folder / ANSWER) != timestamp.answer:
        yield Damage("changed", ANSWER)
    elif not timestamps.is_stored_timestamp_valid_at(folder, at):
        yield Damage("stamp_wrong", ANSWER)


def _is_below_folder_without_links(path: Path, folder: Path) -> bool:
    """Return whether a path of a manifest, which may be anybody's, stays in its folder and goes through no link."""
    return (
        ".." not in path.parts
        and path.is_relative_to(folder)
        and path.parent.resolve().is_relative_to(folder.resolve())
    )


def _list_all_names_below_folder(folder: Path) -> set[str]:
    """Return all that lies there: files, links, and folders with nothing in them."""
    return {
        str((place / name).relative_to(folder))
        for place, folders, names in folder.walk()
        for name in (
            *names,
            *(
                subfolder
                for subfolder in folders
                if (place / subfolder).is_symlink() or not any((place / subfolder).iterdir())
            ),
        )
    }


def _read_start(path: Path, max_bytes: int) -> bytes:
    """Return the start of a file.

    A copy may come from anybody: no pipe is waited for, and no more is taken in. Raises OSError.
    """
    if not path.is_file():
        raise FileNotFoundError(errno.ENOENT, "no regular file", str(path))
    with path.open("rb") as file:
        return file.read(max_bytes)


def _compute_file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
