"""What the shell offers for a value that is being typed.

A mistake in the inventory offers nothing: the command will tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import typer

from auditor.errors import InputError

_PLAIN = re.compile(r"[\w.@%+-]+", re.ASCII)
"""What no shell takes for anything but a word; what is not is not offered."""
_RUNS = 50
_MARKS = re.compile(r"[^\w .,/-]")
"""What some shell could take for an order, in what is said of a value."""

Choices = Iterable[tuple[str, str]]
"""Values, each with what is said of it."""


def complete_hosts_and_sites(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the names that ``--limit`` takes."""
    return _complete_last_of_comma_list(incomplete, lambda: _iter_hosts_and_sites(_get_inventory(ctx)))


def complete_sites(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the domains of the inventory's sites."""
    return _complete_last_of_comma_list(incomplete, lambda: _iter_sites(_get_inventory(ctx)))


def complete_office_units(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the ids of the offices."""
    return _filter_choices_by_prefix(incomplete, lambda: _iter_units(_get_inventory(ctx)))


def complete_controls(incomplete: str) -> list[tuple[str, str]]:
    """Return the ids of all controls."""
    return _filter_choices_by_prefix(incomplete, lambda: _iter_controls(fixable_only=False))


def complete_controls_with_fix(incomplete: str) -> list[tuple[str, str]]:
    """Return the ids of the controls with an automated fix."""
    return _complete_last_of_comma_list(incomplete, lambda: _iter_controls(fixable_only=True))


def complete_runs(incomplete: str) -> list[tuple[str, str]]:
    """Return the ids of the newest kept runs."""
    return _filter_choices_by_prefix(incomplete, _iter_runs)


def complete_hardenings(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the ids of the inventory's hardenings."""
    return _filter_choices_by_prefix(incomplete, lambda: _iter_hardenings(_get_inventory(ctx)))


def complete_frameworks(incomplete: str) -> list[tuple[str, str]]:
    """Return the keys of the standards and laws whose clauses are known."""
    return _filter_choices_by_prefix(incomplete, _iter_frameworks)


def complete_report_formats(incomplete: str) -> list[tuple[str, str]]:
    """Return what ``--format`` takes."""
    from auditor.report.formats import Format

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


def _get_inventory(ctx: typer.Context) -> Path:
    from auditor.commands.options.common import DEFAULT_INVENTORY

    return Path(ctx.params.get("inventory") or DEFAULT_INVENTORY)


def _iter_hosts_and_sites(inventory: Path) -> Iterator[tuple[str, str]]:
    from auditor.inventory import hosts

    for host in hosts.load_inventory(inventory).hosts:
        yield host.name, host.address
        yield from ((site.domain, host.name) for site in host.sites)


def _iter_sites(inventory: Path) -> Iterator[tuple[str, str]]:
    from auditor.inventory import hosts

    return ((site.domain, site.host) for site in hosts.load_inventory(inventory).sites)


def _iter_units(inventory: Path) -> Iterator[tuple[str, str]]:
    from auditor.inventory import organisation

    known_organisation = organisation.load_organisation(inventory)
    return ((unit.id, unit.name) for unit in (known_organisation.units if known_organisation is not None else ()))


def _iter_controls(*, fixable_only: bool) -> Iterator[tuple[str, str]]:
    import os

    from auditor.audit import controls as catalogue_files
    from auditor.text import language

    lang = language.detect_language_from_options_or_environment((), os.environ)
    for control in catalogue_files.load_catalogue().controls:
        if control.fix is not None or not fixable_only:
            yield control.id, control.title.get(lang)


def _iter_runs() -> Iterator[tuple[str, str]]:
    from auditor.history.runs import RunHistory

    return ((entry.id, entry.started) for entry in RunHistory().entries(limit=_RUNS))


def _iter_hardenings(inventory: Path) -> Iterator[tuple[str, str]]:
    from auditor.hardening.journal import Journal

    return (
        (hardening.id, ", ".join(host.host for host in hardening.hosts))
        for hardening in Journal().list_hardenings(str(inventory))
    )


def _iter_frameworks() -> Iterator[tuple[str, str]]:
    from auditor.audit.frameworks import clauses

    return ((file.stem, "") for file in sorted(clauses.FOLDER.glob("*.yml")))
