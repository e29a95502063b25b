"""Telling those who report or warn of an offer from those who make it, by what stands where the offer does. Pure.

A word of reporting elsewhere on a page, in a menu, in a list of news, says nothing of the offer.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from auditor.content.domains import DomainClassifier, get_host_in_address
from auditor.content.page.extract import OutboundPointer, PageExtract
from auditor.content.page.segments import iter_prose_blocks
from auditor.content.text import normalization
from auditor.content.text.lexicon import Lexicon, LexiconMatch

REPORTS = 2
"""Words of reporting in a page's own sentences from which it may be a report."""
CONTACT = re.compile(r"zalo|telegram|t\.me/|viber|whatsapp|\blh\b|hotline|(?<!\d)0[\s.-]?\d(?:[\s.-]?\d){7,8}(?!\d)")
EXACT_CONTACT = re.compile(r"(?<!\w)@\w{4,32}|t\.me/\w|zalo\.me/\d|(?<!\d)0[\s.-]?\d(?:[\s.-]?\d){7,8}(?!\d)")
"""A number or a name, which stories about an offer do not tell."""
_ADDRESS = re.compile(
    r"https?://[\w.-]{4,100}|\b[a-z0-9][a-z0-9-]{2,40}\.(?:com|net|vip|win|bet|cc|club|pro|live|top|xyz|fun|info|me)\b"
)
_SOURCE = re.compile(r"^\W{0,3}(?:\(?theo|nguồn(?: tin)?|trích(?: từ)?|bài gốc)\b", re.IGNORECASE)
_ARTICLE = re.compile(r"/[^/]{1,60}-[^/-]{1,40}-[^/]{1,40}-[^/]{1,200}$")
"""Four words or more: adverts lead to where one enters."""
_SENTENCE_END = re.compile(r"[.!?…]\s")
_TITLES = 2_000
_WORDS_OF_LINK, _BEHIND_LINK = 80, 60
"""Letters of a link, and those behind it that may be of its sentence: lists and headings follow without a stop."""


def find_lexicon_words(text: str, lexicon: Lexicon) -> LexiconMatch:
    """Return what of the lexicon is in a text as it stands on a page."""
    return (
        _find_lexicon_words_in_short_text(text, lexicon)
        if len(text) < _TITLES
        else lexicon.find_terms_in_text(normalization.normalize_text_as_read(text))
    )


@functools.lru_cache(maxsize=2_000)
def _find_lexicon_words_in_short_text(text: str, lexicon: Lexicon) -> LexiconMatch:
    """Return the same of a title or a menu, which many pages of a site have in common."""
    return lexicon.find_terms_in_text(normalization.normalize_text_as_read(text), match_joined=True)


@functools.lru_cache(maxsize=4)
def find_words_of_whole_page(text: str, lexicon: Lexicon) -> tuple[normalization.NormalizedText, LexiconMatch]:
    """Return a page's text as it is read, and what of the lexicon is in it."""
    whole = normalization.normalize_text_as_read(text)
    return whole, lexicon.find_terms_in_text(whole)


def is_reported_in_heads(heads: Sequence[str], lexicon: Lexicon, *, is_home: bool) -> bool:
    """Return whether a title or a heading reports: the first heading by itself, others where they name an offer, too.

    ``is_home``: the title is that of the whole site, which no heading of a piece of news explains.
    """
    says = [find_lexicon_words(head, lexicon) for head in heads]
    explained = says[:1] if is_home else says[:2]
    return any(one.report_words for one in explained) or any(one.report_words and one.terms for one in says)


def is_reporting_about_its_offer(page: PageExtract, near: DomainClassifier, *, is_home: bool) -> bool:
    """Return whether a page that names an offer reports on it.

    Some block of it says a word of the offer and one of reporting; or its own sentences report, it leads nowhere else,
    and it is no home page whose title offers. ``is_home``: it is the site's home page.
    """
    says = [find_lexicon_words(text, near.lexicon) for text in _list_prose(page)]
    if not any(one.report_words and one.terms for one in says):
        if sum(one.report_words for one in says) < REPORTS or has_foreign_link_in_main_text(page, near):
            return False
        if is_home and find_lexicon_words(page.title, near.lexicon).is_advert_and_no_report:
            return False
    return not has_offer_that_leads_away(page, near)


def has_offer_that_leads_away(page: PageExtract, near: DomainClassifier) -> bool:
    """Return whether a block offers something without a word of reporting, and says where to go for it."""
    foreign = [one for one in page.pointers if one.around and near.classify_host(one.host) == "foreign"]
    texts = _list_prose(page)
    for text, is_answered in zip(texts, list_answered_blocks(texts, near.lexicon), strict=True):
        if not is_answered and find_lexicon_words(text, near.lexicon).is_advert_and_no_report:
            is_told = CONTACT.search(text.lower()) or names_foreign_address(text, near)
            if is_told or has_link_in_text(text, foreign, near):
                return True
    return False


def list_answered_blocks(texts: Sequence[str], lexicon: Lexicon) -> list[bool]:
    """Return of each block whether the one before it or behind it reports, as an answer to a question does."""
    reports = [0, *(find_lexicon_words(text, lexicon).report_words for text in texts), 0]
    return [max(before, after) >= REPORTS for before, after in zip(reports, reports[2:], strict=False)]


def names_foreign_address(text: str, near: DomainClassifier) -> bool:
    """Return whether a text tells the address of a foreign host in letters."""
    addresses = (address.rstrip(".") for address in _ADDRESS.findall(text.lower())[:20])
    hosts = (get_host_in_address(one if "//" in one else f"https://{one}") for one in addresses)
    return any(host and near.classify_host(host) == "foreign" for host in hosts)


def has_link_in_text(text: str, pointers: Sequence[OutboundPointer], near: DomainClassifier) -> bool:
    """Return whether a text leads to one of these, and not to where it was taken from."""
    plain_text = " ".join(text.split())
    return any(
        pointer.around[:80] in plain_text and not is_link_to_source_of_text(pointer, near) for pointer in pointers
    )


def _list_prose(page: PageExtract) -> list[str]:
    return list(iter_prose_blocks(page))


def has_foreign_link_in_main_text(page: PageExtract, near: DomainClassifier) -> bool:
    """Return whether what stands beside the first heading leads to others, and not to where it was taken from."""
    main = " ".join(page.main.split())
    foreign = (pointer for pointer in page.pointers if pointer.around and near.classify_host(pointer.host) == "foreign")
    return any(pointer.around[:80] in main and not is_link_to_source_of_text(pointer, near) for pointer in foreign)


def is_link_to_source_of_text(pointer: OutboundPointer, near: DomainClassifier) -> bool:
    """Return whether a link leads to an article, or is said to be where a text was taken from."""
    if near.is_advert_like_host(pointer.host) or near.find_advert_terms_in_host(pointer.host):
        return False
    return _SOURCE.search(pointer.around) is not None or _ARTICLE.search(urlsplit(pointer.address).path) is not None


def get_sentence_of_link(pointer: OutboundPointer) -> str:
    """Return the sentence of the block around a link in which the link stands."""
    around, at = pointer.around, pointer.around.find(pointer.words[:_WORDS_OF_LINK]) if pointer.words else -1
    if at < 0:
        return around
    start = max((match.end() for match in _SENTENCE_END.finditer(around, 0, at)), default=0)
    behind = at + len(pointer.words[:_WORDS_OF_LINK])
    end = _SENTENCE_END.search(around, behind, behind + _BEHIND_LINK)
    return around[start : end.start() if end else behind + _BEHIND_LINK]


def is_link_reported(pointer: OutboundPointer, page: PageExtract, lexicon: Lexicon) -> bool:
    """Return whether what stands around a link warns of it: its sentence, its block, or the title of the page.

    A block with one word of reporting in another sentence does not; nor does a title where the link itself invites.
    """
    if find_lexicon_words(get_sentence_of_link(pointer), lexicon).report_words:
        return True
    if find_lexicon_words(pointer.around, lexicon).report_words > REPORTS:
        return True
    if pointer.hidden_way or find_lexicon_words(pointer.words, lexicon).terms:
        return False
    return is_reported_in_heads((page.title, *page.headings[:1]), lexicon, is_home=False)
