"""``auditor controls``: what is listed can be asked for, whole."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner, Result

from auditor.audit import controls
from auditor.cli import app
from auditor.cli import app as main
from auditor.commands.output import console
from auditor.errors import InputError

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
