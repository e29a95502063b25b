"""The guides as a site: every page is there, and nothing of it comes from a network."""

from __future__ import annotations

import subprocess
from pathlib import Path

import yaml

from tools import website

TOP = Path(__file__).parents[3]


def test_pages_and_what_they_link_to_are_copied_as_they_lie(tmp_path: Path) -> None:
    top, folder = tmp_path / "top", tmp_path / "pages"
    for name, text in {
        "README.md": "[guide](docs/en/a.md) [settings](roles/x/defaults.yml) [out](../secret) [net](https://example.org/)",
        "docs/en/a.md": "![picture](../images/a.png)",
        "docs/images/a.png": "",
        "roles/x/defaults.yml": "---",
        "roles/x/not_linked.yml": "---",
        "docs/draft.md": "not in git",
    }.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text, "utf-8")
    (tmp_path / "secret").write_text("beside the repository", "utf-8")
    subprocess.run(["git", "init", "--quiet"], cwd=top, check=True)
    subprocess.run(["git", "add", "--all", ":!docs/draft.md"], cwd=top, check=True)
    website.copy_pages(top, folder)
    copied = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert copied == {"README.md", "docs/en/a.md", "docs/images/a.png", "roles/x/defaults.yml"}


def test_a_pattern_becomes_its_pages_in_order(tmp_path: Path) -> None:
    for name in ("b.md", "a.md", "c.txt"):
        (tmp_path / name).touch()
    nav = ["c.txt", {"All": ["c.txt", {"Pages": "*.md"}]}, "*.md"]
    assert website.expand_patterns(nav, tmp_path) == [
        "c.txt",
        {"All": ["c.txt", {"Pages": ["a.md", "b.md"]}]},
        "a.md",
        "b.md",
    ]


def test_the_search_works_from_a_folder_without_a_network(tmp_path: Path) -> None:
    address = "https://unpkg.com/iframe-worker/shim"
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/a.html").write_text(f'<script src="{address}"></script>', "utf-8")
    (tmp_path / "a.js").write_text(f'load("{address}")', "utf-8")
    website.embed_shim(tmp_path)
    for path in (tmp_path / "sub/a.html", tmp_path / "a.js"):
        assert "unpkg" not in path.read_text("utf-8")
        assert '"data:text/javascript;base64,' in path.read_text("utf-8")


def test_every_page_that_git_knows_has_its_place_in_the_menu(tmp_path: Path) -> None:
    website.copy_pages(TOP, tmp_path)
    config = yaml.safe_load((TOP / "mkdocs.yml").read_text("utf-8"))
    assert config["hooks"] == ["tools/website.py"]

    def pages(nav: object) -> list[str]:
        if isinstance(nav, str):
            return [nav]
        return [page for item in (nav.values() if isinstance(nav, dict) else nav) for page in pages(item)]  # type: ignore[attr-defined]

    listed = pages(website.expand_patterns(config["nav"], tmp_path))
    assert len(listed) == len(set(listed))
    assert set(listed) == {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.md")}
