"""Judge what a scan saw, one module per subject.

- ``registry``: all of them, in their order.
- ``spam_text``: adverts, disguised letters and foreign languages in a page's text, title and declarations.
- ``context``: whether an offer is made or reported on, by what stands where it does.
- ``links``: foreign hosts that a page links to, frames, or hides.
- ``scripts``: what scripts do with foreign hosts; ``look_alikes``: names made to be taken for those of others.
- ``deceptions``: forms, packages and commands that people are talked into; names that nobody holds.
- ``cloaking``: responses that a search engine, a phone or a search result's visitor gets, and another visitor does not.
- ``doorways``: lists of a site's own doorways, adverts in attributes, shops in another alphabet.
- ``pages``: doorways, answers where nothing is, sitemaps, defacements.
- ``access_log``: who was served what at which address, by the access logs.
"""
