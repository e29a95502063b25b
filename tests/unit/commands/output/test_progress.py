"""What hosts are at is told in the reader's language, and a person answers in either."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import typer

from auditor.commands.output.progress import ask_confirmation, describe_task
from auditor.fleet.runner import AnsibleTask, _RunState
from auditor.system import resources
from auditor.text.translations import Words


def heard(name: str, role: str) -> AnsibleTask:
    told = _RunState(None)
    told.record_task_or_end_message(
        {"event": "task", "host": "web1", "name": name, "role": role, "action": "x", "outcome": "ok", "result": {}}
    )
    return told.tasks[0]


@pytest.mark.parametrize(
    ("name", "role", "vi", "en"),
    [
        ("tls : Tls.key_modes | close the keys", "tls", "web1: TLS · tls.key_modes", "web1: TLS · tls.key_modes"),
        ("filesystem : Filesystem | look", "filesystem", "web1: Hệ thống tệp", "web1: file systems"),
        ("guard : Keep a way back, or take it", "guard", "web1: đường lui", "web1: the rollback point"),
        ("survey : Read | the state", "survey", "web1: read", "web1: read"),
        ("collect : Read the state in force", "collect", "web1: đọc trạng thái", "web1: reading the state"),
    ],
)
def test_a_task_is_told_by_its_area_and_its_control(name: str, role: str, vi: str, en: str) -> None:
    assert (describe_task(heard(name, role), Words("vi")), describe_task(heard(name, role), Words("en"))) == (vi, en)


def test_an_id_is_written_as_it_is_everywhere() -> None:
    assert heard("tls : Tls.key_modes | close the Keys", "tls").name == "tls.key_modes | close the Keys"
    assert heard("Read the state", "collect").name == "Read the state"


@pytest.mark.parametrize(
    "role", [folder for folder in resources.get_roles_folder().iterdir() if (folder / "tasks").is_dir()]
)
def test_every_area_has_a_title(role: Path) -> None:
    for lang in ("vi", "en"):
        assert Words(lang).get_area_name(role.name)


@pytest.mark.parametrize(
    ("typed", "agreed"),
    [
        *((yes, True) for yes in ("có", "c", "CÓ", "co\u0301", "y", "yes", "sao?\nc")),
        *((no, False) for no in ("không", "k", "", "n", "?\nk")),
    ],
)
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_yes_is_yes_in_either_language(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str, agreed: bool, lang: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
    words = Words("vi" if lang == "vi" else "en")
    assert ask_confirmation("Đồng ý?", words) is agreed
    shown = capsys.readouterr().err
    assert f"Đồng ý? [{'c/K' if lang == 'vi' else 'y/N'}]:" in shown
    assert (words("confirm.again") in shown) == ("\n" in typed)


def test_nobody_s_answer_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(typer.Abort):
        ask_confirmation("?", Words("vi"))
