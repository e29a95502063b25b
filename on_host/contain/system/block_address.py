"""Blocks addresses on this host until a moment, and takes the blocks away.

A question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. What is blocked is not let in nor answered, whatever
connections are open. A block ends by itself within TRIAL seconds unless it is confirmed, by a connection that was made
while it was in force: then it lasts until its moment, also over a reboot, for which units and a copy of this program
are kept. Nothing is installed, and when the last block is taken away, nothing of this is left. It is a table of its
own; those of others are not touched.

Without an argument it loads what was confirmed: so the unit calls it.
"""

import ipaddress
import json
import os
import re
import time

from ansible.module_utils.luytre_shared.files import atomic_file
from ansible.module_utils.luytre_shared.incidents import action_runner, systemd_units
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal
from ansible.module_utils.luytre_shared.os import network_peers

HOME = "/var/lib/luytre/contain"
RECORD = action_runner.ActionRecord(HOME)
PROGRAM = HOME + "/contain.zip"
UNIT = "luytre-contain-addresses.service"
AGAIN = "luytre-contain-nftables.service"
NFT = "/usr/sbin/nft"
TABLE = "luytre_contain"
TRIAL = 60
"""Seconds: more than the answer to one question takes (``action_runner.SECONDS``)."""
MAX_BLOCKS = 2_000
MAX_FILES = 5_000
CONFIGURATIONS = ("/etc/nginx", "/etc/apache2")
PROXIES = re.compile(r"(?i)\b(?:set_real_ip_from|RemoteIPTrustedProxy|RemoteIPInternalProxy)\s+([^;\n]{1,2000})")
PROXY_LISTS = re.compile(r"(?i)\bRemoteIP(?:Trusted|Internal)ProxyList\s+[\"']?([^\"'\s]{1,1000})")
RULES = """\
table inet {table}
delete table inet {table}
table inet {table} {{
	set v4 {{
		type ipv4_addr
		flags timeout
{v4}	}}
	set v6 {{
		type ipv6_addr
		flags timeout
{v6}	}}
	chain incoming {{
		type filter hook prerouting priority raw; policy accept;
		ip saddr @v4 drop
		ip6 saddr @v6 drop
	}}
	chain outgoing {{
		type filter hook output priority raw; policy accept;
		ip daddr @v4 drop
		ip6 daddr @v6 drop
	}}
}}
"""
AS_LISTED = {
    "incoming": ("prerouting", (("ip", "saddr", "@v4"), ("ip6", "saddr", "@v6"))),
    "outgoing": ("output", (("ip", "daddr", "@v4"), ("ip6", "daddr", "@v6"))),
}
"""Chains by name: their hook, and the family, field and set of each of their rules."""


# --- what is kept ------------------------------------------------------------------------------------


def compute_seconds_left_of_block(block, now):
    """Return seconds that a block has left; a clock that was set back gives it no more than it was given."""
    ends, most = (block["until"], block["seconds"]) if block["confirmed"] else (block["trial"], TRIAL)
    return int(min(ends - now, most))


def select_active_blocks(blocks, now):
    """Return those whose time is not over."""
    return {name: block for name, block in blocks.items() if compute_seconds_left_of_block(block, now) > 0}


# --- the packet filter -------------------------------------------------------------------------------


def render_nft_rules_of_blocks(blocks, now):
    """Return what ``nft -f`` is given, so that these are blocked and nothing else is."""
    ends = {}
    for block in blocks.values():
        ends[block["address"]] = max(compute_seconds_left_of_block(block, now), ends.get(block["address"], 0))
    members = {4: [], 6: []}
    for address, seconds in sorted(ends.items()):
        members[ipaddress.ip_address(address).version].append("%s timeout %ds" % (address, seconds))
    lines = {
        "v%d" % version: "\t\telements = { %s }\n" % ", ".join(elements) if elements else ""
        for version, elements in members.items()
    }
    return RULES.format(table=TABLE, **lines)


def load_blocks_into_kernel(blocks, now):
    """Have the kernel block these addresses, all at once. Raises ActionRefusal."""
    output = action_runner.run_program([NFT, "-f", "-"], render_nft_rules_of_blocks(blocks, now))
    if output is None:
        raise ActionRefusal("not_loaded", "")


def query_blocked_addresses():
    """Return the addresses that the kernel blocks now, by the table as nft reads it back.

    None where that is not as we made it.
    """
    output = action_runner.run_program([NFT, "-j", "list", "table", "inet", TABLE])
    try:
        return None if output is None else parse_blocked_addresses(json.loads(output)["nftables"])
    except (KeyError, TypeError, ValueError):
        return None


def parse_blocked_addresses(entries):
    """Return the addresses that are blocked by what nft lists; None where that is not as we made it."""
    chains, chain_rules, addresses = {}, {name: [] for name in AS_LISTED}, set()
    for entry in entries:
        if "chain" in entry:
            chain = entry["chain"]
            chains[chain["name"]] = (chain["type"], chain["hook"], chain["prio"])
        elif "rule" in entry:
            match, verdict = entry["rule"]["expr"]
            side = match["match"]
            word = side["left"]["payload"]
            if side["op"] == "==" and "drop" in verdict:
                chain_rules[entry["rule"]["chain"]].append((word["protocol"], word["field"], side["right"]))
        elif "set" in entry:
            members = (element["elem"] for element in entry["set"].get("elem", []))
            live_addresses = (member["val"] for member in members if member.get("expires", 1) > 0)
            addresses.update(str(ipaddress.ip_address(address)) for address in live_addresses)
    for name, (hook, expected_rules) in AS_LISTED.items():
        if chains.get(name) != ("filter", hook, -300) or tuple(chain_rules[name]) != expected_rules:
            return None
    return addresses


# --- over a reboot -----------------------------------------------------------------------------------


def build_units_that_load_blocks():
    """Return what has the blocks loaded."""
    command = "%s -I -B %s" % (systemd_units.PYTHON, PROGRAM)
    return systemd_units.make_units_that_load_nft_table_at_boot(
        UNIT, AGAIN, "addresses that stay blocked", RECORD.path, command
    )


def remove_table_units_and_folder():
    """Take table, units and folder away. Raises ActionRefusal when the kernel still has the table."""
    action_runner.run_program([NFT, "-f", "-"], "table inet {0}\ndelete table inet {0}\n".format(TABLE))
    if action_runner.run_program([NFT, "-j", "list", "table", "inet", TABLE]) is not None:
        raise ActionRefusal("not_loaded", "")
    build_units_that_load_blocks().remove_all_units_and_stop_one(UNIT)
    RECORD.delete_all_records()


# --- what is never blocked ---------------------------------------------------------------------------


def refuse_essential_address(address, connection, trusted_networks):
    """Raise ActionRefusal for an address without which this host, or who asks, would be lost."""
    if address.is_loopback or address.is_unspecified or address.is_multicast or address.is_link_local:
        raise ActionRefusal("no_stranger", str(address))
    if not connection:
        raise ActionRefusal("no_connection", "")
    for why, entries in (
        ("connection", connection[:1]),
        ("trusted", trusted_networks),
        ("own", network_peers.iter_own_addresses()),
        ("gateway", network_peers.iter_gateways()),
        ("resolver", network_peers.iter_resolvers()),
        ("proxy", iter_proxies_trusted_by_web_servers()),
    ):
        for entry in entries:
            if network_peers.is_address_in_network(address, entry):
                raise ActionRefusal(why, entry)


def iter_proxies_trusted_by_web_servers():
    """Yield what the web servers take visitors' addresses from: every visitor has theirs."""
    read, hostnames = 0, set()
    for top in CONFIGURATIONS:
        for folder, _, names in os.walk(top):
            for name in names:
                read += 1
                if read > MAX_FILES:
                    raise ActionRefusal("too_much", top)
                text = read_config_without_comments(os.path.join(folder, name))
                lists = [read_config_without_comments(os.path.join(top, path)) for path in PROXY_LISTS.findall(text)]
                for entry in " ".join([*PROXIES.findall(text), *lists]).split():
                    if network_peers.is_host_name(entry):
                        hostnames.add(entry)
                    else:
                        yield entry
    yield from network_peers.iter_resolved_addresses_of_names(hostnames)


def read_config_without_comments(path):
    """Return the text of a configuration file without what follows ``#``."""
    return re.sub(r"#[^\n]*", "", network_peers.read_text(path))


# --- what is asked -----------------------------------------------------------------------------------


def block_address_on_trial(request, connection, now):
    """Block an address for TRIAL seconds, in which it has to be confirmed. What is confirmed already stays so."""
    check_that_address_may_be_blocked(request, connection)
    with RECORD.hold_lock():
        blocks = select_active_blocks(RECORD.read_all_records_by_action_id(), now)
        existing_block = blocks.get(request["id"])
        blocks = add_requested_block(request, blocks, now)
        RECORD.replace_all_records(blocks)
        try:
            load_blocks_into_kernel(blocks, now)
            return describe_block_in_force(blocks[request["id"]], now)
        except Exception:
            if existing_block is None:
                remove_block_of_action(request["id"], blocks, now)
            raise


def check_that_address_may_be_blocked(request, connection):
    """Raise ActionRefusal for what must not be blocked, and where it cannot be."""
    refuse_essential_address(ipaddress.ip_address(request["what"]), connection, request["trusted"])
    if not os.path.exists(NFT):
        raise ActionRefusal("no_nft", NFT)


def add_requested_block(request, blocks, now):
    """Return these blocks and the one that is asked for, on trial unless it is confirmed.

    Raises ActionRefusal for one too many.
    """
    existing_block = blocks.get(request["id"])
    action_runner.refuse_id_taken_by_another_action(existing_block, request, blocks)
    if existing_block is not None and existing_block["confirmed"]:
        return blocks
    if existing_block is None and len(blocks) >= MAX_BLOCKS:
        raise ActionRefusal("too_much", str(MAX_BLOCKS))
    block = {
        "what": request["what"],
        "address": str(ipaddress.ip_address(request["what"])),
        "seconds": request["seconds"],
        "until": now + request["seconds"],
        "trial": now + TRIAL,
        "confirmed": False,
    }
    return dict(blocks, **{request["id"]: block})


def plan_address_block(request, connection, now):
    """Return what ``contain`` and ``confirm`` would do now; nothing is written."""
    check_that_address_may_be_blocked(request, connection)
    blocks = add_requested_block(request, select_active_blocks(RECORD.read_all_records_by_action_id(), now), now)
    confirmed_blocks = dict(blocks, **{request["id"]: dict(blocks[request["id"]], confirmed=True)})
    return {
        "state": "planned",
        "would": [
            "nft -f -\n" + render_nft_rules_of_blocks(blocks, now),
            *(["write", path] for path in (RECORD.path, PROGRAM)),
            *build_units_that_load_blocks().list_planned_steps_of_installation(UNIT),
            "nft -f -\n" + render_nft_rules_of_blocks(confirmed_blocks, now),
        ],
    }


def confirm_address_block(request, _connection, now):
    """Let a block last until its moment."""
    with RECORD.hold_lock():
        blocks = select_active_blocks(RECORD.read_all_records_by_action_id(), now)
        if request["id"] not in blocks:
            return {"state": "none"}
        blocks[request["id"]] = dict(blocks[request["id"]], confirmed=True)
        try:
            atomic_file.write_file_atomically(PROGRAM, action_runner.read_own_archive(__loader__))
            build_units_that_load_blocks().install_all_units_and_start_one(UNIT)
            RECORD.replace_all_records(blocks)
            load_blocks_into_kernel(blocks, now)
            return describe_block_in_force(blocks[request["id"]], now)
        except Exception:
            remove_block_of_action(request["id"], blocks, now)
            raise


def release_address_block(request, _connection, now):
    """Take a block away."""
    with RECORD.hold_lock():
        blocks = select_active_blocks(RECORD.read_all_records_by_action_id(), now)
        if action_runner.is_record_of_another_action(blocks.get(request["id"]), request):
            return action_runner.NONE_KEPT
        remove_block_of_action(request["id"], blocks, now)
        return {"state": "none"}


def remove_block_of_action(action_id, blocks, now):
    """Have all of these blocks but one, and nothing of ours when that was the last.

    Raises ActionRefusal when the kernel has others.
    """
    others = {key: block for key, block in blocks.items() if key != action_id}
    if not others:
        remove_table_units_and_folder()
        return
    RECORD.replace_all_records(others)
    load_blocks_into_kernel(others, now)
    if query_blocked_addresses() != {block["address"] for block in others.values()}:
        raise ActionRefusal("not_loaded", "")


def look_up_address_block(request, _connection, now):
    """Return what there is of a block."""
    if not os.path.exists(RECORD.path):
        return {"state": "none"}
    with RECORD.hold_lock():
        return describe_block_in_force(
            select_active_blocks(RECORD.read_all_records_by_action_id(), now).get(request["id"]), now
        )


def describe_block_in_force(block, now):
    """Return a block as it is in force, looked at in the kernel."""
    if block is None:
        return {"state": "none"}
    if block["address"] not in (query_blocked_addresses() or ()):
        raise ActionRefusal("not_loaded", block["address"])
    return {
        "state": "confirmed" if block["confirmed"] else "on_trial",
        "left": compute_seconds_left_of_block(block, now),
    }


def bind_action_to_clock(action):
    """Return what an action comes to by the clock as it is."""
    return lambda request, connection: action(request, connection, time.time())


ACTIONS = {
    verb: bind_action_to_clock(action)
    for verb, action in (
        ("plan", plan_address_block),
        ("contain", block_address_on_trial),
        ("confirm", confirm_address_block),
        ("release", release_address_block),
        ("look", look_up_address_block),
    )
}


def load_confirmed_blocks(now):
    """Load what was confirmed and has time left."""
    confirmed_blocks = {
        name: block
        for name, block in select_active_blocks(RECORD.read_all_records_by_action_id(), now).items()
        if block["confirmed"]
    }
    if confirmed_blocks:
        load_blocks_into_kernel(confirmed_blocks, now)


def main(arguments):
    """Answer what is asked; without a question, load what was confirmed."""
    if arguments:
        action_runner.answer_question(ACTIONS, arguments)
    else:
        action_runner.run_in_time(lambda: load_confirmed_blocks(time.time()))
