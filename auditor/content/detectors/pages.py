"""Judging what a page is on its site: a doorway, an answer where nothing is, a sitemap, a face that was changed.

Pure.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from auditor.content.detectors import spam_text
from auditor.content.detectors.cloaking import get_redirect_target, iter_canonical_addresses
from auditor.content.detectors.links import foreign_in
from auditor.content.domains import DomainClassifier, host_of, registrable, resolve_link
from auditor.content.evidence import PageEvidence
from auditor.content.page.documents import DocumentText
from auditor.content.page.extract import Extract
from auditor.content.text import normalization
from auditor.scans.responses import PageVisit, VisitorResponse

MAX_LISTED = 20_000
_SHORT = 600
"""Letters of a page that hardly says anything."""
_MAX_NAMES = 20
"""Things that one sitemap lists of a kind, each a trace of its own: who accepts one accepts no other."""
_GONE, _FEW, _SHARE = 5, 4, 5
"""Landmarks: of so many, one part of so many may be left when a face was changed."""
_TOKEN_FILE = re.compile(
    r"/(google[0-9a-f]{12,20}\.html|BingSiteAuth\.xml|yandex_[0-9a-f]{8,40}\.html|baidu_verify_[\w-]{4,40}\.html)$"
)
_LOC = re.compile(r"<loc>\s*(?:<!\[CDATA\[)?\s*([^<\]]{1,2000}?)\s*(?:\]\]>)?\s*</loc>", re.IGNORECASE)
_SITEMAP = re.compile(r"(?im)^\s*sitemap\s*:\s*(\S{1,2000})")
_MACHINE_PATH = re.compile(
    r"/(?=[a-z]*[A-Z])(?=[A-Z]*[a-z])[A-Za-z]{4,8}/\d{3,8}\.s?html?$|^/\d{5,8}/?$|/\d{4,8}/viewspace-\d+|/"
    r"news-\d+\.index\.html$"
)
_WORD = re.compile(r"[a-z0-9]{4,}")


def check_redirect(visit: PageVisit, response: VisitorResponse, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Add what everybody is led to, and where the page belongs by its headers."""
    for address in iter_canonical_addresses(response, visit.url):
        if near.classify_host(host := host_of(address)) == "foreign":
            evidence.against_host(host, "canonical", "foreign_canonical", address, "structure", report_alone=True)
    address = get_redirect_target(response, visit.url)
    host = host_of(address)
    if not host or near.classify_host(host) != "foreign":
        return
    evidence.against_host(host, "redirect", "led_away", address, "redirects", report_alone=True)
    if visit.role == "home" and near.baseline.title:
        evidence.against_host(host, "redirect", "home_led_away", address, "baseline")
    if near.looks_like_an_advert(host):
        evidence.against_host(host, "redirect", "name_of_advert", address, "address")
    if (
        near.names_an_advert(host)
        or spam_text.find_words(normalization.slug(urlsplit(address).path), near.lexicon).has_advert_words
    ):
        evidence.against_host(host, "redirect", "words_of_link", address, "lexicon")


def check_page(
    visit: PageVisit, response: VisitorResponse, extract: Extract, near: DomainClassifier, evidence: PageEvidence
) -> None:
    """Add what is wrong with a page being there."""
    if visit.role == "missing" and response.status == 200:
        _answers_anything(visit, extract, near, evidence)
    if response.status in (404, 410):
        for address, host in (
            entry for script in extract.scripts if script.leads for entry in foreign_in(script, near)
        ):
            evidence.against_host(
                host, "redirect", "from_missing_page", address, "redirects", "structure", report_alone=True
            )
    if response.status == 200:
        _face(extract, near, evidence, home=visit.role == "home")


def _answers_anything(visit: PageVisit, extract: Extract, near: DomainClassifier, evidence: PageEvidence) -> None:
    words = _WORD.findall(normalization.slug(unquote(urlsplit(visit.url).path)))
    title = normalization.strip_marks(" ".join((extract.title, *extract.headings)).lower())
    match = spam_text.find_words(f"{extract.title}\n{extract.main}", near.lexicon)
    if words and words[-1] in title and not (match.is_missing_page or match.search):
        without = normalization.strip_marks(extract.title.lower()).replace(words[-1], "")
        essence = f"answers anything {spam_text.essence(without, near.lexicon)}"
        evidence.against("doorway", essence, "answers_anything", extract.title, "structure", "orphan")


def _face(extract: Extract, near: DomainClassifier, evidence: PageEvidence, *, home: bool) -> None:
    head = " ".join((extract.title, *extract.headings, extract.text[:300]))
    short = len(extract.text) < _SHORT * 4 and len(" ".join(extract.text.split())) < _SHORT
    has_lost_content = home and _has_lost_content(extract, near)
    if "defacement" in spam_text.find_words(head, near.lexicon).categories:
        essence = _of_defacement(head, near)
        evidence.against(
            "defacement", essence, "words", head, "lexicon", *(("structure",) if short else ()), exact=has_lost_content
        )
    if not has_lost_content or not near.baseline.title or spam_text.share_word(extract.title, near.baseline.title):
        return
    if short or len(extract.own) < _FEW:
        essence = _of_defacement(head, near)
        evidence.against("defacement", essence, "nothing_of_it_left", head, "baseline", "structure")


def _of_defacement(head: str, near: DomainClassifier) -> str:
    return f"defacement {spam_text.essence(head, near.lexicon)}"


def _has_lost_content(extract: Extract, near: DomainClassifier) -> bool:
    """Return whether next to nothing is left of what the home page said in its last look."""
    landmarks = near.baseline.landmarks
    if len(landmarks) < _FEW:
        return False
    text = normalization.strip_marks(extract.text.lower())
    remaining_count = sum(normalization.strip_marks(landmark.lower()) in text for landmark in landmarks)
    return remaining_count * _SHARE < len(landmarks)


def tokens(visit: PageVisit, extract: Extract, near: DomainClassifier, evidence: PageEvidence) -> tuple[str, ...]:
    """Return the tokens by which search consoles know whose the site is, and note those that are new."""
    file = _TOKEN_FILE.search(urlsplit(visit.url).path)
    page_tokens = (*((file[1],) if file else ()), *extract.tokens)
    for token in page_tokens:
        if (near.baseline.tokens or near.baseline.is_complete) and token not in near.baseline.tokens:
            evidence.against("search_console", token, "new_owner", token, "baseline", "structure")
    return page_tokens


def sitemap(visit: PageVisit, body: str, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Add what a sitemap lists that is none of the site's."""
    addresses = [unquote(address.strip()) for address in _LOC.findall(body[:2_000_000])[:MAX_LISTED]]
    foreign: dict[str, str] = {}
    adverts: dict[str, str] = {}
    count = 0
    for listed_address in addresses:
        host = host_of(resolve_link(listed_address, visit.url))
        if host and near.classify_host(host) == "foreign":
            foreign.setdefault(registrable(host), listed_address)
        if terms := _adverts_in(urlsplit(listed_address).path, near):
            count += 1
            adverts |= {term: listed_address for term in terms if term not in adverts}
    for host, listed_address in itertools.islice(foreign.items(), _MAX_NAMES):
        evidence.against("sitemap", f"foreign addresses {host}", "lists_others", listed_address, "structure", "address")
    if count > 1 or (count and len(addresses) < _FEW):
        for term, listed_address in itertools.islice(adverts.items(), _MAX_NAMES):
            evidence.against(
                "sitemap", f"addresses of adverts {term}", "lists_adverts", listed_address, "structure", "lexicon"
            )
    machine_addresses = [
        listed_address for listed_address in addresses if _MACHINE_PATH.search(urlsplit(listed_address).path)
    ]
    if len(machine_addresses) > _GONE and len(machine_addresses) * 2 > len(addresses):
        evidence.against(
            "sitemap", "addresses made by a machine", "lists_made_up", machine_addresses[0], "structure", "address"
        )


def robots(visit: PageVisit, body: str, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Note sitemaps on other hosts that the file for engines names."""
    for address in _SITEMAP.findall(body[:500_000])[:100]:
        host = host_of(resolve_link(address, visit.url))
        if host and near.classify_host(host) == "foreign":
            evidence.against("sitemap", host, "names_sitemap_of_others", address, "structure", "address")


def _adverts_in(path: str, near: DomainClassifier) -> tuple[str, ...]:
    """Return the words of an address that make it an advert's."""
    match = near.lexicon.find(normalization.read(normalization.slug(path)), match_joined=True)
    return match.terms if match.has_advert_words and not match.report_words else ()


def document(visit: PageVisit, content: DocumentText, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Add what an uploaded document says and where it leads."""
    says = spam_text.find_words(content.text[:60_000], near.lexicon)
    leads_to = [
        address_
        for address_ in content.addresses
        if (host := host_of(address_)) and near.classify_host(host) == "foreign"
    ]
    essence = spam_text.essence(content.text, near.lexicon)
    if (
        says.has_advert_words
        and says.report_words < spam_text.REPORTS
        and (leads_to or (says.advert and says.score >= spam_text.CLEAR))
    ):
        evidence.against("document", essence, "words", content.text, "lexicon", *(("address",) if leads_to else ()))
    for address in leads_to:
        if near.looks_like_an_advert(host_of(address)) or near.names_an_advert(host_of(address)):
            evidence.against("document", essence, "leads_to_advert", address, "address")
    _check_disguise(content, essence, evidence, leads_to)


def _check_disguise(content: DocumentText, essence: str, evidence: PageEvidence, leads_to: Iterable[str]) -> None:
    if normalization.read(content.text[:20_000]).disguised_count >= normalization.MIN_DISGUISED * 3 and leads_to:
        evidence.against("document", essence, "disguised", content.text, "writing", "address")
