"""Scan sites for content that others injected, as visitors, phones and search engines see them.

- ``fleet``: scans of many sites; ``review``: the scan of one site within its budget.
- ``host_facts``, ``bot_protection``: what hosts know of pages, and what on them can shut out our visits.
- ``crawler/``: where a scan goes on a site, and how slowly.
- ``worker``: child processes that analyze responses; ``analyzer``: one address and its ``answers``, analyzed.
- ``page/``: what one document holds; ``text/``: the lexicon of adverts and text normalization.
- ``detectors/``: judgements on text, links, cloaking, pages and access logs; ``evidence``: evidence by suspect.
- ``manners``: what became of the visits of each manner; ``odd_answers``: visitors that were not served the page.
- ``domains``: who an address belongs to; ``browser_responses``: what a browser sees besides the bytes.
- ``warc``: responses as a WARC file.

Decisions: 45 (what a page costs), 55 (what was not seen is not clean), 25 (scans and acceptances), 31 (known pages).
"""
