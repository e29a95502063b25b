"""Manifests out of what an office has: release archives, Debian's packages, folders that it trusts. Nothing is unpacked to a disk.

An archive is an attacker's until it is imported: what it holds is counted while it is unpacked, its paths are checked, and the same path
twice is refused.
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

from auditor.compromise.known import checksums, exported
from auditor.compromise.known.manifest import Manifest
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


def read(file: Path, name: str = "", version: str = "") -> Manifest:
    """The manifest of a release archive (zip, tar, .deb), or of published checksums. Raises InputError for what is none, or is built to cost or to mislead."""
    told_name, told_version = _named(file.name)
    try:
        written = _written(file, name, version)
        if written is not None:
            return written
        digest = _digest_of(file)
        found = _common(_collected(_members(file, _Counted()), file))
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
    entries, top = _application(*found) if file.suffix == ".deb" else found
    said = version or _version(top) or told_version
    return Manifest(name or told_name, said, f"{file.name} {digest}", entries, lies=str(file.absolute()))


def _written(file: Path, name: str, version: str) -> Manifest | None:
    """A manifest that another controller has exported, or that WordPress's checksums make; None for any other file."""
    with file.open("rb") as opened:
        if opened.read(1) != b"{":
            return None
        opened.seek(0)
        content = opened.read(MAX_EXPORT + 1)
    if len(content) > MAX_EXPORT:
        raise ValueError("a manifest that is too large")
    origin = f"{file.name} {hashlib.sha256(content).hexdigest()}"
    published = checksums.read(content, name, version or checksums.version_in(file.name), origin)
    found = published if published is not None else exported.read(content)
    _collected(found.entries.items(), file)
    return found


def folder(path: Path, name: str, version: str, reason: str, approver: str) -> Manifest:
    """The manifest of a folder as it is now, which an office trusts. Raises InputError."""
    if path.is_symlink() or not path.is_dir():
        raise InputError("{path} is not a folder", path=path, mend="give a folder on this machine")
    found = _collected(_below(path), path)
    digest = hashlib.sha256(
        "".join(f"{key}\0{value}\n" for key, value in sorted(found.items())).encode("utf-8", "surrogateescape")
    )
    origin = f"{path.name}/ {digest.hexdigest()}"
    return Manifest(name or path.name, version or "-", origin, found, reason, approver, str(path.absolute()))


def contents(manifest: Manifest, wanted: Collection[str], largest: int = MAX_SHOWN) -> dict[str, bytes]:
    """Contents of a release by their SHA-256, out of the archive or folder that it was made from.

    None that lies there no more, is another by now, or has more than ``largest`` bytes.
    """
    found: dict[str, bytes] = {}
    lies = Path(manifest.lies)
    if not manifest.lies or lies.is_symlink():
        return found
    with suppress(OSError, EOFError, zipfile.BadZipFile, tarfile.TarError, zlib.error, ValueError, RuntimeError):
        if lies.is_dir():
            for path, digest in manifest.entries.items():
                if digest in wanted:
                    with (lies / path).open("rb") as opened:
                        _keep(found, digest, opened.read(largest + 1), largest)
        else:
            for _path, digest in _members(lies, _Counted(found, wanted, largest)):
                if digest in wanted and len(found) == len(wanted):
                    break
    return found


def _keep(found: dict[str, bytes], digest: str, content: bytes, largest: int) -> None:
    if len(content) <= largest and hashlib.sha256(content).hexdigest() == digest:
        found[digest] = content


def _below(path: Path) -> Iterator[tuple[str, str]]:
    for here, folders, files in os.walk(path):
        folders.sort()
        for one in sorted(files):
            full = Path(here) / one
            if stat.S_ISREG(full.lstat().st_mode):
                yield str(full.relative_to(path)), _digest_of(full)


def _digest_of(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _members(file: Path, counted: _Counted) -> Iterator[tuple[str, str]]:
    with file.open("rb") as opened:
        head = opened.read(8)
        opened.seek(0)
        if head == _AR:
            yield from _of_deb(opened, counted)
        elif head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
            yield from _of_zip(opened, counted)
        else:
            yield from _of_tar(opened, counted)


class _Counted:
    """Digests of what is unpacked, so long as it is not too much in all; the contents that are wanted by theirs are kept."""

    def __init__(self, kept: dict[str, bytes] | None = None, wanted: Collection[str] = (), largest: int = 0) -> None:
        self.left = MAX_BYTES
        self._kept, self._wanted, self._largest = kept, wanted, largest

    def digest(self, source: IO[bytes]) -> str:
        found, content = hashlib.sha256(), bytearray()
        while piece := source.read(_PIECE):
            self.left -= len(piece)
            if self.left < 0:
                raise ValueError(f"it holds more than {MAX_BYTES} bytes")
            found.update(piece)
            if len(content) <= self._largest:
                content += piece
        if self._kept is not None and found.hexdigest() in self._wanted:
            _keep(self._kept, found.hexdigest(), bytes(content), self._largest)
        return found.hexdigest()


def _of_zip(opened: IO[bytes], counted: _Counted) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(opened) as archive:
        for info in archive.infolist():
            kind = info.external_attr >> 16
            if not info.is_dir() and not (kind and stat.S_ISLNK(kind)):
                with archive.open(info) as member:
                    yield info.filename, counted.digest(member)


def _of_tar(opened: IO[bytes], counted: _Counted) -> Iterator[tuple[str, str]]:
    with tarfile.open(fileobj=opened, mode="r|*") as archive:
        for info in archive:
            if info.isreg():
                member = archive.extractfile(info)
                if member is not None:
                    yield info.name.removeprefix("./"), counted.digest(member)


def _of_deb(opened: IO[bytes], counted: _Counted) -> Iterator[tuple[str, str]]:
    """The files of a package of Debian's, from /, which lie where it puts them."""
    opened.seek(len(_AR))
    while head := opened.read(60):
        name, size = head[:16].decode("ascii", "replace").strip(" /"), int(head[48:58])
        if name.startswith("data.tar"):
            yield from _of_tar(io.BytesIO(opened.read(size)), counted)
            return
        opened.seek(size + size % 2, os.SEEK_CUR)
    raise ValueError("a package without files")


def _collected(members: Iterable[tuple[str, str]], file: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for path, digest in members:
        path = path.removeprefix("./")
        if path.startswith("/") or ".." in path.split("/") or "\0" in path or "\\" in path or len(path) > MAX_PATH:
            raise InputError(
                "{name} contains a path that leads outside the archive", name=file.name, file=file, mend=_MEND
            )
        if path in found:
            raise InputError("{name} contains {path} twice", name=file.name, path=path[:200], file=file, mend=_MEND)
        found[path] = digest
        if len(found) > MAX_FILES:
            raise InputError(
                "{name} contains more than {most} files",
                name=file.name,
                most=MAX_FILES,
                file=file,
                mend="import its parts",
            )
    if not found:
        raise InputError("{name} does not contain any files", name=file.name, file=file, mend=_MEND)
    return found


def _common(found: dict[str, str]) -> tuple[dict[str, str], str]:
    """The entries without the folder that all of them lie in, and that folder's name."""
    first = next(iter(found)).split("/", 1)[0]
    if all(path.startswith(first + "/") for path in found):
        return {path[len(first) + 1 :]: digest for path, digest in found.items()}, first
    return found, ""


def _application(entries: dict[str, str], top: str) -> tuple[dict[str, str], str]:
    """Of a package of Debian's what lies in the folder of its application, wherever an office has a copy of it."""
    shared = (re.match(r"(?:usr/)?share/[^/]+/", path) for path in entries)
    folders = Counter(match[0] for match in shared if match is not None)
    inside, most = folders.most_common(1)[0] if folders else ("", 0)
    if 2 * most < len(entries):
        return entries, top
    return {path[len(inside) :]: digest for path, digest in entries.items() if path.startswith(inside)}, top


def _named(file: str) -> tuple[str, str]:
    """Name and version as an archive's name has them: ``wordpress-6.8.2.zip``."""
    stem = re.sub(r"(?i)\.(?:zip|deb|tar(?:\.\w+)?|tgz|tbz2|txz)$", "", file)
    if "_" in stem and file.endswith(".deb"):
        name, version, *_ = stem.split("_")
        return name, version
    match = re.search(r"[-_. ]v?(\d[\w.+~-]*)$", stem)
    return (stem[: match.start()], match[1]) if match else (stem, "-")


def _version(text: str) -> str:
    match = re.search(r"[-_]v?(\d+\.[\w.+~-]*)$", text)
    return match[1] if match else ""
