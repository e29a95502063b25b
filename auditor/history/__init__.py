"""Keep runs, scans, hunts and incidents in one SQLite file, chained by hashes.

- ``database``: the file and its versions; ``chain``: the hash chain; ``retention``: which runs may be pruned.
- ``runs``, ``scans``, ``hunts``: kept audits, scans of sites and hunts on hosts.
- ``incidents``: the case logs of incidents; ``concurrent_actions``: actions of others while a command runs.
- ``prior_state``: earlier scans, hunts and incidents that every audit takes along.
- ``records``: the record of programs and settings of each host, as made or first seen.
- ``known_good``: manifests of releases; ``rule_sets``: sets of rules of others;
  ``response_archive``: responses in which a review found traces.
"""
