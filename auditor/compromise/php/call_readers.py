"""What calls and includes come to."""

from __future__ import annotations

import re

from auditor.compromise.php import names
from auditor.compromise.php.calls import PhpCallAnalyzer
from auditor.compromise.php.nodes import PhpNode
from auditor.compromise.php.values import (
    BUILT_TEXT,
    DECODED_TEXT,
    FILE,
    FOREIGN,
    PARAMETERS,
    REQUEST,
    UNKNOWN,
    UPLOAD,
    AbstractValue,
    concatenate,
    make_array,
)
from auditor.compromise.php.variables import (
    REQUEST_VALUE,
    get_value_of_node,
    get_value_passed_to_callback,
    get_values_of_call_arguments,
    is_code_running_php_function,
    iter_subtree,
)


def read_function_call(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    """Return the value of a function's call, by its name or by a value."""
    function = node.get("function")
    if function is None:
        return UNKNOWN
    args = get_values_of_call_arguments(node)
    if function.type in ("name", "qualified_name"):
        name = flow.get_text(function).lower().lstrip(b"\\")
        if _is_first_class_callable_syntax(node):
            return AbstractValue(name, function=flow.functions.get(name))
        if name in (b"die", b"exit"):
            flow.check_output_to_visitors(args, node)
        if name in names.GUARDS and not (name == b"in_array" and len(args) > 1 and args[1].flags & REQUEST):
            flow.mark_variables_guarded(node)
        if name in (b"isset", b"empty"):
            _mark_isset_lookup_keys_guarded(flow, node)
            return UNKNOWN
        if name in names.SPREADS:
            flags = args[0].flags & FOREIGN if args and name == b"extract" else REQUEST
            flow.spread[node.scope] = flow.spread.get(node.scope, 0) | flags
            flow.add_flags_to_variables_of_scope(node.scope, flags)
        if name in (b"parse_str", b"mb_parse_str") and args:
            _assign_result_of_parse_str(flow, node, args)
        if name in names.FILLS_IN and args:
            _assign_to_output_argument(flow, node, args[0], names.FILLS_IN[name])
        if name == b"preg_match" or name == b"preg_match_all":
            _assign_groups_of_preg_match(flow, node, args)
        if name == b"filter_input" and args and (node.get("arguments") or node).children:
            kinds = [flow.get_text(child) for child in (node.get("arguments") or node).children]
            return REQUEST_VALUE if kinds and kinds[0] in names.INPUTS and len(args) < 3 else UNKNOWN
        return flow.call_function_by_name(name, args, node)
    return flow.call_value_as_function(get_value_of_node(function), args, node)


def _is_first_class_callable_syntax(node: PhpNode) -> bool:
    """Return whether nothing is called: ``name(...)`` is the function itself."""
    inside = node.get("arguments")
    return inside is not None and [child.type for child in inside.children] == ["variadic_placeholder"]


def _assign_to_output_argument(
    flow: PhpCallAnalyzer, node: PhpNode, source: AbstractValue, argument_index: int
) -> None:
    """Note what a function puts into a variable that it is given."""
    inside = node.get("arguments")
    targets = [child for child in inside.children if child.type == "argument"] if inside is not None else []
    if len(targets) > argument_index and targets[argument_index].children:
        value = AbstractValue(None, source.flags & (FOREIGN | UPLOAD | FILE), head=source.head)
        flow.set_variable(flow.get_variable_key_of_node(targets[argument_index].children[0]), value, node)


def _mark_isset_lookup_keys_guarded(flow: PhpCallAnalyzer, node: PhpNode) -> None:
    """Note that what is looked up in a table, as in ``isset($known[$it])``, is known when it is there."""
    for part in iter_subtree(node):
        if part.type == "subscript_expression" and len(part.children) > 1:
            base = part.children[0]
            if base.type == "variable_name" and flow.get_text(base)[1:] in names.REQUESTS:
                continue
            flow.mark_variables_guarded(part.children[1])


def _assign_result_of_parse_str(flow: PhpCallAnalyzer, node: PhpNode, args: list[AbstractValue]) -> None:
    inside = node.get("arguments")
    targets = [child for child in inside.children if child.type == "argument"] if inside is not None else []
    if len(targets) > 1 and targets[1].children:
        flow.set_variable(
            flow.get_variable_key_of_node(targets[1].children[0]), AbstractValue(None, args[0].flags), node
        )
    else:
        flow.spread[node.scope] = flow.spread.get(node.scope, 0) | args[0].flags & FOREIGN


def _assign_groups_of_preg_match(flow: PhpCallAnalyzer, node: PhpNode, args: list[AbstractValue]) -> None:
    inside = node.get("arguments")
    targets = [child for child in inside.children if child.type == "argument"] if inside is not None else []
    if len(targets) > 2 and len(args) > 1 and targets[2].children:
        flow.set_variable(
            flow.get_variable_key_of_node(targets[2].children[0]),
            AbstractValue(
                None,
                args[1].flags & ~REQUEST | args[1].flags & FOREIGN,
                head=_TAKES_ALL.search(args[0].text or b"") is not None,
            ),
            node,
        )


def read_method_call(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    """Return the value of a method's call."""
    name_node, args = node.get("name"), get_values_of_call_arguments(node)
    if name_node is None:
        return UNKNOWN
    holder = node.get("object") or node.get("scope")
    if holder is not None and get_value_of_node(holder).function == b"ffi" and any(arg.flags & FOREIGN for arg in args):
        flow.record_hit("foreign_code", "exact", node)
    if name_node.type != "name":
        method_name = get_value_of_node(name_node)
        if method_name.flags & REQUEST:
            flow.record_hit("chosen_method", "hint", node)
            magic = flow.functions.get(b"__call") or flow.functions.get(b"__callstatic")
            if magic is not None:
                flow.call_own_function(magic, [method_name, make_array((None, arg) for arg in args)], node)
        return AbstractValue(None, method_name.flags & FOREIGN)
    name = flow.get_text(name_node).lower()
    base = node.get("object") or node.get("scope")
    receiver = get_value_of_node(base) if base is not None else UNKNOWN
    scope = flow.get_text(base).lower().lstrip(b"\\") if base is not None else b""
    if scope == b"closure" and name == b"fromcallable" and args:
        return args[0]
    if scope == b"ffi" and name in (b"cdef", b"load", b"scope"):
        if args and args[0].text and _DECLARES.search(args[0].text):
            flow.record_hit("foreign_code", "sure", node)
        return AbstractValue(None, 0, function=b"ffi")
    if name in names.CAPTURES and scope.endswith(b"request"):
        return AbstractValue(None, 0, function=b"request")
    if (
        name in names.FRAMEWORK_ASKS
        and base is not None
        and (receiver.function == b"request" or _is_framework_request_object(flow, base))
    ):
        return REQUEST_VALUE
    if name in names.TAKES_CALLBACK and any(
        arg.text is not None and is_code_running_php_function(arg.text) for arg in args
    ):
        flow.record_hit("runs_by_callback", "sure", node)
    if name in (b"newinstance", b"newinstanceargs") and receiver.function == b"reflectionclass":
        constructor_args = (
            list((args[0].items or {b"0": get_value_passed_to_callback(args[0])}).values())
            if args and name.endswith(b"args")
            else args
        )
        return _make_object(flow, (receiver.text or b"").lower(), receiver, constructor_args, node)
    if name in names.OUTPUT_METHODS:
        flow.check_output_to_visitors(args, node)
    if name in (b"invoke", b"invokeargs", b"__invoke") and isinstance(receiver.function, bytes):
        args = args[1:] if receiver.function == b"reflectionmethod" else args
        return flow.call_value_as_function(
            receiver if receiver.text is None else AbstractValue(receiver.text, receiver.flags),
            [get_value_passed_to_callback(arg) for arg in args],
            node,
        )
    own = flow.functions.get(name)
    if own is not None and own.type == "method_declaration":
        if _is_first_class_callable_syntax(node):
            return AbstractValue(None, 0, function=own)
        return flow.call_own_function(own, args, node)
    if name == b"registerphpfunctions":
        flow.php_by_expression = True
    if name in names.BY_EXPRESSION and flow.php_by_expression:
        for value in (receiver, *args):
            flow.record_use_of_tainted_value("chosen_expression", value, node)
    if base is not None and name in names.ABSORBING_METHODS:
        flow.taint_object_by_method_args(base, receiver, args, node)
    if name == b"send":
        flow.sent |= args[0].flags & FOREIGN if args else 0
    if receiver.function == b"shelf" and args:
        key = b"key " + (args[0].text or b"")
        if len(args) > 1:
            flow.kept[key] = flow.kept.get(key, 0) | args[1].flags & FOREIGN
        return AbstractValue(None, FILE | flow.kept.get(key, 0))
    flow.check_own_functions_in_arguments(args, node, include_names=scope in (b"route", b"router", b"app"))
    if name in (b"getparameter", b"getbody_"):
        return REQUEST_VALUE
    if name in (b"exec", b"run") and receiver.function == b"com":
        flow.check_shell_command(args[0] if args else UNKNOWN, node)
    if name == b"fwrite" and receiver.function in _FILES and args:
        flow.check_file_write(
            receiver if receiver.text is None else AbstractValue(receiver.text, receiver.flags), args[0], node
        )
    if name in (b"save", b"savehtmlfile") and args and args[0].text and args[0].text.lower().endswith(names.SUFFIXES):
        flow.record_hit("written_program", "hint", node)
    if (
        name == b"open"
        and args
        and (args[0].flags & UPLOAD or _get_flags_of_written_file(flow, args[0], node) & FOREIGN)
    ):
        flow.archives = True
    if name == b"extractto" and flow.archives:
        flow.record_hit("unpacked_upload", "hint" if flow.has_upload_type_check() else "sure", node)
    if name in names.STORED_METHODS:
        return AbstractValue(None, FILE)
    if name == b"getdoccomment":
        return AbstractValue(None, BUILT_TEXT | DECODED_TEXT)
    if own is None and args:
        magic = flow.functions.get(b"__call") or flow.functions.get(b"__callstatic")
        if magic is not None:
            return flow.call_own_function(magic, [AbstractValue(name), make_array((None, arg) for arg in args)], node)
    return AbstractValue(None, receiver.flags & (FOREIGN | UPLOAD | PARAMETERS), head=receiver.head)


def _get_flags_of_written_file(flow: PhpCallAnalyzer, path: AbstractValue, node: PhpNode) -> int:
    """Return who has a say in the file that a call's first argument names."""
    return flow.kept.get(path.text or b"", 0) | flow.kept.get(flow.get_first_argument_if_variable(node), 0)


def _is_framework_request_object(flow: PhpCallAnalyzer, object_node: PhpNode) -> bool:
    """Return whether an object is by its name a framework's for what visitors ask."""
    return _REQUEST.search(flow.content, max(object_node.start, object_node.end - 60), object_node.end) is not None


_REQUEST = re.compile(
    rb"(?i)(?:request|input)(?:\s*\(\s*\))?(?:\s*->\s*(?:query|request|headers|cookies|attributes))?\s*\Z"
)
_TAKES_ALL = re.compile(rb"\(\.[*+]|\A/\.\*/")
_DECLARES = re.compile(rb"\b(?:sys[t]em|po[p]en|ex[e]c\w*|do_sys[t]em)\s*\(")
_FILES = (b"splfileobject", b"spltempfileobject")


def read_object_creation(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    """Return the value of an object that is made."""
    kind = next((child for child in node.children if child.type != "arguments"), None)
    args = get_values_of_call_arguments(node)
    if kind is None:
        return UNKNOWN
    if kind.type in ("name", "qualified_name"):
        name = flow.get_text(kind).lower().lstrip(b"\\")
        if name in names.REFLECTION_CLASSES and args:
            last = args[-1]
            return AbstractValue(last.text, last.flags, head=last.head, function=name)
        if name in names.HOLDERS and args:
            return AbstractValue(None, args[0].flags, items=args[0].items)
        if name in names.SHELVES:
            return AbstractValue(None, 0, function=b"shelf")
        if name in names.ARCHIVES:
            return AbstractValue(args[0].text if args else None, 0, function=b"archive")
        if (name in _FILES and args) or name == b"com":
            return AbstractValue(args[0].text if args else None, args[0].flags if args else 0, function=name)
        if name in names.TAKES_CALLBACK and any(
            arg.text is not None and is_code_running_php_function(arg.text) for arg in args
        ):
            flow.record_hit("runs_by_callback", "sure", node)
        if name in (b"pdo", b"mysqli") and sum(1 for arg in args[:3] if arg.flags & REQUEST and arg.head) == 3:
            flow.record_hit("chosen_database", "hint", node)
        if (
            name == b"pdo"
            and args
            and (args[0].text or b"").lower().startswith(b"sqlite:")
            and args[0].ends.lower().endswith(names.SUFFIXES)
        ):
            flow.record_hit("written_program", "hint", node)
        if name.endswith((b"exception", b"error")):
            return AbstractValue(None, args[0].flags & FOREIGN if args else 0)
        return _make_object(flow, name, UNKNOWN, args, node)
    return _make_object(flow, b"", get_value_of_node(kind), args, node)


def _make_object(
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
