"""The files of a release out of its archive, for hosts where they were changed.

Only those that nobody but the release writes, by digests that are known to be good.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from auditor.compromise.known_good import archives, checksums
from auditor.compromise.known_good.manifest import ReleaseManifest
from auditor.compromise.known_good.matcher import WRITTEN_BY_OFFICES, list_exclusive_release_folders
from auditor.errors import InputError

LARGEST = 30_000_000
"""Bytes of one file."""
_CODE = (".php",)
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class ReleaseArchive:
    """The contents of an archive, all of which are known to be good."""

    manifest: ReleaseManifest
    contents: Mapping[str, bytes]
    """By SHA-256."""

    def list_exclusive_folders(self, folder: str) -> frozenset[str] | None:
        """Return folders of the application in that ``folder`` of a site in which nobody but the release has code.

        None for all of it.
        """
        return list_exclusive_release_folders(f"/{folder}", self.manifest)

    def list_office_writable_files(self, folder: str) -> list[str]:
        """Return its other files, which offices write, or lie where offices add some."""
        tops = self.list_exclusive_folders(folder)
        return [path for path in sorted(self.manifest.entries) if not _is_code_of_release_alone(path, tops)]

    def build_reproducible_zip_of_own_files(self, folder: str) -> bytes:
        """Return its own files in such a folder, as a zip that is the same each time."""
        target, tops = io.BytesIO(), self.list_exclusive_folders(folder)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, digest in sorted(self.manifest.entries.items()):
                if _is_code_of_release_alone(path, tops):
                    info = zipfile.ZipInfo(path, _EPOCH)
                    info.compress_type = zipfile.ZIP_DEFLATED
                    archive.writestr(info, self.contents[digest])
        return target.getvalue()


def _is_code_of_release_alone(path: str, exclusive_folders: frozenset[str] | None) -> bool:
    first, slash, _ = path.partition("/")
    if path.rpartition("/")[2] in WRITTEN_BY_OFFICES:
        return False
    return exclusive_folders is None or (first in exclusive_folders if slash else path.endswith(_CODE))


def open_vouched_release_archive(file: Path, manifests: Iterable[ReleaseManifest]) -> ReleaseArchive:
    """Return a release's archive.

    Raises InputError for what is none, and for one of which a file is not ``manifests`` to be good where it lies.
    """
    archive_manifest = archives.read_release_manifest(file)
    contents = archives.extract_release_contents_by_sha256(
        archive_manifest, frozenset(archive_manifest.entries.values()), LARGEST
    )
    if not any(_has_all_digests_of_archive(manifest, archive_manifest, contents) for manifest in manifests):
        raise InputError(
            "{name} is not a known-good release",
            name=file.name,
            file=file,
            mend="import the vendor's archive with 'auditor known-good import', and see 'auditor known-good list'",
        )
    return ReleaseArchive(archive_manifest, contents)


def _has_all_digests_of_archive(
    manifest: ReleaseManifest, archive_manifest: ReleaseManifest, contents: Mapping[str, bytes]
) -> bool:
    return archive_manifest.entries.keys() <= manifest.entries.keys() and all(
        digest in contents
        and manifest.entries[path] == _compute_digest_of_known_kind(manifest.entries[path], digest, contents[digest])
        for path, digest in archive_manifest.entries.items()
    )


def _compute_digest_of_known_kind(known_digest: str, sha256: str, content: bytes) -> str:
    """Return a file's digest of the kind that a manifest has."""
    if len(known_digest) != checksums.MD5:
        return sha256
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
