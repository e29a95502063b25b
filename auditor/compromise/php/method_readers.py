"""What calls of methods come to, by tables of the methods' names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from auditor.compromise.php import names
from auditor.compromise.php.call_readers import (
    FILE_CLASSES,
    check_callback_of_class_or_method,
    check_picture_script,
    is_first_class_callable_syntax,
    make_object,
)
from auditor.compromise.php.calls import PhpCallAnalyzer
from auditor.compromise.php.nodes import PhpNode
from auditor.compromise.php.values import (
    BUILT_TEXT,
    DECODED_TEXT,
    FILE,
    FOREIGN,
    PARAMETERS,
    REQUEST,
    UNKNOWN,
    UPLOAD,
    WORD,
    AbstractValue,
    make_array,
)
from auditor.compromise.php.variables import (
    REQUEST_VALUE,
    get_value_of_node,
    get_value_passed_to_callback,
    get_values_of_call_arguments,
)

_REQUEST = re.compile(
    rb"(?i)(?:request|input)(?:\s*\(\s*\))?(?:\s*->\s*(?:query|request|headers|cookies|attributes))?\s*\Z"
)
_DECLARES = re.compile(rb"\b(?:sys[t]em|po[p]en|ex[e]c\w*|do_sys[t]em)\s*\(")
_BY_FUNCTION = re.compile(rb"::\s{0,9}FETCH_FUNC\b")
"""A database's rows are given to a function each."""


class MethodCall(NamedTuple):
    """A call of a method of that name, in lower case."""

    name: bytes
    receiver: AbstractValue
    base: PhpNode | None
    """The object or the class whose method it is."""
    scope: bytes
    """The same as it is written, in lower case."""
    args: list[AbstractValue]
    node: PhpNode


type _Reader = Callable[[PhpCallAnalyzer, MethodCall], AbstractValue | None]
"""None: what comes next tells what the call comes to."""


def read_method_call(flow: PhpCallAnalyzer, node: PhpNode) -> AbstractValue:
    """Return the value of a method's call."""
    name_node, args = node.get("name"), get_values_of_call_arguments(node)
    if name_node is None:
        return UNKNOWN
    base = node.get("object") or node.get("scope")
    receiver = get_value_of_node(base) if base is not None else UNKNOWN
    if receiver.function == b"ffi" and any(arg.flags & FOREIGN for arg in args):
        flow.record_hit("foreign_code", "exact", node)
    if name_node.type != "name":
        return _call_method_of_value(flow, get_value_of_node(name_node), args, node)
    scope = flow.get_text(base).lower().lstrip(b"\\") if base is not None else b""
    call = MethodCall(flow.get_text(name_node).lower(), receiver, base, scope, args, node)
    flow.note_type_question(args, name_node.start, node.end)
    for reader in _READERS:
        value = reader(flow, call)
        if value is not None:
            return value
    return AbstractValue(None, receiver.flags & (FOREIGN | UPLOAD | PARAMETERS), head=receiver.head)


def _call_method_of_value(
    flow: PhpCallAnalyzer, method_name: AbstractValue, args: list[AbstractValue], node: PhpNode
) -> AbstractValue:
    """Return the value of calling a method whose name is a value."""
    if method_name.flags & REQUEST:
        flow.record_hit("chosen_method", "hint", node)
        _call_magic_method(flow, method_name, args, node)
    return AbstractValue(None, method_name.flags & FOREIGN)


def _call_magic_method(
    flow: PhpCallAnalyzer, method_name: AbstractValue, args: list[AbstractValue], node: PhpNode
) -> AbstractValue | None:
    """Return what the file's own method for all unknown names gives back; None where it has none."""
    magic = flow.functions.get(b"__call") or flow.functions.get(b"__callstatic")
    if magic is None:
        return None
    return flow.call_own_function(magic, [method_name, make_array((None, arg) for arg in args)], node)


def _drop_text(value: AbstractValue) -> AbstractValue:
    """Return what an object was made of, and not the object itself."""
    return value if value.text is None else AbstractValue(value.text, value.flags)


def _make_closure(_flow: PhpCallAnalyzer, call: MethodCall) -> AbstractValue | None:
    return call.args[0] if call.scope == b"closure" and call.args else None


def _bind_closure(_flow: PhpCallAnalyzer, call: MethodCall) -> AbstractValue | None:
    return call.receiver if call.receiver.function is not None else None


def _load_foreign_functions(flow: PhpCallAnalyzer, call: MethodCall) -> AbstractValue | None:
    if call.scope != b"ffi":
        return None
    if call.args and call.args[0].text and _DECLARES.search(call.args[0].text):
        flow.record_hit("foreign_code", "sure", call.node)
    return AbstractValue(None, 0, function=b"ffi")


def _capture_request(_flow: PhpCallAnalyzer, call: MethodCall) -> AbstractValue | None:
    return AbstractValue(None, 0, function=b"request") if call.scope.endswith(b"request") else None


def _ask_request(flow: PhpCallAnalyzer, call: MethodCall) -> AbstractValue | None:
    if call.base is None:
        return None
    is_request = call.receiver.function == b"request" or _is_framework_request_object(flow, call.base)
    return REQUEST_VALUE if is_request else None


def _ask_request_for_word(flow: PhpCallAnalyzer, call: MethodCall) -> AbstractValue | None:
    if flow.functions.get(call.name) is not None:
        return None  # what the file's own method of that name gives back need not be a word
    return AbstractValue(None, WORD) if _ask_request(flow, call) is not None else None


def _is_framework_request_object(flow: PhpCallAnalyzer, object_node: PhpNode) -> bool:
    """Return whether an object is by its name a framework's for what visitors ask."""
    return _REQUEST.search(flow.code, max(object_node.start, object_node.end - 60), object_node.end) is not None


def _check_callback(flow: PhpCallAnalyzer, call: MethodCall) -> None:
    check_callback_of_class_or_method(flow, call.name, call.args, call.node)


def _make_object_by_reflection(flow: PhpCallAnalyzer, call: MethodCall) -> AbstractValue | None:
    if call.receiver.function != b"reflectionclass":
        return None
    args = call.args
    if args and call.name.endswith(b"args"):
        args = list((args[0].items or {b"0": get_value_passed_to_callback(args[0])}).values())
    return make_object(flow, (call.receiver.text or b"").lower(), call.receiver, args, call.node)


def _check_framework_output(flow: PhpCallAnalyzer, call: MethodCall) -> None:
    flow.check_output_to_visitors(call.args, call.node)


def _invoke_by_reflection(flow: PhpCallAnalyzer, call: MethodCall) -> AbstractValue | None:
    if not isinstance(call.receiver.function, bytes):
        is_called_itself = call.name == b"__invoke" and (call.receiver.text or call.receiver.flags)
        return flow.call_value_as_function(call.receiver, call.args, call.node) if is_called_itself else None
    args = call.args[1:] if call.receiver.function == b"reflectionmethod" else call.args
    return flow.call_value_as_function(
        _drop_text(call.receiver), [get_value_passed_to_callback(arg) for arg in args], call.node
    )


def _call_own_method(flow: PhpCallAnalyzer, call: MethodCall) -> AbstractValue | None:
    own = flow.functions.get(call.name)
    if own is None or own.type != "method_declaration":
        return None
    if is_first_class_callable_syntax(call.node):
        return AbstractValue(None, 0, function=own)
    return flow.call_own_function(own, call.args, call.node)


def _allow_functions_in_expressions(flow: PhpCallAnalyzer, _call: MethodCall) -> None:
    flow.php_by_expression = True


def _evaluate_expression(flow: PhpCallAnalyzer, call: MethodCall) -> None:
    if flow.php_by_expression:
        for value in (call.receiver, *call.args):
            flow.record_use_of_tainted_value("chosen_expression", value, call.node)


def _absorb(flow: PhpCallAnalyzer, call: MethodCall) -> None:
    if call.name in names.BY_EXPRESSION:
        _evaluate_expression(flow, call)
    if call.base is not None:
        flow.taint_object_by_method_args(call.base, call.receiver, call.args, call.node)


def _send_to_generator(flow: PhpCallAnalyzer, call: MethodCall) -> None:
    flow.sent |= call.args[0].flags & FOREIGN if call.args else 0


def _use_shelf(flow: PhpCallAnalyzer, call: MethodCall) -> AbstractValue | None:
    if call.receiver.function != b"shelf" or not call.args:
        return None
    key = b"key " + (call.args[0].text or b"")
    if len(call.args) > 1:
        flow.kept[key] = flow.kept.get(key, 0) | call.args[1].flags & FOREIGN
    return AbstractValue(None, FILE | flow.kept.get(key, 0))


def _check_own_functions_in_arguments(flow: PhpCallAnalyzer, call: MethodCall) -> None:
    include_names = call.scope in (b"route", b"router", b"app")
    flow.check_own_functions_in_arguments(call.args, call.node, include_names=include_names)


def _get_request(_flow: PhpCallAnalyzer, _call: MethodCall) -> AbstractValue:
    return REQUEST_VALUE


def _run_by_component(flow: PhpCallAnalyzer, call: MethodCall) -> None:
    if call.receiver.function == b"com":
        flow.check_shell_command(call.args[0] if call.args else UNKNOWN, call.node)


def _write_to_file(flow: PhpCallAnalyzer, call: MethodCall) -> None:
    if call.receiver.function in FILE_CLASSES and call.args:
        flow.check_file_write(_drop_text(call.receiver), call.args[0], call.node)


def _save_document(flow: PhpCallAnalyzer, call: MethodCall) -> None:
    if call.args and call.args[0].text and call.args[0].text.lower().endswith(names.SUFFIXES):
        flow.record_hit("written_program", "hint", call.node)


def _read_picture(flow: PhpCallAnalyzer, call: MethodCall) -> None:
    check_picture_script(flow, call.name, call.args, call.node)


def _open_archive(flow: PhpCallAnalyzer, call: MethodCall) -> None:
    if call.args and (
        call.args[0].flags & UPLOAD or _get_flags_of_written_file(flow, call.args[0], call.node) & FOREIGN
    ):
        flow.archives = True


def _get_flags_of_written_file(flow: PhpCallAnalyzer, path: AbstractValue, node: PhpNode) -> int:
    """Return who has a say in the file that a call's first argument names."""
    return flow.kept.get(path.text or b"", 0) | flow.kept.get(flow.get_first_argument_if_variable(node), 0)


def _unpack_archive(flow: PhpCallAnalyzer, call: MethodCall) -> None:
    if flow.archives:
        flow.record_hit("unpacked_upload", "hint" if flow.asks_of_type_around(call.node) else "sure", call.node)


def _read_from_database(flow: PhpCallAnalyzer, call: MethodCall) -> AbstractValue:
    if len(call.args) > 1 and _BY_FUNCTION.search(flow.code, call.node.start, call.node.end):
        flow.call_value_as_function(call.args[1], [AbstractValue(None, FILE)], call.node, is_direct=False)
    return AbstractValue(None, FILE)


def _get_comment(_flow: PhpCallAnalyzer, _call: MethodCall) -> AbstractValue:
    return AbstractValue(None, BUILT_TEXT | DECODED_TEXT)


def _call_unknown_method(flow: PhpCallAnalyzer, call: MethodCall) -> AbstractValue | None:
    if not call.args or flow.functions.get(call.name) is not None:
        return None
    return _call_magic_method(flow, AbstractValue(call.name), call.args, call.node)


def _make_reader_by_name(*rows: tuple[Iterable[bytes], _Reader]) -> _Reader:
    readers = {name: reader for method_names, reader in rows for name in method_names}

    def read_by_name(flow: PhpCallAnalyzer, call: MethodCall) -> AbstractValue | None:
        reader = readers.get(call.name)
        return reader(flow, call) if reader is not None else None

    return read_by_name


_READERS: tuple[_Reader, ...] = (
    _make_reader_by_name(
        ((b"fromcallable", b"bind"), _make_closure),
        ((b"bindto",), _bind_closure),
        ((b"cdef", b"load", b"scope"), _load_foreign_functions),
        (names.CAPTURES, _capture_request),
        (names.FRAMEWORK_ASKS, _ask_request),
        (names.WORD_ASKS, _ask_request_for_word),
        (names.TAKES_CALLBACK, _check_callback),
        ((b"newinstance", b"newinstanceargs"), _make_object_by_reflection),
        (names.OUTPUT_METHODS, _check_framework_output),
        ((b"invoke", b"invokeargs", b"__invoke"), _invoke_by_reflection),
    ),
    _call_own_method,
    _make_reader_by_name(
        ((b"registerphpfunctions",), _allow_functions_in_expressions),
        (names.BY_EXPRESSION, _evaluate_expression),
        (names.ABSORBING_METHODS, _absorb),
        ((b"send",), _send_to_generator),
    ),
    _use_shelf,
    _check_own_functions_in_arguments,
    _make_reader_by_name(
        ((b"getparameter", b"getbody_"), _get_request),
        ((b"exec", b"run"), _run_by_component),
        ((b"fwrite",), _write_to_file),
        ((b"save", b"savehtmlfile"), _save_document),
        ((b"open",), _open_archive),
        ((b"readimage", b"readimages", b"pingimage"), _read_picture),
        ((b"extractto",), _unpack_archive),
        (names.STORED_METHODS, _read_from_database),
        ((b"getdoccomment",), _get_comment),
    ),
    _call_unknown_method,
)
"""In this order: what goes before the file's own methods, those, and what holds for methods that it does not have."""
