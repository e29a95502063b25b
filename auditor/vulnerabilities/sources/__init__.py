"""Read published vulnerability data: a module per source, which ``auditor.vulnerabilities.kinds`` names.

- ``tracker``, ``debsecan``, ``support``: Debian's security tracker, debsecan's feed, and the end of support.
- ``osv``: archives of Debian, Ubuntu and Packagist; ``wordfence``: WordPress, plugins and themes.
- ``kev``, ``epss``: exploited vulnerabilities of CISA, and exploit probabilities.
- ``common``: what the readers share.
"""
