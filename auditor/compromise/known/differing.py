"""What a changed file has that its release has not, and the other way round. Pure, in time that grows with the texts alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from auditor.text.redact import redact_diff

SHOWN = 6
"""Lines of each side."""
MAX_LINE = 160


@dataclass(frozen=True)
class Differing:
    """The lines of one side that the other has not, in their order."""

    added: Sequence[bytes]
    removed: Sequence[bytes]

    @property
    def program(self) -> bytes:
        """What was added, to be judged by itself."""
        said = b"\n".join(self.added)
        return said if b"<?" in said else b"<?php\n" + said


def differing(original: bytes, content: bytes) -> Differing:
    """How a file differs from what its release has. Moved lines differ in nothing."""
    before, after = original.splitlines(), content.splitlines()
    return Differing(_without(after, Counter(before)), _without(before, Counter(after)))


def _without(lines: Sequence[bytes], others: Counter[bytes]) -> Sequence[bytes]:
    left = []
    for line in lines:
        if others[line] > 0:
            others[line] -= 1
        elif line.strip():
            left.append(line)
    return left


def shown(found: Differing, original: bytes, content: bytes, path: str) -> str:
    """The first lines that differ, without secrets."""
    lines = [
        *(b"+" + line[:MAX_LINE] for line in found.added[:SHOWN]),
        *(b"-" + line[:MAX_LINE] for line in found.removed[:SHOWN]),
    ]
    sides = (side.decode("utf-8", "replace") for side in (original, content))
    diff = redact_diff("\n".join(line.decode("utf-8", "replace") for line in lines), path, sides=sides)
    return f"(+{len(found.added)} -{len(found.removed)}) {diff}"
