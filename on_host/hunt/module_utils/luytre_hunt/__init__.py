"""List files and places on a host where an intruder leaves something, and change nothing.

Python 3.9, standard library only.

- ``walk``, ``stamps``, ``large_files``: files below the web roots, whether one is still the same, parts of large ones.
- ``places``: what is gathered outside the web roots, one row for each thing.
- ``autostart``, ``access``, ``injection``, ``processes``: what starts, lets in, is loaded or runs.
- ``starts``: what these start in turn, libraries, scripts of packages, hooks of git; ``running``: names that processes
  borrow, mounts that hide.
- ``modules``, ``programs``, ``package_index``: kernel modules and programs, compared with Debian's packages.
- ``logs``, ``site_databases``: what logs tell and lack; code and administrators in databases.
- ``wire_format``, ``priority``: lists as JSON, packed, as text; less of the processor than sites take.

Decision 39: a trace outside web roots takes two signs.
"""
