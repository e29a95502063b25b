"""Which database server each CMS names, whichever CMS it is, and whether its password opens it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre_shared.applications import database_servers, registry
from ansible.module_utils.luytre_shared.databases import site_database
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader

OPENS = "khong-lo"
FILES = {
    "wordpress": (
        "wp-config.php",
        "<?php\ndefine('DB_NAME', 'xa');\ndefine('DB_USER', 'xa');\ndefine('DB_PASSWORD', 'khong-lo');\n"
        "define('DB_HOST', '%s');\n$table_prefix = 'wp_';\nrequire_once ABSPATH . 'wp-settings.php';\n",
    ),
    "nukeviet": (
        "config.php",
        "<?php\n$db_config['dbhost'] = '%s';\n$db_config['dbport'] = '';\n$db_config['dbname'] = 'xa';\n"
        "$db_config['dbuname'] = 'xa';\n$db_config['dbpass'] = 'khong-lo';\n$db_config['prefix'] = 'nv4';\n",
    ),
    "joomla": (
        "configuration.php",
        "<?php\nclass JConfig {\n public $dbtype = 'mysqli';\n public $host = '%s';\n public $user = 'xa';\n"
        " public $password = 'khong-lo';\n public $db = 'xa';\n public $dbprefix = 'thu_';\n}\n",
    ),
    "spip": (
        "config/connect.php",
        "<?php\nspip_connect_db('%s','','xa','khong-lo','xa','mysql', 'spip','','utf8mb4');\n",
    ),
}


def configure(root: Path, kind: str, host: str, old: str = "", new: str = "") -> Path:
    """Write the configuration of a CMS into a folder, and return its path."""
    name, text = FILES[kind]
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text((text % host).replace(old, new))
    return file


def list_local(root: Path) -> list[dict[str, Any]]:
    """Return what is told of the database of the CMS in a folder."""
    return database_servers.list_local_databases_of_sites([str(root), "/nonexistent"], AreaReader({}, 5))  # type: ignore[no-any-return]


def test_each_cms_is_asked() -> None:
    assert set(FILES) == set(registry.CMS_BY_KIND)


@pytest.mark.parametrize("kind", FILES)
def test_an_account_is_the_sites_when_its_password_opens_it(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opens(_reading: AreaReader, login: Any, _statements: Any) -> list[list[str]]:
        if login.password != OPENS:
            raise site_database.DatabaseUnanswered("refused")
        return [["here"]]

    monkeypatch.setattr(site_database, "fetch_rows", opens)
    file = configure(tmp_path, kind, "localhost")
    named = {"user": "xa", "host": "localhost", "database": "xa", "file": str(file)}
    assert list_local(tmp_path) == [{**named, "holds": True}]
    configure(tmp_path, kind, "localhost", "khong-lo", "doan-mo")
    assert list_local(tmp_path) == [{**named, "holds": False}]


@pytest.mark.parametrize("kind", FILES)
def test_only_databases_of_this_host_are_told(kind: str, tmp_path: Path) -> None:
    configure(tmp_path, kind, "127.0.0.1:3306")
    assert [(one["host"], one["holds"]) for one in list_local(tmp_path)] == [("127.0.0.1", False)]
    configure(tmp_path, kind, "db.xa.test")
    assert list_local(tmp_path) == []


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize(
    ("host", "server"),
    [
        ("10.213.47.11", {"host": "10.213.47.11", "port": 3306}),
        ("DB.NoiBo.test:3307", {"host": "db.noibo.test", "port": 3307}),
        ("db.noibo.test:/run/mysqld.sock", {"host": "db.noibo.test", "port": 3306}),
        ("[fd00::2]:3308", {"host": "fd00::2", "port": 3308}),
        ("/run/mysqld.sock", None),
        ("a b", None),
        ("", None),
    ],
)
def test_the_server_that_a_configuration_names(
    kind: str, host: str, server: dict[str, Any] | None, tmp_path: Path
) -> None:
    configure(tmp_path, kind, host)
    assert database_servers.describe_database_server(registry.CMS_BY_KIND[kind], str(tmp_path)) == server


def test_a_port_of_its_own_and_the_port_of_postgresql(tmp_path: Path) -> None:
    configure(tmp_path, "nukeviet", "db.test", "'dbport'] = ''", "'dbport'] = 3310")
    assert database_servers.describe_database_server(registry.CMS_BY_KIND["nukeviet"], str(tmp_path)) == {
        "host": "db.test",
        "port": 3310,
    }
    configure(tmp_path, "joomla", "db.test", "mysqli", "pgsql")
    assert database_servers.describe_database_server(registry.CMS_BY_KIND["joomla"], str(tmp_path)) == {
        "host": "db.test",
        "port": 5432,
    }
    assert list_local(tmp_path) == [], "MariaDB's accounts are none of PostgreSQL's"


def test_what_only_running_it_would_tell_names_no_server_but_wordpress_its_host(tmp_path: Path) -> None:
    for kind in FILES:
        configure(tmp_path / kind, kind, "10.0.0.2", "'khong-lo'", "getenv('X')")
    told = {
        kind: database_servers.describe_database_server(registry.CMS_BY_KIND[kind], str(tmp_path / kind))
        for kind in FILES
    }
    assert told == {**dict.fromkeys(FILES), "wordpress": {"host": "10.0.0.2", "port": 3306}}
    assert database_servers.describe_database_server(registry.CMS_BY_KIND["joomla"], str(tmp_path / "none")) is None
