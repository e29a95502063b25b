"""Summarize runs as numbers and lists. No I/O.

- ``summary``, ``trend``: a run by site, host and fleet, and the fleet over time.
- ``by_control``, ``by_clause``, ``by_reason``: findings by control, by framework clause, by reason.
- ``compare``, ``open_since``: changes between two runs, and since when a finding is open.
- ``office_month``, ``month_work``: an office's month, and what was fixed in it.
- ``verdict``: the exit code of a run, and why.
- ``exceptions``: waivers, attestations and authorizations as readers of a run see them.
- ``hunts``, ``traces``, ``intrusions``, ``containment``: what a run knows of intruders, injected content and incidents.
"""
