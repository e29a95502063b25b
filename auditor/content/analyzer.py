"""One address and what its visitors were served, read: traces of what others put there, and whom the page points to.

Pure.

Whatever the bytes, it raises nothing, and takes time that grows with them; ``reader`` bounds it none the less.
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from auditor.content.detectors import cloaking, links, pages, spam_text
from auditor.content.domains import DomainClassifier, host_of, resolve_link
from auditor.content.evidence import PageEvidence
from auditor.content.page import charset, css_rules, documents, extract, scripts, segments
from auditor.content.page.extract import Extract
from auditor.content.text.lexicon import Lexicon, load_built_in_lexicon
from auditor.scans.responses import PageAnalysis, PageVisit, SiteBaseline, Visitor, VisitorResponse

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
    """The pages that were read last.

    Most visitors of an address are served the same, and many addresses the same tomorrow.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Key, Said] = OrderedDict()

    def of(self, key: Key, read: Callable[[], Said]) -> Said:
        """Return what was read by that key, or is read now."""
        if key not in self._kept:
            self._kept[key] = read()
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return self._kept[key]


_extracts: _Memory[tuple[object, ...], Extract] = _Memory(_EXTRACTS)
_readings: _Memory[tuple[object, ...], PageAnalysis] = _Memory(_READINGS)


def read(visit: PageVisit, baseline: SiteBaseline, lexicon: Lexicon | None = None) -> PageAnalysis:
    """Return what the answers at one address say. ``lexicon``: the shipped one, when none is given."""
    lexicon = lexicon or load_built_in_lexicon()
    digests = tuple(hashlib.sha256(response.body).digest() for response in visit.responses)
    heads = tuple(
        (response.visitor, response.status, response.location, *response.headers.items())
        for response in visit.responses
    )
    key = (visit.url, visit.role, digests, heads, visit.sheets, baseline, id(lexicon))
    return _readings.of(key, lambda: _read(visit, digests, DomainClassifier(baseline, lexicon)))


def _read(visit: PageVisit, digests: Sequence[bytes], near: DomainClassifier) -> PageAnalysis:
    plain = visit.responses[0]
    evidence = PageEvidence(_where(visit.url, near.baseline.domain))
    media = plain.headers.get("content-type", "")
    if _media(media) == "text/css" and len(visit.responses) == 1:
        return _sheet(charset.text(plain.body, media), visit.url)
    if documents.kind(plain.body):
        pages.document(visit, documents.read(plain.body), near, evidence)
    extracts: dict[Visitor, Extract] = {}
    for response, digest in zip(visit.responses, digests, strict=True):
        content_type = response.headers.get("content-type", "")
        extracts[response.visitor] = _extracts.of(
            (digest, visit.url, content_type, visit.sheets), partial(_extract, response, visit, content_type)
        )
    page = extracts[plain.visitor]
    if _is_sitemap(plain):
        pages.sitemap(visit, charset.text(plain.body, media), near, evidence)
    if visit.url.endswith("/robots.txt"):
        pages.robots(visit, charset.text(plain.body), near, evidence)
    pages.check_redirect(visit, plain, near, evidence)
    pages.check_page(visit, plain, page, near, evidence)
    links.judge(page, near, evidence)
    spam_text.judge(page, visit, near, evidence)
    cloaking.judge(visit, extracts, near, evidence)
    tokens = pages.tokens(visit, page, near, evidence)
    linked_hosts, framed_hosts, loaded_hosts = links.inventory(page, near)
    traces = tuple(evidence.traces(orphan=visit.role in ("orphan", "missing")))
    return PageAnalysis(
        traces=traces,
        links=page.own,
        title=page.title,
        linked_hosts=linked_hosts,
        framed_hosts=framed_hosts,
        loaded_hosts=loaded_hosts,
        landmarks=segments.landmarks(page) if visit.role == "home" else (),
        tokens=tokens,
        sheets=tuple(dict.fromkeys(page.sheets))[:MAX_SHEETS] if linked_hosts or framed_hosts or page.pointers else (),
        suspicious=bool(traces),
        whole=all(extract_page.whole for extract_page in extracts.values()),
    )


def _where(url: str, domain: str) -> str:
    """Return the path of an address; with its host where that is another of the site's names."""
    host, _, path = url.partition("://")[2].partition("/")
    return f"/{path}" if host == domain or not domain else f"//{host}/{path}"


def _is_sitemap(response: VisitorResponse) -> bool:
    return b"<urlset" in response.body[:2_000] or b"<sitemapindex" in response.body[:2_000]


def _sheet(sheet: str, url: str) -> PageAnalysis:
    taken_in = (resolve_link(link, url) for link in css_rules.imports(sheet))
    return PageAnalysis(
        sheets=tuple(address for address in taken_in if host_of(address) == host_of(url)),
        hides=tuple(css_rules.rules(sheet)),
    )


def _media(kind: str) -> str:
    return kind.partition(";")[0].strip().lower()


def _extract(response: VisitorResponse, visit: PageVisit, kind: str) -> Extract:
    media = _media(kind)
    if "javascript" in media:
        return Extract(scripts=(scripts.read(charset.text(response.body, kind)),))
    if not response.body or not _is_page(media, response.body):
        return Extract()
    page = extract.read(charset.text(response.body, kind), visit.url, visit.sheets)
    return page if len(response.body) <= MAX_BODY else replace(page, whole=False)


def _is_page(media: str, body: bytes) -> bool:
    """Return whether somebody may see it as a page, whatever it is said to be."""
    if any(name in media for name in _TEXTS):
        return True
    if media in _NO_TYPE or "/" not in media:
        return not documents.kind(body)
    return not media.startswith(_NO_PAGE) and _IS_PAGE.match(body[:4_096]) is not None
