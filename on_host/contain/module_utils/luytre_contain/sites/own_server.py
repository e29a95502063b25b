"""Whether a server of this host that answers for a site is known to be that site's.

What is sent there, nobody else is given.

It is when all that listens at the address is root's own nginx or Apache, whose configuration root alone can change;
when its server block for the name has the site's files; and when that block hands requests to nobody but PHP-FPM of
root's. What the block itself answers, a redirect say, stays there, too.
"""

import functools
import os
import re
import socket
import struct

from ansible.module_utils.luytre.parsers.web_servers import apache_config
from ansible.module_utils.luytre.parsers.web_servers.apache_request import ApacheServer
from ansible.module_utils.luytre.parsers.web_servers.nginx_conf import BadConfig, load_nginx_config
from ansible.module_utils.luytre.parsers.web_servers.nginx_request import PASSES, NginxModel
from ansible.module_utils.luytre.system import services
from ansible.module_utils.luytre.web import apache
from ansible.module_utils.luytre.web_servers.apache import apache_vhosts
from ansible.module_utils.luytre.web_servers.nginx import nginx_blocks, nginx_config_files, nginx_listens
from ansible.module_utils.luytre_shared.os import process_table
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader, UnreadableFact, read_text

SECONDS = 10
NGINX, APACHE = "/usr/sbin/nginx", "/usr/sbin/apache2"
NGINX_CONF = "/etc/nginx/nginx.conf"
ANY = ("*", "0.0.0.0", "::")  # noqa: S104  told, not bound
FPM = re.compile(r"php-fpm[0-9.]*\Z")
HANDED_ON = {*PASSES, "mirror", "auth_request", "perl"} - {"fastcgi_pass"}
"""Directives of nginx's by which others are given a request.

Beside those of scripts, by the beginnings or ends of their names.
"""
SCRIPTS = re.compile(r"js_|perl_|.*_by_lua")
PROXY_DIRECTIVES = {"proxypass", "proxypassmatch", "proxypassinterpolateenv", "jkmount", "scgi", "uwsgi"}
SOCKET_SECONDS = 1


class Unproven(Exception):
    """It is not known whose it is; the message says why."""


@functools.lru_cache(None)
def check_site_is_answered_by_own_server(web_root, address, port, name, path):
    """Raise Unproven unless whoever answers there for a page of the site with these files is the site's own server."""
    reading = AreaReader({}, SECONDS)
    try:
        sockets = [entry for entry in services.list_sockets_with_daemons(reading) if entry["protocol"] == "tcp"]
        there = [
            entry
            for entry in sockets
            if entry["port"] == port and _is_address_covered_by_listen_address(entry["address"], address)
        ]
        programs = {entry["program"] if entry["daemon"] else "" for entry in there}
        if programs == {NGINX}:
            _check_nginx_serves_site_itself(reading, sockets, os.path.realpath(web_root), (address, port), name, path)
        elif programs == {APACHE}:
            _check_apache_serves_site_itself(reading, sockets, os.path.realpath(web_root), (address, port), name)
        else:
            raise Unproven("%s:%d: %s" % (address, port, " ".join(entry["process"] or "?" for entry in there)))
    except (UnreadableFact, BadConfig, OSError, ValueError) as error:
        raise Unproven("%s:%d %s: %s" % (address, port, name, error))


def _is_address_covered_by_listen_address(listen_address, address):
    """Return whether a socket that listens at one address may get a connection to another."""
    ipv4_address = listen_address[len("::ffff:") :] if listen_address.startswith("::ffff:") else listen_address
    return ipv4_address in ANY or ipv4_address == address


# --- nginx -------------------------------------------------------------------------------------------


def _check_nginx_serves_site_itself(reader, sockets, root, place, name, path):
    _check_nginx_runs_with_usual_configuration()
    config = load_nginx_config(NGINX_CONF, read_text)
    if nginx_config_files.find_loose_nginx_files(config):
        raise Unproven("others can change the configuration of nginx")
    for outer in config.top.block or ():
        if outer.name in (
            "stream",
            "mail",
        ):  # what listens there is not told from what serves sites, and hands on all that it gets
            raise Unproven("%s: %s" % (outer.where, outer.name))
    model = NginxModel(config)
    server = _find_nginx_block(model, place, name)
    if server is None:
        raise Unproven("no server block for %s" % name)
    for uri in (path, os.path.join(path, "index.php"), "/index.php"):
        level = model.find_location_for_uri(server, uri) or server
        if level.list_own_directives("alias") or os.path.realpath(model.get_document_root(level) or "/") != root:
            raise Unproven("%s:%s shows other files for %s" % (server.file, server.line, name))
    _check_nginx_hands_nothing_on(config, server)
    for level in nginx_blocks.iter_block_and_inner_blocks(server):
        for fastcgi_pass in level.list_own_directives("fastcgi_pass"):
            for backend in model.resolve_backend_addresses(fastcgi_pass.args[0]):
                _check_php_fpm_backend_is_roots(reader, sockets, backend)


def _check_nginx_runs_with_usual_configuration():
    masters = [
        process
        for process in process_table.list_processes_of_program(NGINX)
        if process.title.startswith("nginx: master process ")
    ]
    if not masters or any(re.search(r"\s-[cp]", master.title) for master in masters):
        raise Unproven("nginx has another configuration than %s" % NGINX_CONF)


def _check_nginx_hands_nothing_on(config, server):
    """Raise an error for directives that hand requests on, or run code, for a server block or for all."""
    for level in nginx_blocks.iter_block_and_inner_blocks(server):
        for directive in level.block or ():
            if directive.name in HANDED_ON or SCRIPTS.match(directive.name):
                raise Unproven("%s: %s" % (directive.where, directive.name))
    for outer in config.http.block or ():
        if outer.name in HANDED_ON:
            raise Unproven("%s: %s" % (outer.where, outer.name))


def _find_nginx_block(model, place, name):
    """Return the server block that answers there for a name."""
    address, port = place
    groups = nginx_listens.group_servers_by_listen(model.config.servers)
    there = {own: members for (own, number), members in groups.items() if number == port}
    if any(re.search(r"[g-zG-Z]", own) for own in there):
        raise Unproven("a name in place of an address: %s" % " ".join(sorted(there)))
    own, every = ("[%s]" % address, "[::]") if ":" in address else (address, "*")
    members = there.get(own) or there.get(every) or there.get("[::]")
    return model.choose_server_for_host(members, name)[0] if members else None


# --- Apache ------------------------------------------------------------------------------------------


def _check_apache_serves_site_itself(reader, sockets, root, place, name):
    if apache.find_loose_apache_files():
        raise Unproven("others can change the configuration of Apache")
    config = apache_config.load_apache_configuration()
    main = [node for node in config.tree if node.name != "virtualhost"]
    servers = [
        (node, ApacheServer(config.modules, main, node.inside)) for node in config.tree if node.name == "virtualhost"
    ]
    node, server = _find_virtual_host(servers, apache_vhosts.list_listen_ports_with_tls(main), place, name)
    if os.path.realpath(server.root or "/") != root:
        raise Unproven("%s:%s shows other files for %s" % (node.file, node.line, name))
    for directive in _iter_config_nodes_recursively((*main, *server.own)):
        words = [str(word) for word in directive.args]
        if directive.name in PROXY_DIRECTIVES and words[-1:] != ["!"]:
            raise Unproven("%s: %s" % (directive.file, directive.name))
        flags = words[2].strip("[]").upper().split(",") if directive.name == "rewriterule" and len(words) > 2 else ()
        if "P" in flags or "PROXY" in flags:
            raise Unproven("%s: %s" % (directive.file, directive.name))
        if directive.name in ("sethandler", "addhandler") and words and words[0].lower().startswith("proxy:"):
            _check_php_fpm_backend_is_roots(reader, sockets, _parse_php_backend_of_apache_handler(words[0]))


def _find_virtual_host(servers, ports, place, name):
    """Return the virtual host that answers there for a name, with its node."""
    address, port = place
    groups = list(zip(servers, apache_vhosts.assign_listens_to_vhosts(servers, ports)))
    for own in (address, "[%s]" % address, "*"):
        there = [
            virtual_host
            for virtual_host, listens in groups
            if any(each["address"] == own and each["port"] == port for each in listens)
        ]
        matches = [
            virtual_host
            for virtual_host in there
            if name in apache_vhosts.list_vhost_names(virtual_host[1], {"sites": [{"domain": name}]}, ())
        ]
        if there:
            return (matches or there)[0]
    raise Unproven("no virtual host for %s" % name)


def _iter_config_nodes_recursively(nodes):
    for node in nodes:
        yield node
        yield from _iter_config_nodes_recursively(getattr(node, "inside", ()))


def _parse_php_backend_of_apache_handler(handler):
    """Return where a handler of Apache's hands PHP to, as nginx writes it."""
    match = re.match(r"proxy:(?:(unix:[^|]+)\||fcgi://([^/]+))", handler)
    if match is None:
        raise Unproven(handler)
    return match.group(1) or match.group(2)


# --- PHP-FPM -----------------------------------------------------------------------------------------


def _check_php_fpm_backend_is_roots(reader, sockets, backend):
    """Raise Unproven unless root's own PHP-FPM is behind it."""
    if backend.startswith("unix:"):
        if not _is_php_fpm_daemon(_find_process_listening_on_unix_socket(backend[len("unix:") :]), reader.trust):
            raise Unproven(backend)
        return
    host, _, port = backend.replace("localhost", "127.0.0.1").rpartition(":")
    address = host.strip("[]")
    kinds = {
        entry["daemon"]
        for entry in sockets
        if str(entry["port"]) == port and address and _is_address_covered_by_listen_address(entry["address"], address)
    }
    local = any(entry["local"] or entry["address"] in ANY for entry in sockets if str(entry["port"]) == port)
    if (
        not services.is_address_reached_by_host_only(address)
        or not local
        or not kinds
        or not all(FPM.match(str(kind)) for kind in kinds)
    ):
        raise Unproven(backend)


def _find_process_listening_on_unix_socket(path):
    """Return the process that listens at a path, as the kernel says to whoever connects; None where there is none."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as there:
        there.settimeout(SOCKET_SECONDS)
        there.connect(path)
        pid = struct.unpack("3i", there.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
    return process_table.read_process_info(pid)


def _is_php_fpm_daemon(process, trust):
    return (
        process is not None
        and FPM.match(os.path.basename(process.program)) is not None
        and services.is_process_shaped_by_root_alone(process, trust)
    )
