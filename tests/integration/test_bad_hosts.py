"""Hosts that cannot be read: one clear line each, not_evaluated with the reason, the rest unharmed, the code right."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor import lab
from tests.lab.fixtures import INVENTORY, Ended, Hardened

Write = Callable[[dict[str, dict[str, Any]]], str]


@pytest.fixture
def inventory_of(tmp_path: Path) -> Write:
    """An inventory with the lab's web2 and hosts of one's own."""
    base = yaml.safe_load(Path(INVENTORY, "hosts.yml").read_text("utf-8"))["all"]
    sound = base["children"]["webservers"]["hosts"]["web2"]

    def write(hosts: dict[str, dict[str, Any]]) -> str:
        folder = tmp_path / "inventory"
        folder.mkdir(exist_ok=True)
        whole = {"all": {"vars": base["vars"], "hosts": {"web2": sound, **hosts}}}
        (folder / "hosts.yml").write_text(yaml.safe_dump(whole, allow_unicode=True), "utf-8")
        return str(folder)

    return write


def audited(
    auditor: Callable[..., Ended], inventory: str, out: Path
) -> tuple[Ended, dict[str, set[str]], dict[str, str]]:
    ended = auditor("audit", "-i", inventory, "--output", str(out), "--lang", "en", "--fail-on", "critical")
    document = json.loads((out / "findings.json").read_text("utf-8"))
    statuses: dict[str, set[str]] = {}
    reasons: dict[str, str] = {}
    for finding in document["findings"]:
        if finding["control"].startswith("office."):
            continue  # about the office's papers, which no host has to be read for
        statuses.setdefault(finding["host"], set()).add(finding["status"])
        if finding["status"] == "not_evaluated":
            reasons[finding["host"]] = finding["reason"]["en"]
    return ended, statuses, reasons


SITE = [{"domain": "x.test"}]
WEB3 = {"ansible_host": "10.213.47.13", "luytre_sites": SITE}


def test_unreachable_refused_and_changed_keys(
    fresh: Callable[..., None], auditor: Callable[..., Ended], inventory_of: Write, tmp_path: Path
) -> None:
    fresh("web2", "web3")
    other_key = tmp_path / "key"
    import subprocess

    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other_key)], check=True)
    wrong = tmp_path / "known_hosts"
    public = other_key.with_name("key.pub").read_text("ascii").split()
    wrong.write_text(f"10.213.47.13 {public[0]} {public[1]}\n", "ascii")
    strict = f"-o UserKnownHostsFile={wrong} -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes"
    folder = inventory_of(
        {
            "gone": {"ansible_host": "10.213.47.99", "luytre_sites": [{"domain": "gone.test"}]},
            "refused": {**WEB3, "ansible_ssh_private_key_file": str(other_key)},
            "changed": {"ansible_host": "10.213.47.13", "ansible_ssh_common_args": strict},
        }
    )
    ended, statuses, reasons = audited(auditor, folder, tmp_path / "out")
    assert statuses["gone"] == statuses["refused"] == statuses["changed"] == {"not_evaluated"}
    assert "could not be reached" in reasons["gone"]
    assert "refused our SSH key" in reasons["refused"]
    assert "differs from the recorded one" in reasons["changed"]
    assert "pass" in statuses["web2"]
    assert ended.code in (1, 3)
    for host in ("gone", "refused", "changed"):
        assert len([line for line in ended.err.splitlines() if line.startswith(f"{host}:")]) == 1, ended.err


def answers_badly(said: tuple[Ended, dict[str, set[str]], dict[str, str]], words: str) -> None:
    """Assert that web3 is told not to be evaluated, in such words, and web2 is."""
    ended, statuses, reasons = said
    assert statuses["web3"] == {"not_evaluated"}
    assert words in reasons["web3"]
    assert len(reasons["web3"]) < 400
    assert "pass" in statuses["web2"]
    assert ended.code in (1, 3)


def test_a_host_on_which_we_may_not_use_sudo(
    fresh: Callable[..., None], auditor: Callable[..., Ended], inventory_of: Write, tmp_path: Path
) -> None:
    fresh("web3")
    lab.run_on_machine_as_root("web3", "rm /etc/sudoers.d/*; gpasswd -d luytre sudo || true; sudo -l -U luytre")
    answers_badly(audited(auditor, inventory_of({"web3": WEB3}), tmp_path / "out"), "may not use sudo")


def test_a_host_without_python_and_one_that_answers_as_it_likes(
    fresh: Callable[..., None], auditor: Callable[..., Ended], inventory_of: Write, tmp_path: Path
) -> None:
    fresh("web3")
    folder = inventory_of({"web3": WEB3})
    lab.run_on_machine_as_root("web3", "mv /usr/bin/python3 /usr/bin/python3.away")
    answers_badly(audited(auditor, folder, tmp_path / "out"), "no Python 3")
    for answer in (
        'head -c 50000000 /dev/zero | tr "\\0" x',
        'echo "{{ 7*7 }} <script>"',
        'echo "{}"',
    ):
        lab.run_on_machine_as_root(
            "web3", f"printf '%s\\n' '#!/bin/sh' '{answer}' > /usr/bin/python3; chmod 755 /usr/bin/python3"
        )
        answers_badly(audited(auditor, folder, tmp_path / "out"), "")


def test_a_full_disk_is_named_and_only_its_host_fails(
    as_hardened: Callable[..., Hardened], auditor: Callable[..., Ended], tmp_path: Path
) -> None:
    as_hardened("web2", "web3")
    loosened = "rm /etc/ssh/sshd_config.d/00-luytre.conf; systemctl reload ssh"
    lab.run_on_machine_as_root("web2", loosened)
    lab.run_on_machine_as_root(
        "web3",
        f"{loosened}; mount -t tmpfs -o size=8k full /etc/ssh/sshd_config.d; head -c 9000 /dev/zero > /etc/ssh/sshd_config.d/filler.txt",
    )
    audit = auditor("audit", "-i", INVENTORY, "--limit", "web3", "--output", str(tmp_path / "o"), "--json")
    assert all(f["status"] != "not_evaluated" for f in audit.json["findings"])
    ended = auditor(
        *("harden", "-i", INVENTORY, "--limit", "web2,web3", "--batch", "100%", "--output", str(tmp_path / "o")),
        *("--yes", "--lang", "en", "--json"),
    )
    assert ended.code == 1
    states = {host["host"]: (host["state"], host["why"]) for host in ended.json["hardening"]["hosts"]}
    assert states["web2"][0] == "confirmed"
    assert states["web3"][0] == "reverted"
    assert "disk is full" in states["web3"][1]["en"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("audit", "-i", "nowhere"), "không có bảng kiểm kê này"),
        (("audit", "-i", INVENTORY, "--limit", "web9"), "không có máy chủ hoặc trang nào"),
        (("report", "20200101T00"), "có mã bắt đầu bằng 20200101T00"),
        (("controls", "show", "ssh.nothing"), "không có yêu cầu ssh.nothing"),
        (("lab", "drill"), "chọn một trong hai"),
        (("harden", "-i", "nowhere", "--yes"), "không có bảng kiểm kê này"),
    ],
)
def test_a_wrong_request_is_one_line_and_code_2(
    auditor: Callable[..., Ended], arguments: tuple[str, ...], words: str
) -> None:
    ended = auditor(*arguments)
    assert ended.code == 2
    assert words in ended.err
    assert len(ended.err.strip().splitlines()) == 1
    assert ended.out == ""
