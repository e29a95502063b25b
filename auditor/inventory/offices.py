"""The tree of offices: who stands above and below whom, and who took over from whom. Pure.

An office that ceased has a ``successor``, which has its sites and papers now; the offices that stood below it stand below
what stood above it.
"""

from __future__ import annotations

from auditor.models import Organisation, Unit


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
    return tuple(one for one in organisation.units if _reaches(organisation, today(organisation, one), unit))


def _reaches(organisation: Organisation, start: Unit, unit: Unit) -> bool:
    here: Unit | None = start
    seen: set[str] = set()
    while here is not None and here.id not in seen:
        if here.id == unit.id:
            return True
        seen.add(here.id)
        here = superior(organisation, here)
    return False


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
