"""Collect areas of access, as ``auditor/facts/access`` models them.

- ``accounts``, ``bans``, ``pam``, ``ssh``, ``sudo``, ``ways``.
"""
