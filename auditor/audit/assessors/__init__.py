"""Judge what was seen of hosts and sites: a list of assessors with one signature, each adding what it finds.

- ``registry``: the list, in order. ``assessment``: what assessors take and give.
- ``vulnerabilities``, ``indicators``: what control expressions read besides facts.
- ``facts``: controls over facts. ``exceptions``: what the office's exceptions cover.
- ``scans``, ``hunts``: the last scans of sites and the last hunts on hosts, judged by controls.
- ``traces``: what these two share.
- ``incidents``: what incidents contain, held against hosts. ``uniqueness``: what only one site of its kind has.
"""
