"""All response actions by their names: each ``ActionKind`` that a module of this package defines."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import get_args

from auditor.incidents import actions
from auditor.incidents.actions.base import ActionKind
from auditor.models.response_actions import FOR_GOOD, RECORD_FOLDERS, Means

TABLE = "auditor/models/response_actions.py"


def _iter_action_kinds() -> Iterator[ActionKind]:
    """Yield what the modules of this package define."""
    for module in pkgutil.iter_modules(actions.__path__, f"{actions.__name__}."):
        if module.name != __name__:
            yield from (
                value for value in vars(importlib.import_module(module.name)).values() if isinstance(value, ActionKind)
            )


def index_action_kinds(kinds: Iterator[ActionKind]) -> Mapping[Means, ActionKind]:
    """Return actions by name, in the order of ``auditor.models.response_actions``.

    Raises TypeError that names the files to change, for an action that is known in one of the two places alone.
    """
    kind_by_means = {kind.means: kind for kind in kinds}
    named = set(get_args(Means)) & set(RECORD_FOLDERS)
    for means in sorted({*kind_by_means, *get_args(Means), *RECORD_FOLDERS}):
        if means not in kind_by_means:
            raise TypeError(f"{TABLE} names {means}, and no module of auditor/incidents/actions defines it")
        if means not in named:
            raise TypeError(f"{TABLE}: name {means} in Means and in RECORD_FOLDERS, for {kind_by_means[means].program}")
    return MappingProxyType({means: kind_by_means[means] for means in get_args(Means)})


ACTION_KINDS = index_action_kinds(_iter_action_kinds())
CONTAINMENT_KINDS: Mapping[Means, ActionKind] = {
    means: kind for means, kind in ACTION_KINDS.items() if means not in FOR_GOOD
}
ERADICATION_KINDS: Mapping[Means, ActionKind] = {
    means: kind for means, kind in ACTION_KINDS.items() if means in FOR_GOOD
}
