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
from auditor.indicators.values import IndicatorValue, is_value_of_own_assets
from auditor.text.multi_search import MultiSearch

DIGEST_BYTES = 8
"""Of a keyed digest: of ten thousand indicators and a hundred thousand visitors one pair in 10^10 meets by chance."""
_ADDRESS = re.compile(r"(?<![0-9.])(?:\d{1,3}\.){3}\d{1,3}(?![0-9.])")
_PART = re.compile(r"[a-z0-9._-]")
"""What goes on where a name or a digest goes on."""
_OF_A_URL = re.compile(r"[^\s\"'<>\\]")


@dataclass(frozen=True)
class IndicatorIndex:
    """The indicators that hold on a day and are of nobody of ours, by value.

    Of several on one the one that holds longest.
    """

    by_value: Mapping[IndicatorValue, Indicator] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.by_value)

    @cached_property
    def prefix_lengths_by_ip_version(self) -> Mapping[int, tuple[int, ...]]:
        """Return how long the prefixes of its networks are, by version."""
        by_version: dict[int, set[int]] = {4: set(), 6: set()}
        for value in self.by_value:
            if value.kind == "network":
                network = ipaddress.ip_network(value.text)
                by_version[network.version].add(network.prefixlen)
        return {version: tuple(sorted(lengths)) for version, lengths in by_version.items()}

    def find(self, value: IndicatorValue) -> Indicator | None:
        """Return what a value that was seen is named by: itself, or of an address the network that it is in."""
        exact = self.by_value.get(value)
        if exact is not None or value.kind != "address":
            return exact
        address = ipaddress.ip_address(value.text)
        for length in reversed(self.prefix_lengths_by_ip_version[address.version]):
            network = ipaddress.ip_network(f"{address}/{length}", strict=False)
            indicator = self.by_value.get(IndicatorValue("network", str(network)))
            if indicator is not None:
                return indicator
        return None

    def compute_digests(self, key: bytes) -> Mapping[bytes, Indicator]:
        """Return what hosts are given in place of the values: digests under a key that is made for one time."""
        return {compute_digest(value.text, key): indicator for value, indicator in self.by_value.items()}

    @cached_property
    def _search_for_values_in_text(self) -> MultiSearch[IndicatorValue]:
        return MultiSearch({value.text.casefold(): value for value in self.by_value if value.kind != "network"})

    def find_in_text(self, text: str) -> Iterator[Indicator]:
        """Yield every place in a text where an indicator's value stands as a whole."""
        lower = text.casefold()
        for start, end, value in self._search_for_values_in_text.iter_occurrences_in_text(lower):
            if _is_whole_value_at_place_in_text(lower, start, end, value):
                yield self.by_value[value]
        for word in _ADDRESS.findall(lower) if self._ipv4_networks_by_prefix_length else ():
            indicator = self._find_narrowest_network_of_address(word)
            if indicator is not None:
                yield indicator

    @cached_property
    def _ipv4_networks_by_prefix_length(self) -> Sequence[tuple[int, Mapping[int, Indicator]]]:
        """Return the networks of IPv4, the narrowest first.

        Each goes by the length of the part that its addresses do not share, and by the rest as a number.
        """
        by_free_bits: dict[int, dict[int, Indicator]] = {}
        for value, indicator in self.by_value.items():
            if value.kind == "network" and ":" not in value.text:
                network = ipaddress.ip_network(value.text)
                free = 32 - network.prefixlen
                by_free_bits.setdefault(free, {})[int(network.network_address) >> free] = indicator
        return sorted(by_free_bits.items())

    def _find_narrowest_network_of_address(self, word: str) -> Indicator | None:
        """Return the narrowest network that an address in a text is in.

        None also where the address is an indicator itself.
        """
        first, second, third, last = map(int, word.split("."))
        if max(first, second, third, last) > 255:
            return None
        number = first << 24 | second << 16 | third << 8 | last
        for free, networks in self._ipv4_networks_by_prefix_length:
            indicator = networks.get(number >> free)
            if indicator is not None:
                return None if IndicatorValue("address", word) in self.by_value else indicator
        return None


def _is_whole_value_at_place_in_text(text: str, start: int, end: int, value: IndicatorValue) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    if value.kind == "url":
        return not (after and _OF_A_URL.match(after))
    if value.kind == "address" and ":" in value.text:
        return not re.match(r"[0-9a-f:.]", before) and not re.match(r"[0-9a-f:]", after)
    if before and _PART.match(before):
        return False
    if after == ".":
        return not re.match(r"[a-z0-9_-]", text[end + 1 : end + 2])
    return not (after and _PART.match(after))


def compute_digest(text: str, key: bytes) -> bytes:
    """Return the digest of a value under a key, as hosts work it out, too."""
    return hashlib.blake2b(text.encode(), key=key, digest_size=DIGEST_BYTES).digest()


def build_index_of_valid_foreign_indicators(
    indicators: Iterable[Indicator], today: date, own_names: Sequence[str] = (), own_addresses: Sequence[str] = ()
) -> IndicatorIndex:
    """Return those that hold on a day, but for what is ours: ``own_names`` of sites, ``own_addresses`` of hosts."""
    by_value: dict[IndicatorValue, Indicator] = {}
    for indicator in indicators:
        value = IndicatorValue(indicator.kind, indicator.text)
        if not indicator.is_valid_on_day(today) or (
            (own_names or own_addresses) and is_value_of_own_assets(value, own_names, own_addresses)
        ):
            continue
        before = by_value.get(value)
        if before is None or indicator.last_valid_day > before.last_valid_day:
            by_value[value] = indicator
    return IndicatorIndex(by_value)
