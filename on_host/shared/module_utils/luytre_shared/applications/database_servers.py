"""Which database server each site's CMS names, and which of them are on this host."""

import os
import re

from ansible.module_utils.luytre_shared.applications.registry import CMSS
from ansible.module_utils.luytre_shared.databases import site_database
from ansible.module_utils.luytre_shared.databases.site_database import MYSQL, POSTGRESQL

PORTS = {MYSQL: 3306, POSTGRESQL: 5432}
ADDRESS = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9._-]{1,253}))(?::(?:([0-9]{1,5})|/.*))?\Z")


def describe_database_server(cms, folder):
    """Return ``auditor.facts.web._cms.DatabaseServer`` of a CMS; None where its configuration names none plainly."""
    named = cms.read_database_host(folder)
    match = ADDRESS.match(named[0]) if named and named[1] in PORTS else None
    if match is None:
        return None
    return {
        "host": (match.group(1) or match.group(2)).lower(),
        "port": int(match.group(3)) if match.group(3) else PORTS[named[1]],
    }


def list_local_databases_of_sites(document_roots, reader):
    """Return each CMS at a document root whose tables are in this host's MariaDB or MySQL.

    It is ``{user, host, database, file, holds}``. Its configuration may name anybody's account: ``holds`` tells
    whether its password opens it, here and now.
    """
    results = []
    for root in map(os.path.normpath, document_roots):
        for cms in CMSS:
            login = _read_login(cms, root)
            local = site_database.LOCAL.match(login.host) if login is not None and login.engine == MYSQL else None
            if local:
                results.append(
                    {
                        "user": login.user,
                        "host": local.group(1).strip("[]").lower() or "localhost",
                        "database": login.database,
                        "file": cms.find_config(root),
                        "holds": _opens_database(login, reader),
                    }
                )
    return results


def _read_login(cms, root):
    try:
        own = cms.read_login(root)
    except site_database.DatabaseUnanswered:
        return None
    return own and own[0]


def _opens_database(login, reader):
    try:
        return bool(site_database.fetch_rows(reader, login, {"here": ("SELECT 'here'", 1)}))
    except site_database.DatabaseUnanswered:
        return False
