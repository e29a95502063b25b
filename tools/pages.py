"""The pages that are made from data: ``make docs`` writes them, ``make check`` compares them.

Run as ``python -m tools.pages [--check]``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from tools import (
    attack_page,
    cms_page,
    controls_pages,
    decisions_page,
    man_pages,
    manners_page,
    roles_pages,
    variables_page,
)

TOP = Path(__file__).parents[1]
FOLDER = Path("docs/controls")
"""Made as a whole: what is there and not among the pages belongs to a control that has gone."""
MEND = "run 'make docs', and commit what it writes"


def pages() -> dict[Path, str]:
    """Return each page by its path below the top."""
    return {
        **{FOLDER / name: text for name, text in controls_pages.pages().items()},
        Path("docs/decisions/README.md"): decisions_page.make_page(),
        **{Path("docs") / name: text for name, text in attack_page.pages().items()},
        **{Path("docs") / name: text for name, text in cms_page.pages().items()},
        **{Path("docs") / name: text for name, text in manners_page.pages().items()},
        Path("docs/variables.md"): variables_page.page(),
        **{Path("docs/man") / name: text for name, text in man_pages.pages().items()},
        **{Path("roles") / name: text for name, text in roles_pages.pages().items()},
    }


def find_stale(texts: Mapping[Path, str], top: Path) -> Iterator[Path]:
    """Yield the paths, below the top, of pages that are missing, say something else, or should not be there."""
    for path, text in texts.items():
        if not (top / path).is_file() or (top / path).read_text("utf-8") != text:
            yield path
    yield from (path for path in _list_made_pages(top) if path not in texts)


def write(texts: Mapping[Path, str], top: Path) -> None:
    """Write every page, and take away what no control is behind any more."""
    for path, text in texts.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text(text, "utf-8")
    for path in [path for path in _list_made_pages(top) if path not in texts]:
        (top / path).unlink()


def _list_made_pages(top: Path) -> list[Path]:
    return [path.relative_to(top) for path in sorted([*(top / FOLDER).rglob("*.md"), *top.glob("roles/*/README.md")])]


def main(arguments: list[str]) -> int:
    """Return 0, or 1 when pages are stale and were only to be compared."""
    texts = pages()
    if arguments != ["--check"]:
        write(texts, TOP)
        return 0
    behind = list(find_stale(texts, TOP))
    for path in behind:
        print(f"{path}: not what the catalogue, the roles and the models say", file=sys.stderr)
    if behind:
        print(MEND, file=sys.stderr)
    return 1 if behind else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
