"""What other hosts of the inventory need of a host holds what would cut it, host by host."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.audit.controls import Fix
from auditor.audit.effects import Effect
from auditor.facts import HostFacts, load_fact_area_models
from auditor.hardening.safety import dependents
from auditor.hardening.safety.dependents import PortDependency
from auditor.models import Host
from auditor.models.applications.registry import CMS_KINDS
from tests.unit.hardening.safety.test_preflight import HOST, MARIADB, NOW, Data, facts, judged

WEB2 = "10.213.47.12"
ADDRESSES = {"web1": "web1", "10.213.47.11": "web1", "web2": "web2", WEB2: "web2", "db.noibo.test": "web1"}


def typed(data: Data) -> HostFacts:
    return HostFacts(
        NOW, {name: load_fact_area_models()[name].model_validate(value) for name, value in data.items()}, {}, {}
    )


def peers(*found: tuple[str, int, bool]) -> HostFacts:
    data = facts()
    data["system"]["connection"] = None
    data["services"]["peers"] = [{"address": one, "port": port, "inbound": came} for one, port, came in found]
    return typed({"services": data["services"], "system": data["system"]})


def account(host: str, **more: Any) -> Data:
    return {
        **{"user": "app", "host": host, "anywhere": host == "%", "plugin": "mysql_native_password"},
        **{"authentication": "password", "super": False, "global_privileges": [], "roles": []},
        **{"reaches_everything": False, "defines": False, "grants": [], **more},
    }


@pytest.mark.parametrize(
    ("of_web1", "of_web2", "found"),
    [
        ([(WEB2, 3306, True)], [], {"web1": (PortDependency("web2", 3306, "connection"),)}),
        ([], [("10.213.47.11", 6379, False)], {"web1": (PortDependency("web2", 6379, "connection"),)}),
        ([("198.51.100.1", 3306, True)], [("198.51.100.1", 3306, False)], {}),
        ([("10.213.47.11", 3306, True)], [], {}),
        ([(WEB2, 5432, False)], [], {"web2": (PortDependency("web1", 5432, "connection"),)}),
    ],
    ids=["it came in", "the other went out", "strangers", "itself", "the other way round"],
)
def test_connections_are_told_by_either_end(of_web1: list[Any], of_web2: list[Any], found: Any) -> None:
    assert (
        dependents.find_ports_other_hosts_depend_on({"web1": peers(*of_web1), "web2": peers(*of_web2)}, ADDRESSES)
        == found
    )


@pytest.mark.parametrize("cms", CMS_KINDS)
@pytest.mark.parametrize(
    ("server", "needed"),
    [
        ({"host": "10.213.47.11", "port": 3306}, ("web1", 3306)),
        ({"host": "db.noibo.test", "port": 3307}, ("web1", 3307)),
        ({"host": "localhost", "port": 3306}, None),
        ({"host": "198.51.100.1", "port": 3306}, None),
        (None, None),
    ],
)
def test_the_database_of_a_site_is_on_the_host_that_its_configuration_names(
    cms: str, server: dict[str, object] | None, needed: tuple[str, int] | None
) -> None:
    site = {"path": "/var/www/a", "database_server": server}
    found = dict(dependents._find_database_needs_of_sites("web2", {"applications": {cms: [site]}}, ADDRESSES))
    assert found == ({needed[0]: PortDependency("web2", needed[1], "site", "/var/www/a")} if needed else {})


@pytest.mark.parametrize(
    ("host", "needed"),
    [
        (WEB2, True),
        ("10.213.47.%", True),
        ("10.213.47._2", True),
        ("%", False),
        ("localhost", False),
        ("10.9.%", False),
        ("web_", False),  # a name, which anybody's resolver may give to anybody
    ],
)
def test_an_account_of_the_database_is_of_the_host_whose_address_it_names(host: str, needed: bool) -> None:
    data = {**facts(), "mariadb": {**MARIADB, "accounts": [account(host)]}}
    found = dependents.find_ports_other_hosts_depend_on({"web1": typed({"mariadb": data["mariadb"]})}, ADDRESSES)
    assert found == ({"web1": (PortDependency("web2", 3306, "account", f"app@{host}"),)} if needed else {})


def fixes(*effects: Effect) -> dict[str, Fix]:
    return {"x.y": Fix(touches=("/etc/x",), disruption="none", effects=effects)}


@pytest.mark.parametrize(
    ("effect", "port", "open_ports", "held"),
    [
        (Effect.CLOSES_MARIADB_PORTS, 3306, (), True),
        (Effect.CLOSES_DATABASE_PORTS, 6379, (), True),
        (Effect.CLOSES_UNDECLARED_PORTS, 8983, (), True),
        (Effect.CLOSES_UNDECLARED_PORTS, 8983, (8983,), False),
        (Effect.CLOSES_MAIL_PORTS, 3306, (), False),
        (Effect.STOPS_FRAMING, 3306, (), False),
    ],
)
def test_what_would_close_the_port_is_held_until_it_is_declared(
    effect: Effect, port: int, open_ports: tuple[int, ...], held: bool
) -> None:
    host, needed = HOST.model_copy(update={"open_ports": open_ports}), [PortDependency("web2", port, "connection")]
    found = dependents.find_controls_closing_needed_ports(host, facts(), fixes(effect), needed, ())
    assert list(found) == (["x.y"] if held else [])
    if held:
        assert found["x.y"].en == (
            f"web2 is connected to port {port} of this host; "
            f"declare {port} in this host's luytre_open_ports, or accept it with --accept x.y:web2"
        )
        assert not dependents.find_controls_closing_needed_ports(host, facts(), fixes(effect), needed, {"x.y:web2"})
        assert dependents.find_controls_closing_needed_ports(
            host, facts(), fixes(effect), needed, {"x.y", "x.y:web3"}
        ), "others are not meant"


def test_accepting_the_danger_of_a_change_is_no_word_on_hosts_that_need_the_port() -> None:
    data = facts()
    data["services"]["peers"] = [{"address": WEB2, "port": 3306, "inbound": True}]
    other = Host(name="web2", address=WEB2)
    (change,) = judged("firewall.database_closed", data=data, others=(other,)).changes
    assert change.held is not None and "web2 is connected to port 3306 of this host" in change.held.en
    (change,) = judged("firewall.database_closed", data=data).changes
    assert change.held is None, "nobody of the inventory"
