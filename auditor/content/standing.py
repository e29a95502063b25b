"""Judging what a page is on its site: a doorway, an answer where nothing is, a sitemap, a face that was changed. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from auditor.content import saying
from auditor.content.differing import declared, leads
from auditor.content.evidence import Evidence
from auditor.content.neighbours import Neighbours, absolute, host_of, registrable
from auditor.content.page.documents import Document
from auditor.content.page.extract import Extract
from auditor.content.pointing import foreign_in
from auditor.content.words import writing
from auditor.looks.visits import Served, Visited

MAX_LISTED = 20_000
_SHORT = 600
"""Letters of a page that hardly says anything."""
_NAMED = 20
"""Things that one sitemap lists of a kind, each a trace of its own: who accepts one accepts no other."""
_GONE, _FEW, _SHARE = 5, 4, 5
"""Landmarks: of so many, one part of so many may be left when a face was changed."""
_TOKEN_FILE = re.compile(
    r"/(google[0-9a-f]{12,20}\.html|BingSiteAuth\.xml|yandex_[0-9a-f]{8,40}\.html|baidu_verify_[\w-]{4,40}\.html)$"
)
_LOC = re.compile(r"<loc>\s*(?:<!\[CDATA\[)?\s*([^<\]]{1,2000}?)\s*(?:\]\]>)?\s*</loc>", re.IGNORECASE)
_SITEMAP = re.compile(r"(?im)^\s*sitemap\s*:\s*(\S{1,2000})")
_MADE = re.compile(
    r"/(?=[a-z]*[A-Z])(?=[A-Z]*[a-z])[A-Za-z]{4,8}/\d{3,8}\.s?html?$|^/\d{5,8}/?$|/\d{4,8}/viewspace-\d+|/news-\d+\.index\.html$"
)
_WORD = re.compile(r"[a-z0-9]{4,}")


def redirect(visited: Visited, served: Served, near: Neighbours, evidence: Evidence) -> None:
    """What everybody is led to, and where the page belongs by its headers."""
    for address in declared(served, visited.url):
        if near.whose(host := host_of(address)) == "foreign":
            evidence.against_host(host, "canonical", "foreign_canonical", address, "structure", told=True)
    address = leads(served, visited.url)
    host = host_of(address)
    if not host or near.whose(host) != "foreign":
        return
    evidence.against_host(host, "redirect", "led_away", address, "redirects", told=True)
    if visited.role == "home" and near.known.title:
        evidence.against_host(host, "redirect", "home_led_away", address, "baseline")
    if near.looks_like_an_advert(host):
        evidence.against_host(host, "redirect", "name_of_advert", address, "address")
    if near.names_an_advert(host) or saying.found(writing.slug(urlsplit(address).path), near.lexicon).named:
        evidence.against_host(host, "redirect", "words_of_link", address, "lexicon")


def page(visited: Visited, served: Served, extract: Extract, near: Neighbours, evidence: Evidence) -> None:
    """What is wrong with a page being there."""
    if visited.role == "missing" and served.status == 200:
        _answers_anything(visited, extract, near, evidence)
    if served.status in (404, 410):
        for address, host in (found for one in extract.scripts if one.leads for found in foreign_in(one, near)):
            evidence.against_host(host, "redirect", "from_missing_page", address, "redirects", "structure", told=True)
    if served.status == 200:
        _face(extract, near, evidence, home=visited.role == "home")


def _answers_anything(visited: Visited, extract: Extract, near: Neighbours, evidence: Evidence) -> None:
    words = _WORD.findall(writing.slug(unquote(urlsplit(visited.url).path)))
    title = writing.plain(" ".join((extract.title, *extract.headings)).lower())
    told = saying.found(f"{extract.title}\n{extract.main}", near.lexicon)
    if words and words[-1] in title and not (told.missing or told.search):
        without = writing.plain(extract.title.lower()).replace(words[-1], "")
        essence = f"answers anything {saying.essence(without, near.lexicon)}"
        evidence.against("doorway", essence, "answers_anything", extract.title, "structure", "orphan")


def _face(extract: Extract, near: Neighbours, evidence: Evidence, *, home: bool) -> None:
    head = " ".join((extract.title, *extract.headings, extract.text[:300]))
    short = len(extract.text) < _SHORT * 4 and len(" ".join(extract.text.split())) < _SHORT
    lost = home and _lost(extract, near)
    if "defacement" in saying.found(head, near.lexicon).categories:
        essence = _of_defacement(head, near)
        evidence.against(
            "defacement", essence, "words", head, "lexicon", *(("structure",) if short else ()), exact=lost
        )
    if not lost or not near.known.title or saying.shared(extract.title, near.known.title):
        return
    if short or len(extract.own) < _FEW:
        essence = _of_defacement(head, near)
        evidence.against("defacement", essence, "nothing_of_it_left", head, "baseline", "structure")


def _of_defacement(head: str, near: Neighbours) -> str:
    return f"defacement {saying.essence(head, near.lexicon)}"


def _lost(extract: Extract, near: Neighbours) -> bool:
    """Whether next to nothing is left of what the home page said in its last look."""
    landmarks = near.known.landmarks
    if len(landmarks) < _FEW:
        return False
    text = writing.plain(extract.text.lower())
    left = sum(writing.plain(one.lower()) in text for one in landmarks)
    return left * _SHARE < len(landmarks)


def tokens(visited: Visited, extract: Extract, near: Neighbours, evidence: Evidence) -> tuple[str, ...]:
    """By which search consoles know whose the site is; those that are new are told."""
    file = _TOKEN_FILE.search(urlsplit(visited.url).path)
    found = (*((file[1],) if file else ()), *extract.tokens)
    for token in found:
        if (near.known.tokens or near.known.looked) and token not in near.known.tokens:
            evidence.against("search_console", token, "new_owner", token, "baseline", "structure")
    return found


def sitemap(visited: Visited, body: str, near: Neighbours, evidence: Evidence) -> None:
    """What a sitemap lists that is none of the site's."""
    listed = [unquote(address.strip()) for address in _LOC.findall(body[:2_000_000])[:MAX_LISTED]]
    foreign: dict[str, str] = {}
    adverts: dict[str, str] = {}
    count = 0
    for one in listed:
        host = host_of(absolute(one, visited.url))
        if host and near.whose(host) == "foreign":
            foreign.setdefault(registrable(host), one)
        if terms := _adverts_in(urlsplit(one).path, near):
            count += 1
            adverts |= {term: one for term in terms if term not in adverts}
    for host, one in itertools.islice(foreign.items(), _NAMED):
        evidence.against("sitemap", f"foreign addresses {host}", "lists_others", one, "structure", "address")
    if count > 1 or (count and len(listed) < _FEW):
        for term, one in itertools.islice(adverts.items(), _NAMED):
            evidence.against("sitemap", f"addresses of adverts {term}", "lists_adverts", one, "structure", "lexicon")
    made = [one for one in listed if _MADE.search(urlsplit(one).path)]
    if len(made) > _GONE and len(made) * 2 > len(listed):
        evidence.against("sitemap", "addresses made by a machine", "lists_made_up", made[0], "structure", "address")


def robots(visited: Visited, body: str, near: Neighbours, evidence: Evidence) -> None:
    """Sitemaps on other hosts that the file for engines names."""
    for address in _SITEMAP.findall(body[:500_000])[:100]:
        host = host_of(absolute(address, visited.url))
        if host and near.whose(host) == "foreign":
            evidence.against("sitemap", host, "names_sitemap_of_others", address, "structure", "address")


def _adverts_in(path: str, near: Neighbours) -> tuple[str, ...]:
    """The words of an address that make it an advert's."""
    told = near.lexicon.find(writing.read(writing.slug(path)), joined=True)
    return told.terms if told.named and not told.reporting else ()


def document(visited: Visited, told: Document, near: Neighbours, evidence: Evidence) -> None:
    """What an uploaded document says and where it leads."""
    says = saying.found(told.text[:60_000], near.lexicon)
    leads_to = [one for one in told.addresses if (host := host_of(one)) and near.whose(host) == "foreign"]
    essence = saying.essence(told.text, near.lexicon)
    if says.named and says.reporting < saying.REPORTS and (leads_to or (says.advert and says.score >= saying.CLEAR)):
        evidence.against("document", essence, "words", told.text, "lexicon", *(("address",) if leads_to else ()))
    for address in leads_to:
        if near.looks_like_an_advert(host_of(address)) or near.names_an_advert(host_of(address)):
            evidence.against("document", essence, "leads_to_advert", address, "address")
    _disguised(told, essence, evidence, leads_to)


def _disguised(told: Document, essence: str, evidence: Evidence, leads_to: Iterable[str]) -> None:
    if writing.read(told.text[:20_000]).disguised >= writing.DISGUISED * 3 and leads_to:
        evidence.against("document", essence, "disguised", told.text, "writing", "address")
