"""``auditor lab``: the commands. Exit 0 when done, 1 when it failed, 2 when asked for the impossible."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable

import typer

from auditor import lab
from auditor.commands.verbs.lab import (
    LabBuildOptions,
    LabDownOptions,
    LabExecOptions,
    LabResetOptions,
    LabSshOptions,
    LabStatusOptions,
    LabUpOptions,
)
from auditor.errors import InputError, LabError
from auditor.lab.ssh import build_remote_command_run_as_root
from auditor.text.translations import Words


def _run_with_errors_as_lab_errors(action: Callable[[], None]) -> None:
    """Run a command; what goes wrong in the system is the lab's failure."""
    try:
        action()
    except (subprocess.SubprocessError, OSError) as error:
        raise LabError(str(error)) from error


def _make_logger_of_elapsed_seconds(started_at: float) -> Callable[[str], None]:
    return lambda text: typer.echo(f"{time.monotonic() - started_at:6.1f} s  {text}", err=True)


def build_machine_images(options: LabBuildOptions) -> None:
    """Run ``auditor lab build``."""
    say = _make_logger_of_elapsed_seconds(time.monotonic())
    _run_with_errors_as_lab_errors(lambda: lab.build_machine_images(options.hosts or None, say))


def boot_machines(options: LabUpOptions) -> None:
    """Run ``auditor lab up``."""
    if options.every and options.hosts:
        raise InputError("--all means every machine", mend="name machines, or use only --all")
    say = _make_logger_of_elapsed_seconds(time.monotonic())
    host_names = list(lab.load_lab_spec().hosts) if options.every else options.hosts or None
    _run_with_errors_as_lab_errors(lambda: lab.boot_machines_and_await_sites(host_names, say))
    if options.with_intrusion:
        _run_with_errors_as_lab_errors(lambda: lab.compromise_hosts(host_names, say))
    say(Words(options.lang)("lab.serving"))


def stop_machines(options: LabDownOptions) -> None:
    """Run ``auditor lab down``."""
    _run_with_errors_as_lab_errors(lab.stop_machines)


def reset_machines(options: LabResetOptions) -> None:
    """Run ``auditor lab reset``."""
    say = _make_logger_of_elapsed_seconds(time.monotonic())
    _run_with_errors_as_lab_errors(lambda: lab.reset_machines_to_pristine_image(options.hosts or None, say))
    say(Words(options.lang)("lab.serving"))


def show_status_of_machines(options: LabStatusOptions) -> None:
    """Run ``auditor lab status``."""
    machines = lab.list_status_of_machines()
    if options.as_json:
        typer.echo(json.dumps({"machines": [machine.as_json() for machine in machines]}, indent=2))
        return
    words = Words(options.lang)
    for machine in machines:
        if not machine.running:
            state = words("lab.down")
        else:
            state = words("lab.serving" if machine.answers else "lab.not_serving")
            state += "" if machine.current else f", {words('lab.stale')}"
            state += f", {words('lab.compromised')}" if machine.compromised else ""
        typer.echo(f"{machine.name}  {machine.address:15}  {machine.release:9}  {state}  {' '.join(machine.sites)}")


def open_ssh_shell_on_machine(options: LabSshOptions) -> None:
    """Run ``auditor lab ssh``."""
    _run_with_errors_as_lab_errors(
        lambda: _replace_process_with_command(
            lab.build_ssh_command_of_machine(options.host, terminal=sys.stdin.isatty())
        )
    )


def run_command_on_machine_as_root(options: LabExecOptions) -> None:
    """Run ``auditor lab exec``."""
    remote_command = options.command[1:] if options.command[:1] == ["--"] else options.command
    _run_with_errors_as_lab_errors(
        lambda: _replace_process_with_command(
            lab.build_ssh_command_of_machine(
                options.host, remote=build_remote_command_run_as_root(remote_command), terminal=False
            )
        )
    )


def _replace_process_with_command(command: list[str]) -> None:
    sys.stdout.flush()
    # It replaces this process: signals, input and exit code go straight through.
    os.execvp(command[0], command)  # noqa: S606
