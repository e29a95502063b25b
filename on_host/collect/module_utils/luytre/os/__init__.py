"""Read a host's packages, units, logs, sessions and account files.

- ``apt_lists``, ``dpkg``, ``package_changelogs``: packages; ``unit_states``: units as systemd sees them.
- ``log_files``, ``logrotate``, ``login_history``, ``ssh_forwards``, ``ssh_session``: logs, and who is here.
- ``account_files``: passwd, shadow, group; ``nginx_daemons``, ``php_daemons``: daemons and their settings.
- ``integrity_record``, ``managed_settings``: our own record and settings; ``trusted_inputs``: what programs believe.
"""
