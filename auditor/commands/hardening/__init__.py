"""Run ``auditor plan``, ``harden``, ``rollback`` and ``drift``; ``flow`` is what ``harden`` and ``lab demo`` share."""
