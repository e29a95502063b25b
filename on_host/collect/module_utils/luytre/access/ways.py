"""Ways in over SSH: who came in of late and how, what goes on through sshd, and what it offers to whom, asked of
itself.
"""

import ipaddress
import re
import time

from ansible.module_utils.luytre.access import pam
from ansible.module_utils.luytre.logins import sshd
from ansible.module_utils.luytre.logins.login_records import (
    parse_wtmp_records_with_source,
    query_login_database,
    read_wtmp_tail,
)
from ansible.module_utils.luytre.os import login_history, ssh_forwards
from ansible.module_utils.luytre.os.ssh_session import get_current_ssh_session
from ansible.module_utils.luytre.system import firewall, services
from ansible.module_utils.luytre_shared.os import account_files
from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact, read_text

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


def collect_area_facts(reader):
    if reader.find_program("sshd") is None:
        return {
            **{"installed": False, "recorded": True, "since": 0, "cut": False, "own": None, "ports": [], "unasked": 0},
            **{"seen": [], "forwarded": [], "accounts": [], "second_factors": [], "offers": []},
        }
    here = get_current_ssh_session()
    records, since, cut = login_history.read_sshd_log_entries(reader, here["user"] if here else None)
    logins, by_connection = login_history.summarize_login_paths(records)
    own = _find_own_way(by_connection, here) if here else None
    logins += _find_sessions_missing_in_sshd_log(logins)
    rows = {row["name"]: row for row in account_files.read_passwd_rows()}
    ports = firewall.list_ssh_ports(reader, services.list_listeners_as_facts(reader))
    names = {row["uid"]: row["name"] for row in reversed(list(rows.values()))}
    live, sessions = ssh_forwards.collect_ssh_forwards(ports, lambda uid: names.get(uid, str(uid)))
    forwards = login_history.find_connections_without_session(records) + live
    forwards += _list_doubtful_forwards(records, sessions, here, forwards)
    strangers = [way["account"] for way in [*logins, *forwards] if way["account"] not in rows]
    there = {*rows, *_list_accounts_of_name_service_only(reader, strangers)}
    logins, more = login_history.limit_login_paths_per_account([way for way in logins if way["account"] in there])
    forwards = [way for way in forwards if way["account"] in there]
    admins = [name for name in list_accounts_named_by_inventory(reader, here) if name in there]
    queries = build_questions_for_sshd(here, admins, [*logins, *forwards], ports, list(sshd.iter_sshd_settings()))
    offers, omission_count = sshd.list_sshd_offers_by_connection(
        reader, queries[:MAX_QUESTIONS], here["local"] if here else None
    )
    return {
        "installed": True,
        "recorded": here is None or _are_logins_recorded(by_connection, cut, since),
        "since": since,
        "cut": cut or more,
        "own": own,
        "ports": ports,
        "seen": logins,
        "forwarded": forwards,
        "accounts": describe_groups_of_accounts(rows, {*admins, *(way["account"] for way in [*logins, *forwards])}),
        "second_factors": sorted({module for _, module, _ in pam.read_pam_stack("sshd", "auth")} & set(SECOND_FACTORS)),
        "offers": offers,
        "unasked": omission_count + len(queries[MAX_QUESTIONS:]),
    }


def _find_own_way(by_connection, here):
    """Return the way by which this reading came in, as the log tells it."""
    # The log says of a link-local address on which link it lies.
    plainly = {(account, source.partition("%")[0], port): way for (account, source, port), way in by_connection.items()}
    return plainly.get((here["user"], here["source"], here["from_port"]))


def _list_doubtful_forwards(records, sessions, here, forwards):
    """Return connections of which nothing tells what they were for, but for those among ``forwards`` and our own."""
    forward_keys = {(forward["account"], forward["source"]) for forward in forwards}
    doubtful = login_history.find_unrecorded_connections(
        records, _iter_terminal_sessions_in_wtmp(), sessions, int(time.time())
    )
    return [
        forward
        for forward in doubtful
        if (forward["account"], forward["source"]) not in forward_keys
        and not _is_connection_of_this_program(forward, here, records)
    ]


def _are_logins_recorded(by_connection, cut, since):
    """Return whether records tell who comes in from week to week."""
    is_shorter = cut and since > time.time() - login_history.ENOUGH_DAYS * login_history.DAY
    return bool(by_connection) and not is_shorter


def list_accounts_named_by_inventory(reader, current_session):
    """Return the accounts that the inventory names: people who administer the host, and what this reading
    came in by.
    """
    ours = [reader.declared.get("automation_user"), current_session["user"] if current_session else None]
    names = [*(reader.declared.get("admins") or []), *ours]
    return list(dict.fromkeys(name for name in names if isinstance(name, str) and name))


def build_questions_for_sshd(current_session, admins, ways, ports, match_lines):
    """Return ``[{account, source, port}]``: whom sshd is asked about.

    Who is declared may come from anywhere that a rule names.
    """
    places = [
        *([current_session["source"]] if current_session else []),
        ELSEWHERE[0],
        *_pick_addresses_in_match_networks(match_lines),
    ]
    pairs = [(current_session["user"], current_session["source"])] if current_session else []
    pairs += [(name, place) for name in admins for place in places]
    pairs += [(way["account"], way["source"]) for way in ways]
    return [
        {"account": account, "source": source, "port": port}
        for account, source in dict.fromkeys(pairs)
        for port in ports
        if re.match(NAME, account) and source
    ]


def _pick_addresses_in_match_networks(lines):
    """Return an address for each of the networks that a Match block is about."""
    places = []
    for criteria in dict.fromkeys(line[2] for line in lines if line[2]):
        words = criteria.replace("=", " ").split()
        for keyword, value in zip(words, words[1:]):  # noqa: RUF007  younger than Python 3.9
            if keyword.lower() in ("address", "host"):
                places += [place for place in map(_pick_address_matching_pattern, value.strip('"').split(",")) if place]
    return list(dict.fromkeys(places))[:MAX_PLACES]


def _pick_address_matching_pattern(pattern):
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


def describe_groups_of_accounts(rows, names):
    """Return ``[{name, groups}]``; None where the groups stand in none of the host's own files."""
    groups = account_files.read_group_rows()
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


def _list_accounts_of_name_service_only(reader, names):
    """Return those of the accounts in no file of the host that its name service knows.

    All of them when it does not say.
    """
    names = [name for name in dict.fromkeys(names) if re.match(NAME, name)][:MAX_ACCOUNTS]
    if not names:
        return []
    try:
        text = reader.make_part_reader(2).run(["getent", "passwd", *names], ok=None, at_stake=["/etc/nsswitch.conf"])
    except UnreadableFact:
        return names
    return [line.split(":", 1)[0] for line in text.splitlines()]


def _is_connection_of_this_program(forward, current_session, records):
    """Return whether a connection was this program's.

    Our account's from where we are, or the enrolment's before that was made.
    """
    if current_session is None or forward["source"].partition("%")[0] != current_session["source"].partition("%")[0]:
        return False
    first = login_history.find_first_login_from_address(records, current_session["user"], current_session["source"])
    return forward["account"] == current_session["user"] or (first is not None and forward["last"] <= first)


def _iter_terminal_sessions_in_wtmp():
    """Yield ``(account, source, moment)`` of sessions at a terminal from an address, as wtmp has them."""
    since = time.time() - login_history.DAYS * login_history.DAY
    for path in ("/var/log/wtmp.1", "/var/log/wtmp"):
        for kind, line, account, address, moment in parse_wtmp_records_with_source(read_wtmp_tail(path)):
            source = login_history.normalize_address(address.partition("%")[0])
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


def _iter_sessions_opened_by_sshd():
    """Yield ``(account, source, moment)`` of what sshd opened at a terminal or otherwise.

    Databases of logins have it.
    """
    since = time.time() - login_history.DAYS * login_history.DAY
    for path, query in DATABASES:
        for account, address, moment in query_login_database(path, query):
            if isinstance(account, str) and isinstance(address, str) and isinstance(moment, int) and moment >= since:
                source = login_history.normalize_address(address.partition("%")[0])
                if source:
                    yield account, source, moment


def _find_sessions_missing_in_sshd_log(logins):
    """Return sessions from an address that other records know of and sshd's own log no longer.

    Any account can fill the journal.
    """
    known_logins = {(way["account"], way["source"]) for way in logins if not way["claimed"]}
    paths_by_key = {}
    for account, source, moment in (*_iter_terminal_sessions_in_wtmp(), *_iter_sessions_opened_by_sshd()):
        if (account, source) not in known_logins:
            way = {"account": account, "source": source, "methods": [], "key": "", "certificate": False}
            way = paths_by_key.setdefault((account, source), {**way, "claimed": False, "last": 0, "count": 0})
            way["last"], way["count"] = max(way["last"], moment), way["count"] + 1
    return list(paths_by_key.values())
