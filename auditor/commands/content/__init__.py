"""The verbs about what sites show: ``review`` and ``baseline``."""
