"""A password for ssh or Ansible, over a pipe that holds it only while it is read.

It is in no file, and gone once we are.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

_ANSWER = """#!/bin/sh
case $1 in *assphrase*) exit 1 ;; esac
IFS= read -r password < {pipe}
printf '%s\\n' "$password"
"""
VARIABLES = ("SSH_ASKPASS", "SSH_ASKPASS_REQUIRE")
OPTIONS = {
    "BatchMode": "no",
    "PreferredAuthentications": "password,keyboard-interactive",
    "PasswordAuthentication": "yes",
    "KbdInteractiveAuthentication": "yes",
    "NumberOfPasswordPrompts": "1",
}
"""What ssh has to be told, so that it asks."""


@contextmanager
def provide_password_to_askpass_program(password: str, folder: Path) -> Iterator[None]:
    """Give the password to the program at ``get_askpass_program_path`` within the context, as often as it asks.

    ``folder`` is nobody else's.
    """
    pipe, over = folder / "password", Event()
    os.mkfifo(pipe, 0o600)
    answer = get_askpass_program_path(folder)
    answer.write_text(_ANSWER.format(pipe=pipe), "utf-8")
    answer.chmod(0o700)

    def write_password() -> None:
        while True:
            with suppress(BrokenPipeError), pipe.open("wb", buffering=0) as writer:  # waits until somebody reads
                if over.is_set():
                    return
                writer.write(f"{password}\n".encode())

    thread = Thread(target=write_password, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        last = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        thread.join()
        os.close(last)


def build_askpass_environment(folder: Path) -> Mapping[str, str]:
    """Return the environment in which ssh asks by way of ``folder``."""
    return dict(zip(VARIABLES, (str(get_askpass_program_path(folder)), "force"), strict=True))


def get_askpass_program_path(folder: Path) -> Path:
    """Return what prints the password that is handed by way of ``folder``."""
    return folder / "askpass"
