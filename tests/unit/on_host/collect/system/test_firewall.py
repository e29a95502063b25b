"""What a ruleset lets a stranger reach: real outputs of nft and iptables-save, and rules that try to look closed."""

# ruff: noqa: S104  addresses as they are read

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.module_utils.luytre.parsers.iptables import convert_iptables_save_to_nft_json
from ansible.module_utils.luytre.parsers.ruleset import Packet, Ruleset
from ansible.module_utils.luytre.system import firewall

from auditor.models import Status
from tests.unit.access import DATA, filters
from tests.unit.system_areas import facts, finding

PORTS = (22, 25, 26, 47, 53, 68, 80, 443, 546, 3306, 5353, 8022, 8050, 9443)


def reached(ruleset: Ruleset, family: str, protocol: str) -> list[int]:
    return [port for port in PORTS if ruleset.can_packet_pass(Packet(family, protocol, port, ("eth0",)))]


def ruleset(
    *rules: list[dict[str, Any]], policy: str = "drop", family: str = "inet", more: tuple[Any, ...] = ()
) -> Ruleset:
    chain = {
        "family": family,
        "table": "t",
        "name": "input",
        "type": "filter",
        "hook": "input",
        "prio": 0,
        "policy": policy,
    }
    place = {"family": family, "table": "t", "chain": "input"}
    return Ruleset([{"chain": chain}, *({"rule": {**place, "expr": rule}} for rule in rules), *more])


def match(left: dict[str, Any], right: Any, op: str = "==") -> dict[str, Any]:
    return {"match": {"op": op, "left": left, "right": right}}


def dport(port: Any) -> dict[str, Any]:
    return match({"payload": {"protocol": "tcp", "field": "dport"}}, port)


ACCEPT, DROP = {"accept": None}, {"drop": None}
STATE = {"ct": {"key": "state"}}


@pytest.mark.parametrize(
    ("family", "protocol", "ports"),
    [
        ("ip", "tcp", [53, 80, 443, 8022, 8050, 9443]),
        ("ip", "udp", [53]),
        ("ip6", "tcp", [53, 80, 443, 3306, 8022, 8050, 9443]),
        ("ip6", "udp", [53]),
    ],
)
def test_rules_as_nft_lists_them(family: str, protocol: str, ports: list[int]) -> None:
    entries = json.loads((DATA / "nft_ruleset.json").read_text("utf-8"))["nftables"]
    assert reached(Ruleset(entries), family, protocol) == ports


def test_ufw_as_iptables_save_lists_it() -> None:
    entries = convert_iptables_save_to_nft_json((DATA / "ufw_iptables_save.txt").read_text("utf-8"), "ip")
    entries += convert_iptables_save_to_nft_json((DATA / "ufw_ip6tables_save.txt").read_text("utf-8"), "ip6")
    rules = Ruleset(entries)
    assert reached(rules, "ip", "tcp") == [22, 80, 443]
    assert reached(rules, "ip", "udp") == [68]
    assert reached(rules, "ip6", "tcp") == [22, 80, 443]
    assert reached(rules, "ip6", "udp") == []
    assert firewall.check_default_deny_by_family(rules, ["eth0"]) == {"ip": True, "ip6": True}


@pytest.mark.parametrize(
    ("rule", "opens"),
    [
        pytest.param([ACCEPT], True, id="everything"),
        pytest.param([match(STATE, ["established", "related"], "in"), ACCEPT], False, id="only what we asked for"),
        pytest.param([match(STATE, ["established", "new"], "in"), ACCEPT], True, id="new among the states"),
        pytest.param([match(STATE, "established", "!="), ACCEPT], True, id="all but the established"),
        pytest.param([match({"meta": {"key": "iifname"}}, "lo"), ACCEPT], False, id="from the machine itself"),
        pytest.param([match({"meta": {"key": "iifname"}}, "lo", "!="), ACCEPT], True, id="from outside"),
        pytest.param([match({"meta": {"key": "iifname"}}, "eth*"), ACCEPT], True, id="interface by its stem"),
        pytest.param([match({"meta": {"key": "iifname"}}, "eth1"), ACCEPT], False, id="interface of the inner network"),
        pytest.param([dport({"range": [47000, 48000]}), ACCEPT], True, id="range"),
        pytest.param([dport({"set": [22, 80]}), ACCEPT], False, id="other ports"),
        pytest.param(
            [match({"payload": {"protocol": "tcp", "field": "sport"}}, 53), ACCEPT],
            True,
            id="source port of one's choice",
        ),
        pytest.param(
            [
                match(
                    {"payload": {"protocol": "ip", "field": "saddr"}}, {"prefix": {"addr": "203.0.113.0", "len": 24}}
                ),
                ACCEPT,
            ],
            False,
            id="one network",
        ),
        pytest.param(
            [
                match({"payload": {"protocol": "ip", "field": "saddr"}}, {"prefix": {"addr": "0.0.0.0", "len": 1}}),
                ACCEPT,
            ],
            True,
            id="half of the Internet",
        ),
        pytest.param([{"limit": {"rate": 1, "per": "day"}}, ACCEPT], True, id="now and then is open"),
        pytest.param([{"xt": {"type": "match", "name": "comment"}}, ACCEPT], True, id="a condition nobody here knows"),
        pytest.param([{"queue": {"num": 0}}], True, id="left to a program"),
        pytest.param([{"counter": {"packets": 1}}, {"log": None}], False, id="only looked at"),
        pytest.param([match({"meta": {"key": "l4proto"}}, "icmp"), ACCEPT], False, id="ping"),
        pytest.param(
            [{"vmap": {"key": STATE, "data": {"set": [["established", ACCEPT], ["new", ACCEPT]]}}}],
            True,
            id="verdict map",
        ),
    ],
)
def test_one_rule_before_the_policy(rule: list[dict[str, Any]], opens: bool) -> None:
    rules = ruleset(rule)
    assert firewall.check_default_deny_by_family(rules, ["eth0"])["ip"] is not opens


def test_a_chain_that_is_jumped_to_opens_as_well() -> None:
    inner = {"rule": {"family": "inet", "table": "t", "chain": "six", "expr": [ACCEPT]}}
    jump = [match({"meta": {"key": "nfproto"}}, "ipv6"), {"jump": {"target": "six"}}]
    assert firewall.check_default_deny_by_family(ruleset(jump, more=(inner,)), []) == {"ip": True, "ip6": False}


def test_a_return_goes_on_after_the_jump_and_a_goto_does_not() -> None:
    inner = {"rule": {"family": "inet", "table": "t", "chain": "x", "expr": [{"return": None}]}}
    assert (
        firewall.check_default_deny_by_family(ruleset([{"jump": {"target": "x"}}], [ACCEPT], more=(inner,)), [])["ip"]
        is False
    )
    assert (
        firewall.check_default_deny_by_family(ruleset([{"goto": {"target": "x"}}], [ACCEPT], more=(inner,)), [])["ip"]
        is True
    )


def test_a_blocklist_is_no_default() -> None:
    blocked = [match({"payload": {"protocol": "ip", "field": "saddr"}}, "@bad"), DROP]
    bad = {"set": {"family": "inet", "table": "t", "name": "bad", "elem": ["198.51.100.7"]}}
    assert firewall.check_default_deny_by_family(ruleset(blocked, policy="accept", more=(bad,)), [])["ip"] is False


def test_a_last_rule_that_drops_is_a_default_without_a_policy() -> None:
    rules = ruleset([dport(22), ACCEPT], [{"reject": {"type": "icmpx"}}], policy="accept")
    assert firewall.check_default_deny_by_family(rules, []) == {"ip": True, "ip6": True}


def test_rules_for_ipv4_say_nothing_about_ipv6() -> None:
    assert firewall.check_default_deny_by_family(ruleset(family="ip"), []) == {"ip": True, "ip6": False}


def test_a_chain_before_input_may_drop() -> None:
    raw = {
        "family": "ip",
        "table": "raw",
        "name": "PRE",
        "type": "filter",
        "hook": "prerouting",
        "prio": -300,
        "policy": "drop",
    }
    rules = Ruleset([{"chain": raw}])
    assert firewall.check_default_deny_by_family(rules, []) == {"ip": True, "ip6": False}


def test_chains_that_jump_in_circles_end() -> None:
    loop = {"rule": {"family": "inet", "table": "t", "chain": "a", "expr": [{"jump": {"target": "a"}}]}}
    assert firewall.check_default_deny_by_family(ruleset([{"jump": {"target": "a"}}], more=(loop,)), []) == {
        "ip": False,
        "ip6": False,
    }


def test_addresses_and_their_families() -> None:
    assert firewall.list_families_of_address("*") == ("ip", "ip6")
    assert firewall.list_families_of_address("0.0.0.0") == ("ip",)
    assert firewall.list_families_of_address("::") == ("ip6",)
    assert firewall.list_families_of_address("::ffff:192.0.2.1") == ("ip",)


def test_the_own_table_is_compared_without_what_differs_each_time() -> None:
    def rule(handle: int, ports: list[int]) -> dict[str, Any]:
        place = {"family": "inet", "table": "luytre", "chain": "input", "handle": handle}
        return {"rule": {**place, "expr": [dport({"set": ports}), {"counter": {"packets": handle, "bytes": 1}}]}}

    assert firewall.select_own_table_entries([rule(4, [80, 443])]) == firewall.select_own_table_entries(
        [rule(9, [443, 80])]
    )
    assert firewall.select_own_table_entries([rule(4, [80, 443])]) != firewall.select_own_table_entries([rule(4, [80])])
    own = firewall.select_own_table_entries([rule(4, [80])])
    assert not firewall.is_own_table_same_as_at_boot([], [])
    assert firewall.is_own_table_same_as_at_boot(own, [rule(9, [80])])
    assert not firewall.is_own_table_same_as_at_boot(own, [])
    assert firewall.is_own_table_same_as_at_boot(own, [], complete=False)
    assert not firewall.is_own_table_same_as_at_boot(own, [rule(9, [443])], complete=False)


@pytest.mark.parametrize("control", ["default_deny", "ipv6", "boot", "database_closed"])
def test_a_hardened_host_passes(control: str) -> None:
    assert finding(f"firewall.{control}", facts()).status is Status.PASS


def test_a_boot_that_cannot_be_worked_out_is_no_pass() -> None:
    data = facts()
    data["firewall"]["boot"]["denies"] = None
    assert finding("firewall.boot", data).status is Status.NOT_EVALUATED


def state(**found: str) -> dict[str, dict[str, Any]]:
    names = ("nftables", "luytre-firewall")
    said = {name: found.get(name.replace("-", "_"), "") for name in names}
    words = ("loaded", "enabled", "active")
    return {f"{name}.service": {word: word in words_of for word in words} for name, words_of in said.items()}


@pytest.mark.parametrize(
    ("borrowed", "units", "own_unit"),
    [
        (False, {}, True),
        (False, {"nftables": "loaded enabled active"}, True),
        (False, {"luytre_firewall": "loaded enabled active"}, True),
        (False, {"luytre_firewall": "loaded enabled"}, False),
        (False, {"luytre_firewall": "loaded active"}, False),
        (True, {"luytre_firewall": "loaded enabled active"}, False),
        (True, {"nftables": "loaded enabled active"}, False),
    ],
)
def test_our_table_comes_from_a_unit_of_its_own(borrowed: bool, units: dict[str, str], own_unit: bool) -> None:
    assert firewall.is_own_table_loaded_by_own_unit([], borrowed, state(**units))["own_unit"] is own_unit
    data = facts()
    data["firewall"]["boot"]["own_unit"] = own_unit
    assert (finding("firewall.boot", data).status is Status.PASS) is own_unit


def test_a_unit_that_loads_rules_of_others_is_told_from_one_that_only_flushes() -> None:
    def chain(table: str, policy: str) -> dict[str, Any]:
        return {"chain": {"family": "inet", "table": table, "name": "input", "policy": policy}}

    rule = {"rule": {"family": "inet", "table": "mine", "chain": "input", "expr": []}}
    debians = [chain("filter", "accept"), chain("luytre", "drop")]
    assert not firewall.is_own_table_loaded_by_own_unit(debians, True, state())["others"]
    assert firewall.is_own_table_loaded_by_own_unit([*debians, rule], True, state())["others"]
    assert firewall.is_own_table_loaded_by_own_unit([chain("mine", "drop")], True, state())["others"]


def test_the_line_of_earlier_versions_is_known_and_no_other() -> None:
    assert firewall.OWN_INCLUDE.search('flush ruleset\n  include "/etc/nftables.d/luytre.nft"\n')
    assert not firewall.OWN_INCLUDE.search('# include "/etc/nftables.d/luytre.nft"\ninclude "/etc/nftables.d/*.nft"\n')


def test_a_declared_database_port_is_the_owners_choice() -> None:
    data = facts()
    data["firewall"]["exposed"] = [
        {
            "protocol": "tcp",
            "address": "0.0.0.0",
            "port": 3306,
            "local": False,
            "process": "mariadbd",
            "unit": None,
            "service": None,
            "family": "ip",
        }
    ]
    assert finding("firewall.database_closed", data).status is Status.FAIL
    assert finding("firewall.database_closed", data, open_ports=(3306,)).status is Status.PASS


def test_ssh_sources_only_where_networks_are_declared() -> None:
    assert finding("firewall.ssh_sources", facts()).status is Status.NOT_APPLICABLE
    assert finding("firewall.ssh_sources", facts(), trusted_networks=("203.0.113.0/24",)).status is Status.FAIL


def test_the_connection_in_use_is_never_cut() -> None:
    admits = filters("firewall").admits
    session = {"source": "203.0.113.9", "port": 22}
    assert admits([], session, [22])
    assert not admits([], {**session, "port": 2222}, [22])
    assert admits(["203.0.113.0/24"], session, [22])
    assert not admits(["198.51.100.0/24"], session, [22])
    assert admits(["198.51.100.0/24"], {"source": "fe80::1", "port": 22}, [22])
    assert not admits(["198.51.100.0/24"], {"source": "2001:db8::1", "port": 22}, [22])
    assert admits(["198.51.100.0/24"], None, [22])


def test_networks_are_sorted_by_version_and_named_when_wrong() -> None:
    networks = filters("firewall").networks
    given = ["203.0.113.5/24", "2001:db8::/32", "198.51.100.7"]
    assert networks(given, 4) == ["203.0.113.0/24", "198.51.100.7/32"]
    assert networks(given, 6) == ["2001:db8::/32"]
    with pytest.raises(ValueError, match=r"0\.0\.0\.0/0; drop"):
        networks(["0.0.0.0/0; drop"], 4)


@pytest.mark.parametrize("table", ["luytre_contain", "luytre_isolate"])
def test_what_incidents_block_is_no_part_of_the_firewall(table: str) -> None:
    ours = {"family": "inet", "table": table}
    others = [
        {"table": {"family": "ip", "name": "luytre_contain"}},
        {"chain": {"family": "inet", "table": "t", "name": "x"}},
    ]
    contained = [
        {"table": {"family": "inet", "name": table}},
        {"chain": {**ours, "name": "incoming"}},
        {"set": {**ours, "name": "v4"}},
        {"rule": {**ours, "chain": "incoming", "expr": []}},
    ]
    assert firewall.drop_containment_tables([*contained, *others]) == others
