"""Judging what search engines, phones and those who come from a search get that a visitor does not. Pure.

Only what the others get in addition counts: a page that differs is nothing, one that says more to engines is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from auditor.content.detectors import links, spam_text
from auditor.content.detectors.links import KIND, find_link_words, foreign_in
from auditor.content.domains import DomainClassifier, host_of, registrable, resolve_link
from auditor.content.evidence import PageEvidence
from auditor.content.page.extract import REFRESH, Extract, Pointer
from auditor.content.page.segments import fills_in
from auditor.content.text.normalization import MIN_DISGUISED, read
from auditor.scans.responses import PageVisit, Visitor, VisitorResponse
from auditor.scans.traces import Kind

_PEOPLE = ("plain", "again")
_LINK = re.compile(r"<\s*([^<>]{1,1000})>\s*;([^<]{0,300})")
_BELONGS = re.compile(r"\brel\s*=\s*[\"']?\s*(?:canonical|amphtml|alternate\b[^<]*hreflang)", re.IGNORECASE)
_REFUSAL_STATUSES = frozenset({401, 403, 405, 406, 407, 408, 429, 451})
_MISSING_STATUSES = frozenset({404, 410})


def judge(visit: PageVisit, pages: Mapping[Visitor, Extract], near: DomainClassifier, evidence: PageEvidence) -> None:
    """Say what only some of the visitors get."""
    people = [response for response in visit.responses if response.visitor in _PEOPLE]
    if not people:
        return
    plain = people[0]
    for other in visit.responses:
        if other.visitor not in _PEOPLE and other.status not in _REFUSAL_STATUSES and other.status < 500:
            _check_redirect(visit.url, people, other, near, evidence)
            _check_canonical(visit.url, people, other, near, evidence)
            if other.status < 300 or other.status in _MISSING_STATUSES:
                _status(plain, other, pages, near, evidence, is_missing_page=visit.role == "missing")
                _page(people, other, pages, near, evidence)


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


def _check_redirect(
    url: str, people: list[VisitorResponse], other: VisitorResponse, near: DomainClassifier, evidence: PageEvidence
) -> None:
    address = get_redirect_target(other, url)
    host = host_of(address)
    if not host or near.classify_host(host) in ("own", "known"):
        return
    if host in {host_of(get_redirect_target(person, url)) for person in people}:
        return
    from_elsewhere = other.visitor != "phone" and near.classify_host(host) == "foreign"
    evidence.against_host(
        host,
        "redirect",
        f"{other.visitor}_led_away",
        address,
        "visitors",
        "redirects",
        report_alone=True,
        exact=from_elsewhere,
    )


def _check_canonical(
    url: str, people: list[VisitorResponse], other: VisitorResponse, near: DomainClassifier, evidence: PageEvidence
) -> None:
    theirs = {address for person in people for address in iter_canonical_addresses(person, url)}
    for address in iter_canonical_addresses(other, url):
        if address not in theirs and near.classify_host(host := host_of(address)) == "foreign":
            rule = f"{other.visitor}_only"
            evidence.against_host(host, "canonical", rule, address, "visitors", "structure", report_alone=True)


def _status(
    plain: VisitorResponse,
    other: VisitorResponse,
    pages: Mapping[Visitor, Extract],
    near: DomainClassifier,
    evidence: PageEvidence,
    *,
    is_missing_page: bool,
) -> None:
    if (plain.status >= 400) and other.status == 200:
        title = pages[other.visitor].title
        kind: Kind = "missing_page" if is_missing_page else "doorway"
        evidence.against(
            kind, spam_text.essence(title, near.lexicon), f"{other.visitor}_finds_it", title, "visitors", "structure"
        )


def _page(
    people: list[VisitorResponse],
    other: VisitorResponse,
    pages: Mapping[Visitor, Extract],
    near: DomainClassifier,
    evidence: PageEvidence,
) -> None:
    people_pages = [pages[person.visitor] for person in people]
    theirs = pages[other.visitor]
    if theirs in people_pages:
        return
    links.judge(theirs, near, evidence)
    shell = people_pages[0].shell or _challenge(people_pages[0]) or fills_in(people_pages[0])
    names = [_names(page, near) for page in people_pages]
    steady = all(host_names == names[0] for host_names in names)
    for pointer in theirs.pointers:
        if near.classify_host(pointer.host) != "own" and registrable(pointer.host) not in set().union(*names):
            _pointer(pointer, other, near, evidence, is_trusted=steady and not shell)
    _scripts(people_pages, theirs, other, near, evidence)
    _title(people_pages, theirs, other, near, evidence, shell=shell)
    _text(people_pages, theirs, other, near, evidence)
    if (
        (strange := spam_text.language(theirs))
        and not spam_text.language(people_pages[0])
        and not shell
        and not people_pages[0].noindex
    ):
        evidence.against(
            "doorway",
            f"language {strange} {spam_text.essence(theirs.title or theirs.main[:200], near.lexicon)}",
            f"{other.visitor}_language",
            theirs.title or theirs.main[:200],
            *("visitors", "language"),
        )


def _names(page: Extract, near: DomainClassifier) -> set[str]:
    return {registrable(pointer.host) for pointer in page.pointers if near.classify_host(pointer.host) != "own"}


def _pointer(
    pointer: Pointer, other: VisitorResponse, near: DomainClassifier, evidence: PageEvidence, *, is_trusted: bool
) -> None:
    kind = KIND[pointer.via]
    sample = f"{pointer.words} → {pointer.address}" if pointer.words else pointer.address
    rule = f"{other.visitor}_only"
    foreign = near.classify_host(pointer.host) == "foreign"
    if find_link_words(pointer, near).has_advert_words:
        evidence.against_host(pointer.host, kind, rule, sample, "visitors", "lexicon", report_alone=True)
    elif foreign and (is_trusted or near.looks_like_an_advert(pointer.host)):
        evidence.against_host(pointer.host, kind, rule, sample, "visitors", report_alone=True)
        if pointer.via in ("frame", "script", "form") or pointer.words:
            evidence.against_host(pointer.host, kind, rule, sample, "address")
        elif pointer.via in ("canonical", "base"):
            evidence.against_host(pointer.host, kind, rule, sample, "structure")
    if foreign and pointer.via == "refresh":
        evidence.against_host(pointer.host, "redirect", rule, sample, "visitors", "redirects", report_alone=True)


def _scripts(
    people_pages: list[Extract], theirs: Extract, other: VisitorResponse, near: DomainClassifier, evidence: PageEvidence
) -> None:
    known_hosts = {host for page in people_pages for script in page.scripts for _, host in foreign_in(script, near)}
    for script in theirs.scripts:
        for address, host in foreign_in(script, near):
            if host not in known_hosts and script.leads:
                evidence.against_host(
                    host, "redirect", f"{other.visitor}_only", address, "visitors", "redirects", report_alone=True
                )
            elif host not in known_hosts and (script.loads or address in script.decoded_addresses):
                evidence.against_host(
                    host, "script", f"{other.visitor}_only", address, "visitors", "code", report_alone=True
                )


def _title(
    people_pages: list[Extract],
    theirs: Extract,
    other: VisitorResponse,
    near: DomainClassifier,
    evidence: PageEvidence,
    *,
    shell: bool,
) -> None:
    if not theirs.title or any(theirs.title == page.title for page in people_pages):
        return
    match = spam_text.find_words(theirs.title, near.lexicon)
    rule = f"{other.visitor}_title"
    if match.has_advert_words and not any(
        spam_text.find_words(page.title, near.lexicon).has_advert_words for page in people_pages
    ):
        evidence.against(
            "title", spam_text.essence(theirs.title, near.lexicon), rule, theirs.title, "visitors", "lexicon"
        )
    elif other.status == 200 and not shell and people_pages[0].title and theirs.text.strip():
        others = " ".join((people_pages[0].title, near.baseline.title, *people_pages[0].headings))
        if not spam_text.share_word(theirs.title, others) and not _challenge(theirs):
            evidence.against(
                "title", spam_text.essence(theirs.title, near.lexicon), rule, theirs.title, "visitors", "structure"
            )


def _challenge(page: Extract) -> bool:
    """Return whether it is the page of those who tell people from programs: next to nothing in it, no way on."""
    return len(page.text.split()) < 40 and not page.own


def _text(
    people_pages: list[Extract], theirs: Extract, other: VisitorResponse, near: DomainClassifier, evidence: PageEvidence
) -> None:
    new = [line for line in (*theirs.text.split("\n"), *theirs.descriptions) if line.strip()]
    known_lines = spam_text.lines(people_pages) | {line.strip() for page in people_pages for line in page.descriptions}
    text = "\n".join(line for line in new if line.strip() not in known_lines)
    if not text:
        return
    match = spam_text.find_words(text[:20_000], near.lexicon)
    if match.advert:
        evidence.against(
            "text", spam_text.essence(text, near.lexicon), f"{other.visitor}_text", text, "visitors", "lexicon"
        )
    elif spam_text.wide(text):
        evidence.against(
            "text", spam_text.essence(text, near.lexicon), f"{other.visitor}_text", text, "visitors", "language"
        )
    elif read(text[:20_000]).disguised_count >= MIN_DISGUISED:
        evidence.against(
            "text", spam_text.essence(text, near.lexicon), f"{other.visitor}_text", text, "visitors", "writing"
        )
