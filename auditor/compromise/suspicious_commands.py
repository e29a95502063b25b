"""What a command, a script or a path says of whoever wrote it. Pure, in time that grows with the text alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from auditor.models.reviews import Certainty
from auditor.text.redact import redact_secrets_in_text

MAX_LINE = 4_000
SAMPLE = 160
_SHELL = r"(?:(?:ba|da|k|z)?sh|python[\d.]{0,4}|perl|php[\d.]{0,4}|ruby)\b"
_PIPE_TO_SHELL = r"[^\n]{0,600}\|\s{0,9}(?:sudo\s{1,9}(?:-\S{1,20}\s{1,9}){0,3})?(?:\S{1,60}/)?" + _SHELL
_EXACT: Mapping[str, str] = {
    "connects_back": r"/dev/(?:tcp|udp)/[\w.$\{\}-]{1,100}/"
    r"|\b(?:nc|ncat|netcat)(?:\.\w{1,15})?\s[^\n|;]{0,200}\s?-\w{0,5}[ec]\s{0,3}\S{0,20}sh\b"
    r"|\bsocat\b[^\n]{0,300}\b(?:exec|system):"
    r"|\bmkfifo\b[^\n]{0,300}\b(?:nc|ncat|netcat|telnet|openssl)\b"
    r"|\bsocket\b[^\n]{0,400}\b(?:dup2|subprocess|pty\.spawn|STDIN)\b"
    r"|\bfsockopen\b[^\n]{0,300}\b(?:exec|proc_open|system|sh)\b",
    "runs_decoded": r"\b(?:base64|base32|basenc|uudecode|xxd|openssl\s{1,3}(?:enc|base64))\b"
    + _PIPE_TO_SHELL
    + r"|\b(?:ba|da|k|z)?sh\s{1,9}(?:-\w{1,9}\s{1,9}){0,3}[\"']?(?:<\(|\$\(|`)[^\n]{0,600}\b(?:base64|base32|xxd)\b"
    r"|\beval\s{1,9}[\"']?(?:\$\(|`)[^\n]{0,600}\b(?:base64|base32|xxd)\b"
    r"|\b(?:exec|eval)\s{0,3}\(\s{0,3}[^\n]{0,200}(?:b64decode|base64_decode|decode_base64|codecs\.decode|fromhex)\b"
    r"|\b(?:python[\d.]{0,4}|perl|php[\d.]{0,4})\s[^\n]{0,200}(?:b64decode|base64_decode"
    r"|decode_base64)[^\n]{0,600}\b(?:exec|eval|system)\b",
}
_STRONG: Mapping[str, str] = {
    "runs_fetched": r"\b(?:curl|wget|fetch|lwp-download)\b"
    + _PIPE_TO_SHELL
    + r"|\b(?:ba|da|k|z)?sh\s{1,9}(?:-\w{1,9}\s{1,9}){0,3}[\"']?(?:<\(|\$\(|`)\s{0,9}(?:curl|wget|fetch)\b"
    r"|\beval\s{1,9}[\"']?(?:\$\(|`)\s{0,9}(?:curl|wget|fetch)\b"
    r"|\b(?:curl|wget)\b(?:[^\n;&]|&(?!&)){0,400}(?:&&|;)[^\n]{0,400}\bchmod\b[^\n]{0,200}(?:&&|;)",
    "adds_key": r"(?:>|\btee\b|\bsed\b)[^\n]{0,200}authorized_keys",
    "sets_setuid": r"\bchmod\s{1,5}(?:-\w{1,5}\s{1,5})?(?:[ua]{0,2}\+[rwxXt]{0,5}s|0?[4-7][0-7]{3})\s",
    "adds_account": r"\b(?:useradd|adduser|usermod)\b[^\n]{0,200}(?:\s-\w{0,6}o\w{0,6}\s|--non-unique|\s-u\s{0,3}0\b"
    r"|\s(?:-aG|-G|--groups)\s{0,3}\S{0,60}sudo)"
    r"|>>\s{0,5}/etc/(?:passwd|shadow|sudoers)\b",
    "preloads": r"\bLD_(?:PRELOAD|AUDIT)\s{0,3}=\s{0,3}[\"']?/",
    "hides_itself": r"\bexec\s{1,5}-a\s{1,5}[\"']?\[",
    "shadows_command": r"^\s{0,20}(?:alias\s{1,5}(?:sudo|su|passwd)=(?![\"']?(?:/usr/bin/|/bin/)?(?:sudo|su|passwd)\b)"
    r"|(?:function\s{1,5})?(?:sudo|su|passwd)\s{0,3}\(\))",
}
_SQL: Mapping[str, str] = {
    "writes_from_sql": r"(?i)\binto\s{1,9}(?:out|dump)file\b|\bsys_(?:exec|eval)\s{0,3}\(",
    "grants_from_sql": r"(?i)\b(?:insert\s{1,9}(?:ignore\s{1,9})?into|update"
    r"|replace\s{1,9}into)\s{1,9}\S{0,80}(?:_users|_usermeta|_authors|user_usergroup_map)\b"
    r"|\b(?:grant\s{1,9}all|create\s{1,9}user|alter\s{1,9}user)\b",
}


def _compile_patterns(
    level: Certainty, patterns: Mapping[str, str]
) -> tuple[tuple[str, Certainty, re.Pattern[str]], ...]:
    return tuple((name, level, re.compile(pattern)) for name, pattern in patterns.items())


_OF_SHELL = (*_compile_patterns("exact", _EXACT), *_compile_patterns("strong", _STRONG))
_OF_SQL = _compile_patterns("strong", _SQL)
_TEMPORARY = re.compile(r"/(?:tmp|var/tmp|dev/shm|dev/mqueue|run/lock|run/user|run/shm)(?:/|$)")
_HIDDEN_PATH = re.compile(
    r"/(?:usr|var|etc|lib|bin|sbin|opt|dev|boot|media|mnt|srv)/(?:[^\n]{0,400}/)?\.[^/\n]{1,200}(?:/|$)|/\.\.\.|/\. |/ "
)
_KNOWN_HIDDEN = re.compile(
    r"/\.(?:well-known|git|composer|npm|cache|local|config|venv|pyenv|nvm|rbenv|cargo|acme\.sh|ssh|placeholder"
    r"|updated)(?:/|$)"
)
_UPLOAD_PATH = re.compile(r"(?i)/(?:wp-content/uploads|uploads?|cache)/")


@dataclass(frozen=True)
class CommandSign:
    """One thing that a text says."""

    rule: str
    certainty: Certainty
    """``exact``: nothing but an intruder writes that; ``strong``: hardly anybody else does."""
    sample: str


def find_signs_in_command_text(text: str, *, is_sql: bool = False) -> Iterator[CommandSign]:
    """Yield the signs in a command or in the lines of a script, or in code of a database.

    Each rule once, the surest first.
    """
    lines = [line[:MAX_LINE] for line in text.split("\n")]
    for rule, certainty, pattern in _OF_SQL if is_sql else _OF_SHELL:
        for line in lines:
            match = pattern.search(line)
            if match is not None:
                yield CommandSign(rule, certainty, _extract_redacted_sample_at_match(line, pattern))
                break


def _extract_redacted_sample_at_match(line: str, pattern: re.Pattern[str]) -> str:
    """Return what a line says about a sign.

    Secrets are taken out while it is whole, since half a one is no longer told for what it is.
    """
    safe_line = redact_secrets_in_text(line)
    match = pattern.search(safe_line)
    begin = max(0, match.start() - 20) if match is not None else 0
    return safe_line[begin : begin + SAMPLE]


def classify_odd_path(path: str) -> str | None:
    """Return why a path is no place for a program, or None: ``temporary``, ``hidden``, ``filled`` by visitors."""
    if _TEMPORARY.match(path):
        return "temporary"
    if _HIDDEN_PATH.search(path) and not _KNOWN_HIDDEN.search(path):
        return "hidden"
    return "filled" if _UPLOAD_PATH.search(path) else None
