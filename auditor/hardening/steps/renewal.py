"""A plan held against its hosts as they are when their turn comes: a question waits, and so do later batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from auditor.hardening.health import other_endpoints
from auditor.hardening.plan import HardeningPlan, HostPlan
from auditor.hardening.steps.rollout_state import Rollout
from auditor.models import ControlId, Host, Text
from auditor.text.translations import make_text


def renew_stale_plans_of_hosts(rollout: Rollout, hosts: Sequence[Host]) -> tuple[Host, ...]:
    """Read hosts anew whose plan has become old, and leave out of it what may not be made any more.

    Return those with anything left.
    """
    if rollout.renewal is None or not rollout.renewal.is_plan_stale:
        return tuple(hosts)
    plan, facts = rollout.renewal.plan(hosts)
    present = {host_plan.host: host_plan for host_plan in plan.hosts}
    for host in hosts:
        agreed_plan = next(host_plan for host_plan in rollout.plan.hosts if host_plan.host == host.name)
        renewed_plan, why = intersect_plans(agreed_plan, present[host.name])
        rollout.dropped_controls.update({(host.name, control): reason for control, reason in why.items()})
        rollout.plan = HardeningPlan(
            hosts=tuple(renewed_plan if host_plan is agreed_plan else host_plan for host_plan in rollout.plan.hosts)
        )
        _record_renewed_plan(rollout, renewed_plan)
        if host.name in facts:
            effects = rollout.catalogue.collect_effects_of_fixes(
                change.control for change in renewed_plan.changes_to_be_made
            )
            rollout.endpoints = {
                **rollout.endpoints,
                host.name: other_endpoints.find_endpoints_besides_declared_sites(host, facts[host.name], effects),
            }
    return tuple(host for host in hosts if rollout.get_state_of_host(host.name) != "refused")


def _record_renewed_plan(rollout: Rollout, renewed_plan: HostPlan) -> None:
    touches = {change.control: change.touches for change in renewed_plan.changes_to_be_made}
    rollout.record.record_changes_of_hosts([renewed_plan.host], controls=tuple(touches), touches=touches)
    refusal = renewed_plan.refused or (None if renewed_plan.changes_to_be_made else NOTHING_LEFT)
    if refusal is not None:
        rollout.record.record_changes_of_hosts([renewed_plan.host], state="refused", why=refusal)


def intersect_plans(agreed_plan: HostPlan, present_plan: HostPlan) -> tuple[HostPlan, Mapping[ControlId, Text]]:
    """Return what may be made now of what was agreed to, never more, and why the rest may not."""
    due = {change.control: change for change in present_plan.changes_to_be_made}
    hold_reasons = {change.control: change.held for change in present_plan.held_changes if change.held is not None}
    changes, why = [], {}
    for change in agreed_plan.changes_to_be_made:
        present_change = due.get(change.control)
        if present_change is None:
            why[change.control] = explain_omitted_change(hold_reasons.get(change.control, _NOT_PLANNED))
            continue
        if present_change.aside and not change.aside:
            why[change.control] = explain_omitted_change(_OTHERS)
            continue
        sites = tuple(site for site in present_change.sites if site in change.sites)
        if sites or not present_change.sites:
            changes.append(present_change.model_copy(update={"sites": sites}))
        if change.control in hold_reasons and not set(change.sites) <= set(sites):
            why[change.control] = explain_omitted_change(hold_reasons[change.control])
    return HostPlan(
        host=agreed_plan.host, changes=(*changes, *agreed_plan.held_changes), refused=present_plan.refused
    ), why


def explain_omitted_change(why: Text) -> Text:
    """Return the reason of what was agreed to and is not made."""
    return make_text("not made, since the host is no longer as it was when the plan was made: {why}", why=why)


_OTHERS = make_text("now there are files that others could have written, which would be moved aside")
_NOT_PLANNED = make_text("it is no longer part of the plan")
NOTHING_LEFT = explain_omitted_change(make_text("nothing of it may be made any more"))
