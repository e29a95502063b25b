"""Tell what else serves, starts programs, or runs what it read before an update.

- ``data_stores``, ``ftp``, ``mail_relay``, ``root_applications``: services beside the web.
- ``program_peers``: whom they reach.
- ``confinement``, ``needs_restart``: how a service is confined, and what it has loaded.
- ``root_units``, ``command_lines``, ``piped_downloads``: what root starts; ``audit_rules``: what the kernel records.
"""
