"""Single values in a site's tables.

Changed as the site's own account, and put back to the byte where nobody has changed them since.

A cell is ``{"table", "key", "row", "column", "before", "after"}``: names out of this product's own tables, ``row`` and
the two values in hexadecimal, None for NULL. No statement is made of what a site says in any other form.
"""

import re

from ansible.module_utils.luytre import _site_database, _site_postgresql
from ansible.module_utils.luytre_shared.action_runner import ActionRefusal

NAME = re.compile(r"[A-Za-z_]{1,40}\Z")
HEX = re.compile(r"(?:[0-9A-Fa-f]{2})*\Z")
NUMBERS = frozenset({"block", "userid", "guest", "is_suspend"})
"""Columns that hold a number, whose cells are its digits."""
END = "COMMIT;\n"
"""No statement waits longer for others than we wait for it: one that was given up changes nothing later."""


def write_cells(application, cells):
    """Have each as it is wanted, whatever it was. Raises Refused."""
    _change(application, "".join(_engine(application).update(application, cell, cell["after"]) for cell in cells))


def restore_cells(application, cells):
    """Have each as it was, if it is still as it was wanted. Raises Refused."""
    _change(
        application,
        "".join(_engine(application).update(application, cell, cell["before"], only=cell["after"]) for cell in cells),
    )


def _change(application, script):
    application.run_script(_engine(application).BEGIN + script + END)


def read_cells(application, cells):
    """Return what each holds now, in hexadecimal; a list, None for NULL and for what has gone. Raises Refused."""
    engine = _engine(application)
    script = "".join(engine.select(application, number, cell) for number, cell in enumerate(cells))
    values_by_number = {row[0]: row[1] for row in application.run_script(engine.BEGIN_READING + script)}
    return [values_by_number.get(str(number)) for number in range(len(cells))]


def is_same_value(present, other):
    """Return whether two values in hexadecimal are the same."""
    return present == other or (present is not None and other is not None and present.upper() == other.upper())


def _engine(application):
    return _Postgresql if application.in_postgresql else _Mysql


class _Mysql:
    """Statements about a cell as MySQL and MariaDB have them."""

    BEGIN = _site_database.EVERY_TIME + "SET time_zone = '+00:00';\nSTART TRANSACTION;\n"
    BEGIN_READING = "START TRANSACTION READ ONLY;\n"

    @staticmethod
    def select(application, number, cell):
        return "SELECT '%d', HEX(CAST(%s AS BINARY)) FROM %s WHERE %s;\n" % (  # noqa: S608
            number,
            _name(cell["column"]),
            _table(application, cell),
            _where(cell),
        )

    @staticmethod
    def update(application, cell, value, only=None):
        condition = _where(cell)
        if only is not None:
            condition += " AND CAST(%s AS BINARY) <=> %s" % (_name(cell["column"]), make_literal(only))
        if cell["column"] in NUMBERS and value is not None:
            text = "CONVERT(%s USING ascii)" % make_literal(value)
        else:
            text = make_literal(value)
        table, column = _table(application, cell), _name(cell["column"])
        return "UPDATE %s SET %s = %s WHERE %s;\n" % (table, column, text, condition)  # noqa: S608


class _Postgresql:
    """The same as PostgreSQL has them.

    A value is the letters that it is written in, which become what its column holds.
    """

    BEGIN = _site_postgresql.EVERY_TIME + "BEGIN;\n"
    BEGIN_READING = _site_postgresql.BEGIN

    @classmethod
    def select(cls, application, number, cell):
        value = _site_postgresql.hexadecimal(_bare(cell["column"]))
        arguments = (number, value, cls._table(application, cell), cls._where(cell))
        return "SELECT json_build_array('%d', %s) FROM %s WHERE %s;\n" % arguments  # noqa: S608

    @classmethod
    def update(cls, application, cell, value, only=None):
        condition = cls._where(cell)
        if only is not None:
            condition += ' AND "%s"::text = %s' % (_bare(cell["column"]), make_text_literal(only))
        arguments = (cls._table(application, cell), _bare(cell["column"]), make_text_literal(value), condition)
        return 'UPDATE %s SET "%s" = %s WHERE %s;\n' % arguments  # noqa: S608

    @staticmethod
    def _table(application, cell):
        return '"%s%s"' % (application.prefix, _bare(cell["table"]))

    @staticmethod
    def _where(cell):
        return '"%s"::text = %s' % (_bare(cell["key"]), make_text_literal(cell["row"]))


def make_text_literal(value):
    """Return a value in hexadecimal as the letters that it is written in, as PostgreSQL has them. Raises Refused."""
    if value is None:
        return "NULL"
    if not HEX.match(value):
        raise ActionRefusal("fault", "a value that is not in hexadecimal")
    try:
        return _site_postgresql.literal(bytes.fromhex(value).decode())
    except UnicodeDecodeError:
        raise ActionRefusal("fault", "a value that is no text")


def _where(cell):
    return "CAST(%s AS BINARY) = %s" % (_name(cell["key"]), make_literal(cell["row"]))


def _table(application, cell):
    return "`%s`.`%s%s`" % (application.login.database, application.prefix, _bare(cell["table"]))


def _name(name):
    return "`%s`" % _bare(name)


def _bare(name):
    if not NAME.match(name):
        raise ActionRefusal("fault", "a name of no table of ours")
    return name


def make_literal(value):
    """Return a value in hexadecimal as SQL has it."""
    if value is None:
        return "NULL"
    if not HEX.match(value):
        raise ActionRefusal("fault", "a value that is not in hexadecimal")
    return "X'%s'" % value
