"""Ways in over SSH: who came in of late and how, what goes on through sshd, and what it offers to whom, asked of itself."""

import ipaddress
import re
import time

from ansible.module_utils.luytre import _accounts, _came_in, _forwarded, _sshd, firewall, pam, services
from ansible.module_utils.luytre._reading import Unreadable, read_text
from ansible.module_utils.luytre._session import session
from ansible.module_utils.luytre.accounts import parse_utmp_from, rows_of, wtmp_tail

ELSEWHERE = ("192.0.2.1", "2001:db8::1")
"""Addresses that no rule of anybody's is about: what they are offered, everybody is."""
NAME = r"^[A-Za-z0-9_][A-Za-z0-9_.@$-]{0,63}$"
SECOND_FACTORS = (
    *("pam_google_authenticator.so", "pam_oath.so", "pam_u2f.so", "pam_yubico.so", "pam_duo.so", "pam_radius_auth.so"),
    *("pam_exec.so", "pam_privacyidea.so", "pam_sss.so", "pam_ldap.so", "pam_krb5.so", "pam_winbind.so"),
)
MAX_ACCOUNTS = 200
MAX_PLACES = 8
MAX_QUESTIONS = 400


def collect(reading):
    if reading.installed("sshd") is None:
        return {
            **{"installed": False, "recorded": True, "since": 0, "cut": False, "own": None, "ports": [], "unasked": 0},
            **{"seen": [], "forwarded": [], "accounts": [], "second_factors": [], "offers": []},
        }
    here = session()
    found, since, cut = _came_in.entries(reading, here["user"] if here else None)
    seen, by_connection = _came_in.ways(found)
    # The log says of a link-local address on which link it lies.
    plainly = {(account, source.partition("%")[0], port): way for (account, source, port), way in by_connection.items()}
    own = plainly.get((here["user"], here["source"], here["from_port"])) if here else None
    seen += _without_method(seen)
    rows = {row["name"]: row for row in _accounts.passwd()}
    ports = firewall.ssh_ports(reading, services.listeners(reading))
    names = {row["uid"]: row["name"] for row in reversed(list(rows.values()))}
    live, sessions = _forwarded.live(ports, lambda uid: names.get(uid, str(uid)))
    forwarded = _came_in.tunnels(found) + live
    known = {(one["account"], one["source"]) for one in forwarded}
    doubtful = _came_in.unrecorded(found, _terminals(), sessions, int(time.time()))
    forwarded += [
        one for one in doubtful if (one["account"], one["source"]) not in known and not _is_ours(one, here, found)
    ]
    strangers = [way["account"] for way in [*seen, *forwarded] if way["account"] not in rows]
    there = {*rows, *_known_elsewhere(reading, strangers)}
    seen, more = _came_in.bounded([way for way in seen if way["account"] in there])
    forwarded = [way for way in forwarded if way["account"] in there]
    admins = [name for name in declared(reading, here) if name in there]
    asked = questions(here, admins, [*seen, *forwarded], ports, list(_sshd.lines()))
    offers, unasked = _sshd.offers(reading, asked[:MAX_QUESTIONS], here["local"] if here else None)
    return {
        "installed": True,
        "recorded": here is None
        or (bool(by_connection) and not (cut and since > time.time() - _came_in.ENOUGH_DAYS * _came_in.DAY)),
        "since": since,
        "cut": cut or more,
        "own": own,
        "ports": ports,
        "seen": seen,
        "forwarded": forwarded,
        "accounts": people(rows, {*admins, *(way["account"] for way in [*seen, *forwarded])}),
        "second_factors": sorted({module for _, module, _ in pam.stack("sshd", "auth") if module in SECOND_FACTORS}),
        "offers": offers,
        "unasked": unasked + len(asked[MAX_QUESTIONS:]),
    }


def declared(reading, here):
    """The accounts that the inventory names: people who administer the host, and what this reading came in by."""
    ours = [reading.declared.get("automation_user"), here["user"] if here else None]
    names = [*(reading.declared.get("admins") or []), *ours]
    return list(dict.fromkeys(name for name in names if isinstance(name, str) and name))


def questions(here, admins, ways, ports, lines):
    """``[{account, source, port}]``: whom sshd is asked about. Who is declared may come from anywhere that a rule names."""
    places = [*([here["source"]] if here else []), ELSEWHERE[0], *_places(lines)]
    pairs = [(here["user"], here["source"])] if here else []
    pairs += [(name, place) for name in admins for place in places]
    pairs += [(way["account"], way["source"]) for way in ways]
    return [
        {"account": account, "source": source, "port": port}
        for account, source in dict.fromkeys(pairs)
        for port in ports
        if re.match(NAME, account) and source
    ]


def _places(lines):
    """An address for each of the networks that a Match block is about."""
    found = []
    for criteria in dict.fromkeys(line[2] for line in lines if line[2]):
        words = criteria.replace("=", " ").split()
        for keyword, value in zip(words, words[1:]):  # noqa: RUF007  younger than Python 3.9
            if keyword.lower() in ("address", "host"):
                found += [place for place in map(_place, value.strip('"').split(",")) if place]
    return list(dict.fromkeys(found))[:MAX_PLACES]


def _place(pattern):
    if pattern.startswith("!"):
        return None
    plain = pattern.replace("*", "1").replace("?", "1")
    if "*" in pattern and ":" not in pattern:
        plain = ".".join([*plain.split("."), "1", "1", "1"][:4])
    try:
        network = ipaddress.ip_network(plain, strict=False)
    except ValueError:
        return None
    return str(network.network_address + (1 if network.num_addresses > 2 else 0))


def people(rows, names):
    """``[{name, groups}]``; None where the groups stand in none of the host's own files."""
    groups = _accounts.groups()
    sources = re.search(r"(?m)^group:([^\n]*)", read_text("/etc/nsswitch.conf") or "")
    ours = set(sources.group(1).split() if sources else ()) <= {"files", "systemd", "compat"}
    return [
        {
            "name": name,
            "groups": sorted(
                {group["name"] for group in groups if name in group["members"] or group["gid"] == rows[name]["gid"]}
            )
            if name in rows and ours
            else None,
        }
        for name in sorted(names)[:MAX_ACCOUNTS]
    ]


def _known_elsewhere(reading, names):
    """Those of the accounts in no file of the host that its name service knows; all of them when it does not say."""
    names = [name for name in dict.fromkeys(names) if re.match(NAME, name)][:MAX_ACCOUNTS]
    if not names:
        return []
    try:
        text = reading.run(["getent", "passwd", *names], ok=None, seconds=2, at_stake=["/etc/nsswitch.conf"])
    except Unreadable:
        return names
    return [line.split(":", 1)[0] for line in text.splitlines()]


def _is_ours(one, here, found):
    """Whether a connection was this program's: our account's from where we are, or the enrolment's before that was made."""
    if here is None or one["source"].partition("%")[0] != here["source"].partition("%")[0]:
        return False
    first = _came_in.first_of(found, here["user"], here["source"])
    return one["account"] == here["user"] or (first is not None and one["last"] <= first)


def _terminals():
    """``(account, source, moment)`` of sessions at a terminal from an address, as wtmp has them."""
    since = time.time() - _came_in.DAYS * _came_in.DAY
    for path in ("/var/log/wtmp.1", "/var/log/wtmp"):
        for kind, line, account, address, moment in parse_utmp_from(wtmp_tail(path)):
            source = _came_in.plain(address.partition("%")[0])
            if kind == 7 and line.startswith("pts/") and moment >= since and source:
                yield account, source, moment


DATABASES = (
    ("/var/lib/lastlog/lastlog2.db", "SELECT Name, RemoteHost, Time FROM Lastlog2 WHERE Service = 'sshd' LIMIT 5000"),
    (
        "/var/lib/wtmpdb/wtmp.db",
        "SELECT User, RemoteHost, MAX(Login) / 1000000 FROM wtmp WHERE Type = 3 AND Service = 'sshd'"
        " GROUP BY User, RemoteHost ORDER BY 3 DESC LIMIT 5000",
    ),
)
"""Where Debian 13 keeps who came in, and the questions."""


def _sessions():
    """``(account, source, moment)`` of what sshd opened at a terminal or otherwise, as databases of logins have it."""
    since = time.time() - _came_in.DAYS * _came_in.DAY
    for path, query in DATABASES:
        for account, address, moment in rows_of(path, query):
            if isinstance(account, str) and isinstance(address, str) and isinstance(moment, int) and moment >= since:
                source = _came_in.plain(address.partition("%")[0])
                if source:
                    yield account, source, moment


def _without_method(seen):
    """Sessions from an address that other records know of and sshd's own log no longer: any account can fill the journal."""
    known = {(way["account"], way["source"]) for way in seen if not way["claimed"]}
    found = {}
    for account, source, moment in (*_terminals(), *_sessions()):
        if (account, source) not in known:
            way = {"account": account, "source": source, "methods": [], "key": "", "certificate": False}
            way = found.setdefault((account, source), {**way, "claimed": False, "last": 0, "count": 0})
            way["last"], way["count"] = max(way["last"], moment), way["count"] + 1
    return list(found.values())
