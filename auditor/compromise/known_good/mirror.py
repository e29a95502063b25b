"""A folder in which an office mirrors releases: what is new in it, what is gone, and what changed without saying so.

An archive that is another than the one imported under the same name and version is never taken: whoever can write the
mirror would have files of his own known as good.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from auditor.compromise.known_good import archives
from auditor.compromise.known_good.manifest import ReleaseManifest
from auditor.errors import InputError

SUFFIXES = (".zip", ".deb", ".tar", ".tgz", ".tar.gz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz", ".json")
MAX_ARCHIVES = 10_000
MAX_ENTRIES = 200_000
"""Names that are looked at."""


@dataclass(frozen=True)
class ChangedArchive:
    """An archive whose release is known with other files."""

    file: Path
    manifest: ReleaseManifest


@dataclass(frozen=True)
class MirrorDifference:
    """What tells a mirror from what is known to be good."""

    new: tuple[ReleaseManifest, ...]
    moved: tuple[ReleaseManifest, ...]
    """Known ones whose archive lies elsewhere in the mirror by now."""
    unchanged_count: int
    changed: tuple[ChangedArchive, ...]
    gone: tuple[ReleaseManifest, ...]
    """Known ones whose archive is in the mirror no more."""
    unreadable: tuple[InputError, ...]


def compare_mirror_with_known_good(folder: Path, known: Sequence[ReleaseManifest]) -> MirrorDifference:
    """Return what a mirror has that is not known, and the reverse. Raises InputError for what is no such folder."""
    if not folder.is_dir():
        raise InputError("{path} is not a folder", path=folder, mend="give the folder that holds the release archives")
    by_origin = {manifest.origin: manifest for manifest in known}
    by_release = {(manifest.name, manifest.version): manifest for manifest in known}
    new: dict[tuple[str, str], ReleaseManifest] = {}
    moved, changed, unreadable = [], [], []
    seen_origins = set()
    unchanged_count = 0
    for file in _iter_archives(folder):
        try:
            origin = archives.format_origin_of_archive(file)
            known_manifest = by_origin.get(origin)
            if known_manifest is not None:
                unchanged_count += 1
                if origin not in seen_origins and not Path(known_manifest.lies).exists():
                    moved.append(replace(known_manifest, lies=str(file.absolute())))
                seen_origins.add(origin)
                continue
            manifest = archives.read_release_manifest(file)
        except InputError as error:
            if file.suffix != ".json":  # which may be anything
                unreadable.append(error)
            continue
        release = manifest.name, manifest.version
        other = by_release.get(release) or new.get(release)
        if other is None:
            new[release] = manifest
        elif other.entries == manifest.entries:  # packed otherwise
            unchanged_count += 1
            seen_origins.add(other.origin)
        else:
            changed.append(ChangedArchive(file, manifest))
    top = folder.absolute()
    gone = [
        manifest
        for manifest in known
        if manifest.lies
        and Path(manifest.lies).is_relative_to(top)
        and manifest.origin not in seen_origins
        and not Path(manifest.lies).exists()
    ]
    return MirrorDifference(
        tuple(new.values()), tuple(moved), unchanged_count, tuple(changed), tuple(gone), tuple(unreadable)
    )


def _iter_archives(folder: Path) -> Iterator[Path]:
    """Yield the archives below a folder in order; links are not followed. Raises InputError for too many names."""
    entry_count = archive_count = 0
    for here, folders, names in os.walk(folder):
        folders.sort()
        entry_count += len(folders) + len(names)
        for name in sorted(names):
            file = Path(here) / name
            if name.lower().endswith(SUFFIXES) and stat.S_ISREG(file.lstat().st_mode):
                archive_count += 1
                yield file
        if archive_count > MAX_ARCHIVES or entry_count > MAX_ENTRIES:
            raise InputError(
                "it contains more than {most} files",
                most=MAX_ARCHIVES if archive_count > MAX_ARCHIVES else MAX_ENTRIES,
                file=folder,
                mend="import its parts one by one",
            )
