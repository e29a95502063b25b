"""Texts as Markdown, so that nothing in them is taken for markup."""

from __future__ import annotations

import re
from collections.abc import Sequence

_MARKUP = re.compile(r"[\\<*_|\[\]]")
_ANSIBLE = re.compile(r"\b[CFOVI]\(([^)]*)\)")


def plain(text: str) -> str:
    """Return a text on one line, its characters meaning themselves; what stands between backticks is left as code."""
    parts = " ".join(text.split()).split("`")
    if len(parts) % 2 == 0:
        parts = ["'".join(parts)]
    return "`".join(part if index % 2 else _MARKUP.sub(r"\\\g<0>", part) for index, part in enumerate(parts))


def of_ansible(text: str) -> str:
    """Return a description of an argument specification, its ``C(…)`` as code."""
    return plain(_ANSIBLE.sub(r"`\1`", text))


def code(text: str) -> str:
    """Return a value as code, also in a cell of a table."""
    return "`" + text.replace("`", "'").replace("|", "\\|") + "`"


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a table of cells that are Markdown already."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
