"""Write a run as files, for people, spreadsheets and programs.

- ``files``: writes the files, everything else computes; ``formats``: the formats there are.
- ``html/``: the report in a browser; ``official/``: an office's monthly report as a state document.
- ``yearly/``, ``sharing/``: the table of information systems, and the table of protection and sharing.
- ``json_output``, ``schema``: ``findings.json`` and its JSON Schema.
- ``csv_output``, ``xlsx``, ``sheets``, ``intrusion_sheet``: spreadsheets, and the tables in them.
- ``junit``, ``sarif``, ``oscal``: formats for CI servers, code scanners and governance tools.
- ``evidence``: evidence and violations as short text; ``advisory``: answers to a list of vulnerabilities.
"""
