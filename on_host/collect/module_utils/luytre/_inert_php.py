"""Whether a PHP file does nothing by itself: it ends at once, or only gives names to values. Linear in its length."""

import re

MAX_READ = 400_000
_ENDS_AT_ONCE = re.compile(
    r"\A(?:[^<]|<(?!\?))*<\?php\s+(?:die|exit)\s*(?:\(\s*(?:'[^'\\]*'|\"[^\"\\$]*\")?\s*\))?\s*(?:;|\?>)", re.IGNORECASE
)
_WORDS_APART = re.compile(
    r"'(?:[^'\\]|\\.|\\\Z)*(?:'|\Z)|\"(?:[^\"\\]|\\.|\\\Z)*(?:\"|\Z)|/\*(?:[^*]|\*(?!/))*(?:\*/|\Z)|(?://|#(?!\[))(?:(?!\?>)[^\n])*",
    re.DOTALL,
)
"""Strings and comments. One that is never closed goes to the end, so that none is sought twice; a one-line comment ends
where PHP ends."""
_SIGNS = re.compile(r"[\w\s$;,=>\[\]().!|&{}'?:+-]*\Z")
_CALLED = re.compile(r"(?<![\w$'\]})])([\w$'\]})]+)\s*\(")
_WORD = re.compile(r"\$?[A-Za-z_\x80-\uffff]\w*")
_MAY_CALL = frozenset(("array", "define", "defined", "if", "exit", "die"))
_ACTING = frozenset(
    """include include_once require require_once echo print new clone throw goto yield function fn class use namespace
    global static eval switch while for foreach do declare try""".split()
)
_MAY_STAND = _MAY_CALL | frozenset(("return", "true", "false", "null", "and", "or", "not", "else", "stdclass"))


def is_inert(content):
    """Whether the whole of a PHP file, as bytes, does nothing but end or hold values. What is not understood is not inert."""
    return len(content) < MAX_READ and (ends_at_once(content.decode("utf-8", "replace")) or holds_values(content))


def holds_values(content):
    """Whether it does nothing even where nothing ends it first."""
    text = content.decode("utf-8", "replace")
    opening = re.match(r"\A\ufeff?\s*<\?php\b", text)
    if opening is None or len(content) >= MAX_READ:
        return False
    code, rest = _stripped(text[opening.end() :])
    return code is not None and not rest.strip() and _only_holds(code)


def ends_at_once(text):
    """Whether the first thing that a file does is to end."""
    return _ENDS_AT_ONCE.match(text[:4096]) is not None


def _stripped(text):
    """``(code with strings empty and comments gone, what follows it)``; code None where a string may run."""
    runs = False

    def bare(found):
        nonlocal runs
        word = found.group(0)
        if word[0] == '"' and "$" in word:
            runs = True
        return "''" if word[0] in "'\"" else " "

    code, _, rest = _WORDS_APART.sub(bare, text).partition("?>")
    return (None if runs else code), rest


def _only_holds(code):
    if not _SIGNS.match(code) or re.search(r"->|::|\$\s*[\${]|\?\s*=", code):
        return False
    if any(called.lower() not in _MAY_CALL for called in _CALLED.findall(code)):
        return False
    return all(_may_stand(word) for word in set(_WORD.findall(code)))


def _may_stand(word):
    if word[0] == "$":
        return not word.startswith("$_") and word != "$GLOBALS"
    return word.lower() in _MAY_STAND or (word.isupper() and word.lower() not in _ACTING)


_INPUT = re.compile(rb"\$_(?:GET|POST|REQUEST|COOKIE|FILES|SERVER)\b|php://input|getallheaders", re.IGNORECASE)
_ACTS = re.compile(
    rb"\b(?:eval|assert|system|exec|shell_exec|passthru|popen|proc_open|pcntl_exec|create_function|call_user_func\w{0,9}"
    rb"|include(?:_once)?|require(?:_once)?|move_uploaded_file|file_put_contents|fwrite|base64_decode|gzinflate|str_rot13)"
    rb"\s{0,20}[(\"'$]|`[^`\n]{0,200}\$|\$\w{1,60}\s{0,20}\(\s{0,20}\$_",
    re.IGNORECASE,
)


def acts_on_input(content):
    """Whether a file, as bytes, both takes a visitor's words and runs or writes something: a web shell's two halves."""
    return _INPUT.search(content) is not None and _ACTS.search(content) is not None
