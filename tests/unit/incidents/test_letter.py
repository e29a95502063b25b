"""The letter says what happened, where, since when, what was done and what comes next, as an officer writes it; and denies nothing that the ledger has."""

from __future__ import annotations

import datetime

from auditor.incidents import notifications
from auditor.incidents.case import fold_case
from auditor.models import Inventory, Unit, clock
from auditor.models.incidents import (
    CaseLogEntry,
    CollectedEvent,
    ContainedEvent,
    FindingReference,
    OpenedEvent,
    ReportedEvent,
)
from auditor.text.translations import Words
from tests import factory

T0 = clock.parse_vietnam_minute("2026-11-24 20:15")
NOW = T0 + datetime.timedelta(hours=2)
INVENTORY = Inventory(path="/i", organisation=None, hosts=factory.HOSTS)
UNIT = Unit(id="xa", name="Ủy ban nhân dân xã An Trúc")
FOUND = (FindingReference(control="compromise.shell", subject="web1", run="r"),)
OPENED = OpenedEvent(
    detected=clock.format_iso_moment(T0), subjects=("antruc.test", "web1"), findings=FOUND, regime="2026"
)


def body(*deeds) -> str:
    entries = [
        CaseLogEntry(at=clock.format_iso_moment(T0), happened=clock.format_iso_moment(T0), who="Văn phòng", deed=deed)
        for deed in deeds
    ]
    return notifications._write_incident_notification_body(
        fold_case("SC-20261124-1", entries), INVENTORY, UNIT, (), NOW, Words("vi")
    )


def contained(number: int, means: str, what: str) -> ContainedEvent:
    return ContainedEvent.model_validate(
        {"number": number, "host": "web1", "means": means, "what": what, "state": "confirmed"}
    )


def test_it_is_five_things_in_the_order_in_which_they_are_asked_for() -> None:
    kept = CollectedEvent(number=1, host="web1", folder="web1-x", sha256="ab" * 32, files=1, size=1, key="k")
    said = body(OPENED, *(contained(n, "file", f"/x{n}.php") for n in range(1, 13)), kept)
    happened = "Lúc 20:15 ngày 24/11/2026 đã phát hiện dấu vết xâm nhập tại antruc.test, 1 máy chủ (hồ sơ sự cố SC-20261124-1)."
    done = "Đã thực hiện 12 biện pháp ngăn chặn, gỡ bỏ; 12 biện pháp đang có hiệu lực. Đã thu 1 bộ chứng cứ."
    sent = "Sổ sự cố chưa ghi nhận báo cáo, thông báo nào đã gửi."
    assert (
        said.index(happened)
        < said.index(done)
        < said.index(sent)
        < said.index("Việc tiếp theo:\n- báo cáo ngay cho cơ quan chuyên trách: phải gửi ngay")
    )
    assert "biện pháp khác" not in said
    assert said.index("kết thúc sự cố\n") > said.index("Việc tiếp theo:")


def test_what_is_cleaned_stays_in_force_and_what_nobody_did_is_not_told() -> None:
    assert "1 biện pháp đang có hiệu lực" in body(OPENED, contained(1, "core", "antruc.test"))
    assert "Chưa có biện pháp ngăn chặn nào được xác nhận." in body(OPENED)
    assert "Đã gửi: thông báo ban đầu (12/TB-UBND, lúc 20:15" in body(
        OPENED, ReportedEvent(report="first", how="12/TB-UBND")
    )


def test_while_it_is_open_something_is_left_to_do_though_no_report_is_owed() -> None:
    said = body(OPENED, *(ReportedEvent(report=one, how="45") for one in ("now", "first", "full")))
    assert "các báo cáo, thông báo theo hạn đã gửi hoặc không phải gửi" in said
    assert "xử lý hết dấu vết, xác định nguyên nhân, khôi phục và kết thúc sự cố" in said
    assert "không còn" not in said.lower()
