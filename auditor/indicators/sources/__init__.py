"""Read indicators from files of others, one module per format.

- ``misp``, ``stix``, ``table``: MISP events, STIX 2.1 bundles, CSV files; ``common``: what they share.
"""
