"""A file of PHP as a list of nodes, children before what holds them, so that nothing ever has to descend into a tree. Pure.

Whoever writes 20,000 parentheses must not find a recursion: not ours, and not the library's own printing of a node.
"""

from __future__ import annotations

from collections.abc import Iterator

import tree_sitter
import tree_sitter_php

MAX_BYTES = 1_000_000
MAX_NODES = 600_000
_LANGUAGE = tree_sitter.Language(tree_sitter_php.language_php())
_MEANING = frozenset({".", "^", "~", "&", "|", ".=", "??", "??=", "^=", "+", "-", "*", "/", "%", "=", "&&", "||", "!"})
"""Signs that are nodes of their own here; brackets, commas and keywords are not."""
_SCOPES = frozenset({"function_definition", "method_declaration", "anonymous_function", "arrow_function"})
_BRANCHES = frozenset(
    {
        *("if_statement", "else_clause", "else_if_clause", "switch_statement", "case_statement", "default_statement"),
        *("while_statement", "for_statement", "foreach_statement", "do_statement", "try_statement", "catch_clause"),
    }
)


class TooLarge(ValueError):
    """More nodes, or more bytes, than are judged."""


class Node:
    """One node: its ``type``, the ``field`` of its parent that it fills, its bytes, and its children."""

    __slots__ = ("branch", "children", "end", "field", "parent", "scope", "start", "type", "value")

    def __init__(self, type_: str, field: str | None, start: int, end: int, parent: Node | None) -> None:
        self.type, self.field, self.start, self.end, self.parent = type_, field, start, end, parent
        self.children: list[Node] = []
        self.scope: Node | None = None
        """The function that it stands in; None at the top."""
        self.branch: Node | None = None
        """The branch that it stands in, which may not be taken."""
        self.value: object = None

    def get(self, field: str) -> Node | None:
        """The child that fills a field."""
        return next((child for child in self.children if child.field == field), None)


def of(content: bytes) -> list[Node]:
    """All nodes of a file, children before their parents, siblings in their order. Raises TooLarge."""
    if len(content) > MAX_BYTES:
        raise TooLarge("a file of more than a megabyte")
    return list(_walked(tree_sitter.Parser(_LANGUAGE).parse(content)))


def _walked(tree: tree_sitter.Tree) -> Iterator[Node]:
    cursor = tree.walk()
    here: Node | None = None
    count = 0
    while True:
        found = cursor.node
        if found is None:
            return
        type_ = found.type
        count += 1
        if count > MAX_NODES:
            raise TooLarge("a tree of too many nodes")
        node = Node(type_, cursor.field_name, found.start_byte, found.end_byte, here)
        if here is not None:
            node.scope = here if here.type in _SCOPES else here.scope
            node.branch = here if here.type in _BRANCHES or here.type in _SCOPES else here.branch
        if found.is_named or type_ in _MEANING:
            if here is not None:
                here.children.append(node)
            if cursor.goto_first_child():
                here = node
                continue
            yield node
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
            if here is not None:
                yield here
                here = here.parent
