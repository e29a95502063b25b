"""One audit: read the hosts, evaluate the controls, make the run.

What judges is imported when there is something to judge: the hosts are asked first.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

from auditor import __version__
from auditor.fleet.collect import collect
from auditor.fleet.discover import LOCAL, with_found_sites
from auditor.models import Host, HostOutcome, Inventory, LeftOut, Run, Text, clock
from auditor.models.incidents import PLACES, OpenIncident, Standing, Unrecorded
from auditor.models.ranks import FOR_GOOD

if TYPE_CHECKING:
    from auditor.audit.controls import Catalogue
    from auditor.facts import HostFacts
    from auditor.indicators.compared import Comparison

Purpose = Literal["audit", "before", "after"]


def audit(
    inventory: Inventory,
    catalogue: Catalogue | Callable[[], Catalogue],
    hosts: Sequence[Host],
    *,
    purpose: Purpose = "audit",
    watch: Callable[[str], None] | None = None,
    meanwhile: Callable[[], object] | None = None,
) -> tuple[Run, Mapping[str, HostFacts]]:
    """Read and judge ``hosts``; a host that cannot be read has all its controls not_evaluated, with the reason.

    Waivers and attestations count as on the day in Vietnam at the start. The catalogue may be given as what loads it:
    without such papers it is needed only when the hosts have been read. ``meanwhile`` is done while they are being read.
    Raises InputError for a paper on a control that does not exist.
    """
    started, began = clock.now(), time.monotonic()
    if inventory.waivers or inventory.attestations:
        from auditor.audit.inventory_fit import check_controls

        check_controls(inventory, _here(catalogue))

    def ahead() -> None:
        prepare(_here(catalogue))
        if meanwhile is not None:
            meanwhile()

    comparison = compare(inventory, clock.day(started))
    asked = (comparison.asked,) if comparison else ()
    facts, outcomes = collect(inventory.path, hosts, watch, ahead, *asked)
    run = judge(
        inventory, _here(catalogue), hosts, facts, outcomes, started=started, purpose=purpose, comparison=comparison
    )
    return run.model_copy(update={"seconds": round(time.monotonic() - began, 3)}), facts


def compare(inventory: Inventory, today: date) -> Comparison | None:
    """The comparison with the imported indicators that hold; None when none does."""
    from auditor.indicators import ours, store

    against = ours.against(store.all_indicators(), inventory, today)
    if not against:
        return None
    from auditor.indicators.compared import Comparison

    return Comparison(against)


def _here(catalogue: Catalogue | Callable[[], Catalogue]) -> Catalogue:
    return catalogue() if callable(catalogue) else catalogue


def prepare(catalogue: Catalogue) -> None:
    """Have what judges, and what facts are made of, before the hosts answer."""
    from auditor import facts
    from auditor.audit import evaluate, hunts, reviews, waivers  # noqa: F401  loaded ahead
    from auditor.vulnerabilities import store  # noqa: F401  loaded ahead

    evaluate.prepare(catalogue)
    facts.areas()


def judge(
    inventory: Inventory,
    catalogue: Catalogue,
    hosts: Sequence[Host],
    facts: Mapping[str, HostFacts],
    outcomes: Sequence[HostOutcome],
    *,
    started: datetime,
    purpose: Purpose = "audit",
    comparison: Comparison | None = None,
) -> Run:
    """The run that these facts make, with the vulnerability data that was imported; ``outcomes`` in the order of ``hosts``."""
    from auditor.audit import authorizations, only_here, statements
    from auditor.audit.evaluate import evaluate_host, not_evaluated
    from auditor.audit.hunts import judge as judge_hunts
    from auditor.audit.hunts import with_traces
    from auditor.audit.reviews import judge as judge_looks
    from auditor.audit.waivers import mark
    from auditor.indicators.compared import NONE
    from auditor.vulnerabilities import store

    if inventory == LOCAL:
        hosts = [with_found_sites(host, facts[host.name]) if host.name in facts else host for host in hosts]
    stated = statements.in_force(inventory, clock.day(started))
    with store.known() as published:
        findings = [
            finding
            for host, outcome in zip(hosts, outcomes, strict=True)
            for finding in (
                evaluate_host(
                    catalogue,
                    host,
                    facts[host.name],
                    inventory.records.get(host.name),
                    published,
                    stated.get(host.name, {}),
                    comparison.area(facts[host.name], host, inventory.looks) if comparison else NONE,
                )
                if host.name in facts
                else not_evaluated(catalogue, host, outcome.reason or _UNREAD)
            )
        ]
        data = published.sources
    marked = mark(inventory, catalogue, hosts, findings, clock.day(started))
    seen = judge_looks(catalogue, hosts, inventory.looks, inventory.accepted, started)
    hunted = judge_hunts(catalogue, hosts, inventory.hunts, inventory.accepted, started)
    return Run(
        id=f"{clock.compact(started)}-{secrets.token_hex(3)}",
        started=clock.stamp(started),
        seconds=round((clock.now() - started).total_seconds(), 3),
        version=__version__,
        inventory=inventory.path,
        purpose=purpose,
        hosts=tuple(hosts),
        outcomes=tuple(_with_what_is_kept(outcome, facts.get(outcome.host)) for outcome in outcomes),
        findings=(*with_traces(marked.findings, hosts, inventory.hunts), *seen.findings, *hunted.findings),
        organisation=inventory.organisation,
        waivers=marked.waivers,
        reviews=seen.reviewed,
        only_here=only_here.find(hosts, facts, inventory.looks, inventory.hunts),
        authorizations=authorizations.uses(inventory, clock.day(started)),
        hunts=hunted.hunted,
        contained=tuple(
            _on_record(one, facts) for one in inventory.contained if one.host in {host.name for host in hosts}
        ),
        unrecorded=tuple(_unrecorded(inventory, facts)),
        incidents=_open_on(inventory, hosts),
        left_out=_left_out(inventory, hosts),
        vulnerability_data=data,
    )


def _with_what_is_kept(outcome: HostOutcome, facts: HostFacts | None) -> HostOutcome:
    """With those facts that a run keeps besides its findings."""
    data = facts.data if facts is not None else {}
    record = getattr(data.get("integrity"), "record", None)
    protection = getattr(data.get("services"), "protection", None)
    return outcome.model_copy(
        update={
            "record": record.digest if record is not None else outcome.record,
            "protection": tuple(protection) if protection is not None else None,
        }
    )


def _open_on(inventory: Inventory, hosts: Sequence[Host]) -> tuple[OpenIncident, ...] | None:
    if inventory.incidents is None:
        return None
    names = [name for host in hosts for name in (host.name, *(site.domain for site in host.sites))]
    return tuple(one for one in inventory.incidents if one.covers(*names))


def _on_record(one: Standing, facts: Mapping[str, HostFacts]) -> Standing:
    """With whether its host has it on record, where that was read whole."""
    there = _actions(facts.get(one.host))
    return one if there is None else one.model_copy(update={"there": (PLACES[one.means], one.name) in there})


def _unrecorded(inventory: Inventory, facts: Mapping[str, HostFacts]) -> Iterator[Unrecorded]:
    """What hosts have on record of incidents and the case log does not have in force; nothing where nobody looked into it. What is cleaned stays on record."""
    known = {(one.host, PLACES[one.means], one.name) for one in inventory.contained}
    lasting = {place for means, place in PLACES.items() if means not in FOR_GOOD}
    for host, data in facts.items() if inventory.incidents is not None else ():
        for place, action in sorted(_actions(data) or ()):
            if place in lasting and (host, place, action) not in known:
                yield Unrecorded(host=host, action=action, place=place)


def _actions(facts: HostFacts | None) -> set[tuple[str, str]] | None:
    told = facts.context("containments").get("containments") if facts is not None else None
    if told is None or told["more"]:
        return None
    return {(one["place"], one["action"]) for one in told["actions"]}


def _left_out(inventory: Inventory, hosts: Sequence[Host]) -> tuple[LeftOut, ...]:
    read = {host.name for host in hosts}
    return tuple(
        LeftOut(host=host.name, sites=tuple(site.domain for site in host.sites))
        for host in inventory.hosts
        if host.name not in read
    )


_UNREAD = Text(vi="không đọc được máy chủ", en="the host could not be read")
