"""Whether the lab's own inventories lead to the lab: while it is down, its addresses are anybody's."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

from auditor.errors import InputError
from auditor.system import resources

_OURS = ("lab", "messy")
"""The inventories that come with the program and are about machines of the lab."""


def check_lab_is_up_for_lab_inventory(inventory: str, hosts: Sequence[str]) -> None:
    """Raise InputError before anything is sent, when the inventory is one of the lab's and the lab is not up here."""
    own = [resources.get_shipped_inventories_folder() / name for name in _OURS]
    path = Path(inventory).resolve()
    if path not in own and path.parent not in own:
        return
    from auditor.lab.spec import load_lab_spec  # noqa: PLC0415  only for the lab's own inventories

    if not _has_network_interface(load_lab_spec().network.bridge):
        raise InputError(
            "this inventory describes the lab, which is not running on this machine",
            file=Path(inventory),
            mend="as root: auditor lab up {hosts}; for your own servers, give their inventory with -i",
            hosts=" ".join(hosts),
        )


def _has_network_interface(interface: str) -> bool:
    """Return whether this network namespace has it; /sys may show another's."""
    return interface in (name for _, name in socket.if_nameindex())
