"""Keep the rollback point on a host. Python 3.9, standard library only.

- ``actions``: the guard's verbs; ``store``: its folder, lock and mark; ``steps``: the steps of a run on the host.
- ``service``, ``timer``: what the host runs by itself, and systemd's part in it; ``sessions``: ends a run's session.
- ``snapshot``, ``scope``, ``tree``, ``walk``, ``identity``: what a host was before a run, and how files are read.
- ``restore``, ``restore_plan``, ``file_writer``, ``config_check``: bring a host back; ``verify``: whether it is back.
- ``rollback``: undoes a confirmed run; ``accounts``: rights that bringing a host back would give again.
- ``units``, ``packages``, ``package_dependencies``, ``database``, ``runtime_state``, ``mounts``, ``own_tmp``: what else
  is kept and brought back. ``disk_reserve``: room for that on a full disk.
- ``untrusted_places``, ``child_worker``: what lesser users shape, read in a process of its own.
- ``daemons``, ``certificates``, ``key_pair``, ``failure_logs``: the daemons, their tests, and why one stopped;
  ``kernel_audit``: whether the kernel records for auditd.
- ``recorder``, ``change_attribution``: which changes below /etc are a run's own.
- ``incident``: containments, which stay in force; ``commands``: the host's programs.

Decisions: 10 (lesser users), 14 and 67 (what runs counts), 15 (others' work), 66 (what is contained stays).
"""
