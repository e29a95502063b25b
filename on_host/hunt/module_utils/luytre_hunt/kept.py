"""Code that sites keep in their databases and that plugins run: snippets, and settings that hold code. Read as the site's own account."""

from ansible.module_utils.luytre import _applications, _php, _site_database, wordpress
from ansible.module_utils.luytre_hunt.places import FOREIGN

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


def gather(places):
    """All of it."""
    found, _cut = _applications.find(places.reading.part(SECONDS))
    for each in found:
        if each.kind == "wordpress":
            _of_site(places, each.path)


def _of_site(places, path):
    _file, content = wordpress.configuration(path)
    if content is None:
        return
    prefix = _php.variable(content, "table_prefix") or "wp_"
    try:
        login = wordpress.own_login(_php.constants(content, wordpress.LOGIN), prefix)
    except _site_database.NotAsked:
        return
    words = {"{db}": login.database, "{p}": prefix, "{types}": TYPES}
    for statements in (IN_POSTS, IN_SNIPPETS):
        try:
            rows = _site_database.rows(places.reading.part(SECONDS), login, _site_database.filled(statements, words))
        except _site_database.NotAsked as not_asked:
            if not_asked.why in ("late", "too_much"):
                places.cut("snippet")
            continue
        for table, number, _kind, code in (row for row in rows if len(row) == 4):
            where = "%s: %s%ss %s" % (path, prefix, table, number)
            places.add("snippet", where, "", FOREIGN, code or "")
