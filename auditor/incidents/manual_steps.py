"""What people have to change themselves after an incident, as its hosts' facts say.

Passwords and keys that no machine can change for them. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from auditor.facts import HostFacts
from auditor.facts.site import build_site_view
from auditor.incidents.case import IncidentCase
from auditor.incidents.response.auto_containment import TraceResponse
from auditor.models import Host, Site
from auditor.models.applications.registry import CMSS
from auditor.models.response_actions import Means
from auditor.text import paths
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import Words

AREAS = ("nginx", "apache", "applications", "accounts", "services", "system", "tls", "files")
"""Of facts that tell of it."""
MAX_NAMES = 20
"""Of a kind on one site or host."""
Kind = Literal[
    "remove_administrator",
    "remove_account",
    "remove_key",
    "salts",
    "database",
    "administrator",
    "administrators",
    "users",
    "site_key",
    "ftp_setting",
    "plugin",
    "secrets",
    "repository",
    "account",
    "ftp",
    "panel",
    "tls_key",
    "unread",
]
"""What it is; its words: ``incidents.todo.KIND``."""


@dataclass(frozen=True)
class ManualStep:
    """One thing."""

    kind: Kind
    where: str
    """A site's domain, or a host's name."""
    what: str = ""
    """Which account, file or program."""


@dataclass(frozen=True)
class IntruderAccess:
    """The accesses on one host that an incident takes for the intruder's.

    They are removed, never given another password.
    """

    accounts: frozenset[str]
    keys: frozenset[str]
    administrators: frozenset[tuple[str, str]]
    """A site's name as it was typed, and the account there as ``auditor.text.paths`` writes it."""

    def is_intruder_administrator_of_site(self, site: Site, login: str) -> bool:
        """Return whether that administrator of a site is the intruder's."""
        return any(
            (name, paths.percent_encode_unprintable_in_path(login)) in self.administrators
            for name in (site.domain, *site.aliases)
        )


def collect_intruder_access(
    case: IncidentCase, host: Host, trace_responses: Iterable[TraceResponse] = ()
) -> IntruderAccess:
    """Return who on a host is the intruder's.

    Whom the incident contains there, and whom ``trace_responses``, its findings' traces, name.
    """
    known_actions = [
        (action.means, action.what)
        for action in case.actions.values()
        if action.host == host.name and action.state != "released"
    ]
    for response in trace_responses:
        if response.host == host.name:
            known_actions += [(request.means, request.what) for request in response.requests]
            known_actions += [response.manual_action] if response.manual_action is not None else []
    of = {
        means: frozenset(what for kind, what in known_actions if kind == means)
        for means in ("account", "key", "administrator")
    }
    names = frozenset((what.partition("/")[0], what.rpartition("/")[2]) for what in of["administrator"])
    return IntruderAccess(of["account"], of["key"], names)


def list_credential_renewal_steps_of_host(
    case: IncidentCase, host: Host, facts: HostFacts | None, trace_responses: Iterable[TraceResponse] = ()
) -> Iterator[ManualStep]:
    """Yield all that a host and those of its sites that an incident is about have, by its facts.

    What could not be read is named, too. ``trace_responses``: see ``collect_intruder_access``.
    """
    intruders = collect_intruder_access(case, host, trace_responses)
    yield from _iter_limited_steps_one_per_name(
        "remove_account", host.name, _iter_accounts_that_may_exist_on_host(intruders.accounts, facts)
    )
    yield from _iter_limited_steps_one_per_name("remove_key", host.name, intruders.keys)
    of_sites = {name for site in host.sites for name in (site.domain, *site.aliases)}
    yield from _iter_limited_steps_one_per_name(
        "remove_administrator",
        host.name,
        [f"{where}/{who}" for where, who in intruders.administrators if where in of_sites],
    )
    if facts is None:
        yield ManualStep("unread", host.name)
        return
    yield from (ManualStep("unread", host.name, area) for area in AREAS if area in facts.errors)
    data = facts.build_context_for_control_expressions(*AREAS)
    for site in host.sites:
        if site.domain in case.subjects or host.name in case.subjects:
            yield from _iter_credential_renewal_steps_of_site(
                case, site, build_site_view(site, data, facts.errors), intruders
            )
    yield from _iter_credential_renewal_steps_of_machine(host, data, intruders)


def _iter_accounts_that_may_exist_on_host(accounts: Collection[str], facts: HostFacts | None) -> Iterator[str]:
    """Yield those of some accounts that a host has, or that nobody can tell it has not."""
    account_facts = (
        None
        if facts is None or "accounts" in facts.errors
        else facts.build_context_for_control_expressions("accounts").get("accounts")
    )
    names = None if account_facts is None else {user["name"] for user in account_facts["users"]}
    return (account for account in accounts if names is None or account in names)


def list_steps_for_subjects_never_read(
    case: IncidentCase, removed_subjects: Iterable[str], audited_findings: Collection[tuple[str, str]]
) -> Iterator[ManualStep]:
    """Yield what nobody looked at.

    Sites and hosts that have left the inventory, and findings, by control and place, of which no audit is kept that
    says whose accounts they name.
    """
    yield from (ManualStep("unread", name) for name in removed_subjects)
    for finding in case.findings:
        if (finding.control, finding.subject) not in audited_findings:
            yield ManualStep("unread", finding.subject, f"{finding.control} ({finding.run})")


def _iter_credential_renewal_steps_of_site(
    case: IncidentCase, site: Site, site_facts: Mapping[str, Any], intruders: IntruderAccess
) -> Iterator[ManualStep]:
    domain = site.domain
    applications = [cms for cms in CMSS if site_facts.get(cms.kind)]
    if applications:
        needs_manual_key = all(cms.is_secret_renewed_by_a_person for cms in applications)
        yield from _iter_salt_and_password_renewal_steps(case, site, needs_manual_key=needs_manual_key)
    for cms in applications:
        logins = cms.list_administrator_names(site_facts[cms.kind].get("database"))
        yield from _iter_limited_steps_one_per_name(
            "administrator",
            domain,
            [login for login in logins if not intruders.is_intruder_administrator_of_site(site, login)],
        )
        if not logins:
            yield ManualStep("administrators", domain)
        yield ManualStep("users", domain)
        if site_facts[cms.kind].get("settings", {}).get("ftp_password") is True:
            yield ManualStep("ftp_setting", domain)
    yield from _iter_limited_steps_one_per_name(
        "plugin",
        domain,
        [
            plugin["slug"]
            for cms in applications
            for plugin in site_facts[cms.kind].get("plugins", ())
            if plugin["slug"] in cms.secret_keeping_plugins
        ],
    )
    files = site_facts.get("files") or {}
    yield from _iter_limited_steps_one_per_name(
        "secrets", domain, [secret["path"] for secret in files.get("secrets", ()) if secret["web_reads"]]
    )
    yield from _iter_limited_steps_one_per_name(
        "repository", domain, [repository["path"] for repository in files.get("vcs", ())]
    )


def _iter_salt_and_password_renewal_steps(
    case: IncidentCase, site: Site, *, needs_manual_key: bool
) -> Iterator[ManualStep]:
    """Yield what 'auditor incident clean' makes anew, where it did not yet; some keys a person has to."""
    if needs_manual_key:
        yield ManualStep("site_key", site.domain)
    elif not _is_cleaned_at_site_root(case, "salts", site):
        yield ManualStep("salts", site.domain)
    if not _is_cleaned_at_site_root(case, "database-password", site):
        yield ManualStep("database", site.domain)


def _is_cleaned_at_site_root(case: IncidentCase, means: Means, site: Site) -> bool:
    """Return whether that was done for the application at the site's root."""
    return any(
        (action.means, action.host, action.state) == (means, site.host, "confirmed")
        and action.what in (site.domain, *site.aliases)
        for action in case.actions.values()
    )


def _iter_credential_renewal_steps_of_machine(
    host: Host, facts_data: Mapping[str, Any], intruders: IntruderAccess
) -> Iterator[ManualStep]:
    users = facts_data.get("accounts", {}).get("users", ())
    with_password = [user for user in users if user["password"] == "usable"]  # noqa: S105  a state
    people = [user["name"] for user in with_password if user["human"] and user["can_log_in"]]
    yield from _iter_limited_steps_one_per_name(
        "account",
        host.name,
        [person for person in people if person != host.automation_user and person not in intruders.accounts],
    )
    yield from _iter_limited_steps_one_per_name(
        "ftp", host.name, [ftp_server["server"] for ftp_server in facts_data.get("services", {}).get("ftp", ())]
    )
    yield from _iter_limited_steps_one_per_name(
        "panel", host.name, facts_data.get("system", {}).get("machine_panels", ())
    )
    yield from _iter_limited_steps_one_per_name(
        "tls_key", host.name, [key_file["path"] for key_file in facts_data.get("tls", {}).get("loose_keys", ())]
    )


def _iter_limited_steps_one_per_name(
    kind: Kind, where: str, names_with_duplicates: Iterable[str]
) -> Iterator[ManualStep]:
    names = sorted({*names_with_duplicates})
    yield from (ManualStep(kind, where, escape_text_to_one_line(name)) for name in names[:MAX_NAMES])
    if len(names) > MAX_NAMES:
        yield ManualStep(kind, where, f"… (+{len(names) - MAX_NAMES})")


def format_step(step: ManualStep, words: Words) -> str:
    """Return one thing, as a person reads it."""
    text = words(f"incidents.todo.{step.kind}", where=step.where)
    return f"{text}: {step.what}" if step.what else text


def build_manual_step_json(step: ManualStep, words: Words) -> dict[str, str]:
    """Return one thing as JSON has it."""
    act = "look" if step.kind == "unread" else "remove" if step.kind.startswith("remove_") else "change"
    return {"act": act, "kind": step.kind, "where": step.where, "what": step.what, "says": format_step(step, words)}
