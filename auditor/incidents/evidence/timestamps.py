"""When a manifest was there, by the word of an authority (RFC 3161): a request for it, and its answer.

All by ``openssl ts``.
"""

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


def write_timestamp_request_for_manifest(collection_folder: Path) -> Path:
    """Write the request for a collection's manifest, and tell where it is. Raises InputError."""
    target = collection_folder / REQUEST
    if not (collection_folder / MANIFEST).is_file():
        raise InputError("manifest.json is missing", file=collection_folder, mend="see 'auditor incident verify'")
    process = _run_openssl(
        "-query", "-data", str(collection_folder / MANIFEST), "-sha256", "-cert", "-out", str(target)
    )
    if process.returncode:
        raise InputError(
            "the request cannot be written: {why}",
            why=_extract_openssl_error_message(process),
            file=target,
            mend="check the folder",
        )
    target.chmod(0o600)
    return target


def store_timestamp_answer_and_certificates(collection_folder: Path, answer_file: Path, certificates_file: Path) -> str:
    """Keep an authority's answer, and its certificates, beside the manifest that it is about; its SHA-256.

    Raises InputError.
    """
    content, certificates = (
        _read_user_file_of_limited_size(answer_file),
        _read_user_file_of_limited_size(certificates_file),
    )
    process = _run_openssl(
        "-verify",
        "-data",
        str(collection_folder / MANIFEST),
        "-in",
        str(answer_file),
        "-CAfile",
        str(certificates_file),
    )
    if process.returncode:
        raise InputError(
            "not a response of that authority for this evidence: {why}",
            why=_extract_openssl_error_message(process),
            file=answer_file,
            mend="give the response to the last request, and the authority's certificates in PEM",
        )
    files.write_private(collection_folder / ANSWER, [content])
    files.write_private(collection_folder / AUTHORITY, [certificates])
    return hashlib.sha256(content).hexdigest()


def _read_user_file_of_limited_size(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_ANSWER + 1)
    except OSError as error:
        raise InputError("cannot be read: {why}", why=error.strerror, file=path, mend="check the path") from error
    if len(content) > MAX_ANSWER:
        raise InputError("it is larger than {most} MB", most=MAX_ANSWER // 1_000_000, file=path, mend="check the path")
    return content


def is_stored_timestamp_valid_at(collection_folder: Path, at: datetime.datetime) -> bool:
    """Return whether the kept answer is about the manifest, and was good at that moment.

    Raises InputError where openssl is missing.
    """
    arguments = [
        "-verify",
        "-data",
        str(collection_folder / MANIFEST),
        "-in",
        str(collection_folder / ANSWER),
        "-CAfile",
        str(collection_folder / AUTHORITY),
    ]
    return _run_openssl(*arguments, "-attime", str(int(at.timestamp()))).returncode == 0


def _run_openssl(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["openssl", "ts", *arguments], capture_output=True, timeout=_SECONDS, check=False)
    except FileNotFoundError as error:
        raise InputError("openssl is not installed", mend="install openssl") from error
    except subprocess.TimeoutExpired as late:
        return subprocess.CompletedProcess(late.cmd, 1, b"", str(late).encode())


def _extract_openssl_error_message(process: subprocess.CompletedProcess[bytes]) -> str:
    return " ".join(process.stderr.decode("utf-8", "replace").split())[-200:]
