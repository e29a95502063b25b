"""A host is cut off, but for who asks, its resolvers and its mail relay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditor.errors import InputError, find_nearest
from auditor.incidents.actions.base import ActionKind
from auditor.models import Host


def _parse_host(text: str) -> str:
    return text.strip()


def _select_host(host_name: str, hosts: tuple[Host, ...]) -> tuple[Host, ...]:
    """Return the one of that name. Raises InputError for one of none."""
    by_name = {host.name: host for host in hosts}
    if host_name not in by_name:
        raise InputError(
            "{host} is not a host of the incident",
            host=host_name,
            mend="see 'auditor incident show'",
            guess=find_nearest(host_name, by_name),
        )
    return (by_name[host_name],)


def _build_question(host: Host, _what: str) -> Mapping[str, Any]:
    return {"trusted": host.trusted_networks}


ISOLATION = ActionKind(
    program="isolate.py",
    argument="HOST",
    read=_parse_host,
    hosts=_select_host,
    build_question=_build_question,
    release_is_whole=False,
)
