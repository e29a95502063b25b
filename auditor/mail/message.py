"""A mail as bytes. Pure: the same content to the same recipient is the same mail, with the same Message-ID."""

from __future__ import annotations

import datetime
import email.policy
import hashlib
import mimetypes
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Self

from auditor.errors import InputError
from auditor.mail.settings import is_plain_mail_address
from auditor.text.sanitize import escape_text_to_one_line

_POLICY = email.policy.SMTP.clone(cte_type="7bit", raise_on_defect=True)
_NAME_LIMIT = 150


@dataclass(frozen=True)
class Attachment:
    """A file to go along."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Letter:
    """The text of a mail and its recipient, the same whoever asks for it however often."""

    sender: str
    recipient: str
    recipient_name: str
    subject: str
    body: str
    attachments: Sequence[Attachment] = ()
    about: str = ""
    """What it is about, a run's id: the same words about another run are another mail."""
    foot: str = ""
    """What stands below the body, and makes no other mail of it: how far the history's chain has come."""

    @property
    def content_digest(self) -> str:
        """Return what tells it from others: of recipient, run and content. sha256 in hex."""
        whole = hashlib.sha256()
        for part in self._iter_identifying_parts():
            whole.update(len(part).to_bytes(8, "big") + part)
        return whole.hexdigest()

    def _iter_identifying_parts(self) -> Iterable[bytes]:
        yield from (text.encode() for text in (self.about, self.recipient.lower(), self.subject, self.body))
        for attachment in self.attachments:
            yield from (attachment.name.encode(), attachment.content)

    @property
    def message_id(self) -> str:
        """Return an id made of the digest, so that a mail that is sent again is known as the same."""
        return f"<{self.content_digest[:40]}.luytre@{self.sender.rpartition('@')[2].lower()}>"


@dataclass(frozen=True)
class PreparedMail:
    """A mail ready to be sent."""

    letter: Letter
    content: bytes

    @classmethod
    def from_letter(cls, letter: Letter, written_at: datetime.datetime, max_bytes: int) -> Self:
        """Return the letter as RFC 5322.

        Raises InputError for what is not an address, and for more than ``max_bytes``.
        """
        message = EmailMessage(policy=_POLICY)
        message["Date"] = format_datetime(written_at)
        message["Message-ID"] = letter.message_id
        message["From"] = Address("Lũy Tre", addr_spec=_require_valid_mail_address(letter.sender, "the sender"))
        message["To"] = Address(
            escape_text_to_one_line(letter.recipient_name, _NAME_LIMIT),
            addr_spec=_require_valid_mail_address(letter.recipient, letter.recipient_name),
        )
        message["Subject"] = escape_text_to_one_line(letter.subject, _NAME_LIMIT)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.body + letter.foot, charset="utf-8")
        for attachment in letter.attachments:
            kind, encoding = mimetypes.guess_type(attachment.name)
            main, _, sub = (kind if kind and encoding is None else "application/octet-stream").partition("/")
            name = escape_text_to_one_line(attachment.name, _NAME_LIMIT).replace("/", "_")
            message.add_attachment(attachment.content, maintype=main, subtype=sub, filename=name)
        content = message.as_bytes()
        if len(content) > max_bytes:
            raise InputError(
                "the mail to {recipient} is {size} MB",
                mend="attach less: at most {limit} MB after encoding",
                recipient=letter.recipient,
                size=len(content) // 1_000_000 + 1,
                limit=max_bytes // 1_000_000,
            )
        return cls(letter, content)


def _require_valid_mail_address(address: str, owner: str) -> str:
    if not is_plain_mail_address(address):
        raise InputError(
            "{address} of {whose} is not a mail address",
            address=escape_text_to_one_line(address, 80),
            whose=escape_text_to_one_line(owner, 80),
            mend="fix it in office/organisation.yml",
        )
    return address
