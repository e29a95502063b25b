"""What a visitor reads on a page, from HTML that may be anything. Pure; bounded in what it keeps."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from auditor.web.html_limits import cut_excess_from_html

MAX_LINES = 2_000
MAX_LINE = 200
MAX_HEADINGS = 40
MAX_TITLE = 300
MAX_COMPLAINTS = 100
MAX_FOLDERS = 100
MAX_LINKS = 1_000

_UNSEEN = ["script", "style", "noscript", "template", "svg"]
_ASSETS = ((".css",), (".js",), (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".ico"))
_LINKS = (("link[href]", "href"), ("script[src]", "src"), ("img[src]", "src"))
_COMPLAINT = re.compile(r"<b>(Fatal error|Parse error|Warning|Notice|Deprecated)</b>: {1,2}([^<]{1,200})")
_PLAIN_COMPLAINT = re.compile(
    r"(?:^|[\n>])[ \t]{0,40}(?:PHP )?(Fatal error|Parse error|Warning|Notice|Deprecated): {1,2}([^<\n]{1,300}? in /"
    r"[^<\n]{1,200}?) on line \d"
)
_TROUBLE = re.compile(
    r"Error establishing a database connection|There has been a critical error on this website"
    r"|wp-die-message|SQLSTATE\[\w{1,10}\]|Access denied for user|Call to undefined function \w{1,60}"
    r"|Uncaught (?:Error|Exception|PDOException|mysqli_sql_exception)|Database connection (?:error|failed)"
    r"|Whoops, looks like something went wrong|An error has occurred while displaying the error page"
)
"""What applications say in a page of their own, often with status 200, when they cannot work."""
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True)
class VisiblePage:
    """A page as its visitor sees it. Numbers in lines and headings read 0: clocks and counters are not key text."""

    title: str = ""
    lines: frozenset[str] = frozenset()
    headings: frozenset[str] = frozenset()
    complaints: frozenset[str] = frozenset()
    """What PHP, or the application, says on the page about errors in its code."""
    asset: str | None = None
    """Path, with query, of the first style sheet, else script, else picture that the same site serves."""
    folders: tuple[str, ...] = ()
    """Paths on the same site that links lead to and that may be folders, with the slash at the end, in order."""


EMPTY = VisiblePage()
"""What there is to read in something that is not HTML."""


def parse_visible_page_of_html(html: str, url: str) -> VisiblePage:
    """Return the page at ``url``, whatever its text."""
    html = cut_excess_from_html(html)
    tree = LexborHTMLParser(html)
    title = tree.css_first("title")
    asset = _find_path_of_first_asset(tree, url)
    complaints, folders = _find_error_messages_in_html(html), _find_linked_folder_paths(tree, url)
    tree.strip_tags(_UNSEEN)
    text = tree.body.text(deep=True, separator="\n", strip=True) if tree.body else ""
    headings = (node.text(deep=True, separator=" ", strip=True) for node in tree.css("h1, h2")[:MAX_HEADINGS])
    return VisiblePage(
        title=" ".join(title.text(deep=True).split())[:MAX_TITLE] if title else "",
        lines=_normalize_texts_with_digits_as_zero(itertools.islice(text.splitlines(), MAX_LINES)),
        headings=_normalize_texts_with_digits_as_zero(headings),
        complaints=complaints,
        asset=asset,
        folders=folders,
    )


def _find_error_messages_in_html(html: str) -> frozenset[str]:
    complaints = (
        f"{kind}: {_collapse_blanks_and_shorten_text(what)}"
        for pattern in (_COMPLAINT, _PLAIN_COMPLAINT)
        for kind, what in pattern.findall(html)
    )
    return frozenset(itertools.islice(itertools.chain(complaints, _TROUBLE.findall(html)), MAX_COMPLAINTS))


def _normalize_texts_with_digits_as_zero(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(filter(None, (_DIGITS.sub("0", _collapse_blanks_and_shorten_text(text)) for text in texts)))


def _collapse_blanks_and_shorten_text(text: str) -> str:
    return " ".join(text.split())[:MAX_LINE]


def _find_path_of_first_asset(tree: LexborHTMLParser, url: str) -> str | None:
    for (selector, attribute), suffixes in zip(_LINKS, _ASSETS, strict=True):
        for node in tree.css(selector)[:200]:
            path = _get_link_path_on_same_domain(node.attributes.get(attribute) or "", url)
            if path is not None and path.partition("?")[0].lower().endswith(suffixes):
                return path
    return None


def _find_linked_folder_paths(tree: LexborHTMLParser, url: str) -> tuple[str, ...]:
    paths = (
        _get_link_path_on_same_domain(node.attributes.get("href") or "", url)
        for node in tree.css("a[href]")[:MAX_LINKS]
    )
    folder_paths = (
        path for path in paths if path is not None and "?" not in path and "." not in path.rpartition("/")[2]
    )
    return tuple(itertools.islice(dict.fromkeys(path.rstrip("/") + "/" for path in folder_paths), MAX_FOLDERS))


def _get_link_path_on_same_domain(link: str, url: str) -> str | None:
    """Return the path that a link means on the same domain, if it does."""
    try:
        there = urlsplit(urljoin(url, link.strip()[:500]))
        here = urlsplit(url)
        if there.scheme not in ("http", "https") or there.netloc != here.netloc:
            return None
    except ValueError:
        return None
    path = (there.path or "/") + (f"?{there.query}" if there.query else "")
    return path if path.startswith("/") and path.isprintable() and " " not in path else None
