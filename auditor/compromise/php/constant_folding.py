"""What PHP's own functions make of constants, as far as whoever hides code uses them. Pure and bounded."""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import json
import quopri
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import unquote_to_bytes

from auditor.compromise.php.values import MAX_TEXT, UNKNOWN, AbstractValue, make_array, make_text_constant

type _OnText = Callable[[bytes], bytes]


def _make_zlib_inflater(window: int) -> _OnText:
    def inflate(data: bytes) -> bytes:
        return zlib.decompressobj(window).decompress(data, MAX_TEXT)

    return inflate


def _decode_lenient_base64(data: bytes) -> bytes:
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    return base64.b64decode(letters[: len(letters) - (len(letters) % 4 == 1)] + b"=" * (-len(letters) % 4))


def _decode_uuencoded(data: bytes) -> bytes:
    return b"".join(binascii.a2b_uu(line) for line in data.splitlines() if line and line != b"`")


def _decode_html_entities(data: bytes) -> bytes:
    return html.unescape(data.decode("latin-1")).encode("latin-1", "replace")


DECODERS: Mapping[bytes, _OnText] = {
    b"base64_decode": _decode_lenient_base64,
    b"gzinflate": _make_zlib_inflater(-15),
    b"gzuncompress": _make_zlib_inflater(15),
    b"gzdecode": _make_zlib_inflater(31),
    b"str_rot13": lambda data: codecs.encode(data.decode("latin-1"), "rot13").encode("latin-1"),
    b"strrev": lambda data: data[::-1],
    b"hex2bin": lambda data: bytes.fromhex(data.decode("ascii")),
    b"rawurldecode": unquote_to_bytes,
    b"urldecode": lambda data: unquote_to_bytes(data.replace(b"+", b" ")),
    b"convert_uudecode": _decode_uuencoded,
    b"quoted_printable_decode": quopri.decodestring,
    b"html_entity_decode": _decode_html_entities,
    b"htmlspecialchars_decode": _decode_html_entities,
}
_PLAIN: Mapping[bytes, _OnText] = {
    b"strtolower": bytes.lower,
    b"strtoupper": bytes.upper,
    b"ucfirst": lambda data: data[:1].upper() + data[1:],
    b"lcfirst": lambda data: data[:1].lower() + data[1:],
    b"ucwords": lambda data: data[:1].upper() + data[1:],
    b"strval": lambda data: data,
    b"stripslashes": lambda data: re.sub(rb"\\(.?)", rb"\1", data),
    b"stripcslashes": lambda data: unescape_double_quoted_text(data),
    b"bin2hex": lambda data: data.hex().encode(),
    b"base64_encode": base64.b64encode,
    b"ord": lambda data: b"%d" % data[0],
    b"chr": lambda data: bytes([parse_leading_php_integer(data) % 256]),
    b"dechex": lambda data: b"%x" % parse_leading_php_integer(data),
    b"hexdec": lambda data: b"%d" % int(data, 16),
    b"bindec": lambda data: b"%d" % int(data, 2),
    b"octdec": lambda data: b"%d" % int(data, 8),
    b"intval": lambda data: b"%d" % parse_leading_php_integer(data),
    b"strlen": lambda data: b"%d" % len(data),
    b"php_strip_whitespace": lambda data: data,
    b"nl2br": lambda data: data.replace(b"\n", b"<br />\n"),
    b"utf8_decode": lambda data: data.decode("utf-8").encode("latin-1", "replace"),
    b"utf8_encode": lambda data: data.decode("latin-1").encode("utf-8"),
}


def parse_leading_php_integer(data: bytes) -> int:
    """Return the whole number that a text begins with, as PHP sees it; 0 where there is none."""
    match = re.match(rb"\s*([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)", data[:40])
    if match is None:
        return 0
    digits = match[2].lower()
    base = 16 if digits.startswith(b"0x") else 2 if digits.startswith(b"0b") else 10
    return int(digits, base) * (-1 if match[1] == b"-" else 1)


_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|u\{[0-9a-fA-F]{1,6}\}|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"v": b"\v", b"e": b"\x1b", b"f": b"\f"}


def unescape_double_quoted_text(data: bytes) -> bytes:
    """Return what stands behind the escapes of a double-quoted text."""

    def unescape_match(match: re.Match[bytes]) -> bytes:
        escape = match[1]
        if escape[:1] == b"x" and len(escape) > 1:
            return bytes([int(escape[1:], 16)])
        if escape[:1].isdigit() and escape[0] < 0x38:
            return bytes([int(escape, 8) % 256])
        if escape[:2] == b"u{":
            return chr(min(int(escape[2:-1], 16), 0x10FFFF)).encode("utf-8", "replace")
        if escape in _LETTERS:
            return _LETTERS[escape]
        return escape if escape in (b"\\", b'"', b"$", b"'") else match[0]

    return _ESCAPE.sub(unescape_match, data)


def xor_bytes(first: bytes, second: bytes) -> bytes:
    """Return the XOR of two texts, byte by byte; as long as the shorter one."""
    return bytes(a ^ b for a, b in zip(first, second, strict=False))


def _fold_str_replace(args: Sequence[AbstractValue]) -> AbstractValue | None:
    search, put, subject = args[0], args[1], args[2].text
    if subject is None:
        return None
    needles = _get_known_texts(search)
    puts = _get_known_texts(put)
    if needles is None or puts is None:
        return None
    for index, what in enumerate(needles):
        by = (puts[0] if search.items is None or put.items is None else b"") if index >= len(puts) else puts[index]
        if search.items is None or put.items is None:
            by = puts[0] if puts else b""
        subject = subject.replace(what, by) if what else subject
        if len(subject) > MAX_TEXT:
            return None
    return make_text_constant(subject)


def _get_known_texts(value: AbstractValue) -> list[bytes] | None:
    """Return a text, or an array's texts; None when any of them is not known."""
    if value.items is None:
        return None if value.text is None else [value.text]
    texts = [item.text for item in value.items.values()]
    return None if None in texts else [item_text for item_text in texts if item_text is not None]


def _fold_substr(args: Sequence[AbstractValue]) -> AbstractValue | None:
    if args[0].text is None or any(arg.text is None for arg in args[1:3]):
        return None
    data = args[0].text
    start = parse_leading_php_integer(args[1].text or b"0")
    start = max(0, len(data) + start) if start < 0 else start
    if len(args) < 3:
        return make_text_constant(data[start:])
    length = parse_leading_php_integer(args[2].text or b"0")
    return make_text_constant(data[start:length] if length < 0 else data[start : start + length])


def _fold_implode(args: Sequence[AbstractValue]) -> AbstractValue | None:
    between, parts = (AbstractValue(b""), args[0]) if len(args) == 1 else (args[0], args[1])
    if between.items is not None:
        between, parts = parts, between
    texts = _get_known_texts(parts) if parts.items is not None else None
    return None if between.text is None or texts is None else make_text_constant(between.text.join(texts))


def _fold_explode(args: Sequence[AbstractValue]) -> AbstractValue | None:
    if not args[0].text or args[1].text is None:
        return None
    return make_array((None, make_text_constant(part)) for part in args[1].text.split(args[0].text)[:MAX_SPLIT])


MAX_SPLIT = 5_000


def _fold_str_split(args: Sequence[AbstractValue]) -> AbstractValue | None:
    size = parse_leading_php_integer(args[1].text or b"1") if len(args) > 1 else 1
    data = args[0].text
    if data is None or size < 1 or len(data) // size > MAX_SPLIT:
        return None
    return make_array((None, make_text_constant(data[at : at + size])) for at in range(0, len(data), size))


def _fold_pack(args: Sequence[AbstractValue]) -> AbstractValue | None:
    form = args[0].text
    if form is None or any(arg.text is None for arg in args[1:]):
        return None
    if form[:1] == b"H":
        data = args[1].text or b""
        return make_text_constant(bytes.fromhex((data + b"0" * (len(data) % 2)).decode("ascii")))
    if form[:1] in (b"C", b"c"):
        return make_text_constant(bytes(parse_leading_php_integer(arg.text or b"0") % 256 for arg in args[1:]))
    return None


def _fold_strtr(args: Sequence[AbstractValue]) -> AbstractValue | None:
    data = args[0].text
    if data is None:
        return None
    if len(args) == 2 and args[1].items is not None:
        pairs = {key: value.text for key, value in args[1].items.items() if key and value.text is not None}
        if not pairs:
            return make_text_constant(data)
        pattern = re.compile(b"|".join(re.escape(key) for key in sorted(pairs, key=len, reverse=True)))
        return make_text_constant(pattern.sub(lambda match: pairs[match[0]] or b"", data))
    if len(args) == 3 and args[1].text is not None and args[2].text is not None:
        length = min(len(args[1].text), len(args[2].text))
        return make_text_constant(data.translate(bytes.maketrans(args[1].text[:length], args[2].text[:length])))
    return None


def _fold_array_map(args: Sequence[AbstractValue]) -> AbstractValue | None:
    name, items = args[0].text, args[1].items
    if name is None or items is None:
        return None
    results = [(key, fold_builtin_call_of_constants(name, [item])) for key, item in items.items()]
    return (
        make_array((key, value) for key, value in results if value is not None) if all(v for _, v in results) else None
    )


def _fold_sprintf(args: Sequence[AbstractValue]) -> AbstractValue | None:
    form = args[0].text
    if form is None or any(arg.text is None for arg in args[1:]):
        return None
    rest = iter(args[1:])
    ordinal = re.compile(rb"%(?:(\d+)\$)?([sdcx%])")

    def put(match: re.Match[bytes]) -> bytes:
        if match[2] == b"%":
            return b"%"
        arg = args[int(match[1])] if match[1] and 0 < int(match[1]) < len(args) else next(rest, UNKNOWN)
        content = arg.text or b""
        if match[2] == b"c":
            return bytes([parse_leading_php_integer(content) % 256])
        return b"%x" % abs(parse_leading_php_integer(content)) if match[2] == b"x" else content

    return make_text_constant(ordinal.sub(put, form))


_PLAIN_PATTERN = re.compile(rb"([/#~|@!])(\[[\w\s#@!%*.,;:~|-]{1,40}\]\+?|[\w\s#@!%*,;:-]{1,40})\1i?")
"""A regular expression that takes out letters, and no more."""


def _fold_preg_replace(args: Sequence[AbstractValue]) -> AbstractValue | None:
    pattern, put, subject = (arg.text for arg in args[:3])
    match = _PLAIN_PATTERN.fullmatch(pattern) if pattern is not None else None
    if match is None or put is None or subject is None or b"\\" in put or b"$" in put:
        return None
    flags = re.IGNORECASE if (pattern or b"").endswith(b"i") else 0
    return make_text_constant(re.sub(match[2], put, subject, flags=flags))


def _fold_substr_replace(args: Sequence[AbstractValue]) -> AbstractValue | None:
    subject, put, at = (arg.text for arg in args[:3])
    if subject is None or put is None or at is None or len(args) > 4 or (len(args) > 3 and args[3].text is None):
        return None
    start = parse_leading_php_integer(at)
    start = max(0, len(subject) + start) if start < 0 else start
    length = parse_leading_php_integer(args[3].text or b"0") if len(args) > 3 else len(subject)
    return make_text_constant(
        subject[:start] + put + subject[(start + length if length >= 0 else len(subject) + length) :]
    )


def _fold_range(args: Sequence[AbstractValue]) -> AbstractValue | None:
    first, last = args[0].text, args[1].text
    if first is None or last is None or len(first) != 1 or len(last) != 1 or first.isdigit() != last.isdigit():
        return None
    step = 1 if first <= last else -1
    return make_array((None, AbstractValue(bytes([code]))) for code in range(first[0], last[0] + step, step))


def _fold_array_keys(args: Sequence[AbstractValue]) -> AbstractValue | None:
    return make_array((None, make_text_constant(key)) for key in args[0].items) if args[0].items is not None else None


def _fold_vsprintf(args: Sequence[AbstractValue]) -> AbstractValue | None:
    return _fold_sprintf([args[0], *(args[1].items or {}).values()]) if args[1].items is not None else None


def _fold_str_repeat(args: Sequence[AbstractValue]) -> AbstractValue | None:
    data, times = args[0].text, parse_leading_php_integer(args[1].text or b"0")
    return None if data is None or not 0 <= times * len(data) <= MAX_TEXT else make_text_constant(data * times)


def _fold_base_convert(args: Sequence[AbstractValue]) -> AbstractValue | None:
    digits_text, source, target = (arg.text for arg in args[:3])
    if digits_text is None or source is None or target is None or not 2 <= parse_leading_php_integer(target) <= 36:
        return None
    quotient, digits = int(digits_text[:60], parse_leading_php_integer(source)), b""
    while quotient:
        quotient, digit = divmod(quotient, parse_leading_php_integer(target))
        digits = b"0123456789abcdefghijklmnopqrstuvwxyz"[digit : digit + 1] + digits
    return make_text_constant(digits or b"0")


_SPACES = b" \t\n\r\0\x0b"


def _make_fold_of_trim(
    strip_bytes: Callable[[bytes, bytes], bytes],
) -> Callable[[Sequence[AbstractValue]], AbstractValue | None]:
    def trim_text(args: Sequence[AbstractValue]) -> AbstractValue | None:
        letters = args[1].text if len(args) > 1 else _SPACES
        return (
            None if args[0].text is None or letters is None else make_text_constant(strip_bytes(args[0].text, letters))
        )

    return trim_text


def _fold_str_pad(args: Sequence[AbstractValue]) -> AbstractValue | None:
    data, by = args[0].text, args[2].text if len(args) > 2 else b" "
    lacks = parse_leading_php_integer(args[1].text or b"0") - len(data or b"")
    if data is None or not by or len(args) > 3 or not 0 <= lacks <= MAX_TEXT:
        return None
    return make_text_constant(data + (by * (lacks // len(by) + 1))[:lacks])


def _make_fold_of_strstr(
    find_offset: Callable[[bytes, bytes], int],
) -> Callable[[Sequence[AbstractValue]], AbstractValue | None]:
    def rest(args: Sequence[AbstractValue]) -> AbstractValue | None:
        data, needle = args[0].text, args[1].text
        at = find_offset(data, needle) if data is not None and needle and len(args) == 2 else -1
        return None if data is None or at < 0 else make_text_constant(data[at:])

    return rest


def _fold_basename(args: Sequence[AbstractValue]) -> AbstractValue | None:
    data, suffix = args[0].text, args[1].text if len(args) > 1 else b""
    if data is None or suffix is None or data == _OWN_FILE:
        return None
    return make_text_constant(data.rstrip(b"/").rpartition(b"/")[2].removesuffix(suffix))


_OWN_FILE = b"__FILE__.php"
"""What stands for the name that a file has, which it does not know of itself."""


def _fold_json_decode(args: Sequence[AbstractValue]) -> AbstractValue | None:
    if args[0].text is None or len(args[0].text) > MAX_JSON or args[0].text.count(b"[") + args[0].text.count(b"{") > 50:
        return None
    return _convert_json_to_value(json.loads(args[0].text))


MAX_JSON = 20_000


def _convert_json_to_value(document: object) -> AbstractValue | None:
    """Return one value of JSON, of whose arrays only texts count."""
    if isinstance(document, str):
        return make_text_constant(document.encode("utf-8", "replace"))
    pairs = (
        list(document.items())
        if isinstance(document, dict)
        else list(enumerate(document))
        if isinstance(document, list)
        else []
    )
    texts = [
        (str(key).encode("utf-8", "replace"), item.encode("utf-8", "replace"))
        for key, item in pairs
        if isinstance(item, str)
    ]
    return make_array((key, make_text_constant(item)) for key, item in texts) if texts else None


def _fold_convert_encoding(args: Sequence[AbstractValue]) -> AbstractValue | None:
    data, form = args[0].text, (args[2].text or b"").upper() if len(args) > 2 else b""
    if data is None:
        return None
    decoders = {
        b"BASE64": _decode_lenient_base64,
        b"HTML-ENTITIES": _decode_html_entities,
        b"HTML": _decode_html_entities,
        b"UUENCODE": _decode_uuencoded,
    }
    return make_text_constant(decoders[form](data)) if form in decoders else None


def _fold_array_flip(args: Sequence[AbstractValue]) -> AbstractValue | None:
    if args[0].items is None or any(item.text is None for item in args[0].items.values()):
        return None
    return make_array((item.text, make_text_constant(key)) for key, item in args[0].items.items())


def _fold_array_search(args: Sequence[AbstractValue]) -> AbstractValue | None:
    needle, items = args[0].text, args[1].items
    if needle is None or items is None:
        return None
    return next((make_text_constant(key) for key, item in items.items() if item.text == needle), None)


def get_known_item_at_key(value: AbstractValue | None, key: bytes) -> AbstractValue | None:
    """Return what a known array has at a key."""
    return value.items.get(key) if value is not None and value.items is not None else None


def _fold_array_slice(args: Sequence[AbstractValue]) -> AbstractValue | None:
    items, start = args[0].items, args[1].text
    if items is None or start is None or any(arg.text is None for arg in args[2:3]):
        return None
    values = list(items.values())[parse_leading_php_integer(start) :]
    return make_array(
        (None, item)
        for item in (values[: parse_leading_php_integer(args[2].text or b"0")] if len(args) > 2 else values)
    )


_OF_SEVERAL: Mapping[bytes, Callable[[Sequence[AbstractValue]], AbstractValue | None]] = {
    b"str_replace": _fold_str_replace,
    b"str_ireplace": _fold_str_replace,
    b"substr": _fold_substr,
    b"implode": _fold_implode,
    b"join": _fold_implode,
    b"explode": _fold_explode,
    b"str_split": _fold_str_split,
    b"pack": _fold_pack,
    b"strtr": _fold_strtr,
    b"array_map": _fold_array_map,
    b"sprintf": _fold_sprintf,
    b"vsprintf": _fold_vsprintf,
    b"preg_replace": _fold_preg_replace,
    b"substr_replace": _fold_substr_replace,
    b"range": _fold_range,
    b"array_keys": _fold_array_keys,
    b"str_repeat": _fold_str_repeat,
    b"base_convert": _fold_base_convert,
    b"trim": _make_fold_of_trim(bytes.strip),
    b"ltrim": _make_fold_of_trim(bytes.lstrip),
    b"rtrim": _make_fold_of_trim(bytes.rstrip),
    b"chop": _make_fold_of_trim(bytes.rstrip),
    b"str_pad": _fold_str_pad,
    b"strstr": _make_fold_of_strstr(bytes.find),
    b"stristr": _make_fold_of_strstr(lambda data, sought: data.lower().find(sought.lower())),
    b"strrchr": _make_fold_of_strstr(lambda data, sought: data.rfind(sought[:1])),
    b"strpbrk": _make_fold_of_strstr(
        lambda data, letters: min(
            (at for at in map(data.find, (bytes([one]) for one in letters)) if at >= 0), default=-1
        )
    ),
    b"basename": _fold_basename,
    b"json_decode": _fold_json_decode,
    b"mb_convert_encoding": _fold_convert_encoding,
    b"array_flip": _fold_array_flip,
    b"array_search": _fold_array_search,
    b"array_slice": _fold_array_slice,
    b"strtok": lambda args: get_known_item_at_key(_fold_explode([args[1], args[0]]), b"0"),
    b"array_reverse": lambda args: (
        make_array((None, value) for value in reversed(list(args[0].items.values())))
        if args[0].items is not None
        else None
    ),
    b"array_values": lambda args: (
        make_array((None, value) for value in args[0].items.values()) if args[0].items is not None else None
    ),
    b"array": lambda args: make_array((None, value) for value in args),
}


def fold_builtin_call_of_constants(name: bytes, args: Sequence[AbstractValue]) -> AbstractValue | None:
    """Return what a function of PHP's makes of constants; None when that is not known, or they are none."""
    try:
        simple = DECODERS.get(name) or _PLAIN.get(name)
        if simple is not None:
            return make_text_constant(simple(args[0].text)) if args and args[0].text is not None else None
        several = _OF_SEVERAL.get(name)
        return several(args) if several is not None and args else None
    except (ValueError, IndexError, zlib.error, OverflowError, RecursionError):  # what it is given is no such text
        return None


def has_eval_modifier_of_preg_replace(pattern: bytes) -> bool:
    """Return whether a regular expression has the modifier by which its replacement is a program."""
    text = pattern.strip()
    if len(text) < 3 or text[:1].isalnum() or text[:1] == b"\\":
        return False
    delimiter = {b"(": b")", b"[": b"]", b"{": b"}", b"<": b">"}.get(text[:1], text[:1])
    end = text.rfind(delimiter)
    return end > 0 and b"e" in text[end + 1 :] and re.fullmatch(rb"[a-zA-Z\s]*", text[end + 1 :]) is not None
