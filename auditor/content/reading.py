"""One address and what its visitors were served, read: traces of what others put there, and whom the page points to. Pure.

Whatever the bytes, it raises nothing, and takes time that grows with them; ``reader`` bounds it none the less.
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from auditor.content import differing, pointing, saying, standing
from auditor.content.evidence import Evidence
from auditor.content.neighbours import Neighbours, absolute, host_of
from auditor.content.page import again, charset, documents, extract, scripts, sheets
from auditor.content.page.extract import Extract
from auditor.content.words.lexicon import Lexicon, shipped
from auditor.looks.visits import Known, Reading, Served, Visited, Visitor

_EXTRACTS, _READINGS = 12, 500
MAX_BODY = 2_000_000
"""Bytes of a page from which it was longer than what was taken of it."""
MAX_SHEETS = 40
"""Of one page."""
_TEXTS = ("html", "xml", "text/plain")
_NO_TYPE = frozenset({"", "*/*", "unknown/unknown", "application/unknown"})
"""What browsers do not believe: they look at the bytes, as they do where there is no slash in it."""
_NO_PAGE = ("image/", "video/", "audio/", "font/", "text/css")
_IS_PAGE = re.compile(
    rb"\s*+(?:<!--.{0,2000}?-->\s*+)*+<(?:!doctype|html|head|body|script|title|meta|iframe|h1|div|p\b|a\b)",
    re.DOTALL | re.IGNORECASE,
)


class _Memory[Key, Said]:
    """What was read last: most visitors of an address are served the same, and many addresses the same tomorrow."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Key, Said] = OrderedDict()

    def of(self, key: Key, read: Callable[[], Said]) -> Said:
        """What was read by that key, or is read now."""
        if key not in self._kept:
            self._kept[key] = read()
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return self._kept[key]


_extracts: _Memory[tuple[object, ...], Extract] = _Memory(_EXTRACTS)
_readings: _Memory[tuple[object, ...], Reading] = _Memory(_READINGS)


def read(visited: Visited, known: Known, lexicon: Lexicon | None = None) -> Reading:
    """What the answers at one address say. ``lexicon``: the shipped one, when none is given."""
    lexicon = lexicon or shipped()
    digests = tuple(hashlib.sha256(one.body).digest() for one in visited.served)
    heads = tuple((one.visitor, one.status, one.location, *one.headers.items()) for one in visited.served)
    key = (visited.url, visited.role, digests, heads, visited.sheets, known, id(lexicon))
    return _readings.of(key, lambda: _read(visited, digests, Neighbours(known, lexicon)))


def _read(visited: Visited, digests: Sequence[bytes], near: Neighbours) -> Reading:
    plain = visited.served[0]
    evidence = Evidence(_where(visited.url, near.known.domain))
    media = plain.headers.get("content-type", "")
    if _media(media) == "text/css" and len(visited.served) == 1:
        return _sheet(charset.text(plain.body, media), visited.url)
    if documents.kind(plain.body):
        standing.document(visited, documents.read(plain.body), near, evidence)
    pages: dict[Visitor, Extract] = {}
    for one, digest in zip(visited.served, digests, strict=True):
        said = one.headers.get("content-type", "")
        pages[one.visitor] = _extracts.of(
            (digest, visited.url, said, visited.sheets), partial(_extract, one, visited, said)
        )
    page = pages[plain.visitor]
    if _is_sitemap(plain):
        standing.sitemap(visited, charset.text(plain.body, media), near, evidence)
    if visited.url.endswith("/robots.txt"):
        standing.robots(visited, charset.text(plain.body), near, evidence)
    standing.redirect(visited, plain, near, evidence)
    standing.page(visited, plain, page, near, evidence)
    pointing.judge(page, near, evidence)
    saying.judge(page, visited, near, evidence)
    differing.judge(visited, pages, near, evidence)
    tokens = standing.tokens(visited, page, near, evidence)
    linked, framed, loaded = pointing.inventory(page, near)
    traces = tuple(evidence.traces(orphan=visited.role in ("orphan", "missing")))
    return Reading(
        traces=traces,
        links=page.own,
        title=page.title,
        linked=linked,
        framed=framed,
        loaded=loaded,
        landmarks=again.landmarks(page) if visited.role == "home" else (),
        tokens=tokens,
        sheets=tuple(dict.fromkeys(page.sheets))[:MAX_SHEETS] if linked or framed or page.pointers else (),
        suspicious=bool(traces),
        whole=all(one.whole for one in pages.values()),
    )


def _where(url: str, domain: str) -> str:
    """The path of an address; with its host where that is another of the site's names."""
    host, _, path = url.partition("://")[2].partition("/")
    return f"/{path}" if host == domain or not domain else f"//{host}/{path}"


def _is_sitemap(served: Served) -> bool:
    return b"<urlset" in served.body[:2_000] or b"<sitemapindex" in served.body[:2_000]


def _sheet(sheet: str, url: str) -> Reading:
    taken_in = (absolute(one, url) for one in sheets.imports(sheet))
    return Reading(
        sheets=tuple(one for one in taken_in if host_of(one) == host_of(url)), hides=tuple(sheets.rules(sheet))
    )


def _media(kind: str) -> str:
    return kind.partition(";")[0].strip().lower()


def _extract(served: Served, visited: Visited, kind: str) -> Extract:
    media = _media(kind)
    if "javascript" in media:
        return Extract(scripts=(scripts.read(charset.text(served.body, kind)),))
    if not served.body or not _is_page(media, served.body):
        return Extract()
    page = extract.read(charset.text(served.body, kind), visited.url, visited.sheets)
    return page if len(served.body) <= MAX_BODY else replace(page, whole=False)


def _is_page(media: str, body: bytes) -> bool:
    """Whether somebody may see it as a page, whatever it is said to be."""
    if any(name in media for name in _TEXTS):
        return True
    if media in _NO_TYPE or "/" not in media:
        return not documents.kind(body)
    return not media.startswith(_NO_PAGE) and _IS_PAGE.match(body[:4_096]) is not None
