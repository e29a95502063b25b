"""The English sentences of errors, as they stand in the code: f-strings with ``{}`` where a value goes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from auditor.text.usage import PLACE

ROOT = Path(__file__).parents[1]
RETURNING = {"auditor/audit/inventory_fit.py"}
"""Where a function returns what is wrong and how to mend it, for an error made elsewhere."""
MAKING = {
    "add_mistake",
    "Mistake",
    "_add_error_at_cell",
    "_convert_write_errors",
    "_iter_rows_of_lines_without_id",
    "_make_clause_error",
    "_make_enrollment_error",
    "_make_error",
    "_make_error_of_docx_template",
    "convert_csv_errors",
    "iter_members_of_json_object",
    "iter_members_of_mapping",
    "make_error",
    "make_error_at_entry",
    "make_error_at_value",
}
"""What functions are called that make an error out of its sentences."""
OTHERS = {"InputError", "validate_yaml_data_as_model", "parse", "BadParameter", "ValueError"}
"""What else is called where a sentence of an error stands."""
VALIDATING = {
    "auditor/audit/controls.py",
    "auditor/inventory/systems.py",
    "auditor/models",
    "auditor/models/exceptions",
}
"""Whose ``ValueError`` becomes part of an error: files, or all of a folder."""


class Sentence(NamedTuple):
    """A sentence and where it stands."""

    where: str
    text: str


def in_errors() -> Iterator[Sentence]:
    """Both sentences of every ``InputError``, wherever they are put together, and what a validator or option complains."""
    if gone := [name for name in (*RETURNING, *VALIDATING) if not (ROOT / name).exists()]:
        raise FileNotFoundError(f"moved away, so that their sentences would be looked for nowhere: {gone}")
    for file in sorted((ROOT / "auditor").rglob("*.py")):
        source = file.read_text("utf-8")
        if not (_among(file.relative_to(ROOT), RETURNING) or any(f"{name}(" in source for name in MAKING | OTHERS)):
            continue
        tree = ast.parse(source)
        constants = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            for said in _said(node, file.relative_to(ROOT)):
                for text in _texts(constants.get(said.id, said) if isinstance(said, ast.Name) else said):
                    yield Sentence(f"{file.relative_to(ROOT)}:{said.lineno}", text)


def _said(node: ast.AST, file: Path) -> list[ast.expr]:
    match node:
        case ast.Call():
            return _given(node, file)
        case ast.Return(value=ast.Tuple(elts=[what, mend, *_])) if _among(file, RETURNING) and _texts(what):
            return [what, mend]
    return []


def _given(call: ast.Call, file: Path) -> list[ast.expr]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    mend = [given.value for given in call.keywords if given.arg == "mend"]
    if name == "InputError":
        return [*call.args[:1], *mend]
    if name in ("validate_yaml_data_as_model", "parse"):
        return [*call.args[2:3], *mend]
    if name in MAKING:
        return [*call.args[:2], *mend]
    complaint = name == "BadParameter" or (name == "ValueError" and _among(file, VALIDATING))
    return call.args[:1] if complaint else []


def _among(file: Path, names: set[str]) -> bool:
    return not names.isdisjoint({file.as_posix(), *(folder.as_posix() for folder in file.parents)})


def _texts(of: ast.expr) -> list[str]:
    match of:
        case ast.Constant(value=str(text)):
            return [PLACE.sub("{}", text)]
        case ast.JoinedStr(values=parts):
            return ["".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)]
        case ast.IfExp(body=one, orelse=other):
            return [*_texts(one), *_texts(other)]
        case ast.BinOp(left=one, op=ast.Add(), right=other):
            return [a + b for a in _texts(one) or ["{}"] for b in _texts(other) or ["{}"]]
    return []
