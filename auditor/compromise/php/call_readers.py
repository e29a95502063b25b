"""What calls and includes come to."""

from __future__ import annotations

import re

from auditor.compromise.php import names
from auditor.compromise.php.calls import Calls
from auditor.compromise.php.nodes import Node
from auditor.compromise.php.values import (
    BUILT,
    DECODED,
    FILE,
    FOREIGN,
    PARAMETERS,
    REQUEST,
    UNKNOWN,
    UPLOAD,
    Value,
    joined,
    listed,
)
from auditor.compromise.php.variables import ASKED, args_of, below, content_of, runs_text, value_of


def read_call(flow: Calls, node: Node) -> Value:
    """A function is called, by its name or by a value."""
    function = node.get("function")
    if function is None:
        return UNKNOWN
    args = args_of(node)
    if function.type in ("name", "qualified_name"):
        name = flow.said(function).lower().lstrip(b"\\")
        if _is_named_only(node):
            return Value(name, function=flow.functions.get(name))
        if name in (b"die", b"exit"):
            flow.shown_to_visitors(args, node)
        if name in names.GUARDS and not (name == b"in_array" and len(args) > 1 and args[1].flags & REQUEST):
            flow.guard(node)
        if name in (b"isset", b"empty"):
            _guard_lookups(flow, node)
            return UNKNOWN
        if name in names.SPREADS:
            made = args[0].flags & FOREIGN if args and name == b"extract" else REQUEST
            flow.spread[node.scope] = flow.spread.get(node.scope, 0) | made
            flow.overwritten(node.scope, made)
        if name in (b"parse_str", b"mb_parse_str") and args:
            _parsed(flow, node, args)
        if name in names.FILLS_IN and args:
            _filled_in(flow, node, args[0], names.FILLS_IN[name])
        if name == b"preg_match" or name == b"preg_match_all":
            _matched(flow, node, args)
        if name == b"filter_input" and args and (node.get("arguments") or node).children:
            kinds = [flow.said(child) for child in (node.get("arguments") or node).children]
            return ASKED if kinds and kinds[0] in names.INPUTS and len(args) < 3 else UNKNOWN
        return flow.call(name, args, node)
    return flow.invoked(value_of(function), args, node)


def _is_named_only(node: Node) -> bool:
    """Whether nothing is called: ``name(...)`` is the function itself."""
    inside = node.get("arguments")
    return inside is not None and [child.type for child in inside.children] == ["variadic_placeholder"]


def _filled_in(flow: Calls, node: Node, source: Value, at: int) -> None:
    """What a function puts into a variable that it is given."""
    inside = node.get("arguments")
    targets = [child for child in inside.children if child.type == "argument"] if inside is not None else []
    if len(targets) > at and targets[at].children:
        made = Value(None, source.flags & (FOREIGN | UPLOAD | FILE), head=source.head)
        flow.put(flow.key(targets[at].children[0]), made, node)


def _guard_lookups(flow: Calls, node: Node) -> None:
    """What is looked up in a table, as in ``isset($known[$it])``, is known when it is there."""
    for part in below(node):
        if part.type == "subscript_expression" and len(part.children) > 1:
            base = part.children[0]
            if base.type == "variable_name" and flow.said(base)[1:] in names.REQUESTS:
                continue
            flow.guard(part.children[1])


def _parsed(flow: Calls, node: Node, args: list[Value]) -> None:
    inside = node.get("arguments")
    targets = [child for child in inside.children if child.type == "argument"] if inside is not None else []
    if len(targets) > 1 and targets[1].children:
        flow.put(flow.key(targets[1].children[0]), Value(None, args[0].flags), node)
    else:
        flow.spread[node.scope] = flow.spread.get(node.scope, 0) | args[0].flags & FOREIGN


def _matched(flow: Calls, node: Node, args: list[Value]) -> None:
    inside = node.get("arguments")
    targets = [child for child in inside.children if child.type == "argument"] if inside is not None else []
    if len(targets) > 2 and len(args) > 1 and targets[2].children:
        flow.put(
            flow.key(targets[2].children[0]),
            Value(
                None,
                args[1].flags & ~REQUEST | args[1].flags & FOREIGN,
                head=_TAKES_ALL.search(args[0].text or b"") is not None,
            ),
            node,
        )


def read_method(flow: Calls, node: Node) -> Value:
    """A method is called."""
    name_node, args = node.get("name"), args_of(node)
    if name_node is None:
        return UNKNOWN
    holder = node.get("object") or node.get("scope")
    if holder is not None and value_of(holder).function == b"ffi" and any(arg.flags & FOREIGN for arg in args):
        flow.hit("foreign_code", "exact", node)
    if name_node.type != "name":
        chosen = value_of(name_node)
        if chosen.flags & REQUEST:
            flow.hit("chosen_method", "hint", node)
            magic = flow.functions.get(b"__call") or flow.functions.get(b"__callstatic")
            if magic is not None:
                flow.own(magic, [chosen, listed((None, arg) for arg in args)], node)
        return Value(None, chosen.flags & FOREIGN)
    name = flow.said(name_node).lower()
    base = node.get("object") or node.get("scope")
    reflecting = value_of(base) if base is not None else UNKNOWN
    scope = flow.said(base).lower().lstrip(b"\\") if base is not None else b""
    if scope == b"closure" and name == b"fromcallable" and args:
        return args[0]
    if scope == b"ffi" and name in (b"cdef", b"load", b"scope"):
        if args and args[0].text and _DECLARES.search(args[0].text):
            flow.hit("foreign_code", "sure", node)
        return Value(None, 0, function=b"ffi")
    if name in names.CAPTURES and scope.endswith(b"request"):
        return Value(None, 0, function=b"request")
    if (
        name in names.FRAMEWORK_ASKS
        and base is not None
        and (reflecting.function == b"request" or _is_request(flow, base))
    ):
        return ASKED
    if name in names.TAKES_CALLBACK and any(arg.text is not None and runs_text(arg.text) for arg in args):
        flow.hit("runs_by_callback", "sure", node)
    if name in (b"newinstance", b"newinstanceargs") and reflecting.function == b"reflectionclass":
        given = (
            list((args[0].items or {b"0": content_of(args[0])}).values()) if args and name.endswith(b"args") else args
        )
        return _made(flow, (reflecting.text or b"").lower(), reflecting, given, node)
    if name in names.SHOWING:
        flow.shown_to_visitors(args, node)
    if name in (b"invoke", b"invokeargs", b"__invoke") and isinstance(reflecting.function, bytes):
        args = args[1:] if reflecting.function == b"reflectionmethod" else args
        return flow.invoked(
            reflecting if reflecting.text is None else Value(reflecting.text, reflecting.flags),
            [content_of(arg) for arg in args],
            node,
        )
    own = flow.functions.get(name)
    if own is not None and own.type == "method_declaration":
        if _is_named_only(node):
            return Value(None, 0, function=own)
        return flow.own(own, args, node)
    if name == b"registerphpfunctions":
        flow.php_by_expression = True
    if name in names.BY_EXPRESSION and flow.php_by_expression:
        for value in (reflecting, *args):
            flow.used("chosen_expression", value, node)
    if base is not None and name in names.ABSORBING:
        flow.absorbed(base, reflecting, args, node)
    if name == b"send":
        flow.sent |= args[0].flags & FOREIGN if args else 0
    if reflecting.function == b"shelf" and args:
        key = b"key " + (args[0].text or b"")
        if len(args) > 1:
            flow.kept[key] = flow.kept.get(key, 0) | args[1].flags & FOREIGN
        return Value(None, FILE | flow.kept.get(key, 0))
    flow.handed_out(args, node, named=scope in (b"route", b"router", b"app"))
    if name in (b"getparameter", b"getbody_"):
        return ASKED
    if name in (b"exec", b"run") and reflecting.function == b"com":
        flow.commanded(args[0] if args else UNKNOWN, node)
    if name == b"fwrite" and reflecting.function in _FILES and args:
        flow.written(reflecting if reflecting.text is None else Value(reflecting.text, reflecting.flags), args[0], node)
    if name in (b"save", b"savehtmlfile") and args and args[0].text and args[0].text.lower().endswith(names.SUFFIXES):
        flow.hit("written_program", "hint", node)
    if name == b"open" and args and (args[0].flags & UPLOAD or _kept_there(flow, args[0], node) & FOREIGN):
        flow.archives = True
    if name == b"extractto" and flow.archives:
        flow.hit("unpacked_upload", "hint" if flow.checks() else "sure", node)
    if name in names.STORED_METHODS:
        return Value(None, FILE)
    if name == b"getdoccomment":
        return Value(None, BUILT | DECODED)
    if own is None and args:
        magic = flow.functions.get(b"__call") or flow.functions.get(b"__callstatic")
        if magic is not None:
            return flow.own(magic, [Value(name), listed((None, arg) for arg in args)], node)
    return Value(None, reflecting.flags & (FOREIGN | UPLOAD | PARAMETERS), head=reflecting.head)


def _kept_there(flow: Calls, path: Value, node: Node) -> int:
    """Who has a say in the file that a call's first argument names."""
    return flow.kept.get(path.text or b"", 0) | flow.kept.get(flow.first_variable(node), 0)


def _is_request(flow: Calls, base: Node) -> bool:
    """Whether an object is by its name a framework's for what visitors ask."""
    return _REQUEST.search(flow.content, max(base.start, base.end - 60), base.end) is not None


_REQUEST = re.compile(
    rb"(?i)(?:request|input)(?:\s*\(\s*\))?(?:\s*->\s*(?:query|request|headers|cookies|attributes))?\s*\Z"
)
_TAKES_ALL = re.compile(rb"\(\.[*+]|\A/\.\*/")
_DECLARES = re.compile(rb"\b(?:sys[t]em|po[p]en|ex[e]c\w*|do_sys[t]em)\s*\(")
_FILES = (b"splfileobject", b"spltempfileobject")


def read_made(flow: Calls, node: Node) -> Value:
    """An object is made."""
    kind = next((child for child in node.children if child.type != "arguments"), None)
    args = args_of(node)
    if kind is None:
        return UNKNOWN
    if kind.type in ("name", "qualified_name"):
        name = flow.said(kind).lower().lstrip(b"\\")
        if name in names.REFLECTING and args:
            last = args[-1]
            return Value(last.text, last.flags, head=last.head, function=name)
        if name in names.HOLDERS and args:
            return Value(None, args[0].flags, items=args[0].items)
        if name in names.SHELVES:
            return Value(None, 0, function=b"shelf")
        if name in names.ARCHIVES:
            return Value(args[0].text if args else None, 0, function=b"archive")
        if (name in _FILES and args) or name == b"com":
            return Value(args[0].text if args else None, args[0].flags if args else 0, function=name)
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
            return Value(None, args[0].flags & FOREIGN if args else 0)
        return _made(flow, name, UNKNOWN, args, node)
    return _made(flow, b"", value_of(kind), args, node)


def _made(flow: Calls, name: bytes, chosen: Value, args: list[Value], node: Node) -> Value:
    """An object of a class of that name, or of one that others choose."""
    builder = flow.functions.get(b"__construct") or flow.functions.get(name)
    if name and builder is not None and builder.type == "method_declaration":
        flow.own(builder, args, node)
    called = flow.functions.get(b"__invoke")
    if chosen.flags & REQUEST:
        given = chosen.head and any(arg.flags & REQUEST for arg in args) and not flow.is_guarded(node)
        flow.hit("chosen_class", "exact" if given else "hint", node)
    return Value(None, 0, function=called) if called is not None and _has(flow, name, called) else UNKNOWN


def _has(flow: Calls, name: bytes, method: Node) -> bool:
    """Whether a method stands in the class of that name."""
    holder = method.parent.parent if method.parent is not None else None
    said = holder.get("name") if holder is not None else None
    return said is not None and flow.said(said).lower() == name


def read_include(flow: Calls, node: Node) -> Value:
    """A file is included."""
    if node.children:
        flow.included(value_of(node.children[-1]), node)
    return UNKNOWN


def read_backticks(flow: Calls, node: Node) -> Value:
    """A command between backticks."""
    parts = [value_of(child) for child in node.children]
    if parts:
        flow.commanded(joined(parts), node)
    return UNKNOWN
