"""Define the response actions on hosts, one module per kind, each run by a program of ``on_host/contain/``.

- ``registry``: all actions by name; ``base``: what an action consists of.
- ``address``, ``isolation``: block an address on every host; isolate a host.
- ``file``, ``process``, ``persistence``: quarantine a file; stop a process; stop what starts by itself.
- ``account``, ``key``, ``administrator``: lock an account; refuse an SSH key; shut out an application's administrator.
- ``site``: close a site or a path of it.
- ``core``, ``row``, ``trigger``: restore an application's release files; remove a database row or trigger.
- ``secret``: renew the secrets of a site's application.
"""
