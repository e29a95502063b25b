"""What runs, writes or calls something, and what is told of it when others have a say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Self

from auditor.compromise import settings
from auditor.compromise.php import names
from auditor.compromise.php.constant_folding import has_eval_modifier_of_preg_replace
from auditor.compromise.php.nodes import PhpNode, build_key_in_scope
from auditor.compromise.php.values import (
    BUILT_TEXT,
    DECODED_TEXT,
    FILE,
    FOREIGN,
    INJECTED,
    LONG,
    MAX_PARAMETERS,
    MAX_TEXT,
    PARAMETER,
    PARAMETERS,
    REMOTE,
    REQUEST,
    SECRET,
    UNKNOWN,
    UPLOAD,
    AbstractValue,
    concatenate,
    make_array,
)
from auditor.compromise.php.variables import (
    ALL_SERVER,
    MAX_DEPTH,
    REQUEST_VALUE,
    Level,
    PhpUploadAnalyzer,
    is_made_of_own_constants,
)

_ENGINES = re.compile(
    rb"(?i)(?:google|bing|yandex|coccoc|baidu)bot|slurp|['\"/|(](?:google|bing|coccoc)(?:\.|\||['\"/)])|google\.co"
)
_ASKS_WHO = re.compile(rb"HTTP_(?:USER_AGENT|REFERER)|\bgethostbyaddr\b")
_TELLS_WHO = re.compile(rb"urlencode\s*\(\s*@?\$_SERVER\s*\[\s*['\"]HTTP_(?:USER_AGENT|REFERER)")
_LOCATION = re.compile(rb"(?i)\s*(?:location|refresh)\s*:.{0,12}https?://")
_TEMPORARY = (b"/tmp/", b"/var/tmp/", b"/dev/shm/")
_DECODER_CODE = re.compile(
    rb"(?i)\bchr\s*\(|\bord\s*\(|\^|base64_decode|gzinflate|hexdec|str_rot13|strrev|hex2bin|strpos\s*\("
)
_LETTERS = re.compile(
    rb"(?i)\bsubstr\s*\(|\$\w+\s*[\[{]|\bchr\s*\(|str_split|strtr\s*\(|str_rot13|strrev|base64_decode|hex2bin|pack\s*\("
)
_ESCAPES = re.compile(rb"\\x[0-9a-fA-F]{2}|\\[0-7]{2,3}|(?:chr|base64_decode|str_rot13|strrev)\s*\(")
_ENDLESS = re.compile(rb"(?i)(?:while\s*\(\s*(?:1|true|!\s*(?:0|false))\s*\)|for\s*\(\s*;\s*;)")
_STARTS_THINGS = re.compile(
    rb"/authorized_keys2?\Z|/\.(?:bashrc|profile|bash_profile)\Z|(?:\A|/)etc/(?:cron|ld\.so\.preload|profile\.d/|systemd/)"
    rb"|/spool/cron/"
)
"""Files that let somebody in, or that something is started by."""
_APPENDS = re.compile(rb"\bFILE_APPEND\b")
_HEADER = re.compile(rb"['\"]HTTP_(?!HOST|USER_AGENT|REFERER|ACCEPT)\w")
"""The key of a header that no browser sends by itself."""
_MOST_HANDED = 20
_LED_AWAY = re.compile(rb"(?i)location(?:\.href)?\s*(?:=|\.replace\()\s*[\"']https?://")
_TELLS_VISITORS_APART = re.compile(
    rb"current_user_can|is_user_logged_in|is_super_admin|HTTP_(?:USER_AGENT|REFERER|ACCEPT_LANGUAGE)"
)
_OF_THIS_MACHINE = re.compile(
    rb"(?i)(?:file_get_contents|curl_init|fopen)\s{0,9}\(\s{0,9}['\"]https?://(?:127\.0\.0\.1|localhost|\[::1\])[:/]"
)
"""A page is fetched from a program beside, as renderers for search engines are."""
_SCHEME = re.compile(rb"(?!file:)[a-z][a-z0-9+.-]{1,20}://")
_PICTURE = re.compile(rb"\.(?:jpe?g|png|gif|ico|bmp|webp|txt)(?:/|\Z)")
_SESSION_FILE = re.compile(rb"['\"/]sess_['\"]")
_WRITES_BY_MAIL = re.compile(rb"(?:\A|\s)-(?:X|OQueueDirectory|C\s*/|be\b)")
_SHELL = re.compile(rb"/bin/(?:ba|da|z|k)?sh\b|cmd\.exe|powershell")
_CONNECTS = re.compile(rb"fsockopen|socket_create|stream_socket_client")
_REVERSE = re.compile(
    rb"/dev/tcp/|\bnc\s+(?:-\w+\s+)*\S+\s+\d+|mkfifo|(?:curl|wget)\s[^\n]{0,300}?[|;&]\s{0,9}(?:(?:ba)?sh|chmod"
    rb"|perl|php|python)\b|\bnohup\s+(?:\S*/)?(?:php|perl|python|ruby|node)[\d.]*\s+-(?:r|e|c)\b|crontab\s+[-/.]"
)


class PhpSinkAnalyzer(PhpUploadAnalyzer):
    """The reader of what is done with values."""

    def analyze_whole_file(self) -> None:
        """Look at the whole file."""
        raise NotImplementedError

    def make_analyzer_of_embedded_program(self, program: bytes) -> Self:
        """Return text of this file as a file of its own."""
        return type(self)(program, self.depth + 1)

    def call_value_as_function(
        self, callee: AbstractValue, args: list[AbstractValue], node: PhpNode, *, is_direct: bool = True
    ) -> AbstractValue:
        """Return the value of calling a value as a function, with these arguments."""
        raise NotImplementedError

    def call_own_function(self, function: PhpNode, args: list[AbstractValue], node: PhpNode) -> AbstractValue:
        """Return what a call of the file's own function gives back; note what it does with its parameters."""
        self.note_type_question(args, function.start, function.end)
        args = self._arrange_arguments(function, args)
        for use in tuple(self.inside.get(function, ())):
            if use.parameter < len(args):
                arg = args[use.parameter]
                if not self.record_use_of_tainted_value(use.rule, arg, node, use.level) and use.rule == "evaluated":
                    self.check_code_evaluation(arg, node)
        for name, at in tuple(self.fills.get(function, ())):
            if at < len(args):
                self.set_variable((None, name), args[at], node)
        return self._get_returned_value(function, args)

    def _arrange_arguments(self, function: PhpNode, args: list[AbstractValue]) -> list[AbstractValue]:
        """Return the arguments as the function's parameters get them."""
        args = [REQUEST_VALUE if arg is ALL_SERVER and _HEADER.search(self.code) else arg for arg in args]
        names_ = self.parameters.get(function, [])
        if len(args) >= len(names_) > 0 and self.is_variadic(function):
            return [*args[: len(names_) - 1], make_array((None, arg) for arg in args[len(names_) - 1 :])]
        return args

    def _get_returned_value(self, function: PhpNode, args: list[AbstractValue]) -> AbstractValue:
        back = self.returns.get(function, UNKNOWN)
        flags = back.flags & ~PARAMETERS
        if (
            not flags
            and back.text is None
            and args
            and all(map(is_made_of_own_constants, args))
            and self.is_indexing_letters_of_text(function)
        ):
            flags = BUILT_TEXT
        for at, arg in enumerate(args[:MAX_PARAMETERS]):
            if back.flags & PARAMETER << at:
                flags |= arg.flags
            if arg.flags & LONG and self.is_decoding_function(function):
                flags |= DECODED_TEXT | LONG
        text = None if back.flags & PARAMETERS else back.text
        return AbstractValue(text, flags, head=back.head, items=back.items, function=back.function)

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

    def is_variadic(self, function: PhpNode) -> bool:
        """Return whether its last parameter is all that it is given from there on."""
        inside = function.get("parameters")
        return bool(inside is not None and inside.children and inside.children[-1].type == "variadic_parameter")

    def is_indexing_letters_of_text(self, function: PhpNode) -> bool:
        """Return whether it takes letters of a text, as what gives hidden names does."""
        return _LETTERS.search(self.code, function.start, function.end) is not None

    def is_decoding_function(self, function: PhpNode) -> bool:
        """Return whether it does with letters what only decoding needs."""
        if function not in self.decodes:
            self.decodes[function] = _DECODER_CODE.search(self.code, function.start, function.end) is not None
        return self.decodes[function]

    def check_code_evaluation(self, code: AbstractValue, node: PhpNode) -> None:
        """Note that a value is taken for a program."""
        if not self.record_use_of_tainted_value("evaluated", code, node, "exact" if code.head else "sure"):
            if code.flags & DECODED_TEXT and (code.flags & (LONG | FILE) or code.text is not None):
                self.record_hit("decoded_program", "sure", node)
            elif code.flags & DECODED_TEXT and not code.flags & PARAMETERS:
                self.record_hit("decoded_program", "sure" if code.flags & BUILT_TEXT else "hint", node)
            elif code.flags & FILE:
                self.record_hit("program_of_a_file", "hint", node)
            elif (
                code.text is not None
                and code.flags & BUILT_TEXT
                and not code.flags & PARAMETERS
                and len(code.text) > 20
                and _ESCAPES.search(self.get_text(node))  # else what it says is read below, as any program
            ):
                self.record_hit("built_program", "hint", node)
        if code.text is not None:
            self.analyze_embedded_program(code.text, node)

    def analyze_embedded_program(self, program: bytes, node: PhpNode) -> None:
        """Read text that is run as a program."""
        if self.depth >= MAX_DEPTH or program in self.read_again or len(self.read_again) > 20 or len(program) < 8:
            return
        self.read_again.add(program)
        if not program.lstrip().startswith(b"<?"):
            program = b"<?php " + program.removeprefix(b"?>")
        inner = self.make_analyzer_of_embedded_program(program[:MAX_TEXT])
        inner.functions = {}
        inner.earlier = self._collect_scope_variables(node)
        inner.analyze_whole_file()
        for hit in inner.hits.values():
            self.record_hit(hit.rule, hit.level, node)

    def _collect_scope_variables(self, node: PhpNode) -> dict[tuple[PhpNode | None, bytes], AbstractValue]:
        """Return the variables of a node's scope, for a program that is run in it."""
        of_scope = [
            (name, value) for (scope, name), value in self.variables.items() if scope is node.scope and value.flags
        ]
        return {(None, name): AbstractValue(None, value.flags & ~PARAMETERS) for name, value in of_scope}

    def check_shell_command(self, command: AbstractValue, node: PhpNode) -> None:
        """Note that a value is given to a shell."""
        if command.flags & (FOREIGN | PARAMETERS | UPLOAD):
            self.record_use_of_tainted_value(
                "command",
                command,
                node,
                "exact"
                if command.head and command.flags & (FOREIGN | PARAMETERS)
                else "sure"
                if command.head
                else "hint",
            )
        elif command.flags & DECODED_TEXT and command.text:
            self.record_hit("decoded_command", "sure", node)
        elif self._is_command_from_elsewhere(command):
            self.record_hit("shell_to_elsewhere", "sure", node)

    def _is_command_from_elsewhere(self, command: AbstractValue) -> bool:
        """Return whether a command lets somebody in, or starts what was fetched before into a folder for all."""
        is_kept = any(flags & (FOREIGN | DECODED_TEXT) for flags in self.kept.values())
        if command.begins.startswith(_TEMPORARY) and is_kept:
            return True
        if command.text is None:
            return _REVERSE.search(command.begins) is not None
        is_shell_here = _SHELL.search(command.text) and _CONNECTS.search(self.code)
        return bool(_REVERSE.search(command.text) or is_shell_here)

    def check_regular_expression(self, args: list[AbstractValue], node: PhpNode) -> None:
        """Note that a regular expression is put in force, which may run its replacement."""
        pattern = args[0] if args else UNKNOWN
        if pattern.text is None and pattern.items:
            pattern = concatenate(pattern.items.values()) if len(pattern.items) == 1 else pattern
        if pattern.text is not None:
            if has_eval_modifier_of_preg_replace(pattern.text) and len(args) > 1:
                self.check_code_evaluation(args[1], node)
                if len(args) > 2 and not args[1].flags & REQUEST:
                    self.record_use_of_tainted_value("regular_expression", args[2], node, "sure")
                    if args[1].text is not None:
                        self.record_hit("regular_expression", "hint", node)
        elif pattern.flags & REQUEST and pattern.head and len(args) > 1 and args[1].flags & REQUEST:
            self.record_use_of_tainted_value("regular_expression", args[1], node)

    def check_file_inclusion(self, path: AbstractValue, node: PhpNode) -> None:
        """Note that a file is run by its path."""
        if path.text is not None and not path.flags & REQUEST:
            self._check_inclusion_of_constant_path(path, path.text, node)
            return
        if not path.flags & (FOREIGN | PARAMETERS):
            self._check_inclusion_of_own_path(path, node)
        included_flags = self._get_flags_of_included_file(node)
        if included_flags & (FOREIGN | DECODED_TEXT):
            self._record_inclusion_of_written_file(included_flags, node)
        elif included_flags & PARAMETERS:
            self.record_use_of_tainted_value("included_data", AbstractValue(None, included_flags), node, "sure")
        elif path.flags & REQUEST:
            if path.text is not None and not path.head and self.asks_of_type_around(node):
                return
            is_stream = _SCHEME.match(path.begins.lower().strip()) is not None
            is_free = (path.head or is_stream) and not self.has_guarded_variable(node)
            self.record_hit("chosen_include", "exact" if is_free else "hint", node)
        elif path.flags & UPLOAD:
            is_session = _SESSION_FILE.search(self.code) is not None
            self.record_hit("chosen_include", "exact" if path.head else "sure" if is_session else "hint", node)
        elif path.flags & (REMOTE | DECODED_TEXT):
            self.record_hit("decoded_include", "sure", node)
        elif path.flags & PARAMETERS and path.head:
            is_given_as_text = _SCHEME.match(path.begins.lower().strip()) is not None
            self.record_use_of_tainted_value("chosen_include", path, node, "exact" if is_given_as_text else "hint")

    def _record_inclusion_of_written_file(self, flags: int, node: PhpNode) -> None:
        """Note that what was written before is run, and by whom it was said."""
        self.record_hit("included_data", "exact" if flags & REQUEST else "sure", node)
        if flags & REQUEST and flags & DECODED_TEXT:
            self.record_hit("decoded_include", "exact", node)

    def _check_inclusion_of_own_path(self, path: AbstractValue, node: PhpNode) -> None:
        """Note the inclusion by a path of which only the beginning and the end are known, and which nobody chooses."""
        begins, ends = path.begins.lower().strip(), path.ends.lower()
        if _SCHEME.match(begins) and (not begins.startswith(b"phar:") or _PICTURE.search(ends)):
            own = begins.startswith(b"data:") and node.scope is not None
            self.record_hit("included_from_elsewhere", "hint" if own else "sure", node)
        elif ends.endswith(names.IMAGE_SUFFIXES) or (path.flags & FILE and begins.startswith(_TEMPORARY)):
            self.record_hit("included_data", "sure", node)

    def _check_inclusion_of_constant_path(self, path: AbstractValue, text: bytes, node: PhpNode) -> None:
        where, kept = text.lower().strip(), self.kept.get(text, 0)
        given = self.kept.get(build_key_in_scope(text, node), 0)
        if given:
            self.record_use_of_tainted_value("included_data", AbstractValue(None, given), node, "sure")
        has_escapes = _ESCAPES.search(self.get_text(node)) is not None
        if where.startswith((b"zip:", b"compress.", b"data:")) or (
            _SCHEME.match(where) and (not where.startswith(b"phar:") or _PICTURE.search(where) or kept)
        ):
            is_request = where.startswith(b"php://input")
            self.record_hit("included_from_elsewhere", "exact" if is_request else "sure", node)
        elif (
            where.startswith((*_TEMPORARY, b"/var/log/", b"/proc/self/"))
            or path.flags & DECODED_TEXT
            or kept & (FOREIGN | DECODED_TEXT)
            or where.endswith(names.IMAGE_SUFFIXES)
        ):
            self._record_inclusion_of_written_file(kept, node)
        elif where.endswith((b".html", b".htm")) and self.has_search_engine_check():
            self.record_hit("cloak", "hint", node)
        elif where.endswith(names.DATA_SUFFIXES) or (path.flags & (BUILT_TEXT | DECODED_TEXT) and has_escapes):
            self.record_hit("included_data", "sure" if has_escapes else "hint", node)

    def check_file_write(self, path: AbstractValue, content: AbstractValue, node: PhpNode) -> None:
        """Note that a file is written, or what was opened."""
        self._keep_written_flags(path, content, node)
        if content.text is not None and b"<?" in content.text:
            if content.flags & DECODED_TEXT:
                self.record_hit("written_program", "sure", node)
            self.analyze_embedded_program(content.text, node)
        is_code = path.ends.lower().endswith(names.SUFFIXES)
        self._check_what_is_written_for_others(path, content, node)
        if content.flags & REQUEST and self._record_write_of_request(path, content, node, is_code=is_code):
            return
        is_free = path.flags & REQUEST and self._ends_as_chosen(path)
        if (content.flags & (REMOTE | UPLOAD) and (is_code or is_free)) or (content.flags & DECODED_TEXT and is_code):
            self.record_hit("written_program", "sure", node)
        elif content.flags & REQUEST and self._record_write_of_page_or_notes(path, content, node):
            return
        elif content.flags & PARAMETERS and path.flags & PARAMETERS and content.head and path.head:
            self.record_use_of_tainted_value("written_file", content, node, "hint", foreign="hint")

    def _check_what_is_written_for_others(self, path: AbstractValue, content: AbstractValue, node: PhpNode) -> None:
        """Note what is written into other programs' files, whoever says it."""
        if content.flags & INJECTED:
            self.record_hit("injected_file", "sure", node)
        if _STARTS_THINGS.search(path.ends or path.begins) or (content.text and _REVERSE.search(content.text)):
            self.record_hit("written_start", "sure", node)
        self._check_written_settings(path, content, node)
        self._record_program_put_back(path, node)

    def _check_written_settings(self, path: AbstractValue, content: AbstractValue, node: PhpNode) -> None:
        """Note that the web server or PHP is told to run what it should not."""
        file_name = path.ends.rsplit(b"/", 1)[-1].decode("utf-8", "replace")
        directives = settings.find_dangerous_directives(content.text or b"", file_name)
        if directives:
            is_sure = any(directive.level == "sure" for directive in directives)
            self.record_hit("written_setting", "sure" if is_sure else "hint", node)

    def _keep_written_flags(self, path: AbstractValue, content: AbstractValue, node: PhpNode) -> None:
        """Note who has a say in what a file holds from here on."""
        place = path.text if path.text is not None else self.get_first_argument_if_variable(node) or None
        if place is not None and content.flags & (FOREIGN | DECODED_TEXT):
            self.kept[place] = self.kept.get(place, 0) | content.flags
        own_place = path.text or self.get_first_argument_if_variable(node)
        if own_place and content.flags & PARAMETERS and content.head:
            key = build_key_in_scope(own_place, node)
            self.kept[key] = self.kept.get(key, 0) | content.flags & PARAMETERS

    def _record_write_of_request(
        self, path: AbstractValue, content: AbstractValue, node: PhpNode, *, is_code: bool
    ) -> bool:
        """Note that a visitor writes a program, or a file of any name; return whether that is so."""
        if is_code:
            self.record_hit("written_program", "exact" if content.head else "sure", node)
        elif path.flags & REQUEST and path.head:
            self.record_hit("written_file", "sure" if content.head else "hint", node)
        elif (
            path.flags & REQUEST and content.head and self._ends_as_chosen(path) and not self.asks_of_type_around(node)
        ):
            self.record_hit_unless_type_is_asked("written_file", REQUEST, None, node)
        else:
            return False
        return True

    @staticmethod
    def _ends_as_chosen(path: AbstractValue) -> bool:
        """Return whether a path ends with what a visitor says, or with the default of that."""
        return path.text is not None or not path.ends

    def _record_write_of_page_or_notes(self, path: AbstractValue, content: AbstractValue, node: PhpNode) -> bool:
        """Note that a visitor's words go into a page, or aside; return whether that is so."""
        is_data = path.ends.lower().endswith(names.DATA_SUFFIXES)
        is_aside = path.begins.startswith(_TEMPORARY) or b"/." in path.begins
        if content.flags & SECRET and (is_data or is_aside):
            self.record_hit("takes_secrets", "sure", node)
        elif content.head and path.ends.lower().endswith((b".html", b".htm", b".js")):
            self.record_hit("written_page", "hint", node)
        elif is_aside or (path.ends.lower().endswith(names.IMAGE_SUFFIXES) and _APPENDS.search(self.get_text(node))):
            self.record_hit("keeps_what_visitors_say", "hint", node)
        else:
            return False
        return True

    def get_first_argument_if_variable(self, node: PhpNode) -> bytes:
        """Return a call's first argument as it stands there, when it is a variable."""
        inside = node.get("arguments")
        first = inside.children[0] if inside is not None and inside.children else None
        variable = first.children[0] if first is not None and first.children else None
        return self.get_text(variable) if variable is not None and variable.type == "variable_name" else b""

    def _get_flags_of_included_file(self, node: PhpNode) -> int:
        """Return what was written to the file that an include names by the same variable."""
        variable = self.get_text(node.children[-1]).strip(b"() \t\n") if node.children else b""
        if not variable.startswith(b"$"):
            return 0
        return self.kept.get(variable, 0) | self.kept.get(build_key_in_scope(variable, node), 0)

    def check_file_copy_or_move(self, name: bytes, source: AbstractValue, target: AbstractValue, node: PhpNode) -> None:
        """Note that a file is copied or put in place."""
        where = target.ends.lower()
        place = source.text if source.text is not None else self.get_first_argument_if_variable(node)
        written_flags = self.kept.get(place, 0) if place else 0
        self._record_program_put_back(target, node)
        if name == b"symlink" and source.text in (b"/", b"/home", b"/etc", b"/etc/passwd", b"/root"):
            self.record_hit("led_out", "sure", node)
        elif name == b"copy" and self._record_copy_from_elsewhere(source, target, node):
            return
        elif written_flags & FOREIGN and where.endswith(names.SUFFIXES):
            self.record_hit("written_program", "exact" if written_flags & REQUEST else "sure", node)
        elif written_flags & REQUEST and target.flags & REQUEST and not target.ends:
            self.record_hit_unless_type_is_asked("written_file", REQUEST, None, node)
        elif source.flags & UPLOAD or name == b"move_uploaded_file":
            if where.endswith(names.SUFFIXES):
                self.record_hit("uploaded_program", "exact", node)
            elif target.flags & (UPLOAD | REQUEST):
                if target.head or not target.ends:
                    self.record_hit_unless_type_is_asked("uploaded_as_named", UPLOAD, "hint", node)
                else:
                    self.record_hit("uploaded_as_named", "hint", node)

    def _record_program_put_back(self, path: AbstractValue, node: PhpNode) -> None:
        """Note that a program is written in a loop without an end, as what restores itself does."""
        loop = node.branch
        while loop is not None and loop.type not in ("while_statement", "for_statement"):
            loop = loop.branch
        if loop is not None and _ENDLESS.match(self.code, loop.start) and path.ends.lower().endswith(names.SUFFIXES):
            self.record_hit("put_back", "sure", node)

    def _record_copy_from_elsewhere(self, source: AbstractValue, target: AbstractValue, node: PhpNode) -> bool:
        """Note that a file comes from a visitor or another machine; return whether it does."""
        is_code = target.ends.lower().endswith(names.SUFFIXES)
        if source.text == b"php://input":
            is_chosen = target.flags & REQUEST and target.head
            self.record_hit("copied_from_elsewhere", "exact" if is_chosen else "sure", node)
        elif source.flags & (REMOTE | REQUEST) and (is_code or target.flags & REQUEST):
            is_free = is_code and source.flags & REQUEST and source.head and not self.has_guarded_variable(node)
            level: Level = "exact" if is_free and not target.flags & REQUEST else "sure" if source.head else "hint"
            self.record_hit("copied_from_elsewhere", level, node)
        elif source.text is not None and source.text.startswith((b"http://", b"https://")):
            self.record_hit("copied_from_elsewhere", "sure", node)
        else:
            return False
        return True

    def check_mail(self, args: list[AbstractValue], node: PhpNode) -> None:
        """Note that a mail is sent.

        Whoever chooses its recipients and its text needs no site for it. The sender's options can write files.
        """
        options = args[4] if len(args) > 4 else UNKNOWN
        if (options.flags & REQUEST and options.head) or _WRITES_BY_MAIL.search(options.text or options.begins):
            self.record_hit("mail_options", "sure", node)
        if len(args) > 2 and any(arg.flags & SECRET for arg in args[1:3]) and not args[0].flags & REQUEST:
            self.record_hit("takes_secrets", "sure", node)
        chosen_args = [arg for arg in args[:3] if arg.flags & REQUEST and arg.head]
        is_from_list = len(args) > 2 and args[0].flags & UPLOAD and args[2].flags & REQUEST
        if len(chosen_args) == 3 or is_from_list:
            self.record_hit("mails_anybody", "sure", node)

    def check_output_to_visitors(self, values: Iterable[AbstractValue], node: PhpNode) -> None:
        """Note what visitors are shown: from elsewhere, where search engines are told apart, it is a cloak."""
        values = list(values)
        if (any(value.flags & REMOTE for value in values) and self.has_search_engine_check(or_tells_others=True)) or (
            any(value.text and _LED_AWAY.search(value.text) for value in values) and self.has_search_engine_check()
        ):
            self.record_hit("cloak", "hint" if _OF_THIS_MACHINE.search(self.code) else "sure", node)
        elif any(
            value.flags & REQUEST and value.flags & FILE and value.head for value in values
        ) and not self.has_guarded_variable(node):
            self.record_hit("shows_chosen_file", "hint", node)
        elif any(value.flags & REMOTE for value in values) and self.tells_visitors_apart():
            self.record_hit("shows_elsewhere", "hint", node)

    def taint_object_by_method_args(
        self, holder: PhpNode, before: AbstractValue, args: Iterable[AbstractValue], node: PhpNode
    ) -> None:
        """Note that an object holds what one of its methods was given."""
        flags = 0
        for arg in args:
            flags |= arg.flags & (FOREIGN | UPLOAD)
        if flags:
            self.set_variable(
                self.get_variable_key_of_node(holder),
                AbstractValue(None, before.flags | flags, function=before.function),
                node,
            )

    def check_redirect_header(self, header: AbstractValue, node: PhpNode) -> None:
        """Note a Location header that is sent by a file that tells search engines apart."""
        if _LOCATION.match(header.begins) and self.has_search_engine_check():
            self.record_hit("cloak", "sure", node)

    def tells_visitors_apart(self) -> bool:
        """Return whether the file asks who a visitor is, whether by a login or by what a browser says."""
        return _TELLS_VISITORS_APART.search(self.code) is not None

    def has_search_engine_check(self, *, or_tells_others: bool = False) -> bool:
        """Return whether the file asks if search engines are there, or whether a visitor comes from one.

        ``or_tells_others``: or tells others who is there.
        """
        if _ASKS_WHO.search(self.code) is None:
            return False
        return _ENGINES.search(self.code) is not None or (or_tells_others and _TELLS_WHO.search(self.code) is not None)
