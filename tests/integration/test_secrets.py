"""A site's secrets after an incident, on a real WordPress with a real MariaDB: who was logged in is not any more, who has a password comes in or not, and all of it comes back.

Visitors are on another machine; whoever is cut off is cut off by SIGKILL on the host.
"""

from __future__ import annotations

import http.client
import re
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from auditor import lab
from auditor.inventory import hosts as inventories
from tests.lab.fixtures import BIN, INVENTORY, Ended, environment, run

SITE, ROOT = "antruc.test", "/var/www/antruc.test"
WHO = ("--who", "Văn phòng", "-i", INVENTORY, "--lang", "en")
PASSWORDS = """cat > /root/mat-khau.php <<'END'
<?php
$_SERVER += ['HTTPS' => 'on', 'HTTP_HOST' => 'antruc.test', 'REQUEST_URI' => '/', 'REQUEST_METHOD' => 'GET', 'SERVER_PROTOCOL' => 'HTTP/1.1'];
require '/var/www/antruc.test/wp-load.php';
foreach ( [ 'bientap', 'admin' ] as $login ) {
	wp_set_password( "mk-$login", get_user_by( 'login', $login )->ID );
}
END
php -d memory_limit=512M /root/mat-khau.php"""
"""Of the lab's administrators, whose passwords nobody knows."""
TABLES = """mariadb -N antruc_wp -e "SELECT ID, user_pass, user_email, user_activation_key FROM wp_users;
SELECT umeta_id, user_id, meta_key, meta_value FROM wp_usermeta WHERE meta_key IN ('session_tokens', 'wp_capabilities')" """
ACCOUNTS = """mariadb -N -e "SELECT User, Host, JSON_VALUE(Priv, '$.authentication_string'), JSON_LENGTH(Priv, '$.auth_or')
FROM mysql.global_priv WHERE User = 'antruc'" """
SECRETS = re.compile(r"define\( '(?:DB_PASSWORD|\w+_(?:KEY|SALT))', +'(.+)' \);")
CUT_OFF = """until [ -e /var/lib/luytre/database-passwords/actions.json ]; do sleep 0.01; done
until mariadb -N -e "SELECT Priv FROM mysql.global_priv WHERE User = 'antruc'" | grep -q '"auth_or":\\[{},'; do :; done
kill -9 $(pgrep -f '^/usr/bin/python3 -I -B -c')"""
"""While the database takes both passwords, or a moment later."""
THIEF = """import http.client, http.server, ssl
class Thief(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        cookie = self.headers.get("Cookie", "")
        with open("/tmp/thief", "a") as told:
            told.write("asked %s\\n" % cookie)
        site = http.client.HTTPSConnection("10.213.47.11", context=ssl._create_unverified_context())
        site.request("GET", self.path, headers={"Host": "antruc.test", "Cookie": cookie})
        answer = site.getresponse()
        page = answer.read()
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)
http.server.ThreadingHTTPServer(("127.0.0.1", 3000), Thief).serve_forever()
"""
ANOTHERS = f"""set -e
cat > /usr/local/bin/thief.py <<'END'
{THIEF}END
systemd-run --quiet --unit=thief --uid=nobody python3 /usr/local/bin/thief.py
cd /etc/nginx/sites-enabled
{{ echo 'server {{ listen 127.0.0.1:443 ssl; server_name antruc.test;'
  grep -hE '^ *ssl_certificate(_key)? ' $(grep -lE 'server_name .*antruc.test' *) | sort -u | head -2
  echo 'location / {{ proxy_pass http://127.0.0.1:3000; }} }}'; }} > /etc/nginx/conf.d/zz-proxy.conf
nginx -t
systemctl reload nginx
cat > /tmp/visit.py <<'END'
import http.client, ssl
visitor = http.client.HTTPSConnection("127.0.0.1", context=ssl._create_unverified_context(), timeout=5)
visitor.request("GET", "/", headers={{"Host": "antruc.test"}})
print(visitor.getresponse().status)
END
timeout 20 sh -c 'until python3 /tmp/visit.py && grep -q asked /tmp/thief; do sleep 0.2; done'"""
"""Another tenant, to whom a proxy hands what comes to this host's own address for the site, and who hands that on."""


@dataclass
class Story:
    """What was done, and who came in then."""

    state: Mapping[str, str]
    incident: str = ""
    said: dict[str, Ended] = field(default_factory=dict)
    came_in: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)
    thief: str = ""
    """What another tenant was sent."""

    def incidents(self, name: str, verb: str, *words: str) -> str:
        """What a command said; it is kept by that name."""
        self.said[name] = run(self.state, "incident", verb, self.incident, *words, *WHO)
        return self.said[name].out

    def look(self, name: str, sessions: Mapping[str, str]) -> None:
        """Who comes in now, and what is on the host."""
        there = {login: asked("GET", "/wp-admin/profile.php", cookie)[0] for login, cookie in sessions.items()}
        self.came_in[name] = {
            "home": asked("GET", "/")[0],
            "sessions": there,
            "password": bool(logged_in("admin")),
            "tables": on_host(TABLES),
            "accounts": on_host(ACCOUNTS).replace("NULL", "1"),
            "config": on_host(f"sha256sum {ROOT}/wp-config.php; stat -c '%U %G %a' {ROOT}/wp-config.php"),
            "kept": on_host("ls /var/lib/luytre 2> /dev/null || true"),
        }
        self.secrets |= {*SECRETS.findall(on_host(f"cat {ROOT}/wp-config.php"))}


def on_host(script: str) -> str:
    done = lab.run_on_machine_as_root("web1", script)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def asked(method: str, path: str, cookie: str = "", body: str | None = None) -> tuple[int, list[str]]:
    """What a browser on the machine beside it gets: the status, and the cookies that are set."""
    address = next(host.address for host in inventories.load_inventory(Path(INVENTORY)).hosts if host.name == "web1")
    there = http.client.HTTPSConnection(address, context=ssl._create_unverified_context(), timeout=60)  # noqa: S323  the lab's own certificate
    headers = {"Host": SITE, "Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    there.request(method, path, body, headers)
    answer = there.getresponse()
    answer.read()
    there.close()
    return answer.status, [
        value.partition(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie"
    ]


def logged_in(login: str) -> str:
    """The cookies of somebody who logs in; none: the password is not taken."""
    body = urlencode({"log": login, "pwd": f"mk-{login}", "testcookie": 1})
    _, cookies = asked("POST", "/wp-login.php", "wordpress_test_cookie=WP%20Cookie%20check", body)
    return "; ".join(one for one in cookies if one.startswith(("wordpress_logged_in_", "wordpress_sec_")))


def number(said: str) -> str:
    return said.partition("number ")[2].partition(":")[0]


@pytest.fixture(scope="module")
def story(booted: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    lab.reset_machines_to_pristine_image(("web1",))
    try:
        yield played(Story(environment(tmp_path_factory.mktemp("secrets"))))
    finally:
        lab.reset_machines_to_pristine_image(("web1",))


def played(story: Story) -> Story:
    on_host(PASSWORDS)
    story.secrets |= {*on_host("mariadb -N antruc_wp -e 'SELECT user_pass FROM wp_users'").split()}
    story.incident = run(story.state, "incident", "open", SITE, *WHO).out.split()[0]
    sessions = {login: logged_in(login) for login in ("bientap", "admin")}
    story.look("before", sessions)
    story.incidents("shut out", "contain", "administrator", f"{SITE}/admin")
    story.look("shut out", sessions)
    story.incidents("let in", "release")
    story.look("let in", sessions)
    for step in ("salts", "database-password"):
        done = number(story.incidents(step, "clean", step, SITE))
        story.look(step, sessions)
        story.incidents(f"{step} back", "release", done)
        story.look(f"{step} back", sessions)
    cut_off(story)
    story.look("cut off", sessions)
    done = number(story.incidents("gone on", "clean", "database-password", SITE))
    story.look("gone on", sessions)
    story.incidents("undone", "release", done)
    story.look("undone", sessions)
    on_host(ANOTHERS)
    story.incidents("by a proxy", "contain", "administrator", f"{SITE}/admin")
    story.incidents("by a proxy, back", "release")
    done = number(story.incidents("salts by a proxy", "clean", "salts", SITE))
    story.incidents("salts by a proxy, back", "release", done)
    story.thief = on_host("cat /tmp/thief")
    return story


def cut_off(story: Story) -> None:
    words = ("incident", "clean", story.incident, "database-password", SITE, *WHO)
    command = subprocess.Popen([str(BIN / "auditor"), *words], env=dict(story.state), stdout=subprocess.DEVNULL)
    try:
        on_host(CUT_OFF)
        assert command.wait(timeout=120) == 1
    finally:
        command.kill()
        command.wait()


def changed(story: Story, name: str) -> set[str]:
    """What is not as before; sessions of logins that a look itself makes are no change."""
    before, now = story.came_in["before"], story.came_in[name]
    return {what for what in before if what != "tables" and now[what] != before[what]}


def test_who_is_shut_out_comes_in_no_more_and_does_again(story: Story) -> None:
    before, out = story.came_in["before"], story.came_in["shut out"]
    assert (before["sessions"], before["password"]) == ({"bientap": 200, "admin": 200}, True)
    assert story.said["shut out"].code == 0, story.said["shut out"].out + story.said["shut out"].err
    assert "sessions have ended: a session that was accepted before is rejected now" in story.said["shut out"].out
    assert (out["sessions"], out["password"], out["home"]) == ({"bientap": 200, "admin": 302}, False, 200)
    assert story.said["let in"].code == 0
    assert changed(story, "let in") == set()


def test_new_keys_and_salts_end_all_sessions_and_the_old_ones_bring_them_back(story: Story) -> None:
    new = story.came_in["salts"]
    assert story.said["salts"].code == 0, story.said["salts"].out + story.said["salts"].err
    assert (new["sessions"], new["password"], new["home"]) == ({"bientap": 302, "admin": 302}, True, 200)
    assert new["config"].split()[2:] == story.came_in["before"]["config"].split()[2:]
    assert changed(story, "salts back") == set()


def test_the_database_has_a_new_password_and_the_site_goes_on(story: Story) -> None:
    new = story.came_in["database-password"]
    assert story.said["database-password"].code == 0, story.said["database-password"].out
    assert changed(story, "database-password") == {"accounts", "config", "kept"}
    assert len({line.split()[2] for line in new["accounts"].splitlines()}) == 1
    assert {line.split()[3] for line in new["accounts"].splitlines()} == {"1"}
    assert changed(story, "database-password back") == set()


def test_whoever_is_cut_off_leaves_a_site_that_serves_and_a_way_on_and_back(story: Story) -> None:
    assert changed(story, "cut off") <= {"accounts", "config", "kept"}
    assert "kept" in changed(story, "cut off")
    assert story.said["gone on"].code == 0, story.said["gone on"].out
    assert changed(story, "gone on") == {"accounts", "config", "kept"}
    assert changed(story, "undone") == set()


def test_no_session_is_shown_to_another_tenant(story: Story) -> None:
    assert story.thief.startswith("asked ")
    assert "wordpress_logged_in_" not in story.thief
    for name in ("by a proxy", "salts by a proxy"):
        assert story.said[name].code == 0, story.said[name].out + story.said[name].err
        assert "sessions have ended" in story.said[name].out
    assert changed(story, "undone") == set()


def test_no_secret_is_written_down_here(story: Story) -> None:
    long = {one for one in story.secrets if len(one) > 11}
    assert len(long) > 20
    said = "".join(one.out + one.err for one in story.said.values())
    kept = b"".join(file.read_bytes() for file in Path(story.state["LUYTRE_STATE"]).rglob("*") if file.is_file())
    assert {one for one in long if one in said or one.encode() in kept} == set()
