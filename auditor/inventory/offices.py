"""The tree of offices: who stands above and below whom, and who took over from whom. Pure.

An office that ceased has a ``successor``, which has its sites and papers now; the offices that stood below it stand below
what stood above it. A report, a waiver, an attestation and a change window all reach what is ``within`` a unit. A paper
that names an office that ceased goes on for what was that office's, and grows to nothing else of its successor's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from auditor.models import Organisation, Unit, UnitId, windows


def today(organisation: Organisation, unit: Unit) -> Unit:
    """The unit itself, or the one that has its tasks now."""
    seen = {unit.id}
    while (following := organisation.unit(unit.successor or "")) is not None and following.id not in seen:
        unit = following
        seen.add(unit.id)
    return unit


def superior(organisation: Organisation, unit: Unit) -> Unit | None:
    """The unit that stands above a unit today, None at the top."""
    seen = {unit.id}
    here = unit
    while (here_above := organisation.unit(here.parent or "")) is not None and here_above.id not in seen:
        if here_above.successor is None:
            return here_above
        here = here_above
        seen.add(here.id)
    heir = today(organisation, here)
    return None if heir.id in (unit.id, here.id) else heir


def within(organisation: Organisation, unit: Unit) -> tuple[Unit, ...]:
    """The unit, the units below it, and those that any of them took over from; in the order of the file."""
    ids = all_within(organisation, [unit.id])
    return tuple(one for one in organisation.units if one.id in ids)


def all_within(organisation: Organisation | None, unit_ids: Iterable[UnitId]) -> frozenset[UnitId]:
    """The ids of what is within any of these units, themselves included."""
    named = frozenset(unit_ids)
    if organisation is None:
        return named
    known = organisation.units
    return named | {one.id for one in known if any(step.id in named for step in upward(organisation, one))}


def upward(organisation: Organisation, unit: Unit) -> Iterator[Unit]:
    """The unit, then who took over from it or else stands above it, one after the other to the top."""
    here: Unit | None = unit
    seen: set[UnitId] = set()
    while here is not None and here.id not in seen:
        yield here
        seen.add(here.id)
        here = organisation.unit(here.successor or "") or superior(organisation, here)


def windows_of(organisation: Organisation, unit_id: UnitId | None) -> tuple[windows.Window, ...]:
    """The change windows of the unit, or else of the nearest on its way ``upward`` that has some; empty: at any time."""
    unit = organisation.unit(unit_id or "")
    declared = (one.windows for one in (upward(organisation, unit) if unit is not None else ()))
    return tuple(windows.parse(text) for text in next(filter(None, declared), ()))


def addressees(organisation: Organisation, unit: Unit) -> tuple[Unit, ...]:
    """Whom a unit reports to: those named, each in its present shape; else the unit above it."""
    if unit.reports_to:
        return _present(organisation, unit.reports_to)
    above = superior(organisation, unit)
    return (above,) if above else ()


def copied(organisation: Organisation, unit: Unit) -> tuple[Unit, ...]:
    """Who else receives what a unit writes, each in its present shape."""
    return _present(organisation, unit.copies_to)


def _present(organisation: Organisation, ids: tuple[str, ...]) -> tuple[Unit, ...]:
    known = (unit for unit_id in ids if (unit := organisation.unit(unit_id)) is not None)
    return tuple({unit.id: unit for unit in (today(organisation, one) for one in known)}.values())
