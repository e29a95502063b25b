"""The official report measured: from the DOCX's XML, from LibreOffice's PDF of it, and from our own PDF/A."""

from __future__ import annotations

import datetime
import io
import itertools
import re
import unicodedata
from collections import Counter
from dataclasses import replace
from typing import NamedTuple

import docx
import pdfplumber
import pikepdf
import pytest
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from auditor.models import clock
from auditor.report.official import docx as docx_output
from auditor.report.official import pdf
from auditor.report.official.incidents import IncidentSummary, ReportSent
from tests import factory, pictures
from tests.unit import intruded, official

MM = 72 / 25.4
BEFORE = factory.run(started=official.BEFORE, run_id="before", hardened=True)
DOCUMENTS = {
    "bao-cao": official.document("tinh-tan-giang", "bao-cao", before=BEFORE),
    "cong-van": official.document("tinh-tan-giang", "cong-van", before=BEFORE),
}
KINDS = list(DOCUMENTS)
PRINTERS = ["libreoffice", "typst"]


class Printed(NamedTuple):
    """A PDF's pages as pdfplumber sees them, sizes in points."""

    data: bytes
    pages: list

    def lines(self, page):
        return self.pages[page].extract_text_lines(return_chars=True)

    def line(self, page, start):
        return next(line for line in self.lines(page) if line["text"].startswith(start))


@pytest.fixture(scope="module")
def words():
    return {kind: docx_output.render_document_as_docx(document) for kind, document in DOCUMENTS.items()}


@pytest.fixture(scope="module")
def printed(words, convert, tmp_path_factory):
    folder = tmp_path_factory.mktemp("official")
    files = []
    for kind, data in words.items():
        files.append(folder / f"{kind}.docx")
        files[-1].write_bytes(data)
    by_office = {path.stem: path.read_bytes() for path in convert(files, "pdf")}
    ours = {
        kind: pdf.render_pdf(dict(pdf.iter_document_print_jobs_by_file_suffix(document))[""])
        for kind, document in DOCUMENTS.items()
    }
    return {
        (printer, kind): Printed(data, pdfplumber.open(io.BytesIO(data)).pages)
        for printer, made in (("libreoffice", by_office), ("typst", ours))
        for kind, data in made.items()
    }


def of(printed):
    return [(name, one) for name, one in printed.items()]


# --- the DOCX's own XML -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_page_and_margins_are_those_of_the_decree(words, kind):
    first, *annexes = docx.Document(io.BytesIO(words[kind])).sections
    assert (round(first.page_width / Mm(1)), round(first.page_height / Mm(1))) == (210, 297)
    assert 20 <= round(first.top_margin / Mm(1), 1) <= 25 and 20 <= round(first.bottom_margin / Mm(1), 1) <= 25
    assert 30 <= round(first.left_margin / Mm(1), 1) <= 35 and 15 <= round(first.right_margin / Mm(1), 1) <= 20
    assert len(annexes) == len(DOCUMENTS[kind].annexes)
    for annex in annexes:
        assert annex.orientation == WD_ORIENT.LANDSCAPE and annex.page_width > annex.page_height
        assert annex._sectPr.find(qn("w:pgNumType")).get(qn("w:start")) == "1"
    for section in (first, *annexes):
        assert section.different_first_page_header_footer
        assert not section.first_page_header.paragraphs[0].text
        assert [code.text for code in section.header._element.iter(qn("w:instrText"))] == ["PAGE"]


def sized(paragraph):
    style = paragraph.style.font
    return style.size.pt, bool(style.bold), bool(style.italic)


@pytest.mark.parametrize(
    ("kind", "start", "shape"),
    [
        ("bao-cao", "CỘNG HÒA XÃ HỘI", (12, True, False)),
        ("bao-cao", "Độc lập - Tự do", (13, True, False)),
        ("bao-cao", "ỦY BAN NHÂN DÂN", (12, True, False)),
        ("bao-cao", "Số:", (13, False, False)),
        ("bao-cao", "Tân Giang, ngày", (13, False, True)),
        ("bao-cao", "BÁO CÁO", (14, True, False)),
        ("bao-cao", "Kết quả rà soát", (14, True, False)),
        ("bao-cao", "Kính gửi:", (14, False, False)),
        ("bao-cao", "Thực hiện Luật", (14, False, False)),
        ("bao-cao", "I. TÌNH HÌNH CHUNG", (14, True, False)),
        ("bao-cao", "Nơi nhận:", (12, True, True)),
        ("bao-cao", "- Như trên;", (11, False, False)),
        ("bao-cao", "CHỦ TỊCH", (14, True, False)),
        ("bao-cao", "LƯU HÀNH NỘI BỘ", (13, True, False)),
        ("bao-cao", "Phụ lục I", (14, True, False)),
        ("bao-cao", "(Kèm theo Báo cáo", (14, False, True)),
        ("cong-van", "V/v khắc phục", (12, False, False)),
        ("cong-van", "1. Kết quả rà soát", (14, True, False)),
    ],
)
def test_each_element_has_its_size_and_style(words, kind, start, shape):
    document = docx.Document(io.BytesIO(words[kind]))
    cells = [paragraph for table in document.tables for cell in table._cells for paragraph in cell.paragraphs]
    found = next(one for one in [*document.paragraphs, *cells] if one.text.startswith(start))
    assert sized(found) == shape


@pytest.mark.parametrize("kind", KINDS)
def test_the_font_is_named_times_new_roman_and_is_black(words, kind):
    document = docx.Document(io.BytesIO(words[kind]))
    ours = [style for style in document.styles if style.name.startswith("VB ") or style.name == "Normal"]
    assert len(ours) > 25
    assert {(style.font.name, str(style.font.color.rgb)) for style in ours} == {("Times New Roman", "000000")}
    assert not document.element.body.findall(f".//{qn('w:rFonts')}") + document.element.body.findall(
        f".//{qn('w:color')}"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_body_paragraphs_are_justified_indented_and_apart(words, kind):
    body = [one for one in docx.Document(io.BytesIO(words[kind])).paragraphs if one.style.name == "VB Nội dung"]
    assert body
    shape = body[0].style.paragraph_format
    assert shape.alignment == 3 and shape.first_line_indent in (Mm(10), Mm(12.7))
    assert shape.space_before >= Pt(6) and 1 <= shape.line_spacing <= 1.5


@pytest.mark.parametrize("kind", KINDS)
def test_no_mark_of_the_template_is_left(words, kind):
    text = "".join(docx.Document(io.BytesIO(words[kind])).element.body.itertext())
    assert "{" not in text and "}" not in text


# --- what is printed --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("printer", PRINTERS)
def test_nothing_stands_in_the_margins_but_the_page_number(printed, printer, kind):
    for number, page in enumerate(printed[printer, kind].pages):
        portrait = page.height > page.width
        left, right = (30, 15) if portrait else (20, 20)
        body = [char for char in page.chars if char["text"].strip() and char["top"] > 18 * MM]
        assert min(char["x0"] for char in body) >= left * MM - 1, number
        assert max(char["x1"] for char in body) <= page.width - right * MM + 1, number
        assert max(char["bottom"] for char in body) <= page.height - 20 * MM + 1, number


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("printer", PRINTERS)
def test_page_numbers_are_centred_above_the_text_and_absent_on_first_pages(printed, printer, kind):
    pages = printed[printer, kind].pages
    shown = []
    for page in pages:
        above = [char for char in page.chars if char["bottom"] < 20 * MM and char["text"].strip()]
        shown.append("".join(char["text"] for char in above))
        if above:
            left, right = (30, 15) if page.height > page.width else (20, 20)
            middle = (left * MM + page.width - right * MM) / 2
            assert abs((above[0]["x0"] + above[-1]["x1"]) / 2 - middle) < 1
            assert {round(char["size"]) for char in above} == {13}
    firsts = [number for number, page in enumerate(pages) if re.search(r"Phụ lục [IVX]+\n", page.extract_text())]
    parts = [0, *firsts]
    assert len(firsts) == len(DOCUMENTS[kind].annexes)
    wanted = []
    for start, end in zip(parts, [*firsts, len(pages)], strict=True):
        wanted += ["", *(str(number) for number in range(2, end - start + 1))]
    assert shown == wanted and "2" in shown


def drawn(page):
    """Horizontal rules: x0, x1, y of what is wider than 5 mm and thinner than 1 mm."""
    shapes = [*page.lines, *page.rects, *page.curves]
    return [
        (shape["x0"], shape["x1"], shape["top"])
        for shape in shapes
        if shape["x1"] - shape["x0"] > 5 * MM and abs(shape["bottom"] - shape["top"]) < MM
    ]


def rule_below(one, line):
    """How long the rule right below a line of text is, as a part of the line; and how far off its middle."""
    x0, x1 = line["chars"][0]["x0"], line["chars"][-1]["x1"]
    rules = [
        rule for rule in drawn(one.pages[0]) if 0 <= rule[2] - line["bottom"] < 4 * MM and rule[0] < x1 and rule[1] > x0
    ]
    assert rules, line["text"]
    start, end, _ = min(rules, key=lambda rule: rule[2])
    return (end - start) / (x1 - x0), abs((start + end) / 2 - (x0 + x1) / 2)


def split_header(one):
    """The lines of the left and of the right column of the header."""
    page = one.pages[0]
    edge = (30 + 68) * MM
    return (
        page.crop((0, 0, edge, page.height / 3)).extract_text_lines(return_chars=True),
        page.crop((edge, 0, page.width, page.height / 3)).extract_text_lines(return_chars=True),
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("printer", PRINTERS)
def test_rules_are_as_long_as_the_decree_says(printed, printer, kind):
    one = printed[printer, kind]
    left, right = split_header(one)
    length, off = rule_below(one, right[1])
    assert right[1]["text"] == "Độc lập - Tự do - Hạnh phúc"
    assert 0.98 <= length <= 1.02 and off < 1
    length, off = rule_below(one, left[1])
    assert left[1]["text"] == "TỈNH TÂN GIANG"
    assert 1 / 3 <= length <= 1 / 2 and off < 1
    if kind == "bao-cao":
        length, off = rule_below(one, one.line(0, DOCUMENTS[kind].subject[-1]))
        assert 1 / 3 <= length <= 1 / 2 and off < 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("printer", PRINTERS)
def test_the_header_stands_in_two_columns_each_centred(printed, printer, kind):
    left, right = split_header(printed[printer, kind])
    assert [line["text"] for line in left[:2]] == ["ỦY BAN NHÂN DÂN", "TỈNH TÂN GIANG"]
    assert [line["text"] for line in right[:2]] == ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"]
    assert right[2]["text"].startswith("Tân Giang, ngày") and left[2]["text"].startswith("Số:")
    for lines, start, end in ((left[:2], 30, 98), (right[:2], 98, 195)):
        for line in lines:
            middle = (line["chars"][0]["x0"] + line["chars"][-1]["x1"]) / 2
            assert abs(middle - (start + end) / 2 * MM) < 1, line["text"]
    assert abs(left[2]["chars"][0]["bottom"] - right[2]["chars"][0]["bottom"]) < 3 * MM


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("printer", PRINTERS)
def test_sizes_and_faces_on_paper(printed, printer, kind):
    one = printed[printer, kind]
    assert {char["fontname"].partition("+")[2].split("-")[0] for page in one.pages for char in page.chars} == {
        "LiberationSerif"
    }
    left, right = split_header(one)
    told = [*left, *right, *one.lines(0)]
    for start, size, face in (
        ("CỘNG HÒA", 12, "Bold"),
        ("Độc lập", 13, "Bold"),
        ("ỦY BAN NHÂN DÂN", 12, "Bold"),
        ("Số:", 13, None),
        ("Tân Giang, ngày", 13, "Italic"),
        ("Thực hiện Luật", 14, None),
    ):
        char = next(line for line in told if line["text"].startswith(start))["chars"][0]
        assert abs(char["size"] - size) < 0.1, start
        assert char["fontname"].endswith(f"-{face}" if face else ("LiberationSerif", "-Regular")), start


def steps(one, of):
    """From each line of the body to the next of its page, in points: between paragraphs, and within one."""
    starts = [squeezed(block.text)[:20] for block in of.body]
    between, within = [], []
    for number, page in enumerate(one.pages):
        if page.width > page.height:
            break
        lines = [line for line in one.lines(number) if line["top"] > 19 * MM]
        began = False
        for before, line in itertools.pairwise(lines):
            head = squeezed(line["text"])
            begins = any(head.startswith(start) for start in starts)
            step = line["chars"][0]["bottom"] - before["chars"][0]["bottom"]
            if begins and began:
                between.append(step)
            elif began:
                within.append(step)
            began = (began or begins) and "./." not in line["text"]
    return between, within


@pytest.mark.parametrize("kind", KINDS)
def test_paragraphs_stand_6_pt_apart_also_around_headings_and_alike_in_both(printed, kind):
    pitches = []
    for printer in PRINTERS:
        between, within = steps(printed[printer, kind], DOCUMENTS[kind])
        assert len(between) > 10 and len(within) > 10
        assert max(within) - min(within) < 0.5 and max(between) - min(between) < 0.5, (printer, between)
        assert abs(min(between) - min(within) - 6) < 0.5, printer
        pitches.append(within[0])
    assert abs(pitches[0] - pitches[1]) < 0.2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("printer", PRINTERS)
def test_the_signature_keeps_its_distance(printed, printer, kind):
    one = printed[printer, kind]
    page = next(number for number, page in enumerate(one.pages) if "./." in page.extract_text())
    lines = one.lines(page)
    last = next(index for index, line in enumerate(lines) if "./." in line["text"])
    assert lines[last + 1]["chars"][0]["top"] - lines[last]["chars"][0]["bottom"] > 10


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("printer", PRINTERS)
def test_the_text_ends_with_its_mark_and_the_signature_is_not_alone(printed, printer, kind):
    pages = [page.extract_text() for page in printed[printer, kind].pages]
    ending = [number for number, text in enumerate(pages) if "./." in text]
    assert len(ending) == 1
    assert "TM. ỦY BAN NHÂN DÂN" in pages[ending[0]].split("./.")[1]


def tokens(one):
    found = Counter()
    for page in one.pages:
        body = page.crop((0, 19 * MM, page.width, page.height))
        found.update(word["text"] for word in body.extract_words(x_tolerance=1.5))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_both_pdfs_say_the_same_words_and_so_does_the_document(printed, kind):
    by_office, ours = (tokens(printed[printer, kind]) for printer in PRINTERS)
    assert by_office == ours
    said = Counter(" ".join(strings(DOCUMENTS[kind].model_dump())).replace("\xa0", " ").split())
    assert set(ours) <= set(said), "a word that nobody wrote: a broken diacritic"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("printer", PRINTERS)
def test_every_sentence_stands_in_the_pdf_in_order(printed, printer, kind):
    whole = squeezed("".join(
        page.crop((0, 19 * MM, page.width, page.height)).extract_text() for page in printed[printer, kind].pages
    ))  # fmt: skip
    at = 0
    for block in DOCUMENTS[kind].body:
        at = whole.find(squeezed(block.text), at)
        assert at >= 0, block.text


def squeezed(text):
    return re.sub(r"\s", "", unicodedata.normalize("NFC", text))


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, one in value.items():
            if name not in ("lang", "kind", "name", "key"):
                yield from strings(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from strings(one)


# --- PDF/A ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_our_pdf_is_tagged_pdf_a_2a_with_its_fonts(printed, kind):
    with pikepdf.open(io.BytesIO(printed["typst", kind].data)) as file:
        with file.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "A")
            assert metadata["dc:title"] == DOCUMENTS[kind].name
        assert file.Root.MarkInfo.Marked and str(file.Root.Lang).startswith("vi")
        tags = {str(node.S) for node in structure(file.Root.StructTreeRoot)}
        assert {"/Document", "/H1" if kind == "bao-cao" else "/H2", "/P", "/Table", "/TR", "/TH", "/TD"} <= tags
        fonts = [font for page in file.pages for font in page.Resources.get("/Font", {}).values()]
        assert fonts
        for font in fonts:
            (inner,) = font.DescendantFonts
            assert any(name in inner.FontDescriptor for name in ("/FontFile2", "/FontFile3"))
            assert "/ToUnicode" in font


def structure(node):
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield kid
            yield from structure(kid)


# --- the pictures in the documentation ----------------------------------------------------------------------


def test_the_documentation_shows_the_documents_as_they_are(printed):
    def page(printer, number):
        buffer = io.BytesIO()
        printed[printer, "bao-cao"].pages[number].to_image(resolution=80, antialias=True).original.save(
            buffer, "PNG", optimize=True
        )
        return buffer.getvalue()

    annex = next(
        number
        for number, page in enumerate(printed["typst", "bao-cao"].pages)
        if page.extract_text().startswith("Phụ lục II\n")
    )
    for printer, name in (("libreoffice", "official-docx"), ("typst", "official-pdf")):
        pictures.check(name, page(printer, 0), [page(printer, 1)])
    pictures.check("official-annex", page("typst", annex), [page("typst", annex - 1)])


def test_the_documentation_shows_a_month_with_incidents_as_it_is(convert, tmp_path):
    """The first page of results, which begins with the intrusion; the page with part III; its annex: the DOCX by LibreOffice, and the PDF."""
    detected = datetime.datetime(2026, 11, 20, 8, 30, tzinfo=clock.ZONE)
    known = IncidentSummary(
        id="SC-20261120-1", domains=("antruc.test",), injected_domains=(), hosts=1, detected_at=detected, contained_count=12, unsettled_count=0, in_force=11,
        reports=(ReportSent("now", detected, "điện thoại"),), overdue=("first",), closed_at=None, cause="",
    )  # fmt: skip
    over = replace(
        known, id="SC-20261103-1", domains=("dongvau.test",), hosts=0, detected_at=detected - datetime.timedelta(days=17),
        contained_count=3, in_force=0, overdue=(), closed_at=detected, cause="Mật khẩu quản trị bị lộ",
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(official, "CATALOGUE", intruded.CATALOGUE)
        document = official.document("tinh-tan-giang", run=intruded.fleet(), incidents=(over, known))
    word = tmp_path / "thang.docx"
    word.write_bytes(docx_output.render_document_as_docx(document))
    ours = pdf.render_pdf(dict(pdf.iter_document_print_jobs_by_file_suffix(document))[""])
    pages = []
    for data in (convert([word], "pdf")[0].read_bytes(), ours):
        with pdfplumber.open(io.BytesIO(data)) as file:
            texts = [page.extract_text() for page in file.pages]
            third = next(number for number, text in enumerate(texts) if "III. XỬ LÝ SỰ CỐ" in text)
            annex = next(number for number, text in enumerate(texts) if text.startswith("Phụ lục IV\n"))
            for number in (0, third, annex):
                buffer = io.BytesIO()
                file.pages[number].to_image(resolution=80, antialias=True).original.save(buffer, "PNG")
                pages.append(buffer.getvalue())
    assert "SC-20261120-1" in texts[annex] and "1. Xâm nhập" in texts[0]
    upright, across = [pages[number] for number in (0, 1, 3, 4)], [pages[2], pages[5]]
    sheets = {
        "official-incidents": pictures.sheet(upright, 4, 480),
        "official-incidents-annex": pictures.sheet(across, 2, 640),
    }
    pictures.check("official-incidents", sheets["official-incidents"], [pictures.sheet([*reversed(upright)], 4, 480)])
    pictures.check(
        "official-incidents-annex", sheets["official-incidents-annex"], [pictures.sheet([upright[0]] * 2, 2, 640)]
    )
