"""Collect areas of the web, as ``auditor/facts/web`` models them.

- ``apache``, ``nginx``, ``php_fpm``, ``mariadb``, ``tls``: servers.
- ``files``, ``in_use``, ``applications``: sites.
"""
