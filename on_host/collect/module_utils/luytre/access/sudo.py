"""sudo: who may do what without a password, the defaults in force, and the files that say so."""

import os
import re
import shlex

from ansible.module_utils.luytre_shared.access import sudo_policy
from ansible.module_utils.luytre_shared.os import account_files
from ansible.module_utils.luytre_shared.os.area_reader import NotRun, describe_file_mode, read_text
from ansible.module_utils.luytre_shared.os.file_writers import add_content_doubt

FOLDER = "/etc/sudoers.d"
PTY_BY_DEFAULT = (1, 9, 14)
REMEMBER_MINUTES = 15.0
"""Minutes for which sudo of Debian remembers that the password was given, and for which it may."""


ABSENT = {
    "installed": False,
    "grants": [],
    "defaults": {"use_pty": True, "logfile": "", "remembered": REMEMBER_MINUTES},
    "exceptions": [],
    "files": [],
    "folder": None,
    "writable_targets": [],
}
POLICY_FACTS = ("grants", "defaults", "exceptions", "writable_targets")
"""What follows from the policy, and is not told when nobody may be asked for it."""


def collect_area_facts(reader):
    if reader.find_program("sudo") is None:
        return ABSENT
    files = _describe_sudoers_files()
    try:
        rules = sudo_policy.read_sudo_policy(reader)
    except NotRun as refusal:
        return {
            **ABSENT,
            "installed": True,
            "files": files,
            "folder": _describe_dropin_folder(),
            "untold": dict.fromkeys(POLICY_FACTS, str(refusal)),
        }
    accounts = account_files.read_passwd_rows()
    all_grants = sudo_policy.list_sudo_grants(rules, accounts, account_files.read_group_rows())
    return {
        "installed": True,
        "grants": all_grants,
        "defaults": get_sudo_defaults_for_everybody(rules, _has_sudo_pty_by_default(reader)),
        "exceptions": find_exceptions_to_sudo_defaults(rules),
        "files": files,
        "folder": _describe_dropin_folder(),
        "writable_targets": find_replaceable_sudo_commands(all_grants, reader.trust),
    }


def _has_sudo_pty_by_default(reader):
    match = re.search(
        r"version (\d+)\.(\d+)\.(\d+)", reader.run(["sudo", "-V"], at_stake=sudo_policy.list_sudo_trusted_inputs())
    )
    return bool(match) and tuple(int(part) for part in match.groups()) >= PTY_BY_DEFAULT


def get_sudo_defaults_for_everybody(policy, pty_by_default):
    """Return the settings for everybody: the last line counts."""
    settings = {"use_pty": pty_by_default, "logfile": False, "timestamp_timeout": REMEMBER_MINUTES}
    for entry in policy.get("Defaults", []):
        if entry.get("Binding") is None:
            settings.update(sudo_policy.merge_defaults_options(entry))
    return {
        "use_pty": settings["use_pty"] is True,
        "logfile": _get_log_file_or_empty(settings["logfile"]),
        "remembered": _parse_password_validity(settings["timestamp_timeout"]),
    }


def find_exceptions_to_sudo_defaults(policy):
    """Return settings for some users, commands or hosts that undo one of ours: ``{setting, of}``."""
    results = []
    for entry in policy.get("Defaults", []):
        binding = entry.get("Binding")
        if binding is None:
            continue
        of = ", ".join(str(value) for member in binding for value in member.values())[:200]
        options = sudo_policy.merge_defaults_options(entry)
        if options.get("use_pty") is False:
            results.append({"setting": "use_pty", "of": of})
        if "logfile" in options and not _get_log_file_or_empty(options["logfile"]):
            results.append({"setting": "logfile", "of": of})
        if (
            "timestamp_timeout" in options
            and not 0 <= _parse_password_validity(options["timestamp_timeout"]) <= REMEMBER_MINUTES
        ):
            results.append({"setting": "timestamp_timeout", "of": of})
    return results


def _parse_password_validity(value):
    """Return for how long the password counts as given.

    It is below 0 for as long as the session, and so for what cannot be read.
    """
    if value is False:
        return 0.0
    try:
        return min(max(float(value), -1.0), 1e6)
    except (TypeError, ValueError):
        return -1.0


def _get_log_file_or_empty(value):
    return value if isinstance(value, str) and value != "/dev/null" else ""


def list_sudoers_files():
    """Return the main file and the drop-ins that sudo reads."""
    names = sorted(os.listdir(FOLDER)) if os.path.isdir(FOLDER) else []
    return [sudo_policy.MAIN] + [
        os.path.join(FOLDER, name) for name in names if "." not in name and not name.endswith("~")
    ]


def _describe_dropin_folder():
    """Return the folder of drop-ins, and whether it is root's alone to change and closed to others."""
    mode = describe_file_mode(FOLDER)
    if mode is None:
        return None
    mode = add_content_doubt(mode)
    return {**mode, "closed": mode["owner"] == "root" and mode["doubt"] is None and mode["mode"] & 0o027 == 0}


def _describe_sudoers_files():
    """Return each file that sudo reads, with the settings that it switches off."""
    entries = []
    for path in list_sudoers_files():
        mode = describe_file_mode(path)
        if mode:
            mode = add_content_doubt(mode)
            of_root = mode["owner"] == "root" and mode["group"] == "root" and mode["doubt"] is None
            mode["closed"] = of_root and mode["mode"] & ~0o440 == 0
            entries.append({**mode, "undoes": find_settings_switched_off(read_text(path) or "")})
    return entries


def find_settings_switched_off(text):
    """Return which of our settings a sudoers file switches off, for all or for some."""
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.lstrip().startswith("Defaults")]
    marks = (
        ("use_pty", r"!\s*use_pty\b"),
        ("logfile", r"!\s*logfile\b|\blogfile\s*=\s*\"?/dev/null"),
        ("timestamp_timeout", r"\btimestamp_timeout\s*=\s*\"?(?:-|1[6-9]|[2-9]\d|\d{3}|15\.\d*[1-9])"),
    )
    return [name for name, pattern in marks if any(re.search(pattern, line) for line in lines)]


def find_replaceable_sudo_commands(all_grants, trust):
    """Return commands that somebody may run as another user although a lesser user can replace them."""
    targets = {}
    for grant in all_grants:
        for command in grant["commands"]:
            try:
                words = shlex.split(command)
            except ValueError:
                words = command.split()
            path = words[0] if words else ""
            if path.startswith("/") and "*" not in path and path not in targets:
                loose = trust.find_last_changer_on_path(path)
                targets[path] = loose and {"account": grant["account"], "command": path, "writable": loose[0]}
    return [entry for entry in targets.values() if entry][:100]
