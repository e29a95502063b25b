"""Shuts an administrator out of a site's application, and gives it back.

A question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. The site's tables are changed as the site's own account, so
that whatever its people put in their place runs with their rights alone. What was there is kept in a folder of root's
alone, as a password's digest is a secret, and put back to the byte where nobody has changed it since.

What is changed for that, the CMS tells: in WordPress no role, no password, no address that a new one is sent to, no
session, no application password.
"""

import contextlib
from urllib.parse import unquote_to_bytes

from ansible.module_utils.luytre_contain.databases import db_values
from ansible.module_utils.luytre_contain.sites import administrators, applications, configuration, site_session
from ansible.module_utils.luytre_shared.applications import interface
from ansible.module_utils.luytre_shared.databases.site_postgresql import render_column_as_hex_expression
from ansible.module_utils.luytre_shared.incidents import action_runner
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal

SECONDS = 60
"""For one question: some visits, however slowly the site answers."""
RECORD = action_runner.ActionRecord("/var/lib/luytre/administrators")
MAX_CELLS = 1_000


def _build_mysql_cell_query(cell):
    sql = (
        "SELECT 'cell', '%s', '%s', HEX(CAST(%s AS BINARY)), '%s', HEX(CAST(%s AS BINARY)), '%s' FROM "
        "`{db}`.`{p}%s` WHERE %s"
    )
    return sql % (cell.table, cell.key, cell.key, cell.column, cell.column, cell.after, cell.table, cell.where)


def _build_postgresql_cell_query(cell):
    sql = "SELECT json_build_array('cell', '%s', '%s', %s, '%s', %s, '%s') FROM \"{p}%s\" WHERE %s"
    return sql % (
        cell.table,
        cell.key,
        render_column_as_hex_expression(cell.key),
        cell.column,
        render_column_as_hex_expression(cell.column),
        cell.after,
        cell.table,
        cell.where,
    )


def find_administrators_by_request(request):
    """Return ``(application, administrators)`` of the name: tables can hold it more than once.

    Raises ActionRefusal for the last who could come in, too.
    """
    application = applications.load_application(applications.resolve_application_folder_of_request(request))
    accounts, name = administrators.load_administrators(application), unquote_to_bytes(request["name"]).hex().upper()
    own = [account for account in accounts if account.name == name]
    if not own:
        raise ActionRefusal("no_such_administrator", request["what"])
    if not any(account.comes_in for account in accounts if account not in own):
        raise ActionRefusal("last_admin", request["what"])
    return application, own


def find_cells_that_shut_out_accounts(application, accounts):
    """Return the cells that shut these administrators out. Raises ActionRefusal."""
    build_query = _build_postgresql_cell_query if application.uses_postgresql else _build_mysql_cell_query
    some_cells = application.choose_for_engine(application.cms.lockout_cells)
    statements = {"cell": (" UNION ALL ".join(map(build_query, some_cells)), MAX_CELLS)}
    return [
        {"table": row[1], "key": row[2], "row": row[3], "column": row[4], "before": row[5], "after": row[6]}
        for account in accounts
        for row in application.query_rows_by_labeled_selects(statements, number=str(account.number))
        if len(row) == 7
    ]


def plan_administrator_lockout(request, _connection):
    """Return what ``contain`` would do now; nothing is done. Values are not told."""
    application, own = find_administrators_by_request(request)
    changed_cells = [
        cell
        for cell in find_cells_that_shut_out_accounts(application, own)
        if not db_values.is_same_hex_value(cell["before"], cell["after"])
    ]
    steps = [
        [
            "update",
            "%s%s.%s" % (application.prefix, cell["table"], cell["column"]),
            "%s = %s" % (cell["key"], _decode_row_id_if_number(cell["row"])),
        ]
        for cell in changed_cells
    ]
    return {"state": "planned", "would": [["write", RECORD.path], *steps[: action_runner.MAX_SHOWN]]}


def _decode_row_id_if_number(row):
    text = bytes.fromhex(row)
    return text.decode() if text.isdigit() else "..."


def shut_out_administrator(request, _connection):
    """Shut an administrator out; once, however often it is asked for. Raises ActionRefusal."""
    with RECORD.hold_lock():
        record = RECORD.find_record_before_action_starts(request)
        if record is not None:
            application = applications.load_application(record["path"])
            db_values.write_cells(application, record["cells"])
            return describe_administrator_lockout(application, record, None, "")
        application, own = find_administrators_by_request(request)
        record = {"path": application.path, "numbers": [account.number for account in own], "what": request["what"]}
        record["cells"] = find_cells_that_shut_out_accounts(application, own)
        RECORD.save_record_of_action(request["id"], record)
        try:
            return describe_administrator_lockout(
                application, record, *change_cells_and_test_site(application, record, request["root"])
            )
        except Exception as error:
            return restore_cells_and_raise(request["id"], application, record, error)


def restore_cells_and_raise(name, application, record, error):
    """Put the cells back as they were and raise the error; where they do not go back, answer that it is not known."""
    try:
        db_values.restore_cells_still_as_written(application, record["cells"])
    except ActionRefusal:
        return {"state": "unknown", "why": "not_taken_back", "about": record["what"]}
    RECORD.delete_record_of_action(name)
    raise error


def change_cells_and_test_site(application, record, root):
    """Change the cells, and test by a session of the site whether they shut it out.

    Return ``(whether a session that worked before no longer does, why that could not be tried)``; None where it could
    not. Raises ActionRefusal.
    """
    with contextlib.ExitStack() as stack:
        session, reason = None, ""
        if application.cms.opens_sessions:
            content = configuration.read_config_bytes_or_refuse(application.config)
            try:
                number = record["numbers"][0]
                session = stack.enter_context(site_session.open_session(application, content, number, root))
            except interface.SessionUnavailable as why:
                reason = why.args[0] if why.args else ""
        db_values.write_cells(application, record["cells"])
        if session is None:
            return None, reason
        try:
            return not session.is_taken_with(content), ""
        except interface.SessionUnavailable:
            return None, "not_proven"


def describe_administrator_lockout(application, record, session_ended, reason):
    """Return how it is now. Raises ActionRefusal where it is not as it was wanted."""
    values = db_values.read_cells(application, record["cells"])
    if not all(
        value is None or db_values.is_same_hex_value(value, cell["after"])
        for value, cell in zip(values, record["cells"])
    ):
        raise ActionRefusal("not_locked", record["what"])
    if any(account.number in record["numbers"] for account in administrators.load_administrators(application)):
        raise ActionRefusal("not_locked", record["what"])
    if session_ended:
        return {"state": "confirmed", "why": "sessions_ended"}
    if session_ended is False or application.cms.keeps_tables_in_memory(application.path):
        return {"state": "unknown", "why": "object_cache", "about": application.path}
    return {"state": "confirmed", "why": "not_proven" if reason == "not_proven" else "in_tables"}


def restore_administrator(request, _connection):
    """Have all cells as they were, but for what somebody has changed since. Raises ActionRefusal."""
    with RECORD.hold_lock():
        record = RECORD.find_record_of_requested_action(request)
        if record is None:
            return action_runner.NONE_KEPT
        application = applications.load_application(record["path"])
        db_values.restore_cells_still_as_written(application, record["cells"])
        values = db_values.read_cells(application, record["cells"])
        for value, cell in zip(values, record["cells"]):
            if db_values.is_same_hex_value(value, cell["after"]) and not db_values.is_same_hex_value(
                value, cell["before"]
            ):
                raise ActionRefusal("not_undone", record["what"])
        RECORD.delete_record_of_action(request["id"])
        return {"state": "none"}


ACTIONS = {"plan": plan_administrator_lockout, "contain": shut_out_administrator, "release": restore_administrator}


def main(arguments):
    """Answer what is asked."""
    action_runner.answer_question(ACTIONS, arguments, SECONDS)
