"""Addresses of a site: which are its own, which must not be asked for, and which differ in numbers only. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

from auditor.content.text import normalization

MAX_PATH = 500
_NOISE = re.compile(
    r"(?i)^(?:utm_\w+|fbclid|gclid|zarsrc|php_?sessid|jsessionid|aspsessionid\w*|sid|session(?:_?id)?|token|_)$"
)
"""Parts of a query that name a visit, not a page."""
_SESSION = re.compile(r"(?i);jsessionid=[^/?]*")
_ENDING_WORDS = frozenset(
    [
        "xoa",
        "huy",
        "thoat",
        "logout",
        "signout",
        "logoff",
        "delete",
        "del",
        "remove",
        "destroy",
        "drop",
        "purge",
        "unsubscribe",
        "uninstall",
        "dangxuat",
    ]
)
"""Words that a part of a path must not begin or end with, unless it is a title of four words or more
(xoa-doi-giam-ngheo).
"""
_TITLE = 4
_LAST = ("xoa", "delete", "logout", "dangxuat")
"""The same at the end of what is written as one word (xulyxoa.php)."""
_ORDERS = _ENDING_WORDS | frozenset(
    [
        "login",
        "signin",
        "register",
        "dangnhap",
        "dangky",
        "edit",
        "sua",
        "update",
        "capnhat",
        "insert",
        "add",
        "them",
        "create",
        "tao",
        "install",
        "reset",
        "vote",
        "binhchon",
        "subscribe",
        "checkout",
        "cart",
        "approve",
        "duyet",
        "publish",
        "upload",
        "save",
        "luu",
        "send",
        "gui",
        "run",
        "exec",
        "cmd",
        "trackback",
        "replytocom",
        "trash",
        "truncate",
        "clear",
        "flush",
        "empty",
        "enable",
        "disable",
        "activate",
        "deactivate",
        "kichhoat",
    ]
)
"""Words that a query must not hold."""
_TOGETHER = re.compile(r"(?i)\b(dang|log|sign|cap|binh|kich)[-_](xuat|nhap|ky|out|in|off|up|nhat|chon|hoat)\b")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_PRIVATE = re.compile(
    r"(?i)^/(?:wp-admin|wp-login\.php|wp-cron\.php|xmlrpc\.php|administrator|admin|user/login|cgi-bin)(?:/|$)"
)
"""Where nothing is shown to visitors, and what is asked for is an order or looks like an attack."""
_FILES = re.compile(
    r"(?i)\.(?:jpe?g|png|gif|webp|avif|svg|ico|bmp|css|js|mjs|map|woff2?|ttf|eot|otf|mp[34]|m4[av]|avi|mov|wmv|webm"
    r"|wav|ogg|zip|rar|7z|gz|tgz"
    r"|tar|exe|msi|apk|iso|dmg|xlsx?|pptx?|doc)$"
)
"""What is neither a page nor a document that is read."""
_NUMBERS = re.compile(r"\d+|[0-9a-f]{16,}")
SAMPLES = 20
"""Addresses of one shape that are looked at."""


def resolve_link_to_own_path(link: str, base: str, own_hosts: frozenset[str]) -> str | None:
    """Return the path, with its query, that a link on the page at ``base`` means on the same site.

    None when it leads elsewhere.
    """
    try:
        there = urlsplit(urljoin(base, link.strip()))
        port, host = there.port, (there.hostname or "").lower()
    except ValueError:
        return None
    if there.scheme not in ("http", "https") or host not in own_hosts or port not in (None, 80, 443):
        return None
    return normalize_path(there.path, there.query)


def normalize_path(path: str, query: str) -> str | None:
    """Return one way of writing an address; None for one that is too long or no text."""
    path = quote(unquote(_SESSION.sub("", path or "/"), errors="replace"), safe="/:@!$&'()*+,;=~-._")
    parameters = [
        (name, value) for name, value in parse_qsl(query[:MAX_PATH], keep_blank_values=True) if not _NOISE.match(name)
    ]
    whole = path + (f"?{urlencode(parameters)}" if parameters else "")
    return whole if whole.startswith("/") and not whole.startswith("//") and len(whole) <= MAX_PATH else None


def is_safe_to_request(path: str) -> bool:
    """Return whether an address is that of a page or document, and orders nothing."""
    place, _, query = unquote(path).partition("?")
    if _FILES.search(place) or _PRIVATE.match(place):
        return False
    if _ORDERS.intersection(_split_into_words(query)):
        return False
    parts = (_split_into_words(part.partition(".")[0]) for part in place.split("/"))
    return not any(map(_is_action_by_first_or_last_word, parts))


def is_style_sheet_path(path: str) -> bool:
    """Return whether an address is that of a style sheet, by its name: programs that make one may do anything else."""
    return path.partition("?")[0].lower().endswith(".css") and not _ORDERS.intersection(
        _split_into_words(path.partition("?")[2])
    )


def _split_into_words(text: str) -> list[str]:
    text = _TOGETHER.sub(lambda match: match[1] + match[2].lower(), normalization.strip_diacritics(text))
    return [word.lower() for word in _WORD.findall(text)]


def _is_action_by_first_or_last_word(words: list[str]) -> bool:
    """Return whether a part of a path, by how it begins or ends, orders something."""
    if not words or len(words) >= _TITLE:
        return False
    return words[0] in _ENDING_WORDS or words[-1] in _ENDING_WORDS or words[-1].endswith(_LAST)


def replace_numbers_in_path(path: str) -> str:
    """Return what addresses have in common that differ in numbers only."""
    return _NUMBERS.sub("0", path)


def sample_paths_of_each_shape(paths: Iterable[str]) -> list[str]:
    """Return the first SAMPLES of each shape, in their order."""
    counts: dict[str, int] = {}
    samples = []
    for path in paths:
        what = replace_numbers_in_path(path)
        counts[what] = counts.get(what, 0) + 1
        if counts[what] <= SAMPLES:
            samples.append(path)
    return samples


def is_section(path: str) -> bool:
    """Return whether an address looks like that of a section: one part, without a query."""
    return "?" not in path and path.strip("/").count("/") == 0 and path != "/"
