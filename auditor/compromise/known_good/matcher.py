"""What manifests say of a host's files.

Where each release lies, and what there is as it was made, changed, foreign, or gone. Pure.

Known bytes count where the release has them and nowhere else. Where a release lies is told by its files, never by the
application: a plugin whose main file is gone is still recognised.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from auditor.compromise.known_good.manifest import ReleaseManifest

DeviatingStatus = Literal["changed", "unknown", "left_over", "misplaced"]
FileStatus = Literal["known", DeviatingStatus]
_OPEN = frozenset(
    {
        *(
            "wp-content",
            "data",
            "uploads",
            "upload",
            "images",
            "media",
            "cache",
            "tmp",
            "temp",
            "logs",
            "files",
            "assets",
        ),
        *(
            "themes",
            "modules",
            "plugins",
            "templates",
            "components",
            "language",
            "languages",
            "install",
            "custom",
            "sites",
        ),
    }
)
"""Folders of releases to which an office adds files."""
WRITTEN_BY_OFFICES = frozenset(
    {
        *("wp-config.php", "configuration.php", "config.php", "config_global.php", "settings.php", "LocalSettings.php"),
        *(".htaccess", ".user.ini", "robots.txt", "web.config"),
    }
)
"""Files that an office has to change: what they hold is judged, and that they differ says nothing."""
_NEEDED, _SHARE = 3, 0.3
_SMALL = 200
"""Bytes: a file smaller than that is in too many releases to tell anything."""


@dataclass(frozen=True)
class HostFile:
    """One file of a host, as far as it matters here."""

    path: str
    """Absolute."""
    sha256: str | None
    size: int
    code: bool


@dataclass(frozen=True)
class MatchResult:
    """The standing of a host's files by the manifests."""

    standings: Mapping[str, tuple[FileStatus, str]] = field(default_factory=dict)
    """By path: how it stands, and the name and version of the release. One that no release speaks of is not in it."""
    originals: Mapping[str, tuple[ReleaseManifest, str]] = field(default_factory=dict)
    """By path of what was changed: its release, and the digest of what that has there."""
    missing_files: Sequence[tuple[str, str]] = ()
    """Paths that a release has and the host has not, with the release."""
    release_folders: Sequence[tuple[str, str]] = ()
    """Folders, and which release lies in each."""


def match_files_to_manifests(files: Iterable[HostFile], manifests: Sequence[ReleaseManifest]) -> MatchResult:
    """Return how a host's files stand to what is known to be good."""
    by_path = {file.path: file for file in files}
    by_digest: dict[str, list[str]] = defaultdict(list)
    for file in by_path.values():
        if file.sha256 is not None:
            by_digest[file.sha256].append(file.path)
    manifests_by_folder = _locate_release_folders_on_host(manifests, by_digest)
    standings: dict[str, tuple[FileStatus, str]] = {}
    missing_files: list[tuple[str, str]] = []
    originals: dict[str, tuple[ReleaseManifest, str]] = {}
    for base, manifest in manifests_by_folder.items():
        _compare_release_with_host_files(base, manifest, by_path, standings, missing_files, originals)
    _note_extra_and_misplaced_files(manifests_by_folder, manifests, by_path, standings)
    release_folders = [
        (base or "/", _format_release_name_and_version(manifest)) for base, manifest in manifests_by_folder.items()
    ]
    return MatchResult(standings, originals, missing_files[:500], release_folders)


def _locate_release_folders_on_host(
    manifests: Sequence[ReleaseManifest], by_digest: Mapping[str, list[str]]
) -> dict[str, ReleaseManifest]:
    """Return the release that fits best in each folder, by the folder's path without a slash at its end."""
    best: dict[str, tuple[int, ReleaseManifest]] = {}
    for manifest in manifests:
        bases: Counter[str] = Counter()
        for path, digest in manifest.entries.items():
            end = "/" + path
            bases.update({host_path[: -len(end)] for host_path in by_digest.get(digest, ()) if host_path.endswith(end)})
        for base, count in bases.items():
            enough = count >= min(len(manifest.entries), max(_NEEDED, _SHARE * len(manifest.entries)))
            if enough and (base not in best or count > best[base][0]):
                best[base] = (count, manifest)
    return {base: manifest for base, (_count, manifest) in best.items()}


def _compare_release_with_host_files(
    folder: str,
    manifest: ReleaseManifest,
    by_path: Mapping[str, HostFile],
    standings: dict[str, tuple[FileStatus, str]],
    missing_files: list[tuple[str, str]],
    originals: dict[str, tuple[ReleaseManifest, str]],
) -> None:
    for path, digest in manifest.entries.items():
        where = f"{folder}/{path}"
        file = by_path.get(where)
        if file is None:
            missing_files.append((where, _format_release_name_and_version(manifest)))
        elif file.sha256 == digest:
            standings[where] = ("known", _format_release_name_and_version(manifest))
        elif standings.get(where, ("",))[0] != "known" and path.rsplit("/", 1)[-1] not in WRITTEN_BY_OFFICES:
            standings[where] = ("changed", _format_release_name_and_version(manifest))
            originals[where] = (manifest, digest)


def _note_extra_and_misplaced_files(
    manifests_by_folder: Mapping[str, ReleaseManifest],
    manifests: Sequence[ReleaseManifest],
    by_path: Mapping[str, HostFile],
    standings: dict[str, tuple[FileStatus, str]],
) -> None:
    """Note files that lie where only a release has files, and files of releases that lie elsewhere."""
    tops_of = {base: list_exclusive_release_folders(base, manifest) for base, manifest in manifests_by_folder.items()}
    older: dict[str, dict[str, str]] = defaultdict(dict)
    digests: dict[str, str] = {}
    names = {manifest.name for manifest in manifests_by_folder.values()}
    for manifest in manifests:
        release = _format_release_name_and_version(manifest)
        for path, digest in manifest.entries.items():
            digests.setdefault(digest, release)
            if manifest.name in names:
                older[f"{manifest.name}\0{path}"][digest] = release
    for path, file in by_path.items():
        if path in standings:
            continue
        for base in _iter_folders_above(path, tops_of):
            inside = path[len(base) + 1 :]
            was = older.get(f"{manifests_by_folder[base].name}\0{inside}", {}).get(file.sha256 or "")
            if was is not None:
                standings[path] = ("left_over", was)
            elif file.code and _is_in_exclusive_folder(inside, tops_of[base]):
                standings[path] = ("unknown", _format_release_name_and_version(manifests_by_folder[base]))
        if path not in standings and file.code and file.size >= _SMALL and file.sha256 in digests:
            standings[path] = ("misplaced", digests[file.sha256])


def _iter_folders_above(path: str, folders: Iterable[str]) -> Iterator[str]:
    return (folder for folder in folders if path.startswith(folder + "/"))


def _is_in_exclusive_folder(inside: str, folders: frozenset[str] | None) -> bool:
    return folders is None or ("/" in inside and inside.split("/", 1)[0] in folders)


def list_exclusive_release_folders(folder: str, manifest: ReleaseManifest) -> frozenset[str] | None:
    """Return the folders in which nobody but the release has code; None for all of it, as of a plugin."""
    if "/plugins/" in folder or "/themes/" in folder or "/modules/" in folder:
        return None
    return frozenset(path.split("/", 1)[0] for path in manifest.entries if "/" in path) - _OPEN


def _format_release_name_and_version(manifest: ReleaseManifest) -> str:
    return f"{manifest.name} {manifest.version}"
