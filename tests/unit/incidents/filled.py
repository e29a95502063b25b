"""Incidents of the lab for forms: one of which only the beginning is known, one that is whole; with what must not be in a form."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from auditor.incidents.case import IncidentCase, fold_case
from auditor.incidents.forms import document as forms
from auditor.incidents.forms.prefill import FormPrefill
from auditor.inventory import hosts as inventories
from auditor.models import Finding, Inventory, Lang, Regime, Run, ScanSummary, clock
from auditor.models.hunts import HuntSummary
from auditor.models.incidents import (
    AnsweredEvent,
    AnyEvent,
    CaseLogEntry,
    CollectedEvent,
    ContainedEvent,
    FilledFormEvent,
    OpenedEvent,
    ReportedEvent,
)
from auditor.models.ranks import Form, Question
from tests import factory

SECRET = "kX9vQ2mLr7TzP4wN"  # noqa: S105  planted
T0 = clock.parse_vietnam_minute("2026-12-31 20:15")
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


LAST_FORM = FilledFormEvent(form="end", docx="a" * 64, pdf="b" * 64, missing=0)


@cache
def lab() -> Inventory:
    """The lab, whose province says how it is reached, and whose commune does not."""
    return inventories.load_inventory(Path("inventories/lab"))


def case(regime: Regime, *deeds: AnyEvent) -> IncidentCase:
    opening = OpenedEvent(
        detected=clock.format_iso_moment(T0),
        subjects=("antruc.test", "web1"),
        regime=regime,
        why=f"Trang chủ bị thay đổi; {HOSTILE}",
    )
    entries = [
        CaseLogEntry(at=clock.format_iso_moment(T0), happened=clock.format_iso_moment(T0), who="Văn phòng", deed=deed)
        for deed in (opening, *deeds)
    ]
    return fold_case("SC-20261231-1", entries)


def filled_in(regime: Regime) -> IncidentCase:
    return case(
        regime,
        AnsweredEvent(answers=ANSWERS),
        ContainedEvent(number=1, host="web1", means="address", what="203.0.113.7", state="confirmed", about=HOSTILE),
        CollectedEvent(number=1, host="web1", folder="web1-x", sha256="ab" * 32, files=7, size=1, key="k"),
        ReportedEvent(report="full", how="45/BC-UBND"),
    )


def known(of: IncidentCase, form: Form, unit: str = "tinh-tan-giang", lang: Lang = "vi") -> FormPrefill:
    return forms.gather_known_values_for_form(of, form, lab(), unit, None, lang)


def clean(started: str, *findings: Finding, inventory: str = "inventories/none") -> Run:
    """An audit of the lab after a review of antruc.test and a hunt on web1."""
    look = ScanSummary(
        site="antruc.test", look="l", started=started, age_days=0, known=1, fresh=1, unread=0, stopped=None, engine=True
    )
    hunt = HuntSummary(
        host="web1", hunt="h", started=started, age_days=0, warm=False, seen=1, known=1, judged=1, unjudged=0, left=0,
        cut_short=False, places=9,
    )  # fmt: skip
    told = {"started": started, "inventory": inventory, "findings": findings, "reviews": (look,), "hunts": (hunt,)}
    return factory.run().model_copy(update=told)
