"""An official document as data: what both renderers print, word for word. Measures are millimetres and points.

The form is that of Decree 30/2020/NĐ-CP, annex I.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from auditor.models import DocumentKind, Lang, Model, clock

KEYWORD = "luytre-official"
"""Among a file's keywords: it is an official document, which names no server, and may be mailed to everybody."""
FORM_KEYWORD = "luytre-incident"
"""It is a form on an incident, for technical roles only."""
ANNEX = "phu-luc-ky-thuat-"
"""How the file names of technical annexes begin."""
AnnexKey = Literal[
    "units", "open", "asked", "waivers", "unsure", "done", "incidents", "answers", "sharing", "clauses", "systems"
]
Align = Literal["left", "center", "right"]

PAGE = (210.0, 297.0)
MARGIN_TOP, MARGIN_BOTTOM, MARGIN_LEFT, MARGIN_RIGHT = 20.0, 20.0, 30.0, 15.0
HEADER_COLUMNS = (68.0, 97.0)
"""Left: the issuing office, number; right: national title and motto, place and date."""
ANNEX_MARGIN = 20.0
"""Left and right, on the landscape pages of the annexes."""
SIZE_NATION, SIZE_AGENCY, SIZE_MOTTO, SIZE_DATE, SIZE_CONCERNING = 12, 12, 13, 13, 12
SIZE_BODY, SIZE_FORM, SIZE_NOTE, SIZE_TABLE, SIZE_PAGE_NUMBER = 14, 13, 13, 11, 13
SIZE_RECIPIENTS_TITLE, SIZE_RECIPIENTS = 12, 11
INDENT = 12.7
GREETING_INDENT = 40.0
"""Where a greeting to several addressees begins."""
AGENCY_RULE, TITLE_RULE = 0.4, 0.4
"""Length of the rule below the office's name and below the title, as a part of the last line of text: 1/3 to 1/2."""


class Block(Model):
    """One paragraph of the body: in a report parts with headings, in a letter headings with points.

    The closing one stays on the page of the signature. Of a form: a label above boxes or several answers, what is filled in, and
    a blank line to write on after its text.
    """

    kind: Literal["part", "heading", "point", "paragraph", "item", "closing", "label", "filled", "blank"]
    text: str


class Column(Model):
    """A column of an annex's table; ``share`` is its part of the text width, in hundredths."""

    key: str
    share: float
    align: Align = "left"


class Annex(Model):
    """A table that goes with the document, on pages of its own, landscape. One without rows is left out."""

    key: AnnexKey
    label: str
    title: str
    attached: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Document(Model):
    """Everything that is printed, in reading order."""

    lang: Lang
    kind: DocumentKind
    keyword: str = KEYWORD
    name: str
    made: str = Field(description="when the newest run behind it was, ISO 8601: the only clock that it knows")
    superior: tuple[str, ...]
    agency: tuple[str, ...]
    nation: str
    motto: str
    number: str
    place_and_date: str
    concerning: tuple[str, ...]
    circulation: str
    title: str
    subject: tuple[str, ...]
    greeting: str
    addressees: tuple[str, ...]
    body: tuple[Block, ...]
    recipients_title: str
    recipients: tuple[str, ...]
    signing: tuple[str, ...]
    annexes: tuple[Annex, ...]


def datetime_parts(iso: str) -> dict[str, int]:
    """A moment for typst, which without one would ask this machine's clock."""
    told = clock.property_of(iso)
    return {part: getattr(told, part) for part in ("year", "month", "day", "hour", "minute", "second")}


COLUMNS: dict[AnnexKey, tuple[Column, ...]] = {
    "units": (
        Column(key="number", share=5, align="center"),
        Column(key="unit", share=23),
        Column(key="site", share=18),
        Column(key="level", share=6, align="center"),
        Column(key="pass", share=7, align="right"),
        Column(key="partial", share=7, align="right"),
        Column(key="fail", share=7, align="right"),
        Column(key="urgent", share=8, align="right"),
        Column(key="unsure", share=7, align="right"),
        Column(key="standing", share=12),
    ),
    "open": (
        Column(key="number", share=5, align="center"),
        Column(key="problem", share=29),
        Column(key="severity", share=10),
        Column(key="clause", share=12),
        Column(key="where", share=22),
        Column(key="how", share=9),
        Column(key="due", share=13, align="center"),
    ),
    "asked": (
        Column(key="number", share=5, align="center"),
        Column(key="unit", share=20),
        Column(key="problem", share=30),
        Column(key="severity", share=10),
        Column(key="where", share=13),
        Column(key="how", share=9),
        Column(key="due", share=13, align="center"),
    ),
    "waivers": (
        Column(key="number", share=5, align="center"),
        Column(key="decision", share=11),
        Column(key="requirement", share=20),
        Column(key="site", share=14),
        Column(key="waiver_reason", share=15),
        Column(key="measure", share=15),
        Column(key="approver", share=10),
        Column(key="expires", share=10, align="center"),
    ),
    "unsure": (
        Column(key="number", share=5, align="center"),
        Column(key="requirement", share=37),
        Column(key="place", share=26),
        Column(key="why", share=32),
    ),
    "done": (
        Column(key="number", share=5, align="center"),
        Column(key="requirement", share=35),
        Column(key="severity", share=10),
        Column(key="place", share=25),
        Column(key="by", share=12),
        Column(key="day", share=13, align="center"),
    ),
    "incidents": (
        Column(key="number", share=5, align="center"),
        Column(key="incident", share=12),
        Column(key="place", share=16),
        Column(key="detected", share=12, align="center"),
        Column(key="contained", share=16),
        Column(key="reports", share=23),
        Column(key="state", share=16),
    ),
    "answers": (
        Column(key="number", share=5, align="center"),
        Column(key="vulnerability", share=14),
        Column(key="product", share=15),
        Column(key="verdict", share=13),
        Column(key="package", share=13),
        Column(key="installed", share=13),
        Column(key="fixed", share=13),
        Column(key="hosts", share=6, align="right"),
        Column(key="due", share=8, align="center"),
    ),
    "sharing": (
        Column(key="number", share=4, align="center"),
        Column(key="unit", share=11),
        Column(key="sites", share=10),
        Column(key="hosts", share=5, align="right"),
        Column(key="protection", share=11),
        Column(key="central", share=9),
        Column(key="connection", share=9),
        Column(key="monitoring", share=9),
        Column(key="contacts", share=6, align="right"),
        Column(key="injected", share=6, align="right"),
        Column(key="vulnerable", share=6, align="right"),
        Column(key="handled", share=5, align="right"),
        Column(key="note", share=9),
    ),
    "clauses": (
        Column(key="number", share=5, align="center"),
        Column(key="clause", share=11),
        Column(key="content", share=40),
        Column(key="coverage", share=14),
        Column(key="result", share=12),
        Column(key="sites", share=18),
    ),
    "systems": (
        Column(key="number", share=4, align="center"),
        Column(key="system", share=11),
        Column(key="owner", share=10),
        Column(key="operator", share=10),
        Column(key="level", share=5, align="center"),
        Column(key="dossier", share=8),
        Column(key="decision", share=10),
        Column(key="regulation", share=9),
        Column(key="approval_expected", share=8, align="center"),
        Column(key="measures", share=9),
        Column(key="measures_expected", share=8, align="center"),
        Column(key="checked", share=8),
    ),
}
"""The columns of each annex."""
