"""Open HTTP with bounds, and parse pages in separate processes.

- ``fetch``: one bounded client; ``page``: what a visitor reads on a page; ``html_limits``: HTML that parses fast.
- ``children``, ``reader``: child processes for foreign bytes, and pages that they parse.
- ``browser``, ``in_browser``: Debian's Chromium, as a user of its own.
"""
