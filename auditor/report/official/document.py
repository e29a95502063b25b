"""An official document as data: what both renderers print, word for word. Measures are millimetres and points.

The form is that of Decree 30/2020/NĐ-CP, annex I.
"""

from __future__ import annotations

from collections.abc import Mapping
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


class TextBlock(Model):
    """One paragraph of the body: in a report parts with headings, in a letter headings with points.

    The closing one stays on the page of the signature. Of a form: a label above boxes or several answers, what is
    filled in, and a blank line to write on after its text.
    """

    kind: Literal["part", "heading", "point", "paragraph", "item", "closing", "label", "filled", "blank"]
    text: str


class AnnexColumn(Model):
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


class OfficialDocument(Model):
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
    body: tuple[TextBlock, ...]
    recipients_title: str
    recipients: tuple[str, ...]
    signing: tuple[str, ...]
    annexes: tuple[Annex, ...]


def split_iso_moment_for_typst(iso_moment: str) -> dict[str, int]:
    """Return a moment for typst, which without one would ask this machine's clock."""
    moment = clock.make_naive_utc_for_office_file(iso_moment)
    return {part: getattr(moment, part) for part in ("year", "month", "day", "hour", "minute", "second")}


_ALIGN: Mapping[str, Align] = {
    **dict.fromkeys(("number", "level", "due", "expires", "day", "detected"), "center"),
    **dict.fromkeys(("approval_expected", "measures_expected"), "center"),
    **dict.fromkeys(("pass", "partial", "fail", "urgent", "unsure"), "right"),
    **dict.fromkeys(("hosts", "contacts", "injected", "vulnerable", "handled"), "right"),
}
"""How the cells of a column stand; the rest stand on the left."""


def make_annex_columns(*keys_and_width_shares: tuple[str, float]) -> tuple[AnnexColumn, ...]:
    """Return the columns of a table, by their keys and shares of its width."""
    return tuple(
        AnnexColumn(key=key, share=share, align=_ALIGN.get(key, "left")) for key, share in keys_and_width_shares
    )


COLUMNS: dict[AnnexKey, tuple[AnnexColumn, ...]] = {
    "units": make_annex_columns(
        ("number", 5),
        ("unit", 23),
        ("site", 18),
        ("level", 6),
        ("pass", 7),
        ("partial", 7),
        ("fail", 7),
        ("urgent", 8),
        ("unsure", 7),
        ("standing", 12),
    ),
    "open": make_annex_columns(
        ("number", 5), ("problem", 29), ("severity", 10), ("clause", 12), ("where", 22), ("how", 9), ("due", 13)
    ),
    "asked": make_annex_columns(
        ("number", 5), ("unit", 20), ("problem", 30), ("severity", 10), ("where", 13), ("how", 9), ("due", 13)
    ),
    "waivers": make_annex_columns(
        ("number", 5),
        ("decision", 11),
        ("requirement", 20),
        ("site", 14),
        ("waiver_reason", 15),
        ("measure", 15),
        ("approver", 10),
        ("expires", 10),
    ),
    "unsure": make_annex_columns(("number", 5), ("requirement", 37), ("place", 26), ("why", 32)),
    "done": make_annex_columns(
        ("number", 5), ("requirement", 35), ("severity", 10), ("place", 25), ("by", 12), ("day", 13)
    ),
    "incidents": make_annex_columns(
        ("number", 5),
        ("incident", 12),
        ("place", 16),
        ("detected", 12),
        ("contained", 16),
        ("reports", 23),
        ("state", 16),
    ),
    "answers": make_annex_columns(
        ("number", 5),
        ("vulnerability", 14),
        ("product", 15),
        ("verdict", 13),
        ("package", 13),
        ("installed", 13),
        ("fixed", 13),
        ("hosts", 6),
        ("due", 8),
    ),
    "sharing": make_annex_columns(
        ("number", 4),
        ("unit", 11),
        ("sites", 10),
        ("hosts", 5),
        ("protection", 11),
        ("central", 9),
        ("connection", 9),
        ("monitoring", 9),
        ("contacts", 6),
        ("injected", 6),
        ("vulnerable", 6),
        ("handled", 5),
        ("note", 9),
    ),
    "clauses": make_annex_columns(
        ("number", 5), ("clause", 11), ("content", 40), ("coverage", 14), ("result", 12), ("sites", 18)
    ),
    "systems": make_annex_columns(
        ("number", 4),
        ("system", 11),
        ("owner", 10),
        ("operator", 10),
        ("level", 5),
        ("dossier", 8),
        ("decision", 10),
        ("regulation", 9),
        ("approval_expected", 8),
        ("measures", 9),
        ("measures_expected", 8),
        ("checked", 8),
    ),
}
"""The columns of each annex."""
