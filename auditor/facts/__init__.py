"""Parse and validate the facts of one host: one module per area, each with one class ``Facts``.

The collector (``on_host/collect``) sends a document ``{schema, collected_at, areas}``; every byte of it may be
an attacker's. ``HostFacts.parse`` bounds it, cuts overlong strings with a mark, and validates each area by
itself: an area that does not fit its model becomes an error of that area, and the rest stays usable.

- ``access/``, ``system/``, ``web/``: the areas of an audit, by group; ``_base``: what their models share.
- ``site``: a site as its host sees it.
- ``pages``, ``changelogs``, ``contacts``: areas that only scans, advisories and indicators ask for.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from auditor.errors import get_place_and_message_of_first_error
from auditor.facts._base import Area
from auditor.text import json_shape

SCHEMA = 1
MAX_DOCUMENT_CHARS = 8_000_000
MAX_STRING_CHARS = 4_096
MAX_DEPTH = 12
MAX_MEMBERS = 20_000
MAX_VALUES = 400_000
"""In all areas together; a host with a hundred sites has a tenth of them."""
MAX_NUMBER = 2**64
NO_MODELS: Mapping[str, type[Area]] = MappingProxyType({})
CUT_MARK = "…[cut]"


class BadDocument(ValueError):
    """The host's answer is not a facts document; the message says in what way."""


@cache
def list_fact_area_names() -> frozenset[str]:
    """Return the areas that there are."""
    return frozenset(_find_module_of_each_area())


@cache
def load_fact_area_models() -> Mapping[str, type[Area]]:
    """Return every area's model by its name."""
    return {name: _get_area_model_of_module(module) for name, module in sorted(_find_module_of_each_area().items())}


def _get_area_model_of_module(module_name: str) -> type[Area]:
    """Return the one area that a module defines."""
    members = vars(importlib.import_module(module_name)).values()
    (area,) = (
        member
        for member in members
        if isinstance(member, type) and issubclass(member, Area) and member.__module__ == module_name
    )
    return area


@cache
def _find_module_of_each_area() -> Mapping[str, str]:
    """Return every area's module by its name."""
    groups = [info.name for info in pkgutil.iter_modules(__path__) if info.ispkg]
    return {
        info.name: f"{__name__}.{group}.{info.name}"
        for group in groups
        for info in pkgutil.iter_modules([str(Path(path) / group) for path in __path__])
        if not info.name.startswith("_")
    }


@dataclass(frozen=True)
class HostFacts:
    """The facts of one host: data by area, and the reason where an area could not be read."""

    collected_at: int
    data: Mapping[str, Area]
    errors: Mapping[str, str]
    seconds: Mapping[str, float]

    @classmethod
    def parse(cls, document: str, extra_models: Mapping[str, type[Area]] = NO_MODELS) -> HostFacts:
        """Validate a collector's answer. Raises BadDocument when it is not one at all.

        ``extra_models``: models of areas that were asked for and that no audit has.
        """
        if len(document) > MAX_DOCUMENT_CHARS:
            raise BadDocument(f"answer of {len(document):,} characters, more than {MAX_DOCUMENT_CHARS:,}")
        if not json_shape.is_json_within_bounds(
            document.encode("utf-8", "replace"), max_values=MAX_VALUES, max_depth=MAX_DEPTH + 4
        ):
            raise BadDocument(f"more than {MAX_VALUES:,} values, or nested too deeply")
        try:
            raw = json.loads(document)
        except (ValueError, RecursionError) as error:
            raise BadDocument("answer is not JSON") from error
        if not isinstance(raw, dict) or raw.get("schema") != SCHEMA or not isinstance(raw.get("areas"), dict):
            raise BadDocument("answer is not a facts document of this version")
        collected_at = raw.get("collected_at")
        if not isinstance(collected_at, int) or isinstance(collected_at, bool) or not 0 <= collected_at < 2**40:
            raise BadDocument("answer has no sound time of collection")
        data: dict[str, Area] = {}
        errors: dict[str, str] = {}
        seconds: dict[str, float] = {}
        for name, model in {**load_fact_area_models(), **extra_models}.items():
            answer = raw["areas"].get(name)
            if not isinstance(answer, dict):
                errors[name] = "not collected"
                continue
            spent = answer.get("seconds")
            seconds[name] = float(spent) if isinstance(spent, int | float) and 0 <= spent < 1e6 else 0.0
            if answer.get("error") is not None:
                errors[name] = _sanitize_and_bound_value(str(answer["error"]))[:300]
                continue
            try:
                data[name] = model.model_validate(_sanitize_and_bound_value(answer.get("data")))
            except (ValidationError, BadDocument) as error:
                errors[name] = f"answer does not fit: {_describe_first_validation_error(error)}"
        return cls(collected_at, data, errors, seconds)

    def build_context_for_control_expressions(self, *names: str) -> dict[str, Any]:
        """Return the areas of these names, or all, as plain data, for control expressions.

        What a host does not tell is not there.
        """
        return {
            name: area.model_dump(exclude=set(area.untold))
            for name, area in self.data.items()
            if not names or name in names
        }


def _describe_first_validation_error(error: Exception) -> str:
    if isinstance(error, ValidationError):
        place, why = get_place_and_message_of_first_error(error)
        return f"{'.'.join(map(str, place))}: {why}"[:300]
    return str(error)


def _sanitize_and_bound_value(value: Any, depth: int = 0) -> Any:
    if depth > MAX_DEPTH:
        raise BadDocument("nested too deeply")
    if isinstance(value, str):
        clean = "".join(char if char.isprintable() or char in "\n\t" else "\ufffd" for char in value[:MAX_STRING_CHARS])
        return clean if len(value) <= MAX_STRING_CHARS else clean + CUT_MARK
    if isinstance(value, list):
        if len(value) > MAX_MEMBERS:
            raise BadDocument(f"a list of {len(value):,} members")
        return [_sanitize_and_bound_value(member, depth + 1) for member in value]
    if isinstance(value, int | float) and not -MAX_NUMBER < value < MAX_NUMBER:
        raise BadDocument("a number beyond all measure")
    if isinstance(value, dict):
        if len(value) > MAX_MEMBERS:
            raise BadDocument(f"an object of {len(value):,} members")
        return {
            _sanitize_and_bound_value(str(key)): _sanitize_and_bound_value(member, depth + 1)
            for key, member in value.items()
        }
    return value
