"""The units as this machine has them.

They are written, checked by systemd, and compared with what the person at the terminal uses.
"""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from auditor.errors import InputError
from auditor.system import files, sqlite_file
from auditor.timers.units import FOLDER, SCHEDULES, TimerSettings, render_units

type Run = Callable[[Sequence[str]], subprocess.CompletedProcess[str]]


def get_timer_settings_of_account(inventory: Path, account_name: str | None = None) -> TimerSettings:
    """Return the settings of whoever asks, or of the account of that name.

    Program, state folder and account as they are in use now.

    Raises InputError when there is no such account.
    """
    account = _get_account_or_invoking_user(account_name)
    other = account.pw_uid != os.getuid() and "LUYTRE_STATE" not in os.environ  # root's own folder is not meant
    state = Path(account.pw_dir) / ".local/state/luytre" if other else sqlite_file.get_state_folder()
    program = Path(sys.argv[0]).absolute()
    beside = Path(sys.executable).parent / "auditor"
    return TimerSettings(
        auditor=program if program.name == "auditor" and os.access(program, os.X_OK) else beside,
        state=state.absolute(),
        inventory=inventory.resolve(),
        user=account.pw_name,
        home=Path(account.pw_dir),
    )


def _get_account_or_invoking_user(account_name: str | None) -> pwd.struct_passwd:
    if account_name is None:
        return pwd.getpwuid(int(os.environ.get("SUDO_UID") or os.getuid()))
    try:
        return pwd.getpwnam(account_name)
    except KeyError:
        raise InputError(
            "there is no account {name} on this machine", name=account_name, mend="see 'getent passwd'"
        ) from None


def install_and_start_systemd_timers(
    settings: TimerSettings, unit_folder: Path = FOLDER, run_command: Run | None = None
) -> tuple[Path, ...]:
    """Write the units, have systemd check them first, and start the timers. Return the files.

    Raises InputError, with nothing written, for an inventory or a program that is not there, and for what systemd
    refuses.
    """
    run_command = run_command or _run_command_with_timeout
    if not os.access(settings.auditor, os.X_OK):
        raise InputError("{program} cannot be run", program=settings.auditor, mend="install Lũy Tre first")
    if not settings.inventory.exists():
        raise InputError("there is no inventory at {path}", path=settings.inventory, mend="give it with --inventory")
    texts = render_units(settings)
    _verify_units_with_systemd_analyze(texts, run_command)
    try:
        _create_state_folder_owned_by_user(settings)
        for name, text in texts.items():
            files.write_file_atomically(unit_folder / name, [text.encode()], 0o644)
    except OSError as error:
        raise InputError(
            "cannot write {file}: {error}", file=error.filename, error=error.strerror, mend="run it as root"
        ) from error
    timers = [f"{schedule.name}.timer" for schedule in SCHEDULES]
    for words in (["systemctl", "daemon-reload"], ["systemctl", "enable", "--now", *timers]):
        process = run_command(words)
        if process.returncode:
            raise InputError(
                "'{command}' failed: {error}",
                command=" ".join(words),
                error=process.stderr.strip(),
                mend="see 'systemctl status luytre-audit.timer'",
            )
    return tuple(unit_folder / name for name in texts)


def find_problems_of_installed_units(settings: TimerSettings, unit_folder: Path = FOLDER) -> Iterator[tuple[str, str]]:
    """Yield ``(unit, problem)`` where units are installed.

    The unit is ``missing`` or ``unreadable``, or its ``program``, ``state`` or ``other`` differs from what this person
    uses. Nothing is yielded when no unit is there.
    """
    texts = render_units(settings)
    if not any((unit_folder / name).exists() for name in texts):
        return
    for name, text in texts.items():
        try:
            there = (unit_folder / name).read_text("utf-8")
        except FileNotFoundError:
            yield name, "missing"
            continue
        except (OSError, UnicodeDecodeError):
            yield name, "unreadable"
            continue
        if there == text:
            continue
        yield (
            name,
            _classify_unit_difference(_parse_program_and_state_of_unit(there), _parse_program_and_state_of_unit(text)),
        )


def is_any_timer_unit_installed(unit_folder: Path = FOLDER) -> bool:
    """Return whether any of the units is there."""
    return any((unit_folder / f"{schedule.name}.timer").exists() for schedule in SCHEDULES)


def _create_state_folder_owned_by_user(settings: TimerSettings) -> None:
    """Have the state folder; what is made of it belongs to the account of the units."""
    new_folders = [folder for folder in (settings.state, *settings.state.parents) if not folder.exists()]
    settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    if os.geteuid() == 0:
        account = pwd.getpwnam(settings.user)
        for folder in new_folders:
            os.chown(folder, account.pw_uid, account.pw_gid, follow_symlinks=False)


def _classify_unit_difference(installed_values: Mapping[str, str], expected_values: Mapping[str, str]) -> str:
    if installed_values.get("program") != expected_values.get("program") and not os.access(
        installed_values.get("program", ""), os.X_OK
    ):
        return "program"
    return "state" if installed_values.get("state") != expected_values.get("state") else "other"


def _parse_program_and_state_of_unit(unit_text: str) -> Mapping[str, str]:
    """Return what a unit's text says of the program and the state folder."""
    values = {}
    for line in unit_text.splitlines():
        key, _, value = line.partition("=")
        if key == "Environment" and value.strip('"').startswith("LUYTRE_STATE="):
            values["state"] = value.strip('"').partition("=")[2]
        if key == "ExecStart":
            values.setdefault("program", value.split('"')[1] if value.startswith('"') else value.split()[0])
    return values


def _verify_units_with_systemd_analyze(unit_texts: Mapping[str, str], run_command: Run) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in unit_texts.items():
            (Path(folder) / name).write_text(text, "utf-8")
        process = run_command(
            ["systemd-analyze", "verify", "--man=no", *(str(Path(folder) / name) for name in unit_texts)]
        )
    if process.returncode:
        raise InputError("systemd refuses the units: {error}", error=process.stderr.strip(), mend="is systemd running?")


def _run_command_with_timeout(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except FileNotFoundError as error:
        raise InputError("{program} is not installed", program=command[0], mend="timers require systemd") from error
