"""What of a virtual host of nginx strangers reach that is not meant for them."""

import re

from ansible.module_utils.luytre.parsers.web_servers.nginx_request import parse_location_modifier_and_name
from ansible.module_utils.luytre.web_servers import exposed_paths

WRITE_METHODS = ("PUT", "DELETE", "MKCOL", "COPY", "MOVE")


def collect_nginx_vhost_exposure(model, visitor, inner_blocks, added_headers):
    """Return the part of ``auditor.facts.web._web.VirtualHost`` that tells what strangers reach.

    ``inner_blocks``: the server's blocks; ``added_headers``: their headers.
    """
    root = visitor.root if visitor.look else None
    return {
        "status_open": _find_open_status_uris(visitor, inner_blocks),
        "database_tools": _find_open_database_tool_uris(
            visitor, inner_blocks, exposed_paths.find_database_tool_uris(root) if root else []
        ),
        "phpinfo": visitor.those(exposed_paths.find_phpinfo_scripts(root) if root else [], "php"),
        "serves_private": _find_served_private_uris(visitor, root) if root else [],
        "private_pattern": exposed_paths.build_private_uri_pattern(root) if root else "",
        "writes_open": _find_anonymous_dav_writes(visitor, inner_blocks),
        "cors_open": [level.where for level in inner_blocks if _has_cors_open_to_any_site(model, level, added_headers)],
    }


def get_block_uri(block):
    """Return a URI that a block answers, as far as its words tell one."""
    if block.name != "location":
        return "/"
    modifier, words = parse_location_modifier_and_name(block)
    return re.sub(r"[\^$\\]", "", words) if modifier in ("~", "~*") else words


def _find_open_status_uris(visitor, inner_blocks):
    pages = {get_block_uri(level) for level in inner_blocks if level.list_own_directives("stub_status")}
    uris = {
        uri
        for uri in pages
        for answer in visitor.answers(uri)
        if answer.value == 200 and answer.level.list_own_directives("stub_status")
    }
    uris.update(
        uri
        for uri in (exposed_paths.list_php_fpm_status_paths() if visitor.look else ())
        for answer in visitor.answers(uri, is_there=False)
        if answer.kind == "php" and answer.uri == uri
    )
    return sorted(uris)


def _find_open_database_tool_uris(visitor, inner_blocks, on_disk):
    alias_uris = [
        get_block_uri(level).rstrip("/") + "/index.php"
        for level in inner_blocks
        for setting in ("alias", "root")
        for directive in level.list_own_directives(setting)
        if level.name == "location"
        and directive.args
        and exposed_paths.TOOL.match(directive.args[0].rstrip("/").rpartition("/")[2])
    ]
    uris = dict.fromkeys([*alias_uris, *on_disk])
    return [uri for uri in uris if any(answer.kind in ("php", "file", "proxy") for answer in visitor.answers(uri))]


def _find_served_private_uris(visitor, root):
    uris = exposed_paths.find_private_file_uris(root)
    file_uris = visitor.those(uris, "file")
    php_uris = [
        uri
        for uri in visitor.those(uris, "php")
        if uri not in file_uris and exposed_paths.is_source_disclosed_by_php(root, uri)
    ]
    return [*file_uris, *php_uris]


def _find_anonymous_dav_writes(visitor, inner_blocks):
    """Return blocks in which a stranger changes files."""
    places = []
    for level in inner_blocks:
        methods = [word.upper() for directive in level.list_own_directives("dav_methods") for word in directive.args]
        uri = get_block_uri(level)
        uri = (
            uri
            if parse_location_modifier_and_name(level)[0] == "=" and level.name == "location"
            else uri.rstrip("/") + "/x"
        )
        if any(
            answer.kind == "file" and answer.level is level
            for method in methods
            if method in WRITE_METHODS
            for answer in visitor.answers(uri, method=method)
        ):
            places.append("%s (%s)" % (get_block_uri(level), level.where))
    return places


def _has_cors_open_to_any_site(model, level, added_headers):
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
