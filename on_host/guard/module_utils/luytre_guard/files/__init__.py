"""Keep the guard's own folder, and read and write files.

- ``store``: the folder, lock and mark; ``incident``: containments, which stay in force.
- ``scope``, ``tree``, ``walk``, ``identity``: what is kept of a host, and how files are read.
- ``untrusted_places``: what lesser users shape; ``file_writer``: puts files back.
"""
