"""What calls and includes come to."""

from __future__ import annotations

import re

from auditor.compromise.php import names
from auditor.compromise.php.calls import Calls
from auditor.compromise.php.nodes import Node
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
from auditor.compromise.php.variables import REQUEST_VALUE, args_of, content_of, iter_subtree, runs_text, value_of


def read_call(flow: Calls, node: Node) -> AbstractValue:
    """Return the value of a function's call, by its name or by a value."""
    function = node.get("function")
    if function is None:
        return UNKNOWN
    args = args_of(node)
    if function.type in ("name", "qualified_name"):
        name = flow.get_text(function).lower().lstrip(b"\\")
        if _is_named_only(node):
            return AbstractValue(name, function=flow.functions.get(name))
        if name in (b"die", b"exit"):
            flow.shown_to_visitors(args, node)
        if name in names.GUARDS and not (name == b"in_array" and len(args) > 1 and args[1].flags & REQUEST):
            flow.guard(node)
        if name in (b"isset", b"empty"):
            _guard_lookups(flow, node)
            return UNKNOWN
        if name in names.SPREADS:
            flags = args[0].flags & FOREIGN if args and name == b"extract" else REQUEST
            flow.spread[node.scope] = flow.spread.get(node.scope, 0) | flags
            flow.overwritten(node.scope, flags)
        if name in (b"parse_str", b"mb_parse_str") and args:
            _fill_parsed_string(flow, node, args)
        if name in names.FILLS_IN and args:
            _filled_in(flow, node, args[0], names.FILLS_IN[name])
        if name == b"preg_match" or name == b"preg_match_all":
            _fill_matches(flow, node, args)
        if name == b"filter_input" and args and (node.get("arguments") or node).children:
            kinds = [flow.get_text(child) for child in (node.get("arguments") or node).children]
            return REQUEST_VALUE if kinds and kinds[0] in names.INPUTS and len(args) < 3 else UNKNOWN
        return flow.call(name, args, node)
    return flow.invoke(value_of(function), args, node)


def _is_named_only(node: Node) -> bool:
    """Return whether nothing is called: ``name(...)`` is the function itself."""
    inside = node.get("arguments")
    return inside is not None and [child.type for child in inside.children] == ["variadic_placeholder"]


def _filled_in(flow: Calls, node: Node, source: AbstractValue, at: int) -> None:
    """Note what a function puts into a variable that it is given."""
    inside = node.get("arguments")
    targets = [child for child in inside.children if child.type == "argument"] if inside is not None else []
    if len(targets) > at and targets[at].children:
        value = AbstractValue(None, source.flags & (FOREIGN | UPLOAD | FILE), head=source.head)
        flow.put(flow.key(targets[at].children[0]), value, node)


def _guard_lookups(flow: Calls, node: Node) -> None:
    """Note that what is looked up in a table, as in ``isset($known[$it])``, is known when it is there."""
    for part in iter_subtree(node):
        if part.type == "subscript_expression" and len(part.children) > 1:
            base = part.children[0]
            if base.type == "variable_name" and flow.get_text(base)[1:] in names.REQUESTS:
                continue
            flow.guard(part.children[1])


def _fill_parsed_string(flow: Calls, node: Node, args: list[AbstractValue]) -> None:
    inside = node.get("arguments")
    targets = [child for child in inside.children if child.type == "argument"] if inside is not None else []
    if len(targets) > 1 and targets[1].children:
        flow.put(flow.key(targets[1].children[0]), AbstractValue(None, args[0].flags), node)
    else:
        flow.spread[node.scope] = flow.spread.get(node.scope, 0) | args[0].flags & FOREIGN


def _fill_matches(flow: Calls, node: Node, args: list[AbstractValue]) -> None:
    inside = node.get("arguments")
    targets = [child for child in inside.children if child.type == "argument"] if inside is not None else []
    if len(targets) > 2 and len(args) > 1 and targets[2].children:
        flow.put(
            flow.key(targets[2].children[0]),
            AbstractValue(
                None,
                args[1].flags & ~REQUEST | args[1].flags & FOREIGN,
                head=_TAKES_ALL.search(args[0].text or b"") is not None,
            ),
            node,
        )


def read_method(flow: Calls, node: Node) -> AbstractValue:
    """Return the value of a method's call."""
    name_node, args = node.get("name"), args_of(node)
    if name_node is None:
        return UNKNOWN
    holder = node.get("object") or node.get("scope")
    if holder is not None and value_of(holder).function == b"ffi" and any(arg.flags & FOREIGN for arg in args):
        flow.hit("foreign_code", "exact", node)
    if name_node.type != "name":
        method_name = value_of(name_node)
        if method_name.flags & REQUEST:
            flow.hit("chosen_method", "hint", node)
            magic = flow.functions.get(b"__call") or flow.functions.get(b"__callstatic")
            if magic is not None:
                flow.call_own_function(magic, [method_name, make_array((None, arg) for arg in args)], node)
        return AbstractValue(None, method_name.flags & FOREIGN)
    name = flow.get_text(name_node).lower()
    base = node.get("object") or node.get("scope")
    receiver = value_of(base) if base is not None else UNKNOWN
    scope = flow.get_text(base).lower().lstrip(b"\\") if base is not None else b""
    if scope == b"closure" and name == b"fromcallable" and args:
        return args[0]
    if scope == b"ffi" and name in (b"cdef", b"load", b"scope"):
        if args and args[0].text and _DECLARES.search(args[0].text):
            flow.hit("foreign_code", "sure", node)
        return AbstractValue(None, 0, function=b"ffi")
    if name in names.CAPTURES and scope.endswith(b"request"):
        return AbstractValue(None, 0, function=b"request")
    if (
        name in names.FRAMEWORK_ASKS
        and base is not None
        and (receiver.function == b"request" or _is_request(flow, base))
    ):
        return REQUEST_VALUE
    if name in names.TAKES_CALLBACK and any(arg.text is not None and runs_text(arg.text) for arg in args):
        flow.hit("runs_by_callback", "sure", node)
    if name in (b"newinstance", b"newinstanceargs") and receiver.function == b"reflectionclass":
        constructor_args = (
            list((args[0].items or {b"0": content_of(args[0])}).values()) if args and name.endswith(b"args") else args
        )
        return _make_object(flow, (receiver.text or b"").lower(), receiver, constructor_args, node)
    if name in names.OUTPUT_METHODS:
        flow.shown_to_visitors(args, node)
    if name in (b"invoke", b"invokeargs", b"__invoke") and isinstance(receiver.function, bytes):
        args = args[1:] if receiver.function == b"reflectionmethod" else args
        return flow.invoke(
            receiver if receiver.text is None else AbstractValue(receiver.text, receiver.flags),
            [content_of(arg) for arg in args],
            node,
        )
    own = flow.functions.get(name)
    if own is not None and own.type == "method_declaration":
        if _is_named_only(node):
            return AbstractValue(None, 0, function=own)
        return flow.call_own_function(own, args, node)
    if name == b"registerphpfunctions":
        flow.php_by_expression = True
    if name in names.BY_EXPRESSION and flow.php_by_expression:
        for value in (receiver, *args):
            flow.used("chosen_expression", value, node)
    if base is not None and name in names.ABSORBING_METHODS:
        flow.absorb_args(base, receiver, args, node)
    if name == b"send":
        flow.sent |= args[0].flags & FOREIGN if args else 0
    if receiver.function == b"shelf" and args:
        key = b"key " + (args[0].text or b"")
        if len(args) > 1:
            flow.kept[key] = flow.kept.get(key, 0) | args[1].flags & FOREIGN
        return AbstractValue(None, FILE | flow.kept.get(key, 0))
    flow.check_callables(args, node, by_name=scope in (b"route", b"router", b"app"))
    if name in (b"getparameter", b"getbody_"):
        return REQUEST_VALUE
    if name in (b"exec", b"run") and receiver.function == b"com":
        flow.check_command(args[0] if args else UNKNOWN, node)
    if name == b"fwrite" and receiver.function in _FILES and args:
        flow.check_write(
            receiver if receiver.text is None else AbstractValue(receiver.text, receiver.flags), args[0], node
        )
    if name in (b"save", b"savehtmlfile") and args and args[0].text and args[0].text.lower().endswith(names.SUFFIXES):
        flow.hit("written_program", "hint", node)
    if name == b"open" and args and (args[0].flags & UPLOAD or _kept_there(flow, args[0], node) & FOREIGN):
        flow.archives = True
    if name == b"extractto" and flow.archives:
        flow.hit("unpacked_upload", "hint" if flow.checks() else "sure", node)
    if name in names.STORED_METHODS:
        return AbstractValue(None, FILE)
    if name == b"getdoccomment":
        return AbstractValue(None, BUILT_TEXT | DECODED_TEXT)
    if own is None and args:
        magic = flow.functions.get(b"__call") or flow.functions.get(b"__callstatic")
        if magic is not None:
            return flow.call_own_function(magic, [AbstractValue(name), make_array((None, arg) for arg in args)], node)
    return AbstractValue(None, receiver.flags & (FOREIGN | UPLOAD | PARAMETERS), head=receiver.head)


def _kept_there(flow: Calls, path: AbstractValue, node: Node) -> int:
    """Return who has a say in the file that a call's first argument names."""
    return flow.kept.get(path.text or b"", 0) | flow.kept.get(flow.first_variable(node), 0)


def _is_request(flow: Calls, base: Node) -> bool:
    """Return whether an object is by its name a framework's for what visitors ask."""
    return _REQUEST.search(flow.content, max(base.start, base.end - 60), base.end) is not None


_REQUEST = re.compile(
    rb"(?i)(?:request|input)(?:\s*\(\s*\))?(?:\s*->\s*(?:query|request|headers|cookies|attributes))?\s*\Z"
)
_TAKES_ALL = re.compile(rb"\(\.[*+]|\A/\.\*/")
_DECLARES = re.compile(rb"\b(?:sys[t]em|po[p]en|ex[e]c\w*|do_sys[t]em)\s*\(")
_FILES = (b"splfileobject", b"spltempfileobject")


def read_made(flow: Calls, node: Node) -> AbstractValue:
    """Return the value of an object that is made."""
    kind = next((child for child in node.children if child.type != "arguments"), None)
    args = args_of(node)
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
        if name in names.TAKES_CALLBACK and any(arg.text is not None and runs_text(arg.text) for arg in args):
            flow.hit("runs_by_callback", "sure", node)
        if name in (b"pdo", b"mysqli") and sum(1 for arg in args[:3] if arg.flags & REQUEST and arg.head) == 3:
            flow.hit("chosen_database", "hint", node)
        if (
            name == b"pdo"
            and args
            and (args[0].text or b"").lower().startswith(b"sqlite:")
            and args[0].ends.lower().endswith(names.SUFFIXES)
        ):
            flow.hit("written_program", "hint", node)
        if name.endswith((b"exception", b"error")):
            return AbstractValue(None, args[0].flags & FOREIGN if args else 0)
        return _make_object(flow, name, UNKNOWN, args, node)
    return _make_object(flow, b"", value_of(kind), args, node)


def _make_object(
    flow: Calls, name: bytes, class_value: AbstractValue, args: list[AbstractValue], node: Node
) -> AbstractValue:
    """Return an object of a class of that name, or of one that others choose."""
    builder = flow.functions.get(b"__construct") or flow.functions.get(name)
    if name and builder is not None and builder.type == "method_declaration":
        flow.call_own_function(builder, args, node)
    invoke_method = flow.functions.get(b"__invoke")
    if class_value.flags & REQUEST:
        takes_request = class_value.head and any(arg.flags & REQUEST for arg in args) and not flow.is_guarded(node)
        flow.hit("chosen_class", "exact" if takes_request else "hint", node)
    return (
        AbstractValue(None, 0, function=invoke_method)
        if invoke_method is not None and _has_method(flow, name, invoke_method)
        else UNKNOWN
    )


def _has_method(flow: Calls, name: bytes, method: Node) -> bool:
    """Return whether a method stands in the class of that name."""
    holder = method.parent.parent if method.parent is not None else None
    class_name = holder.get("name") if holder is not None else None
    return class_name is not None and flow.get_text(class_name).lower() == name


def read_include(flow: Calls, node: Node) -> AbstractValue:
    """Return the value of a file's inclusion."""
    if node.children:
        flow.check_include(value_of(node.children[-1]), node)
    return UNKNOWN


def read_backticks(flow: Calls, node: Node) -> AbstractValue:
    """Return a command between backticks."""
    parts = [value_of(child) for child in node.children]
    if parts:
        flow.check_command(concatenate(parts), node)
    return UNKNOWN
