"""Asking a site of this host's for a page, from the host itself.

What only root here knows, a cookie, is sent to the site's own server alone (``own_server``), and nothing of it leaves
the host.
"""

import concurrent.futures
import contextlib
import http.client
import re
import socket
import ssl
import threading
import time
from urllib.parse import urljoin

from ansible.module_utils.luytre_contain.sites import own_server
from ansible.module_utils.luytre_shared.os import network_peers

ADDRESS = re.compile(r"(https?)://([A-Za-z0-9.-]{1,253})(?::(\d{1,5}))?(/[A-Za-z0-9._~/-]{0,200})?/*\Z")
PORTS = {"http": 80, "https": 443}
"""What root alone can have opened: a site cannot make root speak to anything else."""
MAX_BYTES = 2_000_000
SECONDS = 4
"""Of one visit, however slowly the site drips: whoever has it in hand would rather not have it changed."""
MAX_ADDRESSES, AT_ONCE = 8, 16
REDIRECT_STATUSES, MAX_REDIRECTS = (301, 302, 303, 307, 308), 3
"""Answers that lead elsewhere, and how many of them are followed."""


def fetch_pages(urls):
    """Return ``fetch_page`` of each address, without a cookie, all at once.

    However many let us wait, it costs no more than one.
    """
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(urls, pool.map(fetch_page, urls)))


class Cookie:
    """A cookie that is sent only to the server that has the files of a site, those below ``root``."""

    def __init__(self, value, root):
        self.value, self.root = value, root


def fetch_page(url, cookie=None):
    """Return ``(status, what it holds)`` of an address as the site writes it.

    It may be that of where the address leads on the same site. It is ``(None, b"")`` where nothing here answers in
    time. Raises own_server.Unproven where nobody here may be given the Cookie.
    """
    ends = time.monotonic() + SECONDS
    for _ in range(MAX_REDIRECTS):
        status, content, leads = _fetch_page_and_redirect_target(url, cookie, ends)
        if leads is None or time.monotonic() > ends:
            break
        url = leads
    return status, content


def _fetch_page_and_redirect_target(url, cookie, ends):
    """Return the same without being led on, and where it leads; None: nowhere, or not to a page of the same site's."""
    match = ADDRESS.match(url or "")
    if match is None or (match.group(3) and int(match.group(3)) != PORTS[match.group(1)]):
        return None, b"", None
    scheme, name, path = match.group(1), match.group(2), match.group(4) or "/"
    unproven = None
    for own in [
        "127.0.0.1",
        *[local_address for local_address in network_peers.iter_own_addresses() if local_address != "127.0.0.1"],
    ][:MAX_ADDRESSES]:
        try:
            if cookie is not None:
                ends += _time_check_of_answering_server(cookie.root, own, PORTS[scheme], name, path)
            there = socket.create_connection((own, PORTS[scheme]), max(0.1, ends - time.monotonic()))
        except own_server.Unproven as not_proven:
            unproven = unproven or not_proven
            continue
        except OSError:
            continue
        value = cookie and cookie.value
        status, content, location = _send_get_request_within_seconds(
            there, scheme, name, path, value, max(0.1, ends - time.monotonic())
        )
        return status, content, _resolve_redirect(url, name, location) if status in REDIRECT_STATUSES else None
    if unproven is not None:
        raise unproven
    return None, b"", None


def _time_check_of_answering_server(*place):
    """Return the seconds that it took to see whose server it is: they are not the site's."""
    start = time.monotonic()
    own_server.check_site_is_answered_by_own_server(*place)
    return time.monotonic() - start


def _resolve_redirect(url, name, location):
    with contextlib.suppress(ValueError):
        leads = urljoin(url, location or "")
        match = ADDRESS.match(leads)
        if match is not None and match.group(2) == name and leads != url:
            return leads
    return None


def _send_get_request_within_seconds(connected_socket, scheme, name, path, cookie, seconds):
    socket_copy = connected_socket.dup()  # of the connection itself, which TLS takes over
    cut = threading.Event()
    over = threading.Timer(seconds, _shut_down_socket_when_time_is_over, (socket_copy, cut))
    over.daemon = True
    over.start()
    connection = http.client.HTTPConnection(name, timeout=seconds)
    connection.sock = connected_socket
    try:
        if scheme == "https":
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            connection.sock = context.wrap_socket(connected_socket, server_hostname=name)
        headers = {"Host": name, "Connection": "close", "Accept": "text/html", "User-Agent": "LuyTre"}
        connection.request("GET", path, headers=dict(headers, Cookie=cookie) if cookie else headers)
        response = connection.getresponse()
        content = response.read(MAX_BYTES)
        return (None, b"", None) if cut.is_set() else (response.status, content, response.getheader("Location"))
    except (OSError, ValueError, http.client.HTTPException):
        return None, b"", None
    finally:
        over.cancel()
        for closeable in (connection, connected_socket, socket_copy):
            closeable.close()


def _shut_down_socket_when_time_is_over(socket_copy, cut):
    cut.set()
    with contextlib.suppress(OSError):
        socket_copy.shutdown(socket.SHUT_RDWR)
