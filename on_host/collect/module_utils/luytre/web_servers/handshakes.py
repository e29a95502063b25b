"""Which versions of TLS a web server answers in, asked at the host's own addresses.

The first message of a handshake is written here and its answer read here: an OpenSSL of today does not offer what is
old, and a configuration that allows it is not always answered. A handshake ends with the server's first answer.
"""

import ipaddress
import os
import re
import socket
import struct
import time

from ansible.module_utils.luytre.os.ssh_forwards import LISTEN, parse_kernel_endpoint
from ansible.module_utils.luytre_shared.os.area_reader import read_text

VERSIONS = {"TLSv1.3": 0x0304, "TLSv1.2": 0x0303, "TLSv1.1": 0x0302, "TLSv1": 0x0301, "SSLv3": 0x0300}
"""In the order that they are asked in."""
SECONDS = 3.0
"""For one handshake."""
ALL_SECONDS = 6.0
MAX_LISTENS = 4
"""Of a virtual host."""
MAX_ANSWER = 16_384 + 5
ALERT, HANDSHAKE, SERVER_HELLO = 21, 22, 2
SUPPORTED_VERSIONS = 43
EVERYWHERE = {
    "*": "127.0.0.1",
    "0.0.0.0": "127.0.0.1",  # noqa: S104
    "_default_": "127.0.0.1",
    "localhost": "127.0.0.1",
    "::": "::1",
}
"""Addresses of configurations that stand for all, and where they are reached from here."""
_CIPHERS = (
    *(0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0x009E, 0x009F),
    *(0xC009, 0xC013, 0xC00A, 0xC014, 0x0033, 0x0039, 0x002F, 0x0035, 0xC012, 0x0016, 0x000A, 0x0005, 0x0004),
)
"""Sound ones and, as clients of their time had them, AES-CBC, 3DES and RC4, by the numbers of the registry of TLS."""
_GROUPS = (29, 23, 24, 25)
_SIGNATURES = (0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0603, 0x0806, 0x0601, 0x0203, 0x0201)
OWNERS = frozenset(("0",))
"""Whose listening sockets answer for a web server: its first process is root's.

At a port that it does not hold, anybody may.
"""
MAX_TABLE = 1_000_000
_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63}){0,9}")


def add_answered_tls_versions(vhosts, deadline, skip_places=()):
    """Add the versions that ``probe_tls_versions`` finds to the ``tls`` of virtual hosts that speak it.

    None of them where it cannot be told.

    ``skip_places`` are (address, port) that wait for something else before TLS. ``deadline`` is of the monotonic clock.
    """
    ends = min(deadline, time.monotonic() + ALL_SECONDS)
    for vhost in vhosts:
        if vhost["tls"]:
            places = [(listen["address"], listen["port"]) for listen in vhost["listens"] if listen["tls"]]
            targets = [place for place in dict.fromkeys(places) if place not in skip_places][:MAX_LISTENS]
            answers = [probe_tls_versions(*place, get_first_askable_name(vhost["names"]), ends) for place in targets]
            vhost["tls"]["answered"] = (
                [] if None in answers else sorted({version for versions in answers for version in versions})
            )


def get_first_askable_name(names):
    """Return the first of a virtual host's names that a client could ask for, or none."""
    return next((name for name in names if name != "_" and _NAME.fullmatch(name)), "")


def probe_tls_versions(address, port, server_name, deadline):
    """Return the versions that are answered there, newest first.

    None where it is no address of this host, or another than root listens.

    None when a question was left open: who is slow has not refused.
    """
    address = get_own_address_of_listen(address)
    if address is None or (time.monotonic() < deadline and not is_port_held_by_root_alone(address, port)):
        return []
    versions = []
    for version in VERSIONS:
        record = _send_and_read_first_record(address, port, build_tls_client_hello(version, server_name), deadline)
        if record is None:
            return None
        if parse_version_of_tls_record(record) == version:
            versions.append(version)
    return versions


def get_own_address_of_listen(address):
    """Return the address at which a place of a configuration is reached from here, or None for a name."""
    address = address.strip("[]")
    try:
        return str(ipaddress.ip_address(EVERYWHERE.get(address, address)))
    except ValueError:
        return None


def is_port_held_by_root_alone(address, port):
    """Return whether who listens there is root, and nobody else."""
    owners = set()
    for path in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in (read_text(path, MAX_TABLE) or "").splitlines()[1:]:
            fields = line.split()
            if len(fields) > 7 and fields[3] == LISTEN and fields[1].endswith(":%04X" % port):
                # The addresses are those that it listens on, as the kernel tells them.
                if parse_kernel_endpoint(fields[1])[0] in (address, "0.0.0.0", "::"):  # noqa: S104
                    owners.add(fields[7])
    return bool(owners) and owners <= OWNERS


def _send_and_read_first_record(address, port, message, deadline):
    """Return the first record that comes back, empty when the door is shut instead; None when the time is over.

    Only this host is asked: no other address can be bound.
    """
    seconds = min(SECONDS, deadline - time.monotonic())
    if seconds <= 0:
        return None
    until = time.monotonic() + seconds
    try:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as connection:
            connection.settimeout(seconds)
            connection.bind((address, 0))
            connection.connect((address, port))
            connection.sendall(message)
            record = b""
            while not _is_record_complete(record):
                seconds_left = until - time.monotonic()
                if seconds_left <= 0:
                    return None
                connection.settimeout(seconds_left)
                piece = connection.recv(MAX_ANSWER - len(record))
                if not piece:
                    return b""
                record += piece
            return record
    except socket.timeout:
        return None
    except OSError:
        return b""


def _is_record_complete(record):
    return len(record) >= MAX_ANSWER or (len(record) >= 5 and len(record) >= 5 + struct.unpack(">H", record[3:5])[0])


def parse_version_of_tls_record(record):
    """Return the version that a server's first record chooses; None for a refusal and for what is no TLS."""
    if len(record) < 44 or record[0] != HANDSHAKE or record[5] != SERVER_HELLO:
        return None
    (version_number,) = struct.unpack(">H", record[9:11])
    at = 44 + record[43] + 3
    end = min(len(record), 5 + struct.unpack(">H", record[3:5])[0])
    at += 2
    while at + 4 <= end:
        kind, length = struct.unpack(">HH", record[at : at + 4])
        if kind == SUPPORTED_VERSIONS and length == 2 and at + 6 <= end:
            (version_number,) = struct.unpack(">H", record[at + 4 : at + 6])
        at += 4 + length
    return next((name for name, number in VERSIONS.items() if number == version_number), None)


def build_tls_client_hello(version, server_name):
    """Return the first record of a client that speaks that version and no other, and asks for the site of that name."""
    number = VERSIONS[version]
    extensions = b""
    if server_name:
        extensions += _build_tls_extension(
            0, _prefix_with_length(b"\0" + _prefix_with_length(server_name.encode("ascii")))
        )
    extensions += _build_tls_extension(10, _prefix_with_length(_pack_numbers(_GROUPS))) + _build_tls_extension(
        11, b"\1\0"
    )
    extensions += _build_tls_extension(13, _prefix_with_length(_pack_numbers(_SIGNATURES)))
    if version == "TLSv1.3":
        versions = struct.pack(">BH", 2, number)
        extensions += _build_tls_extension(SUPPORTED_VERSIONS, versions) + _build_tls_extension(
            51, _prefix_with_length(b"")
        )
    body = struct.pack(">H", min(number, VERSIONS["TLSv1.2"])) + os.urandom(32) + b"\0"
    body += _prefix_with_length(_pack_numbers(_CIPHERS)) + b"\1\0" + _prefix_with_length(extensions)
    message = struct.pack(">BBH", 1, 0, len(body)) + body
    return struct.pack(">BHH", HANDSHAKE, min(number, VERSIONS["TLSv1"]), len(message)) + message


def _build_tls_extension(extension_type, content):
    return struct.pack(">H", extension_type) + _prefix_with_length(content)


def _prefix_with_length(content):
    return struct.pack(">H", len(content)) + content


def _pack_numbers(values):
    return struct.pack(">%dH" % len(values), *values)
