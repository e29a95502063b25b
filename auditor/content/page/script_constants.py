"""The texts that a script puts together out of constants, worked out without running it.

Variables, arrays and objects of constants; ``+``, templates, ``join``, ``reverse``, ``atob``, codes of characters and
codes that are shifted. Pure; in time that grows with the script, of which no more than ``MAX_CODE`` letters are read.
"""

from __future__ import annotations

import base64
import binascii
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

from auditor.content.page import script_ciphers
from auditor.content.page.script_ciphers import MAX_SOURCES, Constant

MAX_CODE = 40_000
UNKNOWN = "\ufffd"
"""Stands in a text for what is not known of it."""
_MAX_TEXTS, _MAX_TEXT, _MAX_ITEMS, _MAX_DEPTH, _SHORTEST = 300, 20_000, 5_000, 12, 5
_MAX_STEPS, _MAX_NUMBER = 40_000, 1 << 40
_WORTH_IT = re.compile(
    r"\.src\b|location|fetch|\.open\b|\bopen\(|import\s*\(|WebSocket|sendBeacon|write|innerHTML|insertAdjacent|append|\.href|\.ajax"
    r"|eval\b|atob|fromCharCode|Function\b|setAttribute|clipboard|execCommand|importScripts|\bload\("
)
_JOINS = re.compile(
    r"[\"'`](?:h\b|htt?p?\b|https?:|wss?:|//|/[\"'`])|[\"'`]<\w|\w\[\w+\[\w|reverse|replace\(\s*/|fromCharCode|atob|unescape|decodeURI|[\"'][a-z][\"']\s*[,\]+]"
)
"""Pieces of an address, or what makes some of codes."""
_TOKEN = re.compile(
    r"(?:\s|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/)?)++"
    r"|\"((?:[^\"\\\n]|\\.)*+)\"?|'((?:[^'\\\n]|\\.)*+)'?|`((?:[^`\\]|\\.)*+)`?"
    r"|(0[xX][0-9a-fA-F]{1,12}|\d[\d.]*+)|([A-Za-z_$][\w$]*+)|(=>|===?|!==?|[-+*/%^|&]=|\+\+|--|.)",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u\{?([0-9a-fA-F]{4,6})\}?|([nrtbfv0])|(.))", re.DOTALL)
_HOLE = re.compile(r"\$\{([^{}`]{0,400})\}")
_DECODERS: dict[str, Callable[[str], str]] = {
    "decodeURIComponent": unquote,
    "decodeURI": unquote,
    "unescape": unquote,
}
_NAMED = frozenset(("atob", "String", "window", "self", "globalThis"))
_NAMESPACES = frozenset(("window", "self", "globalThis", "top", "parent"))
_KINDS = ("", "text", "text", "template", "number", "name", "sign")
_BEGINS = frozenset(("text", "template"))


@dataclass(frozen=True)
class ConstantTexts:
    """The texts of a script that stand in no one place of it."""

    joined: tuple[str, ...] = ()
    """Put together of pieces that everybody can read."""
    decoded: tuple[str, ...] = ()
    """Put together of what nobody reads: codes, letters back to front, base64."""


type _Token = tuple[str, str]
"""Its kind, ``text``, ``template``, ``number``, ``name`` or ``sign``, and what it says."""


def read_constant_texts(code: str) -> ConstantTexts:
    """Return the texts that a script puts together, as far as that can be told without running it."""
    if len(code) > MAX_CODE or not _JOINS.search(code) or not _WORTH_IT.search(code):
        return ConstantTexts()
    reader = _Reader(list(_iter_tokens(code)))
    reader.read_all()
    reader.decoded.update(dict.fromkeys(script_ciphers.iter_ciphered_texts(code, reader.sources)))
    return ConstantTexts(tuple(reader.joined)[:_MAX_TEXTS], tuple(reader.decoded)[:_MAX_TEXTS])


def _iter_tokens(code: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(code):
        group = match.lastindex
        if group is None:
            continue
        value = match[group]
        if group <= 2:
            yield "text", _ESCAPE.sub(_read_escape, value) if "\\" in value else value
        else:
            yield _KINDS[group], value


def _read_escape(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    if code:
        number = int(code, 16)
        return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else ""
    return " " if match[3] else match[4]


_END: _Token = ("sign", "")


@dataclass
class _Reader:
    """Reads tokens from the first to the last, keeps what names stand for, and notes texts."""

    tokens: list[_Token]
    at: int = 0
    constants: dict[str, Constant] = field(default_factory=dict)
    joined: dict[str, None] = field(default_factory=dict)
    decoded: dict[str, None] = field(default_factory=dict)
    sources: list[Constant] = field(default_factory=list)
    """Lists of numbers and texts, which may be codes of a text."""
    depth: int = 0
    room: int = _MAX_STEPS
    """Steps that are left."""
    is_decoded: bool = False
    """Whether something was decoded in the expression that is being read."""
    decoded_names: set[str] = field(default_factory=set)
    functions: dict[str, Constant] = field(default_factory=dict)
    """What functions return that do nothing else."""

    def read_all(self) -> None:
        """Read all tokens once."""
        count = len(self.tokens)
        while self.at < count and self.room > 0 and len(self.joined) + len(self.decoded) < _MAX_TEXTS:
            before = self.at
            kind, value = self.tokens[before]
            self.room -= 1
            if kind == "name":
                if not self._read_function_head(value) and not self._read_assignment(value):
                    is_known = (
                        value in self.constants or value in self.functions or value in _DECODERS or value in _NAMED
                    )
                    if is_known and not (before and self.tokens[before - 1] == ("sign", ".")):
                        self._read_sum()
            elif kind in _BEGINS or value == "[":
                self._read_sum()
            self.at = max(self.at, before + 1)

    def _peek(self, ahead: int = 0) -> _Token:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else _END

    def _is_at(self, sign: str) -> bool:
        return self._peek() == ("sign", sign)

    def _takes(self, sign: str) -> bool:
        if self._is_at(sign):
            self.at += 1
            return True
        return False

    def _read_function_head(self, name: str) -> bool:
        """Forget the names that a function's parameters take over."""
        if self._peek(1) == ("sign", "=>"):
            self.constants[name] = None
            self.at += 2
            return True
        if name != "function":
            return False
        called = self._peek(1)[1] if self._peek(1)[0] == "name" else ""
        self.at += 1 + bool(called)
        for _ in range(40):
            kind, value = self._peek()
            self.at += 1
            if kind == "name":
                self.constants[value] = None
            elif value not in ("(", ","):
                break
        if called and self._takes("{") and self._peek() == ("name", "return"):
            self.at += 1
            self.functions[called] = self._read_sum()
        return True

    def _read_assignment(self, name: str) -> bool:
        sign = self._peek(1)
        if sign not in (("sign", "="), ("sign", "+=")):
            return False
        is_property = self.at > 0 and self.tokens[self.at - 1] == ("sign", ".")
        self.at += 2
        self.is_decoded = False
        value = self._read_sum()
        if sign[1] == "+=":
            value = _add(self.constants.get(name), value)
            self._note(value)
        if not is_property:
            self.constants[name] = value
            (self.decoded_names.add if self.is_decoded else self.decoded_names.discard)(name)
        if isinstance(value, list | str) and len(self.sources) < 4 * MAX_SOURCES:
            self.sources.append(value)
        return True

    def _note(self, value: Constant) -> None:
        if isinstance(value, list):
            for item in value[:40]:
                self._note(item)
        elif isinstance(value, str) and len(value.replace(UNKNOWN, "")) > _SHORTEST:
            (self.decoded if self.is_decoded else self.joined).setdefault(value)

    def _read_sum(self) -> Constant:
        if self.depth >= _MAX_DEPTH or self.room <= 0:
            return None
        start, was_decoded, self.is_decoded = self.at, self.is_decoded, False
        self.depth += 1
        value = self._read_operand()
        while self._takes("+"):
            value = _add(value, self._read_operand())
        self.depth -= 1
        if isinstance(value, str) and (self.at - start > 1 or self.tokens[start][0] == "template"):
            self._note(value)
        self.is_decoded = self.is_decoded or was_decoded
        return value

    def _read_operand(self) -> Constant:
        self.room -= 1
        value = self._read_primary()
        for _ in range(20):
            if self._takes("."):
                value = self._read_member(value)
            elif value is not None and self._takes("["):
                value = _get_item(value, self._read_sum())
                self._skip_to("]")
            elif value is None and self._is_at("("):
                self._read_arguments()
            else:
                break
        return value

    def _read_primary(self) -> Constant:
        kind, value = self._peek()
        self.at += 1
        if kind == "text":
            return value
        if kind == "template":
            return self._fill_template(value)
        if kind == "number":
            return _read_number(value)
        if kind == "name":
            return self._read_name(value)
        if value == "(":
            inner = self._read_sum()
            self._skip_to(")")
            return inner
        if value == "[":
            return self._read_items()
        return self._read_object() if value == "{" else None

    def _read_name(self, name: str) -> Constant:
        if name in _NAMESPACES and self._is_at(".") and self._peek(1)[0] == "name":
            name = self._peek(1)[1]
            self.at += 2
        if name == "String" and self._is_at(".") and self._peek(1) == ("name", "fromCharCode"):
            self.at += 2
            codes = self._read_arguments()
            self.is_decoded = True
            return _join_codes(codes) if codes else None
        if (name in _DECODERS or name == "atob") and self._is_at("("):
            values = self._read_arguments()
            self.is_decoded = True
            text = values[0] if values else None
            if not isinstance(text, str):
                return None
            return _decode_base64(text) if name == "atob" else _DECODERS[name](text)
        self.is_decoded = self.is_decoded or name in self.decoded_names
        if name in self.functions and self._is_at("("):
            self._read_arguments()
            return self.functions[name]
        return self.constants.get(name)

    def _read_arguments(self) -> list[Constant]:
        """Return what is in brackets after a name."""
        return self._read_items(")") if self._takes("(") else []

    def _read_items(self, end: str = "]") -> list[Constant]:
        items: list[Constant] = []
        while self.at < len(self.tokens) and len(items) < _MAX_ITEMS:
            if self._takes(end):
                return items
            items.append(self._read_sum())
            if not self._takes(","):
                break
        self._skip_to(end)
        return items

    def _read_object(self) -> dict[str, Constant] | None:
        """Return an object of constants; None for what is a block of code."""
        found: dict[str, Constant] = {}
        while self._peek()[0] in ("name", "text", "number") and self._peek(1) == ("sign", ":"):
            key = self._peek()[1]
            self.at += 2
            found[key] = self._read_sum()
            if not self._takes(","):
                break
        return found if self._takes("}") else None

    def _skip_to(self, end: str) -> None:
        """Go on behind the next such sign, past what is no constant; nowhere when it is far."""
        depth = 0
        for ahead in range(min(60, self.room)):
            kind, value = self._peek(ahead)
            if kind != "sign":
                continue
            if value == end and not depth:
                self.at += ahead + 1
                return
            if value == "" or value in ";{}":
                break
            depth += (value in "([") - (value in ")]")
        self.room -= 10

    def _read_member(self, value: Constant) -> Constant:
        name = self._peek()[1]
        self.at += 1
        if not self._is_at("("):
            return value.get(name) if isinstance(value, dict) else None
        if name == "map" and isinstance(value, list):
            return self._map_codes(value)
        if name in ("replace", "replaceAll") and isinstance(value, str) and self._peek(1) == ("sign", "/"):
            return self._replace_pattern(value)
        values = self._read_arguments()
        self.is_decoded = self.is_decoded or (name == "reverse" and value is not None)
        return _call(value, name, values)

    def _replace_pattern(self, value: str) -> str | None:
        """Return a text without what a plain pattern, or a set of letters, finds in it."""
        for length in range(1, 9):
            if self._peek(1 + length) != ("sign", "/"):
                continue
            pattern = "".join(text for _, text in self.tokens[self.at + 2 : self.at + 1 + length])
            at = self.at + 2 + length
            at += self.tokens[at][0] == "name" if at < len(self.tokens) else 0
            self.at = at
            put = self._peek(1)[1] if self._takes(",") or self._peek(0)[1] == "," else ""
            put = self._peek()[1] if self._peek()[0] == "text" else put if put != ")" else ""
            self._skip_to(")")
            self.is_decoded = True
            letters = pattern.strip("[]+") if pattern.startswith("[") else ""
            if letters and not set(letters) & set("\\^-"):
                return "".join(put if letter in letters else letter for letter in value)[:_MAX_TEXT]
            return value.replace(pattern, put[:100])[:_MAX_TEXT] if pattern else value
        return None

    def _map_codes(self, value: list[Constant]) -> Constant:
        """Return the letters that numbers become where each is made one by itself, shifted or not."""
        self.sources.append(value)
        start, depth = self.at, 0
        for ahead in range(60):
            kind, mark = self._peek(ahead)
            depth += (kind == "sign" and mark == "(") - (kind == "sign" and mark == ")")
            if not depth:
                self.at += ahead + 1
                break
        inside = self.tokens[start : self.at]
        if not any(value == "fromCharCode" for _, value in inside):
            return None
        self.is_decoded = True
        shift = 0
        for sign, number in itertools.pairwise(inside):
            if sign in (("sign", "-"), ("sign", "+")) and number[0] == "number":
                shift = (_read_number(number[1]) or 0) * (-1 if sign[1] == "-" else 1)
        return [_join_codes([item + shift]) if isinstance(item, int) else None for item in value]

    def _fill_template(self, template: str) -> str:
        """Return a template with the constants in its holes."""

        def fill(hole: re.Match[str]) -> str:
            inner = _Reader(list(_iter_tokens(hole[1])), constants=self.constants, depth=self.depth)
            inner.decoded_names = self.decoded_names
            value = inner._read_sum() if inner.tokens else None
            self.is_decoded = self.is_decoded or inner.is_decoded
            return _as_text(value) if value is not None and inner.at >= len(inner.tokens) else UNKNOWN

        return _ESCAPE.sub(_read_escape, _HOLE.sub(fill, template))[:_MAX_TEXT]


def _read_number(text: str) -> int | None:
    try:
        return int(text, 16) if text[:2] in ("0x", "0X") else int(text[:12])
    except ValueError:
        return None


def _as_text(value: Constant) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    return UNKNOWN


def _join_texts(texts: Iterable[Constant], between: str = "") -> str:
    """Return texts joined, as far as a text may be long."""
    pieces, room = [], _MAX_TEXT
    for text in map(_as_text, texts):
        pieces.append(text)
        room -= len(text) + len(between)
        if room < 0:
            break
    return between.join(pieces)[:_MAX_TEXT]


def _add(first: Constant, second: Constant) -> Constant:
    if isinstance(first, int) and isinstance(second, int):
        return first + second if abs(first) + abs(second) < _MAX_NUMBER else None
    if isinstance(first, str) or isinstance(second, str):
        return (_as_text(first) + _as_text(second))[:_MAX_TEXT]
    return None


def _get_item(value: Constant, key: Constant) -> Constant:
    if isinstance(value, list | str) and isinstance(key, int):
        return value[key] if 0 <= key < len(value) else None
    return value.get(_as_text(key)) if isinstance(value, dict) else None


def _join_codes(codes: Iterable[Constant]) -> str:
    return "".join(chr(code) if isinstance(code, int) and 8 < code < 0xD800 else UNKNOWN for code in codes)[:_MAX_TEXT]


def _decode_base64(text: str) -> str | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4)).decode("latin-1")
    except (binascii.Error, ValueError):
        return None


def _call(value: Constant, name: str, values: list[Constant]) -> Constant:
    """Return what a method of a text or an array gives."""
    first = values[0] if values else None
    if isinstance(value, list):
        if name == "join":
            return _join_texts(value, first if isinstance(first, str) else ",")
        if name == "reverse":
            return value[::-1]
        more = (item for other in values[:9] for item in (other if isinstance(other, list) else [other]))
        return [*value, *more][:_MAX_ITEMS] if name == "concat" else None
    return _call_of_text(value, name, values) if isinstance(value, str) else None


def _call_of_text(value: str, name: str, values: list[Constant]) -> Constant:
    first, second = (*values, None, None)[:2]
    if name == "split" and isinstance(first, str):
        return [*(value.split(first) if first else value)][:_MAX_ITEMS]
    if name in ("slice", "substring", "substr") and isinstance(first, int):
        stop = second if isinstance(second, int) else None
        return value[first : first + stop if name == "substr" and stop is not None else stop]
    if name in ("replace", "replaceAll") and isinstance(first, str) and isinstance(second, str) and first:
        return value.replace(first, second[:100], 1 if name == "replace" else -1)[:_MAX_TEXT]
    if name == "concat":
        return _join_texts((value, *values))
    if name == "charAt" and isinstance(first, int):
        return value[first : first + 1]
    return value if name in ("toString", "trim", "toLowerCase", "normalize") else None
