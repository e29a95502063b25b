"""What an official report says of content that others put into the offices' sites."""

from __future__ import annotations

import pytest

from auditor.audit import controls
from auditor.audit.assessors.scans import judge_sites_by_last_scans
from auditor.audit.controls import Catalogue
from auditor.models import Run, Scan, clock
from auditor.results.open_since import Since
from tests import factory
from tests.unit import official
from tests.unit.audit.assessors.test_scans import look
from tests.unit.scans.test_traces import seen

REAL = controls.load_catalogue()


@pytest.fixture(autouse=True)
def catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = tuple(control for control in REAL.controls if control.area == "content")
    monkeypatch.setattr(official, "CATALOGUE", Catalogue(controls=(*factory.catalogue().controls, *ours)))


def run(*looks: Scan, started: str = official.NOW) -> Run:
    judged = judge_sites_by_last_scans(REAL, factory.HOSTS, looks, (), clock.parse_iso_moment(started))
    made = factory.run(started=started)
    return made.model_copy(update={"findings": (*made.findings, *judged.findings), "reviews": judged.reviews})


def told(unit: str, now: Run, before: Run | None = None, since: Since | None = None) -> str:
    return official.text(official.document(unit, run=now, before=before, since=since))


FOUND = look(seen("88bet.example", exact=True))


def test_what_was_found_is_counted_and_named_by_its_kind_alone() -> None:
    said = told("tinh-tan-giang", run(FOUND))
    assert "Đã kiểm tra tự động từ bên ngoài nội dung của 1/4 trang." in said
    assert "Phát hiện nội dung bị chèn hoặc đáng ngờ trên 1 trang thông tin điện tử: liên kết sang trang khác." in said
    assert "88bet" not in said
    assert "Chưa xem được" not in said


def test_since_when_the_oldest_of_it_is_there_is_told() -> None:
    now = run(FOUND)
    assert "Nội dung này được phát hiện lần đầu trong tháng 11 năm 2026." in told("tinh-tan-giang", now)
    (found,) = (one for one in now.findings if one.control in REAL.control_ids_judged_from_looks and one.violations)
    since = {(found.control, found.subject.id): "2026-08", ("content.reviewed", found.subject.id): "2026-05"}
    assert "Nội dung này được phát hiện lần đầu trong tháng 08 năm 2026." in told("tinh-tan-giang", now, since=since)
    assert "sớm nhất" not in told("tinh-tan-giang", run(look()))


def test_what_could_not_be_seen_is_said_and_what_was_cleaned_up_too() -> None:
    stopped = look(stopped={"why": "refused", "status": 403, "where": "/"})
    assert "Chưa xem được đầy đủ 1 trang thông tin điện tử." in told("xa-an-truc", run(stopped))
    clean = told("xa-an-truc", run(look()), run(FOUND, started=official.BEFORE))
    assert "Không phát hiện nội dung bị chèn ở các trang đã xem được, theo lần kiểm tra cuối." in clean
    assert "Nội dung phát hiện kỳ trước trên 1 trang thông tin điện tử đã được xử lý xong." in clean


def test_another_office_s_sites_are_not_told_and_without_a_review_nothing_is_claimed() -> None:
    assert "chưa có số liệu rà soát tự động về nội dung" in told("xa-go-tre", run(FOUND))
