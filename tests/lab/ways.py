"""A matrix of ways in on a lab host, each tried for real from the controller's side of the lab.

``prepare`` lays it over a host as an admin would have grown it: accounts, keys, Match blocks, a second port, a code
beside the key, certificates, AllowGroups. ``try_all`` comes in by every way and says by which it got in.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from auditor import lab
from auditor.lab.spec import load_lab_spec

PASSWORD = "Lua-chin-7"  # noqa: S105  of the lab
CODE = "482913"
DROPIN = "/etc/ssh/sshd_config.d/05-ways.conf"
BEHIND = "10.213.47.12:22"


@dataclass(frozen=True)
class Way:
    """Record of how somebody comes in."""

    name: str
    account: str
    methods: str
    port: int = 22
    secret: str = PASSWORD
    address: str = ""
    """Of the host; its own IPv4 address by default, ``link-local`` for its IPv6 one."""
    certificate: bool = False
    through: str = ""
    """What lies behind the host, for a way that goes on through it."""
    needs: tuple[str, ...] = ()
    """The controls that close it."""
    lines: tuple[str, ...] = field(default=())
    """The host's settings for it, in a Match block of their own."""
    criteria: str = ""

    @property
    def by_key(self) -> bool:
        return "publickey" in self.methods


PASSWORDS = ("ssh.password_auth",)
WAYS = (
    Way("key", "khoa", "publickey"),
    Way("password", "matkhau", "password", needs=PASSWORDS, lines=("PasswordAuthentication yes",)),
    Way(
        "key and password",
        "haikhoa",
        "publickey,password",
        needs=PASSWORDS,
        lines=("PasswordAuthentication yes", "AuthenticationMethods publickey,password"),
    ),
    Way(
        "key and code",
        "otp",
        "publickey,keyboard-interactive",
        secret=CODE,
        needs=PASSWORDS,
        lines=("KbdInteractiveAuthentication yes", "AuthenticationMethods publickey,keyboard-interactive"),
    ),
    Way("certificate", "chungthu", "publickey", certificate=True),
    Way(
        "Match Address",
        "mang",
        "password",
        needs=PASSWORDS,
        criteria="User mang Address 10.213.0.0/16",
        lines=("PasswordAuthentication yes",),
    ),
    Way(
        "port 2222",
        "cong",
        "password",
        port=2222,
        needs=PASSWORDS,
        criteria="LocalPort 2222",
        lines=("PasswordAuthentication yes",),
    ),
    Way("IPv6", "sau", "publickey", address="link-local"),
    Way("root by key", "root", "publickey"),
    Way("jump", "nhay", "publickey", through=BEHIND, needs=("ssh.tcp_forwarding",)),
)
GROUP = "ways"


def prepare(host: str, folder: Path) -> None:
    """Lay all of it over the host; ``folder`` gets the keys that open it."""
    for name in ("key", "ca"):
        _quietly("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(folder / name))
    people = ",".join(way.account for way in WAYS if way.certificate)
    _quietly("cp", str(folder / "key.pub"), str(folder / "certified.pub"))
    _quietly("cp", str(folder / "key"), str(folder / "certified"))
    _quietly("ssh-keygen", "-q", "-s", str(folder / "ca"), "-I", "ways", "-n", people, str(folder / "certified.pub"))
    blocks = [
        f"Match {way.criteria or 'User ' + way.account}\n" + "".join(f"    {line}\n" for line in way.lines)
        for way in WAYS
        if way.lines
    ]
    settings = (
        "Port 22\nPort 2222\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        f"TrustedUserCAKeys /etc/ssh/ways_ca.pub\nAllowGroups {GROUP} luytre quantri root\n" + "".join(blocks)
    )
    make = "".join(
        (
            ""
            if way.account == "root"
            else f"useradd -m -s /bin/bash -G {GROUP} {way.account}\necho '{way.account}:{PASSWORD}' | chpasswd\n"
        )
        + (_authorize(way.account, (folder / "key.pub").read_text()) if way.by_key and not way.certificate else "")
        for way in WAYS
    )
    script = f"""set -eu
groupadd {GROUP}
{make}
printf '%s' '{(folder / "ca.pub").read_text()}' > /etc/ssh/ways_ca.pub
printf '%s' '{settings}' > {DROPIN}
printf '%s\\n' '#!/bin/sh' 'read -r code; test "$code" = {CODE}' > /usr/local/sbin/ways-code
chmod 755 /usr/local/sbin/ways-code
sed -i '1i auth [default=1 success=ignore] pam_succeed_if.so quiet user = otp\\nauth [success=done default=die] pam_exec.so quiet expose_authtok /usr/local/sbin/ways-code' /etc/pam.d/sshd
sshd -t
systemctl reload ssh.service
for i in $(seq 50); do ss -Hltn 'sport = :2222' | grep -q . && break; sleep 0.1; done
"""
    done = lab.run_on_machine_as_root(host, script)
    if done.returncode:
        raise RuntimeError(done.stderr.decode())


def _authorize(account: str, key: str) -> str:
    home = "/root/.ssh" if account == "root" else f"/home/{account}/.ssh"
    return f"install -d -m 700 -o {account} -g {account} {home}\nprintf '%s' '{key}' >> {home}/authorized_keys\n"


def try_all(host: str, folder: Path, ways: Sequence[Way] = WAYS) -> Mapping[str, bool]:
    """Come in by every way, all at once: its name to whether it got in."""
    with ThreadPoolExecutor(4) as pool:
        return dict(
            zip((way.name for way in ways), pool.map(lambda way: gets_in(host, way, folder), ways), strict=True)
        )


def gets_in(host: str, way: Way, folder: Path) -> bool:
    """Return whether somebody gets in by that way, or on through the host to what lies behind it."""
    done = subprocess.run(
        [*_command(host, way, folder), *(["-W", way.through] if way.through else []), _target(host, way), *([] if way.through else ["true"])],
        env=_answering(way, folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=30,
        check=False,
    )  # fmt: skip
    return done.stdout.startswith(b"SSH-2.0") if way.through else done.returncode == 0


@contextmanager
def going_on(host: str, folder: Path, ways: Sequence[Way] = WAYS) -> Iterator[None]:
    """Somebody is on the host behind this one meanwhile."""
    (way,) = (way for way in ways if way.through)
    command = [*_command(host, way, folder), "-W", way.through, _target(host, way)]
    with subprocess.Popen(command, env=_answering(way, folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as jump:
        try:
            assert jump.stdout is not None
            assert jump.stdout.readline().startswith(b"SSH-2.0")
            yield
        finally:
            jump.kill()


@contextmanager
def another_address(address: str = "10.213.47.99/24") -> Iterator[str]:
    """A second address of this machine in the lab's network: whoever comes from it is somebody else to a host."""
    where = (address, "dev", load_lab_spec().network.bridge)
    _quietly("ip", "addr", "add", *where, *(["nodad"] if ":" in address else []))
    try:
        yield address.partition("/")[0]
    finally:
        _quietly("ip", "addr", "del", *where)


def _command(host: str, way: Way, folder: Path) -> list[str]:
    options = {
        "StrictHostKeyChecking": "no",
        "UserKnownHostsFile": "/dev/null",
        "GlobalKnownHostsFile": "/dev/null",
        "LogLevel": "ERROR",
        "ConnectTimeout": "10",
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "NumberOfPasswordPrompts": "1",
        "PreferredAuthentications": way.methods,
        **({"CertificateFile": str(folder / "certified-cert.pub")} if way.certificate else {}),
    }
    words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    key = folder / ("certified" if way.certificate else "key")
    return ["ssh", "-F", "/dev/null", *words, "-i", str(key if way.by_key else "/dev/null"), "-p", str(way.port)]


def _target(host: str, way: Way) -> str:
    known = load_lab_spec()
    address = str(known.hosts[host].address)
    if way.address == "link-local":
        found = lab.run_on_machine_as_root(host, "ip -6 -o addr show dev eth0 scope link").stdout.decode().split()
        address = found[found.index("inet6") + 1].partition("/")[0] + "%" + known.network.bridge
    return f"{way.account}@{address}"


def _answering(way: Way, folder: Path) -> dict[str, str]:
    """Return the environment in which ssh is told the password or the code when it asks."""
    asked = folder / f"answer-{way.account}"
    if not asked.exists():
        asked.write_text(f"#!/bin/sh\necho '{way.secret}'\n")
        asked.chmod(0o700)
    return {"PATH": os.environ["PATH"], "SSH_ASKPASS": str(asked), "SSH_ASKPASS_REQUIRE": "force", "HOME": str(folder)}


def _quietly(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
