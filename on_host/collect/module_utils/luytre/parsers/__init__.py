"""Turn text into structure: configurations, logs, rule sets, certificates.

- ``web_servers``: nginx's and Apache's configuration, and what it does with a request.
- ``foreign_patterns``: patterns that others wrote, tried where they can be ended.
- ``log_format``, ``log_requests``: access logs; ``ruleset``, ``iptables``: nftables and iptables.
- ``sysctl_values``: the kernel's settings that an audit reads.
- ``inert_php``, ``release_support``, ``request_uris``, ``nginx_managed_settings``, ``x509``.
"""
