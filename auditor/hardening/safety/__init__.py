"""Decide whether a change must be refused or deferred.

- ``preflight``: what must not be done to a host, judged before anything is touched.
- ``acceptance``: what waits for an acceptance by name or for a change window.
- ``lockout``, ``logins``, ``people``: who would lose access, or something that they use.
- ``in_use``, ``dependents``: what would be taken away although it is in use, here or by other hosts of the inventory.
- ``certificates``, ``foreign_daemons``: certificates that would keep a site down, daemons of no package.
- ``untrusted_files``, ``writable_config``: files that somebody other than root could write.
"""
