"""What loops bring round, what generators and ``match`` come to, and what is thrown and caught."""

from __future__ import annotations

from auditor.compromise.php.calls import Calls
from auditor.compromise.php.nodes import Node
from auditor.compromise.php.values import BUILT_TEXT, FOREIGN, UNKNOWN, AbstractValue, make_array
from auditor.compromise.php.variables import ALL_SERVER, REQUEST_VALUE, any_item, through, value_of


def read_pair(flow: Calls, node: Node) -> AbstractValue:
    """Return the head of a loop over an array, whose variables have to be known before what is in it is looked at."""
    if node.parent is not None and node.parent.type == "foreach_statement":
        _loop_over(flow, node.parent, node.children)
    return UNKNOWN


def _loop_over(flow: Calls, loop: Node, targets: list[Node]) -> None:
    over = value_of(loop.children[0])
    value = REQUEST_VALUE if over is ALL_SERVER else any_item(over)
    keys = AbstractValue(None, over.flags & FOREIGN)
    if over.items and not over.rest & FOREIGN and not all(key.isdigit() for key in over.items):
        keys = any_item(make_array((None, AbstractValue(key, BUILT_TEXT)) for key in list(over.items)[:_MOST_KEYS]))
    for at, target in enumerate(targets):
        if target.type == "by_ref" and target.children:
            target = target.children[0]
        is_key = len(targets) > 1 and at == 0
        flow.assign(target, keys if is_key else value, target)


_MOST_KEYS = 40


def read_loop_variable(flow: Calls, node: Node) -> AbstractValue:
    """Return a variable, which is set first where a loop or a catch has it."""
    loop = node.parent
    if loop is not None and loop.type == "catch_clause" and node.field == "name":
        flow.put(flow.key(node), AbstractValue(None, flow.thrown), node)
    elif (
        loop is not None
        and loop.type == "foreach_statement"
        and len(loop.children) > 1
        and loop.children[1] is node
        and node.field is None
    ):
        _loop_over(flow, loop, [node])
    return flow.of_variable(flow.key(node))


def read_match(flow: Calls, node: Node) -> AbstractValue:
    """Read ``match``, which comes to one of its arms."""
    body = node.get("body")
    arms = [arm.get("return_expression") for arm in body.children] if body is not None else []
    return any_item(make_array((None, value_of(arm)) for arm in arms if arm is not None))


def read_yielded(flow: Calls, node: Node) -> AbstractValue:
    """Return what a generator gives, one after the other; it comes to what it is sent."""
    if node.scope is not None and node.children:
        value = (
            any_item(value_of(node.children[-1]))
            if b"from" in flow.get_text(node)[:20]
            else value_of(node.children[-1])
        )
        if node.children[-1].type == "array_element_initializer":
            value = through(node.children[-1])
        before = flow.returns.get(node.scope, UNKNOWN)
        flow.returns[node.scope] = AbstractValue(None, before.flags | value.flags)
    return AbstractValue(None, flow.sent)


def read_thrown(flow: Calls, node: Node) -> AbstractValue:
    """Return the value of a throw, of an exception with what it carries."""
    if node.children:
        flow.thrown |= value_of(node.children[-1]).flags & FOREIGN
    return UNKNOWN
