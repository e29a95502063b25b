"""What files in a web root tell the web server or PHP to do, as far as intruders use it.

Run pictures, run something first. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from auditor.text.redact import redact_secrets_in_text

Sureness = Literal["sure", "hint"]
_APACHE = (".htaccess",)
_PHP = (".user.ini", "php.ini", ".htaccess")


@dataclass(frozen=True)
class DirectiveHit:
    """One line that has a file run what it should not."""

    rule: str
    level: Sureness
    line: str


_CODE_SUFFIX = re.compile(r"^\.?(?:php\d?|phtml|pht|phar|phps|inc)$", re.IGNORECASE)
_HANDLER = re.compile(
    r"^\s*(?:AddHandler|AddType)\s+\S*(?:php|cgi-script|server-parsed)\S*\s+(?P<suffixes>[^#\n]{1,200})$", re.IGNORECASE
)
_FILTER = re.compile(
    r"^\s*(?:AddOutputFilter|AddHandler)\s+(?:INCLUDES|server-parsed)\s+(?P<suffixes>[^#\n]{1,200})$", re.IGNORECASE
)
_PARSED_SUFFIX = re.compile(r"^\.?(?:s?html?|inc)$", re.IGNORECASE)
_ELSEWHERE = re.compile(r"^\s*ErrorDocument\s+[45]\d\d\s+[\"']?https?://", re.IGNORECASE)
_EXTENSION = re.compile(r"^\s*(?:zend_)?extension\s*=\s*[\"']?/", re.IGNORECASE)
_LET_IN = re.compile(
    r"<Files(?:Match)?\s+[^>]*\([^>]*\.php[^>]*\|[^>]*>\s*(?:Order[^\n]*\s*)?(?:Allow from all|Require all granted)",
    re.IGNORECASE,
)
_SHUT_OUT = re.compile(
    r"<Files(?:Match)?\s+[^>]*(?:php|phtml)[^>]*>\s*(?:Order[^\n]*\s*)?(?:Deny from all|Require all denied)",
    re.IGNORECASE,
)
_SET_HANDLER = re.compile(r"^\s*(?:SetHandler|ForceType)\s+[\"']?\S*(?:php|cgi-script)", re.IGNORECASE)
_ACTION = re.compile(r"^\s*Action\s+\S+\s+\S+", re.IGNORECASE)
_PICTURES_LED = re.compile(
    r"RewriteRule\s+\S{0,100}\b(?:jpe?g|png|gif|ico|webp|bmp|txt|css|pdf)\b\S{0,40}\s+[\"']?\S*\.(?:php\d?|phtml)\b",
    re.IGNORECASE,
)
_HEADED_AWAY = re.compile(
    r"^\s*Header\s+(?:always\s+)?(?:set|add|append)\s+[\"']?(?:Link|Refresh|Location)\b[^\n]{0,40}https?://",
    re.IGNORECASE | re.MULTILINE,
)
_BOT = re.compile(r"(?:google|bing|coccoc|yandex)\w{0,3}bot|\bslurp\b", re.IGNORECASE)
_WHO_ASKS = re.compile(
    r"RewriteCond\s+%\{HTTP(?:_USER_AGENT|_REFERER|:Accept-Language|_ACCEPT_LANGUAGE)\}", re.IGNORECASE
)
_PREPEND_DIRECTIVE = re.compile(
    r"^\s*(?:php_(?:admin_)?value\s+)?auto_(?:prepend|append)_file\s*[= ]\s*[\"']?(?P<file>[^\s\"']{1,200})",
    re.IGNORECASE,
)
_LOOSE_DIRECTIVE = re.compile(
    r"^\s*(?:php_(?:admin_)?(?:value|flag)\s+)?(?:allow_url_include\s*[= ]\s*[\"']?(?:1|on)|disable_functions\s*[= "
    r"]\s*[\"']?(?:none)?[\"']?\s*$"
    r"|engine\s*[= ]\s*[\"']?(?:1|on)|short_open_tag\s*[= ]\s*[\"']?on)",
    re.IGNORECASE,
)
_ENGINE = re.compile(
    r"RewriteCond\s+%\{HTTP_(?:USER_AGENT|REFERER)\}\s+\S*(?:google|bing|yahoo|coccoc|yandex|bot)", re.IGNORECASE
)
_AWAY = re.compile(r"RewriteRule\s+\S+\s+[\"']?https?://", re.IGNORECASE)
_ASIDE = re.compile(
    r"RewriteRule\s+\S+\s+[\"']?\S*(?:/\.[^/]|(?:^|/)(?:uploads?|cache|media|images?|tmp)/)\S*\.(?:php|html?)",
    re.IGNORECASE,
)
_DATA = re.compile(
    r"\.(?:jpe?g|png|gif|ico|txt|bmp|webp|log|css|svg|pdf|zip)$|^/(?:tmp|dev/shm|var/tmp)/|^(?:data:|php://|https?:)",
    re.IGNORECASE,
)
_CODE = re.compile(r"\.(?:php\d?|phtml|inc)$", re.IGNORECASE)
_ODD = re.compile(r"(?:^|/)\.[^./]|/(?:uploads?|cache|media|images?)/", re.IGNORECASE)
"""Hidden, or where visitors and applications put files."""
MAX_READ = 200_000


def find_dangerous_directives(content: bytes, file_name: str) -> tuple[DirectiveHit, ...]:
    """Return the lines of a file of that name that matter; none of a file that is no such configuration."""
    file_name = file_name.rsplit("/", 1)[-1].lower()
    if file_name not in (*_APACHE, *_PHP):
        return ()
    text = content[:MAX_READ].decode("utf-8", "replace")
    lines = [line.strip() for line in re.sub(r"\\\r?\n", " ", text).splitlines()]
    return tuple(_iter_dangerous_directives(lines, text))[:20]


def _iter_dangerous_directives(lines: list[str], text: str) -> Iterator[DirectiveHit]:
    for line in lines:
        for rule, weigh in _LINE_RULES:
            level = weigh(line, text)
            if level is not None:
                yield DirectiveHit(rule, level, redact_secrets_in_text(line)[:200])
    yield from _iter_rewrites_by_visitor(text)
    if _HEADED_AWAY.search(text):
        yield DirectiveHit(
            "engines_led_away", "sure" if _BOT.search(text) else "hint", _get_first_match_of_pattern(text, _HEADED_AWAY)
        )
    if _LET_IN.search(text) and _SHUT_OUT.search(text):
        yield DirectiveHit("only_its_own", "hint", _get_first_match_of_pattern(text, _LET_IN))


def _iter_rewrites_by_visitor(text: str) -> Iterator[DirectiveHit]:
    """Yield what leads search engines or other visitors away, where the file asks who they are."""
    if _ENGINE.search(text) and _AWAY.search(text):
        yield DirectiveHit("engines_led_away", "sure", _get_first_match_of_pattern(text, _AWAY))
    elif _ENGINE.search(text) and _ASIDE.search(text):
        yield DirectiveHit("engines_led_away", "sure", _get_first_match_of_pattern(text, _ASIDE))
    elif _WHO_ASKS.search(text) and _AWAY.search(text):
        yield DirectiveHit("visitors_led_away", "hint", _get_first_match_of_pattern(text, _AWAY))


def _weigh_handler(line: str, text: str) -> Sureness | None:
    handler_match = _HANDLER.match(line)
    if handler_match is not None:
        return "sure" if any(not _CODE_SUFFIX.match(suffix) for suffix in handler_match["suffixes"].split()) else None
    if _SET_HANDLER.match(line):
        return "sure" if _is_handler_set_for_non_code_files(text) else "hint"
    return None


def _weigh_filter(line: str, _text: str) -> Sureness | None:
    match = _FILTER.match(line)
    is_odd = match is not None and any(not _PARSED_SUFFIX.match(suffix) for suffix in match["suffixes"].split())
    return "sure" if is_odd else None


def _weigh_prepended_file(line: str, _text: str) -> Sureness | None:
    match = _PREPEND_DIRECTIVE.match(line)
    if match is None or match["file"].lower() in ("none", "off", "wordfence-waf.php"):
        return None
    file = match["file"]
    return "sure" if _DATA.search(file) or _ODD.search(file) or not _CODE.search(file) else "hint"


def _weigh_rewrite_of_pictures(line: str, _text: str) -> Sureness | None:
    if _PICTURES_LED.match(line) is None:
        return None
    return "sure" if _ASIDE.search(line) else "hint"


def _make_weigher(pattern: re.Pattern[str], level: Sureness) -> Callable[[str, str], Sureness | None]:
    return lambda line, _text: level if pattern.match(line) else None


_LINE_RULES: Sequence[tuple[str, Callable[[str, str], Sureness | None]]] = (
    ("handler", _weigh_handler),
    ("handler", _weigh_filter),
    ("errors_led_away", _make_weigher(_ELSEWHERE, "hint")),
    ("module", _make_weigher(_EXTENSION, "sure")),
    ("prepended", _weigh_prepended_file),
    ("handler", _make_weigher(_ACTION, "hint")),
    ("led_aside", _weigh_rewrite_of_pictures),
    ("loosened", _make_weigher(_LOOSE_DIRECTIVE, "hint")),
)
"""What a line may come to: a rule, and how sure it is of a line in its file."""


_FILES = re.compile(r"<Files(?:Match)?\s+(?:(?!ph)[^>\n])*>[^<]{0,300}(?:SetHandler|ForceType)", re.IGNORECASE)


def _is_handler_set_for_non_code_files(text: str) -> bool:
    """Return whether what a handler is set for is no code by its name."""
    return _FILES.search(text) is not None


def _get_first_match_of_pattern(text: str, pattern: re.Pattern[str]) -> str:
    match = pattern.search(text)
    return match[0][:200] if match is not None else ""
