"""Share what programs on a host need. Python 3.9, standard library only.

- ``ownership``: who could change a file; ``immutable``: flags by which not even root changes a file.
- ``safe_open``, ``safe_move``, ``file_replacement``, ``lines``: open, move, replace, edit files that others can swap.
- ``action_runner``, ``quarantine_store``, ``auto_revert``: how containing programs refuse, record, keep and undo.
- ``systemd_units``, ``web_block_config``: units, and web server settings that an incident puts in force.
- ``accounts``, ``names``, ``keys``, ``key_line``: accounts with their sessions, and lines of authorized_keys.
- ``network_peers``, ``ports``: addresses of this host, and ports held while a daemon reloads.
- ``applications``: what is known of each application that sites are made with, a module a CMS.
- ``debian_version``, ``json_safe``, ``reap``: orders of versions, answers that Ansible accepts, killed processes.

Ansible sends this package along with every module, and the guard's own program contains what it needs of it.
"""
