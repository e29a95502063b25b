"""Evidence, violations and references as short text for people. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from auditor.audit.evaluate import MAX_VIOLATIONS
from auditor.models import Finding
from auditor.models.reviews import Certainty, Family, Kind
from auditor.text.rules import describe_trace_rules
from auditor.text.sanitize import escape_invisible_characters, escape_text_to_one_line, replace_non_finite_numbers
from auditor.text.translations import Words

MAX_VALUE = 300
MAX_CELL = 160
MAX_COLUMNS = 5
FIRST_ROWS = 8
BRIEF_LINES = 3

_FIRST_COLUMNS = ("path", "file", "name", "user", "account", "domain", "package", "line", "owner", "group", "mode")
_OF_TRACE = frozenset({"kind", "certainty", "where", "sample", "families", "key"})
"""What a member that is a trace has."""
_FOR_ANYBODY = "for anybody"
"""How the collector says that a setting of sshd holds outside of every Match block."""
_MEMBER_COUNT = re.compile(r"([0-9]{1,9}) members")
"""How expressions sum up a collection that is too long to be evidence itself."""
_MOMENTS = frozenset({"now", "not_after", "not_before", "newest", "oldest", "mtime", "checked_at", "collected_at"})
_EPOCH = range(1, 32_503_680_000)  # up to the year 3000


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One value that was read."""

    path: str
    value: str


@dataclass(frozen=True, slots=True)
class ViolationTable:
    """The members that violate: columns where they are objects, else one column without a name."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    population: int | None
    cut: bool

    def pair_cells_with_column_names(self, row: tuple[str, ...]) -> Iterable[tuple[str, str]]:
        """Return the row's cells, each with its column's name."""
        return zip(self.columns, row, strict=True) if self.columns else (("", cell) for cell in row)

    @property
    def rows_shown_at_once(self) -> tuple[tuple[str, ...], ...]:
        """Return the rows to show at once."""
        return self.rows[:FIRST_ROWS]

    @property
    def rows_shown_on_demand(self) -> tuple[tuple[str, ...], ...]:
        """Return the rows to show on demand."""
        return self.rows[FIRST_ROWS:]


def list_evidence(finding: Finding, words: Words) -> tuple[EvidenceRow, ...]:
    """Return the values that the check read; traces stand among the members that violate already."""
    return tuple(
        EvidenceRow(
            path=escape_text_to_one_line(item.path, MAX_VALUE),
            value=format_value_for_people(item.path, item.value, words, MAX_VALUE),
        )
        for item in finding.evidence
        if not (finding.violations and _has_any_trace_member(item.value))
    )


def _has_any_trace_member(value: Any) -> bool:
    return isinstance(value, list | tuple) and any(
        isinstance(member, Mapping) and member.keys() >= _OF_TRACE for member in value
    )


def build_violation_table(finding: Finding, words: Words, max_rows: int | None = None) -> ViolationTable | None:
    """Return the members that violate, at most so many, as a table; None when there are none."""
    members = [_put_member_into_words(member, words) for member in finding.violations[:max_rows]]
    if not members:
        return None
    objects = [member for member in members if isinstance(member, Mapping)]
    columns = _list_columns_of_members(objects) if len(objects) == len(members) else ()
    rows = tuple(
        tuple(format_value_for_people(column, member.get(column), words, MAX_CELL) for column in columns)
        if columns
        else (format_value_for_people("", member, words, MAX_VALUE),)
        for member in members
    )
    return ViolationTable(
        columns=tuple(escape_text_to_one_line(column, 60) for column in columns),
        rows=rows,
        population=finding.population,
        cut=len(finding.violations) >= MAX_VIOLATIONS,
    )


def _put_member_into_words(member: Any, words: Words) -> Any:
    """Return a path that was only asked for, and a value that holds for some, in words.

    Every other member stays as it is.
    """
    if isinstance(member, Mapping) and member.keys() == {"tried"}:
        return words("violations.tried", path=member["tried"])
    if isinstance(member, Mapping) and member.keys() == {"when", "value"}:
        for_all = member["when"] == _FOR_ANYBODY
        return {"when": words("violations.for_anybody") if for_all else member["when"], "value": member["value"]}
    if isinstance(member, Mapping) and member.keys() >= _OF_TRACE:
        return _label_trace_for_people(member, words)
    if isinstance(member, Mapping) and isinstance(member.get("trace"), str):
        return {**member, "trace": _describe_trace_mark(member["trace"], words)}
    return member


def _describe_trace_mark(trace_mark: str, words: Words) -> str:
    """Return what a hunt saw in a file that a finding names, as ``auditor.audit.assessors.hunts`` adds it.

    How sure it is, and by which rules.
    """
    sure, between, rules = trace_mark.partition(": ")
    if sure not in get_args(Certainty) or not between:
        return trace_mark
    return f"{words(f'certainty.{sure}')}: {describe_trace_rules(rules.split(', '), words)}"


def _label_trace_for_people(trace: Mapping[str, Any], words: Words) -> Mapping[str, Any]:
    """Return what was seen of an intruder under heads that people read: rules' names and keys are for programs."""
    kind, sure = str(trace["kind"]), str(trace["certainty"])
    families = [str(family) for family in trace["families"]] if isinstance(trace["families"], list | tuple) else []
    return {
        words("trace.kind"): words(f"content.kind.{kind}") if kind in get_args(Kind) else kind,
        words("trace.certainty"): words(f"certainty.{sure}") if sure in get_args(Certainty) else sure,
        words("trace.where"): trace["where"],
        words("trace.sample"): trace["sample"],
        words("trace.how"): ", ".join(
            words(f"trace.family.{family}") if family in get_args(Family) else family for family in families
        ),
    }


def summarize_finding(finding: Finding, words: Words) -> tuple[str, ...]:
    """Return the heart of a finding in a few lines: the first members that violate, else the first values read."""
    table = build_violation_table(finding, words, BRIEF_LINES)
    if table is None:
        rows = list_evidence(finding, words)
        lines = [escape_text_to_one_line(f"{row.path} = {row.value}", MAX_CELL) for row in rows[:BRIEF_LINES]]
        extra_count = len(rows) - BRIEF_LINES
    else:
        lines = [escape_text_to_one_line(", ".join(cell for cell in row if cell), MAX_CELL) for row in table.rows]
        extra_count = len(finding.violations) - BRIEF_LINES
    return (*lines, words("more_lines", n=extra_count)) if extra_count > 0 else tuple(lines)


def _list_columns_of_members(members: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    keys = {
        str(key): None for member in members for key, value in member.items() if value not in (None, "", [], {}, ())
    }
    scalar_first = sorted(
        keys,
        key=lambda key: (
            _FIRST_COLUMNS.index(key) if key in _FIRST_COLUMNS else len(_FIRST_COLUMNS),
            any(isinstance(member.get(key), list | Mapping) for member in members),
        ),
    )
    return tuple(scalar_first[:MAX_COLUMNS])


def format_value_for_people(path: str, value: Any, words: Words, limit: int) -> str:
    """Return a value as a person reads it: permission bits in octal, epoch seconds as a date, an object a line."""
    if value is None or isinstance(value, (str, int)):
        return escape_text_to_one_line(_format_scalar_value(path, value, words), limit)
    if isinstance(value, list | tuple) and value:
        if all(isinstance(member, Mapping) for member in value):
            object_texts = [_format_object_value(member, words) for member in value]
            return escape_invisible_characters(
                "\n".join(escape_text_to_one_line(line, MAX_CELL) for line in object_texts), limit
            )
        if all(isinstance(member, str | int) for member in value):
            return escape_text_to_one_line(
                ", ".join(_format_scalar_value("", member, words) for member in value), limit
            )
    if isinstance(value, Mapping) and value:
        return escape_text_to_one_line(_format_object_value(value, words), limit)
    return escape_text_to_one_line(_format_scalar_value(path, value, words), limit)


def _format_object_value(value: Mapping[str, Any], words: Words) -> str:
    return ", ".join(f"{key}={_format_scalar_value(str(key), member, words)}" for key, member in value.items())


def _format_scalar_value(path: str, value: Any, words: Words) -> str:
    if isinstance(value, str) and value:
        count_match = _MEMBER_COUNT.fullmatch(value) if value.endswith("members") else None
        return words("members", n=int(count_match[1])) if count_match else value
    if isinstance(value, int) and not isinstance(value, bool):
        name = path.rpartition(".")[2]
        if name == "mode":
            return f"{value:04o}"
        if name in _MOMENTS and value in _EPOCH:
            return words.format_epoch_second(value)
    return "—" if value is None else dump_value_as_json(value)


def dump_value_as_json(value: Any) -> str:
    """Return a value as JSON."""
    return json.dumps(replace_non_finite_numbers(value), ensure_ascii=False, default=str)


def list_frameworks_with_clauses(references: Mapping[str, Any], words: Words) -> tuple[tuple[str, str], ...]:
    """Return framework and clauses, the empty ones left out."""
    entries = [
        (words.get_framework_name(str(key)), _format_clauses_of_framework(str(key), clauses, words))
        for key, clauses in references.items()
    ]
    return tuple((framework, clauses) for framework, clauses in entries if clauses)


def _format_clauses_of_framework(framework: str, clauses: Any, words: Words) -> str:
    if isinstance(clauses, Mapping):
        levels = [
            words(
                "reference.level",
                level=str(level).removeprefix("l"),
                clauses=_format_clauses_of_framework(framework, members, words),
            )
            for level, members in clauses.items()
            if members
        ]
        return " · ".join(levels)
    members = clauses if isinstance(clauses, list | tuple) else [clauses]
    numbers = [
        _format_article_clause_and_point(str(clause), words) if re.match(r"nd\d", framework) else str(clause)
        for clause in members
    ]
    return ", ".join(numbers)


def _format_article_clause_and_point(clause: str, words: Words) -> str:
    match clause.split("."):
        case [article, number, point]:
            return words("reference.point", article=article, clause=number, point=point)
        case [article, number]:
            return words("reference.clause", article=article, clause=number)
        case _:
            return words("reference.article", article=clause)
