"""Sites found on a host: the virtual hosts that the web servers answer for. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from auditor.facts import HostFacts, site
from auditor.fleet.error_messages import explain_missing_fact_area
from auditor.models import Application, Domain, Host, PlainPath, Site, Text
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import make_text

_DOMAIN: TypeAdapter[str] = TypeAdapter(Domain)
_PATH: TypeAdapter[str] = TypeAdapter(PlainPath)


def add_discovered_sites_to_host(host: Host, facts: HostFacts) -> Host:
    """Return the host with a site for every virtual host found on it that has a proper domain name."""
    return host.model_copy(
        update={"sites": tuple(_iter_sites(host.name, facts.build_context_for_control_expressions()))}
    )


def _iter_sites(host: str, data: dict[str, Any]) -> Iterator[Site]:
    """Yield the sites of a host, with those names and folders alone that have a form that an inventory may hold."""
    taken_names: set[str] = set()
    servers: tuple[Literal["nginx", "apache"], ...] = ("nginx", "apache")
    for server in servers:
        area = data.get(server, {})
        for vhost in (*(area.get("vhosts") or ()), *(area.get("unread_vhosts") or ())):
            valid_names = (
                _DOMAIN.validate_python(name) for name in vhost["names"] if _is_valid_for_inventory_type(_DOMAIN, name)
            )
            names = [name for name in dict.fromkeys(valid_names) if name not in taken_names]
            if not names:
                continue
            taken_names.update(names)
            yield Site(
                domain=names[0],
                aliases=tuple(names[1:]),
                host=host,
                server=server,
                document_root=vhost["root"] if _is_valid_for_inventory_type(_PATH, vhost["root"]) else None,
                application=_find_application(data, vhost["root"]),
                level_declared=False,
            )


_SERVERS = (("nginx", "nginx"), ("apache", "Apache"))


def explain_missing_sites(facts: HostFacts) -> tuple[Text, ...]:
    """Return why a host may have sites that were not found, so that they have to be declared by hand.

    Empty when all are known.
    """
    data = facts.build_context_for_control_expressions()
    reasons = []
    for area, name in _SERVERS:
        why = facts.errors.get(area) or data.get(area, {}).get("untold", {}).get("vhosts")
        if why is not None:
            reason = explain_missing_fact_area(why)
            reasons.append(Text(vi=f"{name}: {reason.vi}", en=f"{name}: {reason.en}"))
    services = data.get("services", {})
    others = services.get("untold", {}).get("all_web_read")
    if others is not None:
        reasons.append(explain_missing_fact_area(others))
    panels = data.get("system", {}).get("machine_panels", ())
    if panels:
        panel_names = escape_text_to_one_line(", ".join(panels), 100)
        reasons.append(
            make_text(
                ("the control panel {panel_names} runs this host: compare with the list of sites that it shows"),
                panel_names=panel_names,
            )
        )
    if not reasons and not any(data.get(area, {}).get("installed") for area, _ in _SERVERS):
        reasons.append(make_text("neither nginx nor Apache runs here"))
    return tuple(reasons)


def _is_valid_for_inventory_type(type_adapter: TypeAdapter[str], value: Any) -> bool:
    try:
        type_adapter.validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


def _find_application(data: dict[str, Any], root: str | None) -> Application | None:
    if root is None:
        return None
    return site.find_application(data, {root})
