"""Blocks of text, and how parts, points and items are marked. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.report.official.content.given import ROMAN, Given
from auditor.report.official.document import Block

_POINTS = "abcdđeg"
"""How the points of a letter are counted."""


def paragraph(text: str) -> Block:
    """A paragraph."""
    return Block(kind="paragraph", text=text)


def closing(text: str) -> Block:
    """The last sentence, with the mark that ends a state document."""
    return Block(kind="closing", text=f"{text}./.")


def item(text: str) -> Block:
    """An item of a list, before it is punctuated."""
    return Block(kind="item", text=text)


def punctuated(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Of items that follow each other each ends with a semicolon, the last with a full stop."""
    found = list(blocks)
    for index, block in enumerate(found):
        if block.kind == "item":
            last = index + 1 == len(found) or found[index + 1].kind != "item"
            found[index] = block.model_copy(update={"text": f"- {block.text}{'.' if last else ';'}"})
    return tuple(found)


def part(given: Given, number: int, title: str) -> Block:
    """A part of a report; in a letter, which has none, a numbered point."""
    if given.kind == "cong-van":
        return Block(kind="heading", text=f"{number}. {title}")
    return Block(kind="part", text=f"{ROMAN[number - 1]}. {title.upper()}")


def heading(given: Given, number: int, text: str) -> Block:
    """A heading of a report; in a letter a point."""
    if given.kind == "cong-van":
        return Block(kind="point", text=f"{_POINTS[number - 1]}) {text}")
    return Block(kind="heading", text=f"{number}. {text}")
