"""Accounts: hashes become states, keys fingerprints, logins moments; and what the findings make of them."""

from __future__ import annotations

import base64
import json
import os
import struct
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.access import accounts
from ansible.module_utils.luytre.logins import banners, homes, login_records
from ansible.module_utils.luytre_shared.os import account_files

from auditor.models import Host, Status
from tests.unit.access import DAY, HOST, NOW, facts, filters, finding, ids

ROLE = filters("accounts")
WANTED = {"new_inactive": 30, "pass_max_days": 365, "umask": "027"}
ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHE1mBZ8Dkm1x3vYcK3dXcJd7lqkqZkq0s9mXfJ2QpBz"


def user(**changes: Any) -> dict[str, Any]:
    return {
        "name": "canbo",
        "uid": 1500,
        "shell": "/bin/bash",
        "shell_usable": True,
        "human": True,
        "password": "usable",
        "shown": False,
        "scheme": "yescrypt",
        "password_changed": NOW - 400 * DAY,
        "can_log_in": True,
        "last_seen": NOW - 2 * DAY,
        "traces_since": NOW - 500 * DAY,
        **changes,
    }


def with_user(**changes: Any) -> dict[str, Any]:
    areas = facts()
    areas["accounts"]["users"].append(user(**changes))
    return areas


@pytest.mark.parametrize(
    ("field", "state", "scheme"),
    [
        ("", "empty", None),
        ("!", "locked", None),
        ("*", "locked", None),
        ("!*", "locked", None),
        ("!$y$j9T$abcdefgh$0123456789", "locked", "yescrypt"),
        ("$y$j9T$abcdefgh$0123456789", "usable", "yescrypt"),
        ("$6$salt$hash", "usable", "sha512"),
        ("$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/", "usable", "md5"),
        ("abJnggxhB/yWI", "usable", "des"),
        ("x", "locked", None),
        ("NP", "locked", None),
    ],
)
def test_a_password_field(field: str, state: str, scheme: str | None) -> None:
    assert account_files.classify_password_field(field) == (state, scheme)


def test_the_last_line_of_login_defs_counts() -> None:
    defs = account_files.parse_login_defs(
        "PASS_MAX_DAYS 90\n# PASS_MAX_DAYS 1\nUMASK\t\t022 # old\nPASS_MAX_DAYS\t99999\n\nLONELY\n"
    )
    assert defs == {"PASS_MAX_DAYS": "99999", "UMASK": "022"}


@pytest.mark.parametrize(
    ("shell", "usable"),
    [("/bin/bash", True), ("", True), ("/usr/sbin/nologin", False), ("/bin/false", False), ("/bin/sync", False)],
)
def test_shells(shell: str, usable: bool) -> None:
    assert account_files.is_login_shell_usable(shell) is usable


def account(name: str, uid: int, gid: int) -> dict[str, Any]:
    return {"name": name, "uid": uid, "gid": gid}


def test_members_by_primary_group_count() -> None:
    people = [account("an", 1000, 27), account("binh", 1001, 1001)]
    groups = [{"name": "sudo", "gid": 27, "members": ["binh"]}, {"name": "users", "gid": 100, "members": ["an"]}]
    assert accounts.find_privileged_accounts(people, groups) == [
        {"account": "an", "via": "group sudo"},
        {"account": "binh", "via": "group sudo"},
    ]


def test_duplicates_leave_root_out() -> None:
    people = [
        account("root", 0, 0),
        account("toor", 0, 0),
        account("a", 33, 33),
        account("b", 33, 33),
        account("a", 9, 9),
    ]
    groups = [{"name": "g", "gid": 5, "members": []}, {"name": "h", "gid": 5, "members": []}]
    assert accounts.find_duplicate_names_and_ids(people, groups) == [
        {"kind": "uid", "value": "33", "carriers": ["a", "b"]},
        {"kind": "account", "value": "a", "carriers": ["33", "9"]},
        {"kind": "gid", "value": "5", "carriers": ["g", "h"]},
    ]


def rsa(bits: int) -> str:
    def field(raw: bytes) -> bytes:
        return struct.pack(">I", len(raw)) + raw

    modulus = (1 << (bits - 1)).to_bytes(bits // 8 + 1, "big")
    blob = field(b"ssh-rsa") + field(b"\x01\x00\x01") + field(modulus)
    return "ssh-rsa " + base64.b64encode(blob).decode()


@pytest.mark.parametrize(
    ("options", "restricted", "lends", "anywhere"),
    [
        ("", False, True, True),
        ("restrict,pty ", False, False, True),
        ("restrict ", True, False, True),
        ('restrict,pty,from="192.0.2.0/24,10.0.0.0/8" ', False, False, False),
        ('from="192.0.2.1" ', False, True, False),
        ("restrict,pty,port-forwarding ", False, True, True),
        ('restrict,pty,port-forwarding,permitopen="192.0.2.1:22" ', False, False, True),
        ("restrict,pty,agent-forwarding ", False, True, True),
        ("restrict,pty,agent-forwarding,no-agent-forwarding ", False, False, True),
        ("pty,Restrict ", True, False, True),
        ('command="echo restrict,pty,from=" ', True, True, True),
        ('environment="A=restrict, from=\\"x\\"" ', False, True, True),
        ("cert-authority ", True, True, True),
    ],
)
def test_what_the_options_before_a_key_take_from_it(
    options: str, restricted: bool, lends: bool, anywhere: bool
) -> None:
    key = accounts.parse_authorized_keys_line(f"{options}{ED25519} mai@may-tram")
    assert (key["restricted"], key["lends"], key["anywhere"]) == (restricted, lends, anywhere)


def test_keys_become_fingerprints() -> None:
    key = accounts.parse_authorized_keys_line(f'command="/usr/bin/rsync",no-pty {ED25519} mai@may-tram')
    assert key == {
        "type": "ssh-ed25519",
        "bits": 256,
        "fingerprint": key["fingerprint"],
        "restricted": True,
        "lends": True,
        "anywhere": True,
    }
    assert key["fingerprint"].startswith("SHA256:")
    assert "mai" not in json.dumps(key)
    assert accounts.parse_authorized_keys_line(rsa(1024))["bits"] == 1024
    assert accounts.parse_authorized_keys_line(rsa(4096))["bits"] == 4096


@pytest.mark.parametrize(
    ("loose", "mode", "mates", "closed"),
    [
        (".ssh/authorized_keys", 0o600, [], True),
        (".ssh/authorized_keys", 0o664, [], True),
        (".ssh/authorized_keys", 0o664, ["mai"], True),
        (".ssh/authorized_keys", 0o664, ["nam"], False),
        (".ssh/authorized_keys", 0o646, [], False),
        (".ssh", 0o777, [], False),
        (".ssh", 0o775, ["nam"], False),
        (".", 0o757, [], False),
    ],
)
def test_what_strict_modes_would_refuse(tmp_path: Path, loose: str, mode: int, mates: list[str], closed: bool) -> None:
    home = tmp_path / "mai"
    (home / ".ssh").mkdir(parents=True, mode=0o755)
    home.chmod(0o755)
    (home / ".ssh/authorized_keys").write_text(ED25519, "ascii")
    (home / ".ssh/authorized_keys").chmod(0o600)
    (home / loose).chmod(mode)
    mai = {"name": "mai", "uid": os.getuid(), "gid": home.stat().st_gid, "home": str(home)}
    groups = [{"name": "mai", "gid": mai["gid"], "members": mates}]
    (key,) = accounts._list_keys_of_account(mai, ".ssh/authorized_keys", groups)
    assert key["closed"] is closed
    another = {**mai, "uid": os.getuid() + 1}
    assert accounts._list_keys_of_account(another, ".ssh/authorized_keys", groups)[0]["closed"] is (
        closed and os.getuid() == 0
    )


@pytest.mark.parametrize("line", ["", "# " + ED25519, "ssh-rsa", "ssh-rsa AAAA!", "rác \x00\xff", "ssh-ed25519 AAAA="])
def test_lines_that_hold_no_key(line: str) -> None:
    assert accounts.parse_authorized_keys_line(line) is None


@pytest.mark.parametrize(
    "line",
    [
        ED25519.replace("C3Nz", "C3\v\x0cNz"),
        ED25519 + "\0A",
        ED25519.replace(" ", " \t "),
        'environment="A=ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGKGtDTOTTFENJJ1UIL/QiCJpNVGuqBcL1BtEaSb78jE" ' + ED25519,
    ],
)
def test_a_key_is_the_one_that_sshd_reads_however_it_is_written(line: str, tmp_path: Path) -> None:
    fingerprint = accounts.parse_authorized_keys_line(ED25519)["fingerprint"]
    assert accounts.parse_authorized_keys_line(line)["fingerprint"] == fingerprint
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh/authorized_keys").write_text("#\n" * 600 + line + "\n")
    mai = {"name": "mai", "uid": os.getuid(), "gid": os.getgid(), "home": str(tmp_path)}
    (key,) = accounts._list_keys_of_account(mai, ".ssh/authorized_keys", [])
    assert key["fingerprint"] == fingerprint


def test_a_cut_blob_has_no_size() -> None:
    assert accounts.compute_public_key_bits("ssh-rsa", b"\xff\xff\xff\xff") == 0
    assert accounts.compute_public_key_bits("ssh-rsa", b"") == 0


def record(kind: int, name: str, moment: int) -> bytes:
    return login_records.UTMP.pack(kind, 1, b"", b"", name.encode(), b"", 0, 0, 0, moment, 0, b"", b"")


def test_wtmp() -> None:
    assert login_records.UTMP.size == 384
    raw = record(2, "reboot", 100) + record(7, "canbo", 200) + record(7, "x", 0) + b"cut"
    assert login_records.parse_wtmp_records(raw) == [(2, "reboot", 100), (7, "canbo", 200)]


def journal(second: int, **fields: Any) -> str:
    return json.dumps({"__REALTIME_TIMESTAMP": f"{second}000000", "_UID": "0", **fields})


def test_the_journal() -> None:
    entries = [
        journal(1_790_000_000, USER_ID="canbo", MESSAGE="New session 3 of user canbo."),
        journal(1_790_000_001, MESSAGE="Accepted publickey for binh from 192.0.2.1 port 5 ssh2: ED25519 SHA256:x"),
        journal(1_790_000_002, MESSAGE="pam_unix(su-l:session): session opened for user an(uid=1) by (uid=0)"),
        journal(1_790_000_003, MESSAGE="Accepted password for ai from 192.0.2.1 port 5 ssh2"),
        json.dumps({"__REALTIME_TIMESTAMP": None}),
        "[]",
        "không phải JSON",
    ]
    found = login_records.parse_login_journal("\n".join(entries), ["canbo", "binh", "an"])
    assert found == [("canbo", 1_790_000_000), ("binh", 1_790_000_001), ("an", 1_790_000_002)]


@pytest.mark.parametrize(
    "fields",
    [
        {"_UID": "33", "USER_ID": "an", "MESSAGE": "New session 3 of user an."},
        {"_UID": None, "USER_ID": "an"},
        {"_UID": ["0", "33"], "USER_ID": "an"},
        {"_UID": "33", "MESSAGE": "Accepted publickey for an from 192.0.2.1 port 5 ssh2"},
        {"MESSAGE": "  binh : COMMAND=/bin/echo session opened for user an(uid=1)"},
        {"MESSAGE": "x\npam_unix(su:session): session opened for user an(uid=1)"},
        {"MESSAGE": "Failed password for x Accepted password for an from 192.0.2.1 port 5 ssh2"},
        {"MESSAGE": ["Accepted password for an from 192.0.2.1 port 5 ssh2"]},
        {"USER_ID": ["an"]},
    ],
)
def test_an_entry_that_root_did_not_write_as_its_own_proves_no_login(fields: dict[str, Any]) -> None:
    assert login_records.parse_login_journal(journal(1_790_000_000, **fields), ["an", "binh"]) == []


@pytest.mark.parametrize(
    ("texts", "timeout", "fixed", "file"),
    [
        ([], 0, False, ""),
        ([("a", "TMOUT=600\nreadonly TMOUT\nexport TMOUT\n")], 600, True, "a"),
        ([("a", "readonly TMOUT=900; export TMOUT\n"), ("b", "TMOUT=0\n")], 900, True, "a"),
        ([("a", "TMOUT=900\n"), ("b", "unset TMOUT\n")], 0, False, "b"),
        ([("a", "declare -xr TMOUT=300\n")], 300, True, "a"),
        ([("a", "# readonly TMOUT=300\n: # readonly TMOUT=300\n")], 0, False, ""),
        ([("a", 'TMOUT="900"\n'), ("b", "readonly TMOUT\n")], 900, True, "b"),
        ([("a", "if (TMOUT=900) 2>/dev/null; then\n    readonly TMOUT=900\n    export TMOUT\nfi\n")], 900, True, "a"),
    ],
)
def test_timeouts_of_login_shells(texts: list[tuple[str, str]], timeout: int, fixed: bool, file: str) -> None:
    seen = accounts.parse_timeout_and_umask_of_profiles(texts)
    assert (seen["timeout"], seen["timeout_readonly"], seen["timeout_file"]) == (timeout, fixed, file)


def test_the_last_umask_counts() -> None:
    assert (
        accounts.parse_timeout_and_umask_of_profiles([("a", "umask 027\n"), ("b", "[ -t 0 ] && umask 002\n")])["umask"]
        == 0o002
    )
    assert accounts.parse_timeout_and_umask_of_profiles([("a", "# umask 002\necho $(umask)\n")])["umask"] is None


# --- findings --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("control", ids("accounts"))
def test_a_hardened_host_passes(control: str) -> None:
    assert finding(control).status is Status.PASS


@pytest.mark.parametrize(
    ("control", "changes", "status"),
    [
        ("accounts.uid0_only", {"uid": 0}, Status.FAIL),
        ("accounts.empty_password", {"password": "empty"}, Status.FAIL),
        ("accounts.system_shells", {"human": False, "uid": 999}, Status.FAIL),
        ("accounts.system_shells", {"human": False, "uid": 999, "name": "postgres"}, Status.PASS),
        ("accounts.system_shells", {"human": False, "uid": 999, "shell_usable": False}, Status.PASS),
        ("accounts.weak_hashes", {"scheme": "md5"}, Status.PARTIAL),
        ("accounts.weak_hashes", {"scheme": "md5", "password": "locked"}, Status.PASS),
        ("accounts.inactive", {"last_seen": NOW - 46 * DAY}, Status.PARTIAL),
        ("accounts.inactive", {"last_seen": NOW - 44 * DAY}, Status.PASS),
        ("accounts.inactive", {"last_seen": 0, "password_changed": NOW - DAY}, Status.PASS),
        ("accounts.inactive", {"last_seen": 0}, Status.PARTIAL),
        ("accounts.inactive", {"last_seen": 0, "can_log_in": False}, Status.PASS),
        ("accounts.inactive", {"last_seen": 0, "human": False}, Status.PASS),
    ],
)
def test_one_more_account(control: str, changes: dict[str, Any], status: Status) -> None:
    assert finding(control, with_user(**changes)).status is status


def test_the_automation_user_is_expected() -> None:
    areas = with_user(name="robot", uid=900, human=False, last_seen=0)
    areas["accounts"]["keys"].append({**areas["accounts"]["keys"][0], "account": "robot"})
    assert finding("accounts.service_keys", areas).status is Status.FAIL
    robot = Host(name="web3", address="x", automation_user="robot")
    for control in ("accounts.service_keys", "accounts.system_shells"):
        assert finding(control, areas, robot).status is Status.PASS


def test_without_declared_admins_there_is_nothing_to_compare() -> None:
    alone = Host(name="web3", address="x", automation_user="luytre")
    assert finding("accounts.unknown_admins", None, alone).status is Status.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("grant", "status"),
    [
        ({"account": "la", "runs_as_root": True}, Status.FAIL),
        ({"account": "la", "runs_as_root": False}, Status.PASS),
        ({"account": "quantri", "runs_as_root": True}, Status.PASS),
        ({"account": "ALL", "runs_as_root": True}, Status.FAIL),
    ],
)
def test_who_may_administer(grant: dict[str, Any], status: Status) -> None:
    areas = facts()
    areas["sudo"]["grants"].append({"via": "account", "commands": ["ALL"], "nopasswd": False, **grant})
    assert finding("accounts.unknown_admins", areas, HOST).status is status


def test_an_unknown_admin_is_named_once() -> None:
    areas = facts()
    areas["accounts"]["privileged"].append({"account": "la", "via": "group sudo"})
    areas["sudo"]["grants"].append(
        {"account": "la", "via": "group sudo", "commands": ["ALL"], "runs_as_root": True, "nopasswd": False}
    )
    assert [entry["account"] for entry in finding("accounts.unknown_admins", areas).violations] == ["la"]


@pytest.mark.parametrize(
    ("umask", "status"), [(0o27, Status.PASS), (0o77, Status.PASS), (0o22, Status.FAIL), (0o7, Status.FAIL)]
)
def test_umask_of_login_defs(umask: int, status: Status) -> None:
    areas = facts()
    areas["accounts"]["login_defs"]["umask"] = umask
    assert finding("accounts.umask", areas).status is status


@pytest.mark.parametrize(
    ("method", "module", "status"),
    [
        ("BCRYPT", "", Status.PASS),
        ("SHA512", "", Status.FAIL),
        ("YESCRYPT", "sha512", Status.FAIL),
        ("MD5", "yescrypt", Status.FAIL),
        ("YESCRYPT", "md5", Status.FAIL),
        ("DES", "", Status.FAIL),
    ],
)
def test_hashing_of_new_passwords(method: str, module: str, status: Status) -> None:
    areas = facts()
    areas["accounts"]["login_defs"]["encrypt_method"] = method
    areas["pam"]["hash"] = module
    assert finding("accounts.password_hashing", areas).status is status


@pytest.mark.parametrize(
    ("rounds", "status"), [(65536, Status.PASS), (65535, Status.FAIL), (None, Status.FAIL), (1000, Status.FAIL)]
)
def test_rounds_of_hashes_by_hand(rounds: int | None, status: Status) -> None:
    areas = facts()
    areas["accounts"]["login_defs"]["sha_rounds"] = rounds
    assert finding("accounts.hash_rounds", areas).status is status


@pytest.mark.parametrize(
    ("days", "status"),
    [(365, Status.PASS), (90, Status.PASS), (-1, Status.FAIL), (99999, Status.FAIL), (None, Status.FAIL)],
)
def test_password_aging(days: int | None, status: Status) -> None:
    areas = facts()
    areas["accounts"]["login_defs"]["pass_max_days"] = days
    assert finding("accounts.password_aging", areas).status is status


@pytest.mark.parametrize(
    ("text", "days", "status"),
    [
        ("", None, Status.FAIL),
        ("INACTIVE=-1\n", None, Status.FAIL),
        ("#INACTIVE=30\n", None, Status.FAIL),
        ("INACTIVE=30\nINACTIVE=90\n", 90, Status.FAIL),
        ("INACTIVE=0\n", 0, Status.FAIL),
        ("SHELL=/bin/sh\nINACTIVE=45\n", 45, Status.PASS),
    ],
)
def test_when_new_accounts_close(text: str, days: int | None, status: Status) -> None:
    assert accounts.parse_useradd_inactive(text) == days
    areas = facts()
    areas["accounts"]["useradd_inactive"] = days
    assert finding("accounts.new_inactive", areas).status is status


def test_a_home_is_open_unless_a_site_lies_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes = {"/home/an": 0o755, "/home/lan": 0o750, "/home/web": 0o711, "/home/nhom": 0o770, "/home/la": 0o755}

    def looked_at(path: str) -> dict[str, Any] | None:
        owner = "root" if path == "/home/la" else path.rpartition("/")[2]
        return {"path": path, "owner": owner, "group": "x", "mode": modes[path], "kind": "dir"}

    monkeypatch.setattr(homes, "describe_file_mode", looked_at)
    monkeypatch.setattr(
        homes, "list_process_folders_by_user", lambda: {0: {"/home/an"}, 1: {"/home/an/x"}, 5: {"/home/an/y", "/bin"}}
    )
    monkeypatch.setattr(homes, "user_name", lambda uid: f"uid{uid}")
    people = [{"name": path.rpartition("/")[2], "uid": 1, "home": path} for path in modes]
    people += [{"name": "root", "uid": 0, "home": "/root"}, {"name": "dich", "uid": 1, "home": "/home/../etc"}]
    found = homes.describe_people_homes(people, lambda: ["/home/web/public_html"])
    assert [(home["account"], home["open"], home["served"]) for home in found] == [
        ("an", True, False),
        ("lan", False, False),
        ("web", True, True),
        ("nhom", True, False),
    ]
    assert [home["used_by"] for home in found] == [["uid5"], [], [], []]
    areas = facts()
    areas["accounts"]["homes"] = [{**home, "doubt": None} for home in found]
    assert [home["account"] for home in finding("accounts.home_modes", areas).violations] == ["an", "nhom"]


def test_what_is_kept_of_people_is_open_where_others_get_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    modes = {".bashrc": 0o644, ".my.cnf": 0o640, ".profile": 0o660, ".netrc": 0o600, ".vimrc": 0o604, ".zshrc": 0o644}

    def looked_at(path: str) -> dict[str, Any] | None:
        name = path.rpartition("/")[2]
        if path == "/home/an":
            return {"path": path, "owner": "an", "group": "x", "mode": 0o751, "kind": "dir"}
        kind, owner = "link" if name == ".vimrc" else "file", "root" if name == ".zshrc" else "an"
        return (
            {"path": path, "owner": owner, "group": "x", "mode": modes[name], "kind": kind} if name in modes else None
        )

    monkeypatch.setattr(homes, "describe_file_mode", looked_at)
    found = homes.find_dot_files_open_to_others([{"name": "an", "home": "/home/an"}, {"name": "root", "home": "/root"}])
    assert [(one["account"], one["path"]) for one in found] == [("an", "/home/an/.bashrc"), ("an", "/home/an/.profile")]
    areas = facts()
    areas["accounts"]["open_dot_files"] = [{**one, "doubt": None} for one in found]
    assert len(finding("accounts.dot_files", areas).violations) == 2


@pytest.mark.parametrize(
    ("text", "warns", "names", "kept"),
    [
        ("", False, False, ""),
        ("Debian GNU/Linux 12 \\n \\l\n\n", False, True, ""),
        ("\\S\nKernel \\r on an \\m\n", False, True, ""),
        ("Chỉ người được phép.\nDebian 12\n", True, True, "Chỉ người được phép.\n"),
        ("Chỉ người được phép.\n", True, False, "Chỉ người được phép.\n"),
        ("x" * 5000, False, True, ""),
    ],
)
def test_what_is_shown_before_a_login(tmp_path: Path, text: str, warns: bool, names: bool, kept: str) -> None:
    (tmp_path / "issue").write_text(text)
    told = banners.read_banner(str(tmp_path / "issue"))
    assert (told["warns"], told["names_system"], told["kept"]) == (warns, names, kept)
    areas = facts()
    areas["accounts"]["banner"] = told
    assert finding("accounts.console_banner", areas).status is (Status.PASS if warns and not names else Status.FAIL)


def test_jobs_are_everybody_s_where_no_list_says_whose() -> None:
    areas = facts()
    areas["accounts"]["scheduling"][0]["limited"] = False
    assert finding("accounts.scheduling", areas).status is Status.FAIL
    areas["accounts"]["scheduling"][0]["installed"] = False
    assert finding("accounts.scheduling", areas).status is Status.NOT_APPLICABLE


# --- the role --------------------------------------------------------------------------------------------


def test_only_looser_lines_of_login_defs_change() -> None:
    defs = ("accounts.password_hashing", "accounts.hash_rounds", "accounts.password_aging", "accounts.umask")
    every = dict.fromkeys((*defs, "accounts.new_inactive"), ())
    stock = {
        "login_defs": {"encrypt_method": "MD5", "sha_rounds": None, "pass_max_days": 99999, "umask": 0o22},
        "useradd_inactive": None,
    }
    strict = {
        "login_defs": {"encrypt_method": "BCRYPT", "sha_rounds": 100_000, "pass_max_days": 60, "umask": 0o77},
        "useradd_inactive": 45,
    }
    assert [line["line"] for line in ROLE.login_defs(stock, every, WANTED)] == [
        "ENCRYPT_METHOD\tYESCRYPT",
        "SHA_CRYPT_MIN_ROUNDS\t65536",
        "PASS_MAX_DAYS\t365",
        "UMASK\t027",
        "INACTIVE=30",
    ]
    assert ROLE.login_defs(strict, every, WANTED) == []
    assert [line["line"] for line in ROLE.login_defs(stock, {"accounts.umask": ()}, WANTED)] == ["UMASK\t027"]


def test_a_stricter_timeout_of_others_stays() -> None:
    other = {
        "timeout": 300,
        "timeout_readonly": True,
        "timeout_file": "/etc/profile",
        "timeout_files": ["/etc/profile"],
    }
    assert ROLE.timeout_files({"profile": other}, 900) is None
    assert ROLE.timeout_files({"profile": {**other, "timeout": 7200}}, 900) == ["/etc/profile"]
    ours = {**other, "timeout": 900, "timeout_file": ROLE.OURS, "timeout_files": [ROLE.OURS]}
    assert ROLE.timeout_files({"profile": ours}, 900) == []


def row(field: str) -> dict[str, Any]:
    account = {"name": "an", "field": field, "uid": 1000, "gid": 1000, "home": "/home/an", "shell": "/bin/sh"}
    found: dict[str, Any] = accounts._describe_user_account(
        account, {"field": "!", "changed": None, "expires": None}, {}, set()
    )
    return found


@pytest.mark.parametrize(
    "field, is_shown",
    [("x", False), ("", False), ("*", False), ("NP", False), ("$6$salt$hash", True), ("!$6$salt$hashhash", True)],
)
def test_a_hash_in_passwd_is_for_everybody_to_read(field: str, *, is_shown: bool) -> None:
    assert row(field)["shown"] is is_shown


def test_the_accounts_whose_hashes_are_shown_are_named() -> None:
    assert finding("accounts.shadowed", with_user()).status is Status.PASS
    assert finding("accounts.shadowed", with_user(shown=True)).violations == ("canbo",)
