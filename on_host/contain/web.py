"""Has nginx and Apache say that a path is gone or a site closed, and takes that back: a question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. What is to be said is kept in a folder of root's alone, and the servers'
files are made to say exactly that: a file per site, taken in first of all in each of the site's server blocks. The server's own
test comes before the reload, visits to the site as a stranger after it; when one of them fails, all is as it was.
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

from ansible.module_utils.luytre import _apache_config, _nginx_stake, apache, nginx
from ansible.module_utils.luytre._apache_request import Server
from ansible.module_utils.luytre._nginx_conf import BadConfig, load
from ansible.module_utils.luytre._nginx_request import Model, server_names
from ansible.module_utils.luytre_change import transaction
from ansible.module_utils.luytre_shared import acting, contained, immutable, neighbours, safe_open
from ansible.module_utils.luytre_shared.acting import Refused

RECORD = acting.Record("/var/lib/luytre/web")
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
GONE, CLOSED = (410, 403), (503,)


class Unknown(Exception):
    """It is not known how it is: what was begun could not be taken back. Its arguments are those of ``Refused``."""


# --- what is kept ------------------------------------------------------------------------------------


def made(asked):
    """The rule that is asked for. Raises Refused for what is none."""
    _, slash, path = asked["what"].partition("/")
    domain = asked["domain"]
    if not NAME.match(asked["id"]) or not DOMAIN.match(domain):
        raise Refused("no_site", asked["what"])
    if slash and len(contained.pattern(unquote_to_bytes("/" + path))) > contained.MOST_LETTERS:
        raise Refused("too_long", "")
    return {
        "id": asked["id"],
        "what": asked["what"],
        "domain": domain,
        "path": "/" + path if slash else None,
        "names": sorted({domain, *asked["names"]}),
        "others": sorted(asked["others"]),
        "root": asked["root"],
        "trusted": [str(ipaddress.ip_network(one, strict=False)) for one in asked["trusted"]],
        "own": sorted(set(neighbours.own_addresses())),
        "admins": sorted(asked.get("admins", ())),
        "fronts": [],
        "done": False,
    }


def by_domain(rules):
    """The rules of each site, in the order of their names, with the bytes of their paths."""
    found = {}
    for rule in sorted(rules.values(), key=lambda one: one["id"]):
        path = None if rule["path"] is None else unquote_to_bytes(rule["path"])
        found.setdefault(rule["domain"], []).append(dict(rule, path=path))
    return found


# --- the servers -------------------------------------------------------------------------------------


class Block:
    """A server block: whose unit's it is, where it begins, what it listens on, the names that it claims, all that it answers, its document root."""

    def __init__(self, unit, file, at, listens, claimed, names, root):
        self.unit, self.file, self.at, self.listens, self.root = unit, file, at, listens, root
        self.claimed, self.names = set(claimed), set(names)

    def shows(self, rule):
        """Whether it shows the site: by its name, or its very files by any. Raises Refused where another would be closed along."""
        theirs = self.claimed.intersection(rule["others"])
        if not self.claimed.isdisjoint(rule["names"]):
            if theirs and rule["path"] is None:
                raise Refused("shared", " ".join(sorted(theirs)))
            return True
        by_any = not self.names.isdisjoint(rule["names"]) or (self.root is not None and self.root == rule["root"])
        return by_any and not theirs


class Listen:
    """Where a block is asked: an address, a port, whether that is TLS, whether names that nobody claims come to it."""

    def __init__(self, address, port, tls, default):
        self.address, self.port, self.tls, self.default = address.strip("[]"), port, tls, default


def unmarked(path):
    """A configuration file as it is without our lines; None when there is none."""
    text = as_it_is(path)
    return None if text is None else contained.without(text)


def as_it_is(path):
    """A configuration file whole; None when there is none."""
    try:
        return safe_open.text(path, MAX_FILE)
    except OSError:
        return None


class Nginx:
    """nginx, as Debian and nginx's own packages set it up."""

    folder, prefix, unit = "/etc/nginx", contained.NGINX, "nginx.service"
    test = ("nginx", "-t", "-q", "-c", NGINX_CONF)
    text, into = staticmethod(contained.nginx), staticmethod(contained.in_nginx)

    def there(self):
        """Whether it is installed."""
        return os.path.exists(NGINX_CONF) and os.path.exists("/usr/sbin/nginx")

    def read(self):
        """Its configuration without ours. Raises Refused."""
        try:
            self.config = load(NGINX_CONF, unmarked)
        except BadConfig as error:
            raise Refused("not_read", str(error))
        self.files = list(self.config.texts)

    def blocks(self, rule):
        """The server blocks that show a site."""
        model, groups = Model(self.config), nginx.by_listen(self.config.servers)
        sites = [{"domain": name} for name in (*rule["names"], *rule["others"])]
        names = nginx.answered_names(model, groups, {"sites": sites})
        for server in self.config.servers:
            listens = [
                Listen(address, port, nginx.is_tls(groups, address, port), groups[address, port][0] is server)
                for address, port, options in nginx.listens(server)
                if not address.startswith("unix:") and "quic" not in options and "proxy_protocol" not in options
            ]
            claimed = server_names(server)
            block = Block(self.unit, server.file, server.inner, listens, claimed, names[id(server)], model.root(server))
            silent = any(directive.args == ["444"] for directive in server.own("return"))
            if block.shows(rule) and not silent:
                yield block

    def at_stake(self):
        """What its test believes and writes."""
        return _nginx_stake.at_stake(load(NGINX_CONF, as_it_is))


class Apache:
    """Apache, as Debian sets it up."""

    folder, prefix, unit = "/etc/apache2", contained.APACHE, "apache2.service"
    test = ("apache2ctl", "configtest")
    text, into = staticmethod(contained.apache), staticmethod(contained.in_apache)

    def there(self):
        """Whether it is installed."""
        return os.path.exists(_apache_config.MAIN) and os.path.exists("/usr/sbin/apache2ctl")

    def read(self):
        """Its configuration without ours."""
        self.config = _apache_config.in_force(unmarked)
        self.files = self.config.files

    def blocks(self, rule):
        """The virtual hosts that show a site."""
        main = [node for node in self.config.tree if node.name != "virtualhost"]
        servers = [
            (node, Server(self.config.modules, main, node.inside))
            for node in self.config.tree
            if node.name == "virtualhost"
        ]
        declared = {"sites": [{"domain": name} for name in rule["names"]]}
        names = [apache.names(server, declared, ()) for _, server in servers]
        left = set(rule["names"]).difference(*names)
        for (node, server), claimed, listens in zip(servers, names, apache.grouped(servers, apache.listened(main))):
            found = [Listen(one["address"], one["port"], one["tls"], one["default"]) for one in listens]
            answered = {*claimed, *(left if any(one.default for one in found) else ())}
            block = Block(self.unit, node.file, node.line, found, apache.names(server, None, ()), answered, server.root)
            if block.shows(rule):
                yield block

    def at_stake(self):
        """What its test believes; it writes nothing."""
        return apache.at_stake(_apache_config.in_force()), ()


SERVERS = (Nginx, Apache)


class Change:
    """One server made to say what the rules have it say: what differs, what to visit afterwards."""

    def __init__(self, server, rules):
        self.server, self.blocks = server, {}
        server.read()
        self.transaction = transaction.Transaction(server.folder)
        edits = {os.path.realpath(path): [] for path in server.files if not contained.is_own(path)}
        sites = by_domain(rules)
        for domain, some in sites.items():
            self.blocks[domain] = list(server.blocks(some[0]))
            for block in self.blocks[domain]:
                edits[os.path.realpath(block.file)].append((block.at, domain))
        try:
            self._want(edits, {domain: some for domain, some in sites.items() if self.blocks[domain]})
        except transaction.Refused as refused:
            raise Refused("not_edited", str(refused))

    def _want(self, edits, sites):
        for domain, some in sorted(sites.items()):
            self.transaction.file(contained.own(self.server.prefix, domain), self.server.text(some))
        for path, places in sorted(edits.items()):
            if places or contained.without(as_it_is(path) or "") != (as_it_is(path) or ""):
                self.transaction.edit(path, lambda text, places=places: self._edited(contained.without(text), places))
        for name in sorted(os.listdir(self.server.folder)):
            path = os.path.join(self.server.folder, name)
            if path.startswith(self.server.prefix) and path not in {
                contained.own(self.server.prefix, domain) for domain in sites
            }:
                self.transaction.absent(path)

    def _edited(self, text, places):
        for at, domain in sorted(set(places), reverse=True):
            try:
                text = self.server.into(text, at, domain)
            except ValueError:
                raise transaction.Refused("a server block there has no line of its own")
        return text

    def make(self, admins=()):
        """Make it, unless the server's own test says no; ``admins``: see ``transaction.vouch``. Raises Refused, with all of it as it was."""
        changed = [path for path, before, _ in self.transaction.steps if before]
        folders = {os.path.dirname(path) for path, _, _ in self.transaction.steps}
        times = {path: os.stat(path).st_mtime_ns for path in (*changed, *folders)}
        with immutable.lifted_at(*folders, *changed):
            try:
                self.transaction.commit([self.server.test], self.server.at_stake, admins=admins)
            except (transaction.Refused, BadConfig) as refused:
                raise Refused("not_valid", str(refused))
            for path, changed_at in times.items():
                if os.path.exists(path):
                    os.utime(path, ns=(time.time_ns(), changed_at))

    def reload(self):
        """Have the server, if it runs, take it in. Raises Refused."""
        if transaction.complaint(["systemctl", "is-active", "--quiet", self.server.unit], RELOAD_SECONDS) is None:
            said = transaction.complaint(["systemctl", "reload", self.server.unit], RELOAD_SECONDS)
            if said is not None:
                raise Refused("not_reloaded", said)

    def told(self):
        """What is written: steps, and the lines."""
        for path, before, after in self.transaction.steps:
            old, new = ("" if state is None else state[1].decode("utf-8", "replace") for state in (before, after))
            lines = difflib.unified_diff(old.splitlines(), new.splitlines(), path, path, n=0, lineterm="")
            yield ["remove" if after is None else "write", path]
            if after is not None:
                yield "\n".join(list(lines)[2:])
        yield " ".join(self.server.test)
        yield "systemctl reload " + self.server.unit


def changes(rules):
    """What every server has to have changed for these rules, in that order."""
    return [Change(server, rules) for server in (one() for one in SERVERS) if server.there()]


def admins_of(*rules):
    """The declared administrators that rules name: those of the host when each was made. A rule of an earlier version names none."""
    return sorted({name for rule in rules for name in rule.get("admins", ())})


def put(rules, domain=None, again=(), admins=()):
    """Have the servers say what the rules have them say; the blocks that show a site. Raises Refused, with what was begun to be taken back.

    Servers that show the site, or are among those ``again``, are reloaded in any case: somebody may have been cut off before. ``admins``: declared
    ones besides those that the rules name.
    """
    some, shown = changes(rules), []
    admins = {*admins, *admins_of(*rules.values())}
    for change in some:
        blocks = change.blocks.get(domain, [])
        shown += blocks
        if change.transaction.steps or blocks or change.server.unit in again:
            change.make(admins)
            change.reload()
    return shown


# --- visits ------------------------------------------------------------------------------------------


def visits(rule, blocks):
    """``(what is asked, for people; how; the answers that are right)`` of each visit that tells whether a rule is in force."""
    path = None if rule["path"] is None else unquote_to_bytes(rule["path"])
    for block in blocks:
        names = [name for name in rule["names"] if name in block.names] or [UNKNOWN]
        for listen in block.listens:
            if ":" in listen.address:
                continue
            place = (_host(listen), listen.port, listen.tls)
            if path is not None:
                for uri in (path, path + b"/x"):
                    yield (*place, names[0], "GET", quote_from_bytes(uri)), GONE
                continue
            for method, name in (
                ("GET", names[0]),
                ("POST", names[0]),
                *([("GET", UNKNOWN)] if listen.default else []),
            ):
                yield (*place, name, method, "/"), CLOSED
    for port, tls in rule["fronts"]:
        yield ("127.0.0.1", port, tls, rule["domain"], "GET", "/"), CLOSED


def fronts(rule, blocks):
    """Of the usual ports those where something else shows what the site's own blocks show: a proxy in front of them, say."""
    listens = [listen for block in blocks for listen in block.listens if ":" not in listen.address]
    free = [[port, tls] for port, tls in ((80, False), (443, True)) if port not in {one.port for one in listens}]
    if not free or not listens:
        return []
    places = [*((_host(one), one.port, one.tls) for one in listens), *(("127.0.0.1", *one) for one in free)]
    said = at_once(answered, [(*place, rule["domain"], "GET", "/") for place in places])
    return [one for one, answer in zip(free, said[len(listens) :]) if answer in said[: len(listens)]]


def _host(listen):
    return "127.0.0.1" if listen.address == "*" else listen.address


def at_once(visit, some):
    """What visits come to, in their order."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda how: visit(*how), some))


def visited(*how):
    """The status that a stranger gets, or why there is none."""
    return answered(*how)[0]


def answered(host, port, tls, name, method, uri):
    """The same with how the page begins."""
    connection = http.client.HTTPConnection(host, port, timeout=VISIT_SECONDS, source_address=(STRANGER, 0))
    try:
        connection.connect()
        with cut_off(connection.sock):
            return _asked(connection, tls, name, method, uri)
    except (OSError, ValueError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__, b""
    finally:
        connection.close()


@contextlib.contextmanager
def cut_off(link):
    """A connection that is over after VISIT_SECONDS, whatever it is wrapped in: its own timeout begins anew with every byte."""
    with link.dup() as same:
        timer = threading.Timer(VISIT_SECONDS, end, [same])
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()


def end(link):
    """Have nothing more come over a connection, which may be over."""
    with contextlib.suppress(OSError):
        link.shutdown(socket.SHUT_RDWR)


def _asked(connection, tls, name, method, uri):
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


def look_at(rule, blocks):
    """Whether a stranger was turned away wherever the site is shown, once a reload had its time. Raises Refused."""
    left = list(dict.fromkeys(visits(rule, blocks)))
    if not left:
        return False
    ends = time.monotonic() + LOOKING_SECONDS
    while True:
        found = list(zip(left, at_once(visited, [visit for visit, _ in left])))
        wrong = [(visit, status) for (visit, right), status in found if status not in right]
        if not wrong:
            return True
        if time.monotonic() > ends:
            (host, port, tls, name, method, uri), status = wrong[0]
            where = "%s http%s://%s:%d%s (%s): %s" % (method, "s" if tls else "", name, port, uri, host, status)
            raise Refused("still_answers", where)
        left = [one for one, status in found if status not in one[1]]
        time.sleep(0.1)


def wait_for_another_answer(rule, blocks):
    """Give a reload its time; a site may well have such an answer of its own."""
    ends, left = time.monotonic() + LOOKING_SECONDS / 2, list(dict.fromkeys(visits(rule, blocks)))
    while True:
        said = at_once(visited, [visit for visit, _ in left])
        left = [one for one, status in zip(left, said) if status in one[1]]
        if not left or time.monotonic() >= ends:
            return
        time.sleep(0.1)


# --- what is asked -----------------------------------------------------------------------------------


def plan(asked):
    """What ``contain`` would do now; nothing is written."""
    rule = made(asked)
    some = changes({**RECORD.all(), rule["id"]: rule})
    blocks = [block for change in some for block in change.blocks.get(rule["domain"], [])]
    if not blocks:
        raise Refused("no_block", rule["domain"])
    rule["fronts"] = [] if rule["path"] is not None else fronts(rule, blocks)
    steps = [line for change in some if change.blocks.get(rule["domain"]) for line in change.told()]
    looks = [
        [
            "visit",
            "%s http%s://%s:%d%s (%s)" % (visit[4], "s" if visit[2] else "", visit[3], visit[1], visit[5], visit[0]),
            STRANGER,
            " ".join(map(str, right)),
        ]
        for visit, right in dict.fromkeys(visits(rule, blocks))
    ]
    return {"state": "planned", "would": [*steps, *looks]}


def contain(asked):
    """Have the servers say it; once, however often it is asked for."""
    rule = made(asked)
    with RECORD.held():
        rules = RECORD.all()
        acting.refuse_taken(rules.get(rule["id"]), asked, rules)
        others = {name: one for name, one in rules.items() if name != rule["id"]}
        rule["fronts"] = rules.get(rule["id"], {}).get("fronts") or in_front(rule, others)
        try:
            return put_and_seen(rule, others)
        except Refused as refused:
            if refused.args[0] == "still_answers" and rule["path"] is None and rule["own"]:
                with contextlib.suppress(Refused):  # something in front of it makes strangers come from the host itself
                    return put_and_seen(dict(rule, own=[]), others)
            back(others, rule["admins"])
            raise
        except BaseException:
            back(others, rule["admins"])
            raise


def in_front(rule, others):
    """``fronts`` of a site that is to be closed; a path is gone for everybody, whoever asks for them."""
    if rule["path"] is not None:
        return []
    return fronts(rule, shown_by(rule, others))


def shown_by(rule, others):
    """The server blocks that show a rule's site, in all servers."""
    some = changes({**others, rule["id"]: rule})
    return [block for change in some for block in change.blocks.get(rule["domain"], [])]


def put_and_seen(rule, others):
    """Have it said beside the others, and see that it is."""
    RECORD.replace({**others, rule["id"]: rule})
    blocks = put({**others, rule["id"]: rule}, rule["domain"])
    if not blocks:
        raise Refused("no_block", rule["domain"])
    looked = look_at(rule, blocks)
    acting.write(os.path.join(RECORD.home, AGAIN), acting.own_archive(__loader__))
    RECORD.replace({**others, rule["id"]: dict(rule, done=True)})
    if not looked:
        return {"state": "unknown", "why": "not_visited"}
    return {"state": "confirmed", "why": "" if rule["own"] or rule["path"] is not None else "all_closed"}


def back(rules, admins):
    """Have only these said, as before. Raises Unknown."""
    try:
        put(rules, admins=admins)
    except Refused as refused:
        raise Unknown("not_taken_back", "%s: %s" % refused.args)
    RECORD.replace(rules)


def release(asked):
    """Take one rule back, and leave the others."""
    with RECORD.held():
        rules = RECORD.all()
        rule = rules.pop(asked["id"], None)
        if rule is None or acting.is_of_another(rule, asked):
            return acting.NONE_KEPT
        try:
            shown = shown_by(rule, rules)
            put(rules, again={block.unit for block in shown}, admins=admins_of(rule))
        except Refused:
            put({**rules, asked["id"]: rule}, rule["domain"])
            raise
        RECORD.replace(rules)
        if not any(one["domain"] == rule["domain"] for one in rules.values()):
            wait_for_another_answer(rule, shown)
        return {"state": "none"}


ACTIONS = {"plan": plan, "contain": contain, "release": release}


def main(arguments):
    """Answer what is asked; without a question, have the servers say what is on record."""
    if not arguments:
        acting.in_time(again)
        return
    acting.asked({name: known(action) for name, action in ACTIONS.items()}, arguments)


def again():
    """Have said what is on record, whatever took it away."""
    with RECORD.held():
        put(RECORD.all())


def known(action):
    """The action, which says so where it is not known what it came to."""

    def acted(question, _connection):
        try:
            return action(question)
        except Unknown as unknown:
            return {"state": "unknown", "why": unknown.args[0], "about": str(unknown.args[1])[: acting.MOST_SAID]}

    return acted
