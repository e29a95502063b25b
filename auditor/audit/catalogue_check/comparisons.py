"""Whether values of two shapes can be compared, and whether that can ever be true. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from auditor.audit.catalogue_check.mistakes import MistakeLog
from auditor.audit.catalogue_check.shapes import (
    NONE,
    Alternative,
    ListShape,
    MappingShape,
    ObjectShape,
    ScalarShape,
    Shape,
    UnknownShape,
    describe_shape,
    get_member_shape,
    is_anything,
)

OPERATORS: Mapping[str, str] = {
    **{"==": "eq", "equalto": "eq", "!=": "ne", ">": "gt", "greaterthan": "gt", "<": "lt", "lessthan": "lt"},
    **{">=": "ge", "<=": "le", "gteq": "ge", "lteq": "le", "notin": "in"},
}
"""The names of comparisons that have several."""
EQUALITIES, ORDERINGS = frozenset({"eq", "ne", "sameas"}), frozenset({"gt", "ge", "lt", "le"})
_NUMBERS = frozenset({"int", "float"})


def check_comparison(
    operator: str, path: str, left: Shape, right: Shape, log: MistakeLog, right_path: str = ""
) -> None:
    """Note what is wrong with comparing what stands at ``path`` with something."""
    name = OPERATORS.get(operator, operator)
    if is_anything(left) or is_anything(right):
        return
    if name in EQUALITIES:
        _check_equality(path, left, right, log)
    elif name in ORDERINGS:
        if not any(_can_be_ordered(one, other) for one in left for other in right):
            _note_different_kinds(path, left, right, log)
    elif name in ("in", "within"):
        if any(isinstance(each, MappingShape | ObjectShape) for each in right):
            for word in _list_words(left):
                check_key(right_path, right, word, log)
        else:
            _check_membership(path, get_member_shape(left) if name == "within" else left, right, log)


def _check_membership(path: str, left: Shape, right: Shape, log: MistakeLog) -> None:
    members = [each for each in right if isinstance(each, ListShape)]
    if members:
        if any(each.member for each in members) and left:
            _check_equality(path, left, get_member_shape(right), log)
    elif not any(isinstance(each, ScalarShape) and each.kind == "str" for each in right):
        log.add_mistake("'in' requires a list, not {type}", word=path, type=describe_shape(right))


def check_key(path: str, table: Shape, key: str, log: MistakeLog) -> None:
    """Note that no alternative of an object has the key."""
    known = {name for each in table for name in _list_keys(each)}
    open_ended = any(isinstance(each, MappingShape) and each.keys is None for each in table)
    if key not in known and not open_ended:
        log.add_mistake("the facts have no {path}.{name}", word=key, known=known, path=path, name=key)


def _list_keys(alternative: Alternative) -> frozenset[str]:
    match alternative:
        case ObjectShape(fields=fields):
            return frozenset(fields)
        case MappingShape(keys=frozenset() as keys):
            return keys
    return frozenset()


def _list_words(shape: Shape) -> list[str]:
    return [
        word for each in shape if isinstance(each, ScalarShape) and each.words for word in sorted(map(str, each.words))
    ]


def _check_equality(path: str, left: Shape, right: Shape, log: MistakeLog) -> None:
    for other in right:
        if isinstance(other, ScalarShape) and other.words and not any(_can_be_equal(one, other) for one in left):
            _note_impossible_word(path, left, other, log)
    if all(isinstance(other, ScalarShape) and other.words for other in right):
        return
    if not any(_can_be_equal(one, other) for one in left for other in right):
        _note_different_kinds(path, left, right, log)


def _note_impossible_word(path: str, left: Shape, other: ScalarShape, log: MistakeLog) -> None:
    known = _list_words(tuple(each for each in left if isinstance(each, ScalarShape) and _are_of_one_kind(each, other)))
    for word in sorted(map(str, other.words or ())):
        if known:
            log.add_mistake(
                "{path} is never {value}, only one of {choices}",
                word=word,
                known=known,
                path=path,
                value=repr(word),
                choices=", ".join(known),
            )
        else:
            log.add_mistake(
                "{path} is of type {type}, and never {value} ({kind})",
                word=word,
                path=path,
                type=describe_shape(left),
                value=repr(word),
                kind=other.kind,
            )


def _note_different_kinds(path: str, left: Shape, right: Shape, log: MistakeLog) -> None:
    log.add_mistake(
        "{path} is of type {type}, and is compared with {other}",
        word=path,
        path=path,
        type=describe_shape(left),
        other=describe_shape(right),
    )


def _are_of_one_kind(one: ScalarShape, other: ScalarShape) -> bool:
    return one.kind == other.kind or {one.kind, other.kind} <= _NUMBERS


def _can_be_equal(one: Alternative, other: Alternative) -> bool:
    match one, other:
        case (UnknownShape(), _) | (_, UnknownShape()):
            return True
        case ScalarShape(), ScalarShape():
            shared = one.words is None or other.words is None or one.words & other.words
            return _are_of_one_kind(one, other) and bool(shared)
        case ListShape(), ListShape():
            return one.kind == other.kind
        case (MappingShape() | ObjectShape(), MappingShape() | ObjectShape()):
            return True
    return False


def _can_be_ordered(one: Alternative, other: Alternative) -> bool:
    match one, other:
        case (UnknownShape(), _) | (_, UnknownShape()):
            return True
        case ScalarShape(), ScalarShape():
            return _are_of_one_kind(one, other) and one.kind not in ("bool", "None")
        case ListShape(), ListShape():
            return one.kind == other.kind != "stream"
    return False


def can_be_none(shape: Shape) -> bool:
    """Return whether the value may be None."""
    return NONE[0] in shape
