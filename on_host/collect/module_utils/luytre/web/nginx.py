"""nginx: whether its configuration is sound, and what each of its virtual hosts would answer."""

import functools
import os
import re
import time

from ansible.module_utils.luytre.os import nginx_daemons
from ansible.module_utils.luytre.parsers import foreign_patterns, request_uris
from ansible.module_utils.luytre.parsers.web_servers.nginx_conf import (
    BadConfig,
    load_nginx_config,
    parse_nginx_seconds,
    parse_nginx_size,
)
from ansible.module_utils.luytre.parsers.web_servers.nginx_request import (
    PASSES,
    NginxModel,
    NginxRequest,
    list_server_names,
    parse_location_modifier_and_name,
)
from ansible.module_utils.luytre.sites import filled_uris
from ansible.module_utils.luytre.web_servers import (
    certificate_faults,
    handshakes,
    modsecurity,
    nginx_exposure,
    nginx_trusted_inputs,
    origins,
)
from ansible.module_utils.luytre_shared.access import administrators
from ansible.module_utils.luytre_shared.files import ownership, safe_open
from ansible.module_utils.luytre_shared.files.names import user_name
from ansible.module_utils.luytre_shared.os import process_table
from ansible.module_utils.luytre_shared.os.area_reader import NotRun, UnreadableFact, read_text
from ansible.module_utils.luytre_shared.os.file_writers import describe_file_if_changeable_by_others

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


def collect_area_facts(reader):
    daemons = nginx_daemons.list_running_nginx_daemons(reader)
    if not daemons:
        return ABSENT
    first, *others = [_read_facts_of_nginx_daemon(reader, daemon) for daemon in daemons]
    return _merge_facts_of_nginx_daemons(first, others)


def _read_facts_of_nginx_daemon(reader, daemon):
    """Return the facts of one nginx."""
    version = re.search(r"(?:nginx|openresty|Angie)/([0-9.]+)", reader.run([daemon.program, "-v"], both=True))
    facts = {
        **ABSENT,
        "installed": True,
        "version": version.group(1) if version else "",
        "elsewhere": [] if daemon.main.startswith(FOLDER + "/") else [{"program": daemon.program, "file": daemon.main}],
        "worker_users": _list_worker_users(daemon.program, daemon.masters),
    }
    try:
        config = load_nginx_config(daemon.main, read_text)
    except BadConfig as error:
        message = str(error)[:300]
        untold = {
            "config_ok": "nginx was not run as root: it is not known what it would read: %s" % message,
            "vhosts": "the configuration of nginx is not understood: %s" % message,
        }
        return {**facts, "vhosts": None, "problems": [message], "untold": untold}
    facts.update(
        describe_nginx_configuration(config, reader.declared, facts["version"], deadline=reader.deadline - SPARE)
    )
    skip_places = list_proxy_protocol_listens(config)
    handshakes.add_answered_tls_versions(facts["vhosts"], reader.deadline - SPARE, skip_places=skip_places)
    origins.add_cors_answers_to_vhosts(facts["vhosts"], reader.declared, reader.deadline - SPARE, skip_places)
    folder = os.path.dirname(daemon.main)
    certificate_faults.add_certificate_load_results([*facts["vhosts"], *facts["unread_vhosts"]], reader.trust, folder)
    for vhost in facts["vhosts"]:
        vhost["loose"] = reader.trust.describe_first_changer_on_path(vhost["file"]) or ""
    return {
        **facts,
        **_run_nginx_config_test(reader, daemon, config),
        "loose_files": find_loose_nginx_files(config),
        "linked_folders": find_linked_config_folders(),
    }


def _merge_facts_of_nginx_daemons(first_facts, other_facts):
    """Return the facts of several nginx as those of one: all their lists, and of the rest the first one's.

    Sound only when all are.
    """
    facts = dict(first_facts)
    for other in other_facts:
        for name, value in other.items():
            if name == "vhosts" and None in (value, facts[name]):
                facts[name] = None
            elif isinstance(value, list):
                facts[name] = facts[name] + [each for each in value if each not in facts[name]]
        facts["config_ok"] = facts["config_ok"] if facts["config_ok"] is not True else other["config_ok"]
        facts["config_message"] = facts["config_message"] or other["config_message"]
        facts["untold"] = {**other.get("untold", {}), **facts.get("untold", {})}
    return facts


def test_nginx_configuration(reader):
    """Return what nginx says of its configuration now: ``{config_ok, config_message, untold}``."""
    daemon = nginx_daemons.list_running_nginx_daemons(reader)[0]
    try:
        result = _run_nginx_config_test(reader, daemon, load_nginx_config(daemon.main, read_text))
    except BadConfig as error:
        return {"config_ok": False, "config_message": str(error)[:300], "untold": {}}
    return {"config_message": "", "untold": {}, **result}


def describe_nginx_configuration(config, declarations=None, version="", on_disk=True, deadline=None):
    """Return the part of the facts that follows from the configuration alone. Raises UnreadableFact.

    A virtual host whose patterns cost too much time is told apart from those that were read.
    """
    model = NginxModel(config)
    groups = group_servers_by_listen(config.servers)
    load_names = functools.lru_cache(None)(lambda: list_names_answered_by_server(model, groups, declarations or {}))
    pieces = [lambda: [describe_nginx_server(model, groups), [load_names()[id(server)] for server in config.servers]]]
    pieces += [
        lambda server=server: _describe_vhost_by_requests(model, groups, server, load_names()[id(server)], on_disk)
        for server in config.servers
    ]
    answer, *sites = foreign_patterns.run_functions_in_child(pieces, deadline or time.monotonic() + 20)
    if isinstance(answer, foreign_patterns.PatternFailure):
        raise UnreadableFact("the patterns of %s cost too much time" % (answer.file or config.top.file))
    facts, names = answer
    plain_vhosts = [
        describe_vhost_without_requests(model, groups, server, names[number], version)
        for number, server in enumerate(config.servers)
    ]
    both = list(zip(plain_vhosts, sites))
    return {
        **facts,
        "vhosts": [
            {**plain_vhost, **site}
            for plain_vhost, site in both
            if not isinstance(site, foreign_patterns.PatternFailure)
        ],
        "unread_vhosts": [
            {**plain_vhost, "unread": site.convert_to_fact(plain_vhost["file"])}
            for plain_vhost, site in both
            if isinstance(site, foreign_patterns.PatternFailure)
        ],
    }


def list_proxy_protocol_listens(config):
    """Return the (address, port) where nginx wants to be told first, by a proxy, who asks."""
    return {
        (address, port)
        for server in config.servers
        for address, port, options in parse_listen_directives(server)
        if "proxy_protocol" in options
    }


def describe_nginx_server(model, groups):
    """Return what counts for the whole server."""
    config = model.config
    user = config.top.list_own_directives("user")
    return {
        "user": user[-1].args[0] if user and user[-1].args else "nobody",
        "modules": sorted(
            {os.path.basename(d.args[0]) for d in config.top.list_own_directives("load_module") if d.args}
        ),
        "server_tokens": _list_server_tokens_settings(model),
        "timeouts": _list_timeout_settings(config),
        "default_servers": [
            describe_answer_to_unclaimed_name(model, address, port, members)
            for (address, port), members in sorted(groups.items())
        ],
    }


# --- the daemon ------------------------------------------------------------------------------------------


def _list_worker_users(program, masters):
    """Return who runs the workers: the children of root's own nginx, whatever other processes call themselves."""
    parents = {master.pid for master in masters}
    children = (
        process_table.read_process_info(pid) for master in masters for pid in process_table.list_child_pids(master.pid)
    )
    workers = [
        child
        for child in children
        if child and child.is_process_of_installed_program(program) and child.pid not in parents
    ]
    return sorted({user_name(worker.uid) for worker in workers if worker.uid is not None})


def _run_nginx_config_test(reader, daemon, config):
    """Return what nginx itself says of its configuration.

    Not asked where another could have it load or write something.
    """
    read, write_paths = nginx_trusted_inputs.list_nginx_test_paths(config, daemon.prefix)
    try:
        argv = [
            daemon.program,
            "-t",
            *([] if daemon.prefix == nginx_daemons.PREFIX else ["-p", daemon.prefix]),
            "-c",
            daemon.main,
        ]
        at_stake = [daemon.main, *read]
        trust = administrators.make_trust_for_daemon_test(reader, at_stake, write_paths)
        output = reader.run(argv, ok=None, both=True, at_stake=at_stake, writes=write_paths, trust=trust)
        lines = output.strip().splitlines()
    except NotRun as refusal:
        return {"config_ok": None, "untold": {"config_ok": str(refusal)}}
    except UnreadableFact as late:
        return {"config_ok": None, "config_message": str(late)[:300], "untold": {"config_ok": str(late)}}
    return {
        "config_ok": any("test is successful" in line for line in lines),
        "config_message": lines[-1][:300] if lines else "",
        "problems": [line[:300] for line in lines if PROBLEM.search(line)][:20],
    }


def find_linked_config_folders():
    """Return folders for files of ours that are links: what lies behind one may be anywhere."""
    folders = [path for path in (FOLDER, FOLDER + "/conf.d") if os.path.islink(path)]
    enabled_folder = FOLDER + "/sites-enabled"
    return [
        *folders,
        *([enabled_folder] if os.path.islink(enabled_folder) and os.path.lexists(enabled_folder + "/default") else []),
    ]


def find_loose_nginx_files(config):
    """Return configuration that somebody other than root could change: what is in force, and all below /etc/nginx."""
    paths = set(config.texts) | set(_iter_paths_below(FOLDER))
    for path in config.texts:
        real = os.path.realpath(path)
        paths.add(real)
        paths.update(_iter_parent_folders(path))
        paths.update(_iter_parent_folders(real))
    return _select_loose_paths(sorted(paths))[:200]


def _select_loose_paths(paths):
    """Return what is loose.

    Of /etc/nginx this is what is not closed; of what lies elsewhere and is not for a role to close, what others could
    write.
    """
    results = (
        describe_file_if_changeable_by_others(
            path, ownership.STRICT_ROOT if (path + "/").startswith(FOLDER + "/") else ownership.ROOT
        )
        for path in paths
    )
    return [facts for facts in results if facts is not None]


def find_loose_paths_below_etc_nginx():
    """Return what of /etc/nginx is loose, folders before what is in them."""
    return _select_loose_paths([FOLDER, *_iter_paths_below(FOLDER)])


def _iter_parent_folders(path):
    while path not in ("/", ""):
        path = os.path.dirname(path)
        yield path


def _iter_paths_below(top):
    count = 0
    for folder, folders, files in os.walk(top):
        for name in [*folders, *files]:
            count += 1
            if count > MAX_WALKED:
                return
            yield os.path.join(folder, name)


# --- settings of the whole -------------------------------------------------------------------------------


def _list_server_tokens_settings(model):
    """Return where ``server_tokens`` is decided, and how: http, and what differs below it."""
    http = model.config.http
    settings = [{"where": "http", "value": model.get_setting_in_force(http, "server_tokens", "on") if http else "on"}]
    for level in iter_block_and_inner_blocks(http):
        if level is not http:
            own = level.list_own_directives("server_tokens")
            settings += [{"where": directive.where, "value": directive.args[0]} for directive in own if directive.args]
    return settings


def _list_timeout_settings(config):
    settings = []
    for name, default in TIMEOUTS.items():
        set_by_http = config.http.list_own_directives(name) if config.http else []
        if not set_by_http:
            settings.append({"directive": name, "seconds": default, "where": "http"})
        for level in iter_block_and_inner_blocks(config.http):
            for directive in level.list_own_directives(name):
                value = parse_nginx_seconds(directive.args[0]) if directive.args else None
                if value is not None:
                    settings.append({"directive": name, "seconds": int(value + 0.999), "where": directive.where})
    return settings


def iter_block_and_inner_blocks(block):
    """Yield a block and all the blocks in it that hold settings, outermost first."""
    if block is None:
        return
    yield block
    for inner in block.block or ():
        if inner.block is not None and inner.name in ("server", "location", "if", "limit_except"):
            yield from iter_block_and_inner_blocks(inner)


# --- listens and names -----------------------------------------------------------------------------------


def parse_listen_directives(server):
    """Return ``[(address, port, options)]`` of a server block; a unix socket is ``("unix:/…", 0, …)``."""
    own = [directive.args for directive in server.list_own_directives("listen") if directive.args]
    return [(*parse_listen_address(words[0]), words[1:]) for words in own] or [("*", 80, [])]


def parse_listen_address(listen_argument):
    if listen_argument.startswith("unix:"):
        return listen_argument, 0
    match = re.fullmatch(r"(?:(\[[0-9a-fA-F:.]+\]|[^:\[\]]+):)?(\d{1,5})", listen_argument)
    address, port = (match.group(1) or "*", int(match.group(2))) if match else (listen_argument, 80)
    return "*" if address == ANY else address, port


def group_servers_by_listen(servers):
    """Return ``(address, port)`` to its servers, the default one first."""
    groups = {}
    for server in servers:
        for address, port, options in parse_listen_directives(server):
            if "quic" in options:
                continue
            members = groups.setdefault((address, port), [])
            if "default_server" in options or "default" in options:
                members[:] = [server, *(member for member in members if member is not server)]
            elif not any(member is server for member in members):
                members.append(server)
    return groups


def is_listen_tls(groups, address, port):
    """Return whether connections to this address are TLS: one server that says ``ssl`` decides for all."""
    return any(
        "ssl" in options
        for server in groups.get((address, port), [])
        for other, number, options in parse_listen_directives(server)
        if (other, number) == (address, port)
    )


def list_names_answered_by_server(model, groups, declarations):
    """Return server block to names: as claimed, and the declared domains it answers without claiming them."""
    names = {id(server): [n for n in dict.fromkeys(list_server_names(server)) if n] for server in model.config.servers}
    folders = map_declared_domains_to_folders(declarations.get("sites"))
    for domain in iter_declared_domains(declarations.get("sites")):
        servers = [server for server in model.config.servers if domain in names[id(server)]]
        folder = {model.get_document_root(server) for server in servers}.union(folders.get(domain, ())) - {None}
        for server in find_servers_answering_unclaimed_domain(
            model, groups, domain
        ) + _list_servers_claiming_by_pattern(model, groups, domain):
            if domain not in names[id(server)] and not (
                servers and _is_nameless_server_of_its_own(model, server, folder)
            ):
                names[id(server)].append(domain)
    return names


def _is_nameless_server_of_its_own(model, server, folders):
    """Return whether a server without a name shows another folder than a site's, at ports of its own.

    A panel's tools are shown so.
    """
    own = model.get_document_root(server)
    ports = {port for _address, port, _options in parse_listen_directives(server)}
    return (
        is_server_without_name(server)
        and own is not None
        and bool(folders)
        and own not in folders
        and not ports & WEB_PORTS
    )


def map_declared_domains_to_folders(sites):
    """Return declared domain or alias to its site's declared folder, in a list of one."""
    return {
        name: [site["document_root"].rstrip("/")]
        for site in sites or []
        if isinstance(site.get("document_root"), str)
        for name in [site.get("domain"), *(site.get("aliases") or [])]
    }


def iter_declared_domains(sites):
    """Yield every declared domain and alias."""
    for site in sites or []:
        yield from (name for name in [site.get("domain"), *(site.get("aliases") or [])] if isinstance(name, str))


def _list_servers_claiming_by_pattern(model, groups, domain):
    choices = [model.choose_server_for_host(members, domain) for members in groups.values()]
    return [server for server, how in choices if how in ("wildcard", "regex")]


def find_servers_answering_unclaimed_domain(model, groups, domain):
    """Return the servers that answer a domain only because nobody claims it on their address.

    A default server with names of its own counts when the domain is claimed nowhere; one without any, always.
    """
    choices = [model.choose_server_for_host(members, domain) for members in groups.values()]
    nowhere = all(how == "default" for _server, how in choices)
    return [
        server for server, how in choices if how == "default" and server and (nowhere or is_server_without_name(server))
    ]


def is_server_without_name(server):
    """Return whether a server block claims no real name."""
    return all("." not in name for name in list_server_names(server))


# --- one virtual host ------------------------------------------------------------------------------------


def _choose_probe_host(names):
    for name in names:
        if not name.startswith("~") and name != "_":
            return name.replace("*", "x")
    return "x.invalid"


class NginxVisitor:
    """Asks one server block, over each of its schemes, as a stranger would."""

    def __init__(self, model, groups, server, names, on_disk):
        self.model, self.server, self.host = model, server, _choose_probe_host(names)
        self.root = model.get_document_root(model.find_location_for_uri(server, "/") or server)
        self.look = on_disk and self.root is not None and os.path.isdir(self.root)
        schemes = {
            ("https" if is_listen_tls(groups, address, port) else "http", port)
            for address, port, _options in parse_listen_directives(server)
        }
        self.schemes = sorted(schemes)

    def _is_file_there(self, uri):
        if self.look:
            return os.path.isfile(self.root + uri)
        return os.path.basename(uri).startswith("index.")

    def ask(self, uri, scheme, port, method="GET", is_there=True):
        """Return the NginxResponse to a request for a file that is there, or not."""

        def exists(path):
            return (
                is_there and (path == uri or (uri.endswith("/") and uri != "/" and path.startswith(uri)))
            ) or self._is_file_there(path)

        return self.model.answer_request(self.server, NginxRequest(uri, self.host, scheme, port, method, exists))

    def answers(self, uri, **how):
        """Return the NginxResponse over each scheme."""
        return [self.ask(uri, scheme, port, **how) for scheme, port in self.schemes]

    def those(self, uris, answer_kind, **how):
        """Return which of the URIs are answered with that kind over any scheme."""
        return [uri for uri in uris if any(answer.kind == answer_kind for answer in self.answers(uri, **how))]


def describe_vhost_without_requests(model, groups, server, names, version):
    """Return what is known of a virtual host without asking it: ``auditor.facts.web._web.PlainVhost``."""
    tls = any(is_listen_tls(groups, address, port) for address, port, _options in parse_listen_directives(server))
    return {
        "names": names[:200],
        "listens": [
            {
                "address": address,
                "port": port,
                "tls": is_listen_tls(groups, address, port),
                "default": groups.get((address, port), [None])[0] is server,
            }
            for address, port, options in parse_listen_directives(server)
            if "quic" not in options
        ],
        "root": model.get_document_root(server),
        "file": server.file,
        "line": server.line,
        "access_log": _get_access_log(model, server),
        "error_log": model.get_setting_in_force(server, "error_log") or "/var/log/nginx/error.log",
        "tls": _describe_tls(model, groups, server, version) if tls else None,
        "request_filter": modsecurity.describe_nginx_modsecurity(model, server),
    }


def _describe_vhost_by_requests(model, groups, server, names, on_disk):
    """Return the rest of ``auditor.facts.web._web.VirtualHost``: what its patterns make of it."""
    visitor = NginxVisitor(model, groups, server, names, on_disk)
    pages = visitor.answers(request_uris.PAGE)
    page = next((answer for answer in pages[::-1] if answer.kind in ("file", "php", "proxy")), pages[-1])
    level = page.level
    plain = [visitor.ask(request_uris.PAGE, scheme, port) for scheme, port in visitor.schemes if scheme == "http"]
    inside = list(iter_block_and_inner_blocks(server))
    return {
        "root": model.get_document_root(model.find_location_for_uri(server, "/") or server),
        "php_backends": sorted(
            {
                _format_fastcgi_backend(target)
                for inner in inside
                for directive in inner.list_own_directives("fastcgi_pass")
                for target in _list_backends_of_directive(model, directive)
            }
        ),
        "proxies_to": sorted(
            {
                target
                for inner in inside
                for name in PASSES[1:]
                for directive in inner.list_own_directives(name)
                for target in _list_backends_of_directive(model, directive)
            }
        ),
        "listing": _find_blocks_with_listing(model, server),
        "serves_hidden": visitor.those(request_uris.HIDDEN_URIS, "file"),
        "serves_backups": visitor.those(request_uris.BACKUPS, "file"),
        "serves_acme": not any(answer.is_denied for answer in visitor.answers(request_uris.ACME)),
        "runs_php": filled_uris.find_upload_uris_that_run_php(
            lambda uri: any(answer.kind == "php" and answer.uri.endswith(uri) for answer in visitor.answers(uri)),
            visitor.root if visitor.look else None,
        ),
        "php_of_missing": any(
            answer.kind == "php" and answer.uri.endswith(request_uris.MISSING_PHP)
            for answer in visitor.answers(request_uris.MISSING_PHP, is_there=False)
        ),
        "denies": [uri for uri in request_uris.SENSITIVE if all(answer.is_denied for answer in visitor.answers(uri))],
        "rate_limits": [
            uri
            for uri in request_uris.LOGINS
            if all(
                answer.limited or answer.is_denied or answer.kind == "redirect"
                for answer in visitor.answers(uri, method="POST")
            )
        ],
        "headers": compute_added_security_headers(model, level),
        "headers_lost": _find_blocks_losing_headers(model, server),
        "redirects_to_https": bool(plain)
        and all(answer.kind == "redirect" and answer.value.startswith("https://") for answer in plain),
        "pages": any(answer.kind in ("file", "php", "proxy") for answer in pages),
        "proxied": page.kind == "proxy"
        and not any(inner.list_own_directives("root") or inner.list_own_directives("alias") for inner in inside),
        "alias_traversal": [
            "%s (%s)" % (" ".join(["location", *inner.args]), inner.where)
            for inner in inside
            if inner.name == "location" and _has_alias_trap(inner)
        ],
        "writes": sorted(
            {
                word.upper()
                for inner in inside
                for d in inner.list_own_directives("dav_methods")
                for word in d.args
                if word != "off"
            }
        ),
        "access_log": _get_access_log(model, level),
        "body_limit": _get_largest_body_limit(model, server, inside),
        **nginx_exposure.collect_nginx_vhost_exposure(model, visitor, inside, _list_add_headers_in_force),
    }


def _list_backends_of_directive(model, directive):
    return model.resolve_backend_addresses(directive.args[0]) if directive.args else []


def _format_fastcgi_backend(address):
    """Return a FastCGI address as ``unix:`` with its real path, or ``tcp:``."""
    if address.startswith("unix:"):
        return "unix:" + safe_open.resolve_real_path(address[len("unix:") :])
    return address if address.startswith("$") else "tcp:" + address


def _find_blocks_with_listing(model, server):
    """Return blocks whose own content would be listed.

    The server itself is one only where no ``location /`` answers for it.
    """
    places = []
    for level in iter_block_and_inner_blocks(server):
        if level.name == "server" and model.find_location_for_uri(server, "/") is not None:
            continue
        if model.get_setting_in_force(level, "autoindex") != "on" or any(
            level.list_own_directives(name) for name in PASSES
        ):
            continue
        label = (
            "/"
            if level.name == "server"
            else parse_location_modifier_and_name(level)[1]
            if level.name == "location"
            else level.name
        )
        places.append("%s (%s)" % (label, level.where))
    return places


def compute_added_security_headers(model, level):
    """Return the security headers that a level adds to what it answers."""
    values = {}
    for directive in _list_add_headers_in_force(model, level):
        if len(directive.args) >= 2 and directive.args[0].lower() in request_uris.SECURITY_HEADERS:
            value = model.get_value_for_plain_page(directive.args[1], level)
            if value:
                values[directive.args[0].lower()] = value
    for directive in model.list_directives_in_force(level, "more_set_headers"):
        for word in directive.args:
            name, colon, value = word.partition(":")
            if colon and name.strip().lower() in request_uris.SECURITY_HEADERS:
                values[name.strip().lower()] = value.strip()
    return values


def _list_add_headers_in_force(model, level):
    """Return the ``add_header`` lines in force; ``add_header_inherit merge`` joins those of the outer levels to its
    own.
    """
    lines = []
    while level is not None:
        own = level.list_own_directives("add_header")
        lines = [*own, *lines]
        if own and model.get_setting_in_force(level, "add_header_inherit") != "merge":
            break
        level = level.parent
    return lines


def _find_blocks_losing_headers(model, server):
    places = []
    for level in iter_block_and_inner_blocks(server):
        if level is server or not level.list_own_directives("add_header"):
            continue
        dropped_headers = sorted(
            set(compute_added_security_headers(model, level.parent)) - set(compute_added_security_headers(model, level))
        )
        if dropped_headers:
            label = " ".join([level.name, *level.args])[:120]
            places.append("%s (%s): %s" % (label, level.where, ", ".join(dropped_headers)))
    return places


def _get_access_log(model, level):
    path = model.get_setting_in_force(level, "access_log")
    return None if path == "off" else (path or "/var/log/nginx/access.log")


def _get_largest_body_limit(model, server, inner_blocks):
    """Return the largest limit in any of its blocks, 0 (none at all) being the largest."""
    own = [
        parse_nginx_size(d.args[0])
        for level in inner_blocks
        for d in level.list_own_directives("client_max_body_size")
        if d.args
    ]
    inherited_limit = model.get_setting_in_force(server, "client_max_body_size")
    limits = [
        limit for limit in [*own, parse_nginx_size(inherited_limit) if inherited_limit else None] if limit is not None
    ]
    if not limits:
        return None
    return 0 if 0 in limits else max(limits)


def _has_alias_trap(location):
    """Return the alias trap: ``location /files { alias /srv/files/; }`` also answers ``/files../``."""
    modifier, name = parse_location_modifier_and_name(location)
    alias = location.list_own_directives("alias")
    return (
        modifier in ("", "^~")
        and not name.endswith("/")
        and bool(alias)
        and alias[-1].args[:1] != []
        and alias[-1].args[0].endswith("/")
    )


def _describe_tls(model, groups, server, version):
    """Return TLS as it is offered.

    Protocols count what the default server of the address allows too, since it speaks first.
    """
    speakers = [server]
    for address, port, _options in parse_listen_directives(server):
        if is_listen_tls(groups, address, port):
            speakers.append(groups[(address, port)][0])
    protocols = [
        protocol
        for level in speakers
        if not _is_tls_handshake_rejected(level)
        for directives in [model.list_directives_in_force(level, "ssl_protocols")]
        for protocol in (directives[-1].args if directives else _list_default_tls_protocols(version))
    ]
    # What is offered before the name is known is the first server's of the address: its curves are those of all.
    curves = [
        model.get_setting_in_force(level, "ssl_ecdh_curve")
        for level in speakers
        if not _is_tls_handshake_rejected(level)
    ] or [None]
    return {
        "certificate": _get_value_if_file_path(model, model.get_setting_in_force(server, "ssl_certificate")),
        "key": _get_value_if_file_path(model, model.get_setting_in_force(server, "ssl_certificate_key")),
        "protocols": sorted(set(protocols)),
        "ciphers": model.get_setting_in_force(server, "ssl_ciphers"),
        "curves": []
        if any(curve_list in (None, "auto") for curve_list in curves)
        else sorted({name for curve_list in curves for name in curve_list.split(":")}),
        "pairs": _list_certificate_and_key_pairs(model, server),
    }


def _list_certificate_and_key_pairs(model, server):
    """Return every certificate that a server shows, with its key."""
    files = [
        [_get_value_if_file_path(model, d.args[0]) for d in model.list_directives_in_force(server, name) if d.args]
        for name in ("ssl_certificate", "ssl_certificate_key")
    ]
    return [{"certificate": certificate, "key": key} for certificate, key in zip(*files)][:20]


def _is_tls_handshake_rejected(server):
    own = server.list_own_directives("ssl_reject_handshake")
    return bool(own) and own[-1].args == ["on"]


def _list_default_tls_protocols(version):
    numbers = tuple(int(part) for part in version.split(".") if part.isdigit())
    if numbers and numbers < (1, 23, 4):
        return ["TLSv1", "TLSv1.1", "TLSv1.2"]
    if numbers and numbers < (1, 27, 3):
        return ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
    return ["TLSv1.2", "TLSv1.3"]


def _get_value_if_file_path(model, value):
    """Return a path; a key or certificate written into the configuration itself stays on the host."""
    if value is None or value.startswith("/"):
        return value
    scheme = value.partition(":")[0] if ":" in value else ""
    return scheme + ":" if scheme in ("data", "engine", "store") else _resolve_path_from_config_folder(model, value)


def _resolve_path_from_config_folder(model, value):
    return os.path.join(os.path.dirname(model.config.top.file), value)


def describe_answer_to_unclaimed_name(model, address, port, members):
    """Return how an address answers a name that nobody claims."""
    server = members[0]
    tls = any(
        "ssl" in options
        for member in members
        for a, p, options in parse_listen_directives(member)
        if (a, p) == (address, port)
    )
    if tls and _is_tls_handshake_rejected(server):
        kind, value = "rejected", ""
    else:
        request = NginxRequest("/", "x.invalid", "https" if tls else "http", port, "GET", lambda uri: "index." in uri)
        answer = model.answer_request(server, request)
        kind, value = answer.kind, str(answer.value) if answer.kind in ("status", "redirect") else ""
    return {
        "address": address,
        "port": port,
        "tls": tls,
        "names": [name for name in dict.fromkeys(list_server_names(server)) if name][:20],
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
