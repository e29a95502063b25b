"""Collect areas of the system, as ``auditor/facts/system`` models them.

- ``backups``, ``integrity``, ``logging``, ``packages``, ``updates``: packages, logs and records.
- ``containments``, ``past_runs``: what we did here.
- ``cron``, ``filesystem``, ``firewall``, ``kernel``, ``services``, ``system``, ``time``.
"""
