"""Where in a file of PHP something may stand that runs, fetches, hides or writes, or that visitors say.

Pure, in time that grows with the file alone.

One automaton finds all words at once, and a short pattern looks at what follows each: a single pattern of all costs
thirty times that.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from ahocorasick_rs import BytesAhoCorasick

_CALL = rb"\s{0,9}\("
_ENDS = rb"\b"


def _compile_pattern_by_word(following_pattern: bytes, words: str) -> Mapping[bytes, re.Pattern[bytes]]:
    return {word.replace("~", "").encode(): re.compile(following_pattern) for word in words.split()}


_BEGINS: Mapping[bytes, re.Pattern[bytes]] = {
    **_compile_pattern_by_word(
        _CALL,
        "e~val ass~ert sys~tem pass~thru ex~ec shell_ex~ec pcntl_ex~ec ssh2_ex~ec po~pen proc_o~pen dl putenv mail "
        "create_func~tion chr pack"
        " copy rename",
    ),
    **_compile_pattern_by_word(rb"(?:_once)?\b", "include require"),
    **_compile_pattern_by_word(rb"\s{1,9}(?:\$|com\b)", "new"),
    **_compile_pattern_by_word(
        b"",
        "preg_replace preg_filter mb_ereg mb_eregi call_user_func forward_static array_map array_filter array_walk "
        "array_reduce array_diff"
        " array_udiff array_intersect array_uintersect usort uasort uksort register_shutdown register_tick ob_start "
        "set_error_handler filter_var"
        " spl_autoload iterator_apply ffi::",
    ),
}
"""Words that begin as such, and what has to follow them."""
_ANYWHERE: Mapping[bytes, re.Pattern[bytes]] = {
    **_compile_pattern_by_word(_ENDS, "_get _post _request _cookie _files _server _env"),
    **_compile_pattern_by_word(rb"\s{0,9}\(\s{0,9}[\"'](?:location|refresh)", "header"),
    **_compile_pattern_by_word(
        b"",
        "globals php:// data: http_ getallheaders request_headers filter_input unserialize getenv base64_ gzinflate "
        "gzuncompress gzdecode"
        " str_rot13 strrev hex2bin hexdec uudecode _decrypt file_put_ fwrite fputs fputcsv gzwrite move_uploaded "
        "symlink error_log stream_copy"
        " extractto curl_ fsockopen socket_ wp_set_auth wp_set_current wp_insert_user wp_create_user readfile "
        "highlight_file show_source"
        " reflection fromcallable msl: file_get_contents fread",
    ),
}
_SIGNS = (
    re.compile(rb"\$(?:\$|\{\s{0,9}[^a-z}]|\w{1,60}(?:\[[^\]\n]{0,60}\]){0,4}\s{0,9}\()"),
    re.compile(rb"(?:->|::)\s{0,9}[\$\{]"),
    re.compile(rb"\)\s{0,9}\("),
    re.compile(rb"\^\s{0,3}[$\"'(]"),
    re.compile(rb"[\"')\]}]\s{0,3}\^"),
    re.compile(rb"~\s{0,9}[\"'(]"),
    re.compile(rb"\\x[0-9a-f]{2}\\x"),
    re.compile(rb"(?:[=(.;{@]|echo|print|return)\s{0,9}`[^`\n]{0,200}\$"),
)
_ALL_WORDS = [
    *((word, follows, True) for word, follows in _BEGINS.items()),
    *((word, follows, False) for word, follows in _ANYWHERE.items()),
]
_FINDS = BytesAhoCorasick([word for word, _, _ in _ALL_WORDS])


def find_offsets_of_risky_php(content: bytes) -> Sequence[int]:
    """Return where such things begin, in their order."""
    return sorted(_iter_offsets_of_risky_php(content.lower()))


def _iter_offsets_of_risky_php(content: bytes) -> Iterator[int]:
    for at, start, end in _FINDS.find_matches_as_indexes(content, overlapping=True):
        _word, follows, begins = _ALL_WORDS[at]
        if begins and start and (content[start - 1 : start].isalnum() or content[start - 1] == 0x5F):
            continue
        if follows.match(content, end):
            yield start
    for sign in _SIGNS:
        yield from (match.start() for match in sign.finditer(content))


def has_offset_between(offsets: Sequence[int], start: int, end: int) -> bool:
    """Return whether any of them lies from ``start`` on and before ``end``."""
    at = bisect_left(offsets, start)
    return at < len(offsets) and offsets[at] < end
