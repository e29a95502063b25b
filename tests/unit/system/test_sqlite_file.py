"""The files that several processes and threads of ours make and use at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from auditor.system import sqlite_file


def test_many_who_make_the_file_at_once_all_get_it(tmp_path: Path) -> None:
    for number in range(20):
        path = tmp_path / f"{number}.sqlite"

        def use(_: int, path: Path = path) -> int:
            with sqlite_file.open_and_migrate_database(
                path, [sqlite_file.make_migration("CREATE TABLE a (b)")], "file"
            ) as database:
                return int(database.execute("SELECT count(*) FROM a").fetchone()[0])

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(use, range(8))) == [0] * 8
