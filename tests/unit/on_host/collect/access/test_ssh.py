"""sshd: its words, its files in its order, what Match blocks do, and a drop-in that never loosens."""

from __future__ import annotations

import os
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.luytre.access import accounts, ssh
from ansible.module_utils.luytre.logins import sshd
from ansible.module_utils.luytre_hunt import access as entering

from auditor.models import Status
from tests.unit import access
from tests.unit.access import DATA, facts, filters, finding, ids
from tests.unit.on_host.collect.access.test_accounts import ED25519

BOOKWORM = sshd.parse_sshd_settings((DATA / "sshd_bookworm.txt").read_text("utf-8"))
ROLE = filters("ssh")
FILTERS = runpy.run_path(str(access.role("ssh") / "filter_plugins" / "ways.py"))
WANTED = {
    "permit_root_login": "prohibit-password",
    "max_auth_tries": 4,
    "login_grace": 60,
    "max_startups": [10, 30, 60],
    "client_alive_interval": 300,
    "client_alive_count_max": 2,
    "log_level": "VERBOSE",
}
TYPES = ("ecdsa-sha2-nistp256", "ssh-ed25519", "ssh-rsa")
EVERYTHING = {control: ["dongvau.test"] for control in ROLE._rules({"defaults": {}, "host_key_types": ["ssh-ed25519"]})}


def with_cases(**values: int | str) -> dict[str, Any]:
    areas = facts()
    for keyword, value in values.items():
        areas["ssh"]["cases"][keyword].append({"when": "Match User root (/etc/ssh/sshd_config:130)", "value": value})
    return areas


WITHOUT_ROOT = {control: sites for control, sites in EVERYTHING.items() if control != "ssh.root_direct"}


def settings(now: dict[str, Any], enforce: dict[str, Any] = WITHOUT_ROOT) -> dict[str, str]:
    return {entry["keyword"]: entry["value"] for entry in lines(now, enforce)}


def lines(now: dict[str, Any], enforce: dict[str, Any], types: tuple[str, ...] = TYPES) -> list[dict[str, str]]:
    found: list[dict[str, str]] = ROLE.settings(stock(now, types), enforce, WANTED)
    return found


def stock(now: dict[str, Any] = {}, types: tuple[str, ...] = TYPES) -> dict[str, Any]:  # noqa: B006  only read
    """Debian 12's sshd as the role sees it, with other settings."""
    defaults = {key: BOOKWORM[key] for key in ssh.ALGORITHMS}
    return {
        "theirs": {**ssh.select_settings_for_controller(BOOKWORM), **now},
        "defaults": defaults,
        "host_key_types": list(types),
    }


def test_the_words_of_sshd() -> None:
    assert BOOKWORM["maxauthtries"] == 6
    assert BOOKWORM["permitrootlogin"] == "without-password"
    assert BOOKWORM["hostkey"] == [f"/etc/ssh/ssh_host_{kind}_key" for kind in ("rsa", "ecdsa", "ed25519")]
    assert BOOKWORM["macs"][-1] == "hmac-sha1"
    assert BOOKWORM["authorizedkeysfile"] == [".ssh/authorized_keys", ".ssh/authorized_keys2"]
    assert BOOKWORM["allowgroups"] == []
    assert ssh.select_settings_for_controller(BOOKWORM)["maxstartups"] == [10, 30, 100]
    assert ssh.parse_max_startups("200:30:200") == [200, 30, 200]


def test_old_word_for_keyboard_interactive() -> None:
    assert sshd.parse_sshd_settings("challengeresponseauthentication yes\n")["kbdinteractiveauthentication"] == "yes"


@pytest.mark.parametrize(
    ("line", "keyword", "value"),
    [
        ("PermitRootLogin yes", "permitrootlogin", "yes"),
        ("  PermitRootLogin=yes", "permitrootlogin", "yes"),
        ("PermitRootLogin = yes", "permitrootlogin", "yes"),
        ("# PermitRootLogin yes", "", ""),
        ("Match\tUser root", "match", "User root"),
        ("", "", ""),
        ("Lonely", "lonely", ""),
    ],
)
def test_a_line(line: str, keyword: str, value: str) -> None:
    assert sshd.split_sshd_line(line) == (keyword, value)


def test_words_of_a_line() -> None:
    assert sshd.split_sshd_arguments('/etc/a.conf "/etc/b c.conf" # rest') == ["/etc/a.conf", "/etc/b c.conf"]


def test_lines_in_the_order_of_sshd(tmp_path: Path) -> None:
    (tmp_path / "b.conf").write_text("X11Forwarding yes\nMatch User root\nPermitRootLogin yes\n")
    (tmp_path / "a.conf").write_text("MaxAuthTries 3\n")
    main = tmp_path / "sshd_config"
    main.write_text(f"Include {tmp_path}/*.conf\nUsePAM yes\nMatch all\nInclude {tmp_path}/a.conf\nLogLevel QUIET\n")
    read = [
        (Path(file).name, criteria, keyword) for file, _, criteria, keyword, _ in sshd.iter_sshd_settings(str(main))
    ]
    assert read == [
        ("a.conf", None, "maxauthtries"),
        ("b.conf", None, "x11forwarding"),
        ("b.conf", "User root", "permitrootlogin"),
        ("sshd_config", None, "usepam"),
        ("a.conf", "all", "maxauthtries"),
        ("sshd_config", "all", "loglevel"),
    ]


def test_a_file_that_includes_itself_ends(tmp_path: Path) -> None:
    main = tmp_path / "sshd_config"
    main.write_text(f"Include {main}\nUsePAM yes\n")
    assert len(list(sshd.iter_sshd_settings(str(main)))) == sshd.MAX_INCLUDES + 1


def contexts() -> list[tuple[str, dict[str, Any]]]:
    return [(ssh.FOR_ANYBODY, BOOKWORM), ("user root", BOOKWORM)]


def block(*lines: tuple[str, str, str, str]) -> list[dict[str, Any]]:
    return list(
        ssh.list_match_settings_that_apply([(file, 7, criteria, key, value) for file, criteria, key, value in lines])
    )


def test_what_a_match_block_allows_is_a_case() -> None:
    cases = ssh.list_setting_values_by_match_case(
        contexts(), block(("/etc/ssh/sshd_config", "Group sudo", "x11forwarding", "YES"))
    )
    assert cases["x11forwarding"] == [{"when": "for anybody", "value": "yes"}]
    quiet = {**BOOKWORM, "x11forwarding": "no"}
    cases = ssh.list_setting_values_by_match_case(
        [(ssh.FOR_ANYBODY, quiet)], block(("/etc/ssh/sshd_config", "Group sudo", "x11forwarding", "YES"))
    )
    assert cases["x11forwarding"][1] == {"when": "Match Group sudo (/etc/ssh/sshd_config:7)", "value": "yes"}


def test_our_own_block_closes_a_later_one_with_the_same_criteria() -> None:
    ours = (ssh.DROPIN, "User root", "permitrootlogin", "prohibit-password")
    theirs = ("/etc/ssh/sshd_config", "user  root", "permitrootlogin", "yes")
    cases = ssh.list_setting_values_by_match_case(contexts(), block(ours, theirs))
    assert "yes" not in [case["value"] for case in cases["permitrootlogin"]]
    assert [line["shadowed"] for line in block(theirs, ours)] == [False]


def test_disable_forwarding_wins_over_its_parts() -> None:
    cases = ssh.list_setting_values_by_match_case([(ssh.FOR_ANYBODY, {**BOOKWORM, "disableforwarding": "yes"})], [])
    assert cases["allowtcpforwarding"] == [{"when": "for anybody", "value": "no"}]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"passwordauthentication": "yes"}, "yes"),
        ({"passwordauthentication": "no"}, "no"),
        ({"passwordauthentication": "no", "kbdinteractiveauthentication": "yes"}, "yes"),
        (
            {"kbdinteractiveauthentication": "yes", "authenticationmethods": ["publickey,keyboard-interactive"]},
            "no",
        ),
        ({"authenticationmethods": ["publickey,password", "password"]}, "yes"),
    ],
)
def test_whether_a_password_alone_is_enough(changed: dict[str, Any], expected: str) -> None:
    cases = ssh.list_setting_values_by_match_case([(ssh.FOR_ANYBODY, {**BOOKWORM, **changed})], [])
    assert cases["password_login"][0]["value"] == expected


@pytest.mark.parametrize(("value", "seconds"), [("300", 300), ("5m", 300), ("1h30m", 5400), ("never", 0), ("", 0)])
def test_times(value: str, seconds: int) -> None:
    assert ssh.parse_sshd_time_as_seconds(value) == seconds


@pytest.mark.parametrize(
    ("main", "present", "expected"),
    [
        ("# c\nInclude /etc/ssh/sshd_config.d/*.conf\nPort 22\n", [], True),
        ("Include sshd_config.d/*.conf\n", ["/etc/ssh/sshd_config.d/50-cloud-init.conf"], True),
        ("Include /etc/ssh/sshd_config.d/*.conf\n", ["/etc/ssh/sshd_config.d/00-aaa.conf"], False),
        ("Port 22\nInclude /etc/ssh/sshd_config.d/*.conf\n", [], False),
        (f"Include {ssh.DROPIN}\n", ["/etc/ssh/sshd_config.d/00-aaa.conf"], True),
        ("Include /etc/ssh/other.conf\nInclude /etc/ssh/sshd_config.d/*.conf\n", [], False),
        ("", [], False),
    ],
)
def test_whether_our_file_is_read_first(main: str, present: list[str], expected: bool) -> None:
    assert ssh.is_own_dropin_read_first(main, present) is expected


def test_a_setting_of_ours_that_is_beaten() -> None:
    read = [
        ("/etc/ssh/sshd_config.d/00-aaa.conf", 1, None, "loglevel", "INFO"),
        (ssh.DROPIN, 2, None, "loglevel", "VERBOSE"),
        (ssh.DROPIN, 3, None, "maxstartups", "10:30:60"),
        ("/etc/ssh/sshd_config", 9, None, "maxstartups", "200"),
    ]
    told = ssh.describe_own_dropin(read, {"loglevel": "INFO", "maxstartups": "200:30:200"})
    assert [entry["keyword"] for entry in told["overridden"]] == ["loglevel", "maxstartups"]
    assert told["startups_files"] == ["/etc/ssh/sshd_config"]


# --- findings --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("control", ids("ssh"))
def test_a_hardened_host_passes(control: str) -> None:
    assert finding(control).status is Status.PASS


@pytest.mark.parametrize(
    ("control", "keyword", "value", "status"),
    [
        ("ssh.root_login", "permitrootlogin", "yes", Status.FAIL),
        ("ssh.root_login", "permitrootlogin", "no", Status.PASS),
        ("ssh.root_login", "permitrootlogin", "forced-commands-only", Status.PASS),
        ("ssh.root_direct", "permitrootlogin", "prohibit-password", Status.FAIL),
        ("ssh.root_direct", "permitrootlogin", "forced-commands-only", Status.PASS),
        ("ssh.password_auth", "password_login", "yes", Status.FAIL),
        ("ssh.empty_passwords", "permitemptypasswords", "yes", Status.FAIL),
        ("ssh.max_auth_tries", "maxauthtries", 5, Status.FAIL),
        ("ssh.max_auth_tries", "maxauthtries", 3, Status.PASS),
        ("ssh.client_alive", "silent_seconds", 0, Status.FAIL),
        ("ssh.client_alive", "silent_seconds", 601, Status.FAIL),
        ("ssh.client_alive", "silent_seconds", 45, Status.PASS),
        ("ssh.tcp_forwarding", "allowtcpforwarding", "local", Status.FAIL),
        ("ssh.log_level", "loglevel", "QUIET", Status.FAIL),
        ("ssh.log_level", "loglevel", "DEBUG3", Status.FAIL),
        ("ssh.log_level", "loglevel", "INFO", Status.PASS),
        ("ssh.log_sessions", "loglevel", "INFO", Status.FAIL),
    ],
)
def test_a_case_counts(control: str, keyword: str, value: int | str, status: Status) -> None:
    assert finding(control, with_cases(**{keyword: value})).status is status


@pytest.mark.parametrize(
    ("control", "keyword", "value", "status"),
    [
        ("ssh.login_grace", "logingracetime", 0, Status.FAIL),
        ("ssh.login_grace", "logingracetime", 61, Status.FAIL),
        ("ssh.max_startups", "maxstartups", [10, 30, 100], Status.FAIL),
        ("ssh.max_startups", "maxstartups", [5, 100, 5], Status.PASS),
        ("ssh.user_environment", "permituserenvironment", "LANG,LC_*", Status.FAIL),
        ("ssh.host_based", "ignorerhosts", "shosts-only", Status.FAIL),
        ("ssh.ciphers", "ciphers", ["aes256-ctr", "aes256-cbc"], Status.PARTIAL),
        ("ssh.macs", "macs", ["hmac-sha1"], Status.FAIL),
        ("ssh.kex", "kexalgorithms", ["sntrup761x25519-sha512", "ecdh-sha2-nistp256"], Status.PARTIAL),
        ("ssh.kex", "kexalgorithms", ["curve25519-sha256"], Status.FAIL),
        ("ssh.host_key_algorithms", "hostkeyalgorithms", ["ssh-ed25519", "ecdsa-sha2-nistp256"], Status.PARTIAL),
        ("ssh.allow_groups", "allowgroups", ["sudo"], Status.PASS),
        ("ssh.allow_groups", "allowgroups", [], Status.FAIL),
    ],
)
def test_a_general_setting_counts(control: str, keyword: str, value: Any, status: Status) -> None:
    areas = facts()
    areas["ssh"]["effective"][keyword] = value
    assert finding(control, areas).status is status


def test_without_sshd_it_does_not_apply() -> None:
    areas = facts()
    areas["ssh"].update(installed=False, effective=None)
    assert finding("ssh.root_login", areas).status is Status.NOT_APPLICABLE


def test_a_host_key_that_a_group_reads() -> None:
    areas = facts()
    areas["ssh"]["host_keys"][0]["mode"] = 0o640
    assert finding("ssh.host_key_modes", areas).status is Status.PARTIAL


def test_settings_that_others_read() -> None:
    areas = facts()
    areas["ssh"]["files"][1]["mode"] = 0o644
    assert finding("ssh.config_modes", areas).status is Status.PARTIAL


@pytest.mark.parametrize(
    ("control", "change"),
    [
        ("ssh.banner", {"effective": {"banner": "none"}}),
        ("ssh.banner", {"banner": {"names_system": True}}),
        ("ssh.banner", {"banner": {"warns": False}}),
    ],
)
def test_what_is_said_before_a_login(control: str, change: dict[str, dict[str, Any]]) -> None:
    areas = facts()
    for part, values in change.items():
        areas["ssh"][part].update(values)
    assert finding(control, areas).status is Status.FAIL


def test_what_is_right_by_default_is_written_down_as_it_is() -> None:
    line = ("/etc/ssh/sshd_config", 1, None, "strictmodes", "yes")
    block = ("/etc/ssh/sshd_config", 2, "User an", "ignorerhosts", "yes")
    found = ssh.find_right_settings_set_by_default_only([line, block], {**BOOKWORM, "x11forwarding": "yes"})
    assert found == sorted(set(ssh.RIGHT) - {"strictmodes", "x11forwarding"})
    written = settings({"x11forwarding": "yes"}, {"ssh.persisted": []})
    assert {key.lower() for key in written} == {"strictmodes", *found}
    assert written["LogLevel"] == "INFO"
    assert {key.lower(): right for key, right in ROLE.RIGHT.items()} == ssh.RIGHT
    both: dict[str, Any] = {"ssh.x11_forwarding": [], "ssh.persisted": []}
    assert lines({"x11forwarding": "yes"}, both) == lines({"x11forwarding": "no"}, both)
    areas = facts()
    areas["ssh"]["unwritten"] = found
    assert finding("ssh.persisted", areas).status is Status.FAIL


@pytest.mark.parametrize("keyword", ROLE.RIGHT)
def test_what_a_control_set_goes_with_it_and_is_not_written_down_as_right(keyword: str, monkeypatch: Any) -> None:
    """As a rollback of that control alone writes the drop-in anew, while sshd still does what it says."""
    values = {"yes": "no", "no": "yes", "INFO": "QUIET"}
    careless = values[ROLE.RIGHT[keyword][0]]
    theirs = f"{keyword} {careless}\n"
    for control in EVERYTHING:
        if control != ssh.WRITTEN_DOWN and keyword in settings({}, {control: []}):
            ours = dropin({keyword.lower(): careless}, {control: [], ssh.WRITTEN_DOWN: []})
            assert f"# {control}\n{keyword} " in ours
            left = in_force_apart(monkeypatch, ours, theirs)
            assert keyword not in settings(left, {ssh.WRITTEN_DOWN: []})
    ours = dropin({keyword.lower(): ROLE.RIGHT[keyword][0]}, {ssh.WRITTEN_DOWN: []})
    left = in_force_apart(monkeypatch, ours, theirs)
    assert settings(left, {ssh.WRITTEN_DOWN: []})[keyword] == ROLE.RIGHT[keyword][0]


def test_of_two_controls_for_one_keyword_either_goes_alone(monkeypatch: Any) -> None:
    ours = dropin({"permitrootlogin": "yes"}, {"ssh.root_direct": [], "ssh.root_login": []})
    left = in_force_apart(monkeypatch, ours, "PermitRootLogin yes\n")
    assert settings(left, {"ssh.root_login": []}) == {"PermitRootLogin": "prohibit-password"}


def dropin(now: dict[str, Any], enforce: dict[str, Any]) -> str:
    return "".join(f"# {one['control']}\n{one['keyword']} {one['value']}\n" for one in lines(now, enforce))


def in_force_apart(monkeypatch: pytest.MonkeyPatch, ours: str, theirs: str) -> dict[str, Any]:
    """What the collector says without what controls of ours set, of sshd's first value for each keyword."""
    main = f"Include /etc/ssh/sshd_config.d/*.conf\n{theirs}"
    monkeypatch.setattr(ssh, "read_text", {ssh.DROPIN: ours, sshd.CONFIG: main}.get)
    monkeypatch.setattr(sshd.glob, "glob", lambda _: ["/etc/ssh/sshd_config.d/50-x.conf", ssh.DROPIN])

    def effective(_: Any, config_text: str) -> dict[str, Any]:
        said = [raw.split(None, 1) for raw in reversed(config_text.splitlines()) if raw]
        assert ["Include", '"/etc/ssh/sshd_config.d/50-x.conf"'] in said
        return {**BOOKWORM, **{keyword.lower(): value for keyword, value in said}}

    monkeypatch.setattr(sshd, "read_effective_sshd_config", effective)
    found: dict[str, Any] = ssh.select_settings_for_controller(ssh._read_settings_without_own_dropin(None, {}))
    return found


def test_debian_s_version_is_told_unless_the_first_line_says_no() -> None:
    def line(value: str, criteria: str | None = None) -> tuple[str, int, str | None, str, str]:
        return "/etc/ssh/sshd_config", 1, criteria, "debianbanner", value

    cases = ([], [line("yes"), line("no")], [line("no", "User an")], [line("No # why")], [line("no"), line("yes")])
    assert [ssh.is_debian_version_shown(read) for read in cases] == [True, True, True, False, False]
    areas = facts()
    areas["ssh"]["version_shown"] = True
    assert finding("ssh.version_shown", areas).status is Status.FAIL


def test_an_office_s_own_banner_stays() -> None:
    assert settings({"banner": "/etc/ssh/ubnd.txt"}, {"ssh.banner": []}) == {"Banner": "/etc/ssh/ubnd.txt"}


def test_short_keys() -> None:
    areas = facts()
    key = {"account": "ketoan", "path": "/x", "fingerprint": "SHA256:x", "restricted": False, "closed": True}
    areas["accounts"]["keys"] = [{**key, "type": "ssh-rsa", "bits": 1024}, {**key, "type": "ssh-rsa", "bits": 3072}]
    assert finding("ssh.weak_user_keys", areas).status is Status.PARTIAL


def test_only_encrypted_questions_keep_a_session_open() -> None:
    areas = facts()
    areas["ssh"]["effective"]["tcpkeepalive"] = "yes"
    assert finding("ssh.client_alive", areas).status is Status.FAIL


# --- the drop-in -----------------------------------------------------------------------------------------


def test_a_stock_host_gets_what_the_role_wants() -> None:
    assert settings({}) == {
        "PermitRootLogin": "prohibit-password",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "PermitEmptyPasswords": "no",
        "MaxAuthTries": "4",
        "LoginGraceTime": "60",
        "MaxStartups": "10:30:60",
        "ClientAliveInterval": "300",
        "ClientAliveCountMax": "2",
        "TCPKeepAlive": "no",
        "X11Forwarding": "no",
        "AllowAgentForwarding": "no",
        "AllowTcpForwarding": "no",
        "Ciphers": "-none,*cbc*,arcfour*",
        "KexAlgorithms": "-*sha1*,rsa*,ecdh-sha2-nistp*",
        "HostKeyAlgorithms": "-ssh-dss*,ssh-rsa*,*ecdsa*",
        "MACs": "-none,*md5*,*sha1*,*ripemd160*,umac-64*",
        "LogLevel": "VERBOSE",
        "Banner": "/etc/issue.net",
        "DebianBanner": "no",
        "PermitUserEnvironment": "no",
        "HostbasedAuthentication": "no",
        "IgnoreRhosts": "yes",
        "StrictModes": "yes",
        "GSSAPIAuthentication": "no",
    }


def test_what_is_stricter_stays() -> None:
    strict = {
        "permitrootlogin": "no",
        "maxauthtries": 2,
        "logingracetime": 20,
        "maxstartups": [4, 60, 8],
        "clientaliveinterval": 15,
        "clientalivecountmax": 3,
        "macs": ["hmac-sha2-512-etm@openssh.com", "hmac-sha1"],
    }
    now = settings(strict)
    assert now["PermitRootLogin"] == "no"
    assert (now["MaxAuthTries"], now["LoginGraceTime"], now["MaxStartups"]) == ("2", "20", "4:60:8")
    assert (now["ClientAliveInterval"], now["ClientAliveCountMax"]) == ("15", "3")
    assert now["MACs"] == "hmac-sha2-512-etm@openssh.com"


def test_only_controls_in_force_are_written() -> None:
    assert settings({}, {"ssh.log_level": []}) == {"LogLevel": "VERBOSE"}


def test_no_limit_at_all_is_not_the_stricter_one() -> None:
    now = settings({"logingracetime": 0, "maxauthtries": 0, "clientaliveinterval": 60, "clientalivecountmax": 0})
    assert (now["LoginGraceTime"], now["MaxAuthTries"], now["ClientAliveCountMax"]) == ("60", "4", "2")


def test_foreign_blocks_are_closed_with_their_own_criteria() -> None:
    matches = block(
        ("/etc/ssh/sshd_config", "User root", "permitrootlogin", "yes"),
        ("/etc/ssh/sshd_config", "User root", "maxauthtries", "2"),
        ("/etc/ssh/sshd_config", "Group sftp", "forcecommand", "internal-sftp"),
        ("/etc/ssh/sshd_config", "Group sftp", "clientaliveinterval", "10m"),
    )
    now = {**stock(), "matches": matches}
    assert [
        (entry["criteria"], [(line["keyword"], line["value"]) for line in entry["settings"]])
        for entry in ROLE.blocks(now, WITHOUT_ROOT, WANTED)
    ] == [
        ("Group sftp", [("ClientAliveInterval", "300")]),
        ("User root", [("PermitRootLogin", "prohibit-password")]),
    ]
    direct = {"ssh.root_login": [], "ssh.root_direct": []}
    assert ROLE.blocks(now, direct, WANTED) == [
        {
            "criteria": "User root",
            "settings": [{"control": "ssh.root_direct", "keyword": "PermitRootLogin", "value": "no"}],
        }
    ]
    assert ROLE.blocks(now, {"ssh.log_level": []}, WANTED) == []


def test_sessions_are_logged_also_where_a_block_says_less() -> None:
    now = {**facts()["ssh"], "matches": [{"criteria": "User x", "keyword": "loglevel", "value": "INFO"}]}
    assert ROLE.blocks(now, {"ssh.log_level": []}, WANTED) == []
    (block,) = ROLE.blocks(now, {"ssh.log_level": [], "ssh.log_sessions": []}, WANTED)
    assert block["settings"] == [{"control": "ssh.log_sessions", "keyword": "LogLevel", "value": "VERBOSE"}]


def test_root_is_kept_out_altogether_and_both_controls_stay_named() -> None:
    assert lines({}, {"ssh.root_login": [], "ssh.root_direct": []}) == [
        {"control": "ssh.root_direct", "keyword": "PermitRootLogin", "value": "no"},
        {"control": "ssh.root_login", "keyword": "PermitRootLogin", "value": "no"},
    ]
    bound = {"permitrootlogin": "forced-commands-only"}
    assert settings(bound, {"ssh.root_direct": []}) == {"PermitRootLogin": "forced-commands-only"}


def test_a_list_without_any_post_quantum_method_gets_those_of_its_version() -> None:
    narrowed = {"kexalgorithms": ["curve25519-sha256", "ecdh-sha2-nistp256"]}
    assert settings(narrowed, {"ssh.kex": []}) == {
        "KexAlgorithms": "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,curve25519-sha256"
    }
    kept = {"kexalgorithms": ["sntrup761x25519-sha512@openssh.com"]}
    assert settings(kept, {"ssh.kex": []}) == {"KexAlgorithms": "sntrup761x25519-sha512@openssh.com"}


def test_host_keys_of_nist_s_curves_are_left_out_where_another_is_there() -> None:
    asked: dict[str, Any] = {"ssh.host_key_algorithms": []}
    assert settings({}, asked) == {"HostKeyAlgorithms": "-ssh-dss*,ssh-rsa*,*ecdsa*"}
    assert lines({}, asked, types=("ecdsa-sha2-nistp256",)) == []


def test_a_host_key_s_type_is_in_its_public_half(tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_text("ssh-ed25519 AAAA root@web1\n")
    assert [ssh.read_host_key_type(str(tmp_path / name)) for name in ("key", "none")] == ["ssh-ed25519", ""]


def judged() -> Any:
    """The areas as a play has them."""
    return {name: {"data": value} for name, value in facts().items()}


def ways_in(areas: Any) -> Any:
    return FILTERS["FilterModule"]().filters()["ssh_ways_in"](areas)


def test_ways_in() -> None:
    areas = judged()
    assert "luytre" in ways_in(areas)
    for key in areas["accounts"]["data"]["keys"]:
        key["restricted"] = True
    assert ways_in(areas) == []
    areas["accounts"]["data"]["keys"] = [
        {"account": "root", "fingerprint": "SHA256:x", "restricted": False, "closed": True}
    ]
    assert ways_in(areas) == ["root"]
    for settings in (areas["ssh"]["data"]["effective"], *(one["settings"] for one in areas["ways"]["data"]["offers"])):
        settings["permitrootlogin"] = "no"
    assert ways_in(areas) == []


def test_a_key_without_rights_is_no_way_in() -> None:
    areas = judged()
    areas["sudo"]["data"]["grants"] = []
    assert ways_in(areas) == []


def test_a_play_without_the_auditor_names_whom_a_control_would_lock_out() -> None:
    areas = judged()
    areas["ways"]["data"] = access.ways(access.way("quantri", "password"))
    taken = FILTERS["FilterModule"]().filters()["ssh_ways_taken"]
    (one,) = taken(areas, {"ssh.password_auth": [], "ssh.ciphers": []}, ["quantri"], "")
    assert one == {"control": "ssh.password_auth", "who": "quantri (10.0.0.9, password)"}
    assert taken(areas, ["ssh.password_auth"], [], "ssh.password_auth, ssh.password_auth:khac") == [one]
    assert taken(areas, ["ssh.password_auth"], [], ["ssh.password_auth:quantri"]) == []


def test_what_sshd_says_on_trial_is_what_counts() -> None:
    areas = judged()
    areas["ways"]["data"] = access.ways(access.way("quantri", "password"))
    on_trial = FILTERS["FilterModule"]().filters()["ssh_ways_taken_on_trial"]
    same = areas["ways"]["data"]["offers"]
    assert on_trial(areas, same, [], []) == []
    tried = [{**one, "settings": {**one["settings"], "passwordauthentication": "no"}} for one in same]
    assert on_trial(areas, tried, [], []) == ["quantri (10.0.0.9, password)"]
    assert on_trial(areas, tried, [], ["ssh.password_auth:quantri"]) == []
    shut = [{**one, "settings": {**one["settings"], "authenticationmethods": ["publickey,password"]}} for one in same]
    assert on_trial(areas, shut, ["luytre"], "ssh.password_auth:quantri") == [
        "luytre (10.213.47.1, any)",
        "luytre (192.0.2.1, any)",
    ]


def test_files_of_keys_that_a_match_block_names_are_read_for_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, read = tmp_path / "sshd_config", sshd.iter_sshd_settings
    config.write_text(
        "AuthorizedKeysFile .ssh/authorized_keys\n"
        "Match Group sftp\n  authorizedkeysfile = /etc/ssh/keys/%u .ssh/authorized_keys\n"
        "Match Address 192.0.2.0/24\n  AuthorizedKeysFile none\n"
    )
    monkeypatch.setattr(sshd, "iter_sshd_settings", lambda: read(str(config)))
    monkeypatch.setattr(
        sshd, "read_effective_sshd_config", lambda _reading: {"authorizedkeysfile": [".ssh/authorized_keys"]}
    )
    assert sshd.list_authorized_keys_patterns(None) == [".ssh/authorized_keys", "/etc/ssh/keys/%u"]


@pytest.mark.parametrize("known", [["none"], [".ssh/authorized_keys"]])
def test_a_key_that_only_a_match_block_lets_in_is_found_by_audits_and_hunts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: list[str]
) -> None:
    (tmp_path / "hidden").write_text(f"{ED25519} x\n")
    block = ("/etc/ssh/sshd_config", 9, "User mai", "authorizedkeysfile", "%h/hidden")
    monkeypatch.setattr(sshd, "iter_sshd_settings", lambda: [block])
    monkeypatch.setattr(sshd, "read_effective_sshd_config", lambda _reading: {"authorizedkeysfile": known})
    reading = SimpleNamespace(find_program=lambda _name: "/usr/sbin/sshd")
    account = {"name": "mai", "home": str(tmp_path), "uid": os.getuid(), "gid": os.getgid()}
    assert [one["path"] for one in accounts.list_authorized_keys(reading, [account], [])] == [f"{tmp_path}/hidden"]
    assert "%h/hidden" in entering._list_authorized_keys_patterns(SimpleNamespace(reading=reading))
