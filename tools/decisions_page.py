"""``docs/decisions/README.md``: the decisions with their dates and whether they are in force.

Their first lines say both.
"""

from __future__ import annotations

import re
from pathlib import Path

from tools.markdown import table

FOLDER = Path(__file__).parents[1] / "docs/decisions"
_HEAD = re.compile(r"# (\d+)\. (.+)\n\n\*(\d{4}-\d{2}-\d{2}), (.+)\.\*\n")
"""The head of a decision: ``# 7. Title``, an empty line, ``*2026-11-25, in force.*``."""
_INTRODUCTION = """# Decisions

A decision says what was chosen, why, what was measured or tried, and what it costs. A decision that another one
replaces stays, and its second line says which one that is. `make docs` writes this page.

"""


def make_page() -> str:
    """Return the page. Raises ``ValueError`` for a decision without number, title, date and status."""
    rows = [_read_row(path) for path in sorted(FOLDER.glob("[0-9]*.md"))]
    return _INTRODUCTION + table(("Number", "Decision", "Date", "Status"), rows)


def _read_row(path: Path) -> tuple[str, ...]:
    head = _HEAD.match(path.read_text("utf-8"))
    if head is None or int(head[1]) != int(path.name[:4]):
        raise ValueError(f"{path}: it begins with '# NUMBER. TITLE', an empty line and '*YEAR-MONTH-DAY, in force.*'")
    number, title, date, status = head.groups()
    return number, f"[{title}]({path.name})", date, status
