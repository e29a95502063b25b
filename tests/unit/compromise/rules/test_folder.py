"""A folder of rules as somebody downloads it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from auditor.compromise.rules import folder as folders
from auditor.compromise.rules.folder import read_rule_folder
from auditor.errors import InputError

RULE = 'rule A { meta: date = "2025-03-09" condition: true }'


def put(path: Path, text: str = RULE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_its_rules_are_read_by_their_place_and_anything_else_is_not(tmp_path: Path) -> None:
    put(tmp_path / "a.yar")
    put(tmp_path / "deep/b.YARA")
    put(tmp_path / "README.md", "a page")
    put(tmp_path / "c.yarac", "compiled")
    (tmp_path / "set.zip").write_bytes(b"PK\x03\x04")
    assert sorted(read_rule_folder(tmp_path).sources) == ["a.yar", "deep/b.YARA"]


def test_a_link_a_pipe_and_what_is_no_text_are_named(tmp_path: Path) -> None:
    put(tmp_path / "a.yar")
    (tmp_path / "link.yar").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe.yar")
    (tmp_path / "junk.yar").write_bytes(b"\xff\xfe")
    read = read_rule_folder(tmp_path)
    assert list(read.sources) == ["a.yar"]
    assert {error.file: error.why for error in read.errors} == {
        "link.yar": "a link",
        "pipe.yar": "no regular file",
        "junk.yar": "not text in UTF-8",
    }


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({"VERSION": "v2.1\n"}, "v2.1"),
        ({"version.txt": "\x1b[31m2"}, "2025-03-09"),
        ({"later.yar": 'rule B { meta: modified = "2025/11/2" condition: true }'}, "2025-11-02"),
        ({"future.yar": 'rule B { meta: date = "2999-01-01" condition: true }'}, "2025-03-09"),
        ({"wrong.yar": 'rule B { meta: date = "2025-13-41" condition: true }'}, "2025-03-09"),
    ],
)
def test_its_version_is_its_own_word_or_the_newest_day_in_it(
    tmp_path: Path, files: dict[str, str], version: str
) -> None:
    put(tmp_path / "a.yar")
    for name, text in files.items():
        put(tmp_path / name, text)
    assert read_rule_folder(tmp_path).version == version


def test_without_either_its_version_is_its_digest(tmp_path: Path) -> None:
    put(tmp_path / "a.yar", "rule A { condition: true }")
    read = read_rule_folder(tmp_path)
    assert read.version == read.digest[:12]
    put(tmp_path / "a.yar", "rule A { condition: false }")
    assert read_rule_folder(tmp_path).digest != read.digest


@pytest.mark.parametrize(
    ("name", "text", "licence"),
    [
        ("LICENSE", "GNU GENERAL PUBLIC LICENSE\n    Version 3, 29 June 2007", "GPL 3"),
        ("LICENSE.md", "GNU LESSER GENERAL PUBLIC LICENSE\nVersion 3, 29", "LGPL 3"),
        ("COPYING", "# Detection Rule License (DRL) 1.1\n", "Detection Rule License 1.1"),
        ("License.txt", "Permission is hereby granted, free of charge, to any", "MIT"),
        ("LICENSE", "Ask us first\nthen", "Ask us first"),
        ("licences.csv", "MIT License", ""),
    ],
)
def test_its_licence_is_named(tmp_path: Path, name: str, text: str, licence: str) -> None:
    put(tmp_path / "a.yar")
    put(tmp_path / name, text)
    assert read_rule_folder(tmp_path).licence == licence


def test_what_is_no_folder_of_rules_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="contains no rule files"):
        read_rule_folder(tmp_path)
    with pytest.raises(InputError, match="is not a folder"):
        read_rule_folder(put(tmp_path / "set.zip"))
    put(tmp_path / "a.yar")
    put(tmp_path / "b.yar")
    monkeypatch.setattr(folders, "MAX_FILES", 1)
    with pytest.raises(InputError, match="more than 1 files"):
        read_rule_folder(tmp_path)
    monkeypatch.setattr(folders, "MAX_FILES", 9)
    monkeypatch.setattr(folders, "MAX_BYTES", len(RULE))
    with pytest.raises(InputError, match="larger than"):
        read_rule_folder(tmp_path)
    monkeypatch.setattr(folders, "MAX_RULE_FILE", 3)
    assert {error.why for error in read_rule_folder(tmp_path).errors} == {"more than 3 bytes"}
