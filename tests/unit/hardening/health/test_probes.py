from __future__ import annotations

import getpass
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.hardening.health import probes
from auditor.hardening.health.probes import (
    HostProbes,
    Probe,
    build_ssh_probe_command,
    find_probes_that_newly_fail,
    list_probes_that_failed_before,
    parse_probes_in_ssh_output,
    probe_host_over_ssh,
    probe_hosts_over_ssh,
)
from auditor.inventory import reach as reaching
from auditor.inventory.reach import Reach
from auditor.models import Host

REACH = Reach("192.0.2.1", 2222, "luytre", "~/key", ("-o", "UserKnownHostsFile=/k"), None, None)
WHOLE = b"luytre: ssh 0\nluytre: root 0\nluytre: nginx 0 syntax is ok\nluytre: service:nginx.service 0 active\nluytre: end 0\n"


def probed(out: bytes, err: bytes = b"") -> HostProbes:
    return HostProbes("h", parse_probes_in_ssh_output(out, err))


def told(after: HostProbes, *before: HostProbes) -> list[str]:
    return [failed.what.en for failed in find_probes_that_newly_fail(before or (probed(WHOLE),), after)]


# --- the way there -----------------------------------------------------------------------------------------


def test_the_connection_is_new_strict_and_asks_nobody() -> None:
    words = build_ssh_probe_command(REACH)
    options = [words[at + 1] for at, word in enumerate(words) if word == "-o"]
    for option in ("ControlMaster=no", "ControlPath=none", "BatchMode=yes", "StrictHostKeyChecking=yes"):
        assert options.index(option) < options.index("UserKnownHostsFile=/k")
    assert {"Port=2222", "User=luytre"} <= set(options)
    assert str(Path("~/key").expanduser()) in words
    assert words[words.index("--") + 1] == "192.0.2.1"


def reach(tmp_path: Path, variables: str) -> Reach:
    (tmp_path / "hosts.yml").write_text(f"all:\n  hosts:\n    h:\n{variables}", "utf-8")
    return reaching.load_reach(tmp_path)["h"]


def test_the_inventory_says_how_a_host_is_reached(tmp_path: Path) -> None:
    one = reach(
        tmp_path,
        "      ansible_host: 192.0.2.9\n      ansible_port: 2222\n      ansible_user: a\n"
        "      ansible_ssh_private_key_file: ~/k\n      ansible_ssh_extra_args: -o 'ProxyJump=a b'\n"
        "      ansible_ssh_common_args: -o UserKnownHostsFile={{ inventory_dir }}/office/known_hosts\n",
    )
    known = f"UserKnownHostsFile={tmp_path.resolve()}/office/known_hosts"
    assert one == Reach("192.0.2.9", 2222, "a", "~/k", ("-o", known, "-o", "ProxyJump=a b"), None, None)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ansible_host", "'{{ address }}'"),
        ("ansible_port", "'{{ port }}'"),
        ("ansible_user", "'{% if a %}b{% endif %}'"),
        ("ansible_ssh_common_args", '"-o \'open"'),
        ("ansible_connection", "local"),
    ],
)
def test_what_only_ansible_can_work_out_is_said_and_not_guessed(tmp_path: Path, variable: str, value: str) -> None:
    one = reach(tmp_path, f"      {variable}: {value}\n")
    assert one.unclear == variable
    made = probe_host_over_ssh("h", one)
    assert made.unable is not None
    assert find_probes_that_newly_fail((made,), made) == ()
    assert variable in list_probes_that_failed_before((made, made))[0].vi


# --- a real sshd, spoken to over a pipe -------------------------------------------------------------------------

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/bin")
STUBS = {
    "id": "echo 1000",
    "sudo": 'while [ "$1" != /bin/sh ]; do shift; done; exec "$@"',
    "nginx": "echo 'nginx: [emerg] bad\tword' >&2; exit 1",
    "apache2ctl": "echo Syntax OK",
    "php-fpm8.4": "cat; echo NOTICE",
    "sshd": "exit 0",
    "mariadbd": "exit 1",
    "mariadb-admin": "yes mysqld is alive | head -c 100000",
    "nft": "exit 0",
    "systemctl": "echo 'nginx.service loaded active running x'; echo 'mysql.service not-found inactive dead'; "
    "echo 'php8.4-fpm.service loaded failed failed x'",
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Reach:
    if SSHD is None:
        pytest.skip("no sshd here: apt-get install openssh-server")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd wants it, and its unit makes it
    folder = tmp_path_factory.mktemp("sshd")
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    stubs = folder / "bin"
    stubs.mkdir()
    for name, body in STUBS.items():
        (stubs / name).write_text(f"#!/bin/sh\n{body}\n")
        (stubs / name).chmod(0o755)
    (folder / "known_hosts").write_text(f"h.test {(folder / 'host.pub').read_text()}")
    (folder / "sshd_config").write_text(
        f"HostKey {folder}/host\nAuthorizedKeysFile {folder}/user.pub\nStrictModes no\nUsePAM no\n"
        f"PasswordAuthentication no\nPidFile none\nPermitRootLogin yes\nSetEnv PATH={stubs}:/usr/bin:/bin\n"
    )
    return Reach(
        address="h.test",
        port=22,
        user=getpass.getuser(),
        key_file=str(folder / "user"),
        ssh_arguments=(
            *("-F", "/dev/null", "-o", f"UserKnownHostsFile={folder}/known_hosts", "-o", "IdentitiesOnly=yes"),
            *("-o", f"ProxyCommand={SSHD} -i -f {shlex.quote(str(folder / 'sshd_config'))}"),
        ),
        unclear=None,
        ca_file=None,
    )


def test_enters_becomes_root_and_asks_every_daemon(served: Reach) -> None:
    made = probe_hosts_over_ssh([Host(name="h", address="h.test")], {"h": served})["h"]
    passed = {one.name: one.is_ok for one in made.probes}
    assert passed == {
        "ssh": True,
        "become": True,
        "nginx": False,
        "apache": True,
        "php-fpm8.4": True,
        "sshd": True,
        "mariadb": True,
        "service:nginx.service": True,
        "service:php8.4-fpm.service": False,
        "complete": True,
        **dict.fromkeys((f"log:{kind}" for kind in LOGGED), True),
    } | ({"nft": True} if Path("/etc/nftables.conf").exists() else {})
    nginx, mariadb = made.find_probe_by_name("nginx"), made.find_probe_by_name("mariadb")
    assert nginx is not None
    assert nginx.detail == "nginx: [emerg] bad word"
    assert mariadb is not None
    assert 100 < len(mariadb.detail) <= probes.MAX_DETAIL


def part(name: str, folder: Path, *arguments: str) -> dict[str, tuple[bool, str]]:
    """What one function of the script that hosts run says, for logs in that folder."""
    script = probes._SCRIPT.read_text("utf-8").replace("/var/log", str(folder)).rpartition("main ")[0]
    done = subprocess.run(
        ["sh", "-s", "--", *arguments], input=f'{script}\n{name} "$@"', capture_output=True, text=True, check=True
    )
    asked = f"luytre: ssh 0\nluytre: root 0\n{done.stdout}luytre: end 0\n"
    return {one.name: (one.is_ok, one.detail) for one in probes.parse_probes_in_ssh_output(asked.encode(), b"")}


LOGGED = ("undefined", "fatal", "upstream", "alert", "denied")
LINES = {
    "undefined": "[error] 7#7: *1 FastCGI sent in stderr: Call to undefined function shell_exec() in /var/www/x.php:3",
    "fatal": "[proxy_fcgi:error] [client 203.0.113.9:4] AH01071: Got error 'PHP message: PHP Fatal error:  x', referer: http://a",
    "upstream": '[crit] 7#7: *2 connect() to unix:/run/php/x.sock failed (13), client: 203.0.113.9, request: "GET /so?cccd=1"',
    "alert": "[alert] 7#7: worker process 8 exited on signal 11",
    "denied": '[error] 7#7: *3 open() "/var/www/x" failed (13: Permission denied), client: 203.0.113.9',
}


@pytest.mark.parametrize("kind", LOGGED)
def test_a_kind_of_error_is_found_in_the_logs_and_nothing_of_visitors_is_told(tmp_path: Path, kind: str) -> None:
    (tmp_path / "nginx").mkdir()
    (tmp_path / "nginx" / "a.error.log").write_text(f"[notice] start\n{LINES[kind]}\n[notice] end\n")
    (tmp_path / "nginx" / "b.error.log").symlink_to("/etc/passwd")
    said = part("logged", tmp_path)
    assert [name for name in LOGGED if not said[f"log:{name}"][0]] == [kind]
    assert said[f"log:{kind}"][1]
    assert "203.0.113.9" not in said[f"log:{kind}"][1]
    assert "cccd" not in said[f"log:{kind}"][1]


@pytest.mark.parametrize(
    "line",
    [
        '2026/11/26 12:00:00 [error] 7#7: *1 open() "/srv/FastCGI sent in stderr: Call to undefined function exec()" failed (2: No such file)',
        '2026/11/26 12:00:00 [error] 7#7: *1 FastCGI sent in stderr: "Unable to open primary script: /srv/Call to undefined function exec().php"',
        "[x] [php:error] [pid 1] [client a] script '/srv/PHP Fatal error: Call to undefined function exec()' not found",
        '2026/11/26 12:00:00 [error] 7#7: *1 FastCGI sent in stderr: "PHP message: PHP Fatal error: Call to undefined function _old()"',
    ],
)
def test_a_visitor_asks_for_no_path_that_brings_a_host_back(tmp_path: Path, line: str) -> None:
    (tmp_path / "nginx").mkdir()
    (tmp_path / "nginx" / "error.log").write_text(line + "\n")
    assert part("logged", tmp_path)["log:undefined"][0]


def test_an_account_whose_place_is_taken_answers_nothing_for_the_host(tmp_path: Path) -> None:
    program = tmp_path / "setpriv"
    program.write_text("#!/bin/sh\nprintf '0 x\\nluytre: nginx 0 fine\\n'; echo 'luytre: sshd 0' >&2; exit 1\n")
    program.chmod(0o755)
    script = probes._SCRIPT.read_text("utf-8").rpartition("main ")[0]
    script += f"PATH={tmp_path}:$PATH\nusers=1\nmay -x /\n"
    done = subprocess.run(["sh", "-s"], input=script, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("1\n", "")


def logged(*kinds: str) -> HostProbes:
    lines = (Probe(f"log:{kind}", kind not in kinds, "x" if kind in kinds else "") for kind in LOGGED)
    return HostProbes("h", (Probe("ssh", True), Probe("become", True), *lines, Probe("complete", True)))


def test_functions_that_are_missed_are_a_fault_and_other_new_errors_are_told() -> None:
    before = (logged("alert"), logged("alert"))
    (one,) = find_probes_that_newly_fail(before, logged(*LOGGED))
    assert one.name == "log:undefined"
    assert probes.is_failed_probe_of_log(one)
    assert len(probes.describe_new_log_lines_not_judged(before, logged(*LOGGED))) == 3
    assert find_probes_that_newly_fail((logged("undefined"),), logged("undefined")) == ()
    assert probes.describe_new_log_lines_not_judged(before, logged()) == ()
    assert list_probes_that_failed_before(before) == ()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root takes another account's place")
def test_an_upload_folder_that_is_closed_to_another_pools_account_is_still_written_to(tmp_path: Path) -> None:
    folder = Path(tempfile.mkdtemp(prefix="luytre-root-"))
    (folder / "cache").mkdir()
    os.chown(folder / "cache", 65534, 65534)
    folder.chmod(0o755)
    program = folder / "php-fpm8.4"
    shutil.copy("/bin/sleep", program)
    processes = [subprocess.Popen([program, "60"], user=user) for user in (65534, 1)]
    try:
        for mode in (0o777, 0o755):
            (folder / "cache").chmod(mode)
            assert part("entered", tmp_path, str(folder))["writes:1:cache"][0]
    finally:
        for process in processes:
            process.kill()
            process.wait()
        shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root takes another account's place")
def test_who_runs_php_gets_into_roots_and_upload_folders_or_that_is_told(tmp_path: Path) -> None:
    folder = Path(tempfile.mkdtemp(prefix="luytre-root-"))
    (folder / "uploads").mkdir()
    folder.chmod(0o755)
    program = folder / "php-fpm8.4"
    shutil.copy("/bin/sleep", program)
    process = subprocess.Popen([program, "60"], user=65534)
    try:
        said = part("entered", tmp_path, str(folder), "/none")
        found = {name: passed for name, (passed, _) in said.items() if name.startswith(("enters", "writes"))}
        assert found == {"enters:1": True, "writes:1:uploads": False}
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


def test_a_host_key_that_nobody_recorded_is_no_way_in(served: Reach) -> None:
    other = Reach(**{**vars(served), "address": "other.test"})
    made = probe_host_over_ssh("h", other)
    assert [one.name for one in made.probes] == ["ssh"]
    assert "no key of the host is recorded yet" in told(made)[0]


def test_a_changed_host_key_is_no_way_in(served: Reach, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
    (tmp_path / "known_hosts").write_text(f"h.test {(tmp_path / 'other.pub').read_text()}")
    arguments = ("-o", f"UserKnownHostsFile={tmp_path}/known_hosts", *served.ssh_arguments)
    made = probe_host_over_ssh("h", Reach(**{**vars(served), "ssh_arguments": arguments}))
    assert [one.name for one in made.probes] == ["ssh"]
    assert "key differs from the recorded one" in told(made)[0]


def test_a_refused_key_is_no_way_in(served: Reach, tmp_path: Path) -> None:
    key = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    made = probe_host_over_ssh("h", Reach(**{**vars(served), "key_file": str(key)}))
    assert told(made) == ["no fresh SSH login: the host refused our SSH key or password: check the account and its key"]


@pytest.mark.parametrize("program", ["import time; time.sleep(60)", "while True: print('x' * 9999)"])
def test_a_host_that_hangs_or_floods_costs_little(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr(probes, "build_ssh_probe_command", lambda *_: [sys.executable, "-c", program])
    monkeypatch.setattr(probes, "PROBE_SECONDS", 0.3)
    begun = time.monotonic()
    made = probe_host_over_ssh("h", REACH)
    assert time.monotonic() - begun < 2
    assert [one.is_ok for one in made.probes] == [False]


# --- what was said ------------------------------------------------------------------------------------------


def test_all_is_well_when_nothing_changed() -> None:
    assert told(probed(WHOLE)) == []


@pytest.mark.parametrize(
    ("out", "err", "words"),
    [
        (b"", b"ssh: connect to host h port 22: Connection refused", "no fresh SSH login: the SSH port refuses"),
        (b"luytre: ssh 0\n", b"sudo: a password is required", "cannot use sudo: the account may not"),
        (
            WHOLE.replace(b"nginx 0 syntax is ok", b"nginx 1 [emerg] x"),
            b"",
            "nginx finds its configuration faulty: [emerg] x",
        ),
        (
            WHOLE.replace(b"nginx 0 syntax is ok", b"nginx 124 "),
            b"",
            "the probe nginx did not end within 6 s, so its result is not known",
        ),
        (WHOLE.replace(b"service 0 active", b"service 3 failed (failed)"), b"", "nginx.service no longer runs: failed"),
        (WHOLE.replace(b"luytre: service:nginx.service 0 active\n", b""), b"", "nginx.service no longer runs"),
        (WHOLE.replace(b"luytre: nginx 0 syntax is ok\n", b""), b"", "the host no longer has nginx as before"),
        (WHOLE.replace(b"luytre: end 0\n", b""), b"", "the host did not answer all probes"),
        (WHOLE.replace(b"luytre: end", b"luytre: nft 1 bad\nluytre: end"), b"", "the firewall's rules are faulty: bad"),
    ],
)
def test_what_fails_is_named_once(out: bytes, err: bytes, words: str) -> None:
    (said,) = told(probed(out, err))
    assert words in said


def test_the_time_of_a_test_is_the_one_that_is_told() -> None:
    script = probes._SCRIPT.read_text("utf-8")
    assert f"timeout -k 1 {probes.TEST_SECONDS} " in script


def test_a_host_that_names_many_probes_hides_nobody_else_s() -> None:
    many = probed(
        WHOLE.replace(b"luytre: end", b"".join(b"luytre: a%d 1\n" % n for n in range(5_000)) + b"luytre: end")
    )
    assert len(many.probes) < probes.MAX_PROBES + 5 and many.find_probe_by_name("complete") == Probe("complete", True)
    assert len(list_probes_that_failed_before((many,))) < probes.MAX_PROBES


def test_what_failed_before_is_said_and_not_judged() -> None:
    bad = probed(
        WHOLE.replace(b"nginx 0 syntax is ok", b"nginx 1 old").replace(b"service 0 active", b"service 3 inactive")
    )
    assert told(bad, probed(WHOLE), bad) == []
    assert [text.en for text in list_probes_that_failed_before((probed(WHOLE), bad))] == [
        "so before anything was changed: nginx finds its configuration faulty: old"
    ]


@pytest.mark.parametrize(
    ("now", "said"),
    [(b"inactive (dead)", []), (b"failed (failed)", ["apache2.service no longer runs: failed (failed)"])],
)
def test_a_service_that_was_off_and_unknown_to_systemd_is_no_fault_while_it_rests(now: bytes, said: list[str]) -> None:
    after = probed(WHOLE.replace(b"luytre: end", b"luytre: service:apache2.service 3 " + now + b"\nluytre: end"))
    assert told(after) == said


def test_a_host_that_could_not_be_entered_before_is_not_judged_by_what_is_found_now() -> None:
    shut = probed(b"", b"Permission denied (publickey).")
    assert told(probed(WHOLE.replace(b"nginx 0", b"nginx 1")), shut) == []
    assert told(shut, shut) == []


def test_each_failure_names_the_rooms_that_may_have_done_it() -> None:
    (failed,) = find_probes_that_newly_fail(
        (probed(WHOLE),), probed(WHOLE.replace(b"service 0 active", b"service 3 failed"))
    )
    assert failed.areas == {"nginx"}
    (failed,) = find_probes_that_newly_fail((probed(WHOLE),), probed(b""))
    assert "firewall" in failed.areas


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=30), st.sampled_from(WHOLE.splitlines()), st.just(b"luytre: \xff 1"))))
def test_any_answer_is_parsed(lines: list[bytes]) -> None:
    made = probed(b"\n".join(lines), b"\x1b[2J\xff")
    assert all(isinstance(one, Probe) and "\x1b" not in one.detail for one in made.probes)
    assert all(
        len(failed.what.vi) < 1000 and failed.name for failed in find_probes_that_newly_fail((probed(WHOLE),), made)
    )
