"""The English sentences of errors, as they stand in the code, with ``{name}`` where a value goes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
MAKING = {
    "InputError",
    "Sentence",
    "_PaperProblem",
    "_add_error_at_cell",
    "_convert_write_errors",
    "_make_clause_error",
    "_make_error",
    "_make_error_of_docx_template",
    "add_mistake",
    "convert_csv_errors",
    "iter_members_of_mapping",
    "make_error",
    "make_error_at_entry",
    "make_error_at_value",
    "make_mistake",
}
"""What functions are called that make an error out of its sentences: what is wrong, and how to mend it."""
THIRD = {"validate_yaml_data_as_model"}
"""Whose third argument is such a sentence."""
QUOTED = {"BadParameter", "ValueError"}
"""What libraries quote, with its values filled in."""
VALIDATING = {"auditor/audit/controls.py", "auditor/inventory/systems.py", "auditor/models"}
"""Whose ``ValueError`` a library quotes: files, or all of a folder."""


class Sentence(NamedTuple):
    """A sentence and where it stands."""

    where: str
    text: str
    is_quoted: bool = False
    """A library quotes it; ``{}`` stands where a value goes."""
    is_filled: bool = False
    """Its values are filled in before it can be translated, which is a mistake."""


def in_errors() -> Iterator[Sentence]:
    """Both sentences of every ``InputError``, wherever they are put together, and what a validator or option complains."""
    if gone := [name for name in VALIDATING if not (ROOT / name).exists()]:
        raise FileNotFoundError(f"moved away, so that their sentences would be looked for nowhere: {gone}")
    for file in sorted((ROOT / "auditor").rglob("*.py")):
        yield from find_in(file.read_text("utf-8"), file.relative_to(ROOT))


def find_in(source: str, file: Path) -> Iterator[Sentence]:
    """The sentences of a module."""
    tree = ast.parse(source)
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            for said in _given(call, name, file):
                of = constants.get(said.id, said) if isinstance(said, ast.Name) else said
                yield from _sentences(of, f"{file}:{said.lineno}", name in QUOTED)


def _given(call: ast.Call, name: str, file: Path) -> list[ast.expr]:
    mend = [given.value for given in call.keywords if given.arg == "mend"]
    if name in MAKING:
        return [*call.args[: 1 if name in ("InputError", "Sentence") else 2], *mend]
    if name in THIRD:
        return [*call.args[2:3], *mend]
    complaint = name == "BadParameter" or (name == "ValueError" and _among(file, VALIDATING))
    return call.args[:1] if complaint else []


def _among(file: Path, names: set[str]) -> bool:
    return not names.isdisjoint({file.as_posix(), *(folder.as_posix() for folder in file.parents)})


def _sentences(of: ast.expr, where: str, is_quoted: bool) -> Iterator[Sentence]:
    match of:
        case ast.Constant(value=str(text)):
            yield Sentence(where, text, is_quoted)
        case ast.JoinedStr(values=parts):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
            yield Sentence(where, text, is_quoted, is_filled=True)
        case ast.IfExp(body=one, orelse=other):
            yield from _sentences(one, where, is_quoted)
            yield from _sentences(other, where, is_quoted)
