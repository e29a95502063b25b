"""Secrets in files, and whose certificates are trusted: for whoever talks to another's server."""

from __future__ import annotations

import os
import ssl
import stat
from pathlib import Path

from auditor.errors import InputError


def make_tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return a context of TLS 1.2 or newer that trusts these authorities, by default the system's.

    Raises InputError.
    """
    try:
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except (OSError, ssl.SSLError) as error:
        raise InputError(
            "no certificates can be read: {why}", why=error.strerror or error, file=ca_file, mend="give a PEM file"
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def read_secret_from_private_file(file: Path) -> str:
    """Return the one line of a file that its owner alone can read, and that is no link. Raises InputError."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise InputError(
            "the file with the password is missing",
            file=file,
            mend="write only the password to it, then run chmod 600 {path}",
            path=file,
        ) from error
    except OSError as error:
        raise InputError(
            "cannot be read: {why}", why=error.strerror, file=file, mend="check the path and its owner"
        ) from error
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as stream:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode) or about.st_mode & 0o077:
            raise InputError("others can read the password", file=file, mend="chmod 600 {path}", path=file)
        password = stream.read(1024).strip("\r\n")
    if not password.isascii() or not password.isprintable() or not password:
        raise InputError(
            "a password file must contain one line of plain ASCII", file=file, mend="write only the password there"
        )
    return password
