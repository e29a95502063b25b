"""Which nodes of a file have to be looked at each time it is followed; what all others come to is worked out once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from auditor.compromise.php.calls import PhpCallAnalyzer
from auditor.compromise.php.loop_readers import read_foreach_or_catch_variable
from auditor.compromise.php.nodes import PhpNode
from auditor.compromise.php.readers import READERS, Reader, read_non_superglobal_variable
from auditor.compromise.php.variables import SUPERGLOBALS, get_value_of_only_child

_VALUELESS_KINDS = frozenset(
    ("namespace_name", "boolean", "foreach_statement", "compound_statement", "program", "expression_statement")
)
"""Kinds that come to nothing, whatever is in them."""
_OF_WHAT_THEY_SAY = frozenset(
    {
        *("string", "string_content", "escape_sequence", "nowdoc_string", "integer", "float"),
        *("encapsed_string", "heredoc_body", "nowdoc_body", "heredoc", "nowdoc", "array_creation_expression"),
        *("binary_expression", "unary_op_expression", "cast_expression", "conditional_expression"),
    }
)
"""Kinds that come to what they say and what is in them, and whose readers do nothing else."""
_SET_IN_THEIR_HEADS = frozenset({"foreach_statement", "catch_clause", "by_ref"})


def read_once_and_iter_nodes_to_reread(
    flow: PhpCallAnalyzer, nodes: Iterable[PhpNode]
) -> Iterator[tuple[Reader | None, PhpNode]]:
    """Yield the nodes that can come to something else each time, with their readers.

    None where that is what the one child is.

    All others are read here, once.
    """
    for node in nodes:
        kind = node.type
        reader = READERS.get(kind)
        if node.is_settled and (reader is None or kind in _OF_WHAT_THEY_SAY):
            if reader is not None:
                node.value = reader(flow, node)
            elif kind not in _VALUELESS_KINDS:
                node.value = get_value_of_only_child(node)
            continue
        parent = node.parent
        if parent is not None:
            parent.is_settled = False
        if kind == "variable_name":
            superglobal = SUPERGLOBALS.get(flow.get_text(node)[1:])
            if parent is not None and parent.type in _SET_IN_THEIR_HEADS:
                yield read_foreach_or_catch_variable, node
            elif superglobal is None:
                yield read_non_superglobal_variable, node
            else:
                node.value = superglobal
        elif reader is None:
            if len(node.children) == 1 and kind not in _VALUELESS_KINDS:
                yield None, node
        elif not (kind == "name" and node.field == "function"):  # what is called by its name is known by its name
            yield reader, node
