"""What is kept of one host between hunts: each file by its stamp, and what its content was judged to be. Data, pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Self

from pydantic import Field

from auditor.compromise.file_listing import UNREAD, WebFile
from auditor.models import Model

FULL_EVERY = 7
"""Hunts: the seventh reads everything again."""
MAX_FILES = 300_000
MAX_PLACES = 10_000


class ScanCache(Model):
    """One host's files as hunts have read them."""

    host: str
    hunts: int = Field(default=0, description="since all was read the last time")
    rules: str = Field(default="", description="what the judgements rest on: they are made anew when that changes")
    files: tuple[tuple[str, str, int, int, int, str | None, int, int, str, str | None], ...] = Field(
        default=(),
        max_length=MAX_FILES,
        description="root, path, size, modified, changed, sha256, what, place, stamp, md5",
    )
    judged: Mapping[str, str] = Field(default_factory=dict, description="judgements as JSON, by the content's SHA-256")
    places: tuple[str, ...] | None = Field(
        default=None,
        max_length=MAX_PLACES,
        description="keys of the places outside the web roots; None: not looked at yet",
    )

    sound: str = Field(
        default="", description="stamps of files outside the web roots that are as their packages made them, packed"
    )

    @property
    def stamps_of_known_files(self) -> bytes:
        """Return what the host is told, so that it does not read these again; empty when it is to read everything."""
        return b"" if self.hunts >= FULL_EVERY - 1 else b"".join(bytes.fromhex(file[8]) for file in self.files)

    @property
    def sha256_digests(self) -> frozenset[str]:
        """Return SHA-256 of every file that could be read."""
        return frozenset(file[5] for file in self.files if file[5] is not None)

    @property
    def has_md5_of_all_files(self) -> bool:
        """Return whether what could be read of these files is known by its MD5, too."""
        return all(file[9] is not None for file in self.files if file[5] is not None)

    def restore_unchanged_files(self, indexes: Iterable[int]) -> tuple[WebFile, ...]:
        """Return the files that the host saw again, by their place among the stamps."""
        return tuple(WebFile(*self.files[at]) for at in indexes)

    def build_cache_for_next_hunt(
        self,
        files: Iterable[WebFile],
        judgements: Mapping[str, str],
        rules: str,
        *,
        warm: bool,
        autorun_keys: Collection[str] | None = None,
        sound: str = "",
    ) -> Self:
        """Return what is kept after a hunt that saw these files, and these places (None: it was not told of any).

        What could not be read is tried anew.
        """
        rows = tuple(
            (
                file.root,
                file.path,
                file.size,
                file.mtime_ns,
                file.ctime_ns,
                file.sha256,
                file.what,
                file.place,
                file.stamp,
                file.md5,
            )
            for file in files
            if not file.what & UNREAD
        )
        digests = {file.sha256 for file in files}
        return type(self)(
            host=self.host,
            hunts=self.hunts + 1 if warm else 0,
            rules=rules,
            files=rows[:MAX_FILES],
            judged={digest: text for digest, text in judgements.items() if digest in digests},
            places=self.places if autorun_keys is None else tuple(sorted(autorun_keys)[:MAX_PLACES]),
            sound=sound,
        )
