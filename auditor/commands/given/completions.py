"""What the shell offers for a value that is being typed. A mistake in the inventory offers nothing: the command will tell."""

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

Offered = Iterable[tuple[str, str]]
"""Values, each with what is said of it."""


def hosts_and_sites(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The names that ``--limit`` takes."""
    return _in_a_list(incomplete, lambda: _hosts_and_sites(_inventory(ctx)))


def sites(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The domains of the inventory's sites."""
    return _in_a_list(incomplete, lambda: _sites(_inventory(ctx)))


def units(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The ids of the offices."""
    return _fitting(incomplete, lambda: _units(_inventory(ctx)))


def controls(incomplete: str) -> list[tuple[str, str]]:
    """The ids of all controls."""
    return _fitting(incomplete, lambda: _controls(mended=False))


def fixes(incomplete: str) -> list[tuple[str, str]]:
    """The ids of the controls with an automated fix."""
    return _in_a_list(incomplete, lambda: _controls(mended=True))


def runs(incomplete: str) -> list[tuple[str, str]]:
    """The ids of the newest kept runs."""
    return _fitting(incomplete, _runs)


def hardenings(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The ids of the inventory's hardenings."""
    return _fitting(incomplete, lambda: _hardenings(_inventory(ctx)))


def frameworks(incomplete: str) -> list[tuple[str, str]]:
    """The keys of the standards and laws whose clauses are known."""
    return _fitting(incomplete, _frameworks)


def formats(incomplete: str) -> list[tuple[str, str]]:
    """What ``--format`` takes."""
    from auditor.report.formats import Format

    return _in_a_list(incomplete, lambda: ((form.value, "") for form in Format))


def _fitting(incomplete: str, offer: Callable[[], Offered]) -> list[tuple[str, str]]:
    with suppress(InputError, OSError):
        return [
            (value, _MARKS.sub(" ", told))
            for value, told in offer()
            if value.startswith(incomplete) and _PLAIN.fullmatch(value)
        ]
    return []


def _in_a_list(incomplete: str, offer: Callable[[], Offered]) -> list[tuple[str, str]]:
    """For the last name of those separated by commas; a name that is there is not offered again."""
    before, comma, last = incomplete.rpartition(",")
    there = before.split(",")
    return [(f"{before}{comma}{value}", told) for value, told in _fitting(last, offer) if value not in there]


def _inventory(ctx: typer.Context) -> Path:
    from auditor.commands.given.options import DEFAULT_INVENTORY

    return Path(ctx.params.get("inventory") or DEFAULT_INVENTORY)


def _hosts_and_sites(inventory: Path) -> Iterator[tuple[str, str]]:
    from auditor.inventory import hosts

    for host in hosts.load(inventory).hosts:
        yield host.name, host.address
        yield from ((site.domain, host.name) for site in host.sites)


def _sites(inventory: Path) -> Iterator[tuple[str, str]]:
    from auditor.inventory import hosts

    return ((site.domain, site.host) for site in hosts.load(inventory).sites)


def _units(inventory: Path) -> Iterator[tuple[str, str]]:
    from auditor.inventory import organisation

    known = organisation.load(inventory)
    return ((unit.id, unit.name) for unit in (known.units if known is not None else ()))


def _controls(*, mended: bool) -> Iterator[tuple[str, str]]:
    import os

    from auditor.audit import controls as catalogue_files
    from auditor.text import language

    lang = language.of((), os.environ)
    for control in catalogue_files.load().controls:
        if control.fix is not None or not mended:
            yield control.id, control.title.get(lang)


def _runs() -> Iterator[tuple[str, str]]:
    from auditor.history.runs import History

    return ((entry.id, entry.started) for entry in History().entries(limit=_RUNS))


def _hardenings(inventory: Path) -> Iterator[tuple[str, str]]:
    from auditor.hardening.journal import Journal

    return ((one.id, ", ".join(host.host for host in one.hosts)) for one in Journal().all(str(inventory)))


def _frameworks() -> Iterator[tuple[str, str]]:
    from auditor.audit.frameworks import clauses

    return ((file.stem, "") for file in sorted(clauses.FOLDER.glob("*.yml")))
