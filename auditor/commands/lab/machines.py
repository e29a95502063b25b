"""``auditor lab``: the commands. Exit 0 when done, 1 when it failed, 2 when asked for the impossible."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Annotated

import typer

from auditor.commands.options.common import DEFAULT_LANG, JsonOption, LangOption
from auditor.errors import InputError, LabError
from auditor.text.translations import Words

app = typer.Typer(no_args_is_help=True, help="Lab: real Debian machines with real weaknesses, on this machine.")
_HostArgument = Annotated[str, typer.Argument(metavar="HOST", help="A lab machine.")]
_HostsArgument = Annotated[list[str] | None, typer.Argument(metavar="[HOST]...", help="Lab machines.")]


def _run_with_errors_as_lab_errors(action: Callable[[], None]) -> None:
    """Run a command; what goes wrong in the system is the lab's failure."""
    import subprocess

    try:
        action()
    except (subprocess.SubprocessError, OSError) as error:
        raise LabError(str(error)) from error


def _make_logger_of_elapsed_seconds(started_at: float) -> Callable[[str], None]:
    return lambda text: typer.echo(f"{time.monotonic() - started_at:6.1f} s  {text}", err=True)


@app.command("build")
def build_machine_images(hosts: _HostsArgument = None, lang: LangOption = DEFAULT_LANG) -> None:
    """Build the missing images of machines (default: all, including test machines) without booting them.

    Archives in the folder LUYTRE_ARCHIVES (nukeviet*.zip, Joomla*.zip) are installed on the test machines.

    Example:
      auditor lab build
      auditor lab build web1 web2 web3

    """
    from auditor import lab

    say = _make_logger_of_elapsed_seconds(time.monotonic())
    _run_with_errors_as_lab_errors(lambda: lab.build_machine_images(hosts or None, say))


@app.command("up")
def boot_machines(
    hosts: _HostsArgument = None,
    every: Annotated[bool, typer.Option("--all", help="All machines, including test machines.")] = False,
    with_intrusion: Annotated[
        bool, typer.Option("--compromised", help="Plant typical traces of intrusion on web1 and web2, made harmless.")
    ] = False,
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Build missing images, boot machines (default: web1, web2, web3), and wait until their sites serve.

    Example:
      auditor lab up
      auditor lab up mess1 mess2
      auditor lab up --compromised

    """
    from auditor import lab

    if every and hosts:
        raise InputError("--all means every machine", mend="name machines, or use only --all")
    say = _make_logger_of_elapsed_seconds(time.monotonic())
    host_names = list(lab.load_lab_spec().hosts) if every else hosts or None
    _run_with_errors_as_lab_errors(lambda: lab.boot_machines_and_await_sites(host_names, say))
    if with_intrusion:
        _run_with_errors_as_lab_errors(lambda: lab.compromise_hosts(host_names, say))
    say(Words(lang)("lab.serving"))


@app.command("down")
def stop_machines(lang: LangOption = DEFAULT_LANG) -> None:
    """Stop all machines and discard their changes; images and keys stay.

    Example:
      auditor lab down

    """
    from auditor import lab

    _run_with_errors_as_lab_errors(lab.stop_machines)


@app.command("reset")
def reset_machines(hosts: _HostsArgument = None, lang: LangOption = DEFAULT_LANG) -> None:
    """Reset machines (default: web1, web2, web3) to their pristine images.

    Example:
      auditor lab reset web1

    """
    from auditor import lab

    say = _make_logger_of_elapsed_seconds(time.monotonic())
    _run_with_errors_as_lab_errors(lambda: lab.reset_machines_to_pristine_image(hosts or None, say))
    say(Words(lang)("lab.serving"))


@app.command("status")
def show_status_of_machines(as_json: JsonOption = False, lang: LangOption = DEFAULT_LANG) -> None:
    """Show which machines run and whether they respond.

    Example:
      auditor lab status --json

    """
    from auditor import lab

    machines = lab.list_status_of_machines()
    if as_json:
        typer.echo(json.dumps({"machines": [machine.as_json() for machine in machines]}, indent=2))
        return
    words = Words(lang)
    for machine in machines:
        if not machine.running:
            state = words("lab.down")
        else:
            state = words("lab.serving" if machine.answers else "lab.not_serving")
            state += "" if machine.current else f", {words('lab.stale')}"
            state += f", {words('lab.compromised')}" if machine.compromised else ""
        typer.echo(f"{machine.name}  {machine.address:15}  {machine.release:9}  {state}  {' '.join(machine.sites)}")


@app.command("ssh")
def open_ssh_shell_on_machine(host: _HostArgument, lang: LangOption = DEFAULT_LANG) -> None:
    """Open a shell on a machine as the automation user.

    Example:
      auditor lab ssh web1

    """
    from auditor import lab

    _run_with_errors_as_lab_errors(
        lambda: _replace_process_with_command(lab.build_ssh_command_of_machine(host, terminal=sys.stdin.isatty()))
    )


@app.command("exec", context_settings={"allow_interspersed_args": False})
def run_command_on_machine_as_root(
    host: _HostArgument,
    command: Annotated[list[str], typer.Argument(metavar="-- CMD...", help="Command to run.")],
    lang: LangOption = DEFAULT_LANG,
) -> None:
    """Run a command as root on a machine; its input, output and exit code are passed through.

    Example:
      auditor lab exec web1 -- systemctl status nginx

    """
    from auditor import lab
    from auditor.lab.ssh import build_remote_command_run_as_root

    remote_command = command[1:] if command[:1] == ["--"] else command
    _run_with_errors_as_lab_errors(
        lambda: _replace_process_with_command(
            lab.build_ssh_command_of_machine(
                host, remote=build_remote_command_run_as_root(remote_command), terminal=False
            )
        )
    )


def _replace_process_with_command(command: list[str]) -> None:
    sys.stdout.flush()
    # It replaces this process: signals, input and exit code go straight through.
    os.execvp(command[0], command)  # noqa: S606
