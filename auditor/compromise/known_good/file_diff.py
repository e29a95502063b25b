"""What a changed file has that its release has not, and the other way round.

Pure, in time that grows with the texts alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from auditor.text.redact import redact_secrets_in_unified_diff

MAX_LINES = 6
"""Lines of each side."""
MAX_LINE = 160


@dataclass(frozen=True)
class FileDiff:
    """The lines of one side that the other has not, in their order."""

    added_lines: Sequence[bytes]
    removed_lines: Sequence[bytes]

    @property
    def php_of_added_lines(self) -> bytes:
        """Return what was added, to be judged by itself."""
        text = b"\n".join(self.added_lines)
        return text if b"<?" in text else b"<?php\n" + text


def diff_contents(original: bytes, content: bytes) -> FileDiff:
    """Return how a file differs from what its release has. Moved lines differ in nothing."""
    before, after = original.splitlines(), content.splitlines()
    return FileDiff(_subtract_lines(after, Counter(before)), _subtract_lines(before, Counter(after)))


def _subtract_lines(lines: Sequence[bytes], others: Counter[bytes]) -> Sequence[bytes]:
    other_lines = []
    for line in lines:
        if others[line] > 0:
            others[line] -= 1
        elif line.strip():
            other_lines.append(line)
    return other_lines


def render_redacted_diff(file_diff: FileDiff, original: bytes, content: bytes, path: str) -> str:
    """Return the first lines that differ, without secrets."""
    lines = [
        *(b"+" + line[:MAX_LINE] for line in file_diff.added_lines[:MAX_LINES]),
        *(b"-" + line[:MAX_LINE] for line in file_diff.removed_lines[:MAX_LINES]),
    ]
    sides = (side.decode("utf-8", "replace") for side in (original, content))
    diff = redact_secrets_in_unified_diff(
        "\n".join(line.decode("utf-8", "replace") for line in lines), path, side_labels=sides
    )
    return f"(+{len(file_diff.added_lines)} -{len(file_diff.removed_lines)}) {diff}"
