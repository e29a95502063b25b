"""What a script does, read without running it: what it decodes, writes, and where it leads.

Pure, in time that grows with its length.
"""

from __future__ import annotations

import base64
import binascii
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from auditor.content.page import script_acts, script_constants

MAX_SCRIPT = 200_000
MAX_DECODED = 100_000
MAX_PIECES = 300
_ROUNDS, _MAX_HTML = 3, 20

_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})|\\u\{?([0-9a-fA-F]{4,6})\}?|\\([0-7]{3})")
_LITERAL = re.compile(r"\"((?:[^\"\\\n]|\\.)*+)\"|'((?:[^'\\\n]|\\.)*+)'|`((?:[^`\\$]|\\.)*+)`")
_PLUS = re.compile(r"(?<=[\"'])\s*\+\s*(?=[\"'])")
_JOINS = re.compile(r"\"\+\"|'\+'|\"\+'|'\+\"")
_JOINED_ARRAY = re.compile(
    r"\[((?:\s{0,9}+(?:\"[^\"\\\n\[\]]{0,60}+\"|'[^'\\\n\[\]]{0,60}+')\s{0,9}+,?+){1,40}+)\]"
    r"\s{0,9}+\.\s{0,9}+join\(\s{0,9}+(?:\"\"|'')\s{0,9}+\)"
)
_ARRAY_TEXT = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_CALL = re.compile(r"(?:atob|unescape|decodeURI(?:Component)?)\s*\(\s*(?:\"([^\"]{1,100000})\"|'([^']{1,100000})')")
_CODES = re.compile(
    r"fromCharCode\s*\(\s*((?:0x[0-9a-fA-F]{1,4}|\d{1,5})(?:\s*,\s*(?:0x[0-9a-fA-F]{1,4}|\d{1,5})){3,20000})"
)
_NUMBERS = re.compile(r"\[\s*((?:\d{2,5})(?:\s*,\s*\d{2,5}){11,20000})\s*\]")
_PACKER_CALL = re.compile(
    r"\}\s*\(\s*(?:'((?:[^'\\]|\\.){1,100000})'|\"((?:[^\"\\]|\\.){1,100000})\")\s*,\s*(\d{1,3})\s*,\s*\d{1,5}\s*,\s*"
    r"(?:'([^']{0,100000})'|\"([^\"]{0,100000})\")\.split\('\|'\)"
)
_BASE64 = re.compile(r"[\"']([A-Za-z0-9+/]{24,100000}={0,2})[\"']")
_REVERSED_TEXT = re.compile(r"[\"']([^\"'\n]{8,20000})[\"']\s*\.\s*split\(\s*[\"']{2}\s*\)\s*\.\s*reverse\(")
_HEXADECIMAL = re.compile(r"[\"']((?:[0-9a-fA-F]{2}){12,50000})[\"']")
_WORDS = re.compile(r"\b\w+\b")
_ADDRESS = re.compile(
    r"(?:(?:https?://|(?<=[\"'`])//)[A-Za-z0-9.-]{1,253}|//[A-Za-z0-9.-]{3,253})\.[A-Za-z]{2,20}[^\s\"'<>\\)`]{0,500}"
)
"""A name of one or two letters only where it is said to be an address: ``//e.stop()`` is a line that was taken out."""
_LEADS = re.compile(
    r"(?:\blocation\b(?:\s*\.\s*|\s*\[\s*[\"']|)(?:href\b|assign\b|replace\b|)[\"']?\s*\]?\s*(?:=(?!=)|\()"
    r"|\blocation\s*\[\s*(?:atob|_0x|\w+\()|\[\s*[\"']location[\"']\s*\]|\b(?:top|self|parent|window"
    r"|document)\s*\.\s*location\b\s*=(?!=)|\bwindow\.open\s*\(|\bnavigation\.navigate\s*\("
    r"|\bopen\s*\([^()]{1,200}[\"']_(?:self|top|parent)[\"'])"
)
_TO_OWN_PAGE = re.compile(
    r"\s*[\"'`](?:[?#]|\.{0,2}/(?![/\\])|[\w-]{1,60}\.(?:html?|php)\b)[^\"'`]{0,300}[\"'`]\s*+(?!\+)"
)
"""What a window is given as its address, when that is one of the same site and nothing is added to it."""
_CLICK_CALL = re.compile(r"\.(?:click|submit|requestSubmit)\s*\(\s*\)")
_TO_CLICK = re.compile(
    r"\.(?:href|action)\s*=\s*[\"'](?:https?:)?//|<form[^<>]{0,200}\baction\s*=\s*[\"']?(?:https?:)?//", re.IGNORECASE
)
_NAMED_LEAD = re.compile(r"[\"']location[\"']")
_ASKS_WHO = re.compile(r"document\s*\.\s*referrer|navigator\s*\.\s*userAgent|[\"']referrer[\"']|[\"']userAgent[\"']")
_ON_CLICK = re.compile(
    r"onclick|addEventListener\s*\(\s*[\"'](?!(?:load|DOMContentLoaded|pageshow|readystatechange|scroll|mousemove"
    r"|pointermove|touchstart)[\"'])"
    r"|\.(?:click|change|submit|keyup|keypress)\s*\(\s*[\w(]|\.on\s*\(|\.?\bon(?:change|submit|keyup|keydown|input)\s*="
)
"""What waits for a click, unless everybody does what it waits for."""
_FUNCTION = re.compile(
    r"function\s+(\w{1,60})\s*\(|\b(\w{1,60})\s*=\s*(?:async\s*)?(?:function\b|\([^()]{0,80}\)\s*=>)"
)
_FUNCTION_CALL = (
    r"(?<!function )(?<![.\w])NAME\s*\(|(?:setTimeout|setInterval|requestAnimationFrame)\s*\(\s*NAME\b"
    r"|onload\s*=\s*NAME\b"
    r"|[\"'](?:load|DOMContentLoaded|pageshow|scroll|mousemove|touchstart)[\"']\s*,\s*NAME\b"
)
_MAX_LEADS = 40
_WRITES = re.compile(r"document\s*\.\s*write(?:ln)?\s*\(|innerHTML\s*\+?=|insertAdjacentHTML|outerHTML\s*=")
_LOADS = re.compile(r"createElement\s*\(\s*[\"'](?:script|iframe)[\"']|\.src\s*=|importScripts|[\"']createElement[\"']")
_HIDES = re.compile(
    r"(?:getElementById|\$|jQuery"
    r"|querySelector)\s*\(\s*[\"']#?([\w-]{1,80})[\"']\s*\)\s*\.\s*(?:style\s*\.\s*(?:display|visibility|position"
    r"|left|top"
    r"|height|fontSize|cssText)\s*=|setAttribute\s*\(\s*[\"'](?:style|hidden)|hide\s*\(\s*\)"
    r"|css\s*\(\s*\{?\s*[\"']?(?:display|position|left|visibility))"
)
_NAMES = re.compile(
    r"(?:var|let|const)?\s*\b(\w{1,40})\s*=\s*(?:document\.)?getElementById\s*\(\s*[\"']([\w-]{1,80})[\"']\s*\)"
)
_STYLES = re.compile(
    r"\b(\w{1,40})\.style\.(?:display|visibility|position|left|top|height|fontSize|cssText)\s*=\s*[\"']([^\"']{0,200})"
)
_AWAY = re.compile(r"none|hidden|^-\d{3,}|absolute|^0(?:px)?$")


@dataclass(frozen=True)
class ScriptBehaviour:
    """The observed behaviour of one script."""

    addresses: tuple[str, ...] = ()
    """In it as everybody can read it."""
    decoded_addresses: tuple[str, ...] = ()
    """In what it decodes only."""
    written_html: tuple[str, ...] = ()
    """HTML that it writes, as everybody can read it."""
    decoded_html: tuple[str, ...] = ()
    """HTML in what it decodes."""
    leads: bool = False
    """Sets the address of the window, by itself."""
    asks_who: bool = False
    """Asks where the visitor comes from, or with what."""
    loads: bool = False
    hides: tuple[str, ...] = ()
    """Ids of what it hides."""
    acts: frozenset[script_acts.Act] = frozenset()
    shown_text: str = ""
    """What it draws or writes as plain text."""


@lru_cache(maxsize=256)
def analyze_script_code(code: str) -> ScriptBehaviour:
    """Return what a script does, as far as it says so without running."""
    code = code[:MAX_SCRIPT]
    as_read = _fold_string_literals(code)
    decoded_texts = list(_iter_decoded_texts_recursively(as_read))
    decoded_code = "\n".join(decoded_texts)
    whole = f"{as_read}\n{decoded_code}"
    visible_addresses = dict.fromkeys(_ADDRESS.findall(code))
    constants = script_constants.read_constant_texts(code)
    put_together = "\n".join((*constants.joined, *constants.decoded))
    all_addresses = dict.fromkeys(_ADDRESS.findall(f"{whole}\n{put_together}".replace("\\/", "/")))
    joined_html = [text for text in constants.joined if _is_markup(text)]
    joined_html.sort(key=len, reverse=True)
    lower = code.lower()
    readable = {one for one in all_addresses if one in visible_addresses or _is_host_in_one_piece(one, lower)}
    html = [text for text in _iter_string_literals(as_read) if _is_markup(text)] if _WRITES.search(as_read) else []
    return ScriptBehaviour(
        addresses=tuple(dict.fromkeys((*visible_addresses, *filter(readable.__contains__, all_addresses))))[
            :MAX_PIECES
        ],
        decoded_addresses=tuple(address for address in all_addresses if address not in readable)[:MAX_PIECES],
        written_html=tuple(dict.fromkeys((*html, *(joined_html if html or _WRITES.search(as_read) else ()))))[
            :_MAX_HTML
        ],
        decoded_html=tuple(text for text in (*decoded_texts, *constants.decoded) if _is_markup(text))[:_MAX_HTML],
        leads=_is_redirecting_without_click(whole, decoded_code),
        asks_who=bool(_ASKS_WHO.search(whole)),
        loads=bool(_LOADS.search(whole)),
        hides=tuple(_iter_element_ids_hidden_by_script(whole)),
        acts=script_acts.list_acts(f"{whole}\n{put_together}"),
        shown_text=script_acts.join_shown_texts(whole, _iter_string_literals(as_read)),
    )


def _is_markup(text: str) -> bool:
    return "<" in text and ">" in text


def _is_host_in_one_piece(address: str, code: str) -> bool:
    """Return whether everybody can read in a script whose an address is: its last two names stand in one place."""
    try:
        host = urlsplit(address if "://" in address else f"https:{address}").hostname or ""
    except ValueError:
        return False
    return ".".join(host.split(".")[-2:]) in code


def _is_redirecting_without_click(code: str, decoded_code: str) -> bool:
    """Return whether it leads away by itself: not inside of what waits for a click."""
    if _NAMED_LEAD.search(code) or _LEADS.search(decoded_code):
        return True
    return any(
        _is_run_without_click(code, match.start()) and not _TO_OWN_PAGE.match(code, match.end())
        for match in itertools.islice(_LEADS.finditer(code), _MAX_LEADS)
    ) or (_CLICK_CALL.search(code) is not None and _TO_CLICK.search(code) is not None)


def _is_run_without_click(code: str, offset: int) -> bool:
    """Return whether what is done there waits for no click.

    It waits for none where it stands in no function, or in one that is called.
    """
    before = code[max(0, offset - 300) : offset]
    if _ON_CLICK.search(before):
        return False
    names = [name or other for name, other in _FUNCTION.findall(before)]
    return not names or re.search(_FUNCTION_CALL.replace("NAME", re.escape(names[-1])), code) is not None


def _fold_string_literals(code: str) -> str:
    """Return the code with its escapes read and the pieces of its texts put together."""
    if "\\x" in code or "\\u" in code or "\\1" in code:
        code = _ESCAPE.sub(_decode_js_escape, code)
    if "join" in code:
        code = _JOINED_ARRAY.sub(_join_array_of_texts, code)
    if "+" in code:
        code = _JOINS.sub("", _PLUS.sub("+", code))
    return code


def _join_array_of_texts(match: re.Match[str]) -> str:
    return '"' + "".join(double or single for double, single in _ARRAY_TEXT.findall(match[1])) + '"'


def _decode_js_escape(match: re.Match[str]) -> str:
    number = int(match[1] or match[2] or "0", 16) if match[1] or match[2] else int(match[3], 8)
    return (
        chr(number)
        if 31 < number < 0x110000 and not 0xD800 <= number < 0xE000 and number not in (34, 39, 92)
        else match[0]
    )


def _iter_string_literals(code: str) -> Iterator[str]:
    for count, match in enumerate(_LITERAL.finditer(code)):
        if count > MAX_PIECES:
            return
        yield match[1] or match[2] or match[3] or ""


def _iter_decoded_texts_recursively(code: str) -> Iterator[str]:
    """Yield what it decodes, and what that decodes again."""
    queue, room = [(code, 0)], MAX_DECODED
    while queue:
        text, depth = queue.pop()
        for piece in _iter_texts_decoded_once(text):
            piece = piece[:room]
            room -= len(piece)
            if not piece or room <= 0:
                return
            plain_piece = _fold_string_literals(piece)
            yield plain_piece
            if depth < _ROUNDS:
                queue.append((plain_piece, depth + 1))


def _iter_texts_decoded_once(code: str) -> Iterator[str]:
    if "(" not in code and "[" not in code:
        return
    for double, single in _CALL.findall(code):
        text = double or single
        yield unquote(text) if "%" in text else decode_base64_text(text)
    if "fromCharCode" in code:
        for numbers in (*_CODES.findall(code), *_NUMBERS.findall(code)):
            yield "".join(map(_decode_char_code, numbers.split(",")))
    if "atob" in code or "base64" in code:
        for text in _BASE64.findall(code)[:MAX_PIECES]:
            yield decode_base64_text(text)
    if "reverse" in code:
        yield from (text[::-1] for text in _REVERSED_TEXT.findall(code)[:MAX_PIECES])
    if "parseInt" in code or "fromCharCode" in code:
        yield from (bytes.fromhex(text).decode("utf-8", "ignore") for text in _HEXADECIMAL.findall(code)[:MAX_PIECES])
    if "split('|')" in code:
        for payload, other, base, first, second in _PACKER_CALL.findall(code):
            yield _unpack_packed_script(payload or other, int(base), (first or second).split("|"))


def _decode_char_code(number: str) -> str:
    value = int(number.strip(), 0) if not number.strip().startswith("0") or "x" in number else int(number)
    return chr(value) if 8 < value < 0xD800 else ""


def decode_base64_text(text: str) -> str:
    """Return the text that a base64 text stands for; empty when it stands for none."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return ""
    decoded_text = data.decode("utf-8", "ignore")
    return (
        decoded_text
        if (len(decoded_text) * 10 >= len(data) * 9 and decoded_text.isprintable()) or "<" in decoded_text
        else ""
    )


def _unpack_packed_script(payload: str, base: int, words: list[str]) -> str:
    def word(match: re.Match[str]) -> str:
        try:
            number = _parse_number_in_base(match[0], base)
        except ValueError:
            return match[0]
        return words[number] if number < len(words) and words[number] else match[0]

    return _WORDS.sub(word, payload.replace("\\'", "'").replace("\\\\", "\\"))


def _parse_number_in_base(text: str, base: int) -> int:
    if base <= 36:
        return int(text, max(base, 2))
    value = 0
    for digit in text[:6]:
        code = ord(digit)
        value = value * base + (code - 48 if code < 58 else code - 87 if code >= 97 else code - 29)
    return value


def _iter_element_ids_hidden_by_script(code: str) -> Iterator[str]:
    if "style" not in code and "hide" not in code and "css" not in code:
        return
    for match in itertools.islice(_HIDES.finditer(code), 20):
        if not _ON_CLICK.search(code, max(0, match.start() - 300), match.start()):
            yield match[1]
    names = dict(_NAMES.findall(code)[:100])
    for name, value in _STYLES.findall(code)[:100]:
        if name in names and _AWAY.search(value.strip()):
            yield names[name]
