"""``auditor controls check``: whether controls fit the facts that they read."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import typer

from auditor.audit import controls
from auditor.audit.catalogue_check import check
from auditor.commands.verbs.controls import ControlsCheckOptions
from auditor.errors import MISTAKE
from auditor.system import resources
from auditor.text.translations import Words

_CHECK = "from auditor.cli import main; main()"
"""Checked by a new process each time, which reads changed models as well."""
_SECONDS_BETWEEN_LOOKS = 0.3


def check_controls(options: ControlsCheckOptions) -> None:
    """Run ``auditor controls check``."""
    roles = options.folder or resources.get_roles_folder()
    if options.watch:
        arguments = [str(roles), "--lang", options.lang, *(["--json"] if options.as_json else [])]
        for _change in _iter_changes_of_catalogue(roles):
            subprocess.run([sys.executable, "-c", _CHECK, "controls", "check", *arguments], check=False)
    mistakes = check.find_mistakes_in_catalogue(roles)
    if options.as_json:
        typer.echo(json.dumps([mistake.build_json_data() for mistake in mistakes], ensure_ascii=False, indent=1))
        raise typer.Exit(MISTAKE if mistakes else 0)
    if mistakes:
        mistakes[0].others = mistakes[1:]
        raise mistakes[0]
    words = Words(options.lang)
    typer.echo(words("checked_controls_n", n=len(controls.load_catalogue(options.folder).controls)))


def _iter_changes_of_catalogue(roles: Path) -> Iterator[None]:
    """Yield at once, and whenever a file of controls, or one that decides whether they are right, changes."""
    seen: dict[Path, int] = {}
    while True:
        now = {}
        for file in (*controls.list_controls_files(roles), *controls.list_files_of_checks()):
            with contextlib.suppress(OSError):  # one that is gone by now
                now[file] = file.stat().st_mtime_ns
        if now != seen:
            seen = now
            yield
        time.sleep(_SECONDS_BETWEEN_LOOKS)
