"""A response action is named, defined, has a program and a folder for its records; what lacks one is named."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from auditor.incidents.actions import registry, row
from auditor.models.response_actions import Means

FILE = Path(row.__file__)
KINDS = [(FILE, kind) for kind in registry.ACTION_KINDS.values()]
TABLE = Path(registry.response_actions.__file__).read_text("utf-8").splitlines()
ROW = registry.ACTION_KINDS["row"]
OTHER: Any = "motd"


def find_mistake(kinds: Iterable[tuple[Path, Any]]) -> tuple[str, int, str]:
    """Return file, line and words of the mistake."""
    with pytest.raises(TypeError) as error:
        registry.index_action_kinds(kinds)
    match = re.fullmatch(r"(\S+?):(\d+): (.*)", str(error.value))
    assert match, error.value
    return match[1], int(match[2]), match[3]


def test_actions_stand_in_the_order_of_their_names() -> None:
    assert tuple(registry.index_action_kinds(reversed(KINDS))) == get_args(Means)


def test_an_action_that_is_not_named_is_named_with_the_line_to_add_it_to() -> None:
    file, line, what = find_mistake([*KINDS, (FILE, replace(ROW, means=OTHER))])
    assert (file, TABLE[line - 1]) == ("auditor/models/response_actions.py", "Means = Literal[")
    assert what == "Means lacks 'motd', which row.py defines: add it"


def test_an_action_that_nothing_defines_is_named_with_its_line() -> None:
    file, line, what = find_mistake(pair for pair in KINDS if pair[1].means != "row")
    assert (file, TABLE[line - 1]) == ("auditor/models/response_actions.py", '    "row",')
    assert what == "no module of auditor/incidents/actions defines 'row': write its ActionKind"


def test_an_action_without_a_folder_for_its_records_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    folders = {means: folder for means, folder in registry.RECORD_FOLDERS.items() if means != "row"}
    monkeypatch.setattr(registry, "RECORD_FOLDERS", folders)
    file, line, what = find_mistake(KINDS)
    assert (file, TABLE[line - 1]) == ("auditor/models/response_actions.py", "RECORD_FOLDERS: Mapping[Means, str] = {")
    assert what == "RECORD_FOLDERS lacks 'row': add the folder of its records"


def test_an_action_whose_program_is_not_there_is_named_where_it_is_defined() -> None:
    file, line, what = find_mistake([(FILE, replace(ROW, program="sites/delete_row.pi"))])
    assert (file, line) == ("auditor/incidents/actions/row.py", 1), "no line has that name"
    assert what == "there is no on_host/contain/sites/delete_row.pi: write it"
