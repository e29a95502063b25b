"""The key with which an office signs its evidence, and whose signatures count: all by ``ssh-keygen -Y``, which others have, too."""

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
class Key:
    """A key that may sign."""

    fingerprint: str
    options: str
    """As ``allowed_signers`` has them: namespaces and validity."""
    public: str
    revoked: bool


def private() -> Path:
    """Where the key of this machine lies."""
    return sqlite_file.state_folder() / "keys" / "evidence"


def own() -> str | None:
    """The fingerprint of this machine's key; None: it has none."""
    public = private().with_suffix(".pub")
    return _fingerprint(public) if public.exists() and private().exists() else None


def make(office: Path, now: datetime.datetime, days: int) -> str:
    """Make a key for this machine, in place of the one that it has, and allow it from now on for so many days; its fingerprint.

    Raises InputError where there can be none.
    """
    folder = private().parent
    draft = private().with_suffix(".new")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in (draft, draft.with_suffix(".new.pub")):
            left.unlink(missing_ok=True)
        comment = f"{NAMESPACE}-{clock.compact_day(now)}"
        _ran("-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(draft))
        public = draft.with_suffix(".new.pub").read_text("ascii").strip()
        begins, ends = map(_digits, (now, now + datetime.timedelta(days=days)))
        options = f'namespaces="{NAMESPACE}",valid-after="{begins}",valid-before="{ends}"'
        _added(office / ALLOWED, f"{SIGNER} {options} {public}")
        draft.with_suffix(".new.pub").replace(private().with_suffix(".pub"))
        draft.replace(private())
    except OSError as error:
        raise InputError(
            "a key to sign evidence cannot be created: {why}",
            why=error.strerror or error,
            mend="check the folder",
            file=folder,
        ) from error
    return _fingerprint(private().with_suffix(".pub"))


def revoke(office: Path, fingerprint: str) -> None:
    """Have no signature of a key count any more, whenever it was made. Raises InputError for a key that is none of the office's."""
    for key in keys(office):
        if key.fingerprint == fingerprint and not key.revoked:
            _added(office / REVOKED, key.public)
            return
    raise InputError(
        "there is no key {key} to revoke",
        key=fingerprint,
        mend="see 'auditor incident key list'",
        file=office / ALLOWED,
    )


def keys(office: Path) -> tuple[Key, ...]:
    """The keys that may sign, or once could, in their order."""
    revoked = {found[2] for found in map(_KEY.search, _lines(office / REVOKED)) if found}
    found = []
    for line in _lines(office / ALLOWED):
        key = _KEY.search(line)
        if key is None:
            continue
        public = f"{key[1]} {key[2]}"
        options = line[: key.start()].split(None, 1)
        found.append(
            Key(_fingerprint_of(public), options[1].strip() if len(options) > 1 else "", public, key[2] in revoked)
        )
    return tuple(found)


def sign(manifest: Path) -> None:
    """Put the signature of this machine's key beside a manifest. Raises InputError."""
    done = _ran("-q", "-Y", "sign", "-f", str(private()), "-n", NAMESPACE, str(manifest))
    if done.returncode:
        raise InputError(
            "evidence cannot be signed: {why}", why=_why(done), mend="create a key with 'auditor incident key make'"
        )
    manifest.with_name(f"{manifest.name}.sig").chmod(0o600)


def signer(manifest: Path, signature: Path) -> str | None:
    """The fingerprint of the key that made this signature of this manifest; None: it is none of it."""
    done = _ran("-Y", "check-novalidate", "-n", NAMESPACE, "-s", str(signature), given=manifest)
    found = _FINGERPRINT.search(done.stdout.decode("utf-8", "replace"))
    return found[0] if done.returncode == 0 and found else None


def doubt(office: Path, manifest: Path, signature: Path, at: datetime.datetime) -> tuple[Doubt | None, str]:
    """What speaks against a signature that was made at that moment, with the key's fingerprint where it is known."""
    if not signature.is_file():
        return "signature_missing", ""
    fingerprint = signer(manifest, signature)
    if fingerprint is None:
        return "signature_wrong", ""
    known = [key for key in keys(office) if key.fingerprint == fingerprint]
    if not known:
        return "key_unknown", fingerprint
    if any(key.revoked for key in known):
        return "key_revoked", fingerprint
    given = ["-Y", "verify", "-f", str(office / ALLOWED), "-I", SIGNER, "-n", NAMESPACE, "-s", str(signature)]
    done = _ran(*given, "-O", f"verify-time={_digits(at)}", given=manifest)
    return (None if done.returncode == 0 else "key_expired"), fingerprint


def _added(path: Path, line: str) -> None:
    """Add a line to a file of the office's, whole or not at all. Raises InputError."""
    files.file(path, "".join(f"{one}\n" for one in [*_lines(path), line]).encode())


def _lines(path: Path) -> Sequence[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise InputError("cannot be read: {why}", why=error.strerror, mend="restore the file", file=path) from error
    except UnicodeDecodeError as error:
        raise InputError("cannot be read: {why}", why=error, mend="restore the file", file=path) from error


def _fingerprint(public: Path) -> str:
    return _fingerprint_of(public.read_text("ascii"))


def _fingerprint_of(public: str) -> str:
    done = subprocess.run(
        ["ssh-keygen", "-l", "-f", "-"], input=public.encode(), capture_output=True, timeout=_SECONDS, check=False
    )
    found = _FINGERPRINT.search(done.stdout.decode("utf-8", "replace"))
    return found[0] if found else ""


def _ran(*arguments: str, given: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """ssh-keygen. Raises InputError where it is not installed."""
    content = given.read_bytes() if given is not None else b""
    try:
        return subprocess.run(
            ["ssh-keygen", *arguments], input=content, capture_output=True, timeout=_SECONDS, check=False
        )
    except FileNotFoundError as error:
        raise InputError("ssh-keygen is not installed", mend="install openssh-client") from error
    except subprocess.TimeoutExpired as late:  # a signature in a copy of anybody's may be without end
        return subprocess.CompletedProcess(late.cmd, 1, b"", str(late).encode())


def _why(done: subprocess.CompletedProcess[bytes]) -> str:
    return " ".join(done.stderr.decode("utf-8", "replace").split())[:300]


def _digits(moment: datetime.datetime) -> str:
    return clock.compact(moment).replace("T", "")
