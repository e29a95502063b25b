"""What an official report says: the figures of the runs, in sentences that a chair can sign."""

from __future__ import annotations

import datetime
import re
import shutil
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.inventory import hosts as inventories
from auditor.models import (
    AppliedWaiver,
    Finding,
    Hardening,
    Host,
    HostHardening,
    Organisation,
    Status,
    Waiver,
    WaiverUse,
)
from auditor.report.official.document import COLUMNS
from auditor.results.month_work import HardeningAudits
from auditor.results.summary import FindingCounts
from tests import factory
from tests.unit import official

BEFORE = factory.run(started=official.BEFORE, run_id="before")
HARDENED = factory.run(started=official.NOW, run_id="after", hardened=True)


def of_ward(run, host, domain):
    return [f for f in run.findings if f.subject.id in (host, domain)]


def annex(of, key):
    return next(one for one in of.annexes if one.key == key)


def test_a_ward_s_figures_are_those_of_its_site_and_host():
    run = factory.run(started=official.NOW)
    counts = FindingCounts.from_findings(of_ward(run, "web1", "antruc.test"))
    told = official.text(official.document("xa-an-truc", run=run))
    assert f"Có {counts.evaluated} điểm kiểm tra đã có kết quả: {counts.status[Status.PASS]} đạt" in told
    assert f"Còn {counts.open_total} điểm kiểm tra chưa đạt hoặc mới đạt một phần" in told
    assert f"{counts.not_evaluated} điểm kiểm tra chưa đánh giá được" in told


def test_the_office_above_covers_all_and_counts_a_shared_host_once():
    run = factory.run(started=official.NOW)
    told = official.text(official.document("tinh-tan-giang", run=run))
    assert "4 trang thông tin điện tử của 4 đơn vị, đặt trên 3 máy chủ" in told
    assert f"Còn {FindingCounts.from_findings(run.findings).open_total} điểm kiểm tra" in told


def declared(folder: Path, level: str) -> tuple[Host, ...]:
    """Return the lab's hosts as an inventory declares them, each site with this line for its level."""
    shutil.copytree("inventories/lab", folder)
    text = (folder / "hosts.yml").read_text("utf-8")
    (folder / "hosts.yml").write_text(re.sub(r"( +)- domain:", rf"\1- {level}\n\1  domain:", text), "utf-8")
    return inventories.load_inventory(folder).hosts


NOBODY = "# nobody declares one"
OTHER = "Khi rà soát, 1 trang được áp dụng yêu cầu của cấp độ 2, khác với cấp độ đã khai báo của hệ thống thông tin."


@pytest.mark.parametrize(
    ("level", "of_system", "cell", "sentence"),
    [
        (
            NOBODY,
            None,
            "–",
            "Chưa có khai báo cấp độ của 1 trang trong danh sách máy chủ và danh sách hệ thống thông tin; "
            "khi rà soát áp dụng yêu cầu của cấp độ 2.",
        ),
        ("level: 2", None, "2", "Theo khai báo của đơn vị quản lý: 1 trang cấp độ 2."),
        ("level: 3", None, "3", "Theo khai báo của đơn vị quản lý: 1 trang cấp độ 3."),
        (NOBODY, 2, "2", "Theo khai báo của đơn vị quản lý: 1 trang cấp độ 2."),
        (NOBODY, 4, "4", f"Theo khai báo của đơn vị quản lý: 1 trang cấp độ 4. {OTHER}"),
        ("level: 3", 2, "3", "Theo khai báo của đơn vị quản lý: 1 trang cấp độ 3."),
    ],
)
def test_a_level_is_said_to_be_declared_where_the_inventory_or_its_system_declares_it(
    level: str,
    of_system: int | None,
    cell: str,
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    hosts = declared(tmp_path / "inventory", level)
    monkeypatch.setattr(factory, "HOSTS", hosts)
    levels = {"antruc.test": of_system} if of_system is not None else {}
    document = official.document("xa-an-truc", run=factory.run(started=official.NOW, hosts=hosts), levels=levels)
    at = [column.key for column in COLUMNS["units"]].index("level")
    assert [row[at] for row in annex(document, "units").rows] == [cell]
    told = official.text(document)
    assert sentence in told
    assert told.count("khai báo của đơn vị quản lý") + told.count("Chưa có khai báo cấp độ") == 1
    assert told.count(OTHER) == (OTHER in sentence)


def test_a_ward_on_a_shared_host_asks_its_office_to_mend_that_host():
    run = factory.run(started=official.NOW)
    shared = sum(f.is_open for f in run.findings if f.subject.id == "web3")
    told = official.text(official.document("xa-go-tre", run=run))
    assert f"Chỉ đạo Ủy ban nhân dân tỉnh Tân Giang khắc phục {shared} điểm kiểm tra của máy chủ dùng chung" in told
    assert "dùng chung do" not in official.text(official.document("tinh-tan-giang", run=run))


def test_what_changed_since_the_month_before():
    told = official.text(official.document("xa-an-truc", run=HARDENED, before=BEFORE))
    was = FindingCounts.from_findings(of_ward(BEFORE, "web1", "antruc.test")).open_total
    now = FindingCounts.from_findings(of_ward(HARDENED, "web1", "antruc.test")).open_total
    assert (
        f"So với lần rà soát 08:30 ngày 27/10/2026, số điểm chưa đạt hoặc mới đạt một phần giảm từ {was} xuống {now}."
        in told
    )
    assert f"chưa khắc phục {now} điểm; đã khắc phục {was - now} điểm." in told
    assert "Kỳ trước không có lần rà soát nào nên chưa so sánh được với kỳ trước." in official.text(
        official.document("xa-an-truc", run=HARDENED)
    )


def test_hosts_that_the_month_before_lacks_are_not_compared():
    earlier = factory.run(started=official.BEFORE, hosts=factory.HOSTS[:1])
    told = official.text(official.document("tinh-tan-giang", run=factory.run(started=official.NOW), before=earlier))
    ward = FindingCounts.from_findings(of_ward(earlier, "web1", "antruc.test")).open_total
    assert f"không đổi (trước {ward}, nay {ward})" in told
    assert "không có số liệu về máy chủ: bennua.test, dongvau.test, gotre.test." in told


def test_a_host_that_was_lost_is_no_improvement_and_one_found_again_no_setback():
    down = factory.run(started=official.NOW, unreachable=["web2", "web3"])
    ward = FindingCounts.from_findings(of_ward(BEFORE, "web1", "antruc.test")).open_total
    for now, before in ((down, BEFORE), (factory.run(started=official.NOW), down)):
        told = official.text(official.document("tinh-tan-giang", run=now, before=before))
        assert f"không đổi (trước {ward}, nay {ward}).\nCụ thể: chưa khắc phục {ward} điểm.\n" in told
        assert "không có số liệu về máy chủ: bennua.test, dongvau.test, gotre.test." in told
    told = official.text(official.document("xa-go-tre", run=down, before=BEFORE))
    assert "So với lần rà soát" not in told and "Kỳ trước không có lần rà soát nào" not in told
    assert "không có số liệu về máy chủ: gotre.test." in told


def test_an_area_that_was_not_read_is_no_improvement_either():
    lost = [f for f in BEFORE.findings if f.host == "web1" and f.is_open and f.control.startswith("ssh.")]
    keys = {(f.control, f.subject) for f in lost}
    now = factory.run(started=official.NOW)
    now = now.model_copy(
        update={
            "findings": tuple(
                Finding(
                    control=f.control, subject=f.subject, host=f.host, severity=f.severity, status=Status.NOT_EVALUATED
                )
                if (f.control, f.subject) in keys
                else f
                for f in now.findings
            )
        }
    )
    rest = FindingCounts.from_findings(of_ward(now, "web1", "antruc.test")).open_total
    told = official.text(official.document("xa-an-truc", run=now, before=BEFORE))
    assert f"không đổi (trước {rest}, nay {rest})" in told and f"nay không đánh giá được {len(lost)} điểm" in told
    back = factory.run(started=official.NOW)
    told = official.text(official.document("xa-an-truc", run=back, before=now.model_copy(update={"id": "before"})))
    assert f"không đổi (trước {rest}, nay {rest})" in told
    assert f"kỳ trước không đánh giá được, nay chưa đạt {len(lost)} điểm" in told and "mới phát hiện" not in told


def test_what_was_met_before_and_is_not_now_is_named_the_worst_first():
    mended = factory.run(started=official.BEFORE, run_id="before", hardened=True)
    came_back = {f.control for f in factory.run().findings if f.is_open and f.host == "web1"}
    came_back -= {f.control for f in mended.findings if f.is_open and f.host == "web1"}
    told = official.text(official.document("xa-an-truc", run=factory.run(started=official.NOW), before=mended))
    (sentence,) = [line for line in told.splitlines() if line.startswith("Điểm kỳ trước đạt, nay chưa đạt: ")]
    assert f"{official.CATALOGUE['ssh.root_by_password'].problem.vi} (1 máy chủ, phục vụ antruc.test); " in sentence
    assert sentence.endswith(f"; và {len(came_back) - 5} yêu cầu khác.")
    assert "nay chưa đạt:" not in official.text(official.document("xa-an-truc", run=HARDENED, before=BEFORE))


@pytest.mark.parametrize(
    ("automated", "told"),
    [
        ({True, False}, "1 yêu cầu do máy chủ, ứng dụng chưa được cấu hình chặt; 1 yêu cầu do chưa"),
        ({True}, "thuộc 1 yêu cầu, đều do máy chủ, ứng dụng chưa được cấu hình chặt"),
        ({False}, "thuộc 1 yêu cầu, đều do chưa được cấu hình, gia hạn hoặc rà soát kịp thời."),
    ],
)
def test_causes_count_nothing_that_is_not_there(automated, told):
    kept = {True: "ssh.root_by_password", False: "backup.recent"}
    chosen = {kept[one] for one in automated}
    run = factory.run(started=official.NOW)
    run = run.model_copy(update={"findings": tuple(f for f in run.findings if not f.is_open or f.control in chosen)})
    text = official.text(official.document("xa-an-truc", run=run))
    assert told in text and "0 yêu cầu" not in text


def test_what_could_not_be_evaluated_is_not_headed_as_not_met():
    of = official.document("tinh-tan-giang", run=factory.run(started=official.NOW, unreachable=["web2"]))
    assert "Nơi chưa đạt" in annex(of, "open").columns and "Nơi chưa đạt" not in annex(of, "unsure").columns


def test_deadlines_are_counted_from_the_month_s_end_and_the_organisation_may_set_them():
    told = official.text(official.document())
    assert "mức nghiêm trọng (Phụ lục II) chậm nhất ngày 07/12/2026;" in told
    tree = Organisation.model_validate({**official.organisation().model_dump(), "deadline_days": {"critical": 3}})
    assert "mức nghiêm trọng (Phụ lục II) chậm nhất ngày 03/12/2026;" in official.text(official.document(of=tree))


def test_an_unread_host_is_told_and_never_counts_as_met():
    run = factory.run(started=official.NOW, unreachable=["web3"])
    of = official.document("tinh-tan-giang", run=run)
    told = official.text(of)
    assert (
        "Không kết nối được 1 trong 3 máy chủ lúc rà soát nên chưa có kết luận về các trang: dongvau.test, gotre.test."
        in told
    )
    assert "chiếm từ một nửa trở lên" not in told
    units, unsure = annex(of, "units"), annex(of, "unsure")
    assert [row[4:8] for row in units.rows if row[2] == "gotre.test"] == [("–", "–", "–", "–")]
    assert ("Toàn bộ yêu cầu", "dongvau.test, gotre.test", "Không kết nối được máy chủ lúc rà soát") in [
        row[1:] for row in unsure.rows
    ]


def test_half_of_the_hosts_unread_is_said():
    run = factory.run(started=official.NOW, unreachable=["web2", "web3"])
    assert "chiếm từ một nửa trở lên" in official.text(official.document("tinh-tan-giang", run=run))


def test_nothing_read_is_no_result():
    run = factory.run(started=official.NOW, unreachable=["web1", "web2", "web3"])
    told = official.text(official.document("tinh-tan-giang", run=run))
    assert "không điểm kiểm tra nào đánh giá được" in told and "%" not in told
    assert "Có 0 điểm" not in told and "Không có tồn tại" not in told


def test_sites_without_a_run_and_without_an_office_are_named(monkeypatch: pytest.MonkeyPatch):
    hosts = (factory.HOSTS[0], factory.HOSTS[1].model_copy(update={"unit": None, "sites": tuple(
        site.model_copy(update={"unit": None}) for site in factory.HOSTS[1].sites)}))  # fmt: skip
    run = factory.run(started=official.NOW, hosts=hosts)
    told = official.text(official.document("tinh-tan-giang", run=run))
    assert "Có 3 trang chưa có số liệu trong kỳ" in told
    assert "mới khai đơn vị quản lý sau lần rà soát: bennua.test, dongvau.test, gotre.test." in told
    assert "chưa được gán cho đơn vị" not in told
    monkeypatch.setattr(factory, "HOSTS", (*hosts, factory.HOSTS[2]))
    told = official.text(official.document("tinh-tan-giang", run=run))
    assert "Có 2 trang chưa có số liệu trong kỳ" in told
    assert "Có 1 trang chưa được gán cho đơn vị quản lý nên không tính trong báo cáo này: bennua.test." in told


@pytest.mark.parametrize("unit", ["xa-an-truc", "tinh-tan-giang"])
@pytest.mark.parametrize("kind", ["bao-cao", "cong-van"])
def test_no_address_host_name_or_text_of_a_host_is_in_it(unit, kind):
    run = factory.run(started=official.NOW, unreachable=["web2"], nasty=factory.NASTY)
    printed = official.document(unit, kind, run=run).model_dump_json()
    for secret in ("web1", "web2", "web3", "10.213.47", "script", "⟨U+202E⟩", "cổng SSH từ chối"):
        assert secret not in printed


def test_it_ends_as_state_documents_do():
    for kind in ("bao-cao", "cong-van"):
        for unit in ("xa-an-truc", "tinh-tan-giang"):
            of = official.document(unit, kind)
            assert of.body[-1].text.endswith("./.") and official.text(of).count("./.") == 1
            assert of.recipients[0] == "- Như trên;" and of.recipients[-1].startswith("- Lưu: VT")
            assert of.recipients[-1].endswith(".")


def test_number_and_date_are_left_to_the_registry():
    of = official.document()
    assert re.fullmatch(r"Số:\s+/BC-UBND", of.number)
    assert re.fullmatch(r"An Trúc, ngày\s+tháng\s+năm\s+", of.place_and_date)
    assert re.fullmatch(r"Số:\s+/UBND-KGVX", official.document("tinh-tan-giang", "cong-van").number)


def test_a_letter_goes_down_and_a_report_goes_up():
    assert official.document("xa-an-truc").addressees == ("Ủy ban nhân dân tỉnh Tân Giang",)
    down = official.document("tinh-tan-giang", "cong-van")
    assert down.addressees[0] == "- Ủy ban nhân dân xã An Trúc;" and down.addressees[-1].endswith(".")
    assert down.title == "" and " ".join(down.concerning).startswith("V/v khắc phục điểm yếu an ninh mạng")
    up = official.document("xa-an-truc", "cong-van")
    assert up.addressees == ("Ủy ban nhân dân tỉnh Tân Giang",)
    assert " ".join(up.concerning).startswith("V/v báo cáo kết quả rà soát an ninh mạng")


def test_a_letter_has_numbered_points_and_no_parts():
    up, down = official.document("xa-an-truc", "cong-van"), official.document("tinh-tan-giang", "cong-van")
    for of in (up, down):
        assert not [block for block in of.body if block.kind == "part"]
        assert of.body[0].text.startswith("Thực hiện Luật An ninh mạng, Nghị định số 331/2026/NĐ-CP")
    headings = [block.text for block in up.body if block.kind == "heading"]
    assert headings[:2] == ["1. Tình hình chung", "2. Kết quả kiểm tra, rà soát"] and len(headings) == 5
    points = [block.text[:2] for block in up.body if block.kind == "point"]
    assert points == ["a)", "b)", "c)", "d)", "đ)", "e)", "a)", "b)", "a)", "b)"]
    parts = [block.text for block in official.document().body if block.kind == "part"]
    assert parts[:3] == ["I. TÌNH HÌNH CHUNG", "II. KẾT QUẢ KIỂM TRA, RÀ SOÁT", "III. XỬ LÝ SỰ CỐ"]


def test_a_letter_downward_lists_what_each_office_has_to_mend():
    run = factory.run(started=official.NOW)
    of = official.document("tinh-tan-giang", "cong-van", run=run)
    assert "(Phụ lục II) chậm nhất ngày" in official.text(of)
    asked = annex(of, "asked")
    assert not [one for one in of.annexes if one.key == "open"]
    by_office = {}
    for row in asked.rows:
        by_office.setdefault(row[1], []).append(row[2])
    assert [row[1] for row in asked.rows] == [name for name in by_office for _ in by_office[name]]
    open_on = {
        name: {f.control for f in run.findings if f.is_open and f.subject.id in subjects}
        for name, subjects in (
            ("Ủy ban nhân dân tỉnh Tân Giang", {"web3"}),
            ("Ủy ban nhân dân xã An Trúc", {"web1", "antruc.test"}),
            ("Ủy ban nhân dân xã Gò Tre", {"gotre.test"}),
        )
    }
    for name, controls in open_on.items():
        assert sorted(by_office[name]) == sorted(official.CATALOGUE[one].problem.vi for one in controls)


def province(wards, offices=0):
    tree = official.organisation().model_dump()
    more = [
        {"id": f"xa-{n}", "name": f"Ủy ban nhân dân {'phường' if n % 5 == 0 else 'xã'} Tân Giang {n}"}
        for n in range(wards)
    ] + [{"id": f"so-{n}", "name": f"Sở Thử nghiệm {n}"} for n in range(offices)]
    units = [*tree["units"], *({**unit, "parent": "tinh-tan-giang"} for unit in more)]
    template = factory.HOSTS[1]
    hosts = tuple(
        template.model_copy(
            update={"name": f"h{n}", "unit": one["id"], "sites": (template.sites[0].model_copy(
                update={"host": f"h{n}", "unit": one["id"], "domain": f"x{n}.test"}),)}
        )
        for n, one in enumerate(more)
    )  # fmt: skip
    run = factory.run(started=official.NOW, hosts=hosts)
    return official.document(
        "tinh-tan-giang", "cong-van", run=run, of=Organisation.model_validate({**tree, "units": units})
    )


def test_many_offices_are_greeted_as_what_they_are():
    of = province(96)
    assert of.addressees == ("Ủy ban nhân dân các phường, xã (danh sách tại Phụ lục I)",)
    assert len({row[1] for row in annex(of, "units").rows}) == 96
    assert province(96, offices=2).addressees == (
        "- Ủy ban nhân dân các phường, xã;",
        "- Sở Thử nghiệm 0;",
        "- Sở Thử nghiệm 1 (danh sách tại Phụ lục I).",
    )
    assert len(province(10).addressees) == 10


def since(run, month):
    return {(f.control, f.subject.id): month for f in run.findings if f.is_open}


def test_what_was_open_before_is_late_and_asked_for_at_once():
    run = factory.run(started=official.NOW)
    first = official.document(run=run)
    assert "quá hạn" not in official.text(first)
    of = official.document(run=run, since=since(run, "2026-10"))
    told = official.text(of)
    late = [f for f in of_ward(run, "web1", "antruc.test") if f.is_open and f.severity.value in ("critical", "high")]
    critical = sum(f.severity.value == "critical" for f in late)
    assert f"Trong số này, {len(late)} điểm đã quá hạn khắc phục, lâu nhất là từ tháng 10 năm 2026." in told
    assert (
        f"Khắc phục ngay {critical} điểm kiểm tra mức nghiêm trọng đã quá hạn (Phụ lục II), chậm nhất ngày 26/11/2026"
        in told
    )
    assert "mức trung bình (Phụ lục II) chậm nhất ngày 30/11/2026" in told
    due = {row[2]: row[6] for row in annex(of, "open").rows}
    assert due["Nghiêm trọng"] == "26/11/2026 (quá hạn 1, từ 10/2026)" and due["Thấp"] == "30/12/2026"


def test_nothing_is_asked_for_before_the_day_of_writing():
    late = datetime.date(2026, 12, 18)
    told = official.text(official.document(today=late))
    days = re.findall(r"chậm nhất ngày (\d\d)/(\d\d)/(\d{4})", told)
    assert days and all(datetime.date(int(y), int(m), int(d)) >= late for d, m, y in days)
    assert "mức nghiêm trọng (Phụ lục II) chậm nhất ngày 21/12/2026" in told and "quá hạn" not in told


@pytest.mark.parametrize(
    ("urgent", "told"),
    [
        ({"antruc.test", "bennua.test", "dongvau.test", "gotre.test"}, "Cả 4 trang đều còn điểm mức nghiêm trọng"),
        ({"antruc.test"}, "Có 1 trong 4 trang còn điểm mức nghiêm trọng"),
        (set(), "Không còn điểm mức nghiêm trọng hoặc mức cao ở 4 trang đã nêu"),
    ],
)
def test_how_many_sites_have_urgent_ones_is_said_as_people_say_it(urgent, told):
    run = factory.run(started=official.NOW)
    kept = tuple(
        f
        for f in run.findings
        if not f.is_open or f.severity.rank < 2 or (f.subject.kind == "site" and f.subject.id in urgent)
    )
    assert told in official.text(official.document("tinh-tan-giang", run=run.model_copy(update={"findings": kept})))


def test_one_site_is_named():
    assert "Trang antruc.test còn điểm mức nghiêm trọng" in official.text(official.document())
    assert "The site antruc.test has checks of critical" in official.text(official.document(lang="en"))
    assert "for November 2026" in official.text(official.document(lang="en"))


def test_each_regime_has_its_laws_words_and_clauses():
    new, old = official.document(), official.document(regime="2022")
    assert "Nghị định số 331/2026/NĐ-CP" in official.text(new) and "TCVN 14423:2026" in official.text(new)
    assert "an toàn thông tin" not in official.text(new)
    assert "Nghị định số 85/2016/NĐ-CP" in official.text(old) and "TCVN 11930:2017" in official.text(old)
    assert "an ninh mạng" not in official.text(old) + old.model_dump_json()
    clause = {regime: {row[3] for row in annex(of, "open").rows} for regime, of in (("new", new), ("old", old))}
    assert clause == {"new": {"4.5.2.1 b"}, "old": {"6.2.2.4"}}


def test_an_office_that_is_no_committee_stands_below_the_one_above_it():
    tree = official.organisation()
    office = tree.find_unit_by_id("so-khcn")
    hosts = (factory.HOSTS[0].model_copy(update={"unit": "so-khcn"}),)
    of = official.document("so-khcn", run=factory.run(started=official.NOW, hosts=hosts))
    assert office is not None
    assert " ".join(of.superior) == "ỦY BAN NHÂN DÂN TỈNH TÂN GIANG"
    assert " ".join(of.agency) == office.name.upper()
    assert "/BC-SKHCN" in of.number and of.place_and_date.startswith("…")
    assert official.document("xa-an-truc").superior == ()


def test_former_names_help_those_who_know_the_old_map():
    units = annex(official.document("tinh-tan-giang"), "units")
    assert any(
        row[1] == "Ủy ban nhân dân phường Bến Nứa (trước đây là Ủy ban nhân dân xã Bến Nứa)" for row in units.rows
    )


def test_every_text_is_composed_unicode_in_both_languages():
    for lang in ("vi", "en"):
        printed = official.document("tinh-tan-giang", lang=lang).model_dump_json()
        assert unicodedata.is_normalized("NFC", printed)
    assert "Website" in official.document(lang="en").model_dump_json()


def waived(finding, **more):
    waiver = {
        "id": "MT-01",
        "reason": "Chờ thay máy chủ web1 (10.213.47.11)",
        "approver": "Chánh Văn phòng",
        "granted": "2026-10-01",
        "expires": "2026-12-15",
        **more,
    }
    used = AppliedWaiver.model_validate({"compensating": None, **waiver, "days_left": 21, "validity": "expiring"})
    return replace(finding, waiver=used), Waiver.model_validate(
        {**waiver, "control": finding.control, "scope": {"hosts": ["web1"]}}
    )


def test_what_is_waived_is_counted_apart_asked_of_nobody_and_listed_with_its_end():
    run = factory.run(started=official.NOW)
    finding = next(f for f in run.findings if f.control == "ssh.root_by_password" and f.host == "web1")
    let_be, waiver = waived(finding, compensating="Chỉ cho kết nối từ mạng nội bộ")
    use = WaiverUse(waiver=waiver, validity="expiring", days_left=21, waived=1, open=0, not_evaluated=0, met=0)
    run = run.model_copy(
        update={"findings": tuple(let_be if f is finding else f for f in run.findings), "waivers": (use,)}
    )
    of = official.document("xa-an-truc", run=run)
    told = official.text(of)
    assert "1 được miễn trừ có thời hạn, trong đó 1 có biện pháp tương đương" in told
    title = official.CATALOGUE["ssh.root_by_password"].title.vi
    assert title not in told and title not in [row[1] for row in annex(of, "open").rows]
    assert annex(of, "waivers").rows == (
        (
            "1",
            "MT-01",
            title,
            "antruc.test",
            "Chờ thay máy chủ [xem phụ lục kỹ thuật] ([xem phụ lục kỹ thuật])",
            "Chỉ cho kết nối từ mạng nội bộ",
            "Chánh Văn phòng",
            "15/12/2026 (sắp hết hạn)",
        ),
    )
    elsewhere = official.document("xa-go-tre", run=run)
    assert [(one.label, one.key) for one in elsewhere.annexes] == [
        ("Phụ lục I", "units"),
        ("Phụ lục II", "open"),
        ("Phụ lục III", "unsure"),
        ("Phụ lục IV", "clauses"),
    ]
    assert "Bảng đối chiếu tại Phụ lục IV với" in official.text(elsewhere) and "Phụ lục V" not in official.text(
        elsewhere
    )


@pytest.mark.parametrize(
    ("validity", "told"),
    [
        ("active", "Giám sát hằng ngày"),
        ("expired", "Không tính là tương đương: miễn trừ đã hết hạn"),
        ("future", "Chưa tính là tương đương: miễn trừ chưa có hiệu lực"),
    ],
)
def test_a_measure_is_equivalent_only_while_its_waiver_holds(validity, told):
    run = factory.run(started=official.NOW)
    _, waiver = waived(next(f for f in run.findings if f.host == "web1"), compensating="Giám sát hằng ngày")
    use = WaiverUse(waiver=waiver, validity=validity, days_left=0, waived=0, open=1, not_evaluated=0, met=0)
    of = official.document("xa-an-truc", run=run.model_copy(update={"waivers": (use,)}))
    (row,) = annex(of, "waivers").rows
    assert row[5] == told


def test_clauses_are_counted_over_the_sites_at_their_levels():
    of = official.document("tinh-tan-giang")
    clauses = annex(of, "clauses")
    level = official.framework("2026").list_clauses_of_level(2)
    outside = [clause.number for clause in level if clause.status == "not_covered"]
    *checked, folded = clauses.rows
    assert len(checked) == len(level) - len(outside)
    assert folded[2].endswith("; ".join(outside)) and folded[2].startswith(f"{len(outside)} mục")
    for row in checked:
        assert sum(int(number) for number in re.findall(r" (\d+)(?:;|$)", row[5])) == 4, row
    told = official.text(of)
    assert (
        f"Bảng đối chiếu tại Phụ lục IV với {official.framework('2026').title.vi} gồm {len(level)} mục; các điểm"
        in told
    )


@pytest.mark.parametrize("regime", ["2022", "2026"])
def test_what_nothing_checks_is_told_apart_from_what_was_not_read(regime):
    run = factory.run(started=official.NOW, unreachable=["web1"])
    of = official.document("xa-an-truc", run=factory.run(started=official.NOW), regime=regime)
    outside = sum(clause.status == "not_covered" for clause in official.framework(regime).list_clauses_of_level(2))
    told = official.text(of)
    assert f"Ngoài phạm vi kiểm tra {outside}" in told and "Chưa đánh giá được trong kỳ" not in told
    assert "gộp" in told and "gộp" in annex(of, "clauses").note
    unread = official.document("tinh-tan-giang", run=run, regime=regime)
    assert any("Chưa đánh giá được trong kỳ 1" in row[5] for row in annex(unread, "clauses").rows)
    assert [row[4] for row in annex(unread, "clauses").rows if row[3] == "Ngoài phạm vi kiểm tra"] == [
        "Ngoài phạm vi kiểm tra"
    ]


def test_what_is_checked_by_itself_is_told_as_a_part_of_what_the_table_counts():
    run = factory.run(started=official.NOW, clean=True)
    told = official.text(official.document("tinh-tan-giang", run=run))
    assert "ở 1 mục mà phần mềm kiểm tra được một phần hoặc toàn bộ, phần kiểm tra ấy đạt ở" in told
    assert "một mục chỉ được tính là đạt khi phần còn lại đã có người xác nhận" in told
    assert told.index("Bảng đối chiếu tại") < told.index("phần kiểm tra ấy")


def test_a_control_that_the_catalogue_no_longer_has_goes_by_its_id():
    run = factory.run(started=official.NOW)
    gone = replace(next(f for f in run.findings if f.is_open and f.host == "web1"), control="old.control")
    of = official.document("xa-an-truc", run=run.model_copy(update={"findings": (*run.findings, gone)}))
    assert "old.control" in [row[1] for row in annex(of, "open").rows]


# --- the month's work -----------------------------------------------------------------------------------


FIRST = factory.run(started="2026-11-24T08:00:00+07:00", run_id="first")
LATE = factory.run(started="2026-11-24T17:56:00+00:00", run_id="late", hardened=True)


def hardened_by(first, last, *states):
    hosts = [HostHardening(host=h.name, state=s) for h, s in zip(factory.HOSTS, states, strict=True)]
    made = Hardening(
        id="first", inventory=first.inventory, started="2026-11-24T17:40:00+00:00", seconds=300, hosts=hosts
    )
    return [HardeningAudits(first, last.model_copy(update={"hardening": made}))]


def test_what_was_put_right_within_the_month_is_told_with_how_and_when():
    kept = hardened_by(FIRST, LATE, "confirmed", "confirmed", "confirmed")
    of = official.document("tinh-tan-giang", run=LATE, first=FIRST, hardenings=kept)
    before, after = (
        FindingCounts.from_findings(FIRST.findings).open_total,
        FindingCounts.from_findings(LATE.findings).open_total,
    )
    told = official.text(of)
    assert (
        "Từ lần rà soát đầu tháng (08:00 ngày 24/11/2026) đến lần rà soát cuối tháng (00:56 ngày 25/11/2026)," in told
    )
    assert f"giảm từ {before} xuống {after}." in told
    assert f"{before - after} điểm kiểm tra bằng công cụ gia cố trên 3 máy chủ, thực hiện ngày 25/11/2026" in told
    assert "bằng biện pháp khác" not in told
    title = official.CATALOGUE["ssh.root_by_password"].title.vi
    rows = annex(of, "done").rows
    row = next(row for row in rows if row[1] == title)
    assert row[3:] == (
        "3 máy chủ, phục vụ antruc.test, bennua.test, dongvau.test, gotre.test",
        "Công cụ gia cố",
        "25/11/2026",
    )
    assert f"- {title}: nay đạt ở 3 máy chủ, phục vụ antruc.test" in told
    assert f"danh sách đầy đủ ở {annex(of, 'done').label}" in told


def test_what_no_hardening_that_was_kept_fixed_was_fixed_by_other_means():
    kept = hardened_by(FIRST, LATE, "confirmed", "reverted", "lost")
    of = official.document("tinh-tan-giang", run=LATE, first=FIRST, hardenings=kept)
    told = official.text(of)
    assert re.search(r"\d+ điểm kiểm tra bằng công cụ gia cố trên 1 máy chủ", told)
    assert re.search("\\d+ điểm kiểm tra bằng biện pháp khác, giữa các lần rà soát\\.", told)
    assert {row[4] for row in annex(of, "done").rows} >= {"Biện pháp khác", "Công cụ gia cố; Biện pháp khác"}
    assert {row[5] for row in annex(of, "done").rows if row[4] == "Biện pháp khác"} == {"Trong tháng"}


def test_a_month_with_one_run_claims_no_work():
    of = official.document("xa-an-truc", run=HARDENED, before=BEFORE)
    assert "Trong tháng chỉ có một lần rà soát" in official.text(of)
    assert "done" not in [one.key for one in of.annexes]


def test_a_month_in_which_nothing_was_fixed_says_so():
    later = FIRST.model_copy(update={"started": "2026-11-25T08:00:00+07:00", "id": "later"})
    told = official.text(official.document("xa-an-truc", run=later, first=FIRST))
    assert "Trong tháng chưa khắc phục được điểm nào." in told and "không đổi" in told
