"""One address and what its visitors were served, read: traces of what others put there, and whom the page points to.

Pure.

Whatever the bytes, it raises nothing, and takes time that grows with them; ``worker`` bounds it none the less.
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from auditor.content import odd_answers
from auditor.content.answers import PageAnswers
from auditor.content.detectors.links import list_hosts_linked_framed_and_loaded
from auditor.content.detectors.pages import list_search_console_tokens
from auditor.content.detectors.registry import DETECTORS
from auditor.content.domains import DomainClassifier, get_host_in_address, resolve_link
from auditor.content.evidence import PageEvidence
from auditor.content.page import charset, css_rules, documents, extract, scripts, segments
from auditor.content.page.extract import PageExtract
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


class _CacheOfLastPages[Key, Said]:
    """The pages that were read last.

    Most visitors of an address are served the same, and many addresses the same tomorrow.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Key, Said] = OrderedDict()

    def get_or_read(self, key: Key, read_value: Callable[[], Said]) -> Said:
        """Return what was read by that key, or is read now."""
        if key not in self._kept:
            self._kept[key] = read_value()
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return self._kept[key]


_extracts: _CacheOfLastPages[tuple[object, ...], PageExtract] = _CacheOfLastPages(_EXTRACTS)
_readings: _CacheOfLastPages[tuple[object, ...], PageAnalysis] = _CacheOfLastPages(_READINGS)


def analyze_visit(visit: PageVisit, baseline: SiteBaseline, lexicon: Lexicon | None = None) -> PageAnalysis:
    """Return what the answers at one address say. ``lexicon``: the shipped one, when none is given."""
    lexicon = lexicon or load_built_in_lexicon()
    digests = tuple(hashlib.sha256(response.body).digest() for response in visit.responses)
    heads = tuple(
        (response.visitor, response.status, response.location, *response.headers.items())
        for response in visit.responses
    )
    key = (visit.url, visit.role, digests, heads, visit.sheets, baseline, id(lexicon))
    return _readings.get_or_read(
        key, lambda: _analyze_visit_uncached(visit, digests, DomainClassifier(baseline, lexicon))
    )


def _analyze_visit_uncached(visit: PageVisit, digests: Sequence[bytes], near: DomainClassifier) -> PageAnalysis:
    plain = visit.responses[0]
    media = plain.headers.get("content-type", "")
    if _parse_media_type(media) == "text/css" and len(visit.responses) == 1:
        return _analyze_style_sheet(charset.decode_page_body(plain.body, media), visit.url)
    extracts: dict[Visitor, PageExtract] = {}
    for response, digest in zip(visit.responses, digests, strict=True):
        content_type = response.headers.get("content-type", "")
        extracts[response.visitor] = _extracts.get_or_read(
            (digest, visit.url, content_type, visit.sheets),
            partial(_extract_page_from_response, response, visit, content_type),
        )
    answers = PageAnswers(visit, extracts)
    evidence = PageEvidence(_shorten_url_to_own_path(visit.url, near.baseline.domain))
    for detect in DETECTORS:
        detect(answers, near, evidence)
    page = answers.page
    linked_hosts, framed_hosts, loaded_hosts = list_hosts_linked_framed_and_loaded(page, near)
    traces = tuple(evidence.iter_traces_of_suspects(is_orphan=visit.role in ("orphan", "missing")))
    return PageAnalysis(
        traces=traces,
        links=page.own,
        title=page.title,
        linked_hosts=linked_hosts,
        framed_hosts=framed_hosts,
        loaded_hosts=loaded_hosts,
        landmarks=segments.list_menu_and_heading_texts(page) if visit.role == "home" else (),
        tokens=list_search_console_tokens(answers),
        sheets=tuple(dict.fromkeys(page.sheets))[:MAX_SHEETS] if linked_hosts or framed_hosts or page.pointers else (),
        odd_answers=tuple(odd_answers.iter_odd_answers(answers, near.baseline)),
        suspicious=bool(traces),
        whole=all(extract_page.whole for extract_page in extracts.values()),
    )


def _shorten_url_to_own_path(url: str, domain: str) -> str:
    """Return the path of an address; with its host where that is another of the site's names."""
    host, _, path = url.partition("://")[2].partition("/")
    return f"/{path}" if host == domain or not domain else f"//{host}/{path}"


def _analyze_style_sheet(sheet: str, url: str) -> PageAnalysis:
    taken_in = (resolve_link(link, url) for link in css_rules.list_imported_sheet_addresses(sheet))
    return PageAnalysis(
        sheets=tuple(address for address in taken_in if get_host_in_address(address) == get_host_in_address(url)),
        hides=tuple(css_rules.parse_hiding_and_showing_rules(sheet)),
    )


def _parse_media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _extract_page_from_response(response: VisitorResponse, visit: PageVisit, content_type: str) -> PageExtract:
    media = _parse_media_type(content_type)
    if "javascript" in media:
        return PageExtract(
            scripts=(scripts.analyze_script_code(charset.decode_page_body(response.body, content_type)),)
        )
    if not response.body or not _is_viewable_as_page(media, response.body):
        return PageExtract()
    page = extract.extract_page_contents(charset.decode_page_body(response.body, content_type), visit.url, visit.sheets)
    return page if len(response.body) <= MAX_BODY else replace(page, whole=False)


def _is_viewable_as_page(media_type: str, body: bytes) -> bool:
    """Return whether somebody may see it as a page, whatever it is said to be."""
    if any(name in media_type for name in _TEXTS):
        return True
    if media_type in _NO_TYPE or "/" not in media_type:
        return not documents.detect_document_kind(body)
    return not media_type.startswith(_NO_PAGE) and _IS_PAGE.match(body[:4_096]) is not None
