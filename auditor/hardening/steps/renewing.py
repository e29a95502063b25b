"""A plan held against its hosts as they are when their turn comes: a question waits, and so do later batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from auditor.hardening.plan import HostPlan, Plan
from auditor.hardening.serving import beside
from auditor.hardening.steps.rolling import Rolling
from auditor.models import ControlId, Host, Text


def renew(rolling: Rolling, hosts: Sequence[Host]) -> tuple[Host, ...]:
    """Read hosts anew whose plan has become old, and leave out of it what may not be made any more. Return those with anything left."""
    if rolling.renewal is None or not rolling.renewal.is_due:
        return tuple(hosts)
    plan, facts = rolling.renewal.plan(hosts)
    present = {one.host: one for one in plan.hosts}
    for host in hosts:
        agreed = next(one for one in rolling.plan.hosts if one.host == host.name)
        renewed, why = still(agreed, present[host.name])
        rolling.dropped.update({(host.name, control): reason for control, reason in why.items()})
        rolling.plan = Plan(hosts=tuple(renewed if one is agreed else one for one in rolling.plan.hosts))
        _record(rolling, renewed)
        if host.name in facts:
            effects = rolling.catalogue.effects(change.control for change in renewed.due)
            rolling.beside = {**rolling.beside, host.name: beside.of(host, facts[host.name], effects)}
    return tuple(host for host in hosts if rolling.state(host.name) != "refused")


def _record(rolling: Rolling, renewed: HostPlan) -> None:
    touches = {change.control: change.touches for change in renewed.due}
    rolling.record.put([renewed.host], controls=tuple(touches), touches=touches)
    refused = renewed.refused or (None if renewed.due else NOTHING_LEFT)
    if refused is not None:
        rolling.record.put([renewed.host], state="refused", why=refused)


def still(agreed: HostPlan, present: HostPlan) -> tuple[HostPlan, Mapping[ControlId, Text]]:
    """Return what may be made now of what was agreed to, never more, and why the rest may not."""
    due = {change.control: change for change in present.due}
    held = {change.control: change.held for change in present.held if change.held is not None}
    kept, why = [], {}
    for change in agreed.due:
        found = due.get(change.control)
        if found is None:
            why[change.control] = since(held.get(change.control, _GONE))
            continue
        if found.aside and not change.aside:
            why[change.control] = since(_OTHERS)
            continue
        sites = tuple(site for site in found.sites if site in change.sites)
        if sites or not found.sites:
            kept.append(found.model_copy(update={"sites": sites}))
        if change.control in held and not set(change.sites) <= set(sites):
            why[change.control] = since(held[change.control])
    return HostPlan(host=agreed.host, changes=(*kept, *agreed.held), refused=present.refused), why


def since(why: Text) -> Text:
    """Return the reason of what was agreed to and is not made."""
    return Text(
        vi=f"không làm, vì máy chủ đã khác lúc lập kế hoạch: {why.vi}",
        en=f"not made, since the host is no longer as it was when the plan was made: {why.en}",
    )


_OTHERS = Text(
    vi="nay có tệp mà người khác đã có thể sửa, phải dời sang chỗ khác",
    en="now there are files that others could have written, which would be moved aside",
)
_GONE = Text(vi="không còn thuộc kế hoạch", en="it is no longer part of the plan")
NOTHING_LEFT = since(Text(vi="không còn thay đổi nào được phép làm", en="nothing of it may be made any more"))
