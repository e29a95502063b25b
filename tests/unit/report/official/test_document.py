"""An official report tells of an intrusion first, and as what it is."""

from __future__ import annotations

import pytest

from auditor.report.official.document import OfficialDocument
from tests.unit import intruded, official

RUN = intruded.run(*intruded.TRACES)


@pytest.fixture(autouse=True)
def catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(official, "CATALOGUE", intruded.CATALOGUE)


def document(unit: str = "xa-an-truc", **given) -> OfficialDocument:
    return official.document(unit, run=RUN, **given)


def test_it_has_the_first_heading_of_the_results_and_is_no_configuration() -> None:
    said = official.text(document())
    part = said[said.index("II. ") : said.index("III. ")]
    assert part.index("1. Xâm nhập") < part.index("2. Kết quả chung") < part.index("4. Cấu hình máy chủ")
    assert "2 dấu vết chắc chắn, 1 dấu vết khả năng cao" in part
    assert "Đến cuối kỳ báo cáo, đơn vị chưa mở hồ sơ sự cố." in part
    configured = part[part.index("4. Cấu hình máy chủ") :]
    for words in ("thực thi lệnh từ xa", "chương trình lạ", "tệp đáng ngờ"):
        assert words in part
        assert words not in configured


def test_the_first_task_is_to_handle_it_at_once_and_no_day_is_promised_for_it() -> None:
    of = document()
    said = official.text(of)
    tasks = said[said.index("KIẾN NGHỊ, ĐỀ XUẤT") :]
    first = next(line for line in tasks.splitlines() if line.startswith("- "))
    assert first.startswith("- Xử lý ngay sự cố xâm nhập ở antruc.test và 1 máy chủ, phục vụ antruc.test")
    assert "trong 24 giờ kể từ lúc phát hiện" in first
    rows = next(annex for annex in of.annexes if annex.key == "open").rows
    theirs = [row for row in rows if "thực thi lệnh từ xa" in row[1] or "chương trình lạ" in row[1]]
    assert [(row[-2], row[-1]) for row in theirs] == [("Sự cố", "ngay")] * 2
    assert "Nguyên nhân của sự cố xâm nhập được kết luận khi kết thúc xử lý sự cố" in said


def test_a_site_of_an_intruded_host_is_told_as_served_by_it_and_not_as_one_with_traces() -> None:
    said = official.text(official.document("tinh-tan-giang", run=intruded.fleet()))
    where = "Phát hiện dấu vết xâm nhập ở antruc.test, gotre.test và 2 máy chủ, phục vụ antruc.test, bennua.test: 4 dấu"
    assert where in said


def test_offices_above_and_letters_tell_it_too() -> None:
    assert "1. Xâm nhập" in official.text(document("tinh-tan-giang"))
    letter = official.text(document("tinh-tan-giang", kind="cong-van"))
    assert letter.index("Phát hiện dấu vết xâm nhập") < letter.index("điểm kiểm tra đã có kết quả")
    assert "Xử lý ngay sự cố xâm nhập" in letter
    assert "xâm nhập" not in official.text(official.document("xa-an-truc", run=intruded.run())).lower()
