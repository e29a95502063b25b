"""A control taken back: the files that it shares with others in force are written anew without it."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.audit.controls import Catalogue
from auditor.hardening.harden import Hardened, harden
from auditor.hardening.journal import Journal
from auditor.hardening.plan import Change, HostPlan, Plan
from auditor.hardening.rollout import Options
from auditor.hardening.touches import declared
from auditor.models import ControlId, HostHardening, Inventory


def release(
    inventory: Inventory,
    catalogue: Catalogue,
    journal: Journal,
    entries: Sequence[HostHardening],
    control: ControlId,
    run_id: str,
    by_wish: frozenset[str] = frozenset(),
) -> Hardened:
    """Write anew, without the control, the files that it shares with others in force. As safe as a hardening.

    The hardening is not sound when a host would not serve as before without the control; that host is as it was.
    ``run_id``: of the audit before it. The caller holds the journal's lock. Raises Interrupted and Stopped as ``harden`` does.
    """
    names = {entry.host for entry in entries}
    hosts = [host for host in inventory.hosts if host.name in names]
    beside = [one.fix for one in catalogue.controls if one.area == catalogue[control].area and one.fix]
    touches = tuple(sorted({touch for fix in beside for touch in declared(fix.touches)}))
    change = Change(control=control, disruption="reload", touches=touches)
    plan = Plan(hosts=tuple(HostPlan(host=host.name, changes=(change,)) for host in hosts))
    options = Options(by_wish=by_wish)
    return harden(inventory, hosts, plan, catalogue, journal, run_id, options, release=[control])
