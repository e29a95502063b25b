"""Judging what a page holds for engines and scripts: lists of own doorways, adverts in attributes, shops. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

from auditor.content.answers import PageAnswers
from auditor.content.detectors import context, spam_text
from auditor.content.domains import DomainClassifier, get_host_in_address, resolve_link
from auditor.content.evidence import PageEvidence
from auditor.content.page.extract import PageExtract
from auditor.content.text.lexicon import ADVERT

_MANY = 3
"""Links to adverts on the site itself, from which they are a list of doorways."""
_MOST_LINKS, _MOST_ATTRIBUTES, _MOST_LETTERS = 1_000, 1_000, 20_000
_ATTRIBUTE = re.compile(r"\sdata-[\w-]{1,40}\s?=\s?(?:\"([^\"<>]{6,400})\"|'([^'<>]{6,400})')")
_TEXT_OF_DATA = re.compile(r"\"([^\"\\<>{}]{6,300})\"")
_MOST_DATA = 10
_WORDS = re.compile(r"[^\W\d_]{2,} [^\W\d_]{2,}|[|;,]")
_PRICE = re.compile(
    r"[¥￥₽฿₩]\s?\d|\d[\d,.\s]{0,12}(?:円|руб|₽|บาท|฿|원|元)|税込|送料|カート|在庫|代引|代引き|通販|激安|商品番号|包邮|现货"
    r"|корзин|доставк|สั่งซื้อ|ราคา|장바구니|무료배송"
)
"""What a shop says, and no office."""


def check_doorways(answers: PageAnswers, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Say what a page holds that is meant for engines or for scripts, not for people."""
    page = answers.page
    _check_list_of_own_doorways(page, answers.visit.url, near, evidence)
    _check_adverts_in_attributes(page, near, evidence)
    _check_foreign_shop(page, near, evidence)


def _check_list_of_own_doorways(page: PageExtract, url: str, near: DomainClassifier, evidence: PageEvidence) -> None:
    _, whole = context.find_words_of_whole_page(page.text.replace("\n", " "), near.lexicon)
    if whole.score < 2 * ADVERT:
        return
    said = {words: context.find_lexicon_words(words, near.lexicon) for words in _iter_words_of_own_links(page, url)}
    adverts = [words for words, match in said.items() if match.terms and not match.report_words]
    clear = sum(said[words].has_advert_words for words in adverts)
    heads = (page.title, *page.headings[:1])
    if len(adverts) >= _MANY and clear > 1 and not context.is_reported_in_heads(heads, near.lexicon, is_home=False):
        sample = "; ".join(adverts)
        essence = f"own doorways {spam_text.build_stable_essence_of_text(sample, near.lexicon)}"
        evidence.add_evidence_without_host("doorway", essence, "leads_to_own_adverts", sample, "lexicon", "structure")


def _iter_words_of_own_links(page: PageExtract, url: str) -> Iterator[str]:
    own = get_host_in_address(url)
    for node in LexborHTMLParser(page.html).css("a[href]")[:_MOST_LINKS]:
        if get_host_in_address(resolve_link(node.attributes.get("href") or "", url)) == own:
            yield " ".join(node.text().split())[:200]


def _check_adverts_in_attributes(page: PageExtract, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Say so when an advert stands in data that a script is to show: nobody sees it in the page's text."""
    found = itertools.islice(_ATTRIBUTE.finditer(page.html), _MOST_ATTRIBUTES) if " data-" in page.html else ()
    values = itertools.chain((match[1] or match[2] for match in found), _iter_texts_of_data(page.html))
    text = "\n".join(value.replace("|", "\n") for value in values if _WORDS.search(value))[:_MOST_LETTERS]
    match = context.find_lexicon_words(text, near.lexicon) if text else None
    if match is None or not match.is_advert_and_no_report or match.score < 2 * ADVERT:
        return
    seen = context.find_lexicon_words(page.text[:_MOST_LETTERS], near.lexicon)
    if not set(match.terms) <= set(seen.terms):
        essence = spam_text.build_stable_essence_of_text(text, near.lexicon)
        sample = next(line for line in text.split("\n") if context.find_lexicon_words(line, near.lexicon).terms)
        evidence.add_evidence_without_host("text", essence, "in_attributes", sample, "lexicon", "hidden")


def _iter_texts_of_data(html: str) -> Iterator[str]:
    """Yield the texts in data that stand in a page for its scripts."""
    start = html.find("application/json")
    for _ in range(_MOST_DATA):
        if start < 0:
            return
        end = html.find("</script", start)
        end = min(end if end >= 0 else len(html), start + _MOST_LETTERS)
        yield from (match[1] for match in itertools.islice(_TEXT_OF_DATA.finditer(html, start, end), _MOST_ATTRIBUTES))
        start = html.find("application/json", end)


def _check_foreign_shop(page: PageExtract, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Say so when a page is headed in another alphabet and sells something."""
    heads = [text for text in (page.title, *page.headings[:1]) if spam_text.is_text_in_foreign_alphabet(text)]
    if heads and len(set(_PRICE.findall(f"{page.title} {page.text[:_MOST_LETTERS]}"))) > 1:
        essence = f"shop {spam_text.build_stable_essence_of_text(heads[0], near.lexicon)}"
        evidence.add_evidence_without_host("doorway", essence, "foreign_shop", heads[0], "language", "structure")
