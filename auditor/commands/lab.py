"""``auditor lab``: the commands. Exit 0 when done, 1 when it failed, 2 when asked for the impossible."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Annotated

import typer

from auditor import language, usage
from auditor.errors import InputError, LabError
from auditor.models import Lang
from auditor.words import Words

app = typer.Typer(no_args_is_help=True, help="Real Debian machines with real weaknesses, on this machine.")
_HostArgument = Annotated[str, typer.Argument(metavar="HOST")]


def _do(action: Callable[[], None]) -> None:
    """Run a command; what goes wrong becomes one clear message and the exit code."""
    import subprocess

    try:
        action()
    except InputError as error:
        typer.echo(f"lab: {usage.mistake(error, _lang())}", err=True)
        raise typer.Exit(2) from None
    except (LabError, subprocess.SubprocessError, OSError) as error:
        typer.echo(f"lab: {error}", err=True)
        raise typer.Exit(1) from None


def _lang() -> Lang:
    return language.of(sys.argv[1:], os.environ)


def _say(started: float) -> Callable[[str], None]:
    return lambda text: typer.echo(f"{time.monotonic() - started:6.1f} s  {text}", err=True)


@app.command()
def build() -> None:
    """Build the machines' images where they are missing, and boot nothing."""
    from auditor import lab

    say = _say(time.monotonic())
    _do(lambda: lab.build(say))


@app.command()
def up() -> None:
    """Build what is missing, boot the machines, wait until their sites serve."""
    from auditor import lab

    say = _say(time.monotonic())
    _do(lambda: lab.up(say))
    say(Words(_lang())("lab.serving"))


@app.command()
def down() -> None:
    """End the machines and forget what they changed; images and keys stay."""
    from auditor import lab

    _do(lab.down)


@app.command()
def reset(hosts: Annotated[list[str] | None, typer.Argument(metavar="[HOST]...")] = None) -> None:
    """Bring machines (default: all) back to their pristine images."""
    from auditor import lab

    say = _say(time.monotonic())
    _do(lambda: lab.reset(hosts or None, say))
    say(Words(_lang())("lab.serving"))


@app.command()
def status(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON on standard output and nothing else there.")
    ] = False,
) -> None:
    """Which machines run, and whether they answer."""
    from auditor import lab

    machines = lab.status()
    if as_json:
        typer.echo(json.dumps({"machines": [machine.as_json() for machine in machines]}, indent=2))
        return
    words = Words(_lang())
    for machine in machines:
        if not machine.running:
            state = words("lab.down")
        else:
            state = words("lab.serving" if machine.answers else "lab.not_serving")
            state += "" if machine.current else f", {words('lab.stale')}"
        typer.echo(f"{machine.name}  {machine.address:15}  {machine.release:9}  {state}  {' '.join(machine.sites)}")


@app.command()
def ssh(host: _HostArgument) -> None:
    """A shell on a machine, as the automation user."""
    from auditor import lab

    _do(lambda: _become(lab.ssh_command(host, terminal=sys.stdin.isatty())))


@app.command("exec", context_settings={"allow_interspersed_args": False})
def execute(host: _HostArgument, command: Annotated[list[str], typer.Argument(metavar="-- CMD...")]) -> None:
    """Run a command as root on a machine; its input, output and exit code are passed through."""
    from auditor import lab
    from auditor.lab.ssh import as_root

    wanted = command[1:] if command[:1] == ["--"] else command
    _do(lambda: _become(lab.ssh_command(host, remote=as_root(wanted), terminal=False)))


def _become(command: list[str]) -> None:
    sys.stdout.flush()
    os.execvp(command[0], command)  # noqa: S606  replaces this process: signals, input and exit code go straight through
