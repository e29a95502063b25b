"""Where the lab keeps its keys, images and machines, and the lock that keeps two labs apart."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from auditor.errors import InputError
from auditor.system import files
from auditor.system.lock import hold_lock

_LOCK = Path("/run/luytre-lab.lock")
_SESSION_LOCK = _LOCK.with_name("luytre-lab.session")
_BUILDING_LOCK = _LOCK.with_name("luytre-lab.building")
_SESSION = "LUYTRE_LAB_SESSION"


@dataclass(frozen=True)
class LabState:
    """The state directory (``LUYTRE_LAB_STATE``, else /var/lib/luytre-lab); root's alone."""

    root: Path

    @property
    def private_key_file(self) -> Path:
        """Return the automation user's private key."""
        return self.root / "ssh/automation"

    @property
    def known_hosts_file(self) -> Path:
        """Return the machines' host keys, taken from their images."""
        return self.root / "ssh/known_hosts"

    @property
    def ca_certificate_file(self) -> Path:
        """Return the certificate of the lab's own authority."""
        return self.root / "ca/ca.pem"

    @property
    def root_password_file(self) -> Path:
        """Return the password of root where a machine has one, for enrolment."""
        return self.root / "root_password"

    @property
    def image_layer_cache_folder(self) -> Path:
        """Return the folder of image layers, each named by the hash of its inputs."""
        return self.root / "cache"

    def get_folder_of_machine(self, host: str) -> Path:
        """Return a machine's own folder.

        It holds ``upper`` and ``work`` of its overlay, what lies ``below``, and ``console.log``.
        """
        return self.root / "machines" / host

    def get_kept_folder(self, host: str) -> Path:
        """Return the folder with a layer for each time that a machine was kept; absent when it never was."""
        return self.root / "kept" / host

    def get_compromise_mark(self, host: str) -> Path:
        """Return a file that is there once a machine was compromised; it goes with what the machine changed."""
        return self.get_folder_of_machine(host) / "compromised"

    @property
    def bytecode_folder(self) -> Path:
        """Return what machines compiled while any is up."""
        return self.root / "bytecode"

    def make_folders_key_and_password(self) -> None:
        """Make the folders and what is generated once: the automation key, the root password."""
        for folder in (self.root, self.root / "ssh", self.root / "machines", self.image_layer_cache_folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.private_key_file.exists():
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "luytre-lab", "-f", str(self.private_key_file)],
                check=True,
            )
        if not self.root_password_file.exists():
            files.write_file_atomically(self.root_password_file, [secrets.token_urlsafe(15).encode() + b"\n"])


def get_lab_state_in_use() -> LabState:
    """Return the state directory in use."""
    return LabState(Path(os.environ.get("LUYTRE_LAB_STATE", "/var/lib/luytre-lab")).absolute())


@contextlib.contextmanager
def lock_lab(own: LabState) -> Iterator[None]:
    """Hold the machine-wide lock: the bridge and its addresses can belong to one lab at a time.

    Waits for another command on the same state directory. Raises InputError when a lab of another state
    directory has its machines up.
    """
    with hold_lock(_LOCK, wait=True) as descriptor:
        owner = os.pread(descriptor, 4096, 0).decode()
        if owner and owner != str(own.root):
            raise InputError(
                "another lab is running, with its state in {folder}",
                mend="LUYTRE_LAB_STATE={owner} auditor lab down",
                folder=owner,
                owner=owner,
            )
        yield


def record_whose_lab_is_up(lab_state: LabState | None) -> None:
    """Write down whose lab is up (None: nobody's). Only while holding the lock."""
    _LOCK.write_text(str(lab_state.root) if lab_state else "")


@contextlib.contextmanager
def lock_images() -> Iterator[None]:
    """Hold the images: one command makes them at a time, while machines of those that are made may run."""
    with hold_lock(_BUILDING_LOCK, wait=True):
        yield


@contextlib.contextmanager
def hold_lab_session() -> Iterator[None]:
    """Hold the lab for a piece of work that must not be disturbed; another such piece waits.

    What this process starts belongs to the same session.
    """
    if _SESSION in os.environ:
        yield
        return
    with hold_lock(_SESSION_LOCK, wait=True):
        os.environ[_SESSION] = "1"
        try:
            yield
        finally:
            os.environ.pop(_SESSION, None)
