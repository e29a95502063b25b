"""Which known vulnerabilities a host has: data that an office carries in, and verdicts on it. Nothing is fetched.

``sources`` read the files that others publish, ``store`` keeps them in one SQLite file beside the history, ``verdicts``
judge one package or component by one record (pure), ``assess`` a whole host.
"""
