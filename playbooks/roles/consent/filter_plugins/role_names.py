"""Whose role Ansible plays when it is asked for one of ours by its name."""

from __future__ import annotations

from pathlib import Path

OURS = ("roles", "on_host", "playbooks/roles")
"""Where our roles lie, below the folder of the product."""


def find_foreign_roles(places, top):
    """Return the roles of others that would be played by the name of one of ours, were roles looked for in ``places``
    in their order.
    """
    ours = {
        role.name: role.resolve() for folder in OURS for role in sorted((Path(top) / folder).iterdir()) if role.is_dir()
    }
    played_roles = {
        name: next((Path(place) / name for place in places if (Path(place) / name).is_dir()), None) for name in ours
    }
    return sorted(str(path) for name, path in played_roles.items() if path is not None and path.resolve() != ours[name])


class FilterModule:
    """Found by Ansible in any play that uses the role."""

    def filters(self):
        return {"consent_others": find_foreign_roles}
