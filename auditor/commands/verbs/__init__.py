"""Declare what is typed after ``auditor``: the options and the help of each verb, without what the verb imports.

- ``base``: a verb, a group of verbs; loads a verb's options when it is typed, its function when it is carried out.
- ``audit``: ``audit``. ``hardening``: ``plan``, ``harden``, ``rollback`` and ``drift``.
- ``content``: ``review`` and ``baseline``. ``compromise``: ``hunt``, ``known-good`` and ``rules``.
  ``incidents/``: ``incident``.
- ``controls``: ``controls`` and ``waivers``. ``inventory``: ``inventory`` and ``enroll``.
- ``history``, ``report``, ``mail``: the groups of those names, and so ``vulnerabilities``, ``indicators``, ``lab``.
- ``machine``: ``doctor`` and ``completion``.
"""
