"""What sites keep in their databases: code that plugins run, and administrators that no audit tells.

Read as the site's own account.
"""

import time

from ansible.module_utils.luytre.sites import site_applications
from ansible.module_utils.luytre_hunt.places import FOREIGN, OURS
from ansible.module_utils.luytre_shared.applications import interface
from ansible.module_utils.luytre_shared.applications.registry import CMS_BY_KIND
from ansible.module_utils.luytre_shared.databases import site_database

SECONDS = 20
WAYS_IN = ("application_password", "registers_as")
DAYS, MINUTE = 1, 60
"""For how many days an administrator is new, but for those who came with the first: as audits tell it."""


def add_rows_of_accounts_and_code_in_cms(places):
    """Add the rows of accounts and code in sites' databases."""
    applications, _cut = site_applications.find_installed_applications(places.reading.make_part_reader(SECONDS))
    for each in applications:
        cms = CMS_BY_KIND.get(each.kind)
        if cms is None or not (cms.code_in_tables or cms.hunted_accounts or cms.ways_in):
            continue
        try:
            own = cms.read_login(each.path)
        except site_database.DatabaseUnanswered:
            continue
        if own is not None:
            _add_rows_of_code(places, cms, each.path, *own)
            _add_rows_of_accounts(places, cms, each.path, *own)
            _add_rows_of_ways_in(places, cms, each.path, *own)


def _fetch_rows(places, login, prefix, statements):
    words = {"{db}": login.database, "{p}": prefix}
    return site_database.fetch_rows(
        places.reading.make_part_reader(SECONDS),
        login,
        site_database.fill_statement_placeholders(statements, words),
    )


def _add_rows_of_accounts(places, cms, path, login, prefix):
    if not cms.hunted_accounts:
        return
    try:
        rows = _fetch_rows(places, login, prefix, interface.choose_for_engine(cms.hunted_accounts, login))
    except site_database.DatabaseUnanswered:
        return
    places.add_row_in_slot("cms_account", path, "", OURS, "", ["read"])
    accounts = [(site_database.parse_epoch(row[1]), row[2]) for row in rows if len(row) == 3 and row[2]]
    first, since = min(accounts, default=(0, ""))[0], time.time() - DAYS * 86_400
    for moment, name in accounts:
        marks = ["of_days"] if moment > max(since, first + MINUTE) else []
        places.add_row_in_slot("cms_account", path, name, FOREIGN, "", marks)


def _add_rows_of_ways_in(places, cms, path, login, prefix):
    if not cms.ways_in:
        return
    try:
        rows = _fetch_rows(places, login, prefix, interface.choose_for_engine(cms.ways_in, login))
    except site_database.DatabaseUnanswered as not_asked:
        if not_asked.why in ("late", "too_much"):
            places.mark_part_as_cut_short("cms_account")
        return
    for kind, name, detail in (row for row in rows if len(row) == 3 and row[1]):
        if kind in WAYS_IN:
            places.add_row_in_slot("cms_account", path, name, FOREIGN, "%s %s" % (kind, detail or ""), [kind])


def _add_rows_of_code(places, cms, path, login, prefix):
    for statements in cms.code_in_tables:
        try:
            rows = _fetch_rows(places, login, prefix, statements)
        except site_database.DatabaseUnanswered as not_asked:
            if not_asked.why in ("late", "too_much"):
                places.mark_part_as_cut_short("snippet")
            continue
        for table, number, _kind, code in (row for row in rows if len(row) == 4):
            where = "%s: %s%ss %s" % (path, prefix, table, number)
            places.add_row_in_slot("snippet", where, "", FOREIGN, code or "")
