"""What loops bring round, what generators and ``match`` come to, and what is thrown and caught."""

from __future__ import annotations

from auditor.compromise.php.calls import PhpCallAnalyzer
from auditor.compromise.php.nodes import PhpNode
from auditor.compromise.php.values import BUILT_TEXT, FOREIGN, UNKNOWN, AbstractValue, make_array
from auditor.compromise.php.variables import (
    ALL_SERVER,
    REQUEST_VALUE,
    get_value_of_node,
    get_value_of_only_child,
    merge_values_of_array_items,
)


def read_foreach_head(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    """Assign the variables of a loop over an array, which have to be known before what is in it is looked at."""
    if node.parent is not None and node.parent.type == "foreach_statement":
        _assign_foreach_targets(flow, node.parent, node.children)
    return UNKNOWN


def read_foreach_list(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    """Assign the variables of a loop that takes each item apart."""
    loop = node.parent
    if loop is not None and loop.type == "foreach_statement" and loop.children[0] is not node:
        _assign_foreach_targets(flow, loop, [node])
    return UNKNOWN


def _assign_foreach_targets(flow: PhpCallAnalyzer, loop: PhpNode, targets: list[PhpNode]) -> None:
    over = get_value_of_node(loop.children[0])
    value = REQUEST_VALUE if over is ALL_SERVER else merge_values_of_array_items(over)
    keys = AbstractValue(None, over.flags & FOREIGN)
    if over.items and not over.rest & FOREIGN and not all(key.isdigit() for key in over.items):
        keys = merge_values_of_array_items(
            make_array((None, AbstractValue(key, BUILT_TEXT)) for key in list(over.items)[:_MOST_KEYS])
        )
    for at, target in enumerate(targets):
        if target.type == "by_ref" and target.children:
            target = target.children[-1]
        is_key = len(targets) > 1 and at == 0
        flow.assign_to_left_side(target, keys if is_key else value, target)


_MOST_KEYS = 40


def read_foreach_or_catch_variable(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    """Return a variable, which is set first where a loop or a catch has it."""
    target, loop = node, node.parent
    if loop is not None and loop.type == "by_ref":
        target, loop = loop, loop.parent
    if loop is not None and loop.type == "catch_clause" and node.field == "name":
        flow.set_variable(flow.get_variable_key_of_node(node), AbstractValue(None, flow.thrown), node)
    elif (
        loop is not None
        and loop.type == "foreach_statement"
        and len(loop.children) > 1
        and loop.children[1] is target
        and target.field is None
    ):
        _assign_foreach_targets(flow, loop, [target])
    return flow.get_value_of_variable(flow.get_variable_key_of_node(node))


def read_match_expression(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    """Read ``match``, which comes to one of its arms."""
    body = node.get("body")
    arms = [arm.get("return_expression") for arm in body.children] if body is not None else []
    return merge_values_of_array_items(make_array((None, get_value_of_node(arm)) for arm in arms if arm is not None))


def read_yield_expression(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    """Note what a generator gives, one after the other; return what it is sent."""
    if node.scope is not None and node.children:
        value = (
            merge_values_of_array_items(get_value_of_node(node.children[-1]))
            if b"from" in flow.get_text(node)[:20]
            else get_value_of_node(node.children[-1])
        )
        if node.children[-1].type == "array_element_initializer":
            value = get_value_of_only_child(node.children[-1])
        before = flow.returns.get(node.scope, UNKNOWN)
        flow.returns[node.scope] = AbstractValue(None, before.flags | value.flags)
    return AbstractValue(None, flow.sent)


def read_throw_expression(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    """Note the foreign flags of what a thrown exception carries."""
    if node.children:
        flow.thrown |= get_value_of_node(node.children[-1]).flags & FOREIGN
    return UNKNOWN
