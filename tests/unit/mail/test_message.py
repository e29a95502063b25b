from __future__ import annotations

import dataclasses
import datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import InputError
from auditor.mail.message import Attachment, Letter, PreparedMail
from auditor.mail.spool import Spool, compute_pause_before_next_try
from tests import factory

NOW = datetime.datetime.fromisoformat("2026-11-24T08:00:00+07:00")
LETTER = Letter(
    sender="luytre@tangiang.test",
    recipient="vanthu@antruc.test",
    recipient_name="Ủy ban nhân dân xã An Trúc",
    subject="Báo cáo",
    body="Nội dung\n",
    about="run-1",
)
HEADERS = ["Date", "Message-ID", "From", "To", "Subject", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding",
           "MIME-Version"]  # fmt: skip


@given(text=st.one_of(st.sampled_from(factory.NASTY), st.text()))
def test_no_text_makes_a_header_or_a_recipient(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    letter = dataclasses.replace(
        LETTER, recipient_name=f"a\r\nBcc: x@y.test{text}", subject=f"{text}\nBcc: x@y.test\r\n\r\nbody"
    )
    content = PreparedMail.from_letter(letter, NOW, 10**7).content
    mail = message_from_bytes(content, policy=policy.default)
    assert sorted(mail.keys()) == sorted(HEADERS)
    assert [address.addr_spec for address in mail["To"].addresses] == ["vanthu@antruc.test"]
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "address", ["", "x", "a@b", "a@b.test\nBcc: c@d.test", "a@b.test, c@d.test", "<a@b.test>", "á@b.test", "a b@c.test",
                "-x@b.test", "a@-b.test", "a@b.test\n", "a" * 250 + "@b.test"],
)  # fmt: skip
def test_what_is_no_address_is_one_clear_error(address: str) -> None:
    with pytest.raises(InputError, match="is not a mail address"):
        PreparedMail.from_letter(dataclasses.replace(LETTER, recipient=address), NOW, 10**7)


def test_attachment_names_hold_no_path_and_no_header() -> None:
    letter = dataclasses.replace(
        LETTER, attachments=(Attachment('../x"\r\nBcc: y.pdf', b"1"), Attachment("b", b"\r\n"))
    )
    mail = message_from_bytes(PreparedMail.from_letter(letter, NOW, 10**7).content, policy=policy.default)
    one, other = mail.iter_attachments()  # type: ignore[attr-defined]
    name = one.get_filename()
    assert "/" not in name
    assert "\n" not in name
    assert one.get_content_type() == "application/pdf"
    assert (other.get_content_type(), other.get_content()) == ("application/octet-stream", b"\r\n")
    assert "Bcc" not in mail


def test_the_same_letter_has_the_same_id_whenever_it_is_written() -> None:
    later = NOW + datetime.timedelta(days=3)
    assert (
        PreparedMail.from_letter(LETTER, NOW, 10**7).letter.message_id
        == PreparedMail.from_letter(LETTER, later, 10**7).letter.message_id
    )
    others = [
        dataclasses.replace(LETTER, about="run-2"),
        dataclasses.replace(LETTER, recipient="khac@antruc.test"),
        dataclasses.replace(LETTER, body="Khác\n"),
        dataclasses.replace(LETTER, subject="Báo cáoNội", body=" dung\n"),
        dataclasses.replace(LETTER, attachments=(Attachment("a", b""),)),
        dataclasses.replace(LETTER, attachments=(Attachment("", b"a"),)),
    ]
    assert len({letter.message_id for letter in (LETTER, *others)}) == len(others) + 1


def test_too_large_a_mail_is_one_clear_error() -> None:
    letter = dataclasses.replace(LETTER, attachments=(Attachment("a.pdf", bytes(800_000)),))
    with pytest.raises(InputError, match="is 2 MB"):
        PreparedMail.from_letter(letter, NOW, 10**6)


def test_the_spool_is_for_its_owner_only_and_takes_all_or_none(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "state/spool.sqlite")
    with spool.hold_delivery_lock():
        pass
    assert {path.stat().st_mode & 0o077 for path in spool.path.parent.iterdir()} == {0}

    def broken():
        yield PreparedMail.from_letter(LETTER, NOW, 10**7)
        raise InputError("no", mend="no")

    with pytest.raises(InputError):
        spool.add_mails_to_send(broken(), tmp_path, NOW)
    assert spool.list_mails() == ()


def test_a_sent_mail_leaves_its_line_without_its_content(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.sqlite")
    (mail,) = spool.add_mails_to_send([PreparedMail.from_letter(LETTER, NOW, 10**7)], tmp_path, NOW)
    content = spool.count_try_and_read_mail_content(mail, NOW)
    assert content in spool.path.read_bytes()
    spool.mark_sent(mail, NOW)
    assert content not in spool.path.read_bytes()
    (left,) = spool.list_mails("sent")
    assert (left.recipient, left.about, left.tries) == ("vanthu@antruc.test", "run-1", 1)


def test_pauses_double_up_to_four_hours() -> None:
    minutes = [compute_pause_before_next_try(tries).total_seconds() / 60 for tries in (1, 2, 3, 4, 5, 6, 7, 8, 1000)]
    assert minutes == [5, 10, 20, 40, 80, 160, 240, 240, 240]
