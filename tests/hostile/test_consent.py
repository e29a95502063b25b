"""An admin in a hurry: whatever is chosen by tags, left out or interrupted, nothing is made that nobody accepted."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from auditor import lab
from auditor.system import resources
from tests.lab.fixtures import BIN, INVENTORY, Ended, environment, play, quiet, run

HOST = "web3"
DROPIN = "/etc/ssh/sshd_config.d/00-luytre.conf"
TIMEOUT_SCRIPT = "etc/profile.d/00-luytre.sh"
SYSCTLS = "etc/sysctl.d/zz-luytre.conf"
VENDOR = """
printf 'PasswordAuthentication yes\\nKbdInteractiveAuthentication yes\\nX11Forwarding yes\\n' > /etc/ssh/sshd_config.d/01-vendor.conf
systemctl reload ssh
"""
OLD_LIST = """
mkdir -p /etc/ansible/facts.d
echo '{"ssh.password_auth": [], "firewall.default_deny": []}' > /etc/ansible/facts.d/luytre.fact
"""
"""What an earlier version says is in force, of controls that were never applied."""
ROOT = Path(__file__).parents[2]
ROLES_PAGE = ROOT / "docs/en/roles.md"
OURS = ":".join(str(folder) for folder in resources.list_role_folders())
RUNS = "cat $(ls /var/lib/luytre/guard/2*/state.json | sort | tail -1)"


def on_host(script: str) -> str:
    done = lab.run_on_machine_as_root(HOST, script)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def by_password() -> str:
    return re.findall(r"^passwordauthentication (\w+)", on_host("sshd -T"), re.MULTILINE)[0]


def in_etc(path: str) -> bool:
    return (lab.get_folder_of_changes_on_machine(HOST) / path).exists()


@pytest.fixture(scope="module")
def place(booted: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The host, bare, and careless with passwords; a folder with an inventory in which nothing is accepted."""
    lab.reset_machines_to_pristine_image([HOST])
    quiet(HOST)
    on_host(VENDOR)
    folder = tmp_path_factory.mktemp("consent")
    (folder / "lab").mkdir()
    known = Path(INVENTORY, "hosts.yml").read_text("utf-8")
    (folder / "lab" / "hosts.yml").write_text(re.sub(r"(?m)^    luytre_accept:\n(?:      - .*\n)+", "", known), "utf-8")
    return folder


@pytest.fixture(scope="module")
def state(place: Path) -> Mapping[str, str]:
    return environment(place)


@pytest.fixture
def plain(state: Mapping[str, str]) -> Callable[..., Ended]:
    """harden.yml on the host as an admin without the auditor plays it, accepting what is named and nothing else."""

    def harden(*arguments: str, accept: str = "") -> Ended:
        given = ("-e", json.dumps({"luytre_accept": accept}), "--limit", HOST, *arguments)
        return play(state, "playbooks/harden.yml", *given)

    return harden


def test_a_run_that_changes_nothing_ends_well_with_any_choice_of_tags(plain: Callable[..., Ended]) -> None:
    ended = plain("--tags", "sudo,ssh.max_startups", "--skip-tags", "sudo.logfile", "--check")
    assert ended.code == 0, ended.out[-3000:]
    assert "changed=0" not in ended.out
    assert not in_etc(DROPIN[1:])
    assert not in_etc("etc/sudoers.d/zz-luytre")
    assert by_password() == "yes"


def test_imported_by_others_it_makes_what_tags_choose_with_a_way_back_and_never_plays_a_role_of_theirs(
    state: Mapping[str, str], place: Path
) -> None:
    theirs = place / "theirs"
    (theirs / "roles/ssh/tasks").mkdir(parents=True)
    (theirs / "roles/ssh/tasks/main.yml").write_text(
        "- {name: Theirs, ansible.builtin.fail: {msg: theirs}, tags: [always]}\n", "utf-8"
    )
    (shown,) = (
        block
        for block in re.findall(r"```yaml\n(.*?)```", ROLES_PAGE.read_text("utf-8"), re.DOTALL)
        if "import_playbook" in block
    )
    (theirs / "lockdown.yml").write_text(
        shown.replace("/opt/luytre", str(ROOT)).replace("luytre_hosts: web", f"luytre_hosts: {HOST}"), "utf-8"
    )
    chosen = ("--tags", "ssh", "--skip-tags", "ssh.password_auth,ssh.root_login", "-e", '{"luytre_accept": ""}')
    runs = "ls -d /var/lib/luytre/guard/*/ 2>/dev/null | wc -l"
    before = on_host(runs)
    refused = play({**state, "ANSIBLE_ROLES_PATH": f"{theirs / 'roles'}:{OURS}"}, str(theirs / "lockdown.yml"), *chosen)
    assert refused.code != 0
    assert str(theirs / "roles/ssh") in refused.out
    assert not in_etc(DROPIN[1:])
    ended = play({**state, "ANSIBLE_ROLES_PATH": OURS}, str(theirs / "lockdown.yml"), *chosen)
    assert ended.code == 0, ended.out[-3000:]
    assert int(on_host(runs)) == int(before) + 1
    assert not in_etc("etc/sudoers.d/zz-luytre")
    assert by_password() == "yes"
    assert "X11Forwarding no" in on_host(f"cat {DROPIN}")


def test_what_was_skipped_and_is_held_is_not_made_by_the_next_hardening(
    place: Path, state: Mapping[str, str], plain: Callable[..., Ended]
) -> None:
    assert plain("--tags", "ssh", "--skip-tags", "ssh.password_auth", accept="ssh.password_auth").code == 0
    on_host(f"sed -i '/X11/d' {DROPIN}; systemctl reload ssh")  # so that the shared file is written again
    on_host(OLD_LIST)
    ended = run(
        state,
        *("harden", "-i", str(place / "lab"), "--limit", HOST, "--yes", "--json", "--lang", "en"),
        *("--output", str(place / "out")),
    )
    assert ended.code == 0, ended.err
    (host,) = ended.json["plan"]["hosts"]
    held = {change["control"] for change in host["changes"] if change["held"]}
    assert {"ssh.password_auth", "firewall.default_deny"} <= held
    assert by_password() == "yes"
    assert "PasswordAuthentication" not in on_host(f"cat {DROPIN}")
    assert "X11Forwarding no" in on_host(f"cat {DROPIN}")
    assert not in_etc("etc/nftables.d/luytre.nft")


def test_plain_ansible_lists_what_is_dangerous_and_leaves_it(plain: Callable[..., Ended]) -> None:
    ended = plain("--tags", "firewall,ssh.password_auth")
    assert ended.code == 0, ended.out[-3000:]
    assert "ssh.password_auth: " in ended.out
    assert "firewall.ssh_sources: " in ended.out
    assert "luytre_accept" in ended.out
    assert by_password() == "yes"
    assert not in_etc("etc/nftables.d/luytre.nft")
    for name, given in (
        ("luytre_plan", {HOST: {"ssh.password_auth": []}}),
        ("luytre_apply", {"ssh.password_auth": []}),
    ):
        assert plain("--tags", "ssh", "-e", json.dumps({name: given})).code != 0
    assert by_password() == "yes"


def test_what_is_accepted_by_name_is_made_alone_and_taken_back_as_it_says(
    state: Mapping[str, str], plain: Callable[..., Ended]
) -> None:
    ended = plain("--tags", "firewall,ssh", accept="ssh.password_auth, firewall.default_deny")
    assert ended.code == 0, ended.out[-3000:]
    assert by_password() == "no"
    rules = on_host("cat /etc/nftables.d/luytre.nft")
    assert "policy drop" in rules
    assert "ip saddr" not in rules  # who may reach SSH is a control of its own, and was not accepted
    (command,) = re.findall(r"ansible-playbook (-i [^\"]*)", ended.out)
    undone = play(state, *shlex.split(command))
    assert undone.code == 0, undone.out[-3000:]
    assert by_password() == "yes"
    assert not in_etc("etc/nftables.d/luytre.nft")


def test_an_area_that_fails_brings_back_what_the_areas_before_it_did(plain: Callable[..., Ended]) -> None:
    on_host("rm -f /etc/profile.d/00-luytre.sh")
    broken = (
        "-e",
        json.dumps({"ssh_max_startups": [10]}),
    )  # of the right kind: the wrong one is met before the first area
    ended = plain("--tags", "accounts.session_timeout,ssh", "--force-handlers", *broken)
    assert ended.code != 0
    assert "the host is as it was before" in ended.out
    assert f"/{TIMEOUT_SCRIPT}" not in on_host("ls /etc/profile.d/*")
    assert json.loads(on_host(RUNS))["state"] == "reverted"


def state_of_the_run() -> str:
    """Empty while the host ends the sessions of the account by which the run came, and this one with them."""
    done = lab.run_on_machine_as_root(HOST, RUNS)
    return str(json.loads(done.stdout)["state"]) if done.returncode == 0 else ""


def test_a_run_that_stops_brings_the_host_back_by_itself_and_changes_nothing_when_it_goes_on(
    state: Mapping[str, str],
) -> None:
    on_host(f"rm -f /{TIMEOUT_SCRIPT} /{SYSCTLS}")
    given = {"luytre_accept": [], "luytre_seconds": 15}
    playing = subprocess.Popen(
        [
            *(BIN / "ansible-playbook", "-i", INVENTORY, "playbooks/harden.yml", "--limit", HOST),
            *("--tags", "accounts.session_timeout,kernel", "-e", json.dumps(given)),
        ],
        env=dict(state),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while playing.poll() is None and not (lab.get_folder_of_changes_on_machine(HOST) / TIMEOUT_SCRIPT).is_file():
            time.sleep(0.05)
        playing.send_signal(signal.SIGSTOP)
        until = time.monotonic() + 300
        while (came_to := state_of_the_run()) != "reverted" and time.monotonic() < until:
            time.sleep(0.5)
        assert came_to == "reverted"
        playing.send_signal(signal.SIGCONT)
        assert playing.wait(300) != 0
    finally:
        playing.kill()
        playing.wait()
    assert f"/{TIMEOUT_SCRIPT}" not in on_host("ls /etc/profile.d/*")
    assert f"/{SYSCTLS}" not in on_host("ls /etc/sysctl.d/*")
