"""nginx and PHP-FPM wherever root runs them from, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.os import nginx_daemons, php_daemons
from ansible.module_utils.luytre.parsers.web_servers.nginx_conf import load_nginx_config
from ansible.module_utils.luytre.sites import webroot, websites
from ansible.module_utils.luytre.web import nginx
from ansible.module_utils.luytre.web_servers.nginx_trusted_inputs import list_nginx_test_paths
from ansible.module_utils.luytre_shared.os import process_table
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader, NotRun, UnpackagedDaemon
from ansible.module_utils.luytre_shared.os.process_table import ProcessInfo

PROGRAM = "/www/server/nginx/sbin/nginx"
BUILT = "nginx version: nginx/1.24.0\nconfigure arguments: --prefix=/www/server/nginx --with-http_ssl_module\n"


class Host:
    """Processes and what programs say, as a test sets them."""

    def __init__(self) -> None:
        self.processes: list[ProcessInfo] = []
        self.said: dict[str, str] = {PROGRAM: BUILT}
        self.packaged: list[str] = []
        self.loose: str | None = None

    def running(self, program: str, uids: Any = (0,), proc: str = "/proc") -> list[ProcessInfo]:
        return [one for one in self.processes if one.program == program and one.uid in uids]

    def away(self, names: Any, ours: Any, trust: Any, proc: str = "/proc") -> Iterator[ProcessInfo]:
        return (one for one in self.processes if one.program not in ours)

    def run(self, reading: AreaReader, argv: list[str], **_how: Any) -> str:
        if argv[0] not in self.said:
            raise NotRun(f"{argv[0]} was not run as root: {argv[0]} can be changed by user anh")
        return self.said[argv[0]]


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    made = Host()
    monkeypatch.setattr(process_table, "list_processes_of_program", made.running)
    monkeypatch.setattr(process_table, "iter_processes_outside_paths", made.away)
    monkeypatch.setattr(process_table, "is_same_file_seen_by_process", lambda pid, path: True)
    monkeypatch.setattr(process_table, "find_who_can_change_process_code", lambda pid, trust: made.loose)
    monkeypatch.setattr(AreaReader, "run", lambda self, argv, **how: made.run(self, argv, **how))
    monkeypatch.setattr(AreaReader, "find_program", lambda self, name: next(iter(made.packaged), None))
    return made


def master(title: str, program: str = PROGRAM, uid: int = 0) -> ProcessInfo:
    return ProcessInfo(7, 1, uid, title if uid == 0 else "", program=program)


def found() -> list[tuple[str, str, str]]:
    return [(one.program, one.main, one.prefix) for one in nginx_daemons.list_running_nginx_daemons(AreaReader({}, 5))]


@pytest.mark.parametrize(
    ("title", "main", "prefix"),
    [
        (PROGRAM, "/www/server/nginx/conf/nginx.conf", "/www/server/nginx"),
        (f"{PROGRAM} -c /etc/a/nginx.conf", "/etc/a/nginx.conf", "/www/server/nginx"),
        (f"{PROGRAM} -p /opt/b -c conf/b.conf", "/opt/b/conf/b.conf", "/opt/b"),
    ],
)
def test_an_nginx_of_a_panel_is_found_by_its_process(host: Host, title: str, main: str, prefix: str) -> None:
    host.processes = [master(f"nginx: master process {title}"), master("", uid=33)]
    assert found() == [(PROGRAM, main, prefix)]


def test_a_package_that_does_not_run_says_nothing_of_what_does(host: Host) -> None:
    host.packaged = ["/usr/sbin/nginx"]
    host.processes = [master(f"nginx: master process {PROGRAM}")]
    assert [program for program, _, _ in found()] == [PROGRAM]
    host.processes.append(master("nginx: master process /usr/sbin/nginx", "/usr/sbin/nginx"))
    assert [program for program, _, _ in found()] == ["/usr/sbin/nginx", PROGRAM]
    host.processes = []
    assert found() == [("/usr/sbin/nginx", nginx_daemons.MAIN, nginx_daemons.PREFIX)]


def test_what_root_does_not_run_or_others_can_change_is_not_asked(host: Host) -> None:
    host.processes = [master("", uid=1000)]
    with pytest.raises(UnpackagedDaemon):
        found()
    host.processes = [master(f"nginx: master process {PROGRAM}")]
    host.loose = "/opt/lib/x.so can be changed by user anh"
    with pytest.raises(UnpackagedDaemon):
        found()
    host.loose, host.said = None, {}
    with pytest.raises(UnpackagedDaemon):
        found()
    host.processes = []
    assert found() == []


def test_a_php_of_a_panel_is_found_by_its_process(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    program, main = "/www/server/php/74/sbin/php-fpm", "/www/server/php/74/etc/php-fpm.conf"
    host.processes = [master(f"php-fpm: master process ({main})", program), master("", program, 33)]
    (one,) = php_daemons.find_unpackaged_fpm_daemons(AreaReader({}, 5))
    assert (one.program, one.main, one.prefix) == (program, main, "/www/server/php/74")
    assert one.inis[0] == "/www/server/php/74/etc/php.ini"
    host.processes = [master("", program, 33)]
    with pytest.raises(UnpackagedDaemon):
        php_daemons.find_unpackaged_fpm_daemons(AreaReader({}, 5))


# --- what is made of it ------------------------------------------------------------------------------------


def test_relative_paths_are_the_own_prefixs(tmp_path: Path) -> None:
    main = "/www/server/nginx/conf/nginx.conf"
    text = "pid logs/nginx.pid;\nload_module modules/x.so;\nhttp { access_log logs/a.log; include vhost/*.conf; }\n"
    read, written = list_nginx_test_paths(
        load_nginx_config(main, {main: text}.get, lambda pattern: []), "/www/server/nginx"
    )
    assert {"/www/server/nginx/modules/x.so", "/www/server/nginx/conf", "/www/server/nginx/conf/vhost"} <= set(read)
    assert {"/www/server/nginx/logs/nginx.pid", "/www/server/nginx/logs/a.log"} <= set(written)
    assert not any(path.startswith("/var/log/nginx") for path in written)


def test_several_are_told_as_one() -> None:
    first = {**nginx.ABSENT, "version": "1", "config_ok": True, "vhosts": [{"names": ["a"]}], "untold": {}}
    other = {**nginx.ABSENT, "version": "2", "config_ok": False, "config_message": "bad", "vhosts": [{"names": ["b"]}]}
    both = nginx._merge_facts_of_nginx_daemons(first, [other])
    assert (both["version"], both["config_ok"], both["config_message"]) == ("1", False, "bad")
    assert [one["names"] for one in both["vhosts"]] == [["a"], ["b"]]
    assert nginx._merge_facts_of_nginx_daemons(first, [{**other, "vhosts": None}])["vhosts"] is None


def test_the_roots_of_a_panels_sites_are_roots(host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    main = tmp_path / "nginx.conf"
    main.write_text("http { include vhost/*.conf; }")
    (tmp_path / "vhost").mkdir()
    (tmp_path / "vhost" / "a.conf").write_text("server { server_name a.test; root /www/wwwroot/a.test; }")
    host.processes = [master(f"nginx: master process {PROGRAM} -c {main}")]
    assert [root.path for root in websites.list_web_roots({}) if root.vhosts] == ["/www/wwwroot/a.test"]


SITE = "server { listen 127.0.0.1:8081; server_name a.test; root /www/wwwroot/a.test; }"


@pytest.mark.parametrize(
    ("other", "is_the_sites"),
    [
        ("listen 888; server_name phpmyadmin; root /www/server/phpmyadmin;", False),
        ("listen 80; server_name _; root /var/www/html;", True),
        ("listen 8080; server_name _; root /www/wwwroot/a.test;", True),
        ("listen 8080; server_name _; return 301 https://a.test/;", True),
        ("listen unix:/run/x.sock; root /srv/x;", True),
    ],
)
def test_a_panels_tools_at_a_port_of_their_own_are_no_part_of_a_site(other: str, is_the_sites: bool) -> None:
    text = f"http {{ {SITE} server {{ {other} }} }}"
    config = load_nginx_config("/n.conf", {"/n.conf": text}.get, lambda pattern: [])
    declared = {"sites": [{"domain": "a.test", "document_root": "/www/wwwroot/a.test"}]}
    _, shown = nginx.describe_nginx_configuration(config, declared, on_disk=False)["vhosts"]
    assert ("a.test" in shown["names"]) is is_the_sites


def test_the_accounts_of_a_panels_daemons_are_those_of_the_web(host: Host, tmp_path: Path) -> None:
    nginx_conf, fpm_conf, pool = tmp_path / "nginx.conf", tmp_path / "fpm.conf", tmp_path / "pool.conf"
    nginx_conf.write_text("user daemon;\nhttp {}\n")
    fpm_conf.write_text(f"[global]\ninclude = {tmp_path}/pool.conf\n")
    pool.write_text("[www]\nuser = games\n")
    host.processes = [master(f"nginx: master process {PROGRAM} -c {nginx_conf}")]
    assert (
        "daemon" in webroot.find_web_server_accounts().names and "games" not in webroot.find_web_server_accounts().names
    )
    host.processes = [master(f"php-fpm: master process ({fpm_conf})", "/opt/php/sbin/php-fpm")]
    assert "games" in webroot.find_web_server_accounts().names
