"""The lab's sharing table as files, for a commune and for the province: every count recounted from the files alone."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pdfplumber
import pytest
import yaml

from auditor.audit import controls
from auditor.errors import InputError
from auditor.history.runs import RunHistory
from auditor.inventory import hosts as inventories
from auditor.models import Finding, Run, Severity, Status, Subject
from auditor.models.run import Protection
from auditor.report.official import writer
from auditor.report.official.period import Period
from auditor.report.sharing import document
from auditor.system import resources
from tests import factory

LAB = resources.get_shipped_inventories_folder() / "lab"
CATALOGUE = controls.load_catalogue()
NOVEMBER = Period(2026, 11)
DECLARED = yaml.safe_load((LAB / "office" / "sharing.yml").read_text("utf-8"))["units"]
NAMES = {unit.id: unit.name for unit in factory.ORGANISATION.units}
UNKNOWN = "chưa có số liệu"
OUTCOMES = {
    "web1": (Protection(product="ClamAV", running=True),),
    "web2": (Protection(product="ClamAV", running=False),),
    "web3": None,
}


def cve(number: int, state: str = "affected", **more: Any) -> dict[str, Any]:
    return {"vulnerability": f"CVE-2026-{number:04}", "package": "openssl", "state": state, **more}


def finding(control: str, subject: str, *violations: Any, known: bool = True) -> Finding:
    kind = "site" if "." in subject else "host"
    status = Status.FAIL if violations else Status.PASS if known else Status.NOT_EVALUATED
    host = next(h.name for h in factory.HOSTS if subject == h.name or subject in {s.domain for s in h.sites})
    return Finding(
        control=control,
        subject=Subject(kind=kind, id=subject),
        host=host,
        status=status,
        severity=Severity.HIGH,
        violations=violations,
    )


def run(started: str, *findings: Finding) -> Run:
    made = factory.run(started=started, run_id=f"run-{started}")
    outcomes = tuple(one.model_copy(update={"protection": OUTCOMES[one.host]}) for one in made.outcomes)
    return made.model_copy(update={"inventory": str(LAB), "outcomes": outcomes, "findings": findings})


OCTOBER = (
    finding("updates.known_exploited", "web1", cve(1), cve(2)),
    finding("updates.vulnerable_exposed", "web1", cve(3)),
    finding("updates.vulnerable_exposed", "web2", cve(1)),
    finding("content.injected", "antruc.test", {"kind": "link"}),
)
LAST = (
    finding("updates.known_exploited", "web1", cve(1), cve(4, "unknown")),
    finding("updates.vulnerable_exposed", "web1", cve(5, "restart_owed")),
    finding("updates.vulnerable_exposed", "web2", cve(1)),
    finding("updates.vulnerable_exposed", "web3", known=False),
    finding("wordpress.vulnerable_component", "antruc.test", cve(6, cvss=9.8), cve(7, cvss=4.0)),
    finding("content.injected", "antruc.test"),
    finding("content.injected", "bennua.test", {"kind": "link"}, {"kind": "text"}),
)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> RunHistory:
    kept = RunHistory(tmp_path_factory.mktemp("sharing") / "history.sqlite")
    kept.keep(run("2026-10-20T08:00:00+07:00", *OCTOBER))
    kept.keep(run("2026-11-20T08:00:00+07:00", *LAST))
    return kept


def written(history: RunHistory, unit: str, folder: Path) -> tuple[Mapping[str, bytes], tuple[str, ...]]:
    table = document.build_sharing_table(history, inventories.load_inventory(LAB), CATALOGUE, unit, NOVEMBER, lang="vi")
    return {path.suffix: path.read_bytes() for path in writer.write_document(table, folder).files}, table.notices


@pytest.fixture(scope="module")
def province(history: RunHistory, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    made, doubts = written(history, "tinh-tan-giang", tmp_path_factory.mktemp("province"))
    assert doubts == ()
    return made


def table(made: Mapping[str, bytes]) -> dict[str, tuple[Any, ...]]:
    rows = openpyxl.load_workbook(io.BytesIO(made[".xlsx"])).worksheets[0].iter_rows(min_row=2, values_only=True)
    return {row[1]: row[2:] for row in rows}


def totals(made: Mapping[str, bytes]) -> list[Any]:
    rows = openpyxl.load_workbook(io.BytesIO(made[".xlsx"])).worksheets[1].iter_rows(min_row=2, values_only=True)
    return [value for _, value in rows]


def test_the_province_has_a_row_for_each_office(province: Mapping[str, bytes]) -> None:
    rows = table(province)
    assert list(rows) == [NAMES[unit] for unit in NAMES]
    first = rows[NAMES["xa-an-truc"]]
    assert first[:3] == ("antruc.test", 1, "Kết quả kiểm tra: ClamAV đang chạy trên 1/1 máy chủ")
    assert first[6:10] == (UNKNOWN, 0, 3, 3)  # CVE-1, 5 and 6 are there; CVE-2, 3 and the injected page have gone
    second = rows[NAMES["phuong-ben-nua"]]
    assert second[2] == (
        "Kết quả kiểm tra: ClamAV không chạy trên 1/1 máy chủ; Khai báo: Có, từ 01/12/2025 (Phần mềm do nhà cung cấp cài)"
    )
    assert second[6:10] == (UNKNOWN, 1, 1, 0)
    third = rows[NAMES["xa-dong-vau"]]
    assert third[1:10] == (0, *[UNKNOWN] * 8)
    assert "Máy chủ do Ủy ban nhân dân tỉnh Tân Giang quản lý" in third[10]


def test_totals_are_those_of_the_rows_and_of_the_declarations(province: Mapping[str, bytes]) -> None:
    rows, counted = table(province), totals(province)
    said = {key: sum(one.get(key, {}).get("in_place", False) for one in DECLARED.values()) for key in ("central", "connection", "monitoring")}  # fmt: skip
    domains = [name for row in rows.values() for name in row[0].split(", ") if name != "–"]
    assert counted[:3] == [len(rows), len(domains), sum(row[1] for row in rows.values())]
    assert counted[3] == sum("đang chạy trên 1/1" in row[2] for row in rows.values())
    assert counted[4:7] == [said["central"], said["connection"], said["monitoring"]]
    assert counted[7] == UNKNOWN
    injected = [row[7] for row in rows.values() if row[7] != UNKNOWN]
    assert counted[8] == sum(injected)
    ids = {told["vulnerability"] for one in LAST for told in one.violations if told.get("state") in ("affected", "restart_owed") and told.get("cvss", 10) >= 7}  # fmt: skip
    assert counted[9] == len(ids) == 3
    before = {told["vulnerability"] for one in OCTOBER for told in one.violations if "state" in told}
    assert counted[10] == len(before - ids) + 1


def test_letter_and_pdf_say_what_the_workbook_says(province: Mapping[str, bytes]) -> None:
    word = docx.Document(io.BytesIO(province[".docx"]))
    said = [paragraph.text for paragraph in word.paragraphs if paragraph.text]
    with pdfplumber.open(io.BytesIO(province[".pdf"])) as file:
        printed = "".join("".join((page.extract_text() or "").split()) for page in file.pages)
    items = [text for text in said if text.startswith("- ") and ": " in text]
    assert [text.rstrip(";.").rpartition(": ")[2] for text in items[:11]] == [str(value) for value in totals(province)]
    assert [text for text in items if "".join(text.split()) not in printed] == []
    in_word = {row.cells[1].text: tuple(cell.text for cell in row.cells[2:]) for row in word.tables[-1].rows[1:]}
    assert in_word == {
        name: tuple("" if cell is None else str(cell) for cell in row) for name, row in table(province).items()
    }


def test_a_commune_reports_itself(history: RunHistory, tmp_path: Path) -> None:
    made, _ = written(history, "xa-an-truc", tmp_path)
    assert list(table(made)) == [NAMES["xa-an-truc"]]
    assert totals(made) == [1, 1, 1, 1, 1, 1, 0, UNKNOWN, 0, 3, 3]
    assert written(history, "xa-an-truc", tmp_path)[0] == made


def test_what_was_said_after_the_month_is_told(history: RunHistory, tmp_path: Path) -> None:
    kept = RunHistory(tmp_path / "history.sqlite")
    kept.keep(run("2026-10-20T08:00:00+07:00", *OCTOBER))
    table = document.build_sharing_table(
        kept, inventories.load_inventory(LAB), CATALOGUE, "xa-an-truc", Period(2026, 10), lang="en"
    )
    assert table.notices[0] == (
        "Ủy ban nhân dân xã An Trúc, Central management: declared on 5 Nov 2026, after the last day of the data, 31 Oct 2026."
    )


def test_a_month_without_a_run_is_told(history: RunHistory) -> None:
    with pytest.raises(InputError, match="has no run in"):
        document.build_sharing_table(
            history, inventories.load_inventory(LAB), CATALOGUE, "xa-an-truc", Period(2026, 12), lang="vi"
        )
