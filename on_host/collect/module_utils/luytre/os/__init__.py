"""Read a host's packages, units, logs, and sessions.

- ``apt_lists``, ``dpkg``, ``package_changelogs``: packages; ``unit_states``: units as systemd sees them.
- ``log_files``, ``logrotate``, ``login_history``, ``ssh_forwards``, ``ssh_session``: logs, and who is here.
- ``nginx_daemons``, ``php_daemons``: daemons and their settings; ``setid_programs``: those that Debian brings;
  ``disk_mounts``: what is mounted where.
- ``integrity_record``, ``managed_settings``: our own record and settings.
"""
