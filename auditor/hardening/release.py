"""A control taken back: the files that it shares with others in force are written anew without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from auditor.audit.controls import Catalogue
from auditor.hardening.change_scope import select_touches_known_without_host
from auditor.hardening.harden import HardeningOrder, HardeningResult, harden_hosts_in_batches
from auditor.hardening.journal import Journal
from auditor.hardening.plan import ControlChange, HardeningPlan, HostPlan
from auditor.hardening.rollout import RolloutOptions
from auditor.models import ControlId, HostHardening, Inventory, Run


@dataclass(frozen=True)
class ControlRelease:
    """A control that is taken back on hosts."""

    control: ControlId
    entries: Sequence[HostHardening]
    before: Run
    """The audit before it, of the same hosts."""
    by_wish: frozenset[str] = frozenset()
    """Sites whose responses do not count."""


def release_control_from_shared_files(
    inventory: Inventory, catalogue: Catalogue, journal: Journal, release: ControlRelease
) -> HardeningResult:
    """Write anew, without the control, the files that it shares with others in force. As safe as a hardening.

    The hardening is not sound when a host would not serve as before without the control; that host is as it was. The
    caller holds the journal's lock. Raises HardeningInterrupt and HardeningStopError as ``harden_hosts_in_batches``
    does.
    """
    control = release.control
    names = {entry.host for entry in release.entries}
    hosts = [host for host in inventory.hosts if host.name in names]
    beside = [
        area_control.fix
        for area_control in catalogue.controls
        if area_control.area == catalogue[control].area and area_control.fix
    ]
    touches = tuple(sorted({touch for fix in beside for touch in select_touches_known_without_host(fix.touches)}))
    change = ControlChange(control=control, disruption="reload", touches=touches)
    plan = HardeningPlan(hosts=tuple(HostPlan(host=host.name, changes=(change,)) for host in hosts))
    options = RolloutOptions(by_wish=release.by_wish)
    return harden_hosts_in_batches(
        HardeningOrder(inventory, hosts, plan, catalogue, journal, release.before.id, options, release=[control])
    )
