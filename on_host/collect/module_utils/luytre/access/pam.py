"""PAM: what the stacks of the login services, and of changing a password, really do."""

import glob
import os
import re

from ansible.module_utils.luytre_shared.os import account_files
from ansible.module_utils.luytre_shared.os.area_reader import AS_FAR_AS_IT_CAME, read_text

FOLDER = "/etc/pam.d"
LOGIN_SERVICES = ("sshd", "login", "sudo", "su")
MAX_INCLUDES = 16
FAILLOCK = ("deny", "unlock_time", "fail_interval")
CREDITS = ("dcredit", "ucredit", "lcredit", "ocredit")


QUALITY = (*CREDITS, "minlen", "minclass", "enforcing", "dictcheck")


def collect_area_facts(reader):
    services = [name for name in LOGIN_SERVICES if os.path.isfile(os.path.join(FOLDER, name))]
    password = read_pam_stack("passwd", "password")
    session = read_pam_stack("common-session", "session")
    return {
        "faillock": [describe_faillock(name) for name in services],
        "pwquality": describe_password_quality(
            password, _read_pam_module_settings("/etc/security/pwquality.conf", drop_ins=True)
        ),
        "pwhistory": describe_password_history(password, _read_pam_module_settings("/etc/security/pwhistory.conf")),
        "hash": _get_pam_unix_hash_scheme(password),
        "umask": _describe_session_umask(session),
        "su": describe_su_restriction(reader, read_pam_stack("su", "auth")),
        "nullok": [name for name in services if _is_empty_password_allowed(read_pam_stack(name, "auth"))],
    }


def read_pam_stack(service, stack_type, depth=0):
    """Return ``(control, module, arguments)`` of one service's stack in order, includes resolved.

    A bad include ends it.
    """
    text = read_text(os.path.join(FOLDER, service))
    if text is None or depth > MAX_INCLUDES:
        return []
    rules = []
    for line in text.replace("\\\n", " ").splitlines():
        code = line.split("#", 1)[0].strip()
        if not code:
            continue
        if code.startswith("@include"):
            words = code.split()
            rules += read_pam_stack(os.path.basename(words[1]), stack_type, depth + 1) if len(words) > 1 else []
            continue
        match = re.match(r"-?(\w+)\s+(\[[^\]]*\]|\w+)\s+(\S+)\s*(.*)$", code)
        if not match or match.group(1).lower() != stack_type:
            continue
        control, module, arguments = match.group(2), os.path.basename(match.group(3)), match.group(4).split()
        if control in ("include", "substack"):
            rules += read_pam_stack(module, stack_type, depth + 1)
        else:
            rules.append((control, module, arguments))
    return rules


def _read_pam_module_settings(path, drop_ins=False):
    """Return ``key = value`` and bare keys of a PAM module's configuration; the main file is read last and wins."""
    paths = sorted(glob.glob(path + ".d/*.conf")) if drop_ins else []
    settings = {}
    for file in [*paths, path]:
        for line in (read_text(file) or "").splitlines():
            key, equals, value = line.split("#", 1)[0].partition("=")
            if key.strip():
                settings[key.strip()] = value.strip() if equals else "1"
    return settings


def _parse_pam_module_arguments(arguments):
    pairs = (argument.partition("=") for argument in arguments)
    return {key: value if equals else "1" for key, equals, value in pairs}


def _get_number_setting(settings, key, default):
    try:
        return int(settings.get(key, default))
    except ValueError:
        return default


def describe_faillock(service):
    """Return how a service counts failures: the module before, after and in the account phase, and its numbers."""
    ours = [
        (control, arguments)
        for control, module, arguments in read_pam_stack(service, "auth")
        if module == "pam_faillock.so"
    ]
    account = any(module == "pam_faillock.so" for _, module, _ in read_pam_stack(service, "account"))
    before = any("preauth" in arguments for _, arguments in ours)
    after = any("authfail" in arguments for _, arguments in ours)
    own_options = {}
    for _, arguments in ours:
        own_options.update(_parse_pam_module_arguments(arguments))
    settings = {**_read_pam_module_settings(own_options.get("conf", "/etc/security/faillock.conf")), **own_options}
    return {
        "service": service,
        "given": sorted(key for key in own_options if key in FAILLOCK),
        "active": before and after and (account or any("authsucc" in arguments for _, arguments in ours)),
        "deny": _get_number_setting(settings, "deny", 3),
        "unlock_time": 0
        if settings.get("unlock_time") == "never"
        else _get_number_setting(settings, "unlock_time", 600),
        "fail_interval": _get_number_setting(settings, "fail_interval", 900),
        "locks_root": "even_deny_root" in settings,
    }


def describe_password_quality(password, file_settings):
    """Return what a new password must be; a positive credit lowers the length that is really asked."""
    mine = [arguments for _, module, arguments in password if module == "pam_pwquality.so"]
    own_options = _parse_pam_module_arguments(mine[0]) if mine else {}
    settings = {**file_settings, **own_options}
    credit = [_get_number_setting(settings, key, 0) for key in CREDITS]
    return {
        "installed": bool(mine),
        "active": bool(mine) and _get_number_setting(settings, "enforcing", 1) != 0,
        "given": sorted(key for key in own_options if key in QUALITY),
        "credits": [key for key, value in zip(CREDITS, credit) if value > 0],
        "length": max(_get_number_setting(settings, "minlen", 8), 6) - sum(max(0, value) for value in credit),
        "classes": max(_get_number_setting(settings, "minclass", 0), sum(1 for value in credit if value < 0)),
        "dictionary": _get_number_setting(settings, "dictcheck", 1) != 0
        and os.path.isfile(_find_password_dictionary(settings)),
        "dictionary_found": os.path.isfile(_find_password_dictionary(settings)),
    }


def _find_password_dictionary(settings):
    """Return the word list that new passwords are compared with; when it is missing, every password is refused."""
    return settings.get("dictpath", "/var/cache/cracklib/cracklib_dict") + ".pwd"


def describe_password_history(password, file_settings):
    """Return how many earlier passwords are refused; 0 when none are."""
    mine = [arguments for _, module, arguments in password if module == "pam_pwhistory.so"]
    if mine:
        count = _get_number_setting({**file_settings, **_parse_pam_module_arguments(mine[0])}, "remember", 10)
    else:
        unix = [_parse_pam_module_arguments(arguments) for _, module, arguments in password if module == "pam_unix.so"]
        count = _get_number_setting(unix[0], "remember", 0) if unix else 0
    return {"active": bool(mine), "remembered": count}


def _get_pam_unix_hash_scheme(password):
    """Return the scheme that pam_unix is told to use; empty when login.defs decides."""
    schemes = ("yescrypt", "gost_yescrypt", "sha512", "sha256", "blowfish", "bigcrypt", "md5")
    choices = [a for _, module, arguments in password if module == "pam_unix.so" for a in arguments if a in schemes]
    return choices[-1] if choices else ""


def _describe_session_umask(session):
    """Return whether interactive sessions get the umask of login.defs, and one given to the module itself."""
    mine = [_parse_pam_module_arguments(arguments) for _, module, arguments in session if module == "pam_umask.so"]
    values = [entry["umask"] for entry in mine if re.match(r"^[0-7]{1,4}$", entry.get("umask", ""))]
    return {"active": bool(mine), "given": int(values[0], 8) if values else None}


SU_GROUP = "sudo"
SWITCH_PATTERN = r"pam_unix\(su(?:-l)?:session\): session opened for user \S+ by (\S*?)\(uid=\d+\)"
_SWITCH = re.compile(SWITCH_PATTERN)
SU_DAYS = 90
MAX_SWITCHES = 2000
SECONDS = 3


def describe_su_restriction(reader, auth):
    """Return whether only a group's members may become others by su, and who did so of late and is not in the role's
    group.

    ``recorded``: the journal could be asked. Of root, who needs no leave, nothing is told.
    """
    is_restricted = any(
        module == "pam_wheel.so" and control in ("required", "requisite") and "deny" not in arguments
        for control, module, arguments in auth
    )
    program = reader.find_program("journalctl")
    facts = {"restricted": is_restricted, "installed": reader.find_program("su") is not None}
    if program is None:
        return {**facts, "recorded": False, "outside": []}
    argv = ["timeout", str(SECONDS), program, "-q", "--no-pager", "--since=-%dd" % SU_DAYS, "-r", "-o", "cat"]
    argv += ["-n", str(MAX_SWITCHES), "_EXE=/usr/bin/su", "_EXE=/bin/su"]
    text = reader.run(argv, ok=None, at_stake=[program], output=AS_FAR_AS_IT_CAME)
    return {
        **facts,
        "recorded": True,
        "outside": find_su_users_outside_group(text, account_files.read_passwd_rows(), account_files.read_group_rows()),
    }


def find_su_users_outside_group(text, accounts, groups):
    """Return the accounts that became others by what su wrote into the journal, but for root and the group's
    members.
    """
    members = {"root"}
    for group in groups:
        if group["name"] == SU_GROUP:
            members.update(account_files.list_group_members(group, accounts))
    names = {account["name"] for account in accounts}
    return sorted({match.group(1) for match in _SWITCH.finditer(text)} & names - members)


def _is_empty_password_allowed(auth):
    words = {"nullok", "nullok_secure"}
    return any(module == "pam_unix.so" and not words.isdisjoint(arguments) for _, module, arguments in auth)
