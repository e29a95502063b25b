"""What of a virtual host of nginx strangers reach that is not meant for them."""

import re

from ansible.module_utils.luytre import _exposed_paths
from ansible.module_utils.luytre._nginx_request import location_words

WRITE_METHODS = ("PUT", "DELETE", "MKCOL", "COPY", "MOVE")


def collect_exposure(model, visitor, inside, added_headers):
    """Return the part of ``auditor.facts.web._web.Vhost`` that tells it.

    ``inside``: the server's blocks; ``added_headers``: their headers.
    """
    root = visitor.root if visitor.look else None
    return {
        "status_open": _status(visitor, inside),
        "database_tools": _tools(visitor, inside, _exposed_paths.find_database_tools(root) if root else []),
        "phpinfo": visitor.those(_exposed_paths.find_phpinfo_scripts(root) if root else [], "php"),
        "serves_private": _private(visitor, root) if root else [],
        "private_pattern": _exposed_paths.build_private_pattern(root) if root else "",
        "writes_open": _find_dav_writes(visitor, inside),
        "cors_open": [level.where for level in inside if _has_open_cors(model, level, added_headers)],
    }


def uri_of(level):
    """Return a URI that a block answers, as far as its words tell one."""
    if level.name != "location":
        return "/"
    modifier, words = location_words(level)
    return re.sub(r"[\^$\\]", "", words) if modifier in ("~", "~*") else words


def _status(visitor, inside):
    pages = {uri_of(level) for level in inside if level.own("stub_status")}
    uris = {
        uri
        for uri in pages
        for answer in visitor.answers(uri)
        if answer.value == 200 and answer.level.own("stub_status")
    }
    uris.update(
        uri
        for uri in (_exposed_paths.list_status_paths() if visitor.look else ())
        for answer in visitor.answers(uri, there=False)
        if answer.kind == "php" and answer.uri == uri
    )
    return sorted(uris)


def _tools(visitor, inside, on_disk):
    alias_uris = [
        uri_of(level).rstrip("/") + "/index.php"
        for level in inside
        for setting in ("alias", "root")
        for directive in level.own(setting)
        if level.name == "location"
        and directive.args
        and _exposed_paths.TOOL.match(directive.args[0].rstrip("/").rpartition("/")[2])
    ]
    uris = dict.fromkeys([*alias_uris, *on_disk])
    return [uri for uri in uris if any(answer.kind in ("php", "file", "proxy") for answer in visitor.answers(uri))]


def _private(visitor, root):
    uris = _exposed_paths.find_private_files(root)
    file_uris = visitor.those(uris, "file")
    php_uris = [
        uri for uri in visitor.those(uris, "php") if uri not in file_uris and _exposed_paths.discloses_source(root, uri)
    ]
    return [*file_uris, *php_uris]


def _find_dav_writes(visitor, inside):
    """Return blocks in which a stranger changes files."""
    places = []
    for level in inside:
        methods = [word.upper() for directive in level.own("dav_methods") for word in directive.args]
        uri = uri_of(level)
        uri = uri if location_words(level)[0] == "=" and level.name == "location" else uri.rstrip("/") + "/x"
        if any(
            answer.kind == "file" and answer.level is level
            for method in methods
            if method in WRITE_METHODS
            for answer in visitor.answers(uri, method=method)
        ):
            places.append("%s (%s)" % (uri_of(level), level.where))
    return places


def _has_open_cors(model, level, added_headers):
    """Return whether scripts of any other site may ask here with a visitor's login, and read what comes."""
    values = {d.args[0].lower(): d.args[1].strip() for d in added_headers(model, level) if len(d.args) >= 2}
    if values.get("access-control-allow-credentials", "").lower() != "true":
        return False
    origin = values.get("access-control-allow-origin", "")
    table = model.maps.get(origin[1:]) if origin.startswith("$") else None
    if table is not None:
        others = [entry.args[-1] for entry in table.block or () if entry.name == "default" and entry.args]
        origin = others[-1] if others else ""
    is_conditional = level.name == "if" and any("http_origin" in word for word in level.args)
    return origin == "*" or (origin == "$http_origin" and not is_conditional)
