"""All response actions by their names: each ``ActionKind`` that a module of this package defines."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import get_args

import auditor
from auditor.incidents import actions
from auditor.incidents.actions.base import ActionKind
from auditor.models import response_actions
from auditor.models.response_actions import FOR_GOOD, RECORD_FOLDERS, Means
from auditor.system.files import find_line_of_text

_TABLE = Path(response_actions.__file__)


def _iter_files_and_action_kinds() -> Iterator[tuple[Path, ActionKind]]:
    """Yield what the modules of this package define, with their files."""
    for info in pkgutil.iter_modules(actions.__path__, f"{actions.__name__}."):
        if info.name != __name__:
            module = importlib.import_module(info.name)
            kinds = (value for value in vars(module).values() if isinstance(value, ActionKind))
            yield from ((Path(module.__file__ or ""), kind) for kind in kinds)


def index_action_kinds(files_and_kinds: Iterable[tuple[Path, ActionKind]]) -> Mapping[Means, ActionKind]:
    """Return actions by name, in the order of ``auditor.models.response_actions``.

    Raises TypeError with file and line for an action that is known in one of the two places alone, or has no program.
    """
    kind_by_means: dict[Means, ActionKind] = {}
    for file, kind in files_and_kinds:
        kind_by_means[kind.means] = kind
        if kind.means not in get_args(Means):
            raise _make_mistake(_TABLE, "Means = ", f"Means lacks '{kind.means}', which {file.name} defines: add it")
        if not kind.program_path.is_file():
            raise _make_mistake(file, kind.program, f"there is no on_host/contain/{kind.program}: write it")
    for means in get_args(Means):
        if means not in kind_by_means:
            raise _make_mistake(
                _TABLE, f'"{means}"', f"no module of auditor/incidents/actions defines '{means}': write its ActionKind"
            )
        if means not in RECORD_FOLDERS:
            raise _make_mistake(
                _TABLE, "RECORD_FOLDERS: ", f"RECORD_FOLDERS lacks '{means}': add the folder of its records"
            )
    return MappingProxyType({means: kind_by_means[means] for means in get_args(Means)})


def _make_mistake(file: Path, text: str, what: str) -> TypeError:
    """Return an error about the first line of a file of ours that holds a text."""
    shown = file.relative_to(Path(auditor.__file__).parents[1])
    return TypeError(f"{shown}:{find_line_of_text(file, text)}: {what}")


ACTION_KINDS = index_action_kinds(_iter_files_and_action_kinds())
CONTAINMENT_KINDS: Mapping[Means, ActionKind] = {
    means: kind for means, kind in ACTION_KINDS.items() if means not in FOR_GOOD
}
ERADICATION_KINDS: Mapping[Means, ActionKind] = {
    means: kind for means, kind in ACTION_KINDS.items() if means in FOR_GOOD
}
