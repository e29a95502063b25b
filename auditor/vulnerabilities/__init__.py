"""Find which known vulnerabilities a host has, from data that an office imports. Fetches nothing.

- ``importer``, ``sources/``: import of published data, one module per source; ``kinds``: a row for each kind.
- ``store``: the SQLite file ``vulnerabilities.sqlite``, which only this module opens.
- ``installed_software``, ``components``: what a host has installed, in the data's terms.
- ``verdicts``: one record on one package or component, pure; ``evaluation``: all records on it.
- ``assess``: a whole host, and the area ``vulnerabilities``; ``exposure``: packages that read what strangers send.
- ``versions``: orders of versions.
- ``vex``, ``vex_statements``: VEX documents, and what the office states; ``sbom``: CycloneDX documents.
- ``advisory/``: lists that authorities send, and the answers.
"""
