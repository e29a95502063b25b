"""Takes a row out of the database of a site's application and puts it back.

A question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. The database is asked as the site's own account, since what
its people put in place of a table, and their triggers, run with the rights of whoever asks. Names of tables are ours;
values are sent as hexadecimal digits, so that nothing of a site is ever read as a statement. What the row holds is kept
in a folder of root's before it goes, and it goes only while it holds that.
"""

import hashlib
import os
import re
from urllib.parse import unquote_to_bytes

from ansible.module_utils.luytre_contain.databases import row_mysql, row_postgresql
from ansible.module_utils.luytre_contain.sites import applications
from ansible.module_utils.luytre_shared.applications import interface
from ansible.module_utils.luytre_shared.databases.site_database import IDENTIFIER
from ansible.module_utils.luytre_shared.incidents import action_runner, quarantine_store
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal

STORE = quarantine_store.QuarantineStore("/var/lib/luytre/rows")
NUMBER = re.compile(r"\A[1-9][0-9]{0,17}\Z")
MAX_COLUMNS = 90
"""As many as one function of PostgreSQL takes, with some to spare."""


class RowLocation:
    """The place of a row, as a question and a site's configuration tell it.

    Its methods raise ActionRefusal.
    """

    def __init__(self, root, folder, table, key):
        self.locator = {"root": root, "folder": folder, "table": table, "key": key}
        self.application = applications.load_application(
            applications.resolve_application_folder_of_request(self.locator)
        )
        row = interface.find_deletable_row(self.application.cms, table)
        if row is None:
            raise ActionRefusal("no_table", "%s: %s" % (self.application.kind, table))
        self.table = self.application.prefix + row.table
        self.sql = row_postgresql if self.application.uses_postgresql else row_mysql
        if not row.is_named and not NUMBER.match(key):
            raise ActionRefusal("no_row", key)
        self.where = self.sql.build_sql_condition_for_row(row.key, unquote_to_bytes(key), row.is_named)

    def format_sql_template_for_row(self, sql_template, **words):
        """Return a statement about the row."""
        return sql_template.format(db=self.application.login.database, table=self.table, where=self.where, **words)

    def run_statements(self, *statements):
        """Return the rows that statements come to."""
        return self.application.run_sql_script_and_read_rows(self.sql.SESSION + "".join(statements))

    def read_columns(self):
        """Return ``[name, type]`` of each column of the table that holds something of its own."""
        rows = self.run_statements(
            self.format_sql_template_for_row(self.sql.OF_TABLE),
            self.format_sql_template_for_row(self.sql.COLUMNS, most=MAX_COLUMNS + 1),
        )
        if ["table", "BASE TABLE"] not in rows:
            raise ActionRefusal("no_table", self.table)
        columns = [row[1:] for row in rows if row[0] == "column"]
        if len(columns) > MAX_COLUMNS or not all(
            len(column) == 2 and IDENTIFIER.match(column[0]) and column[1] in self.sql.SUPPORTED_TYPES
            for column in columns
        ):
            raise ActionRefusal("odd_columns", self.table)
        return columns

    def read_values(self, columns):
        """Return what the row holds, a text of hexadecimal digits, or ``-`` for NULL, a column.

        None when there is no row.
        """
        rows = [
            row[1:]
            for row in self.run_statements(
                self.format_sql_template_for_row(
                    self.sql.SELECT_ROW, fields=self.sql.build_sql_of_columns_as_hex(columns)
                )
            )
        ]
        if len(rows) > 1:
            raise ActionRefusal("no_row", self.table)
        if rows and not (len(rows[0]) == len(columns) and all(map(_is_hex, rows[0]))):
            raise ActionRefusal("not_asked", "failed")
        return rows[0] if rows else None

    def build_sql_to_delete_unchanged_row(self, record):
        """Return the statements that take the row out while it holds what is on record, and tell how many went."""
        return self.format_sql_template_for_row(
            self.sql.DELETE, fields=self.sql.build_sql_of_columns_as_hex(record["columns"]), sha256=record["sha256"]
        )

    def build_insertion(self, record):
        """Return the statement that puts it back."""
        names = ", ".join(self.sql.IDENTIFIER_FORMAT % name for name, _ in record["columns"])
        values = ", ".join(
            self.sql.build_sql_literal_of_column_value(kind, text)
            for (_, kind), text in zip(record["columns"], record["held"])
        )
        return self.format_sql_template_for_row(self.sql.INSERT, names=names, values=values)


def _is_hex(text):
    """Return whether it is hex; nothing is that is longer than the server sends."""
    return text == row_mysql.NULL or (text is not None and re.match(r"\A(?:[0-9A-F]{2})*\Z", text) is not None)


def compute_sha256_of_row_values(row_values):
    """Return sha256 of what a row holds, as the server works it out, too."""
    return hashlib.sha256(",".join(row_values).encode("ascii")).hexdigest()


def delete_row_once_and_keep_copy(request, _connection):
    """Take a row out; once, however often it is asked for. Raises ActionRefusal."""
    name = request["id"]
    with STORE.hold_lock():
        before = STORE.find_record_before_action_starts(request)
        place = RowLocation(**before["place"]) if before else locate_row(request)
        record = before or dict(read_row_to_keep_before_deletion(place), what=request["what"])
        STORE.save_record_of_action(name, record)
        try:
            was_deleted = place.run_statements(place.build_sql_to_delete_unchanged_row(record)) == [["gone", "1"]]
            remaining_values = place.read_values(record["columns"])
        except ActionRefusal as refusal:
            return check_whether_row_is_gone_after_refusal(place, name, record, refusal)
        if remaining_values is None:
            return {"state": "confirmed", "sha256": record["sha256"]}
        if was_deleted or before:
            return {"state": "unknown", "why": "row_again", "about": place.table}
        STORE.delete_record_of_action(name)
        raise ActionRefusal("row_changed", place.table)


def check_whether_row_is_gone_after_refusal(place, action_id, record, refusal):
    """Return what is said when the server did not do all that it was told.

    Raises ActionRefusal when the row is as it was.
    """
    try:
        remaining_values = place.read_values(record["columns"])
    except ActionRefusal:
        remaining_values = None
    if remaining_values is None or compute_sha256_of_row_values(remaining_values) != record["sha256"]:
        return {"state": "unknown", "why": refusal.args[0], "about": str(refusal.args[1])[: action_runner.MAX_REASON]}
    STORE.delete_record_of_action(action_id)
    raise refusal


def locate_row(request):
    """Return where the row is that is asked for. Raises ActionRefusal."""
    return RowLocation(request["root"], request["folder"], request["table"], request["key"])


def read_row_to_keep_before_deletion(place):
    """Return a row as it is now, to be kept. Raises ActionRefusal when there is none."""
    columns = place.read_columns()
    values = place.read_values(columns)
    if values is None:
        raise ActionRefusal("no_row", "%s %s" % (place.table, place.locator["key"]))
    for (_, kind), text in zip(columns, values):
        place.sql.build_sql_literal_of_column_value(kind, text)
    return {"place": place.locator, "columns": columns, "held": values, "sha256": compute_sha256_of_row_values(values)}


def plan_deletion_of_row(request, _connection):
    """Return what ``contain`` would do now; nothing is written."""
    place = locate_row(request)
    record = read_row_to_keep_before_deletion(place)
    return {
        "state": "planned",
        "sha256": record["sha256"],
        "would": [
            ["write", os.path.join(STORE.get_folder_of_action(request["id"]), quarantine_store.RECORD)],
            *place.build_sql_to_delete_unchanged_row(record).splitlines(),
        ],
    }


def put_deleted_row_back(request, _connection):
    """Put a row back as it was, in place of nothing. Raises ActionRefusal."""
    with STORE.hold_lock():
        record = STORE.find_record_of_requested_action(request)
        if record is None:
            return action_runner.NONE_KEPT
        place = RowLocation(**record["place"])
        remaining_values = place.read_values(record["columns"])
        if remaining_values is None:
            place.run_statements(place.build_insertion(record))
            remaining_values = place.read_values(record["columns"])
            if remaining_values is None or compute_sha256_of_row_values(remaining_values) != record["sha256"]:
                return {"state": "unknown", "why": "row_changed", "about": place.table}
        if compute_sha256_of_row_values(remaining_values) != record["sha256"]:
            raise ActionRefusal("name_taken", place.table)
        STORE.delete_record_of_action(request["id"])
        return {"state": "none"}


ACTIONS = {"plan": plan_deletion_of_row, "contain": delete_row_once_and_keep_copy, "release": put_deleted_row_back}


def main(arguments):
    """Answer what is asked."""
    action_runner.answer_question(ACTIONS, arguments)
