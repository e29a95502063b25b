"""The lab's yearly table as files: every count recounted from the file alone, in DOCX, PDF and XLSX."""

from __future__ import annotations

import datetime
import io
from collections.abc import Mapping
from pathlib import Path

import docx
import openpyxl
import pdfplumber
import pytest
import yaml

from auditor.errors import InputError
from auditor.inventory import hosts as inventories
from auditor.report.official import writer
from auditor.report.yearly import document
from auditor.report.yearly.table import ReportingYear
from auditor.system import resources

TODAY = datetime.date(2026, 12, 16)
LAB = resources.get_shipped_inventories_folder() / "lab"
DECLARED = yaml.safe_load((LAB / "office" / "systems.yml").read_text("utf-8"))["systems"]
STATES = {"draft": "Đang dự thảo", "submitted": "Đã gửi thẩm định", "approved": "Đã được phê duyệt", None: None}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    folder = tmp_path_factory.mktemp("yearly")
    inventory = inventories.load_inventory(LAB)
    table = document.build_yearly_table(inventory, "tinh-tan-giang", ReportingYear(2026), lang="vi", today=TODAY)
    assert table.notices == ()
    return {path.suffix: path.read_bytes() for path in writer.write_document(table, folder).files}


def test_the_workbook_has_the_forms_table(made: Mapping[str, bytes]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(made[".xlsx"]))
    systems, totals = book.worksheets
    rows = list(systems.iter_rows(min_row=2, values_only=True))
    assert systems.max_column == 12
    assert [row[1] for row in rows] == [one["name"] for one in DECLARED]
    assert [row[5] for row in rows] == [STATES[one.get("dossier")] for one in DECLARED]
    assert rows[0][6:8] == ("112/QĐ-UBND ngày 20/10/2026", "90/QĐ-UBND ngày 01/09/2026")
    assert rows[0][11] == "Trước khi đưa vào sử dụng; Định kỳ"
    counted = [value for _, value in totals.iter_rows(min_row=2, values_only=True)]
    built = sum(one.get("dossier") in ("submitted", "appraised", "approved") for one in DECLARED)
    approved = sum(one.get("dossier") == "approved" for one in DECLARED)
    levels = sum("level" in one for one in DECLARED)
    assert counted[:6] == [str(n) for n in (len(DECLARED), levels, built, approved, approved, approved)]
    assert counted[6] == "30/06/2027"


def test_letter_and_pdf_say_the_same(made: Mapping[str, bytes]) -> None:
    word = docx.Document(io.BytesIO(made[".docx"]))
    said = [paragraph.text for paragraph in word.paragraphs if paragraph.text]
    with pdfplumber.open(io.BytesIO(made[".pdf"])) as file:
        printed = "".join("".join(page.extract_text().split()) for page in file.pages)
    items = [text for text in said if text.startswith("- ")]
    assert items[0] == f"- Số hệ thống thông tin thuộc phạm vi quản lý: {len(DECLARED)};"
    assert items[6] == "- Dự kiến thời gian hoàn thành: 30/06/2027."
    assert "- Người đại diện (chức vụ): Chủ tịch;" in items and "- Số điện thoại: …;" in items
    assert [text for text in said if "".join(text.split()) not in printed] == []
    assert len(word.tables[-1].rows) == len(DECLARED) + 1


def test_the_same_day_gives_the_same_bytes(made: Mapping[str, bytes], tmp_path: Path) -> None:
    again = document.build_yearly_table(
        inventories.load_inventory(LAB), "tinh-tan-giang", ReportingYear(2026), lang="vi", today=TODAY
    )
    assert {Path(name).suffix: content for name, content in writer.render_document(again).items()} == made


def test_a_commune_reports_what_it_operates(tmp_path: Path) -> None:
    table = document.build_yearly_table(
        inventories.load_inventory(LAB), "xa-an-truc", ReportingYear(2026), lang="en", today=TODAY
    )
    word = docx.Document(str(writer.write_document(table, tmp_path).files[0]))
    said = [paragraph.text for paragraph in word.paragraphs]
    assert "a) Owner of the information systems: Ủy ban nhân dân tỉnh Tân Giang" in said
    assert [row.cells[1].text for row in word.tables[-1].rows[1:]] == ["Trang thông tin điện tử xã An Trúc"]


def test_an_office_without_systems_is_told() -> None:
    with pytest.raises(InputError) as told:
        document.build_yearly_table(
            inventories.load_inventory(LAB), "so-khcn", ReportingYear(2026), lang="vi", today=TODAY
        )
    assert told.value.what == "neither so-khcn nor a unit below it owns or operates an information system"
