"""The newest pages that a site's application publishes, by its own tables, asked as the site's own account.

Addresses are those that the application itself writes where its settings tell them, else the form that every one of its
kind knows.
"""

from ansible.module_utils.luytre.sites import site_applications
from ansible.module_utils.luytre_shared.applications import interface
from ansible.module_utils.luytre_shared.applications.registry import CMS_BY_KIND
from ansible.module_utils.luytre_shared.databases import site_database


def collect_recent_post_addresses(root, reader):
    """Return ``(addresses below the root's own, why an application was not asked or None)``."""
    addresses, unread = [], None
    applications, _ = site_applications.search_roots_for_applications(
        [root], reader.make_walk_time_budget(site_applications.SEARCH_SECONDS, 2), 1
    )
    for number, each in enumerate(applications):
        cms = CMS_BY_KIND.get(each.kind)
        if cms is None or not cms.posts:
            continue
        home = "/" + each.relative if each.relative else ""
        try:
            addresses += _list_post_addresses(
                cms, each.path, home, reader.make_part_reader(reader.get_seconds_left() / (len(applications) - number))
            )
        except site_database.DatabaseUnanswered as not_asked:
            unread = not_asked.why
    return addresses, unread


def _list_post_addresses(cms, path, home, reader):
    own = cms.read_login(path)
    if own is None:
        return []
    login, prefix = own
    words = {"{db}": login.database, "{p}": prefix}
    most = {
        word: (sql.replace("{most}", str(limit)), limit)
        for word, (sql, limit) in interface.choose_for_engine(cms.posts, login).items()
    }
    rows = site_database.fetch_rows(reader, login, site_database.fill_statement_placeholders(most, words))
    return cms.build_post_addresses(rows, home)
