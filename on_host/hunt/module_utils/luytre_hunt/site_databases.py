"""What sites keep in their databases: code that plugins run, and NukeViet's administrators.

Read as the site's own account.
"""

from ansible.module_utils.luytre import _applications, _site_database, _site_login
from ansible.module_utils.luytre_hunt.places import FOREIGN, OURS

SECONDS = 20
MAX_ROWS = 200
TYPES = "'wpcode', 'wpcodebox', 'code_block', 'elementor_snippet', 'asenha_code_snippet', 'wpcb-snippet', 'phpsnippet'"
"""Kinds of posts in which plugins keep code."""
IN_POSTS = {
    "post": (
        """SELECT 'post', ID, post_type, LEFT(post_content, 20000) FROM `{db}`.`{p}posts`
  WHERE post_type IN ({types}) AND post_status <> 'trash'""",
        MAX_ROWS,
    ),
    "option": (
        """SELECT 'option', option_name, '', LEFT(option_value, 20000) FROM `{db}`.`{p}options`
  WHERE option_value LIKE '%<?php%' OR option_value LIKE '%eval(%' OR option_value LIKE '%base64_decode(%'""",
        MAX_ROWS,
    ),
}
IN_SNIPPETS = {
    "snippet": ("SELECT 'snippet', id, name, LEFT(code, 20000) FROM `{db}`.`{p}snippets` WHERE active <> 0", MAX_ROWS)
}
"""The table of Code Snippets, which most sites do not have."""
AUTHORS = {
    "admin": (
        """SELECT 'admin', a.lev, LEFT(u.username, 100) FROM `{db}`.`{p}_authors` a
  JOIN `{db}`.`{p}_users` u ON u.userid = a.admin_id WHERE a.is_suspend = 0 AND a.lev < 3""",
        MAX_ROWS,
    )
}
"""NukeViet's administrators but for those of single modules."""


def add_rows_of_accounts_and_code_in_cms(places):
    """Add the rows of accounts and code in sites' databases."""
    applications, _cut = _applications.find_installed_applications(places.reading.make_part_reader(SECONDS))
    for each in applications:
        if each.kind == "wordpress":
            _add_rows_of_code_in_wordpress_database(places, each.path)
        elif each.kind == "nukeviet":
            _add_rows_of_nukeviet_authors(places, each.path)


def _add_rows_of_nukeviet_authors(places, path):
    try:
        own = _site_login.get_nukeviet_login(path)
        if own is None:
            return
        login, prefix = own
        words = {"{db}": login.database, "{p}": prefix}
        rows = _site_database.fetch_rows(
            places.reading.make_part_reader(SECONDS), login, _site_database.fill_statement_placeholders(AUTHORS, words)
        )
    except _site_database.DatabaseUnanswered:
        return
    places.add_row_in_slot("cms_account", path, "", OURS, "", ["read"])
    for _admin, _level, name in (row for row in rows if len(row) == 3 and row[2]):
        places.add_row_in_slot("cms_account", path, name, FOREIGN)


def _add_rows_of_code_in_wordpress_database(places, path):
    try:
        own = _site_login.get_wordpress_login(path)
    except _site_database.DatabaseUnanswered:
        return
    if own is None:
        return
    login, prefix = own
    words = {"{db}": login.database, "{p}": prefix, "{types}": TYPES}
    for statements in (IN_POSTS, IN_SNIPPETS):
        try:
            rows = _site_database.fetch_rows(
                places.reading.make_part_reader(SECONDS),
                login,
                _site_database.fill_statement_placeholders(statements, words),
            )
        except _site_database.DatabaseUnanswered as not_asked:
            if not_asked.why in ("late", "too_much"):
                places.mark_part_as_cut_short("snippet")
            continue
        for table, number, _kind, code in (row for row in rows if len(row) == 4):
            where = "%s: %s%ss %s" % (path, prefix, table, number)
            places.add_row_in_slot("snippet", where, "", FOREIGN, code or "")
