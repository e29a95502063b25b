"""At which addresses and to which names nginx's servers answer."""

import re

from ansible.module_utils.luytre.parsers.web_servers.nginx_request import (
    list_server_names,
)

ANY = "0.0.0.0"  # noqa: S104  the same to nginx as no address
WEB_PORTS = {0, 80, 443}
"""At which visitors arrive; 0 is a socket, behind a proxy."""


def list_proxy_protocol_listens(config):
    """Return the (address, port) where nginx wants to be told first, by a proxy, who asks."""
    return {
        (address, port)
        for server in config.servers
        for address, port, options in parse_listen_directives(server)
        if "proxy_protocol" in options
    }


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

    A default server with names of its own counts when the domain is claimed nowhere. One without any counts unless it
    shows another folder than who claims the domain on an address that both listen on: there, nginx tells them apart.
    """
    choices = [model.choose_server_for_host(members, domain) for members in groups.values()]
    nowhere = all(how == "default" for _server, how in choices)
    beside = list_servers_beside_who_claims(model, groups, domain)
    return [
        server
        for server, how in choices
        if how == "default"
        and server
        and (nowhere or is_server_without_name(server))
        and not any(server is other and _shows_other_folder(model, server, claims) for other, claims in beside)
    ]


def list_servers_beside_who_claims(model, groups, domain):
    """Return ``(server, who claims the domain)`` of servers that listen on an address where another claims it."""
    pairs = []
    for members in groups.values():
        claims, how = model.choose_server_for_host(members, domain)
        if how != "default":
            pairs.extend((server, claims) for server in members if server is not claims)
    return pairs


def can_take_names(model, groups, server, names):
    """Return whether a server claims no name, and nobody claims these where it listens: the first of two would win."""
    return is_server_without_name(server) and not any(
        server is other for name in names for other, _ in list_servers_beside_who_claims(model, groups, name)
    )


def _shows_other_folder(model, server, other):
    own = model.get_document_root(server)
    return own is not None and own != model.get_document_root(other)


def is_server_without_name(server):
    """Return whether a server block claims no real name."""
    return all("." not in name for name in list_server_names(server))
