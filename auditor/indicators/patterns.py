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


def extract_values_of_stix_pattern(pattern: str) -> tuple[str, ...] | None:
    """Return the values of which a pattern is met by any one: comparisons for equality, joined by OR.

    None: it asks for something else.
    """
    if len(pattern) > MAX_LENGTH:
        return None
    literals: list[str] = []
    at, depth = 0, 0
    text = pattern.strip()
    while at < len(text):
        if depth == 0:
            if text[at] != "[":
                return None
            depth, at = 1, at + 1
        term = _TERM.match(text, at)
        if (
            term is None
            or _normalize_stix_object_path(term[1]) not in _PATHS
            or not _is_comparison_supported_for_path(term[1], term[2])
        ):
            return None
        literals.append(re.sub(r"\\(.)", r"\1", term[3]))
        at = term.end()
        if text[at : at + 3] == "OR ":
            at += 3
        elif text[at : at + 1] == "]":
            depth, at = 0, at + 1
            rest = text[at:].lstrip()
            if not rest:
                return tuple(literals)
            if not rest.startswith("OR"):
                return None
            at = len(text) - len(rest[2:].lstrip())
        else:
            return None
    return None


def _normalize_stix_object_path(path: str) -> str:
    """Return ``file:hashes.'SHA-256'`` and ``file:hashes.MD5`` as they are compared."""
    return re.sub(r"['\"-]", "", path).lower() if path.startswith("file:") else path


def _is_comparison_supported_for_path(path: str, operator: str) -> bool:
    return operator == "=" or path in ("ipv4-addr:value", "ipv6-addr:value")


def build_stix_pattern_of_value(kind: str, text: str) -> str:
    """Return the pattern that asks for a value."""
    escaped_text = text.replace("\\", "\\\\").replace("'", "\\'")
    version = "ipv6-addr" if ":" in text else "ipv4-addr"
    match kind:
        case "address":
            return f"[{version}:value = '{escaped_text}']"
        case "network":
            return f"[{version}:value ISSUBSET '{escaped_text}']"
        case "domain":
            return f"[domain-name:value = '{escaped_text}']"
        case "url":
            return f"[url:value = '{escaped_text}']"
    name = {"md5": "MD5", "sha1": "'SHA-1'", "sha256": "'SHA-256'"}[kind]
    return f"[file:hashes.{name} = '{escaped_text}']"
