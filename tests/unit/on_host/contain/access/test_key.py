"""What takes a key out of force: which lines let it in, what it refuses, and that files come back to the byte."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils.luytre_shared.incidents import action_runner, auto_revert, keys, systemd_units
from ansible.module_utils.luytre_shared.os import accounts

from tests.unit.leased import leased
from tests.unit.on_host.contain.programs import program

US = ("198.51.100.1", "50000", "192.0.2.10", "22")
BAD = b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGKGtDTOTTFENJJ1UIL/QiCJpNVGuqBcL1BtEaSb78jE root@web1"
GOOD = b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHB+XOkYio528KxX4tdfi45ymfDWeVS19slZmrnWRLob ours"
KEY = "SHA256:WPxiTOIJ29Avp31Y7FfnKXJXu2gelIMoFjkvk8AK3zs"
MARK = b"# SC-20261127-1/1: "


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    own = program("key.py")
    for account in ("luytre", "an", "binh"):
        folder = tmp_path / "home" / account / ".ssh"
        folder.mkdir(parents=True, mode=0o700)
        (folder / "authorized_keys").write_bytes(GOOD + b"\n")

    def entry(name: str) -> pwd.struct_passwd:
        return pwd.struct_passwd((name, "x", os.getuid(), os.getgid(), "", str(tmp_path / "home" / name), "/bin/bash"))

    said: list[str | None] = [""]
    for where, name, value in (
        (
            own,
            "TRIALS",
            auto_revert.ContainmentTrials(
                str(tmp_path / "luytre/keys"),
                own.UNIT,
                own.restore_key_lines_and_moved_key_files,
                own.describe_state_of_contained_ssh_key,
            ),
        ),
        *(
            (systemd_units, "FOLDER", str(tmp_path / "systemd/system")),
            (action_runner, "run_program", lambda *_given: said[0]),
        ),
        *(
            (action_runner, "read_own_archive", lambda _loader: b"ours"),
            (keys, "list_authorized_keys_patterns_of_sshd", lambda: keys.DEFAULT),
        ),
        *(
            (accounts, "list_accounts", lambda: [entry(one) for one in ("luytre", "an", "binh")]),
            (own.pwd, "getpwnam", entry),
        ),
        *(
            (accounts, "list_accounts_that_may_become_root", lambda _declared: {"an", "luytre", "binh"}),
            (accounts, "kill_all_sessions_of_accounts", lambda *_uids: []),
        ),
        *(
            (accounts, "can_log_in", lambda _name, some: bool(some)),
            (accounts, "is_uid_shared_with_other_account", lambda _name: False),
            (own, "said", said),
        ),
    ):
        monkeypatch.setattr(where, name, value, raising=False)
    monkeypatch.delenv("SUDO_USER", raising=False)
    return own


def of(tmp_path: Path, name: str) -> Path:
    return tmp_path / "home" / name / ".ssh/authorized_keys"


def asked(**more: Any) -> dict[str, Any]:
    return {"id": "SC-20261127-1/1", "what": KEY, "automation": "luytre", "admins": (), **more}


@pytest.mark.parametrize(
    ("line", "lets_in"),
    [
        (BAD, True),
        (b"\t " + BAD + b"\r\n", True),
        (b'command="echo \\"ssh-rsa AAAA x\\" ",no-pty ' + BAD, True),
        (b'command="' + GOOD + b'" ' + BAD, True),
        (b'command="' + BAD + b'" ' + GOOD, False),
        (GOOD + b" " + BAD, False),
        (BAD.replace(b"C3Nz", b"C3\v\f\rNz"), True),  # sshd skips white space within base64
        (BAD.replace(b" root@web1", b"\0A"), True),  # and reads up to a zero byte
        (BAD.replace(b" ", b"\t \t", 1), True),
        (b'environment="A=' + GOOD + b'" ' + BAD, True),
        (b"\v" + BAD, False),
        (b"# " + BAD, False),
        (b"cert-authority " + BAD, True),
        (b'from="10.0.0.0/8 ' + BAD, False),
        (b"ssh-ed25519 AAAA!", False),
        (b"", False),
        (b'"', False),
        (b"\xff\xfe \\", False),
    ],
)
def test_a_line_lets_in_the_key_that_sshd_takes_it_for(line: bytes, lets_in: bool) -> None:
    assert (keys.get_fingerprint_of_authorized_keys_line(line) == KEY) == lets_in


def test_a_fingerprint_is_what_ssh_keygen_says(tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", tmp_path / "key"], check=True)
    said = subprocess.run(["ssh-keygen", "-lf", tmp_path / "key.pub"], check=True, capture_output=True).stdout
    assert keys.get_fingerprint_of_authorized_keys_line((tmp_path / "key.pub").read_bytes()) == said.split()[1].decode()


@pytest.mark.parametrize("name", [b"ssh-rsa", b"rsa-sha2-256", b"rsa-sha2-512"])
def test_a_key_is_the_same_by_each_name_that_sshd_has_for_its_type(tmp_path: Path, name: bytes) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", tmp_path / "key"], check=True)
    blob = (tmp_path / "key.pub").read_bytes().split()[1]
    (tmp_path / "line").write_bytes(name + b" " + blob + b"\n")
    said = subprocess.run(["ssh-keygen", "-lf", tmp_path / "line"], check=True, capture_output=True).stdout
    assert keys.get_fingerprint_of_authorized_keys_line(b"no-pty " + name + b" " + blob) == said.split()[1].decode()


def test_files_that_sshd_reads_for_some_only_are_looked_through(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "sshd_config").write_text("Include conf.d/*.conf\nAuthorizedKeysFile none\n")
    (tmp_path / "conf.d/a.conf").write_text('Match Group sftp\n  authorizedkeysfile="/etc/k/%u" .ssh/b # c\n')
    monkeypatch.setattr(keys, "CONFIG", str(tmp_path / "sshd_config"))
    monkeypatch.setattr(
        action_runner, "run_program", lambda words, *_: "authorizedkeysfile none\n" if "-C" in words else None
    )
    keys.list_authorized_keys_patterns_of_sshd.cache_clear()
    assert keys.list_authorized_keys_patterns_of_sshd() == ("/etc/k/%u", ".ssh/b")
    keys.list_authorized_keys_patterns_of_sshd.cache_clear()


def test_every_file_that_sshd_reads_is_looked_for(host: ModuleType, tmp_path: Path) -> None:
    found = [
        path
        for name, path in keys.iter_authorized_keys_files_of_accounts(("/etc/k/%u-%%", "%h/x", ".ssh/y"))
        if name == "an"
    ]
    assert found == ["/etc/k/an-%", f"{tmp_path}/home/an/x", f"{tmp_path}/home/an/.ssh/y"]


def test_a_key_is_a_comment_wherever_it_let_in_and_the_files_come_back_to_the_byte(
    host: ModuleType, tmp_path: Path
) -> None:
    contents = {"an": b"# mine\n" + BAD + b"\n" + GOOD, "binh": GOOD + b"\n\n" + BAD, "luytre": GOOD + b"\n"}
    for name, content in contents.items():
        of(tmp_path, name).write_bytes(content)
        os.utime(of(tmp_path, name), ns=(10**18, 10**18 + 7))
    assert sum(one[0] == "comment_key" for one in host.plan_disabling_of_ssh_key(asked(), US)["would"]) == 2
    assert host.disable_ssh_key_on_trial_and_end_sessions(asked(), US)["state"] == "on_trial"
    assert of(tmp_path, "an").read_bytes() == b"# mine\n" + MARK + BAD + b"\n" + GOOD
    assert of(tmp_path, "binh").read_bytes() == GOOD + b"\n\n" + MARK + BAD
    assert host.TRIALS.confirm_requested_action(asked(), US)["state"] == "confirmed"
    assert host.TRIALS.report_state_of_requested_action(asked(), US)["state"] == "confirmed"
    assert host.TRIALS.release_requested_action(asked(), US) == {"state": "none"}
    for name, content in contents.items():
        assert of(tmp_path, name).read_bytes() == content
        assert of(tmp_path, name).stat().st_mtime_ns == 10**18 + 7
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]
    assert sorted(path.name for path in of(tmp_path, "an").parent.iterdir()) == ["authorized_keys"]


def test_what_somebody_added_meanwhile_stays_and_another_line_is_no_line_of_ours(
    host: ModuleType, tmp_path: Path
) -> None:
    of(tmp_path, "an").write_bytes(BAD + b"\n")
    host.disable_ssh_key_on_trial_and_end_sessions(asked(), US)
    host.TRIALS.confirm_requested_action(asked(), US)
    of(tmp_path, "an").write_bytes(GOOD + b"\n" + of(tmp_path, "an").read_bytes() + MARK + b"ssh-ed25519 AAAA theirs\n")
    host.TRIALS.release_requested_action(asked(), US)
    assert of(tmp_path, "an").read_bytes() == GOOD + b"\n" + BAD + b"\n" + MARK + b"ssh-ed25519 AAAA theirs\n"


def test_a_line_that_lets_it_in_again_is_told(host: ModuleType, tmp_path: Path) -> None:
    of(tmp_path, "an").write_bytes(BAD)
    host.disable_ssh_key_on_trial_and_end_sessions(asked(), US)
    of(tmp_path, "binh").with_name("authorized_keys2").write_bytes(BAD)
    told = host.TRIALS.confirm_requested_action(asked(), US)
    assert (told["state"], told["why"]) == ("unknown", "key_again")
    assert told["about"].endswith("authorized_keys2")
    assert of(tmp_path, "an").read_bytes() == MARK + BAD


def test_what_is_not_confirmed_is_undone(host: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of(tmp_path, "an").write_bytes(BAD)
    host.disable_ssh_key_on_trial_and_end_sessions(asked(), US)
    later = auto_revert.read_uptime() + 61
    monkeypatch.setattr(auto_revert, "read_uptime", lambda: later)
    host.main([])
    assert of(tmp_path, "an").read_bytes() == BAD
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


def large(tmp_path: Path) -> None:
    """As a lesser user makes it: nobody reads it to its end, and it takes no room."""
    of(tmp_path, "binh").write_bytes(GOOD + b"\n")
    os.truncate(of(tmp_path, "binh"), 20_000_000)


def linked(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(BAD)
    of(tmp_path, "binh").unlink()
    of(tmp_path, "binh").symlink_to(tmp_path / "secret")
    os.chown(of(tmp_path, "binh"), 12, 12, follow_symlinks=False)  # root's own links count


def folder_linked(tmp_path: Path) -> None:
    of(tmp_path, "binh").write_bytes(BAD)
    of(tmp_path, "binh").parent.rename(tmp_path / "secret")
    of(tmp_path, "binh").parent.symlink_to(tmp_path / "secret")
    os.chown(of(tmp_path, "binh").parent, 12, 12, follow_symlinks=False)


def named_twice(tmp_path: Path) -> None:
    of(tmp_path, "binh").write_bytes(BAD)
    os.link(of(tmp_path, "binh"), tmp_path / "secret")


def leading_elsewhere(tmp_path: Path) -> None:
    """For sshd, which stands in /."""
    (tmp_path / "secret").write_bytes(BAD)
    of(tmp_path, "binh").unlink()
    of(tmp_path, "binh").symlink_to(f"/proc/self/cwd{tmp_path}/secret")
    os.chown(of(tmp_path, "binh"), 12, 12, follow_symlinks=False)


MADE = [large, linked, folder_linked, named_twice, leading_elsewhere]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")
@pytest.mark.parametrize("made", MADE)
def test_a_file_that_its_owner_keeps_from_being_changed_costs_that_account_alone(
    host: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: Callable[[Path], None]
) -> None:
    monkeypatch.chdir("/")
    before = BAD + b"\n" + GOOD
    of(tmp_path, "an").write_bytes(before)
    made(tmp_path)
    listed = sorted(map(str, (tmp_path / "home").rglob("*")))
    assert any(step[0] == "beside" for step in host.plan_disabling_of_ssh_key(asked(), US)["would"])
    assert host.disable_ssh_key_on_trial_and_end_sessions(asked(), US)["state"] == "on_trial"
    told = host.TRIALS.confirm_requested_action(asked(), US)
    assert (told["state"], told["why"]) == ("confirmed", "files_aside")
    assert str(of(tmp_path, "binh")) in told["about"]
    assert of(tmp_path, "an").read_bytes() == MARK + before
    assert not of(tmp_path, "binh").exists()
    assert not (tmp_path / "secret").is_file() or (tmp_path / "secret").read_bytes() == BAD
    assert host.TRIALS.release_requested_action(asked(), US) == {"state": "none"}
    assert of(tmp_path, "an").read_bytes() == before
    assert sorted(map(str, (tmp_path / "home").rglob("*"))) == listed


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")
def test_a_file_that_its_owner_has_a_lease_on_lets_nobody_in(host: ModuleType, tmp_path: Path) -> None:
    of(tmp_path, "an").write_bytes(BAD + b"\n" + GOOD)
    of(tmp_path, "binh").write_bytes(BAD)
    with leased(of(tmp_path, "binh"), os.getuid()):
        host.disable_ssh_key_on_trial_and_end_sessions(asked(), US)
        told = host.TRIALS.confirm_requested_action(asked(), US)
    assert (told["state"], told["why"]) == ("confirmed", "files_aside")
    assert not of(tmp_path, "binh").exists()


def test_a_file_that_is_large_again_at_once_lets_nothing_else_be_undone(
    host: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of(tmp_path, "an").write_bytes(BAD + b"\n" + GOOD)
    large(tmp_path)
    put_aside = host.rename_key_file_out_of_use

    def again(*given: str) -> None:
        put_aside(*given)
        large(tmp_path)

    monkeypatch.setattr(host, "rename_key_file_out_of_use", again)
    assert host.disable_ssh_key_on_trial_and_end_sessions(asked(), US)["state"] == "on_trial"
    told = host.TRIALS.confirm_requested_action(asked(), US)
    assert (told["state"], told["why"]) == ("unknown", "unread_files")
    assert of(tmp_path, "an").read_bytes() == MARK + BAD + b"\n" + GOOD


def test_whoever_fills_their_file_takes_no_time_from_others(
    host: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of(tmp_path, "an").write_bytes(BAD + b"\n" + GOOD)
    of(tmp_path, "binh").write_bytes(b"ssh-rsa A\n" * 100_000)
    moments = iter([0.0] * 6 + [7.0])
    monkeypatch.setattr(host.time, "monotonic", lambda: next(moments, 0.0))
    host.disable_ssh_key_on_trial_and_end_sessions(asked(), US)
    monkeypatch.undo()
    assert of(tmp_path, "an").read_bytes() == MARK + BAD + b"\n" + GOOD
    assert not of(tmp_path, "binh").exists()


def test_the_file_of_the_account_that_we_come_in_by_stays_in_its_place(host: ModuleType, tmp_path: Path) -> None:
    of(tmp_path, "an").write_bytes(BAD + b"\n" + GOOD)
    os.truncate(of(tmp_path, "luytre"), 20_000_000)
    with pytest.raises(action_runner.ActionRefusal, match="unsafe"):
        host.disable_ssh_key_on_trial_and_end_sessions(asked(), US)
    assert of(tmp_path, "luytre").stat().st_size == 20_000_000


def test_what_others_write_into_the_journal_is_not_sshds(
    host: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(action_runner, "run_program", lambda argv, *_given: ran.append(argv))
    host.find_key_this_connection_logged_in_by(US)
    assert "_UID=0" in ran[0]


def test_what_cannot_be_put_back_keeps_nothing_else_from_it(host: ModuleType, tmp_path: Path) -> None:
    for name in ("an", "binh"):
        of(tmp_path, name).write_bytes(BAD + b"\n" + GOOD)
    host.disable_ssh_key_on_trial_and_end_sessions(asked(), US)
    host.TRIALS.confirm_requested_action(asked(), US)
    os.link(of(tmp_path, "an"), tmp_path / "second")
    with pytest.raises(action_runner.ActionRefusal, match="unsafe"):
        host.TRIALS.release_requested_action(asked(), US)
    assert of(tmp_path, "binh").read_bytes() == BAD + b"\n" + GOOD
    (tmp_path / "second").unlink()
    assert host.TRIALS.release_requested_action(asked(), US) == {"state": "none"}
    assert of(tmp_path, "an").read_bytes() == BAD + b"\n" + GOOD


def test_a_file_that_is_swapped_meanwhile_stays(
    host: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = of(tmp_path, "an")
    path.write_bytes(BAD)
    fsync = os.fsync

    def swapping(handle: int) -> None:
        fsync(handle)
        if ".luytre-" in os.readlink(f"/proc/self/fd/{handle}"):  # noqa: PTH115  a descriptor's name
            path.unlink()
            path.write_bytes(GOOD)

    monkeypatch.setattr(host.os, "fsync", swapping)
    told = host.disable_ssh_key_on_trial_and_end_sessions(asked(), US)
    assert (told["state"], told["why"]) == ("on_trial", "files_aside")
    assert host.TRIALS.release_requested_action(asked(), US) == {"state": "none"}
    assert path.read_bytes() == GOOD
    assert [one.name for one in path.parent.iterdir()] == ["authorized_keys"]


def test_a_link_to_what_cannot_be_read_keeps_no_key_in_force(host: ModuleType, tmp_path: Path) -> None:
    of(tmp_path, "an").write_bytes(BAD + b"\n" + GOOD)
    of(tmp_path, "binh").unlink()
    of(tmp_path, "binh").symlink_to("/proc/self/mem")
    assert host.disable_ssh_key_on_trial_and_end_sessions(asked(), US)["state"] == "on_trial"
    assert of(tmp_path, "an").read_bytes() == MARK + BAD + b"\n" + GOOD


def test_a_key_that_nobody_has_is_told(host: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(action_runner.ActionRefusal, match="no_key"):
        host.disable_ssh_key_on_trial_and_end_sessions(asked(), US)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


def test_never_the_key_that_we_came_in_by(host: ModuleType, tmp_path: Path) -> None:
    of(tmp_path, "luytre").write_bytes(GOOD + b"\n" + BAD)
    other = "Accepted publickey for luytre from 198.51.100.1 port 50001 ssh2: ED25519 " + KEY
    host.said[0] = other
    assert host.plan_disabling_of_ssh_key(asked(), US)["state"] == "planned"
    host.said[0] = other + "\n" + other.replace("50001", "50000")
    with pytest.raises(action_runner.ActionRefusal, match="our_key"):
        host.disable_ssh_key_on_trial_and_end_sessions(asked(), US)


def test_never_the_only_key_of_the_account_that_we_come_in_by(host: ModuleType, tmp_path: Path) -> None:
    of(tmp_path, "luytre").write_bytes(BAD)
    with pytest.raises(action_runner.ActionRefusal, match="our_key"):
        host.disable_ssh_key_on_trial_and_end_sessions(asked(), US)


def test_never_the_last_key_of_an_administrator(host: ModuleType, tmp_path: Path) -> None:
    of(tmp_path, "an").write_bytes(BAD)
    of(tmp_path, "binh").write_bytes(BAD)
    with pytest.raises(action_runner.ActionRefusal, match="last_admin"):
        host.disable_ssh_key_on_trial_and_end_sessions(asked(), US)
    of(tmp_path, "binh").write_bytes(BAD + b"\n" + GOOD)
    assert host.disable_ssh_key_on_trial_and_end_sessions(asked(), US)["state"] == "on_trial"
