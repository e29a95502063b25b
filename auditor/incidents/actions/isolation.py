"""A host is cut off, but for who asks, its resolvers and its mail relay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditor.errors import InputError, find_nearest_known_name
from auditor.incidents.actions.base import ActionKind
from auditor.models import Host


def _strip_host_name(typed_host: str) -> str:
    return typed_host.strip()


def _select_host_by_name(host_name: str, hosts: tuple[Host, ...]) -> tuple[Host, ...]:
    """Return the one of that name. Raises InputError for one of none."""
    by_name = {host.name: host for host in hosts}
    if host_name not in by_name:
        raise InputError(
            "{host} is not a host of the incident",
            host=host_name,
            mend="see 'auditor incident show'",
            guess=find_nearest_known_name(host_name, by_name),
        )
    return (by_name[host_name],)


def _build_host_isolation_input(host: Host, _target: str) -> Mapping[str, Any]:
    return {"trusted": host.trusted_networks}


ISOLATION = ActionKind(
    means="isolation",
    program="system/isolate.py",
    read=_strip_host_name,
    hosts=_select_host_by_name,
    build_question=_build_host_isolation_input,
    release_is_whole=False,
)
