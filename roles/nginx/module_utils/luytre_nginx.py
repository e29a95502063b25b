"""What to change in an nginx configuration so that the controls in force hold. Pure: texts in, edits out.

Vendors' files vary, so they keep their own lines. Marks are put into them, and taken out again before anything is
decided, so that the same vendor text always gives the same result and a control can be lifted to the last byte:

- ``… # luytre: added`` is a line of ours;
- ``# luytre: put out for <control>: …`` is a line of the vendor's that would undo a control;
- ``… # luytre: broken`` is where a line of several directives had to be broken.
"""

import os
import re

from ansible.module_utils.luytre.parsers import request_uris
from ansible.module_utils.luytre.parsers.web_servers.nginx_conf import (
    load_nginx_config,
    parse_nginx_seconds,
    parse_nginx_size,
)
from ansible.module_utils.luytre.parsers.web_servers.nginx_request import NginxModel
from ansible.module_utils.luytre.parsers.x509 import is_domain_covered_by_names
from ansible.module_utils.luytre.web import nginx as facts
from ansible.module_utils.luytre.web_servers import exposed_paths
from ansible.module_utils.luytre.web_servers.nginx import nginx_blocks, nginx_listens, nginx_vhost_facts
from ansible.module_utils.luytre_shared.incidents import web_block_config

DROP_IN = "/etc/nginx/conf.d/00-luytre.conf"
SNIPPET = "/etc/nginx/snippets/luytre-%s.conf"
DISTRIBUTION_DEFAULT = "/etc/nginx/sites-enabled/default"
NOWHERE = (["off"], ["/dev/null"])
LOOPBACK = ("127.0.0.1", "[::1]", "localhost")
OLD_PROTOCOLS = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1")
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
ADDED_MARK = " # luytre: added"
BROKEN_MARK = " # luytre: broken\n"
_ADDED_LINE = re.compile(r"^[^\n]* # luytre: added\n", re.MULTILINE)
_PUT_OUT = re.compile(r"# luytre: put out for [a-z0-9_.]+: ")


def restore(text):
    """Return the vendor's own text: our lines gone, its lines back."""
    return _PUT_OUT.sub("", _ADDED_LINE.sub("", text).replace(BROKEN_MARK, ""))


def ours(path):
    """Return whether a file is one that this role writes whole, or an incident does."""
    return (
        web_block_config.is_web_block_config_file(path)
        or path == DROP_IN
        or path.startswith(SNIPPET.partition("%s")[0])
    )


class ConfigDecision:
    """Edits of vendors' files, and what the drop-in has to say."""

    def __init__(self):
        self.put_out = {}
        self.insert = {}
        self.http = {}
        self.listens = []
        self.disabled = []
        self.held_back = []
        self.redirects = {}
        self.snippets = {}
        self.private = {}

    def quiet(self, directive, control):
        """Put a vendor's directive out of force."""
        self.put_out.setdefault(directive.file, {})[(directive.start, directive.end)] = control

    def add(self, block, line):
        """Put a line of ours first into a block."""
        lines = self.insert.setdefault(block.file, {}).setdefault(block.inner, [])
        if line not in lines:
            lines.append(line)


def read_config(path, read, skipped_files=()):
    """Return the vendor's configuration, without anything of ours and without the included files that are
    ``skipped_files``.
    """

    def read_restored(name):
        text = "" if ours(name) else read(name)
        return None if text is None else restore(text)

    return load_nginx_config(path, read_restored, skip_files=skipped_files)


def decide(config, enforce, sites, settings, editable=lambda path: True, is_link=lambda path: True):
    """Return the Decision for one host. ``enforce`` maps control ids to domains, ``sites`` are as declared."""
    decision = ConfigDecision()
    if config.http is None:
        return decision
    model = NginxModel(config)
    groups = nginx_listens.group_servers_by_listen(config.servers)
    if "nginx.server_tokens" in enforce:
        _server_tokens(config, decision)
    if "nginx.timeouts" in enforce:
        _timeouts(config, decision, settings)
    if "tls.protocols" in enforce:
        _protocols(config, decision)
    if "tls.curves" in enforce:
        _curves(config, decision, settings.get("sound_curves", []))
    if "tls.ciphers" in enforce:
        _ciphers(config, decision, settings.get("weak_ciphers", []))
    if "nginx.default_server" in enforce:
        _default_servers(model, groups, decision, sites, editable, is_link)
    names = nginx_listens.list_names_answered_by_server(model, groups, {"sites": sites})
    for site in sites:
        mine = {site["domain"], *(site.get("aliases") or [])}
        blocks = [server for server in config.servers if mine.intersection(names[id(server)])]
        for server in blocks:
            _site(model, groups, server, names[id(server)], site, enforce, settings, decision)
    _include_drop_in(config, decision)
    return decision


def https_names(config, sites, certificate, now):
    """Return domain to the names that its certificate is good for, where HTTPS on port 443 works for it today.

    ``certificate(path)`` gives a certificate's facts or None.
    """
    model = NginxModel(config)
    groups = nginx_listens.group_servers_by_listen(config.servers)
    names_by_domain = {}
    for site in sites:
        for (address, port), members in groups.items():
            server, how = model.choose_server_for_host(members, site["domain"])
            if (
                port != 443
                or server is None
                or how == "default"
                or not nginx_listens.is_listen_tls(groups, address, port)
            ):
                continue
            path = model.get_setting_in_force(server, "ssl_certificate") or ""
            cert = certificate(path) if path.startswith("/") else None
            if cert and not cert["self_signed"] and cert["not_before"] <= now < cert["not_after"]:
                if is_domain_covered_by_names(cert["names"], site["domain"]):
                    names_by_domain[site["domain"]] = cert["names"]
    return names_by_domain


def apply_edits(text, put_out, insert):
    """Return the text with its directives put out and our lines put in."""
    changes = [(start, end, control, None) for (start, end), control in put_out.items()]
    changes += [(at, at, None, lines) for at, lines in insert.items()]
    for start, end, control, lines in sorted(changes, key=lambda change: change[:2], reverse=True):
        if lines is None:
            text = _put_out_directive(text, start, end, control)
        else:
            text = _insert_lines(text, start, lines)
    return text


def _put_out_directive(text, start, end, control):
    before, directive, after = text[:start], text[start:end], text[end:]
    mark = "# luytre: put out for %s: " % control
    marked_text = "\n".join(mark + line for line in directive.split("\n"))
    if before.rpartition("\n")[2].strip():
        marked_text = BROKEN_MARK + marked_text
    rest = after.partition("\n")[0].strip()
    return before + marked_text + (BROKEN_MARK if rest and not rest.startswith("#") else "") + after


def _insert_lines(text, at, lines):
    before, after = text[:at], text[at:]
    start = before.rpartition("\n")[2]
    indent = start[: len(start) - len(start.lstrip())] + "    "
    added_text = "".join("%s%s%s\n" % (indent, line, ADDED_MARK) for line in lines)
    rest = after.partition("\n")[0]
    if not rest.strip() or rest.lstrip().startswith("#"):
        first = web_block_config.match_own_include_lines_at_start(after[len(rest) + 1 :])
        return before + rest + "\n" + first + added_text + after[len(rest) + 1 + len(first) :]
    return before + BROKEN_MARK + added_text + after


# --- the whole host --------------------------------------------------------------------------------------


def _server_tokens(config, decision):
    is_present = False
    for level in nginx_blocks.iter_block_and_inner_blocks(config.http):
        for directive in level.list_own_directives("server_tokens"):
            if directive.args == ["off"]:
                is_present = is_present or level is config.http
            else:
                decision.quiet(directive, "nginx.server_tokens")
    decision.http["server_tokens"] = not is_present


def _timeouts(config, decision, settings):
    timeouts = {}
    for name in facts.TIMEOUTS:
        least = 0 if name == "keepalive_timeout" else settings["timeout_min"]
        for level in nginx_blocks.iter_block_and_inner_blocks(config.http):
            for directive in level.list_own_directives(name):
                value = parse_nginx_seconds(directive.args[0]) if directive.args else None
                if value is not None and not least <= value <= settings["timeout_max"]:
                    decision.quiet(directive, "nginx.timeouts")
                    if level is config.http:
                        timeouts[name] = settings["timeout"]
    decision.http["timeouts"] = timeouts


def _protocols(config, decision):
    is_present = False
    for level in nginx_blocks.iter_block_and_inner_blocks(config.http):
        for directive in level.list_own_directives("ssl_protocols"):
            if any(protocol in OLD_PROTOCOLS for protocol in directive.args):
                decision.quiet(directive, "tls.protocols")
            else:
                is_present = is_present or level is config.http
    decision.http["ssl_protocols"] = not is_present


def _ciphers(config, decision, weak):
    is_present = False
    for level in nginx_blocks.iter_block_and_inner_blocks(config.http):
        for directive in level.list_own_directives("ssl_ciphers"):
            if directive.args and directive.args[0] in weak:
                decision.quiet(directive, "tls.ciphers")
            else:
                is_present = is_present or level is config.http
    decision.http["ssl_ciphers"] = not is_present


def _curves(config, decision, sound):
    is_present = False
    for level in nginx_blocks.iter_block_and_inner_blocks(config.http):
        for directive in level.list_own_directives("ssl_ecdh_curve"):
            if not directive.args or set(directive.args[0].split(":")) - set(sound):
                decision.quiet(directive, "tls.curves")
            else:
                is_present = is_present or level is config.http
    decision.http["ssl_ecdh_curve"] = "" if is_present else ":".join(sound)


def _default_servers(model, groups, decision, sites, editable, is_link):
    config = model.config
    declared_names = list(nginx_listens.iter_declared_domains(sites))
    stock = [
        server
        for server in config.servers
        if server.file == DISTRIBUTION_DEFAULT and is_link(server.file) and nginx_listens.is_server_without_name(server)
    ]
    serving_ids = {
        id(server)
        for name in declared_names
        for server in nginx_listens.find_servers_answering_unclaimed_domain(model, groups, name)
    }
    if stock and not any(id(server) in serving_ids for server in stock):
        decision.disabled = [DISTRIBUTION_DEFAULT]
    disabled_ids = {id(server) for server in config.servers if server.file in decision.disabled}
    for (address, port), members in sorted(groups.items()):
        candidates = [server for server in members if id(server) not in disabled_ids]
        if not candidates or address.startswith("unix:") or address in LOOPBACK:
            continue
        if facts.describe_answer_to_unclaimed_name(model, address, port, members)["closed"]:
            continue
        affected_names = [
            name
            for name in declared_names
            if any(
                candidates[0] is s for s in nginx_listens.find_servers_answering_unclaimed_domain(model, groups, name)
            )
        ]
        explicit = [server for server in candidates if _default_listens(server, address, port)]
        if (
            affected_names and not nginx_listens.can_take_names(model, groups, candidates[0], affected_names)
        ) or not all(editable(server.file) for server in explicit):
            decision.held_back.append("%s:%d" % (address, port))
            continue
        if affected_names:
            decision.add(candidates[0], "server_name %s;" % " ".join(sorted(set(affected_names))))
        for server in explicit:
            for directive in _default_listens(server, address, port):
                decision.quiet(directive, "nginx.default_server")
                words = [word for word in directive.args if word not in ("default_server", "default")]
                decision.add(server, "listen %s;" % " ".join(words))
        decision.listens.append(
            {
                "address": ("" if address == "*" else address + ":") + str(port),
                "tls": nginx_listens.is_listen_tls(groups, address, port),
                "options": [
                    option
                    for option in ("ssl", "http2", "proxy_protocol")
                    if any(
                        option in options
                        for server in candidates
                        for a, p, options in nginx_listens.parse_listen_directives(server)
                        if (a, p) == (address, port)
                    )
                ],
            }
        )


def _default_listens(server, address, port):
    return [
        directive
        for directive in server.list_own_directives("listen")
        if directive.args
        and nginx_listens.parse_listen_address(directive.args[0]) == (address, port)
        and ("default_server" in directive.args or "default" in directive.args)
    ]


def _include_drop_in(config, decision):
    """Take in conf.d by one line where nginx.conf does not."""
    has = any(
        directive.parent is config.http
        and pattern in [os.path.join(os.path.dirname(DROP_IN), name) for name in ("*.conf", "*")]
        for pattern, directive in config.globs
    )
    if not has:
        decision.add(config.http, "include %s;" % DROP_IN)


# --- one site ----------------------------------------------------------------------------------------------


def _site(model, groups, server, names, site, enforce, settings, decision):
    domain = site["domain"]

    def is_enforced(control):
        return domain in enforce.get(control, [])

    php = any(level.list_own_directives("fastcgi_pass") for level in nginx_blocks.iter_block_and_inner_blocks(server))
    root = model.get_document_root(model.find_location_for_uri(server, "/") or server)
    private = exposed_paths.build_private_uri_pattern(root) if root and is_enforced("web.private_files") else ""
    rules = [control for control in SNIPPET_CONTROLS if is_enforced(control) and (php or control not in PHP_CONTROLS)]
    rules = [control for control in rules if private or control != "web.private_files"]
    if private:
        decision.private[domain] = private
    if rules:
        decision.add(server, "include %s;" % (SNIPPET % domain))
        snippet_controls = decision.snippets.setdefault(domain, [])
        snippet_controls += [control for control in rules if control not in snippet_controls]
    if is_enforced("nginx.autoindex"):
        _autoindex(model, server, decision)
    if is_enforced("nginx.body_limit"):
        _body_limit(model, server, settings["body_limit"], decision)
    if is_enforced("nginx.access_log"):
        _access_log(model, groups, server, names, decision)
    if is_enforced("nginx.php_missing"):
        _php_missing(model, groups, server, names, decision)
    _headers(model, server, [control for control in HEADERS if is_enforced(control)], decision)
    if is_enforced("nginx.login_rate") and (
        php
        or any(level.list_own_directives("proxy_pass") for level in nginx_blocks.iter_block_and_inner_blocks(server))
    ):
        _login_rate(model, server, decision)
        decision.http["login_zone"] = True
    if (
        is_enforced("tls.redirect")
        and domain in settings.get("covered", {})
        and _answers_plainly(model, groups, server, names)
    ):
        decision.redirects[domain] = _redirect(names, site, settings)


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
        lines = []
        for control in controls:
            name, value, accepted_values = HEADERS[control]
            same = [directive for directive in own if directive.args and directive.args[0].lower() == name.lower()]
            good = [
                d
                for d in same
                if len(d.args) > 1 and d.args[1] and (not accepted_values or d.args[1].lower() in accepted_values)
            ]
            for directive in same:
                if directive not in good:
                    decision.quiet(directive, control)
            more = any(directive.args[0].lower() == IN_ITS_PLACE.get(name) for directive in own if directive.args)
            if not good and not more:
                variable = "$luytre_" + name.lower().replace("-", "_")
                lines.append("add_header %s %s always;" % (name, variable))
                decision.http.setdefault("headers", {})[name] = value
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
