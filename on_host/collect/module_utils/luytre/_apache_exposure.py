"""What of a virtual host of Apache strangers reach that is not meant for them."""

import re

from ansible.module_utils.luytre import _exposed_paths
from ansible.module_utils.luytre._apache_config import Section
from ansible.module_utils.luytre._apache_request import FILE, PHP, PROXY, is_allowed

ANY_ORIGIN = re.compile(r"\^?\(?(?:https?\??:?/?/?)?\.[*+]\)?\$?\Z|%\{(?:req:origin|http_origin)\}", re.IGNORECASE)


def collect_exposure(server):
    """Return the part of ``auditor.facts.web._web.Vhost`` that tells it."""
    root = server.root
    return {
        "status_open": _status(server),
        "database_tools": _tools(server, _exposed_paths.find_database_tools(root) if root else []),
        "phpinfo": [
            uri for uri in (_exposed_paths.find_phpinfo_scripts(root) if root else ()) if server.answer(uri).kind == PHP
        ],
        "serves_private": _private(server, root) if root else [],
        "private_pattern": _exposed_paths.build_private_pattern(root) if root else "",
        "writes_open": _find_dav_writes(server),
        "cors_open": _find_open_cors(server),
    }


def _sections(server):
    return [node for node in (*server.main, *server.own) if isinstance(node, Section)]


def _iter_nodes(nodes):
    for node in nodes:
        yield node
        if isinstance(node, Section) and node.name != "virtualhost":
            yield from _iter_nodes(node.inside)


def _uri(server, node):
    """Return a URI that a section is about, or None."""
    path = node.args[0] if node.args and node.args[0] != "~" else None
    if path is None or not path.startswith("/") or node.name not in ("location", "directory"):
        return None
    if node.name == "location":
        return path
    path = path.rstrip("/")
    places = [*server.aliases(), ("/", server.root or "")]
    return next(
        (
            uri.rstrip("/") + path[len(folder) :] + "/"
            for uri, folder in places
            if folder and (path + "/").startswith(folder + "/")
        ),
        None,
    )


def _status(server):
    uris = set()
    for node in _sections(server):
        sets = any(inner.name == "sethandler" and inner.args for inner in node.inside)
        uri = _uri(server, node) if sets else None
        if uri:
            state = server.locate(uri, server.path_of(uri))
            answer = server.answer(uri)
            if state.handler in _exposed_paths.STATUS_PAGES and is_allowed(state) and answer.kind in (FILE, PHP):
                uris.add(uri)
    uris.update(uri for uri in _exposed_paths.list_status_paths() if server.answer(uri).kind == PHP)
    return sorted(uris)


def _tools(server, on_disk):
    alias_uris = [
        uri.rstrip("/") + "/index.php"
        for uri, folder in server.aliases()
        if _exposed_paths.TOOL.match(folder.rpartition("/")[2])
    ]
    uris = dict.fromkeys([*alias_uris, *on_disk])
    return [uri for uri in uris if server.answer(uri).kind in (FILE, PHP, PROXY)]


def _private(server, root):
    kinds = {uri: server.answer(uri).kind for uri in _exposed_paths.find_private_files(root)}
    return [
        uri
        for uri, kind in kinds.items()
        if kind == FILE or (kind == PHP and _exposed_paths.discloses_source(root, uri))
    ]


def _find_dav_writes(server):
    """Return sections in which a stranger changes files by WebDAV."""
    places = []
    for node in _sections(server):
        on = any(inner.name == "dav" and inner.args and inner.args[0].lower() != "off" for inner in node.inside)
        uri = _uri(server, node) if on else None
        if uri is None:
            continue
        state = server.locate(uri, server.path_of(uri))
        if is_allowed(state) and not any(_restricts_writing(inner) for inner in _around(server, node)):
            places.append("%s (%s:%d)" % (uri, node.file, node.line))
    return places


def _around(server, node):
    """Return the sections that are about the same place, or one around it."""
    uri = _uri(server, node)
    places = [(other, _uri(server, other)) for other in _sections(server)]
    around = [other for other, place in places if place and (uri.rstrip("/") + "/").startswith(place.rstrip("/") + "/")]
    return [inner for other in around for inner in other.inside if isinstance(inner, Section)]


def _restricts_writing(section):
    """Return whether a section asks more of who writes than of who reads."""
    covers_put = "PUT" in [arg.upper() for arg in section.args]
    if section.name not in ("limit", "limitexcept") or covers_put is not (section.name == "limit"):
        return False
    return any(
        (inner.name.startswith("require") and [arg.lower() for arg in inner.args] != ["all", "granted"])
        or inner.name == "deny"
        for inner in section.inside
    )


def _find_open_cors(server):
    """Return where scripts of any other site may ask with a visitor's login, and read what comes."""
    nodes = list(_iter_nodes((*server.main, *server.own)))
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
        elif name == "access-control-allow-origin" and _is_any(value, wide):
            places.append("%s:%d" % (node.file, node.line))
    return places if credentials else []


def _is_any(value, wide):
    variable = re.match(r"%\{(\w+)\}e\Z", value)
    return (
        value == "*" or bool(ANY_ORIGIN.search(value)) or (variable is not None and variable.group(1).lower() in wide)
    )
