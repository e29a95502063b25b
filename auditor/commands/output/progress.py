"""What is being done to hosts right now, and what a person at the terminal says to it."""

from __future__ import annotations

import sys
import unicodedata
from functools import cache

import typer

from auditor.commands.output import console
from auditor.fleet.runner import AnsibleTask
from auditor.system import resources
from auditor.text.translations import Words

_WAY_BACK = "guard"
"""The role whose tasks keep a host's way back."""
_YES = frozenset({"có", "co", "c", "yes", "y"})
_NO = frozenset({"không", "khong", "k", "no", "n", ""})
"""In either language, whichever is spoken; only Enter is no."""


def describe_task(task: AnsibleTask, words: Words) -> str:
    """Return the host, and the area and control that the task is about; else what it is for."""
    for_what = words("doing.way_back" if task.role == _WAY_BACK else "doing.state")
    return f"{task.host}: {describe_control_of_task(task.name, words) or for_what}"


def describe_control_of_task(task_name: str, words: Words) -> str | None:
    """Return the area and control that a task is about, as its name begins; None for one that is about none."""
    name, bar, _ = task_name.partition(" | ")
    if not bar:
        return None
    area, dot, _ = name.partition(".")
    if area not in _list_hardening_areas():
        return name
    return f"{words.get_area_name(area)}{f' · {name}' if dot else ''}"


@cache
def _list_hardening_areas() -> frozenset[str]:
    return frozenset(folder.name for folder in resources.get_roles_folder().iterdir())


def ask_confirmation(question: str, words: Words) -> bool:
    """Return whether the person at the terminal says yes; asked again until it is one or the other.

    Raises Abort at the end of input.
    """
    while True:
        console.err.print(f"{question} [{words('confirm.choices')}]: ", end="", markup=False, soft_wrap=True)
        line = sys.stdin.readline()
        if not line:
            raise typer.Abort
        answer = unicodedata.normalize("NFC", line.strip().casefold())
        if answer in _YES | _NO:
            return answer in _YES
        console.err.print(words("confirm.again"), markup=False)
