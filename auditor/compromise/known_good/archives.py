"""Manifests out of what an office has: release archives, Debian's packages, folders that it trusts.

Nothing is unpacked to a disk.

An archive is an attacker's until it is imported: what it holds is counted while it is unpacked, its paths are checked,
and the same path twice is refused.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from auditor.compromise.known_good import checksums, manifest_file
from auditor.compromise.known_good.manifest import ReleaseManifest
from auditor.errors import InputError

MAX_FILES = 60_000
MAX_BYTES = 2_000_000_000
"""Unpacked, in all."""
MAX_PATH = 1_000
MAX_SHOWN = 1 << 20
"""Bytes of a file of which is shown what differs: those that come in one piece."""
MAX_EXPORT = 40_000_000
_PIECE = 1 << 20
_AR = b"!<arch>\n"
_MEND = "download it again from the vendor, and compare its hash"


def read_release_manifest(file: Path, name: str = "", version: str = "") -> ReleaseManifest:
    """Return the manifest of a release archive (zip, tar, .deb), or of published checksums.

    Raises InputError for what is none, or is built to cost or to mislead.
    """
    told_name, told_version = _parse_release_from_archive_name(file.name)
    try:
        manifest = _read_exported_manifest_or_checksums(file, name, version)
        if manifest is not None:
            return manifest
        origin = format_origin_of_archive(file)
        entries_and_top = _strip_common_top_folder(
            _collect_checked_digests_by_path(_iter_archive_members_with_digests(file, _BoundedHasher()), file)
        )
    except (
        OSError,
        EOFError,
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        ValueError,
        RuntimeError,
        NotImplementedError,
    ) as error:
        if isinstance(error, OSError) and error.errno is not None:  # the system's word, not a reader's on the content
            raise InputError(
                "cannot be read: {why}", why=error.strerror, file=file, mend="check the path and its permissions"
            ) from error
        raise InputError(
            "{name} cannot be read as an archive: {why}", name=file.name, why=error, file=file, mend=_MEND
        ) from error
    entries, top = _select_application_folder_of_deb(*entries_and_top) if file.suffix == ".deb" else entries_and_top
    release_version = version or _find_version_at_name_end(top) or told_version
    return ReleaseManifest(name or told_name, release_version, origin, entries, lies=str(file.absolute()))


def format_origin_of_archive(file: Path) -> str:
    """Return what a manifest says that it was made from: the file's name and SHA-256. Raises InputError."""
    try:
        return f"{file.name} {_compute_sha256_of_file(file)}"
    except OSError as error:
        raise InputError(
            "cannot be read: {why}", why=error.strerror, file=file, mend="check the path and its permissions"
        ) from error


def _read_exported_manifest_or_checksums(file: Path, name: str, version: str) -> ReleaseManifest | None:
    """Return a manifest that another controller has exported, or that WordPress's checksums make.

    None for any other file.
    """
    with file.open("rb") as stream:
        if stream.read(1) != b"{":
            return None
        stream.seek(0)
        content = stream.read(MAX_EXPORT + 1)
    if len(content) > MAX_EXPORT:
        raise ValueError("a manifest that is too large")
    origin = f"{file.name} {hashlib.sha256(content).hexdigest()}"
    manifest_of_checksums = checksums.parse_published_checksums(
        content, name, version or checksums.find_version_in_file_name(file.name), origin
    )
    manifest = (
        manifest_of_checksums if manifest_of_checksums is not None else manifest_file.parse_manifest_json(content)
    )
    _collect_checked_digests_by_path(manifest.entries.items(), file)
    return manifest


def build_manifest_of_trusted_folder(
    path: Path, name: str, version: str, reason: str, approver: str
) -> ReleaseManifest:
    """Return the manifest of a folder as it is now, which an office trusts. Raises InputError."""
    if path.is_symlink() or not path.is_dir():
        raise InputError("{path} is not a folder", path=path, mend="give a folder on this machine")
    entries = _collect_checked_digests_by_path(_iter_folder_files_with_digests(path), path)
    digest = hashlib.sha256(
        "".join(f"{key}\0{value}\n" for key, value in sorted(entries.items())).encode("utf-8", "surrogateescape")
    )
    origin = f"{path.name}/ {digest.hexdigest()}"
    return ReleaseManifest(name or path.name, version or "-", origin, entries, reason, approver, str(path.absolute()))


def extract_release_contents_by_sha256(
    manifest: ReleaseManifest, digests: Collection[str], max_bytes: int = MAX_SHOWN
) -> dict[str, bytes]:
    """Return contents of a release by their SHA-256, out of the archive or folder that it was made from.

    None that lies there no more, is another by now, or has more than ``max_bytes`` bytes.
    """
    contents_by_digest: dict[str, bytes] = {}
    lies = Path(manifest.lies)
    if not manifest.lies or lies.is_symlink():
        return contents_by_digest
    with suppress(OSError, EOFError, zipfile.BadZipFile, tarfile.TarError, zlib.error, ValueError, RuntimeError):
        if lies.is_dir():
            for path, digest in manifest.entries.items():
                if digest in digests:
                    with (lies / path).open("rb") as stream:
                        _add_content_if_digest_matches(
                            contents_by_digest, digest, stream.read(max_bytes + 1), max_bytes
                        )
        else:
            for _path, digest in _iter_archive_members_with_digests(
                lies, _BoundedHasher(contents_by_digest, digests, max_bytes)
            ):
                if digest in digests and len(contents_by_digest) == len(digests):
                    break
    return contents_by_digest


def _add_content_if_digest_matches(
    contents_by_digest: dict[str, bytes], digest: str, content: bytes, max_bytes: int
) -> None:
    if len(content) <= max_bytes and hashlib.sha256(content).hexdigest() == digest:
        contents_by_digest[digest] = content


def _iter_folder_files_with_digests(path: Path) -> Iterator[tuple[str, str]]:
    for here, folders, files in os.walk(path):
        folders.sort()
        for name in sorted(files):
            full = Path(here) / name
            if stat.S_ISREG(full.lstat().st_mode):
                yield str(full.relative_to(path)), _compute_sha256_of_file(full)


def _compute_sha256_of_file(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _iter_archive_members_with_digests(file: Path, hasher: _BoundedHasher) -> Iterator[tuple[str, str]]:
    with file.open("rb") as stream:
        head = stream.read(8)
        stream.seek(0)
        if head == _AR:
            yield from _iter_deb_members_with_digests(stream, hasher)
        elif head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
            yield from _iter_zip_members_with_digests(stream, hasher)
        else:
            yield from _iter_tar_members_with_digests(stream, hasher)


class _BoundedHasher:
    """Digests of what is unpacked, so long as it is not too much in all.

    The contents that are wanted by theirs are kept.
    """

    def __init__(
        self, contents_by_digest: dict[str, bytes] | None = None, wanted_digests: Collection[str] = (), largest: int = 0
    ) -> None:
        self.left = MAX_BYTES
        self._kept, self._wanted, self._largest = contents_by_digest, wanted_digests, largest

    def compute_sha256_of_stream(self, source: IO[bytes]) -> str:
        sha256, content = hashlib.sha256(), bytearray()
        while piece := source.read(_PIECE):
            self.left -= len(piece)
            if self.left < 0:
                raise ValueError(f"it holds more than {MAX_BYTES} bytes")
            sha256.update(piece)
            if len(content) <= self._largest:
                content += piece
        if self._kept is not None and sha256.hexdigest() in self._wanted:
            _add_content_if_digest_matches(self._kept, sha256.hexdigest(), bytes(content), self._largest)
        return sha256.hexdigest()


def _iter_zip_members_with_digests(stream: IO[bytes], hasher: _BoundedHasher) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(stream) as archive:
        for info in archive.infolist():
            kind = info.external_attr >> 16
            if not info.is_dir() and not (kind and stat.S_ISLNK(kind)):
                with archive.open(info) as member:
                    yield info.filename, hasher.compute_sha256_of_stream(member)


def _iter_tar_members_with_digests(stream: IO[bytes], hasher: _BoundedHasher) -> Iterator[tuple[str, str]]:
    with tarfile.open(fileobj=stream, mode="r|*") as archive:
        for info in archive:
            if info.isreg():
                member = archive.extractfile(info)
                if member is not None:
                    yield info.name.removeprefix("./"), hasher.compute_sha256_of_stream(member)


def _iter_deb_members_with_digests(stream: IO[bytes], hasher: _BoundedHasher) -> Iterator[tuple[str, str]]:
    """Yield the files of a package of Debian's, from /, which lie where it puts them."""
    stream.seek(len(_AR))
    while head := stream.read(60):
        name, size = head[:16].decode("ascii", "replace").strip(" /"), int(head[48:58])
        if name.startswith("data.tar"):
            yield from _iter_tar_members_with_digests(io.BytesIO(stream.read(size)), hasher)
            return
        stream.seek(size + size % 2, os.SEEK_CUR)
    raise ValueError("a package without files")


def _collect_checked_digests_by_path(members: Iterable[tuple[str, str]], file: Path) -> dict[str, str]:
    entries: dict[str, str] = {}
    for path, digest in members:
        path = path.removeprefix("./")
        if path.startswith("/") or ".." in path.split("/") or "\0" in path or "\\" in path or len(path) > MAX_PATH:
            raise InputError(
                "{name} contains a path that leads outside the archive", name=file.name, file=file, mend=_MEND
            )
        if path in entries:
            raise InputError("{name} contains {path} twice", name=file.name, path=path[:200], file=file, mend=_MEND)
        entries[path] = digest
        if len(entries) > MAX_FILES:
            raise InputError(
                "{name} contains more than {most} files",
                name=file.name,
                most=MAX_FILES,
                file=file,
                mend="import its parts",
            )
    if not entries:
        raise InputError("{name} does not contain any files", name=file.name, file=file, mend=_MEND)
    return entries


def _strip_common_top_folder(digests_by_path: dict[str, str]) -> tuple[dict[str, str], str]:
    """Return the entries without the folder that all of them lie in, and that folder's name."""
    first = next(iter(digests_by_path)).split("/", 1)[0]
    if all(path.startswith(first + "/") for path in digests_by_path):
        return {path[len(first) + 1 :]: digest for path, digest in digests_by_path.items()}, first
    return digests_by_path, ""


def _select_application_folder_of_deb(digests_by_path: dict[str, str], name: str) -> tuple[dict[str, str], str]:
    """Return what lies in the folder of the application of a package of Debian's.

    An office may have a copy of it anywhere.
    """
    matches = (re.match(r"(?:usr/)?share/[^/]+/", path) for path in digests_by_path)
    folders = Counter(match[0] for match in matches if match is not None)
    inside, most = folders.most_common(1)[0] if folders else ("", 0)
    if 2 * most < len(digests_by_path):
        return digests_by_path, name
    return {path[len(inside) :]: digest for path, digest in digests_by_path.items() if path.startswith(inside)}, name


def _parse_release_from_archive_name(file_name: str) -> tuple[str, str]:
    """Name and version as an archive's name has them: ``wordpress-6.8.2.zip``."""
    stem = re.sub(r"(?i)\.(?:zip|deb|tar(?:\.\w+)?|tgz|tbz2|txz)$", "", file_name)
    if "_" in stem and file_name.endswith(".deb"):
        name, version, *_ = stem.split("_")
        return name, version
    match = re.search(r"[-_. ]v?(\d[\w.+~-]*)$", stem)
    return (stem[: match.start()], match[1]) if match else (stem, "-")


def _find_version_at_name_end(file_stem: str) -> str:
    match = re.search(r"[-_]v?(\d+\.[\w.+~-]*)$", file_stem)
    return match[1] if match else ""
