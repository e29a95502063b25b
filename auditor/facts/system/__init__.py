"""Define the facts about the host below its sites, one module per area.

- ``system``, ``kernel``, ``time``: release and machine, kernel settings, clock.
- ``packages``, ``updates``, ``integrity``: installed packages, pending updates, files against their record.
- ``services``, ``firewall``: daemons with their confinement, and what a stranger's first packet reaches.
- ``filesystem``, ``cron``, ``logging``, ``backups``: permissions, scheduled jobs, logs, backup folders.
- ``containments``, ``past_runs``: what incidents contain here, and earlier hardenings by the guard's records.
"""
