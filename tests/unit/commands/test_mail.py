from __future__ import annotations

import io
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import yaml
from docx import Document as docx_file
from typer.testing import CliRunner, Result

from auditor.cli import app
from auditor.errors import InputError
from auditor.history.runs import RunHistory
from auditor.mail import summary
from auditor.mail.clearance import is_marked_as_official_document
from auditor.mail.spool import Spool
from auditor.models import Host, Organisation, Unit
from auditor.report import files
from auditor.report.formats import Format
from auditor.report.official import docx, pdf, technical
from auditor.results.office_month import MonthRuns, OfficeMonthFigures, compute_office_month_figures
from auditor.text.translations import Words
from tests import factory
from tests.mail_server import Authority, Received, free_port, serving
from tests.unit import official

ROOT = Path(__file__).parents[3]
ROLES: dict[str, dict[str, Any]] = {
    "xa-an-truc": {
        "roles": {"van_thu": "vanthu@antruc.test", "cntt": "cntt@antruc.test", "lanh_dao": "lanhdao@antruc.test"},
        "technical_roles": ["cntt"],
    },
    "tinh-tan-giang": {"roles": {"van_thu": "vanthu@tangiang.test", "ung_cuu": "vanthu@tangiang.test"}},
}
TECHNICAL = b"PK\x03\x04 only for technicians"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@cache
def printed(kind: str) -> bytes:
    """A PDF of ``report official``."""
    if kind == "report":
        (_, sheet), *_ = pdf.iter_document_print_jobs_by_file_suffix(official.document())
    else:
        month = official.month("xa-an-truc", factory.run(started=official.NOW))
        (_, sheet), *_ = technical.iter_technical_annex_print_jobs(month, official.CATALOGUE, official.MONTH, lang="vi")
    return pdf.render_pdf(sheet)


@pytest.fixture(scope="module")
def trusted(authority: Authority) -> ssl.SSLContext:
    return authority.context("127.0.0.1")


@pytest.fixture
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, authority: Authority) -> Path:
    """An inventory whose mail server is down, with one kept run."""
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path / "state"))
    folder = tmp_path / "inventory"
    (folder / "office").mkdir(parents=True)
    units = [
        {**json.loads(unit.model_dump_json(exclude_defaults=True)), **ROLES.get(unit.id, {})}
        for unit in factory.ORGANISATION.units
    ]
    write(folder / "office/organisation.yml", {"name": factory.ORGANISATION.name, "units": units})
    hosts = {host.name: {"ansible_host": host.address, "luytre_unit": host.unit} for host in factory.HOSTS}
    write(folder / "hosts.yml", {"all": {"hosts": hosts}})
    settings(folder, authority, free_port())
    (tmp_path / "bao-cao.pdf").write_bytes(printed("report"))
    (tmp_path / "phu-luc.xlsx").write_bytes(TECHNICAL)
    RunHistory().keep(factory.run().model_copy(update={"inventory": str(folder)}))
    return folder


def write(file: Path, data: object) -> None:
    file.write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")


def settings(folder: Path, authority: Authority, port: int) -> None:
    said = {"host": "127.0.0.1", "port": port, "from": "luytre@tangiang.test", "ca_file": "ca.pem"}
    shutil.copy(authority.file, folder / "office/ca.pem")
    write(folder / "office/mail.yml", said)


def auditor(*arguments: str | Path, exit_code: int = 0) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == exit_code, result.output
    return result


def test_the_report_goes_to_every_role_and_the_annex_to_technical_ones(
    inventory: Path, authority: Authority, trusted: ssl.SSLContext, tmp_path: Path
) -> None:
    received = Received()
    files = ["--attach", tmp_path / "bao-cao.pdf", "--technical", tmp_path / "phu-luc.xlsx"]
    with serving(received, trusted) as port:
        settings(inventory, authority, port)
        for _ in range(2):
            said = auditor("report", "send", "--to-unit", "xa-an-truc", "-i", inventory, *files).stdout
            assert said.splitlines() == [f"{who}@antruc.test: đã gửi" for who in ("cntt", "lanhdao", "vanthu")]
    mails = dict(zip(received.recipients, received.mails, strict=True))
    assert sorted(mails) == ["cntt@antruc.test", "lanhdao@antruc.test", "vanthu@antruc.test"]
    names = {who: [part.get_filename() for part in mail.iter_attachments()] for who, mail in mails.items()}
    assert names["cntt@antruc.test"] == ["bao-cao.pdf", "phu-luc.xlsx"]
    assert names["vanthu@antruc.test"] == names["lanhdao@antruc.test"] == ["bao-cao.pdf"]
    assert TECHNICAL not in mails["vanthu@antruc.test"].as_bytes()
    body = mails["vanthu@antruc.test"].get_body()
    assert body is not None
    text = body.get_content()
    assert text.startswith("LƯU HÀNH NỘI BỘ\r\n\r\nKính gửi: Ủy ban nhân dân xã An Trúc\r\n")
    assert "antruc.test: phải làm ngay" in text
    assert "bennua.test" not in text
    assert "10.213.47.11" not in text
    assert "web1" not in text
    assert RunHistory().verify().head in text
    assert "Ủy ban nhân dân xã An Trúc" in mails["vanthu@antruc.test"]["Subject"]


def test_one_address_with_two_roles_gets_one_mail_about_the_unit_that_was_meant(
    inventory: Path, authority: Authority, trusted: ssl.SSLContext
) -> None:
    received = Received()
    run_id = factory.run().id
    with serving(received, trusted) as port:
        settings(inventory, authority, port)
        told = auditor(
            "report", "send", run_id, "--unit", "xa-dong-vau", "--to-unit", "tinh-tan-giang",
            "-i", inventory, "--json", "--lang", "en",
        )  # fmt: skip
    assert [mail["state"] for mail in json.loads(told.stdout)] == ["sent"]
    assert received.recipients == ["vanthu@tangiang.test"]
    body = received.mails[0].get_body()
    assert body is not None
    assert "dongvau.test" in body.get_content()
    assert "gotre.test" not in body.get_content()
    assert "To: Ủy ban nhân dân tỉnh Tân Giang" in body.get_content()
    assert received.mails[0]["Subject"].startswith("Security audit of Ủy ban nhân dân xã Đồng Vầu")


def test_what_cannot_be_delivered_waits_in_the_queue_until_it_can(
    inventory: Path, authority: Authority, trusted: ssl.SSLContext
) -> None:
    said = auditor("report", "send", "--to-unit", "tinh-tan-giang", "-i", inventory).stdout
    assert "chưa gửi được, sẽ thử lại lúc" in said
    assert "đang chờ" in auditor("mail", "queue").stdout
    (waiting,) = json.loads(auditor("mail", "queue", "--json").stdout)
    assert (waiting["state"], waiting["tries"]) == ("waiting", 1)
    assert "refused" in waiting["last_error"]
    assert auditor("mail", "run", "--json").stdout.strip() == "[]"
    received = Received()
    with serving(received, trusted) as port:
        settings(inventory, authority, port)
        assert auditor("mail", "run", "--early", "--lang", "en").stdout == "vanthu@tangiang.test: delivered\n"
    assert len(received.mails) == 1
    assert auditor("mail", "queue", "--lang", "en").stdout == "No mail is waiting.\n"
    assert "đã gửi" in auditor("mail", "queue", "--all").stdout


def test_a_mail_refused_for_good_is_exit_1_and_is_sent_again_when_asked_again(
    inventory: Path, authority: Authority, trusted: ssl.SSLContext
) -> None:
    received = Received(refused={"vanthu@tangiang.test": "550 no such user"})
    with serving(received, trusted) as port:
        settings(inventory, authority, port)
        send = ("report", "send", "--to-unit", "tinh-tan-giang", "-i", inventory)
        assert "từ chối: 550 no such user" in auditor(*send, exit_code=1).output
        assert "bị từ chối" in auditor("mail", "queue").stdout
        received.refused = {}
        assert auditor(*send).stdout == "vanthu@tangiang.test: đã gửi\n"
    assert len(received.mails) == 1


def test_a_trial_mail_says_how_it_went(inventory: Path, authority: Authority, trusted: ssl.SSLContext) -> None:
    assert "Chưa gửi được thư thử" in auditor("mail", "test", "-i", inventory, exit_code=1).output
    received = Received()
    with serving(received, trusted) as port:
        settings(inventory, authority, port)
        assert "đã nhận thư thử" in auditor("mail", "test", "-i", inventory).stdout
        told = json.loads(auditor("mail", "test", "-i", inventory, "--to", "x@antruc.test", "--json").stdout)
    assert told == {"recipient": "x@antruc.test", "host": "127.0.0.1", "port": port, "error": None}
    assert received.recipients == ["luytre@tangiang.test", "x@antruc.test"]
    assert Spool().list_mails() == ()


def test_the_command_killed_while_it_sends_leaves_the_mail_in_the_queue(
    inventory: Path, authority: Authority, trusted: ssl.SSLContext
) -> None:
    received = Received()
    command = ["report", "send", "--to-unit", "xa-an-truc", "-i", str(inventory)]
    with serving(received, trusted) as port:
        settings(inventory, authority, port)
        process = subprocess.Popen(
            [sys.executable, "-c", "from auditor.cli import main; main()", *command],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        received.taken = lambda: os.kill(process.pid, signal.SIGKILL)
        assert process.wait(60) == -signal.SIGKILL
        received.taken = lambda: None
        assert len(received.mails) == 1
        auditor("mail", "run", "--early")
    ids = [mail["Message-ID"] for mail in received.mails]
    assert len(ids) == 4
    assert len(set(ids)) == 3
    assert {mail.state for mail in Spool().list_mails()} == {"sent"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to-unit", "khong-co"], "khong-co is not a unit"),
        (["--to-unit", "xa-go-tre"], "has no role with an address"),
        (["--to-unit", "xa-an-truc", "--role", "ke_toan"], "has no role ke_toan"),
        (["--to-unit", "tinh-tan-giang", "--technical", "FILE"], "may receive the technical annex"),
        (["--to-unit", "xa-an-truc", "--attach", "/nowhere.pdf"], "cannot be read"),
        (["--to-unit", "xa-an-truc", "--attach", "ANNEX"], "would be sent to all recipients"),
        (["khong-co", "--to-unit", "xa-an-truc"], "no stored run begins with"),
    ],
)
def test_bad_input_is_one_clear_error_and_puts_nothing_in_the_queue(
    inventory: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "ket-qua.pdf").write_bytes(printed("annex"))
    files = {"FILE": "phu-luc.xlsx", "ANNEX": "ket-qua.pdf"}
    given = [str(tmp_path / files[argument]) if argument in files else argument for argument in arguments]
    with pytest.raises(InputError, match=said):
        auditor("report", "send", *given, "-i", inventory)
    assert Spool().list_mails() == ()


@pytest.mark.parametrize("form", [*Format])
def test_no_other_file_goes_to_everybody_whatever_its_name(inventory: Path, tmp_path: Path, form: Format) -> None:
    made = files.write_report_files_of_run(
        factory.run(), factory.catalogue(), output=tmp_path, lang="vi", formats={form}
    ).files[form]
    file = made.replace(tmp_path / "bao-cao-xa-an-truc-2026-11.docx")
    with pytest.raises(InputError, match=f"{file.name} is not an official report"):
        auditor("report", "send", "--to-unit", "xa-an-truc", "--attach", str(file), "-i", inventory)
    assert Spool().list_mails() == ()


def test_an_official_report_proves_itself_after_an_officer_has_worked_on_it(tmp_path: Path) -> None:
    made = docx.render_document_as_docx(official.document())
    assert is_marked_as_official_document(made)
    edited = docx_file(io.BytesIO(made))
    edited.paragraphs[0].add_run("Số: 12/BC-UBND")
    edited.save(str(tmp_path / "ky.docx"))
    assert is_marked_as_official_document((tmp_path / "ky.docx").read_bytes())
    for keywords in ("luytre-official", "ký số, luytre-official"):  # the second is written as two bytes a character
        with pikepdf.new() as signed:
            signed.docinfo["/Keywords"] = pikepdf.String(keywords)
            signed.save(tmp_path / "ky.pdf")
        assert is_marked_as_official_document((tmp_path / "ky.pdf").read_bytes())


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"%PDF-1.7\n(luytre-official)", b"luytre-official"])
def test_what_only_speaks_of_an_official_report_is_none(content: bytes) -> None:
    assert not is_marked_as_official_document(content)


def test_an_address_that_is_none_stops_the_whole_sending(inventory: Path) -> None:
    file = inventory / "office/organisation.yml"
    file.write_text(file.read_text("utf-8").replace("lanhdao@antruc.test", "lanhdao@antruc.test, x@y.test"), "utf-8")
    with pytest.raises(InputError, match="is not a mail address"):
        auditor("report", "send", "--to-unit", "xa-an-truc", "-i", inventory)
    assert Spool().list_mails() == ()


def test_a_technical_role_that_is_no_role_is_an_error_with_its_line(inventory: Path) -> None:
    file = inventory / "office/organisation.yml"
    file.write_text(file.read_text("utf-8").replace("- cntt", "- ke_toan"), "utf-8")
    with pytest.raises(InputError, match=r"organisation.yml:\d+: .*ke_toan is not one of its roles"):
        auditor("report", "send", "--to-unit", "xa-an-truc", "-i", inventory)


def test_a_unit_that_ceased_names_its_successor(inventory: Path) -> None:
    file = inventory / "office/organisation.yml"
    said = yaml.safe_load(file.read_text("utf-8"))
    said["units"][1]["successor"] = "xa-go-tre"
    write(file, said)
    with pytest.raises(InputError, match="successor xa-go-tre"):
        auditor("report", "send", "--to-unit", "xa-an-truc", "-i", inventory)


def test_the_text_covers_the_units_below_and_those_taken_over() -> None:
    units = (
        Unit(id="tinh-tan-giang", name="Tỉnh"),
        Unit(id="xa-an-truc", name="An Trúc", parent="tinh-tan-giang", successor="xa-dong-vau"),
        Unit(id="xa-dong-vau", name="Đồng Vầu", parent="tinh-tan-giang"),
        Unit(id="xa-go-tre", name="Gò Tre", parent="tinh-tan-giang"),
    )
    organisation = Organisation(name="Tỉnh", units=units)
    run = factory.run(unreachable=["web3"])

    def found(unit: Unit, hosts: tuple[Host, ...] = factory.HOSTS) -> OfficeMonthFigures:
        return compute_office_month_figures(
            organisation, unit, factory.HOSTS, MonthRuns(run.model_copy(update={"hosts": hosts}))
        )

    def text(unit: Unit, hosts: tuple[Host, ...] = factory.HOSTS) -> str:
        return summary.write_audit_result_mail_body(found(unit, hosts), unit, Words("vi"), [])

    taken_over = text(units[2])
    assert "antruc.test: phải làm ngay" in taken_over
    assert "dongvau.test: chưa đọc được" in taken_over
    assert "gotre.test" not in taken_over
    assert all(domain in text(units[0]) for domain in ("antruc.test", "dongvau.test", "gotre.test"))
    assert "--seen" not in text(units[3])
    assert "1 trang chưa rà soát trong lần này: dongvau.test." in text(units[2], factory.HOSTS[:1])
    with pytest.raises(InputError, match="does not contain any site of xa-go-tre"):
        text(units[3], factory.HOSTS[:1])


def test_the_subject_is_in_the_words_of_the_organisation_s_laws() -> None:
    said = []
    for regime in ("2022", "2026"):
        organisation = factory.ORGANISATION.model_copy(update={"regime": regime})
        found = compute_office_month_figures(organisation, organisation.units[0], (), MonthRuns(factory.run()))
        said.append(summary.write_audit_result_mail_subject(found, Words("vi")).partition(" của ")[0])
    assert said == ["Kết quả rà soát an toàn thông tin mạng", "Kết quả rà soát an ninh mạng"]


def test_a_long_list_is_cut_and_says_so() -> None:
    (host,) = factory.HOSTS[:1]
    sites = tuple(host.sites[0].model_copy(update={"domain": f"a{number:03}.test"}) for number in range(30))
    run = factory.run(hosts=(host.model_copy(update={"sites": sites}),))
    found = compute_office_month_figures(factory.ORGANISATION, factory.ORGANISATION.units[0], (), MonthRuns(run))
    lines = summary.write_audit_result_mail_body(found, factory.ORGANISATION.units[0], Words("en"), []).splitlines()
    assert sum(line.startswith("- a") and ".test" in line for line in lines) == 25
    assert "- and 5 more sites." in lines
