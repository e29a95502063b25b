"""Change applications of sites for an incident. Python 3.9, standard library only.

- ``applications``, ``administrators``: a site's application, its tables and who administers it.
- ``configuration``: configuration files, replaced whole if they still hold what was read.
- ``database_accounts``, ``db_values``: MariaDB accounts of sites, and single values in tables.
- ``row_mysql``, ``row_postgresql``: a table row taken out and put back.
- ``secret_usages``: files that hold a secret; ``php_code``: what keeps PHP code in memory.
- ``http_check``, ``own_server``: a request to a site from its own host, and whether the server is the site's own.
- ``site_session``: a session that root makes, to see whether the site accepts it.

The programs are in ``on_host/contain``, each run over a connection of its own (decision 42). ``web`` changes what web
servers answer (50). ``core``, ``delete_row``, ``trigger``, ``salts`` and ``database_password`` eradicate (56, 57). The
host lifts locks of accounts, keys and units by itself unless they are confirmed (51). ``job`` changes one line of a
crontab (58).
"""
