"""The local account files as they are: passwd, shadow, group. Hashes become their scheme and state at once."""

import re

from ansible.module_utils.luytre_shared.os.area_reader import read_text

MAX_ACCOUNTS = 5000
NO_LOGIN = ("nologin", "false", "true", "sync", "shutdown", "halt")
SCHEMES = (
    ("$y$", "yescrypt"),
    ("$7$", "scrypt"),
    ("$gy$", "gost-yescrypt"),
    ("$6$", "sha512"),
    ("$5$", "sha256"),
    ("$2", "bcrypt"),
    ("$1$", "md5"),
    ("$sha1", "sha1"),
    ("$md5", "sunmd5"),
    ("$3$", "nthash"),
    ("_", "bsdi"),
)


def parse_login_defs(text):
    """Return keyword to text of ``/etc/login.defs``; as for shadow's own reader the last line counts."""
    settings = {}
    for line in text.splitlines():
        parts = line.split("#", 1)[0].split(None, 1)
        if len(parts) == 2:
            settings[parts[0]] = parts[1].strip().strip('"')
    return settings


def parse_whole_number(text, base=10):
    """Return a whole number, or None."""
    try:
        return int(text, base)
    except (TypeError, ValueError):
        return None


def classify_password_field(field):
    """Return ``(state, scheme)`` of a password field: ``empty``, ``locked`` or ``usable``, and how it is hashed."""
    if field == "":
        return "empty", None
    if field[0] in "!*":
        inner = field.lstrip("!*")
        return "locked", get_password_hash_scheme(inner) if len(inner) > 12 else None
    kind = get_password_hash_scheme(field)
    return ("usable", kind) if kind else ("locked", None)


def get_password_hash_scheme(password_hash):
    """Return the name of a hash's scheme; None when no password can match the field."""
    for mark, name in SCHEMES:
        if password_hash.startswith(mark):
            return name
    return "des" if re.match(r"^[./0-9A-Za-z]{13}$", password_hash) else None


def read_passwd_rows():
    """Return rows of ``/etc/passwd`` as dicts, in the file's order, doubles included."""
    rows = []
    for line in _read_account_file_lines("/etc/passwd"):
        fields = line.split(":")
        if len(fields) >= 7 and parse_whole_number(fields[2]) is not None and parse_whole_number(fields[3]) is not None:
            rows.append(
                {
                    "name": fields[0],
                    "field": fields[1],
                    "uid": int(fields[2]),
                    "gid": int(fields[3]),
                    "home": fields[5],
                    "shell": fields[6],
                }
            )
    return rows


def read_shadow_by_account():
    """Name to ``{field, changed, maximum, expires}``; days since 1970, None when not set."""
    rows = {}
    for line in _read_account_file_lines("/etc/shadow"):
        fields = (line.split(":") + [""] * 9)[:9]
        rows.setdefault(
            fields[0],
            {
                "field": fields[1],
                "changed": parse_whole_number(fields[2]),
                "maximum": parse_whole_number(fields[4]),
                "expires": parse_whole_number(fields[7]),
            },
        )
    return rows


def read_group_rows():
    """Return rows of ``/etc/group`` as dicts, in the file's order, doubles included."""
    rows = []
    for line in _read_account_file_lines("/etc/group"):
        fields = line.split(":")
        if len(fields) >= 4 and parse_whole_number(fields[2]) is not None:
            members = [member for member in fields[3].split(",") if member]
            rows.append({"name": fields[0], "gid": int(fields[2]), "members": members})
    return rows


def list_group_members(group, accounts):
    """Name of a group's members, those by primary group included."""
    primary = [account["name"] for account in accounts if account["gid"] == group["gid"]]
    return sorted(set(group["members"]) | set(primary))


def is_login_shell_usable(shell):
    """Return whether a shell lets its account work; an empty field means /bin/sh."""
    return shell.rsplit("/", 1)[-1] not in NO_LOGIN


def _read_account_file_lines(path):
    text = read_text(path) or ""
    return [line for line in text.splitlines() if line and line[0] not in "#+-"][:MAX_ACCOUNTS]
