"""A row as statements of PostgreSQL: nothing of it stands in them but as hexadecimal digits and numbers."""

from __future__ import annotations

import re

import pytest
from ansible.module_utils.luytre_contain.databases import row_mysql, row_postgresql
from ansible.module_utils.luytre_shared.databases import site_postgresql
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal

COLUMNS = [("id", "integer"), ("title", "character varying")]


def test_a_row_is_told_by_a_number_alone() -> None:
    assert row_postgresql.build_sql_condition_for_row("id", b"7", is_text_key=False) == '"id" = 7'
    with pytest.raises(ActionRefusal) as refused:
        row_postgresql.build_sql_condition_for_row("option_name", b"x", is_text_key=True)
    assert refused.value.args[0] == "no_table"


def test_each_column_is_asked_for_as_digits_and_null_as_itself() -> None:
    asked = row_postgresql.build_sql_of_columns_as_hex(COLUMNS)
    for name, _kind in COLUMNS:
        assert f"CASE WHEN \"{name}\" IS NULL THEN '{row_postgresql.NULL}'" in asked
        assert site_postgresql.render_column_as_hex_expression(name) in asked
    assert asked.count("CASE WHEN") == len(COLUMNS)
    assert row_postgresql.NULL == row_mysql.NULL


@pytest.mark.parametrize("value", ["", "tre", "l'a", "\\'; DROP TABLE x; --", "ữ", "\n", "$$", "\x7f"])
def test_a_value_goes_back_as_digits_whatever_it_says(value: str) -> None:
    literal = row_postgresql.build_sql_literal_of_column_value("text", value.encode().hex().upper())
    assert re.fullmatch(r"U&'(?:\\\+[0-9A-F]{6})*'", literal)
    assert "".join(chr(int(digits, 16)) for digits in re.findall(r"[0-9A-F]{6}", literal)) == value


def test_null_is_not_the_text_of_it() -> None:
    assert row_postgresql.build_sql_literal_of_column_value("text", row_postgresql.NULL) == "NULL"
    assert row_postgresql.build_sql_literal_of_column_value("text", b"NULL".hex().upper()) != "NULL"


@pytest.mark.parametrize("digits", ["4", "4G", "41'", "41 ", "E'41", "41\n", "ữ"])
def test_what_is_no_digits_makes_no_statement(digits: str) -> None:
    with pytest.raises(ActionRefusal):
        row_postgresql.build_sql_literal_of_column_value("text", digits)


def test_what_is_deleted_is_the_row_that_was_seen() -> None:
    fields = row_postgresql.build_sql_of_columns_as_hex(COLUMNS)
    statement = row_postgresql.DELETE.format(table="jos_content", where='"id" = 7', fields=fields, sha256="ab" * 32)
    assert statement.startswith('WITH gone AS (DELETE FROM "jos_content" WHERE "id" = 7')
    assert f"= '{'ab' * 32}'" in statement and fields in statement


def test_types_that_do_not_come_back_as_they_are_written_are_not_supported() -> None:
    assert {"text", "integer", "bytea", "timestamp with time zone"} <= row_postgresql.SUPPORTED_TYPES
    assert {"ARRAY", "USER-DEFINED", "xml", "tsvector", "oid"} & row_postgresql.SUPPORTED_TYPES == set()


def test_numbers_are_written_so_that_they_are_read_the_same() -> None:
    assert row_postgresql.SESSION.endswith("SET extra_float_digits = 3;\n")
    assert row_postgresql.SESSION.startswith(site_postgresql.EVERY_TIME)
