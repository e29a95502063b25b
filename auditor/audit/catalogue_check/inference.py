"""The shape of what an expression gives, and the mistakes on the way. Pure over the syntax tree of Jinja2."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jinja2 import nodes

from auditor.audit.catalogue_check import filters
from auditor.audit.catalogue_check.comparisons import check_comparison
from auditor.audit.catalogue_check.mistakes import Mistake, MistakeLog
from auditor.audit.catalogue_check.shapes import (
    ANY,
    BOOL,
    INT,
    TEXT,
    ListShape,
    MappingShape,
    ScalarShape,
    Shape,
    drop_none,
    get_constant,
    get_member_shape,
    is_anything,
    make_constant,
    make_list,
    unite,
)
from auditor.audit.expressions import parse_expression

_FUNCTIONS: Mapping[str, Shape] = {"range": make_list(INT)}
_UNPACKED = ("dyn_args", "dyn_kwargs")
"""The fields of a call for what stands after ``*`` and ``**``."""
_DICTIONARY_METHODS = ("get", "items", "keys", "values")


def infer_expression(source: str, names: Mapping[str, Shape]) -> tuple[Shape, tuple[Mistake, ...]]:
    """Return the shape of what an expression gives, and its mistakes; ``names`` are what it may read."""
    (expression,) = parse_expression(source).nodes
    return infer_syntax_tree(expression, names)


def infer_syntax_tree(expression: nodes.Node, names: Mapping[str, Shape]) -> tuple[Shape, tuple[Mistake, ...]]:
    """Return the same of an expression that is parsed already."""
    inference = _Inference(names)
    return inference.infer(expression), tuple(inference.log.mistakes)


class _Inference:
    """One walk over one expression."""

    def __init__(self, names: Mapping[str, Shape]) -> None:
        self.names, self.log = names, MistakeLog()

    def infer(self, node: nodes.Node) -> Shape:
        """Return the shape of a node's value."""
        handler = _HANDLERS.get(type(node))
        if handler is not None:
            return handler(self, node)
        self.infer_children(node)
        return ANY

    def infer_children(self, node: nodes.Node, *, only: Sequence[str] | None = None) -> None:
        """Look for mistakes in what a node is made of, whose shapes tell nothing; ``only`` these fields of it."""
        for child in node.iter_child_nodes(only=only):
            self.infer(child)

    def infer_condition(self, node: nodes.Node) -> Shape:
        """Return the shape of what is asked whether it is true; a stream always is."""
        shape = self.infer(node)
        if shape and all(isinstance(each, ListShape) and each.kind == "stream" for each in shape):
            self.log.add_mistake(
                "the condition {path} is a stream, which is always true",
                "add '| list', which is false when it is empty",
                path=describe_path(node),
            )
        return shape


def describe_path(node: nodes.Node) -> str:
    """Return what a node reads, as it is written."""
    match node:
        case nodes.Name(name=name):
            return str(name)
        case nodes.Getattr(node=inner, attr=name):
            return f"{describe_path(inner)}.{name}"
        case nodes.Getitem(node=inner, arg=nodes.Const(value=key)):
            return f"{describe_path(inner)}[{key!r}]"
        case nodes.Filter(node=nodes.Node() as inner):
            return describe_path(inner)
        case nodes.Add(left=left, right=right):
            return f"({describe_path(left)} + {describe_path(right)})"
        case nodes.Const(value=value):
            return repr(value)
    return "(…)"


def _infer_name(self: _Inference, node: nodes.Name) -> Shape:
    if node.name in self.names:
        return self.names[node.name]
    self.log.add_mistake("there is no area {area}", word=node.name, known=self.names, area=repr(node.name))
    return ANY


def _infer_constant(_self: _Inference, node: nodes.Const) -> Shape:
    return make_constant(node.value)


def _infer_list(self: _Inference, node: nodes.List) -> Shape:
    return make_list(*map(self.infer, node.items))


def _infer_tuple(self: _Inference, node: nodes.Tuple) -> Shape:
    return (ListShape(unite(*map(self.infer, node.items)), "tuple"),)


def _infer_dictionary(self: _Inference, node: nodes.Dict) -> Shape:
    keys = [get_constant(self.infer(pair.key)) for pair in node.items]
    values = unite(*(self.infer(pair.value) for pair in node.items))
    return (MappingShape(values, frozenset(keys) if None not in keys else None),)


def _infer_attribute(self: _Inference, node: nodes.Getattr) -> Shape:
    return filters.infer_field(self.infer(node.node), node.attr, describe_path(node.node), self.log)


def _infer_item(self: _Inference, node: nodes.Getitem) -> Shape:
    shape = self.infer(node.node)
    if isinstance(node.arg, nodes.Slice):
        self.infer_children(node.arg)
        return shape
    key = get_constant(self.infer(node.arg))
    if isinstance(key, str):
        return filters.infer_field(shape, key, describe_path(node.node), self.log)
    return get_member_shape(shape) or ANY


def _infer_call(self: _Inference, node: nodes.Call) -> Shape:
    arguments = [self.infer(argument) for argument in node.args]
    self.infer_children(node, only=("kwargs", *_UNPACKED))
    match node.node:
        case nodes.Name(name=name) if name in _FUNCTIONS:
            return _FUNCTIONS[name]
        case nodes.Getattr(node=inner, attr=method):
            shape = self.infer(inner)
            if isinstance(inner, nodes.Dict) and method in _DICTIONARY_METHODS:
                values = unite(*(each.value for each in shape if isinstance(each, MappingShape)))
                return unite(values, *arguments[1:]) if method == "get" else make_list(ANY)
            if any(isinstance(each, ScalarShape) and each.kind == "str" for each in shape):
                return filters.infer_text_method(method, describe_path(inner), self.log)
            if not is_anything(shape):
                self.log.add_mistake(
                    "{path}.{method} cannot be called", word=method, path=describe_path(inner), method=method
                )
    return ANY


def _infer_filter(self: _Inference, node: Any) -> Shape:
    self.infer_children(node, only=_UNPACKED)
    call = filters.FilterCall(
        node.name,
        describe_path(node.node),
        [self.infer(argument) for argument in node.args],
        {keyword.key: self.infer(keyword.value) for keyword in node.kwargs},
    )
    return filters.infer_filter(self.infer(node.node), call, self.log)


def _infer_test(self: _Inference, node: nodes.Test) -> Shape:
    self.infer_children(node, only=("kwargs", *_UNPACKED))
    call = filters.FilterCall(node.name, describe_path(node.node), [self.infer(argument) for argument in node.args], {})
    filters.check_test(self.infer(node.node), call, self.log)
    return BOOL


def _infer_comparison(self: _Inference, node: nodes.Compare) -> Shape:
    first, shape = node.expr, self.infer(node.expr)
    for operand in node.ops:
        second, other = operand.expr, self.infer(operand.expr)
        path, other_path = describe_path(first), describe_path(second)
        if isinstance(first, nodes.Const) and operand.op not in ("in", "notin"):
            check_comparison(operand.op, other_path, other, shape, self.log)
        else:
            check_comparison(operand.op, path, shape, other, self.log, other_path)
        first, shape = second, other
    return BOOL


def _infer_and(self: _Inference, node: nodes.And) -> Shape:
    return unite(self.infer_condition(node.left), self.infer(node.right))


def _infer_or(self: _Inference, node: nodes.Or) -> Shape:
    return unite(drop_none(self.infer_condition(node.left)), self.infer(node.right))


def _infer_not(self: _Inference, node: nodes.Not) -> Shape:
    self.infer_condition(node.node)
    return BOOL


def _infer_choice(self: _Inference, node: nodes.CondExpr) -> Shape:
    self.infer_condition(node.test)
    return unite(self.infer(node.expr1), self.infer(node.expr2) if node.expr2 is not None else ())


def _infer_sum(self: _Inference, node: nodes.Add) -> Shape:
    left, right = self.infer(node.left), self.infer(node.right)
    return filters.infer_addition(left, right, describe_path(node), self.log)


def _infer_arithmetic(self: _Inference, node: Any) -> Shape:
    for each in (node.left, node.right):
        filters.require_number(self.infer(each), describe_path(each), self.log)
    return (ScalarShape("int"), ScalarShape("float")) if isinstance(node, nodes.Div) else INT


def _infer_sign(self: _Inference, node: Any) -> Shape:
    constant = get_constant(self.infer(node.node))
    if isinstance(constant, int | float):
        return make_constant(-constant if isinstance(node, nodes.Neg) else constant)
    return INT


def _infer_text(self: _Inference, node: nodes.Concat) -> Shape:
    for each in node.nodes:
        self.infer(each)
    return TEXT


_HANDLERS: Mapping[type[nodes.Node], Callable[[_Inference, Any], Shape]] = {
    nodes.Name: _infer_name,
    nodes.Const: _infer_constant,
    nodes.List: _infer_list,
    nodes.Tuple: _infer_tuple,
    nodes.Dict: _infer_dictionary,
    nodes.Getattr: _infer_attribute,
    nodes.Getitem: _infer_item,
    nodes.Call: _infer_call,
    nodes.Filter: _infer_filter,
    nodes.Test: _infer_test,
    nodes.Compare: _infer_comparison,
    nodes.And: _infer_and,
    nodes.Or: _infer_or,
    nodes.Not: _infer_not,
    nodes.CondExpr: _infer_choice,
    nodes.Add: _infer_sum,
    nodes.Sub: _infer_arithmetic,
    nodes.Mul: _infer_arithmetic,
    nodes.Div: _infer_arithmetic,
    nodes.Neg: _infer_sign,
    nodes.Pos: _infer_sign,
    nodes.Concat: _infer_text,
}
