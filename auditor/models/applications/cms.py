"""What a module of a CMS tells the controller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class CmsProfile:
    """One CMS. ``kind`` is its name in facts and inventories."""

    kind: str
    name: str
    """Its name as its makers write it, in any language."""
    login_page: str
    """The page that a health check of a site visits besides the home page."""
    limited_page: str | None
    """The page to which nginx, once hardened, limits posts; None where it limits none."""
    account_field: str | None
    """Where the facts of its database have who may administer it; None where they do not tell."""
    own_checks: tuple[str, ...] = ()
    """What controls of its role look at, so that those of any site do not: ``uploads_php``, ``core_writable``."""
    never_empty_fields: tuple[str, ...] = ()
    """What its database always has: facts without one were not told."""
    row_tables: tuple[str, ...] = ()
    """Tables whose rows an incident can delete, without their prefix; ``#`` stands for a number."""
    named_tables: tuple[str, ...] = ()
    """Those of them whose rows are told by a name in place of a number."""
    is_secret_renewed_by_a_person: bool = False
    """Whether nobody but a person can renew what its sessions are signed with."""
    loaded_unasked: str = ""
    """A pattern of paths that it loads at each request, some of which its releases have."""
    always_foreign: str = ""
    """The same of paths that no release of it has."""
    guard_constants: str = ""
    """A pattern of the constants that only it defines, by which its files end when they are asked for directly."""
    installer_beginning: str = ""
    """A pattern of what its installer begins with, where that runs what it has noted."""
    needs_script_path: bool = False
    """Whether it finds its pages by what PHP says that its script's path is."""
    core_component: str = ""
    """What published vulnerabilities call it; empty where no source that we read has it."""
    extension_kinds: Mapping[str, str] = field(default_factory=dict)
    """Where its facts have extensions that published vulnerabilities know, and what those are called there."""
    security_plugins: tuple[str, ...] = ()
    """What the folders of extensions begin with that shut out visitors who look like machines."""
    secret_keeping_plugins: frozenset[str] = frozenset()
    """Extensions that keep passwords or keys of other services."""
    mark_and_installer: tuple[str, str] | None = None
    """A file by which it is known, and its installer, which writes programs of what a visitor says."""

    def list_administrator_names(self, database_facts: Mapping[str, Any] | None) -> list[str]:
        """Return who may administer one, by the facts of its database, as far as they tell."""
        accounts = (database_facts or {}).get(self.account_field or "", ())
        return [account["login"] for account in accounts]
