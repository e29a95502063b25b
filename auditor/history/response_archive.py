"""Answers in which a review found traces.

They are kept as files beside the history for as long as the look that they belong to.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from pathlib import Path

from auditor.system import files

_OWNER = 0o700
_SUFFIX = ".warc.gz"


def write_private_response_file(folder: Path, name: str, content: bytes) -> Path:
    """Write one file, named by its look and a number, into a site's folder, whole, for its owner only.

    Raises InputError.
    """
    with contextlib.suppress(OSError):  # told by what follows, with its mend
        folder.mkdir(parents=True, exist_ok=True, mode=_OWNER)
    return files.write_private(folder / (name + _SUFFIX), [content])


def delete_response_files_of_other_looks(folder: Path, kept_looks: Collection[str]) -> None:
    """Take away what belongs to none of these looks: it is gone from the history, or was killed before it was kept."""
    if folder.is_dir():
        for file in folder.glob(f"*{_SUFFIX}"):
            if file.name.removesuffix(_SUFFIX).rpartition("-")[0] not in kept_looks:
                with contextlib.suppress(FileNotFoundError):
                    file.unlink()
