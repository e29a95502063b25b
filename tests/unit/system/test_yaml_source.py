from pathlib import Path

import pytest
from pydantic import Field

from auditor.errors import InputError
from auditor.models import Model
from auditor.system import yaml_source
from auditor.system.yaml_source import YamlPlace, load_own_yaml_files_cached, load_yaml, validate_yaml_data_as_model
from tests.unit import own_cache


class Part(Model):
    size: int
    sender: str | None = Field(default=None, alias="from")


class Thing(Model):
    name: str
    parts: tuple[Part, ...] = ()


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("parts: []\n", 1, "name: Field required"),
        ("name: a\nparts:\n  - size: 1\n  - size: {x}\n", 4, "parts.1.size: Input should be a valid integer"),
        ("name: a\n\nwrong: 1\n", 3, "wrong: Extra inputs are not permitted"),
        ("- a\n", 1, "file: Input should be a valid dictionary or instance of Thing"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place_and_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    file = tmp_path / "things.yml"
    file.write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        validate_yaml_data_as_model(
            Thing, load_yaml(file), "{where}: {why}", mend="see the {example}", place=YamlPlace(file)
        )
    assert caught.value.what.startswith(said)
    assert (caught.value.file, caught.value.line, caught.value.mend) == (file, line, "see the {example}")


@pytest.mark.parametrize(
    ("text", "guess"),
    [
        ("name: a\npart: []\n", "parts"),
        ("name: a\nnames: b\n", None),  # it has that one already
        ("name: a\nwrong: 1\n", None),
        ("name: a\nparts: [{size: 1, from_: 2}]\n", "from"),
        ("name: a\nparts: [{sizes: 1, size: 1, fron: b}]\n", None),  # the first wrong one has no like
    ],
)
def test_of_an_unknown_key_the_nearest_known_one_is_guessed(tmp_path: Path, text: str, guess: str | None) -> None:
    file = tmp_path / "things.yml"
    file.write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        validate_yaml_data_as_model(Thing, load_yaml(file), "{where}: {why}", mend="", place=YamlPlace(file))
    assert caught.value.guess == guess


def test_an_entry_of_a_list_is_told_by_what_it_is_called(tmp_path: Path) -> None:
    file = tmp_path / "things.yml"
    file.write_text("- name: a\n- name: '{b}'\n  parts: 1\n- 7\n", "utf-8")
    entries = load_yaml(file)
    assert validate_yaml_data_as_model(Thing, entries[0], "{where}", mend="", place=YamlPlace(file, [0])) == Thing(
        name="a"
    )
    for index, line, said in ((1, 3, "thing {b}: parts: "), (2, 4, "thing {b}: entry: ")):
        with pytest.raises(InputError) as caught:
            validate_yaml_data_as_model(
                Thing, entries[index], "thing {of}: {where}: {why}", mend="", place=YamlPlace(file, [index]), of="{b}"
            )
        assert caught.value.what.startswith(said)
        assert caught.value.line == line


def test_what_an_earlier_run_parsed_of_our_own_files_is_taken_while_they_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_cache.use(tmp_path, monkeypatch)
    parsed: list[Path] = []
    parse = yaml_source.parse_yaml
    monkeypatch.setattr(yaml_source, "parse_yaml", lambda text, file: parsed.append(file) or parse(text, file))
    one, other = tmp_path / "one.yml", tmp_path / "other.yml"
    one.write_text("levels: {1: a}\nwhen: 2026-01-02\n", "utf-8")
    other.write_text("- x\n", "utf-8")
    expected = {one: {"levels": {1: "a"}, "when": "2026-01-02"}, other: ["x"]}
    assert (
        load_own_yaml_files_cached("things", [one, other])
        == load_own_yaml_files_cached("things", [one, other])
        == expected
    )
    assert parsed == [one, other]
    other.write_text("- y\n", "utf-8")
    assert load_own_yaml_files_cached("things", [one, other]) == {**expected, other: ["y"]}
    assert parsed == [one, other] * 2


def _bomb(levels: int) -> str:
    doubled = "".join(f"- &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, levels))
    return f"- &a0 [lol, lol]\n{doubled}"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (_bomb(24), 24, "repeats too much through aliases"),
        (f"- &a {'x' * 100_000}\n" + "- *a\n" * 20, 1, "repeats too much through aliases"),
        ("- 1\n- &a [1, *a]\n", 2, "contains itself"),
        ("&a {<<: *a, b: 1}\n", 1, "contains itself"),
        ("a:\n  b: " + "[" * 150 + "]" * 150, 2, "is nested deeper than {limit} levels"),
        ("a: 1\nb: 1" + ":20" * 100_000, 2, "is a number with more than {limit} characters"),
        ("9" * 5000, 1, "is a number with more than {limit} characters"),
        ("a: !!timestamp 2026-99-99", 1, "is no value of its type"),
        ("a: !!int abc", 1, "is no value of its type"),
        ("a: !!bool maybe", 1, "is no value of its type"),
    ],
)
def test_a_file_costs_no_more_than_its_length(tmp_path: Path, text: str, line: int, said: str) -> None:
    file = tmp_path / "foreign.yml"
    file.write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        load_yaml(file)
    assert caught.value.what.startswith(said.split(" {")[0])
    assert (caught.value.file, caught.value.line) == (file, line)


def test_aliases_as_people_use_them_are_read(tmp_path: Path) -> None:
    file = tmp_path / "hosts.yml"
    file.write_text("common: &c {a: 1, b: [x, y]}\n" + "".join(f"h{n}: {{<<: *c, n: {n}}}\n" for n in range(2000)))
    data = load_yaml(file)
    assert data["h1999"] == {"a": 1, "b": ["x", "y"], "n": 1999}


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "large.yml"
    with file.open("wb") as out:
        out.truncate(yaml_source.MAX_BYTES + 1)
    with pytest.raises(InputError, match="is larger than"):
        load_yaml(file)
