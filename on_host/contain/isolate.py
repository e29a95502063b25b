"""Cuts this host off, but for who asks, its resolvers and its mail relay, and joins it again: a question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. What is cut off stops at once, whatever connections are open, in both directions
and whatever is handed on for others. It ends by itself within TRIAL seconds, as the kernel forgets what it rests on, unless it is confirmed by
a connection that was made while it was in force: then it lasts until it is released, also over a reboot, from before the network is up. Nothing
is installed. It is a table of its own; those of others are not touched.
"""

import collections
import ipaddress
import json
import os
import re
import time

from ansible.module_utils.luytre_shared import acting, neighbours, starting
from ansible.module_utils.luytre_shared.acting import Refused

HOME = "/var/lib/luytre/isolation"
RECORD = acting.Record(HOME)
KEPT = HOME + "/rules.nft"
UNIT = "luytre-contain-isolation.service"
AGAIN = "luytre-contain-isolation-nftables.service"
NFT = "/usr/sbin/nft"
TABLE = "luytre_isolate"
TRIAL = 60
"""Seconds: more than the answer to one question takes (``acting.SECONDS``)."""
MOST_NETWORKS, MOST_RELAYS = 100, 5
FAMILIES = {4: "ip", 6: "ip6"}
ANSWERING = "tcp flags & (syn | ack) != syn "
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
ENDED = "meta nfproto != @lasting accept"
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


def let_in(asked, connection):
    """``{asker, port, trusted, resolvers, relays}``, as this host sees them now. Raises Refused."""
    if len(connection) != 4 or not connection[3].isdecimal():
        raise Refused("no_connection", "")
    if len(asked["trusted"]) > MOST_NETWORKS:
        raise Refused("too_much", str(MOST_NETWORKS))
    return {
        "asker": plain(connection[0]),
        "port": int(connection[3]),
        "trusted": sorted({str(ipaddress.ip_network(one, strict=False)) for one in asked["trusted"]}),
        "resolvers": sorted({str(one) for one in map(address, neighbours.resolvers()) if one and not one.is_loopback}),
        "relays": sorted(relays()),
    }


def plain(text):
    """An address as the packet filter has it: sshd may write one of IPv4 as one of IPv6."""
    found = address(text)
    if found is None:
        raise Refused("no_connection", text)
    return str(getattr(found, "ipv4_mapped", None) or found)


def address(text):
    """The address that it is, or None."""
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def relays():
    """``[address, port]`` of whoever takes this host's mail, as its programs are told."""
    found = set()
    for relay in RELAYS:
        text = neighbours.text_of(relay.path)
        ports = [int(port) for port in re.findall(relay.port, text) if 0 < int(port) < 65_536] or MAIL_PORTS
        names = re.findall(relay.name, text)[:MOST_RELAYS]
        known = [one for name in names for one in ([name] if address(name) else neighbours.addresses_of([name]))]
        found.update((str(address(one)), port) for one in known for port in ports[:MOST_RELAYS])
    return [list(one) for one in found if not ipaddress.ip_address(one[0]).is_loopback]


def told(one):
    """Who is still let in, in a line."""
    named = [one["asker"], *one["trusted"], *one["resolvers"], *sorted({relay[0] for relay in one["relays"]})]
    return " ".join(dict.fromkeys(named))


# --- the packet filter -------------------------------------------------------------------------------


def chains(some):
    """The rules by their chains, so that all of these are let in and nobody else is."""
    found = {name: [ENDED, *ALWAYS[name]] for name, _ in HOOKS}
    for one in some:
        both(found, one["asker"], "meta l4proto tcp ", ANSWERING)
        for network in one["trusted"]:
            both(found, network, "tcp dport %d " % one["port"], "tcp sport %d %s" % (one["port"], ANSWERING))
        for resolver in one["resolvers"]:
            both(found, resolver, "udp sport 53 ", "udp dport 53 ")
            both(found, resolver, "tcp sport 53 " + ANSWERING, "tcp dport 53 ")
        for relay, port in one["relays"]:
            both(found, relay, "tcp sport %d %s" % (port, ANSWERING), "tcp dport %d " % port)
    return {name: [*dict.fromkeys(rules), "drop"] for name, rules in found.items()}


def both(found, who, incoming, outgoing):
    """Let in what comes from them, and what goes to them."""
    family = FAMILIES[ipaddress.ip_network(who).version]
    found["incoming"].append("%s saddr %s %saccept" % (family, who, incoming))
    found["outgoing"].append("%s daddr %s %saccept" % (family, who, outgoing))


def rules(actions):
    """What ``nft -f`` is given; for as long as one of them is on trial, unless one is confirmed."""
    wanted, seconds = chains(actions.values()), left(actions)
    texts = [
        CHAIN.format(name=name, hook=hook, rules="".join("\t\t%s\n" % rule for rule in wanted[name]))
        for name, hook in HOOKS
    ]
    time_left = "" if seconds is None else " timeout %ds" % seconds
    return RULES.format(table=TABLE, time=time_left, chains="".join(texts))


def left(actions):
    """Seconds after which the last of them is over; None: one is confirmed."""
    if any(one["confirmed"] for one in actions.values()):
        return None
    return max(round(one["trial"] - now()) for one in actions.values())


def now():
    """Seconds since the host's start, also those in which it slept."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def living(actions):
    """Those that are confirmed, or on trial since this start of the host's."""
    return {name: one for name, one in actions.items() if one["confirmed"] or 1 <= one["trial"] - now() <= TRIAL}


def load(actions):
    """Have this host cut off but for these, all at once. Raises Refused."""
    if acting.ran([NFT, "-f", "-"], rules(actions)) is None:
        raise Refused("not_loaded", "")


def in_force(actions):
    """Whether the kernel cuts this host off now: all chains in their places, each with as many rules as are wanted, the last of which drops."""
    listed = acting.ran([NFT, "-j", "list", "table", "inet", TABLE])
    try:
        return listed is not None and cuts_off(json.loads(listed)["nftables"], chains(actions.values()))
    except (KeyError, TypeError, ValueError, IndexError):
        return False


def cuts_off(entries, wanted):
    """The same of what nft lists."""
    places, found, living = {}, {name: [] for name in wanted}, set()
    for entry in entries:
        if "chain" in entry:
            chain = entry["chain"]
            places[chain["name"]] = (chain["type"], chain["hook"], chain["prio"])
        elif "rule" in entry:
            found[entry["rule"]["chain"]].append(entry["rule"]["expr"])
        elif "set" in entry and entry["set"]["name"] == "lasting":
            members = [one["elem"] if isinstance(one, dict) else {"val": one} for one in entry["set"].get("elem", [])]
            living = {one["val"] for one in members if one.get("expires", 1) > 0}
    return living == {"ipv4", "ipv6"} and all(
        places.get(name) == ("filter", hook, -300)
        and len(found[name]) == len(wanted[name])
        and "drop" in found[name][-1][0]
        and [next(iter(one)) for one in found[name][0]] == ["match", "accept"]
        and found[name][0][0]["match"]["right"] == "@lasting"
        for name, hook in HOOKS
    )


# --- over a reboot -----------------------------------------------------------------------------------


def units():
    """What has the rules loaded."""
    return starting.tables(UNIT, AGAIN, "this host stays cut off", KEPT, "%s -f %s" % (NFT, KEPT))


def leave_nothing():
    """Take table, units and what is kept away. Raises Refused when the kernel still has the table."""
    acting.ran([NFT, "-f", "-"], "table inet {0}\ndelete table inet {0}\n".format(TABLE))
    if acting.ran([NFT, "-j", "list", "table", "inet", TABLE]) is not None:
        raise Refused("not_loaded", "")
    units().take_away(UNIT)
    RECORD.clear()


# --- what is asked -----------------------------------------------------------------------------------


def contain(asked, connection):
    """Cut this host off for TRIAL seconds, in which it has to be confirmed. What is confirmed already stays so."""
    one = on_trial(asked, connection)
    with RECORD.held():
        actions = living(RECORD.all())
        known = actions.get(asked["id"])
        actions[asked["id"]] = known if known is not None and known["confirmed"] else one
        RECORD.replace(actions)
        try:
            load(actions)
            return seen(asked["id"], actions)
        except Exception:
            if known is None:
                take_out(asked["id"], actions)
            raise


def on_trial(asked, connection):
    """The record of an action that begins. Raises Refused."""
    if not os.path.exists(NFT):
        raise Refused("no_nft", NFT)
    return dict(let_in(asked, connection), trial=now() + TRIAL, confirmed=False)


def plan(asked, connection):
    """What ``contain`` and ``confirm`` would do now; nothing is written."""
    one = on_trial(asked, connection)
    trial = dict(living(RECORD.all()), **{asked["id"]: one})
    lasting = dict(trial, **{asked["id"]: dict(one, confirmed=True)})
    return {
        "state": "planned",
        "would": [
            "nft -f -\n" + rules(trial),
            *(["write", path] for path in (RECORD.path, KEPT)),
            *units().steps(UNIT),
            "nft -f -\n" + rules(lasting),
        ],
    }


def confirm(asked, _connection):
    """Let it last until it is released. Where its time is over, nothing of it is left."""
    with RECORD.held():
        actions = living(RECORD.all())
        if asked["id"] not in actions or not in_force(actions):
            take_out(asked["id"], actions)
            return {"state": "none"}
        actions[asked["id"]] = dict(actions[asked["id"]], confirmed=True)
        try:
            keep(actions)
            units().lay(UNIT)
            load(actions)
            return seen(asked["id"], actions)
        except Exception:
            take_out(asked["id"], actions)
            raise


def keep(actions):
    """Have these on record, and what is loaded at boot."""
    RECORD.replace(actions)
    confirmed = {name: one for name, one in actions.items() if one["confirmed"]}
    if confirmed:
        acting.write(KEPT, rules(confirmed).encode("ascii"))


def release(asked, _connection):
    """Join this host again, if nobody else wants it cut off."""
    with RECORD.held():
        take_out(asked["id"], living(RECORD.all()))
        return {"state": "none"}


def take_out(name, actions):
    """Have all of these but one, and nothing of ours when that was the last."""
    others = {key: one for key, one in actions.items() if key != name}
    if not others:
        leave_nothing()
        return
    keep(others)
    load(others)
    if not in_force(others):
        raise Refused("not_loaded", "")


def look(asked, _connection):
    """What there is of it."""
    actions = living(RECORD.all())
    return seen(asked["id"], actions) if asked["id"] in actions else {"state": "none"}


def seen(name, actions):
    """How it is in force, looked at in the kernel."""
    if not in_force(actions):
        raise Refused("not_loaded", "")
    state = "confirmed" if actions[name]["confirmed"] else "on_trial"
    return {"state": state, "why": "let_in", "about": told(actions[name])[: acting.MOST_SAID]}


def main(arguments):
    """Answer what is asked."""
    acting.asked({"plan": plan, "contain": contain, "confirm": confirm, "release": release, "look": look}, arguments)
