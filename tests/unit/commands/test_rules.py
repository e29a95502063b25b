"""``auditor rules`` and ``auditor known-good update``, as somebody types them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from auditor.cli import app
from auditor.errors import MISTAKE, InputError


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments))
    if isinstance(result.exception, InputError):
        raise result.exception
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "signature-base"
    folder.mkdir()
    (folder / "LICENSE").write_text("Detection Rule License (DRL) 1.1")
    (folder / "VERSION").write_text("7")
    (folder / "a.yar").write_text('rule Good { strings: $a = "zorbix" condition: $a }\nrule Wrong { condition: x }\n')
    return folder


def test_a_set_is_imported_listed_and_removed(rules: Path) -> None:
    said = run("rules", "import", str(rules), "--lang", "en")
    assert "signature-base 7: 1 rule imported License: Detection Rule License 1.1" in said
    assert "a.yar: Wrong: skipped: unknown identifier `x`" in said
    assert "signature-base 7 Detection Rule License 1.1 1 1" in run("rules", "list", "--lang", "en")
    (listed,) = json.loads(run("rules", "list", "--json"))
    assert (listed["name"], listed["left_out"], listed["licence_text"]) == (
        "signature-base",
        1,
        "Detection Rule License (DRL) 1.1",
    )
    assert "later hunts do not use it" in run("rules", "remove", "signature-base", "--lang", "en")
    assert "auditor rules import" in run("rules", "list", "--lang", "vi")


@pytest.mark.parametrize("name", ["../a", "-a", "a b", "a\x1b"])
def test_a_name_that_is_none_is_refused(rules: Path, name: str) -> None:
    with pytest.raises(InputError, match="not a name of a rule set"):
        run("rules", "import", str(rules), f"--name={name}")


def test_a_set_that_cannot_be_used_replaces_nothing(rules: Path) -> None:
    run("rules", "import", str(rules))
    (rules / "a.yar").write_text("rule Half { strings: $a")
    with pytest.raises(InputError, match="none of its rules can be used"):
        run("rules", "import", str(rules))
    assert json.loads(run("rules", "list", "--json"))[0]["rules"] == 1


def pack(file: Path, text: str = "") -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("portal/index.php", f"<?php // {text}")
    return file


def test_a_mirror_is_imported_once_and_says_what_is_gone_or_changed(tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    pack(mirror / "portal-1.0.zip")
    pack(mirror / "portal-1.1.zip", "more")
    assert "2 new, 0 already known" in run("known-good", "update", str(mirror), "--lang", "en")
    assert "0 new, 2 already known" in run("known-good", "update", str(mirror), "--lang", "en")
    (mirror / "portal-1.0.zip").unlink()
    pack(mirror / "portal-1.1.zip", "other")
    said = run("known-good", "update", str(mirror), "--lang", "en", code=1)
    assert "portal-1.1.zip: not imported, because portal 1.1 is known with other files" in said
    assert "auditor known-good remove portal 1.0" in said
    answer = json.loads(run("known-good", "update", str(mirror), "--json", code=1))
    assert {name: len(some) for name, some in answer.items() if name != "unchanged"} == {
        "new": 0,
        "changed": 1,
        "gone": 1,
        "unreadable": 0,
    }


def test_a_damaged_archive_in_a_mirror_is_named_after_the_others_are_imported(tmp_path: Path) -> None:
    pack(tmp_path / "portal-1.0.zip")
    (tmp_path / "half.zip").write_bytes(b"PK\x03\x04half")
    with pytest.raises(InputError, match=r"half\.zip cannot be read as an archive") as error:
        run("known-good", "update", str(tmp_path))
    assert error.value.exit_code == MISTAKE
    assert json.loads(run("known-good", "list", "--json"))[0]["name"] == "portal"
