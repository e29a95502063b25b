"""fail2ban as it runs, the logs in which it has to look, and what the patterns of ours take for a wrong login."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.access import bans
from ansible.module_utils.luytre.sites import visitor_bans, websites
from ansible.module_utils.luytre_shared.applications import known_layouts
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader
from ansible.module_utils.luytre_shared.os.time_budget import TimeBudget

from auditor.system import resources

STATUS = "Status\n|- Number of jail:\t2\n`- Jail list:\tluytre-wordpress, sshd\n"
ANSWERS = {
    "ignoreip": "These IP addresses/networks are ignored:\n|- 127.0.0.0/8\n|- 10.1.0.0/16\n`- tram.example\n",
    "logpath": "Current monitored log file(s):\n|- /var/log/nginx/a.log\n`- /var/log/nginx/b.log\n",
    "failregex": 'The following regular expression are defined:\n`- [0]: ^x "POST /wp-login\\.php HTTP" 200\n',
    "maxretry": "5\n",
    "findtime": "600\n",
    "bantime": "-1\n",
}


def test_the_jails_that_run() -> None:
    assert bans.parse_running_jail_names(STATUS) == ["luytre-wordpress", "sshd"]
    assert bans.parse_running_jail_names("Status\n`- Jail list:\t\n") == []
    assert bans.parse_running_jail_names("Status\n`- Jail list:\t$(id), ok\n") == ["ok"]


def test_a_jail_names_whom_of_ours_it_could_shut_out() -> None:
    jail = bans.describe_jail("sshd", ANSWERS, ["10.1.2.3", "10.1.0.0/24", "10.2.0.1", "2001:db8::1", "127.0.0.1"])
    assert jail["shuts_out"] == ["10.2.0.1", "2001:db8::1"]
    assert (jail["ssh"], jail["failures"], jail["within"], jail["seconds"]) == (True, 5, 600, -1)
    assert jail["logs"] == ["/var/log/nginx/a.log", "/var/log/nginx/b.log"]
    unset = bans.describe_jail("x", {**ANSWERS, "ignoreip": "No IP address/network is ignored\n"}, ["10.1.2.3"])
    assert (unset["ignored"], unset["shuts_out"]) == ([], ["10.1.2.3"])


def test_logins_are_watched_where_their_own_requests_are_logged(tmp_path: Path) -> None:
    (tmp_path / "tin" / "wp-includes").mkdir(parents=True)
    (tmp_path / "tin" / "wp-includes" / "version.php").write_text("<?php")
    (tmp_path / "access.log").write_text('1.2.3.4 - - [27/Nov/2026:13:50:01 +0000] "GET / HTTP/1.1" 200 1\n')
    (tmp_path / "json.log").write_text('{"a": "1.2.3.4"}\n')

    def found(log: str, jails: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        vhost = websites.VhostBlock("nginx", "/etc/nginx/x", 1, [str(tmp_path)], [log] if log else [])
        logins = bans.find_login_pages_and_their_jails([vhost], TimeBudget(60), jails)
        return [(one["uri"], one["readable"], one["watched"]) for one in logins]

    plain, odd = str(tmp_path / "access.log"), str(tmp_path / "json.log")
    jail = bans.describe_jail("luytre-wordpress", {**ANSWERS, "logpath": f"x\n`- {plain}\n"}, [])
    other = {**jail, "patterns": ["^x POST /admin"]}
    assert found(plain, [jail]) == [("/tin/wp-login.php", True, True)]
    assert found(plain, [other]) == [("/tin/wp-login.php", True, False)]
    assert found(odd, [jail]) == [("/tin/wp-login.php", False, False)]
    assert found("", [jail]) == [("/tin/wp-login.php", False, False)]


@pytest.mark.parametrize(
    ("line", "readable"),
    [
        (None, False),
        ("", True),
        ('1.2.3.4 - - [27/Nov/2026:13:50:01 +0000] "GET / HTTP/1.1" 200 1', True),
        ('vh.test:443 2001:db8::1 - can bo [27/Nov/2026:13:50:01 +0000] "GET / HTTP/1.1" 200 1', True),
        ('[27/Nov/2026:13:50:01 +0000] 1.2.3.4 "GET / HTTP/1.1"', False),
        ('"1.2.3.4" - - [27/Nov/2026:13:50:01 +0000] "GET /', False),
    ],
)
def test_the_form_of_a_log(line: str | None, readable: bool) -> None:
    assert bans.has_log_lines_with_addresses(line) is readable


ROLE = resources.get_roles_folder() / "bans"
PAGES = {layout.kind: layout.make_login_request_pattern() for layout in known_layouts.LAYOUTS if layout.login}


def pattern(kind: str) -> re.Pattern[str]:
    """The filter's pattern as fail2ban reads it, which takes the date out of a line beforehand."""
    template = (ROLE / "templates" / "filter.conf.j2").read_text("utf-8")
    (line,) = re.findall(r"(?m)^failregex = (.+)$", template)
    address = r"(?P<address>[0-9a-fA-F:.]+)"
    return re.compile(line.replace("{{ bans_pages[bans_kind] }}", PAGES[kind]).replace("<ADDR>", address))


@pytest.mark.parametrize(
    ("kind", "request_line", "status", "wrong"),
    [
        ("wordpress", "POST /wp-login.php HTTP/1.1", 200, True),
        ("wordpress", "POST /tin/wp-login.php?wp_lang=vi HTTP/2.0", 200, True),
        ("wordpress", "POST /wp-login.php HTTP/1.1", 302, False),
        ("wordpress", "GET /wp-login.php HTTP/1.1", 200, False),
        ("wordpress", "GET /?x=POST%20/wp-login.php HTTP/1.1", 200, False),
        ("joomla", "POST /administrator/index.php HTTP/1.1", 200, True),
        ("joomla", "POST /administrator/ HTTP/1.1", 200, True),
        ("joomla", "POST /administrator/index.php HTTP/1.1", 303, False),
        ("joomla", "POST /administrator/index.php?option=com_content HTTP/1.1", 200, False),
        ("nukeviet", "POST /admin/index.php HTTP/1.1", 200, True),
        ("nukeviet", "POST /admin/index.php?language=vi&nv=news HTTP/1.1", 200, False),
    ],
)
def test_what_is_taken_for_a_wrong_password(kind: str, request_line: str, status: int, wrong: bool) -> None:
    for before in ("203.0.113.9 - - []", "vh.test:80 203.0.113.9 - can bo []"):
        found = pattern(kind).match(f'{before} "{request_line}" {status} 4000 "-" "x"')
        assert (found.group("address") if found else None) == ("203.0.113.9" if wrong else None)


@pytest.mark.parametrize("kind", sorted(PAGES))
def test_nobody_has_another_shut_out_by_what_he_sends(kind: str) -> None:
    sent = r"198.51.100.7 - - [] \"POST /wp-login.php HTTP/1.1\" 200 "
    for line in (
        '203.0.113.9 - %s [] "GET / HTTP/1.1" 200 1 "-" "-"',
        '203.0.113.9 - - [] "GET / HTTP/1.1" 200 1 "%s" "%s"',
    ):
        found = pattern(kind).match(line.replace("%s", sent))
        assert found is None or found.group("address") == "203.0.113.9"


ENGINE = {"agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "referrer": "-"}
PLAIN = {"agent": "Mozilla/5.0 (Windows NT 10.0; rv:153.0) Gecko/20100101 Firefox/153.0", "referrer": "-"}
ADDRESS = r"(?:(?:::f{4,6}:)?(?P<ip4>(?:\d{1,3}\.){3}\d{1,3}))"


@pytest.mark.parametrize(
    ("pattern", "banned"),
    [
        (rf"^\s*{ADDRESS} \S+ \S+(?: \S+)?\s+\S+ .*Googlebot", ["engine"]),
        (rf'^{ADDRESS} - - \[\] "GET .*" 404 ', ["engine", "plain"]),
        (rf'^{ADDRESS} .*"POST /wp-login', []),
        (r"(x+x+)+y", []),
        ("(", ["engine", "plain"]),
        (r"(.*.*.*.*.*.*.*)*=", ["engine", "plain"]),
    ],
)
def test_a_jail_names_the_visitors_that_it_would_shut_out(
    pattern: str, banned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitor_bans, "list_access_logs", lambda _: ["/var/log/nginx/a.log"])
    monkeypatch.setattr(visitor_bans.websites, "list_configured_vhosts", list)
    reading = AreaReader({"visitors": {"engine": ENGINE, "plain": PLAIN}}, 1)
    reads, other = (bans.describe_jail(name, ANSWERS, []) | {"patterns": [f"[0]: {pattern}"]} for name in ("x", "y"))
    other["logs"] = ["/var/log/auth.log"]
    reads, other = visitor_bans.mark_jails_that_ban_visitors([reads, other], reading)
    assert reads["bans_visitors"] == banned
    assert "bans_visitors" not in other
