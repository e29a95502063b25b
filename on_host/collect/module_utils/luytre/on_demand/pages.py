"""Which pages sites have, as far as their host knows.

What access logs served, files below the root, what applications publish.

Asked by reviews alone. Addresses of pages leave the host, people's never do.
"""

import contextlib
import os
import re
import time

from ansible.module_utils.luytre.os import log_files, nginx_daemons, ssh_session
from ansible.module_utils.luytre.parsers import log_format, log_requests
from ansible.module_utils.luytre.parsers.web_servers import apache_config
from ansible.module_utils.luytre.parsers.web_servers.nginx_conf import BadConfig, load_nginx_config
from ansible.module_utils.luytre.parsers.web_servers.nginx_request import list_server_names
from ansible.module_utils.luytre.sites import recent_posts, root_walk, site_applications, webroot, websites
from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact, read_text

SECONDS = 5.0
FOR_LOGS = 3.0
FILES_SECONDS = 2.0
"""Of the processor's time, for the files below all roots."""
MAX_BYTES = 300_000_000
"""Of all logs, unpacked."""
MAX_ADDRESSES = 6_000
OF_A_SITE = 1_500
MAX_FILES = 500
MAX_ENTRIES = 20_000
DEFAULT_LOG = "/var/log/nginx/access.log"
"""Where Debian's nginx writes to when nothing tells it where."""
HERE = ("127.0.0.1", "::1")
_MANUALS = re.compile(r"(?i)(?:readme|license|licence|changelog|install|upgrade)\b")
LEAST = 100
"""Bytes of a file that shows something: smaller ones keep folders from being listed."""
_PAGES = re.compile(r"(?i)\.(?:x?html?|shtml|pdf|docx)\Z")
"""Files that show something whoever asks for them, and do nothing."""


def collect_area_facts(reader):
    deadline = min(reader.deadline, time.monotonic() + SECONDS)
    sites = [site for site in websites.list_declared_sites(reader.declared) if isinstance(site.get("domain"), str)]
    here = ssh_session.get_current_ssh_session()
    own = (*HERE, *([here["source"]] if here else ()))
    ranges = log_requests.AddressRanges(reader.declared.get("engines") or ())
    logs = group_logs_by_site(sites, list_vhost_logs())
    budget = log_files.ReadBudget(MAX_BYTES, min(deadline, time.monotonic() + FOR_LOGS))
    most = min(OF_A_SITE, MAX_ADDRESSES // (len(sites) or 1))
    results = []
    for number, site in enumerate(sites):
        with budget.lend_share_of_budget(len(sites) - number) as part:
            results.append(
                {
                    "domain": site["domain"],
                    **summarize_logs_of_site(site, logs[site["domain"]], ranges, own, part, most),
                }
            )
    for number, result in enumerate(results):
        root, sites_left = sites[number].get("document_root"), len(sites) - number
        result["files"] = find_inert_page_files_by_uri(
            root, reader.make_walk_time_budget(FILES_SECONDS / len(sites), 2 * sites_left)
        )
        part = reader.make_part_reader(min(SECONDS, reader.get_seconds_left()) / sites_left)
        result["posts"], result["posts_unread"] = (
            recent_posts.collect_recent_post_addresses(os.path.normpath(root), part)
            if _is_absolute_path(root)
            else ([], None)
        )
    return {"verified": bool(ranges), "sites": results}


def _is_absolute_path(root):
    return isinstance(root, str) and root.startswith("/")


# --- logs ------------------------------------------------------------------------------------------------


class LogUser:
    """The virtual host that writes a log.

    These are the names that it answers to (none: whatever nobody else does), and the log's format.
    """

    def __init__(self, names, path, pattern):
        self.names, self.path, self.pattern = names, path, pattern


def list_vhost_logs():
    """Return the logs of all virtual hosts in force."""
    users = []
    for path in nginx_daemons.list_nginx_main_files():
        with contextlib.suppress(BadConfig, UnreadableFact):
            users += list_nginx_vhost_logs(load_nginx_config(path, read_text))
    if os.path.exists(apache_config.MAIN):
        users += list_apache_vhost_logs(apache_config.load_apache_configuration())
    return users


def list_nginx_vhost_logs(config):
    """Return the logs of the virtual hosts of nginx's configuration as ``load_nginx_config`` gives it."""
    formats = {"combined": log_format.compile_nginx_log_format()}
    for directive in config.http.list_own_directives("log_format") if config.http else []:
        words = [word for word in directive.args[1:] if not word.startswith("escape=")]
        formats[directive.args[0]] = log_format.compile_nginx_log_format("".join(words))
    return [
        LogUser(list_server_names(server), os.path.normpath(args[0]), formats.get(_get_log_format_name(args)))
        for server in config.servers
        for args in _list_access_log_arguments(server)
        if args[0].startswith("/") and "$" not in args[0]
    ]


def _list_access_log_arguments(server):
    """Return the words of each ``access_log`` that a server writes to."""
    own = list(_iter_directive_arguments_inside(server, "access_log"))
    if not server.list_own_directives("access_log"):
        outer = (
            [directive.args for directive in server.parent.list_own_directives("access_log")] if server.parent else []
        )
        own += outer or [[DEFAULT_LOG]]
    return [args for args in own if args]


def _iter_directive_arguments_inside(block, name):
    for inner in block.block or ():
        if inner.name == name:
            yield inner.args
        elif inner.block is not None:
            yield from _iter_directive_arguments_inside(inner, name)


def _get_log_format_name(args):
    return args[1] if len(args) > 1 and "=" not in args[1] else "combined"


def list_apache_vhost_logs(configuration):
    """Return the logs of the virtual hosts that an ``ApacheConfiguration`` has read."""
    formats = dict(log_format.NICKNAMES)
    formats.update(
        (directive.args[1], directive.args[0])
        for directive in configuration.tree
        if directive.name == "logformat" and len(directive.args) > 1
    )
    outer = [node for node in configuration.tree if node.name == "customlog"]
    users = []
    for vhost in (node for node in configuration.tree if node.name == "virtualhost"):
        names = [
            word.lower() for node in vhost.inside if node.name in ("servername", "serveralias") for word in node.args
        ]
        lines = [node for node in vhost.inside if node.name == "customlog"] or outer
        for args in (node.args for node in lines if node.args):
            if args[0][0] != "|":
                text = args[1] if len(args) > 1 else "common"
                path = configuration.absolute(args[0])
                users.append(LogUser(names, path, log_format.compile_apache_log_format(formats.get(text, text))))
    return users


def group_logs_by_site(sites, users):
    """Return ``{domain: [(path, pattern, whether it is mixed)]}``.

    A mixed log has lines of other sites in it that cannot be told from its own.
    """
    names_by_domain = {site["domain"]: {site["domain"], *(site.get("aliases") or ())} for site in sites}
    mine = {
        domain: [user for user in users if any(_is_domain_answered_by_names(user.names, name) for name in names)]
        or [user for user in users if not any("." in name for name in user.names)]
        for domain, names in names_by_domain.items()
    }
    writers = {}
    for user in users:
        writers.setdefault(user.path, set()).add(tuple(sorted(user.names)))
    logs_by_domain = {}
    for domain, names in names_by_domain.items():
        logs_by_path = {}
        for user in mine[domain]:
            of_others = [other for other in writers[user.path] if _is_vhost_of_another_site(other, names)]
            says_host = user.pattern is not None and "host" in user.pattern.groupindex
            logs_by_path[user.path] = (user.path, user.pattern, bool(of_others) and not says_host)
        logs_by_domain[domain] = list(logs_by_path.values())
    return logs_by_domain


def _is_vhost_of_another_site(vhost_names, names):
    """Return whether a virtual host is of another site, and not what is left for those who ask for none."""
    return any("." in name for name in vhost_names) and not any(
        _is_domain_answered_by_names(vhost_names, name) for name in names
    )


def _is_domain_answered_by_names(names, domain):
    domain = domain.lower()
    return any(name == domain or (name[:2] == "*." and domain.endswith(name[1:])) for name in names)


def summarize_logs_of_site(site, logs, ranges, own_addresses, budget, max_addresses):
    """Return ``{logs, addresses}``: what became of each log, and what those served to whom."""
    requests = log_requests.RequestCounts((site["domain"], *(site.get("aliases") or ())), ranges, own_addresses)
    log_states = []
    for path, pattern, is_shared in logs:
        if pattern is None:
            log_states.append({"path": path, "state": "format", "lines": 0})
            continue
        before, understood_before = requests.lines, requests.understood
        for text in log_files.iter_log_pieces(path, budget):
            requests.add(text, pattern)
        lines, fit = requests.lines - before, requests.understood - understood_before
        state = (
            "format"
            if lines and fit * 2 < lines
            else "cut_short"
            if budget.is_used_up
            else "shared"
            if is_shared
            else "read"
        )
        log_states.append({"path": path, "state": state, "lines": lines})
    return {"logs": log_states, "addresses": requests.list_addresses(max_addresses)}


# --- files -----------------------------------------------------------------------------------------------


def find_inert_page_files_by_uri(root, time_budget):
    """Return the files below a root that show something and do nothing, by the path that asks for them.

    Of an application those in its top folder and in those that it is filled from: the others are its own.
    """
    if not _is_absolute_path(root):
        return []
    paths = []
    try:
        handle = root_walk.open_web_root(os.path.normpath(root))
    except OSError:
        return []
    try:
        homes = site_applications.find_application_folders_below(handle, time_budget.part(time_budget.seconds_left / 4))
        for entry in webroot.WebrootWalk(handle, time_budget, MAX_ENTRIES, homes):
            if len(paths) >= MAX_FILES:
                break
            if (
                entry.is_file
                and _PAGES.search(entry.name)
                and entry.status.st_size >= LEAST
                and _is_file_shown_to_visitors(entry)
            ):
                paths.append(os.fsencode("/" + entry.path).decode("utf-8", "replace")[: log_requests.MAX_PATH])
    finally:
        os.close(handle)
    return sorted(paths)


def _is_file_shown_to_visitors(entry):
    parts, (layout, inside) = entry.path.lower().split("/"), entry.layout_and_path
    if any(part.startswith(".") for part in parts) or websites.CODE.intersection(parts[:-1]):
        return False
    return layout is None or layout.is_upload(inside) or ("/" not in inside and not _MANUALS.match(inside))
