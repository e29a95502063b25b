"""sshd: settings in force for anybody, for root and for the automation user; what Match blocks say otherwise."""

import fnmatch
import glob
import os
import re

from ansible.module_utils.luytre.logins import sshd, sshd_confinement
from ansible.module_utils.luytre.logins.banners import read_banner
from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact, describe_file_mode, read_text
from ansible.module_utils.luytre_shared.os.file_writers import add_content_doubt

DROPIN = sshd.DROPIN
FOR_ANYBODY = "for anybody"
LAST_COUNTS = "maxstartups"
"""The one setting of which sshd takes the last value instead of the first, even from inside a Match block."""
NO_FORWARDING = ("x11forwarding", "allowagentforwarding", "allowtcpforwarding")
PLAIN = (
    "permitrootlogin",
    "permitemptypasswords",
    "maxauthtries",
    "hostbasedauthentication",
    "loglevel",
)
SETTINGS = (
    "allowgroups",
    "allowusers",
    "authenticationmethods",
    "ciphers",
    "clientalivecountmax",
    "clientaliveinterval",
    "disableforwarding",
    "gssapiauthentication",
    "hostbasedauthentication",
    "hostkeyalgorithms",
    "ignorerhosts",
    "kbdinteractiveauthentication",
    "kexalgorithms",
    "logingracetime",
    "loglevel",
    "macs",
    "maxauthtries",
    "maxstartups",
    "passwordauthentication",
    "permitemptypasswords",
    "permitrootlogin",
    "permituserenvironment",
    "pubkeyauthentication",
    "strictmodes",
    "tcpkeepalive",
    "usepam",
    "x11forwarding",
    "allowagentforwarding",
    "allowtcpforwarding",
)
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
ALGORITHMS = ("ciphers", "hostkeyalgorithms", "kexalgorithms", "macs")
RIGHT = {
    "gssapiauthentication": ("no",),
    "hostbasedauthentication": ("no",),
    "ignorerhosts": ("yes",),
    "loglevel": ("INFO", "VERBOSE"),
    "permitemptypasswords": ("no",),
    "permituserenvironment": ("no",),
    "strictmodes": ("yes",),
    "x11forwarding": ("no",),
}
"""What is right by default, in this version of sshd or another."""
WRITTEN_DOWN = "ssh.persisted"
BANNER = "/etc/issue.net"
MAX_MATCHES = 500
MAX_FILES = 200


def collect_area_facts(reader):
    if reader.find_program("sshd") is None:
        return {
            "installed": False,
            "effective": None,
            "theirs": None,
            "for_root": None,
            "for_automation": None,
            "cases": list_setting_values_by_match_case([], []),
            "matches": [],
            "defaults": {key: [] for key in ALGORITHMS},
            "dropin": {"present": False, "folder": False, "read_first": False, "startups_files": [], "overridden": []},
            "host_keys": [],
            "unwritten": [],
            "version_shown": False,
            "host_key_types": [],
            "files": [],
            "banner": read_banner(BANNER),
            "confinement": None,
        }
    user = reader.declared.get("automation_user")
    anybody = sshd.read_effective_sshd_config(reader)
    root = _read_sshd_settings_for_user(reader, "root")
    automation = _read_sshd_settings_for_user(reader, user) if user else None
    defaults = sshd.read_effective_sshd_config(reader, "-f", "/dev/null")
    read = list(sshd.iter_sshd_settings())
    blocks = list_match_settings_that_apply(read)
    contexts = [(FOR_ANYBODY, anybody), ("user root", root)]
    if automation is not None:
        contexts.append(("user %s" % user, automation))
    return {
        "installed": True,
        "effective": select_settings_for_controller(anybody),
        "theirs": select_settings_for_controller(_read_settings_without_own_dropin(reader, anybody)),
        "for_root": select_settings_for_controller(root),
        "for_automation": select_settings_for_controller(automation) if automation else None,
        "cases": list_setting_values_by_match_case(contexts, blocks),
        "matches": [line for line in blocks if line["file"] != DROPIN],
        "defaults": {key: defaults[key] for key in ALGORITHMS},
        "dropin": describe_own_dropin(read, anybody),
        "host_keys": [
            add_content_doubt(mode, secret=True)
            for mode in (describe_file_mode(os.path.realpath(path)) for path in anybody["hostkey"])
            if mode
        ],
        "unwritten": find_right_settings_set_by_default_only(read, anybody),
        "version_shown": is_debian_version_shown(read),
        "host_key_types": sorted({kind for kind in map(read_host_key_type, anybody["hostkey"]) if kind}),
        "banner": read_banner(_choose_banner_file(str(anybody.get("banner", "none")))),
        "files": [add_content_doubt(mode) for mode in map(describe_file_mode, list_sshd_config_files()) if mode],
        "confinement": sshd_confinement.collect_sshd_confinement(reader),
    }


def _read_settings_without_own_dropin(reader, settings_for_anybody):
    """Return what would be in force for anybody without our drop-in, but for what it holds because it was right by
    itself.
    """
    ours = read_text(DROPIN)
    if ours is None:
        return settings_for_anybody
    lines = [
        *list_dropin_lines_that_keep_right_values(ours),
        sshd.remove_dropin_from_config(read_text(sshd.CONFIG) or ""),
    ]
    return sshd.read_effective_sshd_config(reader, config_text="\n".join(lines))


def list_dropin_lines_that_keep_right_values(dropin_lines):
    """Return the lines of our drop-in that stand there only because they say what is right anyway."""
    under, right_lines = None, []
    for raw in dropin_lines.splitlines():
        keyword, _ = sshd.split_sshd_line(raw)
        if keyword == "match":
            break
        if not keyword:
            under = raw.strip("# \t")
        elif under == WRITTEN_DOWN and keyword in RIGHT:
            right_lines.append(raw)
    return right_lines


def _choose_banner_file(path):
    """Return the file that sshd shows, or the one that it would show by the role's settings."""
    return path if path.startswith("/") else BANNER


def find_right_settings_set_by_default_only(config_lines, settings_for_anybody):
    """Return the settings that are right for anybody, and that no file sets: only sshd's own default makes them so."""
    set_keywords = {keyword for _, _, criteria, keyword, _ in config_lines if criteria is None}
    return sorted(
        key for key, right in RIGHT.items() if key not in set_keywords and settings_for_anybody.get(key) in right
    )


def read_host_key_type(path):
    """Return a host key's type in the words of its public half, such as ``ssh-ed25519``; empty where that is
    not there.
    """
    return ((read_text(path + ".pub", 10_000) or "").split() or [""])[0][:64]


def list_sshd_config_files():
    """Return sshd's main file and those of the folder that Debian's includes."""
    return [sshd.CONFIG, *sorted(glob.glob(os.path.dirname(DROPIN) + "/*.conf"))[:MAX_FILES]]


def _read_sshd_settings_for_user(reader, user):
    if not re.match(r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$", user):
        raise UnreadableFact("the automation user's name is not one: %r" % user[:40])
    return sshd.read_effective_sshd_config(
        reader, "-C", "user=%s,host=localhost,addr=192.0.2.1,laddr=192.0.2.2,lport=22" % user
    )


def is_debian_version_shown(config_lines):
    """Return whether Debian's version is told to whoever connects.

    On by default, and not among what every sshd says of itself.
    """
    values = (
        value for _, _, criteria, keyword, value in config_lines if criteria is None and keyword == "debianbanner"
    )
    return next(values, "yes").lower().split("#")[0].strip() != "no"


def select_settings_for_controller(settings):
    """Return the settings that the controller asks about; how many may log in at once as ``[start, rate, full]``."""
    selection = {key: settings[key] for key in SETTINGS}
    selection["banner"] = str(settings.get("banner", "none"))
    selection["maxstartups"] = parse_max_startups(str(settings["maxstartups"]))
    return selection


def parse_max_startups(value):
    """Return ``MaxStartups`` as three whole numbers; a single number refuses all beyond it."""
    numbers = [int(part) for part in value.split(":") if part.isdigit()]
    return numbers if len(numbers) == 3 else [numbers[0], 100, numbers[0]] if numbers else [0, 0, 0]


def list_match_settings_that_apply(config_lines):
    """Return the settings in Match blocks that some connection gets: among equal criteria the first one counts."""
    results, seen_keys = [], set()
    for file, number, criteria, keyword, value in config_lines:
        if criteria is None:
            continue
        key = (" ".join(criteria.lower().split()), keyword)
        is_shadowed = key in seen_keys or ("all", keyword) in seen_keys
        seen_keys.add(key)
        if len(results) < MAX_MATCHES and (not is_shadowed or file != DROPIN):
            first = sshd.split_sshd_arguments(value)[:1] or [""]
            results.append(
                {
                    "criteria": criteria,
                    "file": file,
                    "line": number,
                    "keyword": keyword,
                    "value": first[0],
                    "shadowed": is_shadowed,
                }
            )
    return results


def list_setting_values_by_match_case(contexts, blocks):
    """Return, for each setting that a Match block may change, every value in force for somebody, and for whom."""
    cases_by_key = {}
    for key in PLAIN:
        cases_by_key[key] = [(when, settings[key]) for when, settings in contexts]
        cases_by_key[key] += [
            (when, _convert_digits_to_number(value)) for when, value in _list_values_in_match_blocks(blocks, key)
        ]
    for key in NO_FORWARDING:
        cases_by_key[key] = [
            (when, "no" if settings["disableforwarding"] == "yes" else settings[key]) for when, settings in contexts
        ]
        if not any(settings["disableforwarding"] == "yes" for _, settings in contexts[:1]):
            cases_by_key[key] += _list_values_in_match_blocks(blocks, key)
    cases_by_key["password_login"] = [(when, _is_password_login_possible(settings)) for when, settings in contexts]
    for when, block in _group_lines_by_match_block(blocks):
        settings = dict(contexts[0][1]) if contexts else {}
        settings.update(block)
        if {"passwordauthentication", "kbdinteractiveauthentication"} & set(block):
            methods = settings.get("authenticationmethods")
            settings["authenticationmethods"] = methods if isinstance(methods, list) else [methods]
            cases_by_key["password_login"].append((when, _is_password_login_possible(settings)))
    cases_by_key["silent_seconds"] = [
        (when, _compute_seconds_until_silent_drop(settings)) for when, settings in contexts
    ]
    for when, block in _group_lines_by_match_block(blocks):
        if {"clientaliveinterval", "clientalivecountmax"} & set(block):
            settings = dict(contexts[0][1]) if contexts else {}
            settings.update(block)
            cases_by_key["silent_seconds"].append((when, _compute_seconds_until_silent_drop(settings)))
    return {key: _select_distinct_cases(values) for key, values in cases_by_key.items()}


def _list_values_in_match_blocks(blocks, keyword):
    return [
        (_format_match_place(line), line["value"].lower() if keyword != "loglevel" else line["value"].upper())
        for line in blocks
        if line["keyword"] == keyword and not line["shadowed"]
    ]


def _group_lines_by_match_block(blocks):
    blocks_by_place = {}
    for line in blocks:
        if not line["shadowed"]:
            blocks_by_place.setdefault((line["file"], line["criteria"]), (_format_match_place(line), {}))[1][
                line["keyword"]
            ] = line["value"].lower()
    return list(blocks_by_place.values())


def _format_match_place(line):
    return "Match %s (%s:%d)" % (line["criteria"], line["file"], line["line"])


def _convert_digits_to_number(value):
    return int(value) if value.isdigit() and len(value) < 10 else value


def _is_password_login_possible(settings):
    """Return whether a password alone opens a session, also through PAM's keyboard-interactive."""
    methods = [method for method in settings.get("authenticationmethods") or [] if method and method != "any"]
    if methods and all("publickey" in method for method in methods):
        return "no"
    keywords = ("passwordauthentication", "kbdinteractiveauthentication")
    return "yes" if any(settings.get(key) == "yes" for key in keywords) else "no"


def _compute_seconds_until_silent_drop(settings):
    """Return seconds until a client that no longer answers is dropped; 0 is never."""
    return parse_sshd_time_as_seconds(settings["clientaliveinterval"]) * parse_sshd_time_as_seconds(
        settings["clientalivecountmax"]
    )


def parse_sshd_time_as_seconds(value):
    """Return '10m' or '1h30m' as seconds; 0 when it is not a time."""
    parts = re.findall(r"(\d{1,9})([smhdw]?)", str(value).lower())
    return sum(int(number) * SECONDS[unit] for number, unit in parts)


def _select_distinct_cases(values):
    """Return the first context's case, and of the others those that differ from it."""
    if not values:
        return []
    head = values[0]
    distinct_cases = [head] + [case for case in values[1:] if case[1] != head[1]]
    return [{"when": when, "value": value} for when, value in distinct_cases[:50]]


def describe_own_dropin(config_lines, settings_for_anybody):
    """Return whether our file is there and read before all others, and which of its general settings are not
    in force.
    """
    ours = [
        (keyword, value) for file, _, criteria, keyword, value in config_lines if file == DROPIN and criteria is None
    ]
    first = {}
    for file, number, criteria, keyword, value in config_lines:
        if keyword == LAST_COUNTS:
            first[keyword] = (file, number, value)
        elif criteria is None:
            first.setdefault(keyword, (file, number, value))
    overridden = [
        {
            "keyword": keyword,
            "ours": value,
            "in_force": _format_setting_value(settings_for_anybody.get(keyword)),
            "file": first[keyword][0],
        }
        for keyword, value in dict(ours).items()
        if first[keyword][0] != DROPIN and first[keyword][2].lower() != value.lower()
    ]
    return {
        "present": os.path.isfile(DROPIN),
        "folder": os.path.isdir(os.path.dirname(DROPIN)),
        "read_first": is_own_dropin_read_first(read_text(sshd.CONFIG) or "", glob.glob(os.path.dirname(DROPIN) + "/*")),
        "startups_files": sorted(
            {file for file, _, _, keyword, _ in config_lines if keyword == LAST_COUNTS and file != DROPIN}
        ),
        "overridden": overridden,
    }


def is_own_dropin_read_first(main_config_text, present_files):
    """Return whether our file is, or would be, read before everything else: by an include that begins the main file."""
    head = next(
        (setting for setting in map(sshd.split_sshd_line, main_config_text.splitlines()) if setting[0]), ("", "")
    )
    if head[0] != "include":
        return False
    pattern = os.path.join("/etc/ssh", (sshd.split_sshd_arguments(head[1]) or [""])[0])
    earlier = [path for path in present_files if fnmatch.fnmatch(path, pattern) and path < DROPIN]
    return fnmatch.fnmatch(DROPIN, pattern) and not earlier


def _format_setting_value(value):
    return ",".join(value) if isinstance(value, list) else str(value)
