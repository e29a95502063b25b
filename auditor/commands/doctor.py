"""``auditor doctor``: what is missing, the command that puts it right, and timers."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import typer

from auditor.commands.output.console import escape_markup, out
from auditor.commands.verbs.machine import DoctorOptions
from auditor.system import sqlite_file
from auditor.text.translations import Words
from auditor.timers import installation
from auditor.timers.units import TimerSettings

_KEYRINGS = Path("/usr/share/keyrings")
_LAB_DISK_BYTES = 4 * 1024**3


@dataclass(frozen=True)
class PrerequisiteCheck:
    """One thing that was looked at, and the command that puts it right."""

    what: str
    fine: bool
    needed_for: Literal["audit", "lab"]
    mend: str


def check_prerequisites_of_this_machine(options: DoctorOptions) -> None:
    """Run ``auditor doctor``."""
    words = Words(options.lang)
    settings = installation.get_timer_settings_of_account(options.inventory, options.account)
    if options.install_timers:
        unit_files = installation.install_and_start_systemd_timers(settings)
        if not options.as_json:
            for file in unit_files:
                out.print(escape_markup(words("doctor.timer_written", file=file)))
    needs = [*_check_programs(words), *_check_timers(settings, words)]
    if options.as_json:
        typer.echo(json.dumps([asdict(need) for need in needs], ensure_ascii=False, indent=1))
    else:
        for need in needs:
            if need.fine:
                out.print(f"[green]✓[/] {escape_markup(need.what)}")
            else:
                needed_for = words(f"doctor.for.{need.needed_for}")
                out.print(f"[red]✗[/] {escape_markup(need.what)}  ({needed_for}) → {escape_markup(need.mend)}")
    raise typer.Exit(1 if any(not need.fine and need.needed_for == "audit" for need in needs) else 0)


def _check_timers(settings: TimerSettings, words: Words) -> Iterator[PrerequisiteCheck]:
    """Yield whether the timers that are installed fit what this person uses; nothing where none is installed."""
    problems = dict(installation.find_problems_of_installed_units(settings))
    state = shlex.quote(f"LUYTRE_STATE={settings.state}")
    program, inventory_path = shlex.quote(str(settings.auditor)), shlex.quote(str(settings.inventory))
    command = f"sudo {state} {program} doctor --install-timers -i {inventory_path}"
    for name, problem in problems.items():
        yield PrerequisiteCheck(
            words(f"doctor.timer.{problem}", unit=name, folder=settings.state), False, "audit", command
        )
    if installation.is_any_timer_unit_installed() and not problems:
        yield PrerequisiteCheck(words("doctor.timer.fine", folder=settings.state), True, "audit", command)


def _check_programs(words: Words) -> Iterator[PrerequisiteCheck]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield PrerequisiteCheck(
        f"Python {version}", sys.version_info >= (3, 12), "audit", "apt-get install python3 python3-venv"
    )
    beside = Path(sys.executable).parent / "ansible-playbook"
    yield PrerequisiteCheck(
        "ansible-playbook", beside.exists(), "audit", "pip install --require-hashes -r requirements.lock"
    )
    yield PrerequisiteCheck("ssh", shutil.which("ssh") is not None, "audit", "apt-get install openssh-client")
    yield from _check_state_folder_and_files(words)
    yield PrerequisiteCheck("root", os.geteuid() == 0, "lab", words("doctor.as_root"))
    for program, package in (
        ("mmdebstrap", "mmdebstrap"),
        ("systemd-nspawn", "systemd-container"),
        ("openssl", "openssl"),
        ("ip", "iproute2"),
    ):
        yield PrerequisiteCheck(program, shutil.which(program) is not None, "lab", f"apt-get install {package}")
    yield PrerequisiteCheck(
        "debian-archive-keyring",
        any(_KEYRINGS.glob("debian-archive-keyring.*")),
        "lab",
        "apt-get install debian-archive-keyring",
    )
    free = shutil.disk_usage(_find_existing_parent(Path("/var/lib"))).free
    yield PrerequisiteCheck(
        words("doctor.disk", folder="/var/lib"), free > _LAB_DISK_BYTES, "lab", words("doctor.free_disk")
    )


def _check_state_folder_and_files(words: Words) -> Iterator[PrerequisiteCheck]:
    """Yield the folder of what is kept, which may still have to be made, and the files in it."""
    folder = sqlite_file.get_state_folder()
    above = _find_existing_parent(folder)
    fine = above.is_dir() and os.access(above, os.W_OK | os.X_OK)
    yield PrerequisiteCheck(
        words("doctor.history", folder=folder),
        fine,
        "audit",
        _suggest_command_to_own_folder(folder, is_there=above == folder),
    )
    for file in sorted(folder.glob("*.sqlite")) if fine else ():
        damage = sqlite_file.find_damage_of_database_file(file)
        away = shlex.quote(str(folder / "damaged"))
        yield PrerequisiteCheck(
            words("doctor.kept", file=file) if damage is None else words("doctor.damaged", file=file, said=damage),
            damage is None,
            "audit",
            f"mkdir -p {away} && mv {shlex.quote(str(file))}* {away}",
        )


def _suggest_command_to_own_folder(folder: Path, is_there: bool) -> str:
    """Return how to get a folder of one's own; one that is there may be somebody else's, and is not given away."""
    if is_there:
        return "export LUYTRE_STATE=~/luytre"
    return f'sudo install -d -m 700 -o "$(id -u)" {shlex.quote(str(folder))}'


def _find_existing_parent(path: Path) -> Path:
    return path if os.access(path, os.F_OK) else _find_existing_parent(path.parent)
