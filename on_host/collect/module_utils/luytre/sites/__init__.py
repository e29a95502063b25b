"""Find web roots and applications, and walk them.

- ``websites`` alone says which web roots there are, who serves them and which folders are filled.
- ``webroot``, ``root_walk``, ``file_digests``: walks; ``site_applications``, ``composer``: what lies there.
- ``own_code``, ``dangerous_functions``: a site's code; ``recent_posts``, ``filled_uris``: its pages and folders.
- ``access_log``, ``visitor_bans``: who visits, and who would be shut out.
"""
