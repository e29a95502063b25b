"""How careful a hardening is: in which order hosts come, a canary first, then ever more at once. No I/O."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from auditor.errors import InputError

DEFAULT = "1,5,25%"
CONFIRM_SECONDS = 600
"""In which a host has to be confirmed, unless told otherwise."""
_SIZE = re.compile(r"([1-9][0-9]{0,4})(%?)")


@dataclass(frozen=True)
class RolloutOptions:
    """The degree of caution. Raises InputError for a batch size that makes no sense."""

    batch: str = DEFAULT
    seconds: int = CONFIRM_SECONDS
    by_wish: frozenset[str] = frozenset()
    """Domains of sites whose answers bring no host back."""

    def __post_init__(self) -> None:
        split_batches((), self.batch)


def split_batches(hosts: Sequence[str], sizes: str = DEFAULT) -> tuple[tuple[str, ...], ...]:
    """Return the hosts in batches of these sizes, the last size repeated; a percentage is of all hosts, at least one.

    Raises InputError for sizes that make no sense.
    """
    rest = list(hosts)
    batch_sizes = [_parse_batch_size(text, len(rest)) for text in sizes.split(",")]
    parts = []
    while rest:
        size = batch_sizes.pop(0) if len(batch_sizes) > 1 else batch_sizes[0]
        parts.append(tuple(rest[:size]))
        rest = rest[size:]
    return tuple(parts)


def _parse_batch_size(size_text: str, total: int) -> int:
    match = _SIZE.fullmatch(size_text.strip())
    number = int(match[1]) if match else 0
    if match is None or (match[2] and number > 100):
        raise InputError(
            "--batch: {value} is not a size",
            mend="write numbers and percentages, for example --batch 1,5,25%",
            value=repr(size_text),
        )
    return max(1, total * number // 100) if match[2] else number
