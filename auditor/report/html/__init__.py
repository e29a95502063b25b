"""Render the report for a browser.

- ``pages``: the pages by path; ``renderer``: the templates; ``addresses``: where pages are.
- ``brief``: one page for the chair of an office; ``chart``, ``pagination``: drawings and long lists.
"""
