"""Choose which addresses of a site a scan visits, and visit them slowly.

- ``crawl``: which address comes next, and why; ``session``: requests to one site, as different visitors.
- ``url_filter``: which addresses are the site's own, and which must not be requested.
- ``robots``, ``sitemaps``: robots.txt as search engines read it, and addresses in sitemaps.
- ``home_pages``: home pages under the site's other names and without HTTPS.
- ``style_sheets``: the site's own style sheets that may hide something.
- ``probes``: addresses that nobody links to, requested only with the office's authorization.
"""
