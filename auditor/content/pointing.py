"""Judging whom a page points to: foreign hosts that are hidden, written by scripts, framed, or look like adverts. Pure."""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

from auditor.content.evidence import Evidence
from auditor.content.neighbours import Neighbours, host_of, registrable
from auditor.content.page.extract import Extract, Pointer, Via
from auditor.content.page.scripts import Script
from auditor.content.page.styles import OUT_OF_SIGHT
from auditor.content.words import writing
from auditor.content.words.lexicon import Found, Lexicon
from auditor.looks.traces import Kind

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
_IDENTITY = re.compile(
    r"cccd|cmnd|căn cước|can ?cuoc|vneid|định danh|\botp\b|mã pin|\bcvv\b|\bcvc\b|số thẻ|so_?the|số tài khoản|stk\b|internet banking|ngân hàng"
)
"""What forms ask for besides a password that want a person's identity or money."""
_LIBRARY = re.compile(
    r"jq|jquer|bootstr|cdn|analy[tz]i|statis|stat-?js|js-?(?:load|count|min|api)|jscount|-min|fonts?-?api|script|load"
)


def judge(page: Extract, near: Neighbours, evidence: Evidence) -> None:
    """Says against each foreign host what the page does with it."""
    groups: dict[int, set[str]] = defaultdict(set)
    foreign = [pointer for pointer in page.pointers if near.whose(pointer.host) != "own"]
    for pointer in foreign:
        if pointer.hidden is not None and near.whose(pointer.host) == "foreign":
            groups[pointer.group].add(registrable(pointer.host))
    for pointer in foreign:
        _words(pointer, near, evidence)
        if near.whose(pointer.host) == "foreign":
            _hidden(pointer, len(groups[pointer.group]) if pointer.group >= 0 else 1, evidence)
            _declared(pointer, evidence)
            _looks(pointer, near, evidence)
            _new(pointer, near, evidence)
    for script in page.scripts:
        _script(script, near, evidence)


def speaks(pointer: Pointer, near: Neighbours) -> Found:
    """The words of adverts in a link: its text, its address, the name that it leads to."""
    address = urlsplit(pointer.address)
    said = f"{pointer.words}\n{writing.slug(address.path[:300])}"
    found = _said(said, near.lexicon)
    named = near.names_an_advert(pointer.host) if near.whose(pointer.host) == "foreign" else ()
    if not named:
        return found
    terms = tuple(dict.fromkeys((*found.terms, *named)))
    weights = [near.lexicon.weights.get(near.lexicon.categories[term], 1) for term in named]
    return replace(found, score=found.score + sum(weights), terms=terms, gravest=max(found.gravest, *weights))


@functools.lru_cache(maxsize=2_000)
def _said(text: str, lexicon: Lexicon) -> Found:
    """What of the lexicon is in a link, which many pages of a site have in common."""
    return lexicon.find(writing.read(text), scrambled=1, joined=True)


def _words(pointer: Pointer, near: Neighbours, evidence: Evidence) -> None:
    whose = near.whose(pointer.host)
    if pointer.via not in ("link", "frame", "form") or (
        whose not in ("foreign", "official") and pointer.hidden is None
    ):
        return
    found = speaks(pointer, near)
    if not found.named or found.reporting:
        return
    if near.lexicon.find(writing.read(pointer.around)).reporting:
        return
    sample = _sample(pointer)
    kind = KIND[pointer.via]
    evidence.against_host(pointer.host, kind, "words_of_link", sample, "lexicon", told=True)
    if whose == "foreign":
        evidence.against_host(pointer.host, kind, "words_lead_away", sample, "address")
    if pointer.hidden is not None:
        evidence.against_host(pointer.host, kind, "hidden_words", sample, "hidden")


def _hidden(pointer: Pointer, names: int, evidence: Evidence) -> None:
    kind, sample = KIND[pointer.via], _sample(pointer)
    if pointer.via == "frame" and pointer.hidden in OUT_OF_SIGHT:
        evidence.against_host(pointer.host, kind, "unseen_frame", sample, "hidden", "address")
    elif pointer.via == "form" and pointer.hidden in OUT_OF_SIGHT:
        evidence.against_host(pointer.host, kind, "unseen_form", sample, "hidden", "address")
    elif (pointer.hidden == "kept" or (pointer.hidden == "small" and not pointer.pictured)) and pointer.words:
        evidence.against_host(pointer.host, kind, "kept_out_of_sight", sample, "hidden", "address")
    elif pointer.hidden == "small":
        return
    elif pointer.hidden is not None and names >= MANY and not pointer.honest and pointer.words:
        evidence.against_host(pointer.host, kind, "many_shut_away", sample, "hidden", "address")
    elif pointer.hidden is not None and not pointer.honest:
        evidence.against_host(pointer.host, kind, "shut_away", sample, "hidden", told=pointer.via != "link")
    if pointer.inside in ("unscripted", "comment", "template") and pointer.via in ("link", "frame"):
        evidence.against_host(pointer.host, kind, f"in_{pointer.inside}", sample, "hidden")
    elif pointer.inside == "decoded":
        evidence.against_host(pointer.host, "payload", "decoded", sample, "code", "address", told=True)
    elif pointer.inside == "written":
        evidence.against_host(pointer.host, kind, "written_by_script", sample, "code")


def _declared(pointer: Pointer, evidence: Evidence) -> None:
    sample = _sample(pointer)
    if pointer.covers:
        evidence.against_host(pointer.host, "frame", "covers_all", sample, "structure", "address", told=True)
    if pointer.via == "base":
        evidence.against_host(pointer.host, "canonical", "foreign_base", sample, "structure", "address", told=True)
    elif pointer.via == "canonical":
        evidence.against_host(pointer.host, "canonical", "foreign_canonical", sample, "structure", told=True)
    elif pointer.via == "refresh":
        evidence.against_host(pointer.host, "redirect", "refresh", sample, "redirects", told=True)
    elif (
        pointer.via == "form"
        and "password" in pointer.asks
        and _IDENTITY.search(f"{pointer.asks} {pointer.words.lower()}")
    ):
        evidence.against_host(pointer.host, "form", "asks_who_you_are", sample, "structure", "address", told=True)


def _looks(pointer: Pointer, near: Neighbours, evidence: Evidence) -> None:
    if near.looks_like_an_advert(pointer.host):
        kind = KIND[pointer.via]
        evidence.against_host(pointer.host, kind, "name_of_advert", _sample(pointer), "address")
        label = registrable(pointer.host).partition(".")[0]
        if pointer.via == "link" and _as_a_brand(pointer.words, label):
            evidence.against_host(pointer.host, kind, "link_is_a_brand", _sample(pointer), "structure", told=True)


def _as_a_brand(words: str, label: str) -> bool:
    """Whether a link's words are nothing but the name that it leads to."""
    said = re.sub(r"[^a-z0-9]", "", writing.plain(writing.read(words).text))
    return (
        bool(said) and any(map(str.isdigit, said)) and (said in label or label in said) and len(said) < len(label) + 8
    )


def _new(pointer: Pointer, near: Neighbours, evidence: Evidence) -> None:
    if pointer.via not in ("script", "frame"):
        return
    known = near.known.hosts
    if (known or near.known.looked) and registrable(pointer.host) not in {registrable(host) for host in known}:
        kind, sample = KIND[pointer.via], _sample(pointer)
        evidence.against_host(pointer.host, kind, "new_here", sample, "baseline", told=True)
        if _LIBRARY.search(registrable(pointer.host).partition(".")[0]):
            evidence.against_host(pointer.host, kind, "name_of_library", sample, "address")


def foreign_in(script: Script, near: Neighbours) -> list[tuple[str, str]]:
    """The foreign addresses in a script, each with its host."""
    found = ((address, _script_host(address)) for address in (*script.addresses, *script.decoded))
    return [(address, host) for address, host in found if host and near.whose(host) == "foreign"]


def _script(script: Script, near: Neighbours, evidence: Evidence) -> None:
    foreign = foreign_in(script, near)
    decoded = [one for one in foreign if one[0] in script.decoded]
    shown = [one for one in foreign if one[0] not in script.decoded]
    for address, host in decoded:
        evidence.against_host(host, "payload", "decoded", address, "code", "address", told=True)
        if script.leads:
            evidence.against_host(host, "redirect", "script_leads_away", address, "redirects")
    for address, host in shown:
        if script.leads and len(shown) <= MANY:
            evidence.against_host(host, "redirect", "script_leads_away", address, "redirects", told=True)
        if (
            script.loads
            and (near.known.hosts or near.known.looked)
            and registrable(host) not in {registrable(one) for one in near.known.hosts}
        ):
            evidence.against_host(host, "script", "new_here", address, "baseline", told=True)
        if script.pushes:
            evidence.against_host(host, "push", "pushes", address, "code", "address", told=True)
    if script.asks_who and script.leads:
        for address, host in (*decoded, *shown):
            evidence.against_host(host, "redirect", "asks_who_comes", address, "visitors", exact=True)


def _script_host(address: str) -> str:
    return host_of(address if "://" in address else f"https:{address}")


def inventory(page: Extract, near: Neighbours) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Which hosts of others a page links to, frames, loads."""

    def hosts(via: Iterable[str]) -> tuple[str, ...]:
        found = dict.fromkeys(pointer.host for pointer in page.pointers if pointer.via in via)
        return tuple(host for host in found if near.whose(host) != "own")[:100]

    return hosts(("link", "form", "canonical")), hosts(("frame",)), hosts(("script",))


def _sample(pointer: Pointer) -> str:
    return f"{pointer.words} → {pointer.address}" if pointer.words else pointer.address
