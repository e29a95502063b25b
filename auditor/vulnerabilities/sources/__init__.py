"""Read published vulnerability data, one module per kind of file.

- ``tracker``, ``debsecan``, ``support``: Debian's security tracker, debsecan's feed, and the end of support.
- ``osv``: archives of Debian, Ubuntu and Packagist; ``wordfence``: WordPress, plugins and themes.
- ``kev``, ``epss``: exploited vulnerabilities of CISA, and exploit probabilities.
- ``common``: what the readers share.
"""
