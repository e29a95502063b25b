"""The verbs about what intruders leave: ``hunt`` and ``known-good``."""
