"""Blocks addresses on this host until a moment, and takes the blocks away: a question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. What is blocked is not let in nor answered, whatever connections are open. A block
ends by itself within TRIAL seconds unless it is confirmed, by a connection that was made while it was in force: then it lasts until its
moment, also over a reboot, for which units and a copy of this program are kept. Nothing is installed, and when the last block is
taken away, nothing of this is left. It is a table of its own; those of others are not touched.

Without an argument it loads what was confirmed: so the unit calls it.
"""

import ipaddress
import json
import os
import re
import time

from ansible.module_utils.luytre_shared import acting, neighbours, starting
from ansible.module_utils.luytre_shared.acting import Refused

HOME = "/var/lib/luytre/contain"
RECORD = acting.Record(HOME)
PROGRAM = HOME + "/contain.zip"
UNIT = "luytre-contain-addresses.service"
AGAIN = "luytre-contain-nftables.service"
NFT = "/usr/sbin/nft"
TABLE = "luytre_contain"
TRIAL = 60
"""Seconds: more than the answer to one question takes (``acting.SECONDS``)."""
MOST = 2_000
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


def left(block, now):
    """Seconds that a block has left; a clock that was set back gives it no more than it was given."""
    ends, most = (block["until"], block["seconds"]) if block["confirmed"] else (block["trial"], TRIAL)
    return int(min(ends - now, most))


def living(blocks, now):
    """Those whose time is not over."""
    return {name: one for name, one in blocks.items() if left(one, now) > 0}


# --- the packet filter -------------------------------------------------------------------------------


def rules(blocks, now):
    """What ``nft -f`` is given, so that these are blocked and nothing else is."""
    ends = {}
    for one in blocks.values():
        ends[one["address"]] = max(left(one, now), ends.get(one["address"], 0))
    members = {4: [], 6: []}
    for address, seconds in sorted(ends.items()):
        members[ipaddress.ip_address(address).version].append("%s timeout %ds" % (address, seconds))
    lines = {
        "v%d" % version: "\t\telements = { %s }\n" % ", ".join(some) if some else ""
        for version, some in members.items()
    }
    return RULES.format(table=TABLE, **lines)


def load(blocks, now):
    """Have these blocked, all at once. Raises Refused."""
    said = acting.ran([NFT, "-f", "-"], rules(blocks, now))
    if said is None:
        raise Refused("not_loaded", "")


def in_force():
    """The addresses that the kernel blocks now, by the table as nft reads it back; None where that is not as we made it."""
    told = acting.ran([NFT, "-j", "list", "table", "inet", TABLE])
    try:
        return None if told is None else blocked(json.loads(told)["nftables"])
    except (KeyError, TypeError, ValueError):
        return None


def blocked(entries):
    """The same of what nft lists."""
    chains, found, addresses = {}, {name: [] for name in AS_LISTED}, set()
    for entry in entries:
        if "chain" in entry:
            chain = entry["chain"]
            chains[chain["name"]] = (chain["type"], chain["hook"], chain["prio"])
        elif "rule" in entry:
            match, verdict = entry["rule"]["expr"]
            side = match["match"]
            word = side["left"]["payload"]
            if side["op"] == "==" and "drop" in verdict:
                found[entry["rule"]["chain"]].append((word["protocol"], word["field"], side["right"]))
        elif "set" in entry:
            members = (one["elem"] for one in entry["set"].get("elem", []))
            living = (one["val"] for one in members if one.get("expires", 1) > 0)
            addresses.update(str(ipaddress.ip_address(one)) for one in living)
    for name, (hook, wanted) in AS_LISTED.items():
        if chains.get(name) != ("filter", hook, -300) or tuple(found[name]) != wanted:
            return None
    return addresses


# --- over a reboot -----------------------------------------------------------------------------------


def units():
    """What has the blocks loaded."""
    command = "%s -I -B %s" % (starting.PYTHON, PROGRAM)
    return starting.tables(UNIT, AGAIN, "addresses that stay blocked", RECORD.path, command)


def leave_nothing():
    """Take table, units and folder away. Raises Refused when the kernel still has the table."""
    acting.ran([NFT, "-f", "-"], "table inet {0}\ndelete table inet {0}\n".format(TABLE))
    if acting.ran([NFT, "-j", "list", "table", "inet", TABLE]) is not None:
        raise Refused("not_loaded", "")
    units().take_away(UNIT)
    RECORD.clear()


# --- what is never blocked ---------------------------------------------------------------------------


def refuse(address, connection, trusted):
    """Raise Refused for an address without which this host, or who asks, would be lost."""
    if address.is_loopback or address.is_unspecified or address.is_multicast or address.is_link_local:
        raise Refused("no_stranger", str(address))
    if not connection:
        raise Refused("no_connection", "")
    for why, some in (
        ("connection", connection[:1]),
        ("trusted", trusted),
        ("own", neighbours.own_addresses()),
        ("gateway", neighbours.gateways()),
        ("resolver", neighbours.resolvers()),
        ("proxy", proxies()),
    ):
        for one in some:
            if neighbours.inside(address, one):
                raise Refused(why, one)


def proxies():
    """What the web servers take visitors' addresses from: every visitor has theirs."""
    read, named = 0, set()
    for top in CONFIGURATIONS:
        for folder, _, names in os.walk(top):
            for name in names:
                read += 1
                if read > MAX_FILES:
                    raise Refused("too_much", top)
                text = said_in(os.path.join(folder, name))
                lists = [said_in(os.path.join(top, path)) for path in PROXY_LISTS.findall(text)]
                for one in " ".join([*PROXIES.findall(text), *lists]).split():
                    if neighbours.is_name(one):
                        named.add(one)
                    else:
                        yield one
    yield from neighbours.addresses_of(named)


def said_in(path):
    """Likewise without comments."""
    return re.sub(r"#[^\n]*", "", neighbours.text_of(path))


# --- what is asked -----------------------------------------------------------------------------------


def contain(asked, connection, now):
    """Block an address for TRIAL seconds, in which it has to be confirmed. What is confirmed already stays so."""
    check(asked, connection)
    with RECORD.held():
        blocks = living(RECORD.all(), now)
        known = blocks.get(asked["id"])
        blocks = with_one(asked, blocks, now)
        RECORD.replace(blocks)
        try:
            load(blocks, now)
            return seen(blocks[asked["id"]], now)
        except Exception:
            if known is None:
                take_out(asked["id"], blocks, now)
            raise


def check(asked, connection):
    """Raise Refused for what must not be blocked, and where it cannot be."""
    refuse(ipaddress.ip_address(asked["what"]), connection, asked["trusted"])
    if not os.path.exists(NFT):
        raise Refused("no_nft", NFT)


def with_one(asked, blocks, now):
    """These blocks and the one that is asked for, on trial unless it is confirmed. Raises Refused for one too many."""
    known = blocks.get(asked["id"])
    acting.refuse_taken(known, asked, blocks)
    if known is not None and known["confirmed"]:
        return blocks
    if known is None and len(blocks) >= MOST:
        raise Refused("too_much", str(MOST))
    block = {
        "what": asked["what"],
        "address": str(ipaddress.ip_address(asked["what"])),
        "seconds": asked["seconds"],
        "until": now + asked["seconds"],
        "trial": now + TRIAL,
        "confirmed": False,
    }
    return dict(blocks, **{asked["id"]: block})


def plan(asked, connection, now):
    """What ``contain`` and ``confirm`` would do now; nothing is written."""
    check(asked, connection)
    blocks = with_one(asked, living(RECORD.all(), now), now)
    lasting = dict(blocks, **{asked["id"]: dict(blocks[asked["id"]], confirmed=True)})
    return {
        "state": "planned",
        "would": [
            "nft -f -\n" + rules(blocks, now),
            *(["write", path] for path in (RECORD.path, PROGRAM)),
            *units().steps(UNIT),
            "nft -f -\n" + rules(lasting, now),
        ],
    }


def confirm(asked, _connection, now):
    """Let a block last until its moment."""
    with RECORD.held():
        blocks = living(RECORD.all(), now)
        if asked["id"] not in blocks:
            return {"state": "none"}
        blocks[asked["id"]] = dict(blocks[asked["id"]], confirmed=True)
        try:
            acting.write(PROGRAM, acting.own_archive(__loader__))
            units().lay(UNIT)
            RECORD.replace(blocks)
            load(blocks, now)
            return seen(blocks[asked["id"]], now)
        except Exception:
            take_out(asked["id"], blocks, now)
            raise


def release(asked, _connection, now):
    """Take a block away."""
    with RECORD.held():
        blocks = living(RECORD.all(), now)
        if acting.is_of_another(blocks.get(asked["id"]), asked):
            return acting.NONE_KEPT
        take_out(asked["id"], blocks, now)
        return {"state": "none"}


def take_out(name, blocks, now):
    """Have all of these blocks but one, and nothing of ours when that was the last. Raises Refused when the kernel has others."""
    others = {key: one for key, one in blocks.items() if key != name}
    if not others:
        leave_nothing()
        return
    RECORD.replace(others)
    load(others, now)
    if in_force() != {one["address"] for one in others.values()}:
        raise Refused("not_loaded", "")


def look(asked, _connection, now):
    """What there is of a block."""
    if not os.path.exists(RECORD.path):
        return {"state": "none"}
    with RECORD.held():
        return seen(living(RECORD.all(), now).get(asked["id"]), now)


def seen(block, now):
    """A block as it is in force, looked at in the kernel."""
    if block is None:
        return {"state": "none"}
    if block["address"] not in (in_force() or ()):
        raise Refused("not_loaded", block["address"])
    return {"state": "confirmed" if block["confirmed"] else "on_trial", "left": left(block, now)}


def at_once(act):
    """What an action comes to by the clock as it is."""
    return lambda asked, connection: act(asked, connection, time.time())


ACTIONS = {one.__name__: at_once(one) for one in (plan, contain, confirm, release, look)}


def at_boot(now):
    """Load what was confirmed and has time left."""
    confirmed = {name: one for name, one in living(RECORD.all(), now).items() if one["confirmed"]}
    if confirmed:
        load(confirmed, now)


def main(arguments):
    """Answer what is asked; without a question, load what was confirmed."""
    if arguments:
        acting.asked(ACTIONS, arguments)
    else:
        acting.in_time(lambda: at_boot(time.time()))
