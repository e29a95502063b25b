"""Share what the programs that contain and eradicate on sites need.

- ``sites``: applications, their configurations and secrets, visits to the site's own server.
- ``databases``: rows and accounts of the site's database.
"""
