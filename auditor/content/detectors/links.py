"""Judging whom a page points to: foreign hosts that are hidden, written by scripts, framed, or look like adverts.

Pure.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

from auditor.content.answers import PageAnswers
from auditor.content.detectors import context, look_alikes, scripts
from auditor.content.domains import DomainClassifier, get_registrable_domain
from auditor.content.evidence import PageEvidence
from auditor.content.page.css_visibility import OUT_OF_SIGHT
from auditor.content.page.extract import OutboundPointer, PageExtract, Via
from auditor.content.text import normalization
from auditor.content.text.lexicon import Lexicon, LexiconMatch
from auditor.scans.traces import Kind

MANY = 3
"""Foreign names in one hidden block from which it is no menu that was forgotten."""
KIND: dict[Via, Kind] = {
    "link": "link",
    "frame": "frame",
    "script": "script",
    "form": "form",
    "canonical": "canonical",
    "base": "canonical",
    "refresh": "redirect",
}
_LIBRARY = re.compile(
    r"jq|jquer|bootstr|cdn|analy[tz]i|statis|stat-?js|js-?(?:load|count|min|api)|jscount|-min|fonts?-?api|script|load"
)


def check_foreign_links(answers: PageAnswers, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Say against each foreign host what the page does with it."""
    add_evidence_of_foreign_links(answers.page, near, evidence)


def add_evidence_of_foreign_links(page: PageExtract, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Say against each foreign host what the page does with it."""
    groups: dict[int, set[str]] = defaultdict(set)
    foreign = [pointer for pointer in page.pointers if near.classify_host(pointer.host) != "own"]
    for pointer in foreign:
        if pointer.hidden_way is not None and near.classify_host(pointer.host) == "foreign":
            groups[pointer.group].add(get_registrable_domain(pointer.host))
    for pointer in foreign:
        _check_advert_words_of_link(pointer, page, near, evidence)
        if near.classify_host(pointer.host) == "foreign":
            _check_hidden_link(pointer, len(groups[pointer.group]) if pointer.group >= 0 else 1, evidence)
            _check_base_canonical_or_refresh(pointer, evidence)
            _check_advert_like_host(pointer, near, evidence)
            _check_new_script_or_frame_host(pointer, near, evidence)
    scripts.add_evidence_of_scripts(page, near, evidence)


def find_advert_words_in_link(pointer: OutboundPointer, near: DomainClassifier) -> LexiconMatch:
    """Return the words of adverts in a link: its text, its address, the name that it leads to."""
    address = urlsplit(pointer.address)
    link_text = f"{pointer.words}\n{normalization.convert_path_to_words(address.path[:300])}"
    match = _find_lexicon_words_in_link_text(link_text, near.lexicon)
    advert_terms = near.find_advert_terms_in_host(pointer.host) if near.classify_host(pointer.host) == "foreign" else ()
    if not advert_terms:
        return match
    terms = tuple(dict.fromkeys((*match.terms, *advert_terms)))
    weights = [near.lexicon.weights.get(near.lexicon.category_by_term[term], 1) for term in advert_terms]
    return replace(match, score=match.score + sum(weights), terms=terms, gravest=max(match.gravest, *weights))


@functools.lru_cache(maxsize=2_000)
def _find_lexicon_words_in_link_text(text: str, lexicon: Lexicon) -> LexiconMatch:
    """Return what of the lexicon is in a link, which many pages of a site have in common."""
    return lexicon.find_terms_in_text(normalization.normalize_text_as_read(text), min_disguised=1, match_joined=True)


def _check_advert_words_of_link(
    pointer: OutboundPointer, page: PageExtract, near: DomainClassifier, evidence: PageEvidence
) -> None:
    whose = near.classify_host(pointer.host)
    if pointer.via not in ("link", "frame", "form") or (
        whose not in ("foreign", "official") and pointer.hidden_way is None
    ):
        return
    match = find_advert_words_in_link(pointer, near)
    if not match.has_advert_words or match.report_words:
        return
    if context.is_link_reported(pointer, page, near.lexicon):
        return
    sample = _format_pointer_as_sample(pointer)
    kind = KIND[pointer.via]
    evidence.add_evidence_against_host(pointer.host, kind, "words_of_link", sample, "lexicon", report_alone=True)
    if whose == "foreign":
        evidence.add_evidence_against_host(pointer.host, kind, "words_lead_away", sample, "address")
    if pointer.hidden_way is not None:
        evidence.add_evidence_against_host(pointer.host, kind, "hidden_words", sample, "hidden")


def _check_hidden_link(pointer: OutboundPointer, hidden_domain_count: int, evidence: PageEvidence) -> None:
    kind, sample = KIND[pointer.via], _format_pointer_as_sample(pointer)
    if pointer.via == "frame" and pointer.hidden_way in OUT_OF_SIGHT:
        evidence.add_evidence_against_host(pointer.host, kind, "unseen_frame", sample, "hidden", "address")
    elif pointer.via == "form" and pointer.hidden_way in OUT_OF_SIGHT:
        evidence.add_evidence_against_host(pointer.host, kind, "unseen_form", sample, "hidden", "address")
    elif (pointer.hidden_way == "kept" or (pointer.hidden_way == "small" and not pointer.is_picture)) and pointer.words:
        evidence.add_evidence_against_host(pointer.host, kind, "kept_out_of_sight", sample, "hidden", "address")
    elif pointer.hidden_way == "small":
        return
    elif pointer.hidden_way is not None and hidden_domain_count >= MANY and not pointer.honest and pointer.words:
        evidence.add_evidence_against_host(pointer.host, kind, "many_shut_away", sample, "hidden", "address")
    elif pointer.hidden_way is not None and not pointer.honest:
        evidence.add_evidence_against_host(
            pointer.host, kind, "shut_away", sample, "hidden", report_alone=pointer.via != "link"
        )
    if pointer.inside in ("unscripted", "comment", "template") and pointer.via in ("link", "frame"):
        evidence.add_evidence_against_host(pointer.host, kind, f"in_{pointer.inside}", sample, "hidden")
    elif pointer.inside == "decoded":
        evidence.add_evidence_against_host(
            pointer.host, "payload", "decoded", sample, "code", "address", report_alone=True
        )
    elif pointer.inside == "written":
        evidence.add_evidence_against_host(pointer.host, kind, "written_by_script", sample, "code")


def _check_base_canonical_or_refresh(pointer: OutboundPointer, evidence: PageEvidence) -> None:
    sample = _format_pointer_as_sample(pointer)
    if pointer.covers:
        evidence.add_evidence_against_host(
            pointer.host, "frame", "covers_all", sample, "structure", "address", report_alone=True
        )
    if pointer.via == "base":
        evidence.add_evidence_against_host(
            pointer.host, "canonical", "foreign_base", sample, "structure", "address", report_alone=True
        )
    elif pointer.via == "canonical":
        evidence.add_evidence_against_host(
            pointer.host, "canonical", "foreign_canonical", sample, "structure", report_alone=True
        )
    elif pointer.via == "refresh":
        evidence.add_evidence_against_host(pointer.host, "redirect", "refresh", sample, "redirects", report_alone=True)


def _check_advert_like_host(pointer: OutboundPointer, near: DomainClassifier, evidence: PageEvidence) -> None:
    if near.is_advert_like_host(pointer.host):
        kind = KIND[pointer.via]
        evidence.add_evidence_against_host(
            pointer.host, kind, "name_of_advert", _format_pointer_as_sample(pointer), "address"
        )
        label = get_registrable_domain(pointer.host).partition(".")[0]
        if pointer.via == "link" and _is_link_text_same_as_domain_label(pointer.words, label):
            evidence.add_evidence_against_host(
                pointer.host,
                kind,
                "link_is_a_brand",
                _format_pointer_as_sample(pointer),
                "structure",
                report_alone=True,
            )


def _is_link_text_same_as_domain_label(link_text: str, domain_label: str) -> bool:
    """Return whether a link's words are nothing but the name that it leads to."""
    letters = re.sub(
        r"[^a-z0-9]", "", normalization.strip_diacritics(normalization.normalize_text_as_read(link_text).text)
    )
    return (
        bool(letters)
        and any(map(str.isdigit, letters))
        and (letters in domain_label or domain_label in letters)
        and len(letters) < len(domain_label) + 8
    )


def _check_new_script_or_frame_host(pointer: OutboundPointer, near: DomainClassifier, evidence: PageEvidence) -> None:
    if pointer.via not in ("script", "frame"):
        return
    kind, sample = KIND[pointer.via], _format_pointer_as_sample(pointer)
    if look_alikes.find_copied_library(pointer.host, near):
        evidence.add_evidence_against_host(pointer.host, kind, "copies_a_name", sample, "address", "writing")
    known_hosts = near.baseline.hosts
    if (known_hosts or near.baseline.is_complete) and get_registrable_domain(pointer.host) not in {
        get_registrable_domain(host) for host in known_hosts
    }:
        evidence.add_evidence_against_host(pointer.host, kind, "new_here", sample, "baseline", report_alone=True)
        if _LIBRARY.search(get_registrable_domain(pointer.host).partition(".")[0]):
            evidence.add_evidence_against_host(pointer.host, kind, "name_of_library", sample, "address")


def list_hosts_linked_framed_and_loaded(
    page: PageExtract, near: DomainClassifier
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return which hosts of others a page links to, frames, loads."""

    def hosts(via: Iterable[str]) -> tuple[str, ...]:
        pointer_hosts = dict.fromkeys(pointer.host for pointer in page.pointers if pointer.via in via)
        return tuple(host for host in pointer_hosts if near.classify_host(host) != "own")[:100]

    return hosts(("link", "form", "canonical")), hosts(("frame",)), hosts(("script",))


def _format_pointer_as_sample(pointer: OutboundPointer) -> str:
    return f"{pointer.words} → {pointer.address}" if pointer.words else pointer.address
