"""Which virtual host of Apache's answers where, and to which names."""

import fnmatch
import re


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


def find_unclaimed_declared_names(declarations, servers):
    claimed_names = {name for _, server in servers for name in _list_claimed_names(server)}
    return [
        name
        for name in _list_declared_names(declarations, here=True)
        if name not in claimed_names
        and not any(_is_wildcard_name(pattern) and fnmatch.fnmatch(name, pattern) for pattern in claimed_names)
    ]


def _is_wildcard_name(name):
    return "*" in name or "?" in name


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
