"""The tree of offices: who stands above and below whom, and who took over from whom. Pure.

An office that ceased has a ``successor``, which has its sites and papers now; the offices that stood below it stand
below what stood above it. A report, a waiver, an attestation and a change window all reach what
``list_units_within_unit`` gives. A paper that names an office that ceased goes on for what was that office's, and grows
to nothing else of its successor's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from auditor.models import Organisation, Unit, UnitId, windows


def resolve_successor(organisation: Organisation, unit: Unit) -> Unit:
    """Return the unit itself, or the one that has its tasks now."""
    seen_ids = {unit.id}
    while (
        successor := organisation.find_unit_by_id(unit.successor or "")
    ) is not None and successor.id not in seen_ids:
        unit = successor
        seen_ids.add(unit.id)
    return unit


def find_superior(organisation: Organisation, unit: Unit) -> Unit | None:
    """Return the unit that stands above a unit today, None at the top."""
    seen_ids = {unit.id}
    here = unit
    while (here_above := organisation.find_unit_by_id(here.parent or "")) is not None and here_above.id not in seen_ids:
        if here_above.successor is None:
            return here_above
        here = here_above
        seen_ids.add(here.id)
    heir = resolve_successor(organisation, here)
    return None if heir.id in (unit.id, here.id) else heir


def list_units_within_unit(organisation: Organisation, unit: Unit) -> tuple[Unit, ...]:
    """Return the unit, the units below it, and those that any of them took over from; in the order of the file."""
    ids = list_unit_ids_within_units(organisation, [unit.id])
    return tuple(candidate for candidate in organisation.units if candidate.id in ids)


def list_unit_ids_within_units(organisation: Organisation | None, unit_ids: Iterable[UnitId]) -> frozenset[UnitId]:
    """Return the ids of what is within any of these units, themselves included."""
    named_ids = frozenset(unit_ids)
    if organisation is None:
        return named_ids
    units = organisation.units
    return named_ids | {
        unit.id for unit in units if any(step.id in named_ids for step in iter_units_upward_to_top(organisation, unit))
    }


def iter_units_upward_to_top(organisation: Organisation, unit: Unit) -> Iterator[Unit]:
    """Yield the unit, then who took over from it or else stands above it, one after the other to the top."""
    here: Unit | None = unit
    seen_ids: set[UnitId] = set()
    while here is not None and here.id not in seen_ids:
        yield here
        seen_ids.add(here.id)
        here = organisation.find_unit_by_id(here.successor or "") or find_superior(organisation, here)


def list_change_windows_of_unit(
    organisation: Organisation, unit_id: UnitId | None
) -> tuple[windows.WeeklyTimeWindow, ...]:
    """Return the change windows of the unit, or else of the nearest office above that has some.

    Empty: at any time.
    """
    unit = organisation.find_unit_by_id(unit_id or "")
    window_lists = (
        office.windows for office in (iter_units_upward_to_top(organisation, unit) if unit is not None else ())
    )
    return tuple(windows.parse_weekly_time_window(text) for text in next(filter(None, window_lists), ()))


def list_units_reported_to(organisation: Organisation, unit: Unit) -> tuple[Unit, ...]:
    """Return whom a unit reports to: those named, each in its present shape; else the unit above it."""
    if unit.reports_to:
        return _resolve_unit_ids_to_successors(organisation, unit.reports_to)
    above = find_superior(organisation, unit)
    return (above,) if above else ()


def list_units_copied_on_reports(organisation: Organisation, unit: Unit) -> tuple[Unit, ...]:
    """Return who else receives what a unit writes, each in its present shape."""
    return _resolve_unit_ids_to_successors(organisation, unit.copies_to)


def _resolve_unit_ids_to_successors(organisation: Organisation, unit_ids: tuple[str, ...]) -> tuple[Unit, ...]:
    units = (unit for unit_id in unit_ids if (unit := organisation.find_unit_by_id(unit_id)) is not None)
    return tuple(
        {unit.id: unit for unit in (resolve_successor(organisation, former_unit) for former_unit in units)}.values()
    )
