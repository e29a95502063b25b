"""Judge what was seen of hosts and sites.

- ``scans``, ``hunts``: the last scans of sites and the last hunts on hosts, judged by controls.
- ``uniqueness``: what only one site of its kind has.
"""
