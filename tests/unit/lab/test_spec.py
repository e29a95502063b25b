"""The lab's description and its weaknesses."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from auditor.audit import controls
from auditor.lab.machine import make_stable_mac_of_address
from auditor.lab.spec import HERE, LabSpec, Weakness, load_lab_spec, load_planted_weaknesses
from auditor.system.yaml_source import load_yaml


def _data(**changes: Any) -> dict[str, Any]:
    return load_lab_spec().model_dump(mode="json") | changes


def test_three_machines_carry_four_sites_of_four_units() -> None:
    sites = {
        domain: site for name in load_lab_spec().standard for domain, site in load_lab_spec().hosts[name].sites.items()
    }
    assert load_lab_spec().standard == ("web1", "web2", "web3")
    assert set(sites) == {"antruc.test", "bennua.test", "dongvau.test", "gotre.test"}
    assert len({site.unit.vi for site in sites.values()}) == 4


def test_every_machine_has_its_own_provisioning() -> None:
    for name in load_lab_spec().hosts:
        assert (HERE / "hosts" / name / "provision.sh").is_file()


def test_every_address_is_on_the_bridge() -> None:
    network = load_lab_spec().network.controller_interface.network
    assert all(host.address in network for host in load_lab_spec().hosts.values())


def test_machines_have_macs_of_their_own_that_are_locally_administered() -> None:
    macs = {make_stable_mac_of_address(host.address) for host in load_lab_spec().hosts.values()}
    assert len(macs) == len(load_lab_spec().hosts)
    assert all(re.fullmatch(r"02:00(:[0-9a-f]{2}){4}", mac) for mac in macs)


def test_two_machines_on_one_address_are_refused() -> None:
    hosts = _data()["hosts"]
    hosts["web2"]["address"] = hosts["web1"]["address"]
    with pytest.raises(ValidationError, match="share an address"):
        LabSpec.model_validate(_data(hosts=hosts))


def test_an_address_outside_the_bridge_is_refused() -> None:
    hosts = _data()["hosts"]
    hosts["web2"]["address"] = "10.213.48.12"
    with pytest.raises(ValidationError, match=r"outside the bridge's network: 10\.213\.48\.12"):
        LabSpec.model_validate(_data(hosts=hosts))


def test_one_domain_on_two_machines_is_refused() -> None:
    hosts = _data()["hosts"]
    hosts["web2"]["sites"] |= hosts["web1"]["sites"]
    with pytest.raises(ValidationError, match="a domain is on two machines"):
        LabSpec.model_validate(_data(hosts=hosts))


@pytest.mark.parametrize("package", ["nginx; reboot", "-o", "Nginx", ""])
def test_what_cannot_be_a_package_is_refused(package: str) -> None:
    with pytest.raises(ValidationError):
        LabSpec.model_validate(_data(on_offer=[[package]]))


def test_weaknesses_are_on_machines_and_sites_that_exist_each_once() -> None:
    hosts = load_lab_spec().hosts
    seen = [(weakness.host, weakness.site, weakness.control) for weakness in load_planted_weaknesses()]
    assert len(set(seen)) == len(seen)
    assert len(seen) >= 60
    for host, site, _ in seen:
        assert host in hosts
        assert site is None or site in hosts[host].sites


def test_an_ipv6_address_outside_the_bridge_is_refused() -> None:
    hosts = _data()["hosts"]
    hosts["mess2"]["address6"] = "fd13:30::22"
    with pytest.raises(ValidationError, match="outside the bridge's network: fd13:30::22"):
        LabSpec.model_validate(_data(hosts=hosts))


def test_the_messy_machines_have_36_weaknesses_each_that_controls_of_ours_find() -> None:
    planted = [Weakness.model_validate(each) for each in load_yaml(Path(__file__).parents[2] / "lab/messy.yml")]
    known, hosts = controls.load_catalogue().controls_by_id, load_lab_spec().hosts
    assert Counter(each.host for each in planted) == {"mess1": 36, "mess2": 36}
    assert len({(each.host, each.site, each.control) for each in planted}) == 72
    for each in planted:
        assert each.site is None or each.site in hosts[each.host].sites
        assert known[each.control].subject == ("site" if each.site else "host"), each.control


def test_every_standard_machine_has_weaknesses_of_both_kinds() -> None:
    for name in load_lab_spec().standard:
        assert {weakness.automated for weakness in load_planted_weaknesses() if weakness.host == name} == {True, False}
