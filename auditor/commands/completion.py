"""``auditor completion``: what makes a shell complete our command lines."""

from __future__ import annotations

import os

import typer
from typer.completion import (  # type: ignore[attr-defined]  # typer passes them on without naming them
    completion_init,
    get_completion_script,
)

from auditor.commands.verbs.base import COMPLETION_VARIABLE
from auditor.commands.verbs.machine import CompletionOptions, Shell

_ONE_LINE = 1000
"""Columns within which typer lays out what is said of a value."""
_ZSH_BEGINS = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }"


def print_completion_script_of_shell(options: CompletionOptions) -> None:
    """Run ``auditor completion``."""
    script = get_completion_script(prog_name="auditor", complete_var=COMPLETION_VARIABLE, shell=options.shell.value)
    typer.echo(f"{_ZSH_BEGINS}\n{script}" if options.shell is Shell.ZSH else script)


def register_shells_for_completion() -> None:
    """Have typer know the shells, one of which asks, and tell each value in one line."""
    os.environ["TERMINAL_WIDTH"] = str(_ONE_LINE)
    completion_init()
