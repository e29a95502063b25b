"""Blocks of text, and how parts, points and items are marked. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.report.official.content.context import ROMAN, ReportContext
from auditor.report.official.document import TextBlock

_POINTS = "abcdđeg"
"""How the points of a letter are counted."""


def make_paragraph(text: str) -> TextBlock:
    """Return a paragraph."""
    return TextBlock(kind="paragraph", text=text)


def make_closing_sentence_block(text: str) -> TextBlock:
    """Return the last sentence, with the mark that ends a state document."""
    return TextBlock(kind="closing", text=f"{text}./.")


def make_list_item_block(text: str) -> TextBlock:
    """Return an item of a list, before it is punctuated."""
    return TextBlock(kind="item", text=text)


def punctuate_items(blocks: Iterable[TextBlock]) -> tuple[TextBlock, ...]:
    """Return the items with a semicolon at the end of each, and a full stop at the end of the last."""
    block_list = list(blocks)
    for index, block in enumerate(block_list):
        if block.kind == "item":
            last = index + 1 == len(block_list) or block_list[index + 1].kind != "item"
            block_list[index] = block.model_copy(update={"text": f"- {block.text}{'.' if last else ';'}"})
    return tuple(block_list)


def make_numbered_part_title_block(context: ReportContext, number: int, title: str) -> TextBlock:
    """Return a part of a report; in a letter, which has none, a numbered point."""
    if context.kind == "cong-van":
        return TextBlock(kind="heading", text=f"{number}. {title}")
    return TextBlock(kind="part", text=f"{ROMAN[number - 1]}. {title.upper()}")


def make_heading(context: ReportContext, number: int, text: str) -> TextBlock:
    """Return a heading of a report; in a letter a point."""
    if context.kind == "cong-van":
        return TextBlock(kind="point", text=f"{_POINTS[number - 1]}) {text}")
    return TextBlock(kind="heading", text=f"{number}. {text}")
