"""Whether a server of this host that answers for a site is known to be that site's: what is sent there, nobody else is given.

It is when all that listens at the address is root's own nginx or Apache, whose configuration root alone can change; when its server block for the name
has the site's files; and when that block hands requests to nobody but PHP-FPM of root's. What the block itself answers, a redirect say, stays there, too.
"""

import functools
import os
import re
import socket
import struct

from ansible.module_utils.luytre import _apache_config, _processes, apache, nginx, services
from ansible.module_utils.luytre._apache_request import Server
from ansible.module_utils.luytre._nginx_conf import BadConfig, load
from ansible.module_utils.luytre._nginx_request import PASSES, Model
from ansible.module_utils.luytre._reading import Reading, Unreadable, read_text

SECONDS = 10
NGINX, APACHE = "/usr/sbin/nginx", "/usr/sbin/apache2"
NGINX_CONF = "/etc/nginx/nginx.conf"
ANY = ("*", "0.0.0.0", "::")  # noqa: S104  told, not bound
FPM = re.compile(r"php-fpm[0-9.]*\Z")
HANDED_ON = {*PASSES, "mirror", "auth_request", "perl"} - {"fastcgi_pass"}
"""Directives of nginx's by which others are given a request; beside those of scripts, by the beginnings or ends of their names."""
SCRIPTS = re.compile(r"js_|perl_|.*_by_lua")
PROXIED = {"proxypass", "proxypassmatch", "proxypassinterpolateenv", "jkmount", "scgi", "uwsgi"}
SOCKET_SECONDS = 1


class Unproven(Exception):
    """It is not known whose it is; the message says why."""


@functools.lru_cache(None)
def check(root, address, port, name, path):
    """Raise Unproven unless whoever answers there for a page of the site with these files is the site's own server."""
    reading = Reading({}, SECONDS)
    try:
        found = [one for one in services.open_sockets(reading) if one["protocol"] == "tcp"]
        there = [one for one in found if one["port"] == port and _covers(one["address"], address)]
        programs = {one["program"] if one["daemon"] else "" for one in there}
        if programs == {NGINX}:
            _check_nginx(reading, found, os.path.realpath(root), (address, port), name, path)
        elif programs == {APACHE}:
            _check_apache(reading, found, os.path.realpath(root), (address, port), name)
        else:
            raise Unproven("%s:%d: %s" % (address, port, " ".join(one["process"] or "?" for one in there)))
    except (Unreadable, BadConfig, OSError, ValueError) as error:
        raise Unproven("%s:%d %s: %s" % (address, port, name, error))


def _covers(listening, address):
    """Return whether a socket that listens at one address may get a connection to another."""
    mapped = listening[len("::ffff:") :] if listening.startswith("::ffff:") else listening
    return mapped in ANY or mapped == address


# --- nginx -------------------------------------------------------------------------------------------


def _check_nginx(reading, found, root, place, name, path):
    masters = [one for one in _processes.running(NGINX) if one.title.startswith("nginx: master process ")]
    if not masters or any(re.search(r"\s-[cp]", master.title) for master in masters):
        raise Unproven("nginx has another configuration than %s" % NGINX_CONF)
    config = load(NGINX_CONF, read_text)
    if nginx.loose_files(config):
        raise Unproven("others can change the configuration of nginx")
    for outer in config.top.block or ():
        if outer.name in (
            "stream",
            "mail",
        ):  # what listens there is not told from what serves sites, and hands on all that it gets
            raise Unproven("%s: %s" % (outer.where, outer.name))
    model = Model(config)
    server = _of_nginx(model, place, name)
    if server is None:
        raise Unproven("no server block for %s" % name)
    for uri in (path, os.path.join(path, "index.php"), "/index.php"):
        level = model.find(server, uri) or server
        if level.own("alias") or os.path.realpath(model.root(level) or "/") != root:
            raise Unproven("%s:%s shows other files for %s" % (server.file, server.line, name))
    for level in nginx.levels(server):
        for directive in level.block or ():
            if directive.name in HANDED_ON or SCRIPTS.match(directive.name):
                raise Unproven("%s: %s" % (directive.where, directive.name))
    for outer in config.http.block or ():
        if outer.name in HANDED_ON:
            raise Unproven("%s: %s" % (outer.where, outer.name))
    for level in nginx.levels(server):
        for passed in level.own("fastcgi_pass"):
            for backend in model.backends(passed.args[0]):
                _check_backend(reading, found, backend)


def _of_nginx(model, place, name):
    """Return the server block that answers there for a name."""
    address, port = place
    groups = nginx.by_listen(model.config.servers)
    there = {own: members for (own, number), members in groups.items() if number == port}
    if any(re.search(r"[g-zG-Z]", own) for own in there):
        raise Unproven("a name in place of an address: %s" % " ".join(sorted(there)))
    own, every = ("[%s]" % address, "[::]") if ":" in address else (address, "*")
    members = there.get(own) or there.get(every) or there.get("[::]")
    return model.choose(members, name)[0] if members else None


# --- Apache ------------------------------------------------------------------------------------------


def _check_apache(reading, found, root, place, name):
    if apache.loose_files():
        raise Unproven("others can change the configuration of Apache")
    config = _apache_config.in_force()
    main = [node for node in config.tree if node.name != "virtualhost"]
    servers = [(node, Server(config.modules, main, node.inside)) for node in config.tree if node.name == "virtualhost"]
    node, server = _of_apache(servers, apache.listened(main), place, name)
    if os.path.realpath(server.root or "/") != root:
        raise Unproven("%s:%s shows other files for %s" % (node.file, node.line, name))
    for one in _nodes((*main, *server.own)):
        words = [str(word) for word in one.args]
        if one.name in PROXIED and words[-1:] != ["!"]:
            raise Unproven("%s: %s" % (one.file, one.name))
        flags = words[2].strip("[]").upper().split(",") if one.name == "rewriterule" and len(words) > 2 else ()
        if "P" in flags or "PROXY" in flags:
            raise Unproven("%s: %s" % (one.file, one.name))
        if one.name in ("sethandler", "addhandler") and words and words[0].lower().startswith("proxy:"):
            _check_backend(reading, found, _handler(words[0]))


def _of_apache(servers, ports, place, name):
    """Return the virtual host that answers there for a name, with its node."""
    address, port = place
    groups = list(zip(servers, apache.grouped(servers, ports)))
    for own in (address, "[%s]" % address, "*"):
        there = [
            one for one, listens in groups if any(each["address"] == own and each["port"] == port for each in listens)
        ]
        claiming = [one for one in there if name in apache.names(one[1], {"sites": [{"domain": name}]}, ())]
        if there:
            return (claiming or there)[0]
    raise Unproven("no virtual host for %s" % name)


def _nodes(some):
    for node in some:
        yield node
        yield from _nodes(getattr(node, "inside", ()))


def _handler(word):
    """Return where a handler of Apache's hands PHP to, as nginx writes it."""
    found = re.match(r"proxy:(?:(unix:[^|]+)\||fcgi://([^/]+))", word)
    if found is None:
        raise Unproven(word)
    return found.group(1) or found.group(2)


# --- PHP-FPM -----------------------------------------------------------------------------------------


def _check_backend(reading, found, backend):
    """Raise Unproven unless root's own PHP-FPM is behind it."""
    if backend.startswith("unix:"):
        if not _is_fpm(_listener(backend[len("unix:") :]), reading.trust):
            raise Unproven(backend)
        return
    host, _, port = backend.replace("localhost", "127.0.0.1").rpartition(":")
    address = host.strip("[]")
    kinds = {
        one["daemon"] for one in found if str(one["port"]) == port and address and _covers(one["address"], address)
    }
    local = any(one["local"] or one["address"] in ANY for one in found if str(one["port"]) == port)
    if not services.is_local(address) or not local or not kinds or not all(FPM.match(str(kind)) for kind in kinds):
        raise Unproven(backend)


def _listener(path):
    """Return the process that listens at a path, as the kernel says to whoever connects; None where there is none."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as there:
        there.settimeout(SOCKET_SECONDS)
        there.connect(path)
        pid = struct.unpack("3i", there.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
    return _processes.process(pid)


def _is_fpm(process, trust):
    return (
        process is not None
        and FPM.match(os.path.basename(process.program)) is not None
        and services.is_daemon(process, trust)
    )
