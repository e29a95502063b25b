"""What is known of each application that sites are made with: a module a CMS, with one interface.

- ``registry``: all of them; a new CMS is one more line there. ``interface``: what each tells, or says why not.
- ``wordpress`` (``wordpress_extensions``, ``wordpress_permalinks``, ``wordpress_session``), ``joomla``, ``nukeviet``.
- ``layouts``: where an application keeps what; ``other_layouts``: those that are known by their files alone.
- ``php_constants``, ``php_settings``: edits configurations in PHP.
"""
