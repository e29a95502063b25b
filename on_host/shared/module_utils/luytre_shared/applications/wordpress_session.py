"""A session of a WordPress user's that root makes for itself, to see whether the site lets it in.

Before a change, and no longer after it.

It lasts a minute at most, is known to this process alone, and is taken out again.
"""

import contextlib
import hashlib
import hmac
import re
import secrets
import time
from urllib.parse import quote

from ansible.module_utils.luytre_shared.applications import interface
from ansible.module_utils.luytre_shared.applications.interface import SessionUnavailable
from ansible.module_utils.luytre_shared.parsers import php_source

LIFETIME = 60
KEYS = ("LOGGED_IN_KEY", "LOGGED_IN_SALT")
PLACES = ("WP_HOME", "WP_SITEURL", "COOKIEHASH", "LOGGED_IN_COOKIE")
MARKS = (b"wpadminbar", b"logged-in")
"""What a page has for who is logged in, in any theme that calls what themes have to."""
STATEMENTS = {
    "user": ("SELECT 'user', HEX(user_login), HEX(user_pass), '' FROM `{db}`.`{p}users` WHERE ID = {number}", 1),
    "session": (
        """SELECT 'session', umeta_id, HEX(meta_value), '' FROM `{db}`.`{p}usermeta`
  WHERE user_id = {number} AND meta_key = 'session_tokens'""",
        1,
    ),
    "option": (
        """SELECT 'option', option_name, LEFT(option_value, 500), '' FROM `{db}`.`{p}options`
  WHERE option_name IN ('siteurl', 'home')""",
        2,
    ),
}


class WordpressSession:
    """``login`` and ``pieces`` (what of a password's hash cookies are bound to, as one release or another has it) of a
    user, where the site is, and how to ``visit`` it."""

    def __init__(self, user, options, constants, visit):
        self.visit = visit
        self.login, password = bytes.fromhex(user[1]), bytes.fromhex(user[2])
        self.pieces = list(dict.fromkeys((password[8:12], password[-4:])))
        site = (_get_known_text_or_none(constants["WP_SITEURL"]) or options.get("siteurl") or "").rstrip("/")
        self.home = (_get_known_text_or_none(constants["WP_HOME"]) or options.get("home") or site).rstrip("/") + "/"
        # The default is MD5, as WordPress makes it.
        cookie_hash = _get_known_text_or_none(constants["COOKIEHASH"]) or hashlib.md5(site.encode()).hexdigest()  # noqa: S324
        self.cookie = _get_known_text_or_none(constants["LOGGED_IN_COOKIE"]) or "wordpress_logged_in_" + cookie_hash
        self.token, self.expires = secrets.token_hex(21), int(time.time()) + LIFETIME

    def append_to_serialized_sessions(self, sessions):
        """Return a user's sessions as WordPress keeps them, with this one. Raises SessionUnavailable."""
        entry = b's:64:"%s";a:2:{s:10:"expiration";i:%d;s:5:"login";i:%d;}' % (
            hashlib.sha256(self.token.encode()).hexdigest().encode(),
            self.expires,
            self.expires - LIFETIME,
        )
        if not sessions:
            return b"a:1:{%s}" % entry
        match = re.match(rb"a:(\d{1,4}):\{(.*)\}\Z", sessions, re.DOTALL)
        if match is None:
            raise SessionUnavailable
        return b"a:%d:{%s%s}" % (int(match.group(1)) + 1, match.group(2), entry)

    def sign_cookie(self, signing_key, piece):
        """Return the cookie that a browser of that user's would send, signed with the site's ``signing_key``."""
        start = b"%s|%d|%s" % (self.login, self.expires, self.token.encode())
        of = b"%s|%s|%d|%s" % (self.login, piece, self.expires, self.token.encode())
        inner = hmac.new(signing_key.encode(), of, hashlib.md5).hexdigest()
        outer = hmac.new(inner.encode(), start, hashlib.sha256).hexdigest().encode()
        return "%s=%s" % (self.cookie, quote(start + b"|" + outer, safe=""))

    def is_taken_with(self, config_content):
        """Return whether the site takes a cookie signed as its configuration says; by which piece, is remembered.

        Raises SessionUnavailable where nobody may be shown it.
        """
        signing_key = read_cookie_signing_key_from_config(config_content)
        for piece in self.pieces:
            if is_logged_in_page(self.visit(self.home, self.sign_cookie(signing_key, piece))):
                self.pieces = [piece]
                return True
        return False


def is_logged_in_page(page):
    """Return whether a page is one for who is logged in."""
    status, content = page
    return status == 200 and any(mark in content for mark in MARKS)


def read_cookie_signing_key_from_config(config_content):
    """Return what the site signs such cookies with, out of its configuration's bytes.

    Raises SessionUnavailable where that is not all that counts.
    """
    values = [_get_known_text_or_none(value) for value in php_source.read_php_constants(config_content, KEYS).values()]
    if not all(values) or values[0] == values[1]:
        raise SessionUnavailable
    return "".join(values)


@contextlib.contextmanager
def open_temporary_wordpress_session(application, config_content, user_number, visit):
    """Open a WordpressSession of the user of that number, which the site lets in now.

    Raises SessionUnavailable where it does not, ActionRefusal.

    ``config_content``: its configuration's bytes; ``visit`` as in ``interface.Cms.open_session``.
    """
    rows = application.query_rows_by_labeled_selects(STATEMENTS, number=str(int(user_number)))
    user = next((row for row in rows if row[0] == "user"), None)
    if user is None:
        raise SessionUnavailable
    options = {row[1]: row[2] or "" for row in rows if row[0] == "option"}
    session = WordpressSession(user, options, php_source.read_php_constants(config_content, PLACES), visit)
    read_cookie_signing_key_from_config(config_content)
    if is_logged_in_page(visit(session.home)):
        raise SessionUnavailable
    session_row = next((row for row in rows if row[0] == "session"), None)
    with _keep_session_in_database_meanwhile(application, session, int(user_number), session_row):
        if not session.is_taken_with(config_content):
            raise SessionUnavailable
        yield session


@contextlib.contextmanager
def _keep_session_in_database_meanwhile(application, session, user_number, session_row):
    if session_row is not None:
        value = session.append_to_serialized_sessions(bytes.fromhex(session_row[2] or "")).hex()
        cell = {"table": "usermeta", "key": "umeta_id", "row": session_row[1].encode().hex(), "column": "meta_value"}
        session_cells = [dict(cell, before=session_row[2], after=value)]
        with interface.change_cells_meanwhile(application, session_cells):
            yield
        return
    table = "`%s`.`%susermeta`" % (application.login.database, application.prefix)
    own = "user_id, meta_key, meta_value"
    row = (user_number, "X'%s'" % session.append_to_serialized_sessions(b"").hex())
    insert = "INSERT INTO %s (%s) VALUES (%d, 'session_tokens', %s);\n" % (table, own, *row)  # noqa: S608
    application.run_sql_script_and_read_rows(insert)
    try:
        yield
    finally:
        where = "user_id = %d AND meta_key = 'session_tokens' AND CAST(meta_value AS BINARY) = %s" % row
        application.run_sql_script_and_read_rows("DELETE FROM %s WHERE %s;\n" % (table, where))  # noqa: S608


def _get_known_text_or_none(value):
    return value if isinstance(value, str) and value != php_source.UNKNOWN else None
