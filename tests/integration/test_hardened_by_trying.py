"""What a hardened host refuses, tried on it and on the host before: what happens there, and not what a control of some version says of it."""

from __future__ import annotations

import http.client
import socket
import ssl
import subprocess
from collections.abc import Callable

from auditor import lab
from tests.lab.fixtures import Hardened

HOST, SITE = "web2", "bennua.test"
TLS = "openssl s_client -connect 127.0.0.1:443 -servername {site} -groups {group} -brief < /dev/null"
OPENS = """set -e
printf '%s' '<?php echo @file_get_contents("http://127.0.0.1:3999/") === false ? "refused" : "opened";' > /var/www/{site}/thu.php
chmod 644 /var/www/{site}/thu.php
mkdir /srv/thu
systemd-run -q --unit thu python3 -m http.server 3999 --bind 127.0.0.1 --directory /srv/thu
until ss -Hltn 'sport = :3999' | grep -q .; do sleep 0.1; done"""
INTERFACE = """ip link add thu0 type veth peer name thu1
said=$(cat /proc/sys/net/ipv4/conf/thu0/accept_source_route); ip link del thu0; test "$said" = 1"""
FEW_ROUNDS = """useradd -M thu && echo thu:mot-mat-khau-26 | chpasswd -c SHA512
rounds=$(getent shadow thu | sed -nE 's/^thu:[$]6[$]rounds=([0-9]+)[$].*/\\1/p'); userdel thu; test "${rounds:-5000}" -lt 65536"""


def does(script: str) -> bool:
    return lab.run(HOST, script).returncode == 0


def asks(method: str, path: str) -> tuple[int, bytes]:
    context = ssl._create_unverified_context()  # noqa: S323  the lab's own certificates
    there = http.client.HTTPSConnection(SITE, timeout=20)
    address = (str(lab.spec().hosts[HOST].address), 443)
    there.sock = context.wrap_socket(socket.create_connection(address, 20), server_hostname=SITE)
    there.request(method, path)
    answer = there.getresponse()
    body = answer.read()
    there.close()
    return answer.status, body


def handshake(group: str) -> bool:
    return does(TLS.format(site=SITE, group=group))


def opens_addresses() -> bool:
    made = lab.run(HOST, OPENS.format(site=SITE))
    assert made.returncode == 0, made.stderr
    said = asks("GET", "/thu.php")
    assert said in ((200, b"opened"), (200, b"refused")), said
    return said[1] == b"opened"


def changes_personality() -> bool:
    asked = lab.ssh_command(HOST, remote="setarch --addr-no-randomize true")
    return subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False).returncode == 0


WEAK: dict[str, Callable[[], bool]] = {
    "a curve that costs the server much": lambda: handshake("P-521"),
    "addresses opened as files by PHP": opens_addresses,
    "programs run from /var/tmp": lambda: does("cp /bin/true /var/tmp/thu && /var/tmp/thu"),
    "routes of the sender's choice on a later interface": lambda: does(INTERFACE),
    "redirects to other networks": lambda: does("grep -q 1 /proc/sys/net/ipv4/conf/eth0/shared_media"),
    "hashes of few rounds": lambda: does(FEW_ROUNDS),
    "another personality in a session over SSH": changes_personality,
    "methods that no site uses": lambda: asks("TRACK", "/")[0] < 400,
}


def weak() -> set[str]:
    """What the host still does."""
    assert handshake("X25519"), "no TLS at all"
    return {name for name, happens in WEAK.items() if happens()}


def test_a_hardened_host_does_no_more_what_it_did_before(
    fresh: Callable[..., None], as_hardened: Callable[..., Hardened]
) -> None:
    fresh(HOST)
    assert weak() == set(WEAK)
    as_hardened(HOST)
    assert weak() == set()
