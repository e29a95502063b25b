"""Decide what one site's server blocks have to say in nginx so that the controls in force hold. Pure."""

import re
from collections import namedtuple

from ansible.module_utils.luytre.parsers import request_uris
from ansible.module_utils.luytre.parsers.web_servers.nginx_conf import (
    parse_nginx_size,
)
from ansible.module_utils.luytre.parsers.x509 import is_domain_covered_by_names
from ansible.module_utils.luytre.web_servers import exposed_paths
from ansible.module_utils.luytre.web_servers.nginx import nginx_blocks, nginx_vhost_facts

SNIPPET = "/etc/nginx/snippets/luytre-%s.conf"
NOWHERE = (["off"], ["/dev/null"])
SNIPPET_CONTROLS = (
    "nginx.hidden_files",
    "nginx.backup_files",
    "nginx.upload_exec",
    "web.private_files",
    "wordpress.xmlrpc",
    "tls.redirect",
)
PHP_CONTROLS = ("nginx.upload_exec", "wordpress.xmlrpc")
HEADERS = {
    "nginx.nosniff": ("X-Content-Type-Options", "nosniff", ("nosniff",)),
    "nginx.frame": ("X-Frame-Options", "SAMEORIGIN", ("sameorigin", "deny")),
    "nginx.referrer": (
        "Referrer-Policy",
        "strict-origin-when-cross-origin",
        (
            "no-referrer",
            "same-origin",
            "strict-origin",
            "strict-origin-when-cross-origin",
            "origin-when-cross-origin",
            "origin",
            "no-referrer-when-downgrade",
        ),
    ),
    "nginx.permissions_policy": (
        "Permissions-Policy",
        "camera=(self), microphone=(self), geolocation=(self), payment=(), usb=(), serial=(), hid=(), bluetooth=(), "
        "midi=()",
        (),
    ),
    "nginx.content_policy": (
        "Content-Security-Policy-Report-Only",
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: https:; font-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; "
        "frame-ancestors 'self'",
        (),
    ),
}
"""Control to header, value, and the values of the vendor's own that stay; none are named where all do."""
IN_ITS_PLACE = {"Content-Security-Policy-Report-Only": "content-security-policy"}
"""Header to another that does more."""
LOGIN_LIMIT = "limit_req zone=luytre_login burst=10 nodelay;"


SiteContext = namedtuple("SiteContext", "model groups enforce settings")
"""What the decisions on all sites of a host rest on; ``enforce`` maps control ids to domains."""


def decide_site(context, server, names, site, decision):
    """Decide what a server block of a site has to say, and what of it is put out of force."""
    model, groups, enforce, settings = context
    domain = site["domain"]
    enforced_controls = {control for control, domains in enforce.items() if domain in domains}
    php = _has_directive(server, "fastcgi_pass")
    _include_snippet(model, server, domain, enforced_controls, php, decision)
    if "nginx.autoindex" in enforced_controls:
        _autoindex(model, server, decision)
    if "nginx.body_limit" in enforced_controls:
        _body_limit(model, server, settings["body_limit"], decision)
    if "nginx.access_log" in enforced_controls:
        _access_log(model, groups, server, names, decision)
    if "nginx.php_missing" in enforced_controls:
        _php_missing(model, groups, server, names, decision)
    _headers(model, server, [control for control in HEADERS if control in enforced_controls], decision)
    if "nginx.login_rate" in enforced_controls and (php or _has_directive(server, "proxy_pass")):
        _login_rate(model, server, decision)
        decision.http["login_zone"] = True
    if (
        "tls.redirect" in enforced_controls
        and domain in settings.get("covered", {})
        and _answers_plainly(model, groups, server, names)
    ):
        decision.redirects[domain] = _redirect(names, site, settings)


def _has_directive(server, name):
    return any(level.list_own_directives(name) for level in nginx_blocks.iter_block_and_inner_blocks(server))


def _include_snippet(model, server, domain, enforced_controls, php, decision):
    """Take in the site's snippet, with the controls that it has something to say for."""
    root = model.get_document_root(model.find_location_for_uri(server, "/") or server)
    private = exposed_paths.build_private_uri_pattern(root) if root and "web.private_files" in enforced_controls else ""
    rules = [
        control
        for control in SNIPPET_CONTROLS
        if control in enforced_controls
        and (php or control not in PHP_CONTROLS)
        and (private or control != "web.private_files")
    ]
    if private:
        decision.private[domain] = private
    if rules:
        decision.add(server, "include %s;" % (SNIPPET % domain))
        snippet_controls = decision.snippets.setdefault(domain, [])
        snippet_controls += [control for control in rules if control not in snippet_controls]


def _autoindex(model, server, decision):
    for level in nginx_blocks.iter_block_and_inner_blocks(server):
        for directive in level.list_own_directives("autoindex"):
            if directive.args != ["off"]:
                decision.quiet(directive, "nginx.autoindex")
    directives = [directive for directive in server.list_own_directives("autoindex") if directive.args == ["off"]]
    if not directives and model.get_setting_in_force(server.parent, "autoindex") == "on":
        decision.add(server, "autoindex off;")


def _body_limit(model, server, largest, decision):
    for level in nginx_blocks.iter_block_and_inner_blocks(server):
        for directive in level.list_own_directives("client_max_body_size"):
            limit = parse_nginx_size(directive.args[0]) if directive.args else None
            if limit is not None and (limit == 0 or limit > largest):
                decision.quiet(directive, "nginx.body_limit")
                decision.add(level, "client_max_body_size %d;" % largest)
    inherited_directives = model.list_directives_in_force(server.parent, "client_max_body_size")
    limit = (
        parse_nginx_size(inherited_directives[-1].args[0])
        if inherited_directives and inherited_directives[-1].args
        else None
    )
    if not server.list_own_directives("client_max_body_size") and limit is not None and (limit == 0 or limit > largest):
        decision.add(server, "client_max_body_size %d;" % largest)


def _access_log(model, groups, server, names, decision):
    visitor = nginx_vhost_facts.NginxVisitor(model, groups, server, names, on_disk=True)
    levels = {id(server): server}
    for answer in visitor.answers(request_uris.PAGE):
        level = answer.level
        while level is not server and level is not None:
            levels[id(level)] = level
            level = level.parent
    for level in levels.values():
        for directive in level.list_own_directives("access_log"):
            if directive.args[:1] in NOWHERE:
                decision.quiet(directive, "nginx.access_log")
    directives = [
        directive for directive in server.list_own_directives("access_log") if directive.args[:1] not in NOWHERE
    ]
    if not directives and any(
        d.args[:1] in NOWHERE for d in model.list_directives_in_force(server.parent, "access_log")
    ):
        decision.add(server, "access_log /var/log/nginx/access.log;")


def _php_missing(model, groups, server, names, decision):
    visitor = nginx_vhost_facts.NginxVisitor(model, groups, server, names, on_disk=True)
    for uri in (request_uris.MISSING_PHP, "/luytre-missing.php", "/luytre/missing.php"):
        for answer in visitor.answers(uri, is_there=False):
            level = answer.level
            if answer.kind == "php" and answer.uri.endswith(uri) and level.name == "location":
                script = (
                    "$request_filename"
                    if model.list_directives_in_force(level, "alias")
                    else "$document_root$fastcgi_script_name"
                )
                decision.add(level, "if (!-f %s) { return 404; }" % script)


def _headers(model, server, controls, decision):
    for level in nginx_blocks.iter_block_and_inner_blocks(server):
        own = level.list_own_directives("add_header")
        if level is not server and not own:
            continue
        lines = [line for control in controls for line in _decide_header(own, control, decision)]
        if lines and level is server and not own:
            replaced_headers = {line.split()[1].lower() for line in lines}
            inherited_directives = model.list_directives_in_force(server.parent, "add_header")
            lines += [
                _render_directive(d)
                for d in inherited_directives
                if d.args and d.args[0].lower() not in replaced_headers
            ]
        for line in lines:
            decision.add(level, line)


def _decide_header(own, control, decision):
    """Return the line of a control's header where no good one is there, and put out bad ones."""
    name, value, accepted_values = HEADERS[control]
    same = [directive for directive in own if directive.args and directive.args[0].lower() == name.lower()]
    good = [directive for directive in same if _is_accepted_header(directive, accepted_values)]
    for directive in same:
        if directive not in good:
            decision.quiet(directive, control)
    if good or any(directive.args[0].lower() == IN_ITS_PLACE.get(name) for directive in own if directive.args):
        return []
    decision.http.setdefault("headers", {})[name] = value
    return ["add_header %s %s always;" % (name, "$luytre_" + name.lower().replace("-", "_"))]


def _is_accepted_header(directive, accepted_values):
    return (
        len(directive.args) > 1
        and directive.args[1]
        and (not accepted_values or directive.args[1].lower() in accepted_values)
    )


def _login_rate(model, server, decision):
    for level in nginx_blocks.iter_block_and_inner_blocks(server):
        own = level.list_own_directives("limit_req")
        if level is not server and not own:
            continue
        decision.add(level, LOGIN_LIMIT)
        if level is server and not own:
            for directive in model.list_directives_in_force(server.parent, "limit_req"):
                decision.add(level, _render_directive(directive))
    if not server.list_own_directives("limit_req_status"):
        decision.add(server, "limit_req_status 429;")
    for directive in server.list_own_directives("limit_req_dry_run"):
        if directive.args == ["on"]:
            decision.quiet(directive, "nginx.login_rate")


def _answers_plainly(model, groups, server, names):
    """Return whether a server block answers a page over plain HTTP with anything but a redirect to HTTPS."""
    visitor = nginx_vhost_facts.NginxVisitor(model, groups, server, names, on_disk=True)
    answers = [visitor.ask(request_uris.PAGE, scheme, port) for scheme, port in visitor.schemes if scheme == "http"]
    return any(answer.kind != "redirect" or not answer.value.startswith("https://") for answer in answers)


def _redirect(names, site, settings):
    """Return the host to redirect to: the one asked for where the certificate covers them all, else the
    site's domain.
    """
    covered_names = settings.get("covered", {}).get(site["domain"], [])
    real = [name for name in names if "." in name]
    return "$host" if all(is_domain_covered_by_names(covered_names, name) for name in real) else site["domain"]


def _render_directive(directive):
    """Return a directive as text that means the same."""
    words = [
        word if re.fullmatch(r"[A-Za-z0-9_=:./$-]+", word) else '"%s"' % _escape_word(word) for word in directive.args
    ]
    return " ".join([directive.name, *words]) + ";"


def _escape_word(word):
    return word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
