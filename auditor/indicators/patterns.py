"""STIX patterns that ask for values exactly. What asks for more is no such pattern, and is kept as it is. Pure."""

from __future__ import annotations

import re

MAX_LENGTH = 20_000
_PATHS = {
    "ipv4-addr:value",
    "ipv6-addr:value",
    "domain-name:value",
    "url:value",
    "file:hashes.md5",
    "file:hashes.sha1",
    "file:hashes.sha256",
}
_TERM = re.compile(r"\s*([a-z0-9-]+:[A-Za-z0-9_.'\"-]+)\s*(=|ISSUBSET)\s*'((?:[^'\\]|\\['\\])*)'\s*")


def values(pattern: str) -> tuple[str, ...] | None:
    """The values of which a pattern is met by any one: comparisons for equality, joined by OR. None: it asks for something else."""
    if len(pattern) > MAX_LENGTH:
        return None
    found: list[str] = []
    at, depth = 0, 0
    text = pattern.strip()
    while at < len(text):
        if depth == 0:
            if text[at] != "[":
                return None
            depth, at = 1, at + 1
        term = _TERM.match(text, at)
        if term is None or _path(term[1]) not in _PATHS or not _fits(term[1], term[2]):
            return None
        found.append(re.sub(r"\\(.)", r"\1", term[3]))
        at = term.end()
        if text[at : at + 3] == "OR ":
            at += 3
        elif text[at : at + 1] == "]":
            depth, at = 0, at + 1
            rest = text[at:].lstrip()
            if not rest:
                return tuple(found)
            if not rest.startswith("OR"):
                return None
            at = len(text) - len(rest[2:].lstrip())
        else:
            return None
    return None


def _path(written: str) -> str:
    """``file:hashes.'SHA-256'`` and ``file:hashes.MD5`` as they are compared."""
    return re.sub(r"['\"-]", "", written).lower() if written.startswith("file:") else written


def _fits(path: str, operator: str) -> bool:
    return operator == "=" or path in ("ipv4-addr:value", "ipv6-addr:value")


def of_value(kind: str, text: str) -> str:
    """The pattern that asks for a value."""
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    version = "ipv6-addr" if ":" in text else "ipv4-addr"
    match kind:
        case "address":
            return f"[{version}:value = '{quoted}']"
        case "network":
            return f"[{version}:value ISSUBSET '{quoted}']"
        case "domain":
            return f"[domain-name:value = '{quoted}']"
        case "url":
            return f"[url:value = '{quoted}']"
    name = {"md5": "MD5", "sha1": "'SHA-1'", "sha256": "'SHA-256'"}[kind]
    return f"[file:hashes.{name} = '{quoted}']"
