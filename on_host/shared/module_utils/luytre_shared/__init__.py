"""Share what programs on a host need. Python 3.9, standard library only.

Each folder imports itself and those after it (``tests/unit/test_dependencies.py`` holds it):

- ``applications``: a module a CMS, and the table of layouts.
- ``databases``: a site's tables, asked as the site.
- ``incidents``: how containing programs refuse, record, keep, move aside and undo.
- ``access``: sudo's policy, and who is as good as root.
- ``os``: running programs and reading, within bounds; processes, accounts, ports, who writes a file.
- ``files``: who could change a file; opening, replacing and protecting files that others can swap.
- ``parsers``: text in, structure out.

Ansible, the containing programs' archive and the guard's own program contain what they import of it.
"""
