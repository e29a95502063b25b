"""Who hears nothing for a week is told that all goes on, once."""

from __future__ import annotations

import dataclasses
import datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import yaml

from auditor.mail import heartbeat, settings
from auditor.mail.message import Letter, PreparedMail
from auditor.mail.spool import Mail, Spool
from auditor.models.incidents import OpenIncident
from auditor.text.translations import Words
from tests import factory

START = datetime.datetime.fromisoformat("2026-12-28T08:00:00+07:00")
DAY = datetime.timedelta(days=1)
LETTER = Letter("luytre@tangiang.test", "vanthu@tangiang.test", "x", "Báo cáo", "Nội dung\n")


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "state/spool.sqlite")


def office(tmp_path: Path, **incidents: object) -> Path:
    """Settings of an inventory, whose first office tells of itself what ``incidents`` says."""
    folder = tmp_path / "inventory/office"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mail.yml").write_text("{host: 127.0.0.1, from: luytre@tangiang.test}\n")
    unit = {"id": "xa", "name": "Xã", "roles": {"truc_ban": "trucban@xa.test", "van_thu": "vanthu@xa.test"}}
    organisation = {"name": "Tỉnh", "units": [{**unit, **incidents}]}
    (folder / "organisation.yml").write_text(yaml.safe_dump(organisation, allow_unicode=True), "utf-8")
    return folder / "mail.yml"


def put(spool: Spool, file: Path, now: datetime.datetime = START, **changes: str) -> None:
    spool.add_mails_to_send([PreparedMail.from_letter(dataclasses.replace(LETTER, **changes), now, 10**7)], file, now)  # type: ignore[arg-type]


def beat(spool: Spool, now: datetime.datetime, head: str | None = "ab" * 32) -> tuple[Mail, ...]:
    """The heartbeats that it puts there."""
    before = {mail.id for mail in spool.list_mails()}
    assert (
        heartbeat.post_heartbeats_to_silent_addresses(
            spool, now, lambda _: heartbeat.InventoryStatus(factory.run().started), head, Words("vi")
        )
        == ()
    )
    return tuple(mail for mail in spool.list_mails() if mail.id not in before)


def test_whoever_waits_for_word_gets_it_after_a_week_and_again_a_week_later(tmp_path: Path, spool: Spool) -> None:
    file = office(tmp_path, incidents={"roles": ["truc_ban"]})
    put(spool, file, recipient="trucban@xa.test")
    assert beat(spool, START + 7 * DAY - datetime.timedelta(seconds=1)) == ()
    (mail,) = beat(spool, START + 7 * DAY)
    assert (mail.recipient, mail.subject, mail.settings) == ("trucban@xa.test", "Lũy Tre vẫn hoạt động", str(file))
    for days in (7, 8, 13):
        assert beat(spool, START + days * DAY) == ()
    assert len(beat(spool, START + 14 * DAY)) == 1


def test_it_says_when_was_last_audited_and_how_far_the_chain_has_come(tmp_path: Path, spool: Spool) -> None:
    put(spool, office(tmp_path))
    (mail,) = beat(spool, START + 7 * DAY)
    assert mail.recipient == "luytre@tangiang.test"
    body = message_from_bytes(spool.count_try_and_read_mail_content(mail, START), policy=policy.default).get_body()  # type: ignore[attr-defined]
    text = body.get_content()
    assert "Đến ngày 04/01/2027" in text
    assert "Lần rà soát gần nhất" in text
    assert f"auditor history verify --seen {'ab' * 32}" in text


def test_other_mail_is_no_silence_and_a_webhook_hears_nothing(tmp_path: Path, spool: Spool) -> None:
    file = office(tmp_path, incidents={"roles": ["truc_ban", "van_thu"]})
    put(spool, file)
    put(spool, file, START + 6 * DAY, recipient="vanthu@xa.test")
    put(spool, file.with_name("webhook.yml"), subject="x")
    file.with_name("webhook.yml").write_text("{}")
    assert [mail.recipient for mail in beat(spool, START + 7 * DAY)] == ["trucban@xa.test"]


def test_it_begins_a_week_after_the_first_mail(tmp_path: Path, spool: Spool) -> None:
    put(spool, office(tmp_path, incidents={"roles": ["truc_ban"]}), START)
    assert beat(spool, START + 6 * DAY) == ()


def test_settings_that_are_gone_send_none(tmp_path: Path, spool: Spool) -> None:
    put(spool, tmp_path / "gone/office/mail.yml")
    assert beat(spool, START + 30 * DAY) == ()


def test_papers_that_cannot_be_read_stop_no_other_office(tmp_path: Path, spool: Spool) -> None:
    broken, whole = office(tmp_path / "broken"), office(tmp_path / "whole")
    put(spool, broken)
    put(spool, whole, subject="another")
    broken.with_name("organisation.yml").write_text("[")
    (wrong,) = heartbeat.post_heartbeats_to_silent_addresses(
        spool, START + 7 * DAY, lambda _: heartbeat.InventoryStatus(None), None, Words("vi")
    )
    assert wrong.file == broken.with_name("organisation.yml")
    assert [mail.settings for mail in spool.list_mails() if mail.subject == "Lũy Tre vẫn hoạt động"] == [str(whole)]
    assert whole.name == settings.FILE


def test_a_clock_that_was_ahead_once_silences_nobody(tmp_path: Path, spool: Spool) -> None:
    file = office(tmp_path, incidents={"roles": ["truc_ban"]})
    put(spool, file)
    put(spool, file, START + 900 * DAY, recipient="trucban@xa.test")
    assert [mail.recipient for mail in beat(spool, START + 7 * DAY)] == ["trucban@xa.test"]
    assert beat(spool, START + 7 * DAY) == ()


def test_an_open_incident_and_an_intrusion_are_told_with_it(tmp_path: Path, spool: Spool) -> None:
    file = office(tmp_path, incidents={"roles": ["truc_ban"]})
    put(spool, file, recipient="trucban@xa.test")
    going_on = OpenIncident(id="SC-20261228-1", detected="2026-12-28T08:00:00+07:00", subjects=("web1",), in_force=1)
    state = heartbeat.InventoryStatus("2027-01-01T02:00:00+07:00", (going_on,), 2)
    assert (
        heartbeat.post_heartbeats_to_silent_addresses(spool, START + 7 * DAY, lambda _: state, None, Words("vi")) == ()
    )
    mail = spool.list_mails()[0] if spool.list_mails()[0].subject != LETTER.subject else spool.list_mails()[-1]
    assert mail.subject == "Lũy Tre vẫn hoạt động; có sự cố đang mở"
    said = heartbeat._write_heartbeat_body(state, START + 7 * DAY, Words("vi"))
    assert "Sự cố SC-20261228-1 đang mở, phát hiện lúc 08:00 ngày 28/12/2026." in said
    assert "dấu vết xâm nhập ở 2 trang, máy chủ" in said
    assert "không có sự cố" not in said
    assert "Sổ sự cố không có sự cố nào đang mở." in heartbeat._write_heartbeat_body(
        heartbeat.InventoryStatus(None), START, Words("vi")
    )
