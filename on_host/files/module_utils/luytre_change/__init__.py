"""Change root's own files on a host. Python 3.9, standard library only.

- ``transaction``: changes that a daemon tests, taken back together; ``start_test``: whether a daemon would start.
- ``permissions``, ``attributes``, ``corrections``: permissions tightened, and what is wanted of root's own files. Only
  ``permissions`` tightens them, and it makes no file root's that others could have written (decision 12).
- ``kept_files``: files that the guard's snapshot holds.
"""
