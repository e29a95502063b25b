"""The format in which a web server writes its access log, as a pattern that finds the parts of a line. Pure.

Each part ends where the text after it begins, so that a line takes time that grows with its length, whoever wrote what
into it.
"""

import re

COMBINED_FORMAT = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'
)
"""nginx's own."""
NICKNAMES = {
    "common": '%h %l %u %t "%r" %>s %b',
    "combined": '%h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"',
    "vhost_combined": '%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"',
}
"""Apache's, as Debian installs them."""
PARTS = ("address", "host", "method", "uri", "request", "status", "bytes", "referrer", "agent")
REQUIRED_PARTS = ("status", "agent")
_NGINX = {
    "remote_addr": "address",
    "host": "host",
    "http_host": "host",
    "server_name": "host",
    "request_method": "method",
    "request_uri": "uri",
    "request": "request",
    "status": "status",
    "body_bytes_sent": "bytes",
    "bytes_sent": "bytes",
    "http_referer": "referrer",
    "http_user_agent": "agent",
}
_APACHE = {
    "h": "address",
    "a": "address",
    "v": "host",
    "V": "host",
    "{host}i": "host",
    "m": "method",
    "U%q": "uri",
    "r": "request",
    "s": "status",
    "b": "bytes",
    "B": "bytes",
    "O": "bytes",
    "{referer}i": "referrer",
    "{user-agent}i": "agent",
}
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_DIRECTIVE = re.compile(r"%%|%[!0-9,<>]*(U%q|(?:\{[^}]*\})?[a-zA-Z]|\^\w\w)")
MAX_FORMAT = 4_000


def compile_nginx_log_format(text=COMBINED_FORMAT):
    """Return the pattern of a ``log_format``; None for one in which requests cannot be told apart."""
    parts, at = [], 0
    for match in _VARIABLE.finditer(text[:MAX_FORMAT]):
        parts += [(None, text[at : match.start()]), (_NGINX.get(match.group(1) or match.group(2), ""), None)]
        at = match.end()
    return _compile_log_format_parts([*parts, (None, text[at:MAX_FORMAT])])


def compile_apache_log_format(text):
    """Return the pattern of a ``LogFormat``; None for one in which requests cannot be told apart."""
    parts, at = [], 0
    for match in _DIRECTIVE.finditer(text[:MAX_FORMAT]):
        parts.append((None, text[at : match.start()]))
        at = match.end()
        name = match.group(1)
        if name is None:
            parts.append((None, "%"))
        elif name == "t":
            parts += [(None, "["), ("", None), (None, "]")]
        else:
            parts.append((_APACHE.get(name.lower() if name[0] == "{" else name, ""), None))
    return _compile_log_format_parts([*parts, (None, text[at:MAX_FORMAT])])


def _compile_log_format_parts(parts):
    """Compile ``(name of a part or an empty text, None)`` and ``(None, text)``, in their order."""
    segments = []
    for name, text in parts:
        if name is None and not text:
            continue
        if segments and name is not None and segments[-1][0] is not None:
            return None
        if segments and name is None and segments[-1][0] is None:
            segments[-1] = (None, segments[-1][1] + text)
        else:
            segments.append((name, text))
    expression, group_names = "^", set()
    for (name, text), (_, after) in zip(segments, [*segments[1:], (None, "\n")]):
        if name is None:
            expression += re.escape(text)
            continue
        group = "?P<%s>" % name if name and name not in group_names else "?:"
        group_names.add(name)
        expression += "(%s%s)" % (group, _make_pattern_excluding_char(after[0]))
    is_usable = all(name in group_names for name in REQUIRED_PARTS) and (
        "request" in group_names or {"method", "uri"} <= group_names
    )
    return re.compile(expression.encode("utf-8", "surrogateescape"), re.MULTILINE) if is_usable else None


def _make_pattern_excluding_char(char):
    """Return what has no such character in it, but for one behind a backslash where that is how quotes are written."""
    if char == '"':
        return r'[^"\\\n]*(?:\\.[^"\\\n]*)*'
    return r"[^\n]*" if char == "\n" else r"[^%s\n]*" % re.escape(char)
