"""A file of PHP as a list of nodes, children before what holds them, so that nothing ever has to descend into a tree.

Pure.

Whoever writes 20,000 parentheses must not find a recursion: not ours, and not the library's own printing of a node.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import tree_sitter
import tree_sitter_php

from auditor.compromise.php import reachability
from auditor.compromise.php.values import UNKNOWN, AbstractValue

MAX_BYTES = 1_000_000
MAX_NODES = 150_000
_LANGUAGE = tree_sitter.Language(tree_sitter_php.language_php())
_OPERATORS = frozenset(
    {".", "^", "~", "&", "|", ".=", "??", "??=", "^=", "+", "-", "*", "/", "%", "=", "&&", "||", "!", "|>"}
)
"""Signs that are nodes of their own here; brackets, commas and keywords are not."""
_SILENT = frozenset({"comment", "text", "php_tag", "text_interpolation"})
_SCOPES = frozenset({"function_definition", "method_declaration", "anonymous_function", "arrow_function"})
_BRANCHES = frozenset(
    {
        *("if_statement", "else_clause", "else_if_clause", "switch_statement", "case_statement", "default_statement"),
        *("while_statement", "for_statement", "foreach_statement", "do_statement", "try_statement", "catch_clause"),
    }
)


_FUNCTIONS = frozenset({"function_definition", "method_declaration"})
_MAY_BE_DULL = _FUNCTIONS | {"array_creation_expression"}
_SMALL = 400
"""Bytes: a function no longer than that is read whatever it says, because hidden names are given back by such."""
_VARIABLE = re.compile(rb"\$")
_PLAIN_ARRAY = 20_000
"""Bytes: an array of constants that is longer is taken as long, and not read."""


def _get_name_of_relevant_node_kind(kind_id: int) -> str | None:
    """Return the name of a kind of nodes that is kept; None of brackets, commas, keywords and what is silent."""
    name = _LANGUAGE.node_kind_for_id(kind_id)
    if name is None or name in _SILENT:
        return None
    is_visible = _LANGUAGE.node_kind_is_named(kind_id) and _LANGUAGE.node_kind_is_visible(kind_id)
    return name if is_visible or name in _OPERATORS else None


_KIND_NAMES: Mapping[int, str] = {
    **{
        number: name
        for number in range(_LANGUAGE.node_kind_count)
        if (name := _get_name_of_relevant_node_kind(number)) is not None
    },
    0xFFFF: "ERROR",
}
"""By the grammar's number, which costs less to ask for than a name."""
_FIELDS: Mapping[int, str] = {
    number: name
    for number in range(1, _LANGUAGE.field_count + 1)
    if (name := _LANGUAGE.field_name_for_id(number)) is not None
}
_COMMENTS = tree_sitter.Query(_LANGUAGE, "(comment) @comment")
_WHOLE = frozenset({"variable_name", "string", "name", "integer", "float"})
"""What is read by its text, so that what is in it is not looked at."""


class TooLarge(ValueError):
    """More nodes, or more bytes, than are judged."""


class PhpNode:
    """One node: its ``type``, the ``field`` of its parent that it fills, its bytes, and its children."""

    __slots__ = ("branch", "children", "end", "field", "is_settled", "parent", "scope", "start", "type", "value")

    def __init__(
        self,
        type_: str,
        field: str | None,
        of_tree: tree_sitter.Node,
        parent: PhpNode | None,
        scope: PhpNode | None,
        branch: PhpNode | None,
    ) -> None:
        self.type, self.field, self.parent = type_, field, parent
        self.start, self.end = of_tree.start_byte, of_tree.end_byte
        self.children: list[PhpNode] = []
        self.scope = scope
        """The function that it stands in; None at the top."""
        self.branch = branch
        """The branch that it stands in, which may not be taken."""
        self.value: AbstractValue = UNKNOWN
        """What it came to when it was looked at the last time."""
        self.is_settled = True
        """Whether nothing in it can come to something else the next time."""

    def get(self, field: str) -> PhpNode | None:
        """Return the child that fills a field."""
        for child in self.children:  # a generator for each of millions takes longer
            if child.field == field:
                return child
        return None


_LOOPS = frozenset({"while_statement", "for_statement", "foreach_statement", "do_statement"})


def is_in_loop(node: PhpNode) -> bool:
    """Return whether it may be done several times."""
    branch = node.branch
    for _ in range(_MOST_BRANCHES):
        if branch is None or branch.type in _SCOPES:
            return False
        if branch.type in _LOOPS:
            return True
        branch = branch.branch
    return True


_MOST_BRANCHES = 40
"""In each other: nobody writes more, and an attacker's cost no more."""


def parse_php_nodes(content: bytes, comments: list[tuple[int, int]] | None = None) -> list[PhpNode]:
    """Return all nodes of a file, children before their parents, siblings in their order. Raises TooLarge.

    ``comments``: is given the places of all comments.
    """
    if len(content) > MAX_BYTES:
        raise TooLarge("a file of more than a megabyte")
    tree = tree_sitter.Parser(_LANGUAGE).parse(content)
    if comments is not None:
        comments.extend(_iter_places_of_comments(tree))
    return list(_iter_php_nodes_children_first(tree, content))


def has_syntax_errors(content: bytes) -> bool:
    """Return whether some of a file could not be read as PHP."""
    return tree_sitter.Parser(_LANGUAGE).parse(content[:MAX_BYTES]).root_node.has_error


def _iter_places_of_comments(tree: tree_sitter.Tree) -> Iterator[tuple[int, int]]:
    found = tree_sitter.QueryCursor(_COMMENTS).captures(tree.root_node)
    yield from ((node.start_byte, node.end_byte) for node in found.get("comment", ()))


def _iter_php_nodes_children_first(tree: tree_sitter.Tree, content: bytes) -> Iterator[PhpNode]:
    cursor = tree.walk()
    here: PhpNode | None = None
    count = 0
    matter: Sequence[int] = reachability.find_offsets_of_risky_php(content)
    variables = cache(lambda: [match.start() for match in _VARIABLE.finditer(content)])

    def is_dull(node: PhpNode) -> bool:
        """Return whether nothing in a node can matter, so that what is in it is not looked at."""
        size = node.end - node.start
        if node.type in _FUNCTIONS:
            return size > _SMALL and not reachability.has_offset_between(matter, node.start, node.end)
        return size > _PLAIN_ARRAY and not reachability.has_offset_between(variables(), node.start, node.end)

    scope: PhpNode | None = None
    branch: PhpNode | None = None
    down, onwards, get_kind = cursor.goto_first_child, cursor.goto_next_sibling, _KIND_NAMES.get
    while True:
        tree_node = cursor.node
        if tree_node is None:
            return
        type_ = get_kind(tree_node.kind_id)
        count += 1
        if count > MAX_NODES:
            raise TooLarge("a tree of too many nodes")
        if type_ is not None:
            node = PhpNode(type_, _FIELDS.get(cursor.field_id or 0), tree_node, here, scope, branch)
            if here is not None:
                here.children.append(node)
            if type_ not in _WHOLE and not (type_ in _MAY_BE_DULL and is_dull(node)) and down():
                here = node
                if type_ in _BRANCHES:
                    branch = node
                elif type_ in _SCOPES:
                    scope = branch = node
                continue
            yield node
        while not onwards():
            if not cursor.goto_parent():
                return
            if here is not None:
                yield here
                scope, branch, here = here.scope, here.branch, here.parent


def build_key_in_scope(variable: bytes, node: PhpNode) -> bytes:
    """Return the key of a variable's file within the function that a node stands in."""
    return b"%d %s" % (node.scope.start if node.scope is not None else -1, variable)
