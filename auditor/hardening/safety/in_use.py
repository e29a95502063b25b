"""What is in use and would be taken away: read in logs, code and uploads, named before a change is made. Pure.

What people use is not taken from them silently. A change that would is held, with what was seen, until it is accepted
by name; once it is, what was seen goes with it as a note.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from auditor.audit.controls import Fix
from auditor.audit.effects import Effect
from auditor.facts import HostFacts
from auditor.facts import site as sites
from auditor.hardening.safety.people import MAX_TOLD, OF_PEOPLE, Judge
from auditor.models import PLAIN_PATH, ControlId, Domain, Host, Text
from auditor.models.applications.registry import CMSS
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import make_text

BODY_LIMIT = 134_217_728
"""Bytes; what larger limits are brought down to."""
MIB = 1 << 20
OLD_REQUESTS, OLD_SHARE = 20, 0.01
"""Of browsers too old for today's ciphers.

Fewer requests, or a smaller part of all, are scanners that claim to be some.
"""
READ = frozenset(
    {
        *(Effect.STOPS_FRAMING, Effect.LIMITS_BODIES, Effect.STOPS_PHP_FUNCTIONS),
        *(Effect.HIDES_NEW_FILES, Effect.TAKES_SHELLS, Effect.CONFINES_SERVICES, Effect.STOPS_OLD_CLIENTS),
    }
)
"""Effects of which only logs, code and jobs tell whether anybody minds."""
SEARCH = (
    *("google", "bing", "yahoo", "duckduckgo", "coccoc", "baidu", "yandex", "ecosia", "facebook", "zalo", "youtube"),
    *("twitter", "linkedin", "tiktok", "instagram", "chatgpt", "perplexity", "cloudflare", "t"),
)
"""Whose links lead everywhere, and who frame nobody: one label of their names."""


@dataclass(frozen=True)
class UsageReport:
    """The things in use, by the controls that would take them away."""

    hosts: Mapping[str, Text] = field(default_factory=dict)
    sites: Mapping[str, Mapping[Domain, Text]] = field(default_factory=dict)

    def describe_usage_lost_by_control(self, control: str) -> Text | None:
        """Return all that a control would take away, on the host and on its sites."""
        parts = [self.hosts[control]] if control in self.hosts else []
        parts += [what.with_prefix(domain) for domain, what in self.sites.get(control, {}).items()]
        return Text.join(parts) if parts else None


def find_usage_lost_by_fixes(
    host: Host,
    facts: HostFacts,
    fixes: Mapping[ControlId, Fix],
    linked_listings: Mapping[Domain, Text] = MappingProxyType({}),
    hosts_behind: Text | None = None,
) -> UsageReport:
    """Return what these controls' fixes would take away, as far as it could be read.

    ``linked_listings``: sites to the lists of files that their pages lead to, as they answer visitors;
    ``hosts_behind``: the hosts that the inventory reaches through this one.
    """
    data = facts.build_context_for_control_expressions()
    on_sites: dict[str, dict[Domain, Text]] = {}
    for site in host.sites:
        seen_by_visitors = (
            {Effect.STOPS_LISTINGS: linked_listings[site.domain]} if site.domain in linked_listings else {}
        )
        for control, what in _iter_usage_by_control_of_effect(fixes, seen_by_visitors):
            on_sites.setdefault(control, {})[site.domain] = what
    if "in_use" not in data:
        unread = {**dict.fromkeys(READ, _UNREAD), **dict(pair for judge in _BY_FACTS for pair in judge(host, data))}
        unread |= {Effect.STOPS_TUNNELS: hosts_behind} if hosts_behind else {}
        return UsageReport(dict(_iter_usage_by_control_of_effect(fixes, unread)), on_sites)
    for site in host.sites:
        site_view = sites.build_site_view(site, data, facts.errors)
        usage_by_effect = {effect: what for judge in _SITE for effect, what in judge(host, site_view, data)}
        for control, what in _iter_usage_by_control_of_effect(fixes, usage_by_effect):
            on_sites.setdefault(control, {})[site.domain] = what
    on_host = {effect: what for judge in _HOST for effect, what in judge(host, data)}
    on_host |= {Effect.STOPS_TUNNELS: hosts_behind} if hosts_behind else {}
    return UsageReport(dict(_iter_usage_by_control_of_effect(fixes, on_host)), on_sites)


def _iter_usage_by_control_of_effect(
    fixes: Mapping[ControlId, Fix], usage_by_effect: Mapping[Effect, Text]
) -> Iterator[tuple[ControlId, Text]]:
    for control, fix in fixes.items():
        yield from ((control, usage_by_effect[effect]) for effect in fix.effects if effect in usage_by_effect)


_UNREAD = make_text("unknown whether anybody does, because logs and code could not be read")


def explain_hold_for_usage(control: str, usage: Text) -> Text:
    """Return why a change is held that would take this away."""
    return make_text(
        ("in use: {usage}; to do it all the same, add --accept {control} or name it in luytre_accept"),
        usage=usage,
        control=control,
    )


def explain_accepted_loss_of_usage(usage: Text, fix_note: Text | None) -> Text:
    """Return what to know of a change that takes this away, accepted by name."""
    loss = make_text("in use, and taken away: {usage}", usage=usage)
    return Text.join((loss, fix_note), ". ") if fix_note else loss


# --- the host ----------------------------------------------------------------------------------------------


def _find_undeclared_php_function_calls(host: Host, data: Mapping[str, Any]) -> Iterator[tuple[Effect, Text]]:
    """Yield the effect on functions that sites' code calls and that nobody declared, and which they are."""
    needed_functions = {function for site in host.sites for function in site.php_functions}
    calls = [
        f"{call['function']} ({escape_text_to_one_line(root['path'], 100)}: {_format_example_paths_of_php_call(call)})"
        for root in _list_document_roots_in_use(data)
        for call in root["calls"]
        if call["function"] not in needed_functions
    ]
    unsearched_roots = ", ".join(
        escape_text_to_one_line(root["path"], 100) for root in _list_document_roots_in_use(data) if root["cut_short"]
    )
    if unsearched_roots and not calls:
        yield (
            Effect.STOPS_PHP_FUNCTIONS,
            make_text(
                ("unknown whether the code in {unsearched_roots} does, because it was not searched completely"),
                unsearched_roots=unsearched_roots,
            ),
        )
    if calls:
        text = "; ".join(calls[:MAX_TOLD]) + (" …" if len(calls) > MAX_TOLD else "")
        yield (
            Effect.STOPS_PHP_FUNCTIONS,
            make_text("the sites' code calls {text} (declare what a site needs in its php_functions)", text=text),
        )


def _find_applications_called_by_script_path(_host: Host, data: Mapping[str, Any]) -> Iterator[tuple[Effect, Text]]:
    """Yield the effect on applications that nginx would no longer tell by which path they are called."""
    if not any(vhost["php_backends"] for vhost in data.get("nginx", {}).get("vhosts") or ()):
        return
    found = [
        f"{cms.name} ({escape_text_to_one_line(instance['path'], 100)})"
        for cms in CMSS
        if cms.needs_script_path
        for instance in data.get("applications", {}).get(cms.kind, ())
    ]
    if found:
        text = ", ".join(found[:MAX_TOLD]) + (" …" if len(found) > MAX_TOLD else "")
        yield (
            Effect.HIDES_SCRIPT_PATHS,
            make_text(
                ("{text} would show its home page alone; the limit to .php files prevents the same flaw"),
                text=text,
            ),
        )


def _format_example_paths_of_php_call(php_call: Mapping[str, Any]) -> str:
    paths = [escape_text_to_one_line(path, 100) for path in php_call["examples"]]
    return ", ".join(paths) + (" …" if php_call["files"] > len(paths) else "")


def _find_people_with_world_readable_uploads(_host: Host, data: Mapping[str, Any]) -> Iterator[tuple[Effect, Text]]:
    """Yield the effect on people whose new files the web server could no longer read, and who they are."""
    people: dict[str, int] = {}
    for root in _list_document_roots_in_use(data):
        for person in root["people"]:
            people[person["account"]] = people.get(person["account"], 0) + person["files"]
    if people:
        text = ", ".join(
            f"{escape_text_to_one_line(name, 40)} ({number})" for name, number in sorted(people.items())[:MAX_TOLD]
        )
        yield (
            Effect.HIDES_NEW_FILES,
            make_text(
                (
                    "files that {text} put on the sites are readable only because everybody may; new "
                    "ones would answer 403"
                ),
                text=text,
            ),
        )


def _find_undeclared_open_ports(host: Host, data: Mapping[str, Any]) -> Iterator[tuple[Effect, Text]]:
    """Yield the effect on ports that answer the network now and that nobody declared, and which they are."""
    known_ports = {80, 443, *host.open_ports, *data.get("firewall", {}).get("ssh", {}).get("ports", ())}
    process_by_port = {
        each["port"]: each["process"] or "?"
        for each in data.get("firewall", {}).get("exposed", ())
        if each["protocol"] == "tcp" and each["port"] not in known_ports
    }
    if process_by_port:
        text = ", ".join(
            f"{port} ({escape_text_to_one_line(process, 40)})" for port, process in sorted(process_by_port.items())[:10]
        )
        yield (
            Effect.CLOSES_UNDECLARED_PORTS,
            make_text(
                (
                    "ports {text} are open to the network and would be closed (declare those needed in "
                    "luytre_open_ports)"
                ),
                text=text,
            ),
        )


def _find_status_page_requests(_host: Host, data: Mapping[str, Any]) -> Iterator[tuple[Effect, Text]]:
    number = sum(log["status_pages"] for log in data.get("in_use", {}).get("logs", ()))
    if number:
        yield (
            Effect.STOPS_STATUS_PAGES,
            make_text("/server-status was fetched {number} times, as monitoring does", number=number),
        )


def _find_shells_needed_by_nonpersons(_host: Host, data: Mapping[str, Any]) -> Iterator[tuple[Effect, Text]]:
    """Yield the effect on accounts of no person whose shell a job, an administrator or an FTP server needs."""
    by: dict[str, list[str]] = {}
    for shell in data.get("in_use", {}).get("shells", ()):
        by.setdefault(escape_text_to_one_line(shell["account"], 40), []).append(
            escape_text_to_one_line(shell["by"], 100)
        )
    if by:
        text = "; ".join(f"{account} ({', '.join(how)})" for account, how in list(by.items())[:MAX_TOLD])
        yield (
            Effect.TAKES_SHELLS,
            make_text("the login shell of {text}", text=text),
        )


def _find_logs_written_by_world_permission(_host: Host, data: Mapping[str, Any]) -> Iterator[tuple[Effect, Text]]:
    """Yield the effect on logs that a program of some account writes only because everybody may, and which they are."""
    files = data.get("logging", {}).get("files", ())
    written_logs = [log for log in files if log["writers"]]
    unknown = _join_first_unique_names(log["path"] for log in files if log["writers"] is None)
    parts = []
    if written_logs:
        text = "; ".join(
            (
                f"{escape_text_to_one_line(log['path'], 100)} "
                f"({', '.join(escape_text_to_one_line(name, 40) for name in log['writers'][:MAX_TOLD])})"
            )
            for log in written_logs[:MAX_TOLD]
        )
        parts.append(make_text("written only because everybody may: {text}", text=text))
    if unknown:
        parts.append(make_text("there was no time to see which program writes to {unknown}", unknown=unknown))
    if parts:
        yield (
            Effect.CLOSES_LOGS,
            Text.join(parts),
        )


def _find_uses_lost_to_service_confinement(host: Host, data: Mapping[str, Any]) -> Iterator[tuple[Effect, Text]]:
    """Yield the effect on daemons of the web stack and programs that sites start, and what they could not reach."""
    units = data.get("services", {}).get("confinement", ())
    parts = [
        make_text("{unit} uses {text} in the /tmp of all", unit=unit["unit"], text=text)
        for unit in units
        if (text := _join_first_unique_names(unit["in_tmp"]))
    ]
    odd = _join_first_unique_names(
        path for unit in units for path in unit["writes"] if not re.fullmatch(PLAIN_PATH, path)
    )
    if odd:
        parts.append(make_text("sites write to {odd}", odd=odd))
    if any(unit["runs_code"] for unit in units):
        calls_text = _join_first_unique_names(
            f"{call['function']} ({root['path']})"
            for root in _list_document_roots_in_use(data)
            for call in root["calls"]
        )
        if calls_text:
            parts.append(make_text("the sites' code starts programs by {calls_text}", calls_text=calls_text))
        web = {pool["user"] for pool in data.get("php_fpm", {}).get("pools", ())}
        sudo_accounts = _join_first_unique_names(
            grant["account"] for grant in data.get("sudo", {}).get("grants", ()) if grant["account"] in web
        )
        if sudo_accounts:
            parts.append(make_text("accounts of sites have sudo: {sudo_accounts}", sudo_accounts=sudo_accounts))
    by_pam = _join_first_unique_names(
        account["user"]
        for account in data.get("mariadb", {}).get("accounts", ())
        if account["plugin"].startswith("pam")
    )
    if by_pam:
        parts.append(make_text("MariaDB accounts log in through PAM: {by_pam}", by_pam=by_pam))
    if parts:
        yield Effect.CONFINES_SERVICES, Text.join(parts)


def _join_first_unique_names(names: Iterable[str]) -> str:
    """Return the first of them, each once and fit to be shown; empty when there is none."""
    unique_names = list(dict.fromkeys(escape_text_to_one_line(name, 100) for name in names))
    return ", ".join(unique_names[:MAX_TOLD]) + (" …" if len(unique_names) > MAX_TOLD else "")


_Judges = tuple[Judge, ...]
_BY_FACTS: _Judges = (_find_undeclared_open_ports, _find_applications_called_by_script_path, *OF_PEOPLE)
"""Those that look at nothing in the area ``in_use``."""
_HOST: _Judges = (
    *_BY_FACTS,
    _find_undeclared_php_function_calls,
    _find_people_with_world_readable_uploads,
    _find_status_page_requests,
    _find_shells_needed_by_nonpersons,
    _find_logs_written_by_world_permission,
    _find_uses_lost_to_service_confinement,
)


# --- a site ------------------------------------------------------------------------------------------------


def _find_uploads_above_body_limit(
    _host: Host, site: Mapping[str, Any], data: Mapping[str, Any]
) -> Iterator[tuple[Effect, Text]]:
    """Yield the effect on a limit that somebody set on purpose, or on files of that size that were really sent.

    Such a limit counts where the application behind it can take the size.
    """
    limits = [vhost["body_limit"] or 0 for vhost in site.get("vhosts", ()) if vhost["server"] == "nginx"]
    limit = max(limits, default=0)
    largest_upload = max((root["largest_upload"] for root in _list_document_roots_of_site(site, data)), default=0)
    backends = [pool["settings"]["post_max_bytes"] for pool in site.get("pools", ())]
    backend_limit = max(backends, default=0)
    others = any(vhost["proxies_to"] or vhost["writes"] for vhost in site.get("vhosts", ()))
    if largest_upload > BODY_LIMIT:
        yield (
            Effect.LIMITS_BODIES,
            make_text(
                "a file of {largest_upload} MB was uploaded, above the limit of {body_limit} MB",
                largest_upload=largest_upload // MIB,
                body_limit=BODY_LIMIT // MIB,
            ),
        )
    elif limit > BODY_LIMIT and (others or backend_limit > BODY_LIMIT):
        yield (
            Effect.LIMITS_BODIES,
            make_text(
                ("a limit of {limit} MB was set on purpose, and the application behind it takes as much"),
                limit=limit // MIB,
            ),
        )


def _find_domains_that_may_frame_site(
    host: Host, site: Mapping[str, Any], data: Mapping[str, Any]
) -> Iterator[tuple[Effect, Text]]:
    """Yield the effect on others whose pages may frame this site, declared or leading here often, and which."""
    own = {name for host_site in host.sites for name in (host_site.domain, *host_site.aliases)}
    requests_by_host: dict[str, int] = {}
    for log in _list_access_logs_of_site(site, data):
        for referrer in log["referrers"]:
            name = referrer["host"]
            if name not in own and not set(name.split(".")[:-1]) & set(SEARCH):
                requests_by_host[name] = requests_by_host.get(name, 0) + referrer["requests"]
    frequent = sorted(requests_by_host, key=lambda name: (-requests_by_host[name], name))[:MAX_TOLD]
    names = list(dict.fromkeys((*site["external_domains"], *frequent)))
    if names:
        text = ", ".join(escape_text_to_one_line(name, 100) for name in names)
        yield (
            Effect.STOPS_FRAMING,
            make_text(("{text} may show the site in a frame (declared, or visitors often come from there)"), text=text),
        )


def _find_requests_of_uploaded_php(
    _host: Host, site: Mapping[str, Any], data: Mapping[str, Any]
) -> Iterator[tuple[Effect, Text]]:
    number = sum(log["uploaded_php"] for log in _list_access_logs_of_site(site, data))
    if number:
        yield (
            Effect.STOPS_UPLOADED_PHP,
            make_text("PHP in upload folders was answered {number} times", number=number),
        )


def _find_requests_of_outdated_browsers(
    _host: Host, site: Mapping[str, Any], data: Mapping[str, Any]
) -> Iterator[tuple[Effect, Text]]:
    """Yield the effect on browsers too old for today's ciphers, when they are more than a few scanners."""
    logs = _list_access_logs_of_site(site, data)
    old, requests = sum(log["old_clients"] for log in logs), sum(log["requests"] for log in logs)
    if old >= OLD_REQUESTS and old >= OLD_SHARE * requests:
        yield (
            Effect.STOPS_OLD_CLIENTS,
            make_text(
                ("{old} of the last {requests} requests came from very old browsers (Internet Explorer, Android 4 …)"),
                old=old,
                requests=requests,
            ),
        )


_SITE: tuple[Callable[[Host, Mapping[str, Any], Mapping[str, Any]], Iterator[tuple[Effect, Text]]], ...] = (
    _find_uploads_above_body_limit,
    _find_domains_that_may_frame_site,
    _find_requests_of_uploaded_php,
    _find_requests_of_outdated_browsers,
)


def _list_document_roots_in_use(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    roots: list[dict[str, Any]] = data.get("in_use", {}).get("roots", [])
    return roots


def _list_document_roots_of_site(site: Mapping[str, Any], data: Mapping[str, Any]) -> list[dict[str, Any]]:
    own = {site.get("document_root"), *site.get("roots", ())}
    return [root for root in _list_document_roots_in_use(data) if root["path"] in own]


def _list_access_logs_of_site(site: Mapping[str, Any], data: Mapping[str, Any]) -> list[dict[str, Any]]:
    paths = {vhost["access_log"] for vhost in site.get("vhosts", ())}
    return [log for log in data.get("in_use", {}).get("logs", ()) if log["path"] in paths]
