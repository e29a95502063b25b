"""How the lab's machines are reached, and how its commands answer bad requests."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from auditor.cli import app
from auditor.errors import InputError
from auditor.lab import build_ssh_command_of_machine, get_folder_of_changes_on_machine, ssh
from auditor.lab.layers import ImageLayer
from auditor.lab.spec import load_lab_spec
from auditor.lab.state import LabState, get_lab_state_in_use


def test_ssh_is_strict_and_reads_nothing_of_the_persons_own(tmp_path: Path) -> None:
    arguments = ssh.build_ssh_command_of_machine(load_lab_spec(), "web2", LabState(tmp_path))
    assert arguments[:3] == ["ssh", "-F", "/dev/null"]
    assert "StrictHostKeyChecking=yes" in arguments
    assert f"UserKnownHostsFile={tmp_path}/ssh/known_hosts" in arguments
    assert "GlobalKnownHostsFile=/dev/null" in arguments
    assert arguments[-1] == "luytre@10.213.47.12"


@pytest.mark.parametrize("words", [["printf", "%s\n", "a b", "$HOME", "'; reboot"], ["true"]])
def test_arguments_reach_the_machine_as_they_are(words: list[str]) -> None:
    remote = ssh.build_remote_command_run_as_root(words)
    assert shlex.split(remote) == ["sudo", "-n", "--", *words]
    local = remote.removeprefix("sudo -n -- ")
    direct = subprocess.run(words, capture_output=True, check=True).stdout
    assert subprocess.run(["sh", "-c", local], capture_output=True, check=True).stdout == direct


def test_a_script_is_one_argument_of_a_shell() -> None:
    assert shlex.split(ssh.build_remote_command_run_as_root("cd / && ls; exit 3"))[3:] == [
        "sh",
        "-c",
        "cd / && ls; exit 3",
    ]


def test_host_keys_come_from_the_image(tmp_path: Path) -> None:
    own = LabState(tmp_path)
    top = ImageLayer(title="web1", script="site.sh", below=None, inputs={})
    keys = top.files(own.image_layer_cache_folder) / "etc/ssh"
    keys.mkdir(parents=True)
    (keys / "ssh_host_ed25519_key.pub").write_text("ssh-ed25519 AAAA root@web1\n")
    (keys / "ssh_host_ed25519_key").write_text("private")
    assert ssh.format_known_hosts(load_lab_spec(), {"web1": top}, own) == "web1,10.213.47.11 ssh-ed25519 AAAA\n"


def test_the_state_directory_can_be_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUYTRE_LAB_STATE", str(tmp_path))
    assert get_lab_state_in_use().root == tmp_path
    assert get_folder_of_changes_on_machine("web3") == tmp_path / "machines/web3/upper"
    assert f"{tmp_path}/ssh/automation" in build_ssh_command_of_machine("web1")


def test_an_unknown_machine_is_named_with_those_that_exist() -> None:
    with pytest.raises(InputError, match="no machine 'web9' — one of web1, web2, web3"):
        get_folder_of_changes_on_machine("web9")


@pytest.mark.parametrize("arguments", [["exec", "web9", "--", "true"], ["ssh", "web9"]])
def test_the_command_line_answers_an_unknown_machine(arguments: list[str]) -> None:
    with pytest.raises(InputError, match="the lab has no machine 'web9' — one of web1, web2, web3"):
        CliRunner().invoke(app, ["lab", *arguments], catch_exceptions=False)


def test_missing_tools_are_named_with_the_command_that_installs_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("shutil.which", lambda program: None if program == "mmdebstrap" else f"/usr/bin/{program}")
    with pytest.raises(InputError, match="apt-get install mmdebstrap"):
        CliRunner().invoke(app, ["lab", "up"], catch_exceptions=False)


def test_somebody_else_than_root_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(InputError, match="the lab requires root"):
        CliRunner().invoke(app, ["lab", "down"], catch_exceptions=False)
