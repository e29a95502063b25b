"""The kernel's audit log on a web server.

Which rules are loaded, what of a web server's they record, and where their log ends.
"""

import glob
import os
import pwd
import re
import stat

from ansible.module_utils.luytre.os.setid_programs import DISTRIBUTION_SETID
from ansible.module_utils.luytre.sites import webroot
from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact, read_text

RULES = "/etc/audit/rules.d/*.rules"
DAEMON = "/etc/audit/auditd.conf"
IDENTITY = ("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow")
PASSWORDS = "/etc/security/opasswd"
"""Where old passwords are kept."""
CONFIGURATION = (
    *(
        "/etc/sudoers",
        "/etc/sudoers.d",
        "/etc/ssh",
        "/etc/crontab",
        "/etc/cron.d",
        "/var/spool/cron",
        "/etc/systemd/system",
    ),
    *("/etc/pam.d", "/etc/nsswitch.conf", "/etc/hosts", "/etc/apparmor.d"),
    *("/etc/localtime", "/etc/nginx", "/etc/apache2", "/etc/php"),
)
"""What tells daemons, administrators and jobs what to do and whom to let in; what of it is not there needs no rule."""
TIME = ("adjtimex", "clock_settime", "settimeofday")
MODULES = ("delete_module", "finit_module", "init_module")
RIGHTS = (
    *("chmod", "chown", "fchmod", "fchmodat", "fchown", "fchownat", "lchown"),
    *("setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr"),
)
DELETIONS = ("rename", "renameat", "renameat2", "rmdir", "unlink", "unlinkat")
MOUNTS = ("mount", "umount2")
REFUSED_CALLS = ("creat", "ftruncate", "open", "openat", "openat2", "truncate")
"""Of which only those count that the kernel refused."""
REFUSALS = ("-EACCES", "-EPERM")
PROGRAMS = ("execve", "execveat")
ARCHITECTURES = ("b32", "b64")
"""The kernel runs 32-bit programs, too, and a rule for 64 bits hears nothing of their calls."""
OF_32_BITS = {
    "chown": "chown32",
    "clock_settime": "clock_settime64",
    "fchown": "fchown32",
    "ftruncate": "ftruncate64",
    "lchown": "lchown32",
    "settimeofday": "stime",
    "truncate": "truncate64",
    "umount2": "umount",
}
"""Which other call does the same there."""
LOGINS = (
    *("/var/log/wtmp", "/var/log/btmp", "/var/log/lastlog", "/var/lib/lastlog", "/var/lib/wtmpdb", "/run/faillock"),
    "/var/run/utmp",
)
"""Where logins are kept, and who is in at the moment: by Debian 12, and by Debian 13; what of it is not there needs no
rule.
"""
TOOLS = ("/usr/bin/kmod", "/usr/sbin/usermod", "/usr/bin/setfacl", "/usr/bin/chacl", "/usr/bin/chcon")
"""Programs that load modules, change accounts and lend access, of which also what was refused is to be known."""
SUDO_LOG = "/var/log/sudo.log"
MADE_LATER = frozenset({"/run/faillock", PASSWORDS, SUDO_LOG})
"""What the first login after a boot makes, the first change of a password, and the first sudo where `sudo.logfile` has
it: its rule is needed before.
"""
OF_PEOPLE = re.compile(r"auid(?:>=(?:[1-9]\d{0,2}|1000)|!=(?:-1|unset|4294967295))$")
"""What narrows a rule to whoever once logged in."""
HALT_ACTIONS = ("halt", "single")
MAX_LOG = 1 << 50
MAX_RULES = 2_000
_MEGABYTE = 1 << 20
NOT_NARROW = re.compile(r"(?:arch=b(?:32|64)|key=|perm=|path=|dir=|exit=|uid=\d+$)")
"""Fields that leave out nobody's actions of those that a rule is about."""


def collect_auditd_facts(reader, service):
    """Return ``(what is known of auditd, profile, people, why there are none or None)``; ``service`` is its unit."""
    settings = _parse_auditd_settings(read_text(DAEMON, 100_000) or "")
    state, rules, untold = {}, [], None
    if reader.find_program("auditctl") is not None:
        try:
            state = dict(line.split(" ", 1) for line in reader.run(["auditctl", "-s"]).splitlines() if " " in line)
            rules = reader.run(["auditctl", "-l"]).splitlines()[:MAX_RULES]
        except UnreadableFact as unreadable:
            untold = str(unreadable)
    daemon = {
        "installed": reader.find_program("auditd") is not None,
        "enabled": service["enabled"],
        "active": service["active"],
        "rules": len(_read_audit_rule_lines()),
        "recording": state.get("enabled") in ("1", "2"),
        "locked": state.get("enabled") == "2",
        "rate": int(state["rate_limit"]) if state.get("rate_limit", "").isdigit() else 0,
        "log_bytes": compute_max_audit_log_bytes(settings),
        "halts": sorted(name for name, value in settings.items() if name.endswith("_action") and value in HALT_ACTIONS),
    }
    logins = list(filter(_is_present_or_made_later, (*LOGINS, SUDO_LOG)))
    return (
        daemon,
        build_web_server_audit_profile(rules, _list_paths_to_watch(), _list_web_accounts()),
        build_logged_in_people_audit_profile(
            rules, logins, [*select_setid_programs(DISTRIBUTION_SETID), *filter(_is_present_or_made_later, TOOLS)]
        ),
        untold,
    )


def build_web_server_audit_profile(rules, paths, accounts):
    """Return ``[{kind, value, recorded}]`` of what matters on a web server.

    This is who is who, what daemons are told, the clock, the kernel's modules, and the programs that web accounts
    start.

    ``rules`` are those loaded, ``accounts`` names with their numbers.
    """
    rules = [rule for rule in map(parse_auditctl_rule, rules) if rule is not None]
    return [
        *({"kind": "path", "value": path, "recorded": _is_path_watched_by_rules(rules, path)} for path in paths),
        {"kind": "calls", "value": ",".join(TIME), "recorded": _are_system_calls_recorded(rules, TIME)},
        {"kind": "calls", "value": ",".join(MODULES), "recorded": _are_system_calls_recorded(rules, MODULES)},
        *(
            {"kind": "account", "value": name, "recorded": _are_all_programs_of_account_recorded(rules, uid)}
            for name, uid in accounts
        ),
    ]


def select_setid_programs(paths):
    """Return those of some programs that are there and lend whoever starts them another's rights."""
    return [path for path in sorted(paths) if _is_setid_file(path)]


def _is_setid_file(path):
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) and bool(mode & (stat.S_ISUID | stat.S_ISGID))


def build_logged_in_people_audit_profile(rules, logins, programs=()):
    """Return ``[{kind, value, recorded}]`` of what people who are logged in do.

    That is logins, changes of rights, deletions, mounts, what they tried to open and may not, and starts of
    ``programs``.
    """
    rules = [rule for rule in map(parse_auditctl_rule, rules) if rule is not None]
    return [
        *({"kind": "path", "value": path, "recorded": _is_path_watched_by_rules(rules, path)} for path in logins),
        *(
            {
                "kind": "calls",
                "value": ",".join(calls),
                "recorded": _are_system_calls_recorded(rules, calls, of_people=True),
            }
            for calls in (RIGHTS, DELETIONS, MOUNTS)
        ),
        {
            "kind": "refused",
            "value": ",".join(REFUSED_CALLS),
            "recorded": all(
                _are_system_calls_recorded(rules, REFUSED_CALLS, of_people=True, exit_filter=exit_filter)
                for exit_filter in REFUSALS
            ),
        },
        *({"kind": "program", "value": path, "recorded": _is_program_start_recorded(rules, path)} for path in programs),
    ]


def parse_auditctl_rule(rule):
    """Return ``{path, starts, calls, uids, ended, narrow, of_people}`` of a rule as ``auditctl -l`` prints it.

    None for one that records nothing.
    """
    words = rule.split()
    options = list(zip(words, words[1:]))  # noqa: RUF007  younger than Python 3.9
    fields = [value for option, value in options if option == "-F"]
    if "-w" not in words and not any(option == "-a" and _is_list_of_exits(value) for option, value in options):
        return None
    fields_by_name = dict(field.split("=", 1) for field in fields if re.match(r"[a-z_0-9]+=", field))
    rights = _get_first_value(options, "-p", fields_by_name.get("perm", ""))
    path = _get_first_value(options, "-w", fields_by_name.get("path") or fields_by_name.get("dir"))
    place = path.rstrip("/") if path else None
    filters, uid = _list_filters(options), fields_by_name.get("uid", "")
    return {
        "path": place if path and {"w", "a"} <= set(rights) else None,
        "starts": place if path and "x" in rights else None,
        "calls": _parse_calls(options, fields_by_name.get("arch")) if path is None else set(),
        "uids": {int(uid)} if uid.isdigit() else set(),
        "ended": next((field[len("exit") :].lstrip("=") for field in fields if field.startswith("exit")), None),
        "narrow": bool(filters),
        "of_people": all(OF_PEOPLE.match(field) for field in filters),
    }


def _is_list_of_exits(value):
    return set(value.split(",")) == {"always", "exit"}


def _list_filters(options):
    """Return what narrows a rule: fields, and comparisons of fields."""
    fields = [value for option, value in options if option == "-F" and not NOT_NARROW.match(value)]
    return fields + [value for option, value in options if option == "-C"]


def _get_first_value(options, wanted_option, default):
    return next((value for option, value in options if option == wanted_option), default)


def _parse_calls(options, architecture):
    """Return ``(architecture, call)`` of each system call that a rule is about, those of all architectures if none."""
    calls = {call for option, value in options if option == "-S" for call in value.split(",")}
    architectures = [architecture] if architecture in ARCHITECTURES else ARCHITECTURES
    return {(architecture, call) for architecture in architectures for call in calls}


def compute_max_audit_log_bytes(settings):
    """Return the most that auditd's logs come to by its settings; None when they grow without an end."""
    size, number = settings.get("max_log_file", "8"), settings.get("num_logs", "5")
    if settings.get("max_log_file_action", "rotate") != "rotate" or not (size.isdigit() and number.isdigit()):
        return None
    return min(int(size) * max(int(number), 1) * _MEGABYTE, MAX_LOG) if int(number) > 1 else None


def _is_path_watched_by_rules(rules, path):
    return any(
        rule["path"]
        and not rule["narrow"]
        and not rule["uids"]
        and rule["ended"] is None
        and (path.rstrip("/") == rule["path"] or path.startswith(rule["path"] + "/"))
        for rule in rules
    )


def _is_program_start_recorded(rules, path):
    """Return whether it is recorded that people who are logged in start a program."""
    return any(
        rule["starts"]
        and rule["of_people"]
        and not rule["uids"]
        and rule["ended"] is None
        and (path == rule["starts"] or path.startswith(rule["starts"] + "/"))
        for rule in rules
    )


def _are_system_calls_recorded(rules, calls, of_people=False, exit_filter=None):
    wide = [rule for rule in rules if not rule["uids"] and rule["of_people" if of_people else "narrow"] is of_people]
    return _is_every_architecture_covered_for_calls(
        [rule for rule in wide if rule["ended"] in (None, exit_filter)], calls
    )


def _are_all_programs_of_account_recorded(rules, uid):
    """Return whether all programs are recorded that an account starts: also one that has another's rights
    from then on.
    """
    return _is_every_architecture_covered_for_calls(
        [rule for rule in rules if rule["ended"] is None and not rule["narrow"] and rule["uids"] <= {uid}], PROGRAMS
    )


def _is_every_architecture_covered_for_calls(rules, calls):
    """Return whether rules hear of some calls by programs of each architecture."""
    required_calls = {(architecture, call) for architecture in ARCHITECTURES for call in calls}
    required_calls |= {("b32", OF_32_BITS[call]) for call in calls if call in OF_32_BITS}
    return required_calls <= {call for rule in rules for call in rule["calls"]}


def _read_audit_rule_lines():
    return [
        line
        for path in glob.glob(RULES)
        for line in (read_text(path, 200_000) or "").splitlines()
        if re.match(r"^\s*-[wa]\s", line)
    ]


def _list_paths_to_watch():
    return [
        *IDENTITY,
        *(_make_watched_path(path) for path in (PASSWORDS, *CONFIGURATION) if _is_present_or_made_later(path)),
    ]


def _make_watched_path(path):
    """Return a path, with a slash at its end where it is a folder's: what lies in it is meant, too."""
    return os.path.join(path, "") if os.path.isdir(path) else path


def _is_present_or_made_later(path):
    return path in MADE_LATER or os.path.lexists(path)


def _list_web_accounts():
    accounts = []
    for name in webroot.find_web_server_accounts().names:
        try:
            accounts.append((name, pwd.getpwnam(name).pw_uid))
        except KeyError:
            continue
    return sorted(accounts)


def _parse_auditd_settings(text):
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.lstrip().startswith("#"))
    return {name.strip().lower(): value.strip().lower() for name, value in pairs}
