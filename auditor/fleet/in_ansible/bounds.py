"""How much one host may say, in one answer and in a whole run, and what is said of one that says more."""

MAX_SAID = 10_000_000
"""Bytes that a command on a host may print. The collector's document, the longest of all, has 8,000,000 at most."""
MAX_VALUES = 200_000
"""In what a module answers. A document of facts is a single one."""
MAX_DEPTH = 40
MAX_SAID_IN_ALL = 24_000_000
"""Bytes of all answers of a host in a run together."""
MAX_ANSWERS = 4_000
"""Of a host in a run."""

TOO_MUCH = "luytre: it said more than a host may say"
TOO_LONG = "luytre: it took longer than a host may take"
"""What stands in the place of a host's words."""
