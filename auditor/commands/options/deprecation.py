"""Old names of commands: they go on working for one release, and name the new one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import typer


def add_deprecated_command_name(app: typer.Typer, old: str, instead: str, command: Callable[..., Any]) -> None:
    """Have ``app`` run a command under its old name, too, hidden from its help.

    A line on standard error names the one to use ``instead``.
    """

    @functools.wraps(command)
    def run(*arguments: Any, **options: Any) -> Any:
        from auditor.commands.output.console import err
        from auditor.text.translations import Words

        err.print(Words(options.get("lang") or "vi")("deprecated", old=old, instead=instead), markup=False)
        return command(*arguments, **options)

    app.command(old, hidden=True)(run)
