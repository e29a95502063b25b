"""Who came in over SSH of late, by what sshd itself wrote: account, address, the methods that opened the session.

Visitors choose much of what stands in a log. Of the journal only fields that journald sets itself say who wrote an
entry; what stands in the files of a log daemon anybody could have written: it is *claimed*, and only adds ways in, so
that a change may be held for nothing and nobody is locked out for it.
"""

import calendar
import concurrent.futures
import gzip
import ipaddress
import os
import re
import stat
import time
import zlib

from ansible.module_utils.luytre_shared.files import ownership, safe_open
from ansible.module_utils.luytre_shared.os.area_reader import ProgramOutput

DAYS = 90
DAY = 86400
PROGRAMS = ("/usr/sbin/sshd", "/usr/lib/openssh/sshd-session", "/usr/lib/openssh/sshd-auth")
FILES = tuple(
    "/var/log/%s%s" % (name, end) for name in ("auth.log", "secure") for end in ("", ".1", ".2.gz", ".3.gz", ".4.gz")
)
MAX_ENTRIES = 40000
MAX_OURS = 400
MAX_SESSIONS = 10000
MAX_TEXT = 12_000_000
MAX_SEEN = 300
PER_ACCOUNT = 30
SECONDS = 4
TERMINAL_SECONDS = 30
"""How long after it was let in somebody may get a terminal."""
ENOUGH_DAYS = 15
"""How far back records must reach of which there are too many to be read: who comes in every week came in twice."""
MESSAGE_STARTS = ("Accepted ", "Partial ", "Starting session: ", "subsystem request for ", "Disconnected from user ")
LOGIN_PATTERN = "^(Accepted|Partial) [a-z/-]+ for %s"
SESSIONS = "^Starting session: |^subsystem request for |^Disconnected from user "
"""What is asked of the journal, in the words of grep."""
_ENTRY = re.compile(r"(\d{1,12})\.\d{1,9} [^ ]{1,255} [^ \[]{1,64}\[(\d{1,10})\]: ([^\n]{1,2000})")
_LOGIN = re.compile(
    r"(Accepted|Partial) ([a-z-]{1,40})(?:/[a-z-]{1,20})? for ([^ ]{1,256}) from ([0-9a-fA-F:.]{2,45})(%[^ ]{1,15})? "
    r"port (\d{1,5}) ssh2(?:: ([A-Za-z0-9-]{1,40}) (SHA256:[A-Za-z0-9+/]{43}))?"
)
_SESSION_START = re.compile(r"Starting session: [^\n]{1,200}? for ([^ ]{1,256}) from [^ ]{1,64} port (\d{1,5}) ")
_SUBSYSTEM = re.compile(r"subsystem request for [^ ]{1,64} by user ")
_DISCONNECT = re.compile(r"Disconnected from user ([^ ]{1,256}) [^ ]{1,64} port (\d{1,5})$")
_LINE = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^ ]{0,20}|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) [^ ]{1,255} sshd(?:-session"
    r"|-auth)?\[(\d{1,10})\]: ([^\n]{1,2000})"
)


def read_sshd_log_entries(reader, own_account=None):
    """Return entries, the first second that they reach back to, and whether some were left out.

    Entries are ``[{moment, pid, said}]`` from old to new.

    ``own_account``: the account, None for none, by which we come in so often that it would leave no room for others;
    of it the latest entries are enough.
    """
    since = time.time() - DAYS * DAY
    records, cut = _read_sshd_journal(reader, own_account)
    file_records, more = _read_sshd_log_files(since)
    journal_keys = {(entry["moment"], entry["pid"], entry["said"]) for entry in records}
    records += [
        {**entry, "claimed": True}
        for entry in file_records
        if (entry["moment"], entry["pid"], entry["said"]) not in journal_keys
    ]
    records = sorted((entry for entry in records if entry["moment"] >= since), key=lambda entry: entry["moment"])
    login_moments = (entry["moment"] for entry in records if not entry.get("claimed") and _LOGIN.match(entry["said"]))
    return records, next(login_moments, 0), cut or more


def _read_sshd_journal(reader, ours):
    program = reader.find_program("journalctl")
    if program is None:
        return [], False
    shape = [program, "-q", "--no-pager", "--since=-%dd" % DAYS, "-r", "-o", "short-unix", "--case-sensitive=true"]
    shape += ["_EXE=" + path for path in PROGRAMS]

    taken = ProgramOutput(limit=MAX_TEXT, is_taken_in_part=True)

    def ask(most, words, *matches):
        started_at = time.monotonic()
        argv = ["timeout", str(SECONDS), *shape, *matches, "-n", str(most), "--grep", words]
        text = reader.run(argv, ok=None, at_stake=[program], output=taken)
        records = parse_sshd_journal(text)
        return records, len(records) >= most or len(text) >= MAX_TEXT or time.monotonic() - started_at >= SECONDS

    others = "(?!%s )" % re.escape(ours) if ours else ""
    questions = [
        # Only fields that journald sets itself say who wrote an entry: sessions' processes write for their users.
        (MAX_ENTRIES, LOGIN_PATTERN % others, "_UID=0"),
        (MAX_OURS, LOGIN_PATTERN % (re.escape(ours or "root") + " "), "_UID=0"),
        (MAX_SESSIONS, SESSIONS),
    ]
    with concurrent.futures.ThreadPoolExecutor(len(questions)) as pool:
        answers = list(pool.map(lambda question: ask(*question), questions))
    # From old to new, also within a second.
    return [entry for batch, _ in answers for entry in reversed(batch)], answers[0][1]


def parse_sshd_journal(text):
    """Return entries of sshd as journalctl prints them."""
    matches = (_ENTRY.match(line) for line in text.splitlines())
    return [
        {"moment": int(match.group(1)), "pid": int(match.group(2)), "said": match.group(3)}
        for match in matches
        if match
    ]


def _read_sshd_log_files(since):
    records, cut = [], False
    for path in FILES:
        text, more = _read_end_of_log_file(path, since)
        records += parse_sshd_log_lines(text, time.time())
        cut = cut or more
    return records[-MAX_ENTRIES:], cut or len(records) > MAX_ENTRIES


def _read_end_of_log_file(path, since):
    """Return the end of a log file that nobody else may write, unpacked, and whether its beginning was left out."""
    try:
        with open(safe_open.open_below(os.path.dirname(path), os.path.basename(path)), "rb") as handle:
            status = os.fstat(handle.fileno())
            if (
                not stat.S_ISREG(status.st_mode)
                or ownership.find_untrusted_changer_of_file(status, ownership.ANYBODY)
                or status.st_mtime < since
            ):
                return "", False
            if path.endswith(".gz"):
                with gzip.open(handle) as stream:
                    raw = stream.read(MAX_TEXT // 2)
                return raw.decode("utf-8", "replace"), len(raw) == MAX_TEXT // 2
            begin = max(0, status.st_size - MAX_TEXT // 2)
            handle.seek(begin)
            return handle.read(MAX_TEXT // 2).decode("utf-8", "replace"), begin > 0
    except (OSError, EOFError, zlib.error):
        return "", False


def parse_sshd_log_lines(text, now):
    """Return entries of sshd in a log daemon's lines, of the old form or with whole times."""
    records = []
    for line in text.splitlines():
        if "sshd" not in line or not any(word in line for word in MESSAGE_STARTS):
            continue
        match = _LINE.match(line)
        moment = _parse_log_time(match.group(1), now) if match else None
        if moment is not None:
            records.append({"moment": moment, "pid": int(match.group(2)), "said": match.group(3)})
    return records


def _parse_log_time(text, now):
    """Return epoch second of a line's time; one without a year is the last that has been."""
    try:
        if text[0].isdigit():
            moment = calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))
            zone = re.search(r"([+-])(\d\d):?(\d\d)$", text[19:])
            if zone:
                moment -= int(zone.group(1) + "1") * (int(zone.group(2)) * 3600 + int(zone.group(3)) * 60)
            return moment
        year = time.localtime(now).tm_year
        for candidate in (year, year - 1):
            moment = int(time.mktime(time.strptime("%d %s" % (candidate, text), "%Y %b %d %H:%M:%S")))
            if moment <= now + DAY:
                return moment
    except (ValueError, OverflowError):
        pass
    return None


def summarize_login_paths(records):
    """Return ``[{account, source, methods, key, certificate, claimed, last, count}]``, the latest first.

    By connection, if not claimed.

    ``methods`` in the order in which they opened the session. sshd tells the ones before the last at some log levels
    only.
    """
    partial, ways_in, by_connection = {}, {}, {}
    for entry in records:
        match = _LOGIN.match(entry["said"])
        if not match:
            continue
        kind, method, account, address, zone, port, algorithm, key = match.groups()
        source = normalize_address(address)
        if source is None:
            continue
        connection, is_claimed = (account, source + (zone or ""), int(port)), bool(entry.get("claimed"))
        if kind == "Partial":
            partial.setdefault((connection, is_claimed), []).append((method, key or ""))
            continue
        steps = [*partial.pop((connection, is_claimed), [])[-5:], (method, key or "")]
        certificate = bool(algorithm and "-CERT" in algorithm)
        methods = [step[0] for step in steps]
        key = next((step[1] for step in steps if step[0] == "publickey" and step[1]), "")
        way = ways_in.setdefault(
            (connection[:2], tuple(methods), "" if certificate else key, is_claimed),
            {
                "account": account,
                "source": connection[1],
                "methods": methods,
                "key": "" if certificate else key,
                "certificate": certificate,
                "claimed": is_claimed,
                "last": 0,
                "count": 0,
            },
        )
        way["last"], way["count"] = max(way["last"], entry["moment"]), way["count"] + 1
        if not is_claimed:
            by_connection[connection] = way
    return sorted(ways_in.values(), key=lambda way: -way["last"]), by_connection


def limit_login_paths_per_account(login_paths):
    """Return the latest ways in, a few an account, so that nobody's crowd others out; and whether some were left out.

    What is only claimed comes last: whoever can write to a log could crowd out everybody else.
    """
    latest_paths, of_account = [], {}
    for way in sorted(login_paths, key=lambda way: way["claimed"]):
        of_account[way["account"]] = of_account.get(way["account"], 0) + 1
        if of_account[way["account"]] <= PER_ACCOUNT and len(latest_paths) < MAX_SEEN:
            latest_paths.append(way)
    return latest_paths, len(latest_paths) < len(login_paths)


def find_connections_without_session(records):
    """Return ``[{account, source, to, live, last}]`` of connections that ended without a session.

    They carried something else.

    sshd tells what a session was opened for at level VERBOSE only; before the first such line nothing is concluded, nor
    after the last: the level may have been lowered since, and this very reading is such a session.
    """
    owners, session_keys, first, last, tunnels_by_owner = {}, set(), None, None, {}
    for entry in (entry for entry in records if not entry.get("claimed")):
        match, session_start, disconnect = (
            pattern.match(entry["said"]) for pattern in (_LOGIN, _SESSION_START, _DISCONNECT)
        )
        if match and match.group(1) == "Accepted" and first is not None and normalize_address(match.group(4)):
            owners[match.group(3), int(match.group(6))] = (
                match.group(3),
                normalize_address(match.group(4)) + (match.group(5) or ""),
            )
        elif session_start:
            first, last = first or entry["moment"], entry["moment"]
            session_keys.add((session_start.group(1), int(session_start.group(2))))
        elif disconnect:
            connection = (disconnect.group(1), int(disconnect.group(2)))
            owner = owners.pop(connection, None)
            if owner is not None and connection not in session_keys:
                tunnels_by_owner[owner] = {
                    "account": owner[0],
                    "source": owner[1],
                    "to": "",
                    "live": False,
                    "recorded": True,
                    "last": entry["moment"],
                }
            session_keys.discard(connection)
    return [tunnel for tunnel in tunnels_by_owner.values() if last is not None and tunnel["last"] <= last][-MAX_SEEN:]


def find_first_login_from_address(records, account, source):
    """Return when an account first came in from an address, or None."""
    for entry in records:
        match = _LOGIN.match(entry["said"])
        if match and match.group(3) == account and normalize_address(match.group(4)) == source.partition("%")[0]:
            return entry["moment"]
    return None


def find_unrecorded_connections(records, terminals, sessions, now):
    """Return connections of which nothing tells whether a session was opened in them or something went on through sshd.

    As ``find_connections_without_session`` gives them, with ``recorded`` false; what that tells of is left out.
    ``terminals``: ``(account, source, moment)`` of sessions at one; ``sessions``: ends of connections in which one is
    open. Once all was told for as long as who comes in every week came in twice, what was before is not asked for.
    """
    began = [entry["moment"] for entry in records if not entry.get("claimed") and _SESSION_START.match(entry["said"])]
    if began and began[0] <= now - ENOUGH_DAYS * DAY and began[-1] >= now - DAY:
        return []
    at_terminals = {}
    for account, source, moment in terminals:
        at_terminals.setdefault((account, source.partition("%")[0]), []).append(moment)
    latest = {}
    for end, login in _list_logins_with_their_ends(records):
        moment, who = login["last"], (login["account"], login["source"])
        is_explained = bool(began) and began[0] <= moment <= began[-1]
        is_explained = is_explained or login["to"] is None or end in sessions or moment > now - SECONDS
        at = at_terminals.get((who[0], who[1].partition("%")[0]), ())
        if not is_explained and not any(0 <= since - moment <= TERMINAL_SECONDS for since in at):
            latest[who] = login
    return list(latest.values())[-MAX_SEEN:]


def _list_logins_with_their_ends(records):
    """Return ``((address, port), login)`` of each login; its ``to`` is None where a session is known of.

    Records that others could have written count for nothing.
    """
    logins, subsystems, open_now = [], set(), {}
    for entry in (entry for entry in records if not entry.get("claimed")):
        match, session_start, disconnect = (
            pattern.match(entry["said"]) for pattern in (_LOGIN, _SESSION_START, _DISCONNECT)
        )
        if session_start:
            open_now.pop((session_start.group(1), int(session_start.group(2))), {})["to"] = None
        elif _SUBSYSTEM.match(entry["said"]):
            subsystems.add(entry["pid"])
        elif match and match.group(1) == "Accepted" and normalize_address(match.group(4)):
            address, port = normalize_address(match.group(4)), int(match.group(6))
            login = {"account": match.group(3), "source": address + (match.group(5) or ""), "to": "", "live": False}
            login = dict(login, recorded=False, last=entry["moment"])
            open_now[match.group(3), port] = login
            logins.append(((address, port), login))
        elif disconnect and entry["pid"] in subsystems:
            open_now.pop((disconnect.group(1), int(disconnect.group(2))), {})["to"] = None
    return logins


def normalize_address(address):
    """Return an address as the host's rules see it, IPv4 also where IPv6 carries it; None for anything else."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None
    ipv4 = getattr(ip, "ipv4_mapped", None)
    return str(ipv4 or ip)
