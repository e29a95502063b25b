"""Judging what search engines, phones and those who come from a search get that a visitor does not. Pure.

Only what the others get in addition counts: a page that differs is nothing, one that says more to engines is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from auditor.content import pointing, saying
from auditor.content.evidence import Evidence
from auditor.content.neighbours import Neighbours, absolute, host_of, registrable
from auditor.content.page.again import fills_in
from auditor.content.page.extract import REFRESH, Extract, Pointer
from auditor.content.pointing import KIND, foreign_in, speaks
from auditor.content.words.writing import DISGUISED, read
from auditor.looks.traces import Kind
from auditor.looks.visits import Served, Visited, Visitor

_PEOPLE = ("plain", "again")
_LINK = re.compile(r"<\s*([^<>]{1,1000})>\s*;([^<]{0,300})")
_BELONGS = re.compile(r"\brel\s*=\s*[\"']?\s*(?:canonical|amphtml|alternate\b[^<]*hreflang)", re.IGNORECASE)
_REFUSED = frozenset({401, 403, 405, 406, 407, 408, 429, 451})
_GONE = frozenset({404, 410})


def judge(visited: Visited, pages: Mapping[Visitor, Extract], near: Neighbours, evidence: Evidence) -> None:
    """Says what only some of the visitors get."""
    people = [one for one in visited.served if one.visitor in _PEOPLE]
    if not people:
        return
    plain = people[0]
    for other in visited.served:
        if other.visitor not in _PEOPLE and other.status not in _REFUSED and other.status < 500:
            _led_away(visited.url, people, other, near, evidence)
            _declared(visited.url, people, other, near, evidence)
            if other.status < 300 or other.status in _GONE:
                _status(plain, other, pages, near, evidence, missing=visited.role == "missing")
                _page(people, other, pages, near, evidence)


def leads(served: Served, url: str) -> str:
    """Where an answer redirects to, by its status or a header; empty when it stays or leads nowhere."""
    if served.location and 300 <= served.status < 400:
        return absolute(served.location, url)
    refreshed = REFRESH.match(served.headers.get("refresh", "")[:2_100])
    return absolute(refreshed[1], url) if refreshed is not None else ""


def declared(served: Served, url: str) -> Iterator[str]:
    """Where a page belongs, as its headers tell engines."""
    for address, said in _LINK.findall(served.headers.get("link", ""))[:20]:
        if _BELONGS.search(said):
            yield absolute(address, url)


def _led_away(url: str, people: list[Served], other: Served, near: Neighbours, evidence: Evidence) -> None:
    address = leads(other, url)
    host = host_of(address)
    if not host or near.whose(host) in ("own", "known"):
        return
    if host in {host_of(leads(one, url)) for one in people}:
        return
    from_elsewhere = other.visitor != "phone" and near.whose(host) == "foreign"
    evidence.against_host(
        host, "redirect", f"{other.visitor}_led_away", address, "visitors", "redirects", told=True, exact=from_elsewhere
    )


def _declared(url: str, people: list[Served], other: Served, near: Neighbours, evidence: Evidence) -> None:
    theirs = {address for one in people for address in declared(one, url)}
    for address in declared(other, url):
        if address not in theirs and near.whose(host := host_of(address)) == "foreign":
            rule = f"{other.visitor}_only"
            evidence.against_host(host, "canonical", rule, address, "visitors", "structure", told=True)


def _status(
    plain: Served,
    other: Served,
    pages: Mapping[Visitor, Extract],
    near: Neighbours,
    evidence: Evidence,
    *,
    missing: bool,
) -> None:
    if (plain.status >= 400) and other.status == 200:
        title = pages[other.visitor].title
        kind: Kind = "missing_page" if missing else "doorway"
        evidence.against(
            kind, saying.essence(title, near.lexicon), f"{other.visitor}_finds_it", title, "visitors", "structure"
        )


def _page(
    people: list[Served], other: Served, pages: Mapping[Visitor, Extract], near: Neighbours, evidence: Evidence
) -> None:
    seen = [pages[one.visitor] for one in people]
    theirs = pages[other.visitor]
    if theirs in seen:
        return
    pointing.judge(theirs, near, evidence)
    shell = seen[0].shell or _challenge(seen[0]) or fills_in(seen[0])
    names = [_names(page, near) for page in seen]
    steady = all(one == names[0] for one in names)
    for pointer in theirs.pointers:
        if near.whose(pointer.host) != "own" and registrable(pointer.host) not in set().union(*names):
            _pointer(pointer, other, near, evidence, trusted=steady and not shell)
    _scripts(seen, theirs, other, near, evidence)
    _title(seen, theirs, other, near, evidence, shell=shell)
    _text(seen, theirs, other, near, evidence)
    if (strange := saying.language(theirs)) and not saying.language(seen[0]) and not shell and not seen[0].noindex:
        evidence.against(
            "doorway",
            f"language {strange} {saying.essence(theirs.title or theirs.main[:200], near.lexicon)}",
            f"{other.visitor}_language",
            theirs.title or theirs.main[:200],
            *("visitors", "language"),
        )


def _names(page: Extract, near: Neighbours) -> set[str]:
    return {registrable(one.host) for one in page.pointers if near.whose(one.host) != "own"}


def _pointer(pointer: Pointer, other: Served, near: Neighbours, evidence: Evidence, *, trusted: bool) -> None:
    kind = KIND[pointer.via]
    sample = f"{pointer.words} → {pointer.address}" if pointer.words else pointer.address
    rule = f"{other.visitor}_only"
    foreign = near.whose(pointer.host) == "foreign"
    if speaks(pointer, near).named:
        evidence.against_host(pointer.host, kind, rule, sample, "visitors", "lexicon", told=True)
    elif foreign and (trusted or near.looks_like_an_advert(pointer.host)):
        evidence.against_host(pointer.host, kind, rule, sample, "visitors", told=True)
        if pointer.via in ("frame", "script", "form") or pointer.words:
            evidence.against_host(pointer.host, kind, rule, sample, "address")
        elif pointer.via in ("canonical", "base"):
            evidence.against_host(pointer.host, kind, rule, sample, "structure")
    if foreign and pointer.via == "refresh":
        evidence.against_host(pointer.host, "redirect", rule, sample, "visitors", "redirects", told=True)


def _scripts(seen: list[Extract], theirs: Extract, other: Served, near: Neighbours, evidence: Evidence) -> None:
    known = {host for page in seen for script in page.scripts for _, host in foreign_in(script, near)}
    for script in theirs.scripts:
        for address, host in foreign_in(script, near):
            if host not in known and script.leads:
                evidence.against_host(
                    host, "redirect", f"{other.visitor}_only", address, "visitors", "redirects", told=True
                )
            elif host not in known and (script.loads or address in script.decoded):
                evidence.against_host(host, "script", f"{other.visitor}_only", address, "visitors", "code", told=True)


def _title(
    seen: list[Extract], theirs: Extract, other: Served, near: Neighbours, evidence: Evidence, *, shell: bool
) -> None:
    if not theirs.title or any(theirs.title == page.title for page in seen):
        return
    told = saying.found(theirs.title, near.lexicon)
    rule = f"{other.visitor}_title"
    if told.named and not any(saying.found(page.title, near.lexicon).named for page in seen):
        evidence.against("title", saying.essence(theirs.title, near.lexicon), rule, theirs.title, "visitors", "lexicon")
    elif other.status == 200 and not shell and seen[0].title and theirs.text.strip():
        others = " ".join((seen[0].title, near.known.title, *seen[0].headings))
        if not saying.shared(theirs.title, others) and not _challenge(theirs):
            evidence.against(
                "title", saying.essence(theirs.title, near.lexicon), rule, theirs.title, "visitors", "structure"
            )


def _challenge(page: Extract) -> bool:
    """Whether it is the page of those who tell people from programs: next to nothing in it, no way on."""
    return len(page.text.split()) < 40 and not page.own


def _text(seen: list[Extract], theirs: Extract, other: Served, near: Neighbours, evidence: Evidence) -> None:
    new = [line for line in (*theirs.text.split("\n"), *theirs.said) if line.strip()]
    known = saying.lines(seen) | {line.strip() for page in seen for line in page.said}
    text = "\n".join(line for line in new if line.strip() not in known)
    if not text:
        return
    told = saying.found(text[:20_000], near.lexicon)
    if told.advert:
        evidence.against(
            "text", saying.essence(text, near.lexicon), f"{other.visitor}_text", text, "visitors", "lexicon"
        )
    elif saying.wide(text):
        evidence.against(
            "text", saying.essence(text, near.lexicon), f"{other.visitor}_text", text, "visitors", "language"
        )
    elif read(text[:20_000]).disguised >= DISGUISED:
        evidence.against(
            "text", saying.essence(text, near.lexicon), f"{other.visitor}_text", text, "visitors", "writing"
        )
