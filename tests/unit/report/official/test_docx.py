"""The DOCX template: built from the repository, filled in safely, refused when an officer broke it."""

from __future__ import annotations

import io
import zipfile

import docx
import pytest
from docx.shared import Mm, Pt

from auditor.errors import InputError
from auditor.models import Organisation
from auditor.report.official import docx as docx_output
from auditor.report.official import metrics
from tests import factory
from tests.unit import official
from tools import docx_templates

DOCUMENT = official.document("tinh-tan-giang", "cong-van")


def paragraphs(word):
    cells = [one for table in word.tables for cell in table._cells for one in cell.paragraphs]
    return [*word.paragraphs, *cells]


def opened(data):
    return docx.Document(io.BytesIO(data))


def edited(tmp_path, change):
    """The shipped template after an officer's edit."""
    word = docx.Document(docx_output.OFFICIAL_TEMPLATE)
    change(word)
    file = tmp_path / "mau-rieng.docx"
    word.save(file)
    return file


def replace(word, old, new):
    for paragraph in paragraphs(word):
        if old in paragraph.text:
            paragraph.runs[0].text = paragraph.text.replace(old, new)
            for run in paragraph.runs[1:]:
                run.text = ""


@pytest.mark.parametrize(("path", "annexes"), docx_templates.TEMPLATES.items())
def test_a_shipped_template_is_what_the_repository_builds(path, annexes):
    with (
        zipfile.ZipFile(io.BytesIO(docx_templates.build_docx_template_with_annexes(annexes))) as built,
        zipfile.ZipFile(path) as shipped,
    ):
        assert built.namelist() == shipped.namelist()
        for name in built.namelist():
            assert built.read(name) == shipped.read(name), f"{name}: build it anew: python -m tools.docx_templates"


def test_what_people_wrote_stays_text():
    nasty = "Ủy ban <w:p/> & {{ 7 * 7 }} {% raw %} \u202e]]> \x07" + "x" * 1_000_000
    units = [
        {**unit.model_dump(), "name": nasty if unit.id == "cong-an" else unit.name}
        for unit in official.organisation().units
    ]
    tree = Organisation.model_validate({**official.organisation().model_dump(), "units": units})
    made = docx_output.render_document_as_docx(official.document("tinh-tan-giang", of=tree))
    text = "\n".join(one.text for one in paragraphs(opened(made)))
    assert "Ủy ban <w:p/> & {{ 7 * 7 }} {% raw %} ⟨U+202E⟩]]> ⟨U+0007⟩xxx" in text
    assert "\u202e" not in text and len(made) < 200_000 and "[200/" in text


def test_an_officer_may_change_fonts_words_and_order(tmp_path):
    def change(word):
        word.styles["VB Tiêu ngữ"].font.size = Pt(14)
        replace(word, "{{ circulation }}", "{{ circulation }} (bản {{ kind }})")
        word.tables[0].columns[1].cells[0].width = Mm(100)

    made = opened(docx_output.render_document_as_docx(DOCUMENT, edited(tmp_path, change)))
    assert any(one.text == "LƯU HÀNH NỘI BỘ (bản cong-van)" for one in paragraphs(made))
    (rule,) = [one for one in paragraphs(made) if one.style.name == docx_output.STYLE_MOTTO_RULE]
    indent = rule.paragraph_format.left_indent + rule.paragraph_format.right_indent
    assert 100 - indent / Mm(1) == pytest.approx(
        metrics.measure_text_width_in_mm(DOCUMENT.motto, 14, bold=True), abs=0.1
    )


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{{ motto }}", "{{ motto", "a mark in the template is broken"),
        ("{{ motto }}", "{{ mottto }}", "a mark in the template is broken: 'mottto' is undefined"),
        ("{{ motto }}", "Độc lập", "the template lacks motto"),
        ("{{ number }}", "Số: 12/UBND", "the template lacks number"),
        ("{{ block.text }}", "", "the template lacks body"),
        ("{{ row[3] }}", "", "the template lacks annex."),
        ("{%p endif %}", "", "a mark in the template is broken"),
        ("{{ motto }}", "{{ motto.__class__.__mro__ }}", "a mark in the template is broken"),
        ("{{ motto }}", "{{ motto }}{{ cycler.__init__.__globals__.os.popen('id').read() }}", "a mark in the template"),
    ],
)
def test_a_broken_template_is_told_and_nothing_comes_of_it(tmp_path, old, new, told):
    file = edited(tmp_path, lambda word: replace(word, old, new))
    with pytest.raises(InputError) as caught:
        docx_output.render_document_as_docx(DOCUMENT, file)
    assert told in caught.value.what and caught.value.file == file


def test_what_is_no_template_is_told(tmp_path):
    text, empty_zip, wrong_zip = tmp_path / "a.docx", tmp_path / "b.docx", tmp_path / "c.docx"
    text.write_text("{{ motto }}")
    with zipfile.ZipFile(empty_zip, "w"):
        pass
    with zipfile.ZipFile(wrong_zip, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    for file in (text, empty_zip, wrong_zip):
        with pytest.raises(InputError, match="the template is not a DOCX file"):
            docx_output.render_document_as_docx(DOCUMENT, file)
    with pytest.raises(InputError, match="cannot read the template"):
        docx_output.render_document_as_docx(DOCUMENT, tmp_path / "nowhere.docx")
    with pytest.raises(InputError, match="cannot read the template"):
        docx_output.render_document_as_docx(DOCUMENT, tmp_path)


def test_lines_are_even_and_as_few_as_can_be():
    def count(line):
        return float(len(line))

    assert metrics.break_text_into_even_lines("aaa bbb ccc ddd", count, 11) == ("aaa bbb", "ccc ddd")
    assert metrics.break_text_into_even_lines("aaa bbb", count, 7) == ("aaa bbb",)
    assert metrics.break_text_into_even_lines("a", count, 0.5) == ("a",)
    assert metrics.break_text_into_even_lines("rà soát trang thông tin điện tử", count, 24) == (
        "rà soát",
        "trang thông tin điện tử",
    )
    assert metrics.break_text_into_even_lines("rà soát TRANG THÔNG TIN ĐIỆN TỬ", count, 24) == (
        "rà soát",
        "TRANG THÔNG TIN ĐIỆN TỬ",
    )
    assert metrics.break_text_into_even_lines("trang thông tin điện tử", count, 12) == ("trang thông", "tin điện tử")
    assert metrics.break_text_into_even_lines("aaaaaaaaaaaa bb", count, 5) == ("aaaaaaaaaaaa", "bb")


def test_lengths_are_those_of_times_new_roman():
    assert metrics.measure_text_width_in_mm("M", 72, bold=False) == pytest.approx(0.889 * 25.4, rel=0.002)
    assert metrics.measure_text_width_in_mm("Ộ", 12, bold=True) == metrics.measure_text_width_in_mm("O", 12, bold=True)


def test_annexes_with_nothing_in_them_are_left_out():
    run = factory.run(started=official.NOW, clean=True)
    run = run.model_copy(update={"findings": tuple(f for f in run.findings if f.status.value == "pass")})
    of = official.document("tinh-tan-giang", run=run)
    made = opened(docx_output.render_document_as_docx(of))
    assert [annex.key for annex in of.annexes] == ["units", "clauses"]
    assert len(made.tables) == 2 + 2 and len(made.sections) == 1 + 2
    assert [section.page_width > section.page_height for section in made.sections] == [False, True, True]
