"""Lists as authorities send them: every row is answered or named, and each ``fixed`` has the version that proves it."""

from __future__ import annotations

import datetime
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import InputError
from auditor.feeds.days import parse_day_in_any_form
from auditor.report import advisory as report
from auditor.report import xlsx
from auditor.text.translations import Words
from auditor.vulnerabilities.advisory import changelogs, products
from auditor.vulnerabilities.advisory.answers import AdvisoryResult, answer_advisory, is_product_in_list_of_foreign_ones
from auditor.vulnerabilities.advisory.parser import extract_vulnerability_ids, read_advisory_file
from auditor.vulnerabilities.importer import import_vulnerability_data_files
from auditor.vulnerabilities.store import VulnerabilityDatabase, open_database
from auditor.vulnerabilities.verdicts import SourcePackage, judge_package_fixed_by_its_changelog
from tests.unit.vulnerabilities import factory
from tests.unit.vulnerabilities.test_verdicts import package

DUE = datetime.date(2026, 12, 15)
WORDS = Words("en")


def cve(number: int) -> str:
    return f"CVE-2026-{20_000 + number}"


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VulnerabilityDatabase]:
    folder = tmp_path_factory.mktemp("data")
    issues: dict[str, Any] = {cve(n): {"bookworm": factory.release(fixed="3.0-2")} for n in range(1, 24)}
    issues[cve(2)] = {"bookworm": factory.release("open", nodsa="Minor issue", nodsa_reason="postponed")}
    issues[cve(3)] = {"bookworm": factory.release(fixed="3.0-1")}
    elsewhere = {cve(n): {"bookworm": factory.release(fixed="1")} for n in range(24, 28)}
    files = [
        factory.write(folder / "tracker", factory.tracker(openssl=issues, exim4=elsewhere)),
        factory.write(folder / "kev", factory.kev(cve(5), ransomware="Known")),
    ]
    import_vulnerability_data_files(files, folder / "state" / "x.sqlite")
    with open_database(folder / "state" / "x.sqlite") as found:
        yield found


def host(version: str = "3.0-1") -> dict[str, Any]:
    return {
        "system": {"os": {"codename": "bookworm"}},
        "packages": {"installed": [package("openssl", version)], "running_kernel": "6.1", "mapped": []},
    }


def workbook(path: Path) -> Path:
    """30 CVEs: two in one cell, three that are none, an unknown product, a product of others, dates in three forms."""
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("CVE")
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.write(0, 0, "DANH SÁCH LỖ HỔNG THÁNG 11/2026")
    for column, heading in enumerate(("STT", "Mã CVE", "Sản phẩm", "Hạn xử lý")):
        sheet.write(2, column, heading)
    rows: list[tuple[Any, ...]] = [
        (f"{cve(1)}; {cve(2)}", "OpenSSL", datetime.datetime(2026, 12, 1)),
        (cve(3).replace("-", "–"), "OpenSSL", "02/12/2026"),
        ("ＣＶＥ－２０２６－２０００４", "OpenSSL", 46_359),
        *((cve(number), "OpenSSL", "") for number in range(5, 28)),
        ("CVE-2026-99991", "Windows Server 2019", ""),
        ("CVE-2026-99992", "Phần mềm Một Cửa", "khi có thể"),
        ("CVE-2026-12", "OpenSSL", ""),
        ("CVE-20261-20001", "OpenSSL", ""),
        ("MS26-001", "Exchange", ""),
    ]
    for number, (named, product, due) in enumerate(rows, start=3):
        sheet.write(number, 0, number - 2)
        sheet.write(number, 1, named)
        sheet.write(number, 2, product)
        if isinstance(due, datetime.datetime):
            sheet.write_datetime(number, 3, due, day)
        else:
            sheet.write(number, 3, due)
    book.close()
    return path


@pytest.fixture
def answers(tmp_path: Path, there: VulnerabilityDatabase) -> AdvisoryResult:
    hosts = {"web1": host(), "web2": host(), "web3": host("3.0-2"), "off": None}
    return answer_advisory(
        read_advisory_file(workbook(tmp_path / "a.xlsx")),
        hosts,
        there,
        products.load_products_no_host_has(tmp_path),
        DUE,
    )


def test_every_row_is_answered_or_named(answers: AdvisoryResult) -> None:
    assert answers.title == "DANH SÁCH LỖ HỔNG THÁNG 11/2026"
    assert {one.id for one in answers.answers} == {*map(cve, range(1, 28)), "CVE-2026-99991", "CVE-2026-99992"}
    numbers = {number for one in answers.answers for number in one.numbers} | {number for number, _ in answers.wrong}
    assert numbers == set(range(4, 35))
    assert answers.wrong == (
        (31, "khi có thể"),
        (32, "CVE-2026-12"),
        (33, "CVE-20261-20001"),
        (34, "MS26-001"),
    )


def test_thirty_are_printed_on_one_page_and_hundreds_on_as_many_as_it_takes(answers: AdvisoryResult) -> None:
    def pages(of: AdvisoryResult) -> list[int | None]:
        book = openpyxl.load_workbook(io.BytesIO(xlsx.build_workbook(report.build_advisory_sheets(of, WORDS), "x", "y", "2026-11-27T00:00:00+07:00", WORDS)))  # fmt: skip
        return [sheet.page_setup.fitToHeight for sheet in book.worksheets]

    assert pages(answers) == [None, 0]  # None is the form's own 1
    assert pages(replace(answers, answers=answers.answers * 10)) == [0, 0]


def test_verdicts_per_host(answers: AdvisoryResult) -> None:
    by_id = {one.id: one for one in answers.answers}
    told = [(line.verdict.state, line.verdict.fixed_version, line.hosts) for line in by_id[cve(1)].lines]
    assert told == [
        ("affected", "3.0-2", ("web1", "web2")),
        ("unknown", "", ("off",)),
        ("fixed", "3.0-2", ("web3",)),
    ]
    assert by_id[cve(2)].lines[0].verdict.reason == "postponed"
    assert by_id[cve(24)].lines[-1].verdict.state == "not_installed"
    assert by_id["CVE-2026-99991"].worst_state == "not_installed"
    assert by_id["CVE-2026-99992"].worst_state == "unknown"
    fixed = [line.verdict for one in answers.answers for line in one.lines if line.verdict.state == "fixed"]
    assert fixed and all(verdict.fixed_version for verdict in fixed)


def test_dates_in_three_forms_and_that_of_the_command(answers: AdvisoryResult) -> None:
    by_id = {one.id: one.due for one in answers.answers}
    assert [by_id[cve(n)] for n in (1, 2, 3, 4, 5)] == [
        datetime.date(2026, 12, 1),
        datetime.date(2026, 12, 1),
        datetime.date(2026, 12, 2),
        datetime.date(2026, 12, 3),
        DUE,
    ]


def test_what_is_exploited_comes_first_among_the_affected(answers: AdvisoryResult) -> None:
    assert answers.answers[0].id == cve(5) and answers.answers[0].kev_entry is not None


def test_as_xlsx_and_as_data(answers: AdvisoryResult) -> None:
    made = xlsx.build_workbook(
        report.build_advisory_sheets(answers, WORDS), "x", "y", "2026-11-27T00:00:00+07:00", WORDS
    )
    book = openpyxl.load_workbook(io.BytesIO(made))
    page, verdicts = book.worksheets
    rows = list(page.iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in rows] == [one.id for one in answers.answers] + [text for _, text in answers.wrong]
    assert (rows[-1][2], rows[-1][-1]) == ("not valid", "34")
    by_id = {row[0]: row for row in rows}
    assert by_id[cve(1)][4] == (
        "affected, needs 3.0-2: web1, web2; unknown (the host could not be read): off; fixed by 3.0-2: web3"
    )
    assert {row[0] for row in verdicts.iter_rows(min_row=2, values_only=True)} == {one.id for one in answers.answers}
    assert verdicts.max_row == 1 + sum(len(one.lines) for one in answers.answers)
    data = json.loads(json.dumps(report.build_advisory_json_data(answers)))
    assert len(data["answers"]) == 29 and len(data["not_ids"]) == 4


CSV = "Thông báo;;\nCVE;Product;Due\nCVE-2026-20001,CVE-2026-20002;OpenSSL;1.12.2026\n"
YAML = "- {cve: CVE-2026-20001, product: OpenSSL, due: 2026-12-01}\n- cve: [CVE-2026-20002]\n- CVE-2026-1\n"
STIX = {
    "type": "bundle",
    "objects": [
        {"type": "vulnerability", "name": "x", "external_references": [{"source_name": "cve", "external_id": cve(1)}]},
        {"type": "vulnerability", "name": cve(2)},
        {"type": "vulnerability", "name": "CNVD-2026-1"},
        {"type": "x-other", "name": cve(3)},
    ],
}
CSAF = {
    "document": {"title": "An advisory"},
    "product_tree": {"branches": [{"branches": [{"product": {"product_id": "P1", "name": "OpenSSL 3"}}]}]},
    "vulnerabilities": [
        {"cve": cve(1), "product_status": {"known_affected": ["P1"]}},
        {"cve": cve(2)},
        {"title": "No number yet", "ids": [{"system_name": "x", "text": "GHSA-1"}]},
        {"title": "No number yet"},
        {},
    ],
}


@pytest.mark.parametrize(
    "name, text, product, wrong",
    [
        ("a.csv", CSV, "OpenSSL", ()),
        ("a.yml", YAML, "OpenSSL", ("CVE-2026-1",)),
        ("a.json", json.dumps(STIX), "", ("CNVD-2026-1",)),
        ("b.json", json.dumps(CSAF), "OpenSSL 3", ("GHSA-1", "No number yet", "-")),
    ],
)
def test_other_forms(tmp_path: Path, name: str, text: str, product: str, wrong: tuple[str, ...]) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    found = read_advisory_file(tmp_path / name)
    assert [one for item in found.items for one in item.ids] == [cve(1), cve(2)]
    assert [one for item in found.items for one in item.wrong] == list(wrong)
    assert found.items[0].product == product


@pytest.mark.parametrize(
    "cell, ids, wrong",
    [
        ("CVE-2026-20001, 20002; 20003", ["CVE-2026-20001"], ["CVE-2026-20001, 20002; 20003"]),
        ("CVE-2026-20001/20002", ["CVE-2026-20001"], ["CVE-2026-20001/20002"]),
        ("CVE 2026 20001", [], ["CVE 2026 20001"]),
        ("CVE-2026-20001 (CVSS 9.8, KB5000001)", ["CVE-2026-20001"], []),
    ],
)
def test_what_is_shortened_is_named_and_not_guessed(
    tmp_path: Path, cell: str, ids: list[str], wrong: list[str]
) -> None:
    (tmp_path / "a.csv").write_text(f'CVE;Product\n"{cell}";OpenSSL\n', "utf-8")
    (item,) = read_advisory_file(tmp_path / "a.csv").items
    assert (list(item.ids), list(item.wrong)) == (ids, wrong)


def test_rows_without_an_id_are_named_formulas_too(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (
        ("Mã CVE", "Sản phẩm"),
        ('="CVE-2026-"&20001', "x"),
        ("", "OpenSSL"),
        ("CVE-2026-20002", '=HYPERLINK("http://x")'),
        ("", ""),
    ):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    told = [(item.number, item.ids, item.wrong) for item in read_advisory_file(tmp_path / "a.xlsx").items]
    assert told == [(2, (), ("formula",)), (3, (), ("OpenSSL",)), (4, (cve(2),), ())]


ODD: list[Any] = [
    {"objects": [{"type": "vulnerability", "name": 5, "external_references": 5}, {"type": "vulnerability"}]},
    {"document": {"title": 5}, "vulnerabilities": [5, {"cve": 5, "product_status": {"known_affected": 5}}]},
    {"document": {}, "vulnerabilities": [{"ids": 5}, {"ids": [{"text": 5}, 5]}, {"product_status": [5]}]},
    {"document": {}, "product_tree": {"branches": 5, "full_product_names": 5}, "vulnerabilities": [{"cve": "x"}]},
    {"document": {}, "product_tree": {"branches": [5], "product": 5}, "vulnerabilities": [{"cve": "x"}]},
]


@pytest.mark.parametrize("odd", ODD)
def test_entries_of_another_form_are_named(tmp_path: Path, odd: Any) -> None:
    factory.write(tmp_path / "a.json", odd)
    items = read_advisory_file(tmp_path / "a.json").items
    assert items and all(item.wrong and not item.ids for item in items)


def test_a_name_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"objects": [{"type": "vulnerability", "name": "x", "name": "y"}]}')
    with pytest.raises(InputError, match="it contains 'name' twice"):
        read_advisory_file(tmp_path / "a.json")


@pytest.mark.parametrize(
    "name, text",
    [("a.csv", "x;y\n1;2\n"), ("a.yml", "a: b\n"), ("a.json", "{}"), ("a.json", "{"), ("a.pdf", "x"), ("a.xlsx", "x")],
)
def test_what_is_no_list(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as caught:
        read_advisory_file(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    right, wrong = extract_vulnerability_ids(text)
    assert all(one.startswith("CVE-") for one in right) and not set(right) & set(wrong)
    assert parse_day_in_any_form(text) is None or any(char.isdigit() for char in text)


@pytest.mark.parametrize("text", ["31/02/2026", "2026-13-01", "12", "99999999", "", "mai"])
def test_what_is_no_day(text: str) -> None:
    assert parse_day_in_any_form(text) is None


def test_products_of_others(tmp_path: Path) -> None:
    shipped = products.load_products_no_host_has(tmp_path)
    assert is_product_in_list_of_foreign_ones(
        "Microsoft Windows Server 2019", shipped
    ) and not is_product_in_list_of_foreign_ones("OpenSSL", shipped)
    assert not is_product_in_list_of_foreign_ones("", shipped)
    (tmp_path / "products.yml").write_text("- Phần mềm Một Cửa\n")
    assert is_product_in_list_of_foreign_ones("phan mem mot cua 2.0", products.load_products_no_host_has(tmp_path))
    (tmp_path / "products.yml").write_text("a: b\n")
    with pytest.raises(InputError):
        products.load_products_no_host_has(tmp_path)


@pytest.mark.parametrize(
    ("told", "verdicts"),
    [
        (None, [("unknown", "no_data", "", "")]),
        ({"packages": 1, "without": 1}, [("unknown", "no_changelogs", "", "")]),
        ({"packages": 2, "without": 1}, [("unknown", "no_changelog", "", "")]),
        ({"cut_short": True}, [("unknown", "some_changelogs", "", "")]),
        ({"named": True}, [("fixed", "changelog", "openssl", "3.0-1")]),
    ],
)
def test_hosts_are_asked_whose_changelogs_name_an_id(
    told: dict[str, Any] | None, verdicts: list[Any], there: VulnerabilityDatabase, tmp_path: Path
) -> None:
    """Of an id that no data names; and of what is not from the distribution."""
    (tmp_path / "a.yml").write_text("- CVE-2026-44444\n- " + cve(1) + "\n")
    named = [
        {"vulnerability": one, "package": "openssl", "version": "3.0-1", "entry": "3.0-1"}
        for one in ("CVE-2026-44444", cve(1))
    ]
    data = host()
    data["packages"]["installed"] = [package("openssl", "3.0-1", origin="none")]
    if told is not None:
        data["changelogs"] = {
            "packages": 2,
            "without": 0,
            "cut_short": False,
            **told,
            "named": named if "named" in told else [],
        }
    listed = read_advisory_file(tmp_path / "a.yml")
    found = {one.id: one for one in answer_advisory(listed, {"web1": data}, there, [], DUE).answers}
    lines = [line.verdict for line in found["CVE-2026-44444"].lines]
    assert [(one.state, one.reason, one.subject, one.fixed_version) for one in lines] == verdicts
    (own,) = found[cve(1)].lines
    assert own.verdict.state == ("fixed" if "named" in (told or {}) else "unknown")
    assert changelogs.build_fact_request_for_advisory_ids(listed).extra_variables == {
        "vulnerabilities": [cve(1), "CVE-2026-44444"]
    }


def test_a_changelog_proves_nothing_of_what_still_runs() -> None:
    new = SourcePackage("openssl", "3.0-1", binaries=("openssl",), mapped_by=("/usr/sbin/nginx",))
    assert judge_package_fixed_by_its_changelog(cve(1), new, "3.0-1").state == "restart_owed"
    assert (
        judge_package_fixed_by_its_changelog(
            cve(1), SourcePackage("linux", "6.1.9-1", runs="6.1.7-1"), "6.1.8-1"
        ).reason
        == "kernel"
    )
    assert (
        judge_package_fixed_by_its_changelog(
            cve(1), SourcePackage("linux", "6.1.9-1", runs="6.1.8-1"), "6.1.8-1"
        ).fixed_version
        == "6.1.8-1"
    )


def test_an_advisory_of_aliases_that_unfold_is_refused(tmp_path: Path) -> None:
    doubled = "".join(f"- &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 22))
    (tmp_path / "a.yml").write_text(f"- &a0 [CVE-2026-1, CVE-2026-2]\n{doubled}- cve: *a21\n")
    with pytest.raises(InputError, match="repeats too much through aliases"):
        read_advisory_file(tmp_path / "a.yml")
