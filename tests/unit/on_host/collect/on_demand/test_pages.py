"""Which pages a site has by its access logs, in its server's own format, and by its files; of people nothing leaves the host."""

from __future__ import annotations

import gzip
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.on_demand import pages
from ansible.module_utils.luytre.os import log_files
from ansible.module_utils.luytre.parsers import log_format, log_requests
from ansible.module_utils.luytre.parsers.web_servers.apache_config import ApacheConfiguration
from ansible.module_utils.luytre.parsers.web_servers.nginx_conf import load_nginx_config
from ansible.module_utils.luytre_shared.os.time_budget import TimeBudget

from auditor.facts.pages import PagesFacts

GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
PERSON = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:153.0) Gecko/20100101 Firefox/153.0"
SEARCH = "https://www.google.com/"
SITE = {"domain": "antruc.test", "aliases": ["www.antruc.test"]}


def line(target: str, agent: str = PERSON, status: int = 200, size: int = 900, **more: Any) -> str:
    said = {"address": "113.160.0.9", "referrer": "-", "method": "GET"} | more
    return (
        f'{said["address"]} - - [27/Nov/2026:17:00:00 +0700] "{said["method"]} {target} HTTP/1.1" {status} {size} '
        f'"{said["referrer"]}" "{agent}"\n'
    )


def budget(size: int = 10_000_000) -> Any:
    return log_files.ReadBudget(size, time.monotonic() + 5)


def served(path: Path, pattern: Any = None, ranges: tuple[str, ...] = (), own: tuple[str, ...] = ()) -> dict[str, Any]:
    logs = [(str(path), pattern or log_format.compile_nginx_log_format(), False)]
    told: dict[str, Any] = pages.summarize_logs_of_site(
        SITE, logs, log_requests.AddressRanges(ranges), own, budget(), 100
    )
    PagesFacts.model_validate({"verified": False, "sites": [{"domain": "antruc.test", **told}]})
    return told


def paths(told: dict[str, Any]) -> list[str]:
    return [one["path"] for one in told["addresses"]]


def test_rotated_and_packed_logs_are_read_and_who_was_served_what_is_counted(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(line("/tin/a") + line("/tin/a", size=1100) + line("/khuyen-mai", GOOGLE))
    (tmp_path / "access.log.1").write_text(line("/tin/a", referrer=SEARCH, status=302))
    (tmp_path / "access.log.2.gz").write_bytes(gzip.compress(line("/cu", GOOGLE).encode()))
    (tmp_path / "access.log-20261101.gz").write_bytes(gzip.compress(line("/cu-hon").encode()))
    (tmp_path / "access.log.bak").write_text(line("/khac"))
    told = served(log)
    by_path = {one["path"]: one for one in told["addresses"]}
    assert paths(told) == ["/cu", "/khuyen-mai", "/tin/a", "/cu-hon"], "those that people were not served come first"
    assert by_path["/tin/a"]["person"] == {"requests": 2, "statuses": {"200": 2}, "sizes": [900, 1100, 1100]}
    assert by_path["/tin/a"]["searcher"] == {"requests": 1, "statuses": {"302": 1}, "sizes": None}
    assert set(by_path["/khuyen-mai"]) == {"path", "engine"}
    assert told["logs"] == [{"path": str(log), "state": "read", "lines": 6}]


def test_nothing_of_people_leaves_the_host_and_what_is_no_page_is_left_out(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    wanted = ["/?p=7", "/index.php?nv=news&op=tin-2"]
    unwanted = [
        *("/?s=nguyen+van+an", "/quen?token=abc", "/x?email=a%40b.vn", "/x?a=b@c.vn", "/tra-cuu?so=001099012345"),
        *("/anh.jpg", "/style.css", "//khac.test/", "http://khac.test/", r"/\x22", "/" + "d" * 600, "*"),
    ]
    log.write_text(
        "".join(map(line, wanted + unwanted))
        + line("/gui", method="POST")
        + line("/khong-co", status=404)
        + line("/quet", "curl/8.5")
        + line("/cua-minh", address="203.0.113.7")
    )
    told = served(log, own=("203.0.113.7",))
    assert sorted(paths(told)) == sorted([*wanted, "//khac.test/"]), "whose that is, the controller tells"
    assert "113.160.0.9" not in json.dumps(told)
    assert "Firefox" not in json.dumps(told)


def test_who_only_calls_himself_an_engine_is_none_where_its_networks_are_known(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(
        line("/that", GOOGLE, address="66.249.64.5") + line("/gia", GOOGLE) + line("/x", GOOGLE, address="?")
    )
    assert paths(served(log, ranges=("66.249.64.0/19", "nonsense"))) == ["/that"]
    assert sorted(paths(served(log))) == ["/gia", "/that", "/x"]


def test_whoever_floods_a_log_hides_no_other_page(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text("".join(line(f"/?rac={n:x}") for n in range(3_000)) + line("/tin/that", GOOGLE))
    told = served(log)
    assert paths(told)[0] == "/tin/that"
    assert len(told["addresses"]) == 100


@pytest.mark.parametrize(
    "text",
    [
        '$host $remote_addr "$request" $status $body_bytes_sent "$http_user_agent"',
        '{"h":"$host","m":"$request_method","u":"$request_uri","s":"$status","b":"${body_bytes_sent}","a":"$http_user_agent"}',
    ],
)
def test_a_log_in_a_format_of_the_servers_own(text: str) -> None:
    pattern = log_format.compile_nginx_log_format(text)
    values = {
        **{"host": "antruc.test", "remote_addr": "::1", "request": "GET /a HTTP/2.0", "request_method": "GET"},
        **{"request_uri": "/a", "status": "200", "body_bytes_sent": "5", "http_user_agent": GOOGLE},
    }
    written = text.replace("${body_bytes_sent}", "5")
    for name in sorted(values, key=len, reverse=True):
        written = written.replace("$" + name, values[name])
    requests = log_requests.RequestCounts(["antruc.test"], log_requests.AddressRanges(()), ())
    requests.add(f"{written}\n{written.replace('antruc.test', 'khac.test').replace('/a', '/b')}".encode(), pattern)
    assert [one["path"] for one in requests.list_addresses(9)] == ["/a"]


def test_a_format_that_says_too_little_is_told_and_so_is_a_log_in_another_one(tmp_path: Path) -> None:
    assert log_format.compile_nginx_log_format("$remote_addr $status") is None
    assert log_format.compile_nginx_log_format("$request$status $http_user_agent") is None
    assert log_format.compile_apache_log_format("%h %{X}i") is None
    log = tmp_path / "access.log"
    log.write_text("Nov 27 17:00:00 gi do khac\n" * 5)
    assert served(log)["logs"][0]["state"] == "format"


def test_apaches_formats(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text("www.antruc.test:443 " + line("/a", GOOGLE + r" \" x") + "khac.test:443 " + line("/b"))
    assert paths(served(log, log_format.compile_apache_log_format(log_format.NICKNAMES["vhost_combined"]))) == ["/a"]
    log.write_text(r'[27/Nov/2026:17:00:00 +0700] GET /c?x=1 200 "a\"b" 7' + "\n")
    own = log_format.compile_apache_log_format(r'%t %m %U%q %>s "%{User-agent}i" %B')
    assert own is not None
    assert own.match(log.read_bytes())["uri"] == b"/c?x=1"


@pytest.mark.parametrize("char", ['"', "\\", " ", "[", "a", "%"])
def test_a_hostile_line_takes_time_that_grows_with_its_length_alone(char: str) -> None:
    text = (char * 200_000 + "\n").encode() * 5
    began = time.process_time()
    for pattern in (
        log_format.compile_nginx_log_format(),
        log_format.compile_apache_log_format(log_format.NICKNAMES["vhost_combined"]),
    ):
        log_requests.RequestCounts([], log_requests.AddressRanges(()), ()).add(text, pattern)
    assert time.process_time() - began < 1


def test_what_is_no_log_is_not_waited_for_and_a_bomb_costs_its_budget(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "access.log")
    (tmp_path / "access.log.1").symlink_to("/etc/passwd")
    (tmp_path / "access.log.2.gz").write_bytes(gzip.compress(b"0" * 30_000_000))
    (tmp_path / "access.log.3.gz").write_bytes(b"\x1f\x8bkhong phai")
    mine = budget(5_000_000)
    assert sum(map(len, log_files.iter_log_pieces(str(tmp_path / "access.log"), mine))) <= 6_000_000
    assert mine.is_used_up
    assert list(log_files.iter_log_pieces("/khong/co/access.log", budget())) == []


def test_parts_of_a_budget_leave_what_they_do_not_use() -> None:
    whole = budget(900)
    with whole.lend_share_of_budget(3) as first:
        first.left -= 100
    with whole.lend_share_of_budget(2) as second:
        assert second.left == 400
        second.left -= 400
    assert whole.left == 400


NGINX = """
http {
  log_format rieng escape=json '{"u":"$request_uri",' '"m":"$request_method","s":$status,"a":"$http_user_agent"}';
  access_log /var/log/nginx/chung.log;
  server { listen 80 default_server; server_name _; }
  server { server_name antruc.test www.antruc.test; access_log /l/antruc.log rieng;
           location /anh { access_log off; } location /x { access_log /l/x.log combined buffer=32k; } }
  server { server_name .dongvau.test; access_log /l/a-$host.log; access_log /l/dong.log gzip=1; }
  server { server_name gotre.test; }
  server { server_name khac.test; }
}
"""


def test_a_site_has_the_logs_of_those_who_serve_it() -> None:
    users = pages.list_nginx_vhost_logs(load_nginx_config("/n.conf", {"/n.conf": NGINX}.get))
    sites = [{"domain": name} for name in ("antruc.test", "dongvau.test", "gotre.test", "la.test")]
    logs = pages.group_logs_by_site(sites, users)
    told = {domain: [(path, shared) for path, _, shared in found] for domain, found in logs.items()}
    assert told == {
        "antruc.test": [("/l/antruc.log", False), ("/l/x.log", False)],
        "dongvau.test": [("/l/dong.log", False)],
        "gotre.test": [("/var/log/nginx/chung.log", True)],
        "la.test": [("/var/log/nginx/chung.log", True)],
    }
    assert logs["antruc.test"][0][1].groupindex.keys() == {"uri", "method", "status", "agent"}


def test_apaches_virtual_hosts(tmp_path: Path) -> None:
    main = tmp_path / "apache2.conf"
    main.write_text(
        'LogFormat "%V %m %U%q %>s \\"%{User-agent}i\\"" rieng\nCustomLog /l/chung.log rieng\n'
        "<VirtualHost *:80>\nServerName A.test\nServerAlias *.a.test\nCustomLog /l/a.log combined\n"
        'CustomLog "|/usr/bin/rotatelogs /l/x" combined\n</VirtualHost>\n'
        "<VirtualHost *:80>\nServerName b.test\n</VirtualHost>\n<VirtualHost *:80>\nServerName c.test\n</VirtualHost>\n"
    )
    logs = pages.group_logs_by_site(
        [{"domain": "www.a.test"}, {"domain": "b.test"}],
        pages.list_apache_vhost_logs(ApacheConfiguration("/e", {}).read(str(main))),
    )
    assert [(path, shared) for path, _, shared in logs["www.a.test"]] == [("/l/a.log", False)]
    assert [(path, shared) for path, _, shared in logs["b.test"]] == [("/l/chung.log", False)], (
        "it says whose a line is"
    )


SHOWN = ("a.html", "tin/b.HTM", "uploads/c.pdf", "blog/wp-content/uploads/d.html", "blog/khuyen-mai.html")
HIDDEN = (
    *("index.php", "xoa.php", "anh.jpg", ".git/d.html", "wp-admin/e.html", "blog/readme.html"),
    *("blog/wp-includes/version.php", "blog/khac/g.html"),
)


def test_files_that_show_something_and_do_nothing(tmp_path: Path) -> None:
    for name in (*SHOWN, *HIDDEN):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x" * 200)
    (tmp_path / "f.html").symlink_to("a.html")
    (tmp_path / "tin" / "index.html").write_text("<html></html>")
    assert pages.find_inert_page_files_by_uri(str(tmp_path), TimeBudget(5)) == sorted(f"/{name}" for name in SHOWN)
    assert (
        pages.find_inert_page_files_by_uri("/khong/co", TimeBudget(5))
        == pages.find_inert_page_files_by_uri(None, TimeBudget(5))
        == []
    )
