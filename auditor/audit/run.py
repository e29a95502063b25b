"""One audit: read the hosts, evaluate the controls, make the run.

``judgement`` is loaded when the hosts have been asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import ModuleType
from typing import TYPE_CHECKING

from auditor.fleet.collect import collect
from auditor.indicators import own_assets, store
from auditor.models import Host, Inventory, PriorState, Run, clock

if TYPE_CHECKING:  # what facts are made of takes longer to load than the hosts to be asked
    from auditor.audit.assessors.assessment import Purpose
    from auditor.audit.controls import Catalogue
    from auditor.facts import HostFacts
    from auditor.indicators.matches import IndicatorComparison


@dataclass(frozen=True)
class WhileReading:
    """What happens here while hosts are being read."""

    watch: Callable[[str], None] | None = None
    """Told the name of each that has answered."""
    meanwhile: Callable[[], object] | None = None
    """Done once, until they answer."""


NOTHING = WhileReading()


def audit_hosts(
    inventory: Inventory,
    prior_state: PriorState,
    catalogue: Catalogue | None,
    hosts: Sequence[Host],
    *,
    purpose: Purpose = "audit",
    while_reading: WhileReading = NOTHING,
) -> tuple[Run, Mapping[str, HostFacts]]:
    """Read and judge ``hosts``; a host that cannot be read has all its controls not_evaluated, with the reason.

    Waivers and attestations count as on the day in Vietnam at the start. A catalogue that is not given is loaded:
    without such papers only when the hosts have been asked. Raises InputError for a paper on a control that does not
    exist.
    """
    started_at, began = clock.now(), time.monotonic()
    if inventory.waivers or inventory.attestations:
        catalogue = _check_papers(inventory, catalogue)

    def ahead() -> None:
        judgement = load_judgement()
        judgement.preload_judging_modules(catalogue or judgement.load_catalogue())
        if while_reading.meanwhile is not None:
            while_reading.meanwhile()

    comparison = build_comparison_with_indicators(inventory, clock.convert_moment_to_vietnam_day(started_at))
    area_requests = (comparison.fact_request,) if comparison else ()
    facts, outcomes = collect(inventory.path, hosts, while_reading.watch, ahead, *area_requests)
    judgement = load_judgement()
    run: Run = judgement.judge_collected_facts(
        judgement.AuditInput(
            inventory,
            prior_state,
            catalogue or judgement.load_catalogue(),
            hosts,
            facts,
            outcomes,
            started_at=started_at,
            purpose=purpose,
            comparison=comparison,
        )
    )
    return run.model_copy(update={"seconds": round(time.monotonic() - began, 3)}), facts


def load_judgement() -> ModuleType:
    """Return ``auditor.audit.judgement``, loaded while the hosts answer."""
    from auditor.audit import judgement  # noqa: PLC0415  the hosts are asked first

    return judgement


def _check_papers(inventory: Inventory, catalogue: Catalogue | None) -> Catalogue:
    """Return the catalogue. Raises InputError for a paper on a control that does not exist."""
    from auditor.audit import controls, inventory_fit  # noqa: PLC0415  only where there are papers

    catalogue = catalogue or controls.load_catalogue()
    inventory_fit.check_controls_of_papers(inventory, catalogue)
    return catalogue


def build_comparison_with_indicators(inventory: Inventory, today: date) -> IndicatorComparison | None:
    """Return the comparison with the imported indicators that hold; None when none does."""
    against = own_assets.build_index_without_own_assets(store.load_indicators(), inventory, today)
    if not against:
        return None
    from auditor.indicators.matches import IndicatorComparison  # noqa: PLC0415  only where there are indicators

    return IndicatorComparison(against)
