"""What nobody foresaw, told in one line; the traceback is kept for whoever mends the program."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from pathlib import Path

from auditor.errors import InputError
from auditor.models import Lang
from auditor.system import files, sqlite_file
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import Words

_MAX_CHARACTERS = 300


def describe_system_error(error: OSError, lang: Lang) -> str:
    """Return the line that says what the system refused."""
    return Words(lang)("fault.io", what=escape_text_to_one_line(str(error), _MAX_CHARACTERS))


def describe_unsandboxed_reading(lang: Lang) -> str:
    """Return the line that says that what reads bytes of others had the rights of who runs this program."""
    return Words(lang)("fault.exposed")


def describe_program_error(error: Exception, lang: Lang) -> str:
    """Return the line that says what happened and where the traceback is.

    The traceback itself where it could not be kept.
    """
    words = Words(lang)
    what = escape_text_to_one_line(f"{type(error).__name__}: {error}", _MAX_CHARACTERS)
    trace = "".join(traceback.format_exception(error))
    trace_file = _save_traceback(trace)
    return (
        words("fault.program", what=what, file=trace_file)
        if trace_file
        else f"{words('fault.unkept', what=what)}\n{trace}"
    )


def _save_traceback(trace: str) -> Path | None:
    path = sqlite_file.get_state_folder() / "fault.txt"
    with contextlib.suppress(OSError, InputError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return files.write_private(path, [trace.encode("utf-8", "backslashreplace")])
    return None


def discard_pending_standard_output() -> None:
    """Let go of what standard output still holds and nobody can take, so that the interpreter does not try again."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
