"""sshd: settings in force for anybody, for root and for the automation user; what Match blocks say otherwise."""

import fnmatch
import glob
import os
import re

from ansible.module_utils.luytre import _sshd, _sshd_confinement
from ansible.module_utils.luytre._authors import with_doubt
from ansible.module_utils.luytre._banners import banner
from ansible.module_utils.luytre._reading import Unreadable, file_mode, read_text

DROPIN = _sshd.DROPIN
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
TOLD = (
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


def collect(reading):
    if reading.installed("sshd") is None:
        return {
            "installed": False,
            "effective": None,
            "theirs": None,
            "for_root": None,
            "for_automation": None,
            "cases": cases([], []),
            "matches": [],
            "defaults": {key: [] for key in ALGORITHMS},
            "dropin": {"present": False, "folder": False, "read_first": False, "startups_files": [], "overridden": []},
            "host_keys": [],
            "unwritten": [],
            "version_shown": False,
            "host_key_types": [],
            "files": [],
            "banner": banner(BANNER),
            "confinement": None,
        }
    user = reading.declared.get("automation_user")
    anybody = _sshd.effective(reading)
    root = _for(reading, "root")
    automation = _for(reading, user) if user else None
    defaults = _sshd.effective(reading, "-f", "/dev/null")
    read = list(_sshd.lines())
    blocks = match_lines(read)
    contexts = [(FOR_ANYBODY, anybody), ("user root", root)]
    if automation is not None:
        contexts.append(("user %s" % user, automation))
    return {
        "installed": True,
        "effective": told(anybody),
        "theirs": told(_theirs(reading, anybody)),
        "for_root": told(root),
        "for_automation": told(automation) if automation else None,
        "cases": cases(contexts, blocks),
        "matches": [line for line in blocks if line["file"] != DROPIN],
        "defaults": {key: defaults[key] for key in ALGORITHMS},
        "dropin": dropin(read, anybody),
        "host_keys": [
            with_doubt(mode, secret=True)
            for mode in (file_mode(os.path.realpath(path)) for path in anybody["hostkey"])
            if mode
        ],
        "unwritten": unwritten(read, anybody),
        "version_shown": version_shown(read),
        "host_key_types": sorted({kind for kind in map(key_type, anybody["hostkey"]) if kind}),
        "banner": banner(_shown(str(anybody.get("banner", "none")))),
        "files": [with_doubt(mode) for mode in map(file_mode, files()) if mode],
        "confinement": _sshd_confinement.collect(reading),
    }


def _theirs(reading, anybody):
    """What would be in force for anybody without our drop-in, but for what it holds because it was right by itself."""
    ours = read_text(DROPIN)
    if ours is None:
        return anybody
    lines = [*written_down(ours), _sshd.without_dropin(read_text(_sshd.CONFIG) or "")]
    return _sshd.effective(reading, given="\n".join(lines))


def written_down(ours):
    """The lines of our drop-in that stand there only because they say what is right anyway."""
    under, found = None, []
    for raw in ours.splitlines():
        keyword, _ = _sshd.split(raw)
        if keyword == "match":
            break
        if not keyword:
            under = raw.strip("# \t")
        elif under == WRITTEN_DOWN and keyword in RIGHT:
            found.append(raw)
    return found


def _shown(path):
    """The file that sshd shows, or the one that it would show by the role's settings."""
    return path if path.startswith("/") else BANNER


def unwritten(read, anybody):
    """The settings that are right for anybody, and that no file sets: only sshd's own default makes them so."""
    written = {keyword for _, _, criteria, keyword, _ in read if criteria is None}
    return sorted(key for key, right in RIGHT.items() if key not in written and anybody.get(key) in right)


def key_type(path):
    """A host key's type in the words of its public half, such as ``ssh-ed25519``; empty where that is not there."""
    return ((read_text(path + ".pub", 10_000) or "").split() or [""])[0][:64]


def files():
    """sshd's main file and those of the folder that Debian's includes."""
    return [_sshd.CONFIG, *sorted(glob.glob(os.path.dirname(DROPIN) + "/*.conf"))[:MAX_FILES]]


def _for(reading, user):
    if not re.match(r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$", user):
        raise Unreadable("the automation user's name is not one: %r" % user[:40])
    return _sshd.effective(reading, "-C", "user=%s,host=localhost,addr=192.0.2.1,laddr=192.0.2.2,lport=22" % user)


def version_shown(read):
    """Whether Debian's version is told to whoever connects: on by default, and not among what every sshd says of itself."""
    said = (value for _, _, criteria, keyword, value in read if criteria is None and keyword == "debianbanner")
    return next(said, "yes").lower().split("#")[0].strip() != "no"


def told(settings):
    """The settings that the controller asks about; how many may log in at once as ``[start, rate, full]``."""
    kept = {key: settings[key] for key in TOLD}
    kept["banner"] = str(settings.get("banner", "none"))
    kept["maxstartups"] = startups(str(settings["maxstartups"]))
    return kept


def startups(value):
    """``MaxStartups`` as three whole numbers; a single number refuses all beyond it."""
    numbers = [int(part) for part in value.split(":") if part.isdigit()]
    return numbers if len(numbers) == 3 else [numbers[0], 100, numbers[0]] if numbers else [0, 0, 0]


def match_lines(read):
    """The settings in Match blocks that some connection gets: among equal criteria the first one counts."""
    found, taken = [], set()
    for file, number, criteria, keyword, value in read:
        if criteria is None:
            continue
        key = (" ".join(criteria.lower().split()), keyword)
        shadowed = key in taken or ("all", keyword) in taken
        taken.add(key)
        if len(found) < MAX_MATCHES and (not shadowed or file != DROPIN):
            first = _sshd.words(value)[:1] or [""]
            found.append(
                {
                    "criteria": criteria,
                    "file": file,
                    "line": number,
                    "keyword": keyword,
                    "value": first[0],
                    "shadowed": shadowed,
                }
            )
    return found


def cases(contexts, blocks):
    """For each setting that a Match block may change: every value in force for somebody, and for whom."""
    named = {}
    for key in PLAIN:
        named[key] = [(when, settings[key]) for when, settings in contexts]
        named[key] += [(when, _typed(value)) for when, value in _declared(blocks, key)]
    for key in NO_FORWARDING:
        named[key] = [
            (when, "no" if settings["disableforwarding"] == "yes" else settings[key]) for when, settings in contexts
        ]
        if not any(settings["disableforwarding"] == "yes" for _, settings in contexts[:1]):
            named[key] += _declared(blocks, key)
    named["password_login"] = [(when, _password_login(settings)) for when, settings in contexts]
    for when, block in _by_block(blocks):
        settings = dict(contexts[0][1]) if contexts else {}
        settings.update(block)
        if {"passwordauthentication", "kbdinteractiveauthentication"} & set(block):
            methods = settings.get("authenticationmethods")
            settings["authenticationmethods"] = methods if isinstance(methods, list) else [methods]
            named["password_login"].append((when, _password_login(settings)))
    named["silent_seconds"] = [(when, _silent_seconds(settings)) for when, settings in contexts]
    for when, block in _by_block(blocks):
        if {"clientaliveinterval", "clientalivecountmax"} & set(block):
            settings = dict(contexts[0][1]) if contexts else {}
            settings.update(block)
            named["silent_seconds"].append((when, _silent_seconds(settings)))
    return {key: _distinct(values) for key, values in named.items()}


def _declared(blocks, keyword):
    return [
        (_where(line), line["value"].lower() if keyword != "loglevel" else line["value"].upper())
        for line in blocks
        if line["keyword"] == keyword and not line["shadowed"]
    ]


def _by_block(blocks):
    grouped = {}
    for line in blocks:
        if not line["shadowed"]:
            grouped.setdefault((line["file"], line["criteria"]), (_where(line), {}))[1][line["keyword"]] = line[
                "value"
            ].lower()
    return list(grouped.values())


def _where(line):
    return "Match %s (%s:%d)" % (line["criteria"], line["file"], line["line"])


def _typed(value):
    return int(value) if value.isdigit() and len(value) < 10 else value


def _password_login(settings):
    """Whether a password alone opens a session, also through PAM's keyboard-interactive."""
    methods = [method for method in settings.get("authenticationmethods") or [] if method and method != "any"]
    if methods and all("publickey" in method for method in methods):
        return "no"
    asked = ("passwordauthentication", "kbdinteractiveauthentication")
    return "yes" if any(settings.get(key) == "yes" for key in asked) else "no"


def _silent_seconds(settings):
    """Seconds until a client that no longer answers is dropped; 0 is never."""
    return seconds(settings["clientaliveinterval"]) * seconds(settings["clientalivecountmax"])


def seconds(value):
    """'10m' or '1h30m' as seconds; 0 when it is not a time."""
    parts = re.findall(r"(\d{1,9})([smhdw]?)", str(value).lower())
    return sum(int(number) * SECONDS[unit] for number, unit in parts)


def _distinct(values):
    """The first context's case, and of the others those that differ from it."""
    if not values:
        return []
    head = values[0]
    kept = [head] + [case for case in values[1:] if case[1] != head[1]]
    return [{"when": when, "value": value} for when, value in kept[:50]]


def dropin(read, anybody):
    """Whether our file is there and read before all others, and which of its general settings are not in force."""
    ours = [(keyword, value) for file, _, criteria, keyword, value in read if file == DROPIN and criteria is None]
    first = {}
    for file, number, criteria, keyword, value in read:
        if keyword == LAST_COUNTS:
            first[keyword] = (file, number, value)
        elif criteria is None:
            first.setdefault(keyword, (file, number, value))
    overridden = [
        {"keyword": keyword, "ours": value, "in_force": _said(anybody.get(keyword)), "file": first[keyword][0]}
        for keyword, value in dict(ours).items()
        if first[keyword][0] != DROPIN and first[keyword][2].lower() != value.lower()
    ]
    return {
        "present": os.path.isfile(DROPIN),
        "folder": os.path.isdir(os.path.dirname(DROPIN)),
        "read_first": read_first(read_text(_sshd.CONFIG) or "", glob.glob(os.path.dirname(DROPIN) + "/*")),
        "startups_files": sorted(
            {file for file, _, _, keyword, _ in read if keyword == LAST_COUNTS and file != DROPIN}
        ),
        "overridden": overridden,
    }


def read_first(main, present):
    """Whether our file is, or would be, read before everything else: by an include that begins the main file."""
    head = next((found for found in map(_sshd.split, main.splitlines()) if found[0]), ("", ""))
    if head[0] != "include":
        return False
    pattern = os.path.join("/etc/ssh", (_sshd.words(head[1]) or [""])[0])
    earlier = [path for path in present if fnmatch.fnmatch(path, pattern) and path < DROPIN]
    return fnmatch.fnmatch(DROPIN, pattern) and not earlier


def _said(value):
    return ",".join(value) if isinstance(value, list) else str(value)
