"""What to change in an nginx configuration so that the controls in force hold. Pure: texts in, edits out.

Vendors' files vary, so they keep their own lines. Marks are put into them, and taken out again before anything is
decided, so that the same vendor text always gives the same result and a control can be lifted to the last byte:

- ``… # luytre: added`` is a line of ours;
- ``# luytre: put out for <control>: …`` is a line of the vendor's that would undo a control;
- ``… # luytre: broken`` is where a line of several directives had to be broken.
"""

import os

from ansible.module_utils.luytre.parsers.web_servers.nginx_conf import (
    load_nginx_config,
    parse_nginx_seconds,
)
from ansible.module_utils.luytre.parsers.web_servers.nginx_request import NginxModel
from ansible.module_utils.luytre.parsers.x509 import is_domain_covered_by_names
from ansible.module_utils.luytre.web import nginx as facts
from ansible.module_utils.luytre.web_servers.nginx import nginx_blocks, nginx_listens
from ansible.module_utils.luytre_nginx_edits import restore
from ansible.module_utils.luytre_nginx_site import SNIPPET, SiteContext, decide_site
from ansible.module_utils.luytre_shared.incidents import web_block_config

DROP_IN = "/etc/nginx/conf.d/00-luytre.conf"
DISTRIBUTION_DEFAULT = "/etc/nginx/sites-enabled/default"
LOOPBACK = ("127.0.0.1", "[::1]", "localhost")
OLD_PROTOCOLS = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1")


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
    context = SiteContext(model, groups, enforce, settings)
    for site in sites:
        mine = {site["domain"], *(site.get("aliases") or [])}
        blocks = [server for server in config.servers if mine.intersection(names[id(server)])]
        for server in blocks:
            decide_site(context, server, names[id(server)], site, decision)
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
    answering = {
        name: nginx_listens.find_servers_answering_unclaimed_domain(model, groups, name)
        for name in nginx_listens.iter_declared_domains(sites)
    }
    if _is_stock_default_unused(config, answering, is_link):
        decision.disabled = [DISTRIBUTION_DEFAULT]
    disabled_ids = {id(server) for server in config.servers if server.file in decision.disabled}
    for (address, port), members in sorted(groups.items()):
        candidates = [server for server in members if id(server) not in disabled_ids]
        if not candidates or _is_closed_to_strangers(model, address, port, members):
            continue
        affected_names = _list_names_answered_by(candidates[0], answering)
        explicit = [server for server in candidates if _default_listens(server, address, port)]
        may_take_names = not affected_names or nginx_listens.can_take_names(
            model, groups, candidates[0], affected_names
        )
        if not may_take_names or not all(editable(server.file) for server in explicit):
            decision.held_back.append("%s:%d" % (address, port))
            continue
        if affected_names:
            decision.add(candidates[0], "server_name %s;" % " ".join(sorted(set(affected_names))))
        for server in explicit:
            _put_out_default_listens(server, address, port, decision)
        decision.listens.append(_describe_listen_of_ours(groups, address, port, candidates))


def _is_closed_to_strangers(model, address, port, members):
    """Return whether no stranger gets an answer there for a name that nobody claims."""
    return (
        address.startswith("unix:")
        or address in LOOPBACK
        or facts.describe_answer_to_unclaimed_name(model, address, port, members)["closed"]
    )


def _is_stock_default_unused(config, answering, is_link):
    """Return whether the distribution's default server is there, and no declared site is answered by it."""
    stock = [
        server
        for server in config.servers
        if server.file == DISTRIBUTION_DEFAULT and is_link(server.file) and nginx_listens.is_server_without_name(server)
    ]
    serving_ids = {id(server) for servers in answering.values() for server in servers}
    return bool(stock) and not any(id(server) in serving_ids for server in stock)


def _put_out_default_listens(server, address, port, decision):
    """Let a server listen as before, but not by default."""
    for directive in _default_listens(server, address, port):
        decision.quiet(directive, "nginx.default_server")
        words = [word for word in directive.args if word not in ("default_server", "default")]
        decision.add(server, "listen %s;" % " ".join(words))


def _list_names_answered_by(server, answering):
    return [name for name, servers in answering.items() if any(server is other for other in servers)]


def _describe_listen_of_ours(groups, address, port, candidates):
    return {
        "address": ("" if address == "*" else address + ":") + str(port),
        "tls": nginx_listens.is_listen_tls(groups, address, port),
        "options": _list_listen_options(candidates, address, port),
    }


def _list_listen_options(servers, address, port):
    """Return the options of an endpoint, which all of its servers have to repeat."""
    given = {
        option
        for server in servers
        for a, p, options in nginx_listens.parse_listen_directives(server)
        if (a, p) == (address, port)
        for option in options
    }
    return [option for option in ("ssl", "http2", "proxy_protocol") if option in given]


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
