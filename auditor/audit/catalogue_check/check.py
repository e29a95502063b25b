"""All mistakes of a catalogue at once, each with the file and line that it stands in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from auditor.audit import expressions
from auditor.audit.catalogue_check.inference import infer_expression
from auditor.audit.catalogue_check.mistakes import Mistake, make_mistake
from auditor.audit.catalogue_check.shapes import ListShape, ScalarShape, Shape, describe_shape, is_anything
from auditor.audit.catalogue_check.views import list_names_of_expressions
from auditor.audit.controls import AREAS_OF_PLANS, COLLECTOR, Control, iter_controls_or_mistakes, list_controls_files
from auditor.errors import InputError
from auditor.facts import list_fact_area_names
from auditor.system import resources
from auditor.system.yaml_source import find_line_of_path_in_yaml_file, load_yaml

_LISTS = ("violations", "among")
"""The fields whose expressions give lists."""
_JUDGING = frozenset({"id", "subject", "applies", "that", "test", *_LISTS})
_UNREAD = {**{key: {"vi": "-", "en": "-"} for key in ("title", "problem", "rationale", "remedy")}, "severity": "low"}
"""What a control has besides, where only its expressions are looked at."""


def find_mistakes_in_catalogue(roles: Path) -> tuple[InputError, ...]:
    """Return all mistakes in the files of controls below a folder of roles. Raises InputError when it has none."""
    files = list_controls_files(roles)
    if not files:
        raise InputError("has no */controls.yml", file=roles, mend="name a folder like roles/")
    mistakes, data_by_file = [], {}
    for file in files:
        try:
            data_by_file[file] = load_yaml(file)
        except InputError as mistake:
            mistakes.append(mistake)
    return (*mistakes, *iter_mistakes_of_controls(data_by_file))


def iter_mistakes_of_controls(data_by_file: Mapping[Path, Any]) -> Iterator[InputError]:
    """Yield all mistakes in the data of files of controls."""
    for file, data in data_by_file.items():
        for index, control in iter_controls_or_mistakes(data, file):
            judged = control if isinstance(control, Control) else None
            if isinstance(control, InputError):
                yield from (control, *control.others)
                judged = _make_control_of_expressions(data[index]) if isinstance(data, list) else None
            if judged is None:
                continue
            for field, mistake in _iter_mistakes_of_control(judged):
                yield InputError(
                    "control {control}: {where}: {why}",
                    control=judged.id,
                    where=field,
                    why=mistake.what,
                    mend=mistake.mend,
                    guess=mistake.guess,
                    file=file,
                    line=find_line_of_path_in_yaml_file(file, [index, field], mistake.word),
                )


def _make_control_of_expressions(entry: Any) -> Control | None:
    """Return an entry that has a mistake elsewhere with its expressions alone, which are checked all the same."""
    if not isinstance(entry, dict):
        return None
    own = {key: value for key, value in entry.items() if key in _JUDGING}
    try:
        return Control.model_validate({**_UNREAD, **own})
    except ValidationError:
        return None


def _iter_mistakes_of_control(control: Control) -> Iterator[tuple[str, Mistake]]:
    """Yield the field of each mistake, and the mistake."""
    names = list_names_of_expressions(control.area, control.subject)
    for field, source in _list_expressions_of_control(control):
        shape, mistakes = infer_expression(source, names)
        yield from ((field, mistake) for mistake in mistakes)
        if not mistakes:
            yield from ((field, mistake) for mistake in _iter_mistakes_of_result(field, shape))
        for area in sorted(expressions.find_top_names_in_expression(source) & list_fact_area_names()):
            if area not in _list_areas_of_collector():
                yield (
                    field,
                    make_mistake(
                        "nothing on hosts collects the area {area}",
                        "add it to AREAS in {path}",
                        area,
                        area=area,
                        path=COLLECTOR,
                    ),
                )
    if control.fix is not None and control.area not in _list_areas_of_plans():
        yield (
            "fix",
            make_mistake(
                "no plan asks for the area {area}, so nothing applies the fix",
                "add it to areas_in_order in {path}",
                area=control.area,
                path=AREAS_OF_PLANS,
            ),
        )


def _list_expressions_of_control(control: Control) -> Sequence[tuple[str, str]]:
    expressions_by_field = {
        "applies": control.applies,
        "test" if control.test else "that": control.pass_condition,
        "violations": control.violations,
        "among": control.among,
    }
    return [(field, source) for field, source in expressions_by_field.items() if source is not None]


def _iter_mistakes_of_result(field: str, shape: Shape) -> Iterator[Mistake]:
    if field == "applies" or is_anything(shape):
        return
    kinds = (ListShape,) if field in _LISTS else (ScalarShape,)
    fits = [isinstance(each, kinds) and (field in _LISTS or each.kind == "bool") for each in shape]
    unknown = [isinstance(each, ScalarShape) and each.kind == "None" for each in shape]
    if not all(one or other for one, other in zip(fits, unknown, strict=True)) or not any(fits):
        if field in _LISTS:
            yield make_mistake("gives {type}, not a list", "see docs/add-a-control.md", type=describe_shape(shape))
        else:
            yield make_mistake(
                "gives {type}, not true or false", "compare what it gives with something", type=describe_shape(shape)
            )


@cache
def _list_areas_of_plans() -> frozenset[str]:
    return frozenset(load_yaml(resources.get_resources_folder() / AREAS_OF_PLANS)["areas_in_order"])


@cache
def _list_areas_of_collector() -> frozenset[str]:
    """Return the areas that the collector names in its texts."""
    source = (resources.get_resources_folder() / COLLECTOR).read_text("utf-8")
    return frozenset(name for name in list_fact_area_names() if f'"{name}"' in source)
