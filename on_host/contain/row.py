"""Takes a row out of the database of a site's application and puts it back: a question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. The database is asked as the site's own account, since what its people put in place of
a table, and their triggers, run with the rights of whoever asks. Names of tables are ours; values are sent as hexadecimal digits, so that
nothing of a site is ever read as a statement. What the row holds is kept in a folder of root's before it goes, and it goes only while it holds that.
"""

import hashlib
import os
import re
from urllib.parse import unquote_to_bytes

from ansible.module_utils.luytre._site_database import IDENTIFIER
from ansible.module_utils.luytre_contain import applications, row_mysql, row_postgresql
from ansible.module_utils.luytre_shared import acting, kept
from ansible.module_utils.luytre_shared.acting import Refused

STORE = kept.Store("/var/lib/luytre/rows")
TABLES = {
    "wordpress": {
        "posts": ("posts", "ID"),
        "postmeta": ("postmeta", "meta_id"),
        "comments": ("comments", "comment_ID"),
        "commentmeta": ("commentmeta", "meta_id"),
        "options": ("options", "option_name"),
        "snippets": ("snippets", "id"),
    },
    "joomla": {"content": ("content", "id"), "modules": ("modules", "id"), "menu": ("menu", "id")},
    "nukeviet": {"vi_news_rows": ("vi_news_rows", "id"), "vi_news_detail": ("vi_news_detail", "id")},
}
"""By application and the name that a question has for it: a table, and the column that tells its rows apart."""
NAMED = frozenset({"options"})
NUMBER = re.compile(r"\A[1-9][0-9]{0,17}\Z")
MOST_COLUMNS = 90
"""As many as one function of PostgreSQL takes, with some to spare."""


class Place:
    """Where a row is, as a question and a site's configuration tell it. Its methods raise Refused."""

    def __init__(self, root, folder, table, key):
        self.told = {"root": root, "folder": folder, "table": table, "key": key}
        self.application = applications.at(applications.folder(self.told))
        if table not in TABLES[self.application.kind]:
            raise Refused("no_table", "%s: %s" % (self.application.kind, table))
        name, column = TABLES[self.application.kind][table]
        self.table = self.application.prefix + name
        self.sql = row_postgresql if self.application.in_postgresql else row_mysql
        if table not in NAMED and not NUMBER.match(key):
            raise Refused("no_row", key)
        self.where = self.sql.where(column, unquote_to_bytes(key), table in NAMED)

    def of(self, statement, **words):
        """A statement about the row."""
        return statement.format(db=self.application.login.database, table=self.table, where=self.where, **words)

    def said(self, *statements):
        """The rows that statements come to."""
        return self.application.answered(self.sql.SESSION + "".join(statements))

    def columns(self):
        """``[name, type]`` of each column of the table that holds something of its own."""
        found = self.said(self.of(self.sql.OF_TABLE), self.of(self.sql.COLUMNS, most=MOST_COLUMNS + 1))
        if ["table", "BASE TABLE"] not in found:
            raise Refused("no_table", self.table)
        columns = [row[1:] for row in found if row[0] == "column"]
        if len(columns) > MOST_COLUMNS or not all(
            len(one) == 2 and IDENTIFIER.match(one[0]) and one[1] in self.sql.KNOWN for one in columns
        ):
            raise Refused("odd_columns", self.table)
        return columns

    def held(self, columns):
        """What the row holds, a text of hexadecimal digits, or ``-`` for NULL, a column; None when there is no row."""
        found = [row[1:] for row in self.said(self.of(self.sql.HELD, fields=self.sql.fields(columns)))]
        if len(found) > 1:
            raise Refused("no_row", self.table)
        if found and not (len(found[0]) == len(columns) and all(map(_is_hex, found[0]))):
            raise Refused("not_asked", "failed")
        return found[0] if found else None

    def deletion(self, record):
        """The statements that take the row out while it holds what is on record, and tell how many went."""
        return self.of(self.sql.DELETE, fields=self.sql.fields(record["columns"]), sha256=record["sha256"])

    def insertion(self, record):
        """The statement that puts it back."""
        names = ", ".join(self.sql.QUOTED % name for name, _ in record["columns"])
        values = ", ".join(self.sql.literal(kind, text) for (_, kind), text in zip(record["columns"], record["held"]))
        return self.of(self.sql.INSERT, names=names, values=values)


def _is_hex(text):
    """None of what is longer than the server sends."""
    return text == row_mysql.NULL or (text is not None and re.match(r"\A(?:[0-9A-F]{2})*\Z", text) is not None)


def digest(held):
    """sha256 of what a row holds, as the server works it out, too."""
    return hashlib.sha256(",".join(held).encode("ascii")).hexdigest()


def contain(asked, _connection):
    """Take a row out; once, however often it is asked for. Raises Refused."""
    name = asked["id"]
    with STORE.held():
        before = STORE.begun(asked)
        place = Place(**before["place"]) if before else asked_for(asked)
        record = before or dict(looked_at(place), what=asked["what"])
        STORE.keep(name, record)
        try:
            gone = place.said(place.deletion(record)) == [["gone", "1"]]
            left = place.held(record["columns"])
        except Refused as refused:
            return untouched(place, name, record, refused)
        if left is None:
            return {"state": "confirmed", "sha256": record["sha256"]}
        if gone or before:
            return {"state": "unknown", "why": "row_again", "about": place.table}
        STORE.forget(name)
        raise Refused("row_changed", place.table)


def untouched(place, name, record, refusal):
    """What is said when the server did not do all that it was told. Raises Refused when the row is as it was."""
    try:
        left = place.held(record["columns"])
    except Refused:
        left = None
    if left is None or digest(left) != record["sha256"]:
        return {"state": "unknown", "why": refusal.args[0], "about": str(refusal.args[1])[: acting.MOST_SAID]}
    STORE.forget(name)
    raise refusal


def asked_for(asked):
    """Where the row is that is asked for. Raises Refused."""
    return Place(asked["root"], asked["folder"], asked["table"], asked["key"])


def looked_at(place):
    """A row as it is now, to be kept. Raises Refused when there is none."""
    columns = place.columns()
    held = place.held(columns)
    if held is None:
        raise Refused("no_row", "%s %s" % (place.table, place.told["key"]))
    for (_, kind), text in zip(columns, held):
        place.sql.literal(kind, text)
    return {"place": place.told, "columns": columns, "held": held, "sha256": digest(held)}


def plan(asked, _connection):
    """What ``contain`` would do now; nothing is written."""
    place = asked_for(asked)
    record = looked_at(place)
    return {
        "state": "planned",
        "sha256": record["sha256"],
        "would": [
            ["write", os.path.join(STORE.folder(asked["id"]), kept.RECORD)],
            *place.deletion(record).splitlines(),
        ],
    }


def release(asked, _connection):
    """Put a row back as it was, in place of nothing. Raises Refused."""
    with STORE.held():
        record = STORE.find(asked)
        if record is None:
            return acting.NONE_KEPT
        place = Place(**record["place"])
        left = place.held(record["columns"])
        if left is None:
            place.said(place.insertion(record))
            left = place.held(record["columns"])
            if left is None or digest(left) != record["sha256"]:
                return {"state": "unknown", "why": "row_changed", "about": place.table}
        if digest(left) != record["sha256"]:
            raise Refused("name_taken", place.table)
        STORE.forget(asked["id"])
        return {"state": "none"}


ACTIONS = {"plan": plan, "contain": contain, "release": release}


def main(arguments):
    """Answer what is asked."""
    acting.asked(ACTIONS, arguments)
