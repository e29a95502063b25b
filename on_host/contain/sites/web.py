"""Has nginx and Apache say that a path is gone or a site closed, and takes that back.

A question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. What is to be said is kept in a folder of root's alone, and
the servers' files are made to say exactly that: a file per site, taken in first of all in each of the site's server
blocks. The server's own test comes before the reload, visits to the site as a stranger after it; when one of them
fails, all is as it was.
"""

import concurrent.futures
import contextlib
import difflib
import http.client
import ipaddress
import os
import re
import socket
import ssl
import threading
import time
from urllib.parse import quote_from_bytes, unquote_to_bytes

from ansible.module_utils.luytre.parsers.web_servers import apache_config
from ansible.module_utils.luytre.parsers.web_servers.apache_request import ApacheServer
from ansible.module_utils.luytre.parsers.web_servers.nginx_conf import BadConfig, load_nginx_config
from ansible.module_utils.luytre.parsers.web_servers.nginx_request import NginxModel, list_server_names
from ansible.module_utils.luytre.web_servers import nginx_trusted_inputs
from ansible.module_utils.luytre.web_servers.apache import apache_config_test, apache_vhosts
from ansible.module_utils.luytre.web_servers.nginx import nginx_listens
from ansible.module_utils.luytre_change import transaction
from ansible.module_utils.luytre_shared.files import atomic_file, immutable, safe_open
from ansible.module_utils.luytre_shared.incidents import action_runner, web_block_config
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal
from ansible.module_utils.luytre_shared.os import network_peers

RECORD = action_runner.ActionRecord("/var/lib/luytre/web")
AGAIN = "again"
"""Beside the record: this program as it was sent, which ways back of hardenings run when they are done."""
NAME = re.compile(r"\ASC-[0-9]{8}-[0-9]{1,4}/[0-9]{1,6}\Z")
DOMAIN = re.compile(r"\A[a-z0-9](?:[a-z0-9-]{0,62}\.)*[a-z0-9][a-z0-9-]{0,62}\Z")
NGINX_CONF = "/etc/nginx/nginx.conf"
MAX_FILE = 2_000_000
STRANGER = "127.86.83.1"
"""An address of the host's own that is on no list: whoever comes from it is a stranger to the sites."""
UNKNOWN = "luytre-unknown.invalid"
RELOAD_SECONDS = 20
LOOKING_SECONDS = 6
"""For a reload to be in force."""
VISIT_SECONDS = 5
"""For one visit, however slowly the site drips: whoever has it in hand would rather not have it closed."""
AT_ONCE = 16
"""Visits: however many each let us wait, it costs no more than one."""
GONE_STATUSES, CLOSED_STATUSES = (410, 403), (503,)


class UnknownOutcome(Exception):
    """It is not known how it is: what was begun could not be taken back.

    Its arguments are those of ``ActionRefusal``.
    """


# --- what is kept ------------------------------------------------------------------------------------


def build_web_block_rule_from_request(request):
    """Return the rule that is asked for. Raises ActionRefusal for what is none."""
    _, slash, path = request["what"].partition("/")
    domain = request["domain"]
    if not NAME.match(request["id"]) or not DOMAIN.match(domain):
        raise ActionRefusal("no_site", request["what"])
    if (
        slash
        and len(web_block_config.make_regex_matching_path_and_below(unquote_to_bytes("/" + path)))
        > web_block_config.MAX_LETTERS
    ):
        raise ActionRefusal("too_long", "")
    return {
        "id": request["id"],
        "what": request["what"],
        "domain": domain,
        "path": "/" + path if slash else None,
        "names": sorted({domain, *request["names"]}),
        "others": sorted(request["others"]),
        "root": request["root"],
        "trusted": [str(ipaddress.ip_network(network, strict=False)) for network in request["trusted"]],
        "own": sorted(set(network_peers.iter_own_addresses())),
        "admins": sorted(request.get("admins", ())),
        "fronts": [],
        "done": False,
    }


def group_by_domain(rules):
    """Return the rules of each site, in the order of their names, with the bytes of their paths."""
    rules_by_domain = {}
    for rule in sorted(rules.values(), key=lambda item: item["id"]):
        path = None if rule["path"] is None else unquote_to_bytes(rule["path"])
        rules_by_domain.setdefault(rule["domain"], []).append(dict(rule, path=path))
    return rules_by_domain


# --- the servers -------------------------------------------------------------------------------------


class ServerBlock:
    """A server block: whose unit's it is, where it begins, what it listens on, the names that it claims, all that it
    answers, its document root.
    """

    def __init__(self, unit, file, at, listens, claimed_names, names, root):
        self.unit, self.file, self.at, self.listens, self.root = unit, file, at, listens, root
        self.claimed_names, self.names = set(claimed_names), set(names)

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
            claimed_names = list_server_names(server)
            block = ServerBlock(
                self.unit,
                server.file,
                server.inner,
                listens,
                claimed_names,
                names[id(server)],
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
                apache_vhosts.list_vhost_names(server, None, ()),
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


# --- visits ------------------------------------------------------------------------------------------


def iter_visits_that_test_rule(rule, blocks):
    """Yield each visit that tells whether a rule is in force.

    It is ``(what is asked, for people; how; the answers that are right)``.
    """
    path = None if rule["path"] is None else unquote_to_bytes(rule["path"])
    for block in blocks:
        names = [name for name in rule["names"] if name in block.names] or [UNKNOWN]
        for listen in block.listens:
            if ":" in listen.address:
                continue
            place = (_get_address_to_connect_to(listen), listen.port, listen.tls)
            if path is not None:
                for uri in (path, path + b"/x"):
                    yield (*place, names[0], "GET", quote_from_bytes(uri)), GONE_STATUSES
                continue
            for method, name in (
                ("GET", names[0]),
                ("POST", names[0]),
                *([("GET", UNKNOWN)] if listen.default else []),
            ):
                yield (*place, name, method, "/"), CLOSED_STATUSES
    for port, tls in rule["fronts"]:
        yield ("127.0.0.1", port, tls, rule["domain"], "GET", "/"), CLOSED_STATUSES


def find_usual_ports_showing_same_site(rule, blocks):
    """Return those of the usual ports where something else shows what the site's own blocks show.

    A proxy in front of them, say.
    """
    listens = [listen for block in blocks for listen in block.listens if ":" not in listen.address]
    free = [[port, tls] for port, tls in ((80, False), (443, True)) if port not in {listen.port for listen in listens}]
    if not free or not listens:
        return []
    places = [
        *((_get_address_to_connect_to(listen), listen.port, listen.tls) for listen in listens),
        *(("127.0.0.1", *front) for front in free),
    ]
    responses = run_visits(
        fetch_status_and_page_start_as_stranger, [(*place, rule["domain"], "GET", "/") for place in places]
    )
    return [front for front, answer in zip(free, responses[len(listens) :]) if answer in responses[: len(listens)]]


def _get_address_to_connect_to(listen):
    return "127.0.0.1" if listen.address == "*" else listen.address


def run_visits(fetch, visit_arguments):
    """Return what visits come to, in their order."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda how: fetch(*how), visit_arguments))


def fetch_status_as_stranger(*how):
    """Return the status that a stranger gets, or why there is none."""
    return fetch_status_and_page_start_as_stranger(*how)[0]


def fetch_status_and_page_start_as_stranger(host, port, tls, name, method, uri):
    """Return the status that a stranger gets, or why there is none, with how the page begins."""
    connection = http.client.HTTPConnection(host, port, timeout=VISIT_SECONDS, source_address=(STRANGER, 0))
    try:
        connection.connect()
        with close_connection_after_visit_seconds(connection.sock):
            return _send_request(connection, tls, name, method, uri)
    except (OSError, ValueError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__, b""
    finally:
        connection.close()


@contextlib.contextmanager
def close_connection_after_visit_seconds(connected_socket):
    """Open a connection that is over after VISIT_SECONDS, whatever it is wrapped in.

    Its own timeout begins anew with every byte.
    """
    with connected_socket.dup() as same:
        timer = threading.Timer(VISIT_SECONDS, shut_down_connection, [same])
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()


def shut_down_connection(connected_socket):
    """Have nothing more come over a connection, which may be over."""
    with contextlib.suppress(OSError):
        connected_socket.shutdown(socket.SHUT_RDWR)


def _send_request(connection, tls, name, method, uri):
    if tls:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection.sock = context.wrap_socket(connection.sock, server_hostname=name)
    connection.putrequest(method, uri, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", name)
    connection.putheader("Connection", "close")
    if method == "POST":
        connection.putheader("Content-Length", "2")
    connection.endheaders(b"a=" if method == "POST" else None)
    response = connection.getresponse()
    return response.status, response.read(300)


def wait_until_rule_turns_strangers_away(rule, blocks):
    """Return whether a stranger was turned away wherever the site is shown, once a reload had its time.

    Raises ActionRefusal.
    """
    pending = list(dict.fromkeys(iter_visits_that_test_rule(rule, blocks)))
    if not pending:
        return False
    ends = time.monotonic() + LOOKING_SECONDS
    while True:
        results = list(zip(pending, run_visits(fetch_status_as_stranger, [visit for visit, _ in pending])))
        wrong = [(visit, status) for (visit, right), status in results if status not in right]
        if not wrong:
            return True
        if time.monotonic() > ends:
            (host, port, tls, name, method, uri), status = wrong[0]
            where = "%s http%s://%s:%d%s (%s): %s" % (method, "s" if tls else "", name, port, uri, host, status)
            raise ActionRefusal("still_answers", where)
        pending = [expectation for expectation, status in results if status not in expectation[1]]
        time.sleep(0.1)


def wait_for_reload_to_change_answers(rule, blocks):
    """Give a reload its time; a site may well have such an answer of its own."""
    ends, pending = (
        time.monotonic() + LOOKING_SECONDS / 2,
        list(dict.fromkeys(iter_visits_that_test_rule(rule, blocks))),
    )
    while True:
        statuses = run_visits(fetch_status_as_stranger, [visit for visit, _ in pending])
        pending = [expectation for expectation, status in zip(pending, statuses) if status in expectation[1]]
        if not pending or time.monotonic() >= ends:
            return
        time.sleep(0.1)


# --- what is asked -----------------------------------------------------------------------------------


def plan_web_block_of_site_or_path(request):
    """Return what ``contain`` would do now; nothing is written."""
    rule = build_web_block_rule_from_request(request)
    server_changes = collect_config_changes_of_all_servers({**RECORD.read_all_records_by_action_id(), rule["id"]: rule})
    blocks = [block for change in server_changes for block in change.blocks.get(rule["domain"], [])]
    if not blocks:
        raise ActionRefusal("no_block", rule["domain"])
    rule["fronts"] = [] if rule["path"] is not None else find_usual_ports_showing_same_site(rule, blocks)
    steps = [
        line
        for change in server_changes
        if change.blocks.get(rule["domain"])
        for line in change.iter_planned_steps_and_diffs()
    ]
    looks = [
        [
            "visit",
            "%s http%s://%s:%d%s (%s)" % (visit[4], "s" if visit[2] else "", visit[3], visit[1], visit[5], visit[0]),
            STRANGER,
            " ".join(map(str, right)),
        ]
        for visit, right in dict.fromkeys(iter_visits_that_test_rule(rule, blocks))
    ]
    return {"state": "planned", "would": [*steps, *looks]}


def block_site_or_path_once(request):
    """Have the servers turn visitors away from a site or path; once, however often it is asked for."""
    rule = build_web_block_rule_from_request(request)
    with RECORD.hold_lock():
        rules = RECORD.read_all_records_by_action_id()
        action_runner.refuse_id_taken_by_another_action(rules.get(rule["id"]), request, rules)
        others = {name: other for name, other in rules.items() if name != rule["id"]}
        rule["fronts"] = rules.get(rule["id"], {}).get("fronts") or find_front_ports_if_site_is_closed(rule, others)
        try:
            return apply_and_verify(rule, others)
        except ActionRefusal as refusal:
            if refusal.args[0] == "still_answers" and rule["path"] is None and rule["own"]:
                with contextlib.suppress(
                    ActionRefusal
                ):  # something in front of it makes strangers come from the host itself
                    return apply_and_verify(dict(rule, own=[]), others)
            restore_rules_of_web_servers(others, rule["admins"])
            raise
        except BaseException:
            restore_rules_of_web_servers(others, rule["admins"])
            raise


def find_front_ports_if_site_is_closed(rule, other_rules):
    """Return what ``find_usual_ports_showing_same_site`` finds of a site that is to be closed.

    Empty for a path, which is gone for everybody, whoever asks for it.
    """
    if rule["path"] is not None:
        return []
    return find_usual_ports_showing_same_site(rule, find_server_blocks_of_rule(rule, other_rules))


def find_server_blocks_of_rule(rule, other_rules):
    """Return the server blocks that show a rule's site, in all servers."""
    server_changes = collect_config_changes_of_all_servers({**other_rules, rule["id"]: rule})
    return [block for change in server_changes for block in change.blocks.get(rule["domain"], [])]


def apply_and_verify(rule, other_rules):
    """Apply a rule beside the others, and verify that strangers are turned away."""
    RECORD.replace_all_records({**other_rules, rule["id"]: rule})
    blocks = write_rules_to_web_servers_and_reload({**other_rules, rule["id"]: rule}, rule["domain"])
    if not blocks:
        raise ActionRefusal("no_block", rule["domain"])
    is_verified = wait_until_rule_turns_strangers_away(rule, blocks)
    atomic_file.write_file_atomically(os.path.join(RECORD.home, AGAIN), action_runner.read_own_archive(__loader__))
    RECORD.replace_all_records({**other_rules, rule["id"]: dict(rule, done=True)})
    if not is_verified:
        return {"state": "unknown", "why": "not_visited"}
    return {"state": "confirmed", "why": "" if rule["own"] or rule["path"] is not None else "all_closed"}


def restore_rules_of_web_servers(rules, admins):
    """Have the web servers apply only these rules, as before. Raises UnknownOutcome."""
    try:
        write_rules_to_web_servers_and_reload(rules, admins=admins)
    except ActionRefusal as refusal:
        raise UnknownOutcome("not_taken_back", "%s: %s" % refusal.args)
    RECORD.replace_all_records(rules)


def release_web_block_rule(request):
    """Take one rule back, and leave the others."""
    with RECORD.hold_lock():
        rules = RECORD.read_all_records_by_action_id()
        rule = rules.pop(request["id"], None)
        if rule is None or action_runner.is_record_of_another_action(rule, request):
            return action_runner.NONE_KEPT
        try:
            shown_blocks = find_server_blocks_of_rule(rule, rules)
            write_rules_to_web_servers_and_reload(
                rules,
                units_to_reload={block.unit for block in shown_blocks},
                admins=list_administrators_named_by_rules(rule),
            )
        except ActionRefusal:
            write_rules_to_web_servers_and_reload({**rules, request["id"]: rule}, rule["domain"])
            raise
        RECORD.replace_all_records(rules)
        if not any(other["domain"] == rule["domain"] for other in rules.values()):
            wait_for_reload_to_change_answers(rule, shown_blocks)
        return {"state": "none"}


ACTIONS = {
    "plan": plan_web_block_of_site_or_path,
    "contain": block_site_or_path_once,
    "release": release_web_block_rule,
}


def main(arguments):
    """Answer what is asked; without a question, have the servers say what is on record."""
    if not arguments:
        action_runner.run_in_time(reapply_recorded_rules_to_web_servers)
        return
    action_runner.answer_question(
        {name: report_unknown_outcome_of_action(action) for name, action in ACTIONS.items()}, arguments
    )


def reapply_recorded_rules_to_web_servers():
    """Have the web servers apply the rules on record, whatever took them away."""
    with RECORD.hold_lock():
        write_rules_to_web_servers_and_reload(RECORD.read_all_records_by_action_id())


def report_unknown_outcome_of_action(action):
    """Return the action, which says so where it is not known what it came to."""

    def act(question, _connection):
        try:
            return action(question)
        except UnknownOutcome as unknown:
            return {
                "state": "unknown",
                "why": unknown.args[0],
                "about": str(unknown.args[1])[: action_runner.MAX_REASON],
            }

    return act
