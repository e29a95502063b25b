"""Many texts sought in another one at once. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind


class MultiSearch[What]:
    """Texts, none of them empty, and what each stands for."""

    def __init__(self, texts: Mapping[str, What]) -> None:
        self._whats = tuple(texts.values())
        self._automaton = AhoCorasick(
            texts, implementation=Implementation.ContiguousNFA, matchkind=MatchKind.Standard, store_patterns=False
        )

    def __bool__(self) -> bool:
        return bool(self._whats)

    def iter_occurrences_in_text(self, text: str) -> Iterator[tuple[int, int, What]]:
        """Yield where each occurrence begins and ends, and what it stands for, by where they end.

        They may lie over each other.
        """
        if not self._whats:
            return
        whats = self._whats
        for number, start, end in self._find_match_indexes_in_text(text):
            yield start, end, whats[number]

    def _find_match_indexes_in_text(self, text: str) -> list[tuple[int, int, int]]:
        try:
            return self._automaton.find_matches_as_indexes(text, overlapping=True)
        except UnicodeEncodeError:  # halves of letters, which no encoding knows
            whole = text.encode("utf-8", "replace").decode()
            return self._automaton.find_matches_as_indexes(whole, overlapping=True)
