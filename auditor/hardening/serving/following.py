"""Where redirects of a site's pages lead on that very site: a page serves when what its visitors end up at does. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urljoin, urlsplit

from auditor.models import Site
from auditor.web.fetch import Answer

ROUNDS = 4
"""Redirects in a row that are followed; a visitor's browser follows more, and no site needs them."""
MOST_FOLLOWED = 8
"""Further URLs of a site that are visited in one round because its redirects lead there."""
MOST_LETTERS = 2_000
_REDIRECTS = (301, 302, 303, 307, 308)
_PORTS = {"http": (None, 80), "https": (None, 443)}


def target(answer: Answer) -> str | None:
    """Return the URL that a redirect sends visitors to, written as URLs of answers are; None for what is no redirect."""
    if answer.status not in _REDIRECTS or not answer.location:
        return None
    try:
        parts = urlsplit(urljoin(answer.url, answer.location[:MOST_LETTERS]))
        if parts.hostname is None or parts.port not in _PORTS.get(parts.scheme, ()):
            return None
    except ValueError:  # such as a port that is no number
        return None
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.hostname}{parts.path or '/'}{query}"


def unvisited(site: Site, answers: Iterable[Answer]) -> tuple[tuple[str, str, str], ...]:
    """Return ``(scheme, name, path)`` of the URLs on the site itself that redirects lead to, and that nobody has visited."""
    some = list(answers)
    known, found = {one.url for one in some}, dict[str, tuple[str, str, str]]()
    for one in some:
        url = target(one) if one.own else None
        if url is None or url in known:
            continue
        scheme, name, path = split(url)
        if name in (site.domain, *site.aliases):
            found[url] = (scheme, name, path)
    return tuple(found.values())[:MOST_FOLLOWED]


def split(url: str) -> tuple[str, str, str]:
    """Return scheme, name and path of an answer's URL."""
    scheme, _, rest = url.partition("://")
    name, slash, path = rest.partition("/")
    return scheme, name, slash + path


def end(answer: Answer, by_url: Mapping[str, Answer]) -> Answer:
    """Return what a visitor of a page ends up at; where that leads elsewhere or in a circle, the last redirect."""
    seen = set[str]()
    while answer.url not in seen:
        seen.add(answer.url)
        url = target(answer) if answer.serves else None
        following = by_url.get(url) if url is not None else None
        if following is None:
            break
        answer = following
    return answer


def serves(answer: Answer, by_url: Mapping[str, Answer]) -> bool:
    """Return whether a visitor of a page ends up at one that serves."""
    return end(answer, by_url).serves


def by_url(answers: Iterable[Answer]) -> Mapping[str, Answer]:
    """Return the answers by their URLs."""
    return {one.url: one for one in answers}
