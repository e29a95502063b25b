"""Incidents of the lab for forms: one of which only the beginning is known, one that is whole; with what must not be in a form."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from auditor.incidents.case import Case, fold
from auditor.incidents.forms import issue
from auditor.incidents.forms.known import Known
from auditor.inventory import hosts as inventories
from auditor.models import Inventory, Lang, Regime, clock
from auditor.models.incidents import Answered, AnyDeed, Collected, Contained, Entry, Opened, Reported
from auditor.models.ranks import Form, Question

SECRET = "kX9vQ2mLr7TzP4wN"  # noqa: S105  planted
T0 = clock.moment_written("2026-12-31 20:15")
HOSTILE = f"web1 (10.213.47.11, fd00::8) gọi https://evil.test; password={SECRET}"
ANSWERS: dict[Question, tuple[str, ...]] = {
    "kind": ("defacement", "access", "other:chèn quảng cáo"),
    "severity": ("serious",),
    "severity_why": ("Trang bị chiếm quyền quản trị",),
    "how_found": ("log", "notice:Công an tỉnh"),
    "informed": ("coordinator",),
    "cause": (f"Mật khẩu quản trị bị lộ; {HOSTILE}",),
    "scope": ("Trang thông tin điện tử xã",),
    "personal_data": ("no",),
    "done": ("Đã chặn địa chỉ 203.0.113.7 \N{PILE OF POO}", f"Đã đổi khóa: DB_PASSWORD={SECRET}"),
    "recovery": ("08:00 ngày 02/01/2027",),
}


@cache
def lab() -> Inventory:
    """The lab, whose province says how it is reached, and whose commune does not."""
    return inventories.load(Path("inventories/lab"))


def case(regime: Regime, *deeds: AnyDeed) -> Case:
    opening = Opened(
        detected=clock.stamp(T0),
        subjects=("antruc.test", "web1"),
        regime=regime,
        why=f"Trang chủ bị thay đổi; {HOSTILE}",
    )
    entries = [
        Entry(at=clock.stamp(T0), happened=clock.stamp(T0), who="Văn phòng", deed=deed) for deed in (opening, *deeds)
    ]
    return fold("SC-20261231-1", entries)


def filled_in(regime: Regime) -> Case:
    return case(
        regime,
        Answered(answers=ANSWERS),
        Contained(number=1, host="web1", means="address", what="203.0.113.7", state="confirmed", about=HOSTILE),
        Collected(number=1, host="web1", folder="web1-x", sha256="ab" * 32, files=7, size=1, key="k"),
        Reported(report="full", how="45/BC-UBND"),
    )


def known(of: Case, form: Form, unit: str = "tinh-tan-giang", lang: Lang = "vi") -> Known:
    return issue.known(of, form, lab(), unit, None, lang)
