"""The guide's own command lines, from an empty machine to the report in the mail of the office above."""

from __future__ import annotations

import datetime
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from auditor import lab
from auditor.report.official.period import Period
from tests import guide
from tests.integration.conftest import Ended
from tests.mail_server import Authority, Received, serving

EXITS = {"audit": 1}
"""By verb, when it is not 0: the lab's servers have something open, also after hardening."""


@pytest.fixture
def state(state: Mapping[str, str], tmp_path: Path) -> Mapping[str, str]:
    """With the inventory that the guide exports."""
    return {**state, "LUYTRE_INVENTORY": str(tmp_path / guide.INVENTORY)}


@pytest.fixture
def follow(auditor: Callable[..., Ended], tmp_path: Path) -> Callable[..., Mapping[str, str]]:
    """Do what a page of the guide says; what each command printed, by its first two words."""

    def steps(page: str, names: Mapping[str, str], answers: Mapping[str, tuple[list[str], str]]) -> Mapping[str, str]:
        said = {}
        for program, *arguments in guide.steps(guide.text("vi", page), names):
            if program == "export":
                assert arguments == [f"LUYTRE_INVENTORY=$PWD/{guide.INVENTORY}"]
            elif program != "auditor":
                subprocess.run([program, *arguments], cwd=tmp_path, check=True, timeout=60)
            else:
                more, given = answers.get(arguments[0], ([], ""))
                ended = auditor(*arguments, *more, given=given, cwd=tmp_path)
                assert ended.code == EXITS.get(arguments[0], 0), (arguments, ended.out[-3000:], ended.err)
                said[" ".join(arguments[:2])] = ended.out
        return said

    return steps


@pytest.fixture
def mailing(tmp_path: Path) -> Iterator[Received]:
    """The lab's inventory in place, its mail server answering."""
    authority, received = Authority(tmp_path / "ca"), Received()
    with serving(received, authority.context("127.0.0.1")) as port:
        guide.office(tmp_path, authority, port)
        yield received


def test_the_first_server(fresh: Callable[..., None], follow: Callable[..., Mapping[str, str]], tmp_path: Path) -> None:
    fresh("web3")
    shutil.copytree(guide.ROOT / "inventories/example", tmp_path / "inventories/example")
    password = (lab.state().root / "root_password").read_text("utf-8").strip()
    enroll = ["--password-stdin", "--yes", "--automation-user", "tudong", "--automation-key", str(tmp_path / "key")]
    said = follow("first-server.md", guide.LAB_NAMES, {"enroll": (enroll, f"{password}\n")})
    assert {"dongvau.test", "gotre.test"} <= set(said["enroll web3"].split())
    assert "web3" in said["inventory check"]
    page = (tmp_path / "out/report/index.html").read_text("utf-8")
    assert "dongvau.test" in page
    assert "gotre.test" in page


def test_the_monthly_routine(
    fresh: Callable[..., None], follow: Callable[..., Mapping[str, str]], mailing: Received, tmp_path: Path
) -> None:
    fresh("web3")
    month = str(Period.of(datetime.datetime.now(datetime.UTC).isoformat()))
    said = follow("monthly.md", {**guide.LAB_NAMES, "2026-11": month}, {"harden": (["--yes"], "")})
    assert "ssh.root_login" in said["plan --limit"]
    for unit in ("xa-dong-vau", "tinh-tan-giang"):
        for name in (
            f"bao-cao-{unit}-{month}.docx",
            f"bao-cao-{unit}-{month}.pdf",
            f"phu-luc-ky-thuat-{unit}-{month}.pdf",
        ):
            assert (tmp_path / "out" / name).stat().st_size > 1000
    guide.check_mail(mailing, said["history verify"], month)
