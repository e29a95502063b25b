"""Declare ``auditor lab``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from auditor.commands.options import completions
from auditor.commands.options.common import DEFAULT_LANG, DEFAULT_OUTPUT, JsonOption, LangOption, OutputOption
from auditor.commands.verbs.base import Group, Verb

_HostArgument = Annotated[str, typer.Argument(metavar="HOST", help="A lab machine.")]


_HostsArgument = Annotated[list[str] | None, typer.Argument(metavar="[HOST]...", help="Lab machines.")]


@dataclass(frozen=True, kw_only=True)
class LabBuildOptions(Verb, runs="auditor.commands.lab.machines:build_machine_images"):
    """Build the missing images of machines (default: all, including test machines) without booting them.

    Archives in the folder LUYTRE_ARCHIVES (nukeviet*.zip, Joomla*.zip) are installed on the test machines.

    Example:
      auditor lab build
      auditor lab build web1 web2 web3

    """

    hosts: _HostsArgument = None
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class LabUpOptions(Verb, runs="auditor.commands.lab.machines:boot_machines"):
    """Build missing images, boot machines (default: web1, web2, web3), and wait until their sites serve.

    Example:
      auditor lab up
      auditor lab up mess1 mess2
      auditor lab up --compromised

    """

    hosts: _HostsArgument = None
    every: Annotated[bool, typer.Option("--all", help="All machines, including test machines.")] = False
    with_intrusion: Annotated[
        bool, typer.Option("--compromised", help="Plant typical traces of intrusion on web1 and web2, made harmless.")
    ] = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class LabDownOptions(Verb, runs="auditor.commands.lab.machines:stop_machines"):
    """Stop all machines and discard their changes; images and keys stay.

    Example:
      auditor lab down

    """

    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class LabResetOptions(Verb, runs="auditor.commands.lab.machines:reset_machines"):
    """Reset machines (default: web1, web2, web3) to their pristine images.

    Example:
      auditor lab reset web1

    """

    hosts: _HostsArgument = None
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class LabStatusOptions(Verb, runs="auditor.commands.lab.machines:show_status_of_machines"):
    """Show which machines run and whether they respond.

    Example:
      auditor lab status --json

    """

    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class LabSshOptions(Verb, runs="auditor.commands.lab.machines:open_ssh_shell_on_machine"):
    """Open a shell on a machine as the automation user.

    Example:
      auditor lab ssh web1

    """

    host: _HostArgument
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class LabExecOptions(Verb, runs="auditor.commands.lab.machines:run_command_on_machine_as_root"):
    """Run a command as root on a machine; its input, output and exit code are passed through.

    Example:
      auditor lab exec web1 -- systemctl status nginx

    """

    host: _HostArgument
    command: Annotated[list[str], typer.Argument(metavar="-- CMD...", help="Command to run.")]
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class LabDemoOptions(Verb, runs="auditor.commands.lab.demo:demo"):
    """Boot three real web servers, audit, harden, verify that the sites serve, audit again, and report.

    Prints a summary on one screen; demo.log next to the report has the full log. Needs root on Debian 13.

    Example:
      auditor lab demo --lang en

    """

    output: OutputOption = DEFAULT_OUTPUT
    keep: Annotated[bool, typer.Option("--keep", help="Keep the lab running afterward.")] = False
    lang: LangOption = DEFAULT_LANG


@dataclass(frozen=True, kw_only=True)
class LabDrillOptions(Verb, runs="auditor.commands.lab.drill:drill"):
    """Break controls on fresh lab hosts, and verify that the audit detects it and hardening fixes it.

    Exit code: 0 every drill passed, 1 a drill failed, 2 usage error.

    Examples:
      auditor lab drill ssh.root_login

      auditor lab drill nginx --host web3

      auditor lab drill --all

    """

    control_ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CONTROL]...", help="Controls or areas to drill.", autocompletion=completions.complete_controls
        ),
    ] = None
    every_drill: Annotated[bool, typer.Option("--all", help="Every drill of the catalogue.")] = False
    host: Annotated[list[str] | None, typer.Option("--host", metavar="HOST", help="Only on these lab hosts.")] = None
    as_json: JsonOption = False
    lang: LangOption = DEFAULT_LANG


LAB = Group(
    help="Lab: real Debian machines with real weaknesses, on this machine.",
    entries={
        "build": LabBuildOptions,
        "up": LabUpOptions,
        "down": LabDownOptions,
        "reset": LabResetOptions,
        "status": LabStatusOptions,
        "ssh": LabSshOptions,
        "exec": LabExecOptions,
        "demo": LabDemoOptions,
        "drill": LabDrillOptions,
    },
)
