"""Run the command line: one module per verb, which parses options, prints and sets the exit code.

- ``audit``, ``plan``, ``harden``, ``rollback``, ``drift``: the verbs of an audit and of a hardening.
- ``hardening_flow``: the steps that ``harden`` and ``lab demo`` share.
- ``enroll``, ``inventory``, ``doctor``: bring a server under management, check the inventory and this machine.
- ``controls``, ``waivers``: what is checked and why, and the office's waivers and attestations.
- ``history``, ``report``, ``mail``: kept runs, their reports, and mail to the offices.
- ``completion``: shell completion.
- ``content/``: ``review`` and ``baseline``. ``compromise/``: ``hunt`` and ``known-good``. ``incidents/``: ``incident``.
- ``indicators/``, ``vulnerabilities/``: the groups of those names. ``lab/``: the verbs that need the lab.
- ``options/``: options that verbs share. ``output/``: what a terminal shows, by subject.
"""
