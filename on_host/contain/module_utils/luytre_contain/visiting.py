"""Asking a site of this host's for a page, from the host itself.

What only root here knows, a cookie, is sent to the site's own server alone (``own_server``), and nothing of it leaves the host.
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

from ansible.module_utils.luytre_contain import own_server
from ansible.module_utils.luytre_shared import neighbours

ADDRESS = re.compile(r"(https?)://([A-Za-z0-9.-]{1,253})(?::(\d{1,5}))?(/[A-Za-z0-9._~/-]{0,200})?/*\Z")
PORTS = {"http": 80, "https": 443}
"""What root alone can have opened: a site cannot make root speak to anything else."""
MOST = 2_000_000
SECONDS = 4
"""Of one visit, however slowly the site drips: whoever has it in hand would rather not have it changed."""
MOST_ADDRESSES, AT_ONCE = 8, 16
LEADING, MOST_LEADING = (301, 302, 303, 307, 308), 3
"""Answers that lead elsewhere, and how many of them are followed."""


def pages(addresses):
    """``page`` of each address, without a cookie, all at once: however many let us wait, it costs no more than one."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(addresses, pool.map(page, addresses)))


class Cookie:
    """What is sent to the server alone that has the files of a site, those below ``root``."""

    def __init__(self, value, root):
        self.value, self.root = value, root


def page(address, cookie=None):
    """``(status, what it holds)`` of an address as the site writes it, or of where that leads on the same site; ``(None, b"")`` where nothing here answers in
    time. Raises own_server.Unproven where nobody here may be given the Cookie."""
    ends = time.monotonic() + SECONDS
    for _ in range(MOST_LEADING):
        status, content, leads = _once(address, cookie, ends)
        if leads is None or time.monotonic() > ends:
            break
        address = leads
    return status, content


def _once(address, cookie, ends):
    """The same without being led on, and where it leads; None: nowhere, or not to a page of the same site's."""
    found = ADDRESS.match(address or "")
    if found is None or (found.group(3) and int(found.group(3)) != PORTS[found.group(1)]):
        return None, b"", None
    scheme, name, path = found.group(1), found.group(2), found.group(4) or "/"
    unproven = None
    for own in ["127.0.0.1", *[one for one in neighbours.own_addresses() if one != "127.0.0.1"]][:MOST_ADDRESSES]:
        try:
            if cookie is not None:
                ends += _checked(cookie.root, own, PORTS[scheme], name, path)
            there = socket.create_connection((own, PORTS[scheme]), max(0.1, ends - time.monotonic()))
        except own_server.Unproven as not_proven:
            unproven = unproven or not_proven
            continue
        except OSError:
            continue
        value = cookie and cookie.value
        status, content, location = _asked(there, scheme, name, path, value, max(0.1, ends - time.monotonic()))
        return status, content, _leads(address, name, location) if status in LEADING else None
    if unproven is not None:
        raise unproven
    return None, b"", None


def _checked(*place):
    """Return the seconds that it took to see whose server it is: they are not the site's."""
    begun = time.monotonic()
    own_server.check(*place)
    return time.monotonic() - begun


def _leads(address, name, location):
    with contextlib.suppress(ValueError):
        leads = urljoin(address, location or "")
        found = ADDRESS.match(leads)
        if found is not None and found.group(2) == name and leads != address:
            return leads
    return None


def _asked(there, scheme, name, path, cookie, seconds):
    held = there.dup()  # of the connection itself, which TLS takes over
    cut = threading.Event()
    over = threading.Timer(seconds, _cut, (held, cut))
    over.daemon = True
    over.start()
    connection = http.client.HTTPConnection(name, timeout=seconds)
    connection.sock = there
    try:
        if scheme == "https":
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            connection.sock = context.wrap_socket(there, server_hostname=name)
        headers = {"Host": name, "Connection": "close", "Accept": "text/html", "User-Agent": "LuyTre"}
        connection.request("GET", path, headers=dict(headers, Cookie=cookie) if cookie else headers)
        response = connection.getresponse()
        content = response.read(MOST)
        return (None, b"", None) if cut.is_set() else (response.status, content, response.getheader("Location"))
    except (OSError, ValueError, http.client.HTTPException):
        return None, b"", None
    finally:
        over.cancel()
        for one in (connection, there, held):
            one.close()


def _cut(held, cut):
    cut.set()
    with contextlib.suppress(OSError):
        held.shutdown(socket.SHUT_RDWR)
