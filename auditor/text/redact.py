"""Text without the secrets in it. Pure, in time that grows with the text alone, whatever it holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from auditor.text.secret_spans import find_secret_spans_in_text

REDACTION_MARK = "•••"
MAX_DATA = 20_000
"""Characters of data, of words alone none."""


def redact_secrets_in_text(text: str) -> str:
    """Return the text with every value of what looks like a secret replaced; its lines stay as many as they were."""
    parts, at = [], 0
    for start, end in find_secret_spans_in_text(text):
        parts += [text[at:start], REDACTION_MARK]
        at = end
    return "".join([*parts, text[at:]])


_SINGLE = re.compile(r"[^\s=:$@'\"]*+")
"""A word alone, which no name, program or sign makes a secret."""
_redact_cached = lru_cache(maxsize=4096)(redact_secrets_in_text)


def redact_secrets_in_json_data(value: Any) -> Any:
    """Return JSON data of a host, its texts without secrets; a ``path`` stays what it is, since fixes go by it.

    Of more than MAX_DATA characters the rest is hidden unread: what a host says costs no more than that.
    """
    return _redact_secrets_in_json_value(value, [MAX_DATA])


def _redact_secrets_in_json_value(value: Any, remaining_length: list[int]) -> Any:
    if isinstance(value, str):
        if _SINGLE.fullmatch(value):
            return value
        remaining_length[0] -= len(value)
        return _redact_cached(value) if remaining_length[0] >= 0 else REDACTION_MARK
    if isinstance(value, Mapping):
        return {
            key: member if key == "path" else _redact_secrets_in_json_value(member, remaining_length)
            for key, member in value.items()
        }
    if isinstance(value, list | tuple):
        return [_redact_secrets_in_json_value(member, remaining_length) for member in value]
    return value


_SECRET_FILES = re.compile(
    r"(?i)(?:/(?:g?shadow|opasswd|[gs]?passwd)-?|/wp-config[^/]*\.php|/config(?:uration|_global|-[^/]*|\.inc"
    r"|\.local)?\.php|/settings(?:\.local)?\.php"
    r"|/[^/]*\.env(?:\.[^/]*)?|/(?:\.?my|debian|client|\.mylogin)\.cnf|\.(?:key|pem|p12|pfx|jks|kdbx?|ppk|gpg|asc"
    r"|nmconnection|psk)"
    r"|/(?:id_\w+|ssh_host_\w+_key|\.htpasswd[^/]*|htpasswd[^/]*|\.pgpass|\.netrc|\.git-credentials|sasl_passwd"
    r"|passwd\.client|\.vault_pass[^/]*)"
    r"|/(?:ipsec|chap|pap)[.-]secrets|/wpa_supplicant[^/]*\.conf|/(?:rndc|tsig)[^/]*|/[^/]*(?:secret|credential"
    r"|password|mat_?khau|token)[^/]*"
    r"|/database\.(?:ya?ml|php)|/parameters\.ya?ml|/appsettings[^/]*\.json|/localsettings\.php|/users\.auth\.php|/"
    r"\.aws/[^/]+|/\.docker/config\.json)\Z"
    r"|/(?:private|\.ssh|\.gnupg|wireguard)/"
)


def is_path_of_file_with_secrets(path: str) -> bool:
    """Return whether a file of that name is one that secrets are kept in.

    The lines of it that nobody changed are not shown.
    """
    return _SECRET_FILES.search(path[-4096:]) is not None


def redact_secrets_in_unified_diff(diff: str, *paths: str, side_labels: Iterable[str] = ()) -> str:
    """Return a unified diff without secrets; of files that hold some, by any of the paths, only the lines that change.

    ``side_labels`` are the whole texts that it compares: what is a secret by what stands around it is one in the diff,
    too.
    """
    whole = {
        line: redacted_line
        for side in side_labels
        for line, redacted_line in zip(side.split("\n"), redact_secrets_in_text(side).split("\n"), strict=True)
        if line != redacted_line
    }
    redacted_diff = redact_secrets_in_text(
        "\n".join(line[:1] + whole.get(line[1:], line[1:]) for line in diff.split("\n"))
    )
    if not any(map(is_path_of_file_with_secrets, paths)):
        return redacted_diff
    return "\n".join(line for line in redacted_diff.split("\n") if line[:1] != " ")
