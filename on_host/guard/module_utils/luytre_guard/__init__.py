"""Keep the rollback point on a host. Python 3.9, standard library only.

``actions`` has the guard's verbs, ``service`` what the host runs by itself. Each folder imports itself and those after:

- ``rollback_point``: what a host was before a run, and bringing it back.
- ``changes``: which changes are a run's own: files below /etc, packages, MariaDB's accounts.
- ``daemons``: units, daemons and their tests, and why one stopped.
- ``files``: the guard's folder, and how files are read and written.
- ``os``: the host's programs, mounts, kernel and accounts.
"""
