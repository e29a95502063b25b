"""Text of settings files without the secrets in it. Pure, in time that grows with the text alone, whatever it holds.

A secret is what stands after a name such as ``DB_PASSWORD``: between quotes, or up to the end of the line. What only
sounds like it stays: ``PasswordAuthentication no``, ``password_lifetime = 90``, ``NOPASSWD: ALL``, ``proxy_pass http://…``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

HIDDEN = "•••"

_NAME = re.compile(r"[\w.-]+")
_SECRET = re.compile(
    r"(?i)(?:pass|passw(?:or)?d|passphrase|passcode|pwd|(?:root|bind|user|db|admin)pw|mat_?khau|secret|token|salt"
    r"|credentials?|authorization"
    r"|(?:auth|logged_in|nonce|api|app|access|secret|private|encryption|signing)[_-]?key)"
    r"[_-]?(?:\d++|old|new|test|dev|prod)?\Z"
)
"""How the name of a secret ends; among them WordPress' eight keys and salts."""
_NO_SECRET = re.compile(r"(?i)(?:no|by|com|first_|proxy|(?:proxy|fastcgi|uwsgi|scgi|grpc|memcached)_)pass(?:wd)?\Z")
_ABOUT_SECRETS = re.compile(r"(?i)passw(?:or)?d|passphrase|pwd|secret|token|(?:private|api)[_-]?key")
"""In a name that ends otherwise: a setting about secrets when its value is an ordinary one, else a secret."""
_ORDINARY = re.compile(
    r"(?i)(['\"]?)(?:-?\d{1,9}[a-z%]{0,2}|on|off|yes|no|true|false|none|null|default|low|medium|strong|/[\w./-]*+|)\1"
    r"[ \t;,]*+(?:#.*)?\Z"
)
_ACCOUNTS = re.compile(r"ALL\b|(?:(?:files|systemd|compat|sss|ldap|nis|db|winbind|\[[^]]*+\])[ \t\r]*+)++\Z")
"""What follows ``passwd:`` in nsswitch.conf and sudoers."""
_ASSIGNED = re.compile(r"['\"`]?\]?[ \t]*+(?:=>|:=|[=:]=*+|>)[ \t]*+|['\"`][ \t]*+,[ \t]*+")
_APART = re.compile(r"['\"`]?(?:[ \t]++\(?|\()[ \t]*+")
_QUOTED = re.compile(r"""'((?:[^'\\]|\\.|'')*+)|"((?:[^"\\]|\\.|"")*+)|`([^`]*+)""")
_LAST_WORD = re.compile(r"([^\s;]++);?[ \t\r]*+\Z")

_ANYWHERE = re.compile(
    r"(?P<kept>://[^\s/:@'\"]*+:)[^\s/'\"]+(?=@)"
    r"|(?P<scheme>\bhttps?://)[^\s/:@'\"]++(?=@)"
    r"|\$(?:[1567y]|2[abxy]?|gy|apr1|sha1|argon2\w{1,2})\$[^\s:'\"$]{1,40}\$[./\w$=,+-]{20,}"
    r"|\$[PHS]\$[./\w]{31,}"
    r"|\bgrub\.pbkdf2\.\S+"
)
"""What is a secret by its form: passwords in addresses, and hashes of passwords."""
_ENCODED = re.compile(r"([-+ ]?[ \t]*+)[A-Za-z0-9+/]++={0,2}\r?\Z")
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_KEY_LINE = 60
"""Characters; the lines of keys are longer."""


def redact(text: str) -> str:
    """The text with every value of what looks like a secret replaced."""
    return "\n".join(_without_keys(text.split("\n")))


def _without_keys(lines: list[str]) -> Iterator[str]:
    inside = False
    for line in lines:
        encoded = _ENCODED.match(line)
        inside = encoded is not None and (inside or len(line) > _KEY_LINE)
        yield f"{encoded[1]}{HIDDEN}" if inside and encoded else _without_values(_ANYWHERE.sub(_hide, line))
        inside = inside or _KEY_BEGINS.search(line) is not None


def _hide(found: re.Match[str]) -> str:
    return f"{found['kept'] or found['scheme'] or ''}{HIDDEN}"


def _without_values(line: str) -> str:
    shown, copied, at = [], 0, 0
    words: set[str] = set()
    while (name := _NAME.search(line, at)) is not None:
        start, at = _value(line, name, words) or (name.end(), name.end())
        if at > start:
            shown += [line[copied:start], HIDDEN]
            copied = at
        words.add(name[0].lower())
    return "".join([*shown, line[copied:]])


def _value(line: str, name: re.Match[str], before: set[str]) -> tuple[int, int] | None:
    """Where the secret of that name stands in the line; ``before`` are the words before it."""
    word = name[0].lower()
    apart = _APART.match(line, name.end())
    if word in ("by", "as", "using") and "identified" in before:
        return _quoted(line, apart.end()) if apart else None
    secret = _SECRET.search(word) is not None
    if _NO_SECRET.search(word) or not (secret or _ABOUT_SECRETS.search(word)):
        return None
    if assigned := _ASSIGNED.match(line, name.end()):
        begin = assigned.end()
        if (not secret and _ORDINARY.match(line, begin)) or (word == "passwd" and _ACCOUNTS.match(line, begin)):
            return None
        return _quoted(line, begin) or (begin, max(begin, len(line.rstrip())))
    if not secret or apart is None or line[max(0, name.start() - 1)] == "/":
        return None
    return _quoted(line, apart.end()) or _span(_LAST_WORD.match(line, apart.end()))


def _quoted(line: str, at: int) -> tuple[int, int] | None:
    return _span(_QUOTED.match(line, at))


def _span(found: re.Match[str] | None) -> tuple[int, int] | None:
    return None if found is None else found.span(found.lastindex or 0)
