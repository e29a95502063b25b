"""Where redirects of a site's pages lead on that very site: a page serves when what its visitors end up at does.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urljoin, urlsplit

from auditor.models import Site
from auditor.web.fetch import FetchResult

ROUNDS = 4
"""Redirects in a row that are followed; a visitor's browser follows more, and no site needs them."""
MAX_FOLLOWED = 8
"""Further URLs of a site that are visited in one round because its redirects lead there."""
MAX_LETTERS = 2_000
_REDIRECTS = (301, 302, 303, 307, 308)
_PORTS = {"http": (None, 80), "https": (None, 443)}


def find_redirect_target(answer: FetchResult) -> str | None:
    """Return the URL that a redirect sends visitors to, written as URLs of answers are.

    None for what is no redirect.
    """
    if answer.status not in _REDIRECTS or not answer.location:
        return None
    try:
        parts = urlsplit(urljoin(answer.url, answer.location[:MAX_LETTERS]))
        if parts.hostname is None or parts.port not in _PORTS.get(parts.scheme, ()):
            return None
    except ValueError:  # such as a port that is no number
        return None
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.hostname}{parts.path or '/'}{query}"


def find_unvisited_redirect_targets_on_site(
    site: Site, answers: Iterable[FetchResult]
) -> tuple[tuple[str, str, str], ...]:
    """Return ``(scheme, name, path)`` of redirects' targets on the site itself that nobody has visited."""
    answer_list = list(answers)
    known_urls, targets = {visited_answer.url for visited_answer in answer_list}, dict[str, tuple[str, str, str]]()
    for answer in answer_list:
        url = find_redirect_target(answer) if answer.own else None
        if url is None or url in known_urls:
            continue
        scheme, name, path = split_url_into_scheme_name_path(url)
        if name in (site.domain, *site.aliases):
            targets[url] = (scheme, name, path)
    return tuple(targets.values())[:MAX_FOLLOWED]


def split_url_into_scheme_name_path(url: str) -> tuple[str, str, str]:
    """Return scheme, name and path of an answer's URL."""
    scheme, _, rest = url.partition("://")
    name, slash, path = rest.partition("/")
    return scheme, name, slash + path


def follow_redirects(answer: FetchResult, answers_by_url: Mapping[str, FetchResult]) -> FetchResult:
    """Return what a visitor of a page ends up at; where that leads elsewhere or in a circle, the last redirect."""
    visited_urls = set[str]()
    while answer.url not in visited_urls:
        visited_urls.add(answer.url)
        url = find_redirect_target(answer) if answer.serves_page_or_redirect_of_site else None
        next_answer = answers_by_url.get(url) if url is not None else None
        if next_answer is None:
            break
        answer = next_answer
    return answer


def is_served_after_redirects(answer: FetchResult, answers_by_url: Mapping[str, FetchResult]) -> bool:
    """Return whether a visitor of a page ends up at one that serves."""
    return follow_redirects(answer, answers_by_url).serves_page_or_redirect_of_site


def index_by_url(answers: Iterable[FetchResult]) -> Mapping[str, FetchResult]:
    """Return the answers by their URLs."""
    return {answer.url: answer for answer in answers}
