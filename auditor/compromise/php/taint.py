"""Whether a file of PHP runs what others say.

Constants are worked out, and what visitors say is followed to what runs it. Pure.

Each node is looked at after those in it, in the file's order, up to three times: what functions defined later do, and
what a loop brings round again, is known the second time. Nothing descends into the tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from auditor.compromise.php.calls import PhpCallAnalyzer
from auditor.compromise.php.loop_readers import read_foreach_or_catch_variable
from auditor.compromise.php.nodes import PhpNode
from auditor.compromise.php.readers import READERS, Reader, read_non_superglobal_variable
from auditor.compromise.php.values import MAX_PARAMETERS, PARAMETER, PARAMETERS, UNKNOWN, AbstractValue
from auditor.compromise.php.variables import RANK, SUPERGLOBALS, CodeHit, Level, get_value_of_only_child

_PASSES: Final = 4
_REQUEST_TYPE = re.compile(rb"(?:Request|ServerRequestInterface)\s{1,9}&?\$(\w{1,60})")
FUNCTIONS = frozenset({"function_definition", "method_declaration", "anonymous_function", "arrow_function"})
LOOPS = frozenset({"while_statement", "for_statement", "foreach_statement", "do_statement", "goto_statement"})


def find_suspicious_php_code(content: bytes) -> tuple[CodeHit, ...]:
    """Return what a file of PHP does that nobody but an intruder needs, the worst first. Raises nodes.TooLarge."""
    content = _PICTURE_NAME.sub(lambda match: match[0].translate(_AS_LETTERS), content)
    flow = PhpTaintAnalyzer(_LETTER.sub(rb"\1[\2]", _TAGS.sub(_replace_old_php_tag, content)), 0)
    flow.analyze_whole_file()
    return tuple(sorted(flow.hits.values(), key=lambda hit: (-RANK[hit.level], hit.start)))


_PICTURE_NAME = re.compile(rb"\$\w{0,40}[\xe2\xef\xf0][\w\x80-\xff]{0,80}")
"""A variable that is named by pictures or by what nobody sees, which PHP takes and the grammar does not."""
_WORD_LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
_AS_LETTERS = bytes(_WORD_LETTERS[byte % len(_WORD_LETTERS)] if byte >= 0x80 else byte for byte in range(256))
_TAGS = re.compile(rb"(?i)<script\s[^>]{0,40}language\s*=\s*[\"']?php[\"']?[^>]{0,20}>")


_LETTER = re.compile(rb"(\$\w{1,60}(?:\[[^\[\]{}\n]{0,40}\])?)\{([^{}\n;]{1,40})\}")
"""The old way to take one letter of a text."""


def _replace_old_php_tag(match: re.Match[bytes]) -> bytes:
    """Return the old way to begin PHP, as the new one, and as long."""
    return b"<?php".ljust(len(match[0]))


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


def _read_once_and_iter_nodes_to_reread(
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


class PhpTaintAnalyzer(PhpCallAnalyzer):
    """One file, looked at as a whole."""

    def analyze_whole_file(self) -> None:
        for node in [item for item in self.nodes if item.type in FUNCTIONS]:
            name = node.get("name")
            if name is not None:
                function_name = self.get_text(name).lower()
                known_function = self.functions.get(function_name)
                if known_function is None or known_function.get("body") is None:
                    self.functions[function_name] = node
            self.parameters[node] = self._list_parameter_names(node)
        self.to_read = list(_read_once_and_iter_nodes_to_reread(self, self.nodes))
        again = bool(self.parameters) or any(node.type in LOOPS for node in self.nodes)
        for _ in range(_PASSES if again else 1):
            before = self._count_facts()
            self._read_all_nodes_once()
            for key, value in self.variables.items():
                if value.flags & ~PARAMETERS:
                    before_it = self.earlier.get(key, UNKNOWN)
                    flags = before_it.flags | value.flags & ~PARAMETERS
                    rest = before_it.rest | value.rest & ~PARAMETERS
                    self.earlier[key] = AbstractValue(
                        value.text if key[1].startswith(b"->") else None,
                        flags,
                        items=value.items or before_it.items,
                        rest=rest,
                    )
            if before == self._count_facts():
                break
        self.record_hits_whose_type_was_not_asked()

    def _count_facts(self) -> tuple[int, ...]:
        """Return how much is known, so that nothing is looked at again for nothing."""
        inside = sum(map(len, self.inside.values()))
        return (
            len(self.hits),
            len(self.earlier),
            inside,
            len(self.returns),
            self.unserialized,
            self.archives,
            self.sent,
            self.thrown,
            self.asked_of,
        )

    def _read_all_nodes_once(self) -> None:
        self.variables.clear()
        self.set_in.clear()
        for node, parameter_names in self.parameters.items():
            requests = self._list_parameters_that_are_requests(node)
            for at, name in enumerate(parameter_names[:MAX_PARAMETERS]):
                function = b"request" if name in requests else None
                self.variables[node, name] = AbstractValue(None, PARAMETER << at, function=function)
        for reader, node in self.to_read:
            node.value = node.children[0].value if reader is None else reader(self, node)

    def _list_parameters_that_are_requests(self, node: PhpNode) -> frozenset[bytes]:
        """Return the parameters that are by their type what a framework hands on of a visitor's request."""
        inside = node.get("parameters")
        if inside is None or _REQUEST_TYPE.search(self.code, inside.start, inside.end) is None:
            return frozenset()
        return frozenset(match[1] for match in _REQUEST_TYPE.finditer(self.code, inside.start, inside.end))

    def _list_parameter_names(self, node: PhpNode) -> list[bytes]:
        inside = node.get("parameters")
        if inside is None:
            return []
        name_nodes = [child.get("name") for child in inside.children if child.type.endswith("_parameter")]
        return [self.get_text(name).lstrip(b"&.$") for name in name_nodes if name is not None]


__all__ = ["CodeHit", "Level", "find_suspicious_php_code"]
