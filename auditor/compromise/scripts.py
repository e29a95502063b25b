"""Whether a script that a web server runs does what visitors say.

From where their words come in, through variables, to what runs them. Pure.

A script is read line by line, in time that grows with it alone; what runs a word of a visitor's has no other use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from auditor.compromise.php.taint import CodeHit

MAX_READ = 200_000
_MAX_LINE = 2_000


@dataclass(frozen=True)
class _Language:
    """The ways of a language to take what visitors say, to keep it, and to run it."""

    says: re.Pattern[str]
    reads: re.Pattern[str]
    """Where they are read from what else could be typed at a terminal."""
    keeps: re.Pattern[str]
    """With the groups ``name`` and ``value``."""
    runs: re.Pattern[str]
    """What comes before the words that are run."""
    uses: re.Pattern[str]
    """A variable where it is used; its group is the name."""


_PERL = _Language(
    re.compile(r"\bparam\s*\(\s*['\"$]|\$ENV\{['\"]?(?:HTTP_|QUERY_STRING|PATH_INFO|REQUEST_URI)"),
    re.compile(r"<STDIN>|\bread\s*\(?\s*STDIN"),
    re.compile(
        r"(?:my|our|local)?\s*\(?\s*[$@%](?P<name>\w{1,40})\)?\s*=~?\s*(?P<value>.+)"
        r"|\bread\s*\(?\s*STDIN\s*,\s*\$(?P<read>\w{1,40})"
    ),
    re.compile(r"`|\bqx\W|\b(?:s[y]stem|e[x]ec|e[v]al|do|syscall)\b|\bopen\b[^;]*\|"),
    re.compile(r"[$@%]\{?(\w{1,40})"),
)
_PYTHON = _Language(
    re.compile(r"\benviron\b[^=\n]{0,20}['\"](?:HTTP_|QUERY_STRING|PATH_INFO|REQUEST_URI)|FieldStorage|parse_qs"),
    re.compile(r"\bsys\.stdin\b"),
    re.compile(r"\s*(?P<name>\w{1,40})\s*=\s*(?P<value>.+)(?P<read>)?"),
    re.compile(
        r"\bos\.(?:s[y]stem|p[o]pen|exec\w{0,4}|spawn\w{0,4})\s*\(|\bsubprocess\.\w{1,20}\s*\("
        r"|\bcommands\.get\w{1,20}\s*\(|(?<![\w.])(?:e[x]ec|e[v]al)\s*\("
    ),
    re.compile(r"\b([^\W\d]\w{0,39})\b"),
)
_SHELL = _Language(
    re.compile(r"\$\{?(?:HTTP_[A-Z]|QUERY_STRING|PATH_INFO|REQUEST_URI)"),
    re.compile(r"\$\(\s*cat\s*\)|`\s*cat\s*`"),
    re.compile(
        r"\s*(?:export\s+|local\s+)?(?P<name>\w{1,40})=(?P<value>.+)"
        r"|\s*(?:while\s+)?(?:IFS=\S*\s+)?read\s+(?:-\w+\s+(?:\$?\w+\s+)?)*(?P<read>[a-z_]\w{0,40})"
    ),
    re.compile(
        r"\be[v]al\b|\b(?:ba|da|z|k)?sh\s+-c\b|\|\s*(?:\S*/)?(?:ba|da|z|k)?sh\b|\bsource\b|(?:^|[;&|]|\bthen\b"
        r"|\bdo\b)\s*[\"']?(?=\$)"
    ),
    re.compile(r"\$\{?(\w{1,40})"),
)
_BY_HEAD: Mapping[str, _Language] = {"perl": _PERL, "python": _PYTHON, "sh": _SHELL}
_HEAD = re.compile(rb"#![^\n]{0,60}?\b(?:(perl)|(python)|(?:ba|da|z|k)?(sh))")


def find_hits_in_shebang_script(content: bytes) -> tuple[CodeHit, ...]:
    """Return where a script runs what visitors say; nothing of a file that begins as none."""
    head = _HEAD.match(content)
    if head is None:
        return ()
    language, is_for_visitors = (
        _BY_HEAD[(head[1] or head[2] or head[3]).decode()],
        _FOR_VISITORS.search(content) is not None,
    )
    request_variables: set[str] = set()
    read: set[str] = set()
    at = 0
    for raw in content[:MAX_READ].split(b"\n"):
        line = " ".join(raw[:_MAX_LINE].decode("latin-1").split())
        if not line.startswith("#"):
            parts = list(_iter_executed_text_in_line(line, language))
            if any(_has_source_or_tainted_variable(part, language.says, language, request_variables) for part in parts):
                return (CodeHit("script_runs_request", "exact", at),)
            if is_for_visitors and any(
                _has_source_or_tainted_variable(part, language.reads, language, read) for part in parts
            ):
                return (CodeHit("script_runs_request", "sure", at),)
            _track_tainted_variable_in_line(line, language, request_variables, read)
        at += len(raw) + 1
    return ()


def _track_tainted_variable_in_line(
    line: str, language: _Language, request_variables: set[str], read_variables: set[str]
) -> None:
    """Note which variable of a line holds what visitors say, or what was read."""
    match = language.keeps.match(line) or language.keeps.search(line)
    if match is None:
        return
    value, name = match["value"], match["name"] or match["read"]
    if value is not None and _has_source_or_tainted_variable(value, language.says, language, request_variables):
        request_variables.add(name)
    elif value is None or _has_source_or_tainted_variable(value, language.reads, language, read_variables):
        read_variables.add(name)


def _iter_executed_text_in_line(line: str, language: _Language) -> Iterator[str]:
    """Yield what a line runs: what stands after a word that runs it, or before it, where it is handed on to that."""
    for match in language.runs.finditer(line):
        rest = line[match.end() :]
        yield rest if any(map(str.isalpha, match[0])) or language is not _SHELL else rest.split(" ", 1)[0]
        if "|" in match[0]:
            yield line[: match.end()]


_FOR_VISITORS = re.compile(rb"(?i)content-type|HTTP_[A-Z]|QUERY_STRING|CONTENT_LENGTH|REQUEST_METHOD|\bCGI\b")
"""What a script says that answers visitors."""


def _has_source_or_tainted_variable(
    text: str, source: re.Pattern[str], language: _Language, variable_names: set[str]
) -> bool:
    """Return whether a text says where visitors' words come from, or names a variable that holds them."""
    return source.search(text) is not None or not variable_names.isdisjoint(language.uses.findall(text))
