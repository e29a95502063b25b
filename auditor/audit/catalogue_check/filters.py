"""What the filters and tests of expressions take and give. Pure."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.audit.catalogue_check.comparisons import (
    EQUALITIES,
    OPERATORS,
    ORDERINGS,
    can_be_none,
    check_comparison,
    check_key,
)
from auditor.audit.catalogue_check.mistakes import WRITING, MistakeLog
from auditor.audit.catalogue_check.shapes import (
    ANY,
    BOOL,
    INT,
    TEXT,
    Alternative,
    ListShape,
    MappingShape,
    ObjectShape,
    ScalarShape,
    Shape,
    UnknownShape,
    describe_shape,
    drop_none,
    get_constant,
    get_member_shape,
    is_anything,
    make_list,
    unite,
)
from auditor.audit.expressions import FILTERS, TESTS

_TEXT_METHODS: Mapping[str, Shape] = {
    **{name: make_list(TEXT) for name in ("split", "rsplit", "splitlines", "partition", "rpartition")},
    **dict.fromkeys(("startswith", "endswith", "isdigit", "isalpha", "isalnum"), BOOL),
    **dict.fromkeys(("count", "find", "index"), INT),
}


@dataclass(frozen=True)
class FilterCall:
    """A filter or test with its arguments, and what it is used on as it is written."""

    name: str
    path: str
    arguments: Sequence[Shape]
    keywords: Mapping[str, Shape]

    def get_argument(self, at: int, keyword: str = "") -> Shape:
        """Return an argument by its place or keyword; nothing where it is not given."""
        return self.keywords.get(keyword) or (self.arguments[at] if at < len(self.arguments) else ())

    def make_call_of_argument(self, at: int, path: str) -> FilterCall:
        """Return the call of the filter or test that an argument names, with the arguments after it."""
        return FilterCall(str(get_constant(self.get_argument(at)) or ""), path, self.arguments[at + 1 :], self.keywords)


def infer_filter(value: Shape, call: FilterCall, log: MistakeLog) -> Shape:
    """Return the shape of what a filter gives."""
    if not _check_name_and_arguments("filter", FILTERS, call, log):
        return ANY
    handler = _FILTERS.get(call.name)
    return handler(value, call, log) if handler is not None else ANY


def check_test(value: Shape, call: FilterCall, log: MistakeLog, *, of_member: bool = False) -> None:
    """Note what is wrong with a test of a value; ``of_member``: of each member of a list."""
    if not _check_name_and_arguments("test", TESTS, call, log) or not call.arguments:
        return
    operator = OPERATORS.get(call.name, call.name)
    if operator in ORDERINGS and of_member and can_be_none(value):
        log.add_mistake(
            "{path} may be None, which cannot be compared",
            "leave those out first, as with rejectattr('…', 'none')",
            word=call.path,
            path=call.path,
        )
    elif operator in EQUALITIES | ORDERINGS or operator in ("in", "within"):
        check_comparison(operator, call.path, value, call.arguments[0], log)


def _check_name_and_arguments(
    kind: str, known: Mapping[str, Callable[..., Any]], call: FilterCall, log: MistakeLog
) -> bool:
    function = known.get(call.name)
    if function is None:
        log.add_mistake(
            "expressions have no {kind} named {name}", word=call.name, known=known, kind=kind, name=repr(call.name)
        )
        return False
    passed = hasattr(inspect.unwrap(function), "jinja_pass_arg")  # its wrapper for asynchronous use always has it
    try:
        inspect.signature(function).bind(*[None] * (passed + 1), *call.arguments, **call.keywords)
    except TypeError as error:
        log.add_mistake("{host}: {why}", word=call.name, host=call.name, why=error)
        return False
    except ValueError:  # a function of the operating language, which tells no signature
        return True
    return True


def infer_field(value: Shape, name: str, path: str, log: MistakeLog) -> Shape:
    """Return the shape of a field of an object; None has none, and tells nothing."""
    if is_anything(value):
        return ANY
    objects = [each for each in value if isinstance(each, ObjectShape | MappingShape)]
    if not objects:
        if drop_none(value):
            log.add_mistake(
                "{path} is of type {type}, and has no {name}",
                word=name,
                path=path,
                type=describe_shape(value),
                name=repr(name),
            )
        return ANY
    found: list[Shape] = []
    for each in objects:
        if isinstance(each, MappingShape):
            check_key(path, (each,), name, log)
            found.append(each.value)
        elif name in each.fields:
            found.append(each.fields[name])
        else:
            log.add_mistake(
                "the facts have no {path}.{name}",
                "see class {class_name} in {module}" if each.file else WRITING,
                word=name,
                known=each.fields,
                path=path,
                name=name,
                class_name=each.class_name,
                module=each.file,
            )
            return ANY
    return unite(*found)


def infer_text_method(method: str, path: str, log: MistakeLog) -> Shape:
    """Return the shape of what a method of a text gives."""
    if not hasattr(str, method):
        log.add_mistake("{path}.{method} cannot be called", word=method, known=dir(str), path=path, method=method)
    return _TEXT_METHODS.get(method, TEXT)


def infer_addition(left: Shape, right: Shape, path: str, log: MistakeLog) -> Shape:
    """Return the shape of a sum of two numbers, texts or lists."""
    if is_anything(left) or is_anything(right):
        return ANY
    for one in left:
        for other in right:
            match one, other:
                case ListShape(kind=kind), ListShape(kind=same) if kind == same and kind != "stream":
                    return (ListShape(unite(get_member_shape(left), get_member_shape(right)), kind),)
                case ScalarShape(kind="str"), ScalarShape(kind="str"):
                    return TEXT
                case ScalarShape(kind="int" | "float"), ScalarShape(kind="int" | "float"):
                    return INT
    stream = any(isinstance(each, ListShape) and each.kind == "stream" for each in (*left, *right))
    log.add_mistake(
        "{path}: {one} and {other} cannot be added",
        "add '| list' before '+'" if stream else "add lists to lists, and numbers to numbers",
        path=path,
        one=describe_shape(left),
        other=describe_shape(right),
    )
    return ANY


def require_number(value: Shape, path: str, log: MistakeLog) -> None:
    """Note that a value is no number."""
    if not is_anything(value) and not any(
        isinstance(each, ScalarShape) and each.kind in ("int", "float") for each in value
    ):
        log.add_mistake("{path} is of type {type}, not a number", word=path, path=path, type=describe_shape(value))


def _require_members(value: Shape, call: FilterCall, log: MistakeLog, *, sized: bool = False) -> Shape:
    """Return the shape of the members of what a filter takes as a list."""
    lists = [each for each in value if isinstance(each, ListShape)]
    if is_anything(value):
        return ANY
    if not lists:
        log.add_mistake(
            "{filter} requires a list, and {path} is of type {type}",
            word=call.path,
            filter=call.name,
            path=call.path,
            type=describe_shape(value),
        )
        return ANY
    if sized and all(each.kind == "stream" for each in lists):
        log.add_mistake(
            "{path} is a stream, which has no length",
            "add '| list' before '| {filter}'",
            word=call.name,
            path=call.path,
            filter=call.name,
        )
        return ANY
    return get_member_shape(value)


def _infer_field_by_path(member: Shape, path: str, log: MistakeLog, within: str) -> Shape:
    shape = member
    for part in path.split("."):
        shape = get_member_shape(shape) if part.isdigit() else infer_field(shape, part, within, log)
        within = f"{within}.{part}"
    return shape


def _drop_none_at_path(member: Shape, path: str) -> Shape:
    """Return the member with what stands at the path of fields not None."""
    first, _, rest = path.partition(".")
    return tuple(
        ObjectShape(
            {
                **each.fields,
                first: _drop_none_at_path(drop_none(each.fields[first]), rest)
                if rest
                else drop_none(each.fields[first]),
            },
            each.class_name,
            each.file,
        )
        if isinstance(each, ObjectShape) and first in each.fields
        else each
        for each in member
    )


def _select_by_field(value: Shape, call: FilterCall, log: MistakeLog) -> Shape:
    member = _require_members(value, call, log)
    path = get_constant(call.get_argument(0))
    test = call.make_call_of_argument(1, f"{call.path}[].{path}")
    if isinstance(path, str):
        field = _infer_field_by_path(member, path, log, f"{call.path}[]")
        if len(call.arguments) > 1:
            check_test(field, test, log, of_member=True)
        if (call.name, test.name) in (("selectattr", ""), ("rejectattr", "none")):
            member = _drop_none_at_path(member, path)
    return (ListShape(member, "stream"),)


def _select_members(value: Shape, call: FilterCall, log: MistakeLog) -> Shape:
    member = _require_members(value, call, log)
    if call.arguments:
        check_test(member, call.make_call_of_argument(0, f"{call.path}[]"), log, of_member=True)
    return (ListShape(member, "stream"),)


def _map_members(value: Shape, call: FilterCall, log: MistakeLog) -> Shape:
    member = _require_members(value, call, log)
    path = get_constant(call.keywords.get("attribute", ()))
    if isinstance(path, int):
        return (ListShape(get_member_shape(member) or ANY, "stream"),)
    if isinstance(path, str):
        field = _infer_field_by_path(member, path, log, f"{call.path}[]")
        return (ListShape(unite(field, call.keywords.get("default", ())), "stream"),)
    if call.arguments:
        mapped = infer_filter(member, call.make_call_of_argument(0, f"{call.path}[]"), log)
        return (ListShape(mapped, "stream"),)
    return (ListShape(ANY, "stream"),)


def _gather_members(value: Shape, call: FilterCall, log: MistakeLog) -> Shape:
    if any(map(_is_text, value)):
        return make_list(TEXT)
    if any(isinstance(each, MappingShape | ObjectShape) for each in value):
        return make_list(TEXT)
    return make_list(_require_members(value, call, log))


def _count_members(value: Shape, call: FilterCall, log: MistakeLog) -> Shape:
    has_length = any(isinstance(each, MappingShape | ObjectShape) or _is_text(each) for each in value)
    return ANY if not has_length and _require_members(value, call, log, sized=True) is ANY else INT


def _is_text(alternative: Alternative) -> bool:
    return isinstance(alternative, ScalarShape) and alternative.kind == "str"


def _keep_members_by_field(value: Shape, call: FilterCall, log: MistakeLog) -> Shape:
    member = _require_members(value, call, log)
    path = get_constant(call.get_argument(1, "attribute"))
    if isinstance(path, str):
        _infer_field_by_path(member, path, log, f"{call.path}[]")
    return (ListShape(member, "stream" if call.name == "unique" else "list"),)


def _pick_member(value: Shape, call: FilterCall, log: MistakeLog) -> Shape:
    return _require_members(value, call, log)


def _sum_members(value: Shape, call: FilterCall, log: MistakeLog) -> Shape:
    member = _require_members(value, call, log)
    start = call.get_argument(1, "start")
    if not start and any(isinstance(each, ListShape) for each in member):
        log.add_mistake("{path}: lists cannot be added to 0", "write sum(start=[])", word=call.name, path=call.path)
    return infer_addition(member, start, call.path, log) if start and not is_anything(member) else member


def _join_members(value: Shape, call: FilterCall, log: MistakeLog) -> Shape:
    _require_members(value, call, log)
    return TEXT


def _default_value(value: Shape, call: FilterCall, _log: MistakeLog) -> Shape:
    default = call.get_argument(0, "default_value")
    replaces_none = get_constant(call.get_argument(1, "boolean")) is True
    return unite(drop_none(value) if replaces_none else value, default)


def _require_value(value: Shape, _call: FilterCall, _log: MistakeLog) -> Shape:
    return drop_none(value) or ANY


def _require_whole_search(value: Shape, call: FilterCall, log: MistakeLog) -> Shape:
    member = _require_members(value, call, log)
    seen = call.get_argument(0, "is_search_whole")
    if not any(
        isinstance(each, UnknownShape) or each == BOOL[0] or getattr(each, "kind", "") == "bool" for each in seen
    ):
        log.add_mistake("of_whole requires true or false, not {type}", word=call.name, type=describe_shape(seen))
    return make_list(member)


def _pick_fields(value: Shape, call: FilterCall, log: MistakeLog) -> Shape:
    member = _require_members(value, call, log)
    names = [name for name in map(get_constant, call.arguments) if isinstance(name, str)]
    fields = {name: infer_field(member, name, f"{call.path}[]", log) for name in names}
    return make_list((ObjectShape(fields),))


def _wrap_paths(value: Shape, call: FilterCall, log: MistakeLog) -> Shape:
    return make_list((ObjectShape({"tried": _require_members(value, call, log)}),))


def _check_age(value: Shape, call: FilterCall, log: MistakeLog) -> Shape:
    for path, each in ((call.path, value), *((call.name, argument) for argument in call.arguments)):
        require_number(each, path, log)
    return BOOL


def _parse_version(value: Shape, call: FilterCall, log: MistakeLog) -> Shape:
    _require_text(value, call, log)
    return (ListShape(INT, "tuple"),)


def _require_text(value: Shape, call: FilterCall, log: MistakeLog) -> Shape:
    if not is_anything(value) and not any(map(_is_text, value)):
        log.add_mistake(
            "{filter} requires a text, and {path} is of type {type}",
            word=call.path,
            filter=call.name,
            path=call.path,
            type=describe_shape(value),
        )
    return TEXT


_FILTERS: Mapping[str, Callable[[Shape, FilterCall, MistakeLog], Shape]] = {
    **dict.fromkeys(("selectattr", "rejectattr"), _select_by_field),
    **dict.fromkeys(("select", "reject"), _select_members),
    **dict.fromkeys(("unique", "sort"), _keep_members_by_field),
    **dict.fromkeys(("first", "last", "min", "max"), _pick_member),
    **dict.fromkeys(("length", "count"), _count_members),
    **dict.fromkeys(("default", "d"), _default_value),
    **dict.fromkeys(("lower", "upper", "trim", "replace"), _require_text),
    "map": _map_members,
    "list": _gather_members,
    "sum": _sum_members,
    "join": _join_members,
    "known": _require_value,
    "of_whole": _require_whole_search,
    "picked": _pick_fields,
    "tried": _wrap_paths,
    "older_than_days": _check_age,
    "version": _parse_version,
}
