"""Cuts this host off, but for who asks, its resolvers and its mail relay, and joins it again.

A question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. What is cut off stops at once, whatever connections are open,
in both directions and whatever is handed on for others. It ends by itself within TRIAL seconds, as the kernel forgets
what it rests on, unless it is confirmed by a connection that was made while it was in force: then it lasts until it is
released, also over a reboot, from before the network is up. Nothing is installed. It is a table of its own; those of
others are not touched.
"""

import collections
import ipaddress
import json
import os
import re
import time

from ansible.module_utils.luytre_shared.files import atomic_file
from ansible.module_utils.luytre_shared.incidents import action_runner, systemd_units
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal
from ansible.module_utils.luytre_shared.os import network_peers

HOME = "/var/lib/luytre/isolation"
RECORD = action_runner.ActionRecord(HOME)
RULES_FILE = HOME + "/rules.nft"
UNIT = "luytre-contain-isolation.service"
AGAIN = "luytre-contain-isolation-nftables.service"
NFT = "/usr/sbin/nft"
TABLE = "luytre_isolate"
TRIAL = 60
"""Seconds: more than the answer to one question takes (``action_runner.SECONDS``)."""
MAX_NETWORKS, MAX_RELAYS = 100, 5
FAMILIES = {4: "ip", 6: "ip6"}
REPLY_MATCH = "tcp flags & (syn | ack) != syn "
"""Whatever begins no connection."""
HOOKS = (("incoming", "prerouting"), ("outgoing", "output"), ("through", "forward"))
RULES = """\
table inet {table}
delete table inet {table}
table inet {table} {{
	set lasting {{
		type nf_proto
		flags timeout
		elements = {{ ipv4{time}, ipv6{time} }}
	}}
{chains}}}
"""
CHAIN = """\
	chain {name} {{
		type filter hook {hook} priority raw; policy accept;
{rules}	}}
"""
EXPIRY_RULE = "meta nfproto != @lasting accept"
"""First of each chain: what is cut off is cut off for as long as the set has members."""
ALWAYS = {
    "incoming": (
        'iifname "lo" accept',
        "icmp type destination-unreachable accept",
        "icmpv6 type packet-too-big accept",
        "ip6 hoplimit 255 icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept",
        "udp sport 67 udp dport 68 accept",
        "ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept",
    ),
    "outgoing": (
        'oifname "lo" accept',
        "ip6 hoplimit 255 icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } accept",
        "icmpv6 type mld2-listener-report accept",
        "ip daddr 255.255.255.255 udp sport 68 udp dport 67 accept",
        "ip6 daddr ff02::1:2 udp sport 546 udp dport 547 accept",
    ),
    "through": (),
}
"""What keeps the host's own address, without which nobody reaches it."""
Relay = collections.namedtuple("Relay", ("path", "name", "port"))
_NAME = r"([A-Za-z0-9_.-]{1,253})"
RELAYS = (
    Relay(
        "/etc/postfix/main.cf",
        r"(?m)^relayhost\s*=\s*\[?%s\]?(?::\d{1,5})?\s*$" % _NAME,
        r"(?m)^relayhost\s*=.*:(\d{1,5})\s*$",
    ),
    Relay(
        "/etc/exim4/update-exim4.conf.conf",
        r"(?m)^dc_smarthost='%s(?:::\d{1,5})?'" % _NAME,
        r"(?m)^dc_smarthost='.*::(\d{1,5})'",
    ),
    Relay("/etc/msmtprc", r"(?m)^\s*host\s+%s\s*$" % _NAME, r"(?m)^\s*port\s+(\d{1,5})\s*$"),
)
"""Where programs that send mail are told to whom, and how they write the port."""
MAIL_PORTS = (25, 465, 587)
"""Where no port is named."""


# --- who is let in -----------------------------------------------------------------------------------


def collect_peers_let_in_during_isolation(request, connection):
    """Return ``{asker, port, trusted, resolvers, relays}``, as this host sees them now. Raises ActionRefusal."""
    if len(connection) != 4 or not connection[3].isdecimal():
        raise ActionRefusal("no_connection", "")
    if len(request["trusted"]) > MAX_NETWORKS:
        raise ActionRefusal("too_much", str(MAX_NETWORKS))
    return {
        "asker": normalize_address(connection[0]),
        "port": int(connection[3]),
        "trusted": sorted({str(ipaddress.ip_network(network, strict=False)) for network in request["trusted"]}),
        "resolvers": sorted(
            {
                str(resolver)
                for resolver in map(parse_address, network_peers.iter_resolvers())
                if resolver and not resolver.is_loopback
            }
        ),
        "relays": sorted(find_configured_mail_relays()),
    }


def normalize_address(text):
    """Return an address as the packet filter has it: sshd may write one of IPv4 as one of IPv6."""
    ip_address = parse_address(text)
    if ip_address is None:
        raise ActionRefusal("no_connection", text)
    return str(getattr(ip_address, "ipv4_mapped", None) or ip_address)


def parse_address(text):
    """Return the address that it is, or None."""
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def find_configured_mail_relays():
    """Return ``[address, port]`` of whoever takes this host's mail, as its programs are told."""
    endpoints = set()
    for relay in RELAYS:
        text = network_peers.read_text(relay.path)
        ports = [int(port) for port in re.findall(relay.port, text) if 0 < int(port) < 65_536] or MAIL_PORTS
        names = re.findall(relay.name, text)[:MAX_RELAYS]
        hosts = [
            host
            for name in names
            for host in ([name] if parse_address(name) else network_peers.iter_resolved_addresses_of_names([name]))
        ]
        endpoints.update((str(parse_address(host)), port) for host in hosts for port in ports[:MAX_RELAYS])
    return [list(endpoint) for endpoint in endpoints if not ipaddress.ip_address(endpoint[0]).is_loopback]


def format_addresses_still_let_in(action):
    """Return who is still let in, in a line."""
    peers = [
        action["asker"],
        *action["trusted"],
        *action["resolvers"],
        *sorted({relay[0] for relay in action["relays"]}),
    ]
    return " ".join(dict.fromkeys(peers))


# --- the packet filter -------------------------------------------------------------------------------


def build_isolation_rules_by_chain(actions):
    """Return the rules by their chains, so that all of these are let in and nobody else is."""
    chain_rules = {name: [EXPIRY_RULE, *ALWAYS[name]] for name, _ in HOOKS}
    for action in actions:
        add_rules_to_let_peer_in_and_out(chain_rules, action["asker"], "meta l4proto tcp ", REPLY_MATCH)
        for network in action["trusted"]:
            add_rules_to_let_peer_in_and_out(
                chain_rules,
                network,
                "tcp dport %d " % action["port"],
                "tcp sport %d %s" % (action["port"], REPLY_MATCH),
            )
        for resolver in action["resolvers"]:
            add_rules_to_let_peer_in_and_out(chain_rules, resolver, "udp sport 53 ", "udp dport 53 ")
            add_rules_to_let_peer_in_and_out(chain_rules, resolver, "tcp sport 53 " + REPLY_MATCH, "tcp dport 53 ")
        for relay, port in action["relays"]:
            add_rules_to_let_peer_in_and_out(
                chain_rules, relay, "tcp sport %d %s" % (port, REPLY_MATCH), "tcp dport %d " % port
            )
    return {name: [*dict.fromkeys(rules), "drop"] for name, rules in chain_rules.items()}


def add_rules_to_let_peer_in_and_out(chain_rules, peer_network, incoming_match, outgoing_match):
    """Let in what comes from them, and what goes to them."""
    family = FAMILIES[ipaddress.ip_network(peer_network).version]
    chain_rules["incoming"].append("%s saddr %s %saccept" % (family, peer_network, incoming_match))
    chain_rules["outgoing"].append("%s daddr %s %saccept" % (family, peer_network, outgoing_match))


def render_nft_script_of_isolation(actions):
    """Return what ``nft -f`` is given; for as long as one of them is on trial, unless one is confirmed."""
    chain_rules, seconds = (
        build_isolation_rules_by_chain(actions.values()),
        compute_seconds_until_last_trial_ends(actions),
    )
    texts = [
        CHAIN.format(name=name, hook=hook, rules="".join("\t\t%s\n" % rule for rule in chain_rules[name]))
        for name, hook in HOOKS
    ]
    time_left = "" if seconds is None else " timeout %ds" % seconds
    return RULES.format(table=TABLE, time=time_left, chains="".join(texts))


def compute_seconds_until_last_trial_ends(actions):
    """Return seconds after which the last of them is over; None: one is confirmed."""
    if any(action["confirmed"] for action in actions.values()):
        return None
    return max(round(action["trial"] - read_seconds_since_boot()) for action in actions.values())


def read_seconds_since_boot():
    """Return seconds since the host's start, also those in which it slept."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def select_actions_confirmed_or_on_trial(actions):
    """Return those that are confirmed, or on trial since this start of the host's."""
    return {
        name: action
        for name, action in actions.items()
        if action["confirmed"] or 1 <= action["trial"] - read_seconds_since_boot() <= TRIAL
    }


def load_isolation_into_packet_filter(actions):
    """Have this host cut off but for these, all at once. Raises ActionRefusal."""
    if action_runner.run_program([NFT, "-f", "-"], render_nft_script_of_isolation(actions)) is None:
        raise ActionRefusal("not_loaded", "")


def is_isolation_in_force_in_kernel(actions):
    """Return whether the kernel cuts this host off now.

    All chains in their places, each with as many rules as are wanted, the last of which drops.
    """
    output = action_runner.run_program([NFT, "-j", "list", "table", "inet", TABLE])
    try:
        return output is not None and has_nft_listing_expected_chains(
            json.loads(output)["nftables"], build_isolation_rules_by_chain(actions.values())
        )
    except (KeyError, TypeError, ValueError, IndexError):
        return False


def has_nft_listing_expected_chains(nft_listing, expected_chains):
    """Return whether nft lists all chains in their places, each with as many rules, the last of which drops."""
    places, chain_rules, live_families = {}, {name: [] for name in expected_chains}, set()
    for entry in nft_listing:
        if "chain" in entry:
            chain = entry["chain"]
            places[chain["name"]] = (chain["type"], chain["hook"], chain["prio"])
        elif "rule" in entry:
            chain_rules[entry["rule"]["chain"]].append(entry["rule"]["expr"])
        elif "set" in entry and entry["set"]["name"] == "lasting":
            members = [
                element["elem"] if isinstance(element, dict) else {"val": element}
                for element in entry["set"].get("elem", [])
            ]
            live_families = {member["val"] for member in members if member.get("expires", 1) > 0}
    return live_families == {"ipv4", "ipv6"} and all(
        places.get(name) == ("filter", hook, -300)
        and len(chain_rules[name]) == len(expected_chains[name])
        and "drop" in chain_rules[name][-1][0]
        and [next(iter(statement)) for statement in chain_rules[name][0]] == ["match", "accept"]
        and chain_rules[name][0][0]["match"]["right"] == "@lasting"
        for name, hook in HOOKS
    )


# --- over a reboot -----------------------------------------------------------------------------------


def build_systemd_units_that_load_isolation():
    """Return what has the rules loaded."""
    return systemd_units.make_units_that_load_nft_table_at_boot(
        UNIT, AGAIN, "this host stays cut off", RULES_FILE, "%s -f %s" % (NFT, RULES_FILE)
    )


def remove_isolation_table_units_and_record():
    """Take table, units and what is kept away. Raises ActionRefusal when the kernel still has the table."""
    action_runner.run_program([NFT, "-f", "-"], "table inet {0}\ndelete table inet {0}\n".format(TABLE))
    if action_runner.run_program([NFT, "-j", "list", "table", "inet", TABLE]) is not None:
        raise ActionRefusal("not_loaded", "")
    build_systemd_units_that_load_isolation().remove_all_units_and_stop_one(UNIT)
    RECORD.delete_all_records()


# --- what is asked -----------------------------------------------------------------------------------


def isolate_host_on_trial(request, connection):
    """Cut this host off for TRIAL seconds, in which it has to be confirmed. What is confirmed already stays so."""
    action = make_record_of_isolation_on_trial(request, connection)
    with RECORD.hold_lock():
        actions = select_actions_confirmed_or_on_trial(RECORD.read_all_records_by_action_id())
        existing_action = actions.get(request["id"])
        actions[request["id"]] = (
            existing_action if existing_action is not None and existing_action["confirmed"] else action
        )
        RECORD.replace_all_records(actions)
        try:
            load_isolation_into_packet_filter(actions)
            return describe_isolation_checked_in_kernel(request["id"], actions)
        except Exception:
            if existing_action is None:
                take_action_out_of_isolation(request["id"], actions)
            raise


def make_record_of_isolation_on_trial(request, connection):
    """Return the record of an action that begins. Raises ActionRefusal."""
    if not os.path.exists(NFT):
        raise ActionRefusal("no_nft", NFT)
    return dict(
        collect_peers_let_in_during_isolation(request, connection),
        trial=read_seconds_since_boot() + TRIAL,
        confirmed=False,
    )


def plan_host_isolation(request, connection):
    """Return what ``contain`` and ``confirm`` would do now; nothing is written."""
    action = make_record_of_isolation_on_trial(request, connection)
    trial = dict(
        select_actions_confirmed_or_on_trial(RECORD.read_all_records_by_action_id()), **{request["id"]: action}
    )
    confirmed_actions = dict(trial, **{request["id"]: dict(action, confirmed=True)})
    return {
        "state": "planned",
        "would": [
            "nft -f -\n" + render_nft_script_of_isolation(trial),
            *(["write", path] for path in (RECORD.path, RULES_FILE)),
            *build_systemd_units_that_load_isolation().list_planned_steps_of_installation(UNIT),
            "nft -f -\n" + render_nft_script_of_isolation(confirmed_actions),
        ],
    }


def confirm_isolation_until_release(request, _connection):
    """Let the isolation last until it is released. Where its time is over, nothing of it is left."""
    with RECORD.hold_lock():
        actions = select_actions_confirmed_or_on_trial(RECORD.read_all_records_by_action_id())
        if request["id"] not in actions or not is_isolation_in_force_in_kernel(actions):
            take_action_out_of_isolation(request["id"], actions)
            return {"state": "none"}
        actions[request["id"]] = dict(actions[request["id"]], confirmed=True)
        try:
            keep_actions_and_rules_loaded_at_boot(actions)
            build_systemd_units_that_load_isolation().install_all_units_and_start_one(UNIT)
            load_isolation_into_packet_filter(actions)
            return describe_isolation_checked_in_kernel(request["id"], actions)
        except Exception:
            take_action_out_of_isolation(request["id"], actions)
            raise


def keep_actions_and_rules_loaded_at_boot(actions):
    """Have these actions on record, and the rules of those that are confirmed loaded at boot."""
    RECORD.replace_all_records(actions)
    confirmed_actions = {name: action for name, action in actions.items() if action["confirmed"]}
    if confirmed_actions:
        atomic_file.write_file_atomically(RULES_FILE, render_nft_script_of_isolation(confirmed_actions).encode("ascii"))


def end_isolation_for_action(request, _connection):
    """Join this host again, if nobody else wants it cut off."""
    with RECORD.hold_lock():
        take_action_out_of_isolation(
            request["id"], select_actions_confirmed_or_on_trial(RECORD.read_all_records_by_action_id())
        )
        return {"state": "none"}


def take_action_out_of_isolation(action_id, actions):
    """Have all of these but one, and nothing of ours when that was the last."""
    others = {key: action for key, action in actions.items() if key != action_id}
    if not others:
        remove_isolation_table_units_and_record()
        return
    keep_actions_and_rules_loaded_at_boot(others)
    load_isolation_into_packet_filter(others)
    if not is_isolation_in_force_in_kernel(others):
        raise ActionRefusal("not_loaded", "")


def report_isolation_state_of_action(request, _connection):
    """Return what there is of it."""
    actions = select_actions_confirmed_or_on_trial(RECORD.read_all_records_by_action_id())
    return (
        describe_isolation_checked_in_kernel(request["id"], actions) if request["id"] in actions else {"state": "none"}
    )


def describe_isolation_checked_in_kernel(action_id, actions):
    """Return how it is in force, looked at in the kernel."""
    if not is_isolation_in_force_in_kernel(actions):
        raise ActionRefusal("not_loaded", "")
    state = "confirmed" if actions[action_id]["confirmed"] else "on_trial"
    return {
        "state": state,
        "why": "let_in",
        "about": format_addresses_still_let_in(actions[action_id])[: action_runner.MAX_REASON],
    }


def main(arguments):
    """Answer what is asked."""
    action_runner.answer_question(
        {
            "plan": plan_host_isolation,
            "contain": isolate_host_on_trial,
            "confirm": confirm_isolation_until_release,
            "release": end_isolation_for_action,
            "look": report_isolation_state_of_action,
        },
        arguments,
    )
