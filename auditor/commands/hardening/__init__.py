"""Run ``plan``, ``harden``, ``rollback`` and ``drift``.

- ``accepted_controls``: what ``--accept`` names.
- ``flow``: what ``harden`` and ``lab demo`` share; ``steps``: what of it is loaded while the hosts answer.
"""
