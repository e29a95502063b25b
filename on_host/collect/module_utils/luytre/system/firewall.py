"""The firewall by its effect: what a stranger's first packet may reach, now and after the next boot."""

import json
import os
import re

from ansible.module_utils.luytre.logins import sshd
from ansible.module_utils.luytre.os.ssh_session import get_current_ssh_session
from ansible.module_utils.luytre.os.unit_states import read_states_of_units
from ansible.module_utils.luytre.parsers.iptables import convert_iptables_save_to_nft_json
from ansible.module_utils.luytre.parsers.ruleset import Packet, Ruleset, list_published_ports
from ansible.module_utils.luytre.system import services
from ansible.module_utils.luytre_shared.os import trusted_inputs
from ansible.module_utils.luytre_shared.os.area_reader import NotRun, UnreadableFact, read_text

OWN = ("inet", "luytre")
CONTAINMENT_TABLES = (("inet", "luytre_contain"), ("inet", "luytre_isolate"))
"""What incidents block, or cut the host off by: no part of how the host filters packets.

Written by on_host/contain/.
"""
OWN_RULES, OWN_UNIT = "/etc/nftables.d/luytre.nft", "luytre-firewall.service"
CONFIG = "/etc/nftables.conf"
OWN_INCLUDE = re.compile(r"(?m)^[ \t]*include[ \t]+[\"']/etc/nftables\.d/luytre\.nft[\"']")
"""How earlier versions had the table loaded at boot: by a unit that flushes everybody's tables."""
UNUSED_PORTS = (1, 113, 4444, 31337, 47808)
"""Ports that nobody opens on purpose: what happens to them is what happens by default."""

MANAGERS = ("ufw.service", "firewalld.service", "netfilter-persistent.service", "docker.service", "nftables.service")
_IN_A_NAMESPACE = 'for file; do nft -f "$file" || exit; done; nft -j list ruleset'


def collect_area_facts(reader):
    outside = list_interfaces_with_default_route()
    entries = drop_containment_tables(read_live_firewall_entries(reader))
    ruleset = Ruleset(entries)
    state = read_states_of_units(reader, (*MANAGERS, OWN_UNIT))
    untold = {}
    try:
        boot, complete = read_boot_firewall_entries(reader, state)
    except NotRun as refusal:
        boot, complete, untold = [], False, {"boot": str(refusal)}
    includes_own_rules = OWN_INCLUDE.search(read_text(CONFIG) or "") is not None
    listeners = services.list_listeners_as_facts(reader)
    return {
        "installed": reader.find_program("nft") is not None,
        "denies": check_default_deny_by_family(ruleset, outside),
        "ipv6_in_use": is_ipv6_in_use(),
        "exposed": list_exposed_listeners(ruleset, outside, listeners),
        "published": list_published_ports(entries),
        "boot": {
            **describe_firewall_at_boot(boot, complete, state, outside),
            **is_own_table_loaded_by_own_unit(boot, includes_own_rules, state),
        },
        "managers": list_other_firewall_managers(entries, state, outside),
        "others_deny": all(check_default_deny_by_family(ruleset.copy_without_table(*OWN), outside).values()),
        "own_as_written": is_own_table_same_as_at_boot(select_own_table_entries(entries), boot, complete),
        "ssh": {"ports": list_ssh_ports(reader, listeners), "session": get_current_ssh_session()},
        "untold": untold,
    }


def read_live_firewall_entries(reader):
    """Return every table in the kernel in the form of nft's JSON, also the ones that iptables made."""
    entries = []
    if reader.find_program("nft"):
        entries = json.loads(reader.run(["nft", "-j", "list", "ruleset"])).get("nftables", [])
    for family, prefix in (("ip", "iptables"), ("ip6", "ip6tables")):
        hidden_tables = {
            _get_table_key(each["rule"])
            for each in entries
            if "rule" in each and _is_rule_made_by_iptables(each["rule"], family)
        }
        legacy = (read_text("/proc/net/%s_tables_names" % prefix.replace("tables", "")) or "").split()
        for program, is_needed in (
            (prefix + "-save", hidden_tables or not reader.find_program("nft")),
            (prefix + "-legacy-save", legacy),
        ):
            if not is_needed:
                continue
            if not reader.find_program(program):
                if hidden_tables or legacy:
                    raise UnreadableFact("%s is not installed, and rules that it made are in force" % program)
                continue
            entries = [
                each for each in entries if not any(_get_table_key(value) in hidden_tables for value in each.values())
            ]
            entries += convert_iptables_save_to_nft_json(reader.run([program]), family)
    return entries


def drop_containment_tables(entries):
    """Return the entries without what incidents block."""
    return [entry for entry in entries if not any(_is_containment_entry(kind, value) for kind, value in entry.items())]


def _is_containment_entry(kind, value):
    return (
        (value.get("family"), value.get("name")) if kind == "table" else _get_table_key(value)
    ) in CONTAINMENT_TABLES


def _get_table_key(value):
    return (value.get("family"), value.get("table"))


def _is_rule_made_by_iptables(rule, family):
    return rule["family"] == family and any("xt" in expression for expression in rule.get("expr", []))


def read_boot_firewall_entries(reader, state):
    """Return ``(entries, complete)`` of what systemd's units will load.

    nft itself works it out in a network namespace of its own.

    Where rules of others cannot be worked out there, this product's are by themselves, and it is not ``complete``.
    Raises NotRun when others could change those rules.
    """
    paths = [path for path, unit in ((CONFIG, "nftables.service"), (OWN_RULES, OWN_UNIT)) if state[unit]["enabled"]]
    paths = [path for path in paths if os.path.isfile(path)]
    if not paths:
        return [], True
    if not reader.find_program("nft") or not reader.find_program("unshare"):
        return [], False
    stake = [
        reader.find_program("nft"),
        *(
            input_path
            for path in paths
            for input_path in trusted_inputs.list_file_with_its_includes(path, trusted_inputs.list_includes_in_nft_file)
        ),
    ]
    for subset in (paths, paths[1:]):
        if subset:
            try:
                answer = reader.run(["unshare", "--net", "sh", "-c", _IN_A_NAMESPACE, "sh", *subset], at_stake=stake)
                return json.loads(answer).get("nftables", []), subset == paths
            except NotRun:
                raise
            except (UnreadableFact, ValueError):
                continue
    return [], False


def describe_firewall_at_boot(entries, complete, state, outside):
    """Return who loads rules at boot, and whether those deny by default; that is None when nobody can tell."""
    by, rulesets = [], [entries]
    if state["nftables.service"]["enabled"]:
        by.append("nftables")
    if state[OWN_UNIT]["enabled"]:
        by.append("luytre-firewall")
    if state["netfilter-persistent.service"]["enabled"]:
        by.append("netfilter-persistent")
        for family, path in (("ip", "/etc/iptables/rules.v4"), ("ip6", "/etc/iptables/rules.v6")):
            rulesets.append(convert_iptables_save_to_nft_json(read_text(path) or "", family))
    verdict = check_default_deny_by_family(Ruleset([entry for ruleset in rulesets for entry in ruleset]), outside)
    if state["ufw.service"]["enabled"] and is_ufw_denying_by_default():
        by.append("ufw")
        verdict = {"ip": True, "ip6": True}
    if state["firewalld.service"]["enabled"]:
        by.append("firewalld")
        verdict = {"ip": True, "ip6": True}
    return {"by": by, "denies": verdict if complete or all(verdict.values()) else None}


def is_own_table_loaded_by_own_unit(entries, includes_own_rules, state):
    """Return whether this product's table, if it is in use here, is loaded by its own unit alone, and that is at work.

    And whether nftables.service has rules of others to load."""
    unit = state[OWN_UNIT]
    used = includes_own_rules or unit["loaded"] or unit["enabled"]
    return {
        "borrowed": includes_own_rules,
        "own_unit": not used or (unit["enabled"] and unit["active"] and not includes_own_rules),
        "others": any(
            _get_table_key(value) != OWN and (kind == "rule" or (kind == "chain" and value.get("policy") == "drop"))
            for entry in entries
            for kind, value in entry.items()
        ),
    }


def is_ufw_denying_by_default():
    """Return whether ufw is turned on and drops what it has no rule for."""
    on = re.search(r"(?mi)^\s*ENABLED\s*=\s*[\"']?yes", read_text("/etc/ufw/ufw.conf") or "")
    drops = re.search(r"(?m)^\s*DEFAULT_INPUT_POLICY\s*=\s*[\"']?(DROP|REJECT)", read_text("/etc/default/ufw") or "")
    return on is not None and drops is not None


def check_default_deny_by_family(ruleset, outside):
    """Return family to whether a packet to a port that nobody opened is dropped, by TCP and by UDP."""
    return {
        family: not any(
            ruleset.can_packet_pass(Packet(family, protocol, port, outside))
            for protocol in ("tcp", "udp")
            for port in UNUSED_PORTS
        )
        for family in ("ip", "ip6")
    }


def list_exposed_listeners(ruleset, outside, listeners):
    """Return the listeners that a stranger reaches."""
    return [
        dict(listener, family=family)
        for listener in listeners
        if not listener["local"]
        for family in list_families_of_address(listener["address"])
        if ruleset.can_packet_pass(Packet(family, listener["protocol"], listener["port"], outside))
    ]


def list_families_of_address(address):
    """Return the families in which a listening address is reached."""
    if address == "*":
        return ("ip", "ip6")
    return ("ip6",) if ":" in address and not address.startswith("::ffff:") else ("ip",)


def list_other_firewall_managers(entries, state, outside):
    """Return who but this product keeps a packet filter here."""
    names = []
    if is_ufw_denying_by_default() and state["ufw.service"]["enabled"]:
        names.append("ufw")
    if state["firewalld.service"]["active"]:
        names.append("firewalld")
    if state["docker.service"]["active"]:
        names.append("docker")
    if state["netfilter-persistent.service"]["enabled"]:
        names.append("netfilter-persistent")
    if not names:
        others = Ruleset(entries).copy_without_table(*OWN)
        if any(check_default_deny_by_family(others, outside).values()) or any(
            chain.get("policy") == "drop" for chain in others.bases
        ):
            names.append("nftables")
    return names


def select_own_table_entries(entries):
    """Return our own table's chains, rules and sets, without what differs from one loading to the next."""
    parts = []
    for entry in entries:
        for kind, value in entry.items():
            if kind in ("chain", "rule", "set", "map") and _get_table_key(value) == OWN:
                parts.append([kind, _strip_handles_and_counts(value)])
    return parts


def is_own_table_same_as_at_boot(own_entries, boot_entries, complete=True):
    """Return whether our table is in force just as the next boot will load it.

    Only whether it is there, when that is unknown.
    """
    at_boot = select_own_table_entries(boot_entries)
    return own_entries != [] and (own_entries == at_boot or (not complete and not at_boot))


def _strip_handles_and_counts(value):
    """Return a copy without handles and counts, members of sets in order."""
    if isinstance(value, dict):
        copy = {
            key: _strip_handles_and_counts(part)
            for key, part in value.items()
            if key not in ("handle", "packets", "bytes", "index")
        }
        for key in ("set", "elem"):
            if isinstance(copy.get(key), list):
                copy[key] = sorted(copy[key], key=json.dumps)
        return copy
    return [_strip_handles_and_counts(part) for part in value] if isinstance(value, list) else value


def list_interfaces_with_default_route():
    """Return interfaces with a default route; none found means that every interface but the inner ones counts."""
    names = set()
    for line in (read_text("/proc/net/route") or "").splitlines()[1:]:
        parts = line.split()
        if len(parts) > 7 and parts[1] == "00000000" and parts[7] == "00000000":
            names.add(parts[0])
    for line in (read_text("/proc/net/ipv6_route") or "").splitlines():
        parts = line.split()
        if len(parts) == 10 and parts[0] == "0" * 32 and parts[1] == "00" and parts[9] != "lo":
            names.add(parts[9])
    return sorted(names)


def is_ipv6_in_use():
    lines = (line.split() for line in (read_text("/proc/net/if_inet6") or "").splitlines())
    return any(len(parts) == 6 and parts[5] != "lo" for parts in lines)


def list_ssh_ports(reader, listeners):
    """Return the ports that sshd is set to, those it listens on, and the one that this session came in by."""
    ports = set()
    if reader.find_program("sshd"):
        ports |= {int(port) for port in re.findall(r"(?m)^port (\d+)$", sshd.run_sshd_config_test(reader))}
    ports |= {each["port"] for each in listeners if each["service"] == "ssh" and not each["local"]}
    here = get_current_ssh_session()
    return sorted(ports | ({here["port"]} if here else set()))
