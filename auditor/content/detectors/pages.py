"""Judging what a page is on its site: a doorway, an answer where nothing is, a sitemap, a face that was changed.

Pure.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from auditor.content.answers import PageAnswers
from auditor.content.detectors import context, spam_text
from auditor.content.detectors.cloaking import get_redirect_target, iter_canonical_addresses
from auditor.content.detectors.scripts import find_foreign_addresses_in_script
from auditor.content.domains import DomainClassifier, get_host_in_address, get_registrable_domain, resolve_link
from auditor.content.evidence import PageEvidence
from auditor.content.page import documents
from auditor.content.page.documents import DocumentText
from auditor.content.page.extract import PageExtract
from auditor.content.text import normalization
from auditor.scans.responses import PageVisit

MAX_LISTED = 20_000
_SHORT = 600
"""Letters of a page that hardly says anything."""
_WORDS_OF_PICTURE, _LETTERS_OF_PICTURE = 30, 2_000
_PICTURE = re.compile(r"<(?:img|canvas|picture|video|svg)\b", re.IGNORECASE)
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


def check_redirect_and_canonical_headers(answers: PageAnswers, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Add what everybody is led to, and where the page belongs by its headers."""
    visit, response = answers.visit, answers.plain
    for address in iter_canonical_addresses(response, visit.url):
        if near.classify_host(host := get_host_in_address(address)) == "foreign":
            evidence.add_evidence_against_host(
                host, "canonical", "foreign_canonical", address, "structure", report_alone=True
            )
    address = get_redirect_target(response, visit.url)
    host = get_host_in_address(address)
    if not host or near.classify_host(host) != "foreign":
        return
    evidence.add_evidence_against_host(host, "redirect", "led_away", address, "redirects", report_alone=True)
    if visit.role == "home" and near.baseline.title:
        evidence.add_evidence_against_host(host, "redirect", "home_led_away", address, "baseline")
    if near.is_advert_like_host(host):
        evidence.add_evidence_against_host(host, "redirect", "name_of_advert", address, "address")
    if (
        near.find_advert_terms_in_host(host)
        or context.find_lexicon_words(
            normalization.convert_path_to_words(urlsplit(address).path), near.lexicon
        ).has_advert_words
    ):
        evidence.add_evidence_against_host(host, "redirect", "words_of_link", address, "lexicon")


def check_page(answers: PageAnswers, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Add what is wrong with a page being there."""
    visit, response, extract = answers.visit, answers.plain, answers.page
    if visit.role == "missing" and response.status == 200:
        _check_doorway_for_any_address(visit, extract, near, evidence)
    if response.status in (404, 410):
        for address, host in (
            entry
            for script in extract.scripts
            if script.leads
            for entry in find_foreign_addresses_in_script(script, near)
        ):
            evidence.add_evidence_against_host(
                host, "redirect", "from_missing_page", address, "redirects", "structure", report_alone=True
            )
    if response.status == 200:
        _check_page_of_one_picture(extract, near, evidence)
    if response.status == 200 or visit.role == "home":
        is_whole_home = visit.role == "home" and response.status == 200
        _check_defacement(extract, near, evidence, is_home=is_whole_home)


def _check_page_of_one_picture(extract: PageExtract, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Say so when a page is hardly more than a picture that leads away: what is written in pictures is not read."""
    if len(extract.own) >= _FEW or len(extract.text) > _LETTERS_OF_PICTURE:
        return
    if len(extract.text.split()) > _WORDS_OF_PICTURE or not _PICTURE.search(extract.html):
        return
    foreign = [one for one in extract.pointers if one.via == "link" and near.classify_host(one.host) == "foreign"]
    scripts_lead = any(find_foreign_addresses_in_script(script, near) for script in extract.scripts)
    if foreign or (scripts_lead and "<canvas" in extract.html):
        essence = f"one picture {get_registrable_domain(foreign[0].host) if foreign else 'canvas'}"
        evidence.add_evidence_without_host("doorway", essence, "one_picture", extract.title or essence, "structure")


def _check_doorway_for_any_address(
    visit: PageVisit, extract: PageExtract, near: DomainClassifier, evidence: PageEvidence
) -> None:
    words = _WORD.findall(normalization.convert_path_to_words(unquote(urlsplit(visit.url).path)))
    title = normalization.strip_diacritics(" ".join((extract.title, *extract.headings)).lower())
    match = context.find_lexicon_words(f"{extract.title}\n{extract.main}", near.lexicon)
    if words and words[-1] in title and not (match.is_missing_page or match.search):
        without = normalization.strip_diacritics(extract.title.lower()).replace(words[-1], "")
        essence = f"answers anything {spam_text.build_stable_essence_of_text(without, near.lexicon)}"
        evidence.add_evidence_without_host("doorway", essence, "answers_anything", extract.title, "structure", "orphan")


def _check_defacement(extract: PageExtract, near: DomainClassifier, evidence: PageEvidence, *, is_home: bool) -> None:
    head = " ".join((extract.title, *extract.headings, extract.text[:300]))
    short = len(extract.text) < _SHORT * 4 and len(" ".join(extract.text.split())) < _SHORT
    has_lost_content = is_home and _has_lost_home_page_content(extract, near)
    if "defacement" in context.find_lexicon_words(head, near.lexicon).categories:
        essence = _build_defacement_essence(head, near)
        evidence.add_evidence_without_host(
            "defacement", essence, "words", head, "lexicon", *(("structure",) if short else ()), exact=has_lost_content
        )
    if (
        not has_lost_content
        or not near.baseline.title
        or spam_text.has_common_title_word(extract.title, near.baseline.title)
    ):
        return
    if short or len(extract.own) < _FEW:
        essence = _build_defacement_essence(head, near)
        evidence.add_evidence_without_host("defacement", essence, "nothing_of_it_left", head, "baseline", "structure")


def _build_defacement_essence(page_beginning: str, near: DomainClassifier) -> str:
    return f"defacement {spam_text.build_stable_essence_of_text(page_beginning, near.lexicon)}"


def _has_lost_home_page_content(extract: PageExtract, near: DomainClassifier) -> bool:
    """Return whether next to nothing is left of what the home page said in its last look."""
    landmarks = near.baseline.landmarks
    if len(landmarks) < _FEW:
        return False
    text = normalization.strip_diacritics(extract.text.lower())
    remaining_count = sum(normalization.strip_diacritics(landmark.lower()) in text for landmark in landmarks)
    return remaining_count * _SHARE < len(landmarks)


def list_search_console_tokens(answers: PageAnswers) -> tuple[str, ...]:
    """Return the tokens by which search consoles know whose the site is."""
    file = _TOKEN_FILE.search(urlsplit(answers.visit.url).path)
    return (*((file[1],) if file else ()), *answers.page.tokens)


def check_search_console_tokens(answers: PageAnswers, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Note the tokens of search consoles that are new."""
    for token in list_search_console_tokens(answers):
        if (near.baseline.tokens or near.baseline.is_complete) and token not in near.baseline.tokens:
            evidence.add_evidence_without_host("search_console", token, "new_owner", token, "baseline", "structure")


def check_addresses_listed_in_sitemap(answers: PageAnswers, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Add what a sitemap lists that is none of the site's."""
    start = answers.plain.body[:2_000]
    if b"<urlset" not in start and b"<sitemapindex" not in start:
        return
    visit, body = answers.visit, answers.decode_body(answers.media_type)
    addresses = [unquote(address.strip()) for address in _LOC.findall(body[:2_000_000])[:MAX_LISTED]]
    foreign: dict[str, str] = {}
    adverts: dict[str, str] = {}
    count = 0
    for listed_address in addresses:
        host = get_host_in_address(resolve_link(listed_address, visit.url))
        if host and near.classify_host(host) == "foreign":
            foreign.setdefault(get_registrable_domain(host), listed_address)
        if terms := _find_advert_words_in_path(urlsplit(listed_address).path, near):
            count += 1
            adverts |= {term: listed_address for term in terms if term not in adverts}
    for host, listed_address in itertools.islice(foreign.items(), _MAX_NAMES):
        evidence.add_evidence_without_host(
            "sitemap", f"foreign addresses {host}", "lists_others", listed_address, "structure", "address"
        )
    if count > 1 or (count and len(addresses) < _FEW):
        for term, listed_address in itertools.islice(adverts.items(), _MAX_NAMES):
            evidence.add_evidence_without_host(
                "sitemap", f"addresses of adverts {term}", "lists_adverts", listed_address, "structure", "lexicon"
            )
    machine_addresses = [
        listed_address for listed_address in addresses if _MACHINE_PATH.search(urlsplit(listed_address).path)
    ]
    if len(machine_addresses) > _GONE and len(machine_addresses) * 2 > len(addresses):
        evidence.add_evidence_without_host(
            "sitemap", "addresses made by a machine", "lists_made_up", machine_addresses[0], "structure", "address"
        )


def check_sitemaps_named_in_robots_txt(answers: PageAnswers, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Note sitemaps on other hosts that the file for engines names."""
    url = answers.visit.url
    body = answers.decode_body() if url.endswith("/robots.txt") else ""
    for address in _SITEMAP.findall(body[:500_000])[:100]:
        host = get_host_in_address(resolve_link(address, url))
        if host and near.classify_host(host) == "foreign":
            evidence.add_evidence_without_host(
                "sitemap", host, "names_sitemap_of_others", address, "structure", "address"
            )


def _find_advert_words_in_path(path: str, near: DomainClassifier) -> tuple[str, ...]:
    """Return the words of an address that make it an advert's."""
    match = near.lexicon.find_terms_in_text(
        normalization.normalize_text_as_read(normalization.convert_path_to_words(path)), match_joined=True
    )
    return match.terms if match.has_advert_words and not match.report_words else ()


def check_uploaded_document(answers: PageAnswers, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Add what an uploaded document says and where it leads."""
    if not documents.detect_document_kind(answers.plain.body):
        return
    content = documents.read_document_text_and_links(answers.plain.body)
    says = context.find_lexicon_words(content.text[:60_000], near.lexicon)
    leads_to = [
        address_
        for address_ in content.addresses
        if (host := get_host_in_address(address_)) and near.classify_host(host) == "foreign"
    ]
    essence = spam_text.build_stable_essence_of_text(content.text, near.lexicon)
    if (
        says.has_advert_words
        and says.report_words < context.REPORTS
        and (leads_to or (says.is_advert_and_no_report and says.score >= spam_text.CLEAR))
    ):
        evidence.add_evidence_without_host(
            "document", essence, "words", content.text, "lexicon", *(("address",) if leads_to else ())
        )
    for address in leads_to:
        if near.is_advert_like_host(get_host_in_address(address)) or near.find_advert_terms_in_host(
            get_host_in_address(address)
        ):
            evidence.add_evidence_without_host("document", essence, "leads_to_advert", address, "address")
    _check_disguised_words_of_document(content, essence, evidence, leads_to)


def _check_disguised_words_of_document(
    content: DocumentText, essence: str, evidence: PageEvidence, leads_to: Iterable[str]
) -> None:
    if (
        normalization.normalize_text_as_read(content.text[:20_000]).disguised_count >= normalization.MIN_DISGUISED * 3
        and leads_to
    ):
        evidence.add_evidence_without_host("document", essence, "disguised", content.text, "writing", "address")
