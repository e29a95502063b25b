import csv
import io
from dataclasses import replace
from datetime import date, datetime

import openpyxl
import pytest

from auditor.audit.waivers import mark_findings_covered_by_papers
from auditor.models import ExceptionScope, Inventory, Status, Waiver
from auditor.report import csv_output, xlsx
from auditor.report.csv_output import defuse_spreadsheet_formulas_in_cell
from auditor.results.by_clause import assess_standard_of_organisation
from auditor.results.compare import compare_runs
from tests import factory
from tests.unit import intruded

CATALOGUE = factory.catalogue()
HOSTILE = factory.run(nasty=factory.NASTY, unreachable=["web2"])


def rows(run, lang="vi"):
    text = csv_output.render_findings_as_csv(run, CATALOGUE, lang).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def workbook(run, lang="vi", before=None):
    return openpyxl.load_workbook(io.BytesIO(xlsx.render_run_as_xlsx_workbook(run, CATALOGUE, lang, before)))


def cells(sheet):
    return [tuple(cell.value for cell in row) for row in sheet.iter_rows(min_row=2)]


# --- CSV ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("run", [factory.run(), HOSTILE, factory.run(hosts=())], ids=["plain", "hostile", "empty"])
def test_csv_has_a_line_a_finding_and_as_many_cells_in_each(run):
    written = csv_output.render_findings_as_csv(run, CATALOGUE, "vi")
    assert written.startswith(b"\xef\xbb\xbf") and written.endswith(b"\r\n")
    assert written.count(b"\n") == written.count(b"\r\n") == 1 + len(run.findings)
    heading, *cells = rows(run)
    assert {len(row) for row in cells} <= {len(heading)}
    assert [row[1] for row in cells] == [finding.control for finding in run.findings]


def test_csv_is_in_the_language_asked_for():
    assert rows(factory.run(), "vi")[0][:4] == ["Mức độ", "Mã yêu cầu", "Nội dung", "Kết quả"]
    assert rows(factory.run(), "en")[0][:4] == ["Severity", "Control", "Finding", "Result"]


def test_csv_shows_what_cannot_be_seen_and_holds_nothing_that_moves_text():
    text = csv_output.render_findings_as_csv(HOSTILE, CATALOGUE, "vi").decode("utf-8-sig")
    assert "gọn⟨U+202E⟩exe.txt" in text
    assert not set(text) & set("\u202e\u2066\u200b\x00\x07\x1b\u2028\t")


@pytest.mark.parametrize("formula", factory.FORMULAS)
def test_no_cell_begins_a_formula_read_with_commas_or_with_semicolons(formula):
    text = csv_output.render_findings_as_csv(factory.run_with_members([formula]), CATALOGUE, "vi").decode("utf-8-sig")
    starts = tuple("=+-@＝＋－＠−\t\r")
    for separator in ",;":
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            assert not [cell for cell in row if cell.lstrip(" \u00a0\"'⏎").startswith(starts) and cell[:1] != "'"]


def test_an_ordinary_text_is_left_as_it_is():
    for text in ("ssh.effective.x = yes", "a-b", "an@truc.test", "Chưa đạt", "a; b", "5"):
        assert defuse_spreadsheet_formulas_in_cell(text) == text


# --- XLSX ---------------------------------------------------------------------------------------------


def test_the_workbook_has_a_sheet_for_each_question():
    book = workbook(factory.run())
    assert book.sheetnames == [
        "Các trang", "Các máy chủ", "Kết quả chưa đạt", "Yêu cầu chưa đạt", "Chưa đánh giá, chờ xác nhận",
        "Theo mục của tiêu chuẩn",
    ]  # fmt: skip
    later = workbook(factory.run(hardened=True), before=factory.run(run_id="before"))
    assert later.sheetnames[-1] == "Thay đổi so với lần trước"


def test_the_workbook_counts_what_the_run_holds():
    run = HOSTILE
    sites, hosts, findings, controls, unsure, clauses = workbook(run).worksheets
    open_ones = [finding for finding in run.findings if finding.status.is_open]
    assert sites.max_row - 1 == 4 and hosts.max_row - 1 == 3
    assert findings.max_row - 1 == len(open_ones)
    assert controls.max_row - 1 == len({finding.control for finding in open_ones})
    judged = assess_standard_of_organisation(run, CATALOGUE)
    assert judged is not None and clauses.max_row - 1 == len(judged.clauses)
    assert unsure.max_row - 1 == sum(f.status in (Status.NOT_EVALUATED, Status.MANUAL) for f in run.findings)
    assert [row[0].value for row in findings.iter_rows(min_row=2)].count("Nghiêm trọng") == sum(
        finding.severity == "critical" for finding in open_ones
    )


def test_a_waiver_is_a_row_also_when_it_is_over():
    papers = [
        Waiver(
            id=f"{n}/QĐ-UBND",
            control="ssh.root_by_password",
            scope=ExceptionScope(hosts=(f"web{n}",)),
            reason="=chờ máy mới",
            approver="Chủ tịch",
            granted=date(2026, 1, 1),
            expires=expires,
            compensating="Giám sát" if n == 1 else None,
        )
        for n, expires in ((1, date(2026, 11, 10)), (2, date(2027, 1, 31)))
    ]
    inventory = Inventory(path="i", organisation=factory.ORGANISATION, hosts=factory.HOSTS, waivers=tuple(papers))
    run = factory.run()
    marked = mark_findings_covered_by_papers(inventory, CATALOGUE, factory.HOSTS, run.findings, date(2026, 11, 23))
    book = workbook(run.model_copy(update={"findings": marked.findings, "waivers": marked.waivers}))
    over, held = cells(book["Các miễn trừ"])
    assert over[:2] == ("Hết hạn", "1/QĐ-UBND") and over[5:11] == (
        "Giám sát", "Chủ tịch", datetime(2026, 1, 1), datetime(2026, 11, 10), 0, 1,
    )  # fmt: skip
    assert held[:2] == ("Còn hiệu lực", "2/QĐ-UBND") and held[8:11] == (datetime(2027, 1, 31), 1, 0)
    assert [row[6] for row in cells(book["Miễn trừ, xác nhận"])] == ["web2"]


def test_changes_are_those_of_the_comparison_without_what_stayed():
    before, now = factory.run(run_id="before"), factory.run(hardened=True)
    sheet = workbook(now, before=before)["Thay đổi so với lần trước"]
    comparison = compare_runs(before, now)
    assert comparison.count_findings_with_change("fixed") > 0
    changed = sum(len(found) for change, found in comparison.changes.items() if change != "still")
    assert len(cells(sheet)) == changed


def test_open_findings_are_readable_on_paper():
    members = tuple(f"/var/www/{n}/" + "a" * 300 for n in range(40))
    run = factory.run()
    first = next(finding for finding in run.findings if finding.is_open)
    run = run.model_copy(update={"findings": (replace(first, violations=members),)})
    sheet = workbook(run)["Kết quả chưa đạt"]
    width = sum(sheet.column_dimensions[letter].width for letter in "ABCDEFG")
    assert sheet.print_area == f"'Kết quả chưa đạt'!$A$1:$G${sheet.max_row}"
    assert width < 160  # characters of 10 points on 267 mm: at least 85 %
    ((*_, told, _control, _subject, _unit),) = cells(sheet)
    assert told.count("\n") == 5 and told.endswith("và 35 dòng nữa") and len(told) < 1000


def test_the_csv_ends_with_level_and_references():
    heading, *lines = rows(factory.run())
    assert heading[-2:] == ["Cấp độ", "Căn cứ"]
    levels = {row[5]: row[-2] for row in lines}
    assert levels["antruc.test"] == str(factory.HOSTS[0].sites[0].level)
    assert "TCVN" in next(row[-1] for row in lines if row[1] == "ssh.root_by_password")


def test_a_host_that_was_not_read_says_why():
    hosts = workbook(factory.run(unreachable=["web2"]))["Các máy chủ"]
    told = {row[0].value: row[-1].value for row in hosts.iter_rows(min_row=2)}
    assert "từ chối kết nối" in told["web2"] and told["web1"] is None


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_sheet_is_ready_to_filter_and_to_print(lang):
    for sheet in workbook(factory.run(), lang):
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions
        assert sheet.page_setup.orientation == "landscape" and int(sheet.page_setup.paperSize) == 9
        assert sheet.print_title_rows == "$1:$1"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage and sheet.page_setup.fitToHeight == 0
        assert all(cell.value for cell in sheet[1])
        assert all(sheet.column_dimensions[cell.column_letter].width > 5 for cell in sheet[1])


def test_texts_of_the_workbook_are_text_for_good():
    book = workbook(factory.run_with_members(factory.FORMULAS))
    cells = [cell for sheet in book for row in sheet.iter_rows(min_row=2) for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert {cell.number_format for cell in cells if cell.data_type == "s"} == {"@"}
    assert all(cell.hyperlink is None for cell in cells)
    assert {"=1+1", "＝1+1", "http://evil.test/"} <= {cell.value for cell in cells}


def test_hostile_texts_are_cut_and_made_visible():
    values = [
        cell.value for sheet in workbook(factory.run(nasty=factory.NASTY[6:8])) for row in sheet.iter_rows() for cell in row
        if isinstance(cell.value, str)
    ]  # fmt: skip
    assert max(map(len, values)) < 2500
    assert any("⟨U+202E⟩" in value for value in values)
    assert not set("".join(values)) & set("\u202e\u2066\u200b\x00\x07\x1b\u2028")


def test_an_empty_inventory_gives_headings_only():
    assert {sheet.max_row for sheet in workbook(factory.run(hosts=()))} == {1}


def test_the_same_run_gives_the_same_bytes():
    for render in (csv_output.render_findings_as_csv, xlsx.render_run_as_xlsx_workbook):
        assert render(HOSTILE, CATALOGUE, "vi") == render(HOSTILE, CATALOGUE, "vi")


def test_the_workbook_begins_with_what_intruders_did_and_has_no_such_sheet_else():
    run = intruded.run(*intruded.TRACES)
    book = openpyxl.load_workbook(io.BytesIO(xlsx.render_run_as_xlsx_workbook(run, intruded.CATALOGUE, "en")))
    assert book.sheetnames[0] == "Intrusion"
    assert cells(book.worksheets[0])[0][:5] == ("Intruded", "host", "web1", "web1", "2 certain traces, 1 likely trace")
    assert "Intrusion" not in workbook(factory.run(), "en").sheetnames
