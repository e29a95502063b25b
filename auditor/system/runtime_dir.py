"""Where the programs lie that a run makes for itself."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from auditor.errors import InputError
from auditor.system import disk_cache


def find_temporary_folder_that_runs_programs() -> Path:
    """Return the usual folder for temporary files; where it is mounted ``noexec``, one of our own.

    Raises InputError where there is none.
    """
    usual = Path(tempfile.gettempdir())
    if _can_run_programs_in_folder(usual):
        return usual
    own = disk_cache.get_cache_folder_of_state("running", "here")
    if own is None or not _can_run_programs_in_folder(own):
        raise InputError(
            "programs cannot run in {folder}, which is mounted noexec, or in our folder in the home directory",
            mend="set TMPDIR to a folder in which programs can run",
            folder=usual,
        )
    return own


def _can_run_programs_in_folder(folder: Path) -> bool:
    return not os.statvfs(folder).f_flag & os.ST_NOEXEC
