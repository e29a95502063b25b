"""Sets of rules that are kept."""

from __future__ import annotations

import dataclasses
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from auditor.compromise.rules.compiler import build_rule_set
from auditor.compromise.rules.folder import read_rule_folder
from auditor.errors import InputError
from auditor.history.rule_sets import RuleSetStore


@pytest.fixture
def store(tmp_path: Path) -> RuleSetStore:
    return RuleSetStore(tmp_path / "state/rule-sets.sqlite")


def keep(store: RuleSetStore, folder: Path, text: str, name: str = "set", engine: str = "") -> None:
    folder.mkdir(exist_ok=True)
    (folder / "a.yar").write_text(text)
    read = read_rule_folder(folder)
    rule_set = build_rule_set(read, name, "1", folder)
    store.put(dataclasses.replace(rule_set, engine=engine or rule_set.engine), read)


GOOD = 'rule Good { strings: $a = "zorbix" condition: $a }\nrule Wrong { condition: x }\nrule All { condition: true }'


def test_a_set_is_kept_whole_and_replaced_by_its_name(store: RuleSetStore, tmp_path: Path) -> None:
    assert store.list_rule_sets() == store.load_rule_sets() == ()
    assert not store.path.exists()
    keep(store, tmp_path / "a", GOOD)
    (summary,) = store.list_rule_sets()
    assert (summary.name, summary.version, summary.rules, summary.left_out, summary.too_broad) == ("set", "1", 1, 1, 1)
    (rule_set,) = store.load_rule_sets()
    assert [error.rule for error in (*rule_set.errors, *rule_set.too_broad)] == ["Wrong", "All"]
    keep(store, tmp_path / "a", GOOD + 'rule More { strings: $a = "vexol" condition: $a }')
    assert [summary.rules for summary in store.list_rule_sets()] == [2]
    assert store.path.stat().st_mode & 0o077 == 0


def test_what_another_version_compiled_is_compiled_anew_once(store: RuleSetStore, tmp_path: Path) -> None:
    keep(store, tmp_path / "a", GOOD, engine="0.1")
    (first,) = store.load_rule_sets()
    assert first.engine != "0.1"
    with closing(sqlite3.connect(store.path)) as database:
        assert database.execute("SELECT engine FROM rule_sets").fetchall() == [(first.engine,)]
    assert store.load_rule_sets() == (first,)


def test_one_that_is_damaged_is_named(store: RuleSetStore, tmp_path: Path) -> None:
    keep(store, tmp_path / "a", GOOD)
    with closing(sqlite3.connect(store.path)) as database, database:
        database.execute("UPDATE rule_sets SET compiled = x'00'")
    with pytest.raises(InputError, match="the rule set set is damaged"):
        store.load_rule_sets()


def test_one_that_is_not_there_cannot_be_removed(store: RuleSetStore, tmp_path: Path) -> None:
    keep(store, tmp_path / "a", GOOD, name="signature-base")
    with pytest.raises(InputError, match="did you mean 'signature-base'"):
        store.remove("signaturebase")
    store.remove("signature-base")
    assert store.list_rule_sets() == ()
