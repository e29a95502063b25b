"""What a server of nginx's shows its visitors."""

import os

from ansible.module_utils.luytre.parsers import request_uris
from ansible.module_utils.luytre.parsers.web_servers.nginx_request import (
    PASSES,
    NginxRequest,
)
from ansible.module_utils.luytre.sites import filled_uris
from ansible.module_utils.luytre.web_servers import (
    modsecurity,
    nginx_exposure,
)
from ansible.module_utils.luytre.web_servers.nginx import nginx_blocks, nginx_listens, nginx_tls
from ansible.module_utils.luytre_shared.files import safe_open

PAGES = ("file", "php", "proxy")
"""Kinds of answers that show a page."""


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
            ("https" if nginx_listens.is_listen_tls(groups, address, port) else "http", port)
            for address, port, _options in nginx_listens.parse_listen_directives(server)
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

    def is_run_as_php(self, uri, **how):
        """Return whether the file of a URI is handed to PHP over any scheme."""
        return any(answer.kind == "php" and answer.uri.endswith(uri) for answer in self.answers(uri, **how))

    def those(self, uris, answer_kind, **how):
        """Return which of the URIs are answered with that kind over any scheme."""
        return [uri for uri in uris if any(answer.kind == answer_kind for answer in self.answers(uri, **how))]


def describe_vhost_without_requests(model, groups, server, names, version):
    """Return what is known of a virtual host without asking it: ``auditor.facts.web._web.PlainVhost``."""
    tls = any(
        nginx_listens.is_listen_tls(groups, address, port)
        for address, port, _options in nginx_listens.parse_listen_directives(server)
    )
    return {
        "names": names[:200],
        "listens": [
            {
                "address": address,
                "port": port,
                "tls": nginx_listens.is_listen_tls(groups, address, port),
                "default": groups.get((address, port), [None])[0] is server,
            }
            for address, port, options in nginx_listens.parse_listen_directives(server)
            if "quic" not in options
        ],
        "root": model.get_document_root(server),
        "file": server.file,
        "line": server.line,
        "access_log": _get_access_log(model, server),
        "error_log": model.get_setting_in_force(server, "error_log") or "/var/log/nginx/error.log",
        "tls": nginx_tls.describe_tls(model, groups, server, version) if tls else None,
        "request_filter": modsecurity.describe_nginx_modsecurity(model, server),
    }


def describe_vhost_by_requests(model, groups, server, names, on_disk):
    """Return the rest of ``auditor.facts.web._web.VirtualHost``: what its patterns make of it."""
    visitor = NginxVisitor(model, groups, server, names, on_disk)
    pages = visitor.answers(request_uris.PAGE)
    page = next((answer for answer in pages[::-1] if answer.kind in PAGES), pages[-1])
    level = page.level
    inside = list(nginx_blocks.iter_block_and_inner_blocks(server))
    return {
        "root": model.get_document_root(model.find_location_for_uri(server, "/") or server),
        "php_backends": sorted(
            {_format_fastcgi_backend(target) for target in _iter_backends(model, inside, ("fastcgi_pass",))}
        ),
        "proxies_to": sorted(set(_iter_backends(model, inside, PASSES[1:]))),
        "listing": nginx_blocks.find_blocks_with_listing(model, server),
        "serves_hidden": visitor.those(request_uris.HIDDEN_URIS, "file"),
        "serves_backups": visitor.those(request_uris.BACKUPS, "file"),
        "serves_acme": not any(answer.is_denied for answer in visitor.answers(request_uris.ACME)),
        "runs_php": filled_uris.find_upload_uris_that_run_php(
            visitor.is_run_as_php, visitor.root if visitor.look else None
        ),
        "php_of_missing": visitor.is_run_as_php(request_uris.MISSING_PHP, is_there=False),
        "denies": [uri for uri in request_uris.SENSITIVE if all(answer.is_denied for answer in visitor.answers(uri))],
        "rate_limits": [uri for uri in request_uris.LOGINS if _is_login_limited(visitor, uri)],
        "headers": nginx_blocks.compute_added_security_headers(model, level),
        "headers_lost": nginx_blocks.find_blocks_losing_headers(model, server),
        "redirects_to_https": _is_plain_http_redirected_to_https(visitor),
        "pages": any(answer.kind in PAGES for answer in pages),
        "proxied": page.kind == "proxy"
        and not any(inner.list_own_directives("root") or inner.list_own_directives("alias") for inner in inside),
        "alias_traversal": _list_locations_with_alias_trap(inside),
        "writes": _list_dav_methods(inside),
        "access_log": _get_access_log(model, level),
        "body_limit": nginx_blocks.get_largest_body_limit(model, server, inside),
        **nginx_exposure.collect_nginx_vhost_exposure(model, visitor, inside, nginx_blocks.list_add_headers_in_force),
    }


def _iter_backends(model, blocks, names):
    """Yield the addresses that directives of these names pass requests on to."""
    for block in blocks:
        for name in names:
            for directive in block.list_own_directives(name):
                if directive.args:
                    yield from model.resolve_backend_addresses(directive.args[0])


def _is_login_limited(visitor, uri):
    return all(
        answer.limited or answer.is_denied or answer.kind == "redirect"
        for answer in visitor.answers(uri, method="POST")
    )


def _is_plain_http_redirected_to_https(visitor):
    """Return whether there is plain HTTP, and all of it leads to HTTPS."""
    plain = [visitor.ask(request_uris.PAGE, scheme, port) for scheme, port in visitor.schemes if scheme == "http"]
    return bool(plain) and all(answer.kind == "redirect" and answer.value.startswith("https://") for answer in plain)


def _list_locations_with_alias_trap(blocks):
    return [
        "%s (%s)" % (" ".join(["location", *block.args]), block.where)
        for block in blocks
        if block.name == "location" and nginx_blocks.has_alias_trap(block)
    ]


def _list_dav_methods(blocks):
    words = (word for block in blocks for d in block.list_own_directives("dav_methods") for word in d.args)
    return sorted({word.upper() for word in words if word != "off"})


def _format_fastcgi_backend(address):
    """Return a FastCGI address as ``unix:`` with its real path, or ``tcp:``."""
    if address.startswith("unix:"):
        return "unix:" + safe_open.resolve_real_path(address[len("unix:") :])
    return address if address.startswith("$") else "tcp:" + address


def _get_access_log(model, level):
    path = model.get_setting_in_force(level, "access_log")
    return None if path == "off" else (path or "/var/log/nginx/access.log")
