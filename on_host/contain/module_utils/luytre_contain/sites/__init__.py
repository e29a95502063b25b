"""Find a site's applications, change their configuration, and visit the site's own server.

- ``applications``, ``administrators``, ``site_session``: what a site is made with, and who is logged in there.
- ``configuration``, ``php_code``, ``secret_usages``: files with secrets, the code in force, who else uses a secret.
- ``own_server``, ``http_check``: visits to the site's own server; ``stranger_visits``: visits as a stranger.
- ``web_servers``: what nginx and Apache say of closed sites and paths.
- ``application_core``, ``core_files``: how an application differs from its release, and its files in place of those.
"""
