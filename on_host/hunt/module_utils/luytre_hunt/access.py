"""What lets somebody in: accounts, public keys, what sshd, sudo and PAM are told.

No password, and no hash of one, leaves the host.
"""

import collections
import glob
import os
import re

from ansible.module_utils.luytre.access import accounts
from ansible.module_utils.luytre.daemons import command_lines
from ansible.module_utils.luytre.logins import sshd
from ansible.module_utils.luytre_hunt.places import CHANGED, FOREIGN, MAX_LINES, OURS, Thing, parse_lines
from ansible.module_utils.luytre_shared.os import account_files
from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact, read_text

ALWAYS_ROOT = ("root", "docker", "lxd", "incus", "libvirt", "disk", "shadow", "kmem")
"""Groups that give root's rights, and in which hardly any person has to be."""
HIGHEST_OF_SYSTEM = 999
MAX_KEYS = 1_000
MAX_OPTIONS = 10_000
FOR_LATER = 30
"""Seconds that are left to what comes after."""
PAM = ("/etc/pam.d/*", "/etc/pam.conf")
MODULES = ("/usr/lib/*/security/*.so", "/usr/lib/security/*.so", "/lib/security/*.so", "/usr/local/lib/security/*.so")
SUDO = ("/etc/sudoers", "/etc/sudoers.d/*")
_MODULE = re.compile(r"^\s*-?\w+\s+(?:\[[^\]]*\]|\w+)\s+(\S+)(.*)$")
_LOOSENS = re.compile(
    r"^\s*Defaults\S*\s[^\n]*(?:!\s*authenticate|!\s*env_reset|\bsetenv\b|\bexempt_group\b|\btimestamp_timeout\s*=\s*-"
    r"|!\s*(?:syslog|logfile|log_allowed)\b|\benv_(?:keep|check)\b[^\n]*\b(?:LD_|PYTHON|PERL|BASH_ENV|ENV\b|RUBY))"
    r"|^\s*[@#]include(?:dir)?\s+(?!/etc/sudoers)"
)
"""Settings of sudo's by which somebody does more, or unseen."""
_SKIPS = re.compile(r"^(?:sufficient|\[[^\]]*success=(?:done|ok|\d)[^\]]*\])$")
_NO_PASSWORD = re.compile(
    r"pam_(?:succeed_if|listfile|python\w*|script|userdb|localuser|access|rhosts|debug|ssh_agent_auth|wheel)\.so$"
)
_RUNS_SSHD = ("authorizedkeyscommand", "authorizedprincipalscommand", "forcecommand", "subsystem", "pamservicename")


def add_rows_of_access_to_accounts(places):
    """Add the rows of what gives access to accounts."""
    rows = account_files.read_passwd_rows()
    _add_rows_of_privileged_accounts(places, rows)
    _add_rows_of_authorized_keys(places, rows)
    _add_rows_of_risky_sshd_settings(places)
    _add_rows_of_sudo_rules(places, rows)
    _add_rows_of_pam_modules(places)


def _add_rows_of_privileged_accounts(places, rows):
    shadow, names = account_files.read_shadow_by_account(), set()
    count = collections.Counter(row["name"] for row in rows)
    equal = {account["account"] for account in accounts.find_privileged_accounts(rows, account_files.read_group_rows())}
    by_group = {
        name
        for group in account_files.read_group_rows()
        if group["name"] in ALWAYS_ROOT
        for name in account_files.list_group_members(group, rows)
    }
    for row in rows:
        marks = _list_marks_of_account(row, equal)
        if row["name"] in by_group and row["uid"] != 0:
            marks.append("by_group")
        field = shadow.get(row["name"], {}).get("field", row["field"])
        state, _scheme = account_files.classify_password_field(field)
        if state != "locked":
            marks.append("no_password" if state == "empty" else "password")
        if row["name"] in names:
            marks.append("twice")
        names.add(row["name"])
        if row["uid"] == 0 and row["name"] != "root":
            marks.append("second_root")
        exactly = row["name"] if count[row["name"]] == 1 else ""
        places.add_thing(
            Thing(
                "account",
                "/etc/passwd",
                row["name"],
                OURS,
                "%d %s" % (row["uid"], row["shell"]),
                marks,
                [row["shell"]] if row["shell"].startswith("/") and "shell" in marks else (),
                exactly,
            )
        )


def _list_marks_of_account(passwd_row, equal):
    marks = []
    if passwd_row["uid"] == 0 or passwd_row["name"] in equal:
        marks.append("root")
    if 0 < passwd_row["uid"] <= HIGHEST_OF_SYSTEM or passwd_row["uid"] == 65534:
        marks.append("service")
    if account_files.is_login_shell_usable(passwd_row["shell"]):
        marks.append("shell")
    return marks


def _add_rows_of_authorized_keys(places, rows):
    equal = {account["account"] for account in accounts.find_privileged_accounts(rows, account_files.read_group_rows())}
    patterns = list(
        dict.fromkeys([*_list_authorized_keys_patterns(places), ".ssh/authorized_keys", ".ssh/authorized_keys2"])
    )
    count, seen_files = 0, set()
    for row in rows:
        if places.reading.get_seconds_left() < FOR_LATER:
            places.mark_part_as_cut_short("key")
            return
        for pattern in patterns:
            path, below = _find_key_file_of_account_by_pattern(row, pattern)
            if path is None or (path, row["uid"]) in seen_files:
                continue
            seen_files.add((path, row["uid"]))
            marks = _list_marks_of_account(row, equal)
            if not below.startswith(".ssh/"):
                marks.append("elsewhere")
            for line in places.read_home_file_and_its_origin("key", path)[0].split("\n")[
                :MAX_LINES
            ]:  # sshd puts none together
                key = accounts.parse_authorized_keys_line(line)
                if key is None:
                    continue
                count += 1
                if count > MAX_KEYS:
                    break
                options = accounts.get_options_before_key(line)[:MAX_OPTIONS]
                description = "%s %s %s" % (key["type"], key["fingerprint"], options)
                commands = re.findall(r'command="((?:[^"\\]|\\.){0,2000})"', options)
                programs = [
                    program
                    for command in commands
                    for program in command_lines.parse_programs_of_command(command.replace('\\"', '"'))
                ]
                places.add_thing(
                    Thing("key", path, row["name"], FOREIGN, description, marks, programs, exactly=key["fingerprint"])
                )
    if count > MAX_KEYS:
        places.mark_part_as_cut_short("key")


def _list_authorized_keys_patterns(places):
    try:
        if places.reading.find_program("sshd"):
            return sshd.list_authorized_keys_patterns(places.reading)
    except UnreadableFact:
        places.mark_part_as_cut_short("sshd")
    return []


def _find_key_file_of_account_by_pattern(passwd_row, pattern):
    """Return ``(path, path below the account's home or /)`` of a file of keys; nothing where there is none."""
    values = {"h": passwd_row["home"], "u": passwd_row["name"], "U": str(passwd_row["uid"]), "%": "%"}
    relative = re.sub("%([huU%])", lambda match: values[match.group(1)], pattern)
    root, below = ("/", relative) if relative.startswith("/") else (passwd_row["home"], relative)
    path = os.path.join(root, below.lstrip("/"))
    if not root.startswith("/") or not os.path.lexists(path):
        return None, ""
    return path, below.lstrip("/")


def _add_rows_of_risky_sshd_settings(places):
    for path, _line, criteria, keyword, value in sshd.iter_sshd_settings():
        places.seen += 1
        words = sshd.split_sshd_arguments(value)
        if keyword in _RUNS_SSHD:
            command = " ".join(words[1:] if keyword == "subsystem" else words)
            programs = [word for word in words if word.startswith("/")]
            places.add_thing(
                Thing("sshd", path, criteria or "", OURS, "%s %s" % (keyword, command), ["runs"], programs)
            )
        elif _lets_in(keyword, criteria, words):
            places.add_row_in_slot(
                "sshd", path, criteria or "", OURS, "%s %s" % (keyword, " ".join(words)), ["lets_in"]
            )
        elif keyword in (
            "authorizedkeysfile",
            "trustedusercakeys",
            "authorizedprincipalsfile",
            "permituserenvironment",
        ):
            places.add_row_in_slot("sshd", path, criteria or "", OURS, "%s %s" % (keyword, " ".join(words)))


def _lets_in(keyword, criteria, words):
    """Return whether a setting of sshd's lets in whom it otherwise would not, for some alone or without a key."""
    value = words[0].lower() if words else ""
    if keyword == "acceptenv":
        return any(re.match(r"LD_|\*$|BASH_ENV|PYTHON|PERL5", word) for word in words)
    if keyword in ("permitemptypasswords", "hostbasedauthentication", "permituserenvironment"):
        return value not in ("no", "")
    return criteria is not None and keyword in ("permitrootlogin", "passwordauthentication") and value == "yes"


def _add_rows_of_sudo_rules(places, rows):
    service = {row["name"] for row in rows if 0 < row["uid"] <= HIGHEST_OF_SYSTEM or row["uid"] == 65534}
    for path, origin in places.iter_files_changed_or_of_no_package(*SUDO):
        for _number, line in parse_lines(read_text(path) or ""):
            words = line.split()
            if _LOOSENS.search(line):
                places.add_row_in_slot("sudo", path, "root", origin, line.strip(), ["defaults"])
                continue
            if not words or words[0].startswith(("Defaults", "@include", "#include")) or "=" not in line:
                continue
            marks = ["service"] if words[0].strip('"').lstrip("#") in service else []
            places.add_command_line(Thing("sudo", path, words[0], origin, line.strip(), marks))


def _add_rows_of_pam_modules(places):
    for path, origin in places.iter_files_changed_or_of_no_package(*MODULES):
        places.add_row_in_slot("pam_module", path, "root", origin)
    for pattern in PAM:
        for path in sorted(glob.glob(pattern))[:500]:
            for _number, line in places.read_uncommented_lines_of_root_file(path):
                match = _MODULE.match(line)
                if match is None or match.group(1).startswith(("include", "substack")):
                    continue
                places.seen += 1
                module, rest = match.groups()
                if module.startswith("/") and places.packaged.get_package_origin_of_file(module) in (FOREIGN, CHANGED):
                    places.add_thing(Thing("pam_module", path, "root", FOREIGN, line.strip(), (), [module]))
                elif module.endswith("pam_exec.so"):
                    marks = ["runs", "passwords"] if "expose_authtok" in rest else ["runs"]
                    programs = [word for word in rest.split() if word.startswith("/")]
                    places.add_thing(Thing("pam", path, "root", FOREIGN, line.strip(), marks, programs))
                elif _is_login_left_open(line, module):
                    places.add_row_in_slot("pam", path, "root", FOREIGN, line.strip(), ["opens"])
                elif _is_password_skipped(line, module, rest, places.packaged.get_package_origin_of_file(path)):
                    places.add_row_in_slot("pam", path, "root", FOREIGN, line.strip(), ["skips"])


_AUTH = re.compile(r"^\s*-?auth\s+(\[[^\]]*\]|\w+)\s")


def _is_login_left_open(line, module):
    """Return whether a line of PAM's lets in whoever comes."""
    match = _AUTH.match(line)
    return module.endswith("pam_permit.so") and match is not None and _SKIPS.match(match.group(1)) is not None


def _is_password_skipped(line, module, rest, origin):
    """Return whether a line that no package brought lets some in without a password."""
    match = _AUTH.match(line)
    if match is None or not _SKIPS.match(match.group(1)) or origin == OURS:
        return False
    return _NO_PASSWORD.search(module) is not None and not (module.endswith("pam_wheel.so") and "trust" not in rest)
