"""The DOCX templates as they are shipped: ``python -m tools.docx_templates`` writes them anew.

An officer edits a copy in Word and gives it with ``--template``. Marks in double braces are filled in; the styles
below, whose names begin with ``VB``, say how each element looks. The three styles of rules and the frame around the
circulation note are set to their length after filling in, by the text above or within.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from pathlib import Path
from typing import Any

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from auditor.report.official import metrics
from auditor.report.official.document import (
    ANNEX_MARGIN,
    COLUMNS,
    GREETING_INDENT,
    HEADER_COLUMNS,
    INDENT,
    MARGIN_BOTTOM,
    MARGIN_LEFT,
    MARGIN_RIGHT,
    MARGIN_TOP,
    PAGE,
    SIZE_AGENCY,
    SIZE_BODY,
    SIZE_CONCERNING,
    SIZE_DATE,
    SIZE_FORM,
    SIZE_MOTTO,
    SIZE_NATION,
    SIZE_NOTE,
    SIZE_PAGE_NUMBER,
    SIZE_RECIPIENTS,
    SIZE_RECIPIENTS_TITLE,
    SIZE_TABLE,
    AnnexKey,
)
from auditor.report.official.docx import (
    FORM_TEMPLATE,
    OFFICIAL_TEMPLATE,
    SHARING_TEMPLATE,
    STYLE_AGENCY_RULE,
    STYLE_CIRCULATION,
    STYLE_MOTTO_RULE,
    STYLE_TITLE_RULE,
    YEARLY_TEMPLATE,
    save_docx_reproducibly,
)

TEMPLATES: Mapping[Path, Sequence[AnnexKey]] = {
    OFFICIAL_TEMPLATE: tuple(key for key in COLUMNS if key != "systems"),
    YEARLY_TEMPLATE: ("systems",),
    SHARING_TEMPLATE: ("sharing",),
    FORM_TEMPLATE: (),
}
"""Each with its annexes."""
FONT = "Times New Roman"
STYLE_BLANK = "VB Để trống"
_LEFT, _CENTER, _RIGHT, _JUSTIFY = (
    WD_ALIGN_PARAGRAPH.LEFT,
    WD_ALIGN_PARAGRAPH.CENTER,
    WD_ALIGN_PARAGRAPH.RIGHT,
    WD_ALIGN_PARAGRAPH.JUSTIFY,
)
_ALIGN = {"left": _LEFT, "center": _CENTER, "right": _RIGHT}
_EPOCH = datetime.datetime(2026, 1, 1)


def build_docx_template_with_annexes(annex_keys: Sequence[AnnexKey]) -> bytes:
    """Return a template with these annexes; the same bytes each time, with the same libraries."""
    document = docx.Document()
    _set_fixed_document_properties(document)
    _define_document_styles(document)
    _set_portrait_page_layout(document.sections[0])
    _add_page_number_to_header(document.sections[0])
    _add_body_placeholders(document)
    _add_annex_sections(document, annex_keys)
    return save_docx_reproducibly(document)


def _set_fixed_document_properties(document: Any) -> None:
    properties = document.core_properties
    properties.author, properties.title, properties.comments = "", "", ""
    properties.language = "vi-VN"
    properties.created = properties.modified = _EPOCH
    properties.revision = 1


# --- styles ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ParagraphStyle:
    """How the paragraphs of an element look; spaces and sizes in points, indents in millimetres."""

    name: str
    size: float
    _: KW_ONLY
    align: Any
    bold: bool = False
    italic: bool = False
    before: float = 0
    after: float = 0
    first: float = 0
    """The first line's indent."""
    left: float = 0
    line: float | None = None
    """The distance of lines, in lines."""
    exactly: float | None = None
    """The height of each line, whatever is in it."""
    outline: int | None = None
    """Its level, where it is a heading."""
    next: bool = False
    """Whether it stays on the page of what follows it."""


def _define_document_styles(document: Any) -> None:
    normal = document.styles["Normal"]
    _set_font_of_style(normal, SIZE_BODY)
    normal.paragraph_format.space_before = normal.paragraph_format.space_after = Pt(0)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "vi-VN")
    language.set(qn("w:eastAsia"), "vi-VN")
    normal.element.get_or_add_rPr().append(language)
    heading = ParagraphStyle(
        "VB Phần", SIZE_BODY, align=_JUSTIFY, bold=True, before=6, first=INDENT, outline=1, next=True
    )
    for style in (
        ParagraphStyle("VB Chủ quản", SIZE_AGENCY, align=_CENTER),
        ParagraphStyle("VB Cơ quan", SIZE_AGENCY, align=_CENTER, bold=True),
        ParagraphStyle("VB Quốc hiệu", SIZE_NATION, align=_CENTER, bold=True),
        ParagraphStyle("VB Tiêu ngữ", SIZE_MOTTO, align=_CENTER, bold=True),
        ParagraphStyle("VB Số", SIZE_DATE, align=_CENTER, before=6, after=6),
        ParagraphStyle("VB Địa danh, ngày", SIZE_DATE, align=_CENTER, italic=True, before=6),
        ParagraphStyle("VB V/v", SIZE_CONCERNING, align=_CENTER),
        ParagraphStyle(STYLE_CIRCULATION, SIZE_NOTE, align=_CENTER, bold=True, before=6),
        ParagraphStyle("VB Tên loại", SIZE_BODY, align=_CENTER, bold=True, before=14, outline=0, next=True),
        ParagraphStyle("VB Trích yếu", SIZE_BODY, align=_CENTER, bold=True, next=True),
        ParagraphStyle("VB Kính gửi", SIZE_BODY, align=_CENTER, before=12, after=6),
        ParagraphStyle("VB Kính gửi nhiều nơi", SIZE_BODY, align=_LEFT, before=12, left=GREETING_INDENT),
        ParagraphStyle("VB Nơi nhận văn bản", SIZE_BODY, align=_LEFT, left=GREETING_INDENT + _compute_dashes_indent()),
        heading,
        replace(heading, name="VB Mục", outline=2),
        ParagraphStyle("VB Điểm", SIZE_BODY, align=_JUSTIFY, before=6, first=INDENT, line=1.15, next=True),
        ParagraphStyle("VB Nội dung", SIZE_BODY, align=_JUSTIFY, before=6, first=INDENT, line=1.15),
        ParagraphStyle("VB Gạch đầu dòng", SIZE_BODY, align=_JUSTIFY, before=6, first=INDENT, line=1.15),
        ParagraphStyle("VB Kết thúc", SIZE_BODY, align=_JUSTIFY, before=6, first=INDENT, line=1.15, next=True),
        ParagraphStyle("VB Câu hỏi", SIZE_FORM, align=_LEFT, before=3, next=True),
        ParagraphStyle("VB Câu trả lời", SIZE_FORM, align=_LEFT, before=3),
        ParagraphStyle(STYLE_BLANK, SIZE_FORM, align=_LEFT, before=3),
        ParagraphStyle("VB Nơi nhận", SIZE_RECIPIENTS_TITLE, align=_LEFT, bold=True, italic=True),
        ParagraphStyle("VB Danh sách nơi nhận", SIZE_RECIPIENTS, align=_LEFT),
        ParagraphStyle("VB Chức vụ", SIZE_BODY, align=_CENTER, bold=True, next=True),
        ParagraphStyle("VB Số phụ lục", SIZE_BODY, align=_CENTER, bold=True, outline=1, next=True),
        ParagraphStyle("VB Tên phụ lục", SIZE_BODY, align=_CENTER, bold=True, next=True),
        ParagraphStyle("VB Kèm theo", SIZE_BODY, align=_CENTER, italic=True, next=True),
        ParagraphStyle("VB Ghi chú phụ lục", SIZE_NOTE, align=_LEFT, before=6, after=6),
        ParagraphStyle("VB Bảng", SIZE_TABLE, align=_LEFT),
        ParagraphStyle("VB Đầu bảng", SIZE_TABLE, align=_CENTER, bold=True),
        ParagraphStyle("VB Ngắt", 1, align=_LEFT),
    ):
        _add_paragraph_style(document, style)
    tab_stops = document.styles[STYLE_BLANK].paragraph_format.tab_stops
    tab_stops.add_tab_stop(Mm(PAGE[0] - MARGIN_LEFT - MARGIN_RIGHT), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
    for name in (STYLE_MOTTO_RULE, STYLE_AGENCY_RULE, STYLE_TITLE_RULE):
        rule = _add_paragraph_style(document, ParagraphStyle(name, 1, align=_LEFT, exactly=4))
        _add_borders_to_paragraph_properties(rule.element.get_or_add_pPr(), ("top",), space=1)
    _add_borders_to_paragraph_properties(
        document.styles[STYLE_CIRCULATION].element.get_or_add_pPr(), ("top", "left", "bottom", "right"), space=1
    )


def _add_paragraph_style(document: Any, look: ParagraphStyle) -> Any:
    style = document.styles.add_style(look.name, WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = document.styles["Normal"]
    style.quick_style = True
    _set_font_of_style(style, look.size)
    style.font.bold, style.font.italic = look.bold, look.italic
    shape = style.paragraph_format
    shape.alignment = look.align
    shape.space_before, shape.space_after = Pt(look.before), Pt(look.after)
    if look.first:
        shape.first_line_indent = Mm(look.first)
    if look.left:
        shape.left_indent = Mm(look.left)
    if look.line:
        shape.line_spacing = look.line
    if look.exactly:
        shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(look.exactly)
    shape.keep_with_next = look.next or None
    if look.outline is not None:
        level = OxmlElement("w:outlineLvl")
        level.set(qn("w:val"), str(look.outline))
        style.element.get_or_add_pPr().append(level)
    return style


def _set_font_of_style(style: Any, size: float) -> None:
    style.font.name, style.font.size, style.font.color.rgb = FONT, Pt(size), RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for script in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(script), FONT)


def _add_borders_to_paragraph_properties(paragraph_properties: Any, sides: tuple[str, ...], space: int) -> None:
    borders = OxmlElement("w:pBdr")
    for side in sides:
        border = OxmlElement(f"w:{side}")
        for key, value in (("val", "single"), ("sz", "6"), ("space", str(space)), ("color", "000000")):
            border.set(qn(f"w:{key}"), value)
        borders.append(border)
    paragraph_properties.insert_element_before(
        borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:outlineLvl"
    )


def _compute_dashes_indent() -> float:
    """Return the distance from the start of the greeting to its colon, below which the dashes stand."""
    return metrics.measure_text_width_in_mm("Kính gửi", SIZE_BODY)


# --- pages ----------------------------------------------------------------------------------------------


def _set_portrait_page_layout(section: Any) -> None:
    section.page_width, section.page_height = Mm(PAGE[0]), Mm(PAGE[1])
    section.orientation = WD_ORIENT.PORTRAIT
    section.top_margin, section.bottom_margin = Mm(MARGIN_TOP), Mm(MARGIN_BOTTOM)
    section.left_margin, section.right_margin = Mm(MARGIN_LEFT), Mm(MARGIN_RIGHT)
    section.header_distance, section.footer_distance = Mm(10), Mm(10)
    section.different_first_page_header_footer = True


def _set_landscape_annex_page_layout(section: Any) -> None:
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(PAGE[1]), Mm(PAGE[0])
    section.left_margin = section.right_margin = Mm(ANNEX_MARGIN)
    page_number_type = OxmlElement("w:pgNumType")
    page_number_type.set(qn("w:start"), "1")
    properties = section._sectPr
    for old in properties.findall(qn("w:pgNumType")):
        properties.remove(old)
    properties.insert_element_before(page_number_type, "w:cols", "w:titlePg", "w:docGrid")


def _add_page_number_to_header(section: Any) -> None:
    """Put the page number centred in the top margin, and not on the first page.

    The header of that page is its own and empty.
    """
    paragraph = section.header.paragraphs[0]
    paragraph.style, paragraph.alignment = "Normal", _CENTER
    marks = {"begin": "", "instruction": "PAGE", "separate": "", "shown": "2", "end": ""}
    for kind, text in marks.items():
        run = paragraph.add_run()
        run.font.size = Pt(SIZE_PAGE_NUMBER)  # each: some take it from the first run of a field, others from its text
        if kind == "instruction":
            instruction = OxmlElement("w:instrText")
            instruction.text = text
            run._r.append(instruction)
        elif kind == "shown":
            run.text = text
        else:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)
    section.first_page_header.paragraphs[0].style = "Normal"


# --- the document ---------------------------------------------------------------------------------------


def _add_body_placeholders(document: Any) -> None:
    _add_header_block_placeholders(document)
    _add_styled_paragraphs(
        document,
        ("", "{%p if title %}"),
        ("VB Tên loại", "{{ title }}"),
        ("", "{%p for line in subject %}"),
        ("VB Trích yếu", "{{ line }}"),
        ("", "{%p endfor %}"),
        (STYLE_TITLE_RULE, ""),
        ("", "{%p endif %}"),
        ("", "{%p if addressees|length == 1 %}"),
        ("VB Kính gửi", "{{ greeting }} {{ addressees[0] }}"),
        ("", "{%p else %}"),
        ("VB Kính gửi nhiều nơi", "{{ greeting }}"),
        ("", "{%p for line in addressees %}"),
        ("VB Nơi nhận văn bản", "{{ line }}"),
        ("", "{%p endfor %}"),
        ("", "{%p endif %}"),
        ("", "{%p for block in body %}"),
        ("", '{%p if block.kind == "part" %}'),
        ("VB Phần", "{{ block.text }}"),
        ("", '{%p elif block.kind == "heading" %}'),
        ("VB Mục", "{{ block.text }}"),
        ("", '{%p elif block.kind == "point" %}'),
        ("VB Điểm", "{{ block.text }}"),
        ("", '{%p elif block.kind == "item" %}'),
        ("VB Gạch đầu dòng", "{{ block.text }}"),
        ("", '{%p elif block.kind == "label" %}'),
        ("VB Câu hỏi", "{{ block.text }}"),
        ("", '{%p elif block.kind == "filled" %}'),
        ("VB Câu trả lời", "{{ block.text }}"),
        ("", '{%p elif block.kind == "blank" %}'),
        (STYLE_BLANK, "{{ block.text }} \t"),
        ("", '{%p elif block.kind == "closing" %}'),
        ("VB Kết thúc", "{{ block.text }}"),
        ("", "{%p else %}"),
        ("VB Nội dung", "{{ block.text }}"),
        ("", "{%p endif %}"),
        ("", "{%p endfor %}"),
    )
    _add_signature_block_placeholders(document)
    document.add_paragraph("", "VB Ngắt")


def _add_header_block_placeholders(document: Any) -> None:
    left_cell, right_cell = _add_borderless_two_column_table(document)
    _add_styled_paragraphs(
        left_cell,
        ("", "{%p for line in superior %}"),
        ("VB Chủ quản", "{{ line }}"),
        ("", "{%p endfor %}"),
        ("", "{%p for line in agency %}"),
        ("VB Cơ quan", "{{ line }}"),
        ("", "{%p endfor %}"),
        (STYLE_AGENCY_RULE, ""),
        ("VB Số", "{{ number }}"),
        ("", "{%p for line in concerning %}"),
        ("VB V/v", "{{ line }}"),
        ("", "{%p endfor %}"),
        (STYLE_CIRCULATION, "{{ circulation }}"),
    )
    _add_styled_paragraphs(
        right_cell,
        ("VB Quốc hiệu", "{{ nation }}"),
        ("VB Tiêu ngữ", "{{ motto }}"),
        (STYLE_MOTTO_RULE, ""),
        ("VB Địa danh, ngày", "{{ place_and_date }}"),
    )


def _add_signature_block_placeholders(document: Any) -> None:
    gap = document.add_paragraph("", "VB Ngắt").paragraph_format
    gap.space_before, gap.keep_with_next = Pt(10), True
    left_cell, right_cell = _add_borderless_two_column_table(document)
    _add_styled_paragraphs(
        left_cell,
        ("VB Nơi nhận", "{{ recipients_title }}"),
        ("", "{%p for line in recipients %}"),
        ("VB Danh sách nơi nhận", "{{ line }}"),
        ("", "{%p endfor %}"),
    )
    _add_styled_paragraphs(
        right_cell,
        ("", "{%p for line in signing %}"),
        ("VB Chức vụ", "{{ line }}"),
        ("", "{%p endfor %}"),
        *[("VB Chức vụ", "")] * 5,
    )


def _add_borderless_two_column_table(document: Any) -> tuple[Any, Any]:
    """Return the two cells of a table without lines, as wide as the text and never parted by a page's end."""
    table = document.add_table(rows=1, cols=2)
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    _format_annex_table(table, HEADER_COLUMNS, padding=0)
    left_cell, right_cell = table.rows[0].cells
    return left_cell, right_cell


def _add_annex_sections(document: Any, keys: Sequence[AnnexKey]) -> None:
    """Put each annex in a section of its own, which goes with it when the document has no such annex.

    The document always has the last.
    """
    for key in keys:
        _set_landscape_annex_page_layout(document.add_section())
        if key != keys[0]:
            _add_styled_paragraphs(document, ("", "{%p endif %}"))
        if key != keys[-1]:
            _add_styled_paragraphs(document, ("", f'{{%p if "{key}" in annex %}}'))
        _add_annex_placeholders(document, key)


def _add_annex_placeholders(document: Any, key: AnnexKey) -> None:
    columns = COLUMNS[key]
    of = f"annex.{key}"
    _add_styled_paragraphs(
        document,
        ("VB Số phụ lục", f"{{{{ {of}.label }}}}"),
        ("VB Tên phụ lục", f"{{{{ {of}.title }}}}"),
        ("VB Kèm theo", f"{{{{ {of}.attached }}}}"),
        ("VB Ghi chú phụ lục", f"{{{{ {of}.note }}}}"),
        ("", f"{{%p if {of}.rows %}}"),
    )
    table = document.add_table(rows=4, cols=len(columns), style="Table Grid")
    text_width = PAGE[1] - 2 * ANNEX_MARGIN
    _format_annex_table(table, tuple(column.share / 100 * text_width for column in columns), padding=1.4)
    head, begin, row, end = table.rows
    repeat = OxmlElement("w:tblHeader")
    head._tr.get_or_add_trPr().append(repeat)
    begin.cells[0].text = f"{{%tr for row in {of}.rows %}}"
    end.cells[0].text = "{%tr endfor %}"
    for index, column in enumerate(columns):
        _add_styled_paragraphs(head.cells[index], ("VB Đầu bảng", f"{{{{ {of}.columns[{index}] }}}}"))
        _add_styled_paragraphs(row.cells[index], ("VB Bảng", f"{{{{ row[{index}] }}}}"))
        row.cells[index].paragraphs[0].alignment = _ALIGN[column.align]
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    _add_styled_paragraphs(document, ("", "{%p endif %}"), ("VB Ngắt", ""))


def _format_annex_table(table: Any, widths: tuple[float, ...], padding: float) -> None:
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.LEFT, False
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), str(round(padding * 1440 / 25.4)))
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    properties = table._tbl.tblPr
    indent = OxmlElement("w:tblInd")
    indent.set(qn("w:w"), "0")
    indent.set(qn("w:type"), "dxa")
    properties.insert_element_before(indent, "w:tblBorders", "w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook")
    properties.insert_element_before(margins, "w:tblLook")
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)


def _add_styled_paragraphs(container: Any, *paragraphs: tuple[str, str]) -> None:
    """Add paragraphs of style and text; the first fills the empty one that a new cell holds."""
    for style, text in paragraphs:
        present = container.paragraphs
        fresh = len(present) == 1 and not present[0].text and hasattr(container, "width")
        paragraph = present[0] if fresh and present[0].style.name == "Normal" else container.add_paragraph()
        paragraph.style = style or "VB Ngắt"
        if text:
            paragraph.add_run(text)


if __name__ == "__main__":
    for path, annexes in TEMPLATES.items():
        path.write_bytes(build_docx_template_with_annexes(annexes))
