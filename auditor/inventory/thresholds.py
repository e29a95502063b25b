"""The limits of controls that an inventory sets: the variables of roles in ``thresholds.yml``, checked."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from auditor.inventory.reach import is_ansible_template
from auditor.inventory.variables import Variables
from auditor.models import Host, Model, Text
from auditor.system import resources
from auditor.system.yaml_source import VaultValue, load_yaml

LIST = Path(__file__).with_name("thresholds.yml")
_LIKE = 0.8
"""How much a mistyped name is like the one that was meant."""


class Threshold(Model):
    """One limit: when nothing is set, and the range in which it may be."""

    usual: int
    least: int
    most: int
    unit: Text


@cache
def load_thresholds_by_variable() -> Mapping[str, Threshold]:
    """Return the limits by the variables that set them."""
    return {name: Threshold.model_validate(entry) for name, entry in load_yaml(LIST).items()}


def get_limits(host: Host) -> Mapping[str, int]:
    """Return every limit as it holds for a host."""
    return {name: threshold.usual for name, threshold in load_thresholds_by_variable().items()} | dict(host.thresholds)


def parse_thresholds(host: str, host_variables: Variables) -> Mapping[str, int]:
    """Return the limits that a host's variables set.

    Raises InputError for one out of range, or whose name is nearly one of a role's.
    """
    values = {}
    for name, source in host_variables.items():
        threshold = load_thresholds_by_variable().get(name)
        if threshold is None:
            suggestion = _suggest_similar_role_variable(name)
            if suggestion is not None:
                raise source.make_error_at_value(
                    "host {host}: no role uses the variable {name}",
                    "did you mean {suggestion}?",
                    host=host,
                    name=name,
                    suggestion=suggestion,
                )
            continue
        value = source.value
        if isinstance(value, VaultValue) or is_ansible_template(str(value)):
            raise source.make_error_at_value(
                "host {host}: {name} must be readable without Ansible", "write the number itself", host=host, name=name
            )
        if not isinstance(value, int) or isinstance(value, bool):
            raise source.make_error_at_value(
                "host {host}: {name} is not a whole number", "write only digits, without quotes", host=host, name=name
            )
        if not threshold.least <= value <= threshold.most:
            raise source.make_error_at_value(
                "host {host}: {name} is {value}",
                "use a value from {least} to {most}; if you need more, use a waiver",
                host=host,
                name=name,
                value=value,
                least=threshold.least,
                most=threshold.most,
            )
        values[name] = value
    return values


def _suggest_similar_role_variable(name: str) -> str | None:
    """Return the variable of a role that this was probably meant to be.

    None for one of a role's, or of somebody else's.
    """
    area = next((area for area in _list_areas_of_roles() if name.startswith(f"{area}_")), None)
    if area is None or name in _list_variables_of_role(area):
        return None
    return next(iter(get_close_matches(name, _list_variables_of_role(area), 1, _LIKE)), None)


@cache
def _list_areas_of_roles() -> tuple[str, ...]:
    return tuple(sorted(folder.name for folder in resources.get_roles_folder().iterdir()))


@cache
def _list_variables_of_role(area: str) -> frozenset[str]:
    file = resources.get_roles_folder() / area / "meta/argument_specs.yml"
    return frozenset(load_yaml(file)["argument_specs"]["main"].get("options") or ()) if file.is_file() else frozenset()
