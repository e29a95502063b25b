"""Incidents of the lab for forms: one of which only the beginning is known, one that is whole; with what must not be in a form."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from auditor.incidents.case import Case, fold
from auditor.incidents.forms import issue
from auditor.incidents.forms.known import Known
from auditor.inventory import hosts as inventories
from auditor.models import Finding, Inventory, Lang, Regime, Reviewed, Run, clock
from auditor.models.hunts import Hunted
from auditor.models.incidents import Answered, AnyDeed, Collected, Contained, Entry, FilledIn, Opened, Reported
from auditor.models.ranks import Form, Question
from tests import factory

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


LAST_FORM = FilledIn(form="end", docx="a" * 64, pdf="b" * 64, missing=0)


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


def clean(started: str, *findings: Finding, inventory: str = "inventories/none") -> Run:
    """An audit of the lab after a review of antruc.test and a hunt on web1."""
    look = Reviewed(
        site="antruc.test", look="l", started=started, age_days=0, known=1, fresh=1, unread=0, stopped=None, engine=True
    )
    hunt = Hunted(
        host="web1", hunt="h", started=started, age_days=0, warm=False, seen=1, known=1, judged=1, unjudged=0, left=0,
        cut_short=False, places=9,
    )  # fmt: skip
    told = {"started": started, "inventory": inventory, "findings": findings, "reviews": (look,), "hunts": (hunt,)}
    return factory.run().model_copy(update=told)
