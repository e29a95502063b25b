"""What the blocks of a server of nginx's add, list and lose."""

from ansible.module_utils.luytre.parsers import request_uris
from ansible.module_utils.luytre.parsers.web_servers.nginx_conf import (
    parse_nginx_size,
)
from ansible.module_utils.luytre.parsers.web_servers.nginx_request import (
    PASSES,
    parse_location_modifier_and_name,
)


def iter_block_and_inner_blocks(block):
    """Yield a block and all the blocks in it that hold settings, outermost first."""
    if block is None:
        return
    yield block
    for inner in block.block or ():
        if inner.block is not None and inner.name in ("server", "location", "if", "limit_except"):
            yield from iter_block_and_inner_blocks(inner)


def find_blocks_with_listing(model, server):
    """Return blocks whose own content would be listed.

    The server itself is one only where no ``location /`` answers for it.
    """
    places = []
    for level in iter_block_and_inner_blocks(server):
        if level.name == "server" and model.find_location_for_uri(server, "/") is not None:
            continue
        if model.get_setting_in_force(level, "autoindex") != "on" or any(
            level.list_own_directives(name) for name in PASSES
        ):
            continue
        label = (
            "/"
            if level.name == "server"
            else parse_location_modifier_and_name(level)[1]
            if level.name == "location"
            else level.name
        )
        places.append("%s (%s)" % (label, level.where))
    return places


def compute_added_security_headers(model, level):
    """Return the security headers that a level adds to what it answers."""
    values = {}
    for directive in list_add_headers_in_force(model, level):
        if len(directive.args) >= 2 and directive.args[0].lower() in request_uris.SECURITY_HEADERS:
            value = model.get_value_for_plain_page(directive.args[1], level)
            if value:
                values[directive.args[0].lower()] = value
    for directive in model.list_directives_in_force(level, "more_set_headers"):
        for word in directive.args:
            name, colon, value = word.partition(":")
            if colon and name.strip().lower() in request_uris.SECURITY_HEADERS:
                values[name.strip().lower()] = value.strip()
    return values


def list_add_headers_in_force(model, level):
    """Return the ``add_header`` lines in force; ``add_header_inherit merge`` joins those of the outer levels to its
    own.
    """
    lines = []
    while level is not None:
        own = level.list_own_directives("add_header")
        lines = [*own, *lines]
        if own and model.get_setting_in_force(level, "add_header_inherit") != "merge":
            break
        level = level.parent
    return lines


def find_blocks_losing_headers(model, server):
    places = []
    for level in iter_block_and_inner_blocks(server):
        if level is server or not level.list_own_directives("add_header"):
            continue
        dropped_headers = sorted(
            set(compute_added_security_headers(model, level.parent)) - set(compute_added_security_headers(model, level))
        )
        if dropped_headers:
            label = " ".join([level.name, *level.args])[:120]
            places.append("%s (%s): %s" % (label, level.where, ", ".join(dropped_headers)))
    return places


def get_largest_body_limit(model, server, inner_blocks):
    """Return the largest limit in any of its blocks, 0 (none at all) being the largest."""
    own = [
        parse_nginx_size(d.args[0])
        for level in inner_blocks
        for d in level.list_own_directives("client_max_body_size")
        if d.args
    ]
    inherited_limit = model.get_setting_in_force(server, "client_max_body_size")
    limits = [
        limit for limit in [*own, parse_nginx_size(inherited_limit) if inherited_limit else None] if limit is not None
    ]
    if not limits:
        return None
    return 0 if 0 in limits else max(limits)


def has_alias_trap(location):
    """Return the alias trap: ``location /files { alias /srv/files/; }`` also answers ``/files../``."""
    modifier, name = parse_location_modifier_and_name(location)
    alias = location.list_own_directives("alias")
    return (
        modifier in ("", "^~")
        and not name.endswith("/")
        and bool(alias)
        and alias[-1].args[:1] != []
        and alias[-1].args[0].endswith("/")
    )
