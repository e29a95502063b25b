"""From kept runs to files: which runs make a month, and what is refused before anything is written."""

from __future__ import annotations

import datetime
import io
import json
from pathlib import Path

import docx
import pikepdf
import pytest

from auditor.errors import InputError
from auditor.history.runs import RunHistory
from auditor.inventory import hosts as inventory
from auditor.models import Hardening, HostHardening
from auditor.report import advisory
from auditor.report.official import monthly, writer
from auditor.report.official.period import Period, build_state_at_end_of_month, find_last_month_with_run_before
from auditor.text.translations import Words
from tests import factory
from tests.unit import official

LAB = Path("inventories/lab")


@pytest.fixture
def history(tmp_path):
    return RunHistory(tmp_path / "state/history.sqlite")


def keep(history, started, *, hosts=factory.HOSTS, **more):
    run = factory.run(started=started, run_id=f"run-{started}-{len(hosts)}", hosts=hosts, **more)
    history.keep(run)
    return run


def written(history, tmp_path, unit="xa-an-truc", period="2026-11", **more):
    options = monthly.ReportOptions(**{"kind": "bao-cao", "lang": "vi", "today": official.TODAY, **more})
    report = monthly.build_monthly_report(
        history,
        inventory.load_inventory(LAB),
        official.CATALOGUE,
        unit,
        Period.parse_year_and_month(period),
        options,
    )
    return writer.write_document(report, tmp_path / "out").files


def test_the_files_of_a_month(history, tmp_path):
    keep(history, "2026-10-27T08:30:00+07:00")
    keep(history, "2026-11-24T09:12:00+07:00")
    files = written(history, tmp_path)
    assert [file.name for file in files] == [
        "bao-cao-xa-an-truc-2026-11.docx",
        "bao-cao-xa-an-truc-2026-11.pdf",
        "phu-luc-ky-thuat-xa-an-truc-2026-11.pdf",
    ]
    assert sorted((tmp_path / "out").iterdir()) == sorted(files)
    assert files[2].stat().st_mode & 0o777 == 0o600


def test_the_level_of_a_site_is_that_of_its_system(history, tmp_path):
    keep(history, "2026-11-24T09:12:00+07:00")
    paper = docx.Document(io.BytesIO(written(history, tmp_path)[0].read_bytes()))
    told = "\n".join(paragraph.text for paragraph in paper.paragraphs)
    assert not any(
        host.sites and site.level_declared for host in inventory.load_inventory(LAB).hosts for site in host.sites
    )
    assert "Theo khai báo của đơn vị quản lý: 1 trang cấp độ 2." in told
    assert "Chưa có khai báo cấp độ" not in told


def test_the_same_month_gives_the_same_bytes_again(history, tmp_path):
    keep(history, "2026-11-24T09:12:00+07:00")
    first = {file.name: file.read_bytes() for file in written(history, tmp_path)}
    made = docx.Document(io.BytesIO(first["bao-cao-xa-an-truc-2026-11.docx"])).core_properties
    assert made.created == made.modified == datetime.datetime(2026, 11, 24, 2, 12, tzinfo=datetime.UTC)
    for name in ("bao-cao-xa-an-truc-2026-11.pdf", "phu-luc-ky-thuat-xa-an-truc-2026-11.pdf"):
        with pikepdf.open(io.BytesIO(first[name])) as file:
            assert str(file.docinfo["/CreationDate"]).startswith("D:20261124021200"), name
    assert {file.name: file.read_bytes() for file in written(history, tmp_path)} == first


def test_a_month_is_vietnam_s_whatever_clock_the_run_used(history):
    keep(history, "2026-10-31T18:00:00+00:00")
    found = build_state_at_end_of_month(history.run, history.entries("inventories/lab"), Period(2026, 11), {"web1"})
    assert found is not None and found.run_start_moments == ("2026-10-31T18:00:00+00:00",)
    assert Period.from_moment("2026-11-01T00:30:00+07:00") == Period(2026, 11)
    assert Period.from_moment("2026-10-31T23:30:00+07:00") == Period(2026, 10)


def test_the_last_run_of_the_month_is_taken_and_a_limited_one_completed_from_earlier_ones(history):
    keep(history, "2026-11-02T08:00:00+07:00")
    full = keep(history, "2026-11-10T08:00:00+07:00")
    last = keep(history, "2026-11-20T08:00:00+07:00", hosts=factory.HOSTS[:1], hardened=True)
    keep(history, "2026-12-01T08:00:00+07:00")
    found = build_state_at_end_of_month(
        history.run, history.entries("inventories/lab"), Period(2026, 11), {"web1", "web2", "web3"}
    )
    assert found is not None
    assert found.run_start_moments == ("2026-11-20T08:00:00+07:00", "2026-11-10T08:00:00+07:00")
    of_first = [f for f in found.run.findings if f.host == "web1"]
    assert of_first == list(last.findings)
    assert [f for f in found.run.findings if f.host != "web1"] == [f for f in full.findings if f.host != "web1"]
    assert [host.name for host in found.run.hosts] == ["web1", "web2", "web3"]


def test_a_host_that_no_run_of_the_month_has_is_missing(history):
    keep(history, "2026-11-10T08:00:00+07:00", hosts=factory.HOSTS[:2])
    keep(history, "2026-11-20T08:00:00+07:00", hosts=factory.HOSTS[:1])
    found = build_state_at_end_of_month(
        history.run, history.entries("inventories/lab"), Period(2026, 11), {"web1", "web2", "web3"}
    )
    assert found is not None and [host.name for host in found.run.hosts] == ["web1", "web2"]


def test_the_month_before_is_the_last_that_has_a_run(history):
    for started in ("2026-06-10T08:00:00+07:00", "2026-08-10T08:00:00+07:00", "2026-11-10T08:00:00+07:00"):
        keep(history, started)
    entries = history.entries("inventories/lab")
    assert find_last_month_with_run_before(entries, Period(2026, 11)) == Period(2026, 8)
    assert find_last_month_with_run_before(entries, Period(2026, 6)) is None


@pytest.mark.parametrize(
    ("unit", "period", "told"),
    [
        ("xa-an-truc", "2026-12", "inventories/lab has no run in 2026-12 — months with runs: 2026-11"),
        ("nowhere", "2026-11", "--unit nowhere: there is no such unit"),
        ("a05", "2026-11", "unit a05 has no unit to report to"),
        ("so-khcn", "2026-11", "no site or host belongs to so-khcn"),
    ],
)
def test_what_cannot_be_reported_is_told_and_nothing_is_written(history, tmp_path, unit, period, told):
    keep(history, "2026-11-24T09:12:00+07:00")
    with pytest.raises(InputError) as caught:
        written(history, tmp_path, unit, period)
    assert told in str(caught.value) and not (tmp_path / "out").exists()


def test_a_broken_template_leaves_nothing_behind(history, tmp_path):
    keep(history, "2026-11-24T09:12:00+07:00")
    template = tmp_path / "x.docx"
    template.write_text("no zip")
    with pytest.raises(InputError, match="not a DOCX file"):
        written(history, tmp_path, template=template)
    assert not (tmp_path / "out").exists()


def body(files):
    return "\n".join(paragraph.text for paragraph in docx.Document(files[0]).paragraphs)


def test_a_deadline_does_not_roll_on_from_month_to_month(history, tmp_path):
    keep(history, "2026-10-27T08:30:00+07:00")
    keep(history, "2026-11-24T09:12:00+07:00")
    then = body(written(history, tmp_path, period="2026-10", today=datetime.date(2026, 10, 28)))
    assert "mức nghiêm trọng (Phụ lục II) chậm nhất ngày 07/11/2026" in then and "quá hạn" not in then
    now = body(written(history, tmp_path))
    assert "đã quá hạn khắc phục, lâu nhất là từ tháng 10 năm 2026" in now and "07/12/2026" not in now


def test_a_report_written_late_tells_that_days_were_moved(history, tmp_path):
    keep(history, "2026-11-24T09:12:00+07:00")
    lab = inventory.load_inventory(LAB)

    def build(today):
        options = monthly.ReportOptions(kind="bao-cao", lang="vi", today=today)
        return monthly.build_monthly_report(history, lab, official.CATALOGUE, "xa-an-truc", Period(2026, 11), options)

    assert build(datetime.date(2026, 11, 30)).notices == ()
    late = build(datetime.date(2026, 12, 11))
    (notice,) = late.notices
    assert "14/12/2026" in notice
    assert "chậm nhất ngày 14/12/2026" in body(writer.write_document(late, tmp_path / "out").files)


@pytest.mark.parametrize("text", ["2026", "2026-13", "2026-1", "26-11", "2026-11-01", "", "2026-00"])
def test_a_month_is_written_one_way(text):
    with pytest.raises(InputError, match="is not a month"):
        Period.parse_year_and_month(text)


def test_a_unit_that_ceased_says_who_took_over(tmp_path):
    office = tmp_path / "office"
    office.mkdir()
    (tmp_path / "hosts.yml").write_text("all:\n  hosts:\n    web1: {ansible_host: 192.0.2.1}\n")
    (office / "organisation.yml").write_text(
        "name: T\nunits:\n  - {id: huyen, name: Huyện, successor: xa}\n  - {id: xa, name: Xã Mới}\n"
    )
    with pytest.raises(
        InputError, match=r"organisation\.yml:3: unit huyen no longer exists: Xã Mới succeeded it — use --unit xa"
    ):
        monthly.get_reporting_unit(inventory.load_inventory(tmp_path), "huyen")
    (office / "organisation.yml").unlink()
    with pytest.raises(InputError, match="an official report needs the offices"):
        monthly.get_reporting_unit(inventory.load_inventory(tmp_path), "huyen")


def test_a_month_s_work_is_read_from_the_audits_around_each_hardening(history):
    keep(history, "2026-10-27T08:30:00+07:00")
    before = keep(history, "2026-11-24T09:12:00+07:00")
    after = factory.run(started="2026-11-24T23:30:00+07:00", run_id="after", hardened=True)
    confirmed = tuple(HostHardening(host=host.name, state="confirmed") for host in factory.HOSTS)
    made = Hardening(
        id=before.id, inventory=after.inventory, started="2026-11-24T23:00:00+07:00", seconds=1, hosts=confirmed
    )
    history.keep(after.model_copy(update={"hardening": made}))
    lost = made.model_copy(update={"id": "never-kept"})
    history.keep(after.model_copy(update={"id": "z", "started": "2026-11-25T01:00:00+07:00", "hardening": lost}))
    lab = inventory.load_inventory(LAB)
    now, earlier, first = monthly.load_start_and_end_states_of_month(history, lab, official.MONTH)
    assert (now.run.id, first and first.run.id, earlier is not None) == ("z", before.id, True)
    found = [(one.before.id, one.after.id) for one in monthly.iter_hardenings(history, lab, official.MONTH)]
    assert found == [(before.id, "after")]


def test_a_month_with_one_run_has_no_first_one(history):
    keep(history, "2026-11-24T09:12:00+07:00")
    assert monthly.load_start_and_end_states_of_month(history, inventory.load_inventory(LAB), official.MONTH)[1:] == (
        None,
        None,
    )


def test_annexes_that_were_asked_for_besides(history, tmp_path):
    """Before the last, in both files, numbered as all; without the names of hosts."""
    keep(history, "2026-11-24T09:12:00+07:00")
    verdicts = [
        {"state": "fixed", "subject": "openssl", "installed": "3.5-1", "fixed": "3.4-9", "hosts": ["web1", "web9"]},
        {"state": "affected", "subject": "openssl", "installed": "3.3-1", "fixed": "3.4-9", "hosts": ["web9"]},
    ]
    told = {"id": "CVE-2026-12345", "product": "OpenSSL on web1", "due": "2026-12-15", "verdicts": verdicts}
    (tmp_path / "answers.json").write_text(json.dumps({"title": "x", "answers": [told]}))
    answers = advisory.load_advisory_answers_from_json(tmp_path / "answers.json")

    def besides(month):
        found = advisory.build_annex_verdict_rows_for_hosts(
            answers, (host.name for host in month.run.hosts), Words("vi")
        )
        return {"answers": found, "sharing": (tuple(f"ô {number}" for number in range(12)),)}

    word = docx.Document(str(written(history, tmp_path, extra_annex_rows=besides)[0]))
    tables = [[[cell.text for cell in row.cells] for row in table.rows] for table in word.tables]
    (table,) = [table for table in tables if table[0][1] == "Mã lỗ hổng"]
    assert len(table) == 2 and table[1][:1] + table[1][3:] == [
        *("1", "đã vá", "openssl", "3.5-1", "3.4-9", "1", "15/12/2026"),
    ]
    assert "web1" not in table[1][2]
    assert ["1", *(f"ô {number}" for number in range(12))] in [row for table in tables for row in table]
    titles = [one.text for one in word.paragraphs if one.text.startswith(("KẾT QUẢ ĐỐI CHIẾU", "BẢO VỆ, KẾT NỐI"))]
    assert titles == ["KẾT QUẢ ĐỐI CHIẾU DANH SÁCH LỖ HỔNG", "BẢO VỆ, KẾT NỐI VÀ CHIA SẺ THÔNG TIN"]


@pytest.mark.parametrize("content", ["{", "[]", '{"answers": [{"id": 7}]}'])
def test_what_holds_no_answers_is_told(content, tmp_path):
    (tmp_path / "answers.json").write_text(content)
    with pytest.raises(InputError, match="not contain answers"):
        advisory.load_advisory_answers_from_json(tmp_path / "answers.json")
