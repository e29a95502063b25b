"""Shuts an administrator out of a site's application, and gives it back: a question of JSON as argument, an answer of JSON out.

Run as root by a controller, over a connection of its own. The site's tables are changed as the site's own account, so that whatever its people put
in their place runs with their rights alone. What was there is kept in a folder of root's alone, as a password's digest is a secret, and put back to
the byte where nobody has changed it since.

WordPress: no role, no password, no address that a new one is sent to, no session, no application password. Joomla: blocked, and its sessions are
empty. NukeViet: suspended, which it looks at with every page.
"""

import contextlib
import os
from urllib.parse import unquote_to_bytes

from ansible.module_utils.luytre import _reading
from ansible.module_utils.luytre._site_postgresql import hexadecimal
from ansible.module_utils.luytre_contain import administrators, applications, cells, configuration, wordpress_session
from ansible.module_utils.luytre_shared import acting
from ansible.module_utils.luytre_shared.acting import Refused

SECONDS = 60
"""For one question: some visits, however slowly the site answers."""
RECORD = acting.Record("/var/lib/luytre/administrators")
MOST_CELLS = 1_000
NO_PASSWORD = b"!luytre".hex()
"""What no password comes to in any of WordPress' ways of making a digest."""


def _column(table, key, column, after, where):
    sql = "SELECT 'cell', '%s', '%s', HEX(CAST(%s AS BINARY)), '%s', HEX(CAST(%s AS BINARY)), '%s' FROM `{db}`.`{p}%s` WHERE %s"
    return sql % (table, key, key, column, column, after, table, where)


def _in_postgresql(table, key, column, after, where):
    sql = "SELECT json_build_array('cell', '%s', '%s', %s, '%s', %s, '%s') FROM \"{p}%s\" WHERE %s"
    return sql % (table, key, hexadecimal(key), column, hexadecimal(column), after, table, where)


def _of_joomla(cell):
    session = (("data", ""), ("guest", b"1".hex()), ("userid", b"0".hex()))
    return [
        cell("users", "id", "block", b"1".hex(), "id = {number}"),
        *(cell("session", "session_id", column, after, "userid = {number}") for column, after in session),
    ]


_META = """user_id = {number} AND
  (meta_key IN ('session_tokens', '_application_passwords') OR meta_key RLIKE '^{p}([0-9]+_)?capabilities$')"""
CELLS = {
    "wordpress": [
        _column("users", "ID", "user_pass", NO_PASSWORD, "ID = {number}"),
        _column("users", "ID", "user_email", "", "ID = {number}"),
        _column("users", "ID", "user_activation_key", "", "ID = {number}"),
        _column("usermeta", "umeta_id", "meta_value", "", _META),
    ],
    "joomla": _of_joomla(_column),
    "nukeviet": [_column("authors", "admin_id", "is_suspend", b"1".hex(), "admin_id = {number}")],
}
"""What is changed, and to what."""
CELLS_IN_POSTGRESQL = {"joomla": _of_joomla(_in_postgresql)}


def check(asked):
    """``(application, administrators)`` of the name: tables can hold it more than once. Raises Refused for the last who could come in, too."""
    application = applications.at(applications.folder(asked))
    some, name = administrators.of(application), unquote_to_bytes(asked["name"]).hex().upper()
    own = [one for one in some if one.name == name]
    if not own:
        raise Refused("no_such_administrator", asked["what"])
    if not any(one.comes_in for one in some if one not in own):
        raise Refused("last_admin", asked["what"])
    return application, own


def changes(application, some):
    """The cells that shut these administrators out. Raises Refused."""
    some_cells = (CELLS_IN_POSTGRESQL if application.in_postgresql else CELLS)[application.kind]
    statements = {"cell": (" UNION ALL ".join(some_cells), MOST_CELLS)}
    return [
        {"table": row[1], "key": row[2], "row": row[3], "column": row[4], "before": row[5], "after": row[6]}
        for one in some
        for row in application.rows(statements, number=str(one.number))
        if len(row) == 7
    ]


def plan(asked, _connection):
    """What ``contain`` would do now; nothing is done. Values are not told."""
    application, own = check(asked)
    some = [one for one in changes(application, own) if not cells.is_(one["before"], one["after"])]
    told = [
        [
            "update",
            "%s%s.%s" % (application.prefix, one["table"], one["column"]),
            "%s = %s" % (one["key"], _shown(one["row"])),
        ]
        for one in some
    ]
    return {"state": "planned", "would": [["write", RECORD.path], *told[: acting.MOST_SHOWN]]}


def _shown(row):
    text = bytes.fromhex(row)
    return text.decode() if text.isdigit() else "..."


def contain(asked, _connection):
    """Shut an administrator out; once, however often it is asked for. Raises Refused."""
    with RECORD.held():
        known = RECORD.begun(asked)
        if known is not None:
            application = applications.at(known["path"])
            cells.put(application, known["cells"])
            return seen(application, known, None, "")
        application, own = check(asked)
        known = {"path": application.path, "numbers": [one.number for one in own], "what": asked["what"]}
        known["cells"] = changes(application, own)
        RECORD.keep(asked["id"], known)
        try:
            return seen(application, known, *put_and_tried(application, known, asked["root"]))
        except Exception as error:
            return taken_back(asked["id"], application, known, error)


def taken_back(name, application, known, error):
    """Have it as it was, and raise the error; where that does not go, it is not known how it is."""
    try:
        cells.back(application, known["cells"])
    except Refused:
        return {"state": "unknown", "why": "not_taken_back", "about": known["what"]}
    RECORD.forget(name)
    raise error


def put_and_tried(application, known, root):
    """Change it. ``(whether a session that worked before no longer does, why that could not be tried)``; None where it could not. Raises Refused."""
    with contextlib.ExitStack() as lent:
        session, untold = None, ""
        if application.kind == "wordpress":
            content = configuration.read(application.config)
            try:
                number = known["numbers"][0]
                session = lent.enter_context(wordpress_session.lent(application, content, number, root))
            except wordpress_session.Untold as why:
                untold = why.args[0] if why.args else ""
        cells.put(application, known["cells"])
        if session is None:
            return None, untold
        try:
            return not session.is_in(wordpress_session.key_of(content)), ""
        except wordpress_session.Untold:
            return None, "not_proven"


def seen(application, known, ended, untold):
    """How it is now. Raises Refused where it is not as it was wanted."""
    found = cells.now(application, known["cells"])
    if not all(value is None or cells.is_(value, one["after"]) for value, one in zip(found, known["cells"])):
        raise Refused("not_locked", known["what"])
    if any(one.number in known["numbers"] for one in administrators.of(application)):
        raise Refused("not_locked", known["what"])
    if ended:
        return {"state": "confirmed", "why": "sessions_ended"}
    if ended is False or _has_cache(application):
        return {"state": "unknown", "why": "object_cache", "about": application.path}
    return {"state": "confirmed", "why": "not_proven" if untold == "not_proven" else "in_tables"}


def _has_cache(application):
    """Whether what the tables say may count later only, as the site keeps it elsewhere, too."""
    place = os.path.join("wp-content", "object-cache.php")
    return application.kind == "wordpress" and _reading.status_below(application.path, place) is not None


def release(asked, _connection):
    """Have all of it as it was, but for what somebody has changed since. Raises Refused."""
    with RECORD.held():
        known = RECORD.find(asked)
        if known is None:
            return acting.NONE_KEPT
        application = applications.at(known["path"])
        cells.back(application, known["cells"])
        found = cells.now(application, known["cells"])
        for value, one in zip(found, known["cells"]):
            if cells.is_(value, one["after"]) and not cells.is_(value, one["before"]):
                raise Refused("not_undone", known["what"])
        RECORD.forget(asked["id"])
        return {"state": "none"}


ACTIONS = {"plan": plan, "contain": contain, "release": release}


def main(arguments):
    """Answer what is asked."""
    acting.asked(ACTIONS, arguments, SECONDS)
