"""A row of a site's table as MySQL and MariaDB take it out and put it back: statements, and values as these
have them.
"""

import re

from ansible.module_utils.luytre_shared.databases import site_database
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal

WHOLE = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
BYTES = frozenset(
    {
        *("char", "varchar", "tinytext", "text", "mediumtext", "longtext"),
        *("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"),
    }
)
PLAIN = frozenset({"date", "datetime", "timestamp", "time", "year", "decimal", "float", "double", "enum", "set"})
SUPPORTED_TYPES = WHOLE | BYTES | PLAIN
_PLAIN = re.compile(r"\A[0-9A-Za-z_ .:,+-]*\Z")
_WHOLE = re.compile(r"\A-?[0-9]{1,20}\Z")
SESSION = (
    "SET time_zone = '+00:00';\nSET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';\n"
) + site_database.EVERY_TIME
NULL, IDENTIFIER_FORMAT = "-", "`%s`"
OF_TABLE = (
    "SELECT 'table', TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{db}' AND TABLE_NAME = "
    "'{table}';\n"
)
COLUMNS = """SELECT 'column', COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS
  WHERE TABLE_SCHEMA = '{db}' AND TABLE_NAME = '{table}' AND IFNULL(GENERATION_EXPRESSION, '') = ''
  ORDER BY ORDINAL_POSITION LIMIT {most};
"""
SELECT_ROW = "SELECT 'row', {fields} FROM `{db}`.`{table}` WHERE {where} LIMIT 2;\n"
DELETE = """DELETE FROM `{db}`.`{table}` WHERE {where} AND SHA2(CONCAT_WS(',', {fields}), 256) = '{sha256}';
SELECT 'gone', ROW_COUNT();
"""
INSERT = "INSERT INTO `{db}`.`{table}` ({names}) VALUES ({values});\n"


def build_sql_condition_for_row(column, key, is_text_key):
    """Return what tells the row apart: by bytes where its key is a name."""
    return "CAST(`%s` AS BINARY) = x'%s'" % (column, key.hex()) if is_text_key else "`%s` = %s" % (column, key.decode())


def build_sql_of_columns_as_hex(columns):
    """Return what gives all columns as texts of hexadecimal digits."""
    return ", ".join(map(_build_sql_of_column_as_hex, columns))


def _build_sql_of_column_as_hex(column):
    return "IF(`%s` IS NULL, '%s', HEX(CAST(`%s` AS BINARY)))" % (column[0], NULL, column[0])


def build_sql_literal_of_column_value(column_type, hex_text):
    """Return a column's value as a statement has it. Raises ActionRefusal for what its type does not hold."""
    if hex_text == NULL:
        return "NULL"
    if column_type in BYTES:
        return "x'%s'" % hex_text
    plain = bytes.fromhex(hex_text).decode("ascii", "replace")
    if not (_WHOLE if column_type in WHOLE else _PLAIN).match(plain):
        raise ActionRefusal("odd_columns", column_type)
    return plain if column_type in WHOLE else "'%s'" % plain
