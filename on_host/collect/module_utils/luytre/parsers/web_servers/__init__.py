"""Read nginx's and Apache's configuration, and what it does with a request.

- ``nginx_conf``, ``nginx_settings``, ``nginx_request``: nginx.
- ``apache_config``, ``apache_sections``, ``apache_directory``, ``apache_access``, ``apache_methods``.
- ``apache_request``: what Apache does with a request.
"""
