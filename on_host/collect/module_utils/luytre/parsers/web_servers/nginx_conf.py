"""nginx's configuration language: text to directives with their place, includes resolved as nginx does."""

import glob
import os
import re

from ansible.module_utils.luytre_shared.incidents import web_block_config

MAX_FILES = 2000
MAX_DEPTH = 32
LUA_BLOCK = "_by_lua_block"


class BadConfig(Exception):
    """The text is not an nginx configuration; the message names file and line."""


class NginxDirective:
    """One directive: its words, its block or None, and where it stands.

    ``start`` and ``end`` are offsets into the text of ``file`` (of the first character, and after the closing
    semicolon or brace); ``inner`` is the offset after the opening brace. ``parent`` is the block that holds it.
    """

    __slots__ = ("args", "block", "end", "file", "inner", "line", "name", "parent", "start")

    def __init__(self, name, args, file, line, start, parent):
        self.name, self.args, self.file, self.line, self.start, self.parent = name, args, file, line, start, parent
        self.block = self.inner = None
        self.end = start

    @property
    def where(self):
        """Return ``file:line``."""
        return "%s:%d" % (self.file, self.line)

    def list_own_directives(self, name):
        """Return the directives of that name directly in this block, in order."""
        return [inner for inner in self.block or () if inner.name == name]

    def __repr__(self):
        return "<%s %s at %s>" % (self.name, " ".join(self.args), self.where)


class NginxConfig:
    """A whole configuration: the top as one Directive, and the text of every file in force."""

    def __init__(self, top, texts, globs):
        self.top, self.texts, self.globs = top, texts, globs

    @property
    def http(self):
        """Return the http block, or None."""
        return next(iter(self.top.list_own_directives("http")), None)

    @property
    def servers(self):
        """Return the server blocks of http, in nginx's order."""
        return self.http.list_own_directives("server") if self.http else []


def load_nginx_config(path, read_file, find_files=glob.glob, skip_files=()):
    """Return the configuration that starts at ``path``.

    ``read_file(path)`` gives a file's text or None, ``find_files(pattern)`` the paths of a glob. Included files whose
    path is in ``skip_files`` are left out, as if they were empty. Raises BadConfig.
    """
    top = NginxDirective("main", [], path, 1, 0, None)
    config = NginxConfig(top, {}, [])
    top.block = _ConfigReading(config, read_file, find_files, set(skip_files)).read_directives(path, top, 0)
    return config


class _ConfigReading:
    """A configuration while its files are read."""

    def __init__(self, config, read_file, find_files, skip):
        self._config, self._read_file, self._find_files, self._skip = config, read_file, find_files, skip

    def read_directives(self, path, parent, depth):
        """Return the directives of a file and of all that it includes."""
        if depth > MAX_DEPTH:
            raise BadConfig("%s: includes itself" % path)
        if len(self._config.texts) > MAX_FILES:
            raise BadConfig("more than %d files" % MAX_FILES)
        text = self._config.texts.get(path)
        if text is None:
            text = web_block_config.drop_web_block_content_from_config(path, self._read_file(path))
            if text is None:
                raise BadConfig("%s cannot be read" % path)
            self._config.texts[path] = text

        def expand(directive):
            if directive.name != "include" or not directive.args:
                return [directive]
            return [
                inner
                for name in self._list_included_files(directive)
                if name not in self._skip
                for inner in self.read_directives(name, directive.parent, depth + 1)
            ]

        return parse_nginx_directives(text, path, parent, expand)

    def _list_included_files(self, directive):
        pattern = os.path.normpath(os.path.join(os.path.dirname(self._config.top.file), directive.args[0]))
        self._config.globs.append((pattern, directive))
        return sorted(self._find_files(pattern)) if any(char in pattern for char in "*?[") else [pattern]


def parse_nginx_directives(text, file, parent=None, expand=None):
    """Return the directives of a text. ``expand(directive)`` may put others in the place of one without a block."""
    top, stack = [], []
    words, start, line = [], 0, 1
    for kind, value, offset, number in iter_nginx_tokens(text, file):
        if kind == "word":
            if not words:
                start, line = offset, number
            words.append(value)
            continue
        if kind == "}":
            if words or not stack:
                raise BadConfig("%s:%d: unexpected }" % (file, number))
            stack.pop().end = offset + 1
            continue
        if not words:
            raise BadConfig("%s:%d: unexpected %s" % (file, number, kind))
        holder = stack[-1] if stack else parent
        directive = NginxDirective(words[0], words[1:], file, line, start, holder)
        directive.end = offset + 1
        into = stack[-1].block if stack else top
        words = []
        if kind == "{":
            directive.block, directive.inner = [], offset + 1
            into.append(directive)
            stack.append(directive)
            if len(stack) > MAX_DEPTH:
                raise BadConfig("%s:%d: nested too deeply" % (file, number))
        else:
            into.extend(expand(directive) if expand else [directive])
    if words or stack:
        raise BadConfig("%s:%d: unexpected end of file" % (file, text.count("\n") + 1))
    return top


_SPACE = re.compile(r"(?:\s+|#[^\n]*)+")
_PLAIN = re.compile(r"((?:\$\{|\\.|[^\s;{\\])+|\\)", re.DOTALL)
_QUOTES = {
    '"': re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL),
    "'": re.compile(r"'((?:\\.|[^'\\])*)'", re.DOTALL),
}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def iter_nginx_tokens(text, file):
    """Yield ``(kind, value, offset, line)`` with kind word, ``;``, ``{`` or ``}``.

    Quotes are taken off, escapes are resolved.
    """
    at, line, counted_to = 0, 1, 0
    length = len(text)
    last = []
    while True:
        gap = _SPACE.match(text, at)
        if gap:
            at = gap.end()
        if at >= length:
            return
        line += text.count("\n", counted_to, at)
        counted_to = at
        char = text[at]
        if char in ";{}":
            if char == "{" and last and last[0].endswith(LUA_BLOCK):
                at = _find_end_of_raw_block(text, at, file, line)
                yield "{", char, at, line
                last = []
                continue
            yield char, char, at, line
            last = []
            at += 1
            continue
        match = _QUOTES.get(char, _PLAIN).match(text, at)
        if match is None:
            raise BadConfig("%s:%d: quote without end" % (file, line))
        value = _ESCAPE.sub(_unescape_char, match.group(1))
        last.append(value)
        yield "word", value, at, line
        at = match.end()


def _unescape_char(match):
    char = match.group(1)
    return char if char in "\"'\\" else {"t": "\t", "r": "\r", "n": "\n"}.get(char, "\\" + char)


def _find_end_of_raw_block(text, at, file, line):
    depth = 0
    for offset in range(at, len(text)):
        depth += {"{": 1, "}": -1}.get(text[offset], 0)
        if depth == 0:
            return offset - 1
    raise BadConfig("%s:%d: block without end" % (file, line))


SIZES = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
TIMES = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2592000, "y": 31536000, "ms": 0.001}


def parse_nginx_size(size):
    """Return bytes of a size such as ``8k`` or ``1G``; None for anything else."""
    match = re.fullmatch(r"(\d{1,15})([kKmMgG]?)", size)
    return int(match.group(1)) * SIZES[match.group(2).lower()] if match else None


def parse_nginx_seconds(duration):
    """Return seconds of a time such as ``1m 30s`` or ``500ms``; None for anything else."""
    if not duration or not re.fullmatch(r"(?:\d{1,9}(?:ms|[smhdwMy])\s*)*(?:\d{1,9})?", duration):
        return None
    return sum(int(number) * TIMES[unit] for number, unit in re.findall(r"(\d+)(ms|[smhdwMy]?)", duration))
