"""What people have to change themselves after an incident, as its hosts' facts say: passwords and keys that no machine can change for them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from auditor.facts import HostFacts
from auditor.facts.site import view
from auditor.incidents.case import Case
from auditor.incidents.response.at_once import Response
from auditor.models import Host, Site
from auditor.models.ranks import Means
from auditor.text import paths
from auditor.text.visible import one_line
from auditor.text.words import Words

AREAS = ("nginx", "apache", "wordpress", "accounts", "services", "system", "tls", "files")
"""Of facts that tell of it."""
MOST = 20
"""Of a kind on one site or host."""
SECRET_KEEPERS = frozenset(
    {
        *("wp-mail-smtp", "post-smtp", "easy-wp-smtp", "fluent-smtp", "updraftplus", "backwpup", "duplicator"),
        *("jetpack", "akismet", "woocommerce", "google-site-kit", "wordfence", "wp-file-manager", "mailchimp-for-wp"),
        *(
            "all-in-one-wp-migration",
            "advanced-google-recaptcha",
            "miniorange-login-openid",
            "nextend-facebook-connect",
        ),
    }
)
"""Plugins of WordPress that keep passwords or keys of other services."""

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
class Todo:
    """One thing."""

    kind: Kind
    where: str
    """A site's domain, or a host's name."""
    what: str = ""
    """Which account, file or program."""


@dataclass(frozen=True)
class Theirs:
    """What an incident holds for the intruder's on one host: it is removed, never given another password."""

    accounts: frozenset[str]
    keys: frozenset[str]
    administrators: frozenset[tuple[str, str]]
    """A site's name as it was typed, and the account there as ``auditor.text.paths`` writes it."""

    def administers(self, site: Site, login: str) -> bool:
        """Return whether that administrator of a site is the intruder's."""
        return any((name, paths.written(login)) in self.administrators for name in (site.domain, *site.aliases))


def theirs(case: Case, host: Host, found: Iterable[Response] = ()) -> Theirs:
    """Return who on a host is the intruder's: whom the incident contains there, and whom ``found``, its findings' traces, name."""
    held = [(one.means, one.what) for one in case.actions.values() if one.host == host.name and one.state != "released"]
    for one in found:
        if one.host == host.name:
            held += [(asked.means, asked.what) for asked in one.wanted]
            held += [one.typed] if one.typed is not None else []
    of = {
        means: frozenset(what for kind, what in held if kind == means) for means in ("account", "key", "administrator")
    }
    names = frozenset((what.partition("/")[0], what.rpartition("/")[2]) for what in of["administrator"])
    return Theirs(of["account"], of["key"], names)


def of_host(case: Case, host: Host, facts: HostFacts | None, found: Iterable[Response] = ()) -> Iterator[Todo]:
    """All that a host and those of its sites that an incident is about have, by its facts; what could not be read is named, too. ``found``: see ``theirs``."""
    intruders = theirs(case, host, found)
    yield from _each("remove_account", host.name, _there(intruders.accounts, facts))
    yield from _each("remove_key", host.name, intruders.keys)
    of_sites = {name for site in host.sites for name in (site.domain, *site.aliases)}
    yield from _each(
        "remove_administrator",
        host.name,
        [f"{where}/{who}" for where, who in intruders.administrators if where in of_sites],
    )
    if facts is None:
        yield Todo("unread", host.name)
        return
    yield from (Todo("unread", host.name, area) for area in AREAS if area in facts.errors)
    data = facts.context(*AREAS)
    for site in host.sites:
        if site.domain in case.subjects or host.name in case.subjects:
            yield from _of_site(case, site, view(site, data, facts.errors), intruders)
    yield from _of_machine(host, data, intruders)


def _there(accounts: Collection[str], facts: HostFacts | None) -> Iterator[str]:
    """Yield those of some accounts that a host has, or that nobody can tell it has not."""
    told = None if facts is None or "accounts" in facts.errors else facts.context("accounts").get("accounts")
    names = None if told is None else {one["name"] for one in told["users"]}
    return (one for one in accounts if names is None or one in names)


def unread(case: Case, gone: Iterable[str], findings: Collection[tuple[str, str]]) -> Iterator[Todo]:
    """What nobody looked at: sites and hosts that have left the inventory, and findings, by control and place, of which no audit is kept that says whose accounts they name."""
    yield from (Todo("unread", name) for name in gone)
    for one in case.findings:
        if (one.control, one.subject) not in findings:
            yield Todo("unread", one.subject, f"{one.control} ({one.run})")


def _of_site(case: Case, site: Site, seen: Mapping[str, Any], intruders: Theirs) -> Iterator[Todo]:
    domain = site.domain
    applications = [name for name in ("wordpress", "joomla", "nukeviet") if seen.get(name)]
    if applications:
        yield from _machines(case, site, key=applications == ["nukeviet"])
    for name in applications:
        logins = _logins(seen[name].get("database"))
        yield from _each("administrator", domain, [one for one in logins if not intruders.administers(site, one)])
        if not logins:
            yield Todo("administrators", domain)
        yield Todo("users", domain)
        if seen[name].get("settings", {}).get("ftp_password") is True:
            yield Todo("ftp_setting", domain)
    plugins = (seen.get("wordpress") or {}).get("plugins", ())
    yield from _each("plugin", domain, [one["slug"] for one in plugins if one["slug"] in SECRET_KEEPERS])
    files = seen.get("files") or {}
    yield from _each("secrets", domain, [one["path"] for one in files.get("secrets", ()) if one["web_reads"]])
    yield from _each("repository", domain, [one["path"] for one in files.get("vcs", ())])


def _machines(case: Case, site: Site, *, key: bool) -> Iterator[Todo]:
    """What 'auditor incident clean' makes anew, where it did not yet; NukeViet's key a person has to."""
    if key:
        yield Todo("site_key", site.domain)
    elif not _done(case, "salts", site):
        yield Todo("salts", site.domain)
    if not _done(case, "database-password", site):
        yield Todo("database", site.domain)


def _done(case: Case, means: Means, site: Site) -> bool:
    """Whether that was done for the application at the site's root."""
    return any(
        (one.means, one.host, one.state) == (means, site.host, "confirmed") and one.what in (site.domain, *site.aliases)
        for one in case.actions.values()
    )


def _logins(database: Mapping[str, Any] | None) -> list[str]:
    told = database or {}
    return [one["login"] for one in (*told.get("administrators", ()), *told.get("super_users", ()))]


def _of_machine(host: Host, data: Mapping[str, Any], intruders: Theirs) -> Iterator[Todo]:
    users = data.get("accounts", {}).get("users", ())
    people = [one["name"] for one in users if one["human"] and one["can_log_in"] and one["password"] == "usable"]  # noqa: S105  a state
    yield from _each(
        "account", host.name, [one for one in people if one != host.automation_user and one not in intruders.accounts]
    )
    yield from _each("ftp", host.name, [one["server"] for one in data.get("services", {}).get("ftp", ())])
    yield from _each("panel", host.name, data.get("system", {}).get("machine_panels", ()))
    yield from _each("tls_key", host.name, [one["path"] for one in data.get("tls", {}).get("loose_keys", ())])


def _each(kind: Kind, where: str, found: Iterable[str]) -> Iterator[Todo]:
    names = sorted({*found})
    yield from (Todo(kind, where, one_line(name)) for name in names[:MOST])
    if len(names) > MOST:
        yield Todo(kind, where, f"… (+{len(names) - MOST})")


def line(of: Todo, words: Words) -> str:
    """One thing, as a person reads it."""
    said = words(f"incidents.todo.{of.kind}", where=of.where)
    return f"{said}: {of.what}" if of.what else said


def as_data(of: Todo, words: Words) -> dict[str, str]:
    """One thing as JSON has it."""
    act = "look" if of.kind == "unread" else "remove" if of.kind.startswith("remove_") else "change"
    return {"act": act, "kind": of.kind, "where": of.where, "what": of.what, "says": line(of, words)}
