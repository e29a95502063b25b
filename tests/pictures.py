"""The pictures that the documentation shows: tests take them of made-up offices, and hold those that are shown against them.

``make pictures`` puts them in place.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image, ImageChops, ImageStat

FOLDER = Path(__file__).parents[1] / "docs/images"
TAKING = "LUYTRE_PICTURES" in os.environ
_GRID = 12
_GAP = 12
"""Pixels between pictures on a sheet."""
_NEARER = 1.5
"""By so much a picture is nearer to its own page than to any other: another font on this machine matters less."""


def check(name: str, taken: bytes, others: Iterable[bytes]) -> None:
    """The documentation's picture shows what was ``taken`` now, rather than any of the ``others``."""
    file = FOLDER / f"{name}.png"
    if TAKING:
        file.write_bytes(taken)
    shown = file.read_bytes()
    assert _opened(shown).size == _opened(taken).size, f"{name} has another size: make pictures"
    assert _NEARER * apart(shown, taken) < min(apart(shown, other) for other in others), f"{name} is old: make pictures"


def sheet(taken: Sequence[bytes], columns: int, width: int) -> bytes:
    """Pictures of one size side by side, each ``width`` pixels wide, in few colours: a small file."""
    opened = [_opened(one).convert("RGB") for one in taken]
    height = round(opened[0].height * width / opened[0].width)
    rows = -(-len(opened) // columns)
    whole = Image.new("RGB", (columns * (width + _GAP) + _GAP, rows * (height + _GAP) + _GAP), "#8a928d")
    for number, one in enumerate(opened):
        at = (_GAP + number % columns * (width + _GAP), _GAP + number // columns * (height + _GAP))
        whole.paste(one.resize((width, height), Image.Resampling.LANCZOS), at)
    written = io.BytesIO()
    whole.quantize(96, Image.Quantize.FASTOCTREE).save(written, "PNG", optimize=True)
    return written.getvalue()


def apart(one: bytes, other: bytes) -> float:
    """How different two pictures are, seen from afar: 0 the same, 1 black and white."""
    difference = ImageChops.difference(_from_afar(one), _from_afar(other))
    return float(ImageStat.Stat(difference).mean[0]) / 255


def _from_afar(picture: bytes) -> Image.Image:
    return _opened(picture).convert("L").resize((_GRID, _GRID), Image.Resampling.BOX)


def _opened(picture: bytes) -> Image.Image:
    return Image.open(io.BytesIO(picture))
