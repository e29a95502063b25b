"""All mistakes of a catalogue are named at once, each in its file and line; a new one is checked when it is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.audit import controls
from auditor.audit.catalogue_check import check
from auditor.errors import InputError
from auditor.system import resources
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
