"""What ssh itself makes of our command lines, with an ssh_config that lends hosts all there is."""

from __future__ import annotations

import configparser
import shlex
import subprocess
from pathlib import Path

import pytest

from auditor.fleet import ssh_options
from auditor.hardening.health import probes
from auditor.inventory.reach import Reach

GENEROUS = """\
ForwardAgent yes
ForwardX11 yes
ForwardX11Trusted yes
GSSAPIDelegateCredentials yes
Tunnel point-to-point
PermitLocalCommand yes
LocalCommand touch /tmp/owned
RemoteCommand /bin/false
RemoteForward 2222 127.0.0.1:22
LocalForward 2223 127.0.0.1:22
DynamicForward 2224
"""


def in_force(folder: Path, *arguments: str) -> dict[str, str]:
    config = folder / "ssh_config"
    config.write_text(GENEROUS, "utf-8")
    done = subprocess.run(["ssh", "-F", config, "-G", *arguments], capture_output=True, text=True, check=True)
    return dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)


def lent(options: dict[str, str]) -> dict[str, str]:
    return {
        key: value
        for key, value in options.items()
        if key in ("localforward", "remoteforward", "dynamicforward", "remotecommand")
        or (key in ("forwardagent", "forwardx11", "gssapidelegatecredentials", "tunnel")
            and value not in ("no", "false"))
        or (key == "permitlocalcommand" and value != "no")
    }  # fmt: skip


def plain_ansible() -> list[str]:
    read = configparser.ConfigParser()
    read.read("ansible.cfg", "utf-8")
    return shlex.split(read["ssh_connection"]["ssh_args"])


OTHERWISE = ("-o", "ForwardAgent=yes", "-A", "-X", "-R", "2222:127.0.0.1:22")
"""What an inventory may say."""


def ansibles(*own: str) -> list[str]:
    return ssh_options.build_ssh_command([*own, "192.0.2.1"])[1:-1]


def probing(*own: str) -> list[str]:
    command = probes.build_ssh_probe_command(Reach("192.0.2.1", 22, "luytre", None, tuple(own), None, None))
    return command[1 : command.index("--")]


def test_the_config_of_this_test_lends(tmp_path: Path) -> None:
    assert len(lent(in_force(tmp_path, "192.0.2.1"))) == 9


@pytest.mark.parametrize(
    "options",
    [ansibles(), ansibles(*OTHERWISE), plain_ansible(), probing(), probing(*OTHERWISE)],
    ids=["Ansible", "Ansible, told otherwise", "plain Ansible", "probes", "probes, told otherwise"],
)
def test_nothing_of_this_machine_is_lent_to_a_host(tmp_path: Path, options: list[str]) -> None:
    assert lent(in_force(tmp_path, *options, "192.0.2.1")) == {}


def test_the_door_adds_them_where_ssh_reads_them() -> None:
    assert ssh_options.build_ssh_command(["-tt", "192.0.2.1", "true"])[-4:] == ["192.0.2.1", "-a", "-x", "true"]
    assert ssh_options.build_ssh_command(["-O", "stop", "192.0.2.1"])[-4:] == ["stop", "-a", "-x", "192.0.2.1"]


def test_the_agent_goes_along_for_a_key_with_a_passphrase(tmp_path: Path) -> None:
    given = {"SSH_AUTH_SOCK": "/run/agent"}
    for name, passphrase, goes in (("bare", "", False), ("locked", "mật khẩu", True)):
        for kind in (["ed25519"], ["rsa", "-m", "PEM"]):
            file = tmp_path / f"{name}-{kind[0]}"
            subprocess.run(["ssh-keygen", "-q", "-t", *kind, "-N", passphrase, "-f", str(file)], check=True)
            assert (ssh_options.select_environment_with_needed_agent(given, [str(file)]) == given) is goes, file


def test_the_agent_goes_along_only_where_a_host_has_no_key() -> None:
    given = {"SSH_AUTH_SOCK": "/run/agent", "HOME": "/root"}
    assert ssh_options.select_environment_with_needed_agent(given, ["/k", "/l"]) == {"HOME": "/root"}
    assert ssh_options.select_environment_with_needed_agent(given, ["/k", None]) == given
