"""What the guides show in their blocks is typed to the letter, in order: here what needs no host; on the lab all else, but for a short list with reasons."""

from __future__ import annotations

import gzip
import json
import re
import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
import yaml
from typer.testing import CliRunner

from auditor.cli import app
from auditor.history.runs import RunHistory
from auditor.inventory.spreadsheet_import import template
from auditor.inventory.spreadsheet_import.columns import COLUMNS
from auditor.models import clock
from auditor.text.translations import Words
from tests import factory, guide
from tests.mail_server import Authority, Received, serving
from tests.unit.mail.test_webhook import Heard, listening
from tests.unit.vulnerabilities import factory as vulnerabilities

VIETNAMESE = {"under-attack.md": "bi-tan-cong.md"}
PAGES = sorted(path.name for path in (guide.ROOT / "docs/en").glob("*.md"))
HERE = ("history.md", "report.md", "inventory.md", "mail.md", "indicators.md", "vulnerabilities.md", "hunt-rules.md")
EXITS = {"auditor indicators match": 1, "auditor vulnerabilities advisory": 3}
"""By how a command begins, when it is not 0: it found something, and the example's host was never read."""


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_show_the_same_commands(page: str) -> None:
    assert list(guide.commands("en", page)) == list(guide.commands("vi", VIETNAMESE.get(page, page)))


def test_every_command_that_a_guide_shows_is_typed_by_a_test_or_is_listed_with_a_reason() -> None:
    shown = {(page, command) for page in PAGES for command in guide.commands("en", page)}
    typed = {(page, command) for page, command in shown if page in (*HERE, *guide.ON_THE_LAB)}
    listed = {(page, command) for page, commands in guide.NOT_TYPED.items() for command in commands}
    assert listed <= shown, "they are shown no longer"
    assert shown - typed - listed == set()
    assert all(guide.NOT_TYPED[page][command] for page, command in listed)


@pytest.fixture
def working(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the pages take for granted: inventories, two audits, files that were sent."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("LUYTRE_INVENTORY", "inventories/xa")
    monkeypatch.setattr(clock, "now", lambda: clock.parse_iso_moment("2026-11-25T09:00:00+07:00"))
    for name in ("xa", "lab", "example"):
        shutil.copytree(guide.ROOT / "inventories" / ("example" if name == "example" else "lab"), f"inventories/{name}")
    for started, run_id in (
        ("2026-10-24T10:00:00+07:00", "20261024T100000-a1b2"),
        ("2026-11-24T10:00:00+07:00", "20261124T100000-c3d4"),
    ):
        run = factory.run(started=started, run_id=run_id)
        RunHistory().keep(run.model_copy(update={"inventory": "inventories/xa"}))
    return tmp_path


def type_page(
    page: str, prepare: Mapping[str, Callable[[], object]], names: Mapping[str, str] | None = None
) -> Iterator[tuple[str, str]]:
    """Type what the page shows, each command after what it takes for granted; what each said."""
    for command in guide.commands("en", page):
        if command in guide.NOT_TYPED.get(page, {}):
            continue
        for begins, make in prepare.items():
            if command.startswith(begins):
                make()
        program, *arguments = shlex.split(command)
        if program == "export":
            assert re.fullmatch(r"[A-Z_]+=\S+", arguments[0])
            continue
        assert program == "auditor", command
        for old, new in (names or {}).items():
            arguments = [one.replace(old, new) for one in arguments]
        done = CliRunner().invoke(app, arguments, catch_exceptions=False)
        expected = next((code for begins, code in EXITS.items() if command.startswith(begins)), 0)
        assert done.exit_code == expected, (command, done.output)
        yield command, done.stdout


def test_the_page_on_history(working: Path) -> None:
    said = dict(type_page("history.md", {}))
    assert "20261124T100000-c3d4" in said["auditor history list -i inventories/xa"]
    assert json.loads((working / "run.json").read_text("utf-8"))["id"] == "20261124T100000-c3d4"


def test_the_page_on_reading_the_report(working: Path) -> None:
    said = dict(type_page("report.md", {}))
    assert "ssh.root_login" in said["auditor controls show ssh.root_login"]


def test_the_page_on_the_inventory(working: Path) -> None:
    def fill_in() -> None:
        book = openpyxl.load_workbook("danh-sach.xlsx")
        words = Words("vi")
        headings = {column.get_template_heading(words): column.field for column in COLUMNS}
        page = book.worksheets[0]
        row = {headings[str(cell.value)]: cell.column for cell in page[1]}
        for field in ("name", "ansible_host", "domain"):
            page.cell(2, row[field], template.EXAMPLES[field])
        book.save("danh-sach.xlsx")

    said = dict(type_page("inventory.md", {"auditor inventory import danh-sach": fill_in}))
    assert (working / "danh-sach.xlsx").exists()
    assert "web1" in said["auditor inventory check"]


def test_the_page_on_mail(working: Path) -> None:
    authority, received = Authority(working / "ca"), Received()
    with serving(received, authority.context("127.0.0.1")) as port:
        guide.declare(Path("inventories/xa"), authority, port)
        heard = Heard()
        with listening(heard, None) as hook:
            webhook = {"url": f"http://127.0.0.1:{hook}/luytre", "secret_file": "webhook.secret"}
            Path("inventories/xa/office/webhook.yml").write_text(yaml.safe_dump(webhook), "utf-8")
            secret = Path("inventories/xa/office/webhook.secret")
            secret.write_text("0123456789abcdef" * 4, "ascii")
            secret.chmod(0o600)
            said = dict(type_page("mail.md", {}))
    assert received.mails
    assert "report notify" in list(said)[-1]


def test_the_page_on_indicators(working: Path) -> None:
    def lists() -> None:
        Path("c2-thang-11.csv").write_text("IP,Url,Type\n203.0.114.9,,c2\n", "utf-8")
        pattern = {
            "type": "indicator",
            "spec_version": "2.1",
            "id": "indicator--1",
            "name": "n",
            "pattern": "[domain-name:value = 'evil.test']",
        }
        bundle = {
            "type": "bundle",
            "id": "bundle--1",
            "objects": [{**pattern, "pattern_type": "stix", "valid_from": "2026-11-20T20:00:00Z"}],
        }
        Path("bundle.json").write_text(json.dumps(bundle), "utf-8")
        event = {
            "Event": {
                "info": "x",
                "date": "2026-11-20",
                "Attribute": [{"type": "domain", "value": "evil2.test", "to_ids": True}],
            }
        }
        Path("misp-event.json.gz").write_bytes(gzip.compress(json.dumps(event).encode()))
        line = '203.0.114.9 - - [24/Nov/2026:10:00:00 +0700] "GET / HTTP/1.1" 200 5 "-" "-"\n'
        Path("access.log.gz").write_bytes(gzip.compress(line.encode()))

    said = dict(
        type_page("indicators.md", {"auditor indicators import c2": lists}, {"/srv/nhat-ky/": f"{Path.cwd()}/"})
    )
    assert "203.0.114.9" in said["auditor indicators match /srv/nhat-ky/access.log.gz -i inventories/lab"]


def test_the_page_on_rule_sets(working: Path) -> None:
    def unpack() -> None:
        Path("signature-base").mkdir()
        Path("signature-base/LICENSE").write_text("Detection Rule License (DRL) 1.1", "ascii")
        rule = 'rule X { meta: date = "2026-11-02" strings: $a = "luytre-none" condition: $a }'
        Path("signature-base/x.yar").write_text(rule, "ascii")

    said = dict(type_page("hunt-rules.md", {"auditor rules import": unpack}))
    listed = " ".join(said["auditor rules list"].split())
    assert "signature-base 2026-11-02 Detection Rule License 1.1 1 0" in listed


def test_the_page_on_vulnerabilities(working: Path) -> None:
    def data() -> None:
        issues = {"CVE-2026-12345": {"bookworm": vulnerabilities.release(fixed="3.0-2")}}
        vulnerabilities.write(Path("debian-tracker.json"), vulnerabilities.tracker(openssl=issues))
        vulnerabilities.write(Path("known_exploited_vulnerabilities.json"), vulnerabilities.kev("CVE-2026-12345"))
        scores = "#model_version:v2026.03.14,score_date:2026-11-20T00:00:00+0000\ncve,epss,percentile\nCVE-2026-12345,0.5,0.9\n"
        Path("epss_scores-current.csv.gz").write_bytes(gzip.compress(scores.encode()))
        with xlsxwriter.Workbook("thang-11.xlsx") as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["STT", "CVE", "Sản phẩm"])
            sheet.write_row(1, 0, [1, "CVE-2026-12345", "OpenSSL"])

    said = dict(type_page("vulnerabilities.md", {"auditor vulnerabilities import": data}))
    assert (working / "out/tra-loi.xlsx").exists()
    assert said
