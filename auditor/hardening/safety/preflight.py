"""What must not be done to a host, judged before anything is touched. Pure.

Two kinds of objection. The whole host is *refused* where no change is safe or could be undone: it could not be read, it
is not ours to change, its clock is wrong, another run is open on it, its disk is too full for a snapshot, or a planned
change would shut out the very account, key, rights, address or port by which this program reaches it; whoever planned
that has misjudged the host, so nothing else is changed either. A change is *held* where it alone does harm: it is shown
with its reason and left out, and the others are made. Held too are changes whose ``danger`` nobody accepted by name,
and all changes, harmless ones as well, outside of a declared change window; an acceptance lifts these two, never an
objection. Only what would then be made is judged.

Where facts are missing, a change that could lock somebody out is held; what merely could not be foreseen is left to the
roles and the guard, which check again on the host itself, where nothing can have changed since.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from auditor.audit.controls import Fix, select_controls_by_fix_effects
from auditor.audit.effects import Effect
from auditor.facts import HostFacts
from auditor.facts import site as sites
from auditor.fleet.error_messages import explain_missing_fact_area, is_message_of_untrusted_program
from auditor.hardening import change_scope
from auditor.hardening.safety import certificates, foreign_daemons, lockout, logins, writable_config
from auditor.models import ControlId, Domain, Finding, Host, Text
from auditor.text.redact import redact_secrets_in_text
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import make_text

SUPPORTED_SYSTEMS = {("debian", "12"), ("debian", "13")}
CLOCK_SECONDS = 300
SNAPSHOT_BYTES = 24 * 1024 * 1024
"""The guard takes no snapshot with less than this to spare; how much more it needs, it measures on the host."""


@dataclass(frozen=True)
class Objections:
    """The objections to a host's plan."""

    refusal: Text | None = None
    """Why the host is left alone altogether."""
    hold_reasons: Mapping[str, Text] = field(default_factory=dict)
    """Control to why its change is held."""
    sites: Mapping[str, Mapping[Domain, Text]] = field(default_factory=dict)
    """Control to site to why its change is held for that site alone."""


@dataclass(frozen=True)
class PreflightInput:
    """Input of a preflight: what is judged of one host.

    These are its fixes by control that would be made, its open findings, and what was read of it.
    """

    host: Host
    fixes: Mapping[str, Fix]
    findings: Sequence[Finding]
    facts: HostFacts
    started_at: datetime
    """When reading began, by the controller's clock."""
    ended_at: datetime
    """When reading had ended, by the controller's clock."""
    https: Mapping[Domain, Text] = field(default_factory=dict)
    """Sites to what was wrong with their HTTPS when it was tried from here."""
    accepted_names: frozenset[str] = frozenset()
    """What somebody accepts for this host, by name."""

    @cached_property
    def facts_by_area(self) -> dict[str, Any]:
        """Return the host's facts by area, as plain data."""
        return self.facts.build_context_for_control_expressions()

    @property
    def own_ssh_connection(self) -> Mapping[str, Any] | None:
        """Return the SSH connection that the facts came by."""
        ssh_connection: Mapping[str, Any] | None = self.facts_by_area["system"]["connection"]
        return ssh_connection

    @property
    def own_account(self) -> str | None:
        """Return the account by which this program comes in."""
        return (self.own_ssh_connection["user"] if self.own_ssh_connection else None) or self.host.automation_user

    @property
    def firewall_facts_if_planned(self) -> Mapping[str, Any] | None:
        """Return the firewall's facts, where one of its controls is planned."""
        is_planned = any(control.startswith("firewall.") for control in self.fixes)
        firewall_facts: Mapping[str, Any] | None = self.facts_by_area.get("firewall") if is_planned else None
        return firewall_facts

    @property
    def planned_ssh_access_changes(self) -> dict[str, Callable[[Any], Any]]:
        """Return the planned controls that decide who gets in, with what they do."""
        spared_accounts = ("root", "postgres", self.own_account)
        shells = [
            name
            for name in self.iter_accounts_violating_controls(
                self.select_planned_controls_by_effects(Effect.TAKES_SHELLS)
            )
            if name not in spared_accounts
        ]
        networks = (
            self.host.trusted_networks
            if self.firewall_facts_if_planned is not None and not self.firewall_facts_if_planned["managers"]
            else ()
        )
        return logins.select_controls_that_change_ssh_access(self.fixes, networks, shells)

    def select_planned_controls_by_effects(self, *effects: Effect) -> tuple[ControlId, ...]:
        """Return the planned controls that have any of these effects."""
        return select_controls_by_fix_effects(self.fixes, *effects)

    @property
    def areas_with_configuration_closed_first(self) -> frozenset[str]:
        """Return the areas whose configuration is closed to others before anything else is done to it."""
        return frozenset(
            control.partition(".")[0]
            for control in self.select_planned_controls_by_effects(Effect.CLOSES_CONFIGURATION)
        )

    def iter_accounts_violating_controls(self, controls: Collection[ControlId]) -> Iterator[str]:
        """Yield the accounts among the violations of these controls."""
        members = (
            violation for finding in self.findings if finding.control in controls for violation in finding.violations
        )
        yield from (
            str(member.get("account") or member.get("name")) for member in members if isinstance(member, Mapping)
        )

    def iter_planned_controls_violated_by_account(self, area: str, account: str) -> Iterator[str]:
        """Yield the planned controls of an area that have this account among their violations."""
        for finding in self.findings:
            if finding.control in self.fixes and finding.control.startswith(f"{area}."):
                members = (member for member in finding.violations if isinstance(member, dict))
                if any(account in (member.get("account"), member.get("name")) for member in members):
                    yield finding.control


def find_objections(case: PreflightInput) -> Objections:
    """Return all that stands against the plan."""
    refusals = [text for judge in _REFUSE for text in judge(case)]
    if refusals:
        return Objections(refusal=Text.join(refusals))
    hold_reasons: dict[str, Text] = {}
    for judge in _HOLD:
        for control, why in judge(case):
            hold_reasons.setdefault(control, why)
    return Objections(hold_reasons=hold_reasons, sites=_find_holds_of_single_sites(case))


# --- the whole host --------------------------------------------------------------------------------------


def _refuse_unsupported_system_or_panel(case: PreflightInput) -> Iterator[Text]:
    system = case.facts_by_area["system"]
    name = system["os"]["name"] or "?"
    if (system["os"]["id"], system["os"]["version"].split(".")[0]) not in SUPPORTED_SYSTEMS:
        yield make_text("the operating system {name} is untested: audited only, never changed", name=name)
    if system["machine_panels"]:
        panels = ", ".join(system["machine_panels"])
        yield make_text(
            ("the control panel {panels} owns this host's configuration: audited only, never changed"), panels=panels
        )


def _refuse_wrong_clock(case: PreflightInput) -> Iterator[Text]:
    slow = case.started_at.timestamp() - case.facts.collected_at
    fast = case.facts.collected_at - case.ended_at.timestamp()
    if max(slow, fast) > CLOCK_SECONDS:
        minutes = int(max(slow, fast) // 60)
        if slow > fast:
            yield make_text(
                "the host's clock is {minutes} minutes behind this machine's: set it first", minutes=minutes
            )
        else:
            yield make_text(
                "the host's clock is {minutes} minutes ahead of this machine's: set it first", minutes=minutes
            )


def _refuse_unfinished_hardening_run(case: PreflightInput) -> Iterator[Text]:
    armed_run = case.facts_by_area.get("past_runs", {}).get("armed")
    if armed_run and armed_run["timer"]:
        yield make_text(
            ("the run {armed_run} is in progress on this host: wait until it has ended or reverted itself"),
            armed_run=armed_run["run"],
        )
    elif armed_run:
        yield make_text(
            ("the run {armed_run} was neither confirmed nor reverted on this host: revert it first"),
            armed_run=armed_run["run"],
        )


def _refuse_too_little_disk_space(case: PreflightInput) -> Iterator[Text]:
    free = case.facts_by_area["system"]["free_bytes"]
    if free is not None and free < SNAPSHOT_BYTES:
        yield make_text(
            ("the disk of /var/lib has {free} MB left, too little to keep a way back: make room first"), free=free >> 20
        )


def _refuse_firewall_against_own_address(case: PreflightInput) -> Iterator[Text]:
    firewall, networks = case.firewall_facts_if_planned, case.host.trusted_networks
    if (
        not case.select_planned_controls_by_effects(Effect.CLOSES_OTHER_NETWORKS)
        or firewall is None
        or firewall["managers"]
        or not networks
        or case.own_ssh_connection is None
    ):
        return
    source = case.own_ssh_connection["source"]
    if not logins.is_address_within_networks(source, networks):
        yield make_text(
            (
                "the firewall would block this very connection (from {source}): add its network to "
                "luytre_trusted_networks"
            ),
            source=source,
        )


def _refuse_closing_of_own_ssh_port(case: PreflightInput) -> Iterator[Text]:
    if case.own_ssh_connection is None:
        return
    port, firewall = case.own_ssh_connection["port"], case.firewall_facts_if_planned
    closes_port = firewall is not None and not firewall["managers"] and port not in firewall["ssh"]["ports"]
    services = (
        case.facts_by_area.get("services")
        if case.select_planned_controls_by_effects(Effect.STOPS_UNNEEDED_SERVICES)
        else None
    )
    unneeded_services = services["unneeded"] if services else ()
    stopped_units = {each["unit"] for each in unneeded_services if each["port"] not in case.host.open_ports}
    listeners = services["listeners"] if services else ()
    if closes_port or any(each["port"] == port and each["unit"] in stopped_units for each in listeners):
        yield make_text("the changes would close the SSH port in use ({port})", port=port)


def _refuse_loss_of_own_account_rights(case: PreflightInput) -> Iterator[Text]:
    account = case.own_account
    if account is None or account == "root":
        return
    harmless = case.select_planned_controls_by_effects(Effect.CLOSES_HOMES)
    if _has_key_that_opens_account(case, account):
        harmless += case.select_planned_controls_by_effects(Effect.LOCKS_EMPTY_PASSWORDS)
    for control in (
        *case.iter_planned_controls_violated_by_account("accounts", account),
        *case.iter_planned_controls_violated_by_account("sudo", account),
    ):
        if control not in harmless:
            yield make_text(
                ("{control} would take rights from {account}, the very account that this program uses"),
                control=control,
                account=account,
            )


def _has_key_that_opens_account(case: PreflightInput, account: str) -> bool:
    return logins.has_facts_on_accounts_sudo_and_sshd(case.facts_by_area) and logins.can_key_alone_open_account(
        case.facts_by_area, account
    )


def _refuse_lockout_of_own_account(case: PreflightInput) -> Iterator[Text]:
    account, connection = case.own_account, case.own_ssh_connection
    if account is None or not logins.has_facts_on_accounts_sudo_and_sshd(case.facts_by_area):
        return
    closing_controls = case.select_planned_controls_by_effects(Effect.CLOSES_PASSWORDS)
    if case.host.by_password and closing_controls:
        yield _explain_own_password_login_lockout(closing_controls)
        return
    if account == "root":
        closing_controls += case.select_planned_controls_by_effects(Effect.CLOSES_ROOT_PASSWORDS, Effect.CLOSES_ROOT)
    ssh_changes = {
        control: effect for control, effect in case.planned_ssh_access_changes.items() if control.startswith("ssh.")
    }
    source, port = (connection["source"], connection["port"]) if connection else ("", 0)
    taking_controls = logins.find_controls_that_take_our_own_way_in(
        case.facts_by_area, account, source, port, ssh_changes, closing_controls
    )
    if taking_controls:
        by = f"{account}@{source}:{port}" if connection else account
        yield make_text(
            (
                "{taking_controls} would lock out {account}, the very account that this program uses "
                "({by}): it has no SSH key that works after the change"
            ),
            taking_controls=", ".join(taking_controls),
            account=account,
            by=by,
        )


_REFUSE: tuple[Callable[[PreflightInput], Iterator[Text]], ...] = (
    *(
        _refuse_unsupported_system_or_panel,
        _refuse_wrong_clock,
        _refuse_unfinished_hardening_run,
        _refuse_too_little_disk_space,
    ),
    *(
        _refuse_firewall_against_own_address,
        _refuse_closing_of_own_ssh_port,
        _refuse_loss_of_own_account_rights,
        _refuse_lockout_of_own_account,
    ),
)


# --- single changes --------------------------------------------------------------------------------------


def find_people_locked_out_by_plan(case: PreflightInput) -> lockout.LockoutLosses:
    """Return whom the planned changes would lock out: who came in of late, and who is declared."""
    if not logins.has_facts_on_accounts_sudo_and_sshd(case.facts_by_area):
        return lockout.LockoutLosses(hold_reasons=dict.fromkeys(case.planned_ssh_access_changes, _LOGINS_UNKNOWN))
    return lockout.describe_lockouts_by_control(
        logins.find_ways_in_lost_to_controls(
            case.facts_by_area, case.host.admins, case.planned_ssh_access_changes, case.accepted_names
        )
    )


def _find_controls_that_lock_people_out(case: PreflightInput) -> Iterator[tuple[str, Text]]:
    """Yield each change that would leave somebody, or everybody, without a way in, and why."""
    yield from find_people_locked_out_by_plan(case).hold_reasons.items()
    if logins.has_facts_on_accounts_sudo_and_sshd(case.facts_by_area):
        with_keys = set(logins.list_accounts_able_to_administer_by_key(case.facts_by_area))
        closing_controls = (
            case.select_planned_controls_by_effects(Effect.CLOSES_PASSWORDS, Effect.CLOSES_ROOT_PASSWORDS)
            if not with_keys
            else ()
        )
        closing_controls = (
            *closing_controls,
            *(case.select_planned_controls_by_effects(Effect.CLOSES_ROOT) if with_keys <= {"root"} else ()),
        )
        yield from ((control, _NO_WAY_IN) for control in closing_controls)


def _find_controls_against_other_firewall(case: PreflightInput) -> Iterator[tuple[str, Text]]:
    firewall = case.firewall_facts_if_planned
    if firewall is not None and firewall["managers"] and not firewall["others_deny"]:
        managers = ", ".join(firewall["managers"])
        for control in case.fixes:
            if control.startswith("firewall."):
                yield (
                    control,
                    make_text(
                        (
                            "{managers} is in charge of this host's firewall: have it deny by default or retire "
                            "it, then run again"
                        ),
                        managers=managers,
                    ),
                )


def _find_controls_waiting_for_package_manager(case: PreflightInput) -> Iterator[tuple[str, Text]]:
    updates = case.facts_by_area.get("updates")
    if updates is None or not (updates["busy"] or updates["unfinished"]):
        return
    why = _PACKAGES_UNFINISHED if updates["unfinished"] else _PACKAGES_BUSY
    for control, fix in case.fixes.items():
        if change_scope.has_package_install_among_touches(
            fix.touches
        ) or change_scope.has_package_upgrade_among_touches(fix.touches):
            yield control, why


def _find_changes_untestable_by_daemon(case: PreflightInput) -> Iterator[tuple[str, Text]]:
    """Yield each change that a daemon could not test as root, for another account has a say in what it believes."""
    confined_units = {entry["unit"] for entry in case.facts_by_area.get("services", {}).get("confinement", ())}
    confining_controls = case.select_planned_controls_by_effects(Effect.CONFINES_SERVICES)
    for area, fact, folder, unit in _CONFIG_TESTS:
        error = case.facts.errors.get(area, "")
        why = case.facts_by_area.get(area, {}).get("untold", {}).get(fact) or (
            error if is_message_of_untrusted_program(error) else None
        )
        if why is None or area in case.areas_with_configuration_closed_first:
            continue
        explanation = explain_missing_fact_area(why)
        is_concerned = any(re.fullmatch(unit, name) for name in confined_units)
        for control, fix in case.fixes.items():
            if change_scope.is_any_touch_within_place(fix.touches, folder) or (
                is_concerned and control in confining_controls
            ):
                yield (
                    control,
                    make_text("it cannot be tested first: {explanation}", explanation=explanation),
                )


_CONFIG_TESTS = (
    ("nginx", "config_ok", "/etc/nginx/", r"nginx\.service"),
    ("apache", "config_ok", "/etc/apache2/", r"apache2\.service"),
    ("php_fpm", "", "/etc/php/", r"php[0-9.]+-fpm\.service"),
    ("mariadb", "start_fault", "/etc/mysql/", r"mariadb\.service"),
)
"""Area; the fact that its daemon's own test gives, empty where without it none of the area's is told.

The folder of its settings; its units.
"""


def _find_controls_that_stop_forwarding(case: PreflightInput) -> Iterator[tuple[str, Text]]:
    """Yield each control that would stop packets from being sent on to a container or another machine, and why."""
    forwardings = case.facts_by_area.get("firewall", {}).get("published", ())
    stopping_controls = case.select_planned_controls_by_effects(Effect.STOPS_FORWARDING) if forwardings else ()
    if stopping_controls:
        ports = ", ".join(
            f"{each['port'] or '*'} → {escape_text_to_one_line(each['target'], 60)}" for each in forwardings[:10]
        )
        why = make_text(
            ("the host sends packets on (port {ports}): take that away first if it is no longer used"), ports=ports
        )
        yield from ((control, why) for control in stopping_controls)


def _find_changes_before_daemon_cannot_start(case: PreflightInput) -> Iterator[tuple[str, Text]]:
    """Yield each change after which a daemon reads its files or starts anew, where it would not start as it is now."""
    web = (("nginx", "nginx", "/etc/nginx/"), ("apache", "Apache", "/etc/apache2/"))
    faults = [
        (name, folder, case.facts_by_area[area]["config_message"] or "?")
        for area, name, folder in web
        if case.facts_by_area.get(area, {}).get("config_ok") is False
    ]
    if message := case.facts_by_area.get("mariadb", {}).get("start_fault"):
        faults += [("MariaDB", place, message) for place in ("unit:mariadb.service", "/etc/mysql/")]
    for name, scope, fault in faults:
        message = escape_text_to_one_line(redact_secrets_in_text(fault), 200)
        why = make_text(
            ("{name} would not restart in its current state ({message}): fix that, then run again"),
            name=name,
            message=message,
        )
        yield from (
            (control, why)
            for control, fix in case.fixes.items()
            if change_scope.is_any_touch_within_place(fix.touches, scope)
        )


def _find_controls_breaking_nginx_certificates(case: PreflightInput) -> Iterator[tuple[str, Text]]:
    """Yield each change after which nginx would not load a certificate, and why."""
    why = certificates.find_certificates_nginx_would_not_load(case.facts_by_area)
    if why is not None:
        yield from ((control, why) for control in case.select_planned_controls_by_effects(Effect.RAISES_TLS_LEVEL))


_HOLD: tuple[Callable[[PreflightInput], Iterator[tuple[str, Text]]], ...] = (
    lambda case: foreign_daemons.find_controls_beside_configuration_in_force(case.fixes, case.facts_by_area),
    lambda case: writable_config.find_controls_changing_loose_files(
        case.fixes, case.findings, case.facts_by_area, case.areas_with_configuration_closed_first
    ),
    _find_controls_that_lock_people_out,
    _find_controls_against_other_firewall,
    _find_controls_waiting_for_package_manager,
    _find_changes_untestable_by_daemon,
    _find_controls_that_stop_forwarding,
    _find_changes_before_daemon_cannot_start,
    _find_controls_breaking_nginx_certificates,
)


def _find_holds_of_single_sites(case: PreflightInput) -> dict[str, dict[Domain, Text]]:
    """Return what is held for single sites, by control."""
    unloadable = certificates.find_certificates_apache_would_not_load(case.host, case.facts_by_area)
    planned_controls = case.select_planned_controls_by_effects(Effect.RAISES_TLS_LEVEL) if unloadable else ()
    holds = {
        **_find_sites_whose_https_fails(case),
        **_select_sites_open_with_reason(case, planned_controls, unloadable),
    }
    names = {site.domain: frozenset((site.domain, *site.aliases)) for site in case.host.sites}
    for control, domain, why in writable_config.find_site_controls_changing_loose_files(
        case.fixes, case.findings, case.facts_by_area, names, case.areas_with_configuration_closed_first
    ):
        holds[control] = {domain: why, **holds.get(control, {})}
    return holds


def _select_sites_open_with_reason(
    case: PreflightInput, controls: Collection[ControlId], reasons_by_domain: Mapping[Domain, Text]
) -> dict[str, dict[Domain, Text]]:
    """Return the sites on which the controls are open among those that have a reason."""
    return {
        control: {f.subject.id: reasons_by_domain[f.subject.id] for f in case.findings
                  if f.control == control and f.subject.id in reasons_by_domain}
        for control in controls
    }  # fmt: skip


def _find_sites_whose_https_fails(case: PreflightInput) -> dict[str, dict[Domain, Text]]:
    """Return the sites where HTTPS fails, per control that leads visitors to HTTPS for good."""
    planned_controls = case.select_planned_controls_by_effects(Effect.REQUIRES_HTTPS)
    if not planned_controls:
        return {}
    fault_by_domain: dict[Domain, Text] = {}
    for site in case.host.sites:
        why = certificates.find_certificate_fault_of_site(
            sites.build_site_view(site, case.facts_by_area, case.facts.errors), case.ended_at.timestamp()
        )
        why = why or case.https.get(site.domain)
        if why is not None:
            fault_by_domain[site.domain] = why
    return _select_sites_open_with_reason(case, planned_controls, fault_by_domain)


def _explain_own_password_login_lockout(closing_controls: Collection[ControlId]) -> Text:
    controls = ", ".join(closing_controls)
    return make_text(
        ("{controls} would lock out this program, for which the inventory has a password: move it to an SSH key first"),
        controls=controls,
    )


_LOGINS_UNKNOWN = make_text("accounts and SSH keys could not be read, so nobody knows whom this would lock out")
_NO_WAY_IN = make_text(
    "no account that administers this host has an SSH key that works: add one (ssh-copy-id), then run again"
)
_PACKAGES_BUSY = make_text("the host is installing software at this moment: run again when it has finished")
_PACKAGES_UNFINISHED = make_text("packages are half-installed: run dpkg --configure -a on the host first")
