"""What of a virtual host of Apache strangers reach that is not meant for them."""

import re

from ansible.module_utils.luytre.parsers.web_servers.apache_access import is_anonymous_access_allowed
from ansible.module_utils.luytre.parsers.web_servers.apache_config import ApacheSection
from ansible.module_utils.luytre.parsers.web_servers.apache_directory import FILE, PHP, PROXY
from ansible.module_utils.luytre.web_servers import exposed_paths

ANY_ORIGIN = re.compile(r"\^?\(?(?:https?\??:?/?/?)?\.[*+]\)?\$?\Z|%\{(?:req:origin|http_origin)\}", re.IGNORECASE)


def collect_apache_vhost_exposure(server):
    """Return the part of ``auditor.facts.web._web.VirtualHost`` that tells what strangers reach."""
    root = server.root
    return {
        "status_open": _find_open_status_uris(server),
        "database_tools": _find_open_database_tool_uris(
            server, exposed_paths.find_database_tool_uris(root) if root else []
        ),
        "phpinfo": [
            uri
            for uri in (exposed_paths.find_phpinfo_scripts(root) if root else ())
            if server.answer_get_request(uri).kind == PHP
        ],
        "serves_private": _find_served_private_uris(server, root) if root else [],
        "private_pattern": exposed_paths.build_private_uri_pattern(root) if root else "",
        "writes_open": _find_anonymous_dav_writes(server),
        "cors_open": _find_cors_open_to_any_site(server),
    }


def _list_server_sections(server):
    return [node for node in (*server.main, *server.own) if isinstance(node, ApacheSection)]


def _iter_nodes_with_inner(nodes):
    for node in nodes:
        yield node
        if isinstance(node, ApacheSection) and node.name != "virtualhost":
            yield from _iter_nodes_with_inner(node.inside)


def _get_section_uri(server, section):
    """Return a URI that a section is about, or None."""
    path = section.args[0] if section.args and section.args[0] != "~" else None
    if path is None or not path.startswith("/") or section.name not in ("location", "directory"):
        return None
    if section.name == "location":
        return path
    path = path.rstrip("/")
    places = [*server.list_alias_folders(), ("/", server.root or "")]
    return next(
        (
            uri.rstrip("/") + path[len(folder) :] + "/"
            for uri, folder in places
            if folder and (path + "/").startswith(folder + "/")
        ),
        None,
    )


def _find_open_status_uris(server):
    uris = set()
    for node in _list_server_sections(server):
        sets = any(inner.name == "sethandler" and inner.args for inner in node.inside)
        uri = _get_section_uri(server, node) if sets else None
        if uri:
            state = server.get_settings_for_uri(uri, server.map_uri_to_file(uri))
            answer = server.answer_get_request(uri)
            if (
                state.handler in exposed_paths.STATUS_PAGES
                and is_anonymous_access_allowed(state)
                and answer.kind in (FILE, PHP)
            ):
                uris.add(uri)
    uris.update(uri for uri in exposed_paths.list_php_fpm_status_paths() if server.answer_get_request(uri).kind == PHP)
    return sorted(uris)


def _find_open_database_tool_uris(server, on_disk):
    alias_uris = [
        uri.rstrip("/") + "/index.php"
        for uri, folder in server.list_alias_folders()
        if exposed_paths.TOOL.match(folder.rpartition("/")[2])
    ]
    uris = dict.fromkeys([*alias_uris, *on_disk])
    return [uri for uri in uris if server.answer_get_request(uri).kind in (FILE, PHP, PROXY)]


def _find_served_private_uris(server, root):
    kinds = {uri: server.answer_get_request(uri).kind for uri in exposed_paths.find_private_file_uris(root)}
    return [
        uri
        for uri, kind in kinds.items()
        if kind == FILE or (kind == PHP and exposed_paths.is_source_disclosed_by_php(root, uri))
    ]


def _find_anonymous_dav_writes(server):
    """Return sections in which a stranger changes files by WebDAV."""
    places = []
    for node in _list_server_sections(server):
        on = any(inner.name == "dav" and inner.args and inner.args[0].lower() != "off" for inner in node.inside)
        uri = _get_section_uri(server, node) if on else None
        if uri is None:
            continue
        state = server.get_settings_for_uri(uri, server.map_uri_to_file(uri))
        if is_anonymous_access_allowed(state) and not any(
            _is_writing_restricted_beyond_reading(inner) for inner in _list_sections_around(server, node)
        ):
            places.append("%s (%s:%d)" % (uri, node.file, node.line))
    return places


def _list_sections_around(server, section):
    """Return the sections that are about the same place, or one around it."""
    uri = _get_section_uri(server, section)
    places = [(other, _get_section_uri(server, other)) for other in _list_server_sections(server)]
    around = [other for other, place in places if place and (uri.rstrip("/") + "/").startswith(place.rstrip("/") + "/")]
    return [inner for other in around for inner in other.inside if isinstance(inner, ApacheSection)]


def _is_writing_restricted_beyond_reading(section):
    """Return whether a section asks more of who writes than of who reads."""
    covers_put = "PUT" in [arg.upper() for arg in section.args]
    if section.name not in ("limit", "limitexcept") or covers_put is not (section.name == "limit"):
        return False
    return any(
        (inner.name.startswith("require") and [arg.lower() for arg in inner.args] != ["all", "granted"])
        or inner.name == "deny"
        for inner in section.inside
    )


def _find_cors_open_to_any_site(server):
    """Return where scripts of any other site may ask with a visitor's login, and read what comes."""
    nodes = list(_iter_nodes_with_inner((*server.main, *server.own)))
    wide = {
        word.partition("=")[0].lower()
        for node in nodes
        if node.name in ("setenvif", "setenvifnocase") and len(node.args) > 2 and node.args[0].lower() == "origin"
        for word in node.args[2:]
        if ANY_ORIGIN.match(node.args[1])
    }
    places, credentials = [], False
    for node in nodes:
        words = (
            [arg for arg in node.args if arg.lower() not in ("always", "onsuccess")] if node.name == "header" else []
        )
        if len(words) < 3 or words[0].lower() not in ("set", "add", "append", "merge", "setifempty"):
            continue
        name, value = words[1].lower(), words[2].strip()
        if name == "access-control-allow-credentials":
            credentials = credentials or value.lower() == "true"
        elif name == "access-control-allow-origin" and _is_any_origin(value, wide):
            places.append("%s:%d" % (node.file, node.line))
    return places if credentials else []


def _is_any_origin(value, wide):
    variable = re.match(r"%\{(\w+)\}e\Z", value)
    return (
        value == "*" or bool(ANY_ORIGIN.search(value)) or (variable is not None and variable.group(1).lower() in wide)
    )
