"""What a host's logs tell and lack, and what its sites keep as code in their databases."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.luytre.sites import site_applications
from ansible.module_utils.luytre_hunt import logs, processes, site_databases
from ansible.module_utils.luytre_hunt.package_index import PackageIndex
from ansible.module_utils.luytre_hunt.places import PlaceRows
from ansible.module_utils.luytre_hunt.wire_format import pack_json_value_as_text
from ansible.module_utils.luytre_shared.applications import wordpress
from ansible.module_utils.luytre_shared.databases import site_database
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader

from auditor.compromise import autoruns as taken_in

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="reads what root alone may read")


@pytest.fixture
def gathered(tmp_path: Path) -> Iterator[PlaceRows]:
    nothing = str(tmp_path / "no_dpkg")
    places = PlaceRows(AreaReader({}, 60), PackageIndex(nothing, nothing, nothing, nothing))
    yield places
    said = {
        "rows": places.rows,
        "seen": places.seen,
        "cut_short": places.cut_short,
        "seconds": 0.1,
        "processor": 0.1,
        "sound": "",
    }
    taken_in.parse_autoruns(pack_json_value_as_text(said))


def line(request: str, status: int = 200, client: str = "192.0.2.9") -> str:
    return f'{client} - - [27/Nov/2026:10:00:00 +0700] "{request} HTTP/1.1" {status} 12 "-" "x"'


def test_what_was_posted_to_scripts_among_uploads_is_counted() -> None:
    uploaded = "/wp-content/uploads/2026/a.php"
    said = [
        line(f"POST {uploaded}?x=1"),
        line(f"POST {uploaded}", client="192.0.2.10"),
        line("POST /wp-content/uploads/b%2ephp/info"),
        line(f"GET {uploaded}"),
        line("POST /wp-content/uploads/c.php", 404),
        line("POST /wp-login.php"),
        "POST nonsense",
        '"" "',
    ]
    found = {
        path: (times, len(clients))
        for path, (times, clients) in logs.count_posts_to_upload_scripts_in_log("\n".join(said)).items()
    }
    assert found == {uploaded: (2, 2), "/wp-content/uploads/b.php": (1, 1)}


def test_a_script_is_where_one_lies_below_a_root_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads/a.php").write_bytes(b"")
    (tmp_path / "uploads/link.php").symlink_to("/etc/passwd")
    assert logs._find_script_file_of_uri("/uploads/a.php", [str(tmp_path)]) == f"{tmp_path}/uploads/a.php"
    for uri in ("/uploads/none.php", "/uploads/link.php", "/../../etc/passwd", "/uploads/\0.php", "/uploads"):
        assert logs._find_script_file_of_uri(uri, [str(tmp_path)]) is None


def test_a_log_between_others_that_is_not_there_is_told(gathered: PlaceRows, tmp_path: Path) -> None:
    whole, holed = tmp_path / "auth.log", tmp_path / "access.log"
    for name in ("auth.log.1", "auth.log.2.gz", "access.log.1", "access.log.4.gz", "access.log.old"):
        (tmp_path / name).write_bytes(b"")
    logs._add_row_of_missing_rotated_log(gathered, str(whole))
    assert gathered.rows == []
    logs._add_row_of_missing_rotated_log(gathered, str(holed))
    assert [(row[1], row[4], row[5]) for row in gathered.rows] == [
        (str(holed), "access.log.2, access.log.3", ["missing"])
    ]


@pytest.mark.parametrize(
    "name, content, is_blanked",
    [
        ("wtmp", b"x" * 384 + bytes(384) + b"y" * 384, True),
        ("wtmp", b"x" * 384 * 2, False),
        ("wtmp", b"x" * 384 + b"\0" * 10, False),
        ("auth.log", b"one\n" + bytes(60) + b"two\n", True),
        ("auth.log", b"one\n" + bytes(60), False),
        ("auth.log", b"one\ntwo\n", False),
    ],
)
def test_a_log_of_which_a_part_was_blanked_is_told(
    gathered: PlaceRows, tmp_path: Path, name: str, content: bytes, is_blanked: bool
) -> None:
    (tmp_path / name).write_bytes(content)
    logs._add_row_of_zeroed_log_part(gathered, str(tmp_path / name))
    assert [row[5] for row in gathered.rows] == ([["blanked"]] if is_blanked else [])


def test_what_is_kept_nowhere_is_told(gathered: PlaceRows, tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("/dev/null")
    (tmp_path / "b").symlink_to(tmp_path / "c")
    for name in ("a", "b", "c"):
        logs._add_row_of_log_linked_to_device(gathered, str(tmp_path / name), "root")
    assert [(row[1], row[5]) for row in gathered.rows] == [(str(tmp_path / "a"), ["to_nowhere"])]


def test_code_in_a_sites_tables_is_told_and_a_table_that_is_not_there_is_none(
    gathered: PlaceRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rows(_reading: object, login: Any, statements: Mapping[str, tuple[str, int]]) -> list[list[str | None]]:
        assert login == site_database.Login("u", "p", "localhost", "db")
        assert all("{" not in sql and "`db`.`x_" in sql for sql, _most in statements.values())
        if "snippet" in statements:
            raise site_database.DatabaseUnanswered("no_tables")
        return [["post", "7", "wpcode", "echo 1;"], ["option", "o", "", None], ["short"]]

    monkeypatch.setattr(
        site_applications,
        "find_installed_applications",
        lambda _reading: ([SimpleNamespace(kind="wordpress", path="/var/www/a")], []),
    )
    config = b"<?php define('DB_NAME','db');define('DB_USER','u');define('DB_PASSWORD','p');define('DB_HOST','localhost');$table_prefix='x_';"
    monkeypatch.setattr(wordpress, "read_wp_config", lambda _path: ("", config))
    monkeypatch.setattr(site_database, "fetch_rows", rows)
    site_databases.add_rows_of_accounts_and_code_in_cms(gathered)
    assert [(row[0], row[1], row[4]) for row in gathered.rows] == [
        ("snippet", "/var/www/a: x_posts 7", "echo 1;"),
        ("snippet", "/var/www/a: x_options o", ""),
    ]
    assert gathered.cut_short == []


def test_the_administrators_of_nukeviet_are_told_where_its_tables_can_be_read(
    gathered: PlaceRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = {"dbhost": "localhost", "dbname": "db", "dbuname": "u", "dbpass": "p", "prefix": "nv4"}
    lines = [f"$db_config['{name}'] = '{value}';" for name, value in config.items()]
    (tmp_path / "config.php").write_text("<?php\n" + "\n".join(lines))
    asked: list[Any] = []

    def rows(_reading: object, login: Any, statements: Mapping[str, tuple[str, int]]) -> list[list[str | None]]:
        asked.append((login, statements["admin"][0]))
        first, now = int(time.time()) - 9 * 86_400, int(time.time())
        return [
            *(["admin", str(first), "quantri"], ["admin", str(first + 9), "bientap"], ["admin", str(now), "hotro"]),
            *(["admin", "2", None], ["short"]),
        ]

    monkeypatch.setattr(site_database, "fetch_rows", rows)
    sites = [SimpleNamespace(kind="nukeviet", path=str(path)) for path in (tmp_path, tmp_path / "none")]
    monkeypatch.setattr(site_applications, "find_installed_applications", lambda _reading: (sites, []))
    site_databases.add_rows_of_accounts_and_code_in_cms(gathered)
    ((login, sql),) = asked
    assert login == site_database.Login("u", "p", "localhost", "db")
    assert "`db`.`nv4_authors`" in sql
    assert "{" not in sql
    assert [(row[0], row[1], row[2], row[5]) for row in gathered.rows] == [
        ("cms_account", str(tmp_path), "", ["read"]),
        ("cms_account", str(tmp_path), "quantri", []),
        ("cms_account", str(tmp_path), "bientap", []),
        ("cms_account", str(tmp_path), "hotro", ["of_days"]),
    ]


def test_connections_with_the_internet_are_known_by_their_other_end(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    lines = []
    for inode, address, state in ((1, "8.8.8.8", "01"), (2, "10.0.0.1", "01"), (3, "8.8.8.8", "0A")):
        (packed_address,) = struct.unpack("=I", socket.inet_aton(address))
        lines.append(f"0: 00000000:0016 {packed_address:08X}:01BB {state} 0:0 0:0 0 0 0 {inode} 1")
    (tmp_path / "net/tcp").write_text("\n".join(["head", *lines]))
    assert processes._list_internet_peers_by_socket_inode(str(tmp_path)) == {"1": "8.8.8.8:443"}
