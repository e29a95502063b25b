"""What a hardened host refuses, tried on it and on the host before: what happens there, and not what a control of some version says of it."""

from __future__ import annotations

import http.client
import socket
import ssl
import subprocess
from collections.abc import Callable

import pytest

from auditor import lab
from tests.lab.fixtures import Hardened

TLS = "openssl s_client -connect 127.0.0.1:443 -servername {site} -groups {group} -brief < /dev/null"
OPENS = """set -e
printf '%s' '<?php echo @file_get_contents("http://127.0.0.1:3999/") === false ? "refused" : "opened";' > /var/www/{site}/thu.php
chmod 644 /var/www/{site}/thu.php
mkdir /srv/thu
systemd-run -q --unit thu python3 -m http.server 3999 --bind 127.0.0.1 --directory /srv/thu
until ss -Hltn 'sport = :3999' | grep -q .; do sleep 0.1; done"""
INTERFACE = """ip link add thu0 type veth peer name thu1
said=$(cat /proc/sys/net/ipv4/conf/thu0/accept_source_route); ip link del thu0; test "$said" = 1"""
LENDS = """cp /usr/bin/id /var/tmp/thu-id && chmod 4755 /var/tmp/thu-id
test "$(setpriv --reuid=33 --regid=33 --clear-groups /var/tmp/thu-id -u)" = 0"""
FEW_ROUNDS = """useradd -M thu && echo thu:mot-mat-khau-26 | chpasswd -c SHA512
rounds=$(getent shadow thu | sed -nE 's/^thu:[$]6[$]rounds=([0-9]+)[$].*/\\1/p'); userdel thu; test "${rounds:-5000}" -lt 65536"""


def site_of(host: str) -> str:
    return next(iter(lab.load_lab_spec().hosts[host].sites))


def does(host: str, script: str) -> bool:
    return lab.run_on_machine_as_root(host, script).returncode == 0


def asks(host: str, method: str, path: str) -> tuple[int, bytes]:
    context, site = ssl._create_unverified_context(), site_of(host)  # noqa: S323  the lab's own certificates
    there = http.client.HTTPSConnection(site, timeout=20)
    address = (str(lab.load_lab_spec().hosts[host].address), 443)
    there.sock = context.wrap_socket(socket.create_connection(address, 20), server_hostname=site)
    there.request(method, path)
    answer = there.getresponse()
    body = answer.read()
    there.close()
    return answer.status, body


def handshake(host: str, group: str) -> bool:
    return does(host, TLS.format(site=site_of(host), group=group))


def opens_addresses(host: str) -> bool:
    made = lab.run_on_machine_as_root(host, OPENS.format(site=site_of(host)))
    assert made.returncode == 0, made.stderr
    said = asks(host, "GET", "/thu.php")
    assert said in ((200, b"opened"), (200, b"refused")), said
    return said[1] == b"opened"


def changes_personality(host: str) -> bool:
    asked = lab.build_ssh_command_of_machine(host, remote="setarch --addr-no-randomize true")
    return subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False).returncode == 0


METHODS = "methods that no site uses"
WEAK: dict[str, Callable[[str], bool]] = {
    "a curve that costs the server much": lambda host: handshake(host, "P-521"),
    "addresses opened as files by PHP": opens_addresses,
    "programs run from /var/tmp": lambda host: does(host, "cp /bin/true /var/tmp/thu && /var/tmp/thu"),
    "rights lent by programs in /var/tmp": lambda host: does(host, LENDS),
    "devices in /var/tmp": lambda host: does(host, "mknod /var/tmp/thu-null c 1 3 && echo > /var/tmp/thu-null"),
    "routes of the sender's choice on a later interface": lambda host: does(host, INTERFACE),
    "redirects to other networks": lambda host: does(host, "grep -q 1 /proc/sys/net/ipv4/conf/eth0/shared_media"),
    "hashes of few rounds": lambda host: does(host, FEW_ROUNDS),
    "another personality in a session over SSH": changes_personality,
    METHODS: lambda host: asks(host, "TRACK", "/")[0] < 400,
}
OF_HOSTS = {"web1": WEAK.keys() - {METHODS}, "web2": WEAK.keys()}
"""On Debian 13, and with Apache on Debian 12: nginx by itself refuses such methods."""


def weak(host: str) -> set[str]:
    """What the host still does."""
    assert handshake(host, "X25519"), "no TLS at all"
    return {name for name in OF_HOSTS[host] if WEAK[name](host)}


@pytest.mark.parametrize("host", OF_HOSTS)
def test_a_hardened_host_does_no_more_what_it_did_before(
    host: str, fresh: Callable[..., None], as_hardened: Callable[..., Hardened]
) -> None:
    fresh(host)
    assert weak(host) == OF_HOSTS[host]
    as_hardened(host)
    assert weak(host) == set()
