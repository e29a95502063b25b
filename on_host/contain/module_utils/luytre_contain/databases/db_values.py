"""Single values in a site's tables.

Changed as the site's own account, and put back to the byte where nobody has changed them since.

A cell is ``{"table", "key", "row", "column", "before", "after"}``: names out of this product's own tables, ``row`` and
the two values in hexadecimal, None for NULL. No statement is made of what a site says in any other form.
"""

import re

from ansible.module_utils.luytre_shared.databases import site_database, site_postgresql
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal

NAME = re.compile(r"[A-Za-z_]{1,40}\Z")
HEX = re.compile(r"(?:[0-9A-Fa-f]{2})*\Z")
END = "COMMIT;\n"
"""No statement waits longer for others than we wait for it: one that was given up changes nothing later."""


def write_cells(application, cells):
    """Have each cell as it is wanted, whatever it was. Raises ActionRefusal."""
    _run_sql_in_transaction(
        application,
        "".join(
            _choose_sql_dialect_of_application(application).build_update_of_cell(application, cell, cell["after"])
            for cell in cells
        ),
    )


def restore_cells_still_as_written(application, cells):
    """Have each cell as it was, if it is still as it was wanted. Raises ActionRefusal."""
    _run_sql_in_transaction(
        application,
        "".join(
            _choose_sql_dialect_of_application(application).build_update_of_cell(
                application, cell, cell["before"], only=cell["after"]
            )
            for cell in cells
        ),
    )


def _run_sql_in_transaction(application, script):
    application.run_sql_script_and_read_rows(_choose_sql_dialect_of_application(application).BEGIN + script + END)


def read_cells(application, cells):
    """Return what each holds now, in hexadecimal; a list, None for NULL and for what has gone. Raises ActionRefusal."""
    engine = _choose_sql_dialect_of_application(application)
    script = "".join(engine.build_select_of_cell(application, number, cell) for number, cell in enumerate(cells))
    values_by_number = {
        row[0]: row[1] for row in application.run_sql_script_and_read_rows(engine.BEGIN_READING + script)
    }
    return [values_by_number.get(str(number)) for number in range(len(cells))]


def is_same_hex_value(hex_value, other_hex_value):
    """Return whether two values in hexadecimal are the same."""
    return hex_value == other_hex_value or (
        hex_value is not None and other_hex_value is not None and hex_value.upper() == other_hex_value.upper()
    )


def _choose_sql_dialect_of_application(application):
    return _PostgresqlCellStatements if application.uses_postgresql else _MysqlCellStatements


class _MysqlCellStatements:
    """Statements about a cell as MySQL and MariaDB have them."""

    BEGIN = site_database.EVERY_TIME + "SET time_zone = '+00:00';\nSTART TRANSACTION;\n"
    BEGIN_READING = "START TRANSACTION READ ONLY;\n"

    @staticmethod
    def build_select_of_cell(application, number, cell):
        return "SELECT '%d', HEX(CAST(%s AS BINARY)) FROM %s WHERE %s;\n" % (  # noqa: S608
            number,
            _quote_mysql_identifier(cell["column"]),
            _quote_mysql_table_of_cell(application, cell),
            _build_mysql_condition_of_row(cell),
        )

    @staticmethod
    def build_update_of_cell(application, cell, value, only=None):
        condition = _build_mysql_condition_of_row(cell)
        if only is not None:
            condition += " AND CAST(%s AS BINARY) <=> %s" % (
                _quote_mysql_identifier(cell["column"]),
                make_sql_literal_from_hex(only),
            )
        if cell["column"] in application.cms.number_columns and value is not None:
            text = "CONVERT(%s USING ascii)" % make_sql_literal_from_hex(value)
        else:
            text = make_sql_literal_from_hex(value)
        table, column = _quote_mysql_table_of_cell(application, cell), _quote_mysql_identifier(cell["column"])
        return "UPDATE %s SET %s = %s WHERE %s;\n" % (table, column, text, condition)  # noqa: S608


class _PostgresqlCellStatements:
    """The same as PostgreSQL has them.

    A value is the letters that it is written in, which become what its column holds.
    """

    BEGIN = site_postgresql.EVERY_TIME + "BEGIN;\n"
    BEGIN_READING = site_postgresql.BEGIN

    @classmethod
    def build_select_of_cell(cls, application, number, cell):
        value = site_postgresql.render_column_as_hex_expression(_check_plain_identifier(cell["column"]))
        arguments = (number, value, cls._quote_table_of_cell(application, cell), cls._build_condition_of_row(cell))
        return "SELECT json_build_array('%d', %s) FROM %s WHERE %s;\n" % arguments  # noqa: S608

    @classmethod
    def build_update_of_cell(cls, application, cell, value, only=None):
        condition = cls._build_condition_of_row(cell)
        if only is not None:
            condition += ' AND "%s"::text = %s' % (
                _check_plain_identifier(cell["column"]),
                make_postgresql_text_literal_from_hex(only),
            )
        arguments = (
            cls._quote_table_of_cell(application, cell),
            _check_plain_identifier(cell["column"]),
            make_postgresql_text_literal_from_hex(value),
            condition,
        )
        return 'UPDATE %s SET "%s" = %s WHERE %s;\n' % arguments  # noqa: S608

    @staticmethod
    def _quote_table_of_cell(application, cell):
        return '"%s%s"' % (application.prefix, _check_plain_identifier(cell["table"]))

    @staticmethod
    def _build_condition_of_row(cell):
        return '"%s"::text = %s' % (
            _check_plain_identifier(cell["key"]),
            make_postgresql_text_literal_from_hex(cell["row"]),
        )


def make_postgresql_text_literal_from_hex(hex_value):
    """Return a value in hexadecimal as the letters that it is written in, as PostgreSQL has them.

    Raises ActionRefusal.
    """
    if hex_value is None:
        return "NULL"
    if not HEX.match(hex_value):
        raise ActionRefusal("fault", "a value that is not in hexadecimal")
    try:
        return site_postgresql.render_sql_text_literal(bytes.fromhex(hex_value).decode())
    except UnicodeDecodeError:
        raise ActionRefusal("fault", "a value that is no text")


def _build_mysql_condition_of_row(cell):
    return "CAST(%s AS BINARY) = %s" % (_quote_mysql_identifier(cell["key"]), make_sql_literal_from_hex(cell["row"]))


def _quote_mysql_table_of_cell(application, cell):
    return "`%s`.`%s%s`" % (application.login.database, application.prefix, _check_plain_identifier(cell["table"]))


def _quote_mysql_identifier(name):
    return "`%s`" % _check_plain_identifier(name)


def _check_plain_identifier(name):
    if not NAME.match(name):
        raise ActionRefusal("fault", "a name of no table of ours")
    return name


def make_sql_literal_from_hex(hex_value):
    """Return a value in hexadecimal as SQL has it."""
    if hex_value is None:
        return "NULL"
    if not HEX.match(hex_value):
        raise ActionRefusal("fault", "a value that is not in hexadecimal")
    return "X'%s'" % hex_value
