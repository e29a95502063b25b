"""When users logged in last, by whatever record of it a host keeps."""

import json
import os
import re
import struct
import time

from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.os.area_reader import AS_FAR_AS_IT_CAME

DAY = 86400
SESSION_START = "8d45620c1a4348dbb17410da57c60c66"
LOGGED_IN = (
    r"^(?:Accepted [a-z/-]+ for (%s) from \S+ port \d+ ssh2"
    r"|pam_unix\([a-z-]+:session\): session opened for user (%s)[( ])"
)
_LOGGED_IN = re.compile(LOGGED_IN % (r"(?:[^ (]{1,256})", r"(?:[^ (]{1,256})"))
LOGIN_PROGRAMS = (
    *("/usr/sbin/sshd", "/usr/lib/openssh/sshd-session", "/usr/lib/openssh/sshd-auth"),
    *("/usr/bin/login", "/bin/login", "/usr/bin/su", "/bin/su", "/usr/bin/sudo"),
)
MAX_LOG = 4_000_000
UTMP = struct.Struct("<h2xi32s4s32s256shhiii16s20s")
LASTLOG = struct.Struct("<i32s256s")


def find_last_logins_of_users(reader, users):
    """Return ``(account to epoch second of its last login, first second that the records reach back to)``."""
    login_times, since = {}, []

    def note(name, moment):
        if 0 < moment < 2**40:
            login_times[name] = max(login_times.get(name, 0), moment)
            since.append(moment)

    for path in ("/var/log/wtmp.1", "/var/log/wtmp"):
        for kind, name, moment in parse_wtmp_records(read_wtmp_tail(path)):
            if kind == 7:
                note(name, moment)
            else:
                since.append(moment)
    for name, moment in _list_logins_from_lastlog(users):
        note(name, moment)
    for path, query in DATABASES:
        for name, moment in _list_logins_from_database(path, query):
            note(name, moment)
    border = time.time() - 45 * DAY
    idle = [
        user["name"]
        for user in users
        if user["human"]
        and user["can_log_in"]
        and max(login_times.get(user["name"], 0), user["password_changed"]) < border
    ]
    if idle:
        for name, moment in _list_logins_from_journal(reader, idle):
            note(name, moment)
    return login_times, min(since) if since else 0


DATABASES = (
    ("/var/lib/lastlog/lastlog2.db", "SELECT Name, Time FROM Lastlog2 LIMIT 5000"),
    ("/var/lib/wtmpdb/wtmp.db", "SELECT User, MAX(Login) / 1000000 FROM wtmp WHERE Type = 3 GROUP BY User LIMIT 5000"),
)


def parse_wtmp_records(raw):
    """Return ``(kind, user, epoch second)`` of each whole record of a wtmp file."""
    return [(kind, user, moment) for kind, _, user, _, moment in parse_wtmp_records_with_source(raw)]


def parse_wtmp_records_with_source(raw):
    """Return ``(kind, line, user, from where, epoch second)`` of each whole record of a wtmp file."""
    usable = len(raw) - len(raw) % UTMP.size
    return [
        (f[0], _decode_null_ended_text(f[2]), _decode_null_ended_text(f[4]), _decode_null_ended_text(f[5]), f[9])
        for f in UTMP.iter_unpack(raw[:usable])
        if f[9] > 0
    ]


def read_wtmp_tail(path):
    try:
        with open(safe_open.open_path(path, links=safe_open.ROOTS_LINKS), "rb") as handle:
            size = handle.seek(0, os.SEEK_END)
            handle.seek(max(0, size - MAX_LOG // UTMP.size * UTMP.size))
            return handle.read(MAX_LOG)
    except OSError:
        return b""


def _list_logins_from_lastlog(users):
    if not os.path.isfile("/var/log/lastlog"):
        return []
    logins = []
    with open(safe_open.open_path("/var/log/lastlog", links=safe_open.ROOTS_LINKS), "rb") as handle:
        for user in users:
            if not 0 <= user["uid"] < 2**31:
                continue
            handle.seek(user["uid"] * LASTLOG.size)
            raw = handle.read(LASTLOG.size)
            if len(raw) == LASTLOG.size:
                logins.append((user["name"], LASTLOG.unpack(raw)[0]))
    return logins


def _list_logins_from_database(path, query):
    rows = query_login_database(path, query)
    return [(name, moment) for name, moment in rows if isinstance(name, str) and isinstance(moment, int)]


def query_login_database(path, query):
    """Return what a database of logins answers; nothing where it is not there, or is another."""
    if not os.path.isfile(path):
        return []
    try:
        import sqlite3  # noqa: PLC0415  a Python may be without it

        connection = sqlite3.connect("file:%s?mode=ro" % path, uri=True, timeout=0.2)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()
    except Exception:
        return []


def _list_logins_from_journal(reader, names):
    """Return logins in the journal of accounts that no other record knows: logind's own messages, else sshd's.

    Anybody can write to the journal under any name. Only fields that journald sets itself say who wrote an entry.
    """
    if not reader.find_program("journalctl"):
        return []
    shape = ["journalctl", "-q", "--no-pager", "--since=-46d", "-r", "-n", "20000", "-o", "json"]
    shape += ["--output-fields=_UID,USER_ID,MESSAGE", "_UID=0"]

    def ask(*matches):
        # A journal that is too large to be read in time counts as far as it came.
        argv = ["timeout", "3", *shape, *matches]
        return reader.run(argv, ok=None, at_stake=[reader.find_program("journalctl")], output=AS_FAR_AS_IT_CAME)

    sessions = parse_login_journal(ask("_SYSTEMD_UNIT=systemd-logind.service", "MESSAGE_ID=" + SESSION_START), names)
    if sessions:
        return sessions
    name_pattern = "|".join(re.escape(name) for name in names[:50])
    programs = ["_EXE=" + path for path in LOGIN_PROGRAMS]
    return parse_login_journal(
        ask(*programs, "--case-sensitive=true", "--grep", LOGGED_IN % (name_pattern, name_pattern)), names
    )


def parse_login_journal(text, names):
    """Return ``(account, epoch second)`` from journal entries in JSON that root's own programs wrote."""

    logins = []
    for line in text.splitlines():
        try:
            entry = json.loads(line)
            moment = int(entry["__REALTIME_TIMESTAMP"]) // 1_000_000
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if entry.get("_UID") != "0":
            continue
        match = _LOGGED_IN.match(entry["MESSAGE"]) if isinstance(entry.get("MESSAGE"), str) else None
        name = entry.get("USER_ID") or (match and (match.group(1) or match.group(2)))
        if isinstance(name, str) and name in names:
            logins.append((name, moment))
    return logins


def _decode_null_ended_text(raw):
    return raw.split(b"\0", 1)[0].decode("utf-8", "replace")
