"""Read indicators from files of others: a module per form, and its row in ``formats``.

- ``misp``, ``stix``, ``table``: MISP events, STIX 2.1 bundles, CSV files; ``common``: what they share.
"""
