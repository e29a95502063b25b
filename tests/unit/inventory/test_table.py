"""Lists of servers: what is read from them, what is said about mistakes, and what is written."""

from __future__ import annotations

import json
import os
import time
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
import yaml

from auditor.audit import controls, inventory_fit
from auditor.cli import main
from auditor.errors import InputError
from auditor.inventory import hosts as inventories
from auditor.inventory.spreadsheet_import import importer, source, template, xlsx
from auditor.inventory.spreadsheet_import.columns import COLUMNS, get_column_letter
from auditor.text.translations import Words
from tests.unit.inventory.test_hosts import folder

HEAD = ("Máy chủ", "Địa chỉ", "Đơn vị vận hành", "Cổng mở", "Tên miền", "Đơn vị", "Cấp độ")
TWO = (
    ("web1", "192.0.2.11", "xa", "8443, 40000-40050", "xa-mot.test", "UBND xã Thử", "3"),
    ("web1", "", "", "", "xa-hai.test", "xa", ""),
    ("web2", "192.0.2.12", "", "", "", "", ""),
)


def written(path: Path, rows: Iterable[Sequence[object]]) -> Path:
    """A CSV, or a workbook whose numbers are numbers."""
    if path.suffix == ".csv":
        path.write_text("\n".join(";".join(f'"{cell}"' for cell in row) for row in rows), "utf-8")
        return path
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet()
    for number, row in enumerate(rows):
        page.write_row(number, 0, row)
    book.close()
    return path


def changed(path: Path, change: Mapping[str, tuple[bytes, bytes]]) -> Path:
    """A workbook whose parts have something else in them."""
    with zipfile.ZipFile(path) as before:
        parts = {name: before.read(name) for name in before.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as after:
        for name, content in parts.items():
            old, new = change.get(name, (b"", b""))
            assert old in content
            after.writestr(name, content.replace(old, new, 1) if old else content)
    return path


def mistakes(file: Path, inventory: Path) -> list[str]:
    with pytest.raises(importer.ListImportError) as caught:
        importer.import_spreadsheet_into_inventory(file, inventory)
    return [str(error).removeprefix(f"{file}:") for error in caught.value.every]


def state(inventory: Path) -> Mapping[Path, bytes]:
    return {path: path.read_bytes() for path in inventory.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", ["danh sách.csv", "danh sách.xlsx"])
def test_becomes_a_file_beside_those_that_are_there(tmp_path: Path, kind: str) -> None:
    inventory = folder(tmp_path)
    before = state(inventory)
    file = written(tmp_path / "office" / kind, [["DANH SÁCH MÁY CHỦ"], [], ["STT: xem dưới"], HEAD, *TWO])
    done = importer.import_spreadsheet_into_inventory(file, inventory)
    assert done.file == tmp_path / "danh-sach.yml"
    assert state(inventory).items() > before.items()
    known = inventory_fit.read_and_check_inventory(inventory, controls.load_catalogue())
    web1, web2 = known.hosts[2:] if known.hosts[0].name == "a" else known.hosts[:2]
    assert (web1.address, web1.unit, web1.automation_user) == ("192.0.2.11", "xa", "luytre")
    assert len(web1.open_ports) == 52
    assert [(site.domain, site.unit, site.level) for site in web1.sites] == [
        ("xa-mot.test", "xa", 3),
        ("xa-hai.test", "xa", 2),
    ]
    assert web2.sites == ()
    assert "ansible_user" not in done.file.read_text()  # the inventory's groups say it
    assert "office/known_hosts" in done.file.read_text()


def test_every_mistake_has_its_row_and_column(tmp_path: Path) -> None:
    inventory = folder(tmp_path)
    before = state(inventory)
    file = written(
        tmp_path / "office/a.csv",
        [
            HEAD,
            ("web 1", "192.0.2.11", "xa", "", "xa-mot.test", "", ""),
            ("web1", "192.0.2.1{{ 1 }}", "xã Thử", "80 000", "https://xa-mot.test/", "xa-thu", "cấp 4"),
            ("", "192.0.2.12", "", "", "xa-hai.test", "", ""),
            ("web2", "192.0.2.12", "", "", "", "", "2"),
            ("web2", "192.0.2.13", "", "", "a.test", "", "2"),
            ("web3", "192.0.2.12", "", "", "=cmd|' /C calc'!A0", "", "2"),
        ],
    )
    assert [line.partition(" — ")[0] for line in mistakes(file, inventory)] == [
        "2: 'web 1' is not a valid host name (column A, Máy chủ)",
        "3: '192.0.2.1{{ 1 }}' is neither an IP address nor a name (column B, Địa chỉ)",
        ("3: 'xã Thử' is not a unit in office/organisation.yml (column C, Đơn vị vận hành); did you mean 'xa'?"),
        "3: '000': Input should be greater than or equal to 1 (column D, Cổng mở)",
        "3: 'https://xa-mot.test/' is the address of a page (column E, Tên miền)",
        "3: 'xa-thu' is not a unit in office/organisation.yml (column F, Đơn vị); did you mean 'xa'?",
        "3: 'cấp 4': Input should be 1, 2 or 3 (column G, Cấp độ)",
        "4: the name of the host is missing (column A, Máy chủ)",
        "5: the domain of the site is missing (column E, Tên miền)",
        "6: host web2 has a different value here in row 5 (column B, Địa chỉ)",
        "6: the inventory has a.test on host a (column E, Tên miền)",
        "7: \"=cmd|' /c calc'!a0\" is not a domain name like xa-vi-du.gov.vn (column E, Tên miền)",
        "7: host web2 in row 5 has the same address and port (column B, Địa chỉ)",
    ]
    assert all(" — " in line for line in mistakes(file, inventory))
    assert state(inventory).items() == {**before, file: file.read_bytes()}.items()


def test_a_host_that_is_there_stays_and_is_named(tmp_path: Path) -> None:
    inventory = folder(tmp_path)
    rows = [HEAD, ("a", "192.0.2.9", "xa", "", "a.test", "tinh", "2"), ("b", "192.0.2.2", "", "", "", "", "")]
    done = importer.import_spreadsheet_into_inventory(written(tmp_path / "office/x.csv", rows), inventory)
    assert (done.file, done.entries) == (None, ())
    assert [(kept.name, kept.differs) for kept in done.existing_hosts] == [("a", ("ansible_host", "unit")), ("b", ())]
    assert done.existing_hosts[0].where.startswith(f"{inventory}/hosts.yml:")
    rows.append(("a", "", "", "", "moi.test", "", ""))
    (line,) = mistakes(written(tmp_path / "office/x.csv", rows), inventory)
    assert line.startswith("4: the inventory has host a, but without moi.test (column E, Tên miền) — add the site")


def test_imported_again_what_is_new_gets_a_file_of_its_own(tmp_path: Path) -> None:
    inventory = folder(tmp_path)
    file = tmp_path / "office/xa.csv"
    importer.import_spreadsheet_into_inventory(written(file, [HEAD, *TWO]), inventory)
    done = importer.import_spreadsheet_into_inventory(
        written(file, [HEAD, *TWO, ("web3", "192.0.2.13", "", "", "", "", "")]), inventory
    )
    assert done.file == inventory / "xa-2.yml"
    assert [entry.name for entry in done.entries] == ["web3"]
    assert [kept.differs for kept in done.existing_hosts] == [(), ()]


def test_of_a_new_inventory_the_hosts_are_as_enrolment_leaves_them(tmp_path: Path) -> None:
    done = importer.import_spreadsheet_into_inventory(
        written(tmp_path / "x.csv", [HEAD[:2], ("web1", "192.0.2.1")]), tmp_path
    )
    assert done.file is not None
    own = yaml.safe_load(done.file.read_text("utf-8"))["all"]["hosts"]["web1"]
    assert own["ansible_user"] == "luytre" and own["ansible_ssh_private_key_file"] == "~/.ssh/luytre"
    assert inventories.load_inventory(tmp_path).hosts[0].address == "192.0.2.1"


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_headings_and_values_are_known_however_they_were_typed(tmp_path: Path, form: Any) -> None:
    inventory = folder(tmp_path)
    rows = [
        [
            unicodedata.normalize(form, cell)
            for cell in ("TÊN MÁY CHỦ ", "Địa chỉ IP", "đơn  vị", "Website", "Ghi chú", "Điện thoại")
        ],
        [
            unicodedata.normalize(form, cell)
            for cell in ("ｗｅｂ１", "１９２.0.2.11", "UBND xã Thử", "XA-MOT.test\u00a0", "chị Hoa", "0912")
        ],
    ]
    done = importer.import_spreadsheet_into_inventory(written(tmp_path / "office/x.csv", rows), inventory)
    (entry,) = done.entries
    assert (entry.name, entry.host.values, done.unread) == ("web1", {"ansible_host": "192.0.2.11"}, ("Điện thoại",))
    assert entry.sites[0].values == {"unit": "xa", "domain": "xa-mot.test"}


def test_a_heading_that_is_mistyped_or_there_twice_is_named(tmp_path: Path) -> None:
    for head, said in {
        ("Máy chủ", "Tên miền", "Cấp đọc"): "Cấp đọc is not a column of the list (column C)",
        ("Máy chủ", "Tên miền", "Website"): "two columns are Website",
        ("Máy chủ", "Địa chỉ", "Cấp độ"): "there is no column Tên miền / Domain",
        ("Tên miền", "Đơn vị"): "there is no column Máy chủ / Host",
        ("Họ và tên", "Ngày sinh"): "has no row with the headings of the list",
    }.items():
        with pytest.raises(InputError, match=r"x\.csv: ") as caught:
            importer.import_spreadsheet_into_inventory(
                written(tmp_path / "x.csv", [head, ["web1"] * len(head)]), tmp_path
            )
        assert said in str(caught.value)


def test_merged_cells_of_a_column_stand_for_each_of_their_rows(tmp_path: Path) -> None:
    file = tmp_path / "x.xlsx"
    book = xlsxwriter.Workbook(file)
    page = book.add_worksheet()
    page.merge_range(0, 0, 0, 2, "Danh sách máy chủ năm 2026")
    page.write_row(2, 1, ("Máy chủ", "Tên miền", "Cấp độ"))
    page.merge_range(3, 1, 4, 1, "web1")
    page.write_column(3, 2, ("xa-mot.test", "xa-hai.test"))
    page.write_column(3, 3, (2, 3.0))
    hidden = book.add_worksheet()
    hidden.write_row(0, 0, HEAD)
    hidden.hide()
    book.close()
    (entry,) = importer.import_spreadsheet_into_inventory(file, tmp_path).entries
    assert [site.values for site in entry.sites] == [
        {"domain": "xa-mot.test", "level": 2},
        {"domain": "xa-hai.test", "level": 3},
    ]


def test_formulas_and_dates_are_not_taken_for_what_they_show(tmp_path: Path) -> None:
    file = tmp_path / "x.xlsx"
    book = xlsxwriter.Workbook(file)
    page = book.add_worksheet()
    page.write_row(0, 0, ("STT", "Máy chủ", "Địa chỉ", "Cổng mở"))
    page.write_formula(1, 0, "=ROW()-1", value=1)
    page.write_formula(1, 1, '="web"&1', value="web1")
    page.write_formula(1, 2, "=1/0", value="#DIV/0!")
    page.write_datetime(1, 3, __import__("datetime").datetime(2026, 8, 9), book.add_format({"num_format": "d/m"}))
    book.close()
    assert [line.partition(" — ")[0] for line in mistakes(file, tmp_path)] == [
        "2: this is a formula (column B, Máy chủ)",
        "2: this formula has an error (column C, Địa chỉ)",
        "2: the spreadsheet converted this to a date (column D, Cổng mở)",
    ]


def test_what_is_built_to_cost_memory_or_time_ends_the_child_alone(tmp_path: Path) -> None:
    far = changed(
        written(tmp_path / "far.xlsx", [HEAD]),
        {
            "xl/worksheets/sheet1.xml": (
                b"</sheetData>",
                b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>',
            )
        },
    )
    swollen = changed(
        written(tmp_path / "swollen.xlsx", [HEAD]),
        {
            "xl/sharedStrings.xml": ("Máy chủ".encode(), b"x" * 1_000_000),
            "xl/worksheets/sheet1.xml": (
                b"</sheetData>",
                b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (n, n) for n in range(2, 2000))
                + b"</sheetData>",
            ),
        },
    )
    for file in (far, swollen):
        assert file.stat().st_size < 200_000
        with pytest.raises(InputError, match="cannot be read as XLSX"):
            source.read_table_from_spreadsheet(file)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.xlsx", b"PK\x03\x04", "cannot be read as XLSX"),
        ("x.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "cannot be read as XLSX"),
        ("x.csv", "Máy chủ;Địa chỉ\nweb1;1".encode("cp1258", "replace") + b"\xd5\xff", "is not UTF-8"),
        ("x.csv", b"\xff\xfe\x00", "is not UTF-8"),
        ("x.csv", b'Host;Address\n"web1;192.0.2.1\n', "cannot be read as CSV"),
        ("x.csv", b"Host;Address\n", "has no host below the heading row"),
        ("x.csv", b"Host;Address\n" * 2, "several rows contain the headings"),
        ("x.csv", b"Host;Address\n" + b"web1;192.0.2.1\n" * 10_001, "has more than 10000 rows"),
        ("x.ods", b"", "is neither CSV nor XLSX"),
    ],
)
def test_what_is_no_list_is_told(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        importer.import_spreadsheet_into_inventory(tmp_path / name, tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / name}: {said}")


def test_excels_unicode_text_is_read(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes("Máy chủ\tĐịa chỉ\r\nweb1\t192.0.2.1\r\n".encode("utf-16"))
    assert [entry.name for entry in importer.import_spreadsheet_into_inventory(file, tmp_path).entries] == ["web1"]


@pytest.mark.parametrize("kind", ["m.xlsx", "m.csv"])
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_template_has_every_column_and_is_read_back(tmp_path: Path, kind: str, lang: Any) -> None:
    template.write_spreadsheet_template(tmp_path / kind, Words(lang))
    with pytest.raises(InputError, match="has no host"):
        importer.import_spreadsheet_into_inventory(tmp_path / kind, tmp_path)
    assert tuple(source.read_table_from_spreadsheet(tmp_path / kind).headings.columns.values()) == COLUMNS
    with pytest.raises(InputError, match="already exists"):
        template.write_spreadsheet_template(tmp_path / kind, Words(lang))


def test_the_examples_of_the_template_are_what_an_import_takes(tmp_path: Path) -> None:
    rows = [[column.field for column in COLUMNS], [template.EXAMPLES[column.field] for column in COLUMNS]]
    rows[1] = [cell.replace(", ", ",") for cell in rows[1]]
    (entry,) = importer.import_spreadsheet_into_inventory(written(tmp_path / "x.xlsx", rows), tmp_path).entries
    assert {"name", *entry.host.values, *entry.sites[0].values} == {column.field for column in COLUMNS}


def test_columns_are_lettered_as_in_a_spreadsheet() -> None:
    assert [get_column_letter(index) for index in (0, 25, 26, 51, 52, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]


def test_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    inventory = folder(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(
            "sys.argv", ["auditor", "inventory", "import", *arguments, "-i", str(inventory), "--lang", "vi"]
        )
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    code, out, _ = run("--template", str(tmp_path / "office/mau.xlsx"))
    assert code == 0 and "Điền xong" in out
    file = written(tmp_path / "office/x.csv", [HEAD, ("web 1",), ("web2", "192.0.2.12", "xã Thử")])
    code, out, err = run(str(file))
    assert code == 2 and out == ""
    assert "x.csv:2: 'web 1' không dùng làm tên máy chủ được (cột A, Máy chủ) — " in err
    assert "không nhập gì" in err.splitlines()[-1]
    file = written(tmp_path / "office/x.csv", [HEAD, *TWO, ("a",)])
    code, out, _ = run(str(file))
    assert code == 0 and "2 máy chủ, 2 trang" in out and "a đã có trong bảng kiểm kê" in out
    assert "auditor enroll web1 -i" in out and "--address 192.0.2.11" in out.replace("\n", " ")
    code, out, _ = run(str(file), "--json")
    assert [kept["name"] for kept in json.loads(out)["kept"]] == ["web1", "web2", "a"]


def test_a_list_that_is_none_costs_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "_MAX_MESSAGE", 5_000)
    wide = written(tmp_path / "wide.xlsx", [["host", "domain"], *([["a" * 1999] * 4] * 2)])
    many = tmp_path / "many.csv"
    many.write_bytes(b"host,domain" + b"," * 3_000_000 + b"\nweb1,xa.test\n")
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    began = time.process_time()
    for file, said in (
        (wide, "too large"),
        (many, "field larger"),
        (pipe, "is not a file"),
        (Path("/dev/zero"), "is not a file"),
    ):
        with pytest.raises(InputError, match=said):
            source.read_table_from_spreadsheet(file)
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    "cell",
    [
        "/var/www/{{ lookup('pipe', 'touch /tmp/owned') }}",
        "/var/www/{% for x in y %}",
        "/var/www/a{# #}",
        "/var/www/a\n  ansible_connection: local",
        "/var/www/\x1b[2J",
        "/var/www/\u202egpj.a",
        "!vault a",
    ],
)
def test_no_cell_becomes_a_template_or_a_command(tmp_path: Path, cell: str) -> None:
    inventory = tmp_path / "inventory"
    inventory.mkdir()
    heads = ("host", "domain", "document_root", "unit", "luytre_admins")
    for place in range(len(heads)):
        row = ["web1", "xa.test", "/var/www/xa.test", "xa", "quantri"]
        row[place] = cell
        (wrong, *_) = mistakes(written(tmp_path / "list.csv", [heads, row]), inventory)
        assert wrong.isprintable() or place == 0, wrong
    assert list(inventory.iterdir()) == []


def test_a_link_in_the_inventory_is_not_written_through(tmp_path: Path) -> None:
    inventory, victim = tmp_path / "inventory", tmp_path / "victim"
    inventory.mkdir()
    (inventory / "list.yml").symlink_to(victim)
    with pytest.raises(InputError):
        importer.import_spreadsheet_into_inventory(
            written(tmp_path / "list.csv", [("host", "domain"), ("web1", "xa.test")]), inventory
        )
    assert not victim.exists()
    (inventory / "list.yml").unlink()
    (inventory / "list").symlink_to(victim)
    assert importer.import_spreadsheet_into_inventory(tmp_path / "list.csv", inventory).file == inventory / "list.yml"
    assert not victim.exists()
