"""Control expressions: Jinja2 in a sandbox, over facts as data, with a record of what they read.

Facts are wrapped in ``FactObject`` (objects) and ``Members`` (lists) that know their path. Attribute access looks
only at keys, so ``x.items`` is the fact named items and never a method. Whatever an expression reads to the
end is its evidence.

What expressions are compiled into is kept from run to run (``load_compiled_expressions_from_disk``,
``store_compiled_expressions_on_disk``): to compile them takes 0.3 s.
"""

from __future__ import annotations

import hashlib
import json
import marshal
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from types import CodeType
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, UndefinedError, nodes
from jinja2.environment import TemplateExpression
from jinja2.exceptions import SecurityError
from jinja2.parser import Parser
from jinja2.runtime import Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from auditor.models import Evidence
from auditor.system import disk_cache

MAX_LENGTH, MAX_LEVELS = 4_000, 50
"""Of an expression: what is longer or deeper ends the parser, the check or the compiler by their own bounds."""
MAX_EVIDENCE = 20
MAX_EVIDENCE_CHARS = 600


class NotCollected(LookupError):
    """The expression needs an area that could not be read."""

    def __init__(self, area: str) -> None:
        self.area = area
        super().__init__(area)


class NotTold(LookupError):
    """The host does not tell what the expression needs; ``path`` is the fact that was asked for last."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(path)


class CutShort(LookupError):
    """Nothing was found, but the search did not see everything."""


class ExpressionFailed(ValueError):
    """The expression could not be worked out on these facts: its author's mistake."""


class ReadLog:
    """The paths and values that one evaluation read."""

    def __init__(self) -> None:
        self._read: dict[str, Any] = {}
        self.last = ""
        """The path that was asked for last, whether or not it was there."""
        self.missing = ""
        """The path that was asked for last and was not there."""

    def note_value_read_at_path(self, path: str, value: Any) -> None:
        """Remember that ``path`` was read; what it was reached through no longer counts by itself."""
        self._read.pop(path.rpartition(".")[0], None)
        self._read.setdefault(path, value)

    def list_read_paths(self) -> tuple[str, ...]:
        """Return the paths that were read, in order."""
        return tuple(self._read)

    def find_paths_read_as_empty_lists(self, paths: Collection[str]) -> Iterator[str]:
        """Yield those of the paths that were read as empty lists."""
        return (path for path, value in self._read.items() if path in paths and value == [])

    def find_last_path_read_as_none(self) -> str | None:
        """Return the path of what was read last and is None, or None."""
        return next((path for path, value in reversed(self._read.items()) if value is None), None)

    def list_read_values_as_evidence(self) -> tuple[Evidence, ...]:
        """Return what was read, by path, at most MAX_EVIDENCE values.

        Objects that were only passed through are left out.
        """
        values = [(path, value) for path, value in self._read.items() if not isinstance(value, FactObject)]
        return tuple(
            Evidence(path=path, value=_shorten_evidence_value(unwrap_fact_value(value)))
            for path, value in values[:MAX_EVIDENCE]
        )


def _shorten_evidence_value(value: Any) -> Any:
    if len(json.dumps(value, ensure_ascii=False)) <= MAX_EVIDENCE_CHARS:
        return value
    if isinstance(value, list):
        return f"{len(value)} members"
    return str(value)[:MAX_EVIDENCE_CHARS] + "…"


class FactObject(Mapping[str, Any]):
    """An object of the facts, by its path."""

    __slots__ = ("_path", "_record", "_values")

    def __init__(self, values: Mapping[str, Any], path: str, record: ReadLog | None) -> None:
        self._values, self._path, self._record = values, path, record

    def __getitem__(self, key: str) -> Any:
        if self._record is not None:
            self._record.last = self._join_path_and_key(key)
            if key not in self._values:
                self._record.missing = self._record.last
        value = self._values[key]
        path = self._join_path_and_key(key)
        member = wrap_fact_value(value, path, self._record)
        if self._record is not None:
            self._record.note_value_read_at_path(path, member)
        return member

    def _join_path_and_key(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Facts({self._path})"


class Members(list[Any]):
    """A list of the facts. Its members are not recorded one by one: the list is the evidence."""


def wrap_fact_value(value: Any, path: str, record: ReadLog | None) -> Any:
    """Return facts for an object, Members for a list, the value itself for the rest."""
    if isinstance(value, Mapping):
        return FactObject(value, path, record)
    if isinstance(value, list):
        return Members(wrap_fact_value(member, "", None) for member in value)
    return value


def unwrap_fact_value(value: Any) -> Any:
    """Return a wrapped value as the data it stands for."""
    if isinstance(value, FactObject):
        return {key: unwrap_fact_value(member) for key, member in value._values.items()}
    if isinstance(value, Mapping):
        return {str(key): unwrap_fact_value(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [unwrap_fact_value(member) for member in value]
    return value


class _Sandbox(ImmutableSandboxedEnvironment):
    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, FactObject):
            return self.getitem(obj, attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, FactObject):
            try:
                return obj[argument]
            except KeyError:
                return self.undefined(obj=obj, name=str(argument))
        return super().getitem(obj, argument)


def _is_moment_older_than_days(moment: int, now: int, days: int) -> bool:
    """Return whether an epoch second lies more than that many days before ``now``."""
    return now - moment > days * 86_400


def _parse_version_numbers(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version, so that '10.11.6-MariaDB' compares as (10, 11, 6)."""
    numbers = []
    for part in version.split("-")[0].split("+")[0].split("~")[0].split("."):
        digits = "".join(char for char in part if char.isdigit())
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)


class _Unknown(Exception):
    pass


def _require_known_value(value: Any) -> Any:
    """Return the value itself; a control that meets None here is not evaluated, rather than passed or failed."""
    if value is None:
        raise _Unknown
    return value


def _require_whole_search_if_none_found(members: Any, is_search_whole: bool) -> list[Any]:
    """Return members found in a search; finding none counts only when the search saw everything."""
    member_list = list(members)
    if not member_list and not is_search_whole:
        raise CutShort
    return member_list


def _are_all_members_allowed(members: Any, allowed_values: Any) -> bool:
    """Return whether every member is one of those allowed."""
    return all(member in allowed_values for member in members)


def _pick_keys_of_each_object(members: Any, *keys: str) -> list[dict[str, Any]]:
    """Return only these keys of every object, for evidence that is fit to read."""
    return [{key: member[key] for key in keys} for member in members]


def _wrap_paths_as_tried_objects(paths: Any) -> list[dict[str, Any]]:
    """Return paths that were asked for, whether or not anything lies there: as objects that say so."""
    return [{"tried": member} for member in paths]


_ENVIRONMENT = _Sandbox(undefined=StrictUndefined, optimized=False)
_ENVIRONMENT.filters["known"] = _require_known_value
_ENVIRONMENT.filters["of_whole"] = _require_whole_search_if_none_found
_ENVIRONMENT.filters["picked"] = _pick_keys_of_each_object
_ENVIRONMENT.filters["tried"] = _wrap_paths_as_tried_objects
_ENVIRONMENT.tests["within"] = _are_all_members_allowed
_ENVIRONMENT.filters["older_than_days"] = _is_moment_older_than_days
_ENVIRONMENT.filters["version"] = _parse_version_numbers


FILTERS: Mapping[str, Any] = _ENVIRONMENT.filters
TESTS: Mapping[str, Any] = _ENVIRONMENT.tests
"""What expressions may use, by its name."""


@cache
def parse_expression(source: str) -> nodes.Output:
    """Return the expression, below a node that stands for its value."""
    parser = Parser(_ENVIRONMENT, source, state="variable")
    expression = parser.parse_expression()
    if not parser.stream.eos:
        raise TemplateSyntaxError("chunk after expression", parser.stream.current.lineno)
    return nodes.Output([expression])


def check_expression_syntax_and_filters(source: str) -> str:
    """Return the source.

    Raises ValueError naming the mistake when it is not an expression, or asks for something that does not exist.
    """
    if source in _COMPILED_CODE:
        return source
    known_nodes = {nodes.Filter: ("filter", _ENVIRONMENT.filters), nodes.Test: ("test", _ENVIRONMENT.tests)}
    try:
        for node in parse_expression(source).find_all(tuple(known_nodes)):
            kind, there = known_nodes[type(node)]
            if node.name not in there:
                raise TemplateSyntaxError(f"no {kind} named {node.name!r}", node.lineno)
    except TemplateSyntaxError as error:
        raise ValueError(f"expression {source!r}: {error.message}") from error
    return source


def is_expression_short_and_flat(source: str) -> bool:
    """Return whether an expression is neither too long nor nested too deeply; what is none has no levels."""
    if len(source) > MAX_LENGTH:
        return False
    try:
        level: list[nodes.Node] = [parse_expression(source)]
    except TemplateSyntaxError:
        return True
    except RecursionError:
        return False
    for _ in range(MAX_LEVELS + 1):
        level = [child for node in level for child in node.iter_child_nodes()]
    return not level


@cache
def find_top_names_in_expression(source: str) -> frozenset[str]:
    """Return the top names an expression reads: areas, ``site``, ``host``, ``now``."""
    if source in _COMPILED_CODE:
        return frozenset(_COMPILED_CODE[source][0])
    read = {name.name for name in parse_expression(source).find_all(nodes.Name)}
    return frozenset(read - _ENVIRONMENT.globals.keys())


@cache
def compile_expression_once(source: str) -> TemplateExpression:
    """Return what works an expression out, given its names. Source that was not checked raises TemplateSyntaxError."""
    if source not in _COMPILED_CODE:
        _COMPILED_CODE[source] = (
            tuple(sorted(find_top_names_in_expression(source))),
            _compile_expression_to_code(source),
        )
    template = Template.from_code(_ENVIRONMENT, _COMPILED_CODE[source][1], _ENVIRONMENT.make_globals(None))
    return TemplateExpression(template, undefined_to_none=False)


def _compile_expression_to_code(source: str) -> CodeType:
    """Return the code of a template that sets the name ``result``, as TemplateExpression takes it."""
    (expression,) = parse_expression(source).nodes
    whole = nodes.Template([nodes.Assign(nodes.Name("result", "store"), expression, lineno=1)], lineno=1)
    whole.set_environment(_ENVIRONMENT)
    return _ENVIRONMENT.compile(whole)


_COMPILED_CODE: dict[str, tuple[tuple[str, ...], CodeType]] = {}
"""By its source, what is known of an expression that was checked: the names that it reads, and its code."""
_FILE = "expressions"


def are_all_expressions_compiled(sources: Iterable[str]) -> bool:
    """Return whether all of them are compiled already."""
    return _COMPILED_CODE.keys() >= set(sources)


def load_compiled_expressions_from_disk() -> None:
    """Know what earlier runs compiled. What is damaged is compiled again."""
    place = _get_compiled_expressions_folder()
    content = disk_cache.get_file_from_cache(place, _FILE) if place else None
    if content is not None:
        _COMPILED_CODE.update(marshal.loads(content))  # noqa: S302  our own folder alone


def store_compiled_expressions_on_disk() -> None:
    """Keep what is compiled by now for runs to come."""
    place = _get_compiled_expressions_folder()
    if place is not None:
        disk_cache.put_file_in_cache(place, _FILE, marshal.dumps(_COMPILED_CODE))


def _get_compiled_expressions_folder() -> Path | None:
    made_from = f"{metadata.version('jinja2')} {sys.version} {Path(__file__).read_text('utf-8')}"
    return disk_cache.get_cache_folder_of_state("expressions", hashlib.sha256(made_from.encode()).hexdigest()[:32])


def evaluate_expression_on_facts(source: str, context: Mapping[str, Any], record: ReadLog) -> Any:
    """Work out an expression on facts.

    Raises NotCollected for a missing area, NotTold for a missing fact, CutShort for an unfinished search and
    ExpressionFailed for the rest.
    """
    run = compile_expression_once(source)
    for name in find_top_names_in_expression(source):
        if name not in context:
            raise NotCollected(name)
    fact_values = {
        name: wrap_fact_value(value, name, record)
        for name, value in context.items()
        if name in find_top_names_in_expression(source)
    }
    for name, value in fact_values.items():
        if not isinstance(value, FactObject):
            record.note_value_read_at_path(name, value)
    try:
        result = run(**fact_values)
        if isinstance(result, Iterator):
            result = list(result)  # it reads its facts only now
    except UndefinedError as error:
        raise NotTold(record.missing or record.last) from error
    except _Unknown as error:
        raise NotTold(record.last) from error
    except CutShort:
        raise
    except TypeError as error:
        if record.find_last_path_read_as_none() is not None:  # a fact that may be unknown, and is
            raise NotTold(record.find_last_path_read_as_none() or "") from error
        raise ExpressionFailed(f"{error} in {source!r}") from error
    except (SecurityError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise ExpressionFailed(f"{error} in {source!r}") from error
    if isinstance(result, Undefined):
        raise NotTold(record.last)
    return result
