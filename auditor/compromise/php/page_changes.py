"""What a file puts into the pages that visitors get."""

from __future__ import annotations

import re

from auditor.compromise.php import constant_folding
from auditor.compromise.php.nodes import PhpNode
from auditor.compromise.php.sinks import PhpSinkAnalyzer
from auditor.compromise.php.values import REQUEST, AbstractValue, brings_code_from_elsewhere


def check_replacement(flow: PhpSinkAnalyzer, args: list[AbstractValue], node: PhpNode) -> None:
    """Note that something of elsewhere is put into pages, and whether for some visitors alone."""
    is_at_page = len(args) > 2 and _ENDS_PAGE.search(args[0].text or b"")
    if is_at_page and brings_code_from_elsewhere(args[1].text or args[1].begins):
        is_for_some = flow.has_search_engine_check() or flow.tells_visitors_apart()
        flow.record_hit("injected_page", "sure" if is_for_some else "hint", node)


_ENDS_PAGE = re.compile(rb"(?i)</?(?:body|head|html|footer)\b")


def check_decoded_text(flow: PhpSinkAnalyzer, name: bytes, args: list[AbstractValue], node: PhpNode) -> None:
    """Note that a constant was encoded so that nobody sees that it has a page load something."""
    text = args[0].text if args else None
    if text is None or not 20 < len(text) < _LONGEST_SHOWN:
        return
    decoded = constant_folding.fold_builtin_call_of_constants(name, args)
    if decoded is not None and brings_code_from_elsewhere(decoded.text):
        flow.record_hit("injected_page", "sure" if flow.tells_visitors_apart() else "hint", node)


_LONGEST_SHOWN = 100_000


def check_file_shown_to_visitors(flow: PhpSinkAnalyzer, name: bytes, path: AbstractValue, node: PhpNode) -> None:
    """Note that a file is shown as it is."""
    if path.flags & REQUEST and path.head and not flow.has_guarded_variable(node):
        flow.record_hit("shows_chosen_file", "hint", node)
    elif name == b"readfile" and path.text is not None and path.text.startswith((b"http://", b"https://")):
        if flow.has_search_engine_check():
            flow.record_hit("cloak", "sure", node)
        else:
            flow.record_hit("shows_elsewhere", "hint", node)
