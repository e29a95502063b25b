"""An inventory as it would be with one more file, checked before that file is written."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from auditor.errors import InputError


@contextmanager
def make_trial_inventory_folder_with_file(folder: Path, name: str, text: str) -> Iterator[Path]:
    """Make a folder that reads like ``folder`` with a file ``name`` in it, for a while.

    An InputError within names the real files.

    What is wrong with the new file itself is told without a place, for nobody has written it yet.
    """
    with tempfile.TemporaryDirectory(prefix="luytre-") as scratch:
        there = Path(scratch, folder.resolve().name)
        there.mkdir()
        for own in folder.resolve().iterdir():
            (there / own.name).symlink_to(own)
        (there / name).write_text(text, "utf-8")
        try:
            yield there
        except InputError as error:
            if error.file is not None and error.file.is_relative_to(there):
                own_file = folder / error.file.relative_to(there)
                error.file = own_file if own_file.name != name else None
            raise
