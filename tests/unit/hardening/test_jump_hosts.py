"""Which host is reached through which, as ssh itself says."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.audit import controls
from auditor.facts import HostFacts
from auditor.hardening import jump_hosts
from auditor.hardening.jump_hosts import Passage
from auditor.hardening.safety import in_use
from auditor.inventory import reach as reaching
from tests.unit.hardening.safety.test_preflight import HOST, NOW


def found(folder: Path, inner: str, config: str = "", middle: str = "ansible_host: 192.0.2.1") -> dict[str, list[str]]:
    settings = folder / "ssh_config"
    settings.write_text(config)
    file = folder / "hosts.yml"
    file.write_text(
        f"all:\n  hosts:\n    cong:\n      {middle}\n    khac: {{ansible_host: 192.0.2.3}}\n    trong:\n      ansible_host: 192.0.2.2\n"
        f"      ansible_ssh_common_args: {inner.replace('CONFIG', str(settings))}\n"
    )
    known = jump_hosts.find_hosts_reached_through_each_host(reaching.load_reach(file))
    assert all(passage.to == "trong" for each in known.values() for passage in each)
    return {name: [passage.by for passage in each] for name, each in known.items()}


@pytest.mark.parametrize(
    ("inner", "by"),
    [
        ("-F none", None),
        ("-F none -J 192.0.2.1", "ProxyJump"),
        ("-F none -J quantri@192.0.2.1:22", "ProxyJump"),
        ("-F none -o ProxyJump=cong", "ProxyJump"),
        ("-F none -J 198.51.100.1,192.0.2.1", "ProxyJump"),
        ("-F none -J 198.51.100.1", None),
        ("-F none -o ProxyCommand='ssh -q -W %h:%p -l an -p 22 192.0.2.1'", "ProxyCommand"),
        ("-F none -o 'ProxyCommand=/usr/bin/ssh -W[%h]:%p -i ~/k an@cong'", "ProxyCommand"),
        ("-F none -o ProxyCommand='ssh an@192.0.2.1 nc %h %p'", None),
        ("-F none -o ProxyCommand='cloudflared access ssh --hostname %h'", None),
    ],
)
def test_the_inventorys_own_words_name_the_host_in_the_middle(tmp_path: Path, inner: str, by: str | None) -> None:
    assert found(tmp_path, f'"{inner}"') == ({"cong": [by]} if by else {})


def test_what_stands_in_a_file_of_settings_counts_also_through_names_of_its_own(tmp_path: Path) -> None:
    config = "Host 192.0.2.2\n  ProxyJump ngoai\nHost ngoai\n  HostName 198.51.100.7\n  ProxyJump cua\nHost cua\n  HostName 192.0.2.1\n"
    assert found(tmp_path, "-F CONFIG", config) == {"cong": ["ProxyJump"]}
    circle = "Host 192.0.2.2\n  ProxyJump a\nHost a\n  ProxyJump b\nHost b\n  ProxyJump a\n"
    assert found(tmp_path, "-F CONFIG", circle) == {}


def test_two_hosts_behind_one_address_are_told_apart_by_their_ports(tmp_path: Path) -> None:
    both = "{ansible_host: 192.0.2.1, ansible_port: 2201}\n    cong2: {ansible_host: 192.0.2.1, ansible_port: 2202}"
    file = tmp_path / "hosts.yml"
    file.write_text(
        f"all:\n  hosts:\n    cong: {both}\n    trong: {{ansible_host: 192.0.2.2, ansible_ssh_common_args: -F none -J 192.0.2.1:2202}}\n"
    )
    assert jump_hosts.find_hosts_reached_through_each_host(reaching.load_reach(file)) == {
        "cong2": (Passage("trong", "ProxyJump"),)
    }


def test_a_way_that_only_ansible_could_work_out_may_lead_through_any(tmp_path: Path) -> None:
    assert found(tmp_path, '"-J {{ cua }}"') == {
        "cong": ["ansible_ssh_common_args"],
        "khac": ["ansible_ssh_common_args"],
    }


def test_the_change_that_would_close_the_way_is_held_for_the_host_in_the_middle() -> None:
    told = jump_hosts.describe_hosts_reached_through_each_host(
        {"web1": (Passage("web2", "ProxyJump"), Passage("web3", "ansible_ssh_common_args"))}
    )
    assert told["web1"].en == (
        "the inventory reaches web2 through this host (ProxyJump); "
        "unknown whether web3 is reached through this host, because ansible_ssh_common_args is not a literal value"
    )
    fixes = {"ssh.tcp_forwarding": controls.load_catalogue()["ssh.tcp_forwarding"].fix}
    used = in_use.find_usage_lost_by_fixes(HOST, HostFacts(NOW, {}, {}, {}), fixes, hosts_behind=told["web1"])
    assert used.hosts["ssh.tcp_forwarding"] == told["web1"]
    assert not in_use.find_usage_lost_by_fixes(HOST, HostFacts(NOW, {}, {}, {}), fixes).hosts
