"""Load the inventory: hosts, sites, offices and their exceptions, and how hosts are reached.

- ``hosts``: the inventory folder; ``variables``: every host's variables as Ansible merges them.
- ``reach``: how the controller reaches hosts; ``vault``: files that ansible-vault encrypted.
- ``organisation``, ``offices``: the organisation and its tree of offices; ``systems``: its information systems.
- ``exceptions``: waivers, attestations, authorizations and VEX statements of the office.
- ``thresholds``: limits of controls; ``sharing_declarations``: ``office/sharing.yml``.
- ``engines``: the networks of search engines.
- ``trial``: an inventory with one more file, checked before the file is written.
- ``spreadsheet_import/``: lists of servers in spreadsheets.
"""
