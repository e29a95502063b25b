"""Check a catalogue of controls before any host is asked: every path, argument and comparison of its expressions.

- ``shapes``: what a value may be, from the models of facts; ``views``: what expressions see besides facts.
- ``inference``: the shape that an expression gives; ``filters``, ``comparisons``: what its parts take.
- ``mistakes``: one, and the log of an expression's; ``check``: all of a catalogue, each with file and line.
"""
