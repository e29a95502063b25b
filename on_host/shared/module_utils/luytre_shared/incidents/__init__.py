"""Contain and undo: what the programs of incidents have in common.

- ``action_runner``, ``quarantine_store``, ``auto_revert``: refuse, record, keep and undo.
- ``lines``, ``safe_move``, ``keys``: edit lines, move files aside, lines of authorized_keys.
- ``systemd_units``, ``web_block_config``: units, and web server settings that an incident puts in force.
"""
