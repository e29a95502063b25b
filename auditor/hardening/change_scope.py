"""What a control touches: how ``touches`` are read, on the controller. Pure.

The guard reads them on the hosts (``luytre_guard.scope``); ``tests/unit/data/touches.yml`` is the truth table of both.

A touch is a path (``/etc/a``, or with everything below it ``/etc/a/``), a path of which owners and modes alone change
(``modes:/opt/a``), or ``sysctl:KEY``, ``unit:NAME``, ``package:NAME``, ``database:NAME``. What changed is told in the
same words, and a table of the packet filter as ``nft:NAME``. ``found:FOLDER/`` stands in the catalogue alone, for the
paths below it that an audit finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from auditor.models import PLAIN_PATH

FOUND_PREFIX = "found:"
TABLE_FILE = "/etc/nftables.d/luytre.nft"
"""Who touches it touches the table that it loads."""
_OF_PATHS = ("modes:", "tree:")
_RECORDS = "/var/lib/dpkg/"


def is_thing_covered_by_touch(touch: str, changed_thing: str) -> bool:
    """Return whether the touch means what changed.

    The thing itself, what is below it, or for ``sysctl:`` what fits its pattern.
    """
    path = _get_path_of_touch(touch)
    if path is not None:
        base, below = path.rstrip("/"), path.endswith("/") or touch.startswith("tree:")
        return (
            changed_thing == (base or "/")
            or (below and changed_thing.startswith(f"{base}/"))
            or _is_packet_filter_table_of_file(path, changed_thing)
        )
    return fnmatchcase(changed_thing, touch) if touch.startswith("sysctl:") else changed_thing == touch


def is_thing_covered_by_any_touch(touches: Iterable[str], changed_thing: str) -> bool:
    """Return whether any of the touches means it."""
    return any(is_thing_covered_by_touch(touch, changed_thing) for touch in touches)


def is_any_touch_within_place(touches: Iterable[str], place: str) -> bool:
    """Return whether any of the touches lies in a place, itself told as a touch."""
    return any(is_thing_covered_by_touch(place, _get_path_of_touch(touch) or touch) for touch in touches)


def has_package_upgrade_among_touches(touches: Iterable[str]) -> bool:
    """Return whether packages are upgraded: then the touches are all that packages may change, and tell nothing."""
    return is_any_touch_within_place(touches, _RECORDS)


def has_package_install_among_touches(touches: Iterable[str]) -> bool:
    """Return whether packages are installed or removed."""
    return any(touch.startswith("package:") for touch in touches)


def select_touches_known_without_host(touches: Iterable[str]) -> tuple[str, ...]:
    """Return those that are known without asking a host."""
    return tuple(touch for touch in touches if not touch.startswith(FOUND_PREFIX))


def resolve_touches_on_host_by_violations(touches: Iterable[str], violations: Iterable[Any]) -> tuple[str, ...] | None:
    """Return what is touched on the host that named these violations.

    Of paths that it found the modes, of doubtful ones all.

    None when the host names a path that cannot be handed on safely.
    """
    touches = tuple(touches)
    folders = tuple(touch.removeprefix(FOUND_PREFIX) for touch in touches if touch.startswith(FOUND_PREFIX))
    members = [violation for violation in violations if isinstance(violation, Mapping)] if folders else []
    paths = {str(member.get("path")): "" if member.get("doubt") else "modes:" for member in members}
    if any(
        not re.fullmatch(PLAIN_PATH, path) or "/../" in f"{path}/" or not path.startswith(folders) for path in paths
    ):
        return None
    return (*select_touches_known_without_host(touches), *(f"{kind}{path}" for path, kind in paths.items()))


def _get_path_of_touch(touch: str) -> str | None:
    """Return the path that a touch is about, if it is about one."""
    kind = next((kind for kind in _OF_PATHS if touch.startswith(kind)), "")
    path = touch.removeprefix(kind)
    return path if path.startswith("/") else None


def _is_packet_filter_table_of_file(path: str, changed_thing: str) -> bool:
    return path == TABLE_FILE and changed_thing.startswith("nft:")
