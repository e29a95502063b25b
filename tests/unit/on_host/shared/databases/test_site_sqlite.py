"""Tables in a file of SQLite that a site's own account shapes: read from a copy, by nobody, and no link is followed."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.module_utils.luytre_shared.applications import registry, spip
from ansible.module_utils.luytre_shared.databases import site_database, site_sqlite
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader

CONNECT = "<?php\n$GLOBALS['spip_connect_version'] = 0.8;\nspip_connect_db('','','','','xa','sqlite3', 'spip','','');\n"
TABLES = """
CREATE TABLE spip_auteurs (id_auteur INTEGER PRIMARY KEY, login TEXT, pass TEXT, statut TEXT, webmestre TEXT, en_ligne TEXT);
INSERT INTO spip_auteurs VALUES (1, 'quantri', 'x', '0minirezo', 'oui', '2026-11-30 08:00:00'),
  (2, NULL, '', '0minirezo', 'non', '0000-00-00 00:00:00'), (3, 'docgia', 'x', '6forum', 'non', '');
CREATE TABLE spip_meta (nom TEXT PRIMARY KEY, valeur TEXT);
INSERT INTO spip_meta VALUES ('accepter_inscriptions', 'oui'), ('secret', 'khong-lo');
CREATE TABLE spip_articles (id_article INTEGER PRIMARY KEY, statut TEXT);
INSERT INTO spip_articles VALUES (1, 'publie'), (2, 'prop'), (3, 'publie');
"""
MANY = "".join("INSERT INTO spip_articles VALUES (%d, '');" % number for number in range(9, 99))  # noqa: S608, UP031


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "config/bases").mkdir(parents=True)
    (tmp_path / "config/connect.php").write_text(CONNECT)
    fill(tmp_path / "config/bases/xa.sqlite", TABLES)
    return tmp_path


def fill(file: Path, script: str) -> None:
    database = sqlite3.connect(file)
    try:
        database.executescript(script)
    finally:
        database.close()


@pytest.fixture(autouse=True)
def as_ourselves(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Run the program as whoever tests, in place of nobody, which takes root's rights."""

    def run(argv, environment, secret, script, seconds, meaning):  # type: ignore[no-untyped-def]
        file = tmp_path_factory.mktemp("copy") / "secret"
        file.write_bytes(secret)
        words = [word.replace("{secret}", str(file)) if word.endswith("={secret}") else word for word in argv]
        done = subprocess.run(words, input=script.encode(), capture_output=True, timeout=20)
        if done.returncode:
            raise site_database.DatabaseUnanswered(meaning(done.stderr))
        return done.stdout.decode()

    monkeypatch.setattr(site_database, "run_database_client_as_nobody", run)
    monkeypatch.setattr(site_sqlite, "PAUSE", 0)


def read(site: Path, *statements: str) -> list[list[str | None]]:
    login, _prefix = registry.CMS_BY_KIND["spip"].read_login(str(site))
    named = {str(number): (statement, 50) for number, statement in enumerate(statements)}
    rows: list[list[str | None]] = site_database.fetch_rows(AreaReader({}, 20), login, named)
    return rows


def test_what_a_spip_on_sqlite_tells(site: Path) -> None:
    login, prefix = spip.read_connection(str(site), CONNECT)
    assert (login.engine, login.file, prefix) == ("sqlite", (str(site), "config/bases/xa.sqlite"), "spip_")
    told, unread = spip._read_spip_database(type("Found", (), {"path": str(site)}), CONNECT, AreaReader({}, 20))
    assert unread is None
    assert told["writers_sign_up"] is True and told["visitors_sign_up"] is False
    assert [(one["login"], one["webmaster"], one["last_seen"]) for one in told["administrators"]] == [
        ("", False, None),
        ("quantri", True, 1_796_025_600),
    ]
    for statements, rows in (
        (spip.Spip.administrators, [["admin", "1", "7175616E747269", "1"], ["admin", "2", "", "0"]]),
        (spip.Spip.posts, [["post", "3"], ["post", "1"]]),
    ):
        (statement,) = (sql for sql, _most in statements["sqlite"].values())
        assert read(site, statement.replace("{p}", prefix).replace("{most}", "9")) == rows


def test_nothing_is_changed_through_it(site: Path) -> None:
    login, _prefix = registry.CMS_BY_KIND["spip"].read_login(str(site))
    before = (site / "config/bases/xa.sqlite").read_bytes()
    with pytest.raises(site_database.DatabaseUnanswered, match="other_kind"):
        site_database.run_sql_script(AreaReader({}, 20), login, "DELETE FROM spip_auteurs")
    for statement in (
        "DELETE FROM spip_auteurs",
        "ATTACH '/etc/passwd' AS x",
        "PRAGMA journal_mode = WAL",
        "SELECT load_extension('/tmp/x.so')",
        "SELECT readfile('/etc/passwd')",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
        "SELECT randomblob(1000000000)",
    ):
        with pytest.raises(site_database.DatabaseUnanswered, match=r"failed|no_tables"):
            site_sqlite.run_statements(AreaReader({}, 20), login, [statement])
    assert (site / "config/bases/xa.sqlite").read_bytes() == before
    assert [path.name for path in (site / "config/bases").iterdir()] == ["xa.sqlite"]


def test_a_view_in_place_of_a_table_does_not_run_for_ever(site: Path) -> None:
    fill(
        site / "config/bases/xa.sqlite",
        "DROP TABLE spip_meta; CREATE VIEW spip_meta AS WITH RECURSIVE n(i) AS"
        " (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 'accepter_inscriptions' AS nom, i AS valeur FROM n;",
    )
    with pytest.raises(site_database.DatabaseUnanswered, match="failed"):
        read(site, "SELECT 'meta', nom FROM spip_meta")


def test_more_rows_than_there_may_be_and_odd_bytes(site: Path) -> None:
    fill(site / "config/bases/xa.sqlite", "UPDATE spip_auteurs SET login = CAST(X'ff0a27' AS TEXT) WHERE id_auteur = 1")
    assert read(site, "SELECT 'x', login FROM spip_auteurs WHERE id_auteur = 1") == [["x", "�\n'"]]
    fill(site / "config/bases/xa.sqlite", MANY)
    with pytest.raises(site_database.DatabaseUnanswered, match="too_much"):
        read(site, "SELECT '0', id_article FROM spip_articles")


def _mischief() -> Iterator[tuple[str, str]]:
    yield "refused", "ln -s /etc/passwd config/bases/other; mv config/bases/other config/bases/xa.sqlite"
    yield "refused", "mv config/bases else; ln -s ../else config/bases"
    yield "refused", "ln config/bases/xa.sqlite second"
    yield "refused", "rm config/bases/xa.sqlite; mkfifo config/bases/xa.sqlite"
    yield "refused", "rm config/bases/xa.sqlite"
    yield "too_much", "truncate -s 65M config/bases/xa.sqlite"
    yield "no_tables", "echo none > config/bases/xa.sqlite"
    yield "no_tables", ": > config/bases/xa.sqlite"
    yield "failed", "printf 'SQLite format 3\\0%0200d' 0 > config/bases/xa.sqlite"
    yield "other_kind", "printf '\\2\\2' | dd of=config/bases/xa.sqlite bs=1 seek=18 conv=notrunc status=none"
    yield "late", "printf '\\331\\325' > config/bases/xa.sqlite-journal"
    yield "late", "ln -s /dev/null config/bases/xa.sqlite-journal"


@pytest.mark.parametrize(("why", "script"), list(_mischief()))
def test_what_is_no_plain_file_at_rest_is_not_read(site: Path, why: str, script: str) -> None:
    subprocess.run(["sh", "-euc", script], cwd=site, check=True)
    with pytest.raises(site_database.DatabaseUnanswered) as caught:
        read(site, "SELECT 'x', login FROM spip_auteurs")
    assert caught.value.why == why


@pytest.mark.parametrize(
    ("line", "row"), [('["a", null]', ["a", None]), ("[1]", None), ("x", None), ('{"a": "b"}', None)]
)
def test_a_row_is_a_list_of_texts(line: str, row: list[str | None] | None) -> None:
    if row is not None:
        assert site_sqlite.parse_row(line) == row
        return
    with pytest.raises(site_database.DatabaseUnanswered, match="failed"):
        site_sqlite.parse_row(line)


def test_of_what_the_program_says_two_words_are_taken() -> None:
    assert site_sqlite.classify_complaint(b"no_tables\n") == "no_tables"
    assert site_sqlite.classify_complaint(b"Traceback: other_kind") == "failed"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes itself nobody")
def test_nobody_reads_it(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert read(site, "SELECT 'x', login FROM spip_auteurs WHERE id_auteur = 1") == [["x", "quantri"]]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", site_sqlite.PROGRAM, f"--database={site}/config/bases/xa.sqlite"],
        input=json.dumps(["SELECT 1"]).encode(), capture_output=True, check=True,
    )  # fmt: skip
    assert done.stdout == b'["1"]\n'
