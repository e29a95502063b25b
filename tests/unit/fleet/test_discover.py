"""What a host says of its virtual hosts, taken over into an inventory: only what may stand there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ConfigDict

from auditor.errors import InputError
from auditor.facts import HostFacts
from auditor.facts._base import Area
from auditor.fleet.discover import add_discovered_sites_to_host, explain_missing_sites
from auditor.inventory import hosts
from auditor.models import Host, Site
from tests.unit.areas import vhost


class Server(Area):
    vhosts: list[dict[str, Any]] | None


def found(*vhosts: dict[str, Any] | None) -> tuple[Site, ...]:
    told = None if vhosts == (None,) else [each for each in vhosts if each]
    facts = HostFacts(collected_at=1, data={"nginx": Server(vhosts=told)}, errors={}, seconds={})
    return add_discovered_sites_to_host(Host(name="h", address="192.0.2.1"), facts).sites


def test_a_site_for_every_virtual_host_with_a_proper_name() -> None:
    sites = found(
        vhost("antruc.test", "www.antruc.test", root="/var/www/trang xã"),
        vhost("_", root="/var/www/html"),
        vhost("www.antruc.test"),
        vhost("dongvau.test", "*.dongvau.test", root=None),
    )
    assert [(site.domain, site.aliases, site.document_root) for site in sites] == [
        ("antruc.test", ("www.antruc.test",), "/var/www/trang xã"),
        ("dongvau.test", (), None),
    ]


def test_a_server_that_could_not_be_understood_has_none() -> None:
    assert found(None) == ()


@pytest.mark.parametrize(
    "root",
    [
        "/{{ lookup('ansible.builtin.pipe', 'id') }}",
        "/x\n{{ 7 * 7 }}",
        "/{% raw %}",
        "/x{#",
        "/var/www/$host",
        "/x\x00",
        "relative",
        "/" + "x" * 2000,
    ],
)
def test_a_folder_that_is_more_than_a_path_is_left_out(root: str) -> None:
    (site,) = found(vhost("a.test", root=root))
    assert site.document_root is None


@pytest.mark.parametrize("name", ["{{ 7 }}.test", "a.test\n", "A.test", "-a.test", "a..test", "localhost"])
def test_a_name_that_is_no_domain_is_left_out(name: str) -> None:
    assert [site.domain for site in found(vhost(name, "b.test"))] == ["b.test"]


@pytest.mark.parametrize("key", ["document_root", "backup_dir", "smoke_urls"])
def test_nor_does_an_inventory_hold_one(tmp_path: Path, key: str) -> None:
    value = "['/{{ 7 }}']" if key == "smoke_urls" else "'/{{ 7 }}'"
    (tmp_path / "hosts.yml").write_text(
        "all:\n  hosts:\n    h:\n      ansible_host: 192.0.2.1\n"
        f"      luytre_sites:\n        - domain: a.test\n          {key}: {value}\n",
        "utf-8",
    )
    with pytest.raises(InputError, match="is a template"):
        hosts.load_inventory(tmp_path)


class Applications(Area):
    wordpress: list[dict[str, Any]]
    others: list[dict[str, Any]]


def test_a_site_is_made_with_what_lies_in_its_root() -> None:
    told = Server(vhosts=[vhost(f"{name}.test", root=f"/srv/{name}") for name in ("wiki", "trang", "khac")])
    applications = Applications(
        wordpress=[{"path": "/srv/trang"}],
        others=[{"path": "/srv/wiki", "kind": "dokuwiki"}, {"path": "/srv/khac/cu", "kind": "moodle"}],
    )
    facts = HostFacts(collected_at=1, data={"nginx": told, "applications": applications}, errors={}, seconds={})
    sites = add_discovered_sites_to_host(Host(name="h", address="192.0.2.1"), facts).sites
    assert [site.application for site in sites] == ["dokuwiki", "wordpress", None]


def test_why_a_host_may_have_more_sites_is_said() -> None:
    """Never "0 sites" without a word."""

    def told(errors: dict[str, str] | None = None, **areas: dict[str, Any]) -> str:
        data: dict[str, Area] = {name: Open.model_validate(value) for name, value in areas.items()}
        return "; ".join(why.en for why in explain_missing_sites(HostFacts(1, data, errors or {}, {})))

    serving = {"nginx": {"installed": True}}
    assert told(**serving) == ""
    assert told() == "neither nginx nor Apache runs here"
    elsewhere = {"nginx": "/www/server/nginx/sbin/nginx runs, which is not where a package puts it"}
    assert told(elsewhere).startswith("nginx: /www/server/nginx/sbin/nginx runs")
    other = "caddy answers on port 80, and what it serves is not read"
    assert told(**serving, services={"untold": {"all_web_read": other}, "all_web_read": True}) == other
    assert "aaPanel" in told(**serving, system={"machine_panels": ["aaPanel"]})


class Open(Area):
    model_config = ConfigDict(extra="allow")
