"""What the shell offers for a value that is being typed.

A mistake in the inventory offers nothing: the command will tell.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import typer

from auditor.commands.verbs.base import load_attribute
from auditor.errors import InputError
from auditor.report.formats import Format

_PLAIN = re.compile(r"[\w.@%+-]+", re.ASCII)
"""What no shell takes for anything but a word; what is not is not offered."""
_MARKS = re.compile(r"[^\w .,/-]")
"""What some shell could take for an order, in what is said of a value."""

Choices = Iterable[tuple[str, str]]
"""Values, each with what is said of it."""

DEFAULT_INVENTORY = Path(os.environ.get("LUYTRE_INVENTORY") or "inventories/lab")


def complete_hosts_and_sites(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the names that ``--limit`` takes."""
    return _complete_last_of_comma_list(
        incomplete, lambda: _load_choices("inventory:iter_hosts_and_sites")(_get_inventory(ctx))
    )


def complete_sites(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the domains of the inventory's sites."""
    return _complete_last_of_comma_list(incomplete, lambda: _load_choices("inventory:iter_sites")(_get_inventory(ctx)))


def complete_office_units(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the ids of the offices."""
    return _filter_choices_by_prefix(incomplete, lambda: _load_choices("inventory:iter_units")(_get_inventory(ctx)))


def complete_controls(incomplete: str) -> list[tuple[str, str]]:
    """Return the ids of all controls."""
    return _filter_choices_by_prefix(incomplete, lambda: _load_choices("controls:iter_controls")(fixable_only=False))


def complete_controls_with_fix(incomplete: str) -> list[tuple[str, str]]:
    """Return the ids of the controls with an automated fix."""
    return _complete_last_of_comma_list(incomplete, lambda: _load_choices("controls:iter_controls")(fixable_only=True))


def complete_runs(incomplete: str) -> list[tuple[str, str]]:
    """Return the ids of the newest kept runs."""
    return _filter_choices_by_prefix(incomplete, lambda: _load_choices("runs:iter_runs")())


def complete_hardenings(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the ids of the inventory's hardenings."""
    return _filter_choices_by_prefix(incomplete, lambda: _load_choices("runs:iter_hardenings")(_get_inventory(ctx)))


def complete_frameworks(incomplete: str) -> list[tuple[str, str]]:
    """Return the keys of the standards and laws whose clauses are known."""
    return _filter_choices_by_prefix(incomplete, lambda: _load_choices("controls:iter_frameworks")())


def complete_report_formats(incomplete: str) -> list[tuple[str, str]]:
    """Return what ``--format`` takes."""
    return _complete_last_of_comma_list(incomplete, lambda: ((form.value, "") for form in Format))


def _filter_choices_by_prefix(incomplete: str, get_choices: Callable[[], Choices]) -> list[tuple[str, str]]:
    with suppress(InputError, OSError):
        return [
            (value, _MARKS.sub(" ", description))
            for value, description in get_choices()
            if value.startswith(incomplete) and _PLAIN.fullmatch(value)
        ]
    return []


def _complete_last_of_comma_list(incomplete: str, get_choices: Callable[[], Choices]) -> list[tuple[str, str]]:
    """Return completions of the last of the names separated by commas.

    A name that is there is not offered again.
    """
    before, comma, last = incomplete.rpartition(",")
    there = before.split(",")
    return [
        (f"{before}{comma}{value}", description)
        for value, description in _filter_choices_by_prefix(last, get_choices)
        if value not in there
    ]


def _load_choices(name: str) -> Callable[..., Choices]:
    """Return what lists the values of a kind; its module is loaded when the shell asks for them."""
    loaded: Callable[..., Choices] = load_attribute(f"auditor.commands.options.choices.{name}")
    return loaded


def _get_inventory(ctx: typer.Context) -> Path:
    return Path(ctx.params.get("inventory") or DEFAULT_INVENTORY)
