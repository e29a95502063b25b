"""A template that an office made before an annex was added has it from ours, and keeps what is its own."""

from __future__ import annotations

import docx
from docx.document import Document as Docx

from auditor.report.official.added_sections import copy_missing_annex_sections


def make_template(*paragraphs: str) -> Docx:
    template = docx.Document()
    for text in paragraphs:
        template.add_paragraph(text)
    return template


def list_lines(template: Docx) -> list[str]:
    return [paragraph.text for paragraph in template.paragraphs]


SHIPPED = (
    "ours",
    '{%p if "incidents" in annex %}',
    "{{ annex.incidents.title }}",
    "{%p endif %}",
    '{%p if "answers" in annex %}',
    "{{ annex.answers.title }}",
)


def test_the_annex_comes_before_the_one_that_it_stands_before() -> None:
    template = make_template("of the office", '{%p if "answers" in annex %}', "{{ annex.answers.title }}", "end")
    copy_missing_annex_sections(template, make_template(*SHIPPED))
    assert list_lines(template) == ["of the office", *SHIPPED[1:], "end"]


def test_without_that_one_it_comes_last() -> None:
    template = make_template("of the office")
    copy_missing_annex_sections(template, make_template(*SHIPPED))
    assert list_lines(template) == ["of the office", *SHIPPED[1:4]]


def test_an_annex_that_the_office_shows_elsewhere_is_left_to_it() -> None:
    template = make_template("{{ annex.incidents.rows }}", '{%p if "answers" in annex %}')
    before = list_lines(template)
    copy_missing_annex_sections(template, make_template(*SHIPPED))
    assert list_lines(template) == before


def test_what_is_copied_is_a_copy() -> None:
    shipped = make_template(*SHIPPED)
    copy_missing_annex_sections(make_template("of the office"), shipped)
    assert list_lines(shipped) == list(SHIPPED)
