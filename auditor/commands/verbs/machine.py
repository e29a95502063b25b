"""Declare ``auditor doctor`` and ``auditor completion``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from auditor.commands.options.common import DEFAULT_INVENTORY, DEFAULT_LANG, InventoryOption, JsonOption, LangOption
from auditor.commands.verbs.base import Verb

TimersOption = Annotated[
    bool,
    typer.Option(
        "--install-timers",
        help=(
            "As root: write and start systemd timers that audit at night, notify offices of incidents and deliver "
            "mail, with your inventory, state folder and account."
        ),
    ),
]


AccountOption = Annotated[
    str | None,
    typer.Option("--account", metavar="NAME", help="The account that runs the timers; default: your account."),
]


@dataclass(frozen=True, kw_only=True)
class DoctorOptions(Verb, runs="auditor.commands.doctor:check_prerequisites_of_this_machine"):
    """Check this machine's prerequisites, and print the command that installs each missing one.

    Compares the installed timers with your settings: a timer with a different state folder would see different
    incidents.

    Exit code: 0 auditing works and the timers match, 1 otherwise.

    Examples:
      auditor doctor

      auditor doctor --install-timers -i inventories/lab

      auditor doctor --install-timers --account luytre -i inventories/lab

    """

    install_timers: TimersOption = False
    account: AccountOption = None
    inventory: InventoryOption = DEFAULT_INVENTORY
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


class Shell(StrEnum):
    """The shells that are known."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


@dataclass(frozen=True, kw_only=True)
class CompletionOptions(Verb, runs="auditor.commands.completion:print_completion_script_of_shell"):
    """Print a script that makes Tab complete commands, options, hosts, sites, controls, offices and runs.

    It takes effect in the next shell. LUYTRE_LANG sets the language of the descriptions.

    Examples:
      auditor completion bash >> ~/.bashrc

      auditor completion zsh >> ~/.zshrc

      auditor completion fish >> ~/.config/fish/config.fish

    """

    shell: Annotated[Shell, typer.Argument(metavar="bash|zsh|fish", help="The shell that you use.")]
    lang: LangOption = DEFAULT_LANG
