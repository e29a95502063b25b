"""Redis, memcached and PostgreSQL: whether they answer whoever asks, and from where.

Redis and memcached are asked, for only what runs is certain: one word that changes nothing, over this machine's own
addresses, and a bounded answer. PostgreSQL's rules are read.
"""

import glob
import re
import socket
from concurrent.futures import ThreadPoolExecutor

from ansible.module_utils.luytre_shared.os.area_reader import read_text

PROGRAMS = {
    **dict.fromkeys(("redis-server", "redis-check-rdb", "valkey-server", "valkey-check-rdb"), "Redis"),
    "memcached": "memcached",
}
"""By the file that runs: Debian's redis-server is a link to redis-check-rdb."""
QUESTIONS = {"Redis": (b"PING\r\n", b"+PONG"), "memcached": (b"version\r\n", b"VERSION ")}
EVERYWHERE = ("*", "0.0.0.0", "::")  # noqa: S104  what is told of others
ROUTES = "/proc/net/fib_trie"
MAX_ADDRESSES = 3
SECONDS = 0.5
MAX_ASKED = 20
RULES = "/etc/postgresql/*/*/pg_hba.conf"
LOCAL_ADDRESSES = ("127.0.0.1/32", "::1/128", "localhost", "samehost")


def find_stores_open_to_anybody(listeners):
    """Return ``auditor.facts.system.services.DataStore`` of each store that gives itself to anybody who asks."""
    with ThreadPoolExecutor(MAX_ASKED) as threads:
        results = list(
            filter(None, threads.map(_find_open_store_of_listener, _select_data_store_listeners(listeners)[:MAX_ASKED]))
        )
    rules = [
        rule
        for path in sorted(glob.glob(RULES))[:20]
        for rule in list_postgresql_trust_rules(path, read_text(path) or "")
    ]
    listens = any(each["process"] == "postgres" and not each["local"] for each in listeners)
    return results + [{**rule, "network": rule["network"] and listens} for rule in rules]


def describe_unprobed_stores(listeners):
    """Return why not all stores are known, or None: whoever starts many could hide one behind them."""
    more = len(_select_data_store_listeners(listeners)) - MAX_ASKED
    return "%d stores more listen than are asked" % more if more > 0 else None


def _select_data_store_listeners(listeners):
    return [each for each in listeners if each["protocol"] == "tcp" and each["process"] in PROGRAMS]


def _find_open_store_of_listener(listener):
    """Return the store that a listener gives to anybody, or None."""
    name = PROGRAMS[listener["process"]]
    for address in _list_probe_addresses(listener):
        if is_store_answering_without_password(name, address, listener["port"]):
            network = not address.startswith("127.") and address != "::1"
            return {
                "store": name,
                "address": listener["address"],
                "port": listener["port"],
                "rule": "",
                "network": network,
            }
    return None


def _list_probe_addresses(listener):
    """Return where to ask it: as from the network first, then as from this machine."""
    address = listener["address"]
    if address in EVERYWHERE:
        return [*parse_own_network_addresses(read_text(ROUTES) or "")[:MAX_ADDRESSES], "127.0.0.1"]
    return [address]


def parse_own_network_addresses(table):
    """Return this machine's addresses, but for those that only it reaches, by the kernel's table."""
    addresses = re.findall(r"\|-- (\d{1,3}(?:\.\d{1,3}){3})\n[^\n]*/32 host LOCAL", table)
    return list(dict.fromkeys(address for address in addresses if not address.startswith("127.")))


def is_store_answering_without_password(store, address, port):
    """Return whether it answers without a password."""
    question, answer = QUESTIONS[store]
    try:
        with socket.create_connection((address, port), timeout=SECONDS) as connection:
            connection.sendall(question)
            return connection.recv(200).startswith(answer)
    except OSError:
        return False


def list_postgresql_trust_rules(path, text):
    """Return PostgreSQL's rules that let somebody in without a password."""
    rules = []
    for line in text.splitlines():
        words = line.split("#", 1)[0].split()
        if len(words) < 4 or words[0] not in ("local", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"):
            continue
        address = "" if words[0] == "local" else words[3]
        method = words[3] if words[0] == "local" else next((w for w in words[4:6] if re.match(r"[a-z]", w)), "")
        if method == "trust":
            rules.append(
                {
                    "store": "PostgreSQL",
                    "address": address or "local",
                    "port": 0,
                    "rule": "%s: %s" % (path, " ".join(words[:6])),
                    "network": words[0] != "local"
                    and address not in LOCAL_ADDRESSES
                    and not address.startswith("127."),
                }
            )
    return rules[:20]
