"""The index of decisions: each of them, with its date and whether it is in force."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import decisions_page


def test_each_decision_is_listed_with_date_and_status() -> None:
    page = decisions_page.make_page()
    for path in decisions_page.FOLDER.glob("[0-9]*.md"):
        assert f"]({path.name}) | 20" in page
    assert "| 2026-11-24 | in force |" in page


@pytest.mark.parametrize(
    "text",
    [
        "# 7. Title\n\nWhat was chosen.\n",
        "# Title\n\n*2026-11-25, in force.*\n",
        "# 8. Title\n\n*2026-11-25, in force.*\n",
    ],
)
def test_a_decision_without_its_head_is_named(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "0007-title.md").write_text(text, "utf-8")
    monkeypatch.setattr(decisions_page, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match=r"0007-title\.md: it begins with '# NUMBER"):
        decisions_page.make_page()
