"""Templates are compiled once for all runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import Environment

from auditor.report.html import renderer

make = renderer.build_template_environment.__wrapped__


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(renderer.disk_cache, "get_cache_folder_of_state", lambda *_: tmp_path)
    return tmp_path


def load_all(environment: Environment) -> None:
    for name in environment.list_templates(extensions=["j2"]):
        environment.get_template(name)


def test_what_one_run_compiled_the_next_one_does_not(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_all(make("vi"))
    monkeypatch.setattr(Environment, "compile", lambda *_, **__: pytest.fail("was compiled again"))
    load_all(make("vi"))
    load_all(make("en"))


def test_a_template_that_was_changed_is_compiled_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make("vi")
    assert made.bytecode_cache.get_bucket(made, "a", "a.j2", "one").code is None
    bucket = made.bytecode_cache.get_bucket(made, "a", "a.j2", "one")
    bucket.code = made.compile("one", "a", "a.j2")
    made.bytecode_cache.set_bucket(bucket)
    assert made.bytecode_cache.get_bucket(made, "a", "a.j2", "one").code == bucket.code
    assert made.bytecode_cache.get_bucket(made, "a", "a.j2", "two").code is None


def test_what_is_damaged_is_compiled_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_all(make("vi"))
    for left in (0, 20, 500):
        for path in place.iterdir():
            path.write_bytes(path.read_bytes()[:left])
        load_all(make("vi"))
        with monkeypatch.context() as then:
            then.setattr(Environment, "compile", lambda *_, **__: pytest.fail("was not kept again"))
            load_all(make("vi"))


def test_compiled_templates_belong_to_one_state_of_what_compiles_them(monkeypatch: pytest.MonkeyPatch) -> None:
    states: list[str] = []
    monkeypatch.setattr(renderer.disk_cache, "get_cache_folder_of_state", lambda _kind, state: states.append(state))
    assert make("vi").bytecode_cache is None
    monkeypatch.setattr(renderer.metadata, "version", lambda _: "3.1.7")
    make("vi")
    monkeypatch.setattr(renderer.Path, "read_bytes", lambda _: b"# other code")
    make("vi")
    assert len(set(states)) == 3
