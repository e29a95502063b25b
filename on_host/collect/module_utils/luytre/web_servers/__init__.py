"""Tell what web servers, PHP and MariaDB would do with a request or a start.

- ``apache_exposure``, ``nginx_exposure``, ``exposed_paths``: what visitors get.
- ``handshakes``, ``origins``, ``other_web_servers``: who answers, and for whom; ``modsecurity``, ``mod_php``.
- ``certificate_faults``, ``mariadb_start``: what stops a start. ``apache/``, ``nginx/``: what each of them serves.
- ``nginx_trusted_inputs``, ``php_trusted_inputs``: what their tests believe.
"""
