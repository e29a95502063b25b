"""Who came in over SSH, by what sshd wrote of it; what goes on through it; which questions sshd is asked."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.luytre.access import ways
from ansible.module_utils.luytre.logins import sshd
from ansible.module_utils.luytre.os import login_history, ssh_forwards
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader, UnreadableFact
from pydantic import ValidationError

from auditor.facts.access.ways import WaysFacts
from auditor.hardening.safety import lockout
from tests.lab.waiting import until
from tests.unit import access

NOW = 1_795_731_724
KEY = "SHA256:OSZf8VORNHywGGPUwZHQ/GgarSZwiFzgcvqcQlcDD88"


def said(*lines: str) -> list[dict[str, Any]]:
    return [{"moment": NOW + number, "pid": 7, "said": line} for number, line in enumerate(lines)]


def came(*lines: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = login_history.summarize_login_paths(said(*lines))[0]
    return found


def test_a_way_is_the_methods_that_opened_the_session() -> None:
    (way,) = came(
        f"Partial publickey for hanh from 10.0.0.9 port 41 ssh2: ED25519 {KEY}",
        "Failed password for hanh from 10.0.0.9 port 41 ssh2",
        "Accepted password for hanh from 10.0.0.9 port 41 ssh2",
    )
    assert (way["account"], way["source"], way["methods"]) == ("hanh", "10.0.0.9", ["publickey", "password"])
    assert (way["key"], way["certificate"], way["last"], way["count"]) == (KEY, False, NOW + 2, 1)


def test_ways_are_counted_and_told_apart() -> None:
    found = came(
        "Accepted password for hanh from 10.0.0.9 port 41 ssh2",
        "Accepted password for hanh from 10.0.0.9 port 42 ssh2",
        f"Accepted publickey for hanh from 10.0.0.9 port 43 ssh2: ED25519 {KEY}",
        f"Accepted publickey for hanh from 10.0.0.9 port 44 ssh2: ED25519-CERT {KEY} ID hanh (serial 0) CA ED25519 {KEY}",
        "Accepted keyboard-interactive/pam for hanh from fe80::1%eth0 port 45 ssh2",
        "Accepted none for trong from ::ffff:10.0.0.8 port 46 ssh2",
    )
    assert [(way["methods"], way["source"], way["count"], way["certificate"]) for way in reversed(found)] == [
        (["password"], "10.0.0.9", 2, False),
        (["publickey"], "10.0.0.9", 1, False),
        (["publickey"], "10.0.0.9", 1, True),
        (["keyboard-interactive"], "fe80::1%eth0", 1, False),
        (["none"], "10.0.0.8", 1, False),
    ]


def test_what_a_log_daemon_wrote_changes_nothing_that_sshd_said_itself() -> None:
    accepted = "Accepted password for hanh from 10.0.0.9 port 41 ssh2"
    claims = [
        {**one, "claimed": True}
        for one in said(f"Partial publickey for hanh from 10.0.0.9 port 41 ssh2: ED25519 {KEY}")
    ]
    found, by_connection = login_history.summarize_login_paths(
        [*claims, *said(accepted), {**said(accepted)[0], "claimed": True}]
    )
    assert sorted((way["methods"], way["claimed"]) for way in found) == [
        (["password"], False),
        (["publickey", "password"], True),
    ]
    assert [way["claimed"] for way in by_connection.values()] == [False]


def test_what_visitors_choose_is_no_login() -> None:
    assert not came(
        "Invalid user Accepted password for root from 10.0.0.9 port 41 ssh2 from 10.0.0.9 port 41",
        "Failed password for hanh from 10.0.0.9 port 41 ssh2",
        "Accepted password for hanh from nowhere port 41 ssh2",
    )


@pytest.mark.parametrize("text", ["Accepted " + "a" * 5_000_000, "Starting session: " + " for " * 400_000])
def test_a_line_without_end_costs_no_more_than_its_length(text: str) -> None:
    begun = time.process_time()
    login_history.summarize_login_paths(said(text))
    login_history.find_connections_without_session(said(text))
    assert time.process_time() - begun < 5


def test_entries_of_the_journal() -> None:
    accepted = "Accepted password for root from 10.0.0.9 port 41 ssh2"
    text = f"{NOW}.738440 web3 sshd-session[82]: {accepted}\n    more of it\n{NOW}.7 web3 sshd[x]: {accepted}\n-- Boot 5a --\n"
    assert login_history.parse_sshd_journal(text) == [{"moment": NOW, "pid": 82, "said": accepted}]


def test_only_roots_own_entries_open_sessions_and_our_own_leave_room_for_others() -> None:
    asked: list[list[str]] = []

    class Journal(AreaReader):
        def find_program(self, program: str) -> str:
            return f"/usr/bin/{program}"

        def run(self, argv: list[str], **_: Any) -> str:
            asked.append(argv)
            return ""

    assert login_history._read_sshd_journal(Journal({}, 20), "luy.tre") == ([], False)
    words = {argv[-1]: argv for argv in asked}
    others = r"^(Accepted|Partial) [a-z/-]+ for (?!luy\.tre )"
    assert set(words) == {others, r"^(Accepted|Partial) [a-z/-]+ for luy\.tre ", login_history.SESSIONS}
    assert [text for text, argv in words.items() if "_UID=0" not in argv] == [login_history.SESSIONS]


def test_what_happened_within_a_second_stays_in_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        "Starting session: command for hanh from 10.0.0.9 port 41 id 0",
        "Disconnected from user hanh 10.0.0.9 port 41",
    ]
    now = int(time.time()) - 60

    class Journal(AreaReader):
        def run(self, argv: list[str], **_: Any) -> str:
            said = (
                lines
                if argv[-1] == login_history.SESSIONS
                else ["Accepted password for hanh from 10.0.0.9 port 41 ssh2"]
            )
            return "".join(f"{now}.{at} web3 sshd[7]: {line}\n" for at, line in reversed(list(enumerate(said))))

    monkeypatch.setattr(login_history, "FILES", ())
    monkeypatch.setattr(Journal, "find_program", lambda _, name: f"/usr/bin/{name}")
    found, since, cut = login_history.read_sshd_log_entries(Journal({}, 20))
    assert [entry["said"] for entry in found if not entry["said"].startswith("Accepted")] == lines
    assert (since, cut) == (now, False)
    assert login_history.find_connections_without_session(found) == []


def test_lines_of_log_daemons() -> None:
    old = time.strftime("%b %d %H:%M:%S", time.localtime(NOW - 60))
    text = f"""{old} web3 sshd[7]: Accepted password for hanh from 10.0.0.9 port 41 ssh2
2026-11-26T22:20:00.5+07:00 web3 sshd-session[8]: Accepted password for hanh from 10.0.0.9 port 42 ssh2
2026-11-26T22:20:00Z web3 cron[8]: Accepted password for hanh from 10.0.0.9 port 43 ssh2
not a line of sshd[1]: at all
"""
    first, second = login_history.parse_sshd_log_lines(text, NOW)
    assert (first["moment"], first["pid"]) == (NOW - 60, 7)
    assert (second["moment"], second["pid"]) == (1_795_706_400, 8)


def test_the_last_of_december_was_last_year() -> None:
    (one,) = login_history.parse_sshd_log_lines("Dec 31 23:00:00 web3 sshd[7]: Accepted x", NOW)
    assert one["moment"] < NOW


def test_nobodys_crowd_hides_another() -> None:
    crowd = [access.way("dong", "password", source=f"10.0.{number // 250}.{number % 250}") for number in range(900)]
    kept, more = login_history.limit_login_paths_per_account([*crowd, access.way("hanh", "password")])
    assert more
    assert len(kept) == login_history.PER_ACCOUNT + 1
    assert kept[-1]["account"] == "hanh"


def test_claims_crowd_nobody_out_and_hide_no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    claims = [
        {**access.way("hanh", "publickey", source=f"10.1.0.{n}"), "claimed": True, "last": NOW} for n in range(90)
    ]
    kept, _ = login_history.limit_login_paths_per_account([*claims, access.way("hanh", "password")])
    assert kept[0]["methods"] == ["password"]
    assert len(kept) == login_history.PER_ACCOUNT
    record = (7, "pts/0", "hanh", "10.1.0.1", int(time.time()))
    monkeypatch.setattr(ways, "read_wtmp_tail", lambda path: path)
    monkeypatch.setattr(ways, "parse_wtmp_records_with_source", lambda path: [record] if path.endswith("wtmp") else [])
    assert [way["source"] for way in ways._find_sessions_missing_in_sshd_log(claims)] == ["10.1.0.1"]


def test_whom_the_journal_no_longer_knows_a_database_of_logins_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any account can write so much that the journal forgets who came in."""
    now = int(time.time())
    last, every = tmp_path / "lastlog2.db", tmp_path / "wtmp.db"
    with contextlib.closing(sqlite3.connect(last)) as database, database:
        database.execute("CREATE TABLE Lastlog2(Name TEXT PRIMARY KEY, Time, TTY TEXT, RemoteHost TEXT, Service TEXT)")
        rows = [
            ("hanh", now, "ssh", "10.1.0.1", "sshd"),
            ("dong", now, "tty1", "", "login"),
            ("x", "y", "", "z", "sshd"),
        ]
        database.executemany("INSERT INTO Lastlog2 VALUES (?, ?, ?, ?, ?)", rows)
    with contextlib.closing(sqlite3.connect(every)) as database, database:
        database.execute("CREATE TABLE wtmp(Type, User TEXT, Login, Logout, TTY TEXT, RemoteHost TEXT, Service TEXT)")
        rows_of_all = [
            (3, "nga", now * 1_000_000, None, "ssh", "10.1.0.2", "sshd"),
            (1, "reboot", 1, None, "~", "", ""),
        ]
        database.executemany("INSERT INTO wtmp VALUES (?, ?, ?, ?, ?, ?, ?)", rows_of_all)
    monkeypatch.setattr(ways, "read_wtmp_tail", lambda _: b"")
    places = [(str(path), query) for path, (_, query) in zip((last, every), ways.DATABASES, strict=True)]
    monkeypatch.setattr(ways, "DATABASES", places)
    found = ways._find_sessions_missing_in_sshd_log([])
    assert [(way["account"], way["source"]) for way in found] == [("hanh", "10.1.0.1"), ("nga", "10.1.0.2")]


def test_a_claim_makes_no_record_reach_further_back(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "Accepted password for hanh from 10.0.0.9 port 41 ssh2"
    now = int(time.time())
    monkeypatch.setattr(
        login_history, "_read_sshd_journal", lambda *_: ([{"moment": now, "pid": 1, "said": said}], True)
    )
    monkeypatch.setattr(
        login_history,
        "_read_sshd_log_files",
        lambda _: ([{"moment": now - 40 * 86400, "pid": 2, "said": said}], False),
    )
    assert login_history.read_sshd_log_entries(None)[1:] == (now, True)


def test_a_connection_without_a_session_went_on_through_the_host() -> None:
    opened = "Accepted publickey for {0} from 10.0.0.9 port {1} ssh2: ED25519 " + KEY
    session = "Starting session: command for {0} from 10.0.0.9 port {1} id 0"
    ended = "Disconnected from user {0} 10.0.0.9 port {1}"
    before = [opened.format("som", 40), ended.format("som", 40)]
    after = [
        *(line.format("hanh", 41) for line in (opened, session, ended)),
        *(line.format("nhay", 42) for line in (opened, ended)),
        opened.format("con", 43),
    ]
    reading = [line.format("luytre", 44) for line in (opened, session)]
    lowered = [line.format("luytre", 45) for line in (opened, ended)]
    assert [
        way["account"]
        for way in login_history.find_connections_without_session(said(*before, *after, *reading, *lowered))
    ] == ["nhay"]
    assert [
        way["account"] for way in login_history.find_connections_without_session(said(*before, *after, *reading))
    ] == ["nhay"]
    assert login_history.find_connections_without_session(said(*before)) == []


def unrecorded(found: list[dict[str, Any]], **more: Any) -> list[tuple[str, str, bool]]:
    given: dict[str, Any] = {"terminals": [], "sessions": set(), "now": found[-1]["moment"] + 3600, **more}
    return [
        (one["account"], one["source"], one["recorded"])
        for one in login_history.find_unrecorded_connections(found, **given)
    ]


OPENED = "Accepted publickey for {0} from 10.0.0.9 port {1} ssh2: ED25519 " + KEY
SESSION = "Starting session: command for {0} from 10.0.0.9 port {1} id 0"
ENDED = "Disconnected from user {0} 10.0.0.9 port {1}"


def test_a_connection_of_which_no_record_tells_what_it_was_for_may_have_been_a_tunnel() -> None:
    quiet = said(OPENED.format("an", 40), ENDED.format("an", 40))
    assert unrecorded(quiet) == [("an", "10.0.0.9", False)]
    moment = quiet[0]["moment"]
    assert unrecorded(quiet, terminals=[("an", "10.0.0.9", moment + 1)]) == [], "it had a terminal"
    assert unrecorded(quiet, terminals=[("an", "10.0.0.8", moment + 1)]), "another's terminal"
    assert unrecorded(quiet, sessions={("10.0.0.9", 40)}) == [], "a session is open in it"
    assert unrecorded(quiet, now=moment + 1) == [], "it has hardly begun"
    assert unrecorded([{**one, "claimed": True} for one in quiet]) == [], "what others may write proves nothing"
    sftp = said(OPENED.format("an", 40), "subsystem request for sftp by user an", ENDED.format("an", 40))
    assert unrecorded(sftp) == []


def test_once_sessions_are_told_for_long_enough_nobody_is_asked_about_before() -> None:
    lines = [line.format("an", 40) for line in (OPENED, ENDED)]
    told = [line.format("luytre", 41) for line in (OPENED, SESSION, ENDED)]
    new = said(*told)
    old = [{**one, "moment": one["moment"] - 3600} for one in said(*lines)]
    now = new[-1]["moment"] + 60
    assert unrecorded([*old, *new], now=now) == [("an", "10.0.0.9", False)]
    long_ago = [{**one, "moment": one["moment"] - 16 * 86_400} for one in (*old, *new)]
    assert unrecorded([*long_ago, *new], now=now) == []
    assert unrecorded(long_ago, now=now), "they are told no longer"


def test_what_goes_on_now_and_what_waits_to_is_seen_by_sshds_own_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    def row(inode: int, local: str, remote: str) -> str:
        return f" 0: {local} {remote} 01 0:0 0:0 0 0 0 {inode} 1"

    here, loopback = "0D2FD50A:0016", "0100007F"
    peers = {inode: f"012FD50A:{0x8500 + inode:04X}" for inode in range(1, 6)}
    rows = [row(inode, here, peer) for inode, peer in peers.items()]
    rows.append(row(9, f"{loopback}:9000", f"{loopback}:0BB8"))
    monkeypatch.setattr(
        ssh_forwards, "read_text", lambda path, *_: "head\n" + "\n".join(rows) if "tcp6" not in path else ""
    )
    monkeypatch.setattr(
        ssh_forwards,
        "_iter_sshd_processes_with_sockets",
        lambda: iter(
            [
                (1001, "sshd-session: an", {"1"}),
                (1002, "sshd: binh@notty", {"2"}),
                (1003, "sshd: chi@pts/0", {"3", "9"}),
                (0, "sshd: dung [priv]", {"4"}),
                (0, "/usr/sbin/sshd -D -R", {"5"}),
            ]
        ),
    )
    live, sessions = ssh_forwards.collect_ssh_forwards([22], str)
    assert [(one["account"], one["to"]) for one in live] == [("1001", ""), ("1003", "127.0.0.1:3000")]
    assert {port for _, port in sessions} == {0x8502, 0x8503}


def test_our_own_connections_and_the_enrolments_are_not_asked_about() -> None:
    here = {"user": "luytre", "source": "10.0.0.9"}
    root, ours = said(OPENED.format("root", 40), OPENED.format("luytre", 41))
    later = {**said(OPENED.format("root", 42))[0], "moment": ours["moment"] + 3600}
    found = [{**root, "moment": ours["moment"] - 60}, ours, later]

    def of(account: str, source: str, moment: int) -> bool:
        return ways._is_connection_of_this_program({"account": account, "source": source, "last": moment}, here, found)

    assert of("luytre", "10.0.0.9", later["moment"]) and not of("luytre", "10.0.0.8", later["moment"])
    assert of("root", "10.0.0.9", ours["moment"] - 60) and not of("root", "10.0.0.9", later["moment"])


def test_sockets_of_the_kernel() -> None:
    text = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0D2FD50A:0016 012FD50A:8526 01 00000000:00000000 00:00000000 00000000     0        0 4242 1 0000
   1: 0000000000000000FFFF00000D2FD50A:0016 0000000000000000FFFF0000012FD50A:8526 01 00000000:00000000 00:00000000 00000000 0 0 4243
"""
    found = ssh_forwards.parse_kernel_tcp_table(text)
    assert found["4242"] == found["4243"] == ("01", ("10.213.47.13", 22), ("10.213.47.1", 34086))


@pytest.mark.parametrize(
    ("criteria", "about"),
    [
        ("User hanh", {0}),
        ("Group sftp Address 10.0.0.0/8", {0, 1}),
        ("LocalPort 2222", {2}),
        ("LocalAddress 10.0.0.1", set()),
        ("all", set()),
        ("User=hanh Host *.gov.vn", {0, 1}),
        ('exec "test -f /x"', {0, 1, 2}),
        ("all User hanh", {0}),
    ],
)
def test_what_a_match_block_is_about(criteria: str, about: set[int]) -> None:
    assert sshd._parse_match_criteria(criteria) == about


class Sshd(AreaReader):
    """Says what it is asked."""

    def __init__(self) -> None:
        super().__init__({}, 20)
        self.asked: list[str] = []

    def run(self, argv: list[str], **_: Any) -> str:
        self.asked.append(argv[-1])
        return "passwordauthentication yes\nauthenticationmethods any\n"


def test_sshd_is_told_of_a_connection_where_it_says_nothing_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(Sshd):
        def run(self, argv: list[str], **_: Any) -> str:
            if "-C" not in argv:
                raise UnreadableFact("sshd ended with 255: 'lport' not in connection test specification.")
            return super().run(argv)

    monkeypatch.setattr(sshd.trusted_inputs, "list_file_with_its_includes", lambda *_: [])
    monkeypatch.setattr(sshd.os, "makedirs", lambda *_, **__: None)
    assert sshd.read_effective_sshd_config(Silent())["passwordauthentication"] == "yes"


def test_sshd_is_asked_once_where_no_block_tells_two_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lines = [("/etc/ssh/sshd_config", 1, "User hanh", "passwordauthentication", "yes")]
    monkeypatch.setattr(sshd, "iter_sshd_settings", lambda _: iter(lines))
    monkeypatch.setattr(sshd.trusted_inputs, "list_file_with_its_includes", lambda *_: [])
    monkeypatch.setattr(sshd.os, "makedirs", lambda *_, **__: None)
    questions = [
        {"account": account, "source": source, "port": port}
        for account in ("hanh", "khoa")
        for source in ("10.0.0.9", "2001:db8::7")
        for port in (22, 2222)
    ]
    reading = Sshd()
    offers, unasked = sshd.list_sshd_offers_by_connection(reading, questions, "10.0.0.2")
    assert sorted(reading.asked) == [
        f"user={name},host=10.0.0.9,addr=10.0.0.9,laddr=10.0.0.2,lport=22" for name in ("hanh", "khoa")
    ]
    assert len(offers) == 8
    assert unasked == 0
    assert offers[0]["settings"]["authenticationmethods"] == ["any"]


@pytest.mark.skipif(os.geteuid() != 0 or not Path("/usr/sbin/sshd").exists(), reason="runs sshd")
def test_a_second_daemon_with_a_file_of_its_own_is_asked_by_that_file(tmp_path: Path) -> None:
    """As for SFTP alone, copied from Debian's own file: it reads our settings at its next start, or not at all."""
    port, key = 20_022 + os.getpid() % 20_000, tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    own = f"Port {port}\nListenAddress 127.0.0.1\nHostKey {key}\nPidFile none\nPasswordAuthentication yes\n"
    question = {"account": "root", "source": "10.0.0.9", "port": port}
    (tmp_path / "ours.conf").write_text("PasswordAuthentication no\n")
    for text, ours in ((own, False), (f"Include /etc/ssh/sshd_config.d/*.conf\n{own}", True)):
        config = tmp_path / f"sshd-{ours}"
        config.write_text(text)
        with subprocess.Popen(["/usr/sbin/sshd", "-D", "-f", config], stderr=subprocess.DEVNULL) as daemon:
            try:
                until(
                    lambda number=daemon.pid: b"[listener]" in Path(f"/proc/{number}/cmdline").read_bytes(),
                    "no sshd",
                    10,
                )
                answers = [
                    sshd.list_sshd_offers_by_connection(Unguarded({}, 20), [question], settings_file=first)
                    for first in (None, str(tmp_path / "ours.conf"))
                ]
            finally:
                daemon.kill()
        told = [(offer["ours"], offer["settings"]["passwordauthentication"]) for (offer,), _ in answers]
        assert told == [(ours, "yes"), (ours, "no" if ours else "yes")]


class Unguarded(AreaReader):
    """Believes files below a test's folder."""

    def run(self, argv: list[str], **given: Any) -> str:
        return super().run(argv, **{**given, "at_stake": []})


def test_declared_people_may_come_from_wherever_a_block_speaks_of() -> None:
    lines = [
        ("f", 1, "Address 10.1.0.0/16,!10.1.2.3,192.168.*", "passwordauthentication", "yes"),
        ("f", 2, None, "usepam", "yes"),
    ]
    here = {"user": "luytre", "source": "10.213.47.1"}
    found = ways.build_questions_for_sshd(here, ["quantri"], [], [22], lines)
    assert [(one["account"], one["source"]) for one in found] == [
        ("luytre", "10.213.47.1"),
        ("quantri", "10.213.47.1"),
        ("quantri", "192.0.2.1"),
        ("quantri", "10.1.0.1"),
        ("quantri", "192.168.1.1"),
    ]
    odd = [access.way("a,b", "password"), access.way("-x", "password")]
    assert ways.build_questions_for_sshd(None, [], odd, [22], []) == []


def test_a_host_names_no_command_for_whoever_copies_what_to_accept() -> None:
    bad = SimpleNamespace(
        account="x$(id)\x1b[2J", to=None, doubtful=False, methods=("password",), last=NOW, source="10.0.0.9"
    )
    told = lockout.describe_lockouts_by_control(
        [SimpleNamespace(control="ssh.password_auth", is_accepted=False, way=bad)]
    )
    said = told.hold_reasons["ssh.password_auth"].en
    assert "--accept 'ssh.password_auth:x$(id)" in said
    assert "\x1b" not in said


@pytest.mark.parametrize(
    "bad",
    [
        {"seen": [{**access.way("hanh", "password"), "last": 10**18}]},
        {"seen": [access.way(f"u{number}", "password") for number in range(1_001)]},
    ],
)
def test_a_host_tells_neither_of_any_number_of_ways_nor_of_a_day_without_a_date(bad: dict[str, Any]) -> None:
    WaysFacts.model_validate(access.ways(access.way("hanh", "password")))
    with pytest.raises(ValidationError):
        WaysFacts.model_validate({**access.ways(), **bad})
