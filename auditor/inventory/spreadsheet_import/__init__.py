"""Import lists of servers and sites from spreadsheets into the inventory, whole.

- ``source``, ``xlsx``: rows of a CSV or XLSX file; a child process reads workbooks.
- ``columns``, ``values``: columns by their headings in both languages, and cells as variables.
- ``entries``: hosts and sites of the rows, and every mistake in them.
- ``importer``: writes a list into an inventory; ``template``: an empty list for an office.
"""
