"""The verbs about what intruders leave: ``hunt``, ``known-good`` and ``rules``."""
