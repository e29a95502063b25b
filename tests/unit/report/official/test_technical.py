"""The technical annex: the one place of addresses, host names and what hosts sent, all of it inert."""

from __future__ import annotations

import io

import pdfplumber
import pikepdf
import pytest

from auditor.models import Waiver, WaiverUse
from auditor.report.official import pdf, technical
from auditor.text.translations import Words
from tests import factory
from tests.unit import official


def text_of(data):
    with pdfplumber.open(io.BytesIO(data)) as file:
        return " ".join("\n".join(page.extract_text() for page in file.pages).split())


def test_it_names_hosts_and_addresses_and_what_was_read():
    run = factory.run(started=official.NOW, unreachable=["web2"])
    month = official.month("tinh-tan-giang", run)
    ((suffix, sheet),) = technical.iter_technical_annex_print_jobs(month, official.CATALOGUE, official.MONTH, lang="vi")
    text = text_of(pdf.render_pdf(sheet))
    assert suffix == ""
    for told in ("web1", "10.213.47.11", "web2", "10.213.47.12", "web3", "ssh.effective.permitrootlogin = yes"):
        assert told in text
    assert "Không đọc được: cổng SSH từ chối kết nối" in text
    assert "LƯU HÀNH NỘI BỘ" in text


def test_it_holds_only_the_unit_s_hosts():
    month = official.month("xa-an-truc", factory.run(started=official.NOW))
    names = [
        part.name for part in technical.iter_host_parts_with_unmet_findings(month, official.CATALOGUE, Words("vi"))
    ]
    assert names == ["web1"]


def test_every_open_finding_has_a_row():
    run = factory.run(started=official.NOW)
    month = official.month("tinh-tan-giang", run)
    parts = list(technical.iter_host_parts_with_unmet_findings(month, official.CATALOGUE, Words("vi")))
    wanted = sum(finding.bucket in ("fail", "partial", "waived", "not_evaluated") for finding in run.findings)
    assert sum(len(part.rows) for part in parts) == wanted


def test_what_hosts_send_is_inert_bounded_and_drawable():
    typst = "#eval(1) *b* $x$ \\ #sys.inputs `c` @ref <label>"
    strings = ("<script>gọn\u202e", typst, "漢字 😀 ﷽", *factory.NASTY, "y" * 1_000_000)
    month = official.month("xa-an-truc", factory.run(started=official.NOW, nasty=strings))
    ((_, sheet),) = technical.iter_technical_annex_print_jobs(month, official.CATALOGUE, official.MONTH, lang="vi")
    data = pdf.render_pdf(sheet)
    text = text_of(data)
    assert "<script>gọn[U+202E]" in text and "\u202e" not in text and "[U+1F600]" in text
    assert "#eval(1) *b* $x$" in text and "@ref <label>" in text
    assert len(data) < 600_000
    with pikepdf.open(io.BytesIO(data)) as file:
        assert not any("/Annots" in page for page in file.pages)
        assert "/OpenAction" not in file.Root and "/Names" not in file.Root.get("/AcroForm", {})


def test_it_prints_every_waiver_in_full_those_that_are_over_too():
    run = factory.run(started=official.NOW)
    uses = tuple(
        WaiverUse(
            waiver=Waiver.model_validate(
                {
                    "id": f"{number}/QĐ-UBND",
                    "control": "ssh.root_by_password",
                    "scope": {"hosts": ["web1"]},
                    "reason": f"Lý do {number} ở web1",
                    "approver": "Chánh Văn phòng",
                    "granted": "2026-10-01",
                    "expires": "2026-11-15",
                    "compensating": f"Giám sát tại 10.213.47.{number}",
                }
            ),
            validity=validity,
            days_left=0,
            waived=0,
            open=1,
            not_evaluated=0,
            met=0,
        )
        for number, validity in enumerate(("active", "expired"), 11)
    )
    month = official.month("xa-an-truc", run.model_copy(update={"waivers": uses}))
    ((_, sheet),) = technical.iter_technical_annex_print_jobs(month, official.CATALOGUE, official.MONTH, lang="vi")
    text = text_of(pdf.render_pdf(sheet))
    for number in (11, 12):
        assert f"{number}/QĐ-UBND" in text and f"Lý do {number} ở web1" in text
        assert f"Giám sát tại 10.213.47.{number}" in text
    assert "15/11/2026 (đã" in text


def test_a_row_is_never_parted_by_a_page_s_end():
    month = official.month("tinh-tan-giang", factory.run(started=official.NOW))
    ((_, sheet),) = technical.iter_technical_annex_print_jobs(month, official.CATALOGUE, official.MONTH, lang="vi")
    with pdfplumber.open(io.BytesIO(pdf.render_pdf(sheet))) as file:
        rows = [row for page in file.pages for table in page.extract_tables() for row in table[1:]]
    assert len(file.pages) > 3 and rows and all(row[0] and row[1] and row[2] and row[3] for row in rows)


@pytest.mark.parametrize(("rows", "files"), [((3,), [3]), ((10, 10), [10, 10]), ((25, 3), [10, 10, 8]), ((0, 0), [0])])
def test_hosts_are_packed_into_files(monkeypatch, rows, files):
    monkeypatch.setattr(technical, "MAX_ROWS", 10)
    parts = [technical.AnnexPart(name=str(n), facts=(), rows=(("x",),) * count) for n, count in enumerate(rows)]
    packed = [sum(len(part.rows) for part in some) for some in technical._pack_annex_parts_into_files(parts)]
    assert packed == files


def test_a_long_annex_of_the_document_goes_into_files_of_its_own(monkeypatch):
    monkeypatch.setattr(pdf, "MAX_ROWS", 20)
    of = official.document("tinh-tan-giang")
    of = of.model_copy(update={"annexes": of.annexes[:3]})
    made = {suffix: pdf.render_pdf(sheet) for suffix, sheet in pdf.iter_document_print_jobs_by_file_suffix(of)}
    rows = len(of.annexes[1].rows)
    assert rows > 20
    assert set(made) == {"", *(f"-phu-luc-2-{part}" for part in range(1, -(-rows // 20) + 1))}
    title = of.annexes[1].rows[-1][1]
    assert title not in text_of(made[""]) and title in text_of(made[f"-phu-luc-2-{-(-rows // 20)}"])
    assert "Phụ lục II" in text_of(made["-phu-luc-2-1"])
