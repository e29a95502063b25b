"""What calling a function comes to: one of PHP's, one of the file's own, or one whose name others choose."""

from __future__ import annotations

import re

from auditor.compromise.php import names
from auditor.compromise.php.builtin_functions import EFFECTS, BuiltinCall, get_builtin_result
from auditor.compromise.php.nodes import PhpNode
from auditor.compromise.php.sinks import PhpSinkAnalyzer
from auditor.compromise.php.values import (
    BUILT_TEXT,
    DECODED_TEXT,
    FOREIGN,
    PARAMETERS,
    REMOTE,
    REQUEST,
    UNKNOWN,
    WORD,
    AbstractValue,
)
from auditor.compromise.php.variables import MAX_DEPTH, get_value_at_array_key, is_code_running_php_function

_HOOKS = re.compile(rb"(?:add|register)_|session_set_save_handler|(?:route|router|app)::")


class PhpCallAnalyzer(PhpSinkAnalyzer):
    """The reader of calls."""

    def call_function_by_name(
        self, name: bytes, args: list[AbstractValue], node: PhpNode, *, is_hidden: bool = False
    ) -> AbstractValue:
        """Return what calling a function of that name comes to, and what is to be told of it."""
        name = name.lower().lstrip(b"\\")
        own = self.functions.get(name.rsplit(b"::", 1)[-1])
        if own is not None:
            return self.call_own_function(own, args, node)
        if is_hidden and is_code_running_php_function(name):
            self.record_hit("hidden_name", "sure", node)
        if name in names.MAKES_FUNCTION:
            return self.create_function_from_text(args, node)
        self.note_type_question(args, node.start, node.end)
        call = BuiltinCall(name, args[0] if args else UNKNOWN, args, node)
        effect = EFFECTS.get(name)
        if effect is not None:
            effect(self, call)
        if call.first.flags & FOREIGN and name in names.TOUCHES and call.first.begins.lower().startswith(b"phar://"):
            self.unserialized |= call.first.flags & FOREIGN
        if name not in names.CALLBACKS:
            self.check_own_functions_in_arguments(args, node, include_names=_HOOKS.match(name) is not None)
        return get_builtin_result(self, call)

    def create_function_from_text(self, args: list[AbstractValue], node: PhpNode) -> AbstractValue:
        """Return the value of a function that is made of texts: its parameters and its body."""
        body = args[1] if len(args) > 1 else args[0] if args else UNKNOWN
        self.check_code_evaluation(body, node)
        parameters = args[0].text if len(args) > 1 else b""
        if body.text is None or parameters is None or self.depth >= MAX_DEPTH:
            return AbstractValue(None, body.flags & (FOREIGN | DECODED_TEXT))
        inner = self.make_analyzer_of_embedded_program(b"<?php function made(" + parameters + b") {" + body.text + b"}")
        inner.analyze_whole_file()
        function = inner.functions.get(b"made")
        if function is not None:
            self.inside[function] = inner.inside.get(function, set())
            self.returns[function] = inner.returns.get(function, UNKNOWN)
        return AbstractValue(None, 0, function=function)

    def call_value_as_function(
        self, callee: AbstractValue, args: list[AbstractValue], node: PhpNode, *, is_direct: bool = True
    ) -> AbstractValue:
        """Return the value of calling a value as a function, with these arguments."""
        if isinstance(callee.function, PhpNode):
            return self.call_own_function(callee.function, args, node)
        if callee.items is not None and len(callee.items) == 2:
            value = self._call_method_of_pair(callee, args, node)
            if value is not None:
                return value
        if callee.text is not None:
            if callee.flags & (REQUEST | PARAMETERS):  # the constant is what it is where nobody says another
                self._record_call_of_name_with_default(callee, args, node)
            return self._call_function_of_constant_name(callee, callee.text, args, node)
        self._record_call_of_unknown_name(callee, args, node, is_direct=is_direct)
        if callee.flags & BUILT_TEXT and args and all(arg.text is not None for arg in args):
            return AbstractValue(None, callee.flags & FOREIGN | BUILT_TEXT | DECODED_TEXT)
        return AbstractValue(None, callee.flags & FOREIGN)

    def _record_call_of_unknown_name(
        self, callee: AbstractValue, args: list[AbstractValue], node: PhpNode, *, is_direct: bool
    ) -> None:
        if callee.flags & REQUEST or (callee.flags & WORD and any(arg.flags & FOREIGN for arg in args)):
            self._record_call_of_chosen_function(callee, args, node, is_direct=is_direct)
        elif callee.flags & REMOTE:
            self.record_hit("chosen_call", "sure", node)
        elif callee.flags & DECODED_TEXT:
            self._record_call_of_decoded_function(callee, args, node)
        elif callee.flags & PARAMETERS and callee.head:
            both = is_direct and any(arg.flags & PARAMETERS for arg in args)
            self.record_use_of_tainted_value("chosen_call", callee, node, "sure" if both else "hint")
        elif is_direct and any(arg.flags & REQUEST and arg.head for arg in args):
            self._record_call_of_unknown_function(callee, node)

    def _call_method_of_pair(
        self, callee: AbstractValue, args: list[AbstractValue], node: PhpNode
    ) -> AbstractValue | None:
        """Return the value of calling an object and its method's name; None where that method is not known."""
        method = get_value_at_array_key(callee, b"1").text
        own = self.functions.get(method.lower()) if method else None
        if own is not None:
            return self.call_own_function(own, args, node)
        if method and callee.flags & REQUEST and not any(arg.flags & FOREIGN for arg in args):
            # Whose method of that name it is was chosen, and nothing is said to it.
            self.record_hit("chosen_call", "hint", node)
            return AbstractValue(None, callee.flags & FOREIGN)
        return None

    def _call_function_of_constant_name(
        self, callee: AbstractValue, name: bytes, args: list[AbstractValue], node: PhpNode
    ) -> AbstractValue:
        name = name.lower().lstrip(b"\\")
        is_hidden = bool(callee.flags & (BUILT_TEXT | DECODED_TEXT))
        if not is_hidden and is_code_running_php_function(name) and any(arg.flags & FOREIGN for arg in args):
            self.record_hit("called_by_name", "exact", node)
        return self.call_function_by_name(name, args, node, is_hidden=is_hidden)

    def _record_call_of_chosen_function(
        self, callee: AbstractValue, args: list[AbstractValue], node: PhpNode, *, is_direct: bool
    ) -> None:
        if callee.head and not self.has_guarded_variable(node):
            has_foreign_args = any(arg.flags & FOREIGN for arg in args)
            self.record_hit("chosen_call", "exact" if has_foreign_args or is_direct else "sure", node)
        else:
            self.record_hit("chosen_call", "hint", node)

    def _record_call_of_name_with_default(
        self, callee: AbstractValue, args: list[AbstractValue], node: PhpNode
    ) -> None:
        """Note the call of a name that others choose, and that is a constant where they do not."""
        if not callee.head or self.has_guarded_variable(node):
            return
        if any(arg.flags & (FOREIGN | PARAMETERS) for arg in args):
            self.record_use_of_tainted_value("chosen_call", callee, node)
        elif callee.flags & REQUEST and not args:
            self.record_hit("chosen_call", "sure", node)

    def _record_call_of_decoded_function(self, callee: AbstractValue, args: list[AbstractValue], node: PhpNode) -> None:
        if any(arg.flags & FOREIGN for arg in args):
            self.record_hit("decoded_call", "sure", node)
        elif not callee.flags & BUILT_TEXT:
            self.record_hit("decoded_call", "hint", node)

    def _record_call_of_unknown_function(self, callee: AbstractValue, node: PhpNode) -> None:
        function_node = node.get("function")
        if function_node is not None and re.fullmatch(rb"\$_{1,20}", self.get_text(function_node)):
            self.record_hit("hidden_name", "sure", node)
        elif callee.flags & BUILT_TEXT:
            self.record_hit("unknown_call", "sure", node)
