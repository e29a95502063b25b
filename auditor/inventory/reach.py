"""How the controller reaches hosts by itself, by what Ansible's variables tell of the way there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor.inventory import variables
from auditor.inventory.variables import Variables


@dataclass(frozen=True)
class Reach:
    """The way of the controller to a host by itself, without Ansible."""

    address: str
    port: int
    user: str | None
    key_file: str | None
    ssh_arguments: tuple[str, ...]
    unclear: str | None
    """The variable that only Ansible could work out, so that the rest is not to be relied upon; None: all is clear."""
    ca_file: str | None


def load_reach(path: Path) -> Mapping[str, Reach]:
    """Return how every host is reached, by name."""
    folder = variables.get_folder_of_inventory(path).resolve()
    return {
        name: _make_reach_from_variables(name, own, folder)
        for name, own in load_variables_with_normalized_ssh_names(path).items()
    }


_SSH_KEYS = (
    "ansible_host",
    "ansible_port",
    "ansible_user",
    "ansible_ssh_private_key_file",
    "ansible_ssh_args",
    "ansible_ssh_common_args",
    "ansible_ssh_extra_args",
)
WAY = (*_SSH_KEYS, "ansible_connection")
_OF_SEVERAL_NAMES = {
    "ansible_host": ("ansible_host", "ansible_ssh_host"),
    "ansible_port": ("ansible_port", "ansible_ssh_port"),
    "ansible_user": ("ansible_user", "ansible_ssh_user"),
    "ansible_ssh_private_key_file": ("ansible_private_key_file", "ansible_ssh_private_key_file"),
}
"""What Ansible's SSH takes by more than one name; the last one given counts."""
KNOWN_HOSTS = "{{ inventory_dir }}/office/known_hosts"
"""Where enrolment records host keys, as Ansible finds it."""
_INVENTORY_DIR = re.compile(r"\{\{\s*inventory_dir\s*\}\}")


def load_variables_with_normalized_ssh_names(path: Path) -> Mapping[str, Variables]:
    """Return each host's variables, the way there by the names of ``WAY`` whichever were used."""
    return {
        host: {**own, **{key: own[name] for key, names in _OF_SEVERAL_NAMES.items() for name in names if name in own}}
        for host, own in variables.load_variables_by_host(path).items()
    }


def _make_reach_from_variables(name: str, host_variables: Variables, folder: Path) -> Reach:
    values = {
        key: _INVENTORY_DIR.sub(lambda _: str(folder), str(host_variables[key].value))
        for key in WAY
        if key in host_variables
    }
    unclear = next((key for key, value in values.items() if is_ansible_template(value)), None)
    if values.get("ansible_connection", "ssh") not in ("ssh", "smart", "ansible.builtin.ssh"):
        unclear = "ansible_connection"
    port = values.get("ansible_port", "22")
    if not port.isdecimal():
        unclear = unclear or "ansible_port"
    arguments: list[str] = []
    for key in _SSH_KEYS[-3:]:
        try:
            arguments += shlex.split(values.get(key, ""))
        except ValueError:
            unclear = unclear or key
    return Reach(
        address=values.get("ansible_host", name),
        port=int(port) if port.isdecimal() else 22,
        user=values.get("ansible_user"),
        key_file=values.get("ansible_ssh_private_key_file"),
        ssh_arguments=tuple(arguments),
        unclear=unclear,
        ca_file=get_variable_as_written(host_variables, "luytre_ca_file", None),
    )


def build_login_variables_of_enrolled_host(user: str | None, key_file: str, known_hosts: str) -> dict[str, str | None]:
    """Return the variables by which a host is entered after it was enrolled.

    With this key, and only if it shows a recorded one.
    """
    return {
        "ansible_user": user,
        "ansible_ssh_private_key_file": key_file,
        "ansible_ssh_common_args": (
            f"-o UserKnownHostsFile={known_hosts} -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes"
        ),
        "ansible_python_interpreter": "/usr/bin/python3",
    }


def is_ansible_template(text: str) -> bool:
    """Return whether Ansible would work something out in the text."""
    return any(opening in text for opening in ("{{", "{%", "{#"))


def get_variable_as_written(host_variables: Variables, key: str, default: Any) -> Any:
    """Return the variable as written, ``default`` when it is not."""
    return host_variables[key].value if key in host_variables else default


def check_hosts_have_different_addresses(path: Path) -> None:
    """Raise InputError for two hosts that are one machine; what only Ansible could work out is let be."""
    variables_by_host = load_variables_with_normalized_ssh_names(path)
    host_by_place: dict[tuple[str, int, tuple[str, ...]], str] = {}
    for name, to in load_reach(path).items():
        other = host_by_place.setdefault((to.address, to.port, to.ssh_arguments), name) if to.unclear is None else name
        if other != name:
            source = variables_by_host[name].get("ansible_host") or variables_by_host[other]["ansible_host"]
            raise source.make_error_at_value(
                "hosts {one} and {other} have the same address {address} and port {port}",
                "name each machine once",
                one=other,
                other=name,
                address=to.address,
                port=to.port,
            )
