"""An authority of timestamps of our own, by openssl, in a folder."""

from __future__ import annotations

import subprocess
from pathlib import Path

_SETTINGS = """
[tsa]
dir = .
serial = $dir/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
"""
_MADE = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=TSA -days 2 -keyout tsa.key"
_ANSWERED = "ts -reply -config tsa.conf -section tsa -inkey tsa.key"


def make(folder: Path, certificate: str) -> None:
    """Make the authority in a folder: its certificate has this name there."""
    (folder / "tsa.conf").write_text(_SETTINGS, "ascii")
    (folder / "serial").write_text("01\n", "ascii")
    _openssl(folder, *_MADE.split(), "-addext", "extendedKeyUsage=critical,timeStamping", "-out", certificate)


def answer(folder: Path, certificate: str, request: str, name: str) -> None:
    """Have the authority of a folder answer a request, and keep its answer there by a name."""
    _openssl(folder, *_ANSWERED.split(), "-signer", certificate, "-queryfile", request, "-out", name)


def _openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
