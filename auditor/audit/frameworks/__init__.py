"""Standards and laws as data: their clauses, what the controls show of each, and what a run comes to by clause.

``clauses`` reads the files beside it, ``assessment`` holds the rule by which a clause sums up its controls,
``coverage`` counts what the controls can show at all. Pure but for ``clauses.load_framework``. See
``docs/en/frameworks.md``.
"""
