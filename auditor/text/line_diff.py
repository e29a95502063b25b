"""What changed between two texts, by lines, in time that grows with their length alone. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import Match, SequenceMatcher


class _Linear(SequenceMatcher[str]):
    """Without the search that takes more than the square."""

    def __init__(self, before: Sequence[str], after: Sequence[str]) -> None:
        super().__init__(None, before, after, autojunk=False)
        self._blocks = [*_find_matching_line_blocks(before, after), Match(len(before), len(after), 0)]

    def get_matching_blocks(self) -> list[Match]:
        return self._blocks


def iter_unified_diff_lines(before: Sequence[str], after: Sequence[str], old_name: str, new_name: str) -> Iterator[str]:
    """Yield lines as ``diff -U1`` prints them, none when both are the same.

    Lines that stand once on each side are held together; what is between them is the same from its ends inwards as far
    as it goes, and otherwise replaced. So the diff is not always the shortest, and always right.
    """
    for number, group in enumerate(_Linear(before, after).get_grouped_opcodes(1)):
        if number == 0:
            yield from (f"--- {old_name}", f"+++ {new_name}")
        (_, from_before, _, from_after, _), (_, _, to_before, _, to_after) = group[0], group[-1]
        yield (
            f"@@ -{_format_line_span_of_diff_hunk(from_before, to_before)}"
            f" +{_format_line_span_of_diff_hunk(from_after, to_after)} @@"
        )
        for what, i, i_end, j, j_end in group:
            if what == "equal":
                yield from (f" {line}" for line in before[i:i_end])
            else:
                yield from (f"-{line}" for line in before[i:i_end])
                yield from (f"+{line}" for line in after[j:j_end])


def _format_line_span_of_diff_hunk(start: int, end: int) -> str:
    length = end - start
    return f"{start + 1 if length else start}" + ("" if length == 1 else f",{length}")


def _find_matching_line_blocks(before: Sequence[str], after: Sequence[str]) -> list[Match]:
    blocks: list[Match] = []

    def add_pair(i: int, j: int) -> None:
        last = blocks[-1] if blocks else None
        if last is not None and (last.a + last.size, last.b + last.size) == (i, j):
            blocks[-1] = Match(last.a, last.b, last.size + 1)
        else:
            blocks.append(Match(i, j, 1))

    i = j = 0
    for i_end, j_end in [*_find_anchors_of_lines_unique_on_both_sides(before, after), (len(before), len(after))]:
        while i < i_end and j < j_end and before[i] == after[j]:
            add_pair(i, j)
            i, j = i + 1, j + 1
        tail = 0
        while i < i_end - tail and j < j_end - tail and before[i_end - tail - 1] == after[j_end - tail - 1]:
            tail += 1
        for back in range(tail, 0, -1):
            add_pair(i_end - back, j_end - back)
        i, j = i_end, j_end
        if i < len(before) and j < len(after):
            add_pair(i, j)
            i, j = i + 1, j + 1
    return blocks


def _find_anchors_of_lines_unique_on_both_sides(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Return places of lines that stand once on each side, in an order that both sides agree on."""
    once_before, once_after = ({line for line, n in Counter(side).items() if n == 1} for side in (before, after))
    there = {line: j for j, line in enumerate(after) if line in once_after}
    pairs = [(i, there[line]) for i, line in enumerate(before) if line in once_before and line in there]
    ends: list[int] = []
    at: list[int] = []
    previous = [-1] * len(pairs)
    for n, (_, j) in enumerate(pairs):
        length = bisect_left(ends, j)
        previous[n] = at[length - 1] if length else -1
        ends[length : length + 1] = [j]
        at[length : length + 1] = [n]
    anchors = []
    n = at[-1] if at else -1
    while n >= 0:
        anchors.append(pairs[n])
        n = previous[n]
    return anchors[::-1]
