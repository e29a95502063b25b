"""Sites whose people put traps where their tables should be: one reading, and nothing runs with more rights than theirs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre_shared.databases import site_database

from auditor import lab
from auditor.fleet import collect
from auditor.inventory import hosts as inventories
from tests.lab.fixtures import INVENTORY

HOST = "web1"
PASSWORD = "a#'b\"c\\d; é"  # noqa: S105
OPTION_PASSWORD = PASSWORD.replace("\\", "\\\\").replace('"', '\\"')
PHP_PASSWORD = PASSWORD.replace("\\", "\\\\").replace("'", "\\'")
SQL_PASSWORD = PASSWORD.replace("\\", "\\\\").replace("'", "''")
FUNCTION = """
CREATE FUNCTION {name}.cua_sau() RETURNS TEXT SQL SECURITY {security} MODIFIES SQL DATA
BEGIN
  DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END;
  INSERT INTO mysql.global_priv (Host, User, Priv) VALUES ('%', 'cua_sau', '{{"access":1073741823}}');
  INSERT INTO {name}.dau_vet VALUES (CURRENT_USER());
  SELECT 'cua sau' INTO OUTFILE 'cua_sau.txt';
  SET SESSION max_statement_time = 0;
  RETURN (SELECT MAX(CONCAT('lo-ra-', Priv)) FROM mysql.global_priv WHERE User = 'antruc');
END"""
TRAP = "CREATE SQL SECURITY {security} VIEW {name}.wp_options AS SELECT 'siteurl' option_name, {name}.cua_sau() option_value"
SLOW = "CREATE VIEW slow.wp_options AS SELECT 'siteurl' option_name, SLEEP(600) option_value"
MANY = "CREATE VIEW many.wp_options AS SELECT 'siteurl' option_name, a.so option_value FROM many.so a, many.so b, many.so c"
FAT = """CREATE VIEW fat.wp_usermeta AS SELECT 1 user_id, 'wp_capabilities' meta_key, 's:13:"administrator";b:1;' meta_value
UNION ALL SELECT 1, 'session_tokens', REPEAT('x', 60000) FROM fat.so"""
SITES: Mapping[str, tuple[str, str, str]] = {
    "invoker": ("invoker", "localhost", "\n//\n".join((FUNCTION, TRAP)).format(name="invoker", security="INVOKER")),
    "definer": ("definer", "localhost", "\n//\n".join((FUNCTION, TRAP)).format(name="definer", security="DEFINER")),
    "slow": ("slow", "localhost", SLOW),
    "many": ("many", "localhost", MANY),
    "fat": ("fat", "localhost", FAT),
    "asroot": ("root", "localhost", ""),
    "asmysql": ("mysql", "localhost", ""),
    "socket": ("socket", "localhost:/tmp/gia.sock", ""),
    "ownsocket": ("ownsocket", "localhost:/home/ownsocket/gia.sock", ""),
    "port": ("port", "127.0.0.1:3307", ""),
    "elsewhere": ("elsewhere", "db.antruc.test", ""),
    "zhonest": ("zhonest", "127.0.0.1", ""),
}
"""Name of a site, of its database and its account to the account and the host in wp-config.php, and what is put there."""
TABLES = """
CREATE TABLE {name}.wp_options (option_name VARCHAR(191), option_value LONGTEXT);
CREATE TABLE {name}.wp_users (ID BIGINT, user_login VARCHAR(60), user_registered DATETIME);
CREATE TABLE {name}.wp_usermeta (user_id BIGINT, meta_key VARCHAR(255), meta_value LONGTEXT);
CREATE TABLE {name}.wp_posts (post_author BIGINT, post_type VARCHAR(20), post_modified_gmt DATETIME);
CREATE TABLE {name}.dau_vet (ai TEXT);
CREATE TABLE {name}.so (so INT);
INSERT INTO {name}.so VALUES {numbers};
INSERT INTO {name}.wp_options VALUES ('siteurl', 'https://{name}.test'), ('home', 'https://{name}.test');
INSERT INTO {name}.wp_users VALUES (1, 'quan_tri', '2020-01-01'), (2, 'khach', '2020-01-01');
INSERT INTO {name}.wp_usermeta VALUES (1, 'wp_capabilities', 'a:1:{{s:13:"administrator";b:1;}}'),
  (1, 'session_tokens', 's:5:"login";i:1700000000;');
"""
CONFIG = """<?php
define('DB_NAME', '{name}');
define('DB_USER', '{user}');
define('DB_PASSWORD', '{password}');
define('DB_HOST', '{host}');
$table_prefix = 'wp_';
require_once ABSPATH . 'wp-settings.php';
"""
MARKS = "mariadb -NBe 'SELECT ai FROM dau_vet'"
FALSE_SERVER = r"""
import os, selectors, socket
asked = selectors.DefaultSelector()
for kind, place in ((socket.AF_UNIX, "/tmp/gia.sock"), (socket.AF_UNIX, "/home/ownsocket/gia.sock"),
                    (socket.AF_INET, ("127.0.0.1", 3307))):
    server = socket.socket(kind)
    server.bind(place)
    server.listen()
    asked.register(server, selectors.EVENT_READ)
    if kind == socket.AF_UNIX:
        os.chmod(place, 0o777)
open("/home/ownsocket/san_sang", "w").close()
while True:
    for key, _ in asked.select():
        key.fileobj.accept()
        open("/home/ownsocket/bi_hoi", "w").close()
"""
WATCH = r"""
import glob, json, os, time
seen = {"clients": [], "told": []}
while not os.path.exists("/run/het"):
    for folder in glob.glob("/proc/[0-9]*"):
        try:
            command = open(folder + "/cmdline", errors="replace").read()
            if "mariadb\0" not in command or "mariadbd" in command:
                continue
            status = dict(line.split(":\t", 1) for line in open(folder + "/status").read().splitlines() if ":\t" in line)
            told = [name for name in ("cmdline", "environ") if "a#'b" in open(folder + "/" + name, errors="replace").read()]
            seen["told"] += told
            if "--defaults-file=/proc/self/fd/" in command:
                seen["clients"].append([status["Uid"], status["Groups"].strip(), status["NoNewPrivs"]])
        except OSError:
            continue
    time.sleep(0.005)
json.dump(seen, open("/run/da_thay", "w"))
os.rename("/run/da_thay", "/run/da_thay.json")
"""


def _said(script: str) -> str:
    done = lab.run_on_machine_as_root(HOST, ["sh", "-s"], stdin_data=script.encode())
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    return done.stdout.decode("utf-8", "replace")


def _put(path: str, content: str) -> str:
    return f"mkdir -p {Path(path).parent}\ncat >{path} <<'HET_TEP'\n{content}\nHET_TEP\n"


def _site(name: str, account: str, host: str, trap: str) -> str:
    """A script that lays a site out in a home of its own; the trap is put there by the site's account itself."""
    root = f"/home/{name}/public_html"
    password = PHP_PASSWORD if account == name else ""
    numbers = ", ".join(f"({number})" for number in range(200))
    replaced = next((table for table in ("wp_options", "wp_usermeta") if f"VIEW {name}.{table}" in trap), "nothing")
    made = (
        f"CREATE DATABASE {name};\nCREATE USER '{name}'@'localhost' IDENTIFIED BY '{SQL_PASSWORD}';\n"
        f"GRANT ALL ON {name}.* TO '{name}'@'localhost';\n" + TABLES.format(name=name, numbers=numbers)
    )
    return "\n".join(
        [
            f"useradd --create-home --shell /bin/sh {name}",
            _put(f"{root}/wp-includes/version.php", "<?php $wp_version = '6.8.12';"),
            _put(f"{root}/wp-settings.php", "<?php"),
            _put(f"{root}/wp-config.php", CONFIG.format(name=name, user=account, password=password, host=host)),
            f"chown -R {name} {root}",
            _put(f"/root/{name}.sql", made),
            f"mariadb </root/{name}.sql",
            _put(
                f"/root/{name}.cnf", f'[client]\nskip-ssl-verify-server-cert\nuser={name}\npassword="{OPTION_PASSWORD}"'
            ),
            _put(
                f"/root/{name}.trap",
                f"DROP TABLE IF EXISTS {name}.{replaced};\nDELIMITER //\n{trap}\n//" if trap else "",
            ),
            f"mariadb --defaults-file=/root/{name}.cnf </root/{name}.trap",
        ]
    )


@dataclass(frozen=True)
class Read:
    """What one reading of a host full of traps told, and what it left there."""

    sites: Mapping[str, Any]
    text: str
    accounts_before: str
    accounts_after: str
    marks: str
    files: str
    watched: Mapping[str, Any]
    false_servers_asked: bool


@pytest.fixture(scope="module")
def read(booted: None) -> Read:
    lab.reset_machines_to_pristine_image([HOST])
    accounts = "mariadb -NBe 'SELECT Host, User, Priv FROM mysql.global_priv ORDER BY 1, 2'"
    _said("set -e\n" + "\n".join(_site(name, *site) for name, site in SITES.items()))
    before = _said(accounts)
    _said(
        _put("/home/ownsocket/gia.py", FALSE_SERVER)
        + "chown ownsocket /home/ownsocket\n"
        + "runuser -u ownsocket -- python3 /home/ownsocket/gia.py </dev/null >/dev/null 2>&1 &\n"
        + _put("/root/xem.py", WATCH)
        + "python3 /root/xem.py </dev/null >/dev/null 2>&1 &\n"
        + "for i in $(seq 600); do test -e /home/ownsocket/san_sang && exit; sleep 0.1; done; false"
    )
    hosts = [host for host in inventories.load_inventory(Path(INVENTORY)).hosts if host.name == HOST]
    facts, _ = collect.collect(INVENTORY, hosts)
    area: Any = facts[HOST].data["applications"]
    watched = _said(
        "touch /run/het; for i in $(seq 600); do test -e /run/da_thay.json && break; sleep 0.1; done; cat /run/da_thay.json"
    )
    return Read(
        sites={one.path.split("/")[2]: one for one in area.wordpress},
        text=area.model_dump_json(),
        accounts_before=before,
        accounts_after=_said(accounts),
        marks=_said("".join(f"{MARKS} {name}\n" for name in SITES)),
        files=_said("find / -xdev -name cua_sau.txt 2>/dev/null"),
        watched=json.loads(watched),
        false_servers_asked=_said("ls /home/ownsocket").count("bi_hoi") > 0,
    )


def test_what_stands_in_place_of_a_sites_tables_has_no_more_rights_than_the_site(read: Read) -> None:
    assert read.accounts_after == read.accounts_before
    assert read.marks == ""
    assert read.files == ""
    assert "lo-ra-" not in read.text


def test_a_trap_costs_its_own_site_its_answer_and_no_other(read: Read) -> None:
    why = {name: site.database_unread.why for name, site in read.sites.items() if site.database_unread}
    assert why == {
        "invoker": "failed",
        "definer": "failed",
        "slow": "late",
        "many": "too_much",
        "fat": "too_much",
        "asroot": "refused",
        "asmysql": "refused",
        "socket": "another_server",
        "ownsocket": "another_server",
        "port": "another_server",
        "elsewhere": "elsewhere",
    }


def test_an_honest_site_is_read_as_its_own_account(read: Read) -> None:
    honest, lab_site = read.sites["zhonest"].database, read.sites["www"].database
    assert [(one.login, one.last_seen) for one in honest.administrators] == [("quan_tri", 1_700_000_000)]
    assert honest.hosts == ["zhonest.test"]
    assert [one.login for one in lab_site.administrators] == ["admin", "bientap"]


def test_only_this_hosts_own_server_is_spoken_to(read: Read) -> None:
    assert not read.false_servers_asked


def test_the_password_is_seen_nowhere_and_who_asks_is_nobody(read: Read) -> None:
    assert "a#'b" not in read.text
    assert read.watched["told"] == []
    assert read.watched["clients"]
    for uids, groups, no_new_privileges in read.watched["clients"]:
        assert {int(uid) for uid in uids.split()} <= set(site_database.NOBODY_ELSE)
        assert (groups, no_new_privileges) == ("", "1")
