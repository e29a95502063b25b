"""What calling a function comes to: one of PHP's, one of the file's own, or one whose name others choose."""

from __future__ import annotations

import re

from auditor.compromise.php import constant_folding, names
from auditor.compromise.php.nodes import PhpNode
from auditor.compromise.php.sinks import PhpSinkAnalyzer
from auditor.compromise.php.values import (
    BUILT_TEXT,
    DECODED_TEXT,
    FILE,
    FOREIGN,
    LETTER,
    LONG,
    MAX_PARAMETERS,
    PARAMETER,
    PARAMETERS,
    REMOTE,
    REQUEST,
    UNKNOWN,
    UPLOAD,
    AbstractValue,
)
from auditor.compromise.php.variables import (
    MAX_DEPTH,
    REQUEST_VALUE,
    get_value_at_array_key,
    get_value_passed_to_callback,
    is_code_running_php_function,
    is_made_of_own_constants,
)

_ADMINISTRATOR = re.compile(rb"set_role\s*\(\s*['\"]administrator|['\"]role['\"]\s*=>\s*['\"]administrator")
_ADDRESS = re.compile(rb"\(\s*['\"](?:https?|ftp)://")


_HIDES = re.compile(rb"pre_user_query|pre_get_users|username_exists|\$_(?:GET|REQUEST|COOKIE)")
"""What stands beside an administrator's account that nobody is to see."""
_SMALL = 20_000
_PRELOADS = re.compile(rb"(?:LD_(?:PRELOAD|AUDIT|LIBRARY_PATH)|GCONV_PATH|BASH_ENV)\s*(?:=|\Z)")
_HOOKS = re.compile(rb"(?:add|register)_|session_set_save_handler|(?:route|router|app)::")
_MOST_HANDED = 20
_OF_SESSIONS = (b"write", b"read", b"open", b"close", b"destroy", b"gc", b"create_sid")


def get_last_foreign_item_or_value(value: AbstractValue) -> AbstractValue:
    """Return the last of an array's items that is foreign, as a command's options have it, else the value itself."""
    foreign_items = [item for item in (value.items or {}).values() if item.flags & FOREIGN]
    return foreign_items[-1] if foreign_items else value


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
        first = args[0] if args else UNKNOWN
        if is_hidden and (name in names.EVALUATES or name in names.COMMANDS or name in names.MAKES_FUNCTION):
            self.record_hit("hidden_name", "sure", node)
        if name in names.EVALUATES:
            self.check_code_evaluation(first, node)
        elif name in names.SECOND_COMMANDS and len(args) > 1:
            self.check_shell_command(
                get_value_passed_to_callback(args[1])
                if args[1].items is None
                else get_last_foreign_item_or_value(args[1]),
                node,
            )
        elif name in names.COMMANDS:
            self.check_shell_command(first, node)
        elif name in names.MAKES_FUNCTION:
            return self.create_function_from_text(args, node)
        elif name in names.REGULAR:
            self.check_regular_expression(args, node)
        elif name in names.MB_REGULAR and len(args) > 3 and (args[3].text is None or b"e" in (args[3].text or b"")):
            self.record_use_of_tainted_value(
                "regular_expression", args[1], node, "exact" if args[3].text is not None else "hint"
            )
        elif name in names.FILTERS and len(args) > 2:
            callback = get_value_at_array_key(args[2], b"options")
            self.call_value_as_function(callback, [get_value_passed_to_callback(first)], node, is_direct=False)
        elif name == b"filter_var_array" and len(args) > 1:
            self.call_value_as_function(
                get_value_at_array_key(args[1], b"options"),
                [get_value_passed_to_callback(first)],
                node,
                is_direct=False,
            )
        elif name in names.LOGINS and (first.flags & REQUEST or _ADMINISTRATOR.search(self.content)):
            self.record_hit(
                "chosen_login", "sure" if first.flags & REQUEST or len(self.content) < _SMALL else "hint", node
            )
        elif name in names.CONNECTS and sum(1 for arg in args[:3] if arg.flags & REQUEST and arg.head) == 3:
            self.record_hit("chosen_database", "hint", node)
        elif (
            name in names.ACCOUNTS
            and (first.text or get_value_at_array_key(first, b"user_login").text)
            and _ADMINISTRATOR.search(self.content)
        ):
            self.record_hit("account_made", "sure" if first.text or _HIDES.search(self.content) else "hint", node)
        elif name in names.CALLBACKS and args:
            self.call_callback_of_builtin(name, args, node)
        elif name == b"preg_replace_callback_array" and len(args) > 1:
            for callee in list((args[0].items or {}).values())[:20]:
                self.call_callback_of_builtin(b"preg_replace_callback", [UNKNOWN, callee, args[1]], node)
        elif (
            name in (b"add_filter", b"add_action")
            and len(args) > 1
            and args[1].text is not None
            and is_code_running_php_function(args[1].text)
        ):
            self.record_hit("runs_by_callback", "sure", node)
        elif name in names.STORES and len(args) > 1 and first.text is not None:
            self.kept[b"key " + first.text] = self.kept.get(b"key " + first.text, 0) | args[1].flags & FOREIGN
        elif name == b"session_id" and (first.text or b"").lower().endswith(names.SUFFIXES):
            self.record_hit("written_program", "sure", node)
        elif name == b"error_log" and len(args) > 2:
            self.check_file_write(args[2], first, node)
        elif name == b"curl_setopt" and len(args) > 2 and args[1].text == b"CURLOPT_FILE":
            self.check_file_write(args[2], AbstractValue(None, REMOTE), node)
        elif name == b"stream_copy_to_stream" and len(args) > 1:
            self.check_file_write(args[1], first, node)
        elif name in (b"mail", b"mb_send_mail", b"wp_mail", b"imap_mail"):
            self.check_mail(args, node)
        elif name == b"header":
            self.check_redirect_header(first, node)
        elif name == b"putenv" and _PRELOADS.match(first.text or first.begins):
            self.record_hit("preloads", "sure", node)
        elif name == b"dl" and first.flags & (REQUEST | UPLOAD):
            self.record_hit("chosen_module", "exact" if first.head else "hint", node)
        elif name in (b"readfile", b"highlight_file", b"show_source", b"fpassthru"):
            self.check_file_shown_to_visitors(name, first, node)
        elif name == b"unserialize" and first.flags & FOREIGN:
            self.unserialized |= first.flags & FOREIGN
        elif (name in names.WRITES and len(args) > 1) or (name in names.HANDLE_WRITES and len(args) > 1):
            self.check_file_write(first, args[1], node)
        elif name in names.MOVES and len(args) > 1:
            self.check_file_copy_or_move(name, first, args[1], node)
        elif name == b"ini_set" and first.text in (b"auto_prepend_file", b"auto_append_file", b"allow_url_include"):
            self.record_hit("prepended", "hint", node)
        if first.flags & FOREIGN and name in names.TOUCHES and first.begins.lower().startswith(b"phar://"):
            self.unserialized |= first.flags & FOREIGN
        if name == b"session_set_save_handler":
            handlers = [
                AbstractValue(None, 0, function=self.functions[handler_name])
                for handler_name in _OF_SESSIONS
                if handler_name in self.functions
            ]
            self.check_own_functions_in_arguments(handlers, node, include_names=True)
        if name not in names.CALLBACKS:
            self.check_own_functions_in_arguments(args, node, include_names=_HOOKS.match(name) is not None)
        return self.get_builtin_result(name, args, node)

    def check_own_functions_in_arguments(
        self, args: list[AbstractValue], node: PhpNode, *, include_names: bool = False
    ) -> None:
        """Note that the call may run the file's own functions that it is given, with any arguments of others.

        ``include_names``: also by their names.
        """
        for arg in args:
            for value in (arg, *list((arg.items or {}).values())[:_MOST_HANDED]):
                function = value.function
                if include_names and value.text:
                    function = self.functions.get(value.text.lower())
                rules = {use.rule for use in self.inside.get(function, ())} if isinstance(function, PhpNode) else set()
                if "evaluated" in rules or ("command" in rules and include_names):
                    self.record_hit("runs_what_it_is_given", "sure", node)
                elif "command" in rules:
                    self.record_hit("runs_what_it_is_given", "hint", node)

    def get_builtin_result(self, name: bytes, args: list[AbstractValue], node: PhpNode) -> AbstractValue:
        """Return what one of PHP's functions gives back."""
        first = args[0] if args else UNKNOWN
        if name in names.REQUEST_GETTERS:
            return REQUEST_VALUE
        if name == b"filter_input":
            return REQUEST_VALUE if len(args) < 3 else UNKNOWN
        if name == b"getenv":
            return REQUEST_VALUE if first.text and first.text.startswith(names.SAID_TO_SERVER) else UNKNOWN
        if name in names.READERS:
            return self._read_file_or_stream(first, node)
        if name in names.REMOTE_READERS:
            return AbstractValue(None, REMOTE | first.flags & REQUEST)
        if name in names.STORE_READERS:
            return AbstractValue(None, FILE | self.kept.get(b"key " + (first.text or b""), 0))
        if name in names.FRAMEWORK_FUNCTIONS and args:
            return REQUEST_VALUE
        if name == b"glob":
            return AbstractValue(None, FILE | first.flags & FOREIGN, ends=first.ends)
        if name in names.LISTED_NAMES:
            return AbstractValue(None, BUILT_TEXT | DECODED_TEXT)
        if name in names.ESCAPERS:
            return UNKNOWN
        if name == b"pathinfo" and first.flags & (REQUEST | UPLOAD):
            return AbstractValue(None, first.flags, head=False)
        if name == b"basename" and first.flags & (REQUEST | UPLOAD):
            return AbstractValue(None, first.flags, head=False, ends=first.ends)
        if name in (b"tempnam", b"tmpfile", b"stream_get_meta_data"):
            uri = first if name == b"stream_get_meta_data" else AbstractValue(b"a file of its own")
            return AbstractValue(None, uri.flags, items={b"uri": uri}) if name == b"stream_get_meta_data" else uri
        if name in names.NUMBERS_OF_LETTERS and first.text is None and first.flags:
            return AbstractValue(None, first.flags | LETTER)
        if name == b"chr" and first.text is None:
            return AbstractValue(None, first.flags & ~LETTER | DECODED_TEXT, head=first.head)
        if name == b"func_get_args":
            return AbstractValue(None, PARAMETERS)
        if name == b"func_get_arg":
            at = constant_folding.parse_leading_php_integer(first.text or b"0")
            return AbstractValue(None, PARAMETER << min(max(at, 0), MAX_PARAMETERS - 1))
        if name == b"define" and len(args) > 1 and first.text:
            self.constants[first.text] = args[1]
        if name == b"constant" and first.text is not None:
            return self.constants.get(first.text, UNKNOWN)
        if name in (b"sys_get_temp_dir",):
            return AbstractValue(b"/tmp")
        if (
            name in (b"current", b"reset", b"end", b"pos", b"array_pop", b"array_shift", b"next", b"prev", b"each")
            and first.items
        ):
            items = list(first.items.values())
            return items[-1 if name in (b"end", b"array_pop") else 0].with_flags(first.flags & FOREIGN)
        if name not in names.HANDED_ON and name not in constant_folding.DECODERS:
            constant = constant_folding.fold_builtin_call_of_constants(name, args)
            if constant is None and name in names.PUTS_TOGETHER and all(map(is_made_of_own_constants, args)):
                return AbstractValue(None, BUILT_TEXT)
            return constant.with_flags(BUILT_TEXT) if constant is not None else UNKNOWN
        flags = 0
        for arg in args:
            flags |= arg.flags
        if name in names.DECRYPTERS:
            flags |= DECODED_TEXT
        constant = constant_folding.fold_builtin_call_of_constants(name, args)
        if constant is not None:
            return constant.with_flags(flags | BUILT_TEXT)
        if args and all(map(is_made_of_own_constants, args)):
            flags |= BUILT_TEXT
        return AbstractValue(None, flags, head=any(arg.flags and arg.head for arg in args))

    def check_file_shown_to_visitors(self, name: bytes, path: AbstractValue, node: PhpNode) -> None:
        """Note that a file is shown as it is."""
        if path.flags & REQUEST and path.head and not self.has_guarded_variable(node):
            self.record_hit("shows_chosen_file", "hint", node)
        elif name == b"readfile" and path.text is not None and path.text.startswith((b"http://", b"https://")):
            self.record_hit(
                "cloak" if self.has_search_engine_check() else "shows_elsewhere",
                "sure" if self.has_search_engine_check() else "hint",
                node,
            )

    def _read_file_or_stream(self, path: AbstractValue, node: PhpNode) -> AbstractValue:
        if path.begins.lower().startswith((b"expect://", b"ssh2.exec://")):
            self.check_shell_command(AbstractValue(None, path.flags, head=path.head), node)
        if path.text is None and path.begins.lower().startswith((b"http://", b"https://", b"ftp://")):
            return AbstractValue(None, REMOTE)
        if path.text is not None:
            where = path.text.lower()
            if where.startswith(b"php://input") or (
                where.startswith(b"php://filter") and where.endswith(b"php://input")
            ):
                return REQUEST_VALUE
            if where.startswith((b"http://", b"https://", b"ftp://")):
                return AbstractValue(None, REMOTE)
            if where.startswith(b"data:"):
                return AbstractValue(None, DECODED_TEXT | LONG)
        elif _ADDRESS.search(self.content, node.start, node.end):
            return AbstractValue(None, REMOTE)
        if path.flags & (REMOTE | UPLOAD):
            return AbstractValue(None, path.flags & (REMOTE | UPLOAD | REQUEST))
        program_path = path.text if path.text is not None and path.text.endswith(names.SUFFIXES) else None
        hidden_flags = DECODED_TEXT if path.ends.lower().endswith(names.IMAGE_SUFFIXES) else 0
        flags = FILE | hidden_flags | path.flags & (REQUEST | PARAMETERS)
        return AbstractValue(program_path, flags, head=path.head, begins=path.begins)

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

    def call_callback_of_builtin(self, name: bytes, args: list[AbstractValue], node: PhpNode) -> None:
        """Note that one of PHP's functions calls what one of its arguments names."""
        at = names.CALLBACKS[name]
        if at >= len(args):
            return
        callee = args[at]
        others = (
            args[2:3]
            if name in names.MATCH_CALLBACKS
            else [arg for index, arg in enumerate(args) if index != at % len(args)]
        )
        keys = [AbstractValue(None, other.flags & FOREIGN) for other in others[:1]] if name in names.WALKS else []
        self.call_value_as_function(
            callee,
            [
                *(get_value_passed_to_callback(other) for other in others[:1]),
                *keys,
                *map(get_value_passed_to_callback, others[1:]),
            ],
            node,
            is_direct=False,
        )
        if callee.text is not None and is_code_running_php_function(callee.text) and name not in names.PASSES_ON:
            self.record_hit("runs_by_callback", "sure", node)

    def call_value_as_function(
        self, callee: AbstractValue, args: list[AbstractValue], node: PhpNode, *, is_direct: bool = True
    ) -> AbstractValue:
        """Return the value of calling a value as a function, with these arguments."""
        if isinstance(callee.function, PhpNode):
            return self.call_own_function(callee.function, args, node)
        if callee.items is not None and len(callee.items) == 2:
            method = get_value_at_array_key(callee, b"1").text
            own = self.functions.get(method.lower()) if method else None
            if own is not None:
                return self.call_own_function(own, args, node)
            if method and callee.flags & REQUEST and not any(arg.flags & FOREIGN for arg in args):
                self.record_hit(
                    "chosen_call", "hint", node
                )  # whose method of that name it is was chosen, and nothing is said to it
                return AbstractValue(None, callee.flags & FOREIGN)
        if callee.text is not None:
            name = callee.text.lower().lstrip(b"\\")
            risky = is_code_running_php_function(name)
            if (
                risky
                and args
                and not callee.flags & (BUILT_TEXT | DECODED_TEXT)
                and any(arg.flags & FOREIGN for arg in args)
            ):
                self.record_hit("called_by_name", "exact", node)
            return self.call_function_by_name(
                name, args, node, is_hidden=bool(callee.flags & (BUILT_TEXT | DECODED_TEXT))
            )
        if callee.flags & REQUEST:
            has_guard = self.has_guarded_variable(node)
            if callee.head and not has_guard:
                has_foreign_args = any(arg.flags & FOREIGN for arg in args)
                self.record_hit("chosen_call", "exact" if has_foreign_args or is_direct else "sure", node)
            else:
                self.record_hit("chosen_call", "hint", node)
        elif callee.flags & REMOTE:
            self.record_hit("chosen_call", "sure", node)
        elif callee.flags & DECODED_TEXT:
            if any(arg.flags & FOREIGN for arg in args):
                self.record_hit("decoded_call", "sure", node)
            elif not callee.flags & BUILT_TEXT:
                self.record_hit("decoded_call", "hint", node)
        elif callee.flags & PARAMETERS and callee.head:
            both = is_direct and any(arg.flags & PARAMETERS for arg in args)
            self.record_use_of_tainted_value("chosen_call", callee, node, "sure" if both else "hint")
        elif is_direct and any(arg.flags & REQUEST and arg.head for arg in args):
            function_node = node.get("function")
            if function_node is not None and re.fullmatch(rb"\$_{1,20}", self.get_text(function_node)):
                self.record_hit("hidden_name", "sure", node)
            elif callee.flags & BUILT_TEXT:
                self.record_hit("unknown_call", "sure", node)
        return AbstractValue(None, callee.flags & FOREIGN)
