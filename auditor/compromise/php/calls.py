"""What calling a function comes to: one of PHP's, one of the file's own, or one whose name others choose."""

from __future__ import annotations

import re

from auditor.compromise.php import folding, names
from auditor.compromise.php.nodes import Node
from auditor.compromise.php.sinks import Sinks
from auditor.compromise.php.values import (
    BUILT,
    DECODED,
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
    Value,
)
from auditor.compromise.php.variables import ASKED, MAX_DEPTH, content_of, is_made_here, item_of, runs_text

_ADMINISTRATOR = re.compile(rb"set_role\s*\(\s*['\"]administrator|['\"]role['\"]\s*=>\s*['\"]administrator")
_ADDRESS = re.compile(rb"\(\s*['\"](?:https?|ftp)://")


_HIDES = re.compile(rb"pre_user_query|pre_get_users|username_exists|\$_(?:GET|REQUEST|COOKIE)")
"""What stands beside an administrator's account that nobody is to see."""
_SMALL = 20_000
_PRELOADS = re.compile(rb"(?:LD_(?:PRELOAD|AUDIT|LIBRARY_PATH)|GCONV_PATH|BASH_ENV)\s*(?:=|\Z)")
_HOOKS = re.compile(rb"(?:add|register)_|session_set_save_handler|(?:route|router|app)::")
_MOST_HANDED = 20
_OF_SESSIONS = (b"write", b"read", b"open", b"close", b"destroy", b"gc", b"create_sid")


def either_of(value: Value) -> Value:
    """What is said last of an array's items, as a command's options have it."""
    said = [item for item in (value.items or {}).values() if item.flags & FOREIGN]
    return said[-1] if said else value


class Calls(Sinks):
    """What is called."""

    def call(self, name: bytes, args: list[Value], node: Node, *, hidden: bool = False) -> Value:
        """What calling a function of that name comes to, and what is to be told of it."""
        name = name.lower().lstrip(b"\\")
        own = self.functions.get(name.rsplit(b"::", 1)[-1])
        if own is not None:
            return self.own(own, args, node)
        first = args[0] if args else UNKNOWN
        if hidden and (name in names.EVALUATES or name in names.COMMANDS or name in names.MAKES_FUNCTION):
            self.hit("hidden_name", "sure", node)
        if name in names.EVALUATES:
            self.evaluated(first, node)
        elif name in names.SECOND_COMMANDS and len(args) > 1:
            self.commanded(content_of(args[1]) if args[1].items is None else either_of(args[1]), node)
        elif name in names.COMMANDS:
            self.commanded(first, node)
        elif name in names.MAKES_FUNCTION:
            return self.function_made(args, node)
        elif name in names.REGULAR:
            self.regular(args, node)
        elif name in names.MB_REGULAR and len(args) > 3 and (args[3].text is None or b"e" in (args[3].text or b"")):
            self.used("regular_expression", args[1], node, "exact" if args[3].text is not None else "hint")
        elif name in names.FILTERS and len(args) > 2:
            chosen = item_of(args[2], b"options")
            self.invoked(chosen, [content_of(first)], node, direct=False)
        elif name == b"filter_var_array" and len(args) > 1:
            self.invoked(item_of(args[1], b"options"), [content_of(first)], node, direct=False)
        elif name in names.LOGINS and (first.flags & REQUEST or _ADMINISTRATOR.search(self.content)):
            self.hit("chosen_login", "sure" if first.flags & REQUEST or len(self.content) < _SMALL else "hint", node)
        elif name in names.CONNECTS and sum(1 for arg in args[:3] if arg.flags & REQUEST and arg.head) == 3:
            self.hit("chosen_database", "hint", node)
        elif (
            name in names.ACCOUNTS
            and (first.text or item_of(first, b"user_login").text)
            and _ADMINISTRATOR.search(self.content)
        ):
            self.hit("account_made", "sure" if first.text or _HIDES.search(self.content) else "hint", node)
        elif name in names.CALLBACKS and args:
            self.called_back(name, args, node)
        elif name == b"preg_replace_callback_array" and len(args) > 1:
            for callee in list((args[0].items or {}).values())[:20]:
                self.called_back(b"preg_replace_callback", [UNKNOWN, callee, args[1]], node)
        elif (
            name in (b"add_filter", b"add_action")
            and len(args) > 1
            and args[1].text is not None
            and runs_text(args[1].text)
        ):
            self.hit("runs_by_callback", "sure", node)
        elif name in names.STORES and len(args) > 1 and first.text is not None:
            self.kept[b"key " + first.text] = self.kept.get(b"key " + first.text, 0) | args[1].flags & FOREIGN
        elif name == b"session_id" and (first.text or b"").lower().endswith(names.SUFFIXES):
            self.hit("written_program", "sure", node)
        elif name == b"error_log" and len(args) > 2:
            self.written(args[2], first, node)
        elif name == b"curl_setopt" and len(args) > 2 and args[1].text == b"CURLOPT_FILE":
            self.written(args[2], Value(None, REMOTE), node)
        elif name == b"stream_copy_to_stream" and len(args) > 1:
            self.written(args[1], first, node)
        elif name in (b"mail", b"mb_send_mail", b"wp_mail", b"imap_mail"):
            self.mailed(args, node)
        elif name == b"header":
            self.led_away(first, node)
        elif name == b"putenv" and _PRELOADS.match(first.text or first.begins):
            self.hit("preloads", "sure", node)
        elif name == b"dl" and first.flags & (REQUEST | UPLOAD):
            self.hit("chosen_module", "exact" if first.head else "hint", node)
        elif name in (b"readfile", b"highlight_file", b"show_source", b"fpassthru"):
            self.shown(name, first, node)
        elif name == b"unserialize" and first.flags & FOREIGN:
            self.unserialized |= first.flags & FOREIGN
        elif (name in names.WRITES and len(args) > 1) or (name in names.HANDLE_WRITES and len(args) > 1):
            self.written(first, args[1], node)
        elif name in names.MOVES and len(args) > 1:
            self.moved(name, first, args[1], node)
        elif name == b"ini_set" and first.text in (b"auto_prepend_file", b"auto_append_file", b"allow_url_include"):
            self.hit("prepended", "hint", node)
        if first.flags & FOREIGN and name in names.TOUCHES and first.begins.lower().startswith(b"phar://"):
            self.unserialized |= first.flags & FOREIGN
        if name == b"session_set_save_handler":
            handlers = [Value(None, 0, function=self.functions[one]) for one in _OF_SESSIONS if one in self.functions]
            self.handed_out(handlers, node, named=True)
        if name not in names.CALLBACKS:
            self.handed_out(args, node, named=_HOOKS.match(name) is not None)
        return self.answer(name, args, node)

    def handed_out(self, args: list[Value], node: Node, *, named: bool = False) -> None:
        """What is called here may call the file's own functions that it is given, with whatever others say; ``named``: also by their names."""
        for arg in args:
            for one in (arg, *list((arg.items or {}).values())[:_MOST_HANDED]):
                function = one.function
                if named and one.text:
                    function = self.functions.get(one.text.lower())
                rules = {noted.rule for noted in self.inside.get(function, ())} if isinstance(function, Node) else set()
                if "evaluated" in rules or ("command" in rules and named):
                    self.hit("runs_what_it_is_given", "sure", node)
                elif "command" in rules:
                    self.hit("runs_what_it_is_given", "hint", node)

    def answer(self, name: bytes, args: list[Value], node: Node) -> Value:
        """What one of PHP's functions gives back."""
        first = args[0] if args else UNKNOWN
        if name in names.ASKED:
            return ASKED
        if name == b"filter_input":
            return ASKED if len(args) < 3 else UNKNOWN
        if name == b"getenv":
            return ASKED if first.text and first.text.startswith(names.SAID_TO_SERVER) else UNKNOWN
        if name in names.READERS:
            return self._read(first, node)
        if name in names.REMOTE_READERS:
            return Value(None, REMOTE | first.flags & REQUEST)
        if name in names.STORED:
            return Value(None, FILE | self.kept.get(b"key " + (first.text or b""), 0))
        if name in names.FRAMEWORK_FUNCTIONS and args:
            return ASKED
        if name == b"glob":
            return Value(None, FILE | first.flags & FOREIGN, ends=first.ends)
        if name in names.LISTED_NAMES:
            return Value(None, BUILT | DECODED)
        if name in names.ESCAPED:
            return UNKNOWN
        if name == b"pathinfo" and first.flags & (REQUEST | UPLOAD):
            return Value(None, first.flags, head=False)
        if name == b"basename" and first.flags & (REQUEST | UPLOAD):
            return Value(None, first.flags, head=False, ends=first.ends)
        if name in (b"tempnam", b"tmpfile", b"stream_get_meta_data"):
            made = first if name == b"stream_get_meta_data" else Value(b"a file of its own")
            return Value(None, made.flags, items={b"uri": made}) if name == b"stream_get_meta_data" else made
        if name in names.NUMBERS_OF_LETTERS and first.text is None and first.flags:
            return Value(None, first.flags | LETTER)
        if name == b"chr" and first.text is None:
            return Value(None, first.flags & ~LETTER | DECODED, head=first.head)
        if name == b"func_get_args":
            return Value(None, PARAMETERS)
        if name == b"func_get_arg":
            at = folding.number(first.text or b"0")
            return Value(None, PARAMETER << min(max(at, 0), MAX_PARAMETERS - 1))
        if name == b"define" and len(args) > 1 and first.text:
            self.constants[first.text] = args[1]
        if name == b"constant" and first.text is not None:
            return self.constants.get(first.text, UNKNOWN)
        if name in (b"sys_get_temp_dir",):
            return Value(b"/tmp")
        if (
            name in (b"current", b"reset", b"end", b"pos", b"array_pop", b"array_shift", b"next", b"prev", b"each")
            and first.items
        ):
            items = list(first.items.values())
            return items[-1 if name in (b"end", b"array_pop") else 0].having(first.flags & FOREIGN)
        if name not in names.HANDED_ON and name not in folding.DECODERS:
            found = folding.folded(name, args)
            if found is None and name in names.PUTS_TOGETHER and all(map(is_made_here, args)):
                return Value(None, BUILT)
            return found.having(BUILT) if found is not None else UNKNOWN
        flags = 0
        for arg in args:
            flags |= arg.flags
        if name in names.DECRYPTING:
            flags |= DECODED
        found = folding.folded(name, args)
        if found is not None:
            return found.having(flags | BUILT)
        if args and all(map(is_made_here, args)):
            flags |= BUILT
        return Value(None, flags, head=any(arg.flags and arg.head for arg in args))

    def shown(self, name: bytes, path: Value, node: Node) -> None:
        """A file is shown as it is."""
        if path.flags & REQUEST and path.head and not self.is_guarded(node):
            self.hit("shows_chosen_file", "hint", node)
        elif name == b"readfile" and path.text is not None and path.text.startswith((b"http://", b"https://")):
            self.hit(
                "cloak" if self.tells_engines_apart() else "shows_elsewhere",
                "sure" if self.tells_engines_apart() else "hint",
                node,
            )

    def _read(self, first: Value, node: Node) -> Value:
        if first.begins.lower().startswith((b"expect://", b"ssh2.exec://")):
            self.commanded(Value(None, first.flags, head=first.head), node)
        if first.text is None and first.begins.lower().startswith((b"http://", b"https://", b"ftp://")):
            return Value(None, REMOTE)
        if first.text is not None:
            where = first.text.lower()
            if where.startswith(b"php://input") or (
                where.startswith(b"php://filter") and where.endswith(b"php://input")
            ):
                return ASKED
            if where.startswith((b"http://", b"https://", b"ftp://")):
                return Value(None, REMOTE)
            if where.startswith(b"data:"):
                return Value(None, DECODED | LONG)
        elif _ADDRESS.search(self.content, node.start, node.end):
            return Value(None, REMOTE)
        if first.flags & (REMOTE | UPLOAD):
            return Value(None, first.flags & (REMOTE | UPLOAD | REQUEST))
        opened = first.text if first.text is not None and first.text.endswith(names.SUFFIXES) else None
        hidden = DECODED if first.ends.lower().endswith(names.IMAGE_SUFFIXES) else 0
        flags = FILE | hidden | first.flags & (REQUEST | PARAMETERS)
        return Value(opened, flags, head=first.head, begins=first.begins)

    def function_made(self, args: list[Value], node: Node) -> Value:
        """A function is made of texts: its parameters and its body."""
        body = args[1] if len(args) > 1 else args[0] if args else UNKNOWN
        self.evaluated(body, node)
        given = args[0].text if len(args) > 1 else b""
        if body.text is None or given is None or self.depth >= MAX_DEPTH:
            return Value(None, body.flags & (FOREIGN | DECODED))
        inner = self.within(b"<?php function made(" + given + b") {" + body.text + b"}")
        inner.run()
        function = inner.functions.get(b"made")
        if function is not None:
            self.inside[function] = inner.inside.get(function, set())
            self.returns[function] = inner.returns.get(function, UNKNOWN)
        return Value(None, 0, function=function)

    def called_back(self, name: bytes, args: list[Value], node: Node) -> None:
        """One of PHP's functions calls what one of its arguments names."""
        at = names.CALLBACKS[name]
        if at >= len(args):
            return
        callee = args[at]
        others = (
            args[2:3] if name in names.MATCHING else [arg for index, arg in enumerate(args) if index != at % len(args)]
        )
        keys = [Value(None, other.flags & FOREIGN) for other in others[:1]] if name in names.WALKS else []
        self.invoked(
            callee,
            [*(content_of(other) for other in others[:1]), *keys, *map(content_of, others[1:])],
            node,
            direct=False,
        )
        if callee.text is not None and runs_text(callee.text) and name not in names.PASSES_ON:
            self.hit("runs_by_callback", "sure", node)

    def invoked(self, callee: Value, args: list[Value], node: Node, *, direct: bool = True) -> Value:
        """A value is called as a function, with these arguments."""
        if isinstance(callee.function, Node):
            return self.own(callee.function, args, node)
        if callee.items is not None and len(callee.items) == 2:
            method = item_of(callee, b"1").text
            own = self.functions.get(method.lower()) if method else None
            if own is not None:
                return self.own(own, args, node)
            if method and callee.flags & REQUEST and not any(arg.flags & FOREIGN for arg in args):
                self.hit(
                    "chosen_call", "hint", node
                )  # whose method of that name it is was chosen, and nothing is said to it
                return Value(None, callee.flags & FOREIGN)
        if callee.text is not None:
            name = callee.text.lower().lstrip(b"\\")
            risky = runs_text(name)
            if risky and args and not callee.flags & (BUILT | DECODED) and any(arg.flags & FOREIGN for arg in args):
                self.hit("called_by_name", "exact", node)
            return self.call(name, args, node, hidden=bool(callee.flags & (BUILT | DECODED)))
        if callee.flags & REQUEST:
            guarded = self.is_guarded(node)
            if callee.head and not guarded:
                chosen = any(arg.flags & FOREIGN for arg in args)
                self.hit("chosen_call", "exact" if chosen or direct else "sure", node)
            else:
                self.hit("chosen_call", "hint", node)
        elif callee.flags & REMOTE:
            self.hit("chosen_call", "sure", node)
        elif callee.flags & DECODED:
            if any(arg.flags & FOREIGN for arg in args):
                self.hit("decoded_call", "sure", node)
            elif not callee.flags & BUILT:
                self.hit("decoded_call", "hint", node)
        elif callee.flags & PARAMETERS and callee.head:
            both = direct and any(arg.flags & PARAMETERS for arg in args)
            self.used("chosen_call", callee, node, "sure" if both else "hint")
        elif direct and any(arg.flags & REQUEST and arg.head for arg in args):
            called = node.get("function")
            if called is not None and re.fullmatch(rb"\$_{1,20}", self.said(called)):
                self.hit("hidden_name", "sure", node)
            elif callee.flags & BUILT:
                self.hit("unknown_call", "sure", node)
        return Value(None, callee.flags & FOREIGN)
