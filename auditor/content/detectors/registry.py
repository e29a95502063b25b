"""The detectors, in the order in which they look at an address. A further one: its module here, and a row."""

from __future__ import annotations

from collections.abc import Callable

from auditor.content.answers import PageAnswers
from auditor.content.detectors import cloaking, deceptions, doorways, links, pages, scripts, spam_text
from auditor.content.domains import DomainClassifier
from auditor.content.evidence import PageEvidence

type Detector = Callable[[PageAnswers, DomainClassifier, PageEvidence], None]
"""Adds what speaks for somebody else having put it there; changes nothing besides, raises nothing."""

DETECTORS: tuple[Detector, ...] = (
    pages.check_uploaded_document,
    pages.check_addresses_listed_in_sitemap,
    pages.check_sitemaps_named_in_robots_txt,
    pages.check_redirect_and_canonical_headers,
    pages.check_page,
    links.check_foreign_links,
    scripts.check_refreshes,
    deceptions.check_deceptions,
    spam_text.check_spam_text,
    doorways.check_doorways,
    cloaking.check_cloaking,
    pages.check_search_console_tokens,
)
