"""Secrets over several lines: keys, here-documents, block scalars, values and arguments on the lines below. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from auditor.text.secret_names import (
    NAME,
    SOUNDS,
    SPACED_NAME,
    SecretKind,
    classify_name,
    has_none_of_words_in_text,
    is_word_like_generated_secret,
)

Span = tuple[int, int]
"""Where a secret begins and ends, in characters."""

_LONG = 20
"""Lines after which quotes that never close are taken for a stray one."""
_KEY_LINE = 60
"""Characters; the lines of keys are longer."""
_INDENT = re.compile(r"[+ -]?([ \t]*+)(?:- )?")
_KEY_BEGINS = re.compile(
    r"(?i)-----BEGIN [A-Z0-9 ]{0,40}(?:PRIVATE|STATIC) KEY[A-Z0-9 ]{0,20}-----|^[+ -]?Private-Lines: "
)
_ENCODED_LINE = re.compile(r"([+ -]?[ \t>|.]*+['\"`]?)[A-Za-z0-9+/]++={0,2}(?:\\[nr]){0,2}['\"`]?[ \t.+,;\\]*+\r?\Z")
_BETWEEN = re.compile(r"[+ -]?[ \t]*+(?:(?:Proc-Type|DEK-Info|Comment|Version|Private-MAC): .{0,200})?\r?\Z")
"""Headers of a key, and the empty line after them."""
_HEREDOC = re.compile(r"<<[-<]?[ \t]*+[\\'\"]?([A-Za-z_]\w{0,40})")
_SECRET_INPUT = re.compile(r"\b(?:chpasswd|passwd|cryptsetup|htpasswd|smbpasswd|newusers)\b")
_TAIL = re.compile(
    rf"({NAME})(['\"`]?\]?[ \t]*+(=>|:=|[:=]++|>|,)|['\"`]?\Z)[ \t]*+"
    r"([|>][+-]?\d?|'''|\"\"\"|['\"]\\?|\\|\$\(cat[ \t]++|)[ \t]*+(?:<<[-<]?[ "
    r"\t]*+[\\'\"]?[A-Za-z_]\w{0,40}['\"]?)?[ \t\r]*+\Z"
)
_SETTING_LINE = re.compile(r"(?:['\"]?[\w.-]{1,100}['\"]?[ \t]*+(?:=>|[:=])(?:\s|=|\Z)|[\w.-]{1,100}=|[#;<\[{}@(])")
_UNCLOSED_QUOTE = re.compile(rf"({NAME})['\"`]?\]?[ \t]*+(?:=>|:=|[:=])[ \t]*+(?:'[^']*+|\"(?:[^\"\\]|\\.)*+)\Z")
_CALL = re.compile(
    r"(?i)\b(?:mysqli?_\w{0,5}connect|new[ \t]++\\?(?:mysqli|pdo)|pg_connect|ftp_login|ldap_bind)[ \t]*+\([^)]{0,400}\Z"
)
_OF_KEYS = ("-----begin ", "private-lines: ")
_OF_CALLS = ("connect", "mysqli", "pdo", "ftp_login", "ldap_bind")
"""What stands in whatever the pattern for each finds."""
_TAIL_LENGTH = 200
_PAM_RULE = re.compile(
    r"(?:\[[a-z0-9_= \t]{1,200}\]|required|requisite|sufficient|optional)[ \t]++pam_[a-z0-9_]{1,40}\.so"
    r"(?:[ \t]++(?:use_authtok|use_first_pass|try_first_pass|obscure|yescrypt|sha512|enforce_for_root"
    r"|\w{1,30}=\d{1,4}))*+[ \t\r]*+\Z"
)
"""A line of PAM's below ``Password:``, with nothing but words that are known."""


_ALONE = re.compile(r"['\"`]?[^\s'\"`:\[\]{}<>]{4,300}['\"`]?\Z")
"""A word alone on its line."""
_SIGNS = (None, ":", "=", ":=")
"""What stands between a name and a value on the line below."""


def _classify_secret_name_at_line_end(line: str, name_at_end: re.Match[str]) -> SecretKind | None:
    """Return what the name at the end of a line says of what stands on the lines below."""
    name_kind = classify_name(name_at_end[1])
    is_spaced = name_kind is None and name_at_end[3] in _SIGNS and SPACED_NAME.search(line[-_TAIL_LENGTH:])
    return SecretKind.SECRET if is_spaced else name_kind


def _classify_secret_name_for_next_line(
    line: str, name_at_end: re.Match[str], name_kind: SecretKind
) -> SecretKind | None:
    """Return how a word alone on the next line is looked at; without a sign the name has to be alone on its line."""
    if name_at_end[4] or name_at_end[3] not in _SIGNS:
        return None
    if name_at_end[3] is not None:
        return SecretKind.SECRET if name_kind is SecretKind.SECRET else SecretKind.LIKELY
    alone = SPACED_NAME.sub("x", line) if name_kind is SecretKind.SECRET else line
    return SecretKind.LIKELY if len(alone.split()) == 1 else None


def _is_line_value_of_name_above(text: str, name_kind: SecretKind) -> bool:
    """Return whether a line is the value of the name on the line above: one word, and no setting of its own."""
    if _ALONE.match(text) is None or _SETTING_LINE.match(text) is not None:
        return False
    return name_kind is SecretKind.SECRET or is_word_like_generated_secret(text.strip("'\"`"))


@dataclass
class SecretBlocks:
    """The state that the lines so far leave for the next one: its block, and where that ends."""

    _in_key: bool = False
    _until: str | None = None
    """What ends a block, of which every line is a secret; a word ends it alone on its line."""
    _lines_left: int = 0
    """How many lines such a block may still have."""
    _deeper_than: int | None = None
    """Lines that are indented further are secrets."""
    _scalar: bool = False
    """Whether they are so whatever they look like."""
    _next: bool = False
    """Whether the line below is one."""
    _own_line: SecretKind | None = None
    """Whether a word alone on the next line is a value: SECRET, whatever it is; LIKELY, if it looks like a secret."""
    _call: int = 0
    """How many more lines may hold arguments of a call."""

    def match_secret_continued_from_above(self, line: str) -> Span | None:
        """Return the secret that the line is as a part of what began above; None: the line is to be read by itself."""
        if line.startswith("@@ "):
            self.__init__()  # type: ignore[misc]
            return None
        indent = _INDENT.match(line)
        begin = indent.end() if indent else 0
        end = len(line.rstrip(" \t\r,;"))
        own, self._own_line = self._own_line, self._own_line if end <= begin else None
        span = self._match_private_key_line(line) or self._match_line_of_open_block(line, begin, end)
        if span is None and end > begin:
            span = self._match_value_on_line_after_name(line, begin, end, len(indent[1]) if indent else 0)
        if span is None and own is not None and end > begin and _is_line_value_of_name_above(line[begin:end], own):
            return self._strip_quotes_from_span(line, begin, end)
        return span

    def read(self, line: str) -> None:
        """Learn what a line that is not part of anything begins."""
        tail = line.rstrip()[-_TAIL_LENGTH:]
        begins = None if has_none_of_words_in_text(line, _OF_KEYS) else _KEY_BEGINS.search(line)
        if begins is not None:
            self._in_key = "-----END " not in line[begins.end() :]
        heredoc = _HEREDOC.search(line)
        ordinary = has_none_of_words_in_text(line, SOUNDS)
        open_ = None if ordinary else _TAIL.search(tail)
        name_kind = _classify_secret_name_at_line_end(line, open_) if open_ is not None else None
        secret = name_kind is not None and name_kind is not SecretKind.LIKELY
        if heredoc is not None and (_SECRET_INPUT.search(line) or secret):
            self._until, self._lines_left = heredoc[1], 10_000
        elif open_ is not None and name_kind is not None:
            if secret:
                self._open_block_after_name_at_line_end(line, open_)
            self._own_line = _classify_secret_name_for_next_line(line, open_, name_kind)
        elif (
            not ordinary
            and (quote_match := _UNCLOSED_QUOTE.search(line[:1000]))
            and classify_name(quote_match[1]) is not None
        ):
            quote = next(char for char in line[quote_match.end(1) + 1 :] if char in "'\"")
            self._until, self._lines_left = quote, _LONG
        elif not has_none_of_words_in_text(tail, _OF_CALLS) and _CALL.search(tail):
            self._call = 10

    def _open_block_after_name_at_line_end(self, line: str, name_at_end: re.Match[str]) -> None:
        indent = _INDENT.match(line)
        sign, opener = name_at_end[3], name_at_end[4]
        if opener in ("'''", '"""'):
            self._until, self._lines_left = opener, 10_000
        elif opener[:1] in ("'", '"') or opener == "\\" or sign in ("=>", ",", ">"):
            self._next = True
        elif sign is not None or line.strip("+- \t\r").lower() in ("password", "passwd"):
            self._deeper_than = len(indent[1]) if indent else 0
            self._scalar = opener[:1] in ("|", ">") and opener != ""

    def _match_private_key_line(self, line: str) -> Span | None:
        match = _ENCODED_LINE.match(line) if self._in_key or len(line) > _KEY_LINE else None
        if match is not None:
            self._in_key = True
            return match.end(1), len(line.rstrip())
        self._in_key = self._in_key and _BETWEEN.match(line) is not None
        return None

    def _match_line_of_open_block(self, line: str, begin: int, end: int) -> Span | None:
        if self._until is None:
            return None
        self._lines_left -= 1
        words = self._until[0].isalpha() or self._until[0] == "_"
        is_closed = line[begin:end].rstrip(");") == self._until if words else self._until in line
        if not is_closed and self._lines_left > 0:
            return (begin, max(begin, end)) if end > begin else (begin, begin)
        until, self._until = self._until, None
        return None if words else (begin, max(begin, line.find(until, begin)))

    def _match_value_on_line_after_name(self, line: str, begin: int, end: int, indent: int) -> Span | None:
        if self._call:
            self._call = 0 if ")" in line else self._call - 1
            quoted_match = re.match(r"['\"]([^'\"]*+)", line[begin:])
            return (begin + quoted_match.start(1), begin + quoted_match.end(1)) if quoted_match else None
        setting = _SETTING_LINE.match(line, begin) is not None
        if self._next:
            self._next = False
            return None if setting else self._strip_quotes_from_span(line, begin, end)
        if self._deeper_than is None or _PAM_RULE.match(line, begin):
            return None
        is_list_item = line[:begin].endswith("- ") and indent >= self._deeper_than
        quoted_value = line[begin] in "'\"" and not setting
        if (indent > self._deeper_than or is_list_item or quoted_value) and (self._scalar or not setting):
            return self._strip_quotes_from_span(line, begin, end)
        self._deeper_than, self._scalar = None, False
        return None

    @staticmethod
    def _strip_quotes_from_span(line: str, begin: int, end: int) -> Span:
        """Return the span without quotes around it."""
        end = len(line[:end].rstrip(")"))
        if line[begin] in "'\"`":
            return begin + 1, max(begin + 1, end - (line[end - 1] == line[begin]))
        return begin, end
