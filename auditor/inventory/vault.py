"""Files that Ansible's vault encrypted as a whole, opened by Ansible's own tool with the office's password."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from auditor.errors import InputError

PASSWORD_FILE = "ANSIBLE_VAULT_PASSWORD_FILE"  # noqa: S105  a variable's name
_HEAD = "$ANSIBLE_VAULT;"


def is_ansible_vault_text(text: str) -> bool:
    """Return whether this is an encrypted file's text."""
    return text.startswith(_HEAD)


def get_vault_password_file() -> Path | None:
    """Return where the password is, by ``ANSIBLE_VAULT_PASSWORD_FILE``; None: not given."""
    value = os.environ.get(PASSWORD_FILE)
    return Path(value).expanduser().absolute() if value else None


def decrypt_text_of_vault_file(text: str, file: Path) -> str:
    """Return what the encrypted ``text`` of ``file`` says.

    Raises InputError without the password, or with a wrong one.
    """
    password = get_vault_password_file()
    if password is None:
        raise InputError(
            "is encrypted, so its data on these hosts is unknown",
            file=file,
            line=1,
            mend="name the file with the vault's password in {variable}",
            variable=PASSWORD_FILE,
        )
    plain = _decrypt_text_with_ansible_vault(text, password)
    if plain is None:
        raise InputError(
            "is encrypted with a different password from the given one",
            file=file,
            line=1,
            mend="check the file that {variable} names",
            variable=PASSWORD_FILE,
        )
    return plain


@cache
def _decrypt_text_with_ansible_vault(text: str, password: Path) -> str | None:
    with tempfile.TemporaryDirectory(prefix="luytre-") as home:
        Path(home, "ansible.cfg").touch()
        process = subprocess.run(
            [Path(sys.executable).with_name("ansible-vault"), "decrypt", "--vault-password-file", password],
            input=text,
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**os.environ, "ANSIBLE_CONFIG": f"{home}/ansible.cfg", "ANSIBLE_HOME": home},
            check=False,
        )
    return process.stdout if process.returncode == 0 else None
