"""Apache (Debian's apache2): whether its configuration is sound, and what each virtual host would answer."""

import fnmatch
import functools
import itertools
import os
import pwd
import re
import stat
import time

from ansible.module_utils.luytre.parsers import foreign_patterns, request_uris
from ansible.module_utils.luytre.parsers.web_servers import apache_methods
from ansible.module_utils.luytre.parsers.web_servers.apache_config import (
    ENVVARS,
    MAIN,
    ROOT,
    ApacheConfiguration,
    ApacheDirective,
    ApacheSection,
    load_apache_configuration,
    parse_apache_envvars,
)
from ansible.module_utils.luytre.parsers.web_servers.apache_request import (
    DENY,
    FILE,
    PHP,
    PROXY,
    REDIRECT,
    ApacheServer,
    compute_response_headers,
    is_anonymous_access_allowed,
    parse_proxy_backend,
)
from ansible.module_utils.luytre.sites import filled_uris
from ansible.module_utils.luytre.web_servers import (
    apache_exposure,
    certificate_faults,
    exposed_paths,
    handshakes,
    modsecurity,
    origins,
)
from ansible.module_utils.luytre_shared.access import administrators
from ansible.module_utils.luytre_shared.files import ownership
from ansible.module_utils.luytre_shared.os import process_table, trusted_inputs
from ansible.module_utils.luytre_shared.os.area_reader import (
    NotRun,
    UnpackagedDaemon,
    UnreadableFact,
    read_text,
    read_text_below,
)
from ansible.module_utils.luytre_shared.os.file_writers import describe_file_if_changeable_by_others

LOAD_DIRECTIVES = ("loadmodule", "loadfile", "perlrequire", "perlconfigrequire", "perlpostconfigrequire", "luaroot")
"""Directives whose words are code to Apache as soon as it reads them."""
MAX_WALKED = 5000
SPARE = 2.0
"""Seconds that are left for the rest once all virtual hosts were asked, or as many as there was time for."""
MAX_VHOSTS = 1000
MAX_HTACCESS = 200_000
PROTOCOLS = ("SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
MPMS = ("event", "worker", "prefork", "itk")
WRITE_METHODS = ("PUT", "DELETE", "MKCOL", "MOVE")
SECURITY_HEADERS = getattr(request_uris, "SECURITY_HEADERS", ())
OPTIONAL_MODULES = {
    "status": ("server-status",),
    "info": ("server-info",),
    "ldap": ("ldap-status",),
    "userdir": ("userdir",),
    "cgi": ("scriptalias", "scriptaliasmatch", "cgi-script", "execcgi"),
    "cgid": ("scriptalias", "scriptaliasmatch", "cgi-script", "execcgi"),
    "dav": ("dav",),
    "dav_fs": ("dav",),
    "dav_lock": ("dav",),
    "dav_svn": ("dav",),
    "imagemap": ("imap-file",),
    "proxy_connect": ("allowconnect", "proxyrequests"),
    "proxy_ftp": ("ftp:",),
    "speling": ("checkspelling",),
}
"""Modules that open something up, and the words that tell that a configuration of this host's own uses them."""
ABSENT = {
    "installed": False,
    "version": "",
    "config_ok": None,
    "config_message": "",
    "user": "",
    "group": "",
    "user_shell": "",
    "mpm": "",
    "modules": [],
    "unneeded_modules": [],
    "server_tokens": "",
    "signatures": [],
    "traces": [],
    "timeouts": [],
    "root_open": [],
    "slow_requests_cut": False,
    "default_vhosts": [],
    "overrides": [],
    "loose_files": [],
    "linked_folders": [],
    "not_understood": [],
    "ours": [],
    "needs_grant": [],
    "settings_after_ours": [],
    "vhosts": [],
    "unread_vhosts": [],
}
WRITTEN_IN = (ROOT, *("%s/%s" % (ROOT, name) for name in ("conf-available", "conf-enabled", "mods-enabled")))
"""Folders for files of ours; what lies behind one that is a link may be anywhere."""
UNREAD = "unread"
"""What a virtual host answers that could not be asked."""


def collect_area_facts(reader):
    program = reader.find_program("apache2")
    processes = program and process_table.list_processes_of_program(program)
    away = (
        None
        if processes
        else process_table.find_running_program_outside_paths(
            ("apache2", "httpd"), [program] if program else [], reader.trust
        )
    )
    if away:
        raise UnpackagedDaemon(away)
    if program is None or not os.path.isfile(MAIN):
        return ABSENT
    variables = parse_apache_envvars(read_text(ENVVARS) or "")
    configuration = ApacheConfiguration(ROOT, variables).read(MAIN)
    output, result, untold = _run_apache_config_test(reader, configuration, variables)
    writers = _list_users_reached_by_visitors(variables.get("APACHE_RUN_USER", ""))
    description = describe_apache_configuration(configuration, reader.declared, writers, reader.deadline - SPARE)
    handshakes.add_answered_tls_versions(description["vhosts"], reader.deadline - SPARE)
    origins.add_cors_answers_to_vhosts(description["vhosts"], reader.declared, reader.deadline - SPARE)
    certificate_faults.add_certificate_load_results(
        [*description["vhosts"], *description["unread_vhosts"]], reader.trust, ROOT
    )
    for vhost in description["vhosts"]:
        vhost["loose"] = reader.trust.describe_first_changer_on_path(vhost["file"]) or ""
    return {
        **ABSENT,
        "installed": True,
        "version": _read_apache_package_version(),
        **result,
        **description,
        "loose_files": find_loose_apache_files(),
        "linked_folders": [path for path in WRITTEN_IN if os.path.islink(path)],
        "not_understood": [*configuration.problems, *_find_vhosts_missing_in_files(output, configuration)][:50],
        "untold": untold,
    }


def test_apache_configuration(reader):
    """Return what Apache says of its configuration now: ``{config_ok, config_message, untold}``."""
    variables = parse_apache_envvars(read_text(ENVVARS) or "")
    _, result, untold = _run_apache_config_test(reader, load_apache_configuration(), variables)
    return {"config_ok": result["config_ok"], "config_message": result["config_message"], "untold": untold}


def _run_apache_config_test(reader, configuration, variables):
    """Return what Apache said, what that tells, and what was not asked, with why."""
    dumps = (word for name in ("VHOSTS", "RUN_CFG", "MODULES") for word in ("-D", "DUMP_" + name))
    try:
        argv = ["apache2ctl", "-t", *dumps]
        test_paths = list_apache_test_paths(configuration)
        trust = administrators.make_trust_for_daemon_test(reader, test_paths)
        output = reader.run(argv, ok=None, both=True, at_stake=test_paths, trust=trust)
    except NotRun as refusal:
        return "", {**parse_apachectl_output("", variables), "config_ok": None}, {"config_ok": str(refusal)}
    result = parse_apachectl_output(output, variables)
    unloadable = find_certificate_start_fault(configuration, reader.trust) if result["config_ok"] else None
    if unloadable:
        result.update(config_ok=False, config_message=unloadable)
    return output, result, {}


def find_certificate_start_fault(configuration, trust):
    """Return why a certificate in force would keep Apache from starting, which its own test does not look at,
    or None.
    """
    main = [node for node in configuration.tree if node.name != "virtualhost"]
    blocks = [node for node in configuration.tree if node.name == "virtualhost"][:MAX_VHOSTS]
    servers = [ApacheServer(configuration.modules, main, block.inside) for block in blocks]
    pairs = []
    for tls in (_describe_tls(server) for server in servers if server.tls):
        if tls["certificate"]:
            files = [configuration.absolute(path) for path in (tls["certificate"], tls["key"] or tls["certificate"])]
            pairs.append((*files, tls["ciphers"]))
    return certificate_faults.find_certificate_load_fault(pairs, trust)


def list_apache_test_paths(configuration):
    """Return what ``apache2ctl -t`` believes.

    Envvars, which is a shell's script, all files in force, and what they load.
    """
    paths = [ENVVARS, trusted_inputs.OPENSSL, MAIN, *configuration.files]
    for pattern in configuration.patterns:
        paths += sorted(trusted_inputs.list_folders_searched_by_pattern(pattern))
    for node in _iter_nodes_with_inner(configuration.tree):
        if node.name in LOAD_DIRECTIVES:
            paths += [configuration.absolute(word) for word in node.args if "/" in word]
    return paths


def _iter_nodes_with_inner(nodes):
    for node in nodes:
        yield node
        if isinstance(node, ApacheSection):
            yield from _iter_nodes_with_inner(node.inside)


def parse_apachectl_output(output, variables):
    """Return what Apache says of its configuration."""
    ok = "Loaded Modules:" in output
    user, group = (re.search(r'(?m)^%s: name="([^"]*)"' % key, output) for key in ("User", "Group"))
    name = user.group(1) if user else variables.get("APACHE_RUN_USER", "")
    lines = [line for line in output.splitlines() if line.strip() and "AH00558" not in line and "AH00557" not in line]
    return {
        "config_ok": ok,
        "config_message": "" if ok else "\n".join(lines)[:1000],
        "user": name,
        "group": group.group(1) if group else variables.get("APACHE_RUN_GROUP", ""),
        "user_shell": _get_login_shell(name),
    }


def describe_apache_configuration(configuration, declarations, writers=(), deadline=None):
    """Return the part of the facts that follows from the configuration alone. Raises UnreadableFact.

    A virtual host whose patterns cost too much time is told apart from those that were read.
    """
    main = [node for node in configuration.tree if node.name != "virtualhost"]
    blocks = [node for node in configuration.tree if node.name == "virtualhost"][:MAX_VHOSTS]
    htaccess = HtaccessFiles(configuration)
    default = ApacheServer(
        configuration.modules, main, (), htaccess.make_folder_directives_reader(_get_document_root(main))
    )
    servers = [
        (
            block,
            ApacheServer(
                configuration.modules,
                main,
                block.inside,
                htaccess.make_folder_directives_reader(_get_document_root(block.inside) or default.root),
            ),
        )
        for block in blocks
    ]
    ports = list_listen_ports_with_tls(main)
    groups = assign_listens_to_vhosts(servers, ports)
    unclaimed_names = _find_unclaimed_declared_names(declarations, servers)
    queries = [
        (
            server,
            describe_vhost_without_requests(
                server,
                block.file,
                block.line,
                list_vhost_names(
                    server, declarations, unclaimed_names if listens and any(x["default"] for x in listens) else ()
                ),
                listens,
            ),
        )
        for (block, server), listens in zip(servers, groups)
    ]
    bare = sorted(set(ports) - {listen["port"] for listens in groups for listen in listens})
    if bare:
        listens = [{"address": "*", "port": port, "tls": default.tls, "default": True} for port in bare]
        queries.append(
            (
                default,
                describe_vhost_without_requests(
                    default, MAIN, 1, list_vhost_names(default, declarations, unclaimed_names), listens
                ),
            )
        )
    pieces = [lambda: describe_apache_server(configuration, main, blocks, writers)]
    pieces += [functools.partial(evaluate_vhost_patterns, server, plain_vhost) for server, plain_vhost in queries]
    server_facts, *sites = foreign_patterns.run_functions_in_child(pieces, deadline or time.monotonic() + 20)
    if _is_pattern_failure(server_facts):
        raise UnreadableFact("the patterns of %s cost too much time" % (server_facts.file or MAIN))
    both = [(plain_vhost, site) for (_, plain_vhost), site in zip(queries, sites)]
    return {
        **server_facts,
        "default_vhosts": [
            describe_default_vhost(
                plain_vhost, UNREAD if _is_pattern_failure(site) else site["answers"], unclaimed_names
            )
            for plain_vhost, site in both
            if any(listen["default"] for listen in plain_vhost["listens"])
        ],
        "vhosts": [site["vhost"] for site in sites if not _is_pattern_failure(site)],
        "unread_vhosts": [
            {**plain_vhost, "unread": site.convert_to_fact(plain_vhost["file"])}
            for plain_vhost, site in both
            if _is_pattern_failure(site)
        ],
    }


def _is_pattern_failure(answer):
    return isinstance(answer, foreign_patterns.PatternFailure)


def evaluate_vhost_patterns(server, plain_vhost):
    """Return a virtual host as its patterns make it, and what / comes to."""
    return {
        "vhost": describe_vhost_by_requests(server, plain_vhost),
        "answers": server.answer_get_request(request_uris.PAGE, _get_home_page_path(server)).kind,
    }


def describe_apache_server(configuration, main_directives, blocks, writers):
    """Return what counts for the whole server: root's own files decide it, no ``.htaccess``."""
    default = ApacheServer(configuration.modules, main_directives)
    servers = [(block, ApacheServer(configuration.modules, main_directives, block.inside)) for block in blocks]
    contexts = [("main", default)] + [("%s:%d" % (block.file, block.line), server) for block, server in servers]
    return {
        "mpm": next((name for name in MPMS if "mpm_" + name in configuration.modules), ""),
        "modules": sorted(configuration.modules),
        "unneeded_modules": find_unneeded_loaded_modules(configuration),
        "server_tokens": (default.get_last_directive_value("servertokens") or "Full").lower(),
        "signatures": [place for place, server in contexts if _get_server_signature(server) not in ("off",)],
        "traces": [
            place
            for place, server in contexts
            if (server.get_last_directive_value("traceenable") or "on").lower() != "off"
        ],
        "timeouts": [
            {"context": place, "seconds": _parse_seconds(server.get_last_directive_value("timeout"), 60)}
            for place, server in contexts
        ],
        "root_open": [place for place, server in contexts if _is_filesystem_root_open(server)],
        "slow_requests_cut": "reqtimeout" in configuration.modules
        and all(_is_slow_request_cut_off(server) for _, server in contexts),
        "overrides": _list_roots_with_htaccess_override(servers, writers),
        "ours": sorted({node.name for node in main_directives if is_directive_rendered_by_luytre(node)}),
        "needs_grant": find_roots_served_by_grant_of_slash(configuration, blocks),
        "settings_after_ours": find_settings_after_own_dropin(configuration.tree),
    }


def describe_vhost_without_requests(server, file, line, claimed_names, listens):
    """Return what is known of a virtual host without asking it: ``auditor.facts.web._web.PlainVhost``."""
    return {
        "names": claimed_names,
        "listens": listens,
        "root": server.root,
        "file": file,
        "line": line,
        "access_log": _get_access_log(server),
        "error_log": server.get_last_directive_value("errorlog"),
        "tls": _describe_tls(server) if _is_tls_spoken_by_vhost(server, listens) else None,
        "request_filter": modsecurity.describe_apache_modsecurity(server),
    }


def _is_tls_spoken_by_vhost(server, listens):
    return server.tls or any(listen["tls"] for listen in listens)


def describe_vhost_by_requests(server, plain_vhost):
    """Return one virtual host in the words of ``auditor.facts.web._web.VirtualHost``."""
    page = _get_home_page_path(server)
    answers = {
        uri: server.answer_get_request(uri)
        for uri in (
            *request_uris.HIDDEN_URIS,
            *request_uris.BACKUPS,
            *filled_uris.UPLOAD_URIS,
            *request_uris.SENSITIVE,
            request_uris.ACME,
        )
    }
    first = server.answer_get_request(request_uris.PAGE, page)
    runners = [server.answer_get_request(uri) for uri in ("/index.php", *filled_uris.UPLOAD_URIS, *request_uris.LOGINS)]
    tls = _is_tls_spoken_by_vhost(server, plain_vhost["listens"])
    return {
        **plain_vhost,
        "php_backends": sorted(
            {answer.detail for answer in runners if answer.kind == PHP} | _find_fcgi_backends(server)
        ),
        "proxies_to": sorted({target for target in _iter_proxy_targets(server) if "fcgi://" not in target}),
        "listing": find_folders_with_listing(server),
        "serves_hidden": [uri for uri in request_uris.HIDDEN_URIS if answers[uri].kind == FILE],
        "serves_backups": [uri for uri in request_uris.BACKUPS if answers[uri].kind == FILE],
        "serves_acme": answers[request_uris.ACME].kind != DENY,
        "runs_php": filled_uris.find_upload_uris_that_run_php(
            lambda uri: answers[uri].kind == PHP, _get_root_if_present(server.root)
        ),
        "php_of_missing": server.answer_get_request(request_uris.MISSING_PHP, (server.root or "") + "/image.jpg").kind
        == PHP,
        "denies": [uri for uri in request_uris.SENSITIVE if answers[uri].kind == DENY],
        "rate_limits": list(request_uris.LOGINS) if server.modules & {"evasive", "evasive20", "evasive24"} else [],
        "headers": {
            name: value
            for name, value in compute_response_headers(first.state, tls).items()
            if not SECURITY_HEADERS or name in SECURITY_HEADERS
        }
        if "headers" in server.modules
        else {},
        "headers_lost": _find_sections_losing_headers(server),
        "redirects_to_https": not tls and first.kind == REDIRECT and first.detail.lower().startswith("https:"),
        "pages": first.kind != REDIRECT,
        "proxied": first.kind == PROXY and not any(node.name in ("documentroot", "alias") for node in server.own),
        "alias_traversal": [],
        "writes": _list_dav_write_methods(server),
        "refuses_methods": apache_methods.is_every_unused_http_method_refused(server),
        "body_limit": first.state.body_limit,
        **apache_exposure.collect_apache_vhost_exposure(server),
    }


# --- which virtual host answers ------------------------------------------------------------------------------


def list_listen_ports_with_tls(main_directives):
    """Return port to whether Listen names TLS for it."""
    ports = {}
    for node in main_directives:
        if node.name == "listen" and node.args:
            port = node.args[0].rpartition(":")[2]
            if port.isdigit():
                ports[int(port)] = len(node.args) > 1 and node.args[1].lower() == "https"
    return ports


def assign_listens_to_vhosts(servers, ports):
    """Return, per virtual host, the addresses it answers on.

    The first of an address answers for unclaimed names.
    """
    used_addresses, result = set(), []
    for block, server in servers:
        listens = []
        for address in block.args:
            host, _, port = address.rpartition(":") if re.search(r":(\d+|\*)$", address) else (address, ":", "*")
            host = "*" if host in ("_default_", "0.0.0.0", "[::]", "") else host  # noqa: S104
            wanted_ports = sorted(ports) if port == "*" else [int(port)]
            for number in wanted_ports:
                if number in ports:
                    listens.append(
                        {
                            "address": host,
                            "port": number,
                            "tls": server.tls,
                            "default": (host, number) not in used_addresses,
                        }
                    )
                    used_addresses.add((host, number))
        result.append(listens)
    return result


def list_vhost_names(server, declarations, unclaimed_names):
    """Name as claimed, the declared ones that a wildcard covers, and ``unclaimed_names`` ones."""
    claimed_names = _list_claimed_names(server)
    covered_names = [
        name
        for name in _list_declared_names(declarations)
        if any(_is_wildcard_name(pattern) and fnmatch.fnmatch(name, pattern) for pattern in claimed_names)
    ]
    return list(dict.fromkeys([*claimed_names, *covered_names, *unclaimed_names]))[:200]


def _list_claimed_names(server):
    name = server.get_last_directive_value("servername", own_only=bool(server.own))
    name = re.sub(r"^\w+://", "", name).partition(":")[0] if name else None
    aliases = [arg for node in (server.own or server.main) if node.name == "serveralias" for arg in node.args]
    return [alias.lower().rstrip(".") for alias in ([name] if name else []) + aliases]


def _find_unclaimed_declared_names(declarations, servers):
    claimed_names = {name for _, server in servers for name in _list_claimed_names(server)}
    return [
        name
        for name in _list_declared_names(declarations, here=True)
        if name not in claimed_names
        and not any(_is_wildcard_name(pattern) and fnmatch.fnmatch(name, pattern) for pattern in claimed_names)
    ]


def _is_wildcard_name(name):
    return "*" in name or "?" in name


def _get_root_if_present(root):
    return root if root and os.path.isdir(root) else None


def _list_declared_names(declarations, here=False):
    sites = declarations.get("sites") if isinstance(declarations, dict) else None
    selected_sites = [
        site for site in sites or [] if isinstance(site, dict) and not (here and site.get("server") == "nginx")
    ]
    return [
        name
        for site in selected_sites
        for name in [site.get("domain"), *(site.get("aliases") or [])]
        if isinstance(name, str)
    ]


def describe_default_vhost(plain_vhost, answers, unclaimed_names):
    """Return what answers for names that nobody claims, and whether it answers with pages."""
    return {
        "listens": [
            "%s:%d" % (listen["address"], listen["port"]) for listen in plain_vhost["listens"] if listen["default"]
        ],
        "names": plain_vhost["names"],
        "unclaimed": unclaimed_names,
        "root": plain_vhost["root"],
        "file": plain_vhost["file"],
        "answers": answers,
    }


# --- what a virtual host answers -----------------------------------------------------------------------------


def find_folders_with_listing(server):
    """Return folders for which Apache would make a list of files, as URIs."""
    if "autoindex" not in server.modules:
        return []
    root = server.root or ""
    places = [("/", root)] if root else []
    for node in (*server.main, *server.own):
        if isinstance(node, ApacheSection) and node.name == "directory" and node.args:
            folder = os.path.normpath(node.args[0])
            if root and folder.startswith(root + "/"):
                places.append((folder[len(root) :] + "/", folder))
        elif isinstance(node, ApacheSection) and node.name == "location" and node.args and node.args[0].startswith("/"):
            uri = node.args[0].rstrip("/") + "/"
            places.append((uri, server.map_uri_to_file(uri)))
    places += [(uri.rstrip("/") + "/", folder) for uri, folder in server.list_alias_folders()]
    uris = []
    for uri, folder in dict(places).items():
        state = server.get_settings_for_uri(uri, folder, is_folder=True)
        if (
            "indexes" in state.options
            and is_anonymous_access_allowed(state)
            and server.answer_get_request(uri, folder.rstrip("/") + "/x").kind == FILE
        ):
            uris.append(uri)
    return sorted(uris)


class HtaccessFiles:
    """``.htaccess`` at the top of each document root, and in the folders that an application means to keep to itself:
    a lesser user's words, so read bounded and without links."""

    def __init__(self, configuration):
        self._configuration, self._known = configuration, {}

    def make_folder_directives_reader(self, root):
        """Return a function from folder to directives, for one virtual host."""

        def read(folder):
            if root is None or not (folder == root or folder in private()):
                return None
            if folder not in self._known:
                path = folder + "/.htaccess"
                foreign_patterns.note_file_of_next_pattern(path)
                text = read_text_below(root, path[len(root) + 1 :], MAX_HTACCESS + 1) or ""
                if len(text) > MAX_HTACCESS:
                    raise UnreadableFact("%s is too long" % path)
                self._known[folder] = self._configuration.read_hostile(text, path)
            return self._known[folder]

        @functools.lru_cache(None)
        def private():
            return {
                root + uri[: end.start()]
                for uri in exposed_paths.find_private_file_uris(root)
                for end in re.finditer("/", uri)
            }

        return read


def _get_document_root(nodes):
    roots = [node.args[0] for node in nodes if node.name == "documentroot" and node.args]
    return roots[-1].rstrip("/") if roots else None


def _get_home_page_path(server):
    state = server.get_settings_for_uri("/", server.root, is_folder=True) if server.root else None
    index_names = [name for name in (state.index if state else []) if not name.startswith("/")]
    present = [name for name in index_names if server.root and os.path.isfile(server.root + "/" + name)]
    return (server.root or "") + "/" + ((present or index_names or ["index.html"])[0])


def _iter_proxy_targets(server):
    for nodes in (server.own, server.main):
        for node in nodes:
            if node.name in ("proxypass", "proxypassmatch") and len(node.args) > 1 and node.args[1] != "!":
                yield node.args[1]
            elif node.name in ("location", "locationmatch"):
                for inner in node.inside:
                    if inner.name == "proxypass" and inner.args and inner.args[0] != "!":
                        yield inner.args[0]
            elif (
                node.name == "rewriterule" and len(node.args) > 2 and "P" in node.args[2].strip("[]").upper().split(",")
            ):
                yield node.args[1]


def _find_fcgi_backends(server):
    return {parse_proxy_backend(target) for target in _iter_proxy_targets(server) if "fcgi://" in target}


def _find_sections_losing_headers(server):
    places = []
    for node in (*server.main, *server.own):
        if isinstance(node, ApacheSection) and node.name in (
            "directory",
            "directorymatch",
            "location",
            "locationmatch",
            "files",
            "filesmatch",
        ):
            for inner in node.inside:
                args = [arg.lower() for arg in inner.args if arg.lower() not in ("always", "onsuccess")]
                if inner.name == "header" and len(args) == 2 and args[0] == "unset" and args[1] in SECURITY_HEADERS:
                    places.append(node.text)
    return sorted(set(places))


def _list_dav_write_methods(server):
    for node in (*server.main, *server.own):
        if isinstance(node, ApacheSection):
            for inner in node.inside:
                if inner.name == "dav" and inner.args and inner.args[0].lower() != "off":
                    return list(WRITE_METHODS)
    return []


def _get_access_log(server):
    logs = [
        node.args[0]
        for name in ("customlog", "transferlog")
        for node in server.list_directives_in_force(name)
        if node.args
    ]
    logs = [log for log in logs if log != "/dev/null"]
    return logs[0] if logs else None


def _describe_tls(server):
    words = [arg for node in server.list_directives_in_force("sslprotocol")[-1:] for arg in node.args]
    return {
        "certificate": _get_last_directive_value(server, "sslcertificatefile"),
        "key": _get_last_directive_value(server, "sslcertificatekeyfile"),
        "protocols": parse_ssl_protocols(words),
        "ciphers": next(
            (
                args[-1]
                for args in [node.args for node in server.list_directives_in_force("sslciphersuite")[::-1]]
                if args
            ),
            None,
        ),
        "curves": _list_offered_curves(server),
        "pairs": _list_certificate_and_key_pairs(server),
    }


def _list_offered_curves(server):
    """Return the curves that a virtual host offers for key exchange; the last command of OpenSSL's for them counts.

    What is offered before the name is known is the first virtual host's of the address, to which the main server's
    apply.
    """
    of_all = _get_last_curve_list(server.main)
    return sorted({*of_all, *_get_last_curve_list(server.own)}) if of_all else []


def _get_last_curve_list(nodes):
    commands = [node.args for node in nodes if node.name == "sslopensslconfcmd" and len(node.args) == 2]
    curve_lists = [words[1] for words in commands if words[0].lower() in ("curves", "groups")]
    return curve_lists[-1].split(":") if curve_lists else []


def _list_certificate_and_key_pairs(server):
    """Return every certificate that a virtual host shows, with its key, which may lie in the same file."""
    certificates, keys = (
        [node.args[0] for node in server.list_directives_in_force(name) if node.args]
        for name in ("sslcertificatefile", "sslcertificatekeyfile")
    )
    both = itertools.zip_longest(certificates, keys[: len(certificates)])
    return [{"certificate": certificate, "key": other or certificate} for certificate, other in both][:20]


def parse_ssl_protocols(protocol_arguments):
    """Return protocols that SSLProtocol leaves on; Apache's own default when there is none."""
    on = set()
    for word in protocol_arguments or ["all", "-SSLv3"]:
        sign, name = (word[0], word[1:]) if word[0] in "+-" else ("", word)
        selection = (
            set(PROTOCOLS[1:])
            if name.lower() == "all"
            else {protocol for protocol in PROTOCOLS if protocol.lower() == name.lower()}
        )
        on = (
            on - selection
            if sign == "-"
            else on | selection
            if sign == "+" or name.lower() == "all" or on
            else selection
        )
    return [name for name in PROTOCOLS if name in on]


def _get_last_directive_value(server, name):
    values = [node.args[0] for node in server.list_directives_in_force(name) if node.args]
    return values[-1] if values else None


# --- settings of the whole server ----------------------------------------------------------------------------


def find_unneeded_loaded_modules(configuration):
    """Return loaded modules of OPTIONAL_MODULES that nothing outside the modules' own stock files uses."""
    stock = re.compile(r"/(mods-(enabled|available)|conf-(enabled|available)/(serve-cgi-bin|luytre|zz-luytre)\.conf)")
    own = "\n".join(_iter_directive_texts(node for node in configuration.tree if not stock.search(node.file)))
    return sorted(
        name
        for name, signs in OPTIONAL_MODULES.items()
        if name in configuration.modules
        and not any(re.search(r"(?m)(^|[\s+\"'])%s" % re.escape(sign), own) for sign in signs)
    )


def _iter_directive_texts(nodes):
    for node in nodes:
        if isinstance(node, ApacheSection):
            yield from _iter_directive_texts(node.inside)
        elif node.name not in ("loadmodule", "options") or "execcgi" in node.text.lower():
            yield ("%s %s" % (node.name, node.text)).lower()


def _get_server_signature(server):
    state = server.get_settings_for_uri("/", server.root, is_folder=True)
    return (state.signature or "off").lower()


def _is_filesystem_root_open(server):
    state = server.get_folder_settings("/")
    return is_anonymous_access_allowed(state) or bool(state.override)


def _is_slow_request_cut_off(server):
    values = [arg.lower() for node in server.list_directives_in_force("requestreadtimeout")[-1:] for arg in node.args]
    if not values:
        return True
    return not any(re.match(r"(header|body)=0\b", value) for value in values)


def _parse_seconds(text, default):
    match = re.match(r"\d+", text or "")
    return int(match.group(0)) if match else default


def find_settings_after_own_dropin(tree):
    """Return settings of the whole server that stand where they are read after Lũy Tre's drop-in."""
    before = [
        index
        for index, node in enumerate(tree)
        if os.path.dirname(node.file) == ROOT + "/conf-enabled" and os.path.basename(node.file) <= OUR_LINK
    ]
    later = [
        node
        for node in tree[(before[-1] + 1 if before else 0) :]
        if not is_directive_rendered_by_luytre(node) and (before or node.file != MAIN)
    ]
    return sorted(
        {
            node.name
            for node in later
            if node.name in HOST_SETTINGS or (node.name == "directory" and node.args[:1] == ["/"])
        }
    )


def find_roots_served_by_grant_of_slash(configuration, blocks):
    """Return document roots that are served only because ``/`` of the file system is granted.

    Lũy Tre's own rules are left out.
    """
    main = [
        node for node in configuration.tree if node.name != "virtualhost" and not is_directive_rendered_by_luytre(node)
    ]
    deny_all = ApacheSection("directory", "/", "", 0, [ApacheDirective("require", "all denied", "", 0)])
    roots = []
    for block in blocks:
        own = [node for node in block.inside if not is_directive_rendered_by_luytre(node)]
        as_it_is = ApacheServer(configuration.modules, main, own)
        shut = ApacheServer(configuration.modules, main, [*own, deny_all])
        if (
            as_it_is.root
            and is_anonymous_access_allowed(as_it_is.get_folder_settings(as_it_is.root))
            and not is_anonymous_access_allowed(shut.get_folder_settings(shut.root))
        ):
            roots.append(as_it_is.root)
    return sorted(set(roots))


def is_directive_rendered_by_luytre(directive):
    """Return whether Lũy Tre rendered the file that a directive stands in."""
    return directive.file.startswith(ROOT + "/luytre/") or os.path.basename(directive.file) in (OUR_LINK, "luytre.conf")


OUR_LINK = "zz-luytre.conf"
HOST_SETTINGS = ("servertokens", "serversignature", "traceenable", "timeout", "requestreadtimeout")


def _list_roots_with_htaccess_override(servers, writers):
    overrides_by_root = {}
    for _, server in servers:
        if server.root and server.root not in overrides_by_root:
            state = server.get_folder_settings(server.root)
            if state.override:
                folder, file = _stat_path(server.root), _stat_path(server.root + "/.htaccess")
                overrides_by_root[server.root] = {
                    "root": server.root,
                    "classes": sorted(state.override),
                    "present": file is not None,
                    "writable_by": sorted(
                        {
                            user
                            for user in writers
                            for status in (folder, file)
                            if status and _can_user_write(user, status)
                        }
                    ),
                }
    return list(overrides_by_root.values())


def _list_users_reached_by_visitors(apache_user):
    """Return users whose processes a visitor reaches: Apache's own and those of PHP's pools."""
    users = {apache_user} if apache_user else set()
    for version in sorted(os.listdir("/etc/php")) if os.path.isdir("/etc/php") else []:
        folder = "/etc/php/%s/fpm/pool.d" % version
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            if name.endswith(".conf"):
                users.update(re.findall(r"(?m)^\s*user\s*=\s*(\S+)", read_text(folder + "/" + name) or ""))
    return users


def _stat_path(path):
    try:
        return os.lstat(path)
    except OSError:
        return None


def _can_user_write(user, status):
    if stat.S_ISLNK(status.st_mode):
        return False
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        return False
    return ownership.can_write(status, entry.pw_uid, os.getgrouplist(user, entry.pw_gid))


def find_loose_apache_files():
    """Return files below /etc/apache2 that somebody other than root could change."""
    loose, entry_count = [], 0
    for folder, folders, files in os.walk(ROOT):
        for name in ["", *folders, *files]:
            entry_count += 1
            facts = describe_file_if_changeable_by_others(os.path.join(folder, name) if name else folder)
            loose += [] if facts is None else [facts]
        if entry_count > MAX_WALKED:
            break
    return list({mode["path"]: mode for mode in loose}.values())[:200]


def _find_vhosts_missing_in_files(output, configuration):
    """Return virtual hosts that Apache lists and that were not found in its files."""
    known_vhosts = {(node.file, node.line) for node in configuration.tree if node.name == "virtualhost"}
    listed_vhosts = {(path, int(line)) for path, line in re.findall(r"\((/[^():]+):(\d+)\)", output)}
    return ["%s:%d is a virtual host that could not be read" % place for place in sorted(listed_vhosts - known_vhosts)]


def _get_login_shell(user):
    try:
        return pwd.getpwnam(user).pw_shell
    except KeyError:
        return ""


def _read_apache_package_version():
    status = read_text("/var/lib/dpkg/status", 30_000_000) or ""
    start = status.find("\nPackage: apache2-bin\n")
    match = re.search(r"(?m)^Version: (\S+)$", status[start + 1 :].split("\n\n", 1)[0]) if start >= 0 else None
    return match.group(1) if match else ""
