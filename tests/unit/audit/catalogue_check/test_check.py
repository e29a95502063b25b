"""All mistakes of a catalogue are named at once, each in its file and line; a new one is checked when it is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from auditor.audit import controls, expressions
from auditor.audit.catalogue_check import check
from auditor.commands import controls_check
from auditor.errors import InputError
from auditor.system import resources
from auditor.system.yaml_source import load_yaml
from tests.unit import own_cache

CONTROL = """\
- id: {id}
  title: {{vi: a, en: a}}
  problem: {{vi: b, en: b}}
  rationale: {{vi: a, en: a}}
  remedy: {{vi: a, en: a}}
  severity: high
  subject: host
"""
GOOD = CONTROL.format(id="ssh.good") + "  that: ssh.installed\n"


def write(roles: Path, text: str, area: str = "ssh") -> Path:
    file = roles / area / "controls.yml"
    file.parent.mkdir(exist_ok=True, parents=True)
    file.write_text(text, "utf-8")
    return file


def found(roles: Path) -> list[tuple[str, int | None, str]]:
    return [
        (mistake.file.parent.name, mistake.line, mistake.what)
        for mistake in check.find_mistakes_in_catalogue(roles)
        if mistake.file
    ]


def test_our_own_controls_have_none() -> None:
    assert check.find_mistakes_in_catalogue(resources.get_roles_folder()) == ()


def test_every_mistake_is_named_with_its_file_and_line(tmp_path: Path) -> None:
    write(
        tmp_path,
        GOOD
        + CONTROL.format(id="ssh.one")
        + """\
  applies: ssh.instaled
  violations: >-
    (ssh.files | selectattr('owner', 'equalto', 'root') | list)
    + (ssh.files | selectattr('mod', 'in', [256]) | list)
    + (ssh.files | selectattr('kind', 'equalto', 'fil') | list)
"""
        + CONTROL.format(id="ssh.two")
        + "  test: {path: ssh.effective.maxauthtries, op: '<=', value: four}\n"
        + CONTROL.format(id="ssh.three").replace("high", "huge").replace("title", "titel")
        + "  that: ssh.installed\n",
    )
    write(tmp_path, "- id: nginx.x\n  title: [\n", "nginx")
    assert found(tmp_path) == [
        ("nginx", 3, "did not find expected node content"),
        ("ssh", 16, "control ssh.one: applies: the facts have no ssh.instaled"),
        ("ssh", 19, "control ssh.one: violations: the facts have no ssh.files[].mod"),
        ("ssh", 20, "control ssh.one: violations: ssh.files[].kind is never 'fil', only one of dir, file, link, other"),
        ("ssh", 28, "control ssh.two: test: ssh.effective.maxauthtries is of type int, and is compared with str"),
        ("ssh", 29, "control ssh.three: title: Field required"),
        ("ssh", 34, "control ssh.three: severity: Input should be 'low', 'medium', 'high' or 'critical'"),
        ("ssh", 30, "control ssh.three: titel: Extra inputs are not permitted"),
    ]


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ("  that: ssh.effective\n", "that: gives object | None, not true or false"),
        ("  that: ssh.files\n", "that: gives list, not true or false"),
        ("  violations: ssh.effective.ciphers | length\n", "violations: gives int, not a list"),
        ("  violations: ssh.files\n  among: ssh.installed\n", "among: gives bool, not a list"),
    ],
)
def test_what_an_expression_gives_has_to_be_what_is_asked_for(tmp_path: Path, lines: str, what: str) -> None:
    write(tmp_path, CONTROL.format(id="ssh.x") + lines)
    assert [each for _file, _line, each in found(tmp_path)] == [f"control ssh.x: {what}"]


def test_a_fix_in_an_area_that_no_plan_asks_for_is_named(tmp_path: Path) -> None:
    write(tmp_path, CONTROL.format(id="shh.x") + "  that: ssh.installed\n  fix: {touches: [/etc/x]}\n", "shh")
    (mistake,) = check.find_mistakes_in_catalogue(tmp_path)
    assert mistake.what == "control shh.x: fix: no plan asks for the area shh, so nothing applies the fix"
    assert (mistake.line, mistake.mend) == (9, f"add it to areas_in_order in {controls.AREAS_OF_PLANS}")


def test_an_area_that_nothing_on_hosts_collects_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "_list_areas_of_collector", lambda: frozenset({"nginx"}))
    write(tmp_path, GOOD)
    (mistake,) = check.find_mistakes_in_catalogue(tmp_path)
    assert mistake.what == "control ssh.good: that: nothing on hosts collects the area ssh"


def test_a_folder_without_controls_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no \*/controls\.yml"):
        check.find_mistakes_in_catalogue(tmp_path)


def test_a_catalogue_with_mistakes_is_not_loaded_and_names_them_all(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("installed", "instaled") + CONTROL.format(id="ssh.b") + "  that: sshh.installed\n")
    with pytest.raises(InputError) as caught:
        controls.load_catalogue(tmp_path)
    assert "the facts have no ssh.instaled; did you mean 'installed'?" in str(caught.value)
    assert ["there is no area 'sshh'; did you mean 'ssh'?" in str(other) for other in caught.value.others] == [True]


def test_our_own_catalogue_is_checked_when_it_or_a_model_is_new_and_then_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_cache.use(tmp_path, monkeypatch)
    roles, model = tmp_path / "roles", tmp_path / "model.py"
    write(roles, GOOD)
    model.write_text("x = 1\n")
    monkeypatch.setattr(controls.resources, "get_roles_folder", lambda: roles)
    monkeypatch.setattr(controls, "list_files_of_checks", lambda: [model])
    checked: list[Path] = []
    iterate = check.iter_mistakes_of_controls

    def load() -> int:
        checked.clear()
        controls._load_own_catalogue_once.cache_clear()
        controls.load_catalogue()
        return len(checked)

    monkeypatch.setattr(check, "iter_mistakes_of_controls", lambda data: (checked.append(roles), *iterate(data))[1:])
    try:
        assert (load(), load()) == (1, 0)
        model.write_text("x = 1, 2\n")
        assert (load(), load()) == (1, 0)
        write(roles, GOOD.replace("ssh.good", "ssh.other"))
        assert (load(), load()) == (1, 0)
        write(roles, GOOD.replace("installed", "instaled"))
        for _time in range(2):
            with pytest.raises(InputError, match="instaled"):
                load()
    finally:
        controls._load_own_catalogue_once.cache_clear()


@pytest.mark.parametrize(
    "source",
    [
        " or ".join(["ssh.installed"] * 7_000),
        "(" * 900 + "ssh.installed" + ")" * 900,
        "not " * 800 + "ssh.installed",
        "ssh" + ".a" * 1_500,
        "[" * 60 + "]" * 60 + " == 1",
    ],
    ids=lambda source: source[:12],
)
def test_an_expression_that_ends_parsers_is_one_mistake_with_its_line(tmp_path: Path, source: str) -> None:
    write(tmp_path, GOOD + CONTROL.format(id="ssh.one") + f"  that: '{source}'\n")
    ((_, line, what),) = found(tmp_path)
    assert line == 16
    assert "at most 4,000 characters and 50 levels" in what


def test_the_deepest_that_is_let_through_can_be_worked_out() -> None:
    left = " or ".join(["ssh.installed"] * 48)
    for source in (left, "not " * 46 + "ssh.installed", "(" * 30 + "ssh.installed" + ")" * 30):
        expressions.check_expression_syntax_and_filters(source)
        expressions.compile_expression_once(source)
        assert expressions.is_expression_short_and_flat(source)
    assert not expressions.is_expression_short_and_flat(" or ".join(["ssh.installed"] * 60))


def test_a_thousand_mistakes_cost_little_more_than_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    composed: list[int] = []
    compose = yaml.compose
    monkeypatch.setattr(yaml, "compose", lambda *args: composed.append(1) or compose(*args))
    write(tmp_path, "".join(CONTROL.format(id=f"ssh.x{number}") + "  that: ssh.nope\n" for number in range(200)))
    assert [line for _, line, _ in found(tmp_path)] == [8 * (number + 1) for number in range(200)]
    assert len(composed) <= 1


def test_a_file_that_is_gone_when_its_mistake_is_named_is_named_all_the_same(tmp_path: Path) -> None:
    file = write(tmp_path, CONTROL.format(id="ssh.one") + "  that: ssh.nope\n")
    data = {file: load_yaml(file)}
    file.unlink()
    (mistake,) = check.iter_mistakes_of_controls(data)
    assert (mistake.file, mistake.line) == (file, 1)


def test_watching_lasts_when_a_file_goes_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, GOOD)
    monkeypatch.setattr(controls, "list_controls_files", lambda _roles: [file, tmp_path / "gone/controls.yml"])
    monkeypatch.setattr(controls_check.time, "sleep", lambda _seconds: file.unlink(missing_ok=True))
    changes = controls_check._iter_changes_of_catalogue(tmp_path)
    assert [next(changes), next(changes)] == [None, None]
