"""Run the command line: what each verb does with its options. It prints, asks, and sets the exit code.

- ``verbs/``: what is typed: options and help, which name the functions that take them.
- ``audit``, ``audit_results``: ``audit``, and what ``review`` and ``hunt`` do like it with a run.
- ``hardening/``: ``plan``, ``harden``, ``rollback`` and ``drift``.
- ``enroll``, ``inventory``, ``inventory_import``, ``doctor``: bring a server under management, check the inventory,
  fill it from a spreadsheet, check this machine.
- ``controls``, ``controls_check``: what is checked and why. ``waivers``, ``exceptions``: what offices accept.
- ``history``, ``report``, ``mail``: kept runs, their reports, and mail to the offices.
- ``completion``: shell completion.
- ``content/``: ``review`` and ``baseline``. ``compromise/``: ``hunt``, ``known-good`` and ``rules``.
  ``incidents/``: ``incident``.
- ``indicators/``, ``vulnerabilities/``: the groups of those names. ``lab/``: the verbs that need the lab.
- ``options/``: options that verbs share. ``output/``: what a terminal shows, by subject.
"""
