"""What calling one of PHP's own functions does and gives back, by tables of the functions' names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from auditor.compromise.php import constant_folding, names, page_changes
from auditor.compromise.php.nodes import PhpNode
from auditor.compromise.php.sinks import PhpSinkAnalyzer
from auditor.compromise.php.values import (
    BUILT_TEXT,
    DECODED_TEXT,
    FILE,
    FOREIGN,
    INJECTED,
    LETTER,
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
    brings_code_from_elsewhere,
)
from auditor.compromise.php.variables import (
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
_OF_SESSIONS = (b"write", b"read", b"open", b"close", b"destroy", b"gc", b"create_sid")


class BuiltinCall(NamedTuple):
    """A call of one of PHP's functions."""

    name: bytes
    """In lower case."""
    first: AbstractValue
    args: list[AbstractValue]
    node: PhpNode


type _Effect = Callable[[PhpSinkAnalyzer, BuiltinCall], None]
type _Result = Callable[[PhpSinkAnalyzer, BuiltinCall], AbstractValue | None]


def get_last_foreign_item_or_value(value: AbstractValue) -> AbstractValue:
    """Return the last of an array's items that is foreign, as a command's options have it, else the value itself."""
    foreign_items = [item for item in (value.items or {}).values() if item.flags & FOREIGN]
    return foreign_items[-1] if foreign_items else value


def _check_evaluation(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    flow.check_code_evaluation(call.first, call.node)


def _check_command(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    if call.name in names.LISTS_WORDS and call.first.items and _is_program_of_its_own(call.first.items.get(b"0")):
        if call.first.flags & FOREIGN:
            flow.record_hit("command", "hint", call.node)
        return
    has_connection = any(arg.flags & REMOTE for arg in call.args[1:])
    if call.name in names.LISTS_WORDS and has_connection:
        flow.record_hit("shell_to_elsewhere", "sure", call.node)
    is_second = call.name in names.SECOND_COMMANDS and len(call.args) > 1
    flow.check_shell_command(get_last_foreign_item_or_value(call.args[1]) if is_second else call.first, call.node)


def _is_program_of_its_own(program: AbstractValue | None) -> bool:
    """Return whether the first of a command's words is a program that runs none of the others."""
    if program is None or program.text is None or program.flags & FOREIGN:
        return False
    return _RUNS_WORDS.search(program.text) is None


_RUNS_WORDS = re.compile(
    rb"(?i)(?:\A|/)(?:[a-z]{0,3}sh|busybox|env|nohup|sudo|su|timeout|nice|setsid|xargs|find|awk|[gm]awk|vim?|ssh|script"
    rb"|cmd(?:\.exe)?|powershell(?:\.exe)?|php[\d.]*|python[\d.]*|perl[\d.]*|ruby|node|lua[\d.]*|gdb|git|expect|socat"
    rb"|nc|ncat|at|crontab|systemd-run|wget|curl)\Z|\A\Z"
)
"""Programs that run what they are given, or write it where it runs."""


def _check_regular_expression(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    flow.check_regular_expression(call.args, call.node)
    page_changes.check_replacement(flow, call.args, call.node)


def _check_multibyte_regular_expression(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    options = call.args[3] if len(call.args) > 3 else None
    if options is not None and (options.text is None or b"e" in options.text):
        flow.record_use_of_tainted_value(
            "regular_expression", call.args[1], call.node, "exact" if options.text is not None else "hint"
        )


def _call_filter(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    at = 2 if call.name in names.FILTERS else 1
    if len(call.args) > at:
        callback = get_value_at_array_key(call.args[at], b"options")
        flow.call_value_as_function(callback, [get_value_passed_to_callback(call.first)], call.node, is_direct=False)


def _check_login(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    is_chosen = bool(call.first.flags & REQUEST)
    if is_chosen or _ADMINISTRATOR.search(flow.code):
        flow.record_hit("chosen_login", "sure" if is_chosen or len(flow.code) < _SMALL else "hint", call.node)


def _check_database_connection(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    if sum(1 for arg in call.args[:4] if arg.flags & REQUEST and arg.head) >= 3:
        flow.record_hit("chosen_database", "hint", call.node)


def _check_account(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    has_name = call.first.text or get_value_at_array_key(call.first, b"user_login").text
    if has_name and _ADMINISTRATOR.search(flow.code):
        is_hidden = call.first.text or _HIDES.search(flow.code)
        flow.record_hit("account_made", "sure" if is_hidden else "hint", call.node)


def _call_callback(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    """Note that one of PHP's functions calls what one of its arguments names."""
    name, args = call.name, call.args
    at = names.CALLBACKS[name]
    if not args or at >= len(args):
        return
    callee = args[at]
    others = (
        args[2:3]
        if name in names.MATCH_CALLBACKS
        else [arg for index, arg in enumerate(args) if index != at % len(args)]
    )
    flow.call_value_as_function(
        callee,
        list(_iter_values_passed_to_callback(name, others)),
        call.node,
        is_direct=name in names.CALLS_AT_ONCE and not callee.flags & REQUEST,
    )
    if not others:
        flow.check_own_functions_in_arguments([callee], call.node)
    if callee.text is not None and is_code_running_php_function(callee.text) and name not in names.PASSES_ON:
        flow.record_hit("runs_by_callback", "sure", call.node)


def _iter_values_passed_to_callback(name: bytes, others: list[AbstractValue]) -> Iterator[AbstractValue]:
    """Yield what a callback gets: items, with their keys, what came before them, or others of them."""
    items = [get_value_passed_to_callback(other) for other in others]
    if name in names.REDUCES:
        yield from (*items[1:2], *([UNKNOWN] if len(items) < 2 else []))
    yield from items[:1]
    if name in names.WALKS:
        yield from (AbstractValue(None, other.flags & FOREIGN) for other in others[:1])
    if name in names.COMPARES:
        yield from items[:1]
    if name not in names.REDUCES:
        yield from items[1:]


def _call_callbacks_by_pattern(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    if len(call.args) > 1:
        for callee in list((call.first.items or {}).values())[:20]:
            args = [UNKNOWN, callee, call.args[1]]
            _call_callback(flow, BuiltinCall(b"preg_replace_callback", UNKNOWN, args, call.node))


def _set_session_handlers(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    _call_callback(flow, call)
    handlers = [
        AbstractValue(None, 0, function=flow.functions[handler_name])
        for handler_name in _OF_SESSIONS
        if handler_name in flow.functions
    ]
    flow.check_own_functions_in_arguments(handlers, call.node, include_names=True)


def _add_hook(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    hook = call.args[1].text if len(call.args) > 1 else None
    if hook is not None and is_code_running_php_function(hook):
        flow.record_hit("runs_by_callback", "sure", call.node)


def _store_by_key(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    place = call.first.text or flow.get_first_argument_if_variable(call.node)
    if len(call.args) > 1 and place:
        key = b"key " + place
        flow.kept[key] = flow.kept.get(key, 0) | call.args[1].flags & FOREIGN


def _check_session_name(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    if (call.first.text or b"").lower().endswith(names.SUFFIXES):
        flow.record_hit("written_program", "sure", call.node)


def _check_log(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    if len(call.args) > 2:
        flow.check_file_write(call.args[2], call.first, call.node)


def _check_download(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    if len(call.args) > 2 and call.args[1].text == b"CURLOPT_FILE":
        flow.check_file_write(call.args[2], AbstractValue(None, REMOTE), call.node)
    elif len(call.args) == 2 and call.args[1].items:
        target = call.args[1].items.get(b"CURLOPT_FILE")
        if target is not None:
            flow.check_file_write(target, AbstractValue(None, REMOTE), call.node)


def _check_stream_copy(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    if len(call.args) > 1:
        flow.check_file_write(call.args[1], call.first, call.node)


def _check_write(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    if len(call.args) > 1:
        flow.check_file_write(call.first, call.args[1], call.node)


def _check_move(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    if len(call.args) > 1:
        flow.check_file_copy_or_move(call.name, call.first, call.args[1], call.node)


def _check_mail(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    flow.check_mail(call.args, call.node)


def _check_header(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    flow.check_redirect_header(call.first, call.node)


def _check_connection(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    """Note that a visitor says where to connect to."""
    if call.first.flags & REQUEST and call.first.head and not flow.has_guarded_variable(call.node):
        flow.record_hit("chosen_connection", "sure" if _PASSES_BODY_ON.search(flow.code) else "hint", call.node)


_PASSES_BODY_ON = re.compile(rb"php://input")


def _check_environment(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    if _PRELOADS.match(call.first.text or call.first.begins):
        flow.record_hit("preloads", "sure", call.node)


def _check_module(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    if call.first.flags & (REQUEST | UPLOAD):
        flow.record_hit("chosen_module", "exact" if call.first.head else "hint", call.node)


def _check_file_shown_to_visitors(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    page_changes.check_file_shown_to_visitors(flow, call.name, call.first, call.node)


def _unserialize(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    flow.unserialized |= call.first.flags & FOREIGN


def _check_replacement(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    page_changes.check_replacement(flow, call.args, call.node)


def _check_decoded_text(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    page_changes.check_decoded_text(flow, call.name, call.args, call.node)


def _check_setting(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    if call.first.text in (b"auto_prepend_file", b"auto_append_file", b"allow_url_include"):
        flow.record_hit("prepended", "hint", call.node)


EFFECTS: Mapping[bytes, _Effect] = {
    name: effect
    for function_names, effect in (
        (names.EVALUATES, _check_evaluation),
        (names.COMMANDS, _check_command),
        (names.REGULAR, _check_regular_expression),
        (names.MB_REGULAR, _check_multibyte_regular_expression),
        ((*names.FILTERS, b"filter_var_array"), _call_filter),
        (names.LOGINS, _check_login),
        (names.CONNECTS, _check_database_connection),
        (names.ACCOUNTS, _check_account),
        (names.CALLBACKS, _call_callback),
        ((b"preg_replace_callback_array",), _call_callbacks_by_pattern),
        ((b"session_set_save_handler",), _set_session_handlers),
        ((b"add_filter", b"add_action"), _add_hook),
        (names.STORES, _store_by_key),
        ((b"session_id",), _check_session_name),
        ((b"error_log",), _check_log),
        ((b"curl_setopt", b"curl_setopt_array"), _check_download),
        ((b"stream_copy_to_stream",), _check_stream_copy),
        (names.WRITES | names.HANDLE_WRITES, _check_write),
        (names.MOVES, _check_move),
        ((b"mail", b"mb_send_mail", b"wp_mail", b"imap_mail"), _check_mail),
        ((b"header",), _check_header),
        ((b"fsockopen", b"pfsockopen", b"stream_socket_client"), _check_connection),
        ((b"putenv",), _check_environment),
        ((b"dl",), _check_module),
        ((b"readfile", b"highlight_file", b"show_source", b"fpassthru"), _check_file_shown_to_visitors),
        ((b"unserialize",), _unserialize),
        ((b"ini_set",), _check_setting),
        (names.REPLACERS - names.REGULAR, _check_replacement),
        ((b"base64_decode", b"hex2bin", b"gzinflate", b"gzuncompress"), _check_decoded_text),
    )
    for name in function_names
}
"""What functions do, beside giving something back."""


def get_builtin_result(flow: PhpSinkAnalyzer, call: BuiltinCall) -> AbstractValue:
    """Return what one of PHP's functions gives back."""
    result = _RESULTS.get(call.name)
    value = result(flow, call) if result is not None else None
    return value if value is not None else _derive_result_from_arguments(call.name, call.args)


def _derive_result_from_arguments(name: bytes, args: list[AbstractValue]) -> AbstractValue:
    constant = constant_folding.fold_builtin_call_of_constants(name, args)
    if name not in names.HANDED_ON and name not in constant_folding.DECODERS:
        if constant is None and name in names.PUTS_TOGETHER and all(map(is_made_of_own_constants, args)):
            return AbstractValue(None, BUILT_TEXT)
        return constant.with_flags(BUILT_TEXT) if constant is not None else UNKNOWN
    flags = _merge_flags_of_arguments(name, args)
    if constant is not None and (constant.items is None or not flags & (FOREIGN | PARAMETERS)):
        return constant.with_flags(flags | BUILT_TEXT)
    if args and all(map(is_made_of_own_constants, args)):
        flags |= BUILT_TEXT
    is_head = any(arg.flags and arg.head for arg in args)
    if args and name in names.KEEPS_ITEMS:
        return AbstractValue(None, flags, head=is_head).with_edges(args[0].begins, args[0].ends)
    return AbstractValue(None, flags, head=is_head)


def _merge_flags_of_arguments(name: bytes, args: list[AbstractValue]) -> int:
    flags = DECODED_TEXT if name in names.DECRYPTERS else 0
    for arg in args:
        flags |= arg.flags
    if flags & FILE and name in names.REPLACERS and len(args) > 1 and brings_code_from_elsewhere(args[1].text):
        flags |= INJECTED
    if name == b"preg_grep" and flags & REQUEST and args and names.SECRET_WORDS.search(args[0].text or b""):
        flags |= SECRET
    return flags


def _get_request(_flow: PhpSinkAnalyzer, _call: BuiltinCall) -> AbstractValue:
    return REQUEST_VALUE


def _get_unknown(_flow: PhpSinkAnalyzer, _call: BuiltinCall) -> AbstractValue:
    return UNKNOWN


def _get_filtered_input(_flow: PhpSinkAnalyzer, call: BuiltinCall) -> AbstractValue:
    return REQUEST_VALUE if len(call.args) < 3 else UNKNOWN


def _get_environment_variable(_flow: PhpSinkAnalyzer, call: BuiltinCall) -> AbstractValue:
    return REQUEST_VALUE if call.first.text and call.first.text.startswith(names.SAID_TO_SERVER) else UNKNOWN


def _read_file_or_stream(flow: PhpSinkAnalyzer, call: BuiltinCall) -> AbstractValue:
    path = call.first
    if path.text == names.OWN_FILE and call.name != b"fopen":
        return AbstractValue(None, FILE | DECODED_TEXT).with_edges(path.begins, path.ends)
    scheme = path.begins.lower()
    if path.flags & SECRET and scheme.startswith(_REMOTE_SCHEMES):
        flow.record_hit("takes_secrets", "sure", call.node)
    if scheme.startswith((b"expect://", b"ssh2.exec://")):
        flow.check_shell_command(AbstractValue(None, path.flags, head=path.head), call.node)
    stream = (
        _read_stream_of_constant_address(path.text.lower())
        if path.text is not None
        else AbstractValue(None, REMOTE)
        if scheme.startswith(_REMOTE_SCHEMES) or _ADDRESS.search(flow.code, call.node.start, call.node.end)
        else None
    )
    if stream is not None:
        return stream
    if path.flags & (REMOTE | UPLOAD):
        return AbstractValue(None, path.flags & (REMOTE | UPLOAD | REQUEST))
    is_followed = path.text is not None and (path.text.endswith(names.SUFFIXES) or path.text == _OWN_TEMPORARY)
    program_path = path.text if is_followed else None
    hidden_flags = DECODED_TEXT if path.ends.lower().endswith(names.IMAGE_SUFFIXES) else 0
    flags = FILE | hidden_flags | path.flags & (REQUEST | PARAMETERS)
    return AbstractValue(program_path, flags, head=path.head).with_edges(path.begins, b"")


def _read_stream_of_constant_address(address: bytes) -> AbstractValue | None:
    if address.startswith(b"php://input") or (address.startswith(b"php://filter") and address.endswith(b"php://input")):
        return REQUEST_VALUE
    if address.startswith(_REMOTE_SCHEMES):
        return AbstractValue(None, REMOTE)
    return AbstractValue(None, DECODED_TEXT | LONG) if address.startswith(b"data:") else None


_REMOTE_SCHEMES = (b"http://", b"https://", b"ftp://")


def _read_from_remote(_flow: PhpSinkAnalyzer, call: BuiltinCall) -> AbstractValue:
    return AbstractValue(None, REMOTE | call.first.flags & REQUEST)


def _read_by_key(flow: PhpSinkAnalyzer, call: BuiltinCall) -> AbstractValue:
    place = call.first.text or flow.get_first_argument_if_variable(call.node)
    return AbstractValue(None, FILE | flow.kept.get(b"key " + place, 0))


def _ask_framework(_flow: PhpSinkAnalyzer, call: BuiltinCall) -> AbstractValue | None:
    return REQUEST_VALUE if call.args else None


def _list_files(_flow: PhpSinkAnalyzer, call: BuiltinCall) -> AbstractValue:
    return AbstractValue(None, FILE | call.first.flags & FOREIGN).with_edges(call.first.begins, call.first.ends)


def _list_names(_flow: PhpSinkAnalyzer, _call: BuiltinCall) -> AbstractValue:
    return AbstractValue(None, BUILT_TEXT | DECODED_TEXT)


def _get_part_of_path(_flow: PhpSinkAnalyzer, call: BuiltinCall) -> AbstractValue | None:
    if not call.first.flags & (REQUEST | UPLOAD):
        return None
    part = AbstractValue(None, call.first.flags, head=False)
    return part.with_edges(b"", call.first.ends) if call.name == b"basename" else part


def _get_temporary_file(_flow: PhpSinkAnalyzer, _call: BuiltinCall) -> AbstractValue:
    return AbstractValue(_OWN_TEMPORARY)


_OWN_TEMPORARY = b"a file of its own"


def _get_stream_metadata(_flow: PhpSinkAnalyzer, call: BuiltinCall) -> AbstractValue:
    return AbstractValue(None, call.first.flags, items={b"uri": call.first})


def _get_number_of_letter(_flow: PhpSinkAnalyzer, call: BuiltinCall) -> AbstractValue | None:
    return AbstractValue(None, call.first.flags | LETTER) if call.first.text is None and call.first.flags else None


def _get_letter_of_number(_flow: PhpSinkAnalyzer, call: BuiltinCall) -> AbstractValue | None:
    if call.first.text is not None:
        return None
    return AbstractValue(None, call.first.flags & ~LETTER | DECODED_TEXT, head=call.first.head)


def _get_all_parameters(_flow: PhpSinkAnalyzer, _call: BuiltinCall) -> AbstractValue:
    return AbstractValue(None, PARAMETERS)


def _get_parameter_by_number(_flow: PhpSinkAnalyzer, call: BuiltinCall) -> AbstractValue:
    at = constant_folding.parse_leading_php_integer(call.first.text or b"0")
    return AbstractValue(None, PARAMETER << min(max(at, 0), MAX_PARAMETERS - 1))


def _define_constant(flow: PhpSinkAnalyzer, call: BuiltinCall) -> None:
    if len(call.args) > 1 and call.first.text:
        flow.constants[call.first.text] = call.args[1]


def _get_constant(flow: PhpSinkAnalyzer, call: BuiltinCall) -> AbstractValue | None:
    return flow.constants.get(call.first.text, UNKNOWN) if call.first.text is not None else None


def _get_temporary_folder(_flow: PhpSinkAnalyzer, _call: BuiltinCall) -> AbstractValue:
    return AbstractValue(b"/tmp")


def _get_session_id(_flow: PhpSinkAnalyzer, _call: BuiltinCall) -> AbstractValue:
    """Return what names the file that holds what visitors said."""
    return AbstractValue(None, UPLOAD, head=False)


def _write_as_constant(_flow: PhpSinkAnalyzer, call: BuiltinCall) -> AbstractValue | None:
    """Return what PHP reads as the same value again, whatever it holds."""
    return AbstractValue(None, call.first.flags & ~FOREIGN) if call.first.flags & FOREIGN else None


def _encode_for_address(_flow: PhpSinkAnalyzer, call: BuiltinCall) -> AbstractValue | None:
    """Return what is no command any more, and still is what it says."""
    return AbstractValue(None, SECRET, head=False) if call.first.flags & SECRET else None


def _map_array(flow: PhpSinkAnalyzer, call: BuiltinCall) -> AbstractValue | None:
    """Return nothing of what was said where a function of PHP's makes something else of each item."""
    name = (call.first.text or b"").lower()
    return UNKNOWN if name in names.MAKES_NUMBERS and name not in flow.functions else None


def _get_item_of_array(_flow: PhpSinkAnalyzer, call: BuiltinCall) -> AbstractValue | None:
    if not call.first.items:
        return None
    at = -1 if call.name in (b"end", b"array_pop") else 0
    return list(call.first.items.values())[at].with_flags(call.first.flags & FOREIGN)


_RESULTS: Mapping[bytes, _Result] = {
    name: result
    for function_names, result in (
        (names.REQUEST_GETTERS, _get_request),
        ((b"filter_input",), _get_filtered_input),
        ((b"getenv",), _get_environment_variable),
        (names.READERS, _read_file_or_stream),
        (names.REMOTE_READERS, _read_from_remote),
        (names.STORE_READERS, _read_by_key),
        (names.FRAMEWORK_FUNCTIONS, _ask_framework),
        ((b"glob",), _list_files),
        (names.LISTED_NAMES, _list_names),
        (names.ESCAPERS, _get_unknown),
        ((b"pathinfo", b"basename"), _get_part_of_path),
        ((b"tempnam", b"tmpfile"), _get_temporary_file),
        ((b"stream_get_meta_data",), _get_stream_metadata),
        (names.NUMBERS_OF_LETTERS, _get_number_of_letter),
        ((b"chr",), _get_letter_of_number),
        ((b"func_get_args",), _get_all_parameters),
        ((b"func_get_arg",), _get_parameter_by_number),
        ((b"define",), _define_constant),
        ((b"constant",), _get_constant),
        ((b"sys_get_temp_dir",), _get_temporary_folder),
        ((b"session_id",), _get_session_id),
        ((b"var_export",), _write_as_constant),
        ((b"urlencode", b"rawurlencode"), _encode_for_address),
        ((b"array_map",), _map_array),
        (
            (b"current", b"reset", b"end", b"pos", b"array_pop", b"array_shift", b"next", b"prev", b"each"),
            _get_item_of_array,
        ),
    )
    for name in function_names
}
"""What functions give back whose answer is not made of their arguments; None: this time it is."""
