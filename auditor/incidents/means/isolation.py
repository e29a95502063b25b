"""A host is cut off, but for who asks, its resolvers and its mail relay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditor.errors import InputError, nearest
from auditor.incidents.means.kind import Kind
from auditor.models import Host


def _read(text: str) -> str:
    return text.strip()


def _hosts(named: str, hosts: tuple[Host, ...]) -> tuple[Host, ...]:
    """The one of that name. Raises InputError for one of none."""
    by_name = {host.name: host for host in hosts}
    if named not in by_name:
        raise InputError(
            "{host} is not a host of the incident",
            host=named,
            mend="see 'auditor incident show'",
            guess=nearest(named, by_name),
        )
    return (by_name[named],)


def _asked(host: Host, _what: str) -> Mapping[str, Any]:
    return {"trusted": host.trusted_networks}


ISOLATION = Kind(program="isolate.py", argument="HOST", read=_read, hosts=_hosts, asked=_asked, release_is_whole=False)
