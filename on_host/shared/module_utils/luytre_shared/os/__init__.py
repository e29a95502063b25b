"""Read the machine and run its programs, within bounds.

- ``area_reader``: the reading of one area; ``time_budget``; ``program``: starts one;
  ``child_process``, ``subprocess_pool``: work in processes of its own.
- ``process_table``, ``accounts``, ``network_peers``, ``ports``: processes, sessions, addresses, ports.
- ``file_writers``, ``open_writers``: who else writes what root believes; ``trusted_inputs``: what programs believe.
- ``account_files``: passwd, shadow, group; ``key_pair``: a certificate and its key.
"""
