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
INCIDENT_PAGES = (
    "incidents.md",
    "incident-reports.md",
    "incident-notify.md",
    "incident-access.md",
    "incident-contain.md",
    "incident-sites.md",
    "incident-processes.md",
    "incident-evidence.md",
    "incident-clean.md",
    "incident-secrets.md",
    "incident-close.md",
)
"""The pages on incidents that show commands, in the order in which one incident can go through all of them."""
FINDING_PAGES = ("hunt-known-good.md", "hunt.md", "review.md", "accept-traces.md")
"""The pages on hunts and reviews, in the order in which they are typed."""
ON_THE_LAB = {
    "first-server.md": "tests/integration/test_guide.py",
    "monthly.md": "tests/integration/test_guide.py",
    "nightly.md": "tests/integration/test_timers.py",
    "under-attack.md": "tests/integration/test_attacked.py",
    **dict.fromkeys(INCIDENT_PAGES, "tests/integration/test_attacked.py"),
    **dict.fromkeys(FINDING_PAGES, "tests/integration/test_attacked.py"),
}
"""Pages whose commands are typed on hosts, and by which test."""
_MONTH = "the same verb with another inventory is typed from monthly.md"
_NO_REGISTRY = "needs the distribution's mirror and a registry of packages: make test-bundle installs without, test_timers from the wheel"
_BY_PERSON = "asks for a token, a passphrase or an agent: OpenSSH's own commands"
_GUARD = "works only while a hardening is open, for minutes: tests/guard looks at all of it at such a moment"
NOT_TYPED: Mapping[str, Mapping[str, str]] = {
    "first-server.md": {
        "apt-get install -y python3-venv openssh-client": _NO_REGISTRY,
        "python3 -m venv /opt/luytre": _NO_REGISTRY,
        "/opt/luytre/bin/pip install .": _NO_REGISTRY,
        "export PATH=/opt/luytre/bin:$PATH": _NO_REGISTRY,
        "auditor doctor": "typed in test_timers, on a machine that it was installed on",
        "auditor enroll may-chu-1 --address 192.0.2.10 --user quantri --key ~/.ssh/id_ed25519": "the other way to the same end: test_enroll",
    },
    "automation-key.md": {
        "ssh-keygen -t ed25519-sk -f ~/.ssh/luytre": _BY_PERSON,
        "ssh-keygen -t ed25519 -f ~/.ssh/luytre": _BY_PERSON,
        "ssh-add -c -t 8h ~/.ssh/luytre": _BY_PERSON,
        "auditor enroll may-chu-1 --address 192.0.2.10 --user luytre --key ~/.ssh/luytre": "tests/unit/fleet/test_enroll.py enrols again, against an sshd of its own",
    },
    "monthly.md": {"auditor rollback --limit may-chu-1": "the month goes on with what it would undo: test_rollback"},
    "operate.md": {
        "auditor plan -i inventories/office --limit web1": _MONTH,
        "auditor harden -i inventories/office --limit web1": _MONTH,
        "auditor harden -i inventories/office --limit web1 --unjudged bi-bat.gov.vn": f"{_MONTH}; --unjudged: tests/hostile/test_owned_site.py",
        "auditor drift -i inventories/office --limit web1": "tests/hostile/test_owned_host.py and tests/guard/test_guard.py, on what others changed since",
    },
    "hunt-rules.md": {"auditor hunt": "the same command is typed from hunt.md"},
    "rollback.md": {"auditor rollback -i inventories/office --limit web1": "tests/integration/test_rollback.py"},
    "harden-trouble.md": {
        "ls /var/lib/luytre/guard": _GUARD,
        "systemctl list-timers 'luytre-revert-*'": _GUARD,
        "systemctl start luytre-revert-RUN.service": _GUARD,
        "cat /var/lib/luytre/guard/RUN/state.json": _GUARD,
    },
    "detection.md": dict.fromkeys(
        (
            "python -m benchmarks.detection --half a",
            "python -m benchmarks.footholds_on_hosts --record",
            "python -m benchmarks.pages_set",
            "python -m benchmarks.pages_set --lexicon empty",
        ),
        "measures the detectors, minutes each: benchmarks are run by hand",
    ),
    "roles.md": {
        "ANSIBLE_CONFIG=/opt/luytre/ansible.cfg ansible-playbook -i inventory.yml /opt/luytre/playbooks/harden.yml --limit web --tags ssh"
        " --check --diff": "plain Ansible with tags and --check, in an inventory of others: tests/hostile/test_consent.py",
    },
}
"""By page, what is not typed to the letter, with the reason."""
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"(?:^|\s)#(?=\s).*")
_MARKED = re.compile(r"^<!-- test -->\n```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text(lang: str, name: str) -> str:
    """A page of the guide."""
    return (ROOT / "docs" / lang / name).read_text("utf-8")


def commands(lang: str, page: str) -> Iterator[str]:
    """Every command line that a page shows in a block of shell, to the letter, without its comment and its line breaks."""
    for language, block in _FENCE.findall(text(lang, page)):
        if language in ("", "sh", "console"):
            for line in block.replace("\\\n", " ").splitlines():
                if words := _COMMENT.sub("", line).strip():
                    yield re.sub(r" {2,}", " ", words)


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
