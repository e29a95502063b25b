"""A change that raises the level of security is held where a certificate would not load then."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.models import Host, Site
from tests.unit.hardening.safety.test_preflight import HOST, Data, facts, judged

CIPHERS = "tls.ciphers"
APACHE = Host(
    name="web2",
    address="10.213.47.12",
    automation_user="luytre",
    admins=("quantri",),
    sites=(
        Site(domain="cu.test", aliases=("www.cu.test",), host="web2", server="apache"),
        Site(domain="moi.test", host="web2", server="apache"),
    ),
)


def tls(ciphers: str | None = "DEFAULT@SECLEVEL=0", **more: Any) -> Data:
    path = "/etc/ssl/xa.pem"
    return {
        **{"certificate": path, "key": path, "protocols": ["TLSv1.2"], "ciphers": ciphers, "answered": []},
        **{"pairs": [{"certificate": path, "key": path}], "loads": "yes", "fault": "", **more},
    }


def nginx(settings: Data) -> Data:
    data = facts()
    data["nginx"]["vhosts"][0]["tls"] = settings
    return data


def why(data: Data, host: Host = HOST) -> dict[tuple[str, ...], str]:
    plan = judged(CIPHERS, host=host, data=data)
    return {change.sites: change.held.en if change.held else "" for change in plan.changes}


def test_nginx_is_not_told_of_ciphers_with_which_it_would_not_load_a_key() -> None:
    found = why(nginx(tls(loads="no", fault="/etc/ssl/xa.pem: ee key too small")))
    assert len(found) == 1
    said = next(iter(found.values()))
    assert "nginx would not load its certificate (/etc/ssl/xa.pem: ee key too small)" in said
    assert said.startswith(facts()["nginx"]["vhosts"][0]["names"][0])


@pytest.mark.parametrize(
    ("settings", "held"),
    [
        (tls(), False),
        (tls("DEFAULT@SECLEVEL=0", loads="unknown"), True),
        (tls("HIGH:@seclevel=1", loads="unknown"), True),
        (tls("DEFAULT@SECLEVEL=2", loads="unknown"), False),
        (tls(None, loads="unknown"), False),
    ],
    ids=["it loads", "nobody knows", "nobody knows at one", "nothing is lowered", "nothing is set"],
)
def test_what_was_not_tried_counts_where_the_level_is_lowered(settings: Data, held: bool) -> None:
    assert any(why(nginx(settings)).values()) is held


def test_of_apaches_sites_the_one_is_held_that_shows_the_certificate() -> None:
    data = facts()
    listens = [{"address": "*", "port": 443, "tls": True, "default": False}]
    vhost = {**data["nginx"]["vhosts"][0], "listens": listens}
    weak = tls(loads="no", fault="/etc/ssl/xa.pem: ca md too weak")
    data["apache"]["vhosts"] = [
        {**vhost, "names": ["www.cu.test", "cu.test"], "tls": weak},
        {**vhost, "names": ["moi.test"], "tls": tls()},
    ]
    data["tls"]["weak_ciphers"] = [{"spec": "DEFAULT@SECLEVEL=0", "weak": ["SECLEVEL=0"]}]
    found = why(data, APACHE)
    assert found[("moi.test",)] == ""
    assert "Apache would not load its certificate (/etc/ssl/xa.pem: ca md too weak)" in found[("cu.test",)]
