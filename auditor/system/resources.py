"""Where the roles, playbooks and inventories are: in the checkout when there is one, else in the wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def get_resources_folder() -> Path:
    """Return the folder that holds ``roles/`` and ``playbooks/``."""
    checkout = _PACKAGE.parent
    return (
        checkout if (checkout / "roles").is_dir() and (checkout / "pyproject.toml").is_file() else _PACKAGE / "_carried"
    )


def get_roles_folder() -> Path:
    """Return the areas of hardening, a role each."""
    return get_resources_folder() / "roles"


def list_role_folders() -> tuple[Path, ...]:
    """Return where Ansible finds roles.

    Areas of hardening, what runs on hosts for all of them, what only playbooks use.
    """
    return get_roles_folder(), get_resources_folder() / "on_host", get_resources_folder() / "playbooks" / "roles"


def get_playbook(name: str) -> Path:
    """Return a playbook by its file name."""
    return get_resources_folder() / "playbooks" / name


def get_shipped_inventories_folder() -> Path:
    """Return the lab's and the example inventory."""
    return get_resources_folder() / "inventories"
