"""What calls and includes come to."""

from __future__ import annotations

from auditor.compromise.php import names
from auditor.compromise.php.calls import Calls
from auditor.compromise.php.nodes import Node
from auditor.compromise.php.values import FOREIGN, REQUEST, UNKNOWN, Value, joined
from auditor.compromise.php.variables import ASKED, args_of, below, content_of, value_of


def read_call(flow: Calls, node: Node) -> Value:
    """A function is called, by its name or by a value."""
    function = node.get("function")
    if function is None:
        return UNKNOWN
    args = args_of(node)
    if function.type in ("name", "qualified_name"):
        name = flow.said(function).lower().lstrip(b"\\")
        if name in names.GUARDS:
            flow.guard(node)
        if name in (b"isset", b"empty"):
            _guard_lookups(flow, node)
            return UNKNOWN
        if name in names.SPREADS:
            made = args[0].flags & FOREIGN if args and name == b"extract" else REQUEST
            flow.spread[node.scope] = flow.spread.get(node.scope, 0) | made
        if name in (b"parse_str", b"mb_parse_str") and args:
            _parsed(flow, node, args)
        if name == b"preg_match" or name == b"preg_match_all":
            _matched(flow, node, args)
        if name == b"filter_input" and args and (node.get("arguments") or node).children:
            kinds = [flow.said(child) for child in (node.get("arguments") or node).children]
            return ASKED if kinds and kinds[0] in names.INPUTS and len(args) < 3 else UNKNOWN
        return flow.call(name, args, node)
    return flow.invoked(value_of(function), args, node)


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
            Value(None, args[1].flags & ~REQUEST | args[1].flags & FOREIGN, head=args[0].text in (b"/.*/", b"/(.*)/")),
            node,
        )


def read_method(flow: Calls, node: Node) -> Value:
    """A method is called."""
    name_node, args = node.get("name"), args_of(node)
    if name_node is None:
        return UNKNOWN
    if name_node.type != "name":
        chosen = value_of(name_node)
        if chosen.flags & REQUEST:
            flow.hit("chosen_method", "hint", node)
        return Value(None, chosen.flags & FOREIGN)
    name = flow.said(name_node).lower()
    base = node.get("object") or node.get("scope")
    reflecting = value_of(base) if base is not None else UNKNOWN
    if name in (b"invoke", b"invokeargs", b"__invoke") and isinstance(reflecting.function, bytes):
        return flow.invoked(
            reflecting if reflecting.text is None else Value(reflecting.text, reflecting.flags),
            [content_of(arg) for arg in args],
            node,
        )
    own = flow.functions.get(name)
    if own is not None and own.type == "method_declaration":
        return flow.own(own, args, node)
    if name in (b"getparameter", b"getbody_"):
        return ASKED
    if name in (b"exec", b"run") and base is not None and b"COM" in flow.said(base)[:8]:
        flow.commanded(args[0] if args else UNKNOWN, node)
    return UNKNOWN


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
        builder = flow.functions.get(b"__construct") or flow.functions.get(name)
        if builder is not None and builder.type == "method_declaration":
            flow.own(builder, args, node)
        return UNKNOWN
    chosen = value_of(kind)
    if chosen.flags & REQUEST:
        given = chosen.head and any(arg.flags & REQUEST for arg in args) and not flow.is_guarded(node)
        flow.hit("chosen_class", "exact" if given else "hint", node)
    return UNKNOWN


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
