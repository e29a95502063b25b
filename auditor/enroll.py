"""Step 0 on an unknown server: from the password or key an office has to an automation account with a key of its own.

Host keys are shown before anything is sent, recorded once, and strict ever after.
"""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from auditor import inventory as inventories
from auditor.collect import collect
from auditor.discover import with_found_sites
from auditor.errors import InputError
from auditor.models import Host, Text
from auditor.reasons import explain
from auditor.runner import play

SCAN_SECONDS = 10


@dataclass(frozen=True)
class HostKey:
    """A public host key as the server showed it."""

    kind: str
    key: str

    @property
    def fingerprint(self) -> str:
        """As ``ssh-keygen -l`` writes it."""
        digest = hashlib.sha256(base64.b64decode(self.key)).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def host_keys(address: str, port: int) -> tuple[HostKey, ...]:
    """The keys that a server shows. Raises InputError when it shows none."""
    done = subprocess.run(
        ["ssh-keyscan", "-T", str(SCAN_SECONDS), "-p", str(port), "--", address],
        capture_output=True,
        text=True,
        timeout=SCAN_SECONDS * 4,
        check=False,
    )
    lines = (line.split() for line in done.stdout.splitlines() if line and not line.startswith("#"))
    keys = tuple(HostKey(parts[1], parts[2]) for parts in lines if len(parts) >= 3)
    if not keys:
        raise InputError(
            f"no SSH server answers at {address} port {port}", mend="check the address, the port and the firewall"
        )
    return keys


@dataclass(frozen=True)
class Access:
    """How the office gets in today: an account with a password or a key."""

    user: str
    password: str | None = None
    key_file: Path | None = None

    def variables(self) -> Mapping[str, Any]:
        """The same as Ansible's connection variables."""
        own: dict[str, Any] = {"ansible_user": self.user}
        if self.password is not None:
            own |= {"ansible_password": self.password, "ansible_become_password": self.password}
        if self.key_file is not None:
            own["ansible_ssh_private_key_file"] = str(self.key_file)
        return own


@dataclass(frozen=True)
class Enrolled:
    """What enrolment left behind."""

    entry: Path
    known_hosts: Path
    host: Host


def automation_key(path: Path) -> str:
    """The public key beside ``path``; a new ed25519 pair when there is none."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "luytre", "-f", str(path)],
            check=True,
            capture_output=True,
        )
    return path.with_name(path.name + ".pub").read_text("utf-8").strip()


def enroll(
    folder: Path, name: str, address: str, port: int, keys: Sequence[HostKey], access: Access, user: str, key_file: Path
) -> Enrolled:
    """Record the keys, make the account, read the host with it, and draft its inventory entry.

    Raises InputError when the host cannot be entered or read; the host keys stay recorded, nothing else is written.
    """
    known_hosts = _record(folder, address, port, keys)
    common = {
        "ansible_host": address,
        "ansible_port": port,
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={known_hosts} -o GlobalKnownHostsFile=/dev/null",
    }
    with tempfile.TemporaryDirectory(prefix="luytre-") as scratch:
        alone = Path(scratch, "hosts.yml")
        alone.write_text(yaml.safe_dump({"all": {"hosts": {name: None}}}), "utf-8")
        run = play(
            "enroll.yml",
            inventory=alone,
            variables={**common, **access.variables(), "enroll_user": user, "enroll_key": automation_key(key_file)},
            timeout=120,
        )
    failed = run.failure(name)
    if failed is not None or run.status != "successful":
        why = explain(failed.message if failed else run.complaint)
        raise InputError(
            Text(vi=f"{name}: {why.vi}", en=f"{name}: {why.en}"),
            mend=f"check the account {access.user!r}, its password or key, and its sudo",
        )
    entry = folder / f"{name}.yml"
    host = Host(name=name, address=address, automation_user=user)
    with tempfile.TemporaryDirectory(prefix="luytre-") as scratch:
        draft = Path(scratch, "hosts.yml")
        draft.write_text(_entry(host, port, key_file, str(known_hosts)), "utf-8")
        facts, outcomes = collect(str(draft), [host])
    if name not in facts:
        why = outcomes[0].reason or Text(vi="không đọc được máy chủ", en="could not be read")
        raise InputError(
            Text(vi=f"{name}: {why.vi}", en=f"{name}: {why.en}"), mend="run 'auditor enroll' again when mended"
        )
    found = with_found_sites(host, facts[name])
    _write(entry, _entry(found, port, key_file, "{{ inventory_dir }}/office/known_hosts"))
    inventories.load(folder)
    return Enrolled(entry, known_hosts, found)


def _record(folder: Path, address: str, port: int, keys: Sequence[HostKey]) -> Path:
    """The recorded keys of this address are replaced, those of others kept."""
    path = folder / "office" / "known_hosts"
    path.parent.mkdir(parents=True, exist_ok=True)
    name = address if port == 22 else f"[{address}]:{port}"
    kept = [
        line for line in (path.read_text("utf-8").splitlines() if path.exists() else []) if line.split(" ")[0] != name
    ]
    _write(path, "\n".join([*kept, *(f"{name} {key.kind} {key.key}" for key in keys)]) + "\n")
    return path.resolve()


def _entry(host: Host, port: int, key_file: Path, known_hosts: str) -> str:
    sites = [
        {
            key: value
            for key, value in {
                "domain": site.domain,
                "aliases": list(site.aliases),
                "server": site.server,
                "application": site.application,
                "document_root": site.document_root,
            }.items()
            if value
        }
        for site in host.sites
    ]
    variables: dict[str, Any] = {
        "ansible_host": host.address,
        "ansible_port": port,
        "ansible_user": host.automation_user,
        "ansible_ssh_private_key_file": str(key_file),
        "ansible_ssh_common_args": (
            f"-o UserKnownHostsFile={known_hosts} -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes"
        ),
        "ansible_python_interpreter": "/usr/bin/python3",
        "luytre_admins": [],
        "luytre_sites": sites,
    }
    text = yaml.safe_dump({"all": {"hosts": {host.name: variables}}}, allow_unicode=True, sort_keys=False, width=200)
    return f"---\n# Drafted by 'auditor enroll' from what was found on the host: check it, and name units and admins.\n{text}"


def _write(path: Path, text: str) -> None:
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.write_text(text, "utf-8")
    scratch.replace(path)
