"""Forms on incidents as an officer opens them: the DOCX by LibreOffice, and our own PDF/A, filled in and empty."""

from __future__ import annotations

import io

import pdfplumber
import pikepdf
import pypdfium2
import pytest

from auditor.incidents.forms import document as forms
from auditor.incidents.forms import schema
from auditor.report.official import docx, pdf
from tests import pictures
from tests.unit.incidents import filled

SHOWN = ("mau-03", "mau-04", "now", "first", "full", "update", "end")
STATES = {"filled": lambda form: filled.known(filled.filled_in(schema.REGIME[form]), form),
          "empty": lambda form: filled.known(filled.case(schema.REGIME[form]), form, "xa-an-truc")}  # fmt: skip


@pytest.fixture(scope="module")
def printed(convert, tmp_path_factory):
    folder = tmp_path_factory.mktemp("forms")
    documents = {}
    for form in SHOWN:
        for state, known in STATES.items():
            of = known(form)
            documents[form, state] = forms.build_document(of, forms.fill_sections_of_form(of))
    files = {}
    for (form, state), document in documents.items():
        files[form, state] = folder / f"{form}-{state}.docx"
        files[form, state].write_bytes(docx.render_document_as_docx(document, docx.FORM_TEMPLATE))
    by_office = {path.stem: path.read_bytes() for path in convert(files.values(), "pdf")}
    return {
        (form, state): (
            by_office[f"{form}-{state}"],
            pdf.render_pdf(dict(pdf.iter_document_print_jobs_by_file_suffix(document))[""]),
        )
        for (form, state), document in documents.items()
    }


def text(data):
    with pypdfium2.PdfDocument(data) as read:
        pages = "\n".join(page.get_textpage().get_text_range() for page in read)
    return pages.replace("\N{NO-BREAK SPACE}", " ")


def test_both_print_the_same_words(printed):
    for by_office, ours in printed.values():
        said = [{word for word in text(one).split() if set(word) - set(".…")} for one in (by_office, ours)]
        assert said[0] == said[1]
        assert "■" in said[0] and "□" in said[0]


def test_a_blank_is_a_line_to_write_on_up_to_the_margin(printed):
    for one in printed["mau-03", "empty"]:
        with pdfplumber.open(io.BytesIO(one)) as read:
            lines = read.pages[0].extract_text_lines(return_chars=False)
        blanks = [line for line in lines if line["text"].startswith("Địa chỉ (*):")]
        assert [round((595 - line["x1"]) * 25.4 / 72) for line in blanks] == [15]


def test_ours_is_an_archive_s_and_says_what_it_is(printed):
    for _, ours in printed.values():
        with pikepdf.open(io.BytesIO(ours)) as opened:
            data = opened.open_metadata()
            assert (data["pdfaid:part"], data["pdfaid:conformance"]) == ("2", "A")
            assert str(opened.docinfo["/Keywords"]) == "luytre-incident"


def test_the_documentation_shows_the_forms_as_they_are(printed):
    def first_page(data):
        buffer = io.BytesIO()
        with pdfplumber.open(io.BytesIO(data)) as read:
            read.pages[0].to_image(resolution=80, antialias=True).original.save(buffer, "PNG")
        return buffer.getvalue()

    def pages_of(data):
        with pdfplumber.open(io.BytesIO(data)) as read:
            for page in read.pages:
                buffer = io.BytesIO()
                page.to_image(resolution=80, antialias=True).original.save(buffer, "PNG")
                yield buffer.getvalue()

    whole = {form: [page for one in printed[form, "filled"] for page in pages_of(one)] for form in ("first", "end")}
    assert {form: len(pages) for form, pages in whole.items()} == {"first": 6, "end": 6}
    for form, taken in whole.items():
        pictures.check(
            f"incident-{form}-pages", pictures.sheet(taken, 3, 420), [pictures.sheet([*reversed(taken)], 3, 420)]
        )
    pages = {key: [first_page(one) for one in both] for key, both in printed.items()}
    sheets = {form: pictures.sheet([*pages[form, "filled"], *pages[form, "empty"]], 4, 440) for form in SHOWN}
    for form, sheet in sheets.items():
        pictures.check(f"incident-{form}", sheet, [other for name, other in sheets.items() if name != form])
