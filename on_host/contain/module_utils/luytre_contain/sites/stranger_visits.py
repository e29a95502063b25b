"""Visit sites of this host as a stranger would, to see whether they turn strangers away."""

import concurrent.futures
import contextlib
import http.client
import socket
import ssl
import threading
import time
from urllib.parse import quote_from_bytes, unquote_to_bytes

from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal

STRANGER = "127.86.83.1"
"""An address of the host's own that is on no list: whoever comes from it is a stranger to the sites."""
UNKNOWN = "luytre-unknown.invalid"
LOOKING_SECONDS = 6
"""For a reload to be in force."""
VISIT_SECONDS = 5
"""For one visit, however slowly the site drips: whoever has it in hand would rather not have it closed."""
AT_ONCE = 16
"""Visits: however many each let us wait, it costs no more than one."""
GONE_STATUSES, CLOSED_STATUSES = (410, 403), (503,)


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
