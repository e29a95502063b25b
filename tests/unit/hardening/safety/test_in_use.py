"""What a hardening could take away from people: read on the host, and held by name."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.logins import service_shells
from ansible.module_utils.luytre.sites import access_log, dangerous_functions, webroot
from ansible.module_utils.luytre.web import apache
from ansible.module_utils.luytre.web import in_use as area
from ansible.module_utils.luytre_shared.os import open_writers
from ansible.module_utils.luytre_shared.os.time_budget import TimeBudget

from auditor.audit.controls import Fix, load_catalogue
from auditor.audit.effects import Effect
from auditor.facts import HostFacts, load_fact_area_models
from auditor.hardening.plan import HostPlan
from auditor.hardening.safety import in_use
from auditor.models import Host, Site, Text
from tests.unit.hardening.safety.test_preflight import HOST, NOW, judged
from tests.unit.hardening.safety.test_preflight import facts as host_facts
from tests.unit.on_host.collect.web.test_nginx import config
from tests.unit.on_host.collect.web.test_nginx import facts as nginx_facts

ROLES = Path(__file__).parents[4] / "roles"

# --- access logs -------------------------------------------------------------------------------------------


def line(request: str = "GET / HTTP/1.1", status: int = 200, referrer: str = "-") -> str:
    return f'10.0.0.1 - - [26/Nov/2026:08:00:00 +0700] "{request}" {status} 512 "{referrer}" "Mozilla/5.0"'


def test_requests_come_to_counts_and_names_of_hosts_and_nothing_else() -> None:
    told = access_log.count_requests_in_access_log(
        "\n".join(
            [
                *[line(referrer="https://cong.tinh.gov.vn/tin?matkhau=x")] * 3,
                line(referrer="https://mot.example/"),
                line("PUT /dav/a.docx HTTP/1.1", 201),
                line("DELETE /dav/a.docx HTTP/1.1", 403),
                line("POST /len HTTP/1.1", 413),
                line("GET /uploads/tai-ve.php?id=1 HTTP/1.1"),
                line("GET /uploads/x.php HTTP/1.1", 404),
                line("GET /server-status?auto HTTP/1.1"),
                "antruc.test:80 " + line(),
                line().replace("Mozilla/5.0", "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko"),
                "no line of this format",
            ]
        )
    )
    assert told == {
        "requests": 12,
        "methods": {"PUT": 1},
        "too_large": 1,
        "uploaded_php": 1,
        "status_pages": 1,
        "old_clients": 1,
        "referrers": [{"host": "cong.tinh.gov.vn", "requests": 3}],
    }


@pytest.mark.parametrize("bad", ['"' * 400_000, line(referrer="https://" + "a-" * 100_000), "\x00" * 1000, ""])
def test_a_visitor_writes_nothing_that_keeps_a_reader_busy(bad: str) -> None:
    began = time.process_time()
    assert access_log.count_requests_in_access_log(bad)["referrers"] == []
    assert time.process_time() - began < 2


def test_neither_a_path_nor_a_file_is_searched_in_more_than_linear_time() -> None:
    began = time.process_time()
    assert (
        access_log.count_requests_in_access_log((line("GET " + "/cache" * 66 + " HTTP/1.1") + "\n") * 4_000)[
            "uploaded_php"
        ]
        == 0
    )
    assert (
        access_log.count_requests_in_access_log(line("GET " + "/cache" * 60 + "/x.php HTTP/1.1"))["uploaded_php"] == 1
    )
    assert dangerous_functions.find_function_calls_in_php(b"<?php // " + b"exec( " * 49_000) == {"exec"}
    assert dangerous_functions.find_function_calls_in_php(b"<?php\n// exec('x')") == set()
    assert time.process_time() - began < 0.5


def test_only_the_end_of_a_log_is_read_and_no_link_is_followed(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text("".join(f"{number:09d}\n" for number in range(1000)))
    assert access_log.read_last_log_lines(str(log), 25) == "000000998\n000000999\n"
    (tmp_path / "link").symlink_to(log)
    os.mkfifo(tmp_path / "pipe")
    assert [access_log.read_last_log_lines(str(tmp_path / name)) for name in ("link", "pipe", "none")] == [None] * 3


# --- code and uploads --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "called"),
    [
        ("<?php $out = shell_exec('pdftotext x');", {"shell_exec"}),
        ("<?php \\exec ($command, $lines); proc_open($a);", {"exec", "proc_open"}),
        ("<?php $pdo->exec('UPDATE x'); Db::exec('x'); curl_exec($c); $exec(1); my_system(1);", set()),
        ("<?php function system($x) {} class A { function &exec() {} }", set()),
        ("<?php\n // exec('x')\n # system('x')\n * passthru(1)\n", set()),
        ("<?php if (function_exists('popen')) { popen('x'); }", set()),
        ("exec('not PHP')", set()),
        ("<?php '" + "exec " * 50_000, set()),
    ],
)
def test_what_code_calls_is_told_from_what_it_names(code: str, called: set[str]) -> None:
    assert dangerous_functions.find_function_calls_in_php(code.encode()) == called


def test_a_root_tells_calls_uploads_and_who_reads_by_everybodys_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in {
        "admin/in.php": "<?php shell_exec('lp');",
        "wp-includes/x.php": "<?php exec('x');",
        "vendor/a/b.php": "<?php system('x');",
        "uploads/phim.mp4": "x" * 5000,
        "tin.html": "x",
        "rieng.html": "x",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o644)
    (tmp_path / "rieng.html").chmod(0o600)
    (tmp_path / "admin" / "link.php").symlink_to("in.php")
    monkeypatch.setattr(area, "PEOPLE", range(os.getuid(), os.getuid() + 1))
    monkeypatch.setattr(webroot, "find_web_server_accounts", lambda: webroot.WebUsers(["nobody"]))
    (told,) = area.find_usage_in_web_roots([str(tmp_path)], TimeBudget(5))
    assert told["calls"] == [{"function": "shell_exec", "files": 1, "examples": ["admin/in.php"]}]
    assert told["largest_upload"] == 5000
    assert [person["files"] for person in told["people"]] == [5]
    assert not told["cut_short"]


def test_logs_are_those_that_were_named_and_what_of_them_there_was_time_for(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(line() + "\n")
    (tmp_path / "access.log.1").write_text(line() + "\n")
    assert [(one["path"], one["requests"]) for one in area.count_requests_by_log([str(log), str(tmp_path / "no")])] == [
        (str(log), 2)
    ]
    assert area.count_requests_by_log([str(log)], seconds=0) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another account")
def test_a_log_that_another_account_writes_by_everybodys_right_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_writers, "SECONDS", 60)
    tmp_path.chmod(0o755)
    for folder in tmp_path.parents:
        folder.chmod(folder.stat().st_mode | 0o011) if folder.name.startswith("pytest-") else None
    log, own = tmp_path / "app.log", tmp_path / "own.log"
    for path in (log, own):
        path.touch()
        path.chmod(0o666)
    os.chown(own, 65534, 65534)
    script = f"import time; a, b, c = open('{log}', 'a'), open('{own}', 'a'), open('/dev/null'); print(flush=True); time.sleep(60)"
    command = [sys.executable, "-S", "-c", script]
    with subprocess.Popen(command, user=65534, group=65534, extra_groups=[], stdout=subprocess.PIPE) as writer:
        try:
            assert writer.stdout is not None and writer.stdout.readline()
            assert open_writers.find_accounts_writing_open_files({str(path): path.stat() for path in (log, own)}) == {
                str(log): ["nobody"]
            }
        finally:
            writer.kill()


def test_where_there_was_no_time_to_look_nobody_is_said_to_write(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(open_writers, "SECONDS", 0)
    (tmp_path / "app.log").touch()
    assert open_writers.find_accounts_writing_open_files({"/var/log/x.log": (tmp_path / "app.log").stat()}) == {
        "/var/log/x.log": None
    }
    log = {"path": "/var/log/x.log", "writers": None}
    told = dict(in_use._find_logs_written_by_world_permission(HOST, {"logging": {"files": [log]}}))
    assert told[Effect.CLOSES_LOGS].en == "there was no time to see which program writes to /var/log/x.log"


def test_such_a_log_holds_the_change_that_takes_the_right() -> None:
    log = {"path": "/var/log/tra-cuu/app.log", "writers": ["dichvu"]}
    told = dict(
        in_use._find_logs_written_by_world_permission(
            HOST, {"logging": {"files": [log, {"path": "/var/log/x", "writers": []}]}}
        )
    )
    assert told[Effect.CLOSES_LOGS].en == "written only because everybody may: /var/log/tra-cuu/app.log (dichvu)"
    assert dict(in_use._find_logs_written_by_world_permission(HOST, {})) == {}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("5 3 * * * root su - git -c 'gitea dump'", {"git"}),
        ("5 3 * * * root cd /tmp && /bin/su git --command=x | mail root", {"git"}),
        ("runuser -l 'redmine' -c x; su redis", {"redmine", "redis"}),
        ("# su - git\n5 3 * * * root su git -s /bin/sh -c x; runuser -u git x; sudo -u git x; issue git", set()),
    ],
)
def test_a_job_that_becomes_an_account_by_its_shell_names_it(text: str, names: set[str]) -> None:
    assert {"git", "redmine", "redis"}.intersection(service_shells.list_words_of_su_commands(text)) == names


# --- what it holds -----------------------------------------------------------------------------------------

SITE = """
server { listen 80; server_name antruc.test; root /var/www/antruc.test; client_max_body_size 200m;
  access_log /var/log/nginx/a.log; location / { proxy_pass http://127.0.0.1:3000; } }
"""
LOG = {
    "path": "/var/log/nginx/a.log",
    "requests": 1000,
    "methods": {},
    "too_large": 0,
    "uploaded_php": 4,
    "status_pages": 2,
    "old_clients": 40,
    "referrers": [
        {"host": "www.google.com.vn", "requests": 90},
        {"host": "antruc.test", "requests": 80},
        {"host": "cong.tinh.gov.vn", "requests": 3},
    ],
}
ROOT = {
    "path": "/var/www/antruc.test",
    "calls": [{"function": "shell_exec", "files": 5, "examples": ["a.php", "b.php", "c.php"]}],
    "people": [{"account": "bientap", "files": 12}],
    "largest_upload": 0,
    "cut_short": False,
}

SHELLS = [{"account": "git", "by": "su-l"}, {"account": "git", "by": "/etc/cron.d/kho"}]


def planned(
    *names: str, accepted: tuple[str, ...] = (), host: Host = HOST, root: dict[str, Any] | None = None, **log: Any
) -> HostPlan:
    """The plan for a host on which all that is in use, and on which these controls are open."""
    data = host_facts()
    data["nginx"], data["apache"] = nginx_facts(config("", a=SITE)), dict(apache.ABSENT)
    data["in_use"] = {"logs": [{**LOG, **log}], "roots": [{**ROOT, **(root or {})}], "shells": SHELLS}
    return judged(*names, host=host, data=data, accepted=accepted)


@pytest.mark.parametrize(
    ("control", "said"),
    [
        ("nginx.body_limit", "a limit of 200 MB was set on purpose"),
        ("nginx.frame", "cong.tinh.gov.vn may show the site in a frame"),
        ("tls.ciphers", "40 of the last 1000 requests came from very old browsers"),
        ("nginx.upload_exec", "PHP in upload folders was answered 4 times"),
        ("php_fpm.disable_functions", "shell_exec (/var/www/antruc.test: a.php, b.php, c.php …)"),
        ("accounts.umask", "bientap (12)"),
        ("apache.modules", "/server-status was fetched 2 times"),
        ("services.confinement", "the sites' code starts programs by shell_exec (/var/www/antruc.test)"),
        ("accounts.system_shells", "the login shell of git (su-l, /etc/cron.d/kho)"),
    ],
)
def test_what_is_in_use_is_held_by_name_until_it_is_accepted(control: str, said: str) -> None:
    (change,) = planned(control).changes
    assert change.held is not None
    assert said in change.held.en
    assert f"--accept {control}" in change.held.en
    (change,) = planned(control, accepted=(control,)).changes
    assert change.held is None
    assert change.note is not None
    assert said in change.note.en


@pytest.mark.parametrize(
    ("kind", "backends", "held"),
    [
        ("nukeviet", ["unix:/run/php/a.sock"], True),
        ("nukeviet", [], False),
        ("joomla", ["unix:/run/php/a.sock"], False),
    ],
)
def test_an_application_that_nginx_tells_no_path_any_more_is_held(kind: str, backends: list[str], held: bool) -> None:
    found = list(
        in_use._find_applications_called_by_script_path(
            HOST, {"nginx": {"vhosts": [{"php_backends": backends}]}, "applications": {kind: [{"path": "/srv/a"}]}}
        )
    )
    assert [effect for effect, _what in found] == ([Effect.HIDES_SCRIPT_PATHS] if held else [])
    assert all("NukeViet (/srv/a)" in what.en for _effect, what in found)
    assert Effect.HIDES_SCRIPT_PATHS in load_catalogue(ROLES)["php_fpm.fix_pathinfo"].fix.effects


def test_a_file_that_was_sent_counts_whatever_the_limit() -> None:
    (change,) = planned("nginx.body_limit", root={"largest_upload": 150 << 20}).changes
    assert change.held is not None
    assert change.held.en.startswith("in use: a file of 150 MB was uploaded, above the limit of 128 MB")


def test_what_confinement_would_hide_or_close_is_held() -> None:
    data = host_facts()
    data["in_use"] = {"logs": [], "roots": [{**ROOT, "calls": []}], "shells": []}
    units = data["services"]["confinement"]
    units[0].update(in_tmp=["/tmp/php.sock"], writes=["/etc/dokuwiki"])  # noqa: S108
    (change,) = judged("services.confinement", data=data, accepted=()).changes
    assert change.held is not None
    assert change.held.en.startswith("in use: apache2.service uses /tmp/php.sock in the /tmp of all; to do it")
    units[0].update(in_tmp=[], writes=["/etc/100%"])
    data["php_fpm"] = {"installed": True, "versions": [], "pools": [], "shell_functions": [], "user_ini": []}
    (change,) = judged("services.confinement", data=data, accepted=()).changes
    assert change.held is not None
    assert "sites write to /etc/100%" in change.held.en
    units[0]["writes"] = ["/etc/dokuwiki"]
    (change,) = judged("services.confinement", data=data, accepted=()).changes
    assert change.held is None


def test_lists_of_files_that_pages_lead_to_are_held_for_their_site_alone() -> None:
    typed = {name: load_fact_area_models()[name].model_validate(value) for name, value in host_facts().items()}
    listed = {"antruc.test": Text.make_same_in_both_languages("the page / links to the list of files /hinh/")}
    used = in_use.find_usage_lost_by_fixes(
        HOST, HostFacts(NOW, typed, {}, {}), {"x.lists": fix(Effect.STOPS_LISTINGS), "x.other": fix()}, listed
    )
    assert used.sites == {"x.lists": {"antruc.test": listed["antruc.test"]}}


def test_what_nobody_uses_is_not_held() -> None:
    names = ("nginx.frame", "apache.modules", "nginx.server_tokens", "services.confinement")
    unused = planned(*names, root={"people": [], "calls": []}, referrers=LOG["referrers"][:2], status_pages=0)
    assert not unused.held_changes


def test_a_site_that_is_declared_to_be_framed_is_not_shut_off_from_there() -> None:
    declared = Site(domain="antruc.test", host="web1", server="nginx", external_domains=("cong.example.vn",))
    (change,) = planned("nginx.frame", host=HOST.model_copy(update={"sites": (declared,)}), referrers=[]).changes
    assert change.held is not None
    assert "cong.example.vn" in change.held.en


def test_functions_that_a_site_declares_are_not_held_up_by_its_code() -> None:
    declared = Site(domain="antruc.test", host="web1", server="nginx", php_functions=("shell_exec",))
    (change,) = planned("php_fpm.disable_functions", host=HOST.model_copy(update={"sites": (declared,)})).changes
    assert change.held is not None
    assert "shell_exec" not in change.held.en.replace("--accept", "")


def test_code_that_was_not_searched_to_its_end_is_not_taken_to_call_nothing() -> None:
    unsearched = {"calls": [], "cut_short": True}
    (change,) = planned("php_fpm.disable_functions", root=unsearched).changes
    assert change.held is not None
    assert "unknown whether the code in /var/www/antruc.test does" in change.held.en


def fix(*effects: Effect) -> Fix:
    return Fix(touches=("/etc/x",), effects=effects)


def test_where_logs_and_code_could_not_be_read_what_would_be_taken_away_is_held() -> None:
    typed = {name: load_fact_area_models()[name].model_validate(value) for name, value in host_facts().items()}
    fixes = {"x.framing": fix(Effect.STOPS_FRAMING), "x.ports": fix(Effect.CLOSES_MAIL_PORTS), "x.other": fix()}
    used = in_use.find_usage_lost_by_fixes(HOST, HostFacts(NOW, typed, {"in_use": "late"}, {}), fixes)
    assert set(used.hosts) == {"x.framing"}
    assert "unknown whether" in used.hosts["x.framing"].en


def test_ports_that_would_be_closed_are_named_with_who_listens() -> None:
    exposed = {"protocol": "tcp", "address": "*", "local": False, "process": "node", "unit": None, "service": None}
    ports = [{**exposed, "port": port} for port in (22, 443, 3000)]
    listeners = [*ports, {**exposed, "port": 5353, "protocol": "udp"}]
    data = {"firewall": {"ssh": {"ports": [22]}, "exposed": listeners}}
    found = dict(in_use._find_undeclared_open_ports(HOST, data))
    assert "ports 3000 (node) are open" in found[Effect.CLOSES_UNDECLARED_PORTS].en
