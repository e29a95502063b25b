"""When a manifest was there, by the word of an authority (RFC 3161): a request for it, and its answer. All by ``openssl ts``."""

from __future__ import annotations

import datetime
import hashlib
import subprocess
from pathlib import Path

from auditor.errors import InputError
from auditor.incidents.evidence.manifest import ANSWER, AUTHORITY, MANIFEST, REQUEST
from auditor.system import files

MAX_ANSWER = 1_000_000
_SECONDS = 20


def request(folder: Path) -> Path:
    """Write the request for a collection's manifest, and tell where it is. Raises InputError."""
    target = folder / REQUEST
    if not (folder / MANIFEST).is_file():
        raise InputError("manifest.json is missing", file=folder, mend="see 'auditor incident verify'")
    done = _ran("-query", "-data", str(folder / MANIFEST), "-sha256", "-cert", "-out", str(target))
    if done.returncode:
        raise InputError("the request cannot be written: {why}", why=_why(done), file=target, mend="check the folder")
    target.chmod(0o600)
    return target


def keep(folder: Path, answer: Path, authority: Path) -> str:
    """Keep an authority's answer, and its certificates, beside the manifest that it is about; its SHA-256. Raises InputError."""
    content, certificates = _given(answer), _given(authority)
    done = _ran("-verify", "-data", str(folder / MANIFEST), "-in", str(answer), "-CAfile", str(authority))
    if done.returncode:
        raise InputError(
            "not a response of that authority for this evidence: {why}",
            why=_why(done),
            file=answer,
            mend="give the response to the last request, and the authority's certificates in PEM",
        )
    files.private(folder / ANSWER, [content])
    files.private(folder / AUTHORITY, [certificates])
    return hashlib.sha256(content).hexdigest()


def _given(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_ANSWER + 1)
    except OSError as error:
        raise InputError("cannot be read: {why}", why=error.strerror, file=path, mend="check the path") from error
    if len(content) > MAX_ANSWER:
        raise InputError("it is larger than {most} MB", most=MAX_ANSWER // 1_000_000, file=path, mend="check the path")
    return content


def holds(folder: Path, at: datetime.datetime) -> bool:
    """Whether the kept answer is about the manifest, and was good at that moment. Raises InputError where openssl is missing."""
    given = [
        "-verify",
        "-data",
        str(folder / MANIFEST),
        "-in",
        str(folder / ANSWER),
        "-CAfile",
        str(folder / AUTHORITY),
    ]
    return _ran(*given, "-attime", str(int(at.timestamp()))).returncode == 0


def _ran(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["openssl", "ts", *arguments], capture_output=True, timeout=_SECONDS, check=False)
    except FileNotFoundError as error:
        raise InputError("openssl is not installed", mend="install openssl") from error
    except subprocess.TimeoutExpired as late:
        return subprocess.CompletedProcess(late.cmd, 1, b"", str(late).encode())


def _why(done: subprocess.CompletedProcess[bytes]) -> str:
    return " ".join(done.stderr.decode("utf-8", "replace").split())[-200:]
