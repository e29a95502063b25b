"""Collect the facts of one host and change nothing. Python 3.9, standard library only.

A module without an underscore is one area, with ``collect(reader)``; the others help them.

- Access: ``accounts``, ``bans``, ``pam``, ``ssh``, ``sudo``, ``ways``; ``_accounts``, ``_administrators``,
  ``_banners``, ``_homes``, ``_login_history``, ``_service_shells``, ``_ssh_*``, ``_sshd*``.
- System: ``containments``, ``cron``, ``filesystem``, ``firewall``, ``kernel``, ``past_runs``, ``services``, ``survey``,
  ``system``, ``time``; ``_confinement``, ``_data_stores``, ``_ftp``, ``_mail_relay``, ``_needs_restart``,
  ``_network_peers``, ``_piped_downloads``, ``_processes``, ``_root_*``, ``_ruleset``, ``_units``.
- Packages, logs and records: ``backups``, ``integrity``, ``logging``, ``packages``, ``updates``; ``_apt_lists``,
  ``_audit``, ``_dpkg``, ``_integrity_record``, ``_logrotate``, ``_release_support``.
- Web servers: ``apache``, ``nginx``, ``tls``; ``_apache_*``, ``_certificates``, ``_exposed_paths``, ``_handshakes``,
  ``_key_pair``, ``_modsecurity``, ``_nginx_*``, ``_origins``, ``_other_web_servers``, ``_web``,
  ``_websites``, ``_x509``.
- PHP and databases: ``mariadb``, ``php_fpm``; ``_dangerous_functions``, ``_inert_php``, ``_mariadb_start``,
  ``_mod_php``, ``_php*``, ``_site_*``.
- Sites: ``files``, ``in_use``, ``wordpress``; ``_applications``, ``_composer``, ``_filled_uris``, ``_own_code``,
  ``_webroot``, and the walk ``_root_walk``. What is known of each application, ``luytre_shared.applications`` tells.
- For scans, advisories and indicators: ``changelogs``, ``contacts``, ``pages``; ``_access_log``, ``_changelogs``,
  ``_file_digests``, ``_log_*``, ``_recent_posts``, ``_visitor_bans``.
- Who else writes what root believes: ``_file_writers``, ``_open_writers``, ``_trusted_inputs``.
- What our own files put in force: ``_managed_settings``. Bounds and turns: ``_area_reader``, ``_patterns``,
  ``_round_robin``, ``_subprocess_pool``, ``_time_budget``.

``_websites`` alone says which web roots there are, who serves them and which folders are filled.
"""
