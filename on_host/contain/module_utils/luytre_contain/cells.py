"""Single values in a site's tables: changed as the site's own account, and put back to the byte where nobody has changed them since.

A cell is ``{"table", "key", "row", "column", "before", "after"}``: names out of this product's own tables, ``row`` and the two values in
hexadecimal, None for NULL. No statement is made of what a site says in any other form.
"""

import re

from ansible.module_utils.luytre import _site_database
from ansible.module_utils.luytre_shared.acting import Refused

NAME = re.compile(r"[A-Za-z_]{1,40}\Z")
HEX = re.compile(r"(?:[0-9A-Fa-f]{2})*\Z")
NUMBERS = frozenset({"block", "userid", "guest", "is_suspend"})
"""Columns that hold a number, whose cells are its digits."""
BEGIN, END = _site_database.EVERY_TIME + "SET time_zone = '+00:00';\nSTART TRANSACTION;\n", "COMMIT;\n"
"""No statement waits longer for others than we wait for it: one that was given up changes nothing later."""


def put(application, cells):
    """Have each as it is wanted, whatever it was. Raises Refused."""
    application.answered(BEGIN + "".join(_update(application, one, one["after"]) for one in cells) + END)


def back(application, cells):
    """Have each as it was, if it is still as it was wanted. Raises Refused."""
    script = "".join(_update(application, one, one["before"], only=one["after"]) for one in cells)
    application.answered(BEGIN + script + END)


def now(application, cells):
    """What each holds now, in hexadecimal; a list, None for NULL and for what has gone. Raises Refused."""
    script = "".join(
        "SELECT '%d', HEX(CAST(%s AS BINARY)) FROM %s WHERE %s;\n"  # noqa: S608
        % (number, _name(one["column"]), _table(application, one), _where(one))
        for number, one in enumerate(cells)
    )
    found = {row[0]: row[1] for row in application.answered("START TRANSACTION READ ONLY;\n" + script)}
    return [found.get(str(number)) for number in range(len(cells))]


def is_(present, wanted):
    """Whether two values in hexadecimal are the same."""
    return present == wanted or (present is not None and wanted is not None and present.upper() == wanted.upper())


def _update(application, cell, value, only=None):
    condition = _where(cell)
    if only is not None:
        condition += " AND CAST(%s AS BINARY) <=> %s" % (_name(cell["column"]), literal(only))
    if cell["column"] in NUMBERS and value is not None:
        text = "CONVERT(%s USING ascii)" % literal(value)
    else:
        text = literal(value)
    return "UPDATE %s SET %s = %s WHERE %s;\n" % (_table(application, cell), _name(cell["column"]), text, condition)  # noqa: S608


def _where(cell):
    return "CAST(%s AS BINARY) = %s" % (_name(cell["key"]), literal(cell["row"]))


def _table(application, cell):
    return "`%s`.`%s%s`" % (application.login.database, application.prefix, _bare(cell["table"]))


def _name(name):
    return "`%s`" % _bare(name)


def _bare(name):
    if not NAME.match(name):
        raise Refused("fault", "a name of no table of ours")
    return name


def literal(value):
    """A value in hexadecimal as SQL has it."""
    if value is None:
        return "NULL"
    if not HEX.match(value):
        raise Refused("fault", "a value that is not in hexadecimal")
    return "X'%s'" % value
