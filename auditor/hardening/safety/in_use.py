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
from auditor.text.sanitize import escape_text_to_one_line

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


_UNREAD = Text(
    vi="chưa biết có ai dùng hay không, vì không đọc được nhật ký và mã của trang",
    en="unknown whether anybody does, because logs and code could not be read",
)


def explain_hold_for_usage(control: str, usage: Text) -> Text:
    """Return why a change is held that would take this away."""
    return Text(
        vi=f"đang được dùng: {usage.vi}; nếu vẫn muốn làm, thêm --accept {control} hoặc ghi vào luytre_accept",
        en=f"in use: {usage.en}; to do it all the same, add --accept {control} or name it in luytre_accept",
    )


def explain_accepted_loss_of_usage(usage: Text, fix_note: Text | None) -> Text:
    """Return what to know of a change that takes this away, accepted by name."""
    return Text(
        vi=f"đang được dùng và sẽ mất: {usage.vi}" + (f". {fix_note.vi}" if fix_note else ""),
        en=f"in use, and taken away: {usage.en}" + (f". {fix_note.en}" if fix_note else ""),
    )


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
            Text(
                vi=f"chưa biết mã trong {unsearched_roots} có gọi hay không, vì chưa tìm được hết",
                en=f"unknown whether the code in {unsearched_roots} does, because it was not searched completely",
            ),
        )
    if calls:
        text = "; ".join(calls[:MAX_TOLD]) + (" …" if len(calls) > MAX_TOLD else "")
        yield (
            Effect.STOPS_PHP_FUNCTIONS,
            Text(
                vi=f"mã của trang gọi {text} (nếu trang cần, ghi vào php_functions)",
                en=f"the sites' code calls {text} (declare what a site needs in its php_functions)",
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
            Text(
                vi=f"tệp mới do {text} đưa lên các trang web chỉ đọc được nhờ quyền của mọi người, sau đó sẽ báo 403",
                en=f"files that {text} put on the sites are readable only because everybody may; new ones would "
                f"answer 403",
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
            Text(
                vi=f"cổng {text} đang mở ra ngoài và sẽ bị đóng (cổng nào cần thì ghi vào luytre_open_ports)",
                en=f"ports {text} are open to the network and would be closed (declare those needed in "
                f"luytre_open_ports)",
            ),
        )


def _find_status_page_requests(_host: Host, data: Mapping[str, Any]) -> Iterator[tuple[Effect, Text]]:
    number = sum(log["status_pages"] for log in data.get("in_use", {}).get("logs", ()))
    if number:
        yield (
            Effect.STOPS_STATUS_PAGES,
            Text(
                vi=f"/server-status được xem {number} lần, như một phần mềm giám sát",
                en=f"/server-status was fetched {number} times, as monitoring does",
            ),
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
            Text(vi=f"shell đăng nhập của {text}", en=f"the login shell of {text}"),
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
        parts.append(
            Text(
                vi=f"chỉ ghi được nhờ quyền ghi cấp cho mọi người: {text}",
                en=f"written only because everybody may: {text}",
            )
        )
    if unknown:
        parts.append(
            Text(
                vi=f"chưa kịp xem chương trình nào đang ghi vào {unknown}",
                en=f"there was no time to see which program writes to {unknown}",
            )
        )
    if parts:
        yield (
            Effect.CLOSES_LOGS,
            Text(vi="; ".join(part.vi for part in parts), en="; ".join(part.en for part in parts)),
        )


def _find_uses_lost_to_service_confinement(host: Host, data: Mapping[str, Any]) -> Iterator[tuple[Effect, Text]]:
    """Yield the effect on daemons of the web stack and programs that sites start, and what they could not reach."""
    units = data.get("services", {}).get("confinement", ())
    parts = [
        Text(vi=f"{unit['unit']} dùng {text} trong /tmp chung", en=f"{unit['unit']} uses {text} in the /tmp of all")
        for unit in units
        if (text := _join_first_unique_names(unit["in_tmp"]))
    ]
    odd = _join_first_unique_names(
        path for unit in units for path in unit["writes"] if not re.fullmatch(PLAIN_PATH, path)
    )
    if odd:
        parts.append(Text(vi=f"trang ghi vào {odd}", en=f"sites write to {odd}"))
    if any(unit["runs_code"] for unit in units):
        calls_text = _join_first_unique_names(
            f"{call['function']} ({root['path']})"
            for root in _list_document_roots_in_use(data)
            for call in root["calls"]
        )
        if calls_text:
            parts.append(
                Text(
                    vi=f"mã của trang gọi chương trình bằng {calls_text}",
                    en=f"the sites' code starts programs by {calls_text}",
                )
            )
        web = {pool["user"] for pool in data.get("php_fpm", {}).get("pools", ())}
        sudo_accounts = _join_first_unique_names(
            grant["account"] for grant in data.get("sudo", {}).get("grants", ()) if grant["account"] in web
        )
        if sudo_accounts:
            parts.append(
                Text(
                    vi=f"tài khoản của trang dùng sudo: {sudo_accounts}",
                    en=f"accounts of sites have sudo: {sudo_accounts}",
                )
            )
    by_pam = _join_first_unique_names(
        account["user"]
        for account in data.get("mariadb", {}).get("accounts", ())
        if account["plugin"].startswith("pam")
    )
    if by_pam:
        parts.append(
            Text(
                vi=f"tài khoản MariaDB đăng nhập qua PAM: {by_pam}", en=f"MariaDB accounts log in through PAM: {by_pam}"
            )
        )
    if parts:
        yield Effect.CONFINES_SERVICES, Text.join(parts)


def _join_first_unique_names(names: Iterable[str]) -> str:
    """Return the first of them, each once and fit to be shown; empty when there is none."""
    unique_names = list(dict.fromkeys(escape_text_to_one_line(name, 100) for name in names))
    return ", ".join(unique_names[:MAX_TOLD]) + (" …" if len(unique_names) > MAX_TOLD else "")


_Judges = tuple[Judge, ...]
_BY_FACTS: _Judges = (_find_undeclared_open_ports, *OF_PEOPLE)
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
            Text(
                vi=f"đã có tệp {largest_upload // MIB} MB được đưa lên, quá giới hạn {BODY_LIMIT // MIB} MB",
                en=f"a file of {largest_upload // MIB} MB was uploaded, above the limit of {BODY_LIMIT // MIB} MB",
            ),
        )
    elif limit > BODY_LIMIT and (others or backend_limit > BODY_LIMIT):
        yield (
            Effect.LIMITS_BODIES,
            Text(
                vi=f"giới hạn {limit // MIB} MB được đặt riêng cho trang và ứng dụng phía sau nhận được đến mức đó",
                en=f"a limit of {limit // MIB} MB was set on purpose, and the application behind it takes as much",
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
            Text(
                vi=f"{text} có thể đang hiển thị trang trong khung (đã khai báo, hoặc người truy cập thường đến từ đó)",
                en=f"{text} may show the site in a frame (declared, or visitors often come from there)",
            ),
        )


def _find_requests_of_uploaded_php(
    _host: Host, site: Mapping[str, Any], data: Mapping[str, Any]
) -> Iterator[tuple[Effect, Text]]:
    number = sum(log["uploaded_php"] for log in _list_access_logs_of_site(site, data))
    if number:
        yield (
            Effect.STOPS_UPLOADED_PHP,
            Text(
                vi=f"PHP trong thư mục tải lên đã trả lời {number} lần",
                en=f"PHP in upload folders was answered {number} times",
            ),
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
            Text(
                vi=f"{old} trên {requests} lượt xem gần đây là của trình duyệt quá cũ (Internet Explorer, Android 4…)",
                en=f"{old} of the last {requests} requests came from very old browsers (Internet Explorer, Android 4 "
                f"…)",
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
