"""A row goes only while it holds what is kept of it, and comes back as it was. The server is a stand-in that knows the statements of ours."""

from __future__ import annotations

import hashlib
import importlib
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils.luytre_shared.databases import site_database

from tests.unit.on_host.contain.programs import program

CONFIG = "<?php define('DB_NAME','an');define('DB_USER','an');define('DB_PASSWORD','x');$table_prefix='wp_';"
COLUMNS = [["ID", "bigint"], ["post_date", "datetime"], ["post_content", "longtext"], ["note", "text"]]
POST = ["66", "0000-00-00 00:00:00", "'); DROP TABLE wp_posts; -- \\ \u1ea1 \n", None]
TEXT = re.compile(r"x'([0-9a-fA-F]*)'|'([^']*)'|(NULL)|(-?\d+)")


class Server:
    """The table of posts, asked as ``delete_row.py`` asks."""

    def __init__(self) -> None:
        self.rows: dict[str, list[str | None]] = {"66": list(POST)}
        self.scripts: list[str] = []
        self.puts_back = False
        self.fails: str | None = None

    def said(self, _reading: object, login: Any, script: str) -> list[list[str | None]]:
        assert login.database == "an"
        self.scripts.append(script)
        if self.fails is not None and self.fails in script:
            raise site_database.DatabaseUnanswered("refused")
        if "information_schema" in script:
            return [["table", "BASE TABLE"], *(["column", *one] for one in COLUMNS)]
        if "INSERT INTO" in script:
            values = script.rpartition("VALUES (")[2]
            found = [
                bytes.fromhex(one[1]).decode() if one[1] is not None else None if one[3] else one[2] or one[4]
                for one in TEXT.finditer(values)
            ]
            self.rows[str(found[0])] = found
            return []
        found = re.search(r"WHERE `ID` = (\d+)", script)
        assert found is not None
        key = found[1]
        held = self._held(key)
        if "DELETE FROM" not in script:
            return [["row", *held]] if held else []
        digest = hashlib.sha256(",".join(held or ()).encode()).hexdigest()
        gone = held is not None and f"256) = '{digest}'" in script
        if gone and not self.puts_back:
            del self.rows[key]
        return [["gone", str(int(gone))]]

    def _held(self, key: str) -> list[str] | None:
        values = self.rows.get(key)
        return values and ["-" if one is None else one.encode().hex().upper() for one in values]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    own = Server()
    monkeypatch.setattr(site_database, "run_sql_script", own.said)
    return own


@pytest.fixture
def host(tmp_path: Path) -> ModuleType:
    own = program("delete_row.py")
    own.STORE.home = str(tmp_path / "luytre/rows")
    return own


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "site/blog").mkdir(parents=True)
    (tmp_path / "site/wp-config.php").write_text(CONFIG)
    return tmp_path / "site"


def asked(site: Path, **changes: str) -> dict[str, str]:
    return {
        **{"id": "SC-20261127-1/1", "what": "antruc.test/posts/66", "root": str(site)},
        **{"folder": "", "table": "posts", "key": "66", **changes},
    }


def test_a_row_is_taken_out_and_comes_back_as_it_was(server: Server, host: ModuleType, site: Path) -> None:
    planned = host.plan_deletion_of_row(asked(site), [])
    assert server.rows["66"] == POST
    assert planned["would"][1].startswith("DELETE FROM `an`.`wp_posts` WHERE `ID` = 66 AND SHA2(")
    done = host.delete_row_once_and_keep_copy(asked(site), [])
    assert done == {"state": "confirmed", "sha256": planned["sha256"]}
    assert server.rows == {}
    (kept,) = Path(host.STORE.home).glob("*/record.json")
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert host.delete_row_once_and_keep_copy(asked(site), []) == done
    assert host.put_deleted_row_back(asked(site), []) == {"state": "none"}
    assert server.rows["66"] == POST
    assert not Path(host.STORE.home).exists()
    assert host.put_deleted_row_back(asked(site), [])["why"] == "none_kept"
    assert not any("DROP" in script for script in server.scripts)


def test_what_has_come_in_its_place_stays(server: Server, host: ModuleType, site: Path) -> None:
    host.delete_row_once_and_keep_copy(asked(site), [])
    server.rows["66"] = ["66", "2026-11-27 08:00:00", "a new post", None]
    with pytest.raises(host.ActionRefusal, match="name_taken"):
        host.put_deleted_row_back(asked(site), [])
    assert server.rows["66"][2] == "a new post"
    del server.rows["66"]
    assert host.put_deleted_row_back(asked(site), []) == {"state": "none"}
    assert server.rows["66"] == POST


def test_a_row_that_something_puts_back_is_not_said_to_be_out(server: Server, host: ModuleType, site: Path) -> None:
    server.puts_back = True
    assert host.delete_row_once_and_keep_copy(asked(site), [])["why"] == "row_again"
    assert Path(host.STORE.home).exists()


def test_what_the_server_refuses_keeps_nothing(server: Server, host: ModuleType, site: Path) -> None:
    server.fails = "DELETE"
    with pytest.raises(host.ActionRefusal, match="not_asked"):
        host.delete_row_once_and_keep_copy(asked(site), [])
    assert server.rows["66"] == POST
    assert not Path(host.STORE.home).exists()


@pytest.mark.parametrize("step", ["build_sql_to_delete_unchanged_row", "read_values"])
def test_whoever_is_cut_off_is_gone_on_for(
    server: Server, host: ModuleType, site: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    calls, real = [0], getattr(host.RowLocation, step)

    def cut(*given: Any) -> Any:
        calls[0] += 1
        if step == "build_sql_to_delete_unchanged_row" or calls[0] > 1:
            raise KeyboardInterrupt
        return real(*given)

    with monkeypatch.context() as once:
        once.setattr(host.RowLocation, step, cut)
        with pytest.raises(KeyboardInterrupt):
            host.delete_row_once_and_keep_copy(asked(site), [])
    assert ("66" in server.rows) == (step == "build_sql_to_delete_unchanged_row")
    assert host.delete_row_once_and_keep_copy(asked(site), [])["state"] == "confirmed"
    assert host.put_deleted_row_back(asked(site), []) == {"state": "none"}
    assert server.rows["66"] == POST


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"key": "67"}, "no_row"),
        ({"key": "66 OR 1=1"}, "no_row"),
        ({"folder": "shop/deep"}, "no_application"),
        ({"table": "content", "key": "1"}, "no_table"),
        ({"id": "../x"}, "not_ours"),
    ],
)
def test_what_is_not_there_is_refused(
    server: Server, host: ModuleType, site: Path, changes: dict[str, str], why: str
) -> None:
    with pytest.raises(host.ActionRefusal, match=why):
        host.delete_row_once_and_keep_copy(asked(site, **changes), [])
    assert server.rows["66"] == POST
    assert not Path(host.STORE.home).exists()


def test_a_table_with_columns_that_could_not_be_put_back_is_left(
    server: Server, host: ModuleType, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for odd in (["x`y", "text"], ["place", "geometry"]):
        monkeypatch.setattr("tests.unit.on_host.contain.sites.test_delete_row.COLUMNS", [*COLUMNS[:3], odd])
        with pytest.raises(host.ActionRefusal, match="odd_columns"):
            host.delete_row_once_and_keep_copy(asked(site), [])
    assert server.rows["66"] == POST


def test_a_name_is_compared_by_its_bytes_alone(server: Server, host: ModuleType, site: Path) -> None:
    place = host.RowLocation(str(site), "", "options", "a'%2F%25b")
    assert place.where == "CAST(`option_name` AS BINARY) = x'61272f2562'"


class InPostgresql:
    """A mock of an application there, which writes down what its database is told."""

    uses_postgresql, prefix = True, "jos_"

    def __init__(self) -> None:
        self.scripts: list[str] = []

    def run_sql_script_and_read_rows(self, script: str) -> list[list[str]]:
        self.scripts.append(script)
        return [["0", "61"]]


def test_cells_in_postgresql_are_told_by_the_numbers_of_their_letters(host: ModuleType) -> None:
    cells = importlib.import_module("ansible.module_utils.luytre_contain.databases.db_values")
    application = InPostgresql()
    quoted = b"'; DROP TABLE x; --".hex()
    cell = {"table": "users", "key": "id", "row": "32", "column": "block", "before": quoted, "after": "31"}
    cells.write_cells(application, [cell])
    assert (
        'UPDATE "jos_users" SET "block" = U&\'\\+000031\' WHERE "id"::text = U&\'\\+000032\';' in application.scripts[0]
    )
    cells.restore_cells_still_as_written(application, [cell])
    assert "DROP" not in application.scripts[1] and 'AND "block"::text = U&' in application.scripts[1]
    assert cells.read_cells(application, [cell]) == ["61"]
    assert "BEGIN READ ONLY" in application.scripts[2]
    for odd in ({"row": "zz"}, {"row": "ff"}, {"column": 'a"'}):
        with pytest.raises(host.ActionRefusal, match="fault"):
            cells.write_cells(application, [{**cell, **odd}])
