"""Whose an address is: the site's own, of the state, known to the whole web, or foreign. Pure."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote, urljoin, urlsplit

from publicsuffixlist import PublicSuffixList

from auditor.content.text.lexicon import Lexicon
from auditor.scans.responses import SiteBaseline

MAX_ADDRESS = 2_000
_CONTROLS = "".join(map(chr, range(33)))
Whose = Literal["own", "state", "official", "known", "foreign"]
"""``official``: its name ends as those of the state do, but nobody listed it."""
_WHOSE: Mapping[str, Whose] = {"state": "state", "known": "known", "anybody": "foreign"}
_OFFICIAL = (".gov.vn",)
_WHOLE = re.compile(r"https?://[^/?#]")
"""A link that means the same on all pages."""
_SITE = re.compile(r"^(https?://[^/?#]+)[/?#].*", re.DOTALL)
"""An address, and of it what a link that begins with a slash goes on from."""
_SLASHES = re.compile(r"(?:(https?):)?([/]*)(?=[^/])", re.IGNORECASE)
"""How a link to another host begins, whatever browsers leave out of it."""
_HOST = re.compile(r"[\w.-]{1,253}|[0-9a-f:.]{2,45}", re.ASCII)
_LUCKY = re.compile(r"(?:(\d)\1{1,3}|68|69|67|79|86|89|98|97|96|188|789|678|567|247bet|123win)")
_LETTERS_AND_LUCK = re.compile(rf"[a-z]{{1,12}}-?{_LUCKY.pattern}[a-z]{{0,6}}")
_LUCK_AND_LETTERS = re.compile(r"\d{1,3}(?:bet|win|vin|king|club|vip|win|play)[a-z]{0,6}")


@functools.cache
def _load_public_suffix_list() -> PublicSuffixList:
    return PublicSuffixList()


@functools.lru_cache(maxsize=4096)
def get_registrable_domain(host: str) -> str:
    """Return the part of a host's name that somebody registered, also of a provider who gives names away.

    The host itself when there is none.
    """
    return _load_public_suffix_list().privatesuffix(host) or host


def resolve_link(link: str, base: str) -> str:
    """Return the address that a link means on the page at ``base``; empty when it means none that is visited."""
    link = "".join(link[:MAX_ADDRESS].split()).lstrip(_CONTROLS).replace("\\", "/")
    if not link or link[0] == "#":
        return ""
    if _WHOLE.match(link):
        return link
    begins = _SLASHES.match(link)
    if begins is not None and (begins[1] or len(begins[2]) > 1):
        scheme = (begins[1] or base.partition(":")[0]).lower()
        if begins[2] or scheme != base.partition(":")[0]:
            return f"{scheme}://{link[begins.end() :]}"
        link = link[begins.end() :]
    return _join_link(_SITE.sub(r"\1", base) if link[0] == "/" else base, link)


@functools.lru_cache(maxsize=1024)
def _join_link(base: str, link: str) -> str:
    try:
        address = urljoin(base, link)
        return address if urlsplit(address).scheme in ("http", "https") else ""
    except ValueError:
        return ""


@functools.lru_cache(maxsize=1024)
def get_host_in_address(address: str) -> str:
    """Return the host that an address names, in lower case; empty when it names none."""
    try:
        host = unquote(urlsplit(address).hostname or "").rstrip(".").lower()
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        return ""
    return host if _HOST.fullmatch(host) else ""


@dataclass(frozen=True)
class DomainClassifier:
    """Whose addresses are, seen from one site."""

    baseline: SiteBaseline
    lexicon: Lexicon
    _owner_by_host: dict[str, Whose] = field(default_factory=dict, repr=False, compare=False)

    def classify_host(self, host: str) -> Whose:
        """Return whose a host is.

        The site's own are its domain with what is below it, unless that is called as adverts are, and what is declared
        by name.
        """
        if host not in self._owner_by_host:
            self._owner_by_host[host] = self._classify_host_uncached(host)
        return self._owner_by_host[host]

    def _classify_host_uncached(self, host: str) -> Whose:
        own = self.baseline.domain.removeprefix("www.")
        if host in self.baseline.own or host.removeprefix("www.") == own:
            return "own"
        if host.endswith("." + own):
            labels = host.removesuffix("." + own).replace("-", "").split(".")
            return "foreign" if any(map(self._is_advert_like_domain_label, labels)) else "own"
        name = host
        while name:
            if (whose := self.lexicon.addresses.get(name)) is not None:
                return _WHOSE[whose]
            name = name.partition(".")[2]
        return "official" if host.endswith(_OFFICIAL) else "foreign"

    def is_advert_like_host(self, host: str) -> bool:
        """Return whether the registered name is of the shape that betting sites choose."""
        return self._is_advert_like_domain_label(get_registrable_domain(host).partition(".")[0].replace("-", ""))

    def _is_advert_like_domain_label(self, label: str) -> bool:
        if _LETTERS_AND_LUCK.fullmatch(label) or _LUCK_AND_LETTERS.fullmatch(label):
            return True
        return any(
            (at == "any" and stem in label)
            or (at == "end" and label.endswith(stem) and label != stem)
            or (at == "start" and label.startswith(stem) and label != stem)
            for stem, at in self.lexicon.stems.items()
        )

    def find_advert_terms_in_host(self, host: str) -> tuple[str, ...]:
        """Return the terms of the lexicon in a host's name."""
        label = get_registrable_domain(host).partition(".")[0]
        return tuple(
            term for term in (label,) if term in self.lexicon.category_by_term
        ) or self.lexicon.find_terms_in_name_without_spaces(label.replace("-", ""))
