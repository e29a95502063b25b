"""A site's tables in PostgreSQL: what is said to the server, and what of its answer is taken. The server itself: tests/integration."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest
from ansible.module_utils.luytre_shared.databases import site_database, site_postgresql
from ansible.module_utils.luytre_shared.databases.site_database import DatabaseUnanswered, Login
from hypothesis import given
from hypothesis import strategies as st

LOGIN = Login("xa", "p", "localhost", "xa", site_database.POSTGRESQL)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_letter_of_a_value_is_read_as_a_statement(value: str) -> None:
    said = site_postgresql.render_sql_text_literal(value)
    assert said.startswith("U&'") and said.endswith("'")
    numbers = said[3:-1].split("\\+")[1:]
    assert "".join(chr(int(number, 16)) for number in numbers) == value
    assert set(said[3:-1]) <= set("\\+0123456789ABCDEF")


def test_a_password_is_one_whatever_its_letters() -> None:
    assert site_postgresql.render_pgpass_file(Login("xa", "a:b\\c", "", "xa")) == b"*:*:*:*:a\\:b\\\\c\n"
    for odd in (Login("xa", "a\nb", "", "xa"), Login("", "a", "", "xa"), Login("xa", "x" * 201, "", "xa")):
        with pytest.raises(DatabaseUnanswered, match="not_plain"):
            site_postgresql.render_pgpass_file(odd)


@pytest.mark.parametrize("line", ["", "x", "{}", "[]", '[["a"]]', '["a", {"b": 1}]', "1"])
def test_what_is_no_row_is_not_taken_for_one(line: str) -> None:
    with pytest.raises(DatabaseUnanswered, match="failed"):
        site_postgresql._parse_row(line)
    assert site_postgresql._parse_row(json.dumps(["a", 1, None, "b\nc"])) == ["a", "1", None, "b\nc"]


@pytest.mark.parametrize(
    ("complaint", "why"),
    [
        (b"psql:<stdin>:3: ERROR:  42P01\n", "no_tables"),
        (b"ERROR:  42501\n", "refused"),
        (b"ERROR:  57014\n", "late"),
        (b"ERROR:  99999\n", "failed"),
        (
            b'psql: error: connection to server at "127.0.0.1" failed: FATAL:  password authentication failed\n',
            "refused",
        ),
        (b"psql: error: connection to server failed: Connection refused\n", "failed"),
    ],
)
def test_what_a_complaint_means(complaint: bytes, why: str) -> None:
    assert site_postgresql.classify_psql_error(complaint) == why


def test_only_the_servers_own_socket_or_port_is_spoken_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX) as own:
        own.bind(str(tmp_path / ".s.PGSQL.5432"))
        own.listen()
        assert site_postgresql._get_host_and_port_of_own_server(str(tmp_path), os.getuid()) == (str(tmp_path), 5432)
        with pytest.raises(DatabaseUnanswered, match="another_server"):
            site_postgresql._get_host_and_port_of_own_server(str(tmp_path), os.getuid() + 1)
    monkeypatch.setattr(site_database, "is_port_of_account", lambda port, uid: port == 5433)
    assert site_postgresql._get_host_and_port_of_own_server("localhost:5433", 1) == ("127.0.0.1", 5433)
    for host, why in (("localhost", "another_server"), ("db.tinh.test", "elsewhere"), ("localhost:/x", "not_plain")):
        with pytest.raises(DatabaseUnanswered, match=why):
            site_postgresql._get_host_and_port_of_own_server(host, 1)
