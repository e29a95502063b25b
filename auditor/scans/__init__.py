"""Hold what scans saw of a site, and what the next scan needs.

- ``traces``: the traces in a page; ``dedup``: traces of many addresses, merged.
- ``frontier``: the crawl frontier, what is known of each address of a site.
- ``responses``: the visitors, and what each was served; ``inventory``: what the next scan takes for known.
"""
