"""Say in nginx's and Apache's configuration that sites are closed and paths gone, and find what shows a site."""

import collections
import difflib
import os
import time
from urllib.parse import unquote_to_bytes

from ansible.module_utils.luytre.parsers.web_servers import apache_config
from ansible.module_utils.luytre.parsers.web_servers.apache_request import ApacheServer
from ansible.module_utils.luytre.parsers.web_servers.nginx_conf import BadConfig, load_nginx_config
from ansible.module_utils.luytre.parsers.web_servers.nginx_request import NginxModel, list_server_names
from ansible.module_utils.luytre.web_servers import nginx_trusted_inputs
from ansible.module_utils.luytre.web_servers.apache import apache_config_test, apache_vhosts
from ansible.module_utils.luytre.web_servers.nginx import nginx_listens
from ansible.module_utils.luytre_change import transaction
from ansible.module_utils.luytre_shared.files import immutable, safe_open
from ansible.module_utils.luytre_shared.incidents import web_block_config
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal

NGINX_CONF = "/etc/nginx/nginx.conf"
MAX_FILE = 2_000_000
RELOAD_SECONDS = 20


def group_by_domain(rules):
    """Return the rules of each site, in the order of their names, with the bytes of their paths."""
    rules_by_domain = {}
    for rule in sorted(rules.values(), key=lambda item: item["id"]):
        path = None if rule["path"] is None else unquote_to_bytes(rule["path"])
        rules_by_domain.setdefault(rule["domain"], []).append(dict(rule, path=path))
    return rules_by_domain


class ServerBlock(
    collections.namedtuple("ServerBlock", ("unit", "file", "at", "listens", "claimed_names", "names", "root"))
):
    """A server block: whose unit's it is, where it begins, what it listens on, the names that it claims, all that it
    answers, its document root.
    """

    __slots__ = ()

    def is_block_of_site_in_rule(self, rule):
        """Return whether it shows the site: by its name, or its very files by any.

        Raises ActionRefusal where another would be closed along.
        """
        theirs = self.claimed_names.intersection(rule["others"])
        if not self.claimed_names.isdisjoint(rule["names"]):
            if theirs and rule["path"] is None:
                raise ActionRefusal("shared", " ".join(sorted(theirs)))
            return True
        by_any = not self.names.isdisjoint(rule["names"]) or (self.root is not None and self.root == rule["root"])
        return by_any and not theirs


class ListenEndpoint:
    """An endpoint where a block is asked.

    These are an address, a port, whether that is TLS, and whether names that nobody claims come to it.
    """

    def __init__(self, address, port, tls, default):
        self.address, self.port, self.tls, self.default = address.strip("[]"), port, tls, default


def read_config_without_own_lines(path):
    """Return a configuration file as it is without our lines; None when there is none."""
    text = read_config(path)
    return None if text is None else web_block_config.strip_own_lines_from_config(text)


def read_config(path):
    """Return a configuration file whole; None when there is none."""
    try:
        return safe_open.read_text(path, MAX_FILE)
    except OSError:
        return None


class Nginx:
    """nginx, as Debian and nginx's own packages set it up."""

    folder, prefix, unit = "/etc/nginx", web_block_config.NGINX, "nginx.service"
    test = ("nginx", "-t", "-q", "-c", NGINX_CONF)
    text, into = (
        staticmethod(web_block_config.render_nginx),
        staticmethod(web_block_config.include_site_file_in_nginx_config),
    )

    def is_installed(self):
        """Return whether it is installed."""
        return os.path.exists(NGINX_CONF) and os.path.exists("/usr/sbin/nginx")

    def read_config_without_own_lines(self):
        """Read its configuration without ours. Raises ActionRefusal."""
        try:
            self.config = load_nginx_config(NGINX_CONF, read_config_without_own_lines)
        except BadConfig as error:
            raise ActionRefusal("not_read", str(error))
        self.files = list(self.config.texts)

    def iter_server_blocks_showing_site(self, rule):
        """Yield the server blocks that show a site."""
        model, groups = NginxModel(self.config), nginx_listens.group_servers_by_listen(self.config.servers)
        sites = [{"domain": name} for name in (*rule["names"], *rule["others"])]
        names = nginx_listens.list_names_answered_by_server(model, groups, {"sites": sites})
        for server in self.config.servers:
            listens = [
                ListenEndpoint(
                    address,
                    port,
                    nginx_listens.is_listen_tls(groups, address, port),
                    groups[address, port][0] is server,
                )
                for address, port, options in nginx_listens.parse_listen_directives(server)
                if not address.startswith("unix:") and "quic" not in options and "proxy_protocol" not in options
            ]
            claimed_names = set(list_server_names(server))
            block = ServerBlock(
                self.unit,
                server.file,
                server.inner,
                listens,
                claimed_names,
                set(names[id(server)]),
                model.get_document_root(server),
            )
            silent = any(directive.args == ["444"] for directive in server.list_own_directives("return"))
            if block.is_block_of_site_in_rule(rule) and not silent:
                yield block

    def list_paths_its_config_test_trusts(self):
        """Return what its test believes and writes."""
        return nginx_trusted_inputs.list_nginx_test_paths(load_nginx_config(NGINX_CONF, read_config))


class Apache:
    """Apache, as Debian sets it up."""

    folder, prefix, unit = "/etc/apache2", web_block_config.APACHE, "apache2.service"
    test = ("apache2ctl", "configtest")
    text, into = (
        staticmethod(web_block_config.render_apache),
        staticmethod(web_block_config.include_site_file_in_apache_config),
    )

    def is_installed(self):
        """Return whether it is installed."""
        return os.path.exists(apache_config.MAIN) and os.path.exists("/usr/sbin/apache2ctl")

    def read_config_without_own_lines(self):
        """Read its configuration without ours."""
        self.config = apache_config.load_apache_configuration(read_config_without_own_lines)
        self.files = self.config.files

    def iter_server_blocks_showing_site(self, rule):
        """Yield the virtual hosts that show a site."""
        main = [node for node in self.config.tree if node.name != "virtualhost"]
        servers = [
            (node, ApacheServer(self.config.modules, main, node.inside))
            for node in self.config.tree
            if node.name == "virtualhost"
        ]
        declaration = {"sites": [{"domain": name} for name in rule["names"]]}
        names = [apache_vhosts.list_vhost_names(server, declaration, ()) for _, server in servers]
        remaining_names = set(rule["names"]).difference(*names)
        for (node, server), claimed_names, listens in zip(
            servers,
            names,
            apache_vhosts.assign_listens_to_vhosts(servers, apache_vhosts.list_listen_ports_with_tls(main)),
        ):
            endpoints = [
                ListenEndpoint(listen["address"], listen["port"], listen["tls"], listen["default"])
                for listen in listens
            ]
            answered_names = {
                *claimed_names,
                *(remaining_names if any(endpoint.default for endpoint in endpoints) else ()),
            }
            block = ServerBlock(
                self.unit,
                node.file,
                node.line,
                endpoints,
                set(apache_vhosts.list_vhost_names(server, None, ())),
                answered_names,
                server.root,
            )
            if block.is_block_of_site_in_rule(rule):
                yield block

    def list_paths_its_config_test_trusts(self):
        """Return what its test believes; it writes nothing."""
        return apache_config_test.list_apache_test_paths(apache_config.load_apache_configuration()), ()


SERVERS = (Nginx, Apache)


class ServerChange:
    """One server made to say what the rules have it say: what differs, what to visit afterwards."""

    def __init__(self, server, rules):
        self.server, self.blocks = server, {}
        server.read_config_without_own_lines()
        self.transaction = transaction.FileTransaction(server.folder)
        edits = {
            os.path.realpath(path): [] for path in server.files if not web_block_config.is_web_block_config_file(path)
        }
        sites = group_by_domain(rules)
        for domain, site_rules in sites.items():
            self.blocks[domain] = list(server.iter_server_blocks_showing_site(site_rules[0]))
            for block in self.blocks[domain]:
                edits[os.path.realpath(block.file)].append((block.at, domain))
        try:
            self._plan_edits(edits, {domain: site_rules for domain, site_rules in sites.items() if self.blocks[domain]})
        except transaction.ChangeRefusal as refusal:
            raise ActionRefusal("not_edited", str(refusal))

    def _plan_edits(self, edits, sites):
        for domain, site_rules in sorted(sites.items()):
            self.transaction.want_file_with_text(
                web_block_config.get_web_block_config_path_of_site(self.server.prefix, domain),
                self.server.text(site_rules),
            )
        for path, places in sorted(edits.items()):
            if places or web_block_config.strip_own_lines_from_config(read_config(path) or "") != (
                read_config(path) or ""
            ):
                self.transaction.want_file_edited_by_function(
                    path,
                    lambda text, places=places: self._insert_includes_of_site_files(
                        web_block_config.strip_own_lines_from_config(text), places
                    ),
                )
        for name in sorted(os.listdir(self.server.folder)):
            path = os.path.join(self.server.folder, name)
            if path.startswith(self.server.prefix) and path not in {
                web_block_config.get_web_block_config_path_of_site(self.server.prefix, domain) for domain in sites
            }:
                self.transaction.want_nothing_at_path(path)

    def _insert_includes_of_site_files(self, text, places):
        for at, domain in sorted(set(places), reverse=True):
            try:
                text = self.server.into(text, at, domain)
            except ValueError:
                raise transaction.ChangeRefusal("a server block there has no line of its own")
        return text

    def write_config_unless_its_test_fails(self, admins=()):
        """Write the configuration unless the server's own test fails.

        ``admins``: see ``check_only_root_influences_daemon_tests``. Raises ActionRefusal, with all of it as it was.
        """
        changed_paths = [path for path, before, _ in self.transaction.path_changes_to_make if before]
        folders = {os.path.dirname(path) for path, _, _ in self.transaction.path_changes_to_make}
        times = {path: os.stat(path).st_mtime_ns for path in (*changed_paths, *folders)}
        with immutable.lift_immutable_flags_of_paths(*folders, *changed_paths):
            try:
                self.transaction.commit_changes_or_revert_on_failure(
                    [self.server.test], self.server.list_paths_its_config_test_trusts, admins=admins
                )
            except (transaction.ChangeRefusal, BadConfig) as refusal:
                raise ActionRefusal("not_valid", str(refusal))
            for path, changed_at in times.items():
                if os.path.exists(path):
                    os.utime(path, ns=(time.time_ns(), changed_at))

    def reload_server_if_running(self):
        """Have the server, if it runs, take it in. Raises ActionRefusal."""
        if (
            transaction.run_config_test_and_return_error(
                ["systemctl", "is-active", "--quiet", self.server.unit], RELOAD_SECONDS
            )
            is None
        ):
            complaint = transaction.run_config_test_and_return_error(
                ["systemctl", "reload", self.server.unit], RELOAD_SECONDS
            )
            if complaint is not None:
                raise ActionRefusal("not_reloaded", complaint)

    def iter_planned_steps_and_diffs(self):
        """Yield what is written: steps, and the lines."""
        for path, before, after in self.transaction.path_changes_to_make:
            old, new = ("" if state is None else state[1].decode("utf-8", "replace") for state in (before, after))
            lines = difflib.unified_diff(old.splitlines(), new.splitlines(), path, path, n=0, lineterm="")
            yield ["remove" if after is None else "write", path]
            if after is not None:
                yield "\n".join(list(lines)[2:])
        yield " ".join(self.server.test)
        yield "systemctl reload " + self.server.unit


def collect_config_changes_of_all_servers(rules):
    """Return what every server has to have changed for these rules, in that order."""
    return [
        ServerChange(server, rules) for server in (server_class() for server_class in SERVERS) if server.is_installed()
    ]


def list_administrators_named_by_rules(*rules):
    """Return the declared administrators that rules name: those of the host when each was made.

    A rule of an earlier version names none.
    """
    return sorted({name for rule in rules for name in rule.get("admins", ())})


def write_rules_to_web_servers_and_reload(rules, domain=None, units_to_reload=(), admins=()):
    """Have the servers say what the rules have them say; the blocks that show a site.

    Raises ActionRefusal, with what was begun to be taken back.

    Servers that show the site, or whose units are among ``units_to_reload``, are reloaded in any case: somebody may
    have been cut off before. ``admins``: declared ones besides those that the rules name.
    """
    server_changes, shown_blocks = collect_config_changes_of_all_servers(rules), []
    admins = {*admins, *list_administrators_named_by_rules(*rules.values())}
    for change in server_changes:
        blocks = change.blocks.get(domain, [])
        shown_blocks += blocks
        if change.transaction.path_changes_to_make or blocks or change.server.unit in units_to_reload:
            change.write_config_unless_its_test_fails(admins)
            change.reload_server_if_running()
    return shown_blocks
