"""The pages made from data: whole, and known to be stale when they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auditor.audit import controls
from auditor.cli import app
from auditor.errors import EXIT_CODES
from auditor.inventory import hosts
from auditor.models import Lang, Site
from auditor.text import usage
from tools import controls_pages, man_pages, markdown, pages, variables_page


def test_a_page_that_is_missing_changed_or_left_over_is_stale(tmp_path: Path) -> None:
    wanted = {pages.FOLDER / "vi/a.md": "một\n", pages.FOLDER / "en/a.md": "one\n", Path("docs/variables.md"): "x\n"}
    assert set(pages.find_stale(wanted, tmp_path)) == set(wanted)
    pages.write(wanted, tmp_path)
    assert list(pages.find_stale(wanted, tmp_path)) == []
    (tmp_path / pages.FOLDER / "en/gone.md").write_text("left over\n", "utf-8")
    (tmp_path / "docs/variables.md").write_text("y\n", "utf-8")
    assert list(pages.find_stale(wanted, tmp_path)) == [Path("docs/variables.md"), pages.FOLDER / "en/gone.md"]
    pages.write(wanted, tmp_path)
    assert list(pages.find_stale(wanted, tmp_path)) == []


def test_a_stale_page_is_told_with_the_command_that_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pages, "TOP", tmp_path)
    monkeypatch.setattr(pages, "pages", lambda: {Path("docs/variables.md"): "x\n"})
    assert pages.main(["--check"]) == 1
    said = capsys.readouterr().err
    assert "docs/variables.md" in said and "make docs" in said
    assert pages.main([]) == pages.main(["--check"]) == 0


def test_every_control_stands_in_both_languages_with_what_it_says() -> None:
    made, catalogue = controls_pages.pages(), controls.load_catalogue()
    for control in catalogue.controls:
        danger = control.fix.danger if control.fix else None
        for lang in controls_pages.LANGS:
            page = made[f"{lang}/{control.area}.md"]
            assert page.count(f"\n## {markdown.plain(control.id)}\n") == 1
            for text in (control.title, control.problem, control.rationale, control.remedy, danger):
                assert text is None or markdown.plain(text.get(lang)) in page, control.id


def test_every_variable_stands_on_its_page() -> None:
    page = variables_page.page()
    of_roles = [
        name
        for area in {control.area for control in controls.load_catalogue().controls}
        for name in variables_page.list_variables(area)
    ]
    assert len(of_roles) > 30
    for name in (*hosts.HOST_KEYS, *hosts.OTHER_KEYS, *(set(Site.model_fields) - hosts.DERIVED_FIELDS), *of_roles):
        assert f"\n| `{name}` |" in page, name


def test_a_description_without_vietnamese_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "vi.po"
    file.write_text(
        variables_page.VIETNAMESE.read_text("utf-8").replace("the office above it", "the office below"), "utf-8"
    )
    monkeypatch.setattr(variables_page, "VIETNAMESE", file)
    with pytest.raises(variables_page.MissingTranslations) as caught:
        variables_page.page()
    assert "'the office above it'" in str(caught.value) and "'the office below'" in str(caught.value)


def test_a_text_is_never_markup() -> None:
    assert markdown.plain("a_b <c> *d* | [e]\n f") == "a\\_b \\<c> \\*d\\* \\| \\[e\\] f"
    assert markdown.plain("`a_b` c_d") == "`a_b` c\\_d"
    assert markdown.of_ansible("By C(x_y)") == "By `x_y`"


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_manual_has_every_command_option_and_exit_code(lang: Lang) -> None:
    page = man_pages.pages()["man1/auditor.1" if lang == "en" else "vi/man1/auditor.1"]
    shown = page.replace("\\-", "-")
    for path, command in leaves(usage.build_command_line_in_language(app, lang), "auditor"):
        _, _, own = shown.partition(f'.SS "{path}"\n')
        own, _, _ = own.partition(".SS ")
        for option in command.params:
            assert option.param_type_name == "argument" or f"{option.opts[-1]}" in own, (path, option.opts)
            assert option.help in own, (path, option.opts)
    for code in EXIT_CODES:
        assert f".TP\n.B {code}\n" in shown
    assert set(re.findall(r"^[.'].\w*", page, re.MULTILINE)) <= {
        *("'\\", ".\\", ".TH", ".SH", ".SS", ".PP", ".TP", ".B", ".nf", ".fi")
    }


def leaves(of: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in getattr(of, "commands", {}).items():
        yield from leaves(command, f"{path} {name}")
    if not hasattr(of, "commands"):
        yield path, of
