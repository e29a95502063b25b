"""An application of a site whose tables and configuration an incident changes, read as data: none of its code is run."""

import os
from urllib.parse import unquote_to_bytes

from ansible.module_utils.luytre import _applications, _site_database, _site_login, wordpress
from ansible.module_utils.luytre._effort import Effort
from ansible.module_utils.luytre._reading import Reading
from ansible.module_utils.luytre_shared.acting import Refused

ASK_SECONDS, SEARCH_SECONDS = 10, 5
FILES = {"joomla": "configuration.php", "nukeviet": "config.php"}


class Application:
    """Its kind, its folder, the file of its configuration, its own login, and what its tables' names begin with."""

    def __init__(self, kind, path, config, login, prefix):
        self.kind, self.path, self.config, self.login, self.prefix = kind, path, config, login, prefix

    @property
    def in_postgresql(self):
        """Whether its tables are PostgreSQL's."""
        return self.login.engine == _site_database.POSTGRESQL

    def check_engine(self):
        """Raise Refused where its tables are PostgreSQL's, for what is done in MySQL's and MariaDB's alone."""
        if self.in_postgresql:
            raise Refused("not_asked", "%s: other_kind" % self.config)

    def is_local(self):
        """Whether its database is on this host."""
        return _site_database.LOCAL.match(self.login.host) is not None

    def answered(self, script):
        """Rows of what its database says to a script of ours, asked as its own account. Raises Refused."""
        return self._asked(_site_database.answered, script)

    def rows(self, statements, **words):
        """Rows of ``{word: (SELECT, most rows)}``, read only. Raises Refused."""
        marks = {"{%s}" % name: text for name, text in words.items()}
        marks.update({"{db}": self.login.database, "{p}": self.prefix})
        return self._asked(_site_database.rows, _site_database.filled(statements, marks))

    def _asked(self, ask, what):
        try:
            return ask(Reading({}, ASK_SECONDS), self.login, what)
        except _site_database.NotAsked as not_asked:
            raise Refused("not_asked", "%s: %s" % (self.config, not_asked.why))


def folder(asked):
    """Where the application lies that a question is about."""
    return os.path.normpath(os.path.join(asked["root"], os.fsdecode(unquote_to_bytes(asked["folder"]))))


def at(path):
    """The one in a folder. Raises Refused where there is none, or only running its configuration would tell its login."""
    for kind, read in _site_login.BY_KIND.items():
        config = configuration_of(kind, path)
        try:
            own = None if config is None else read(path)
        except _site_database.NotAsked as not_asked:
            raise Refused("not_asked", "%s: %s" % (config, not_asked.why))
        if own is not None:
            login, prefix = own
            return Application(kind, path, config, login, prefix + "_" if kind == "nukeviet" else prefix)
    raise Refused("no_application", path)


def configuration_of(kind, path):
    """The file of its configuration, None where there is none."""
    if kind == "wordpress":
        return wordpress.configuration(path)[0]
    file = os.path.join(path, FILES[kind])
    return file if os.path.lexists(file) else None


def below(roots):
    """``(folders of all applications at web roots or near them, roots that there was no time to search to their end)``."""
    found, cut = _applications.search(roots, Effort(SEARCH_SECONDS))
    return [one.path for one in found if one.kind in _site_login.BY_KIND], cut
