"""Part III tells of the incidents of the month, and that there was none only when the case log has none."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from auditor.models import clock
from auditor.report.official.incidents import IncidentSummary, ReportSent
from tests.unit import official

DETECTED = datetime.datetime(2026, 11, 20, 8, 30, tzinfo=clock.ZONE)
OPEN = IncidentSummary(
    id="SC-20261120-1",
    domains=("antruc.test",),
    injected_domains=("antruc.test",),
    hosts=1,
    detected_at=DETECTED,
    contained_count=12,
    unsettled_count=0,
    in_force=11,
    reports=(ReportSent("now", DETECTED, "45/BC-UBND"),),
    overdue=("first",),
    closed_at=None,
    cause="",
)
NONE = {"vi": "Sổ sự cố không ghi nhận sự cố nào trong kỳ", "en": "The case log has no incident in this period"}


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_none_is_said_only_when_there_is_none(lang: str) -> None:
    assert NONE[lang] in official.text(official.document("xa-an-truc", "bao-cao", lang=lang))
    assert NONE[lang] not in official.text(official.document("xa-an-truc", "bao-cao", lang=lang, incidents=(OPEN,)))


def test_an_open_incident_is_told_with_its_times_and_numbers() -> None:
    document = official.document("xa-an-truc", "bao-cao", incidents=(OPEN,))
    said = official.text(document)
    for words in (
        "Số sự cố được xử lý trong kỳ: 1, trong đó 1 phát hiện trong kỳ, 0 đã kết thúc, 1 đang xử lý",
        "SC-20261120-1 (antruc.test, 1 máy chủ): phát hiện lúc",
        "đã ngăn chặn, gỡ bỏ 12 đối tượng, còn hiệu lực cuối kỳ 11",
        "thông báo ngay (45/BC-UBND",
        "thông báo ban đầu: quá hạn, chưa gửi",
        "đang xử lý",
    ):
        assert words in said, words
    (annex,) = (annex for annex in document.annexes if annex.key == "incidents")
    assert annex.rows[0][1] == "SC-20261120-1" and len(annex.rows[0]) == len(annex.columns)


def test_a_closed_one_says_why_and_names_no_server() -> None:
    closed = replace(OPEN, closed_at=DETECTED + datetime.timedelta(days=2), cause="mật khẩu của web1 bị lộ.")
    said = official.text(official.document("xa-an-truc", "bao-cao", incidents=(closed,)))
    assert "đã kết thúc lúc" in said and "nguyên nhân: mật khẩu của" in said and "web1" not in said


def test_the_annex_of_sharing_is_referred_to_where_there_is_one() -> None:
    row = tuple("–" for _ in range(12))
    plain = official.text(official.document("xa-an-truc", "bao-cao"))
    annexed = official.text(official.document("xa-an-truc", "bao-cao", besides={"sharing": (row,)}))
    none = "chưa có số liệu tự động về phòng chống mã độc"
    assert none in plain and none not in annexed
    assert "chia sẻ thông tin nêu tại Phụ lục" in annexed
