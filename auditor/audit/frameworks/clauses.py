"""The clauses of a framework, read from ``auditor/audit/frameworks/*.yml``, and the controls that cite them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from auditor.audit.controls import Catalogue, Control
from auditor.errors import InputError
from auditor.models import ControlId, Model, Regime, Text
from auditor.system.yaml_source import (
    YamlPlace,
    find_line_of_path_in_yaml_file,
    load_own_yaml_files_cached,
    load_yaml,
    validate_yaml_data_as_model,
)

FOLDER = Path(__file__).parent
_MEND = "see docs/en/frameworks.md"

OF_REGIME: Mapping[Regime, str] = {"2022": "tcvn11930", "2026": "tcvn14423"}
"""The standard whose clauses a report counts, by regime."""

ClauseStatus = Literal["automated", "partial", "manual", "not_covered"]
"""What the product shows of a clause: all of it; a part; nothing, but a person can confirm it; nothing at all."""


class Clause(Model):
    """One numbered requirement, in our own words."""

    number: str
    text: Text
    status: ClauseStatus
    notes: Text | None = Field(default=None, description="what the controls do not show")
    levels: tuple[int, ...] = Field(description="those of the framework's levels that ask for it")
    cited_numbers: tuple[str, ...] = Field(description="the numbers that controls cite it by")


class Framework(Model):
    """A standard, law or benchmark."""

    id: str
    title: Text
    source: Text = Field(description="where the numbers and their meaning come from, and how sure they are")
    levels: Mapping[int, Text]
    site_levels: bool = Field(default=False, description="whether its levels are the levels of sites")
    system: str | None = Field(default=None, description="how the name of the operating system it is about begins")
    key: str = Field(description="the word in a control's references that stands for it")
    clauses: tuple[Clause, ...]

    def list_clauses_of_level(self, level: int | None) -> tuple[Clause, ...]:
        """Return the clauses that a level asks for; all for None. Raises InputError for a level it does not know."""
        if level is None:
            return self.clauses
        if level not in self.levels:
            raise InputError(
                "{framework} has no level {level}",
                mend="choose one of {names}",
                framework=self.id,
                level=level,
                names=", ".join(map(str, self.levels)),
            )
        return tuple(clause for clause in self.clauses if level in clause.levels)

    @cached_property
    def clauses_by_number(self) -> Mapping[str, Clause]:
        """Return clauses by number."""
        return {clause.number: clause for clause in self.clauses}


class _ClauseEntry(Model):
    """A clause as the file writes it: one number at some levels, or a number for each level."""

    number: str | None = None
    numbers: Mapping[int, str] | None = None
    levels: tuple[int, ...] | None = None
    text: Text | None = None
    status: ClauseStatus | None = None
    notes: Text | None = None
    same_as: tuple[str, ...] = Field(default=(), description="clauses of the framework that this one is based on")

    @model_validator(mode="after")
    def _require_number_text_and_status(self) -> Self:
        if (self.number is None) == (self.numbers is None):
            raise ValueError("exactly one of 'number' and 'numbers' is needed")
        if not self.same_as and (self.text is None or self.status is None):
            raise ValueError("'text' and 'status' are needed, or 'same_as'")
        if self.status == "partial" and self.notes is None:
            raise ValueError("a partial clause needs 'notes' that say what its controls do not show")
        return self


class _File(Model):
    title: Text
    source: Text
    levels: Mapping[int, Text]
    site_levels: bool = False
    system: str | None = None
    same_as: str | None = Field(default=None, description="the framework that it gives other numbers to")
    clauses: tuple[_ClauseEntry, ...]


def list_framework_ids(folder: Path = FOLDER) -> tuple[str, ...]:
    """Return the ids of all frameworks."""
    return tuple(sorted(file.stem for file in folder.glob("*.yml")))


def load_framework(framework_id: str, folder: Path = FOLDER) -> Framework:
    """Return one framework. Raises InputError naming file, line and mend, or the frameworks there are."""
    known_ids = list_framework_ids(folder)
    if framework_id not in known_ids:
        raise InputError(
            "there is no framework {framework}",
            mend="choose one of {names}",
            framework=framework_id,
            names=", ".join(known_ids),
        )
    file = folder / f"{framework_id}.yml"
    data = _load_own_framework_files()[file] if folder == FOLDER else load_yaml(file)
    content = validate_yaml_data_as_model(_File, data, "{where}: {why}", mend=_MEND, place=YamlPlace(file))
    base = load_framework(content.same_as, folder) if content.same_as else None
    clauses: dict[str, Clause] = {}
    for index, entry in enumerate(content.clauses):
        for clause in _make_clauses_of_entry(entry, tuple(content.levels), base, file, index):
            if clause.number in clauses:
                raise _make_clause_error("clause {clause} appears twice", file, index, clause=clause.number)
            clauses[clause.number] = clause
    return Framework(
        id=framework_id,
        key=base.key if base else framework_id,
        title=content.title,
        source=content.source,
        levels=content.levels,
        site_levels=content.site_levels,
        system=content.system,
        clauses=tuple(clauses.values()),
    )


@cache
def _load_own_framework_files() -> Mapping[Path, Any]:
    return load_own_yaml_files_cached("frameworks", sorted(FOLDER.glob("*.yml")))


def _make_clause_error(what: str, file: Path, index: int, **values: Any) -> InputError:
    line = find_line_of_path_in_yaml_file(file, ["clauses", index])
    return InputError(what, file=file, line=line, mend=_MEND, **values)


def _make_clauses_of_entry(
    entry: _ClauseEntry, levels: tuple[int, ...], base: Framework | None, file: Path, index: int
) -> Iterator[Clause]:
    levels_by_number: dict[str, tuple[int, ...]] = {number: (level,) for level, number in (entry.numbers or {}).items()}
    if entry.number is not None:
        levels_by_number = {entry.number: entry.levels or levels}
    unknown = sorted({level for at in levels_by_number.values() for level in at}.difference(levels))
    if unknown:
        raise _make_clause_error(
            "{clause}: there is no level {level}", file, index, clause=next(iter(levels_by_number)), level=unknown[0]
        )
    for number, at in levels_by_number.items():
        yield _make_clause_with_number(entry, number, at, _find_base_clauses_of_entry(entry, base, file, index))


def _find_base_clauses_of_entry(
    entry: _ClauseEntry, base: Framework | None, file: Path, index: int
) -> tuple[Clause, ...]:
    if entry.same_as and base is None:
        raise _make_clause_error("'same_as' in a clause needs 'same_as' at the top of the file", file, index)
    missing_numbers = [number for number in entry.same_as if base is not None and number not in base.clauses_by_number]
    if base is not None and missing_numbers:
        raise _make_clause_error(
            "{framework} has no clause {clause}", file, index, framework=base.id, clause=missing_numbers[0]
        )
    return tuple(base.clauses_by_number[number] for number in entry.same_as) if base is not None else ()


def _make_clause_with_number(
    entry: _ClauseEntry, number: str, levels: tuple[int, ...], based_on: Sequence[Clause]
) -> Clause:
    first: Any = based_on[0] if based_on else entry
    cited_numbers = tuple(cited_number for clause in based_on for cited_number in clause.cited_numbers)
    return Clause(
        number=number,
        levels=levels,
        text=entry.text or first.text,
        status=entry.status or first.status,
        notes=entry.notes or first.notes,
        cited_numbers=cited_numbers if based_on else (number,),
    )


def map_controls_by_cited_number(framework: Framework, catalogue: Catalogue) -> Mapping[str, tuple[Control, ...]]:
    """Return the controls that cite a number of the framework, by number, in the catalogue's order."""
    controls_by_number: dict[str, dict[ControlId, Control]] = defaultdict(dict)
    for control in catalogue.controls:
        for number, _level in _iter_clause_numbers_cited_by_control(control, framework.key):
            controls_by_number[number][control.id] = control
    return {number: tuple(controls.values()) for number, controls in controls_by_number.items()}


def list_controls_citing_clause(
    clause: Clause, controls_by_number: Mapping[str, tuple[Control, ...]]
) -> tuple[Control, ...]:
    """Return the controls that show something of a clause, each once."""
    return tuple(
        {
            control.id: control for number in clause.cited_numbers for control in controls_by_number.get(number, ())
        }.values()
    )


def _iter_clause_numbers_cited_by_control(control: Control, framework_key: str) -> Iterator[tuple[str, int | None]]:
    """Yield the numbers that a control cites of a framework, with the level it says they are of."""
    clauses = control.references.get(framework_key, ())
    if isinstance(clauses, Mapping):
        for level, numbers in clauses.items():
            for number in numbers:
                yield str(number), int(str(level).removeprefix("l"))
    else:
        for number in clauses:
            yield str(number), None
