"""Run the host's programs, and read its mounts, kernel and accounts.

- ``commands``: the host's programs; ``child_worker``: work in a process of its own.
- ``mounts``, ``own_tmp``, ``runtime_state``, ``kernel_audit``: what else is kept and brought back.
- ``accounts``: rights that bringing a host back would give again.
- ``disk_reserve``: room on a full disk.
"""
