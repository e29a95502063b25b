"""nginx: whether its configuration is sound, and what each of its virtual hosts would answer."""

import functools
import os
import re
import time

from ansible.module_utils.luytre import (
    _administrators,
    _certificates,
    _handshakes,
    _modsecurity,
    _nginx_daemons,
    _nginx_open,
    _nginx_stake,
    _origins,
    _patterns,
    _processes,
    _web,
    _websites,
)
from ansible.module_utils.luytre._authors import when_loose
from ansible.module_utils.luytre._nginx_conf import BadConfig, load, seconds, size
from ansible.module_utils.luytre._nginx_request import PASSES, Model, Request, location_words, server_names
from ansible.module_utils.luytre._reading import NotRun, Unreadable, read_text
from ansible.module_utils.luytre_shared import ownership, safe_open
from ansible.module_utils.luytre_shared.names import user_name

FOLDER = "/etc/nginx"
ANY = "0.0.0.0"  # noqa: S104  the same to nginx as no address
TIMEOUTS = {
    "client_body_timeout": 60,
    "client_header_timeout": 60,
    "send_timeout": 60,
    "keepalive_timeout": 75,
}
"""Seconds that nginx itself takes where the configuration says nothing."""
WEB_PORTS = {0, 80, 443}
"""At which visitors arrive; 0 is a socket, behind a proxy."""
PROBLEM = re.compile(r"\[(?:emerg|alert|crit|error)\]|conflicting server name|protocol options redefined")
MAX_WALKED = 5000
SPARE = 2.0
"""Seconds that are left for the rest once all virtual hosts were asked, or as many as there was time for."""
ABSENT = {
    "installed": False,
    "version": "",
    "elsewhere": [],
    "config_ok": None,
    "config_message": "",
    "problems": [],
    "user": "",
    "worker_users": [],
    "modules": [],
    "server_tokens": [],
    "timeouts": [],
    "default_servers": [],
    "loose_files": [],
    "linked_folders": [],
    "vhosts": [],
    "unread_vhosts": [],
}


def collect(reading):
    found = _nginx_daemons.running(reading)
    if not found:
        return ABSENT
    first, *others = [_of(reading, one) for one in found]
    return _together(first, others)


def _of(reading, one):
    """The facts of one nginx."""
    version = re.search(r"(?:nginx|openresty|Angie)/([0-9.]+)", reading.run([one.program, "-v"], both=True))
    facts = {
        **ABSENT,
        "installed": True,
        "version": version.group(1) if version else "",
        "elsewhere": [] if one.main.startswith(FOLDER + "/") else [{"program": one.program, "file": one.main}],
        "worker_users": _worker_users(one.program, one.masters),
    }
    try:
        config = load(one.main, read_text)
    except BadConfig as error:
        said = str(error)[:300]
        untold = {
            "config_ok": "nginx was not run as root: it is not known what it would read: %s" % said,
            "vhosts": "the configuration of nginx is not understood: %s" % said,
        }
        return {**facts, "vhosts": None, "problems": [said], "untold": untold}
    facts.update(describe(config, reading.declared, facts["version"], deadline=reading.deadline - SPARE))
    spared = waiting_for_a_proxy(config)
    _handshakes.tell(facts["vhosts"], reading.deadline - SPARE, spared=spared)
    _origins.tell(facts["vhosts"], reading.declared, reading.deadline - SPARE, spared)
    folder = os.path.dirname(one.main)
    _certificates.tell([*facts["vhosts"], *facts["unread_vhosts"]], reading.trust, folder)
    for vhost in facts["vhosts"]:
        vhost["loose"] = reading.trust.loose(vhost["file"]) or ""
    return {
        **facts,
        **_tested(reading, one, config),
        "loose_files": loose_files(config),
        "linked_folders": linked_folders(),
    }


def _together(first, others):
    """The facts of several nginx as those of one: all their lists, and of the rest the first one's; sound only when all are."""
    facts = dict(first)
    for other in others:
        for name, value in other.items():
            if name == "vhosts" and None in (value, facts[name]):
                facts[name] = None
            elif isinstance(value, list):
                facts[name] = facts[name] + [each for each in value if each not in facts[name]]
        facts["config_ok"] = facts["config_ok"] if facts["config_ok"] is not True else other["config_ok"]
        facts["config_message"] = facts["config_message"] or other["config_message"]
        facts["untold"] = {**other.get("untold", {}), **facts.get("untold", {})}
    return facts


def tested(reading):
    """What nginx says of its configuration now: ``{config_ok, config_message, untold}``."""
    one = _nginx_daemons.running(reading)[0]
    try:
        said = _tested(reading, one, load(one.main, read_text))
    except BadConfig as error:
        return {"config_ok": False, "config_message": str(error)[:300], "untold": {}}
    return {"config_message": "", "untold": {}, **said}


def describe(config, declared=None, version="", on_disk=True, deadline=None):
    """The part of the facts that follows from the configuration alone. Raises Unreadable.

    A virtual host whose patterns cost too much time is told apart from those that were read.
    """
    model = Model(config)
    groups = by_listen(config.servers)
    claimed = functools.lru_cache(None)(lambda: answered_names(model, groups, declared or {}))
    pieces = [lambda: [whole(model, groups), [claimed()[id(server)] for server in config.servers]]]
    pieces += [
        lambda server=server: _vhost(model, groups, server, claimed()[id(server)], on_disk) for server in config.servers
    ]
    told, *sites = _patterns.in_turn(pieces, deadline or time.monotonic() + 20)
    if isinstance(told, _patterns.Unread):
        raise Unreadable("the patterns of %s cost too much time" % (told.file or config.top.file))
    facts, names = told
    known = [plain(model, groups, server, names[number], version) for number, server in enumerate(config.servers)]
    both = list(zip(known, sites))
    return {
        **facts,
        "vhosts": [{**one, **site} for one, site in both if not isinstance(site, _patterns.Unread)],
        "unread_vhosts": [
            {**one, "unread": site.told(one["file"])} for one, site in both if isinstance(site, _patterns.Unread)
        ],
    }


def waiting_for_a_proxy(config):
    """The (address, port) where nginx wants to be told first, by a proxy, who asks."""
    return {
        (address, port)
        for server in config.servers
        for address, port, options in listens(server)
        if "proxy_protocol" in options
    }


def whole(model, groups):
    """What counts for the whole server."""
    config = model.config
    user = config.top.own("user")
    return {
        "user": user[-1].args[0] if user and user[-1].args else "nobody",
        "modules": sorted({os.path.basename(d.args[0]) for d in config.top.own("load_module") if d.args}),
        "server_tokens": _tokens(model),
        "timeouts": _timeouts(config),
        "default_servers": [
            default_answer(model, address, port, members) for (address, port), members in sorted(groups.items())
        ],
    }


# --- the daemon ------------------------------------------------------------------------------------------


def _worker_users(program, masters):
    """Who runs the workers: the children of root's own nginx, whatever other processes call themselves."""
    parents = {master.pid for master in masters}
    children = (_processes.process(pid) for master in masters for pid in _processes.children(master.pid))
    workers = [child for child in children if child and child.runs(program) and child.pid not in parents]
    return sorted({user_name(worker.uid) for worker in workers if worker.uid is not None})


def _tested(reading, one, config):
    """What nginx itself says of its configuration; not asked where another could have it load or write something."""
    read, written = _nginx_stake.at_stake(config, one.prefix)
    try:
        argv = [one.program, "-t", *([] if one.prefix == _nginx_daemons.PREFIX else ["-p", one.prefix]), "-c", one.main]
        at_stake = [one.main, *read]
        trust = _administrators.trusted(reading, at_stake, written)
        said = reading.run(argv, ok=None, both=True, at_stake=at_stake, writes=written, trust=trust)
        lines = said.strip().splitlines()
    except NotRun as refused:
        return {"config_ok": None, "untold": {"config_ok": str(refused)}}
    except Unreadable as late:
        return {"config_ok": None, "config_message": str(late)[:300], "untold": {"config_ok": str(late)}}
    return {
        "config_ok": any("test is successful" in line for line in lines),
        "config_message": lines[-1][:300] if lines else "",
        "problems": [line[:300] for line in lines if PROBLEM.search(line)][:20],
    }


def linked_folders():
    """Folders for files of ours that are links: what lies behind one may be anywhere."""
    found = [path for path in (FOLDER, FOLDER + "/conf.d") if os.path.islink(path)]
    enabled = FOLDER + "/sites-enabled"
    return [*found, *([enabled] if os.path.islink(enabled) and os.path.lexists(enabled + "/default") else [])]


def loose_files(config):
    """Configuration that somebody other than root could change: what is in force, and all below /etc/nginx."""
    paths = set(config.texts) | set(_walk(FOLDER))
    for path in config.texts:
        real = os.path.realpath(path)
        paths.add(real)
        paths.update(_parents(path))
        paths.update(_parents(real))
    return _loose(sorted(paths))[:200]


def _loose(paths):
    """Of /etc/nginx what is not closed; of what lies elsewhere and is not for a role to close, what others could write."""
    found = (
        when_loose(path, ownership.CLOSED if (path + "/").startswith(FOLDER + "/") else ownership.ROOT)
        for path in paths
    )
    return [facts for facts in found if facts is not None]


def loose_below():
    """What of /etc/nginx is loose, folders before what is in them."""
    return _loose([FOLDER, *_walk(FOLDER)])


def _parents(path):
    while path not in ("/", ""):
        path = os.path.dirname(path)
        yield path


def _walk(top):
    walked = 0
    for folder, folders, files in os.walk(top):
        for name in [*folders, *files]:
            walked += 1
            if walked > MAX_WALKED:
                return
            yield os.path.join(folder, name)


# --- settings of the whole -------------------------------------------------------------------------------


def _tokens(model):
    """Where ``server_tokens`` is decided, and how: http, and what differs below it."""
    http = model.config.http
    found = [{"where": "http", "value": model.setting(http, "server_tokens", "on") if http else "on"}]
    for level in levels(http):
        if level is not http:
            own = level.own("server_tokens")
            found += [{"where": directive.where, "value": directive.args[0]} for directive in own if directive.args]
    return found


def _timeouts(config):
    found = []
    for name, default in TIMEOUTS.items():
        set_by_http = config.http.own(name) if config.http else []
        if not set_by_http:
            found.append({"directive": name, "seconds": default, "where": "http"})
        for level in levels(config.http):
            for directive in level.own(name):
                value = seconds(directive.args[0]) if directive.args else None
                if value is not None:
                    found.append({"directive": name, "seconds": int(value + 0.999), "where": directive.where})
    return found


def levels(block):
    """A block and all the blocks in it that hold settings, outermost first."""
    if block is None:
        return
    yield block
    for inner in block.block or ():
        if inner.block is not None and inner.name in ("server", "location", "if", "limit_except"):
            yield from levels(inner)


# --- listens and names -----------------------------------------------------------------------------------


def listens(server):
    """``[(address, port, options)]`` of a server block; a unix socket is ``("unix:/…", 0, …)``."""
    own = [directive.args for directive in server.own("listen") if directive.args]
    return [(*address_of(words[0]), words[1:]) for words in own] or [("*", 80, [])]


def address_of(word):
    if word.startswith("unix:"):
        return word, 0
    match = re.fullmatch(r"(?:(\[[0-9a-fA-F:.]+\]|[^:\[\]]+):)?(\d{1,5})", word)
    address, port = (match.group(1) or "*", int(match.group(2))) if match else (word, 80)
    return "*" if address == ANY else address, port


def by_listen(servers):
    """``(address, port)`` to its servers, the default one first."""
    groups = {}
    for server in servers:
        for address, port, options in listens(server):
            if "quic" in options:
                continue
            members = groups.setdefault((address, port), [])
            if "default_server" in options or "default" in options:
                members[:] = [server, *(member for member in members if member is not server)]
            elif not any(member is server for member in members):
                members.append(server)
    return groups


def is_tls(groups, address, port):
    """Whether connections to this address are TLS: one server that says ``ssl`` decides for all."""
    return any(
        "ssl" in options
        for server in groups.get((address, port), [])
        for other, number, options in listens(server)
        if (other, number) == (address, port)
    )


def answered_names(model, groups, declared):
    """Server block to names: as claimed, and the declared domains it answers without claiming them."""
    names = {id(server): [n for n in dict.fromkeys(server_names(server)) if n] for server in model.config.servers}
    folders = declared_folders(declared.get("sites"))
    for domain in declared_names(declared.get("sites")):
        shown = [server for server in model.config.servers if domain in names[id(server)]]
        folder = {model.root(server) for server in shown}.union(folders.get(domain, ())) - {None}
        for server in unclaimed(model, groups, domain) + _by_pattern(model, groups, domain):
            if domain not in names[id(server)] and not (shown and _is_apart(model, server, folder)):
                names[id(server)].append(domain)
    return names


def _is_apart(model, server, folders):
    """Whether a server without a name shows another folder than a site's, at ports of its own: a panel's tools are shown so."""
    own = model.root(server)
    ports = {port for _address, port, _options in listens(server)}
    return is_nameless(server) and own is not None and bool(folders) and own not in folders and not ports & WEB_PORTS


def declared_folders(sites):
    """Declared domain or alias to its site's declared folder, in a list of one."""
    return {
        name: [site["document_root"].rstrip("/")]
        for site in sites or []
        if isinstance(site.get("document_root"), str)
        for name in [site.get("domain"), *(site.get("aliases") or [])]
    }


def declared_names(sites):
    """Every declared domain and alias."""
    for site in sites or []:
        yield from (name for name in [site.get("domain"), *(site.get("aliases") or [])] if isinstance(name, str))


def _by_pattern(model, groups, domain):
    chosen = [model.choose(members, domain) for members in groups.values()]
    return [server for server, how in chosen if how in ("wildcard", "regex")]


def unclaimed(model, groups, domain):
    """The servers that answer a domain only because nobody claims it on their address.

    A default server with names of its own counts when the domain is claimed nowhere; one without any, always.
    """
    chosen = [model.choose(members, domain) for members in groups.values()]
    nowhere = all(how == "default" for _server, how in chosen)
    return [server for server, how in chosen if how == "default" and server and (nowhere or is_nameless(server))]


def is_nameless(server):
    """Whether a server block claims no real name."""
    return all("." not in name for name in server_names(server))


# --- one virtual host ------------------------------------------------------------------------------------


def _probe_host(names):
    for name in names:
        if not name.startswith("~") and name != "_":
            return name.replace("*", "x")
    return "x.invalid"


class Visitor:
    """Asks one server block, over each of its schemes, as a stranger would."""

    def __init__(self, model, groups, server, names, on_disk):
        self.model, self.server, self.host = model, server, _probe_host(names)
        self.root = model.root(model.find(server, "/") or server)
        self.look = on_disk and self.root is not None and os.path.isdir(self.root)
        schemes = {
            ("https" if is_tls(groups, address, port) else "http", port) for address, port, _options in listens(server)
        }
        self.schemes = sorted(schemes)

    def _there(self, uri):
        if self.look:
            return os.path.isfile(self.root + uri)
        return os.path.basename(uri).startswith("index.")

    def ask(self, uri, scheme, port, method="GET", there=True):
        """The Answer to a request for a file that is there, or not."""

        def exists(path):
            return (
                there and (path == uri or (uri.endswith("/") and uri != "/" and path.startswith(uri)))
            ) or self._there(path)

        return self.model.ask(self.server, Request(uri, self.host, scheme, port, method, exists))

    def answers(self, uri, **how):
        """The Answers over each scheme."""
        return [self.ask(uri, scheme, port, **how) for scheme, port in self.schemes]

    def those(self, uris, kind, **how):
        """Which of the URIs are answered with that kind over any scheme."""
        return [uri for uri in uris if any(answer.kind == kind for answer in self.answers(uri, **how))]


def plain(model, groups, server, names, version):
    """What is known of a virtual host without asking it: ``auditor.facts.web._web.PlainVhost``."""
    tls = any(is_tls(groups, address, port) for address, port, _options in listens(server))
    return {
        "names": names[:200],
        "listens": [
            {
                "address": address,
                "port": port,
                "tls": is_tls(groups, address, port),
                "default": groups.get((address, port), [None])[0] is server,
            }
            for address, port, options in listens(server)
            if "quic" not in options
        ],
        "root": model.root(server),
        "file": server.file,
        "line": server.line,
        "access_log": _access_log(model, server),
        "error_log": model.setting(server, "error_log") or "/var/log/nginx/error.log",
        "tls": _tls(model, groups, server, version) if tls else None,
        "request_filter": _modsecurity.in_nginx(model, server),
    }


def _vhost(model, groups, server, names, on_disk):
    """The rest of ``auditor.facts.web._web.Vhost``: what its patterns make of it."""
    visitor = Visitor(model, groups, server, names, on_disk)
    pages = visitor.answers(_web.PAGE)
    page = next((answer for answer in pages[::-1] if answer.kind in ("file", "php", "proxy")), pages[-1])
    level = page.level
    plain = [visitor.ask(_web.PAGE, scheme, port) for scheme, port in visitor.schemes if scheme == "http"]
    inside = list(levels(server))
    return {
        "root": model.root(model.find(server, "/") or server),
        "php_backends": sorted(
            {
                _backend(found)
                for inner in inside
                for passed in inner.own("fastcgi_pass")
                for found in _targets(model, passed)
            }
        ),
        "proxies_to": sorted(
            {
                found
                for inner in inside
                for name in PASSES[1:]
                for passed in inner.own(name)
                for found in _targets(model, passed)
            }
        ),
        "listing": _listing(model, server),
        "serves_hidden": visitor.those(_web.HIDDEN, "file"),
        "serves_backups": visitor.those(_web.BACKUPS, "file"),
        "serves_acme": not any(answer.denied for answer in visitor.answers(_web.ACME)),
        "runs_php": _websites.where_php_runs(
            lambda uri: any(answer.kind == "php" and answer.uri.endswith(uri) for answer in visitor.answers(uri)),
            visitor.root if visitor.look else None,
        ),
        "php_of_missing": any(
            answer.kind == "php" and answer.uri.endswith(_web.MISSING_PHP)
            for answer in visitor.answers(_web.MISSING_PHP, there=False)
        ),
        "denies": [uri for uri in _web.SENSITIVE if all(answer.denied for answer in visitor.answers(uri))],
        "rate_limits": [
            uri
            for uri in _web.LOGINS
            if all(
                answer.limited or answer.denied or answer.kind == "redirect"
                for answer in visitor.answers(uri, method="POST")
            )
        ],
        "headers": headers(model, level),
        "headers_lost": _headers_lost(model, server),
        "redirects_to_https": bool(plain)
        and all(answer.kind == "redirect" and answer.value.startswith("https://") for answer in plain),
        "pages": any(answer.kind in ("file", "php", "proxy") for answer in pages),
        "proxied": page.kind == "proxy" and not any(inner.own("root") or inner.own("alias") for inner in inside),
        "alias_traversal": [
            "%s (%s)" % (" ".join(["location", *inner.args]), inner.where)
            for inner in inside
            if inner.name == "location" and _climbs(inner)
        ],
        "writes": sorted(
            {word.upper() for inner in inside for d in inner.own("dav_methods") for word in d.args if word != "off"}
        ),
        "access_log": _access_log(model, level),
        "body_limit": _body_limit(model, server, inside),
        **_nginx_open.found(model, visitor, inside, _added),
    }


def _targets(model, passed):
    return model.backends(passed.args[0]) if passed.args else []


def _backend(address):
    """A FastCGI address as ``unix:`` with its real path, or ``tcp:``."""
    if address.startswith("unix:"):
        return "unix:" + safe_open.real(address[len("unix:") :])
    return address if address.startswith("$") else "tcp:" + address


def _listing(model, server):
    """Blocks whose own content would be listed: the server itself only where no ``location /`` answers for it."""
    found = []
    for level in levels(server):
        if level.name == "server" and model.find(server, "/") is not None:
            continue
        if model.setting(level, "autoindex") != "on" or any(level.own(name) for name in PASSES):
            continue
        label = "/" if level.name == "server" else location_words(level)[1] if level.name == "location" else level.name
        found.append("%s (%s)" % (label, level.where))
    return found


def headers(model, level):
    """The security headers that a level adds to what it answers."""
    added = {}
    for directive in _added(model, level):
        if len(directive.args) >= 2 and directive.args[0].lower() in _web.SECURITY_HEADERS:
            value = model.plain_value(directive.args[1], level)
            if value:
                added[directive.args[0].lower()] = value
    for directive in model.effective(level, "more_set_headers"):
        for word in directive.args:
            name, colon, value = word.partition(":")
            if colon and name.strip().lower() in _web.SECURITY_HEADERS:
                added[name.strip().lower()] = value.strip()
    return added


def _added(model, level):
    """The ``add_header`` lines in force; ``add_header_inherit merge`` joins those of the outer levels to its own."""
    lines = []
    while level is not None:
        own = level.own("add_header")
        lines = [*own, *lines]
        if own and model.setting(level, "add_header_inherit") != "merge":
            break
        level = level.parent
    return lines


def _headers_lost(model, server):
    lost = []
    for level in levels(server):
        if level is server or not level.own("add_header"):
            continue
        dropped = sorted(set(headers(model, level.parent)) - set(headers(model, level)))
        if dropped:
            label = " ".join([level.name, *level.args])[:120]
            lost.append("%s (%s): %s" % (label, level.where, ", ".join(dropped)))
    return lost


def _access_log(model, level):
    path = model.setting(level, "access_log")
    return None if path == "off" else (path or "/var/log/nginx/access.log")


def _body_limit(model, server, inside):
    """The largest limit in any of its blocks, 0 (none at all) being the largest."""
    own = [size(d.args[0]) for level in inside for d in level.own("client_max_body_size") if d.args]
    inherited = model.setting(server, "client_max_body_size")
    limits = [limit for limit in [*own, size(inherited) if inherited else None] if limit is not None]
    if not limits:
        return None
    return 0 if 0 in limits else max(limits)


def _climbs(location):
    """The alias trap: ``location /files { alias /srv/files/; }`` also answers ``/files../``."""
    modifier, name = location_words(location)
    alias = location.own("alias")
    return (
        modifier in ("", "^~")
        and not name.endswith("/")
        and bool(alias)
        and alias[-1].args[:1] != []
        and alias[-1].args[0].endswith("/")
    )


def _tls(model, groups, server, version):
    """TLS as offered. Protocols count what the default server of the address allows too, since it speaks first."""
    speaking = [server]
    for address, port, _options in listens(server):
        if is_tls(groups, address, port):
            speaking.append(groups[(address, port)][0])
    protocols = [
        protocol
        for level in speaking
        if not _rejects(level)
        for found in [model.effective(level, "ssl_protocols")]
        for protocol in (found[-1].args if found else _default_protocols(version))
    ]
    # What is offered before the name is known is the first server's of the address: its curves are those of all.
    curves = [model.setting(level, "ssl_ecdh_curve") for level in speaking if not _rejects(level)] or [None]
    return {
        "certificate": _file_only(model, model.setting(server, "ssl_certificate")),
        "key": _file_only(model, model.setting(server, "ssl_certificate_key")),
        "protocols": sorted(set(protocols)),
        "ciphers": model.setting(server, "ssl_ciphers"),
        "curves": []
        if any(one in (None, "auto") for one in curves)
        else sorted({name for one in curves for name in one.split(":")}),
        "pairs": _pairs(model, server),
    }


def _pairs(model, server):
    """Every certificate that a server shows, with its key."""
    files = [
        [_file_only(model, d.args[0]) for d in model.effective(server, name) if d.args]
        for name in ("ssl_certificate", "ssl_certificate_key")
    ]
    return [{"certificate": certificate, "key": key} for certificate, key in zip(*files)][:20]


def _rejects(server):
    own = server.own("ssl_reject_handshake")
    return bool(own) and own[-1].args == ["on"]


def _default_protocols(version):
    numbers = tuple(int(part) for part in version.split(".") if part.isdigit())
    if numbers and numbers < (1, 23, 4):
        return ["TLSv1", "TLSv1.1", "TLSv1.2"]
    if numbers and numbers < (1, 27, 3):
        return ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
    return ["TLSv1.2", "TLSv1.3"]


def _file_only(model, value):
    """A path; a key or certificate written into the configuration itself stays on the host."""
    if value is None or value.startswith("/"):
        return value
    scheme = value.partition(":")[0] if ":" in value else ""
    return scheme + ":" if scheme in ("data", "engine", "store") else _absolute(model, value)


def _absolute(model, value):
    return os.path.join(os.path.dirname(model.config.top.file), value)


def default_answer(model, address, port, members):
    """How an address answers a name that nobody claims."""
    server = members[0]
    tls = any("ssl" in options for member in members for a, p, options in listens(member) if (a, p) == (address, port))
    if tls and _rejects(server):
        kind, value = "rejected", ""
    else:
        request = Request("/", "x.invalid", "https" if tls else "http", port, "GET", lambda uri: "index." in uri)
        answer = model.ask(server, request)
        kind, value = answer.kind, str(answer.value) if answer.kind in ("status", "redirect") else ""
    return {
        "address": address,
        "port": port,
        "tls": tls,
        "names": [name for name in dict.fromkeys(server_names(server)) if name][:20],
        "where": server.where,
        "answer": kind,
        "detail": value[:200],
        "closed": kind in ("closed", "rejected")
        or (kind == "status" and int(value) >= 400)
        or (
            kind == "redirect"
            and re.match(r"https?://[a-z0-9.-]+(?:[:/?]|$)", value) is not None
            and "x.invalid" not in value
        ),
    }
