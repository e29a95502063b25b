"""Whether a web server's answers let scripts of any other site ask with a visitor's login, asked at the host's own
addresses.

Applications say so themselves, and files that no configuration names: what is answered counts. One HEAD for each of a
few pages.
"""

import re
import socket
import ssl
import time

from ansible.module_utils.luytre.sites import websites
from ansible.module_utils.luytre.web_servers import handshakes

STRANGER = "https://khac.example"
"""Another site, which nobody has named to a server."""
NOBODYS = "khac.invalid"
"""A name that no site has, which a server's first virtual host answers."""
SECONDS = 2.0
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:153.0) Gecko/20100101 Firefox/153.0"
"""What it calls itself: a site that an intruder has answers a program that it knows otherwise."""
"""For one answer."""
ALL_SECONDS = 5.0
MAX_PAGES = 3
"""Of a virtual host."""
MAX_HEAD = 16_384
_PATH = re.compile(r"/[\w./?=&%+~:;,@!*'()-]{0,500}", re.ASCII)
_FIELD = re.compile(
    rb"(?m)^(access-control-allow-(?:origin|credentials))[ \t]*:[ \t]*([^\r\n]{0,500}?)[ \t]*\r?$", re.IGNORECASE
)


def add_cors_answers_to_vhosts(vhosts, declarations, deadline, skip_places=()):
    """Add to ``cors_open`` of virtual hosts the addresses whose answers allow it, and ``cors_known``, whether all that
    was asked was answered.

    ``skip_places`` are (address, port) that wait for something else before they answer. ``deadline`` is of the
    monotonic clock.
    """
    ends = min(deadline, time.monotonic() + ALL_SECONDS)
    for vhost in vhosts:
        target = choose_listen_to_ask_vhost_at(vhost["listens"], skip_places)
        name = choose_name_to_ask_vhost_by(vhost["names"])
        vhost["cors_known"] = bool(target and name)
        for path in list_pages_to_ask_for_cors(vhost["names"], declarations) if target and name else ():
            head = fetch_response_head(*target, name, path, ends)
            vhost["cors_known"] = vhost["cors_known"] and head is not None
            if head is not None and is_cors_open_in_response_head(head):
                vhost["cors_open"].append("%s://%s%s" % ("https" if target[2] else "http", name, path))


def choose_name_to_ask_vhost_by(names):
    """Return a name by which a virtual host is asked: one of its own, one of its pattern, nobody's where it has none.

    Or None.
    """
    own = handshakes.get_first_askable_name(names)
    if own or not {*names} - {"_", ""}:
        return own or NOBODYS
    return next(
        filter(None, (handshakes.get_first_askable_name(["x" + name[1:]]) for name in names if name.startswith("*."))),
        None,
    )


def choose_listen_to_ask_vhost_at(listens, skip_places):
    """Return the first place where a virtual host is asked, TLS before none; or None.

    It is ``(address, port, whether TLS is spoken there)``.
    """
    for listen in sorted(listens, key=lambda each: not each["tls"]):
        address = handshakes.get_own_address_of_listen(listen["address"])
        if address is not None and (listen["address"], listen["port"]) not in skip_places:
            return address, listen["port"], listen["tls"]
    return None


def list_pages_to_ask_for_cors(names, declarations):
    """Return the home page, and pages that the inventory names for a site of these names."""
    urls = [
        path
        for site in websites.list_declared_sites(declarations)
        if {site.get("domain"), *(site.get("aliases") or ())}.intersection(names)
        for path in site.get("smoke_urls") or ()
    ]
    return list(dict.fromkeys(["/", *(path for path in urls if _PATH.fullmatch(str(path)))]))[:MAX_PAGES]


def is_cors_open_in_response_head(head):
    """Return whether the head of an answer allows it, as bytes: for every origin, or for whichever asks."""
    fields = {name.lower(): value for name, value in _FIELD.findall(head)}
    wide = fields.get(b"access-control-allow-origin") in (b"*", STRANGER.encode())
    return wide and fields.get(b"access-control-allow-credentials", b"").lower() == b"true"


def fetch_response_head(address, port, tls, host_name, path, deadline):
    """Return the head of the answer to a stranger's script, empty where the name or all that come are turned away
    before one.

    None: nobody answers in time, another than root listens there, or no TLS comes about.
    """
    seconds = min(SECONDS, deadline - time.monotonic())
    if seconds <= 0 or not handshakes.is_port_held_by_root_alone(address, port):
        return None
    until = time.monotonic() + seconds
    request = "HEAD %s HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nUser-Agent: %s\r\nConnection: close\r\n\r\n"
    try:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as plain:
            plain.settimeout(seconds)
            plain.bind((address, 0))
            plain.connect((address, port))
            with _wrap_unverified_tls(plain, host_name) if tls else plain as connection:
                connection.sendall((request % (path, host_name, STRANGER, BROWSER)).encode("ascii"))
                return _receive_response_head(connection, until)
    except ssl.SSLError as error:
        return b"" if "UNRECOGNIZED_NAME" in (error.reason or "") else None
    except ConnectionResetError:
        return b""
    except (OSError, ValueError):
        return None


def _wrap_unverified_tls(plain, name):
    """Return TLS for what it says alone: whose certificate it is, other controls tell."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=name)


def _receive_response_head(connection, until):
    data = b""
    while b"\r\n\r\n" not in data and len(data) < MAX_HEAD:
        seconds_left = until - time.monotonic()
        if seconds_left <= 0:
            return None
        connection.settimeout(seconds_left)
        piece = connection.recv(MAX_HEAD - len(data))
        if not piece:
            break
        data += piece
    return data.partition(b"\r\n\r\n")[0]
