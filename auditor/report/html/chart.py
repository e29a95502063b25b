"""The geometry of the report's small drawings. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from auditor.models import Model, Severity

_PAD = 4.0


class Sparkline(Model):
    """A sparkline: the points of an SVG polyline and its last point."""

    points: str
    x: float
    y: float


def build_sparkline(values: Sequence[int], width: float, height: float, top_value: int) -> Sparkline:
    """Return values at even steps from left to right, 0 at the bottom and ``top_value`` at the top."""
    step = (width - 2 * _PAD) / max(1, len(values) - 1)
    scale = (height - 2 * _PAD) / max(1, top_value)
    at = [
        (round(_PAD + index * step, 1), round(height - _PAD - value * scale, 1)) for index, value in enumerate(values)
    ]
    return Sparkline(points=" ".join(f"{x},{y}" for x, y in at), x=at[-1][0], y=at[-1][1])


def scale_value_to_bar_length(value: int, full_value: int, length: float) -> float:
    """Return how long a bar for ``value`` is when ``full_value`` fills ``length``; something is never nothing."""
    return 0.0 if value <= 0 or full_value <= 0 else round(max(1.0, length * value / full_value), 1)


class BarSegment(Model):
    """A severity's piece of a stacked bar."""

    severity: Severity
    x: float
    width: float


def stack_severity_counts_on_bar(
    counts: Mapping[Severity, int], top: int, length: float = 100
) -> tuple[BarSegment, ...]:
    """Return the counts end to end, worst first, on a bar whose whole ``length`` stands for ``top``."""
    parts = []
    x = 0.0
    for severity in sorted(counts, key=lambda severity: -severity.rank):
        width = length * counts[severity] / max(1, top)
        if width:
            parts.append(BarSegment(severity=severity, x=round(x, 2), width=round(width, 2)))
        x += width
    return tuple(parts)
