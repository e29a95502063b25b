"""The admins' guide, followed step by step by tests."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator, Mapping
from email.message import EmailMessage
from pathlib import Path

import yaml

from tests.mail_server import Authority, Received

ROOT = Path(__file__).parents[1]
INVENTORY = "inventories/xa"
"""Where the guide puts the office's inventory, below the folder one works in."""
SENDER = "luytre@tangiang.test"
TO_PEOPLE, TO_TECHNICIANS = "vanthu@tangiang.test", "ucsc@tangiang.test"
"""The roles of the office above in the lab's inventory."""
LAB_NAMES: Mapping[str, str] = {
    "xa-vi-du": "xa-dong-vau",
    "tinh-vi-du": "tinh-tan-giang",
    "may-chu-1": "web3",
    "192.0.2.10": "10.213.47.13",
}
"""What the guide calls things, and what they are called in the lab."""
_MARKED = re.compile(r"^<!-- test -->\n```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text(lang: str, name: str) -> str:
    """A page of the guide."""
    return (ROOT / "docs" / lang / name).read_text("utf-8")


def steps(markdown: str, names: Mapping[str, str] | None = None) -> Iterator[list[str]]:
    """The command lines of the blocks marked with ``<!-- test -->``, word by word, in order; things called by ``names``."""
    for old, new in (names or {}).items():
        markdown = markdown.replace(old, new)
    for block in _MARKED.finditer(markdown):
        for line in block[1].replace("\\\n", " ").splitlines():
            if words := shlex.split(line, comments=True):
                yield words


def office(folder: Path, authority: Authority, port: int) -> Path:
    """A copy of the lab's inventory where the guide wants it, mailing through the server at that port."""
    inventory = folder / INVENTORY
    shutil.copytree(ROOT / "inventories/lab", inventory)
    declare(inventory, authority, port)
    return inventory


def declare(inventory: Path, authority: Authority, port: int) -> None:
    """What the guide leaves to a person to write of an office: its tree (the lab's), and its mail server."""
    shutil.copy(ROOT / "inventories/lab/office/organisation.yml", inventory / "office/organisation.yml")
    shutil.copy(authority.file, inventory / "office/ca.pem")
    settings = {"host": "127.0.0.1", "port": port, "from": SENDER, "ca_file": "ca.pem"}
    (inventory / "office/mail.yml").write_text(yaml.safe_dump(settings), "utf-8")


def complete(draft: Path, unit: str, admins: list[str], **more: object) -> None:
    """What the guide leaves to a person to write of an enrolled host: whose it and its sites are, and who may administer it."""
    document = yaml.safe_load(draft.read_text("utf-8"))
    (host,) = document["all"]["hosts"].values()
    host |= {"luytre_unit": unit, "luytre_admins": admins, **more}
    for site in host["luytre_sites"]:
        site["unit"] = unit
    draft.write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")


def check_mail(
    received: Received,
    verified: str,
    month: str,
    unit: str = "xa-dong-vau",
    name: str = "xã Đồng Vầu",
    says: str = "dongvau.test",
    is_silent_of: str = "gotre.test",
) -> None:
    """That the offices have what the guide sends, and that what ``history verify`` printed vouches for it."""
    assert all(received.encrypted)
    mails = dict(zip(received.recipients, received.mails, strict=True))
    assert sorted(mails) == sorted([SENDER, TO_PEOPLE, TO_TECHNICIANS])
    plain, technical = mails[TO_PEOPLE], mails[TO_TECHNICIANS]
    report = [f"bao-cao-{unit}-{month}.docx", f"bao-cao-{unit}-{month}.pdf"]
    assert _attached(plain) == report
    assert _attached(technical) == [*report, f"phu-luc-ky-thuat-{unit}-{month}.pdf"]
    for mail in (technical, plain):
        assert name in mail["Subject"]
        body = mail.get_body()
        assert body is not None
        said = body.get_content()
        assert says in said
        assert is_silent_of not in said
        (head,) = re.findall(r"\b[0-9a-f]{64}\b", verified)
        assert head in said


def _attached(mail: EmailMessage) -> list[str]:
    """The names of the attachments, none empty and each what its name says."""
    names = []
    for part in mail.iter_attachments():
        name, content = part.get_filename() or "", part.get_content()
        assert content.startswith(b"PK\x03\x04" if name.endswith(".docx") else b"%PDF-"), name
        names.append(name)
    return names
