"""What daemons run, after a way back and before a change: on real hosts, asked as visitors ask."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.lab.fixtures import INVENTORY, Ended, findings
from tests.lab.guarded import Host
from tests.lab.running import running

HARDENED = """
printf 'Ciphers aes256-ctr\\nMACs hmac-sha2-512\\n' > /etc/ssh/sshd_config.d/00-luytre.conf
printf 'ServerTokens Prod\\n' > /etc/apache2/conf-enabled/zz-luytre.conf
printf 'expose_php = Off\\n' > /etc/php/8.2/fpm/conf.d/99-luytre.ini
printf '[mysqld]\\nskip-name-resolve\\n' > /etc/mysql/mariadb.conf.d/zz-luytre.cnf
systemctl restart mariadb; systemctl reload ssh apache2 php8.2-fpm
"""


def test_what_was_undone_no_longer_runs(guarded: Callable[[str], Host]) -> None:
    there = guarded("web2")
    resolves = "mariadb -N -e 'SELECT @@skip_name_resolve'"
    before = running("web2"), there.sh(resolves)
    there.arm("undone", ["/etc/", "unit:mariadb.service"])
    there.sh(HARDENED)
    there.guard("confirm", run="undone")
    assert {name.partition(" ")[2] for name, value in running("web2").items() if before[0].get(name) != value} >= {
        "offers ciphers",
        "offers macs",
        "server",
    }
    undone = there.guard("rollback", run="undone")
    assert undone.get("problems") == [], undone
    assert (running("web2"), there.sh(resolves)) == before


def test_what_would_not_load_any_more_is_not_undone(guarded: Callable[[str], Host]) -> None:
    there = guarded("web3")
    before = running("web3")
    there.arm("edited", ["/etc/"])
    there.sh(
        """
        echo 'add_header X-Luytre on;' > /etc/nginx/conf.d/zz-luytre.conf; echo 'limit_rate 1m;' > /etc/nginx/luytre-rate.conf
        printf 'Ciphers aes256-ctr\\n' > /etc/ssh/sshd_config.d/00-luytre.conf; systemctl reload nginx ssh
        """
    )
    there.guard("confirm", run="edited")
    there.sh("sed -i '0,/server {/s//server { include luytre-rate.conf;/' /etc/nginx/sites-available/dongvau.test")
    assert there.sh("systemctl reload nginx && nginx -t -q") == ""
    undone = there.guard("rollback", run="edited")
    said = [one for one in undone["problems"] if "nginx would not load it" in one]
    assert len(said) == 1 and "luytre-rate.conf" in said[0] and "No such file" in said[0]
    assert "/etc/nginx/luytre-rate.conf" in {one["path"] for one in undone["left"]}
    gone = {"/etc/nginx/conf.d/zz-luytre.conf", "/etc/ssh/sshd_config.d/00-luytre.conf"}
    assert gone <= {*undone["removed"]}, "what the edit does not need"
    assert there.sh("nginx -t -q && systemctl restart nginx") == ""
    now = running("web3")
    assert {name for name in before if before[name] != now.get(name)} == set()


LATENT = """
printf '[mysqld]\\ntmpdir = /var/lib/mysql-gone\\n' > /etc/mysql/mariadb.conf.d/80-admin.cnf
printf '[bad]\\nlisten = /run/php/bad.sock\\nuser = nobody-here\\npm = static\\npm.max_children = 2\\n' > /etc/php/8.2/fpm/pool.d/bad.conf
openssl req -x509 -newkey rsa:1024 -nodes -days 30 -subj /CN=bennua.test \\
  -keyout /etc/ssl/private/bennua.test.key -out /etc/ssl/certs/bennua.test.crt 2>/dev/null
apache2ctl configtest
"""


def test_a_daemon_that_would_not_start_as_it_is_is_left_alone_and_named(
    guarded: Callable[[str], Host], auditor: Callable[..., Ended], tmp_path: Path
) -> None:
    there = guarded("web2")
    assert "Syntax OK" in there.sh(LATENT)
    hardened = auditor("harden", "-i", INVENTORY, "--limit", "web2", "--yes", "--json", "--output", str(tmp_path))
    assert hardened.code == 0, hardened.out + hardened.err
    (ended,) = [one for one in hardened.json["hardening"]["hosts"] if one["host"] == "web2"]
    assert ended["state"] == "confirmed"
    changes = hardened.json["plan"]["hosts"][0]["changes"]
    held = {one["control"]: one["held"]["en"] for one in changes if one["held"]}
    for area, fault in (("mariadb", "tmpdir = /var/lib/mysql-gone: it is not there"), ("apache", "ee key too small")):
        assert any(control.startswith(area + ".") and fault in why for control, why in held.items()), held
    unread = {one["control"]: one["reason"]["en"] for one in findings(tmp_path) if one["status"] == "not_evaluated"}
    assert any(control.startswith("php_fpm.") and "nobody-here" in why for control, why in unread.items()), unread
    assert there.sh("systemctl is-active apache2 mariadb php8.2-fpm ssh").split() == ["active"] * 4


def test_a_daemon_that_a_run_stopped_is_quoted_and_one_that_would_die_is_left_when_the_host_comes_back(
    guarded: Callable[[str], Host],
) -> None:
    there = guarded("web2")
    there.sh(
        """openssl req -x509 -newkey rsa:1024 -nodes -days 30 -subj /CN=bennua.test \\
        -keyout /etc/ssl/private/bennua.test.key -out /etc/ssl/certs/bennua.test.crt 2>/dev/null
        sed -i 's/SSLEngine on/&\\nSSLCipherSuite DEFAULT@SECLEVEL=0/' /etc/apache2/sites-available/*.conf
        systemctl restart apache2"""
    )
    assert there.sh("systemctl is-active apache2").strip() == "active"
    there.arm("stopped", ["/etc/"])
    there.sh(
        "sed -i '/SECLEVEL=0/d' /etc/apache2/sites-available/*.conf; apache2ctl configtest; systemctl restart apache2;"
        "printf 'Ciphers none-such\\n' > /etc/ssh/sshd_config.d/00-luytre.conf; true"
    )
    back = there.guard("revert", run="stopped")
    (said,) = back["said"]
    assert said["unit"] == "apache2.service" and "ee key too small" in said["line"]
    assert back["problems"] == [] and there.sh("systemctl is-active apache2").strip() == "active"

    there.sh("sed -i '/SECLEVEL=0/d' /etc/apache2/sites-available/*.conf")
    there.arm("latent", ["/etc/"])
    there.sh("printf 'ServerTokens Prod\\n' > /etc/apache2/conf-enabled/zz-luytre.conf")
    back = there.guard("revert", run="latent")
    problem = next(one for one in back["problems"] if "apache2.service was not reloaded" in one)
    assert "ee key too small" in problem and all("apache2" in one for one in back["problems"]), back["problems"]
    assert there.sh("systemctl is-active apache2; ls /etc/apache2/conf-enabled/zz-luytre.conf 2>&1").startswith(
        "active\nls:"
    )
