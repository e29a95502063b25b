"""What a value of an expression may be, from the annotations of models. Pure.

A shape is the alternatives that a value has: ``int | None`` are two. What nothing is known of is ``ANY``.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAliasType, Union, get_args, get_origin, get_type_hints, is_typeddict

from pydantic import BaseModel

from auditor.facts._base import KnownWords

SCALARS: Mapping[Any, str] = {bool: "bool", int: "int", float: "float", str: "str", NoneType: "None"}
_ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class UnknownShape:
    """A value of which nothing is known."""


@dataclass(frozen=True)
class ScalarShape:
    """A word, number, truth value or None; ``words`` are the only ones it can be, where they are known."""

    kind: str
    words: frozenset[Any] | None = None


@dataclass(frozen=True)
class ListShape:
    """A list, a tuple, or a stream: what a filter gives one by one, without a length, until ``list`` gathers it."""

    member: Shape
    kind: Literal["list", "tuple", "stream"] = "list"


@dataclass(frozen=True)
class MappingShape:
    """Values by key; ``keys`` are the only ones that there can be, where they are known."""

    value: Shape
    keys: frozenset[str] | None = None


@dataclass(frozen=True, eq=False)
class ObjectShape:
    """An object with fields of its own, and the class and file that declare them."""

    fields: Mapping[str, Shape]
    class_name: str = ""
    file: str = ""


type Alternative = UnknownShape | ScalarShape | ListShape | MappingShape | ObjectShape
type Shape = tuple[Alternative, ...]

ANY: Shape = (UnknownShape(),)
NONE: Shape = (ScalarShape("None"),)
BOOL: Shape = (ScalarShape("bool"),)
INT: Shape = (ScalarShape("int"),)
TEXT: Shape = (ScalarShape("str"),)


def unite(*shapes: Shape) -> Shape:
    """Return the shape of a value that has one of these."""
    return tuple(dict.fromkeys(alternative for shape in shapes for alternative in shape))


def is_anything(shape: Shape) -> bool:
    """Return whether nothing is known of the value."""
    return not shape or any(isinstance(alternative, UnknownShape) for alternative in shape)


def drop_none(shape: Shape) -> Shape:
    """Return the shape of the value where it is not None."""
    return tuple(each for each in shape if each != NONE[0])


def make_list(*members: Shape) -> Shape:
    """Return the shape of a list of these."""
    return (ListShape(unite(*members)),)


def make_constant(value: Any) -> Shape:
    """Return the shape of a value that stands in the expression."""
    kind = SCALARS.get(type(value))
    if kind is None:
        return ANY
    return NONE if value is None else (ScalarShape(kind, frozenset({value})),)


def get_constant(shape: Shape) -> Any:
    """Return the one value that it can be, or None."""
    match shape:
        case (ScalarShape(words=frozenset() as words),) if len(words) == 1:
            return next(iter(words))
    return None


def get_member_shape(shape: Shape) -> Shape:
    """Return the shape of the members that the value has where it is a list, tuple or stream."""
    return unite(*(each.member for each in shape if isinstance(each, ListShape)))


def describe_shape(shape: Shape) -> str:
    """Return what the value is, as an annotation says it."""
    return " | ".join(dict.fromkeys(map(_describe_alternative, shape)))


def _describe_alternative(alternative: Alternative) -> str:
    match alternative:
        case ScalarShape(kind=kind):
            return kind
        case ListShape(kind=kind):
            return kind
        case MappingShape() | ObjectShape():
            return "object"
    return "Any"


def make_shape(annotation: Any, *, as_json: bool = False) -> Shape:
    """Return the shape of what an annotation describes; ``as_json``: as the model is dumped for JSON."""
    return _make_shape(annotation, (), as_json)


def _make_shape(annotation: Any, metadata: Sequence[Any], as_json: bool) -> Shape:
    origin, arguments = get_origin(annotation), get_args(annotation)
    known = next((each.words for each in metadata if isinstance(each, KnownWords)), None)
    if isinstance(annotation, TypeAliasType):
        return _make_shape(annotation.__value__, metadata, as_json)
    if origin is Annotated:
        return _make_shape(arguments[0], (*metadata, *arguments[1:]), as_json)
    if origin in (Union, UnionType):
        return unite(*(_make_shape(argument, metadata, as_json) for argument in arguments))
    if origin is Literal:
        return _make_shape_of_words(arguments)
    if origin is not None:
        return _make_shape_of_container(origin, arguments, known, as_json)
    if annotation in SCALARS:
        return (ScalarShape(SCALARS[annotation], known if annotation is str else None),)
    return _make_shape_of_class(annotation, as_json)


def _make_shape_of_words(words: Iterable[Any]) -> Shape:
    kinds: dict[str, set[Any]] = {}
    for word in words:
        kinds.setdefault(SCALARS[type(word)], set()).add(word)
    return tuple(ScalarShape(kind, frozenset(values)) for kind, values in kinds.items())


def _make_shape_of_container(
    origin: Any, arguments: Sequence[Any], known: frozenset[str] | None, as_json: bool
) -> Shape:
    if issubclass(origin, Mapping):
        return (MappingShape(make_shape(arguments[1], as_json=as_json), known),)
    if issubclass(origin, Sequence):
        members = [make_shape(argument, as_json=as_json) for argument in arguments if argument is not ...]
        return (ListShape(unite(*members), "tuple" if issubclass(origin, tuple) and not as_json else "list"),)
    return ANY


def _make_shape_of_class(annotation: Any, as_json: bool) -> Shape:
    if not isinstance(annotation, type):
        return ANY
    if issubclass(annotation, BaseModel) or is_typeddict(annotation):
        return (make_record(annotation, as_json=as_json),)
    if issubclass(annotation, Enum):
        return _make_shape_of_words(member.value for member in annotation)
    return TEXT if issubclass(annotation, date) and as_json else ANY


@cache
def make_record(model: Any, *, as_json: bool = False) -> ObjectShape:
    """Return the shape of a model's or a typed dictionary's values."""
    place = str(Path(inspect.getfile(model)).relative_to(_ROOT))
    if is_typeddict(model):
        hints = get_type_hints(model, include_extras=True)
        return ObjectShape(
            {name: make_shape(hint, as_json=as_json) for name, hint in hints.items()}, model.__name__, place
        )
    return ObjectShape(
        {name: _make_shape(field.annotation, field.metadata, as_json) for name, field in model.model_fields.items()},
        model.__name__,
        place,
    )
