"""The guide's own command lines in one chain: from an office with nothing to the report in the mail of the office above."""

from __future__ import annotations

import datetime
import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pdfplumber

from auditor import lab
from auditor.report.official.period import Period
from tests import guide
from tests.lab.beside import Stage, act
from tests.lab.fixtures import environment, quiet, run
from tests.mail_server import Authority, Received, serving

UNIT, SITE = "phuong-ben-nua", "bennua.test"
NAMES: Mapping[str, str] = {
    "xa-vi-du": UNIT,
    "tinh-vi-du": "tinh-tan-giang",
    "may-chu-1": "web2",
    "192.0.2.10": "10.213.47.12",
}
"""What the guide calls things, and what they are called in the lab."""
EXITS = {"audit": 1}
"""By verb, when it is not 0: the lab's servers have something open, also after hardening."""


def statuses(folder: Path) -> Counter[str]:
    found = json.loads((folder / "out/findings.json").read_text("utf-8"))["findings"]
    return Counter(finding["status"] for finding in found)


@act("web2")
def guided(stage: Stage) -> None:
    folder = stage.folder
    auditor = partial(run, {**environment(folder), "LUYTRE_INVENTORY": str(folder / guide.INVENTORY)})
    lab.reset_machines_to_pristine_image([stage.host])
    quiet(stage.host)
    shutil.copytree(guide.ROOT / "inventories/example", folder / "inventories/example")
    inventory = folder / guide.INVENTORY
    month = str(Period.from_moment(datetime.datetime.now(datetime.UTC).isoformat()))
    password = (lab.get_lab_state_in_use().root / "root_password").read_text("utf-8").strip()
    answers = {
        "enroll": (
            ["--password-stdin", "--yes", "--automation-user", "tudong", "--automation-key", str(folder / "key")],
            f"{password}\n",
        ),
        "harden": (["--yes"], ""),
    }
    authority, received = Authority(folder / "ca"), Received()
    said: dict[str, str] = {}
    audits: list[Counter[str]] = []

    def follow(page: str) -> None:
        for program, *arguments in guide.steps(guide.text("vi", page), {**NAMES, "2026-11": month}):
            if program == "export":
                assert arguments == [f"LUYTRE_INVENTORY=$PWD/{guide.INVENTORY}"]
                guide.declare(inventory, authority, port)
            elif program != "auditor":
                subprocess.run([program, *arguments], cwd=folder, check=True, timeout=60)
            else:
                more, given = answers.get(arguments[0], ([], ""))
                ended = auditor(*arguments, *more, given=given, cwd=folder)
                assert ended.code == EXITS.get(arguments[0], 0), (arguments, ended.out[-3000:], ended.err)
                said[" ".join(arguments[:2])] = ended.out
                if arguments[0] == "enroll":
                    ca_file = str(lab.get_lab_state_in_use().ca_certificate_file)
                    guide.complete(inventory / "web2.yml", UNIT, ["quantri"], luytre_ca_file=ca_file)
                if arguments[0] == "audit":
                    audits.append(statuses(folder))

    with serving(received, authority.context("127.0.0.1")) as port:
        follow("first-server.md")
        assert SITE in said["enroll web2"].split()
        assert SITE in (folder / "out/report/index.html").read_text("utf-8")
        follow("monthly.md")

    assert "ssh.max_auth_tries" in said["plan --limit"]
    _first, before, after = audits
    assert after["pass"] - before["pass"] > 20
    assert after["not_evaluated"] == before["not_evaluated"] == 0
    for unit in (UNIT, "tinh-tan-giang"):
        names = [
            f"bao-cao-{unit}-{month}.docx",
            *(f"{kind}-{unit}-{month}.pdf" for kind in ("bao-cao", "phu-luc-ky-thuat")),
        ]
        assert all((folder / "out" / name).stat().st_size > 1000 for name in names)
        with pdfplumber.open(folder / "out" / names[1]) as report:
            text = "\n".join(page.extract_text() for page in report.pages)
        assert SITE in text
        assert "10.213.47.12" not in text
    guide.check_mail(received, said["history verify"], month, UNIT, "phường Bến Nứa", SITE, "web2")


def test_from_the_first_server_to_the_mail_of_the_office_above__guided(acted: Callable[[str], None]) -> None:
    acted("guided")
