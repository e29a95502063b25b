"""Which pages sites have, as far as their host knows: what access logs served, files below the root, what applications publish.

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
    _nginx_daemons,
    _posts,
    _requests,
    _root_walk,
    _session,
    _webroot,
    _websites,
)
from ansible.module_utils.luytre._nginx_conf import BadConfig, load
from ansible.module_utils.luytre._nginx_request import server_names
from ansible.module_utils.luytre._reading import Unreadable, read_text

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
    here = _session.session()
    own = (*HERE, *([here["source"]] if here else ()))
    ranges = _requests.Ranges(reading.declared.get("engines") or ())
    logs = by_site(sites, log_users())
    budget = _log_files.Budget(MAX_BYTES, min(deadline, time.monotonic() + FOR_LOGS))
    most = min(OF_A_SITE, MAX_ADDRESSES // (len(sites) or 1))
    found = []
    for number, site in enumerate(sites):
        with budget.part(len(sites) - number) as part:
            found.append({"domain": site["domain"], **served(site, logs[site["domain"]], ranges, own, part, most)})
    for number, told in enumerate(found):
        root, left = sites[number].get("document_root"), len(sites) - number
        told["files"] = files(root, reading.effort(FILES_SECONDS / len(sites), 2 * left))
        part = reading.part(min(SECONDS, reading.left()) / left)
        told["posts"], told["posts_unread"] = (
            _posts.below(os.path.normpath(root), part) if _is_path(root) else ([], None)
        )
    return {"verified": bool(ranges), "sites": found}


def _is_path(root):
    return isinstance(root, str) and root.startswith("/")


# --- logs ------------------------------------------------------------------------------------------------


class LogUser:
    """Who writes a log: the names that a virtual host answers to (none: whatever nobody else does), and the log's format."""

    def __init__(self, names, path, pattern):
        self.names, self.path, self.pattern = names, path, pattern


def log_users():
    """The logs of all virtual hosts in force."""
    found = []
    for path in _nginx_daemons.mains():
        with contextlib.suppress(BadConfig, Unreadable):
            found += of_nginx(load(path, read_text))
    if os.path.exists(_apache_config.MAIN):
        found += of_apache(_apache_config.in_force())
    return found


def of_nginx(config):
    """The same of a configuration of nginx's as ``_nginx_conf.load`` gives it."""
    formats = {"combined": _log_format.of_nginx()}
    for one in config.http.own("log_format") if config.http else []:
        words = [word for word in one.args[1:] if not word.startswith("escape=")]
        formats[one.args[0]] = _log_format.of_nginx("".join(words))
    return [
        LogUser(server_names(server), os.path.normpath(args[0]), formats.get(_format_name(args)))
        for server in config.servers
        for args in _log_lines(server)
        if args[0].startswith("/") and "$" not in args[0]
    ]


def _log_lines(server):
    """The words of each ``access_log`` that a server writes to."""
    own = list(_inside(server, "access_log"))
    if not server.own("access_log"):
        outer = [one.args for one in server.parent.own("access_log")] if server.parent else []
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


def of_apache(configuration):
    """The same of what a ``_apache_config.Configuration`` has read."""
    formats = dict(_log_format.NICKNAMES)
    formats.update(
        (one.args[1], one.args[0]) for one in configuration.tree if one.name == "logformat" and len(one.args) > 1
    )
    outer = [node for node in configuration.tree if node.name == "customlog"]
    found = []
    for vhost in (node for node in configuration.tree if node.name == "virtualhost"):
        names = [
            word.lower() for node in vhost.inside if node.name in ("servername", "serveralias") for word in node.args
        ]
        lines = [node for node in vhost.inside if node.name == "customlog"] or outer
        for args in (node.args for node in lines if node.args):
            if args[0][0] != "|":
                text = args[1] if len(args) > 1 else "common"
                path = configuration.absolute(args[0])
                found.append(LogUser(names, path, _log_format.of_apache(formats.get(text, text))))
    return found


def by_site(sites, users):
    """``{domain: [(path, pattern, whether lines of other sites are in it that cannot be told from its own)]}``."""
    named = {site["domain"]: {site["domain"], *(site.get("aliases") or ())} for site in sites}
    mine = {
        domain: [user for user in users if any(_answers(user.names, name) for name in names)]
        or [user for user in users if not any("." in name for name in user.names)]
        for domain, names in named.items()
    }
    writers = {}
    for user in users:
        writers.setdefault(user.path, set()).add(tuple(sorted(user.names)))
    found = {}
    for domain, names in named.items():
        told = {}
        for user in mine[domain]:
            of_others = [other for other in writers[user.path] if _is_another(other, names)]
            says_host = user.pattern is not None and "host" in user.pattern.groupindex
            told[user.path] = (user.path, user.pattern, bool(of_others) and not says_host)
        found[domain] = list(told.values())
    return found


def _is_another(others, names):
    """Whether a virtual host is of another site, and not what is left for those who ask for none."""
    return any("." in name for name in others) and not any(_answers(others, name) for name in names)


def _answers(names, wanted):
    wanted = wanted.lower()
    return any(name == wanted or (name[:2] == "*." and wanted.endswith(name[1:])) for name in names)


def served(site, logs, ranges, own, budget, most):
    """``{logs, addresses}``: what became of each log, and what those served to whom."""
    requests = _requests.Requests((site["domain"], *(site.get("aliases") or ())), ranges, own)
    told = []
    for path, pattern, shared in logs:
        if pattern is None:
            told.append({"path": path, "state": "format", "lines": 0})
            continue
        before, understood = requests.lines, requests.understood
        for text in _log_files.pieces(path, budget):
            requests.add(text, pattern)
        lines, fit = requests.lines - before, requests.understood - understood
        state = (
            "format"
            if lines and fit * 2 < lines
            else "cut_short"
            if budget.is_used_up
            else "shared"
            if shared
            else "read"
        )
        told.append({"path": path, "state": state, "lines": lines})
    return {"logs": told, "addresses": requests.told(most)}


# --- files -----------------------------------------------------------------------------------------------


def files(root, effort):
    """The files below a root that show something and do nothing, by the path that asks for them.

    Of an application those in its top folder and in those that it is filled from: the others are its own.
    """
    if not _is_path(root):
        return []
    found = []
    try:
        handle = _root_walk.open_root(os.path.normpath(root))
    except OSError:
        return []
    try:
        homes = _applications.homes(handle, effort.part(effort.left / 4))
        for entry in _webroot.Walk(handle, effort, MAX_ENTRIES, homes):
            if len(found) >= MAX_FILES:
                break
            if entry.is_file and _PAGES.search(entry.name) and entry.status.st_size >= LEAST and _is_shown(entry):
                found.append(os.fsencode("/" + entry.path).decode("utf-8", "replace")[: _requests.MAX_PATH])
    finally:
        os.close(handle)
    return sorted(found)


def _is_shown(entry):
    parts, (layout, inside) = entry.path.lower().split("/"), entry.place
    if any(part.startswith(".") for part in parts) or _websites.CODE.intersection(parts[:-1]):
        return False
    return layout is None or layout.is_upload(inside) or ("/" not in inside and not _MANUALS.match(inside))
