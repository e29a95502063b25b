"""What a virtual host of Apache's shows its visitors."""

import os

from ansible.module_utils.luytre.parsers import request_uris
from ansible.module_utils.luytre.parsers.web_servers import apache_methods
from ansible.module_utils.luytre.parsers.web_servers.apache_access import is_anonymous_access_allowed
from ansible.module_utils.luytre.parsers.web_servers.apache_config import (
    ApacheSection,
)
from ansible.module_utils.luytre.parsers.web_servers.apache_directory import DENY, FILE, PHP, PROXY, REDIRECT
from ansible.module_utils.luytre.parsers.web_servers.apache_request import compute_response_headers, parse_proxy_backend
from ansible.module_utils.luytre.sites import filled_uris
from ansible.module_utils.luytre.web_servers import (
    apache_exposure,
    modsecurity,
)
from ansible.module_utils.luytre.web_servers.apache import apache_tls

WRITE_METHODS = ("PUT", "DELETE", "MKCOL", "MOVE")
SECURITY_HEADERS = getattr(request_uris, "SECURITY_HEADERS", ())


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
        "tls": apache_tls.describe_tls(server) if _is_tls_spoken_by_vhost(server, listens) else None,
        "request_filter": modsecurity.describe_apache_modsecurity(server),
    }


def _is_tls_spoken_by_vhost(server, listens):
    return server.tls or any(listen["tls"] for listen in listens)


def describe_vhost_by_requests(server, plain_vhost):
    """Return one virtual host in the words of ``auditor.facts.web._web.VirtualHost``."""
    page = get_home_page_path(server)
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
        "headers": _compute_security_headers(server, first.state, tls),
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


def _compute_security_headers(server, state, tls):
    if "headers" not in server.modules:
        return {}
    headers = compute_response_headers(state, tls)
    return {name: value for name, value in headers.items() if not SECURITY_HEADERS or name in SECURITY_HEADERS}


def _get_root_if_present(root):
    return root if root and os.path.isdir(root) else None


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


def get_home_page_path(server):
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
