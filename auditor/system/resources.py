"""Where the roles, playbooks and inventories are: in the checkout when there is one, else in the wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def root() -> Path:
    """The folder that holds ``roles/`` and ``playbooks/``."""
    checkout = _PACKAGE.parent
    return (
        checkout if (checkout / "roles").is_dir() and (checkout / "pyproject.toml").is_file() else _PACKAGE / "_carried"
    )


def roles() -> Path:
    """The areas of hardening, a role each."""
    return root() / "roles"


def role_folders() -> tuple[Path, ...]:
    """Where Ansible finds roles: areas of hardening, what runs on hosts for all of them, what only playbooks use."""
    return roles(), root() / "on_host", root() / "playbooks" / "roles"


def playbook(name: str) -> Path:
    """A playbook by its file name."""
    return root() / "playbooks" / name


def inventories() -> Path:
    """The lab's and the example inventory."""
    return root() / "inventories"
