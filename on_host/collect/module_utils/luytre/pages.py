"""Which pages sites have, as far as their host knows.

What access logs served, files below the root, what applications publish.

Asked by reviews alone. Addresses of pages leave the host, people's never do.
"""

import contextlib
import os
import re
import time

from ansible.module_utils.luytre import (
    _apache_config,
    _applications,
    _log_files,
    _log_format,
    _log_requests,
    _nginx_daemons,
    _recent_posts,
    _root_walk,
    _ssh_session,
    _webroot,
    _websites,
)
from ansible.module_utils.luytre._area_reader import UnreadableFact, read_text
from ansible.module_utils.luytre._nginx_conf import BadConfig, load
from ansible.module_utils.luytre._nginx_request import server_names

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


def collect(reading):
    deadline = min(reading.deadline, time.monotonic() + SECONDS)
    sites = [site for site in _websites.declared_sites(reading.declared) if isinstance(site.get("domain"), str)]
    here = _ssh_session.session()
    own = (*HERE, *([here["source"]] if here else ()))
    ranges = _log_requests.Ranges(reading.declared.get("engines") or ())
    logs = group_by_site(sites, list_log_users())
    budget = _log_files.ReadBudget(MAX_BYTES, min(deadline, time.monotonic() + FOR_LOGS))
    most = min(OF_A_SITE, MAX_ADDRESSES // (len(sites) or 1))
    results = []
    for number, site in enumerate(sites):
        with budget.part(len(sites) - number) as part:
            results.append(
                {"domain": site["domain"], **summarize_logs(site, logs[site["domain"]], ranges, own, part, most)}
            )
    for number, result in enumerate(results):
        root, sites_left = sites[number].get("document_root"), len(sites) - number
        result["files"] = find_page_files(root, reading.effort(FILES_SECONDS / len(sites), 2 * sites_left))
        part = reading.part(min(SECONDS, reading.get_seconds_left()) / sites_left)
        result["posts"], result["posts_unread"] = (
            _recent_posts.collect_addresses(os.path.normpath(root), part) if _is_path(root) else ([], None)
        )
    return {"verified": bool(ranges), "sites": results}


def _is_path(root):
    return isinstance(root, str) and root.startswith("/")


# --- logs ------------------------------------------------------------------------------------------------


class LogUser:
    """The virtual host that writes a log.

    These are the names that it answers to (none: whatever nobody else does), and the log's format.
    """

    def __init__(self, names, path, pattern):
        self.names, self.path, self.pattern = names, path, pattern


def list_log_users():
    """Return the logs of all virtual hosts in force."""
    users = []
    for path in _nginx_daemons.list_main_files():
        with contextlib.suppress(BadConfig, UnreadableFact):
            users += list_nginx_logs(load(path, read_text))
    if os.path.exists(_apache_config.MAIN):
        users += list_apache_logs(_apache_config.load_configuration())
    return users


def list_nginx_logs(config):
    """Return the same of a configuration of nginx's as ``_nginx_conf.load`` gives it."""
    formats = {"combined": _log_format.compile_nginx()}
    for directive in config.http.own("log_format") if config.http else []:
        words = [word for word in directive.args[1:] if not word.startswith("escape=")]
        formats[directive.args[0]] = _log_format.compile_nginx("".join(words))
    return [
        LogUser(server_names(server), os.path.normpath(args[0]), formats.get(_format_name(args)))
        for server in config.servers
        for args in _log_lines(server)
        if args[0].startswith("/") and "$" not in args[0]
    ]


def _log_lines(server):
    """Return the words of each ``access_log`` that a server writes to."""
    own = list(_inside(server, "access_log"))
    if not server.own("access_log"):
        outer = [directive.args for directive in server.parent.own("access_log")] if server.parent else []
        own += outer or [[DEFAULT_LOG]]
    return [args for args in own if args]


def _inside(block, name):
    for inner in block.block or ():
        if inner.name == name:
            yield inner.args
        elif inner.block is not None:
            yield from _inside(inner, name)


def _format_name(args):
    return args[1] if len(args) > 1 and "=" not in args[1] else "combined"


def list_apache_logs(configuration):
    """Return the same of what a ``_apache_config.Configuration`` has read."""
    formats = dict(_log_format.NICKNAMES)
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
                users.append(LogUser(names, path, _log_format.compile_apache(formats.get(text, text))))
    return users


def group_by_site(sites, users):
    """Return ``{domain: [(path, pattern, whether it is mixed)]}``.

    A mixed log has lines of other sites in it that cannot be told from its own.
    """
    names_by_domain = {site["domain"]: {site["domain"], *(site.get("aliases") or ())} for site in sites}
    mine = {
        domain: [user for user in users if any(_answers(user.names, name) for name in names)]
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
            of_others = [other for other in writers[user.path] if _is_another(other, names)]
            says_host = user.pattern is not None and "host" in user.pattern.groupindex
            logs_by_path[user.path] = (user.path, user.pattern, bool(of_others) and not says_host)
        logs_by_domain[domain] = list(logs_by_path.values())
    return logs_by_domain


def _is_another(others, names):
    """Return whether a virtual host is of another site, and not what is left for those who ask for none."""
    return any("." in name for name in others) and not any(_answers(others, name) for name in names)


def _answers(names, domain):
    domain = domain.lower()
    return any(name == domain or (name[:2] == "*." and domain.endswith(name[1:])) for name in names)


def summarize_logs(site, logs, ranges, own, budget, most):
    """Return ``{logs, addresses}``: what became of each log, and what those served to whom."""
    requests = _log_requests.Requests((site["domain"], *(site.get("aliases") or ())), ranges, own)
    log_states = []
    for path, pattern, is_shared in logs:
        if pattern is None:
            log_states.append({"path": path, "state": "format", "lines": 0})
            continue
        before, understood_before = requests.lines, requests.understood
        for text in _log_files.iter_pieces(path, budget):
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
    return {"logs": log_states, "addresses": requests.list_addresses(most)}


# --- files -----------------------------------------------------------------------------------------------


def find_page_files(root, effort):
    """Return the files below a root that show something and do nothing, by the path that asks for them.

    Of an application those in its top folder and in those that it is filled from: the others are its own.
    """
    if not _is_path(root):
        return []
    paths = []
    try:
        handle = _root_walk.open_root(os.path.normpath(root))
    except OSError:
        return []
    try:
        homes = _applications.find_homes(handle, effort.part(effort.seconds_left / 4))
        for entry in _webroot.WebrootWalk(handle, effort, MAX_ENTRIES, homes):
            if len(paths) >= MAX_FILES:
                break
            if entry.is_file and _PAGES.search(entry.name) and entry.status.st_size >= LEAST and _is_shown(entry):
                paths.append(os.fsencode("/" + entry.path).decode("utf-8", "replace")[: _log_requests.MAX_PATH])
    finally:
        os.close(handle)
    return sorted(paths)


def _is_shown(entry):
    parts, (layout, inside) = entry.path.lower().split("/"), entry.place
    if any(part.startswith(".") for part in parts) or _websites.CODE.intersection(parts[:-1]):
        return False
    return layout is None or layout.is_upload(inside) or ("/" not in inside and not _MANUALS.match(inside))
