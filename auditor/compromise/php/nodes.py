"""A file of PHP as a list of nodes, children before what holds them, so that nothing ever has to descend into a tree. Pure.

Whoever writes 20,000 parentheses must not find a recursion: not ours, and not the library's own printing of a node.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import tree_sitter
import tree_sitter_php

MAX_BYTES = 1_000_000
MAX_NODES = 150_000
_LANGUAGE = tree_sitter.Language(tree_sitter_php.language_php())
_MEANING = frozenset({".", "^", "~", "&", "|", ".=", "??", "??=", "^=", "+", "-", "*", "/", "%", "=", "&&", "||", "!"})
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
_SMALL = 400
"""Bytes: a function no longer than that is read whatever it says, because hidden names are given back by such."""
_MATTERS = re.compile(
    rb"(?i)_(?:GET|POST|REQUEST|COOKIE|FILES|SERVER|ENV)\b|GLOBALS|php://|data:|HTTP_|getallheaders|request_headers|filter_input|unserialize|getenv"
    rb"|\b(?:ev[a]l|ass[e]rt|sys[t]em|pass[t]hru|(?:shell_|pcntl_|ssh2_)?ex[e]c|p[o]pen|proc_[o]pen|dl|putenv|mail|create_func[t]ion)\s{0,9}\("
    rb"|(?:[=(.;{@]|echo|print|return)\s{0,9}`[^`\n]{0,200}\$|\b(?:include|require)(?:_once)?\b|\$\$|\$\{\s{0,9}[^a-z}]|\$\w{1,60}(?:\[[^\]\n]{0,60}\]){0,4}\s{0,9}\(|->\s{0,9}[\$\{]|::\s{0,9}[\${]|\)\s{0,9}\(|\bnew\s{1,9}\$"
    rb"|\b(?:preg_replace|preg_filter|mb_ereg|mb_eregi|call_user_func|forward_static|array_(?:map|filter|walk|reduce|u?diff|u?intersect)|u[ak]?sort|register_(?:shutdown|tick)"
    rb"|ob_start|set_error_handler|filter_var|spl_autoload|iterator_apply)"
    rb"|base64_|gzinflate|gzuncompress|gzdecode|str_rot13|strrev|hex2bin|hexdec|\bchr\s{0,9}\(|\bpack\s{0,9}\(|uudecode|_decrypt|\\x[0-9a-f]{2}\\x|\^\s{0,3}[$\"'(]|[\"')\]}]\s{0,3}\^|~\s{0,9}[\"'(]"
    rb"|file_put_|fwrite|fputs|fputcsv|gzwrite|move_uploaded|\bcopy\s{0,9}\(|\brename\s{0,9}\(|symlink|error_log|stream_copy|extractto|curl_|fsockopen|socket_|wp_(?:set_auth|set_current|insert_user|create_user)"
    rb"|header\s{0,9}\(\s{0,9}[\"'](?:location|refresh)|readfile|highlight_file|show_source|reflection|fromcallable|\bFFI::|\bnew\s{1,9}COM\b|file_get_contents|\bfread\b"
)
"""What a function has that runs, fetches, hides or writes something, or that visitors say."""
_VARIABLE = re.compile(rb"\$")
_PLAIN_ARRAY = 20_000
"""Bytes: an array of constants that is longer is taken as long, and not read."""


class _Next:
    """Where a pattern fits next: asked of nodes in their order, it reads a file once, however these lie in each other."""

    def __init__(self, pattern: re.Pattern[bytes], content: bytes) -> None:
        self._pattern, self._content, self._at = pattern, content, -1

    def inside(self, start: int, end: int) -> bool:
        """Whether it fits between these places; each start is no smaller than the last one."""
        if self._at < start:
            found = self._pattern.search(self._content, start)
            self._at = found.start() if found is not None else len(self._content)
        return self._at < end


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


_LOOPS = frozenset({"while_statement", "for_statement", "foreach_statement", "do_statement"})


def in_loop(node: Node) -> bool:
    """Whether it may be done several times."""
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


def of(content: bytes) -> list[Node]:
    """All nodes of a file, children before their parents, siblings in their order. Raises TooLarge."""
    if len(content) > MAX_BYTES:
        raise TooLarge("a file of more than a megabyte")
    return list(_walked(tree_sitter.Parser(_LANGUAGE).parse(content), content))


def _walked(tree: tree_sitter.Tree, content: bytes) -> Iterator[Node]:
    cursor = tree.walk()
    here: Node | None = None
    count = 0
    matters, variables = _Next(_MATTERS, content), _Next(_VARIABLE, content)

    def is_dull(node: Node) -> bool:
        """Whether nothing in a node can matter, so that what is in it is not looked at."""
        size = node.end - node.start
        if node.type in _FUNCTIONS:
            return size > _SMALL and not matters.inside(node.start, node.end)
        is_array = node.type == "array_creation_expression"
        return is_array and size > _PLAIN_ARRAY and not variables.inside(node.start, node.end)

    while True:
        found = cursor.node
        if found is None:
            return
        type_ = found.type
        count += 1
        if count > MAX_NODES:
            raise TooLarge("a tree of too many nodes")
        if type_ in _MEANING or (found.is_named and type_ not in _SILENT):
            node = Node(type_, cursor.field_name, found.start_byte, found.end_byte, here)
            if here is not None:
                node.scope = here if here.type in _SCOPES else here.scope
                node.branch = here if here.type in _BRANCHES or here.type in _SCOPES else here.branch
                here.children.append(node)
            if type_ == "variable_name" or is_dull(node):
                yield node
            elif cursor.goto_first_child():
                here = node
                continue
            else:
                yield node
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
            if here is not None:
                yield here
                here = here.parent
