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
from auditor.content.text.syllables import is_made_of_syllables
from auditor.scans.traces import Family, Kind

_LETTERS_AND_DIGITS = re.compile(r"[^\W\d_]\d|\d[^\W\d_]")
"""In one word, as nobody writes the name of a firm and its number."""
_OF_PAPER = re.compile(r"24h?$|247$|360$|^vtv|^htv|^vtc|^thvl")
_OF_MINER = re.compile(
    r"\b(?:web|coin|js|crypto)-?miner?\b|\bminer\b|webmin(?:e|ing)|monero|\bxmr|coinhive|cryptoloot|cryptonight"
)
_SHORT_NAME = 2
"""Letters of a name under which hardly anybody offers a library, and whoever injects scripts often does."""
_OWN_NAME = 5
"""Letters of a site's name that another of its names has, too."""
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
    names = {get_registrable_domain(pointer.host) for pointer in foreign if _is_word_named_as_brand(pointer, near)}
    declared = sum(_is_declared_elsewhere(pointer, near) for pointer in foreign)
    for pointer in foreign:
        if len(names) > 1 and get_registrable_domain(pointer.host) in names:
            _add_evidence_of_brand(pointer, "brands_together", evidence)
        if declared > 1 and _is_declared_elsewhere(pointer, near):
            sample = _format_pointer_as_sample(pointer)
            evidence.add_evidence_against_host(pointer.host, "canonical", "declared_elsewhere", sample, "address")
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
        if _is_link_named_as_brand(pointer, near):
            _add_evidence_of_brand(pointer, "link_is_a_brand", evidence)


def _add_evidence_of_brand(pointer: OutboundPointer, rule: str, evidence: PageEvidence) -> None:
    families: tuple[Family, ...] = ("structure",) if rule == "link_is_a_brand" else ("structure", "address")
    sample = _format_pointer_as_sample(pointer)
    evidence.add_evidence_against_host(pointer.host, "link", rule, sample, *families, report_alone=True)


def _is_declared_elsewhere(pointer: OutboundPointer, near: DomainClassifier) -> bool:
    """Return whether engines are told that the page belongs to a name that has nothing of the site's own."""
    if pointer.via != "canonical" or near.classify_host(pointer.host) != "foreign":
        return False
    own = near.baseline.domain.removeprefix("www.").partition(".")[0]
    return len(own) < _OWN_NAME or own[:_OWN_NAME] not in pointer.host.replace("-", "")


def _is_word_named_as_brand(pointer: OutboundPointer, near: DomainClassifier) -> bool:
    """Return whether it is one, in a single word: names of papers have the hours of a day."""
    word = pointer.words.strip()
    return " " not in word and not _OF_PAPER.search(word.lower()) and _is_link_named_as_brand(pointer, near)


def _is_link_named_as_brand(pointer: OutboundPointer, near: DomainClassifier) -> bool:
    """Return whether a link's words are letters and digits, and nothing but the name that it leads to.

    Those of a firm are words of the language, with a number behind them.
    """
    if pointer.via != "link" or near.classify_host(pointer.host) != "foreign":
        return False
    label = get_registrable_domain(pointer.host).partition(".")[0]
    is_phrase = (
        " " in pointer.words.strip() or not pointer.words.isascii() or not near.is_advert_like_host(pointer.host)
    )
    if is_phrase and is_made_of_syllables(re.sub(r"[^a-z]", "", label)):
        return False
    return _is_link_text_same_as_domain_label(pointer.words, label)


def _is_link_text_same_as_domain_label(link_text: str, domain_label: str) -> bool:
    """Return whether a link's words are nothing but the name that it leads to."""
    letters = re.sub(
        r"[^a-z0-9]", "", normalization.strip_diacritics(normalization.normalize_text_as_read(link_text).text)
    )
    return (
        bool(letters)
        and _LETTERS_AND_DIGITS.search(link_text) is not None
        and (letters in domain_label or domain_label in letters)
        and len(letters) < len(domain_label) + 8
    )


def _check_new_script_or_frame_host(pointer: OutboundPointer, near: DomainClassifier, evidence: PageEvidence) -> None:
    if pointer.via not in ("script", "frame"):
        return
    kind, sample = KIND[pointer.via], _format_pointer_as_sample(pointer)
    if look_alikes.find_copied_library(pointer.host, near):
        evidence.add_evidence_against_host(pointer.host, kind, "copies_a_name", sample, "address", "writing")
    if pointer.via == "script" and _OF_MINER.search(get_registrable_domain(pointer.host)):
        evidence.add_evidence_against_host(pointer.host, "payload", "name_of_miner", sample, "address", "code")
    if pointer.via == "script" and len(get_registrable_domain(pointer.host).partition(".")[0]) <= _SHORT_NAME:
        evidence.add_evidence_against_host(pointer.host, kind, "short_name", sample, "address", report_alone=True)
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
