"""YAML with its line numbers, so that an error can say where."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from auditor.errors import InputError


class _Loader(yaml.CSafeLoader):
    """Leaves dates as they are written: an impossible one is then a mistake of its entry, with a line."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def load_yaml(file: Path) -> Any:
    """The data of a YAML file, dates as text. Raises InputError with the line of the first mistake."""
    try:
        text = file.read_text("utf-8")
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}", file=file, mend="check the path and its permissions"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8", file=file, mend="save it as UTF-8") from error
    try:
        return yaml.load(text, _Loader)  # noqa: S506  a CSafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "is not YAML"
        raise InputError(problem, file=file, line=mark.line + 1 if mark else 1, mend="mend the YAML there") from error


def line_of(file: Path, path: Sequence[int | str]) -> int:
    """The line (from 1) of what ``path`` leads to, or of the nearest thing above it that exists."""
    node: yaml.Node | None = yaml.compose(file.read_text("utf-8"), yaml.CSafeLoader)
    line = 1
    for key in path:
        mark, node = _step(node, key)
        if mark is None:
            break
        line = mark.start_mark.line + 1
    return line


def _step(node: yaml.Node | None, key: int | str) -> tuple[yaml.Node | None, yaml.Node | None]:
    """The node that marks where ``key`` is written (a mapping's key, a sequence's member), and the node it leads to."""
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key], node.value[key]
    if isinstance(node, yaml.MappingNode):
        return next(((name, value) for name, value in node.value if name.value == str(key)), (None, None))
    return None, None
