"""Define the facts about the web stack, from the server to the sites.

- ``nginx``, ``apache``: configuration in force and virtual hosts; ``_web``: a virtual host in the same terms for both.
- ``tls``: certificates, keys and what renews them.
- ``php_fpm``, ``mariadb``: PHP versions and pools, and MariaDB as it runs.
- ``applications``: all CMSs and other known applications; ``_cms``: what they share; ``_*``: a model a CMS.
- ``files``: what lies in the web roots; ``in_use``: what requests, code and uploads really use.
"""
