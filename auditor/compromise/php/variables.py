"""What is known of a file's variables while it is looked at, and what is told of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from auditor.compromise.php import names, values
from auditor.compromise.php.nodes import PhpNode, parse_php_nodes
from auditor.compromise.php.values import (
    BUILT_TEXT,
    DECODED_TEXT,
    FOREIGN,
    LONG,
    MAX_PARAMETERS,
    PARAMETER,
    PARAMETERS,
    REMOTE,
    REQUEST,
    SECRET,
    UNKNOWN,
    UPLOAD,
    AbstractValue,
    merge_alternative_values,
)

Level = Literal["exact", "sure", "hint"]
"""``exact``: what a visitor says is run as it is.

``sure``: what is run was brought in from elsewhere or is hidden. ``hint``: it can be either."""
RANK: Mapping[str, int] = {"exact": 2, "sure": 1, "hint": 0}
MAX_HITS: Final = 40
MAX_DEPTH: Final = 3
"""How often text that is worked out is read as PHP again."""


@dataclass(frozen=True)
class CodeHit:
    """Something that runs, writes or calls what it should not."""

    rule: str
    level: Level
    start: int
    """Where in the file, in bytes."""


@dataclass(frozen=True)
class ParameterUse:
    """One use of a parameter by a function."""

    parameter: int
    rule: str
    level: Level


REQUEST_VALUE = AbstractValue(None, REQUEST)
SECRET_VALUE = AbstractValue(None, REQUEST | SECRET)
UPLOAD_VALUE = AbstractValue(None, UPLOAD)
ALL_SERVER, ALL_GLOBALS = AbstractValue(None, 0, function=b"server"), AbstractValue(None, 0, function=b"globals")
"""The arrays of what the server was told, and of all variables, also under another name."""
SUPERGLOBALS: Final[Mapping[bytes, AbstractValue]] = {
    **dict.fromkeys(names.REQUESTS, REQUEST_VALUE),
    **dict.fromkeys(names.UPLOADS, UPLOAD_VALUE),
    **dict.fromkeys(names.SERVER, ALL_SERVER),
    b"GLOBALS": ALL_GLOBALS,
}
"""Variables that are the same everywhere, whatever they are set to."""


class PhpVariableState:
    """One file, its variables by scope, and what was found in it."""

    def __init__(self, content: bytes, depth: int) -> None:
        self.content, self.depth = content, depth
        comments: list[tuple[int, int]] = []
        self.nodes = parse_php_nodes(content, comments)
        self.code = _blank_parts(content, comments)
        """The same without what comments say, at the same places."""
        self.hits: dict[tuple[str, int], CodeHit] = {}
        self.variables: dict[tuple[PhpNode | None, bytes], AbstractValue] = {}
        self.set_in: dict[tuple[PhpNode | None, bytes], PhpNode | None] = {}
        self.earlier: dict[tuple[PhpNode | None, bytes], AbstractValue] = {}
        """What was known of variables at the end of the last time."""
        self.globals: set[tuple[PhpNode | None, bytes]] = set()
        self.spread: dict[PhpNode | None, int] = {}
        """Scopes into which variables of a visitor's choosing were made."""
        self.archives = False
        """Whether an archive that a visitor sent was opened."""
        self.unserialized = 0
        """Who has a say in what objects hold that are made of text."""
        self.guarded: set[tuple[PhpNode | None, bytes]] = set()
        self.constants: dict[bytes, AbstractValue] = {}
        self.functions: dict[bytes, PhpNode] = {}
        self.returns: dict[PhpNode, AbstractValue] = {}
        self.inside: dict[PhpNode, set[ParameterUse]] = {}
        self.parameters: dict[PhpNode, list[bytes]] = {}
        self.decodes: dict[PhpNode, bool] = {}
        self.fills: dict[PhpNode, set[tuple[bytes, int]]] = {}
        """Properties that functions set to their parameters."""
        self.kept: dict[bytes, int] = {}
        """What was written to which file, or kept by which key."""
        self.sent = 0
        """Who has a say in what generators are sent."""
        self.thrown = 0
        """Who has a say in what exceptions carry."""
        self.php_by_expression = False
        """Whether style sheets and paths may call PHP's functions."""
        self.read_again: set[bytes] = set()
        self.unasked: dict[tuple[str, int], tuple[int, Level | None, PhpNode]] = {}
        """Hits that depend on whether the file asks of a suffix or a kind, by rule and place."""
        self.asked_of = 0
        """Of what kinds of values the file asks that."""

    def get_text(self, node: PhpNode) -> bytes:
        """Return a node's own text."""
        return self.content[node.start : node.end]

    def record_hit(self, rule: str, level: Level, node: PhpNode) -> None:
        """Tell of something, once at a place, as sure as it ever was."""
        key = (rule, node.start)
        if key in self.hits and RANK[self.hits[key].level] >= RANK[level]:
            return
        if len(self.hits) < MAX_HITS:
            self.hits[key] = CodeHit(rule, level, node.start)

    def is_within_function(self, at: int) -> bool:
        """Return whether a place lies in one of the file's functions or methods."""
        return any(function.start <= at < function.end for function in self.parameters)

    def record_use_of_tainted_value(
        self, rule: str, value: AbstractValue, node: PhpNode, exact: Level = "exact", *, foreign: Level = "sure"
    ) -> bool:
        """Note that something is done with a value.

        Told when it is others', and noted for a function's callers when it is a parameter.
        """
        if value.flags & REQUEST:
            self.record_hit(rule, exact, node)
        elif value.flags & (REMOTE | UPLOAD):
            self.record_hit(rule, foreign, node)
        elif value.flags & PARAMETERS and node.scope is not None:
            uses = self.inside.setdefault(node.scope, set())
            for at in range(MAX_PARAMETERS):
                if value.flags & PARAMETER << at and len(uses) < MAX_HITS:
                    uses.add(ParameterUse(at, rule, exact))
            return False
        else:
            return False
        return True

    def get_variable_key_of_node(self, node: PhpNode) -> tuple[PhpNode | None, bytes] | None:
        """Return the variable that a node names, by scope and name; None when that cannot be told."""
        if node.type == "variable_name":
            return self.resolve_variable_name_in_scope(node.scope, self.get_text(node)[1:])
        if node.type == "dynamic_variable_name":
            name = get_value_of_node(node.children[-1]).text if node.children else None
            return self.resolve_variable_name_in_scope(node.scope, name.lstrip(b"$")) if name else None
        if node.type in (
            "member_access_expression",
            "scoped_property_access_expression",
            "nullsafe_member_access_expression",
        ):
            name_node = node.get("name")
            return (None, b"->" + self.get_text(name_node).lstrip(b"$")) if name_node is not None else None
        if node.type == "subscript_expression" and node.children:
            if self.is_globals_array(node.children[0]) and len(node.children) > 1:
                name = get_value_of_node(node.children[-1]).text
                return (None, name) if name else None
            return self.get_variable_key_of_node(node.children[0])
        return None

    def is_globals_array(self, node: PhpNode) -> bool:
        """Return whether a node is the array of all that is not inside a function."""
        if node.type == "variable_name":
            return self.get_text(node) == b"$GLOBALS"
        variable_name = (
            get_value_of_node(node.children[-1]).text
            if node.type == "dynamic_variable_name" and node.children
            else None
        )
        return variable_name is not None and variable_name.lstrip(b"$") == b"GLOBALS"

    def resolve_variable_name_in_scope(self, scope: PhpNode | None, name: bytes) -> tuple[PhpNode | None, bytes]:
        """Return the variable of that name in a function."""
        while scope is not None and scope.type == "arrow_function" and name not in self.parameters.get(scope, ()):
            scope = scope.scope
        return (None, name) if (scope, name) in self.globals else (scope, name)

    def get_value_of_variable(self, key: tuple[PhpNode | None, bytes] | None) -> AbstractValue:
        """Return what a variable holds."""
        if key is None:
            return UNKNOWN
        return SUPERGLOBALS.get(key[1]) or self.get_value_of_non_superglobal(key)

    def get_value_of_non_superglobal(self, key: tuple[PhpNode | None, bytes]) -> AbstractValue:
        """Return what a variable holds that is not ``SUPERGLOBALS``."""
        name = key[1]
        value = self.variables.get(key)
        if value is not None:
            if name.startswith(b"->") and self.unserialized:
                value = value.with_flags(self.unserialized)
            if value.flags & PARAMETERS and value.text is None and name.startswith(b"->"):
                return merge_alternative_values(value, self.earlier.get(key, UNKNOWN))
            return value
        spread = self.unserialized if name.startswith(b"->") else self.spread.get(key[0], 0)
        return self.earlier.get(key, UNKNOWN).with_flags(spread)

    def set_variable(self, key: tuple[PhpNode | None, bytes] | None, value: AbstractValue, node: PhpNode) -> None:
        """Set a variable."""
        if key is None:
            return
        if key[0] is None and node.scope is not None and value.flags & PARAMETERS and not key[1].startswith(b"->"):
            value = AbstractValue(value.text, value.flags & ~PARAMETERS, head=value.head, rest=value.rest & ~PARAMETERS)
        if key[1].startswith(b"->") and value.flags & PARAMETERS and node.scope is not None:
            fills = self.fills.setdefault(node.scope, set())
            fills |= {(key[1], at) for at in range(MAX_PARAMETERS) if value.flags & PARAMETER << at}
        before = self.variables.get(key)
        if before is not None and before.flags and node.branch is not None and self.set_in.get(key) is not node.branch:
            value = values.merge_possibly_overwritten_value(before, value)
        self.variables[key], self.set_in[key] = value, node.branch

    def assign_to_left_side(self, left_node: PhpNode, value: AbstractValue, node: PhpNode) -> None:
        """Set what an assignment's left side names."""
        if left_node.type in ("list_literal", "array_creation_expression"):
            for child in left_node.children:
                at = self._get_item_index_in_list(left_node, child)
                target = (
                    child.children[-1]
                    if child.type in ("array_element_initializer", "pair") and child.children
                    else child
                )
                self.set_variable(
                    self.get_variable_key_of_node(target), get_value_at_array_key(value, b"%d" % at), node
                )
            return
        if left_node.type == "subscript_expression" and left_node.children:
            self._assign_array_item(left_node, value, node)
            return
        if left_node.type == "dynamic_variable_name" and self.get_variable_key_of_node(left_node) is None:
            variable_name = get_value_of_node(left_node.children[-1]) if left_node.children else UNKNOWN
            if variable_name.flags & REQUEST:
                self.spread[left_node.scope] = self.spread.get(left_node.scope, 0) | value.flags & FOREIGN
                self.add_flags_to_variables_of_scope(left_node.scope, value.flags & FOREIGN)
            return
        name = left_node.get("name") if left_node.type == "member_access_expression" else None
        if name is not None and name.type != "name" and get_value_of_node(name).flags & REQUEST:
            self.unserialized |= value.flags & FOREIGN
        self.set_variable(self.get_variable_key_of_node(left_node), value, node)

    def add_flags_to_variables_of_scope(self, scope: PhpNode | None, flags: int) -> None:
        """Note that variables of others' choosing are made, which may be those that are there."""
        for key, value in self.variables.items():
            if flags and key[0] is scope:
                self.variables[key] = value.with_flags(flags)

    def _get_item_index_in_list(self, list_node: PhpNode, child: PhpNode) -> int:
        """Return which item of an array goes to a part of a list; those before it can be left out."""
        before = self.content[list_node.start : child.start]
        return before.count(b",") if len(before) < _SHORT_LIST else list_node.children.index(child)

    def _assign_array_item(self, left_node: PhpNode, value: AbstractValue, node: PhpNode) -> None:
        key = self.get_variable_key_of_node(left_node)
        if key is None:
            is_chosen = len(left_node.children) > 1 and get_value_of_node(left_node.children[1]).flags & REQUEST
            if is_chosen and self.is_globals_array(left_node.children[0]):
                self.spread[None] = self.spread.get(None, 0) | value.flags & FOREIGN
                self.add_flags_to_variables_of_scope(None, value.flags & FOREIGN)
            return
        if self.is_globals_array(left_node.children[0]):
            self.set_variable(key, value, node)
            return
        before = self.variables.get(key, UNKNOWN)
        items = dict(before.items or {})
        at = get_value_of_node(left_node.children[1]).text if len(left_node.children) > 1 else b"%d" % len(items)
        if (
            len(left_node.children) > 1
            and left_node.children[1].type == "variable_name"
            and left_node.branch is not None
        ):
            at = None
        if at is not None and left_node.children[0].type != "subscript_expression" and len(items) < values.MAX_ITEMS:
            items[at] = value
        rest = before.rest if at is not None else before.rest | value.rest
        self.set_variable(key, AbstractValue(None, before.flags | value.flags, items=items, rest=rest), node)

    def has_guarded_variable(self, node: PhpNode) -> bool:
        """Return whether what a node uses was compared with what is known before."""
        return any(
            key in self.guarded
            for key in (self._get_guard_key_of_node(part) for part in iter_subtree(node))
            if key is not None
        )

    def _get_guard_key_of_node(self, node: PhpNode) -> tuple[PhpNode | None, bytes] | None:
        if node.type == "subscript_expression" and node.children and node.children[0].type == "variable_name":
            return (None, self.get_text(node)) if self.get_text(node.children[0])[1:] in names.REQUESTS else None
        return self.get_variable_key_of_node(node) if node.type == "variable_name" else None

    def mark_variables_guarded(self, node: PhpNode) -> None:
        """Note that what a node uses was compared with what is known."""
        for part in iter_subtree(node):
            key = self._get_guard_key_of_node(part)
            if key is not None:
                self.guarded.add(key)


def _blank_parts(content: bytes, parts: Iterable[tuple[int, int]]) -> bytes:
    """Return a text with spaces for those parts of it."""
    blanked = bytearray(content)
    for start, end in parts:
        blanked[start:end] = b" " * (end - start)
    return bytes(blanked)


def get_value_of_node(node: PhpNode) -> AbstractValue:
    """Return what a node came to."""
    return node.value


def get_value_of_only_child(node: PhpNode) -> AbstractValue:
    """Return what has one child that means something is what that is."""
    return node.children[0].value if len(node.children) == 1 else UNKNOWN


def is_code_running_php_function(name: bytes) -> bool:
    """Return whether one of PHP's functions runs the text that it is given."""
    name = name.lower().lstrip(b"\\")
    return name in names.EVALUATES or name in names.COMMANDS or name in names.MAKES_FUNCTION


def is_made_of_own_constants(value: AbstractValue) -> bool:
    """Return whether it is made of a file's own constants alone."""
    if value.flags & ~(BUILT_TEXT | DECODED_TEXT | LONG):
        return False
    if value.items is not None:
        return all(_is_constant_or_function(item) for item in value.items.values())
    return _is_constant_or_function(value)


def _is_constant_or_function(value: AbstractValue) -> bool:
    return value.text is not None or bool(value.flags & BUILT_TEXT) or value.function is not None


def get_value_passed_to_callback(value: AbstractValue) -> AbstractValue:
    """Return what a callback gets of an argument: of an array any of its items."""
    if value.items:
        item = next(iter(value.items.values()))
        return item if len(value.items) == 1 else AbstractValue(None, value.flags, items=value.items, rest=value.rest)
    return value


def _make_unknown_item(value: AbstractValue) -> AbstractValue:
    return AbstractValue(None, value.rest, head=value.head).with_edges(value.begins, value.ends)


def merge_values_of_array_items(value: AbstractValue) -> AbstractValue:
    """Return what an array has at one key or another."""
    items = list((value.items or {}).values())[:_MOST_JOINED]
    callable_item = next(
        (item for item in items if item.text is not None and is_code_running_php_function(item.text)), None
    )
    if callable_item is not None:
        return callable_item.with_flags(value.flags)
    merged_value = items[0] if items else _make_unknown_item(value)
    for item in items[1:]:
        merged_value = merge_alternative_values(merged_value, item)
    return merged_value.with_flags(value.rest)


_MOST_JOINED: Final = 40
_SHORT_LIST: Final = 500


def get_value_at_array_key(value: AbstractValue, key: bytes | None) -> AbstractValue:
    """Return what an array or a text has at a key."""
    if value.items is not None:
        if key is not None and key in value.items:
            return value.items[key]
        return (
            AbstractValue(None, value.rest, head=value.head) if key is not None else merge_values_of_array_items(value)
        )
    if value.text is not None and key is not None and re.fullmatch(rb"-?\d{1,6}", key):
        at = int(key)
        return values.make_text_constant(
            value.text[at : at + 1] if at != -1 else value.text[-1:], value.flags | BUILT_TEXT
        )
    return AbstractValue(None, value.rest, head=value.head)


def find_outermost_unit(node: PhpNode) -> PhpNode | None:
    """Return the class, or else the function, that a node stands in; None at the top of a file."""
    scope = node.scope
    while scope is not None and scope.scope is not None:
        scope = scope.scope
    if scope is None or scope.type != "method_declaration":
        return scope
    members = scope.parent
    return members.parent if members is not None and members.parent is not None else scope


def iter_subtree(node: PhpNode) -> Iterable[PhpNode]:
    """Yield a node and all in it, some hundreds at most."""
    todo, count = [node], 0
    while todo and count < 300:
        here = todo.pop()
        count += 1
        yield here
        todo += here.children


def get_values_of_call_arguments(node: PhpNode) -> list[AbstractValue]:
    """Return what a call's arguments came to."""
    inside = node.get("arguments") or next((child for child in node.children if child.type == "arguments"), None)
    args = (
        [get_value_of_node(child) for child in inside.children if child.type == "argument"]
        if inside is not None
        else []
    )
    last = inside.children[-1].children if inside is not None and inside.children else []
    if last and last[-1].type == "variadic_unpacking":
        spread_value = get_value_of_node(last[-1])
        args = [*args[:-1], *(get_value_at_array_key(spread_value, b"%d" % at) for at in range(_MOST_SPREAD))]
    return args


_MOST_SPREAD: Final = 4


_ASKS_SUFFIX = re.compile(
    rb"(?i)pathinfo\s*\((?![^;]{0,80}PATHINFO_(?:BASE|FILE|DIR)NAME)|mime|getimagesize|extension|in_array|preg_match"
    rb"|strrchr|\bfinfo|is_allowed|(?<!filter_)valid"
)
_AROUND = 4_000
"""Bytes before a place at the top of a file, and half as many after it, that belong to the same task."""


class PhpUploadAnalyzer(PhpVariableState):
    """The reader of questions about suffixes and kinds."""

    def record_hit_unless_type_is_asked(self, rule: str, of: int, otherwise: Level | None, node: PhpNode) -> None:
        """Note a sure hit, unless a suffix or a kind is asked of: around it, or at last anywhere of such a value.

        ``of``: UPLOAD or REQUEST. ``otherwise``: what it is then, None for nothing.
        """
        if not self.asks_of_type_around(node):
            self.unasked[rule, node.start] = (of, otherwise, node)
        elif otherwise is not None:
            self.record_hit(rule, otherwise, node)

    def record_hits_whose_type_was_not_asked(self) -> None:
        """Note what waited for the end of the file."""
        for (rule, _start), (of, otherwise, node) in self.unasked.items():
            level = otherwise if self.asked_of & of else "sure"
            if level is not None:
                self.record_hit(rule, level, node)

    def note_type_question(self, args: Iterable[AbstractValue], start: int, end: int) -> None:
        """Note that what lies between asks of a suffix or a kind, of these values."""
        flags = 0
        for arg in args:
            flags |= arg.flags & (UPLOAD | REQUEST)
        if flags & ~self.asked_of and _ASKS_SUFFIX.search(self.code, start, end):
            self.asked_of |= flags

    def asks_of_type_around(self, node: PhpNode) -> bool:
        """Return whether a suffix or a kind is asked of in the same class or function, or nearby at the top."""
        unit = find_outermost_unit(node)
        if unit is not None:
            return _ASKS_SUFFIX.search(self.code, unit.start, unit.end) is not None
        start, end = max(0, node.start - _AROUND), node.end + _AROUND // 2
        matches = _ASKS_SUFFIX.finditer(self.code, start, end)
        return any(not self.is_within_function(match.start()) for match in matches)
