"""Judging what a page says: adverts in its text, title and declarations, disguised letters, a language not its own.

Pure.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from auditor.content.answers import PageAnswers
from auditor.content.detectors import context
from auditor.content.detectors.context import find_lexicon_words
from auditor.content.domains import DomainClassifier, get_registrable_domain
from auditor.content.evidence import PageEvidence
from auditor.content.page.extract import OutboundPointer, PageExtract
from auditor.content.page.segments import iter_text_blocks
from auditor.content.text import brands, normalization, pitches
from auditor.content.text.lexicon import ADVERT, Lexicon, LexiconMatch
from auditor.content.text.normalization import MIN_DISGUISED
from auditor.scans.responses import PageVisit
from auditor.scans.traces import Family

CLEAR = 2 * ADVERT
"""The weight from which words are an advert without more."""
_ESSENCE, _LONGEST = 120, 20_000
_MENU_LINKS = 4
"""Links to the site itself, which its own pages have in their menu."""
_SEARCH_URL = re.compile(
    r"[?&](?:q|s|k|key|keyword|keywords|search|tukhoa|tu_khoa|query|text)=|/(?:tim-kiem|search)\b", re.IGNORECASE
)
_VIETNAMESE = re.compile("[ăâđêôơưĂÂĐÊÔƠƯ\u1ea0-\u1ef9]")
_SHORT_LINE = re.compile(r"\n(.{1,2})(?![^\n])")
_MAX_PIECES = 5
"""Pieces of a letter or two, more than which a page does not have by itself: somebody tore words apart by tags."""
_TORN_APART = re.compile(
    r"[^\W\d_]</?(?:b|i|u|em|span|font|strong|small|big|tt|mark|wbr)\b[^<>]{0,100}>[^\W\d_]{1,3}(?:<|\b)"
)
_FOREIGN_LETTER = re.compile(
    "[\u0370-\u05ff\u0600-\u06ff\u0900-\u109f\u1100-\u11ff\u1780-\u18af\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)
_STYLE_TEXT = re.compile(r"content\s{0,9}:\s{0,9}(?:\"([^\"\\\n<>]{6,300})\"|'([^'\\\n<>]{6,300})')")
_MAX_STYLE_TEXTS, _MAX_STYLE_SHEETS = 100, 60
_WRITTEN_TITLE = (
    "trang chu thong tin dien tu website web cong home page tin tuc chinh thuc moi nhat va cua cac nhung viet nam"
    " online the and of for www com net vn"
)
_OF_ANY_TITLE = frozenset(_WRITTEN_TITLE.split())
"""Words that any title has: two titles that share no others have nothing in common."""
_ENOUGH, _PIECE, _SEEN, _BEGINNING = 40, 10, 800, 800


def check_spam_text(answers: PageAnswers, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Say what speaks against the page's words."""
    page, visit = answers.page, answers.visit
    _check_advert_words_in_title_or_meta(page, visit, near, evidence)
    _check_advert_words_in_text_blocks(page, visit, near, evidence)
    _check_advert_words_in_style_sheets(page, near, evidence)
    for text in page.hidden_texts:
        match = find_lexicon_words(text, near.lexicon)
        if match.is_advert_and_no_report:
            evidence.add_evidence_without_host(
                "text", build_stable_essence_of_text(text, near.lexicon), "hidden_text", text, "lexicon", "hidden"
            )
        elif is_text_in_foreign_alphabet(text):
            evidence.add_evidence_without_host(
                "text", build_stable_essence_of_text(text, near.lexicon), "hidden_language", text, "hidden", "language"
            )
    if (
        is_text_in_foreign_alphabet(page.title)
        and near.baseline.title
        and visit.role == "home"
        and not has_common_title_word(page.title, near.baseline.title)
    ):
        evidence.add_evidence_without_host(
            "title",
            build_stable_essence_of_text(page.title, near.lexicon),
            "title_language",
            page.title,
            "language",
            "baseline",
        )
    if visit.role == "orphan" and len(page.own) < _MENU_LINKS:
        _check_page_about_linked_host_name(page, near, evidence)
    if (
        _is_page_in_foreign_alphabet(page)
        and near.baseline.domain
        and _list_foreign_pointers(page, near)
        and not _is_translation_offered_by_site(page, visit)
    ):
        led_to = sorted({get_registrable_domain(pointer.host) for pointer in _list_foreign_pointers(page, near)})
        where_to = f"language wide {','.join(led_to)}"
        evidence.add_evidence_without_host("doorway", where_to, "foreign_language", page.title or page.text, "language")


def _check_advert_words_in_style_sheets(page: PageExtract, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Say so when a rule of style writes an advert: who edits the page's text never sees it."""
    sheets = "\n".join(itertools.islice(_iter_style_sheets(page.html), _MAX_STYLE_SHEETS))
    for match in itertools.islice(_STYLE_TEXT.finditer(sheets), _MAX_STYLE_TEXTS):
        text = match[1] or match[2]
        if find_lexicon_words(text, near.lexicon).is_advert_and_no_report:
            evidence.add_evidence_without_host(
                "text", build_stable_essence_of_text(text, near.lexicon), "style_text", text, "lexicon", "hidden"
            )


def _iter_style_sheets(html: str) -> Iterator[str]:
    """Yield the sheets that stand in a page."""
    start = html.find("<style")
    while start >= 0:
        end = html.find("</style", start)
        end = end if end >= 0 else len(html)
        yield html[start:end]
        start = html.find("<style", end)


def _list_foreign_pointers(page: PageExtract, near: DomainClassifier) -> list[OutboundPointer]:
    """Return those that lead people to others."""
    return [
        pointer
        for pointer in page.pointers
        if near.classify_host(pointer.host) == "foreign" and pointer.via in ("link", "frame", "refresh")
    ]


def _check_page_about_linked_host_name(page: PageExtract, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Say so when the page, which is not made like the site's, is about the very name that it leads to."""
    head = re.sub(
        r"[^a-z0-9]",
        "",
        normalization.strip_diacritics(
            normalization.normalize_text_as_read(" ".join((page.title, *page.headings))).text
        ),
    )
    for pointer in page.pointers:
        label = get_registrable_domain(pointer.host).partition(".")[0].replace("-", "")
        if pointer.via == "link" and len(label) > 3 and label in head and near.classify_host(pointer.host) == "foreign":
            evidence.add_evidence_against_host(
                pointer.host, "doorway", "about_what_it_leads_to", page.title, "structure", report_alone=True
            )


def build_stable_essence_of_text(text: str, lexicon: Lexicon) -> str:
    """Return what stays of a text tomorrow and on another site.

    How it begins, and which words of adverts are in all of it.
    """
    begins = " ".join(re.sub(r"\d+", "0", normalization.normalize_text_as_read(text[:1_000]).text).split())[:_ESSENCE]
    terms = find_lexicon_words(text[:_LONGEST], lexicon).terms if len(text) > _ESSENCE else ()
    return f"{begins} {','.join(terms)}" if terms else begins


def _check_advert_words_in_title_or_meta(
    page: PageExtract, visit: PageVisit, near: DomainClassifier, evidence: PageEvidence
) -> None:
    heads = (page.title, *page.headings[:2])
    if not context.is_reported_in_heads(heads, near.lexicon, is_home=visit.role == "home"):
        _check_offer_in_declaration("title", " - ".join(heads), page, visit, near, evidence)
        _check_pitch_of_whole_page(" - ".join(heads), page, near, evidence)
    for text in page.descriptions:
        match = find_lexicon_words(text, near.lexicon)
        if match.is_advert_and_no_report:
            _check_offer_in_declaration("declares", text, page, visit, near, evidence)


def _check_pitch_of_whole_page(heads: str, page: PageExtract, near: DomainClassifier, evidence: PageEvidence) -> None:
    """Say so when a title and what follows it together are an offer of many parts, and say where to go for it."""
    text = f"{heads}\n{page.main[:_BEGINNING]}"
    match = find_lexicon_words(text, near.lexicon)
    if pitches.CATEGORY not in match.categories or match.report_words:
        return
    if context.EXACT_CONTACT.search(text.lower()) or context.has_foreign_link_in_main_text(page, near):
        essence = build_stable_essence_of_text(heads, near.lexicon)
        evidence.add_evidence_without_host("title", essence, "whole_offer", heads, "lexicon", "structure")


def _check_offer_in_declaration(
    rule: str, text: str, page: PageExtract, visit: PageVisit, near: DomainClassifier, evidence: PageEvidence
) -> None:
    match = find_lexicon_words(text, near.lexicon)
    if not match.has_advert_words or context.is_reporting_about_its_offer(page, near, is_home=visit.role == "home"):
        return
    if _SEARCH_URL.search(visit.url):
        if not page.noindex and "noindex" not in visit.responses[0].headers.get("x-robots-tag", "").lower():
            evidence.add_evidence_without_host(
                "reflection",
                f"reflection {urlsplit(visit.url).path}",
                "repeats_what_is_sought",
                text,
                "lexicon",
                "structure",
            )
        return
    essence = build_stable_essence_of_text(text, near.lexicon)
    evidence.add_evidence_without_host("title", essence, rule, text, "lexicon")
    if _is_whole_page_offer(rule, match, page, visit, near):
        evidence.add_evidence_without_host("title", essence, rule, text, "structure")


def _is_whole_page_offer(
    rule: str, match: LexiconMatch, page: PageExtract, visit: PageVisit, near: DomainClassifier
) -> bool:
    """Return whether more than the words of a declaration tells that the page is somebody's offer.

    It was put before a page that says nothing of it, it is a home page's, nothing leads to the page, or the page goes
    on with it.
    """
    main = find_lexicon_words(page.main, near.lexicon)
    is_title_of_home = visit.role == "home" and rule == "title" and _is_advert(page.title, near.lexicon)
    if is_title_of_home or visit.role in ("orphan", "missing"):
        return True
    if not main.has_advert_words:
        is_continued = not main.report_words and context.CONTACT.search(page.main.lower())
        is_put_on = match.score >= CLEAR or rule == "declares"
        return is_put_on or bool(is_continued) or context.has_foreign_link_in_main_text(page, near)
    if main.report_words:
        return context.has_offer_that_leads_away(page, near)
    goes_on = brands.TERM in match.terms and brands.TERM in main.terms
    return (
        goes_on
        or context.CONTACT.search(page.main.lower()) is not None
        or context.has_foreign_link_in_main_text(page, near)
    )


def _is_advert(text: str, lexicon: Lexicon) -> bool:
    return find_lexicon_words(text, lexicon).is_advert_and_no_report


def _check_advert_words_in_text_blocks(
    page: PageExtract, visit: PageVisit, near: DomainClassifier, evidence: PageEvidence
) -> None:
    is_torn = _is_text_torn_apart(page)
    whole, match = context.find_words_of_whole_page(page.text.replace("\n", "" if is_torn else " "), near.lexicon)
    if not _may_hold_advert(whole, match) or _SEARCH_URL.search(visit.url):
        return
    is_report = context.is_reporting_about_its_offer(page, near, is_home=visit.role == "home")
    is_report = is_report or context.is_reported_in_heads(
        (page.title, *page.headings[:2]), near.lexicon, is_home=visit.role == "home"
    )
    pointers = _list_foreign_pointers_with_text(page, near)
    texts = list(iter_text_blocks(page, separator="" if is_torn else " "))
    answered = context.list_answered_blocks(texts, near.lexicon)
    for text, is_answered, together in _iter_blocks_and_pairs_with_contact(texts, answered):
        block_text = normalization.normalize_text_as_read(text)
        says = near.lexicon.find_terms_in_text(block_text, min_disguised=1)
        if is_answered or (together and says.report_words):
            continue
        is_disguised = block_text.disguised_count >= MIN_DISGUISED
        if is_disguised or (says.is_advert_and_no_report and not is_report):
            families = _list_families_of_block(block_text, says, is_torn=is_torn)
            if _has_contact_for_advertised_offer(text, block_text.text, says, pointers, near):
                families.append("address")
            if len(families) > 1 or is_disguised or says.score >= CLEAR:
                evidence.add_evidence_without_host(
                    "text", build_stable_essence_of_text(text, near.lexicon), "block", text, *families
                )
                if "address" in families:
                    _add_evidence_against_linked_hosts(text, pointers, near, evidence)


def _list_families_of_block(
    block_text: normalization.NormalizedText, says: LexiconMatch, *, is_torn: bool
) -> list[Family]:
    families: list[Family] = ["lexicon"] if says.is_advert_and_no_report else []
    if is_torn or block_text.disguised_count > 1:
        families.append("writing")
    return families


def _may_hold_advert(whole: normalization.NormalizedText, match: LexiconMatch) -> bool:
    return match.score >= ADVERT or whole.disguised_count >= MIN_DISGUISED


def _is_text_torn_apart(page: PageExtract) -> bool:
    """Return whether words are written in pieces, a letter or two in each."""
    return (
        _count_lines_of_one_or_two_letters(page.text) > _MAX_PIECES
        and len(_TORN_APART.findall(page.html)) > _MAX_PIECES
    )


def _list_foreign_pointers_with_text(page: PageExtract, near: DomainClassifier) -> list[OutboundPointer]:
    return [
        foreign_pointer
        for foreign_pointer in page.pointers
        if foreign_pointer.around and near.classify_host(foreign_pointer.host) == "foreign"
    ]


def _add_evidence_against_linked_hosts(
    text: str, pointers: Iterable[OutboundPointer], near: DomainClassifier, evidence: PageEvidence
) -> None:
    for pointer in _iter_links_in_text_but_to_source(text, pointers, near):
        evidence.add_evidence_against_host(
            pointer.host, "link", "in_an_advert", pointer.address, "lexicon", "address", report_alone=True
        )


def _iter_blocks_and_pairs_with_contact(
    texts: Iterable[str], answered: Iterable[bool]
) -> Iterator[tuple[str, bool, bool]]:
    """Yield each block, with whether one beside it reports, and whether it is two blocks joined.

    A block that says whom to turn to is yielded a second time together with the one before it, which says for what.
    """
    before = ""
    for text, is_answered in zip(texts, answered, strict=True):
        yield text, is_answered, False
        if before and context.CONTACT.search(text.lower()):
            yield f"{before}\n{text}", is_answered, True
        before = text


def _count_lines_of_one_or_two_letters(text: str) -> int:
    """Return lines of a letter or two."""
    return sum(map(str.isalpha, _SHORT_LINE.findall(f"\n{text}")))


def _has_contact_for_advertised_offer(
    text: str,
    normalized_text: str,
    lexicon_match: LexiconMatch,
    pointers: Iterable[OutboundPointer],
    near: DomainClassifier,
) -> bool:
    """Return whether a text says where to go for what it offers."""
    contact = context.EXACT_CONTACT if pitches.CATEGORY in lexicon_match.categories else context.CONTACT
    is_whole_offer = lexicon_match.score > ADVERT or any(term.startswith("(") for term in lexicon_match.terms)
    if contact.search(normalized_text) and is_whole_offer:
        return True
    if not lexicon_match.report_words and context.names_foreign_address(text, near):
        return True
    return not lexicon_match.report_words and any(True for _ in _iter_links_in_text_but_to_source(text, pointers, near))


def _iter_links_in_text_but_to_source(
    text: str, pointers: Iterable[OutboundPointer], near: DomainClassifier
) -> Iterator[OutboundPointer]:
    """Yield whom a text leads to, unless that is where it was taken from."""
    plain_text = " ".join(text.split())
    return (
        pointer
        for pointer in pointers
        if pointer.around[:80] in plain_text and not context.is_link_to_source_of_text(pointer, near)
    )


def classify_non_vietnamese_language(page: PageExtract) -> str:
    """Return the language of a page that is not Vietnamese: ``wide`` for other alphabets, ``latin`` for other words.

    Empty otherwise.
    """
    text = _get_beginning_of_page_text(page)
    vietnamese = len(_VIETNAMESE.findall(text))
    if vietnamese * 20 > len(text):
        return ""
    letters = sum(map(str.isalpha, text))
    if letters < _ENOUGH:
        return ""
    if len(_FOREIGN_LETTER.findall(text)) * 3 > letters:
        return "wide"
    return "latin" if vietnamese * 100 < letters else ""


def _is_page_in_foreign_alphabet(page: PageExtract) -> bool:
    """Return whether the page is of another alphabet; most have not one letter of it where they begin."""
    return (
        _FOREIGN_LETTER.search(_get_beginning_of_page_text(page)) is not None
        and classify_non_vietnamese_language(page) == "wide"
    )


def _get_beginning_of_page_text(page: PageExtract) -> str:
    return f"{page.title} {page.main[:_SEEN]} {page.text[:_SEEN]}"


def is_text_in_foreign_alphabet(text: str) -> bool:
    """Return whether a piece of text is of another alphabet, and long enough to say something."""
    letters = sum(map(str.isalpha, text[:_SEEN]))
    return letters >= _PIECE and len(_FOREIGN_LETTER.findall(text[:_SEEN])) * 3 > letters


def _is_translation_offered_by_site(page: PageExtract, visit: PageVisit) -> bool:
    """Return whether the site offers the page in that language itself: it says so, and its other pages lead there."""
    return bool(page.alternates) and visit.role != "orphan"


def has_common_title_word(first_title: str, second_title: str) -> bool:
    """Return whether two titles have a word in common that says something."""
    first, second = (
        {word for word in re.findall(r"\w+", normalization.strip_diacritics(text.lower())) if len(word) > 1}
        for text in (first_title, second_title)
    )
    return bool((first & second) - _OF_ANY_TITLE) or not (first - _OF_ANY_TITLE and second - _OF_ANY_TITLE)


def collect_visible_lines_of_pages(pages: Iterable[PageExtract]) -> set[str]:
    """Return the lines that people may see on the pages."""
    return {line for page in pages for line in map(str.strip, page.text.split("\n")) if line}
