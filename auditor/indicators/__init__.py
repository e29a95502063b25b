"""Import, match and share indicators: addresses, names, URLs and digests known to be malicious.

- ``values``, ``indicator``: what an indicator is of, and its Traffic Light Protocol label.
- ``importer``, ``sources/``: import of files, one module per format; ``patterns``: STIX patterns.
- ``store``: the SQLite file ``indicators.sqlite``, which only this module opens.
- ``index``, ``matches``: indicators against values and against hosts; ``logs``: against log files.
- ``own_assets``: the inventory's own addresses and names, which no indicator matches.
- ``observations``: our own scans and hunts as indicators; ``export``: STIX 2.1, MISP JSON and CSV.
- ``taxii``, ``exchange``: a TAXII 2.1 client, and a list kept with a TAXII server.
"""
