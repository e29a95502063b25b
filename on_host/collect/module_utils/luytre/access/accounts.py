"""Local accounts: who can log in, how, since when unused; keys, trust files and the settings for new accounts."""

import contextlib
import itertools
import os
import re
import struct
import time

from ansible.module_utils.luytre.logins import homes, login_records, root_path, sshd
from ansible.module_utils.luytre.logins.banners import read_banner
from ansible.module_utils.luytre.sites import websites
from ansible.module_utils.luytre_shared.files import ownership, safe_open
from ansible.module_utils.luytre_shared.os import account_files
from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact, read_text, read_text_below
from ansible.module_utils.luytre_shared.parsers import key_line

ROOT_EQUAL = ("root", "sudo", "admin", "wheel", "docker", "lxd", "incus", "libvirt", "disk", "shadow", "kmem")
TRUST_FILES = (".rhosts", ".shosts", ".netrc")
TRUST_SYSTEM = ("/etc/hosts.equiv", "/etc/ssh/shosts.equiv")
CURVES = {"nistp256": 256, "nistp384": 384, "nistp521": 521}
MAX_KEYS = 500


def collect_area_facts(reader):
    defs = account_files.parse_login_defs(read_text("/etc/login.defs") or "")
    accounts = account_files.read_passwd_rows()
    shadow = account_files.read_shadow_by_account()
    groups = account_files.read_group_rows()
    keys = list_authorized_keys(reader, accounts, groups)
    with_keys = {key["account"] for key in keys}
    users = [_describe_user_account(account, shadow.get(account["name"]), defs, with_keys) for account in accounts]
    last_logins, since = login_records.find_last_logins_of_users(reader, users)
    for user in users:
        user["last_seen"] = last_logins.get(user["name"], 0)
        user["traces_since"] = since
    return {
        "users": users,
        "duplicates": find_duplicate_names_and_ids(accounts, groups),
        "privileged": find_privileged_accounts(accounts, groups),
        "keys": keys,
        "trust_files": _list_rhosts_trust_files(accounts),
        "login_defs": {
            "encrypt_method": defs.get("ENCRYPT_METHOD", "DES").upper(),
            "sha_rounds": account_files.parse_whole_number(
                defs.get("SHA_CRYPT_MIN_ROUNDS", defs.get("SHA_CRYPT_MAX_ROUNDS")), 0
            ),
            "pass_max_days": account_files.parse_whole_number(defs.get("PASS_MAX_DAYS", "-1"), 0),
            "umask": account_files.parse_whole_number(defs.get("UMASK", "022"), 8),
            "usergroups": defs.get("USERGROUPS_ENAB", "no").lower() == "yes",
        },
        "useradd_inactive": parse_useradd_inactive(read_text("/etc/default/useradd") or ""),
        "profile": parse_timeout_and_umask_of_profiles(list_login_shell_profiles()),
        "banner": read_banner("/etc/issue"),
        "homes": homes.describe_people_homes(accounts, lambda: websites.list_application_search_roots(reader.declared)),
        "open_dot_files": homes.find_dot_files_open_to_others(accounts),
        "scheduling": homes.describe_cron_and_at(reader),
        "root_path": root_path.find_loose_folders_in_root_path(reader.trust),
    }


def parse_useradd_inactive(text):
    """Return days after a password expired until a new account is closed, as useradd reads them; None for never."""
    values = re.findall(r"(?m)^INACTIVE=\s*(-?\d{1,9})", text)
    return int(values[-1]) if values and int(values[-1]) >= 0 else None


def _describe_user_account(account, shadow, defs, with_keys):
    # Only "x" sends PAM on to /etc/shadow; anything else in passwd is itself the password field.
    field = shadow["field"] if account["field"] == "x" and shadow else account["field"]
    state, scheme = account_files.classify_password_field("!" if field == "x" else field)
    low = account_files.parse_whole_number(defs.get("UID_MIN", "1000"), 0) or 1000
    high = account_files.parse_whole_number(defs.get("UID_MAX", "60000"), 0) or 60000
    changed_day = (shadow or {}).get("changed")
    expires = (shadow or {}).get("expires")
    is_expired = expires is not None and 0 <= expires * login_records.DAY < time.time()
    shell = account_files.is_login_shell_usable(account["shell"])
    return {
        "name": account["name"],
        "uid": account["uid"],
        "shell": account["shell"] or "/bin/sh",
        "shell_usable": shell,
        "human": low <= account["uid"] <= high,
        "password": state,
        "shown": account_files.classify_password_field(account["field"])[1] is not None,
        "scheme": scheme,
        "password_changed": changed_day * login_records.DAY if changed_day and 0 < changed_day < 10**6 else 0,
        "can_log_in": shell and not is_expired and (state != "locked" or account["name"] in with_keys),
    }


def find_duplicate_names_and_ids(accounts, groups):
    """Name and numbers that more than one row carries; uid 0 has a control of its own."""
    results = []
    kinds = (
        ("uid", [(a["uid"], a["name"]) for a in accounts if a["uid"] != 0]),
        ("account", [(a["name"], str(a["uid"])) for a in accounts]),
        ("gid", [(g["gid"], g["name"]) for g in groups]),
        ("group", [(g["name"], str(g["gid"])) for g in groups]),
    )
    for kind, pairs in kinds:
        carriers = {}
        for value, carrier in pairs:
            carriers.setdefault(value, []).append(carrier)
        results += [
            {"kind": kind, "value": str(value), "carriers": names}
            for value, names in carriers.items()
            if len(names) > 1
        ]
    return results


def find_privileged_accounts(accounts, groups):
    """Return accounts in a group that is as good as root, by membership or as their primary group."""
    results = []
    for group in groups:
        if group["name"] in ROOT_EQUAL:
            results += [
                {"account": name, "via": "group %s" % group["name"]}
                for name in account_files.list_group_members(group, accounts)
            ]
    return results


def list_authorized_keys(reader, accounts, groups):
    """Return every public key that sshd would accept: fingerprint, type and size; comments stay on the host."""
    patterns = [".ssh/authorized_keys", ".ssh/authorized_keys2"]
    if reader.find_program("sshd"):
        with contextlib.suppress(UnreadableFact):
            patterns = sshd.list_authorized_keys_patterns(reader)
    keys = []
    for account in accounts:
        for pattern in patterns:
            keys += _list_keys_of_account(account, pattern, groups)
    return keys[:MAX_KEYS]


def _list_keys_of_account(account, pattern, groups):
    expansions = {"h": account["home"], "u": account["name"], "U": str(account["uid"]), "%": "%"}
    relative = re.sub("%([huU%])", lambda match: expansions[match.group(1)], pattern)
    root, below = ("/", relative) if relative.startswith("/") else (account["home"], relative)
    path = os.path.join(root, below.lstrip("/"))
    if not root.startswith("/") or not os.path.lexists(path):
        return []
    text = read_text_below(root, below)
    is_strict = _passes_strict_modes(path, root, account, groups)
    if text is None:
        kind = "link" if _has_link_on_path(path, root) else "unreadable"
        no_key = {"type": kind, "bits": 0, "fingerprint": "", "restricted": False, "lends": False, "anywhere": False}
        return [{"account": account["name"], "path": path, "closed": is_strict, **no_key}]
    keys = filter(None, (parse_authorized_keys_line(line) for line in text.split("\n")))
    return [
        {"account": account["name"], "path": path, "closed": is_strict, **key}
        for key in itertools.islice(keys, MAX_KEYS)
    ]


def _passes_strict_modes(path, root, account, groups):
    """Return whether sshd takes the file under StrictModes.

    It and its folders, up to ``root``, are the account's or root's.

    Nobody else may write them, but for a group that is the account's own with nobody else in it.
    """
    strictness = ownership.make_strictness_of_files_of_account(
        account["uid"], None if _is_primary_group_shared(account, groups) else account["gid"]
    )
    while True:
        try:
            status = os.stat(path)
        except OSError:
            return False
        if ownership.find_untrusted_changer_of_file(status, strictness):
            return False
        if path == root or path == "/":
            return True
        path = os.path.dirname(path)


def _is_primary_group_shared(account, groups):
    return any(group["gid"] == account["gid"] and set(group["members"]) - {account["name"]} for group in groups)


def _has_link_on_path(path, root):
    while len(path) > len(root):
        if os.path.islink(path):
            return True
        path = os.path.dirname(path)
    return False


def parse_authorized_keys_line(line):
    """Return what an authorized_keys line says, or None when it holds no key.

    It is ``{type, bits, fingerprint, restricted, lends, anywhere}``.
    """
    entry = key_line.parse_authorized_keys_line(line.encode("utf-8", "surrogateescape"))
    if entry is None:
        return None
    kind = entry.kind.decode("ascii")
    return {
        "type": kind[:60],
        "bits": compute_public_key_bits(kind, entry.blob),
        "fingerprint": key_line.compute_ssh_key_fingerprint(entry.blob),
        **parse_key_restrictions(entry.options.decode("utf-8", "replace")),
    }


def get_options_before_key(line):
    """Return what stands before the key of such a line."""
    entry = key_line.parse_authorized_keys_line(line.encode("utf-8", "surrogateescape"))
    return "" if entry is None else entry.options.decode("utf-8", "replace")


def parse_key_restrictions(text):
    """Return ``{restricted, lends, anywhere}``: what the options before a key take from who comes in by it."""
    options = [option.lower() for option in re.findall(r'((?:[^\s,"]|"(?:[^"\\]|\\.)*")+)', text)]
    names = [option.partition("=")[0] for option in options]
    on = set()
    for name in names:
        if name == "restrict":
            on = {"restrict"}
        elif name.startswith("no-"):
            on.discard(name[3:])
        else:
            on.add(name)
    forwards = {"agent-forwarding", "x11-forwarding"} & on
    opens = "port-forwarding" in on and "permitopen" not in names
    return {
        "restricted": bool({"cert-authority", "command"} & on) or ("restrict" in on and "pty" not in on),
        "lends": "restrict" not in on or bool(forwards) or opens,
        "anywhere": "from" not in names,
    }


def compute_public_key_bits(key_type, blob):
    """Return size of a public key in bits; 0 when the blob does not tell."""
    if "ed25519" in key_type:
        return 256
    for curve, bits in CURVES.items():
        if curve in key_type:
            return bits
    fields = []
    while len(blob) >= 4 and len(fields) < 4:
        length = struct.unpack(">I", blob[:4])[0]
        fields.append(blob[4 : 4 + length])
        blob = blob[4 + length :]
    which = {"ssh-rsa": 2, "ssh-dss": 1}.get(key_type)
    if which is None or len(fields) <= which:
        return 0
    return int.from_bytes(fields[which], "big").bit_length()


def _list_rhosts_trust_files(accounts):
    files = [{"account": "", "path": path} for path in TRUST_SYSTEM if os.path.lexists(path)]
    for account in accounts:
        home = account["home"]
        if not home.startswith("/") or home.rstrip("/") == "":
            continue
        for name in TRUST_FILES:
            try:
                os.close(safe_open.open_below(home, name, safe_open.ANYTHING))
            except OSError:
                continue
            files.append({"account": account["name"], "path": os.path.join(home, name)})
    return files[:200]


# --- when an account was last used ---------------------------------------------------------------------


# --- what a login shell sets -----------------------------------------------------------------------------


def list_login_shell_profiles():
    """Return ``(path, text)`` of the files that a login shell reads, in its order."""
    folder = "/etc/profile.d"
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    readable = [name for name in names if re.match(r"^[a-zA-Z0-9_][a-zA-Z0-9._-]*\.sh$", name)]
    paths = ["/etc/bash.bashrc", "/etc/profile"] + [os.path.join(folder, name) for name in readable]
    texts = ((path, read_text(path)) for path in paths)
    return [(path, text) for path, text in texts if text is not None]


def parse_timeout_and_umask_of_profiles(profile_texts):
    """Return ``{timeout, timeout_readonly, timeout_file, timeout_lines, umask, umask_file}`` that those files come to.

    A read-only TMOUT stays; otherwise the last one counts. 0 is no timeout, None no umask of its own.
    """
    timeout, is_readonly, timeout_file, timeout_paths = 0, False, "", []
    umask, umask_file = None, ""
    for path, text in profile_texts:
        for line in text.splitlines():
            code = line.strip()
            if code.startswith("#"):
                continue
            values = re.findall(r"\bTMOUT=[\"']?(\d{1,9})", code)
            makes_fixed = bool(re.search(r"\b(readonly|(declare|typeset)\s+-\w*r\w*)\b[^;&|]*\bTMOUT\b", code))
            unset = bool(re.search(r"\bunset\b[^;&|]*\bTMOUT\b", code))
            if (values or makes_fixed or unset) and not code.startswith(":"):
                timeout_paths.append(path)
                if not is_readonly:
                    timeout = int(values[-1]) if values else (0 if unset else timeout)
                    timeout_file = path
                    is_readonly = makes_fixed
            for value in re.findall(r"(?:^|[;&|{)]|\bthen|\belse|\bdo)\s*umask\s+([0-7]{1,4})\b", code):
                umask, umask_file = int(value, 8), path
    return {
        "timeout": timeout,
        "timeout_readonly": is_readonly,
        "timeout_file": timeout_file,
        "timeout_files": sorted(set(timeout_paths)),
        "umask": umask,
        "umask_file": umask_file,
    }
