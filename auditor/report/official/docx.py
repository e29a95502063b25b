"""The official document as DOCX, from a template that an officer can edit in Word."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
from docx.document import Document as Docx
from docx.oxml.ns import qn
from docx.shared import Mm
from docx.table import _Cell
from docx.text.paragraph import Paragraph
from docxtpl import DocxTemplate
from jinja2.sandbox import ImmutableSandboxedEnvironment

from auditor.errors import InputError
from auditor.models import clock
from auditor.report.official import metrics
from auditor.report.official.added_sections import ADDED, copy_missing_annex_sections
from auditor.report.official.document import AGENCY_RULE, TITLE_RULE, OfficialDocument

OFFICIAL_TEMPLATE, YEARLY_TEMPLATE, SHARING_TEMPLATE, FORM_TEMPLATE = (
    metrics.ASSETS / f"{name}.docx" for name in ("official", "yearly", "sharing", "form")
)
"""As ``tools.docx_templates`` draws them."""
STYLE_MOTTO_RULE, STYLE_AGENCY_RULE, STYLE_TITLE_RULE = "VB Kẻ tiêu ngữ", "VB Kẻ cơ quan", "VB Kẻ trích yếu"
STYLE_CIRCULATION = "VB Lưu hành"
_DATE_INSIDE = (2026, 1, 1, 0, 0, 0)
MAX_TEMPLATE = 20_000_000
"""Bytes that a template may have."""

_RULES = {STYLE_MOTTO_RULE: 1.0, STYLE_AGENCY_RULE: AGENCY_RULE, STYLE_TITLE_RULE: TITLE_RULE}
_FRAME_PADDING = 2.0
_MEND = "fix it in Word, or start again from the included template, {shipped}"


def render_document_as_docx(document: OfficialDocument, template: Path | None = None) -> bytes:
    """Return the document as DOCX.

    Raises InputError when the template cannot be read or filled in, or when something of the document is missing in
    what comes of it.
    """
    source = template or OFFICIAL_TEMPLATE
    docx_template = _fill_docx_template(document, source)
    word = docx_template.docx
    _fit_rules_and_frame_to_text(word)
    word.core_properties.title = document.name
    word.core_properties.keywords = document.keyword
    word.core_properties.created = word.core_properties.modified = clock.make_naive_utc_for_office_file(document.made)
    _ensure_docx_holds_all_of_document(document, word, source)
    return save_docx_reproducibly(word)


def _fill_docx_template(document: OfficialDocument, source: Path) -> Any:
    docx_template = _open_docx_template(source)
    if source != OFFICIAL_TEMPLATE and any(annex.key in ADDED for annex in document.annexes):
        copy_missing_annex_sections(docx_template.docx, _open_docx_template(OFFICIAL_TEMPLATE).docx)
    values = document.model_dump(mode="json", exclude={"annexes"})
    values["annex"] = {annex.key: annex.model_dump(mode="json") for annex in document.annexes}
    try:
        docx_template.render(values, ImmutableSandboxedEnvironment(autoescape=True, undefined=jinja2.StrictUndefined))
    except jinja2.TemplateError as error:
        raise _make_error_of_docx_template("a mark in the template is broken: {why}", source, error.message) from error
    except Exception as error:  # what else a mark may do to the XML around it, no library foresees
        raise _make_error_of_docx_template("the template cannot be filled in: {why}", source, error) from error
    return docx_template


def _open_docx_template(source: Path) -> Any:
    try:
        if source.stat().st_size > MAX_TEMPLATE:
            raise InputError("the template is too big", file=source, mend="remove pictures from it")
        docx_template = DocxTemplate(io.BytesIO(source.read_bytes()))
        docx_template.init_docx()
    except OSError as error:
        raise _make_error_of_docx_template("cannot read the template: {why}", source, error.strerror) from error
    except InputError:
        raise
    except Exception as error:  # a broken file breaks python-docx in as many ways
        raise _make_error_of_docx_template("the template is not a DOCX file", source) from error
    return docx_template


def _make_error_of_docx_template(message: str, source: Path, reason: object = "") -> InputError:
    return InputError(message, why=reason, file=source, mend=_MEND, shipped=OFFICIAL_TEMPLATE)


def _fit_rules_and_frame_to_text(word: Docx) -> None:
    """Make each rule as long as the text above it asks for, and the frame as wide as its text."""
    above: Paragraph | None = None
    for paragraph, width in _iter_paragraphs_with_width(word):
        name = paragraph.style.name if paragraph.style else None
        if name in _RULES and above is not None:
            _centre_paragraph_by_indents(paragraph, _RULES[name] * _measure_paragraph_length_in_mm(above), width)
        elif name == STYLE_CIRCULATION:
            _centre_paragraph_by_indents(
                paragraph, _measure_paragraph_length_in_mm(paragraph) + 2 * _FRAME_PADDING, width
            )
        if paragraph.text:
            above = paragraph


def _iter_paragraphs_with_width(word: Docx) -> Iterator[tuple[Paragraph, float]]:
    """Yield the paragraphs of the body and of the cells of its tables without lines, with their width in mm."""
    section = word.sections[0]
    text_width = (section.page_width or 0) - (section.left_margin or 0) - (section.right_margin or 0)
    for item in word.iter_inner_content():
        if isinstance(item, Paragraph):
            yield item, text_width / Mm(1)
        elif len(item.rows) == 1:
            for cell in item.rows[0].cells:
                for paragraph in cell.paragraphs:
                    yield paragraph, _get_cell_width_in_mm(cell)


def _get_cell_width_in_mm(cell: _Cell) -> float:
    return (cell.width or 0) / Mm(1)


def _measure_paragraph_length_in_mm(paragraph: Paragraph) -> float:
    """Return how long the text of a one-line paragraph is, in millimetres."""
    size, bold, italic = None, None, None
    style: Any = paragraph.style
    while style is not None:
        size, bold, italic = (
            size or style.font.size,
            _choose_nearest_given_style_value(bold, style.font.bold),
            _choose_nearest_given_style_value(italic, style.font.italic),
        )
        style = style.base_style
    run = paragraph.runs[0] if paragraph.runs else None
    if run is not None:
        size, bold, italic = (
            run.font.size or size,
            _choose_nearest_given_style_value(run.font.bold, bold),
            _choose_nearest_given_style_value(run.font.italic, italic),
        )
    return metrics.measure_text_width_in_mm(
        paragraph.text, size.pt if size else 14, bold=bool(bold), italic=bool(italic)
    )


def _choose_nearest_given_style_value(nearer: bool | None, farther: bool | None) -> bool | None:
    return farther if nearer is None else nearer


def _centre_paragraph_by_indents(paragraph: Paragraph, length: float, width: float) -> None:
    margin = Mm(max(0.0, (width - length) / 2))
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = margin


def _ensure_docx_holds_all_of_document(document: OfficialDocument, word: Docx, source: Path) -> None:
    """Check that everything that the document says is in the file: an officer's template may have lost a mark."""
    paragraph_texts = {"".join(node.itertext(qn("w:t"))) for node in word.element.body.iter(qn("w:p"))}
    whole = "\n".join(paragraph_texts)
    for name, text in _iter_texts_of_document_by_field(document):
        if text and text not in paragraph_texts and text not in whole:
            raise InputError(
                "the template lacks {mark}: “{text}”",
                mark=name,
                text=text[:60],
                file=source,
                mend="restore that mark in the template",
            )


def _iter_texts_of_document_by_field(document: OfficialDocument) -> Iterator[tuple[str, str]]:
    for name, value in document.model_dump(
        exclude={"lang", "kind", "keyword", "name", "made", "body", "annexes"}
    ).items():
        for text in (value,) if isinstance(value, str) else value:
            yield name, text
    for block in document.body:
        yield "body", block.text
    for annex in document.annexes:
        for field in ("label", "title", "attached", "note"):
            yield f"annex.{annex.key}.{field}", getattr(annex, field)
        for row in (annex.columns, *annex.rows) if annex.rows else ():
            for cell in row:
                yield f"annex.{annex.key}.rows", cell


def save_docx_reproducibly(document: Any) -> bytes:
    """Return the file with fixed dates inside, so that making it again changes nothing."""
    buffer, target = io.BytesIO(), io.BytesIO()
    document.save(buffer)
    with zipfile.ZipFile(buffer) as raw, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(raw.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            archive.writestr(zipfile.ZipInfo(name, _DATE_INSIDE), raw.read(name), zipfile.ZIP_DEFLATED)
    return target.getvalue()
