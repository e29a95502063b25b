"""Whether a command line, or a script, hands what it fetches to an interpreter in one breath."""

import re

from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact, read_text

MAX_SCRIPT = 100_000
_FETCHES = re.compile(
    r"\b(?:curl|wget|fetch)\b[^\n;&]{0,400}\|\s{0,9}(?:sudo\s{1,9}(?:-\S{1,20}\s{1,9}){0,3})?(?:\S{1,60}/)?(?:(?:ba"
    r"|da|k|z)?sh|python[\d.]{0,4}|perl|php)\b"
    r"|\b(?:ba|da|k|z)?sh\s{1,9}(?:-\w{1,9}\s{1,9}){0,3}[\"']?(?:<\(|\$\(|`)\s{0,9}(?:curl|wget|fetch)\b"
    r"|\beval\s{1,9}[\"']?(?:\$\(|`)\s{0,9}(?:curl|wget|fetch)\b"
)


def is_download_piped_into_interpreter(command):
    """Return whether a command line hands what it fetches to an interpreter."""
    return _FETCHES.search(command) is not None


def has_piped_download_in_script(path):
    """Return whether a script hands what it fetches to an interpreter, on a line that is not a comment.

    False for what is not a script.
    """
    try:
        text = read_text(path, MAX_SCRIPT) or ""
    except UnreadableFact:
        return False
    return text.startswith("#!") and any(
        is_download_piped_into_interpreter(line) for line in text.splitlines() if not line.lstrip().startswith("#")
    )
