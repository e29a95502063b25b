"""Indicators against what was seen: values, lines of logs, and digests that stand for values on hosts. Pure."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from auditor.indicators.indicator import Indicator
from auditor.indicators.values import Value, own
from auditor.text.sought import Sought

DIGEST_BYTES = 8
"""Of a keyed digest: of ten thousand indicators and a hundred thousand visitors one pair in 10^10 meets by chance."""
_ADDRESS = re.compile(r"(?<![0-9.])(?:\d{1,3}\.){3}\d{1,3}(?![0-9.])")
_PART = re.compile(r"[a-z0-9._-]")
"""What goes on where a name or a digest goes on."""
_OF_A_URL = re.compile(r"[^\s\"'<>\\]")


@dataclass(frozen=True)
class Against:
    """The indicators that hold on a day and are of nobody of ours, by value; of several on one the one that holds longest."""

    by_value: Mapping[Value, Indicator] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.by_value)

    @cached_property
    def lengths(self) -> Mapping[int, tuple[int, ...]]:
        """How long the prefixes of its networks are, by version."""
        found: dict[int, set[int]] = {4: set(), 6: set()}
        for one in self.by_value:
            if one.kind == "network":
                network = ipaddress.ip_network(one.text)
                found[network.version].add(network.prefixlen)
        return {version: tuple(sorted(lengths)) for version, lengths in found.items()}

    def of(self, seen: Value) -> Indicator | None:
        """What a value that was seen is named by: itself, or of an address the network that it is in."""
        exact = self.by_value.get(seen)
        if exact is not None or seen.kind != "address":
            return exact
        address = ipaddress.ip_address(seen.text)
        for length in reversed(self.lengths[address.version]):
            network = ipaddress.ip_network(f"{address}/{length}", strict=False)
            found = self.by_value.get(Value("network", str(network)))
            if found is not None:
                return found
        return None

    def digests(self, key: bytes) -> Mapping[bytes, Indicator]:
        """What hosts are given in place of the values: digests under a key that is made for one time."""
        return {digest(one.text, key): indicator for one, indicator in self.by_value.items()}

    @cached_property
    def _words(self) -> Sought[Value]:
        return Sought({one.text.casefold(): one for one in self.by_value if one.kind != "network"})

    def in_text(self, text: str) -> Iterator[Indicator]:
        """Every place in a text where an indicator's value stands as a whole."""
        lower = text.casefold()
        for start, end, one in self._words.found_in(lower):
            if _stands_alone(lower, start, end, one):
                yield self.by_value[one]
        for word in _ADDRESS.findall(lower) if self._networks else ():
            found = self._in_network(word)
            if found is not None:
                yield found

    @cached_property
    def _networks(self) -> Sequence[tuple[int, Mapping[int, Indicator]]]:
        """The networks of version 4 by the length of what addresses in them do not share, the narrowest first, and by the rest as a number."""
        found: dict[int, dict[int, Indicator]] = {}
        for one, indicator in self.by_value.items():
            if one.kind == "network" and ":" not in one.text:
                network = ipaddress.ip_network(one.text)
                free = 32 - network.prefixlen
                found.setdefault(free, {})[int(network.network_address) >> free] = indicator
        return sorted(found.items())

    def _in_network(self, word: str) -> Indicator | None:
        """The narrowest network that an address in a text is in; None also where the address is an indicator itself."""
        first, second, third, last = map(int, word.split("."))
        if max(first, second, third, last) > 255:
            return None
        number = first << 24 | second << 16 | third << 8 | last
        for free, networks in self._networks:
            found = networks.get(number >> free)
            if found is not None:
                return None if Value("address", word) in self.by_value else found
        return None


def _stands_alone(text: str, start: int, end: int, one: Value) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    if one.kind == "url":
        return not (after and _OF_A_URL.match(after))
    if one.kind == "address" and ":" in one.text:
        return not re.match(r"[0-9a-f:.]", before) and not re.match(r"[0-9a-f:]", after)
    if before and _PART.match(before):
        return False
    if after == ".":
        return not re.match(r"[a-z0-9_-]", text[end + 1 : end + 2])
    return not (after and _PART.match(after))


def digest(text: str, key: bytes) -> bytes:
    """The digest of a value under a key, as hosts work it out, too."""
    return hashlib.blake2b(text.encode(), key=key, digest_size=DIGEST_BYTES).digest()


def against(
    indicators: Iterable[Indicator], today: date, names: Sequence[str] = (), addresses: Sequence[str] = ()
) -> Against:
    """Those that hold on a day, but for what is ours: ``names`` of sites, ``addresses`` of hosts."""
    found: dict[Value, Indicator] = {}
    for one in indicators:
        seen = Value(one.kind, one.text)
        if not one.holds(today) or ((names or addresses) and own(seen, names, addresses)):
            continue
        before = found.get(seen)
        if before is None or one.until > before.until:
            found[seen] = one
    return Against(found)
