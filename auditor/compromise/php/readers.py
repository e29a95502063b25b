"""What each kind of node comes to, of what those in it come to."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from auditor.compromise.php import constant_folding, names, values
from auditor.compromise.php.call_readers import (
    read_backtick_command,
    read_function_call,
    read_include,
    read_object_creation,
)
from auditor.compromise.php.calls import PhpCallAnalyzer
from auditor.compromise.php.loop_readers import (
    read_foreach_head,
    read_foreach_list,
    read_match_expression,
    read_throw_expression,
    read_yield_expression,
)
from auditor.compromise.php.method_readers import read_method_call
from auditor.compromise.php.nodes import PhpNode, is_in_loop
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
    merge_alternative_values,
)
from auditor.compromise.php.variables import (
    ALL_GLOBALS,
    ALL_SERVER,
    REQUEST_VALUE,
    SECRET_VALUE,
    get_value_at_array_key,
    get_value_of_node,
    get_value_of_only_child,
    get_values_of_call_arguments,
    is_code_running_php_function,
)


def _read_variable_of_hidden_name(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    """Return the value of a variable whose name is put together: one that begins as PHP's own is taken for such."""
    name = get_value_of_node(node.children[-1]) if node.children else UNKNOWN
    if name.text is None and name.flags & BUILT_TEXT and name.begins.startswith(b"_"):
        return REQUEST_VALUE
    return _read_variable_or_superglobal(flow, node)


def _read_variable_or_superglobal(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    return flow.get_value_of_variable(flow.get_variable_key_of_node(node))


def read_non_superglobal_variable(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    """Return the value of a variable that is not a superglobal."""
    return flow.get_value_of_non_superglobal(
        flow.resolve_variable_name_in_scope(node.scope, flow.content[node.start + 1 : node.end])
    )


def _read_property(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    name, getter = node.get("name"), flow.functions.get(b"__get")
    property_name = get_value_of_node(name) if name is not None else UNKNOWN
    if getter is not None and property_name.flags & FOREIGN:
        return flow.call_own_function(getter, [property_name], node)
    value, holder = _read_variable_or_superglobal(flow, node), node.get("object")
    if getter is not None and value is UNKNOWN and name is not None and name.type == "name":
        return flow.call_own_function(getter, [AbstractValue(flow.get_text(name))], node)
    if holder is not None and holder.type == "class_constant_access_expression" and name is not None:
        return get_value_of_node(holder) if flow.get_text(name) == b"value" else value
    if value is UNKNOWN and holder is not None and get_value_of_node(holder).flags & (FOREIGN | BUILT_TEXT):
        return AbstractValue(None, get_value_of_node(holder).flags & (FOREIGN | BUILT_TEXT))
    return value


def _read_constant_name(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    text = flow.get_text(node)
    if text.lower() in (b"true", b"false", b"null"):
        return UNKNOWN
    constant = flow.constants.get(text)
    if constant is not None:
        return constant
    return _OWN_FILE if text == b"__FILE__" else _OWN_NAME if text in _OWN_NAMES else AbstractValue(text, BUILT_TEXT)


_OWN_FILE = AbstractValue(names.OWN_FILE)
_OWN_NAME = AbstractValue(None, BUILT_TEXT | DECODED_TEXT)
_OWN_NAMES = frozenset({b"__CLASS__", b"__FUNCTION__", b"__METHOD__"})


def _read_single_quoted_string(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    text = flow.get_text(node)
    start = text.find(b"'")
    return values.make_text_constant(re.sub(rb"\\([\\'])", rb"\1", text[start + 1 : -1]))


def _read_double_quoted_string(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    parts = [get_value_of_node(child) for child in node.children if child.type not in ("heredoc_start", "heredoc_end")]
    if not parts:
        return EMPTY
    value = concatenate(parts)
    literal = all(child.type in ("string_content", "escape_sequence") for child in node.children)
    has_hex_escapes = literal and b"\\x" in flow.get_text(node)[:2000].lower()
    return AbstractValue(
        value.text, value.flags & ~BUILT_TEXT if literal and not has_hex_escapes else value.flags, head=value.head
    )


def _read_literal_text(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    return values.make_text_constant(flow.get_text(node))


def _read_escape_sequence(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    text = constant_folding.unescape_double_quoted_text(flow.get_text(node))
    return AbstractValue(text, BUILT_TEXT if flow.get_text(node)[:2] == b"\\x" or text.isalnum() else 0)


def _read_integer(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    text = flow.get_text(node).replace(b"_", b"")
    if text[:1] == b"0" and text[1:].isdigit() and text[1:].strip(b"01234567") == b"":
        return AbstractValue(b"%d" % int(text, 8)) if len(text) < 40 else UNKNOWN
    return AbstractValue(b"%d" % constant_folding.parse_leading_php_integer(text))


def _read_binary_expression(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    left_node, right_node, sign = node.get("left"), node.get("right"), node.get("operator")
    if left_node is None or right_node is None or sign is None:
        return UNKNOWN
    first, second, operator = get_value_of_node(left_node), get_value_of_node(right_node), flow.get_text(sign)
    if operator in (b"==", b"===", b"!=", b"!=="):
        for side, other in ((left_node, second), (right_node, first)):
            if other.text and side.type in ("variable_name", "subscript_expression"):
                flow.mark_variables_guarded(side)
        return UNKNOWN
    if operator == b"|>":
        return flow.call_value_as_function(second, [first], node)
    if operator == b"+" and (_is_whole_request(flow, left_node) or _is_whole_request(flow, right_node)):
        return AbstractValue(None, first.flags | second.flags)
    combine = _OPERATORS.get(operator)
    return combine(first, operator, second) if combine is not None else UNKNOWN


def _is_whole_request(flow: PhpCallAnalyzer, node: PhpNode) -> bool:
    """Return whether all that visitors say is named, which ``+`` lays over or under what others hold."""
    return node.type == "variable_name" and flow.get_text(node)[1:] in names.REQUESTS


def _combine_bits(first: AbstractValue, operator: bytes, second: AbstractValue) -> AbstractValue:
    flags = first.flags | second.flags
    if first.text is None or second.text is None:
        return AbstractValue(None, flags | DECODED_TEXT) if operator == b"^" or flags & LETTER else UNKNOWN
    if operator == b"^":
        combined_bytes = constant_folding.xor_bytes(first.text, second.text)
    else:
        pairs = zip(first.text, second.text, strict=False)
        combined_bytes = bytes((x | y if operator == b"|" else x & y) for x, y in pairs)
    return values.make_text_constant(combined_bytes, flags | BUILT_TEXT)


def _calculate(first: AbstractValue, operator: bytes, second: AbstractValue) -> AbstractValue:
    if first.text is not None and second.text is not None:
        return _fold_arithmetic(first.text, operator, second.text)
    if (first.flags | second.flags) & LETTER:
        return AbstractValue(None, first.flags | second.flags | DECODED_TEXT)
    if operator == b"+" and (first.items is not None or second.items is not None):
        others = first if first.items is None else second
        if others.items is None and others.flags & FOREIGN:  # whose keys may be any
            return AbstractValue(None, first.flags | second.flags)
        return merge_alternative_values(first, second)
    return UNKNOWN


_OPERATORS: Mapping[bytes, Callable[[AbstractValue, bytes, AbstractValue], AbstractValue]] = {
    b".": lambda first, _operator, second: concatenate([first, second]),
    b"??": lambda first, _operator, second: merge_alternative_values(first, second),
    **dict.fromkeys((b"^", b"|", b"&"), _combine_bits),
    **dict.fromkeys((b"+", b"-", b"*", b"/", b"%"), _calculate),
}


def _fold_arithmetic(first: bytes, operator: bytes, second: bytes) -> AbstractValue:
    a, b = constant_folding.parse_leading_php_integer(first), constant_folding.parse_leading_php_integer(second)
    if operator in (b"/", b"%") and b == 0:
        return UNKNOWN
    result = {b"+": a + b, b"-": a - b, b"*": a * b, b"/": a // b if b else 0, b"%": a % b if b else 0}[operator]
    return AbstractValue(b"%d" % result, BUILT_TEXT) if abs(result) < 1 << 62 else UNKNOWN


def _read_unary_expression(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    inside = node.get("argument")
    sign = flow.get_text(node)[:1]
    value = get_value_of_node(inside) if inside is not None else UNKNOWN
    if sign == b"~":
        return AbstractValue(
            bytes(255 - byte for byte in value.text) if value.text is not None else None,
            value.flags | BUILT_TEXT | (DECODED_TEXT if value.text is None else 0),
        )
    if sign == b"-" and value.text is not None:
        return AbstractValue(b"%d" % -constant_folding.parse_leading_php_integer(value.text))
    return UNKNOWN


def _read_cast(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    kind, inside = node.get("type"), node.get("value")
    type_name = flow.get_text(kind).strip(b"() ").lower() if kind is not None else b""
    return (
        get_value_of_node(inside)
        if inside is not None and type_name in (b"string", b"array", b"object", b"binary")
        else UNKNOWN
    )


def _read_conditional_expression(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    condition, body, other = (node.get(name) for name in ("condition", "body", "alternative"))
    first = body if body is not None else condition
    return merge_alternative_values(
        get_value_of_node(first) if first else UNKNOWN, get_value_of_node(other) if other else UNKNOWN
    )


def _read_assignment(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    target, right = node.get("left"), node.get("right")
    if target is None or right is None:
        return UNKNOWN
    value = get_value_of_node(right)
    flow.assign_to_left_side(target, value, node)
    if target.type == "subscript_expression" and len(target.children) > 1:
        holder = get_value_of_node(target.children[0])
        if holder.function == b"archive":
            flow.check_file_write(get_value_of_node(target.children[1]), value, node)
            if holder.text is not None:
                flow.kept[b"phar://" + holder.text + b"/" + (get_value_of_node(target.children[1]).text or b"")] = (
                    value.flags
                )
    setter = flow.functions.get(b"__set") if target.type == "member_access_expression" else None
    if setter is not None and value.flags & FOREIGN:
        flow.call_own_function(setter, [UNKNOWN, value], node)
    return value


def _read_augmented_assignment(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    target, right, sign = node.get("left"), node.get("right"), node.get("operator")
    if target is None or right is None:
        return UNKNOWN
    before, more = flow.get_value_of_variable(flow.get_variable_key_of_node(target)), get_value_of_node(right)
    if target.type == "subscript_expression":
        before = get_value_of_node(target)
    operator = flow.get_text(sign) if sign is not None else b""
    if operator == b".=":
        value = concatenate(
            [before if before.text is not None or before.flags else (EMPTY if before is UNKNOWN else before), more]
        )
        if is_in_loop(node):
            letters = DECODED_TEXT if _TAKES_LETTERS.search(flow.get_text(right)) else 0
            value = AbstractValue(None, value.flags | BUILT_TEXT | letters, head=value.head)
    elif operator == b"??=":
        value = merge_alternative_values(before, more)
    elif operator == b"^=":
        value = AbstractValue(None, before.flags | more.flags | DECODED_TEXT)
    else:
        value = UNKNOWN
    flow.assign_to_left_side(target, value, node)
    return value


_TAKES_LETTERS = re.compile(rb"(?i)\bchr\s*\(|\[[^\]]*\$[^\]]*\]|\bsubstr\s*\(")


def _read_subscript(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    if not node.children:
        return UNKNOWN
    base = node.children[0]
    index = node.children[1] if len(node.children) > 1 else None
    at = get_value_of_node(index).text if index is not None else None
    if base.type in ("variable_name", "dynamic_variable_name"):
        key = flow.get_variable_key_of_node(base)
        name = key[1] if key is not None else b""
        if name in names.SERVER:
            is_chosen_key = index is not None and get_value_of_node(index).flags & REQUEST
            return REQUEST_VALUE if is_chosen_key else _get_server_variable(at)
        if name == b"GLOBALS":
            return flow.get_value_of_variable((None, at)) if at else UNKNOWN
        if index is not None and index.type == "variable_name" and is_in_loop(node):
            at = None
        if name in names.REQUESTS and at is not None and names.SECRET_KEY.search(at):
            return SECRET_VALUE
    item = _ask_object_for_item(flow, node, get_value_of_node(base))
    return item if item is not None else _read_item(flow, get_value_of_node(base), at)


def _ask_object_for_item(flow: PhpCallAnalyzer, node: PhpNode, holder: AbstractValue) -> AbstractValue | None:
    """Return what the file's own method for items gives back for a key of others; None where it is not asked."""
    getter = flow.functions.get(b"offsetget")
    if getter is None or len(node.children) < 2 or holder.items is not None or holder.text is not None:
        return None
    key = get_value_of_node(node.children[1])
    return flow.call_own_function(getter, [key], node) if key.flags & FOREIGN else None


def _read_item(flow: PhpCallAnalyzer, value: AbstractValue, at: bytes | None) -> AbstractValue:
    """Return what an array holds at a key, None for one that is not known."""
    if value is ALL_GLOBALS:
        return flow.get_value_of_variable((None, at)) if at else UNKNOWN
    if value is ALL_SERVER:
        return _get_server_variable(at)
    if value.function == b"request":
        return REQUEST_VALUE
    if value.flags & UPLOAD and at is not None:
        return _UPLOAD_ITEMS.get(at, value)
    return get_value_at_array_key(value, at)


def _get_server_variable(name: bytes | None) -> AbstractValue:
    is_said = name is not None and name.startswith(names.SAID_TO_SERVER) and name != b"HTTP_HOST"
    return REQUEST_VALUE if is_said else UNKNOWN


_UPLOAD_ITEMS: Mapping[bytes, AbstractValue] = {
    b"tmp_name": AbstractValue(None, UPLOAD),
    b"name": AbstractValue(None, UPLOAD | REQUEST),
}


def _read_array_literal(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    if not node.children and node.end - node.start > MAX_TEXT // 20:
        return AbstractValue(None, LONG)
    parts = []
    for child in node.children:
        if child.type != "array_element_initializer" or not child.children:
            continue
        if len(child.children) > 1:
            parts.append((get_value_of_node(child.children[0]).text, get_value_of_node(child.children[-1])))
        else:
            parts.append((None, get_value_of_node(child.children[0])))
    return make_array(parts)


def _merge_return_value_of_function(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    if node.scope is not None and node.children:
        value = get_value_of_node(node.children[-1])
        before = flow.returns.get(node.scope)
        flow.returns[node.scope] = value if before is None else merge_alternative_values(before, value)
    return UNKNOWN


def _declare_global_variables(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    for child in node.children:
        if child.type == "variable_name":
            flow.globals.add((node.scope, flow.get_text(child)[1:]))
    return UNKNOWN


def _read_anonymous_function(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    if node.type == "arrow_function":
        body = node.get("body")
        if body is not None:
            flow.returns[node] = get_value_of_node(body)
    return AbstractValue(None, 0, function=node)


def _bind_closure_use_variables(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    """Store the variables that a nameless function takes with it."""
    function = node.parent
    for child in node.children:
        target = child.children[-1] if child.type == "by_ref" and child.children else child
        if function is not None and target.type == "variable_name":
            name = flow.get_text(target)[1:]
            flow.variables[function, name] = flow.get_value_of_variable(
                flow.resolve_variable_name_in_scope(function.scope, name)
            )
    return UNKNOWN


def _store_initial_value_of_declaration(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    """Store the value that a property, constant or static variable begins with."""
    if len(node.children) > 1:
        name, value = node.children[0], get_value_of_node(node.children[-1])
        element_name = flow.get_text(name)
        if node.type == "const_element":
            flow.constants[element_name] = value
        elif node.type == "property_element":
            flow.set_variable((None, b"->" + element_name.lstrip(b"$")), value, node)
        else:
            flow.set_variable(flow.get_variable_key_of_node(name), value, node)
    return UNKNOWN


def _read_heredoc(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    body = node.get("value")
    return get_value_of_node(body) if body is not None else EMPTY


def _mark_switch_condition_guarded(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    condition = node.get("condition")
    if condition is not None:
        flow.mark_variables_guarded(condition)
    return UNKNOWN


def _read_parenthesised(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    if node.parent is not None and node.parent.type == "switch_statement":
        flow.mark_variables_guarded(node)
    return get_value_of_only_child(node)


def _check_output_to_visitors(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    """Note what visitors are shown: from elsewhere, where search engines are told apart, it is a cloak."""
    flow.check_output_to_visitors(map(get_value_of_node, node.children), node)
    return UNKNOWN


def _store_promoted_constructor_property(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    """Store the default of a constructor's parameter that is a property, too, and which argument fills it."""
    name, default = node.get("name"), node.get("default_value")
    names_ = flow.parameters.get(node.scope, []) if node.scope is not None else []
    if name is None or node.scope is None:
        return UNKNOWN
    property_name = flow.get_text(name).lstrip(b"&.$")
    if default is not None:
        flow.set_variable((None, b"->" + property_name), get_value_of_node(default), node)
    if property_name in names_:
        flow.fills.setdefault(node.scope, set()).add((b"->" + property_name, names_.index(property_name)))
    return UNKNOWN


def _store_enum_case_value(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    """Store one value of an enumeration."""
    name, value = node.get("name"), node.get("value")
    if name is not None and value is not None:
        case_value, key = get_value_of_node(value), (None, b"->value")
        flow.constants[flow.get_text(name)] = case_value
        if case_value.text is not None and is_code_running_php_function(case_value.text):
            flow.set_variable(key, case_value, node)  # of all cases the one that matters
    return UNKNOWN


def _read_increment_expression(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    """Read ``$x++``, which makes letters of letters."""
    inside = node.get("argument")
    if inside is not None:
        before = flow.get_value_of_variable(flow.get_variable_key_of_node(inside))
        letter = before.text if before.text is not None and before.text.isalpha() and len(before.text) == 1 else None
        flow.set_variable(
            flow.get_variable_key_of_node(inside),
            AbstractValue(
                bytes([letter[0] + 1]) if letter and letter not in b"zZ" else None, before.flags | BUILT_TEXT
            ),
            node,
        )
    return UNKNOWN


def _read_sequence_expression(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    return get_value_of_node(node.children[-1]) if node.children else UNKNOWN


def _read_attribute(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    """Read an attribute, which is an object once somebody asks for it."""
    builder = flow.functions.get(b"__construct")
    if builder is not None:
        flow.call_own_function(builder, get_values_of_call_arguments(node), node)
    return UNKNOWN


type Reader = Callable[[PhpCallAnalyzer, PhpNode], AbstractValue]
READERS: Mapping[str, Reader] = {
    "variable_name": read_non_superglobal_variable,
    "dynamic_variable_name": _read_variable_of_hidden_name,
    "member_access_expression": _read_property,
    "nullsafe_member_access_expression": _read_variable_or_superglobal,
    "scoped_property_access_expression": _read_variable_or_superglobal,
    "class_constant_access_expression": lambda flow, node: (
        flow.constants.get(flow.get_text(node.children[-1]), UNKNOWN) if node.children else UNKNOWN
    ),
    "name": _read_constant_name,
    "qualified_name": _read_constant_name,
    "string": _read_single_quoted_string,
    "string_content": _read_literal_text,
    "escape_sequence": _read_escape_sequence,
    "encapsed_string": _read_double_quoted_string,
    "heredoc_body": _read_double_quoted_string,
    "nowdoc_body": _read_double_quoted_string,
    "nowdoc_string": _read_literal_text,
    "heredoc": _read_heredoc,
    "nowdoc": _read_heredoc,
    "integer": _read_integer,
    "float": _read_integer,
    "binary_expression": _read_binary_expression,
    "unary_op_expression": _read_unary_expression,
    "cast_expression": _read_cast,
    "conditional_expression": _read_conditional_expression,
    "assignment_expression": _read_assignment,
    "reference_assignment_expression": _read_assignment,
    "augmented_assignment_expression": _read_augmented_assignment,
    "subscript_expression": _read_subscript,
    "array_creation_expression": _read_array_literal,
    "function_call_expression": read_function_call,
    "member_call_expression": read_method_call,
    "nullsafe_member_call_expression": read_method_call,
    "scoped_call_expression": read_method_call,
    "object_creation_expression": read_object_creation,
    "include_expression": read_include,
    "include_once_expression": read_include,
    "require_expression": read_include,
    "require_once_expression": read_include,
    "shell_command_expression": read_backtick_command,
    "return_statement": _merge_return_value_of_function,
    "pair": read_foreach_head,
    "list_literal": read_foreach_list,
    "global_declaration": _declare_global_variables,
    "anonymous_function": _read_anonymous_function,
    "arrow_function": _read_anonymous_function,
    "anonymous_function_use_clause": _bind_closure_use_variables,
    "property_element": _store_initial_value_of_declaration,
    "const_element": _store_initial_value_of_declaration,
    "static_variable_declaration": _store_initial_value_of_declaration,
    "switch_statement": _mark_switch_condition_guarded,
    "parenthesized_expression": _read_parenthesised,
    "sequence_expression": _read_sequence_expression,
    "echo_statement": _check_output_to_visitors,
    "print_intrinsic": _check_output_to_visitors,
    "exit_statement": _check_output_to_visitors,
    "update_expression": _read_increment_expression,
    "match_expression": read_match_expression,
    "yield_expression": read_yield_expression,
    "property_promotion_parameter": _store_promoted_constructor_property,
    "attribute": _read_attribute,
    "enum_case": _store_enum_case_value,
    "throw_expression": read_throw_expression,
    "throw_statement": read_throw_expression,
}
"""By the kind of a node. What is not here comes to what its one child does, or to nothing."""
