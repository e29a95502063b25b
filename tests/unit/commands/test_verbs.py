"""Verbs are declared apart from what they do, and loaded when they are typed."""

from __future__ import annotations

import dataclasses
import inspect
import os
import subprocess
import sys
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest

from auditor.cli import VERBS, app
from auditor.commands.verbs.base import DeprecatedName, Entry, Group, Reference, Verb, load_attribute
from auditor.models import Lang
from auditor.text import usage


def iter_verbs(entries: Mapping[str, Entry], path: str = "") -> Iterator[tuple[str, type[Verb]]]:
    """Every verb that is declared, by what is typed."""
    for name, entry in entries.items():
        typed = f"{path} {name}".strip()
        if isinstance(entry, Reference):
            entry = load_attribute(entry.attribute)
        if isinstance(entry, DeprecatedName):
            entry = load_attribute(entry.verb) if isinstance(entry.verb, str) else entry.verb
        if isinstance(entry, Group):
            yield from iter_verbs(entry.entries, typed)
        else:
            yield typed, entry


DECLARED = dict(iter_verbs(VERBS))


def test_all_verbs_are_declared() -> None:
    assert len(DECLARED) > 90


@pytest.mark.parametrize("typed", DECLARED)
def test_a_verb_names_the_function_that_takes_its_options(typed: str) -> None:
    verb = DECLARED[typed]
    assert dataclasses.is_dataclass(verb), f"{verb} is without @dataclass"
    function = load_attribute(verb.runs)
    (parameter,) = inspect.signature(function).parameters
    assert typing.get_type_hints(function)[parameter] is verb


@pytest.mark.parametrize("lang", get_args(Lang))
@pytest.mark.parametrize("name", [name for name, entry in VERBS.items() if isinstance(entry, Reference)])
def test_the_table_says_what_the_help_of_the_command_says(name: str, lang: Lang) -> None:
    command = usage.build_command_line_in_language(app, lang).commands[name]
    entry = VERBS[name]
    assert isinstance(entry, Reference)
    assert usage.summarize_help(entry.summary, lang) == command.short_help


LOADED = """
import sys
sys.argv = ["auditor", *{arguments!r}]
from auditor.cli import main
try:
    main()
except SystemExit:
    print(*sys.modules, sep="\\n", file=sys.stderr)
"""


def list_modules_loaded_by(*arguments: str, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(arguments=arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout
    return [name for name in done.stderr.split() if name.startswith("auditor.commands.")]


def get_home_of_verb(typed: str) -> str:
    return DECLARED[typed].__module__


@pytest.mark.parametrize(
    ("arguments", "environment", "declarations"),
    [
        (["--help"], {}, set()),
        (["audit", "--help"], {}, {get_home_of_verb("audit")}),
        (["lab", "--help"], {}, {get_home_of_verb("lab up")}),
        ([], {"_AUDITOR_COMPLETE": "complete_bash", "COMP_WORDS": "auditor in", "COMP_CWORD": "1"}, {"machine"}),
    ],
)
def test_help_and_completion_load_the_declarations_that_they_show_and_no_verb(
    arguments: list[str], environment: dict[str, str], declarations: set[str]
) -> None:
    loaded = list_modules_loaded_by(*arguments, **environment)
    own = "auditor.commands.verbs."
    assert {name for name in loaded if name.startswith(own)} - {f"{own}base"} == {
        name if name.startswith(own) else own + name for name in declarations
    }
    functions = {verb.runs.partition(":")[0] for verb in DECLARED.values()} - {"auditor.commands.completion"}
    assert functions & set(loaded) == set()


def test_a_group_completes_its_verbs_with_what_they_are_for() -> None:
    group: Any = usage.build_command_line_in_language(app, "en").commands["lab"]
    offered = {item.value: item.help for item in group.shell_complete(group.context_class(group), "u")}
    assert offered == {"up": group.commands["up"].short_help}


def test_every_choice_that_the_shell_is_offered_is_there() -> None:
    source = Path("auditor/commands/options/completions.py").read_text("utf-8")
    names = {part.partition('"')[0] for part in source.split('_load_choices("')[1:]}
    assert len(names) == 7
    assert all(callable(load_attribute(f"auditor.commands.options.choices.{name}")) for name in names)
