"""Judging what search engines, phones and those who come from a search get that a visitor does not. Pure.

Only what the others get in addition counts: a page that differs is nothing, one that says more to engines is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from auditor.content.answers import PageAnswers
from auditor.content.detectors import context, links, spam_text
from auditor.content.detectors.links import KIND, find_advert_words_in_link
from auditor.content.detectors.scripts import find_foreign_addresses_in_script
from auditor.content.domains import DomainClassifier, get_host_in_address, get_registrable_domain, resolve_link
from auditor.content.evidence import PageEvidence
from auditor.content.odd_answers import is_challenge
from auditor.content.page.extract import REFRESH, OutboundPointer, PageExtract
from auditor.content.page.segments import is_filled_by_browser_application
from auditor.content.text.normalization import MIN_DISGUISED, normalize_text_as_read
from auditor.scans.responses import Visitor, VisitorResponse
from auditor.scans.traces import Kind

_PEOPLE = ("plain", "again")
_LINK = re.compile(r"<\s*([^<>]{1,1000})>\s*;([^<]{0,300})")
_BELONGS = re.compile(r"\brel\s*=\s*[\"']?\s*(?:canonical|amphtml|alternate\b[^<]*hreflang)", re.IGNORECASE)
_REFUSAL_STATUSES = frozenset({401, 403, 405, 406, 407, 408, 429, 451})
_MISSING_STATUSES = frozenset({404, 410})


def check_cloaking(answers: PageAnswers, domain_classifier: DomainClassifier, evidence: PageEvidence) -> None:
    """Say what only some of the visitors get."""
    visit, pages = answers.visit, answers.extracts
    people = [response for response in visit.responses if response.visitor in _PEOPLE]
    if not people:
        return
    plain = people[0]
    for other in visit.responses:
        if other.visitor not in _PEOPLE and other.status not in _REFUSAL_STATUSES and other.status < 500:
            _check_redirect_cloaking(visit.url, people, other, domain_classifier, evidence)
            _check_canonical_cloaking(visit.url, people, other, domain_classifier, evidence)
            if other.status < 300 or other.status in _MISSING_STATUSES:
                if not is_challenge(other, pages[other.visitor]):
                    _check_status_cloaking(
                        plain, other, pages, domain_classifier, evidence, is_missing_page=visit.role == "missing"
                    )
                _check_page_content_cloaking(people, other, pages, domain_classifier, evidence)


def get_redirect_target(response: VisitorResponse, url: str) -> str:
    """Return where an answer redirects to, by its status or a header; empty when it stays or leads nowhere."""
    if response.location and 300 <= response.status < 400:
        return resolve_link(response.location, url)
    refresh_match = REFRESH.match(response.headers.get("refresh", "")[:2_100])
    return resolve_link(refresh_match[1], url) if refresh_match is not None else ""


def iter_canonical_addresses(response: VisitorResponse, url: str) -> Iterator[str]:
    """Yield where a page belongs, as its headers tell engines."""
    for address, parameters in _LINK.findall(response.headers.get("link", ""))[:20]:
        if _BELONGS.search(parameters):
            yield resolve_link(address, url)


def _check_redirect_cloaking(
    url: str, people: list[VisitorResponse], other: VisitorResponse, near: DomainClassifier, evidence: PageEvidence
) -> None:
    address = get_redirect_target(other, url)
    host = get_host_in_address(address)
    if not host or near.classify_host(host) in ("own", "known"):
        return
    if host in {get_host_in_address(get_redirect_target(person, url)) for person in people}:
        return
    from_elsewhere = other.visitor != "phone" and near.classify_host(host) == "foreign"
    evidence.add_evidence_against_host(
        host,
        "redirect",
        f"{other.visitor}_led_away",
        address,
        "visitors",
        "redirects",
        report_alone=True,
        exact=from_elsewhere,
    )


def _check_canonical_cloaking(
    url: str, people: list[VisitorResponse], other: VisitorResponse, near: DomainClassifier, evidence: PageEvidence
) -> None:
    theirs = {address for person in people for address in iter_canonical_addresses(person, url)}
    for address in iter_canonical_addresses(other, url):
        if address not in theirs and near.classify_host(host := get_host_in_address(address)) == "foreign":
            rule = f"{other.visitor}_only"
            evidence.add_evidence_against_host(
                host, "canonical", rule, address, "visitors", "structure", report_alone=True
            )


def _check_status_cloaking(
    plain: VisitorResponse,
    other: VisitorResponse,
    pages: Mapping[Visitor, PageExtract],
    near: DomainClassifier,
    evidence: PageEvidence,
    *,
    is_missing_page: bool,
) -> None:
    if (plain.status >= 400) and other.status == 200:
        title = pages[other.visitor].title
        kind: Kind = "missing_page" if is_missing_page else "doorway"
        evidence.add_evidence_without_host(
            kind,
            spam_text.build_stable_essence_of_text(title, near.lexicon),
            f"{other.visitor}_finds_it",
            title,
            "visitors",
            "structure",
        )


def _check_page_content_cloaking(
    people: list[VisitorResponse],
    other: VisitorResponse,
    pages: Mapping[Visitor, PageExtract],
    near: DomainClassifier,
    evidence: PageEvidence,
) -> None:
    people_pages = [pages[person.visitor] for person in people]
    theirs = pages[other.visitor]
    if theirs in people_pages:
        return
    links.add_evidence_of_foreign_links(theirs, near, evidence)
    shell = (
        people_pages[0].shell
        or _is_bot_challenge_page(people_pages[0])
        or is_filled_by_browser_application(people_pages[0])
    )
    names = [_collect_foreign_domains_of_page(page, near) for page in people_pages]
    steady = all(host_names == names[0] for host_names in names)
    for pointer in theirs.pointers:
        if near.classify_host(pointer.host) != "own" and get_registrable_domain(pointer.host) not in set().union(
            *names
        ):
            _check_link_cloaking(pointer, other, near, evidence, is_trusted=steady and not shell)
    _check_script_cloaking(people_pages, theirs, other, near, evidence)
    _check_title_cloaking(people_pages, theirs, other, near, evidence, is_shell=shell)
    _check_text_cloaking(people_pages, theirs, other, near, evidence)
    if (
        (strange := spam_text.classify_non_vietnamese_language(theirs))
        and not spam_text.classify_non_vietnamese_language(people_pages[0])
        and not shell
        and not people_pages[0].noindex
        and not is_challenge(other, theirs)
    ):
        evidence.add_evidence_without_host(
            "doorway",
            f"language {strange} "
            f"{spam_text.build_stable_essence_of_text(theirs.title or theirs.main[:200], near.lexicon)}",
            f"{other.visitor}_language",
            theirs.title or theirs.main[:200],
            *("visitors", "language"),
        )


def _collect_foreign_domains_of_page(page: PageExtract, near: DomainClassifier) -> set[str]:
    return {
        get_registrable_domain(pointer.host) for pointer in page.pointers if near.classify_host(pointer.host) != "own"
    }


def _check_link_cloaking(
    pointer: OutboundPointer,
    other: VisitorResponse,
    near: DomainClassifier,
    evidence: PageEvidence,
    *,
    is_trusted: bool,
) -> None:
    kind = KIND[pointer.via]
    sample = f"{pointer.words} → {pointer.address}" if pointer.words else pointer.address
    rule = f"{other.visitor}_only"
    foreign = near.classify_host(pointer.host) == "foreign"
    if find_advert_words_in_link(pointer, near).has_advert_words:
        evidence.add_evidence_against_host(pointer.host, kind, rule, sample, "visitors", "lexicon", report_alone=True)
    elif foreign and (is_trusted or near.is_advert_like_host(pointer.host)):
        evidence.add_evidence_against_host(pointer.host, kind, rule, sample, "visitors", report_alone=True)
        if pointer.via in ("frame", "script", "form") or pointer.words:
            evidence.add_evidence_against_host(pointer.host, kind, rule, sample, "address")
        elif pointer.via in ("canonical", "base"):
            evidence.add_evidence_against_host(pointer.host, kind, rule, sample, "structure")
    if foreign and pointer.via == "refresh":
        evidence.add_evidence_against_host(
            pointer.host, "redirect", rule, sample, "visitors", "redirects", report_alone=True
        )


def _check_script_cloaking(
    people_pages: list[PageExtract],
    other_page: PageExtract,
    other: VisitorResponse,
    near: DomainClassifier,
    evidence: PageEvidence,
) -> None:
    known_hosts = {
        host
        for page in people_pages
        for script in page.scripts
        for _, host in find_foreign_addresses_in_script(script, near)
    }
    for script in other_page.scripts:
        for address, host in find_foreign_addresses_in_script(script, near):
            if host not in known_hosts and script.leads:
                evidence.add_evidence_against_host(
                    host, "redirect", f"{other.visitor}_only", address, "visitors", "redirects", report_alone=True
                )
            elif host not in known_hosts and (script.loads or address in script.decoded_addresses):
                evidence.add_evidence_against_host(
                    host, "script", f"{other.visitor}_only", address, "visitors", "code", report_alone=True
                )


def _check_title_cloaking(
    people_pages: list[PageExtract],
    other_page: PageExtract,
    other: VisitorResponse,
    near: DomainClassifier,
    evidence: PageEvidence,
    *,
    is_shell: bool,
) -> None:
    if not other_page.title or any(other_page.title == page.title for page in people_pages):
        return
    match = context.find_lexicon_words(other_page.title, near.lexicon)
    rule = f"{other.visitor}_title"
    if match.has_advert_words and not any(
        context.find_lexicon_words(page.title, near.lexicon).has_advert_words for page in people_pages
    ):
        evidence.add_evidence_without_host(
            "title",
            spam_text.build_stable_essence_of_text(other_page.title, near.lexicon),
            rule,
            other_page.title,
            "visitors",
            "lexicon",
        )
    elif other.status == 200 and not is_shell and people_pages[0].title and other_page.text.strip():
        others = " ".join((people_pages[0].title, near.baseline.title, *people_pages[0].headings))
        if not spam_text.has_common_title_word(other_page.title, others) and not _is_bot_challenge_page(other_page):
            evidence.add_evidence_without_host(
                "title",
                spam_text.build_stable_essence_of_text(other_page.title, near.lexicon),
                rule,
                other_page.title,
                "visitors",
                "structure",
            )


def _is_bot_challenge_page(page: PageExtract) -> bool:
    """Return whether it is the page of those who tell people from programs: next to nothing in it, no way on."""
    return len(page.text.split()) < 40 and not page.own


def _check_text_cloaking(
    people_pages: list[PageExtract],
    other_page: PageExtract,
    other: VisitorResponse,
    near: DomainClassifier,
    evidence: PageEvidence,
) -> None:
    new = [line for line in (*other_page.text.split("\n"), *other_page.descriptions) if line.strip()]
    known_lines = spam_text.collect_visible_lines_of_pages(people_pages) | {
        line.strip() for page in people_pages for line in page.descriptions
    }
    text = "\n".join(line for line in new if line.strip() not in known_lines)
    if not text:
        return
    match = context.find_lexicon_words(text[:20_000], near.lexicon)
    if match.is_advert_and_no_report:
        evidence.add_evidence_without_host(
            "text",
            spam_text.build_stable_essence_of_text(text, near.lexicon),
            f"{other.visitor}_text",
            text,
            "visitors",
            "lexicon",
        )
    elif spam_text.is_text_in_foreign_alphabet(text):
        evidence.add_evidence_without_host(
            "text",
            spam_text.build_stable_essence_of_text(text, near.lexicon),
            f"{other.visitor}_text",
            text,
            "visitors",
            "language",
        )
    elif normalize_text_as_read(text[:20_000]).disguised_count >= MIN_DISGUISED:
        evidence.add_evidence_without_host(
            "text",
            spam_text.build_stable_essence_of_text(text, near.lexicon),
            f"{other.visitor}_text",
            text,
            "visitors",
            "writing",
        )
