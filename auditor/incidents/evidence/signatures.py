"""The key with which an office signs its evidence, and whose signatures count.

All by ``ssh-keygen -Y``, which others have, too.
"""

from __future__ import annotations

import datetime
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from auditor.errors import InputError
from auditor.models import clock
from auditor.system import files, sqlite_file

NAMESPACE = "luytre-evidence"
SIGNER = "luytre"
"""The principal of all keys: which one signed is told by its fingerprint."""
ALLOWED, REVOKED = "allowed_signers", "revoked_signers"
DAYS = 366
"""For which a new key may sign."""
_SECONDS = 20
_KEY = re.compile(r"(ssh-ed25519|ecdsa-sha2-\S+|sk-\S+|ssh-rsa)\s+([A-Za-z0-9+/=]+)")
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
type Doubt = Literal["signature_missing", "signature_wrong", "key_unknown", "key_expired", "key_revoked"]


@dataclass(frozen=True)
class SigningKey:
    """A key that may sign."""

    fingerprint: str
    options: str
    """As ``allowed_signers`` has them: namespaces and validity."""
    public: str
    is_revoked: bool


def get_own_signing_key_path() -> Path:
    """Return where the key of this machine lies."""
    return sqlite_file.get_state_folder() / "keys" / "evidence"


def get_own_signing_key_fingerprint() -> str | None:
    """Return the fingerprint of this machine's key; None: it has none."""
    public = get_own_signing_key_path().with_suffix(".pub")
    return _read_fingerprint(public) if public.exists() and get_own_signing_key_path().exists() else None


def make_and_allow_own_signing_key(office: Path, now: datetime.datetime, validity_days: int) -> str:
    """Make a key for this machine, in place of the one that it has, and allow it from now on for so many days.

    Its fingerprint.

    Raises InputError where there can be none.
    """
    folder = get_own_signing_key_path().parent
    draft = get_own_signing_key_path().with_suffix(".new")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for old_draft in (draft, draft.with_suffix(".new.pub")):
            old_draft.unlink(missing_ok=True)
        comment = f"{NAMESPACE}-{clock.format_compact_vietnam_day(now)}"
        _run_ssh_keygen("-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(draft))
        public = draft.with_suffix(".new.pub").read_text("ascii").strip()
        begins, ends = map(_format_time_for_ssh_keygen, (now, now + datetime.timedelta(days=validity_days)))
        options = f'namespaces="{NAMESPACE}",valid-after="{begins}",valid-before="{ends}"'
        _append_line_to_office_file(office / ALLOWED, f"{SIGNER} {options} {public}")
        draft.with_suffix(".new.pub").replace(get_own_signing_key_path().with_suffix(".pub"))
        draft.replace(get_own_signing_key_path())
    except OSError as error:
        raise InputError(
            "a key to sign evidence cannot be created: {why}",
            why=error.strerror or error,
            mend="check the folder",
            file=folder,
        ) from error
    return _read_fingerprint(get_own_signing_key_path().with_suffix(".pub"))


def revoke_key(office: Path, fingerprint: str) -> None:
    """Have no signature of a key count any more, whenever it was made.

    Raises InputError for a key that is none of the office's.
    """
    for key in list_keys(office):
        if key.fingerprint == fingerprint and not key.is_revoked:
            _append_line_to_office_file(office / REVOKED, key.public)
            return
    raise InputError(
        "there is no key {key} to revoke",
        key=fingerprint,
        mend="see 'auditor incident key list'",
        file=office / ALLOWED,
    )


def list_keys(office: Path) -> tuple[SigningKey, ...]:
    """Return the keys that may sign, or once could, in their order."""
    revoked_keys = {match[2] for match in map(_KEY.search, _read_lines_of_office_file(office / REVOKED)) if match}
    signing_keys = []
    for line in _read_lines_of_office_file(office / ALLOWED):
        key = _KEY.search(line)
        if key is None:
            continue
        public = f"{key[1]} {key[2]}"
        options = line[: key.start()].split(None, 1)
        signing_keys.append(
            SigningKey(
                _compute_fingerprint(public),
                options[1].strip() if len(options) > 1 else "",
                public,
                key[2] in revoked_keys,
            )
        )
    return tuple(signing_keys)


def sign_manifest_with_own_key(manifest: Path) -> None:
    """Put the signature of this machine's key beside a manifest. Raises InputError."""
    process = _run_ssh_keygen("-q", "-Y", "sign", "-f", str(get_own_signing_key_path()), "-n", NAMESPACE, str(manifest))
    if process.returncode:
        raise InputError(
            "evidence cannot be signed: {why}",
            why=_extract_ssh_keygen_error_message(process),
            mend="create a key with 'auditor incident key make'",
        )
    manifest.with_name(f"{manifest.name}.sig").chmod(0o600)


def find_signer(manifest: Path, signature: Path) -> str | None:
    """Return the fingerprint of the key that made this signature of this manifest; None: it is none of it."""
    process = _run_ssh_keygen("-Y", "check-novalidate", "-n", NAMESPACE, "-s", str(signature), input_file=manifest)
    match = _FINGERPRINT.search(process.stdout.decode("utf-8", "replace"))
    return match[0] if process.returncode == 0 and match else None


def find_doubt_about_manifest_signature(
    office: Path, manifest: Path, signature: Path, signed_at: datetime.datetime
) -> tuple[Doubt | None, str]:
    """Return the doubt about a signature that was made at that moment, and the key's fingerprint where known."""
    if not signature.is_file():
        return "signature_missing", ""
    fingerprint = find_signer(manifest, signature)
    if fingerprint is None:
        return "signature_wrong", ""
    matching_keys = [key for key in list_keys(office) if key.fingerprint == fingerprint]
    if not matching_keys:
        return "key_unknown", fingerprint
    if any(key.is_revoked for key in matching_keys):
        return "key_revoked", fingerprint
    arguments = ["-Y", "verify", "-f", str(office / ALLOWED), "-I", SIGNER, "-n", NAMESPACE, "-s", str(signature)]
    process = _run_ssh_keygen(
        *arguments, "-O", f"verify-time={_format_time_for_ssh_keygen(signed_at)}", input_file=manifest
    )
    return (None if process.returncode == 0 else "key_expired"), fingerprint


def _append_line_to_office_file(path: Path, line: str) -> None:
    """Add a line to a file of the office's, whole or not at all. Raises InputError."""
    files.write_file(
        path, "".join(f"{text_line}\n" for text_line in [*_read_lines_of_office_file(path), line]).encode()
    )


def _read_lines_of_office_file(path: Path) -> Sequence[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise InputError("cannot be read: {why}", why=error.strerror, mend="restore the file", file=path) from error
    except UnicodeDecodeError as error:
        raise InputError("cannot be read: {why}", why=error, mend="restore the file", file=path) from error


def _read_fingerprint(public_key_file: Path) -> str:
    return _compute_fingerprint(public_key_file.read_text("ascii"))


def _compute_fingerprint(public_key: str) -> str:
    process = subprocess.run(
        ["ssh-keygen", "-l", "-f", "-"], input=public_key.encode(), capture_output=True, timeout=_SECONDS, check=False
    )
    match = _FINGERPRINT.search(process.stdout.decode("utf-8", "replace"))
    return match[0] if match else ""


def _run_ssh_keygen(*arguments: str, input_file: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run ssh-keygen. Raises InputError where it is not installed."""
    content = input_file.read_bytes() if input_file is not None else b""
    try:
        return subprocess.run(
            ["ssh-keygen", *arguments], input=content, capture_output=True, timeout=_SECONDS, check=False
        )
    except FileNotFoundError as error:
        raise InputError("ssh-keygen is not installed", mend="install openssh-client") from error
    except subprocess.TimeoutExpired as late:  # a signature in a copy of anybody's may be without end
        return subprocess.CompletedProcess(late.cmd, 1, b"", str(late).encode())


def _extract_ssh_keygen_error_message(process: subprocess.CompletedProcess[bytes]) -> str:
    return " ".join(process.stderr.decode("utf-8", "replace").split())[:300]


def _format_time_for_ssh_keygen(moment: datetime.datetime) -> str:
    return clock.format_compact_utc_moment(moment).replace("T", "")
