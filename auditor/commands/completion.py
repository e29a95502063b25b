"""``auditor completion``: what makes a shell complete our command lines."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated

import typer

from auditor.commands.options.common import DEFAULT_LANG, LangOption

VARIABLE = "_AUDITOR_COMPLETE"
"""By which a shell asks what could be typed, instead of running a command."""
_ONE_LINE = 1000
"""Columns within which typer lays out what is said of a value."""
_ZSH_BEGINS = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }"


class Shell(StrEnum):
    """The shells that are known."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def print_completion_script_of_shell(
    shell: Annotated[Shell, typer.Argument(metavar="bash|zsh|fish", help="The shell that you use.")],
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Print a script that makes Tab complete commands, options, hosts, sites, controls, offices and runs.

    It takes effect in the next shell. LUYTRE_LANG sets the language of the descriptions.

    Examples:
      auditor completion bash >> ~/.bashrc

      auditor completion zsh >> ~/.zshrc

      auditor completion fish >> ~/.config/fish/config.fish

    """
    # Typer passes it on without naming it.
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    script = get_completion_script(prog_name="auditor", complete_var=VARIABLE, shell=shell.value)
    typer.echo(f"{_ZSH_BEGINS}\n{script}" if shell is Shell.ZSH else script)


def register_shells_for_completion() -> None:
    """Have typer know the shells, one of which asks, and tell each value in one line."""
    os.environ["TERMINAL_WIDTH"] = str(_ONE_LINE)
    from typer.completion import completion_init  # type: ignore[attr-defined]  # typer passes it on without naming it

    completion_init()
