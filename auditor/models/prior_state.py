"""What was known of an inventory's hosts and sites before an audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from auditor.models.exceptions.record import ExceptionTerms
from auditor.models.hunts import Hunt
from auditor.models.incidents import ActiveContainment, OpenIncident
from auditor.models.reviews import Scan, TraceAcceptance


@dataclass(frozen=True)
class PriorState:
    """What the history keeps of an inventory: ``auditor.history.prior_state`` loads it."""

    scans: tuple[Scan, ...] = ()
    """The last of each site."""
    hunts: tuple[Hunt, ...] = ()
    """The last on each host."""
    acceptances: tuple[TraceAcceptance, ...] = ()
    """Of traces, by the inventory's offices, whether or not they hold on the day."""
    record_digests: Mapping[str, str] = field(default_factory=dict)
    """By host, of the record of its files that a hardening made or an audit first saw."""
    containments: tuple[ActiveContainment, ...] = ()
    """By incidents, on its hosts."""
    trusted_folders: tuple[ExceptionTerms, ...] = ()
    """Whose files are known to be good by an office's word alone."""
    open_incidents: tuple[OpenIncident, ...] | None = None
    """None: the case log was not read."""


NOTHING_KNOWN = PriorState()
"""Of what no history keeps, as of this machine audited by itself."""
