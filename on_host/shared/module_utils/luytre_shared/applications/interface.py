"""The one interface of all CMSs: what audits, hardening, reviews, hunts and incidents ask of an application.

A CMS is one module with a subclass of ``Cms`` in it, and one line of ``registry``. None of its code is ever run.
"""

import collections
import contextlib
import os
import re

from ansible.module_utils.luytre_shared.databases import site_database

CAPABILITIES = (
    "login",
    "settings",
    "administrators",
    "lockout",
    "sessions",
    "posts",
    "secrets",
    "rows",
    "database_password",
    "code_in_tables",
    "own_code",
    "postgresql",
    "sqlite",
)
"""What a CMS has, or says in ``Cms.lacks`` why not. ``tools.cms_page`` makes a table of it."""

Lack = collections.namedtuple("Lack", ("vi", "en", "refusal"))
Lack.__new__.__defaults__ = ("",)
"""Why a CMS lacks a capability; ``refusal``: the word by which an action on it refuses."""

OwnCode = collections.namedtuple("OwnCode", ("folders", "version_file", "not_code", "debian_package", "debian_folder"))
"""Where an application's own code lies: whole ``folders``, and the PHP files beside them but for ``not_code``.

``version_file`` is as old as the release; the package of Debian's that has the same code, and the folder it lies in.
"""


_NUMBERED_TABLE = re.compile(r"([a-z_]{1,40}_)([1-9][0-9]{0,4})\Z")


class SessionUnavailable(Exception):
    """No session can be made that the site would have to take.

    Its argument, if there is one, is the name of the reason.
    """


class Cms:
    """What is known of one CMS. What it lacks is None or empty here, and has its reason in ``lacks``.

    Statements are ``{engine: {word: (SELECT, most rows)}}``. In them, ``{db}`` stands for the database and ``{p}`` for
    what its tables' names begin with.
    """

    layout = None
    """Its files: ``layouts.CmsLayout``."""
    lacks = {}
    config_file = ""
    """What its folder has once it is installed, with the account of its database."""
    is_among_others = True
    """Whether audits list it among other applications, too."""
    own_code = None
    """OwnCode, where audits compare it with what was installed."""

    administrators = {}
    """``'admin', number, name in hexadecimal, whether it comes in by a password`` of each who may administer it."""
    lockout_cells = {}
    """``{engine: [LockoutCell]}``: what of the administrator ``{number}`` is changed to shut it out."""
    number_columns = frozenset()
    """Columns of ``lockout_cells`` that hold a number, whose values are its digits."""
    posts = {}
    """``'post', …`` of the newest pages, at most ``{most}``."""
    rows = {}
    """``{name that a question has for it: DeletableRow}``; ``#`` in both stands for a number."""
    secret_names = ()
    """Settings of its configuration that sign sessions."""
    session_cells = {}
    """``'cell', table, key, row, column, value`` (row and value in hexadecimal) without which sessions end, too."""
    secret_users = {}
    """``{engine: (statement that tells tables, {table: statement that counts})}`` of what only the old secret opens."""
    code_in_tables = ()
    """Statements of rows in which plugins keep code: each set is asked alone, for its tables may not be there."""
    ways_in = {}
    """``kind, account, detail`` of what lets somebody in beside passwords: kinds are marks that a hunt knows."""
    hunted_accounts = {}
    """``'admin', epoch seconds since when, name`` of administrators that audits do not tell."""

    @property
    def kind(self):
        """Return its name in facts and inventories."""
        return self.layout.kind

    def find_config(self, folder):
        """Return the path of its configuration in a folder; None where there is none."""
        path = os.path.join(folder, self.config_file)
        return path if os.path.lexists(path) else None

    def find_secrets_file(self, folder):
        """Return the path of what holds ``secret_names``, once it is known that it is configured."""
        return self.find_config(folder)

    def read_login(self, folder):
        """Return ``(Login, what its tables' names begin with)`` of the one in a folder; None where none is configured.

        Raises DatabaseUnanswered where only running its configuration would tell.
        """
        return

    def read_database_host(self, folder):
        """Return ``(host as its configuration writes it, engine)`` of its tables; None where that is not plain."""
        try:
            own = self.read_login(folder)
        except site_database.DatabaseUnanswered:
            return None
        return own and (own[0].host, own[0].engine)

    def collect_instance(self, application, reader):
        """Return the facts of one, whose kind ``site_applications`` has found."""
        raise NotImplementedError

    def build_post_addresses(self, rows, home):
        """Return addresses of the rows of ``posts``, below a site's root; ``home``: where it lies below that."""
        raise NotImplementedError

    def replace_password(self, content, password):
        """Return its configuration with another password for the database. Raises ValueError."""
        raise NotImplementedError

    def replace_secrets(self, content, make_secret):
        """Return its configuration with new secrets; None where only running it would tell the old.

        Raises ValueError.
        """
        raise NotImplementedError

    opens_sessions = False

    def open_session(self, application, content, number, visit):
        """Open a session of the administrator of that number, which the site takes now; a context manager.

        It gives what has ``is_taken_with(content)``: whether the site takes it when its configuration is that.
        ``visit(address, cookie)`` returns ``(status, page)``. Raises SessionUnavailable.
        """
        raise SessionUnavailable

    def keeps_tables_in_memory(self, folder):
        """Return whether what its tables say may count later only, as the site keeps it elsewhere, too."""
        return False

    def read_home_address(self, query):
        """Return where it says that it is, as ``query(statements)`` returns rows; None where its tables do not say."""
        return


LockoutCell = collections.namedtuple("LockoutCell", ("table", "key", "column", "after", "where"))
"""A value in a table, by the column that tells rows apart; ``after`` is in hexadecimal."""


DeletableRow = collections.namedtuple("DeletableRow", ("table", "key", "is_named"))
DeletableRow.__new__.__defaults__ = (False,)
"""A table without its prefix, the column that tells its rows apart, and whether that holds a name or a number."""


def find_deletable_row(cms, table):
    """Return the DeletableRow of a table as a question names it; None where its rows cannot be deleted."""
    row = cms.rows.get(table)
    match = _NUMBERED_TABLE.match(table)
    if row is not None or match is None:
        return None if "#" in table else row
    row = cms.rows.get(match.group(1) + "#")
    return row and row._replace(table=row.table.replace("#", match.group(2)))


def choose_for_engine(by_engine, login):
    """Return what counts for the server that a login is for. Raises DatabaseUnanswered where there is none."""
    try:
        return by_engine[login.engine]
    except KeyError:
        raise site_database.DatabaseUnanswered("other_kind")


def has_capability(cms, capability):
    """Return whether a CMS has it."""
    return {
        "login": bool(cms.layout.login),
        "settings": type(cms).collect_instance is not Cms.collect_instance,
        "administrators": bool(cms.administrators),
        "lockout": bool(cms.lockout_cells),
        "sessions": cms.opens_sessions,
        "posts": bool(cms.posts),
        "secrets": bool(cms.secret_names),
        "rows": bool(cms.rows),
        "database_password": type(cms).replace_password is not Cms.replace_password,
        "code_in_tables": bool(cms.code_in_tables),
        "own_code": cms.own_code is not None,
        "postgresql": site_database.POSTGRESQL in cms.administrators,
        "sqlite": site_database.SQLITE in cms.administrators,
    }[capability]


@contextlib.contextmanager
def change_cells_meanwhile(application, cells):
    """Have cells changed as long as the context lasts."""
    application.write_cells(cells)
    try:
        yield
    finally:
        application.restore_cells(cells)
