"""Whether a PHP file does nothing by itself: it ends at once, or only gives names to values. Linear in its length."""

import re

MAX_READ = 2_000_000
"""Bytes: an application's table of addresses by country has more than half a million."""
_ENDS_AT_ONCE = re.compile(
    r"\A(?:[^<]|<(?!\?))*<\?php\s+(?:die|exit)\s*(?:\(\s*(?:'[^'\\]*'|\"[^\"\\$]*\")?\s*\))?\s*(?:;|\?>)", re.IGNORECASE
)
_WORDS_APART = re.compile(
    r"'(?:[^'\\]|\\.|\\\Z)*(?:'|\Z)|\"(?:[^\"\\]|\\.|\\\Z)*(?:\"|\Z)|/\*(?:[^*]|\*(?!/))*(?:\*/|\Z)|(?://"
    r"|#(?!\[))(?:(?!\?>)[^\n])*",
    re.DOTALL,
)
"""Strings and comments. One that is never closed goes to the end, so that none is sought twice; a one-line comment ends
where PHP ends."""
_SIGNS = re.compile(r"[\w\s$;,=>\[\]().!|&{}'?:+-]*\Z")
_CALL = re.compile(r"(?<![\w$'\]})])([\w$'\]})]+)\s*\(")
_WORD = re.compile(r"\$?[A-Za-z_\x80-\uffff]\w*")
_MAY_CALL = frozenset(("array", "define", "defined", "if", "exit", "die"))
_ACTING_WORDS = frozenset(
    """include include_once require require_once echo print new clone throw goto yield function fn class use namespace
    global static eval switch while for foreach do declare try""".split()
)
_MAY_SET = frozenset(
    """allow_url_fopen arg_separator.output auto_detect_line_endings default_charset display_errors
    display_startup_errors log_errors memcached.sess_binary_protocol memcached.sess_locking memcached.sess_prefix
    memory_limit session.auto_start session.cache_limiter session.cookie_httponly session.gc_divisor
    session.gc_maxlifetime session.gc_probability session.save_handler session.save_path session.use_cookies
    session.use_only_cookies session.use_trans_sid track_errors user_agent""".split()
)
"""Settings of PHP's that name no file to run or to write to, and no function to call."""
_SETS = re.compile(r"\bini_set\s*\(\s*\0[a-z_.]+\0\s*,\s*(?:''|\d+)\s*\)", re.IGNORECASE)
_NAME = re.compile(r"\0[a-z_.]+\0")
_SUPERGLOBAL = re.compile(r"\$(?:_[A-Z]|GLOBALS\b|this\b)")
_MAY_STAND = _MAY_CALL | frozenset(("return", "true", "false", "null", "and", "or", "not", "else", "stdclass"))


def is_php_inert(content):
    """Return whether the whole of a PHP file, as bytes, does nothing but end or hold values.

    What is not understood is not inert.
    """
    return len(content) < MAX_READ and (
        is_php_ended_by_first_statement(content.decode("utf-8", "replace")) or is_php_holding_values_only(content)
    )


def is_php_holding_values_only(content):
    """Return whether it does nothing even where nothing ends it first."""
    text = content.decode("utf-8", "replace")
    opening = re.match(r"\A\ufeff?\s*<\?php\b", text)
    if opening is None or len(content) >= MAX_READ or b"\0" in content:
        return False
    code, rest = _strip_strings_and_comments(text[opening.end() :])
    return code is not None and not rest.strip() and _is_code_holding_values_only(code)


def is_php_ended_by_first_statement(text):
    """Return whether the first thing that a file does is to end."""
    return _ENDS_AT_ONCE.match(text[:4096]) is not None


def _strip_strings_and_comments(text):
    """Return ``(code with strings empty and comments gone, what follows it)``; code None where a string may run.

    A string that is the name of a setting in _MAY_SET stays, between zeros, which PHP's code has none of.
    """
    runs = False

    def bare(match):
        nonlocal runs
        word = match.group(0)
        if word[0] == '"' and "$" in word:
            runs = True
        if word[0] in "'\"":
            return "\0%s\0" % word[1:-1] if word[1:-1] in _MAY_SET else "''"
        return " "

    code, _, rest = _WORDS_APART.sub(bare, text).partition("?>")
    return (None if runs else code), rest


def _is_code_holding_values_only(code):
    code = _NAME.sub("''", _SETS.sub("", code))
    if not _SIGNS.match(code) or re.search(r"->|::|\$\s*[\${]|\?\s*=", code):
        return False
    if any(name.lower() not in _MAY_CALL for name in _CALL.findall(code)):
        return False
    return all(_is_word_harmless(word) for word in set(_WORD.findall(code)))


def _is_word_harmless(word):
    if word[0] == "$":
        return _SUPERGLOBAL.match(word) is None
    return word.lower() in _MAY_STAND or (word.isupper() and word.lower() not in _ACTING_WORDS)


_INPUT = re.compile(rb"\$_(?:GET|POST|REQUEST|COOKIE|FILES|SERVER)\b|php://input|getallheaders", re.IGNORECASE)
_ACTS = re.compile(
    rb"\b(?:eval|assert|system|exec|shell_exec|passthru|popen|proc_open|pcntl_exec|create_function"
    rb"|call_user_func\w{0,9}"
    rb"|include(?:_once)?|require(?:_once)?|move_uploaded_file|file_put_contents|fwrite|base64_decode|gzinflate"
    rb"|str_rot13)"
    rb"\s{0,20}[(\"'$]|`[^`\n]{0,200}\$|\$\w{1,60}\s{0,20}\(\s{0,20}\$_",
    re.IGNORECASE,
)


def is_php_acting_on_visitor_input(content):
    """Return whether a file, as bytes, both takes a visitor's words and runs or writes something.

    A web shell's two halves.
    """
    return _INPUT.search(content) is not None and _ACTS.search(content) is not None
