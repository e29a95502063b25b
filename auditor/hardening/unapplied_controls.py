"""What a hardening was to put in force and did not: the audit afterwards decides, control by control. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from auditor.fleet.runner import PlaybookRun
from auditor.hardening.plan import HardeningPlan
from auditor.models import ControlId, Finding, Hardening, HostHardening, NotDone, Run, Status, Text
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import make_text, make_text_of_foreign_sentence

_MAX_SAID = 3
_MAX_LENGTH = 300


@dataclass(frozen=True)
class SkippedItem:
    """An item that a task left alone on a host, and why, in the host's words."""

    host: str
    area: str
    site: str | None
    message: str


def collect_items_refused_by_tasks(run: PlaybookRun) -> tuple[SkippedItem, ...]:
    """Return what tasks say that they let be: the ``refused`` of their answers."""
    return tuple(
        SkippedItem(task.host, task.role, site, message)
        for task in run.tasks
        if task.role is not None
        for site, message in _iter_refusals_in_task_result(task.result)
    )


def _iter_refusals_in_task_result(result: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
    results = result.get("results")
    for entry in results if isinstance(results, list) else [result]:
        if not isinstance(entry, Mapping):
            continue
        item = entry.get("item")
        domain = item.get("domain") if isinstance(item, Mapping) else None
        refusals = entry.get("refused")
        for each in refusals[:_MAX_SAID] if isinstance(refusals, list) else ():
            if isinstance(each, Mapping):
                yield (domain if isinstance(domain, str) else None), f"{each.get('path')}: {each.get('reason')}"


def record_controls_not_in_force_afterwards(
    hardening: Hardening,
    plan: HardeningPlan,
    audit_afterwards: Run,
    skipped_items: tuple[SkippedItem, ...] = (),
    dropped_controls: Mapping[tuple[str, ControlId], Text] = MappingProxyType({}),
) -> Hardening:
    """Return the hardening, saying of each confirmed host what of the plan the audit afterwards does not find in force.

    ``dropped_controls``: by host and control, why what was agreed to was not begun.
    """
    due = {
        host_plan.host: {change.control: change.sites for change in host_plan.changes_to_be_made}
        for host_plan in plan.hosts
    }

    def add_unapplied_controls_to_entry(entry: HostHardening) -> HostHardening:
        planned_controls = due.get(entry.host, {}) if entry.state == "confirmed" else {}
        unapplied_controls = tuple(
            NotDone(
                control=finding.control,
                subject=finding.subject,
                why=dropped_controls.get((finding.host, finding.control))
                or _explain_why_control_is_not_in_force(finding, skipped_items),
            )
            for finding in audit_afterwards.findings
            if finding.host == entry.host
            and finding.control in planned_controls
            and (finding.subject.kind == "host" or finding.subject.id in planned_controls[finding.control])
            and (finding.is_open or finding.status is Status.NOT_EVALUATED)
        )
        return entry.model_copy(update={"not_done": unapplied_controls})

    return hardening.model_copy(update={"hosts": tuple(map(add_unapplied_controls_to_entry, hardening.hosts))})


def find_hosts_not_evaluated_afterwards(hardening: Hardening, audit_afterwards: Run) -> frozenset[str]:
    """Return the hosts on which something that was planned could not be looked at afterwards."""
    unapplied_keys = {
        (entry.host, unapplied_control.control, unapplied_control.subject.id)
        for entry in hardening.hosts
        for unapplied_control in entry.not_done
    }
    return frozenset(
        finding.host
        for finding in audit_afterwards.findings
        if finding.status is Status.NOT_EVALUATED
        and (finding.host, finding.control, finding.subject.id) in unapplied_keys
    )


def _explain_why_control_is_not_in_force(finding: Finding, skipped_items: tuple[SkippedItem, ...]) -> Text:
    if finding.status is Status.NOT_EVALUATED:
        why = finding.reason or Text.make_same_in_both_languages("?")
        return make_text("it could not be looked at again: {why}", why=why)
    area = finding.control.partition(".")[0]
    messages = dict.fromkeys(
        item.message
        for item in skipped_items
        if item.host == finding.host and item.area == area and item.site in (None, finding.subject.id)
    )
    if messages:
        words = Text.join(translate_refusal_of_webroot_file(message) for message in list(messages)[:_MAX_SAID])
        return make_text("left alone: {words}", words=words)
    n = len(finding.violations)
    if n == 0:
        return make_text("the audit afterwards still finds it open")
    if n == 1:
        return make_text("the audit afterwards still finds it open, in 1 place")
    return make_text("the audit afterwards still finds it open, in {n} places", n=n)


def translate_refusal_of_webroot_file(message: str) -> Text:
    """Return ``PATH: why it was let be`` as ``webroot_file`` says it, in both languages.

    What it says otherwise is quoted.
    """
    line = escape_text_to_one_line(message, _MAX_LENGTH)
    path, _, reason = line.partition(": ")
    return (
        make_text_of_foreign_sentence("webroot_file", reason).with_prefix(path)
        if reason
        else Text.make_same_in_both_languages(line)
    )
