"""What is known of each application that sites are made with: a module a CMS, with one interface.

- ``registry``: all of them; a new CMS is one more line there. ``interface``: what each tells, or says why not.
- ``layouts``: where an application keeps what; ``known_layouts``: all of them.
- ``php_constants``, ``php_settings``: edit and read configurations in PHP.
- Each other module (``*``) is a CMS, or a part of one with its name.
"""
