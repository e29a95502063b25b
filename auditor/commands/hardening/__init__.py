"""Run ``plan``, ``harden``, ``rollback`` and ``drift``.

``flow`` is what ``harden`` and ``lab demo`` share, ``steps`` what of it is loaded while the hosts answer.
"""
