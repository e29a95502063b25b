"""Manifests out of the checksums that WordPress publishes as JSON: of a release with its language, or of a plugin.

Pure.

Those of a release are MD5 alone, which nobody can make another file for; hosts are asked for it when such a manifest is
there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from auditor.compromise.known_good.manifest import ReleaseManifest

MD5 = 32
"""Letters of an MD5 in hex."""
_Path = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
_Md5 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
_Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _Release(BaseModel):
    model_config = ConfigDict(extra="ignore")
    checksums: dict[_Path, _Md5] | dict[str, dict[_Path, _Md5]] = Field(min_length=1, max_length=60_000)


class _Sums(BaseModel):
    model_config = ConfigDict(extra="ignore")
    md5: _Md5 | list[_Md5]
    sha256: _Sha256 | list[_Sha256] | None = None


class _Plugin(BaseModel):
    model_config = ConfigDict(extra="ignore")
    plugin: str = Field(max_length=200)
    version: str = Field(max_length=100)
    files: dict[_Path, _Sums] = Field(min_length=1, max_length=60_000)


_EITHER: TypeAdapter[_Release | _Plugin] = TypeAdapter(_Release | _Plugin)


def parse_published_checksums(content: bytes, name: str, version: str, origin: str) -> ReleaseManifest | None:
    """Return the manifest of published checksums, None for another JSON.

    Raises ValueError for such without a version.
    """
    try:
        document = json.loads(content)
        if not isinstance(document, dict) or "schema" in document or not {"checksums", "plugin"} & set(document):
            return None
        published_checksums = _EITHER.validate_python(document)
    except (ValidationError, RecursionError, UnicodeError) as error:
        raise ValueError("no checksums as WordPress publishes them") from error
    if isinstance(published_checksums, _Plugin):
        sums = {
            path: _get_only_digest(sums_of_file.sha256 or sums_of_file.md5)
            for path, sums_of_file in published_checksums.files.items()
        }
        return ReleaseManifest(name or published_checksums.plugin, version or published_checksums.version, origin, sums)
    checksums: Mapping[str, str | dict[str, str]] = published_checksums.checksums
    releases = [(told_version, sums) for told_version, sums in checksums.items() if isinstance(sums, dict)]
    if releases:
        if len(releases) != 1:
            raise ValueError("checksums of several releases")
        version, checksums = version or releases[0][0], releases[0][1]
    if not version:
        raise ValueError("its checksums do not say of which release: give --version")
    return ReleaseManifest(
        name or "wordpress", version, origin, {path: str(digest) for path, digest in checksums.items()}
    )


def _get_only_digest(digests: str | Sequence[str]) -> str:
    """Return a file's digest. Raises ValueError for a file that was published with several contents."""
    if isinstance(digests, str):
        return digests
    if len(digests) != 1:
        raise ValueError("a file with several contents")
    return digests[0]


def has_md5_digests(manifest: ReleaseManifest) -> bool:
    """Return whether a manifest knows contents by their MD5."""
    return any(len(digest) == MD5 for digest in manifest.entries.values())


def replace_md5_by_sha256(manifest: ReleaseManifest, sha256_by_md5: Mapping[str, str]) -> ReleaseManifest:
    """Return a manifest with the SHA-256 (``sha256_by_md5``, by MD5) of what a host has in place of each MD5."""
    entries = {path: sha256_by_md5.get(digest, digest) for path, digest in manifest.entries.items()}
    return replace(manifest, entries=entries)


def find_version_in_file_name(file_name: str) -> str:
    """Return the release in the name of a file: ``wordpress-6.8.2-vi.json``."""
    match = re.search(r"\d+(?:\.\d+){1,3}", file_name)
    return match[0] if match else ""
