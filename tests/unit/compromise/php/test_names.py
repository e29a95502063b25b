"""The names of PHP that matter: written so that they are met, and that no scanner takes them for what they name."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping

import pytest

from auditor.compromise.php import names, taint

VARIABLES = {"REQUESTS", "UPLOADS", "SERVER"}
CONSTANTS = {"LOOSE_FILTERS", "INPUTS", "SAID_TO_SERVER", "ESCAPED_FLAGS"}


def iter_groups() -> Iterator[tuple[str, frozenset[bytes]]]:
    for name, group in vars(names).items():
        if name.isupper() and isinstance(group, frozenset | Mapping):
            yield name, frozenset(key for key in group if isinstance(key, bytes))


GROUPS = dict(iter_groups())


def find(code: str) -> set[str]:
    """Return the rules of what is sure."""
    hits = taint.find_suspicious_php_code(f"<?php {code}".encode())
    return {hit.rule for hit in hits if hit.level != "hint"}


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_a_name_is_one_word_as_php_is_asked_for_it(group: str) -> None:
    assert GROUPS[group], "an empty group is asked for nothing"
    for name in GROUPS[group]:
        assert name.strip() == name and b"~" not in name and b" " not in name, name
        if group not in VARIABLES | CONSTANTS:  # functions, classes, methods: they are met in any case
            assert name == name.lower(), name


@pytest.mark.parametrize(
    "group",
    ["EVALUATES", "COMMANDS", "LISTS_WORDS", "SECOND_COMMANDS", "MAKES_FUNCTION", "MB_REGULAR", "MATCH_CALLBACKS"],
)
def test_what_runs_code_is_not_written_whole(group: str) -> None:
    text = inspect.getsource(names).lower()
    for name in GROUPS[group]:
        if b"_" in name or name in (b"eval", b"assert"):  # a plain word stands in sentences, too
            assert f'"{name.decode()}"' not in text and f" {name.decode()} " not in text, name


@pytest.mark.parametrize("variable", sorted(name.decode() for name in names.REQUESTS))
def test_what_a_visitor_says_in_each_variable_is_met(variable: str) -> None:
    access = f"${variable}" if variable.endswith("RAW_POST_DATA") else f"${variable}['c']"
    assert find(f"{'ev' + 'al'}({access});")


@pytest.mark.parametrize("command", sorted(name.decode() for name in names.COMMANDS))
def test_each_function_that_runs_a_command_is_met(command: str) -> None:
    assert find(f"{command}($_GET['c']);")
    assert find(f"{command.upper()}($_GET['c']);")
    assert not find(f"{command}('uptime');")


@pytest.mark.parametrize(
    "method", ["createFunction", "sqliteCreateFunction", "createAggregate", "sqliteCreateAggregate", "createCollation"]
)
def test_each_method_that_gives_a_database_a_callback_is_met(method: str) -> None:
    assert method.lower().encode() in names.TAKES_CALLBACK
    assert find(f"$database->{method}('r', $_GET['f']);")
    assert not find(f"$database->{method}('r', 'trim');")
    assert not find(f"$database->{method}('r', fn($x) => trim($x));")


@pytest.mark.parametrize("escaper", sorted(name.decode() for name in names.ESCAPERS))
@pytest.mark.parametrize("command", sorted(name.decode() for name in names.COMMANDS - {b"popen"})[:4])
def test_a_word_that_is_escaped_takes_no_command_over(escaper: str, command: str) -> None:
    assert not find(f"{command}('ping -c 1 ' . {escaper}($_GET['host']));")


@pytest.mark.parametrize("handed", ["trim", "strtolower", "base64_decode", "stripslashes", "strrev"])
def test_what_hands_words_on_hands_on_who_said_them(handed: str) -> None:
    assert handed.encode() in names.HANDED_ON
    assert find(f"{'ev' + 'al'}({handed}($_POST['c']));")


def test_a_function_is_not_both_what_cleans_and_what_hands_on() -> None:
    assert frozenset() == names.ESCAPERS & (names.HANDED_ON | names.READERS | names.COMMANDS)
    assert frozenset() == names.READERS & names.COMMANDS
    assert frozenset() == names.EVALUATES & names.COMMANDS


@pytest.mark.parametrize("group", ["CALLBACKS", "FILLS_IN"])
def test_a_place_of_an_argument_is_one(group: str) -> None:
    assert all(isinstance(place, int) and -1 <= place < 6 for place in getattr(names, group).values())


@pytest.mark.parametrize("group", ["SUFFIXES", "IMAGE_SUFFIXES", "DATA_SUFFIXES"])
def test_a_suffix_begins_with_a_dot_and_is_asked_for_in_small_letters(group: str) -> None:
    assert all(suffix.startswith(b".") and suffix == suffix.lower() for suffix in getattr(names, group))
