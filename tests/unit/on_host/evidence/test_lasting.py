"""What a host sends of its files: none of its secrets, what was not sent, every name on one line; nothing is written there."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from ansible.module_utils.luytre_evidence import body_file, frames, non_volatile, quiet_reading, text_escape

from auditor.text import paths, redact, secret_spans

TOP = Path(__file__).parents[4]
HASH = "$6$saltsalt$" + "h" * 86
SALT, PASSWORD = "put-your-unique-phrase-here-0123456789", "Xa-An-Truc-2026"
KEY = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2g"
PEM = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{KEY}\n-----END OPENSSH PRIVATE KEY-----\n"
FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/bash\nold:abcdefghijklm:1000:1000::/home/old:/bin/sh\n",
    "etc/shadow": f"root:{HASH}:19000:0:99999:7:::\nold:!:19000:0:99999:7:::\n",
    "etc/crontab": f"* * * * * root mysql -pP{PASSWORD} wp\n",
    "etc/ssh/ssh_host_ed25519_key": PEM,
    "etc/nginx/conf.d/x.conf": f'proxy_set_header Authorization "Basic {PASSWORD}";\n',
    "root/.bash_history": f"mysql -u wp -p{PASSWORD} wp\nls\n",
    "root/.ssh/authorized_keys": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO x@y\n",
    "root/.ssh/id_ed25519": PEM,
    "home/old/.bashrc": f"export DB_PASSWORD={PASSWORD}\n",
    "var/www/a/wp-config.php": f"<?php define('DB_PASSWORD', '{PASSWORD}'); define('AUTH_SALT', '{SALT}');",
    "var/www/a/x.php": f"<?php mysqli_connect('localhost', 'wp', '{PASSWORD}'); // {HASH}\n{PEM}",
    "var/log/nginx/access.log": f"GET /?token={PASSWORD} HTTP/1.1\n",
    "var/log/btmp": f"{PASSWORD}\0",
}


SALTS = ("/4Q-1b-2]x:0:a:kH.php{", "/abcDEF+12345", "2-Nov-7!xyz45", "123456789012", "https:x9x9x9x9", "ab:cd:ef:xy:zz")


class Sent:
    """What a step sent, by its path."""

    def __init__(
        self,
        step: Callable[[Any], None],
        shown: Callable[[str], str] | None = redact.redact_secrets_in_text,
        secrets: Any = (),
    ) -> None:
        pipe = io.BytesIO()
        step(frames.EvidenceSender(pipe, shown, secrets))
        self.raw, self.content, self.told, self.left_out = (
            pipe.getvalue(),
            dict[str, bytes](),
            dict[str, Any](),
            list[Any](),
        )
        held, path = self.raw, ""
        while held:
            kind, size = held[:1], int.from_bytes(held[1:5], "big")
            content, held = held[5 : 5 + size], held[5 + size :]
            if kind == b"M":
                path = json.loads(content)["path"]
                self.content[path] = b""
            elif kind == b"D":
                self.content[path] += content
            elif kind == b"E":
                self.told[path] = json.loads(content)
            else:
                self.left_out.append(json.loads(content))


@pytest.fixture
def host(tmp_path: Path) -> Any:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return non_volatile.NonVolatileReader(redact.is_path_of_file_with_secrets, str(tmp_path))


def steps(host: Any) -> list[Callable[[Any], None]]:
    named = [f"/{name}" for name in FILES]
    return [
        host.send_system_settings_and_autostart,
        host.send_keys_logins_and_histories_of_homes,
        host.send_installed_and_recent_packages,
        host.send_log_time_spans_and_log_ends,
        host.send_mactime_body_of_all_files,
        host.make_step_that_sends_flagged_files(named),
    ]


def test_no_planted_secret_is_sent(host: Any) -> None:
    sent = [Sent(step) for step in steps(host)]
    assert sum(len(one.content) for one in sent) > 15
    for one in sent:
        for secret in (HASH, SALT, PASSWORD, KEY, "abcdefghijklm"):
            assert secret.encode() not in one.raw


def test_a_secret_of_this_host_goes_nowhere_wherever_it_stands(host: Any, tmp_path: Path) -> None:
    known = host.find_secrets_of_host_to_redact(secret_spans.find_secret_spans_in_text, ["/var/www/a"])
    assert {one.encode() for one in (HASH, PASSWORD, SALT, KEY)} == {one.value for one in known}
    sources = {one.value.decode(): one.source for one in known}
    assert (sources[HASH], sources[PASSWORD]) == ("/etc/shadow", "/var/www/a/wp-config.php")
    (tmp_path / "etc/rc.local").write_text(f"nothing says what {PASSWORD} is, nor {SALT}\nits:{PASSWORD}@here\n")
    (tmp_path / "miner").write_bytes(b"\x7fELF\0" + PASSWORD.encode() + bytes(100))
    for step in (*steps(host), host.make_step_that_sends_flagged_files(["/miner", "/etc/rc.local"])):
        pipe = io.BytesIO()
        step(frames.EvidenceSender(pipe, redact.redact_secrets_in_text, known))
        for secret in known:
            assert secret.value not in pipe.getvalue()


def test_how_often_what_of_which_file_was_taken_out_is_told(host: Any, tmp_path: Path) -> None:
    known = host.find_secrets_of_host_to_redact(secret_spans.find_secret_spans_in_text, ["/var/www/a"])
    (tmp_path / "etc/rc.local").write_text(f"nothing says what {PASSWORD} is, nor {SALT}\n{PASSWORD}\n")
    sent = Sent(host.send_system_settings_and_autostart, secrets=known)
    assert sent.told["/etc/rc.local"]["redacted"] == {"/var/www/a/wp-config.php": 3}
    assert "redacted" not in sent.told["/etc/passwd"]


def test_a_site_blanks_no_words_of_its_choice(host: Any, tmp_path: Path) -> None:
    """``define("X_PASSWORD", "uploads/evil")`` made ``GET /wp-content/•••/a.php`` of its doings."""
    folder = tmp_path / "var/www/a/wp-content/uploads/evil-folder-x"
    folder.mkdir(parents=True)
    (folder / "backdoor-of-ours.php").touch()
    log = (
        'GET /wp-content/uploads/evil/a.php HTTP/1.1" 200 "-" "nastyscanner99/1.0"\n'
        "GET /wp-content/uploads/evil-folder-x/backdoor-of-ours.php HTTP/1.1\n"
        "GET /gone-by-now/gone-folder/shell-9-shell HTTP/1.1\n"
        "ran backdoor-of-ours.php as intruder-account of evil.host.example at /srv/evil-folder-x/x\n"
        "deleted: uploads/evil-folder-x\n"
    )
    (tmp_path / "etc/passwd").write_text("intruder-account:x:1001:1001::/home/x:/bin/sh\n")
    words = (
        *("uploads/evil", "wp-content/uploads", "evil-folder-x", "backdoor-of-ours.php", "intruder-account"),
        *(
            "uploads/evil-folder-x",
            "evil.host.example",
            "/srv/evil-folder-x/x",
            "gone-by-now/gone-folder",
            "shell-9-shell",
        ),
        *("/gone-by-now/gone-folder/shell-9-shell", "nastyscanner", "HTTP/1.1"),
    )
    config = "".join(f"define('X_PASSWORD', '{word}');\n" for word in words)
    (tmp_path / "var/www/a/wp-config.php").write_text(f"<?php\n{config}define('DB_PASSWORD', '{PASSWORD}');\n")
    (tmp_path / "var/log/nginx/access.log").write_text(f"{log}nothing says what {PASSWORD} is\n")
    known = host.find_secrets_of_host_to_redact(secret_spans.find_secret_spans_in_text, ["/var/www/a"])
    sent = Sent(host.send_log_time_spans_and_log_ends, secrets=known).content["/var/log/nginx/access.log"].decode()
    assert sent == log + "nothing says what ••• is\n"


THEIRS = (
    "203.0.113.7",
    "203.0.113.",
    "2001:db8::7",
    "28/Nov/2026:07",
    "2026-11-28",
    "/uploads/x.php",
    "GET /x.php",
    "elevenchars",
)


def test_a_site_hides_no_traces_by_calling_them_its_password_nor_crowds_out_roots_secrets(
    host: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(non_volatile, "MOST_OF_A_ROOT", 12)
    before = {one.value for one in host.find_secrets_of_host_to_redact(secret_spans.find_secret_spans_in_text, [])}
    config = tmp_path / "var/www/a/wp-config.php"
    config.write_text("".join(f"define('DB_PASSWORD', '{theirs}');\n" for theirs in (*THEIRS, *SALTS)))
    known = {
        one.value for one in host.find_secrets_of_host_to_redact(secret_spans.find_secret_spans_in_text, ["/var/www/a"])
    }
    assert before < known and HASH.encode() in before
    assert known.isdisjoint(map(str.encode, THEIRS)) and {salt.encode() for salt in SALTS} <= known
    many = "".join(f"define('AUTH_KEY', '{number:04}{'y' * 60}');\n" for number in range(20))
    config.write_text(many)
    assert (
        len(host.find_secrets_of_host_to_redact(secret_spans.find_secret_spans_in_text, ["/var/www/a"]))
        == len(before) + 12
    )


def test_a_site_with_a_configuration_of_a_megabyte_holds_nothing_up(host: Any, tmp_path: Path) -> None:
    (tmp_path / "var/www/a/wp-config.php").write_text("define('DB_PASSWORD', 'x');\n" * 40_000)
    looked_through = []

    def spans(text: str) -> list[tuple[int, int]]:
        looked_through.append(len(text))
        return []

    host.find_secrets_of_host_to_redact(spans, ["/var/www/a"])
    assert max(looked_through) == non_volatile.MOST_CONFIG


def test_of_what_holds_secrets_there_is_the_digest_and_times(host: Any) -> None:
    told = Sent(host.make_step_that_sends_flagged_files(["/var/www/a/wp-config.php", "/gone"]))
    about = told.told["/var/www/a/wp-config.php"]
    assert (about["why"], len(about["sha256"]), about["size"] > 50, about["mtime"] > 0) == ("secret", 64, True, True)
    assert told.content["/var/www/a/wp-config.php"] == b""
    assert told.left_out == [{"what": "/gone", "why": "gone"}]
    accounts = Sent(host.send_keys_logins_and_histories_of_homes)
    assert accounts.content["accounts/passwords.txt"] == (
        b"root hash=6 changed=19000 expires=\nold locked changed=19000 expires=\n"
    )
    assert b"ssh-ed25519 AAAA" in accounts.content["/root/.ssh/authorized_keys"]
    assert accounts.told["/root/.bash_history"]["hidden"] is True
    assert "/root/.ssh/id_ed25519" not in accounts.content


def test_without_what_hides_secrets_no_text_is_sent(host: Any) -> None:
    for step in (
        host.send_system_settings_and_autostart,
        host.send_keys_logins_and_histories_of_homes,
        host.send_log_time_spans_and_log_ends,
    ):
        sent = Sent(step, None)
        assert set(sent.content.values()) <= {
            b"",
            *(one for one in sent.content.values() if one.startswith((b"root hash=", b"first\tlast\t"))),
        }
        assert all(about.get("why", "no_redaction") in ("no_redaction", "secret") for about in sent.told.values())


@pytest.mark.parametrize(
    "head", [b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"\x01\x02\x03" * 400, b"SQLite format 3\0"]
)
def test_what_nobody_can_look_through_is_only_named(host: Any, tmp_path: Path, head: bytes) -> None:
    (tmp_path / "srv").mkdir()
    (tmp_path / "srv/x.bin").write_bytes(head + PASSWORD.encode())
    told = Sent(host.make_step_that_sends_flagged_files(["/srv/x.bin"]))
    assert (told.content["/srv/x.bin"], told.told["/srv/x.bin"]["why"]) == (b"", "packed")


def test_one_strange_byte_does_not_make_text_something_else(host: Any, tmp_path: Path) -> None:
    (tmp_path / "etc/crontab").write_bytes(b"# \xff\0\n* * * * * root mysql -p" + PASSWORD.encode() + b"\n")
    assert PASSWORD.encode() not in Sent(host.send_system_settings_and_autostart).raw


def test_programs_come_whole_and_what_is_too_long_is_said_to_be_cut(
    host: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "MAX_FILE", 1_000)
    monkeypatch.setattr(frames, "MAX_TEXT", 400)
    (tmp_path / "etc/rc.local").write_text("first\n" + "x\n" * 300 + "last\n")
    (tmp_path / "miner").write_bytes(b"\x7fELF" + bytes(2_000))
    sent = Sent(host.make_step_that_sends_flagged_files(["/miner", "/etc/rc.local"]))
    assert (len(sent.content["/miner"]), sent.told["/miner"]["why"], sent.told["/miner"]["size"]) == (
        1_000,
        "cut",
        2_004,
    )
    assert sent.content["/etc/rc.local"].endswith(b"x\nlast\n")
    assert b"first" not in sent.content["/etc/rc.local"]
    assert sent.told["/etc/rc.local"]["why"] == "cut"


def test_whoever_writes_a_folder_of_logs_hides_none_of_roots(
    host: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(non_volatile, "MOST_LOGS", 5)
    (tmp_path / "var/log/app").mkdir()
    for number in range(9):
        theirs = tmp_path / f"var/log/app/{number}.log"
        theirs.write_text("x\n")
        os.chown(theirs, 33, 33)
        os.utime(theirs, (4e9, 4e9))
    sent = Sent(host.send_log_time_spans_and_log_ends)
    assert list(sent.content)[:2] == ["system/logs.txt", "/var/log/nginx/access.log"]
    assert len([path for path in sent.content if "/app/" in path]) == 5
    assert {"what": "/var/log/app", "why": "too_many"} in sent.left_out


def test_what_is_gone_by_then_ends_no_folder(host: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = quiet_reading.list_folder_without_access_time
    monkeypatch.setattr(quiet_reading, "list_folder_without_access_time", lambda folder: ["%gone", *names(folder)])
    assert "/var/log/nginx/access.log" in Sent(host.send_log_time_spans_and_log_ends).content


def test_a_folder_full_of_names_crowds_out_none_after_it(
    host: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body_file, "MOST_NAMES", 400)
    for number in range(500):
        (tmp_path / "home/old" / str(number)).touch()
    sent = Sent(host.send_mactime_body_of_all_files)
    rows = sent.content["bodyfile.txt"].decode().splitlines()
    assert any(row.split("|")[1] == "/var/www/a/x.php" for row in rows)
    assert {"what": "/home/old", "why": "too_many"} in sent.left_out


def test_logs_say_from_when_to_when_they_go_and_packed_ones_are_unpacked(host: Any, tmp_path: Path) -> None:
    lines = [f'192.0.2.1 - - [2{n}/Nov/2026:20:15:01 +0700] "GET /?token={PASSWORD} HTTP/1.1"\n' for n in (1, 2, 7)]
    with gzip.open(tmp_path / "var/log/nginx/access.log.2.gz", "wb") as packed:
        packed.write("".join(lines).encode())
    (tmp_path / "var/log/broken.gz").write_bytes(b"\x1f\x8b\x08 no more")
    (tmp_path / "var/log/dpkg.log").write_text("2026-11-01 01:02:03 first\n2026-11-27 10:11:12 last\n")
    sent = Sent(host.send_log_time_spans_and_log_ends)
    rows = sent.content["system/logs.txt"].decode().splitlines()
    assert any(row.startswith("2026-11-01 01:02:03\t2026-11-27 10:11:12\t") for row in rows)
    assert any(row.startswith("-\t27/Nov/2026:20:15:01 +0700\t") for row in rows)
    assert sent.content["/var/log/nginx/access.log.2"].count(b"\n") == 3
    assert sent.told["/var/log/nginx/access.log.2"]["origin"] == "/var/log/nginx/access.log.2.gz"
    assert sent.told["/var/log/broken"]["why"] == "packed"
    assert PASSWORD.encode() not in sent.raw


def test_links_fifos_and_what_leads_upward_are_not_followed(host: Any, tmp_path: Path) -> None:
    secret = tmp_path.parent / "elsewhere"
    secret.write_text("of somebody else")
    (tmp_path / "root/.profile").symlink_to(secret)
    (tmp_path / "var/www/a/link.php").symlink_to(secret)
    os.mkfifo(tmp_path / "var/www/a/fifo.php")
    wanted = ["/var/www/a/link.php", "/var/www/a/fifo.php", "/var/www/../../etc/passwd"]
    sent = [Sent(host.make_step_that_sends_flagged_files(wanted)), Sent(host.send_keys_logins_and_histories_of_homes)]
    assert all(b"of somebody else" not in one.raw for one in sent)
    assert [one["what"] for one in sent[0].left_out] == wanted


def test_every_name_is_a_line_that_mactime_can_read(host: Any, tmp_path: Path) -> None:
    odd = os.fsdecode(b"a|b\nc%\xff d")
    (tmp_path / odd).write_text("")
    (tmp_path / "to").symlink_to("x|y")
    lines = Sent(host.send_mactime_body_of_all_files).content["bodyfile.txt"].decode().splitlines()
    assert all(line.count("|") == 10 for line in lines)
    names = [unquote(line.split("|")[1]) for line in lines]
    assert "/a%7Cb%0Ac%25%FF d" in names
    assert "/to -> x%7Cy" in names
    assert all(name.isprintable() and "|" not in name for name in names)
    assert "/var/www/a/wp-config.php" in names


def test_names_are_written_as_the_controller_writes_them() -> None:
    for name in ("/a\nb", "/%", "/é\u202e", os.fsdecode(b"/\xff"), "/a b/c|d"):
        assert text_escape.escape_path(name) == paths.percent_encode_unprintable_in_path(name)


RELAY = """
import sys, time, os
from ansible.module_utils import __path__ as places
places += sys.argv[1:]
from ansible.module_utils.luytre_evidence import frames
def talks(sender):
    sender.send_rows_without_redaction("live_response", "a", ["x"])
def hangs(sender):
    sender._send_start_of_member("live_response", "b")
    sender._send_content_without_secrets(b"half")
    sender._pipe.flush()
    time.sleep(60)
def floods(sender):
    sender.send_rows_without_redaction("live_response", "c", ("x" * 1000 for _ in range(100000)))
def dies(sender):
    raise ValueError("x")
relay = frames.EvidenceRelay(lambda frame: os.write(1, frame), 500_000, time.monotonic() + 30, str)
for work, seconds in ((talks, 10), (hangs, 0.5), (dies, 10), (floods, 10), (talks, 10)):
    relay.run_step_in_child_within_seconds(work.__name__, work, seconds)
relay.send_end_of_all_frames()
"""


def test_a_step_that_hangs_floods_or_dies_costs_itself_alone() -> None:
    places = [str(TOP / "on_host" / name / "module_utils") for name in ("shared", "evidence")]
    done = subprocess.run([sys.executable, "-c", RELAY, *places], capture_output=True, check=True, timeout=60)
    sent = Sent(lambda sender: sender._pipe.write(done.stdout[:-7]))
    assert done.stdout[-7:] == b"Z\0\0\0\x02{}"
    assert sent.content["a"] == b"x\n"
    assert (sent.content["b"], sent.told["b"]["why"]) == (b"half", "time")
    assert sent.told["c"]["why"] == "room"
    assert len(done.stdout) < 700_000
    notes = [(one["what"], one["why"]) for one in sent.left_out]
    assert notes == [("hangs", "time"), ("dies", "fault: ValueError"), ("floods", "room"), ("talks", "room")]
