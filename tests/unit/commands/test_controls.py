"""``auditor controls``: what is listed can be asked for, whole."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE, STDOUT

import pytest
from typer.testing import CliRunner, Result

from auditor import cli
from auditor.audit import controls
from auditor.cli import app
from auditor.cli import app as main
from auditor.commands.output import console
from auditor.errors import InputError
from auditor.system import resources

CATALOGUE = controls.load_catalogue()


def auditor(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["controls", *arguments], catch_exceptions=False)


@pytest.mark.parametrize("width", [60, 100, 200])
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_list_cuts_no_id_and_keeps_the_width(monkeypatch: pytest.MonkeyPatch, width: int, lang: str) -> None:
    monkeypatch.setattr(console.out, "_width", width)
    lines = auditor("list", "--lang", lang).stdout.splitlines()
    assert max(map(len, lines)) <= width
    assert {line.split()[0] for line in lines if line.strip()} >= set(CATALOGUE.controls_by_id)
    assert not any("…" in line for line in lines)


def test_a_control_shows_its_clauses_as_people_write_them_and_its_expression_last() -> None:
    shown = auditor("show", "ssh.root_login").stdout.splitlines()
    assert "TCVN 14423:2026: cấp độ 1: 3.6.2.3 · cấp độ 2: 4.6.2.3 · cấp độ 3: 5.6.2.3" in shown
    assert "Nghị định 331/2026/NĐ-CP: điểm b khoản 4 Điều 30" in shown
    assert shown[-2:] == ["áp dụng khi: ssh.installed", f"phải rỗng: {CATALOGUE['ssh.root_login'].violations}"]


@pytest.mark.parametrize("wrong", ["ssh.root_logn", "SSH.ROOT_LOGIN"])
def test_an_id_that_is_none_is_guessed_at(wrong: str) -> None:
    with pytest.raises(InputError, match=r"did you mean 'ssh\.root_login'\?"):
        auditor("show", wrong)


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["ssh.root_login", "--all"], "either controls or --all"),
        ([], "either controls or --all"),
        (["ssh.root_login", "ngin"], "ngin has no drill; did you mean 'nginx'"),
        (["zzz"], "zzz has no drill — see"),
    ],
)
def test_a_drill_says_what_is_wrong_with_what_it_is_to_drill(names: list[str], why: str) -> None:
    with pytest.raises(InputError, match=why):
        CliRunner().invoke(main, ["drill", *names], catch_exceptions=False)


def test_the_catalogue_is_checked_whole() -> None:
    checked = auditor("check", "--lang", "en")
    assert (checked.exit_code, checked.stdout) == (0, f"{len(CATALOGUE.controls)} controls checked, no mistakes.\n")


@pytest.fixture
def roles(tmp_path: Path) -> Path:
    (tmp_path / "ssh").mkdir()
    text = (resources.get_roles_folder() / "ssh/controls.yml").read_text("utf-8")
    (tmp_path / "ssh/controls.yml").write_text(text.replace("applies: ssh.installed", "applies: ssh.instaled", 2))
    return tmp_path


def test_all_mistakes_of_controls_are_printed_with_file_and_line(
    roles: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["auditor", "controls", "check", str(roles), "--lang", "vi"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    shown = capsys.readouterr()
    assert (ended.value.code, shown.out) == (2, "")
    assert [line.partition(" — ")[0] for line in shown.err.splitlines()] == [
        f"auditor: {roles}/ssh/controls.yml:{line}: yêu cầu {control}: applies: "
        "dữ liệu thu thập không có ssh.instaled; có phải 'installed'?"
        for line, control in ((17, "ssh.root_login"), (46, "ssh.root_direct"))
    ]


def test_mistakes_are_told_to_programs(roles: Path) -> None:
    checked = auditor("check", str(roles), "--json")
    assert checked.exit_code == 2
    assert json.loads(checked.stdout)[0] == {
        "file": f"{roles}/ssh/controls.yml",
        "line": 17,
        "what": "control ssh.root_login: applies: the facts have no ssh.instaled",
        "guess": "installed",
        "mend": "see class SshFacts in auditor/facts/access/ssh.py",
    }


def test_watched_controls_are_checked_again_when_they_change(roles: Path) -> None:
    command = [sys.executable, "-c", "from auditor.cli import main; main()", "controls", "check", str(roles), "--watch"]
    file = roles / "ssh/controls.yml"
    with subprocess.Popen([*command, "--lang", "en"], stdout=PIPE, stderr=STDOUT, text=True) as watching:
        assert watching.stdout is not None
        assert "ssh.instaled" in watching.stdout.readline() + watching.stdout.readline()
        file.write_text(file.read_text("utf-8").replace("instaled", "installed"), "utf-8")
        assert watching.stdout.readline().endswith("controls checked, no mistakes.\n")
        watching.terminate()
