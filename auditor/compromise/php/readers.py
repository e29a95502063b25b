"""What each kind of node comes to, of what those in it come to."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from auditor.compromise.php import constant_folding, names, values
from auditor.compromise.php.call_readers import read_backticks, read_call, read_include, read_made, read_method
from auditor.compromise.php.calls import Calls
from auditor.compromise.php.loop_readers import read_match, read_pair, read_thrown, read_yielded
from auditor.compromise.php.nodes import Node, in_loop
from auditor.compromise.php.values import (
    BUILT_TEXT,
    DECODED_TEXT,
    EMPTY,
    FOREIGN,
    LETTER,
    LONG,
    MAX_TEXT,
    REQUEST,
    UNKNOWN,
    UPLOAD,
    AbstractValue,
    concatenate,
    make_array,
    merge_values,
)
from auditor.compromise.php.variables import ALL_GLOBALS, ALL_SERVER, REQUEST_VALUE, item_of, through, value_of


def _variable(flow: Calls, node: Node) -> AbstractValue:
    return flow.of_variable(flow.key(node))


def read_variable(flow: Calls, node: Node) -> AbstractValue:
    """Return a variable that is not ``GIVEN``."""
    return flow.get_variable(flow.resolve_name(node.scope, flow.content[node.start + 1 : node.end]))


def _property(flow: Calls, node: Node) -> AbstractValue:
    name, getter = node.get("name"), flow.functions.get(b"__get")
    property_name = value_of(name) if name is not None else UNKNOWN
    if getter is not None and property_name.flags & FOREIGN:
        return flow.call_own_function(getter, [property_name], node)
    value, holder = _variable(flow, node), node.get("object")
    if holder is not None and holder.type == "class_constant_access_expression" and name is not None:
        return value_of(holder) if flow.get_text(name) == b"value" else value
    if value is UNKNOWN and holder is not None and value_of(holder).flags & (FOREIGN | BUILT_TEXT):
        return AbstractValue(None, value_of(holder).flags & (FOREIGN | BUILT_TEXT))
    return value


def _name(flow: Calls, node: Node) -> AbstractValue:
    text = flow.get_text(node)
    if text.lower() in (b"true", b"false", b"null"):
        return UNKNOWN
    constant = flow.constants.get(text)
    if constant is not None:
        return constant
    return _OWN_FILE if text == b"__FILE__" else _OWN_NAME if text in _OWN_NAMES else AbstractValue(text, BUILT_TEXT)


_OWN_FILE = AbstractValue(b"__FILE__.php")
_OWN_NAME = AbstractValue(None, BUILT_TEXT | DECODED_TEXT)
_OWN_NAMES = frozenset({b"__CLASS__", b"__FUNCTION__", b"__METHOD__"})


def _string(flow: Calls, node: Node) -> AbstractValue:
    text = flow.get_text(node)
    start = text.find(b"'")
    return values.text(re.sub(rb"\\([\\'])", rb"\1", text[start + 1 : -1]))


def _read_encapsed_string(flow: Calls, node: Node) -> AbstractValue:
    parts = [value_of(child) for child in node.children if child.type not in ("heredoc_start", "heredoc_end")]
    if not parts:
        return EMPTY
    value = concatenate(parts)
    literal = all(child.type in ("string_content", "escape_sequence") for child in node.children)
    has_hex_escapes = literal and b"\\x" in flow.get_text(node)[:2000].lower()
    return AbstractValue(
        value.text, value.flags & ~BUILT_TEXT if literal and not has_hex_escapes else value.flags, head=value.head
    )


def _read_literal_text(flow: Calls, node: Node) -> AbstractValue:
    return values.text(flow.get_text(node))


def _escape(flow: Calls, node: Node) -> AbstractValue:
    text = constant_folding.unescape_text(flow.get_text(node))
    return AbstractValue(text, BUILT_TEXT if flow.get_text(node)[:2] == b"\\x" or text.isalnum() else 0)


def _integer(flow: Calls, node: Node) -> AbstractValue:
    text = flow.get_text(node).replace(b"_", b"")
    if text[:1] == b"0" and text[1:].isdigit() and text[1:].strip(b"01234567") == b"":
        return AbstractValue(b"%d" % int(text, 8)) if len(text) < 40 else UNKNOWN
    return AbstractValue(b"%d" % constant_folding.number(text))


def _binary(flow: Calls, node: Node) -> AbstractValue:
    left_node, right, sign = node.get("left"), node.get("right"), node.get("operator")
    if left_node is None or right is None or sign is None:
        return UNKNOWN
    first, second, operator = value_of(left_node), value_of(right), flow.get_text(sign)
    if operator == b".":
        return concatenate([first, second])
    if operator == b"??":
        return merge_values(first, second)
    both = first.text is not None and second.text is not None
    if operator in (b"^", b"|", b"&") and both:
        a, b = first.text or b"", second.text or b""
        if operator == b"^":
            return values.text(constant_folding.xor_bytes(a, b), first.flags | second.flags | BUILT_TEXT)
        combined_bytes = bytes((x | y if operator == b"|" else x & y) for x, y in zip(a, b, strict=False))
        return values.text(combined_bytes, first.flags | second.flags | BUILT_TEXT)
    if operator == b"^":
        return AbstractValue(None, (first.flags | second.flags) | DECODED_TEXT)
    if (first.flags | second.flags) & LETTER and operator in (b"+", b"-", b"*", b"%", b"/", b"&", b"|") and not both:
        return AbstractValue(None, first.flags | second.flags | DECODED_TEXT)
    if operator in (b"==", b"===", b"!=", b"!=="):
        for side, other in ((left_node, second), (right, first)):
            if other.text and side.type in ("variable_name", "subscript_expression"):
                flow.guard(side)
        return UNKNOWN
    if operator in (b"+", b"-", b"*", b"/", b"%") and both:
        return _fold_arithmetic(first.text or b"", operator, second.text or b"")
    if operator == b"+" and (first.items is not None or second.items is not None):
        return merge_values(first, second)
    if operator in (b"&&", b"||", b"and", b"or"):
        return UNKNOWN
    return UNKNOWN


def _fold_arithmetic(first: bytes, operator: bytes, second: bytes) -> AbstractValue:
    a, b = constant_folding.number(first), constant_folding.number(second)
    if operator in (b"/", b"%") and b == 0:
        return UNKNOWN
    result = {b"+": a + b, b"-": a - b, b"*": a * b, b"/": a // b if b else 0, b"%": a % b if b else 0}[operator]
    return AbstractValue(b"%d" % result, BUILT_TEXT) if abs(result) < 1 << 62 else UNKNOWN


def _unary(flow: Calls, node: Node) -> AbstractValue:
    inside = node.get("argument")
    sign = flow.get_text(node)[:1]
    value = value_of(inside) if inside is not None else UNKNOWN
    if sign == b"~":
        return AbstractValue(
            bytes(255 - byte for byte in value.text) if value.text is not None else None,
            value.flags | BUILT_TEXT | (DECODED_TEXT if value.text is None else 0),
        )
    if sign == b"-" and value.text is not None:
        return AbstractValue(b"%d" % -constant_folding.number(value.text))
    return UNKNOWN


def _cast(flow: Calls, node: Node) -> AbstractValue:
    kind, inside = node.get("type"), node.get("value")
    type_name = flow.get_text(kind).strip(b"() ").lower() if kind is not None else b""
    return (
        value_of(inside) if inside is not None and type_name in (b"string", b"array", b"object", b"binary") else UNKNOWN
    )


def _conditional(flow: Calls, node: Node) -> AbstractValue:
    condition, body, other = (node.get(name) for name in ("condition", "body", "alternative"))
    first = body if body is not None else condition
    return merge_values(value_of(first) if first else UNKNOWN, value_of(other) if other else UNKNOWN)


def _assignment(flow: Calls, node: Node) -> AbstractValue:
    target, right = node.get("left"), node.get("right")
    if target is None or right is None:
        return UNKNOWN
    value = value_of(right)
    flow.assign(target, value, node)
    if target.type == "subscript_expression" and len(target.children) > 1:
        holder = value_of(target.children[0])
        if holder.function == b"archive":
            flow.check_write(value_of(target.children[1]), value, node)
            if holder.text is not None:
                flow.kept[b"phar://" + holder.text + b"/" + (value_of(target.children[1]).text or b"")] = value.flags
    setter = flow.functions.get(b"__set") if target.type == "member_access_expression" else None
    if setter is not None and value.flags & FOREIGN:
        flow.call_own_function(setter, [UNKNOWN, value], node)
    return value


def _read_augmented_assignment(flow: Calls, node: Node) -> AbstractValue:
    target, right, sign = node.get("left"), node.get("right"), node.get("operator")
    if target is None or right is None:
        return UNKNOWN
    before, more = flow.of_variable(flow.key(target)), value_of(right)
    if target.type == "subscript_expression":
        before = value_of(target)
    operator = flow.get_text(sign) if sign is not None else b""
    if operator == b".=":
        value = concatenate(
            [before if before.text is not None or before.flags else (EMPTY if before is UNKNOWN else before), more]
        )
        if in_loop(node):
            letters = DECODED_TEXT if _TAKES_LETTERS.search(flow.get_text(right)) else 0
            value = AbstractValue(None, value.flags | BUILT_TEXT | letters, head=value.head)
    elif operator == b"??=":
        value = merge_values(before, more)
    elif operator == b"^=":
        value = AbstractValue(None, before.flags | more.flags | DECODED_TEXT)
    else:
        value = UNKNOWN
    flow.assign(target, value, node)
    return value


_TAKES_LETTERS = re.compile(rb"(?i)\bchr\s*\(|\[[^\]]*\$[^\]]*\]|\bsubstr\s*\(")


def _subscript(flow: Calls, node: Node) -> AbstractValue:
    if not node.children:
        return UNKNOWN
    base = node.children[0]
    at = value_of(node.children[1]).text if len(node.children) > 1 else None
    if base.type in ("variable_name", "dynamic_variable_name"):
        key = flow.key(base)
        name = key[1] if key is not None else b""
        if name in names.SERVER:
            is_chosen_key = len(node.children) > 1 and value_of(node.children[1]).flags & REQUEST
            return (
                REQUEST_VALUE
                if is_chosen_key or (at is not None and at.startswith(names.SAID_TO_SERVER) and at != b"HTTP_HOST")
                else UNKNOWN
            )
        if name == b"GLOBALS":
            return flow.of_variable((None, at)) if at else UNKNOWN
        if len(node.children) > 1 and node.children[1].type == "variable_name" and in_loop(node):
            at = None
    value = value_of(base)
    if value is ALL_GLOBALS:
        return flow.of_variable((None, at)) if at else UNKNOWN
    if value is ALL_SERVER:
        return (
            REQUEST_VALUE if at is not None and at.startswith(names.SAID_TO_SERVER) and at != b"HTTP_HOST" else UNKNOWN
        )
    if value.flags & UPLOAD and at is not None:
        return (
            AbstractValue(None, UPLOAD if at == b"tmp_name" or at != b"name" else UPLOAD | REQUEST, head=True)
            if at in (b"tmp_name", b"name")
            else value
        )
    return item_of(value, at)


def _array(flow: Calls, node: Node) -> AbstractValue:
    if not node.children and node.end - node.start > MAX_TEXT // 20:
        return AbstractValue(None, LONG)
    parts = []
    for child in node.children:
        if child.type != "array_element_initializer" or not child.children:
            continue
        if len(child.children) > 1:
            parts.append((value_of(child.children[0]).text, value_of(child.children[-1])))
        else:
            parts.append((None, value_of(child.children[0])))
    return make_array(parts)


def _read_return(flow: Calls, node: Node) -> AbstractValue:
    if node.scope is not None and node.children:
        value = value_of(node.children[-1])
        before = flow.returns.get(node.scope)
        flow.returns[node.scope] = value if before is None else merge_values(before, value)
    return UNKNOWN


def _global(flow: Calls, node: Node) -> AbstractValue:
    for child in node.children:
        if child.type == "variable_name":
            flow.globals.add((node.scope, flow.get_text(child)[1:]))
    return UNKNOWN


def _anonymous(flow: Calls, node: Node) -> AbstractValue:
    if node.type == "arrow_function":
        body = node.get("body")
        if body is not None:
            flow.returns[node] = value_of(body)
    return AbstractValue(None, 0, function=node)


def _used_outside(flow: Calls, node: Node) -> AbstractValue:
    """Return variables that a nameless function takes with it."""
    function = node.parent
    for child in node.children:
        target = child.children[0] if child.type == "by_ref" and child.children else child
        if function is not None and target.type == "variable_name":
            name = flow.get_text(target)[1:]
            flow.variables[function, name] = flow.of_variable(flow.resolve_name(function.scope, name))
    return UNKNOWN


def _initial(flow: Calls, node: Node) -> AbstractValue:
    """Return a property, constant or static variable with the value that it begins with."""
    if len(node.children) > 1:
        name, value = node.children[0], value_of(node.children[-1])
        element_name = flow.get_text(name)
        if node.type == "const_element":
            flow.constants[element_name] = value
        elif node.type == "property_element":
            flow.put((None, b"->" + element_name.lstrip(b"$")), value, node)
        else:
            flow.put(flow.key(name), value, node)
    return UNKNOWN


def _heredoc(flow: Calls, node: Node) -> AbstractValue:
    body = node.get("value")
    return value_of(body) if body is not None else EMPTY


def _switch(flow: Calls, node: Node) -> AbstractValue:
    condition = node.get("condition")
    if condition is not None:
        flow.guard(condition)
    return UNKNOWN


def _read_parenthesised(flow: Calls, node: Node) -> AbstractValue:
    if node.parent is not None and node.parent.type == "switch_statement":
        flow.guard(node)
    return through(node)


def _read_output(flow: Calls, node: Node) -> AbstractValue:
    """Return what visitors are shown: from elsewhere, where search engines are told apart, it is a cloak."""
    flow.shown_to_visitors(map(value_of, node.children), node)
    return UNKNOWN


def _read_promoted_property(flow: Calls, node: Node) -> AbstractValue:
    """Return a parameter of a constructor that is a property, too."""
    name, default = node.get("name"), node.get("default_value")
    names_ = flow.parameters.get(node.scope, []) if node.scope is not None else []
    if name is None or node.scope is None:
        return UNKNOWN
    property_name = flow.get_text(name).lstrip(b"&.$")
    if default is not None:
        flow.put((None, b"->" + property_name), value_of(default), node)
    if property_name in names_:
        flow.fills.setdefault(node.scope, set()).add((b"->" + property_name, names_.index(property_name)))
    return UNKNOWN


def _case(flow: Calls, node: Node) -> AbstractValue:
    """Return one value of an enumeration."""
    name, value = node.get("name"), node.get("value")
    if name is not None and value is not None:
        flow.constants[flow.get_text(name)] = value_of(value)
    return UNKNOWN


def _read_update(flow: Calls, node: Node) -> AbstractValue:
    """Read ``$x++``, which makes letters of letters."""
    inside = node.get("argument")
    if inside is not None:
        before = flow.of_variable(flow.key(inside))
        letter = before.text if before.text is not None and before.text.isalpha() and len(before.text) == 1 else None
        flow.put(
            flow.key(inside),
            AbstractValue(
                bytes([letter[0] + 1]) if letter and letter not in b"zZ" else None, before.flags | BUILT_TEXT
            ),
            node,
        )
    return UNKNOWN


def _sequence(flow: Calls, node: Node) -> AbstractValue:
    return value_of(node.children[-1]) if node.children else UNKNOWN


type Reader = Callable[[Calls, Node], AbstractValue]
READERS: Mapping[str, Reader] = {
    "variable_name": read_variable,
    "dynamic_variable_name": _variable,
    "member_access_expression": _property,
    "nullsafe_member_access_expression": _variable,
    "scoped_property_access_expression": _variable,
    "class_constant_access_expression": lambda flow, node: (
        flow.constants.get(flow.get_text(node.children[-1]), UNKNOWN) if node.children else UNKNOWN
    ),
    "name": _name,
    "qualified_name": _name,
    "string": _string,
    "string_content": _read_literal_text,
    "escape_sequence": _escape,
    "encapsed_string": _read_encapsed_string,
    "heredoc_body": _read_encapsed_string,
    "nowdoc_body": _read_encapsed_string,
    "nowdoc_string": _read_literal_text,
    "heredoc": _heredoc,
    "nowdoc": _heredoc,
    "integer": _integer,
    "float": _integer,
    "binary_expression": _binary,
    "unary_op_expression": _unary,
    "cast_expression": _cast,
    "conditional_expression": _conditional,
    "assignment_expression": _assignment,
    "reference_assignment_expression": _assignment,
    "augmented_assignment_expression": _read_augmented_assignment,
    "subscript_expression": _subscript,
    "array_creation_expression": _array,
    "function_call_expression": read_call,
    "member_call_expression": read_method,
    "nullsafe_member_call_expression": read_method,
    "scoped_call_expression": read_method,
    "object_creation_expression": read_made,
    "include_expression": read_include,
    "include_once_expression": read_include,
    "require_expression": read_include,
    "require_once_expression": read_include,
    "shell_command_expression": read_backticks,
    "return_statement": _read_return,
    "pair": read_pair,
    "global_declaration": _global,
    "anonymous_function": _anonymous,
    "arrow_function": _anonymous,
    "anonymous_function_use_clause": _used_outside,
    "property_element": _initial,
    "const_element": _initial,
    "static_variable_declaration": _initial,
    "switch_statement": _switch,
    "parenthesized_expression": _read_parenthesised,
    "sequence_expression": _sequence,
    "echo_statement": _read_output,
    "print_intrinsic": _read_output,
    "exit_statement": _read_output,
    "update_expression": _read_update,
    "match_expression": read_match,
    "yield_expression": read_yielded,
    "property_promotion_parameter": _read_promoted_property,
    "enum_case": _case,
    "throw_expression": read_thrown,
    "throw_statement": read_thrown,
}
"""By the kind of a node. What is not here comes to what its one child does, or to nothing."""
