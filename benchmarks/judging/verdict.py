"""What a judge says of a host."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """One judge's figure for one host, and the rules that fail there, by the names that the judge gives them."""

    figure: float
    fails: frozenset[str]
    of: int | None = None
    """How many rules the figure is out of, where it counts those that pass."""
    part: str = ""
    """How much was judged, where that is not all."""

    def __str__(self) -> str:
        return f"{self.figure:g}" if self.of is None else f"{self.figure:g} of {self.of}"
