"""Change root's own files on a host, and files of web roots. Python 3.9, standard library only.

- ``transaction``: changes that a daemon tests, taken back together; ``start_test``: whether a daemon would start.
- ``permissions``, ``attributes``: permissions tightened. Only ``permissions`` tightens them, and it makes no file
  root's that others could have written (decision 12).
- ``corrections``, ``*_corrections``: what is wanted of root's own files, part by part.
- ``web_root_paths``, ``web_root_files``, ``site_protection``: files below web roots, of which no link is followed.
- ``kept_files``: files that the guard's snapshot holds.
"""
