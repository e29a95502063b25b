"""What would turn failing findings into passes, per host and site. No I/O."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import Field

from auditor.audit.controls import Catalogue, Disruption, Fix
from auditor.facts import HostFacts
from auditor.fleet.runner import AnsibleTask, PlaybookRun
from auditor.hardening import change_scope as meant
from auditor.hardening.safety import acceptance, dependents, in_use, preflight, untrusted_files
from auditor.hardening.safety.lockout import LockoutLosses
from auditor.models import ControlId, Domain, Finding, Host, Model, Run, Text
from auditor.text import line_diff
from auditor.text.redact import redact_secrets_in_unified_diff
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import make_text

MAX_DIFF = 20_000
"""Characters of a task's preview, and of each side that is compared for it."""
MAX_FOUND = 20
_MAX_NAME = 200
_MAX_ENTRIES = 100
_MAX_HEADER = 4_096
DISRUPTIONS: tuple[Disruption, ...] = ("none", "reload", "restart", "reboot")


class ControlChange(Model):
    """One control that would be put in force on a host, for some of its sites."""

    control: ControlId
    sites: tuple[Domain, ...] = ()
    disruption: Disruption
    danger: Text | None = None
    note: Text | None = None
    held: Text | None = Field(default=None, description="why it is shown but not made")
    aside: bool = Field(default=False, description="whether files that others could have written are moved aside")
    locks_out: tuple[str, ...] = Field(default=(), description="CONTROL:ACCOUNT of those it may lock out, as accepted")
    touches: tuple[str, ...] = Field(default=(), description="what it may change on this host, in the guard's words")
    found: tuple[str, ...] = Field(
        default=(), description="the names of what violates there, as far as it has any, without secrets"
    )
    found_total: int = Field(default=0, description="how many such names there are, as far as they were counted")


class HostPlan(Model):
    """The changes for one host, or why there can be none."""

    host: str
    changes: tuple[ControlChange, ...] = ()
    refused: Text | None = None
    unread: bool = Field(default=False, description="whether it is refused because it could not be read")

    @property
    def changes_to_be_made(self) -> tuple[ControlChange, ...]:
        """Return the changes that would be made."""
        return tuple(change for change in self.changes if change.held is None)

    @property
    def held_changes(self) -> tuple[ControlChange, ...]:
        """Return the changes that are held back, each with its reason."""
        return tuple(change for change in self.changes if change.held is not None)

    @property
    def worst_disruption(self) -> Disruption:
        """Return the worst of the changes that would be made."""
        return max((change.disruption for change in self.changes_to_be_made), key=DISRUPTIONS.index, default="none")


class HardeningPlan(Model):
    """The changes for every host."""

    hosts: tuple[HostPlan, ...]

    @property
    def has_no_changes_to_make(self) -> bool:
        """Return whether nothing would change anywhere."""
        return not any(host.changes_to_be_made for host in self.hosts)

    @property
    def has_unread_host(self) -> bool:
        """Return whether some host could not be read."""
        return any(host.unread for host in self.hosts)

    @property
    def total_of_held_changes(self) -> int:
        """Return how many changes are held back on all hosts together."""
        return sum(len(host.held_changes) for host in self.hosts)

    def build_luytre_plan_variable(self) -> dict[str, dict[str, list[str]]]:
        """Return the roles' ``luytre_plan``: host to control id to domains. Holds what is due, and nothing else."""
        return {
            host.host: {change.control: list(change.sites) for change in host.changes_to_be_made}
            for host in self.hosts
            if host.changes_to_be_made
        }

    def build_luytre_asides_variable(self) -> dict[str, list[str]]:
        """Return the roles' ``luytre_asides``: host to the controls for which that is accepted."""
        asides = {
            host.host: [change.control for change in host.changes_to_be_made if change.aside] for host in self.hosts
        }
        return {host: controls for host, controls in asides.items() if controls}

    def build_luytre_lost_variable(self) -> dict[str, list[str]]:
        """Return the roles' ``luytre_lost``: host to whom which control may lock out, as CONTROL:ACCOUNT."""
        lost_accounts = {
            host.host: sorted({account for change in host.changes_to_be_made for account in change.locks_out})
            for host in self.hosts
        }
        return {host: names for host, names in lost_accounts.items() if names}


def make_hardening_plan(
    catalogue: Catalogue,
    run: Run,
    facts: Mapping[str, HostFacts],
    *,
    only_sites: frozenset[str] = frozenset(),
    accepted_controls: frozenset[str] = frozenset(),
    https: Mapping[Domain, Text] | None = None,
    linked_listings: Mapping[Domain, Text] | None = None,
    behind: Mapping[str, Text] | None = None,
    addresses: Mapping[str, str] | None = None,
) -> HardeningPlan:
    """Return a plan for every host of the run, from its open findings that have an automated fix.

    Waived ones are let be.

    With ``only_sites`` those sites' own findings alone count: a host's fixes touch its other sites too. What
    ``preflight`` objects to is refused or held; so is, by ``untrusted_files``, what would make others' files root's.
    ``accepted_controls`` are the controls whose danger is accepted for this run, also outside of change windows; those
    that the inventory accepts count for danger alone. ``https``: sites to what is wrong with their HTTPS as it answers
    the controller; ``linked_listings``: to the lists of files that their pages lead to; ``behind``: hosts to those that
    the inventory reaches through them; ``addresses`` and names of hosts, besides those of the run's. The present is the
    moment at which the run ended.
    """
    open_findings = [
        f
        for f in run.findings
        if f.is_open and catalogue[f.control].fix and (not only_sites or f.subject.id in only_sites)
    ]
    host_by_address = {
        **(addresses or {}),
        **{address: host.name for host in run.hosts for address in (host.name, host.address)},
    }
    beyond = _ExternalFacts(
        https or {},
        linked_listings or {},
        behind or {},
        dependents.find_ports_other_hosts_depend_on(facts, host_by_address),
    )
    return HardeningPlan(
        hosts=tuple(
            _make_host_plan(catalogue, run, host, facts.get(host.name), open_findings, accepted_controls, beyond)
            for host in run.hosts
        )
    )


@dataclass(frozen=True)
class _ExternalFacts:
    """The facts that no host says of itself."""

    https: Mapping[Domain, Text]
    linked_listings: Mapping[Domain, Text]
    behind: Mapping[str, Text]
    needs: Mapping[str, tuple[dependents.PortDependency, ...]]


def merge_changes_to_be_made_of_plans(plans: Sequence[HardeningPlan]) -> HardeningPlan:
    """Return what any of the plans would change; of what is held back, nothing."""
    due: dict[str, dict[str, ControlChange]] = {}
    for host in (host for plan in plans for host in plan.hosts):
        changes = due.setdefault(host.host, {})
        for change in host.changes_to_be_made:
            other = changes.get(change.control, change)
            changes[change.control] = change.model_copy(
                update={
                    "sites": tuple(dict.fromkeys((*other.sites, *change.sites))),
                    "touches": tuple(dict.fromkeys((*other.touches, *change.touches))),
                }
            )
    return HardeningPlan(
        hosts=tuple(HostPlan(host=host, changes=tuple(changes.values())) for host, changes in due.items())
    )


def _make_host_plan(
    catalogue: Catalogue,
    run: Run,
    host: Host,
    facts: HostFacts | None,
    findings: list[Finding],
    accepted_controls: frozenset[str],
    beyond: _ExternalFacts,
) -> HostPlan:
    if facts is None or "system" not in facts.data:
        return HostPlan(host=host.name, refused=_explain_unread_host(run, host, facts), unread=True)
    own = [finding for finding in findings if finding.host == host.name]
    sites: dict[str, list[str]] = {}
    for finding in own:
        domains = [finding.subject.id] if finding.subject.kind == "site" else [site.domain for site in host.sites]
        sites.setdefault(finding.control, []).extend(domains)
    fixes = {
        name: fix for name in catalogue.controls_by_id if name in sites and (fix := catalogue[name].fix) is not None
    }
    wait_reasons = acceptance.find_controls_awaiting_acceptance_or_window(
        fixes, host, run.organisation, accepted_controls, run.ended_at
    )
    agreed_controls = {*accepted_controls, *host.accept}
    violations = {name: [violation for f in own if f.control == name for violation in f.violations] for name in fixes}
    touches = {
        name: meant.resolve_touches_on_host_by_violations(fix.touches, violations[name]) for name, fix in fixes.items()
    }
    odd = {name: _ODD_PATH for name, host_touches in touches.items() if host_touches is None}
    suspect_files = {name: untrusted_files.find_untrusted_files(own, name) for name in fixes}
    doubtful = {
        name: why
        for name, files in suspect_files.items()
        if (why := untrusted_files.explain_hold_for_untrusted_files(name, files, is_accepted=name in agreed_controls))
        is not None
    }
    allowed_fixes = {name: fix for name, fix in fixes.items() if name not in {**wait_reasons, **odd, **doubtful}}
    objections = preflight.find_objections(
        preflight.PreflightInput(
            host, allowed_fixes, own, facts, run.started_at, run.ended_at, beyond.https, frozenset(agreed_controls)
        )
    )
    if objections.refusal is not None:
        return HostPlan(host=host.name, refused=objections.refusal)
    used = in_use.find_usage_lost_by_fixes(host, facts, fixes, beyond.linked_listings, beyond.behind.get(host.name))
    losses = preflight.find_people_locked_out_by_plan(
        preflight.PreflightInput(
            host, fixes, own, facts, run.started_at, run.ended_at, beyond.https, frozenset(agreed_controls)
        )
    )
    wait_and_loss_reasons = {
        name: _join_reasons(why, losses.hold_reasons.get(name)) for name, why in wait_reasons.items()
    }
    in_use_reasons = _collect_in_use_reasons(used, wait_and_loss_reasons, agreed_controls)
    objection_reasons = {
        name: _join_reasons(why, None if name in wait_reasons else in_use_reasons.get(name))
        for name, why in objections.hold_reasons.items()
    }
    hold_reasons = {**odd, **in_use_reasons, **doubtful, **objection_reasons}
    cut = dependents.find_controls_closing_needed_ports(
        host, facts.build_context_for_control_expressions(), fixes, beyond.needs.get(host.name, ()), agreed_controls
    )
    hold_reasons |= {
        name: _join_reasons(hold_reasons[name], why) if name in hold_reasons else why for name, why in cut.items()
    }
    changes = []
    for name, fix in fixes.items():
        lost_uses = {} if name in agreed_controls or name in hold_reasons else used.sites.get(name, {})
        apart = {
            **{
                site: in_use.explain_hold_for_usage(name, what)
                for site, what in lost_uses.items()
                if site in sites[name]
            },
            **objections.sites.get(name, {}),
        }
        change = ControlChange(
            control=name,
            disruption=fix.disruption,
            danger=fix.danger,
            note=fix.note
            if hold_reasons.get(name)
            else untrusted_files.describe_files_moved_aside(suspect_files[name])
            or _choose_note(fix, used, losses, name, agreed_controls),
            held=hold_reasons.get(name),
            aside=bool(suspect_files[name]) and name not in hold_reasons,
            locks_out=tuple(
                accepted_name
                for accepted_name in sorted(agreed_controls)
                if accepted_name.partition(":")[0] == name and ":" in accepted_name
            ),
            touches=touches[name] or (),
        )
        others = tuple(site for site in sites[name] if site not in apart)
        if others or not apart:
            changes.append(change.model_copy(update={"sites": others, **_name_and_count_violations(own, name, others)}))
        changes += [
            change.model_copy(update={"sites": (site,), "held": why, **_name_and_count_violations(own, name, (site,))})
            for site, why in apart.items()
        ]
    return HostPlan(host=host.name, changes=tuple(changes))


def _name_and_count_violations(
    findings: Sequence[Finding], control: ControlId, sites: Collection[Domain]
) -> dict[str, Any]:
    """Return what violates the control on its host, or on these of its sites: the first names, and the number."""
    members = [
        violation
        for finding in findings
        if finding.control == control and (finding.subject.kind == "host" or finding.subject.id in sites)
        for violation in finding.violations
    ]
    names = dict.fromkeys(name for member in members if (name := _get_display_name_of_violation(member)) is not None)
    return {"found": tuple(names)[:MAX_FOUND], "found_total": len(names)}


_NAMED_BY = ("path", "file", "name", "database", "user", "account", "domain", "package", "process", "line")


def _get_display_name_of_violation(member: Any) -> str | None:
    """Return what a person knows it by; None for what has no name, and for a path alone.

    That may be one that was only tried.
    """
    if isinstance(member, str):
        return None if member.startswith("/") or not member else escape_text_to_one_line(member, _MAX_NAME)
    if not isinstance(member, Mapping):
        return None
    key = next((key for key in _NAMED_BY if isinstance(member.get(key), str | int)), None)
    if key is None:
        return None
    at = member.get("host") if key == "user" else None
    return escape_text_to_one_line(
        f"{member[key] or "''"}@{at}" if isinstance(at, str) else str(member[key]), _MAX_NAME
    )


def _collect_in_use_reasons(
    used: in_use.UsageReport, wait_reasons: Mapping[str, Text], agreed_controls: set[str]
) -> dict[str, Text]:
    """Return, with the reason, controls that need a person's agreement or take from the host what is in use."""
    reasons = {
        name: in_use.explain_hold_for_usage(name, what)
        for name, what in used.hosts.items()
        if name not in agreed_controls
    }
    return reasons | {
        name: _join_reasons(why, used.describe_usage_lost_by_control(name)) for name, why in wait_reasons.items()
    }


def _choose_note(
    fix: Fix, used: in_use.UsageReport, losses: LockoutLosses, name: str, agreed_controls: set[str]
) -> Text | None:
    if name in losses.accepted_losses:
        return losses.accepted_losses[name]
    what = used.describe_usage_lost_by_control(name) if name in agreed_controls else None
    return fix.note if what is None else in_use.explain_accepted_loss_of_usage(what, fix.note)


def _join_reasons(reason: Text, other: Text | None) -> Text:
    return reason if other is None else Text.join((reason, other))


def _explain_unread_host(run: Run, host: Host, facts: HostFacts | None) -> Text:
    if facts is not None:
        why = Text.make_same_in_both_languages(facts.errors.get("system", "?"))
    else:
        why = next(
            (outcome.reason for outcome in run.outcomes if outcome.host == host.name and outcome.reason),
            Text.make_same_in_both_languages("?"),
        )
    return make_text("the host could not be read, so nothing is changed: {why}", why=why)


_ODD_PATH = make_text("the host reports a path with unusual characters: check and fix it manually")


# --- the preview: what a check run of the same plan says it would change -------------------------------


class TaskPreview(Model):
    """One task that would change the host, with its diff."""

    host: str
    name: str
    diff: str


def list_changing_tasks_of_check_run(run: PlaybookRun) -> tuple[TaskPreview, ...]:
    """Return the tasks that a check run reports as changes, diffs redacted."""
    return tuple(
        TaskPreview(host=task.host, name=task.name, diff=_render_redacted_diff_of_task(task))
        for task in run.tasks
        if task.outcome == "changed"
    )


def _render_redacted_diff_of_task(task: AnsibleTask) -> str:
    results = task.result.get("results")
    entries = task.result.get("diff") or [
        entry.get("diff") for entry in (results if isinstance(results, list) else ()) if isinstance(entry, dict)
    ]
    parts, room = [], MAX_DIFF
    for part in filter(
        None, map(_render_redacted_diff_entry, islice(_iter_diff_entries_of_nested_lists(entries), _MAX_ENTRIES))
    ):
        parts.append(part[:room])
        room -= len(part) + 1
        if room <= 0:
            break
    return "\n".join(parts)


def _iter_diff_entries_of_nested_lists(entries: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(entries, list):
        for entry in entries:
            yield from _iter_diff_entries_of_nested_lists(entry)
    elif isinstance(entries, dict):
        yield entries


def _render_redacted_diff_entry(entry: Mapping[str, Any]) -> str:
    if "prepared" in entry:
        prepared_diff = str(entry["prepared"])[:MAX_DIFF]
        return redact_secrets_in_unified_diff(prepared_diff, *_HEADER.findall(prepared_diff))
    before, after = (_split_diff_side_into_lines(entry.get(side)) for side in ("before", "after"))
    old, new = (str(entry.get(f"{side}_header", side))[:_MAX_HEADER] for side in ("before", "after"))
    diff_text = "\n".join(line_diff.iter_unified_diff_lines(before, after, old, new))
    return redact_secrets_in_unified_diff(diff_text, old, new, side_labels=("\n".join(before), "\n".join(after)))


_HEADER = re.compile(r"^(?:---|\+\+\+) (\S{1,4096})", re.MULTILINE)
"""The files of a diff that a module made itself."""


def _split_diff_side_into_lines(side: Any) -> list[str]:
    if isinstance(side, dict):
        return "\n".join(f"{key}: {str(value)[:MAX_DIFF]}" for key, value in sorted(side.items()))[
            :MAX_DIFF
        ].splitlines()
    return str(side or "")[:MAX_DIFF].splitlines()
