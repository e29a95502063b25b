"""A session of a WordPress user's that root makes for itself, to see whether the site lets it in: before a change, and no longer after it.

It lasts a minute at most, is known to this process alone, and is taken out again.
"""

import contextlib
import hashlib
import hmac
import re
import secrets
import time
from urllib.parse import quote

from ansible.module_utils.luytre import _php
from ansible.module_utils.luytre_contain import cells, own_server, visiting

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


class Untold(Exception):
    """No session can be made that the site would have to take. Its argument, if there is one, is the name of the reason."""


class Session:
    """``login`` and ``pieces`` (what of a password's hash cookies are bound to, as one release or another has it) of a user, where the site is, and the
    ``root`` of its files."""

    def __init__(self, user, options, constants, root):
        self.root = root
        self.login, password = bytes.fromhex(user[1]), bytes.fromhex(user[2])
        self.pieces = list(dict.fromkeys((password[8:12], password[-4:])))
        site = (_text(constants["WP_SITEURL"]) or options.get("siteurl") or "").rstrip("/")
        self.home = (_text(constants["WP_HOME"]) or options.get("home") or site).rstrip("/") + "/"
        marked = _text(constants["COOKIEHASH"]) or hashlib.md5(site.encode()).hexdigest()  # noqa: S324  as WordPress does
        self.cookie = _text(constants["LOGGED_IN_COOKIE"]) or "wordpress_logged_in_" + marked
        self.token, self.expires = secrets.token_hex(21), int(time.time()) + LIFETIME

    def added(self, sessions):
        """A user's sessions as WordPress keeps them, with this one. Raises Untold."""
        entry = b's:64:"%s";a:2:{s:10:"expiration";i:%d;s:5:"login";i:%d;}' % (
            hashlib.sha256(self.token.encode()).hexdigest().encode(),
            self.expires,
            self.expires - LIFETIME,
        )
        if not sessions:
            return b"a:1:{%s}" % entry
        found = re.match(rb"a:(\d{1,4}):\{(.*)\}\Z", sessions, re.DOTALL)
        if found is None:
            raise Untold
        return b"a:%d:{%s%s}" % (int(found.group(1)) + 1, found.group(2), entry)

    def signed(self, key, piece):
        """The cookie that a browser of that user's would send, signed with the site's ``key``."""
        start = b"%s|%d|%s" % (self.login, self.expires, self.token.encode())
        of = b"%s|%s|%d|%s" % (self.login, piece, self.expires, self.token.encode())
        inner = hmac.new(key.encode(), of, hashlib.md5).hexdigest()
        outer = hmac.new(inner.encode(), start, hashlib.sha256).hexdigest().encode()
        return "%s=%s" % (self.cookie, quote(start + b"|" + outer, safe=""))

    def is_in(self, key):
        """Whether the site takes it for logged in; by which piece, is remembered. Raises Untold where nobody may be shown it."""
        for piece in self.pieces:
            try:
                page = visiting.page(self.home, visiting.Cookie(self.signed(key, piece), self.root))
            except own_server.Unproven:
                raise Untold("not_proven")
            if shows(page):
                self.pieces = [piece]
                return True
        return False


def shows(page):
    """Whether a page is one for who is logged in."""
    status, content = page
    return status == 200 and any(mark in content for mark in MARKS)


def key_of(content):
    """What the site signs such cookies with, out of its configuration's bytes. Raises Untold where that is not all that counts."""
    values = [_text(value) for value in _php.constants(content, KEYS).values()]
    if not all(values) or values[0] == values[1]:
        raise Untold
    return "".join(values)


@contextlib.contextmanager
def lent(application, content, number, root):
    """A Session of the user of that number, which the site lets in now. Raises Untold where it does not, Refused.

    ``content``: its configuration's bytes; ``root``: the site's files.
    """
    rows = application.rows(STATEMENTS, number=str(int(number)))
    user = next((row for row in rows if row[0] == "user"), None)
    if user is None:
        raise Untold
    options = {row[1]: row[2] or "" for row in rows if row[0] == "option"}
    session, key = Session(user, options, _php.constants(content, PLACES), root), key_of(content)
    if shows(visiting.page(session.home)):
        raise Untold
    kept = next((row for row in rows if row[0] == "session"), None)
    with _added(application, session, int(number), kept):
        if not session.is_in(key):
            raise Untold
        yield session


@contextlib.contextmanager
def _added(application, session, number, kept):
    if kept is not None:
        value = session.added(bytes.fromhex(kept[2] or "")).hex()
        cell = {"table": "usermeta", "key": "umeta_id", "row": kept[1].encode().hex(), "column": "meta_value"}
        changed = [dict(cell, before=kept[2], after=value)]
        cells.put(application, changed)
        try:
            yield
        finally:
            cells.back(application, changed)
        return
    table = "`%s`.`%susermeta`" % (application.login.database, application.prefix)
    own = "user_id, meta_key, meta_value"
    row = (number, cells.literal(session.added(b"").hex()))
    application.answered("INSERT INTO %s (%s) VALUES (%d, 'session_tokens', %s);\n" % (table, own, *row))  # noqa: S608
    try:
        yield
    finally:
        where = "user_id = %d AND meta_key = 'session_tokens' AND CAST(meta_value AS BINARY) = %s" % row
        application.answered("DELETE FROM %s WHERE %s;\n" % (table, where))  # noqa: S608


def _text(value):
    return value if isinstance(value, str) and value != _php.UNKNOWN else None
