"""Collect evidence of incidents, sign it, and verify it years later.

- ``collector``: receives one host's evidence; ``event_stream``: parses what the host sends.
- ``file_selection``: files to take by name; ``sidecars``: what is already known of the host's sites.
- ``names``: safe local names in UAC's layout.
- ``manifest``: ``manifest.json`` and ``SHA256SUMS``; ``signatures``: the office's signing keys.
- ``timestamps``: RFC 3161 timestamps; ``verification``: finds each damage by name, offline.
"""
