"""Which sshd settings a host gets: the stricter of what others set there and what the role wants.

What controls of ours set counts for nothing in that: or one that is taken back would stay, as what is in force already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Facts = Mapping[str, Any]
Setting = dict[str, str]

WEAK = {
    "ciphers": ("none", "*cbc*", "arcfour*"),
    "hostkeyalgorithms": ("ssh-dss*", "ssh-rsa*", "*ecdsa*"),
    "kexalgorithms": ("*sha1*", "rsa*", "ecdh-sha2-nistp*"),
    "macs": ("none", "*md5*", "*sha1*", "*ripemd160*", "umac-64*"),
}
BANNER = "/etc/issue.net"
WRITTEN_DOWN = "ssh.persisted"
RIGHT = {
    "GSSAPIAuthentication": ("no",),
    "HostbasedAuthentication": ("no",),
    "IgnoreRhosts": ("yes",),
    "LogLevel": ("INFO", "VERBOSE"),
    "PermitEmptyPasswords": ("no",),
    "PermitUserEnvironment": ("no",),
    "StrictModes": ("yes",),
    "X11Forwarding": ("no",),
}
"""What sshd does by default, and is written down."""
POST_QUANTUM = ("mlkem768x25519-sha256", "sntrup761x25519-sha512", "sntrup761x25519-sha512@openssh.com")
"""Ways to agree on keys that hold against quantum computers, too, the best first."""


def _make_limit_rule(keyword: str, wish: str) -> Callable[[Facts, Facts], list[tuple[str, str]]]:
    """Return a number of which less is stricter, and 0 is no limit."""

    def settings(now: Facts, targets: Facts) -> list[tuple[str, str]]:
        present, limit = now[keyword.lower()], targets[wish]
        return [(keyword, str(min(present, limit) if present > 0 else limit))]

    return settings


def _make_fixed_rule(*pairs: tuple[str, str]) -> Callable[[Facts, Facts], list[tuple[str, str]]]:
    """Return settings of which one value is the strictest that there is."""
    return lambda now, targets: list(pairs)


def _no_root(now: Facts, targets: Facts) -> list[tuple[str, str]]:
    present = now["permitrootlogin"]
    return [("PermitRootLogin", present if present == "forced-commands-only" else "no")]


def _root_login(now: Facts, targets: Facts) -> list[tuple[str, str]]:
    strict = ("no", "forced-commands-only")
    present = now["permitrootlogin"]
    return [("PermitRootLogin", present if present in strict else targets["permit_root_login"])]


def _startups(now: Facts, targets: Facts) -> list[tuple[str, str]]:
    start, rate, full = now["maxstartups"]
    first, percent, last = targets["max_startups"]
    return [("MaxStartups", f"{min(start, first)}:{max(rate, percent)}:{min(full, last)}")]


def _alive(now: Facts, targets: Facts) -> list[tuple[str, str]]:
    interval, count = now["clientaliveinterval"], now["clientalivecountmax"]
    most = targets["client_alive_interval"] * targets["client_alive_count_max"]
    if not 0 < interval * count <= most:
        interval, count = targets["client_alive_interval"], targets["client_alive_count_max"]
    pairs = [("ClientAliveInterval", str(interval)), ("ClientAliveCountMax", str(count))]
    return [*pairs, ("TCPKeepAlive", "no")]


def _log_level(now: Facts, targets: Facts) -> list[tuple[str, str]]:
    return [("LogLevel", targets["log_level"])]


def _as_it_is(now: Facts, targets: Facts) -> list[tuple[str, str]]:
    return [(keyword, now[keyword.lower()]) for keyword, right in RIGHT.items() if now[keyword.lower()] in right]


def _banner(now: Facts, targets: Facts) -> list[tuple[str, str]]:
    return [("Banner", now["banner"] if now["banner"] != "none" else BANNER)]


def _make_list_rule(keyword: str, defaults: Facts) -> Callable[[Facts, Facts], list[tuple[str, str]]]:
    """Return the list in force without its weak members; sshd's own list by pattern where nobody narrowed it."""

    def settings(now: Facts, targets: Facts) -> list[tuple[str, str]]:
        name = keyword.lower()
        strong_members = [member for member in now[name] if not _weak(name, member)]
        if name == "kexalgorithms" and strong_members and not set(strong_members).intersection(POST_QUANTUM):
            strong_members = [method for method in POST_QUANTUM if method in defaults[name]] + strong_members
        ours = {member for member in defaults[name] if not _weak(name, member)}
        if not strong_members or ours <= set(strong_members):
            return [(keyword, "-" + ",".join(WEAK[name]))]
        return [(keyword, ",".join(strong_members))]

    return settings


def _make_host_key_rule(facts: Facts) -> Callable[[Facts, Facts], list[tuple[str, str]]]:
    """Make the rule as for other lists, where a key is left that clients can be shown."""
    if not set(facts["host_key_types"]).intersection(("ssh-ed25519", "ssh-rsa")):
        return lambda now, targets: []
    return _make_list_rule("HostKeyAlgorithms", facts["defaults"])


def _weak(name: str, member: str) -> bool:
    return any(_fits(pattern, member) for pattern in WEAK[name])


def _fits(pattern: str, member: str) -> bool:
    inner = pattern.strip("*")
    if pattern.startswith("*"):
        return inner in member if pattern.endswith("*") else member.endswith(inner)
    return member.startswith(inner) if pattern.endswith("*") else member == inner


def _rules(facts: Facts) -> dict[str, Callable[[Facts, Facts], list[tuple[str, str]]]]:
    """Return control to what it sets, the stricter before the laxer of two for one keyword: sshd takes the first."""
    defaults = facts["defaults"]
    return {
        "ssh.root_direct": _no_root,
        "ssh.root_login": _root_login,
        "ssh.password_auth": _make_fixed_rule(("PasswordAuthentication", "no"), ("KbdInteractiveAuthentication", "no")),
        "ssh.empty_passwords": _make_fixed_rule(("PermitEmptyPasswords", "no")),
        "ssh.max_auth_tries": _make_limit_rule("MaxAuthTries", "max_auth_tries"),
        "ssh.login_grace": _make_limit_rule("LoginGraceTime", "login_grace"),
        "ssh.max_startups": _startups,
        "ssh.client_alive": _alive,
        "ssh.x11_forwarding": _make_fixed_rule(("X11Forwarding", "no")),
        "ssh.agent_forwarding": _make_fixed_rule(("AllowAgentForwarding", "no")),
        "ssh.tcp_forwarding": _make_fixed_rule(("AllowTcpForwarding", "no")),
        "ssh.ciphers": _make_list_rule("Ciphers", defaults),
        "ssh.kex": _make_list_rule("KexAlgorithms", defaults),
        "ssh.host_key_algorithms": _make_host_key_rule(facts),
        "ssh.macs": _make_list_rule("MACs", defaults),
        "ssh.log_sessions": _make_fixed_rule(("LogLevel", "VERBOSE")),
        "ssh.log_level": _log_level,
        "ssh.banner": _banner,
        "ssh.version_shown": _make_fixed_rule(("DebianBanner", "no")),
        "ssh.user_environment": _make_fixed_rule(("PermitUserEnvironment", "no")),
        "ssh.host_based": _make_fixed_rule(("HostbasedAuthentication", "no"), ("IgnoreRhosts", "yes")),
        "ssh.strict_modes": _make_fixed_rule(("StrictModes", "yes")),
        WRITTEN_DOWN: _as_it_is,
    }


def settings(facts: Facts, enforce: Mapping[str, Any], targets: Facts) -> list[Setting]:
    """Return ``{control, keyword, value}`` of the general part, for the controls in force.

    A keyword's first value is its only one.
    """
    values: dict[str, str] = {}
    return [
        {"control": control, "keyword": keyword, "value": values.setdefault(keyword, value)}
        for control, rule in _rules(facts).items()
        if control in enforce
        for keyword, value in rule(facts["theirs"], targets)
        if control != WRITTEN_DOWN or keyword not in values
    ]


def _is_no(value: str, limit: str) -> bool:
    return value == "no"


def _within(value: str, limit: str) -> bool:
    return 0 < _seconds(value) <= _seconds(limit)


def _seconds(value: str) -> int:
    """Return '10m' or '300' as a whole number; 0 for anything else."""
    number, unit = (value[:-1], value[-1]) if value[-1:] in SECONDS else (value, "s")
    return int(number) * SECONDS[unit] if number.isdigit() else 0


SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
IN_MATCH: tuple[tuple[str, str, Callable[[str, str], bool]], ...] = (
    ("ssh.root_direct", "PermitRootLogin", lambda value, limit: value in ("no", "forced-commands-only")),
    ("ssh.root_login", "PermitRootLogin", lambda value, limit: value != "yes"),
    ("ssh.password_auth", "PasswordAuthentication", _is_no),
    ("ssh.password_auth", "KbdInteractiveAuthentication", _is_no),
    ("ssh.empty_passwords", "PermitEmptyPasswords", _is_no),
    ("ssh.max_auth_tries", "MaxAuthTries", _within),
    ("ssh.client_alive", "ClientAliveInterval", _within),
    ("ssh.client_alive", "ClientAliveCountMax", _within),
    ("ssh.x11_forwarding", "X11Forwarding", _is_no),
    ("ssh.agent_forwarding", "AllowAgentForwarding", _is_no),
    ("ssh.tcp_forwarding", "AllowTcpForwarding", _is_no),
    ("ssh.log_sessions", "LogLevel", lambda value, limit: value == "verbose"),
    ("ssh.log_level", "LogLevel", lambda value, limit: value in ("info", "verbose")),
    ("ssh.host_based", "HostbasedAuthentication", _is_no),
)
"""Controls of what a Match block may change.

Each with the keyword, and whether a value may stay beside the general one.
"""


def blocks(facts: Facts, enforce: Mapping[str, Any], targets: Facts) -> list[dict[str, Any]]:
    """Match blocks to put before those of other files that undo a control in force, with the same criteria.

    sshd takes the first Match block's value, so the same criteria earlier on close the exception and touch
    nobody else.
    """
    general = {entry["keyword"]: entry["value"] for entry in settings(facts, enforce, targets)}
    lines_by_criteria: dict[str, list[Setting]] = {}
    overrides = [
        (line, control, keyword, may_stay)
        for line in facts["matches"]
        for control, keyword, may_stay in IN_MATCH
        if control in enforce and line["keyword"] == keyword.lower()
    ]
    for line, control, keyword, may_stay in overrides:
        if may_stay(line["value"].lower(), general[keyword]):
            continue
        lines = lines_by_criteria.setdefault(" ".join(line["criteria"].split()), [])
        if keyword not in {entry["keyword"] for entry in lines}:
            lines.append({"control": control, "keyword": keyword, "value": general[keyword]})
    return [{"criteria": criteria, "settings": lines} for criteria, lines in sorted(lines_by_criteria.items())]


class FilterModule:
    """Found by Ansible in any play that uses the role."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Filter names to functions."""
        return {"ssh_settings": settings, "ssh_blocks": blocks}
