"""The prose check finds what the project's English does not use, in prose alone."""

from __future__ import annotations

from pathlib import Path

import polib
import pytest

from tools import prose


def found(text: str) -> list[str]:
    return [one.found for one in prose.check(prose.ProseSentence("x:1", text))]


@pytest.mark.parametrize("rule", prose.rules(), ids=lambda rule: rule.bad[:40])
def test_each_rule_finds_its_bad_sentence_and_no_good_one(rule: prose.ProseRule) -> None:
    assert rule.find.search(rule.bad), "the expression does not find the sentence that it stands for"
    assert found(rule.good) == []


@pytest.mark.parametrize(
    "text",
    [
        "There is no such host.",
        "It is no longer in force, and no more than 5 hosts are affected.",
        "Continue with step 3, or go on to the next page.",
        "The offices must be told of an incident by law.",
        "Run 'auditor incident contain SC-1 --owed anew' again.",
        "Whoever knows the hash knows that nothing was changed.",
    ],
)
def test_plain_english_and_commands_are_let_through(text: str) -> None:
    assert found(text) == []


def test_code_and_link_targets_of_a_page_are_not_prose() -> None:
    page = "# Fix it\n\nSee [the page](mend.md) and `mend`.\n\n```text\nmend\n```\n\n| a | b |\n|---|---|\n| c | mend it |\n"
    sentences = list(prose.markdown_prose(page, "p.md"))
    assert [one.found for sentence in sentences for one in prose.check(sentence)] == ["mend"]
    assert any(sentence.where == "p.md:11" and "mend it" in sentence.text for sentence in sentences)


@pytest.mark.parametrize(("folder", "text"), [("en", "a fine text"), ("vi", "a fine key")])
def test_english_of_a_catalogue_is_its_text_or_its_key(tmp_path: Path, folder: str, text: str) -> None:
    catalogue = polib.POFile()
    catalogue.append(polib.POEntry(msgid="a fine key", msgstr="a fine text"))
    catalogue.save(str(tmp_path / "x.po"))
    assert [one.text for one in prose.catalogue_prose(tmp_path / "x.po", f"locale/{folder}/x.po")] == [text]


def test_every_kind_of_text_is_read() -> None:
    where = {sentence.where.partition(":")[0] for sentence in prose.prose_of(prose.sources())}
    assert {
        "roles/ssh/controls.yml",
        "auditor/audit/frameworks/tcvn14423.yml",
        "auditor/fleet/error_messages.py",
    } < where
    assert {"README.md", "docs/security.md", "docs/en/first-server.md"} < where
    assert {f"auditor/locale/{name}" for name in prose.CATALOGUES} < where


def test_a_finding_ends_with_1_and_names_place_and_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text("Mend it.\n", "utf-8")
    assert prose.main([str(page)]) == 1
    assert capsys.readouterr().out.startswith(f"{page}:1: “Mend”: write “fix”")
    page.write_text("Fix it.\n", "utf-8")
    assert prose.main([str(page)]) == 0
