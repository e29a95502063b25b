"""What calls of functions, the making of objects and includes come to."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from auditor.compromise.php import names
from auditor.compromise.php.calls import PhpCallAnalyzer
from auditor.compromise.php.nodes import PhpNode
from auditor.compromise.php.values import (
    FILE,
    FOREIGN,
    REQUEST,
    UNKNOWN,
    UPLOAD,
    AbstractValue,
    concatenate,
)
from auditor.compromise.php.variables import (
    REQUEST_VALUE,
    get_value_of_node,
    get_values_of_call_arguments,
    is_code_running_php_function,
    iter_subtree,
)

FILE_CLASSES = (b"splfileobject", b"spltempfileobject")
_TAKES_ALL = re.compile(rb"\(\.[*+]|\A/\.\*/")


def read_function_call(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    """Return the value of a function's call, by its name or by a value."""
    function = node.get("function")
    if function is None:
        return UNKNOWN
    args = get_values_of_call_arguments(node)
    if function.type not in ("name", "qualified_name"):
        return flow.call_value_as_function(get_value_of_node(function), args, node)
    name = flow.get_text(function).lower().lstrip(b"\\")
    if is_first_class_callable_syntax(node):
        return AbstractValue(name, function=flow.functions.get(name))
    before = _BEFORE_CALLS.get(name)
    value = before(flow, name, args, node) if before is not None else None
    return value if value is not None else flow.call_function_by_name(name, args, node)


def is_first_class_callable_syntax(node: PhpNode) -> bool:
    """Return whether nothing is called: ``name(...)`` is the function itself."""
    inside = node.get("arguments")
    return inside is not None and [child.type for child in inside.children] == ["variadic_placeholder"]


type _Reader = Callable[[PhpCallAnalyzer, bytes, list[AbstractValue], PhpNode], AbstractValue | None]
"""Of what has a name; None: it comes to what others of its kind do."""


def _check_last_output(flow: PhpCallAnalyzer, _name: bytes, args: list[AbstractValue], node: PhpNode) -> None:
    flow.check_output_to_visitors(args, node)


def _mark_compared_variables_guarded(
    flow: PhpCallAnalyzer, name: bytes, args: list[AbstractValue], node: PhpNode
) -> None:
    is_in_request = name == b"in_array" and len(args) > 1 and args[1].flags & REQUEST
    if not is_in_request:
        flow.mark_variables_guarded(node)


def _mark_isset_lookup_keys_guarded(
    flow: PhpCallAnalyzer, _name: bytes, _args: list[AbstractValue], node: PhpNode
) -> AbstractValue:
    """Note that what is looked up in a table, as in ``isset($known[$it])``, is known when it is there."""
    for part in iter_subtree(node):
        if part.type == "subscript_expression" and len(part.children) > 1:
            base = part.children[0]
            if base.type == "variable_name" and flow.get_text(base)[1:] in names.REQUESTS:
                continue
            flow.mark_variables_guarded(part.children[1])
    return UNKNOWN


def _make_variables_of_array(flow: PhpCallAnalyzer, name: bytes, args: list[AbstractValue], node: PhpNode) -> None:
    flags = args[0].flags & FOREIGN if args and name == b"extract" else REQUEST
    flow.spread[node.scope] = flow.spread.get(node.scope, 0) | flags
    flow.add_flags_to_variables_of_scope(node.scope, flags)


def _get_argument_nodes(node: PhpNode) -> Sequence[PhpNode]:
    inside = node.get("arguments")
    return [child for child in inside.children if child.type == "argument"] if inside is not None else []


def _assign_to_argument(flow: PhpCallAnalyzer, node: PhpNode, at: int, value: AbstractValue) -> bool:
    """Set the variable that a call is given as one of its arguments; return whether it is given one."""
    targets = _get_argument_nodes(node)
    if len(targets) <= at or not targets[at].children:
        return False
    flow.set_variable(flow.get_variable_key_of_node(targets[at].children[0]), value, node)
    return True


def _assign_to_output_argument(flow: PhpCallAnalyzer, name: bytes, args: list[AbstractValue], node: PhpNode) -> None:
    """Note what a function puts into a variable that it is given."""
    if args:
        value = AbstractValue(None, args[0].flags & (FOREIGN | UPLOAD | FILE), head=args[0].head)
        _assign_to_argument(flow, node, names.FILLS_IN[name], value)


def _assign_result_of_parse_str(flow: PhpCallAnalyzer, _name: bytes, args: list[AbstractValue], node: PhpNode) -> None:
    if args and not _assign_to_argument(flow, node, 1, AbstractValue(None, args[0].flags)):
        flow.spread[node.scope] = flow.spread.get(node.scope, 0) | args[0].flags & FOREIGN
        flow.add_flags_to_variables_of_scope(node.scope, args[0].flags & FOREIGN)


def _assign_groups_of_preg_match(flow: PhpCallAnalyzer, name: bytes, args: list[AbstractValue], node: PhpNode) -> None:
    if name in names.GUARDS:
        flow.mark_variables_guarded(node)
    if len(args) > 1:
        takes_all = _TAKES_ALL.search(args[0].text or b"") is not None
        _assign_to_argument(flow, node, 2, AbstractValue(None, args[1].flags, head=takes_all))


def _get_filtered_input(
    flow: PhpCallAnalyzer, _name: bytes, args: list[AbstractValue], node: PhpNode
) -> AbstractValue | None:
    kinds = [flow.get_text(child) for child in (node.get("arguments") or node).children]
    if not args or not kinds:
        return None
    is_as_said = len(kinds) < 3 or kinds[2] in names.LOOSE_FILTERS
    return REQUEST_VALUE if kinds[0] in names.INPUTS and is_as_said else UNKNOWN


_BEFORE_CALLS: Mapping[bytes, _Reader] = {
    name: reader
    for function_names, reader in (
        ((b"die", b"exit"), _check_last_output),
        (names.GUARDS, _mark_compared_variables_guarded),
        ((b"isset", b"empty"), _mark_isset_lookup_keys_guarded),
        (names.SPREADS, _make_variables_of_array),
        ((b"parse_str", b"mb_parse_str"), _assign_result_of_parse_str),
        (names.FILLS_IN, _assign_to_output_argument),
        ((b"preg_match", b"preg_match_all"), _assign_groups_of_preg_match),
        ((b"filter_input",), _get_filtered_input),
    )
    for name in function_names
}
"""What calls of functions by name do with the variables that stand in them, before they are looked at as calls."""


def read_object_creation(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    """Return the value of an object that is made."""
    kind = next((child for child in node.children if child.type != "arguments"), None)
    args = get_values_of_call_arguments(node)
    if kind is None:
        return UNKNOWN
    if kind.type not in ("name", "qualified_name"):
        return make_object(flow, b"", get_value_of_node(kind), args, node)
    name = flow.get_text(kind).lower().lstrip(b"\\")
    reader = _CLASSES.get(name)
    value = reader(flow, name, args, node) if reader is not None else None
    if value is not None:
        return value
    if name.endswith((b"exception", b"error")):
        return AbstractValue(None, args[0].flags & FOREIGN if args else 0)
    return make_object(flow, name, UNKNOWN, args, node)


def _make_reflection(
    _flow: PhpCallAnalyzer, name: bytes, args: list[AbstractValue], _node: PhpNode
) -> AbstractValue | None:
    return AbstractValue(args[-1].text, args[-1].flags, head=args[-1].head, function=name) if args else None


def _make_holder(
    _flow: PhpCallAnalyzer, _name: bytes, args: list[AbstractValue], _node: PhpNode
) -> AbstractValue | None:
    return AbstractValue(None, args[0].flags, items=args[0].items) if args else None


def _make_shelf(_flow: PhpCallAnalyzer, _name: bytes, _args: list[AbstractValue], _node: PhpNode) -> AbstractValue:
    return AbstractValue(None, 0, function=b"shelf")


def _make_archive(_flow: PhpCallAnalyzer, _name: bytes, args: list[AbstractValue], _node: PhpNode) -> AbstractValue:
    return AbstractValue(args[0].text if args else None, 0, function=b"archive")


def _make_file(_flow: PhpCallAnalyzer, name: bytes, args: list[AbstractValue], _node: PhpNode) -> AbstractValue | None:
    return AbstractValue(args[0].text, args[0].flags, function=name) if args else None


def _make_windows_component(
    _flow: PhpCallAnalyzer, name: bytes, args: list[AbstractValue], _node: PhpNode
) -> AbstractValue:
    return AbstractValue(args[0].text if args else None, args[0].flags if args else 0, function=name)


def check_callback_of_class_or_method(
    flow: PhpCallAnalyzer, name: bytes, args: list[AbstractValue], node: PhpNode
) -> None:
    """Note that a class or a method of PHP's is given a function to be called that runs code."""
    if any(arg.text is not None and is_code_running_php_function(arg.text) for arg in args):
        flow.record_hit("runs_by_callback", "sure", node)
    elif len(args) > 1 and args[1].flags & FOREIGN:
        given = [] if name.endswith(b"createfunction") else [args[0]]  # a query says what it is given
        flow.call_value_as_function(args[1], given, node, is_direct=False)


def _check_database_connection(flow: PhpCallAnalyzer, name: bytes, args: list[AbstractValue], node: PhpNode) -> None:
    if sum(1 for arg in args[:4] if arg.flags & REQUEST and arg.head) >= 3:
        flow.record_hit("chosen_database", "hint", node)
    path = args[0] if name == b"pdo" and args else UNKNOWN
    if (path.text or b"").lower().startswith(b"sqlite:") and path.ends.lower().endswith(names.SUFFIXES):
        flow.record_hit("written_program", "hint", node)


def check_picture_script(flow: PhpCallAnalyzer, _name: bytes, args: list[AbstractValue], node: PhpNode) -> None:
    """Note that a picture is read that is a program of the library that reads it."""
    path = args[0] if args else UNKNOWN
    if (path.text or path.begins).lower().startswith((b"msl:", b"vid:msl:")):
        is_said = path.flags & (REQUEST | UPLOAD)
        flow.record_hit("included_from_elsewhere", "exact" if is_said else "sure", node)


_CLASSES: Mapping[bytes, _Reader] = {
    name: reader
    for class_names, reader in (
        (names.REFLECTION_CLASSES, _make_reflection),
        (names.HOLDERS, _make_holder),
        (names.SHELVES, _make_shelf),
        (names.ARCHIVES, _make_archive),
        (FILE_CLASSES, _make_file),
        ((b"com",), _make_windows_component),
        (names.TAKES_CALLBACK, check_callback_of_class_or_method),
        ((b"pdo", b"mysqli"), _check_database_connection),
        ((b"imagick", b"gmagick"), check_picture_script),
    )
    for name in class_names
}
"""What objects of PHP's own classes come to."""


def make_object(
    flow: PhpCallAnalyzer, name: bytes, class_value: AbstractValue, args: list[AbstractValue], node: PhpNode
) -> AbstractValue:
    """Return an object of a class of that name, or of one that others choose."""
    builder = flow.functions.get(b"__construct") or flow.functions.get(name)
    if name and builder is not None and builder.type == "method_declaration":
        flow.call_own_function(builder, args, node)
    invoke_method = flow.functions.get(b"__invoke")
    if class_value.flags & REQUEST:
        takes_request = (
            class_value.head and any(arg.flags & REQUEST for arg in args) and not flow.has_guarded_variable(node)
        )
        flow.record_hit("chosen_class", "exact" if takes_request else "hint", node)
    return (
        AbstractValue(None, 0, function=invoke_method)
        if invoke_method is not None and _is_method_of_class(flow, name, invoke_method)
        else UNKNOWN
    )


def _is_method_of_class(flow: PhpCallAnalyzer, name: bytes, method: PhpNode) -> bool:
    """Return whether a method stands in the class of that name."""
    holder = method.parent.parent if method.parent is not None else None
    class_name = holder.get("name") if holder is not None else None
    return class_name is not None and flow.get_text(class_name).lower() == name


def read_include(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    """Check the inclusion of a file."""
    if node.children:
        flow.check_file_inclusion(get_value_of_node(node.children[-1]), node)
    return UNKNOWN


def read_backtick_command(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    """Check a command between backticks."""
    parts = [get_value_of_node(child) for child in node.children]
    if parts:
        flow.check_shell_command(concatenate(parts), node)
    return UNKNOWN
