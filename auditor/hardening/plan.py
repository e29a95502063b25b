"""What would turn failing findings into passes, per host and site. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field

from auditor.audit.controls import Catalogue, Disruption, Fix
from auditor.facts import HostFacts
from auditor.hardening import change_scope as meant
from auditor.hardening.safety import acceptance, dependents, in_use, preflight, untrusted_files
from auditor.hardening.safety.lockout import LockoutLosses
from auditor.models import ControlId, Domain, Finding, Host, Model, Run, Text
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import make_text

MAX_FOUND = 20
_MAX_NAME = 200
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


@dataclass(frozen=True)
class OutsideFacts:
    """The facts that no host says of itself."""

    https: Mapping[Domain, Text] = field(default_factory=dict)
    """Sites to what is wrong with their HTTPS as it answers the controller."""
    linked_listings: Mapping[Domain, Text] = field(default_factory=dict)
    """Sites to the lists of files that their pages lead to."""
    behind: Mapping[str, Text] = field(default_factory=dict)
    """Hosts to those that the inventory reaches through them."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Addresses and names of hosts, besides those of the run's."""


NOTHING_FROM_OUTSIDE = OutsideFacts()


def make_hardening_plan(
    catalogue: Catalogue,
    run: Run,
    facts: Mapping[str, HostFacts],
    *,
    only_sites: frozenset[str] = frozenset(),
    accepted_controls: frozenset[str] = frozenset(),
    outside: OutsideFacts = NOTHING_FROM_OUTSIDE,
) -> HardeningPlan:
    """Return a plan for every host of the run, from its open findings that have an automated fix.

    Waived ones are let be.

    With ``only_sites`` those sites' own findings alone count: a host's fixes touch its other sites too. What
    ``preflight`` objects to is refused or held; so is, by ``untrusted_files``, what would make others' files root's.
    ``accepted_controls`` are the controls whose danger is accepted for this run, also outside of change windows; those
    that the inventory accepts count for danger alone. The present is the moment at which the run ended.
    """
    open_findings = [
        f
        for f in run.findings
        if f.is_open and catalogue[f.control].fix and (not only_sites or f.subject.id in only_sites)
    ]
    host_by_address = {
        **outside.addresses,
        **{address: host.name for host in run.hosts for address in (host.name, host.address)},
    }
    scope = _PlanScope(
        catalogue,
        run,
        open_findings,
        accepted_controls,
        outside,
        dependents.find_ports_other_hosts_depend_on(facts, host_by_address),
    )
    return HardeningPlan(hosts=tuple(_make_host_plan(scope, host, facts.get(host.name)) for host in run.hosts))


@dataclass(frozen=True)
class _PlanScope:
    """What the plans of all hosts are made from."""

    catalogue: Catalogue
    run: Run
    findings: Sequence[Finding]
    accepted_controls: frozenset[str]
    outside: OutsideFacts
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


def _make_host_plan(scope: _PlanScope, host: Host, facts: HostFacts | None) -> HostPlan:
    if facts is None or "system" not in facts.data:
        return HostPlan(host=host.name, refused=_explain_unread_host(scope.run, host, facts), unread=True)
    return _HostPlanner(scope, host, facts).make_plan()


class _HostPlanner:
    """The plan of one host while it is made: its open findings, and the fixes for them."""

    def __init__(self, scope: _PlanScope, host: Host, facts: HostFacts) -> None:
        self._scope, self._host, self._facts = scope, host, facts
        self._own = [finding for finding in scope.findings if finding.host == host.name]
        self._sites: dict[str, list[str]] = {}
        for finding in self._own:
            domains = [finding.subject.id] if finding.subject.kind == "site" else [site.domain for site in host.sites]
            self._sites.setdefault(finding.control, []).extend(domains)
        self._fixes = {
            name: fix
            for name in scope.catalogue.controls_by_id
            if name in self._sites and (fix := scope.catalogue[name].fix) is not None
        }
        self._agreed_controls = frozenset({*scope.accepted_controls, *host.accept})
        self._touches = {
            name: meant.resolve_touches_on_host_by_violations(fix.touches, self._list_violations_of_control(name))
            for name, fix in self._fixes.items()
        }
        self._suspect_files = {name: untrusted_files.find_untrusted_files(self._own, name) for name in self._fixes}

    def _list_violations_of_control(self, name: ControlId) -> list[Any]:
        return [violation for finding in self._own if finding.control == name for violation in finding.violations]

    def make_plan(self) -> HostPlan:
        """Return the plan; nothing but a refusal where something objects to every change."""
        wait_reasons = acceptance.find_controls_awaiting_acceptance_or_window(
            self._fixes,
            self._host,
            self._scope.run.organisation,
            self._scope.accepted_controls,
            self._scope.run.ended_at,
        )
        odd, doubtful = self._collect_file_reasons()
        objections = preflight.find_objections(
            self._make_preflight_input(
                {name: fix for name, fix in self._fixes.items() if name not in {**wait_reasons, **odd, **doubtful}}
            )
        )
        if objections.refusal is not None:
            return HostPlan(host=self._host.name, refused=objections.refusal)
        outside = self._scope.outside
        used = in_use.find_usage_lost_by_fixes(
            self._host, self._facts, self._fixes, outside.linked_listings, outside.behind.get(self._host.name)
        )
        losses = preflight.find_people_locked_out_by_plan(self._make_preflight_input(self._fixes))
        wait_and_loss_reasons = {
            name: _join_reasons(why, losses.hold_reasons.get(name)) for name, why in wait_reasons.items()
        }
        in_use_reasons = _collect_in_use_reasons(used, wait_and_loss_reasons, self._agreed_controls)
        objection_reasons = {
            name: _join_reasons(why, None if name in wait_reasons else in_use_reasons.get(name))
            for name, why in objections.hold_reasons.items()
        }
        hold_reasons = self._add_reasons_of_needed_ports({**odd, **in_use_reasons, **doubtful, **objection_reasons})
        changes = [
            change
            for name in self._fixes
            for change in self._split_change_by_site(
                self._make_change(name, hold_reasons, used, losses),
                {
                    **self._explain_usage_lost_by_site(name, hold_reasons, used),
                    **objections.sites.get(name, {}),
                },
            )
        ]
        return HostPlan(host=self._host.name, changes=tuple(changes))

    def _collect_file_reasons(self) -> tuple[dict[str, Text], dict[str, Text]]:
        """Return why controls are held for odd paths, and why for files that others could have written."""
        odd = {name: _ODD_PATH for name, host_touches in self._touches.items() if host_touches is None}
        doubtful = {
            name: why
            for name, files in self._suspect_files.items()
            if (
                why := untrusted_files.explain_hold_for_untrusted_files(
                    name, files, is_accepted=name in self._agreed_controls
                )
            )
            is not None
        }
        return odd, doubtful

    def _make_preflight_input(self, fixes: Mapping[str, Fix]) -> preflight.PreflightInput:
        run = self._scope.run
        return preflight.PreflightInput(
            self._host,
            fixes,
            self._own,
            self._facts,
            run.started_at,
            run.ended_at,
            self._scope.outside.https,
            self._agreed_controls,
        )

    def _add_reasons_of_needed_ports(self, reasons: Mapping[str, Text]) -> dict[str, Text]:
        """Return the reasons with those of controls that would close ports which other hosts depend on."""
        cut = dependents.find_controls_closing_needed_ports(
            self._host,
            self._facts.build_context_for_control_expressions(),
            self._fixes,
            self._scope.needs.get(self._host.name, ()),
            self._agreed_controls,
        )
        return {
            **reasons,
            **{name: _join_reasons(reasons[name], why) if name in reasons else why for name, why in cut.items()},
        }

    def _explain_usage_lost_by_site(
        self, name: ControlId, hold_reasons: Mapping[str, Text], used: in_use.UsageReport
    ) -> dict[Domain, Text]:
        """Return why sites go without a control that is put in force on others."""
        if name in self._agreed_controls or name in hold_reasons:
            return {}
        return {
            site: in_use.explain_hold_for_usage(name, what)
            for site, what in used.sites.get(name, {}).items()
            if site in self._sites[name]
        }

    def _make_change(
        self, name: ControlId, hold_reasons: Mapping[str, Text], used: in_use.UsageReport, losses: LockoutLosses
    ) -> ControlChange:
        """Return the change of a control, for no sites yet."""
        fix, suspect_files = self._fixes[name], self._suspect_files[name]
        note = fix.note
        if not hold_reasons.get(name):
            note = untrusted_files.describe_files_moved_aside(suspect_files) or _choose_note(
                fix, used, losses, name, self._agreed_controls
            )
        return ControlChange(
            control=name,
            disruption=fix.disruption,
            danger=fix.danger,
            note=note,
            held=hold_reasons.get(name),
            aside=bool(suspect_files) and name not in hold_reasons,
            locks_out=tuple(
                accepted_name
                for accepted_name in sorted(self._agreed_controls)
                if accepted_name.partition(":")[0] == name and ":" in accepted_name
            ),
            touches=self._touches[name] or (),
        )

    def _split_change_by_site(self, change: ControlChange, apart: Mapping[Domain, Text]) -> Iterator[ControlChange]:
        """Yield the change for its sites together, then, held, for each that is ``apart`` and why."""
        others = tuple(site for site in self._sites[change.control] if site not in apart)
        if others or not apart:
            yield self._copy_change_for_sites(change, others)
        for site, why in apart.items():
            yield self._copy_change_for_sites(change, (site,), held=why)

    def _copy_change_for_sites(self, change: ControlChange, sites: tuple[Domain, ...], **values: Text) -> ControlChange:
        found = _name_and_count_violations(self._own, change.control, sites)
        return change.model_copy(update={"sites": sites, **values, **found})


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
    used: in_use.UsageReport, wait_reasons: Mapping[str, Text], agreed_controls: Collection[str]
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
    fix: Fix, used: in_use.UsageReport, losses: LockoutLosses, name: str, agreed_controls: Collection[str]
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
