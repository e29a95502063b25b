"""Collect the facts of one host and change nothing. Python 3.9, standard library only.

Each folder imports itself and those after it (``tests/unit/test_dependencies.py`` holds it):

- ``on_demand``: areas that no audit reads, for roles, reviews, advisories and indicators.
- ``access``, ``system``, ``web``: an area each module, with ``collect_area_facts(reader)``, as in ``auditor/facts/``.
- ``logins``: sshd, homes, administrators: how people come in.
- ``daemons``: what else serves, starts or was not started again.
- ``web_servers``: what web servers, PHP and MariaDB would do with a request or a start.
- ``sites``: which web roots there are, what lies there, who visits. ``websites`` alone says which there are.
- ``os``: packages, units, logs, account files, our own settings.
- ``parsers``: text in, structure out.
"""
