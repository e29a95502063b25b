from __future__ import annotations

import marshal
import re
from pathlib import Path
from typing import Any

import pytest

from auditor.audit import controls, expressions
from auditor.audit.expressions import (
    CutShort,
    ExpressionFailed,
    NotCollected,
    NotTold,
    ReadLog,
    check_expression_syntax_and_filters,
    compile_expression_once,
    evaluate_expression_on_facts,
)

CONTEXT: dict[str, Any] = {
    "ssh": {"port": 22, "effective": {"permitrootlogin": "no", "maxauthtries": 6}, "items": [1, 2], "keys": []},
    "db": {"accounts": [{"user": "a", "host": "%"}, {"user": "b", "host": "localhost"}], "version": "10.11.6-MariaDB"},
    "now": 1_000_000,
}


def value(source: str) -> Any:
    return evaluate_expression_on_facts(source, CONTEXT, ReadLog())


def test_a_path_that_was_only_asked_for_says_so() -> None:
    assert value("['/.env', '/.git/config'] | tried") == [{"tried": "/.env"}, {"tried": "/.git/config"}]


def test_reads_by_path_and_keeps_what_it_read_as_evidence() -> None:
    record = ReadLog()
    assert (
        evaluate_expression_on_facts("ssh.effective.permitrootlogin in ['no'] and ssh.port == 22", CONTEXT, record)
        is True
    )
    assert {item.path: item.value for item in record.list_read_values_as_evidence()} == {
        "ssh.effective.permitrootlogin": "no",
        "ssh.port": 22,
    }


def test_a_fact_named_like_a_method_is_the_fact() -> None:
    assert list(value("ssh.items")) == [1, 2]
    assert list(value("ssh.keys")) == []


def test_a_collection_is_filtered_and_its_members_are_data() -> None:
    assert [dict(m) for m in value("db.accounts | selectattr('host', 'equalto', '%')")] == [{"user": "a", "host": "%"}]


def test_a_missing_fact_is_an_error_and_a_missing_area_says_so() -> None:
    with pytest.raises(NotTold) as untold:
        value("ssh.effective.nothing == 1")
    assert untold.value.path == "ssh.effective.nothing"
    with pytest.raises(NotCollected) as caught:
        value("nginx.installed")
    assert caught.value.area == "nginx"


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("ssh['x.y'] > 1", "ssh.x.y"),
        ("(db.accounts and db.engine | known) > 1", "db.engine"),
        ("ssh.effective.nothing.at_all", "ssh.effective.nothing"),
        ("ssh.nothing", "ssh.nothing"),
    ],
)
def test_what_the_host_does_not_tell_is_named(source: str, path: str) -> None:
    with pytest.raises(NotTold) as untold:
        evaluate_expression_on_facts(source, {**CONTEXT, "db": {**CONTEXT["db"], "engine": None}}, ReadLog())
    assert untold.value.path == path


def test_none_found_counts_only_when_all_was_seen() -> None:
    assert list(value("ssh.keys | of_whole(true)")) == []
    assert list(value("ssh.items | of_whole(false)")) == [1, 2]
    with pytest.raises(CutShort):
        value("ssh.keys | of_whole(false)")


@pytest.mark.parametrize(
    "source",
    [
        "ssh.__class__.__mro__",
        "''.__class__.__mro__[1].__subclasses__()",
        "db.accounts.append(1)",
        "cycler.__init__.__globals__",
    ],
)
def test_the_sandbox_holds(source: str) -> None:
    with pytest.raises((ExpressionFailed, NotCollected, NotTold)):
        value(source)


def test_facts_are_never_templates() -> None:
    assert evaluate_expression_on_facts("x.y", {"x": {"y": "{{ 7 * 7 }}"}}, ReadLog()) == "{{ 7 * 7 }}"


def test_versions_and_ages_compare() -> None:
    assert value("(db.version | version) >= (10, 11)") is True
    assert value("500000 | older_than_days(now, 5)") is True
    assert value("999999 | older_than_days(now, 5)") is False


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("a ==", "unexpected 'end of template'"),
        ("a b", "chunk after expression"),
        ("a }} {{ b", "chunk after expression"),
        ("a | nofilter", "no filter named 'nofilter'"),
        ("x.y if (a is notest) else b", "no test named 'notest'"),
    ],
)
def test_a_bad_expression_is_named(source: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)) as error:
        check_expression_syntax_and_filters(source)
    assert repr(source) in str(error.value)


def test_whatever_passes_the_check_compiles() -> None:
    for control in controls.load_catalogue().controls:
        for source in (control.applies, control.pass_condition, control.violations, control.among):
            if source:
                compile_expression_once(source)


def test_large_evidence_is_shortened() -> None:
    record = ReadLog()
    evaluate_expression_on_facts("x.list | length", {"x": {"list": ["a" * 100] * 100}}, record)
    assert record.list_read_values_as_evidence()[0].value == "100 members"


@pytest.fixture
def kept_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where compiled expressions are kept, by a process that has none yet."""
    monkeypatch.setattr(expressions.disk_cache, "get_cache_folder_of_state", lambda *_: tmp_path)
    forgotten(monkeypatch)
    return tmp_path / "expressions"


def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expressions, "_COMPILED_CODE", {})
    for known in (
        expressions.parse_expression,
        expressions.find_top_names_in_expression,
        expressions.compile_expression_once,
    ):
        known.cache_clear()


def test_what_one_run_compiled_the_next_one_neither_reads_nor_compiles(
    kept_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "ssh.ports | select('gt', 1000) | list"
    context = {"ssh": {"ports": [22, 2222]}}
    first = ReadLog()
    assert evaluate_expression_on_facts(source, context, first) == [2222]
    expressions.store_compiled_expressions_on_disk()
    forgotten(monkeypatch)
    expressions.load_compiled_expressions_from_disk()
    monkeypatch.setattr(expressions, "parse_expression", lambda _: pytest.fail("was read again"))
    second = ReadLog()
    assert expressions.check_expression_syntax_and_filters(source) == source
    assert expressions.find_top_names_in_expression(source) == {"ssh"}
    assert evaluate_expression_on_facts(source, context, second) == [2222]
    assert second.list_read_values_as_evidence() == first.list_read_values_as_evidence()


@pytest.mark.parametrize("content", [b"", b"{", b"\xfb", marshal.dumps([1]), marshal.dumps(7)])
def test_what_is_damaged_is_compiled_again(kept_in: Path, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    kept_in.write_bytes(content)
    expressions.load_compiled_expressions_from_disk()
    assert evaluate_expression_on_facts("host.n + 1", {"host": {"n": 1}}, ReadLog()) == 2
    expressions.store_compiled_expressions_on_disk()
    forgotten(monkeypatch)
    expressions.load_compiled_expressions_from_disk()
    assert expressions.are_all_expressions_compiled(["host.n + 1"])


def test_compiled_expressions_belong_to_one_state_of_what_compiles_them(monkeypatch: pytest.MonkeyPatch) -> None:
    states: list[str] = []
    monkeypatch.setattr(expressions.disk_cache, "get_cache_folder_of_state", lambda kind, state: states.append(state))
    expressions.store_compiled_expressions_on_disk()
    monkeypatch.setattr(expressions.metadata, "version", lambda _: "3.1.7")
    expressions.store_compiled_expressions_on_disk()
    monkeypatch.setattr(expressions.Path, "read_text", lambda *_: "# other code")
    expressions.store_compiled_expressions_on_disk()
    assert len(set(states)) == 3
