"""Blocks addresses on this host until a moment, and takes the blocks away: a question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. What is blocked is not let in nor answered, whatever connections are open. A block
ends by itself within TRIAL seconds unless it is confirmed, by a connection that was made while it was in force: then it lasts until its
moment, also over a reboot, for which a unit and a copy of this file are kept. Nothing is installed, and when the last block is
taken away, nothing of this is left. It is a table of its own; those of others are not touched.

Without an argument it loads what was confirmed: so the unit calls it.
"""

import contextlib
import fcntl
import ipaddress
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time

HOME = "/var/lib/luytre/contain"
KEPT, PROGRAM = HOME + "/addresses.json", HOME + "/contain.py"
UNITS = "/usr/local/lib/systemd/system"
UNIT = "luytre-contain-addresses.service"
AGAIN = "luytre-contain-nftables.service"
"""Starts anew whenever nftables.service does, which the unit that stays active does not."""
WANTED_BY = (("sysinit.target", UNIT), ("nftables.service", UNIT), ("nftables.service", AGAIN))
NFT, PYTHON, SYSTEMCTL = "/usr/sbin/nft", "/usr/bin/python3", "/usr/bin/systemctl"
TABLE = "luytre_contain"
TRIAL = 60
SECONDS = 25
"""For one question: less than TRIAL, so that whoever is cut off is let in again."""
MOST = 2_000
MAX_CONFIG, MAX_FILES = 1_000_000, 5_000
CONFIGURATIONS = ("/etc/nginx", "/etc/apache2")
PROXIES = re.compile(r"(?i)\b(?:set_real_ip_from|RemoteIPTrustedProxy|RemoteIPInternalProxy)\s+([^;\n]{1,2000})")
PROXY_LISTS = re.compile(r"(?i)\bRemoteIP(?:Trusted|Internal)ProxyList\s+[\"']?([^\"'\s]{1,1000})")
MAX_NAMES, NAMING_SECONDS = 20, 4
"""A resolver that is down keeps no address from being blocked."""
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
UNIT_TEXT = """\
[Unit]
Description=Lũy Tre: addresses that stay blocked
DefaultDependencies=no
RequiresMountsFor={home}
ConditionPathExists={kept}
Wants=network-pre.target
Before=network-pre.target shutdown.target
Conflicts=shutdown.target
# nftables.service throws all tables away when it stops or reloads.
After=systemd-modules-load.service nftables.service
PartOf=nftables.service
ReloadPropagatedFrom=nftables.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={python} -I -B {program}
ExecReload={python} -I -B {program}
TimeoutStartSec=60
"""
AGAIN_TEXT = """\
[Unit]
Description=Lũy Tre: addresses that stay blocked when nftables.service has thrown all tables away
DefaultDependencies=no
RequiresMountsFor={home}
ConditionPathExists={kept}
Conflicts=shutdown.target
Before=shutdown.target
After=nftables.service

[Service]
Type=oneshot
ExecStart={python} -I -B {program}
TimeoutStartSec=60
"""


class Refused(Exception):
    """Nothing was done. The first argument is the reason's name, the second what it is about."""


# --- what is kept ------------------------------------------------------------------------------------


@contextlib.contextmanager
def held():
    """The folder of root's alone, and nobody else at work in it. Raises Refused."""
    os.makedirs(HOME, 0o700, exist_ok=True)
    status = os.lstat(HOME)
    if stat.S_ISLNK(status.st_mode) or status.st_uid != os.geteuid():
        raise Refused("not_ours", HOME)
    os.chmod(HOME, 0o700)
    with open(os.path.join(HOME, "lock"), "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.fstat(lock.fileno()).st_nlink == 0:
            raise Refused("taken_away", HOME)
        yield


def kept():
    """The blocks that are on record, by the name of their action."""
    try:
        with open(KEPT, "rb") as file:
            return {one["id"]: one for one in json.loads(file.read().decode("ascii"))}
    except FileNotFoundError:
        return {}


def keep(blocks):
    """Have these on record, and no others."""
    write(KEPT, json.dumps(list(blocks.values()), sort_keys=True).encode("ascii"))


def write(path, content, mode=0o600):
    """A file of ours, whole or not at all."""
    draft = path + ".new"
    with open(draft, "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.rename(draft, path)
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


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
    said = ran([NFT, "-f", "-"], rules(blocks, now))
    if said is None:
        raise Refused("not_loaded", "")


def in_force():
    """The addresses that the kernel blocks now, by the table as nft reads it back; None where that is not as we made it."""
    told = ran([NFT, "-j", "list", "table", "inet", TABLE])
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


def ran(argv, given=""):
    """What a program of root's said; None when it is not there, or did not end well."""
    try:
        status = os.stat(argv[0])
        if status.st_uid != 0 or status.st_mode & 0o022:
            return None
        done = subprocess.run(
            argv,
            input=given.encode("ascii"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
            cwd="/",
            check=False,
        )
    except OSError:
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


# --- over a reboot -----------------------------------------------------------------------------------


def stay(source):
    """Have what is confirmed loaded at boot, and when nftables.service has thrown it away."""
    write(PROGRAM, source.encode("utf-8"))
    for link in links():
        os.makedirs(os.path.dirname(link), 0o755, exist_ok=True)
    for path, text in units().items():
        write(path, text.encode("utf-8"), 0o644)
    for link, target in links().items():
        with contextlib.suppress(FileExistsError):
            os.symlink(target, link)
    if ran([SYSTEMCTL, "daemon-reload"]) is None or ran([SYSTEMCTL, "start", UNIT]) is None:
        raise Refused("no_unit", UNIT)


def units():
    """What the units' files hold. The collector knows them by their digests (``integrity.CONTAINED``), so that they are no finding."""
    words = {"home": HOME, "kept": KEPT, "python": PYTHON, "program": PROGRAM}
    texts = {UNIT: UNIT_TEXT, AGAIN: AGAIN_TEXT}
    return {os.path.join(UNITS, name): text.format(**words) for name, text in texts.items()}


def links():
    """Why systemd starts the units: each link, and where it leads."""
    return {os.path.join(UNITS, by + ".wants", unit): "../" + unit for by, unit in WANTED_BY}


def leave_nothing():
    """Take table, unit and folder away. Raises Refused when the kernel still has the table."""
    ran([NFT, "-f", "-"], "table inet {0}\ndelete table inet {0}\n".format(TABLE))
    if ran([NFT, "-j", "list", "table", "inet", TABLE]) is not None:
        raise Refused("not_loaded", "")
    ran([SYSTEMCTL, "stop", UNIT])
    for path in (*links(), *units()):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    ran([SYSTEMCTL, "daemon-reload"])
    shutil.rmtree(HOME)
    for folder in (*map(os.path.dirname, links()), UNITS, os.path.dirname(UNITS), os.path.dirname(HOME)):
        with contextlib.suppress(OSError):
            os.rmdir(folder)


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
        ("own", own_addresses()),
        ("gateway", gateways()),
        ("resolver", resolvers()),
        ("proxy", proxies()),
    ):
        for one in some:
            if inside(address, one):
                raise Refused(why, one)


def inside(address, text):
    """Whether it is that address, or in that network; what is neither has nothing inside."""
    try:
        network = ipaddress.ip_network(text.partition("%")[0], strict=False)
    except ValueError:
        return False
    if network.version == 6 and network.prefixlen >= 96 and network.network_address.ipv4_mapped:
        network = ipaddress.ip_network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - 96))
    return address.version == network.version and address in network


def own_addresses():
    """As the kernel has them."""
    lines = text_of("/proc/net/fib_trie").splitlines()
    for number, line in enumerate(lines):
        if "/32 host LOCAL" in line:
            yield lines[number - 1].replace("|--", "").strip()
    for line in text_of("/proc/net/if_inet6").splitlines():
        yield str(ipaddress.IPv6Address(int(line.split()[0], 16)))


def gateways():
    for line in text_of("/proc/net/route").splitlines()[1:]:
        words = line.split()
        if len(words) > 2 and words[2] != "00000000":
            yield str(ipaddress.IPv4Address(bytes.fromhex(words[2])[::-1]))
    for line in text_of("/proc/net/ipv6_route").splitlines():
        words = line.split()
        if len(words) > 4 and words[4] != "0" * 32:
            yield str(ipaddress.IPv6Address(int(words[4], 16)))


def resolvers():
    for path in ("/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"):
        yield from re.findall(r"(?m)^\s*nameserver\s+(\S+)", text_of(path))


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
                    if is_name(one):
                        named.add(one)
                    else:
                        yield one
    os.environ["RES_OPTIONS"] = "timeout:1 attempts:1"
    ends = time.monotonic() + NAMING_SECONDS
    for name in sorted(named)[:MAX_NAMES]:
        if time.monotonic() < ends:
            yield from addresses_of(name)


def is_name(text):
    """Whether it is the name of a host, as servers resolve them when they start."""
    return re.match(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.[A-Za-z][A-Za-z0-9-]{0,62}\.?\Z", text) is not None


def addresses_of(name):
    """What a name stands for now; nothing when nobody says so."""
    try:
        return sorted({found[4][0] for found in socket.getaddrinfo(name, None, proto=socket.IPPROTO_TCP)})
    except OSError:
        return []


def text_of(path):
    """The beginning of a regular file; nothing of anything else."""
    try:
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK | os.O_NOCTTY)) as file:
            regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            return file.read(MAX_CONFIG).decode("utf-8", "replace") if regular else ""
    except OSError:
        return ""


def said_in(path):
    """Likewise without comments."""
    return re.sub(r"#[^\n]*", "", text_of(path))


# --- what is asked -----------------------------------------------------------------------------------


def contain(asked, connection, now):
    """Block an address for TRIAL seconds, in which it has to be confirmed. What is confirmed already stays so."""
    check(asked, connection)
    with held():
        blocks = living(kept(), now)
        known = blocks.get(asked["id"])
        blocks = with_one(asked, blocks, now)
        keep(blocks)
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
    if known is not None and known["confirmed"]:
        return blocks
    if known is None and len(blocks) >= MOST:
        raise Refused("too_much", str(MOST))
    block = {
        "id": asked["id"],
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
    blocks = with_one(asked, living(kept(), now), now)
    lasting = dict(blocks, **{asked["id"]: dict(blocks[asked["id"]], confirmed=True)})
    files = ["write " + path for path in (KEPT, PROGRAM, *units(), *links())]
    return {
        "state": "planned",
        "would": [
            "nft -f -\n" + rules(blocks, now),
            *files,
            "systemctl daemon-reload",
            "systemctl start " + UNIT,
            "nft -f -\n" + rules(lasting, now),
        ],
    }


def confirm(asked, _connection, now):
    """Let a block last until its moment."""
    with held():
        blocks = living(kept(), now)
        if asked["id"] not in blocks:
            return {"state": "none"}
        blocks[asked["id"]] = dict(blocks[asked["id"]], confirmed=True)
        try:
            stay(__loader__.get_source(__name__))
            keep(blocks)
            load(blocks, now)
            return seen(blocks[asked["id"]], now)
        except Exception:
            take_out(asked["id"], blocks, now)
            raise


def release(asked, _connection, now):
    """Take a block away."""
    with held():
        take_out(asked["id"], living(kept(), now), now)
        return {"state": "none"}


def take_out(name, blocks, now):
    """Have all of these blocks but one, and nothing of ours when that was the last. Raises Refused when the kernel has others."""
    others = {key: one for key, one in blocks.items() if key != name}
    if not others:
        leave_nothing()
        return
    keep(others)
    load(others, now)
    if in_force() != {one["address"] for one in others.values()}:
        raise Refused("not_loaded", "")


def look(asked, _connection, now):
    """What there is of a block."""
    if not os.path.exists(KEPT):
        return {"state": "none"}
    with held():
        return seen(living(kept(), now).get(asked["id"]), now)


def seen(block, now):
    """A block as it is in force, looked at in the kernel."""
    if block is None:
        return {"state": "none"}
    if block["address"] not in (in_force() or ()):
        raise Refused("not_loaded", block["address"])
    return {"state": "confirmed" if block["confirmed"] else "on_trial", "left": left(block, now)}


ACTIONS = {"plan": plan, "contain": contain, "confirm": confirm, "release": release, "look": look}


def at_boot(now):
    """Load what was confirmed and has time left."""
    confirmed = {name: one for name, one in living(kept(), now).items() if one["confirmed"]}
    if confirmed:
        load(confirmed, now)


def late(_number, _frame):
    raise Refused("late", "")


def main(arguments):
    """Answer what is asked; without a question, load what was confirmed."""
    signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        if not arguments:
            at_boot(time.time())
            return
        print(json.dumps(answer(arguments[0].split(), json.loads(arguments[1]))))
    finally:
        signal.alarm(0)


def answer(connection, question):
    """What is said to a question, whatever goes wrong."""
    try:
        return ACTIONS[question["do"]](question, connection, time.time())
    except Refused as refusal:
        return {"state": "refused", "why": refusal.args[0], "about": str(refusal.args[1])[:200]}
    except Exception as error:
        return {"state": "refused", "why": "fault", "about": ("%s: %s" % (type(error).__name__, error))[:200]}


if __name__ == "__main__":
    main(sys.argv[1:])
