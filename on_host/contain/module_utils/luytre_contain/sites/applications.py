"""An application of a site whose tables and configuration an incident changes, read as data: none of its code
is run.
"""

import os
from urllib.parse import unquote_to_bytes

from ansible.module_utils.luytre.sites import site_applications
from ansible.module_utils.luytre_contain.databases import db_values
from ansible.module_utils.luytre_shared.applications import interface, registry
from ansible.module_utils.luytre_shared.databases import site_database
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader
from ansible.module_utils.luytre_shared.os.time_budget import TimeBudget

ASK_SECONDS, SEARCH_SECONDS = 10, 5


class SiteApplication:
    """Its CMS, its folder, the file of its configuration, its own login, and what its tables' names begin with."""

    def __init__(self, cms, path, config, login, prefix):
        self.cms, self.path, self.config, self.login, self.prefix = cms, path, config, login, prefix

    @property
    def kind(self):
        """Return the name of its CMS."""
        return self.cms.kind

    @property
    def uses_postgresql(self):
        """Return whether its tables are PostgreSQL's."""
        return self.login.engine == site_database.POSTGRESQL

    def check_database_is_mysql_or_mariadb(self):
        """Raise ActionRefusal where its tables are neither MySQL's nor MariaDB's, for what is done in theirs alone."""
        if self.login.engine != site_database.MYSQL:
            raise ActionRefusal("not_asked", "%s: other_kind" % self.config)

    def is_database_on_this_host(self):
        """Return whether its database is on this host."""
        return site_database.LOCAL.match(self.login.host) is not None

    def run_sql_script_and_read_rows(self, sql_script):
        """Return rows of what its database says to a script of ours, asked as its own account. Raises ActionRefusal."""
        return self._query_database_or_refuse(site_database.run_sql_script, sql_script)

    def query_rows_by_labeled_selects(self, statements, **words):
        """Return rows of ``{word: (SELECT, most rows)}``, read only. Raises ActionRefusal."""
        marks = {"{%s}" % name: text for name, text in words.items()}
        marks.update({"{db}": self.login.database, "{p}": self.prefix})
        return self._query_database_or_refuse(
            site_database.fetch_rows, site_database.fill_statement_placeholders(statements, marks)
        )

    def choose_for_engine(self, by_engine):
        """Return what counts for its database server. Raises ActionRefusal."""
        try:
            return interface.choose_for_engine(by_engine, self.login)
        except site_database.DatabaseUnanswered as not_asked:
            raise ActionRefusal("not_asked", "%s: %s" % (self.config, not_asked.why))

    def write_cells(self, cells):
        """Have each cell of its tables as it is wanted. Raises ActionRefusal."""
        db_values.write_cells(self, cells)

    def restore_cells(self, cells):
        """Have each cell as it was, if it is still as it was wanted. Raises ActionRefusal."""
        db_values.restore_cells_still_as_written(self, cells)

    def _query_database_or_refuse(self, ask, what):
        try:
            return ask(AreaReader({}, ASK_SECONDS), self.login, what)
        except site_database.DatabaseUnanswered as not_asked:
            raise ActionRefusal("not_asked", "%s: %s" % (self.config, not_asked.why))


def resolve_application_folder_of_request(request):
    """Return where the application lies that a question is about."""
    return os.path.normpath(os.path.join(request["root"], os.fsdecode(unquote_to_bytes(request["folder"]))))


def load_application(folder):
    """Return the one in a folder.

    Raises ActionRefusal where there is none, or only running its configuration would tell its login.
    """
    cms, config = find_configured_cms(folder)
    try:
        own = cms.read_login(folder)
    except site_database.DatabaseUnanswered as not_asked:
        raise ActionRefusal("not_asked", "%s: %s" % (config, not_asked.why))
    if own is None:
        raise ActionRefusal("no_application", folder)
    return SiteApplication(cms, folder, config, *own)


def find_configured_cms(folder):
    """Return ``(CMS, file of its configuration)`` of the one in a folder. Raises ActionRefusal where there is none.

    Where several have a configuration there, it is the one whose own files lie there: whoever may write there puts
    another's beside it, which names any account. Where that does not tell, none is chosen.
    """
    configured = [(cms, config) for cms in registry.CMSS for config in [cms.find_config(folder)] if config is not None]
    if len(configured) > 1:
        by_marks = [each for each in configured if site_applications.has_marks_in_folder(folder, each[0].layout)]
        if len(by_marks) != 1:
            raise ActionRefusal("two_applications", " ".join(config for _, config in configured))
        return by_marks[0]
    if not configured:
        raise ActionRefusal("no_application", folder)
    return configured[0]


def find_application_folders_at_web_roots(web_roots):
    """Return folders of all applications at web roots or near them, and roots that were left.

    There was no time to search these roots to their end.
    """
    entries, cut = site_applications.search_roots_for_applications(web_roots, TimeBudget(SEARCH_SECONDS))
    return [entry.path for entry in entries if entry.kind in registry.CMS_BY_KIND], cut
